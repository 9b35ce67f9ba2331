"""The meetings an article reports: who met, for what, when, and whether it has been or is to come.

`find_meetings` reads title and lead (then, where they name none, the opening of the body) sentence by sentence. A
sentence tells a meeting when a body of the political system stands with a meeting word in one of the frames of
MEETINGS.md §2 and the day fits the day of publication; everything else that mentions meetings (background, history,
habits, other people's conferences) is none. Pure: no clock, no network; the day of publication is an argument.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from crawler.article import Meeting, Status
from crawler.keyed import Keyed, keyed, sentences
from crawler.meeting.meeting_details import chair, place
from crawler.meeting.meeting_frames import (
    BACKGROUND,
    OCCURS,
    Sentence,
    acting_body,
    named_body,
    read_sentence,
    read_sentences,
)
from crawler.meeting.meeting_identity import meeting_key
from crawler.meeting.meeting_kinds import (
    CONFERENCE,
    CONGRESS,
    GROUPS,
    PLENARY,
    Kind,
    is_committee,
    openings,
    own_ordinal,
    refine,
)
from crawler.meeting.organisations import Organisation
from crawler.meeting.vietnamese_dates import Day, resolve

__all__ = ["find_meetings", "meeting_key"]

BODY = 4000
"""Code points of the body that are read where title and lead name no meeting: a report says it in its opening."""
HELD_WITHIN = timedelta(days=14)
"""A meeting told as news was held at most this long before (MEETINGS.md §6 says about ten days; weeklies lag)."""
HELD_WITHIN_LED = timedelta(days=31)
"""...the same where the sentence opens with the day and the body acts in it: reports are sometimes printed late."""
AHEAD_WITHIN = timedelta(days=75)
"""An announced meeting lies at most this far ahead (about forty days; congresses are announced earlier)."""

_FUTURE = re.compile(
    r"(?<!\w)(?:sẽ|dự kiến|sắp|tới đây|ngày mai|tuần tới|tháng tới|ấn định|theo (?:kế hoạch|lịch)"
    r"|trân trọng (?:kính )?mời|kính mời"
    r"|triệu tập|dời|hoãn sang|lùi|chuẩn bị tổ chức|chuẩn bị họp|sắp tới|cuối tháng|thời gian tới)(?!\w)"
)
_RECENT = re.compile(
    r"(?<!\w)(?:vừa(?! là| có| phải| đủ| được| học| làm)|mới đây|mới (?:tổ chức|họp|khai mạc|bế mạc)"
    r"|tuần qua|vừa qua|những ngày qua|tháng qua|hôm nay)(?!\w)"
)
_DENIED = re.compile(
    r"(?<!\w)(?:hủy(?: bỏ)?|bãi bỏ|(?:chưa|không|chẳng) (?:hề )?(?:có|diễn ra|tổ chức)(?: bất cứ| bất kỳ"
    r"| một)?(?: cuộc| buổi| phiên)?"
    r"(?: họp| hội nghị| kỳ họp| đại hội)?|không (?:tiến hành|họp)|bác (?:bỏ )?(?:tin|thông tin)"
    r"|tin đồn)(?!\w)"
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
_MOVED = re.compile(r"(?<!\w)(?:dời|hoãn|lùi|chuyển)(?!\w)[^.;]{0,80}?(?<!\w)(?:sang|đến|tới|vào)\s*(?:§|$)")
_CONTINUES = re.compile(
    r"^(?:hội nghị|đại hội|kỳ họp|phiên họp|cuộc họp|lễ|lớp|buổi|hội thảo|tọa đàm"
    r"|chương trình)?[^.;]{0,60}?(?:diễn ra|khai mạc|được tổ chức|tổ chức|thời gian|dự kiến|bắt đầu)"
)
# What a sentence of the body must contain before it is read: a day, or a word that places an event in time.
_TIMED = re.compile(r"\d\s?[/.-]\s?\d|\d\s+tháng|(?<!\w)(?:nay|qua|mai|vừa|mới|sẽ|dự kiến|tới)(?!\w)")
_MAIN_DAY = re.compile(r"(?<!\w)(?:chính thức|bế mạc)(?!\w)[^.;]{0,40}$")


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A meeting read in one sentence, before the choice."""

    meeting: Meeting
    organ_key: str | None
    sure: bool
    """Whether its own words place it in time (a day in the window, `vừa`, `sẽ`)."""


def find_meetings(
    title: str | None, lead: str | None, text: str | None, *, published: date | None
) -> tuple[Meeting, ...]:
    """The meetings that the article is about, the main one first; empty where it reports none.

    `field`, `start` and `end` point at the meeting word in the field as given. `date` is the first day, ISO; it is None
    where only `vừa qua` or `cuối tháng 5` is printed, and where a year is missing and `published` is None.
    """
    headline = read_sentences("title", title)
    opening = read_sentences("lead", lead)
    found = _candidates(opening, headline, published)
    if not found and headline:
        found = _from_headline(headline, opening, published)
    body = keyed(text) if text else None
    if not found and body:
        found = _from_body(body, headline, published)
    if not found:
        return ()
    main = _completed(found[0], headline, published)
    if main.chair is None:
        main = replace(main, chair=_chair(*(s.reading for s in opening[:1]), *((body,) if body else ())))
    seen = {_identity(main)}
    others = [c.meeting for c in found[1:] if c.sure and _identity(c.meeting) not in seen]
    unique = {_identity(m): m for m in reversed(others)}
    return (main, *sorted(unique.values(), key=lambda m: (m.field, m.start)))


def _identity(meeting: Meeting) -> tuple[str, str | None]:
    return GROUPS.get(meeting.kind, meeting.kind), meeting.date


def _from_body(body: Keyed, headline: Sequence[Sentence], published: date | None) -> list[_Candidate]:
    """The first meeting that the body places in time by its own words."""
    places = openings(body.key)
    for start, end in sentences(body, BODY):
        # A sentence without a meeting word tells no meeting.
        place = bisect_left(places, start)
        if place < len(places) and places[place] < end and _TIMED.search(body.key, start, end):
            found = _candidates([read_sentence("text", body, start, end)], headline, published)
            if found and found[0].sure:
                return found
    return []


def _chair(*readings: Keyed) -> str | None:
    """Who chaired, from the first sentence that says so."""
    for reading in readings:
        if "chủ trì" in reading.key or "điều hành" in reading.key:
            for start, end in sentences(reading, BODY):
                if name := chair(reading, start, end):
                    return name
    return None


def _candidates(
    opening: Sequence[Sentence], headline: Sequence[Sentence], published: date | None
) -> list[_Candidate]:
    """Every meeting told in these sentences, the likeliest of each sentence, in order; sure ones before the others."""
    found = []
    for index, sentence in enumerate(opening):
        following = opening[index + 1 : index + 3]
        if candidate := _candidate(sentence, following, headline, published, first=index == 0):
            found.append(candidate)
    return [c for c in found if c.sure] or [c for c in found if not c.sure]


def _candidate(
    sentence: Sentence,
    following: Sequence[Sentence],
    headline: Sequence[Sentence],
    published: date | None,
    *,
    first: bool,
) -> _Candidate | None:
    if not sentence.kinds or _DENIED.search(sentence.masked, sentence.start, sentence.end):
        return None
    for led in (True, False):
        for kind in sentence.kinds:
            told = (acting_body(sentence, kind),) if led else named_body(sentence, kind, headline)
            if not told or (led and told[0] is None):
                continue
            if candidate := _placed(sentence, kind, told[0], following, published, led=led, first=first):
                return candidate
    return None


def _placed(
    sentence: Sentence,
    kind: Kind,
    organ: Organisation | None,
    following: Sequence[Sentence],
    published: date | None,
    *,
    led: bool,
    first: bool,
) -> _Candidate | None:
    """The candidate with its day and status, or None where it lies outside the window or nothing says when."""
    day = _day_of(sentence, kind)
    borrowed = False
    if day is None:
        day, borrowed = _day_that_follows(following), True
    before = sentence.masked[sentence.start : kind.start]
    future = bool(_FUTURE.search(before) or _FUTURE.search(_verb_after(sentence, kind)))
    future = future or bool(day and day.cue == "future" and not _RECENT.search(before))
    recent = bool(_RECENT.search(sentence.masked, sentence.start, kind.end))
    span = resolve(day, published, upcoming=future) if day else None
    habit = bool(_HABIT.search(sentence.masked, sentence.start, sentence.end))
    if habit and (day is None or day.weekday is not None):
        return None
    status: Status = "upcoming" if future and not recent else "held"
    if span and published:
        if not _in_window(span, day, published, led=led):
            return None
        status = "upcoming" if span[0] > published or (span[0] == published and future) else "held"
    elif day is None:
        if not (recent or future) and _LONG_AGO.search(sentence.masked, sentence.start, sentence.end):
            return None
        plain = led and first and _is_plain(sentence, organ, kind)
        if not (recent or (future and (led or organ)) or plain):
            return None
    organ_key = organ.head if organ else None
    name = refine(kind, sentence.masked, sentence.end, organ_key)
    number = own_ordinal(kind, name, sentence.masked, sentence.end)
    if name == CONFERENCE and number is not None and is_committee(organ_key) and _is_plenary(sentence, kind):
        name = PLENARY
    sure = (span is not None and not borrowed) or recent or (future and day is None)
    start, end = sentence.reading.span(kind.start, kind.end)
    last = span[1] if span else None
    if name == CONGRESS and span and last is None:
        last = _main_day(sentence, day, span[0], published)
    meeting = Meeting(
        field=sentence.field,
        start=start,
        end=end,
        kind=name,
        ordinal=number,
        organiser=organ.name if organ else None,
        date=span[0].isoformat() if span else None,
        date_to=last.isoformat() if last else None,
        session=day.session if day else None,
        status=status,
        place=place(sentence.reading, kind.end, sentence.end),
        chair=chair(sentence.reading, sentence.start, sentence.end),
    )
    return _Candidate(meeting, organ_key, sure)


def _is_plenary(sentence: Sentence, kind: Kind) -> bool:
    """`Tỉnh ủy ... tổ chức Hội nghị lần thứ 18`, not `hội nghị hiệp thương lần thứ hai`."""
    return bool(
        re.match(r"\s*[^,.;:§]{0,40}?lần thứ", sentence.masked[kind.end : sentence.end])
    ) and not re.match(
        r"\s*(?:hiệp thương|cán bộ|báo cáo viên|toàn quốc)", sentence.masked[kind.end : sentence.end]
    )


def _verb_after(sentence: Sentence, kind: Kind) -> str:
    """The words after a meeting word up to its verb, where a word of the future counts for it."""
    right = sentence.masked[kind.end : sentence.end]
    m = OCCURS.search(right)
    return right[: m.end() + 14] if m else ""


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


def _day_of(sentence: Sentence, kind: Kind) -> Day | None:
    """The day of this meeting among those in its sentence: near it, in no other's brackets, moved dates last."""
    days = [d for d in sentence.days if d.role == "event"]
    if not days:
        return None
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


def _from_headline(
    headline: Sequence[Sentence], opening: Sequence[Sentence], published: date | None
) -> list[_Candidate]:
    """A meeting that only the headline names: it needs a day of its own, or one in a lead that goes on about it."""
    for candidate in _candidates(headline, headline, published):
        if candidate.sure and candidate.meeting.organiser:
            return [candidate]
    sentence = headline[0]
    days = [d for s in opening[:1] for d in s.days if d.role == "event"]
    about = any(_GOES_ON.search(s.masked, s.start, s.end) for s in opening[:2])
    if not days or not about or not opening:
        return []
    whole = replace(sentence, days=(replace(days[0], start=sentence.start, end=sentence.start),))
    for kind in whole.kinds[:1]:
        organ = acting_body(whole, kind) or (named_body(whole, kind, headline) or (None,))[0]
        if organ and (found := _placed(whole, kind, organ, (), published, led=False, first=False)):
            return [found]
    return []


_GOES_ON = re.compile(
    r"(?<!\w)(?:hội nghị|kỳ họp|phiên họp|đại biểu|thảo luận|tham luận|chủ trì|chất vấn|phát biểu"
    r"|điểm cầu|bế mạc|khai mạc)(?!\w)"
)


def _completed(candidate: _Candidate, headline: Sequence[Sentence], published: date | None) -> Meeting:
    """The meeting with what the headline adds: the purpose of a bare `hội nghị`, the ordinal, the day."""
    meeting = candidate.meeting
    if meeting.field == "title":
        return meeting
    for sentence in headline:
        for kind in sentence.kinds[:1]:
            meeting = _from_title(meeting, sentence, kind, candidate.organ_key)
    days = [d for s in headline for d in s.days if d.role == "event"]
    if meeting.date is None and days:
        span = resolve(days[0], published, upcoming=meeting.status == "upcoming")
        if span:
            meeting = replace(meeting, date=span[0].isoformat(), session=meeting.session or days[0].session)
    return meeting


def _from_title(meeting: Meeting, sentence: Sentence, kind: Kind, organ_key: str | None) -> Meeting:
    """What a headline about the same meeting adds: the purpose of a bare `hội nghị`, and the ordinal."""
    left = sentence.masked[sentence.start : kind.start]
    if BACKGROUND.search(left):
        return meeting
    told = refine(kind, sentence.masked, sentence.end, organ_key)
    if (
        meeting.kind == CONFERENCE
        and meeting.ordinal is None
        and GROUPS.get(told) in ("review", "study", "plenary")
        and not _says_purpose(meeting, sentence)
    ):
        meeting = replace(meeting, kind=told)
    if meeting.ordinal is None and GROUPS.get(told, told) == GROUPS.get(meeting.kind, meeting.kind):
        meeting = replace(meeting, ordinal=own_ordinal(kind, told, sentence.masked, sentence.end))
    return meeting


def _says_purpose(meeting: Meeting, sentence: Sentence) -> bool:
    """Whether the headline itself tells a plain conference (`công bố quyết định kiểm tra`, `báo cáo viên`)."""
    return bool(
        re.search(
            r"(?<!\w)(?:báo cáo viên|hiệp thương|ký kết|quyết định (?:kiểm tra|giám sát)|góp ý"
            r"|phản biện)(?!\w)",
            sentence.masked,
        )
    )
