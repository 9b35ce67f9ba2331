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
from datetime import date

from crawler.article import Meeting
from crawler.dates.prose import resolve
from crawler.meeting.meeting_details import chair, place, subject
from crawler.meeting.meeting_frames import (
    BACKGROUND,
    LONGEST_SENTENCE,
    READ,
    Sentence,
    acting_body,
    clauses,
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
from crawler.meeting.meeting_times import called_off, when
from crawler.meeting.national import COMMITTEE, PARTY, identity, is_central, national
from crawler.meeting.organisations import Organisation
from crawler.text.match_key import Keyed, keyed

__all__ = ["find_meetings", "meeting_key"]

_DENIED = re.compile(
    r"(?<!\w)(?:hủy(?: bỏ)?|bãi bỏ|(?:chưa|không|chẳng) (?:hề )?(?:có|diễn ra|tổ chức)(?: bất cứ| bất kỳ"
    r"| một)?(?: cuộc| buổi| phiên)?"
    r"(?: họp| hội nghị| kỳ họp| đại hội)?|không (?:tiến hành|họp)|bác (?:bỏ )?(?:tin|thông tin)"
    r"|tin đồn)(?!\w)"
)
# What a sentence of the body must contain before it is read: a day, or a word that places an event in time.
_TIMED = re.compile(r"\d\s?[/.-]\s?\d|\d\s+tháng|(?<!\w)(?:nay|qua|mai|vừa|mới|sẽ|dự kiến|tới)(?!\w)")


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


def find_called_off(
    title: str | None, lead: str | None, text: str | None, *, published: date | None
) -> tuple[Meeting, ...]:
    """The meetings of which the article tells that they are put off without a new day, or cancelled.

    `status` is `postponed` or `cancelled`, `date` the day that no longer holds.
    """
    headline = read_sentences("title", title)
    told = [*read_sentences("lead", lead), *headline]
    if text and _OFF_WORD.search(text[:READ].lower()):
        told += read_sentences("text", text)
    found: dict[tuple[str, str | None], Meeting] = {}
    for sentence in told:
        for kind in sentence.kinds:
            if (status := called_off(sentence, kind)) and (
                candidate := _off_candidate(sentence, kind, headline, published)
            ):
                found.setdefault(_identity(candidate), replace(candidate, status=status))
                break
    return tuple(found.values())


_OFF_WORD = re.compile(r"hoãn|hủy|huỷ|dừng|bãi bỏ|không tổ chức|lùi")


def _off_candidate(
    sentence: Sentence, kind: Kind, headline: Sequence[Sentence], published: date | None
) -> Meeting | None:
    """The meeting itself, as if it were still to come; it needs a body, and a day or a number."""
    organ = acting_body(sentence, kind) or (named_body(sentence, kind, headline, published) or (None,))[0]
    found = _placed(sentence, kind, organ, (), published, led=True, first=False) if organ else None
    if found is None or (found.meeting.date is None and found.meeting.ordinal is None):
        return None
    return found.meeting


def _identity(meeting: Meeting) -> tuple[str, str | None]:
    return GROUPS.get(meeting.kind, meeting.kind), meeting.date


def _from_body(body: Keyed, headline: Sequence[Sentence], published: date | None) -> list[_Candidate]:
    """The first meeting that the body places in time by its own words."""
    places = openings(body.key[: READ + LONGEST_SENTENCE])
    for start, end in clauses(body):
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
            for start, end in clauses(reading):
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
    if any(called_off(sentence, kind) for kind in sentence.kinds):
        return None
    for led in (True, False):
        for kind in sentence.kinds:
            told = (acting_body(sentence, kind),) if led else named_body(sentence, kind, headline, published)
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
    own = national(kind, sentence.masked, sentence.end, published)
    if own and led and not is_central(organ):
        return None  # others prepare for it, follow it, study it
    told = when(sentence, kind, organ, following, published, led=led, first=first)
    if told is None:
        return None
    organ_key = organ.head if organ else None
    name, number = _named(sentence, kind, organ_key)
    organiser = organ.name if organ else None
    if own:
        name, number = own.kind, own.ordinal
        organiser = organiser or (COMMITTEE if name == PLENARY else None)
    start, end = sentence.reading.span(kind.start, kind.end)
    day, last = told.span or (None, None)
    meeting = Meeting(
        field=sentence.field,
        start=start,
        end=end,
        kind=name,
        ordinal=number,
        organiser=organiser,
        date=day.isoformat() if day else None,
        date_to=last.isoformat() if last else None,
        session=told.session,
        status=told.status,
        place=place(sentence, kind, following),
        chair=chair(sentence.reading, sentence.start, sentence.end),
        time=told.time,
        subject=subject(sentence, kind),
        was=told.was.isoformat() if told.was else None,
        between=(told.between[0].isoformat(), told.between[1].isoformat()) if told.between else None,
        national=identity(name, number, PARTY if own and name == CONGRESS else organiser, day or published),
    )
    return _Candidate(meeting, organ_key, told.sure)


def _named(sentence: Sentence, kind: Kind, organ_key: str | None) -> tuple[str, int | None]:
    """The kind of a meeting read with its purpose, and its ordinal."""
    name = refine(kind, sentence.masked, sentence.end, organ_key)
    number = own_ordinal(kind, name, sentence.masked, sentence.end)
    if name == CONFERENCE and number is not None and is_committee(organ_key) and _is_plenary(sentence, kind):
        name = PLENARY
    return name, number


def _is_plenary(sentence: Sentence, kind: Kind) -> bool:
    """`Tỉnh ủy ... tổ chức Hội nghị lần thứ 18`, not `hội nghị hiệp thương lần thứ hai`."""
    return bool(
        re.match(r"\s*[^,.;:§]{0,40}?lần thứ", sentence.masked[kind.end : sentence.end])
    ) and not re.match(
        r"\s*(?:hiệp thương|cán bộ|báo cáo viên|toàn quốc)", sentence.masked[kind.end : sentence.end]
    )


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
        if any(called_off(s, k) for s in (sentence, *opening[:2]) for k in s.kinds):
            return []
        organ = acting_body(whole, kind) or (named_body(whole, kind, headline, published) or (None,))[0]
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
