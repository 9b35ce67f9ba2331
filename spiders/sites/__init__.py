"""The named exceptions: code for one site, named by `spider =` in its row."""

from __future__ import annotations

from importlib import import_module

from crawler.errors import InvalidSource
from spiders.base import SourceSpider


def spider_class(name: str) -> type[SourceSpider]:
    """The class `Spider` of `spiders/sites/<name>.py`; raises InvalidSource where there is none."""
    try:
        found = import_module(f"spiders.sites.{name}").Spider
    except (ModuleNotFoundError, AttributeError) as error:
        raise InvalidSource(
            f"spider = {name!r}: không tìm thấy lớp Spider / spiders/sites/{name}.py has no class Spider"
        ) from error
    if not (isinstance(found, type) and issubclass(found, SourceSpider)):
        raise InvalidSource(
            f"spider = {name!r}: lớp Spider phải kế thừa SourceSpider / its class Spider is no SourceSpider"
        )
    return found
