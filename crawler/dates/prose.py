"""Day phrases of the Vietnamese press: `Sáng nay (12/6)`, `hai ngày 5-6/12`, `14 giờ ngày 25/3 này`.

`find_days` reads them out of a key (`crawler.text.match_key`), day first, each with its session and with the role that
tells an event's day from a document's date, an anniversary, a birth or a deadline. `resolve` supplies the year from
the day of publication. The rules are MEETINGS.md §4.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from crawler.dates.hours import HOUR, SESSION, Session, clock, session_of

Role = Literal["event", "document", "anniversary", "bound"]
"""`bound` is a limit (`tính đến 30/6`, `có hiệu lực từ 1/7`), not the day on which something happens."""

HELD_WINDOW = timedelta(days=31)
"""A day without a year and without a word of the future is read as past when it lies at most this far back."""
AHEAD_WINDOW = timedelta(days=60)
"""...otherwise as coming when it lies at most this far ahead."""

_D = r"(?:0?[1-9]|[12]\d|3[01])"
_M = r"(?:0?[1-9]|1[0-2])"
_Y = r"(?:1[89]|20)\d\d"
_NOT_NUMBER = r"(?![\d%]|[/.,-]\d|\s?/\s?\d)"
_DM = (
    rf"(?P<{{p}}d>{_D})(?:\s?(?P<{{p}}s>[/.-])\s?(?P<{{p}}m>{_M})(?:\s?(?P={{p}}s)\s?(?P<{{p}}y>{_Y}))?"
    rf"|\s+tháng\s+(?P<{{p}}m2>{_M})(?:(?:\s+năm\s+|[/-])(?P<{{p}}y2>{_Y}))?)"
)
_DM_A, _DM_B = _DM.format(p="a"), _DM.format(p="b")

# Two full days, days that share a month, an overnight pair, one day: the first that matches at a place wins.
_CORE = re.compile(
    rf"(?<![\d/.,-])(?:{_DM_A}\s{{0,4}}(?:đến|tới|và|-"
    rf"|sang)\s{{0,4}}(?:hết\s+)?(?:{SESSION}\s+)?(?:ngày\s+)?{_DM_B}{_NOT_NUMBER}"
    rf"|(?P<first>{_D})(?:\s{{0,4}},\s{{0,4}}{_D}){{0,30}}(?:\s{{0,4}}-\s{{0,4}}(?=\d{{1,2}}\s?(?:[/.]|-\s?\d{{1,2}}(?!\d)|\s+tháng))"
    rf"|\s{{0,4}},?\s{{0,4}}(?:và|đến|tới|rạng|sang"
    rf"|,)\s*)(?:hết\s+)?(?:{SESSION}\s+)?(?:ngày\s+)?{_DM.format(p='c')}{_NOT_NUMBER}"
    rf"|{_DM.format(p='e')}{_NOT_NUMBER})"
)
_SEVERAL = re.compile(r"(?:(?:hai|ba|bốn|2|3|4|các|những)\s+ngày|(?:hai|2)\s+ngày,?\s+(?:từ\s+)?)[\s,]*$")
_DAYS_ONLY = re.compile(rf"ngày (?P<x>{_D})\s?(?:-|và|đến)\s?(?P<y>{_D})(?![\d/.-]|\s?[/-]\s?\d|\s+tháng)")
_NAMED = rf"ngày\s+(?P<d>{_D})(?=\s*(?:,|này|vừa qua|tới))(?!\s*,\s*\d)(?!\s?[/.-]\s?\d)"
_NAMED_DAY = re.compile(_NAMED)
_BARE_DAY = re.compile(rf"(?:{SESSION}\s+)?{_NAMED}")
_RELATIVE = re.compile(
    rf"(?<!\w)(?:(?P<s>{SESSION})\s+(?:ngày\s+)?(?P<r>hôm nay|hôm qua|hôm kia|nay|qua|mai)|(?P<w>hôm nay"
    rf"|hôm qua|hôm kia|ngày mai|ngày kia))(?!\w)"
)
_NAME_OF_DAY = r"(?:thứ (?:hai|ba|tư|năm|sáu|bảy)|chủ nhật)"
_WEEKDAY = re.compile(
    rf"(?<!phiên )(?:(?P<s>{SESSION})\s+(?P<w>{_NAME_OF_DAY})(?!\w)(?:\s+(?P<k>tuần (?:tới|sau|này))(?!\w))?"
    rf"|(?<!\w)(?P<v>{_NAME_OF_DAY})\s+(?P<l>tuần (?:tới|sau|này))(?!\w))"
)
_SAME_DAY = re.compile(rf"(?<!\w)(?:(?P<s>{SESSION})\s+)?cùng ngày(?!\w)")
_TOMORROW = re.compile(r"(?<!\w)mai(?!\w)")
_UNTIL = re.compile(r"(?<!\w)đến\s+(?:ngày\s+)?$")
_SHIFT = {
    "nay": 0,
    "hôm nay": 0,
    "qua": -1,
    "hôm qua": -1,
    "hôm kia": -2,
    "mai": 1,
    "ngày mai": 1,
    "ngày kia": 2,
}
_WEEKDAYS = {"thứ hai": 0, "thứ ba": 1, "thứ tư": 2, "thứ năm": 3, "thứ sáu": 4, "thứ bảy": 5, "chủ nhật": 6}

_NO_ORDINAL = "".join(f"(?<!{word} )" for word in ("lần", "kỳ", "kỳ họp", "phiên", "phiên họp"))
"""What numbers an event, and names no day of the week: `Hội nghị lần thứ sáu vào chiều 13/10`."""
_PIECE = (
    rf"(?:{HOUR}|{SESSION}|ngày|nay|qua|mai|hôm nay|hôm qua|hôm|ngày mai|{_NO_ORDINAL}thứ (?:hai|ba|tư|năm|sáu|bảy)"
    rf"|chủ nhật|tuần (?:tới|sau|này)"
    rf"|vào|lúc|trong|từ|đúng|khoảng|(?:hai|ba|bốn|các|\d)\s+ngày|(?:mùng|mồng)\s+\d+\s+tết|mùng|mồng|tức"
    rf"|đến)"
)
_PREFIX = re.compile(rf"(?:(?<!\w){_PIECE}[\s,(]+)+$")
_AFTER = re.compile(
    r"\)?\s*,?\s*(?P<cue>tới đây|sắp tới|tuần tới|tuần sau|tới|này|vừa qua|vừa rồi|qua|âm lịch|al)(?!\w)"
)
_INTRODUCED = re.compile(
    r"(?:^|[(:;\"]|[-]\s?|(?:khai mạc|bế mạc|diễn ra|tổ chức|họp|sang|dự kiến|ấn định|vào|từ|nay|qua)\s)$"
)

_DOCUMENT = re.compile(
    r"(?:\d\w*\s?-\s?[a-zđ]{1,6}i?(?:/[a-zđ.-]+)?"
    r"|(?:chỉ thị|nghị quyết|quy định|kết luận|quyết định|kế hoạch|hướng dẫn|thông báo|công văn|thông tri"
    r"|quy chế|nghị định|luật)"
    r"(?:\s+số)?(?:\s+\d[\w/-]*)?(?:\s+của[^,.;]{1,40})?|ban hành|ký)[\s,(]*$"
)
_ANNIVERSARY = re.compile(
    r"(?:(?<!\w)(?:đợt|dịp|mừng|kỷ niệm|quốc khánh|giải phóng|sinh|mất)"
    r"|(?:thành lập|ngày sinh|truyền thống|quốc tế|cách mạng|khởi nghĩa|chiến thắng"
    r"|ngày [^\W\d_]+ việt nam)[^,.;:()]{0,45})[\s(]*$"
)
_AS_PLANNED = re.compile(r"(?<!\w)theo (?:kế hoạch|lịch|thông báo|chương trình)[\s,]*$")
_BOUND = re.compile(
    r"(?<!\w)(?:tính đến|đến hết|tính từ|kể từ|hiệu lực từ|hiệu lực|hết hạn|hạn|trước|sau|hết)\s*(?:hết\s*)?$"
)

_BOUND_ENDS = ("đến", "hết", "từ", "lực", "hạn", "trước", "sau")
"""What `_BOUND` ends with: a cheap look before it is searched."""

# Every day phrase begins at such a digit or has one of these words; most sentences have neither.
_NUMBER = re.compile(r"[0-9](?<![\d/.,-].)(?=\d?\s*(?:[/.,-]|tháng|và|đến|tới|rạng|sang))")
_DAY_WORD = re.compile(r"(?:nay|qua|mai|kia|thứ|chủ nhật)(?!\w)")


@dataclass(frozen=True, slots=True)
class Day:
    """One day phrase; numbers as printed, `None` where not printed."""

    start: int
    end: int
    """Offsets in the key, with the words that belong to it (`sáng`, `ngày`, `hai ngày`)."""
    day: int | None = None
    month: int | None = None
    year: int | None = None
    to_day: int | None = None
    to_month: int | None = None
    to_year: int | None = None
    shift: int | None = None
    """Days from publication, for `sáng nay`, `hôm qua`, `ngày mai`."""
    weekday: int | None = None
    """0 is Monday, where no other date is printed."""
    session: Session | None = None
    role: Role = "event"
    cue: Literal["past", "future"] | None = None
    """What `vừa qua`, `tới`, `tới đây` after it, or `mai` say."""
    weeks: int | None = None
    """Weeks from publication for `thứ ba tuần tới`."""
    hour: str | None = None
    """`14:00`, where it stands with the day."""
    same: bool = False
    """`cùng ngày`: the day told before."""


def find_days(key: str, start: int = 0, end: int | None = None) -> list[Day]:
    """All day phrases of `key[start:end]`, in order, without overlap."""
    end = len(key) if end is None else end
    found = _numbered_days(key, start, end) if _NUMBER.search(key, start, end) else []
    worded = _DAY_WORD.search(key, start, end)
    if worded:
        found = _joined(found, _relative(found, key, start, end))
    if _NAMED_DAY.search(key, start, end):
        found = _joined(
            found,
            [
                Day(
                    m.start(), m.end(), day=int(m["d"]), session=session_of(m.group()), cue=_cue(key, m.end())
                )
                for m in _BARE_DAY.finditer(key, start, end)
            ],
        )
    if worded:
        found = _joined(found, [_weekday(key, m) for m in _WEEKDAY.finditer(key, start, end)])
    same = _SAME_DAY.finditer(key, start, end)
    return _joined(
        found, [Day(m.start(), m.end(), same=True, session=session_of(m["s"] or "")) for m in same]
    )


def _joined(found: list[Day], more: list[Day]) -> list[Day]:
    """Days found, with those of the others (both in order) that overlap none of them."""
    starts = [day.start for day in found]
    new = []
    for day in more:
        place = bisect_left(starts, day.end)
        if not (place and found[place - 1].end > day.start):
            new.append(day)
    return sorted((*found, *new), key=lambda day: day.start) if new else found


def _weekday(key: str, m: re.Match[str]) -> Day:
    told, week = m["w"] or m["v"], m["k"] or m["l"]
    weeks = None if week is None else 0 if week.endswith("này") else 1
    cue = "future" if weeks else _cue(key, m.end())
    return Day(
        m.start(), m.end(), weekday=_WEEKDAYS[told], session=session_of(m["s"] or ""), cue=cue, weeks=weeks
    )


def _numbered_days(key: str, start: int, end: int) -> list[Day]:
    """The days told with their month, and lists of days without one."""
    found: list[Day] = []
    at = start
    while m := _core(key, at, end):
        at = m.end()
        if day := _numeric(key, m, start):
            found.append(day)
        elif number := re.match(r"\d+", m.group()):
            at = m.start() + number.end()  # "lần thứ 13, chiều 6/11": the list was none, the day in it is one
    lists = []
    for several in _DAYS_ONLY.finditer(key, start, end):
        first, last = several.start("x"), several.end()
        if _SEVERAL.search(_left(key, start, first)):
            numbers = {"day": int(several["x"]), "to_day": int(several["y"])}
            lists.append(_with_prefix(key, start, first, last, **numbers))
    return _joined(found, lists)


_BEFORE = 160
"""Characters before a day that are looked at: the longest phrase that says what the day is of has under a hundred."""


def _left(key: str, floor: int, end: int) -> str:
    return key[max(floor, end - _BEFORE) : end]


def _core(key: str, at: int, end: int) -> re.Match[str] | None:
    """The first match of `_CORE`, which begins with a digit of its own."""
    while digit := _NUMBER.search(key, at, end):
        if m := _CORE.match(key, digit.start(), end):
            return m
        at = digit.end()
    return None


def _relative(found: list[Day], key: str, start: int, end: int) -> list[Day]:
    starts = [day.start for day in found]
    told = []
    for m in _RELATIVE.finditer(key, start, end):
        if _explained(key, m, starts):
            continue
        shift = _SHIFT[m["r"] or m["w"]]
        before = _left(key, start, m.start())[-14:]
        hour = clock(f"{before}{m['s'] or ''}")
        session = session_of(m["s"]) if m["s"] else session_of(before)
        cue: Literal["future"] | None = "future" if shift > 0 else None
        told.append(Day(m.start(), m.end(), shift=shift, session=session, cue=cue, hour=hour))
    return told


def _explained(key: str, m: re.Match[str], starts: list[int]) -> bool:
    """Whether a printed date follows directly: `hôm qua, 26-2`."""
    place = bisect_left(starts, m.end())
    return (
        place < len(starts) and starts[place] - m.end() <= 3 and not key[m.end() : starts[place]].strip(" ,(")
    )


def _cue(key: str, end: int) -> Literal["past", "future"] | None:
    m = _AFTER.match(key, end)
    if not m or m["cue"] in ("âm lịch", "al"):
        return None
    return "future" if "tới" in m["cue"] or "sau" in m["cue"] else "past" if m["cue"] != "này" else None


def _numeric(key: str, m: re.Match[str], floor: int) -> Day | None:
    """The day of a numeric match, or None where it is a fraction, a score or a lunar date."""
    g = m.groupdict()
    after = _AFTER.match(key, m.end())
    if after and after["cue"] in ("âm lịch", "al"):
        return None
    left = _left(key, floor, m.start())
    if g["ad"]:
        month, to_month = g["am"] or g["am2"], g["bm"] or g["bm2"]
        numbers = {"day": int(g["ad"]), "month": int(month), "year": _int(g["ay"] or g["ay2"])}
        to = {"to_day": int(g["bd"]), "to_month": int(to_month), "to_year": _int(g["by"] or g["by2"])}
    elif g["first"]:
        month = int(g["cm"] or g["cm2"])
        numbers = {"day": int(g["first"]), "month": month, "year": None}
        to = {"to_day": int(g["cd"]), "to_month": month, "to_year": _int(g["cy"] or g["cy2"])}
    else:
        numbers = {"day": int(g["ed"]), "month": int(g["em"] or g["em2"]), "year": _int(g["ey"] or g["ey2"])}
        to = {}
        if g["es"] == "-" and not g["ey"] and _SEVERAL.search(left):  # "các ngày 5-6": two days, no month
            numbers, to = {"day": int(g["ed"]), "month": None, "year": None}, {"to_day": int(g["em"])}
    day = _with_prefix(key, floor, m.start(), m.end(), **numbers, **to)
    named = day.start < m.start() or "tháng" in m.group() or numbers["year"] is not None
    return day if named or _INTRODUCED.search(left) else None


def _int(digits: str | None) -> int | None:
    return int(digits) if digits else None


def _with_prefix(key: str, floor: int, start: int, end: int, **numbers: int | None) -> Day:
    prefix = _PREFIX.search(_left(key, floor, start)[-70:])
    words = prefix.group() if prefix else ""
    begin = start - len(words)
    before = _left(key, floor, begin)
    role: Role = "event"
    session = session_of(words) if words else None
    bound = before.rstrip().endswith(_BOUND_ENDS) and _BOUND.search(before)
    if bound or (_ends_with_bound(words) and "to_day" not in numbers):
        role = "bound"
    elif session is None and _ANNIVERSARY.search(before):
        role = "anniversary"
    elif session is None and _DOCUMENT.search(before) and not _AS_PLANNED.search(before):
        role = "document"
    tail = key[end : end + 1]
    if tail == ")" and "(" in words:
        end += 1
    cue = _cue(key, end) or ("future" if _TOMORROW.search(words) else None)
    hour = clock(words)
    return Day(begin, end, session=session, role=role, cue=cue, hour=hour, same=False, **numbers)


def _ends_with_bound(words: str) -> bool:
    return bool(_UNTIL.search(words))


def resolve(day: Day, published: date | None, *, upcoming: bool = False) -> tuple[date, date | None] | None:
    """The first and last day meant, or None where the calendar or the missing publication day forbids one.

    A missing year: with `upcoming` the earliest day on or after publication, otherwise the latest on or
    before it; a day that would then lie further back than HELD_WINDOW but is close ahead is the one ahead.
    """
    first = _first(day, published, upcoming=upcoming)
    if first is None or day.to_day is None:
        return (first, None) if first else None
    month = day.to_month or first.month
    last = _day(day.to_year or first.year + (month < first.month), month, day.to_day)
    return first, last if last and first < last else None


def _first(day: Day, published: date | None, *, upcoming: bool) -> date | None:
    year = day.year or (
        day.to_year - (1 if (day.month or 0) > (day.to_month or 12) else 0) if day.to_year else None
    )
    if year and day.month and day.day:
        return _day(year, day.month, day.day)
    if published is None:
        return None
    if day.shift is not None:
        return published + timedelta(days=day.shift)
    if day.weekday is not None and day.weeks is not None:
        return published + timedelta(days=7 * day.weeks - published.weekday() + day.weekday)
    if day.weekday is not None:
        back = (published.weekday() - day.weekday) % 7
        ahead = upcoming or day.cue == "future"
        return published + timedelta(days=(7 - back) % 7) if ahead else published - timedelta(days=back)
    if day.day is None:
        return None
    if day.month is None:
        return _choose(
            [_day(*_month(published, n), day.day) for n in (-1, 0, 1)], published, upcoming=upcoming
        )
    return _choose(
        [_day(published.year + n, day.month, day.day) for n in (-1, 0, 1)], published, upcoming=upcoming
    )


def _month(published: date, shift: int) -> tuple[int, int]:
    index = published.year * 12 + published.month - 1 + shift
    return index // 12, index % 12 + 1


def _choose(days: list[date | None], published: date, *, upcoming: bool) -> date | None:
    past = max((d for d in days if d and d <= published), default=None)
    ahead = min((d for d in days if d and d >= published), default=None)
    if past is None or ahead is None:
        return past or ahead
    if upcoming:
        # "sẽ" may belong to another clause: a day just gone beats one that is most of a year away.
        gone = published - past
        return past if gone <= timedelta(days=7) and ahead - published > timedelta(days=180) else ahead
    near_ahead = published - past > HELD_WINDOW and ahead - published <= AHEAD_WINDOW
    return ahead if near_ahead else past


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:  # 31/4, 29/2 outside a leap year: printed, but no day
        return None
