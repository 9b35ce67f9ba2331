"""When two reports tell of one meeting: a key made of the body, the kind's group, the ordinal and the day."""

from __future__ import annotations

import re
from datetime import date

from crawler.article import Meeting
from crawler.meeting.meeting_kinds import GROUPS
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES
from crawler.text import exact_key

_CENTRAL_BODY = re.compile(
    r"^(?:bộ chính trị|ban bí thư|trung ương đảng|quốc hội|chính phủ|ủy ban thường vụ quốc hội)"
    r"|(?<!\w)trung ương(?!\w)"
)
_PROVINCE_NAMES = sorted({exact_key(name) for name in (*PROVINCES, *FORMER_PROVINCES)}, key=len, reverse=True)
_NAMED_PROVINCE = re.compile(r"\s+(" + "|".join(map(re.escape, _PROVINCE_NAMES)) + r")$")
# The committee, its bureau and its branch hold one and the same meeting; outlets name any of them.
_SAME_BODY = (
    (re.compile(r"^(?:ban chấp hành|ban thường vụ|thường trực) (?=đảng bộ|đảng ủy|(?:tỉnh|thành|huyện|thị"
                r"|quận) ủy)"), ""),
    (re.compile(r"^đảng bộ (tỉnh|huyện|quận)(?= |$)"), r"\1 ủy"),
    (re.compile(r"^đảng bộ thành phố(?= |$)"), "thành ủy"),
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
    if meeting.organiser is None:
        return None
    if meeting.ordinal is not None:
        when = meeting.date[:4] if meeting.date else str(published.year) if published else None
    else:
        when = meeting.date
    if when is None:
        return None
    where, body = _body(meeting.organiser, province)
    group = GROUPS.get(meeting.kind, meeting.kind)
    return "|".join((where, body, group, str(meeting.ordinal or ""), when))


def _body(organiser: str, province: str | None) -> tuple[str, str]:
    """The province of a body (empty for a central one) and one spelling of its name without it."""
    key = exact_key(organiser)
    if _CENTRAL_BODY.search(key):
        return "", key
    home = exact_key(province) if province and province != CENTRAL else ""
    where = home
    if named := _NAMED_PROVINCE.search(key):
        where = named.group(1)
        key = key[: named.start()]
    elif home:
        key = re.sub(rf"\s+(?:tỉnh |thành phố |tp\.? ?)?{re.escape(home)}$", "", key)
    for pattern, replacement in _SAME_BODY:
        key = pattern.sub(replacement, key)
    return where, key
