"""When two reports tell of one meeting: a key made of the body, the kind's group, the ordinal and the day."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

from crawler.article import Meeting
from crawler.meeting.meeting_kinds import GROUPS
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES
from crawler.text.abbreviations import CITY_NAMES
from crawler.text.normal import exact_key

_CENTRAL_BODY = re.compile(
    r"^(?:bộ chính trị|ban bí thư|trung ương đảng|quốc hội|chính phủ|ủy ban thường vụ quốc hội)"
    r"|(?<!\w)trung ương(?!\w)"
)
_CITY_BEFORE = re.compile(r"^(?:thành phố|tp\.?)\s*")


def province_key(name: str) -> str:
    """One spelling of a province: `TP. Hồ Chí Minh` is `hồ chí minh`."""
    return _CITY_BEFORE.sub("", exact_key(name))


_PROVINCE_NAMES = sorted(
    {province_key(name) for name in (*PROVINCES, *FORMER_PROVINCES)}, key=len, reverse=True
)
_NAMED_PROVINCE = re.compile(r"\s+(" + "|".join(map(re.escape, _PROVINCE_NAMES)) + r")$")
# "Tỉnh ủy Hạ Lương", "HĐND tỉnh Hạ Lương": what stands behind the level is the province's name.
_LEVEL_AND_NAME = re.compile(
    r"(?<!\w)(?:(?:tỉnh ủy|thành ủy)(?: (?:tỉnh|thành phố))?|(?:tỉnh|thành phố)(?! ủy(?!\w)))\s+"
    r"(?P<name>[^,()]{2,30})$"
)
_OF_SEVERAL = re.compile(
    r"(?<!\w)(?:các tỉnh|liên tỉnh|các địa phương|toàn quốc|cả nước|việt nam|khu vực [ivx]+)(?!\w)"
)
_SHORT_CITY = re.compile(r"(?<!\w)tp\.?\s*(?=\w)")
# The committee, its bureau and its branch hold one and the same meeting; outlets name any of them.
_SAME_BODY = (
    (re.compile(r"^(?:ban chấp hành|ban thường vụ|thường trực) (?=đảng bộ|đảng ủy|(?:tỉnh|thành|huyện|thị"
                r"|quận) ủy)"), ""),
    (re.compile(r"^đảng bộ (tỉnh|huyện|quận)(?= |$)"), r"\1 ủy"),
    (re.compile(r"^đảng bộ thành phố(?= |$)"), "thành ủy"),
    (re.compile(r"^(tỉnh ủy) tỉnh$|^(thành ủy) thành phố$"), r"\1\2"),
    (re.compile(r"^đảng bộ (?=xã|phường|đặc khu)"), "đảng ủy "),
)  # fmt: skip


def meeting_key(
    meeting: Meeting, *, province: str | None = None, published: date | None = None
) -> str | None:
    """The identity under which several outlets' reports of one meeting are one; None where too little is known.

    A province printed in the body's name wins over `province`, the reporting outlet's. A numbered meeting is itself
    whatever day of it is reported, so it is keyed by the year (of publication, where no day is known); one without a
    number by its first day.

    >>> body = "Ban Chấp hành Đảng bộ tỉnh Cao Bằng"
    >>> m = Meeting("lead", 0, 8, "hội nghị ban chấp hành", 18, body, "2024-04-29", None, None, "held")
    >>> meeting_key(m)
    'cao bằng|tỉnh ủy|plenary|18|2024'
    """
    if meeting.national is not None:
        return meeting.national
    if meeting.organiser is None:
        return None
    if meeting.ordinal is not None:
        when = meeting.date[:4] if meeting.date else str(published.year) if published else None
    else:
        when = meeting.date
    if when is None:
        return None
    where, body = body_of(meeting.organiser, province)
    return "|".join((where, body, group_of(meeting.kind), str(meeting.ordinal or ""), when))


def group_of(kind: str) -> str:
    """The group of kinds that outlets exchange for one another; any other kind is its own."""
    return GROUPS.get(kind, kind)


@lru_cache(maxsize=4096)
def body_of(organiser: str, province: str | None) -> tuple[str, str]:
    """The province of a body (empty for a central one and one of several provinces) and one spelling of its name.

    >>> body_of("Ban Thường vụ Tỉnh ủy Hạ Lương", "Cù Giang"), body_of("Tỉnh ủy", "Hạ Lương")
    (('hạ lương', 'tỉnh ủy'), ('hạ lương', 'tỉnh ủy'))
    >>> body_of("Thành ủy TP.HCM", None), body_of("Cụm thi đua các tỉnh miền núi", "Cù Giang")
    (('hồ chí minh', 'thành ủy'), ('', 'cụm thi đua các tỉnh miền núi'))
    """
    key = exact_key(organiser)
    if _CENTRAL_BODY.search(key) or _OF_SEVERAL.search(key):
        return "", key
    key = _SHORT_CITY.sub("thành phố ", key)
    for short, full in CITY_NAMES.items():
        key = re.sub(rf"(?<!\w){short}$", exact_key(full), key)
    where = province_key(province) if province and province != CENTRAL else ""
    if where and key.endswith(f" {where}"):
        key = key[: -len(where) - 1]
    elif named := _NAMED_PROVINCE.search(key) or _LEVEL_AND_NAME.search(key):
        where = named["name"] if "name" in named.groupdict() else named.group(1)
        key = key[: named.start("name") if "name" in named.groupdict() else named.start()].rstrip()
    for pattern, replacement in _SAME_BODY:
        key = pattern.sub(replacement, key)
    return where, key
