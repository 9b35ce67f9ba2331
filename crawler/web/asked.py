"""What an address asks of a page: days, in order. What is wrong is said with the name it has in the address."""

from __future__ import annotations

from datetime import date

from crawler.errors import InvalidInput


def day_asked(name: str, written: str | None) -> str | None:
    """An ISO day; None where nothing is asked. Raises InvalidInput.

    >>> day_asked("tu", "2026-11-30"), day_asked("tu", "")
    ('2026-11-30', None)
    """
    if not written:
        return None
    try:
        return date.fromisoformat(written).isoformat()
    except ValueError as error:
        raise InvalidInput(
            f"{name}={written}: không phải ngày, viết như 2026-11-30 / no date, such as 2026-11-30"
        ) from error


def days_asked(first: str | None, last: str | None) -> tuple[str | None, str | None]:
    """`tu` and `den`, ISO days of which the first is not behind the last. Raises InvalidInput."""
    days = day_asked("tu", first), day_asked("den", last)
    if days[0] and days[1] and days[0] > days[1]:
        raise InvalidInput(
            f"tu={days[0]}, den={days[1]}: ngày đầu phải trước ngày cuối / the first day must not be behind the last"
        )
    return days
