"""When a meeting is, as its sentence tells: day, hour, stretch of days; held, ahead, moved, put off or cancelled.

1. The day is the one nearest to the meeting word among those of events (`day_of`); where a sentence moves a meeting
   it is the day it is moved to, and the one it is moved from is kept. A sentence without a day borrows the next one's.
2. Words of the future count where they govern the meeting: before it, or in its own verb (`sẽ diễn ra`). `sắp xếp`
   and `dự kiến nhân sự` are none. A day after publication decides without any word.
3. What is told as news lies in a window about the day of publication; without a day, only words such as `vừa` or `sẽ`
   make news of it.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from crawler.article import Status
from crawler.dates.hours import HOUR, Session, clock, session_at
from crawler.dates.prose import Day, resolve
from crawler.meeting.meeting_frames import OCCURS, Sentence
from crawler.meeting.meeting_kinds import Kind
from crawler.meeting.organisations import Organisation

HELD_WITHIN = timedelta(days=14)
"""A meeting told as news was held at most this long before (MEETINGS.md §6 says about ten days; weeklies lag)."""
HELD_WITHIN_LED = timedelta(days=31)
"""...the same where the sentence opens with the day and the body acts in it: reports are sometimes printed late."""
AHEAD_WITHIN = timedelta(days=75)
"""An announced meeting lies at most this far ahead (about forty days; congresses are announced earlier)."""

_FUTURE = re.compile(
    r"(?<!\w)(?:sẽ|dự kiến(?! (?:nhân sự|phân công|danh sách|nội dung|bố trí|giới thiệu|chương trình"
    r"|kết quả|quy hoạch))"
    r"|sắp(?! xếp| đặt| hàng)|tới đây|ngày mai|tuần tới|tháng tới|ấn định|theo (?:kế hoạch|lịch)"
    r"|trân trọng (?:kính )?mời|kính mời"
    r"|triệu tập|dời|hoãn(?= (?:sang|đến|tới) (?!khi))|lùi|chuẩn bị tổ chức|chuẩn bị họp|sắp tới"
    r"|cuối tháng|thời gian tới)(?!\w)"
)
_RECENT = re.compile(
    r"(?<!\w)(?:vừa(?! là| có| phải| đủ| được| học| làm)|mới đây|mới (?:tổ chức|họp|khai mạc|bế mạc)"
    r"|tuần qua|vừa qua|những ngày qua|tháng qua|hôm nay)(?!\w)"
)
_HABIT = re.compile(
    r"(?<!\w)(?:thường(?! kỳ| trực| vụ| lệ| xuyên| niên)|cứ|hằng (?:tháng|quý|năm|tuần)|hàng (?:tháng|quý"
    r"|năm|tuần)|mỗi (?:tháng|quý|năm|tuần|kỳ|lần|khi)"
    r"|nhiều năm|không ít|bao giờ|đầu nhiệm kỳ đến nay|từ đầu nhiệm kỳ|lâu nay|trước đây)(?!\w)"
)
_LONG_AGO = re.compile(
    r"(?:(?<!\w)(?:năm|hồi|tháng \d{1,2}\s?[-/])\s?(1[89]\d\d|20\d\d))|(?<!\w)(?:tháng trước|năm ngoái"
    r"|năm trước|tuần trước|hồi)(?!\w)"
)
_MOVES = r"(?<!\w)(?:dời|hoãn|lùi|chuyển|thay đổi|điều chỉnh)(?!\w)[^.;]{0,80}?(?<!\w)(?:sang|đến|tới|vào|thành)\s*"
_MOVED = re.compile(rf"{_MOVES}(?:§|$)")
_MOVED_ON = re.compile(
    r"(?<!\w)(?:dời|hoãn|lùi|chuyển)(?!\w)[^.;]{0,80}?(?<!\w)(?:sang|đến|tới|vào)\s+"
    r"(?:đầu|giữa|cuối|trong|thượng tuần|trung tuần|hạ tuần|tuần|tháng|quý)(?!\w)"
)
# "lùi hội nghị từ ngày 14/10 đến ngày 21/10": no stretch of days, but the old day and the new one.
_MOVED_FROM_TO = re.compile(
    r"(?<!\w)(?:dời|lùi|chuyển|đổi|thay đổi|điều chỉnh)(?!\w)[^.;§]{0,120}?"
    r"(?<!dự kiến )(?<!diễn ra )(?<!tổ chức )(?<!trong )(?=§)"
)
_MOVED_HOUR = re.compile(rf"{_MOVES}(?P<h>{HOUR})")
_AT_HOUR = re.compile(
    r"(?<!\w)(?:lúc|hồi|vào|bắt đầu(?: từ| lúc| vào)?|khai mạc|thời gian:?(?: từ| lúc)?|đúng|từ)\s+"
    rf"(?P<h>{HOUR}(?:\s+(?:sáng|trưa|chiều|tối))?)(?!\s+(?:đồng hồ|liền))"
)
_CONTINUES = re.compile(
    r"^(?:hội nghị|đại hội|kỳ họp|phiên họp|cuộc họp|lễ|lớp|buổi|hội thảo|tọa đàm"
    r"|chương trình)?[^.;]{0,60}?(?:diễn ra|khai mạc|được tổ chức|tổ chức|thời gian|dự kiến|bắt đầu)"
)
_MAIN_DAY = re.compile(r"(?<!\w)(?:chính thức|bế mạc)(?!\w)[^.;]{0,40}$")
_STRETCH = re.compile(
    r"(?<!\w)(?:(?P<week>(?:trong |đầu |giữa |cuối )?tuần (?:tới|sau|này))"
    r"|(?P<part>đầu|giữa|cuối|trong|thượng tuần|trung tuần"
    r"|hạ tuần)\s+tháng\s+(?P<m>\d{1,2}(?![\d/.-])|này|tới|sau))(?!\w)"
)
_PARTS = {"đầu": (1, 10), "thượng tuần": (1, 10), "giữa": (11, 20), "trung tuần": (11, 20), "trong": (1, 31)}

_OFF = (
    r"(?:(?P<off>tạm hoãn|hoãn|tạm dừng|tạm ngừng|lùi)"
    r"|(?P<no>hủy bỏ|hủy|bãi bỏ|dừng tổ chức|không tổ chức|ngừng tổ chức))"
)
_OFF_BEFORE = re.compile(
    rf"(?<!\w){_OFF}(?:\s+(?:các|việc|tổ chức|lịch|thời gian|buổi|cuộc|phiên|thời điểm|chương trình"
    rf"|lễ)){{0,4}}\s*$"
)
_OFF_AFTER = re.compile(
    rf"(?<!\w){_OFF}(?!\w)(?!\s+(?:bài|phát biểu|quyết định|dự án|hợp đồng|kết quả|đấu giá|thầu))"
)
_NOT_OFF = re.compile(
    r"(?<!\w)(?:không|chưa|chẳng|sau khi|nếu|tránh|khỏi|tin|vẫn không)\s+(?:bị\s+|phải\s+)?$"
)


@dataclass(frozen=True, slots=True)
class When:
    """The place of a meeting in time."""

    status: Status
    span: tuple[date, date | None] | None
    session: Session | None
    time: str | None
    was: date | None
    between: tuple[date, date] | None
    sure: bool
    """Whether its own words place it in time (a day in the window, `vừa`, `sẽ`)."""


def when(
    sentence: Sentence,
    kind: Kind,
    organ: Organisation | None,
    following: Sequence[Sentence],
    published: date | None,
    *,
    led: bool,
    first: bool,
) -> When | None:
    """When a meeting was or will be; None where that lies outside the window or nothing says when.

    `led`: the body acts in the sentence. `first`: the sentence opens the article.
    """
    day, borrowed = day_of(sentence, kind), False
    if day is None:
        day, borrowed = _day_that_follows(following), True
    future, recent = (
        _future(sentence, kind, day, led=led),
        bool(_RECENT.search(sentence.masked, sentence.start, kind.end)),
    )
    span = resolve(day, published, upcoming=future) if day else None
    if _HABIT.search(sentence.masked, sentence.start, sentence.end) and (
        day is None or day.weekday is not None
    ):
        return None
    status: Status = "upcoming" if future and not recent else "held"
    if span and published:
        if not _in_window(span, day, published, led=led):
            return None
        status = "upcoming" if span[0] > published or (span[0] == published and future) else "held"
    elif day is None:
        plain = led and first and _is_plain(sentence, organ, kind)
        if not (recent or (future and (led or organ)) or plain):
            return None
        if not (recent or future) and _LONG_AGO.search(sentence.masked, sentence.start, sentence.end):
            return None
    hour = _hour(sentence, day)
    session = (day.session if day else None) or (session_at(hour) if hour else None)
    was = _moved_from(sentence, day, published)
    stretch = _stretch(sentence, published) if span is None and status == "upcoming" else None
    sure = (span is not None and not borrowed) or recent or (future and day is None)
    if span and span[1] is None and kind.kind == "đại hội":
        span = span[0], _main_day(sentence, day, span[0], published)
    return When(status, span, session, hour, was if span and was != span[0] else None, stretch, sure)


def called_off(sentence: Sentence, kind: Kind) -> Status | None:
    """`postponed` or `cancelled` where the sentence says that of this meeting and names no new day.

    A denial (`không hoãn`), a condition and a meeting put off long ago (`sau khi hoãn`) are neither.
    """
    moves = (_MOVED, _MOVED_HOUR, _MOVED_ON)
    if any(m.search(sentence.masked, sentence.start, sentence.end) for m in moves) or _from_to(sentence):
        return None
    m = _OFF_BEFORE.search(sentence.masked[max(sentence.start, kind.start - 60) : kind.start])
    left = sentence.masked[max(sentence.start, kind.start - 60) : kind.start][: m.start()] if m else ""
    if m is None:
        later = [k.start for k in sentence.kinds if k.start > kind.end and k.kind != kind.kind]
        end = min((*later, sentence.end))
        m = _OFF_AFTER.search(sentence.masked, kind.end, end)
        left = sentence.masked[kind.end : m.start()][-30:] if m else ""
    if m is None or _NOT_OFF.search(left):
        return None
    return "postponed" if m["off"] else "cancelled"


def day_of(sentence: Sentence, kind: Kind) -> Day | None:
    """The day of this meeting among those in its sentence: near it, in no other's brackets, moved dates last."""
    days = [d for d in sentence.days if d.role == "event" and not _of_another(sentence, kind, d)]
    if not days:
        return None
    if stretch := _from_to(sentence):
        month = stretch.to_month or stretch.month
        return replace(
            stretch,
            day=stretch.to_day,
            month=month,
            year=stretch.to_year,
            to_day=None,
            to_month=None,
            to_year=None,
        )
    if moved := _MOVED.search(sentence.masked, sentence.start, sentence.end):
        later = [d for d in days if d.start >= moved.end() - 1]
        if later:
            return later[0]

    def cost(day: Day) -> tuple[int, int]:
        after = day.start >= kind.end
        lo, hi = (kind.end, day.start) if after else (day.end, kind.start)
        others = sum(1 for k in sentence.kinds if lo <= k.start < hi)
        bracketed = (
            "(" in sentence.masked[sentence.start : day.start].rsplit(")", 1)[-1] and day.session is None
        )
        return max(0, hi - lo) + 80 * min(others, 2) + 40 * after + 100 * bracketed, day.start

    return min(days, key=cost)


def _of_another(sentence: Sentence, kind: Kind, day: Day) -> bool:
    """Whether a day stands in another clause, behind a semicolon, with a meeting of that clause's own."""
    if day.start < kind.end or ";" not in sentence.masked[kind.end : day.start]:
        return False
    clause = sentence.masked.rfind(";", kind.end, day.start)
    return any(clause < other.start < day.start for other in sentence.kinds)


def _from_to(sentence: Sentence) -> Day | None:
    """The two days between which a sentence moves a meeting, read as one stretch."""
    m = _MOVED_FROM_TO.search(sentence.masked, sentence.start, sentence.end)
    days = [d for d in sentence.days if m and d.start == m.end() and d.to_day is not None]
    days = [d for d in days if sentence.reading.key.startswith("từ", d.start)]
    return days[0] if days else None


def _future(sentence: Sentence, kind: Kind, day: Day | None, *, led: bool) -> bool:
    before = sentence.masked[sentence.start : kind.start]
    if _FUTURE.search(before) or (not led and _FUTURE.search(_verb_after(sentence, kind))):
        return True
    return bool(day and day.cue == "future" and not _RECENT.search(before))


def _verb_after(sentence: Sentence, kind: Kind) -> str:
    """The words after a meeting word up to its verb, where a word of the future counts for it."""
    right = sentence.masked[kind.end : sentence.end]
    m = OCCURS.search(right)
    return right[: m.end() + 14] if m else ""


def _hour(sentence: Sentence, day: Day | None) -> str | None:
    """The hour that stands with the day, or else elsewhere in the sentence as one (`lúc 8h30`)."""
    if moved := _MOVED_HOUR.search(sentence.masked, sentence.start, sentence.end):
        return clock(moved["h"])
    if day and day.hour:
        return day.hour
    m = _AT_HOUR.search(sentence.masked, sentence.start, sentence.end)
    return clock(m["h"]) if m else None


def _moved_from(sentence: Sentence, day: Day | None, published: date | None) -> date | None:
    """The day a meeting was moved away from: the event's day that stands before the one it is moved to."""
    if stretch := _from_to(sentence):
        span = resolve(replace(stretch, to_day=None, to_month=None, to_year=None), published, upcoming=True)
        return span[0] if span else None
    if day is None or not _MOVED.search(sentence.masked, sentence.start, sentence.end):
        return None
    before = [d for d in sentence.days if d.role in ("event", "bound") and d.end <= day.start]
    span = resolve(before[-1], published, upcoming=True) if before else None
    return span[0] if span else None


def _stretch(sentence: Sentence, published: date | None) -> tuple[date, date] | None:
    """`tuần tới`, `cuối tháng 5` as first and last day, where no day is told."""
    m = _STRETCH.search(sentence.masked, sentence.start, sentence.end) if published else None
    if m is None or published is None:
        return None
    if m["week"]:
        monday = published + timedelta(days=(0 if m["week"].endswith("này") else 7) - published.weekday())
        return monday, monday + timedelta(days=6)
    month, year = published.month, published.year
    if m["m"] in ("tới", "sau"):
        month = month % 12 + 1
    elif m["m"].isdigit():
        month = int(m["m"])
    if not 1 <= month <= 12:
        return None
    year += month < published.month
    length = calendar.monthrange(year, month)[1]
    first, last = _PARTS.get(m["part"], (21, 31))
    return date(year, month, first), date(year, month, min(last, length))


def _is_plain(sentence: Sentence, organ: Organisation | None, kind: Kind) -> bool:
    """A lead that opens with the body and says `tổ chức` outright is news even without a day."""
    if organ is None or kind.kind in ("họp", "lễ"):
        return False
    opening = sentence.masked[sentence.start : organ.start]
    return (
        bool(re.fullmatch(r"(?:[^,.;]{0,12}-\s*|\([^)]*\)\s*-?\s*)?", opening))
        and "tổ chức" in sentence.masked[organ.end : kind.start]
    )


def _in_window(span: tuple[date, date | None], day: Day | None, published: date, *, led: bool) -> bool:
    if day and day.shift == 0:
        return True
    first, last = span[0], span[1] or span[0]
    if first > published:
        return first - published <= AHEAD_WITHIN
    return published - last <= (HELD_WITHIN_LED if led else HELD_WITHIN)


def _day_that_follows(following: Sequence[Sentence]) -> Day | None:
    for sentence in following:
        for day in sentence.days:
            if day.role == "event" and _CONTINUES.search(sentence.masked[sentence.start : day.start]):
                return day
    return None


def _main_day(sentence: Sentence, day: Day | None, first: date, published: date | None) -> date | None:
    """The last day of a congress whose preparatory session is the day reported."""
    for other in sentence.days:
        if (
            day
            and other.start > day.start
            and _MAIN_DAY.search(sentence.masked[sentence.start : other.start])
        ):
            span = resolve(other, published, upcoming=True)
            if span and first < span[0] <= first + timedelta(days=10):
                return span[1] or span[0]
    return None
