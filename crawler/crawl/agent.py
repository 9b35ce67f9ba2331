"""The name under which a crawl asks."""

from __future__ import annotations

from crawler import __version__


def agent_name(contact: str | None) -> str:
    """The honest agent name: who we are, and where an outlet can complain.

    >>> agent_name("press-desk@example.org")
    'diemtin/0.1.0 (news monitor; +press-desk@example.org)'
    """
    return (
        f"diemtin/{__version__} (news monitor; +{contact})"
        if contact
        else f"diemtin/{__version__} (news monitor)"
    )
