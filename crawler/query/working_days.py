"""Working days in Vietnam: Monday to Friday, without Tết and the other public holidays.

The calendar is the `holidays` library's: it has the lunar new year by the Vietnamese reckoning (which differs from
the Chinese one in some years, as in 2030), the days off the government moved by decree, and the Saturdays worked
for them. Years for which no decree is out yet stand by the Labour Code alone.
"""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from holidays import HolidayBase


@cache
def _calendar(language: str) -> HolidayBase:
    from holidays import country_holidays  # late: many watches ask for no working day

    return country_holidays("VN", language="en_US" if language == "en" else "vi")


def is_working_day(day: date) -> bool:
    """Whether offices work on a day.

    >>> [is_working_day(date(2027, 2, d)) for d in (3, 4, 8, 11)]  # Tết Đinh Mùi is 6 February
    [True, False, False, True]
    """
    return _calendar("vi").is_working_day(day)


def holiday_name(day: date, language: str = "vi") -> str | None:
    """What a public holiday is called; None for any other day.

    >>> holiday_name(date(2030, 2, 2))
    'Tết Nguyên Đán'
    """
    return _calendar(language).get(day)
