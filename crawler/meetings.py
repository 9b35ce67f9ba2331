"""The meetings an article reports: who met, for what, when, and whether it has been or is to come.

`find_meetings` reads title and lead (then, where they name none, the opening of the body) sentence by sentence. A
sentence tells a meeting when a body of the political system stands with a meeting word in one of the frames of
MEETINGS.md §2 and the day fits the day of publication; everything else that mentions meetings (background, history,
habits, other people's conferences) is none. Pure: no clock, no network; the day of publication is an argument.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from crawler.article import Field, Meeting, Status
from crawler.keyed import Keyed, keyed, sentences
from crawler.meeting_details import chair, place
from crawler.meeting_identity import meeting_key
from crawler.meeting_kinds import (
    CONFERENCE,
    CONGRESS,
    GROUPS,
    PLENARY,
    VERBAL,
    Kind,
    find_kinds,
    is_committee,
    own_ordinal,
    refine,
)
from crawler.organisations import Organisation, find_organisations
from crawler.vietnamese_dates import Day, find_days, resolve

__all__ = ["find_meetings", "meeting_key"]

BODY = 4000
"""Code points of the body that are read where title and lead name no meeting: a report says it in its opening."""
HELD_WITHIN = timedelta(days=14)
"""A meeting told as news was held at most this long before (MEETINGS.md §6 says about ten days; weeklies lag)."""
HELD_WITHIN_LED = timedelta(days=31)
"""...the same where the sentence opens with the day and the body acts in it: reports are sometimes printed late."""
AHEAD_WITHIN = timedelta(days=75)
"""An announced meeting lies at most this far ahead (about forty days; congresses are announced earlier)."""

_ADVERB = (
    r"(?:đã|đang|vừa qua|vừa|mới đây|mới|sẽ|cũng|chính thức|long trọng|trọng thể|trang trọng|tiếp tục"
    r"|đồng loạt|dự kiến|sắp|chuẩn bị"
    r"|được sự ủy quyền|tuần qua|tới đây|bất thường|khẩn cấp|lại|hôm nay|trực tiếp|đồng thời|thay mặt)"
)
_VERB = (
    r"(?:tổ chức|tiến hành|mở|khai mạc|bế mạc|triệu tập|chủ trì tổ chức|chủ trì|đồng chủ trì|có|họp"
    r"|bước vào|khai giảng|đăng cai"
    r"|hoàn thành|thực hiện|dành|trao đổi|chỉ đạo tổ chức|thông báo tổ chức)"
)
_SUBJECT_GLUE = re.compile(
    rf"[\s,]*(?:(?:{_ADVERB}|§+|khóa \w+|nhiệm kỳ [\d\s-]+)[\s,]*)*"
    rf"(?:(?P<joint>(?:phối hợp|phối hợp với|cùng|với|và|,|tại)\s+[^.;:]{{1,170}}?)"
    rf"(?:(?<=\W){_ADVERB}|§+|[\s,])*)?"
    r"(?P<invites>(?:trân trọng )?(?:kính )?mời [^.;:]{1,120}?(?:dự|tham dự) )?"
    rf"(?:(?P<verb>{_VERB})(?P<gap>(?:\s+[^\s,.;:]+){{0,5}}?))?\s*"
)
_ATTENDS = re.compile(r"(?<!\w)(?:dự|tham dự|tham gia|theo dõi|kết nối|dự và phát biểu)(?!\w)")
_BACKGROUND = re.compile(
    r"(?<!\w)(?:(?:từ |kể từ |ngay )?sau(?: khi)?|kể từ|nhìn lại|trước thềm|trước|chào mừng|mừng"
    r"|hướng tới|hướng về|tiến tới|thực hiện"
    r"|nghị quyết|kết luận tại|kết luận|theo|kết quả|văn kiện|nhân sự|phục vụ|thành công(?: của)?"
    r"|tinh thần|cho|bài học từ|không ít"
    r"|nhiều|những|mỗi|các|về|trong|dịp|qua|giữa hai|đón|của|(?<!chương )trình|mọi|sự|số|chuẩn bị|từ|sân"
    r"|phòng|trung tâm|nhà|như|là|bằng|hoặc|trong mỗi|toàn văn"
    r"|quy chế|nội quy|khách|khu|hậu|thời gian|công tác|báo cáo|(?<!tiếp tục )chương trình|bầu"
    r"|công bố chương trình|thông tin về|phát biểu sau)"
    r"\s+(?:các |những |mỗi |cuộc |buổi |\d+ )?$"
)
_OPENS = re.compile(
    r"(?:^|[,:;\"(–-]\s*|§+\s*|(?<!\w)(?:tại|dự|tham dự|chủ trì|điều hành|chương trình|khuôn khổ|tiếp tục"
    r"|khai mạc|bế mạc|diễn ra|chỉ đạo|kết luận"
    r"|phát biểu tại|đã|mời|dự lễ|triệu tập|tham gia|có|họp|dự kiến|sẽ|tổ chức|được tổ chức|bế giảng|dời"
    r"|hoãn|lùi|vừa|mới))"
    r"\s*(?:buổi |cuộc |phiên (?:bế mạc|khai mạc|trù bị) )?$"
)
_OCCURS = re.compile(
    r"(?<!\w)(?:khai mạc|bế mạc|diễn ra|được tổ chức|tổ chức|tiến hành|kết thúc|họp|ấn định|làm việc|sẽ"
    r"|dự kiến|hoàn thành|dời|hoãn|lùi"
    r"|chính thức|thông qua|thảo luận|bầu|nghe|xem xét|bước vào|lấy phiếu|khai giảng|đã|quyết định"
    r"|thống nhất|cho ý kiến|được mở)(?!\w)"
)
_BY = re.compile(r"(?<!\w)do\s+$")
_BY_VERB = re.compile(
    r"[^.;]{0,150}?(?<!\w)(?:tổ chức|chủ trì|mở|phát động|đăng cai|triệu tập|chủ trì tổ chức)(?!\w)"
)
_PREPOSED = re.compile(
    r"(?<!\w)(?:với|cùng|tại|của|do|cho|giữa|đến|ở|dự|về|theo|quyền|mời|chúc mừng|từ|gửi|trực thuộc"
    r"|đối với|gồm|các|trên|đối thoại với|giao)\s+$"
)
_ABOUT_PEOPLE = re.compile(
    r"(?<!\w)(?:chủ trì|điều hành|đối thoại|làm việc|tiếp xúc|gặp mặt|dự|họp|tổ chức)(?!\w)"
)
_LEADER = re.compile(
    r"(?<!\w)(?:tổng bí thư|chủ tịch nước|chủ tịch quốc hội|thủ tướng|thường trực ban bí thư"
    r"|(?:các )?đại biểu (?:quốc hội|hđnd))(?!\w)[^.;§]{0,60}$"
)
_CLOSING = re.compile(r"(?<!\w)(?:bế mạc|khai mạc|phát biểu tại|kết luận|phát biểu chỉ đạo tại)\s+$")
# The Party's own congress names no organ that calls it.
_NATIONAL_CONGRESS = re.compile(r"đại hội đại biểu toàn quốc (?:lần thứ [\w ]{1,14}? )?của đảng(?!\w)")
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
_VENUE_BEFORE = re.compile(r"(?<!\w)(?:trung tâm|phòng|nhà|khách sạn|cung|hội trường|khu)\s+$")
_AT_VENUE = re.compile(r"(?<!\w)(?:điểm cầu(?: chính)?(?: tại)?|tại)\s+$")
_CONTINUES = re.compile(
    r"^(?:hội nghị|đại hội|kỳ họp|phiên họp|cuộc họp|lễ|lớp|buổi|hội thảo|tọa đàm"
    r"|chương trình)?[^.;]{0,60}?(?:diễn ra|khai mạc|được tổ chức|tổ chức|thời gian|dự kiến|bắt đầu)"
)
_QUOTED = re.compile(r'"[^"]{2,120}"')
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


@dataclass(frozen=True, slots=True)
class _Sentence:
    """One sentence with what was found in it; `masked` is the key with days as § and quotations as ¤."""

    field: Field
    reading: Keyed
    start: int
    end: int
    masked: str
    days: tuple[Day, ...]
    organs: tuple[Organisation, ...]
    kinds: tuple[Kind, ...]


def find_meetings(
    title: str | None, lead: str | None, text: str | None, *, published: date | None
) -> tuple[Meeting, ...]:
    """The meetings that the article is about, the main one first; empty where it reports none.

    `field`, `start` and `end` point at the meeting word in the field as given. `date` is the first day, ISO; it is None
    where only `vừa qua` or `cuối tháng 5` is printed, and where a year is missing and `published` is None.
    """
    headline = _read("title", title)
    opening = _read("lead", lead)
    found = _candidates(opening, headline, published)
    if not found and headline:
        found = _from_headline(headline, opening, published)
    body = keyed(text, BODY) if text else None
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


def _read(field: Field, words: str | None) -> list[_Sentence]:
    if not words:
        return []
    reading = keyed(words)
    return [_sentence(field, reading, start, end) for start, end in sentences(reading)]


def _sentence(field: Field, reading: Keyed, start: int, end: int) -> _Sentence:
    key = reading.key
    days = tuple(find_days(key, start, end))
    for day in days:
        key = key[: day.start] + "§" * (day.end - day.start) + key[day.end :]
    for m in _QUOTED.finditer(key, start, end):
        key = key[: m.start()] + "¤" * len(m.group()) + key[m.end() :]
    kinds = tuple(k for k in find_kinds(key, start, end) if not _VENUE_BEFORE.search(key[start : k.start]))
    organs = tuple(find_organisations(reading, start, end)) if kinds or field == "title" else ()
    # "Tiểu ban Văn kiện Đại hội": a meeting word inside a body's name is none.
    kinds = tuple(k for k in kinds if not any(o.start < k.start and k.end <= o.end for o in organs))
    return _Sentence(field, reading, start, end, key, days, organs, kinds)


def _from_body(body: Keyed, headline: Sequence[_Sentence], published: date | None) -> list[_Candidate]:
    """The first meeting that the body places in time by its own words."""
    for start, end in sentences(body):
        if _TIMED.search(body.key, start, end):
            found = _candidates([_sentence("text", body, start, end)], headline, published)
            if found and found[0].sure:
                return found
    return []


def _chair(*readings: Keyed) -> str | None:
    """Who chaired, from the first sentence that says so."""
    for reading in readings:
        if "chủ trì" in reading.key or "điều hành" in reading.key:
            for start, end in sentences(reading):
                if name := chair(reading, start, end):
                    return name
    return None


def _candidates(
    opening: Sequence[_Sentence], headline: Sequence[_Sentence], published: date | None
) -> list[_Candidate]:
    """Every meeting told in these sentences, the likeliest of each sentence, in order; sure ones before the others."""
    found = []
    for index, sentence in enumerate(opening):
        following = opening[index + 1 : index + 3]
        if candidate := _candidate(sentence, following, headline, published, first=index == 0):
            found.append(candidate)
    return [c for c in found if c.sure] or [c for c in found if not c.sure]


def _candidate(
    sentence: _Sentence,
    following: Sequence[_Sentence],
    headline: Sequence[_Sentence],
    published: date | None,
    *,
    first: bool,
) -> _Candidate | None:
    if _DENIED.search(sentence.masked, sentence.start, sentence.end):
        return None
    for led in (True, False):
        for kind in sentence.kinds:
            told = (_acting(sentence, kind),) if led else _named(sentence, kind, headline)
            if not told or (led and told[0] is None):
                continue
            if candidate := _placed(sentence, kind, told[0], following, published, led=led, first=first):
                return candidate
    return None


def _acting(sentence: _Sentence, kind: Kind) -> Organisation | None:
    """The body whose act the meeting is: `ORG (đã) tổ chức KIND`, `ORG giao ban với ...`, joint bodies: the first."""
    for organ in sentence.organs:
        if organ.end > kind.start:
            break
        left = sentence.masked[sentence.start : organ.start]
        if organ.attribute or _PREPOSED.search(left):
            continue
        if organ.sphere == "place" and not re.search(r"(?:^|[:§–-]|§,|^[^,]{0,12},)\s*$", left):
            continue
        glue = _SUBJECT_GLUE.fullmatch(sentence.masked, _with_place(sentence, organ), kind.start)
        if not glue:
            continue
        if glue["verb"] is None and (
            kind.kind not in VERBAL or (glue["joint"] and "phối" not in glue["joint"])
        ):
            continue
        if glue["joint"] and (_ATTENDS.search(glue["joint"]) or _joined_elsewhere(sentence, organ, kind)):
            continue
        if glue["verb"] in ("thực hiện", "có", "hoàn thành", "dành") and kind.kind == "hội nghị triển khai":
            continue
        if glue["gap"] and _BACKGROUND.search(glue["gap"] + " "):
            continue
        return organ
    return None


def _with_place(sentence: _Sentence, organ: Organisation) -> int:
    """Where a body's name ends with the place set behind it: `Chi bộ khu phố 5, phường X`."""
    for other in sentence.organs:
        if other.sphere == "place" and sentence.reading.key[organ.end : other.start] == ", ":
            return other.end
    return organ.end


def _joined_elsewhere(sentence: _Sentence, organ: Organisation, kind: Kind) -> bool:
    """Whether another meeting word stands between body and verb: then the body acts in that one."""
    return any(organ.end <= k.start < kind.start and k.kind not in ("buổi làm việc",) for k in sentence.kinds)


def _named(
    sentence: _Sentence, kind: Kind, headline: Sequence[_Sentence]
) -> tuple[Organisation | None] | None:
    """The body of a meeting that is itself the subject, or or that someone attends or chairs; None for background."""
    left = sentence.masked[sentence.start : kind.start]
    right = sentence.masked[kind.end : sentence.end]
    titled = any(o.attribute and o.end <= kind.start for o in sentence.organs)
    leader = bool(_LEADER.search(left))
    chaired = leader or (titled and bool(_ABOUT_PEOPLE.search(left + sentence.masked[kind.start : kind.end])))
    if _BACKGROUND.search(left) or not (leader or titled or _OPENS.search(left)):
        return None
    if _NATIONAL_CONGRESS.match(sentence.masked, kind.start, sentence.end):
        return (None,)
    if not (
        chaired
        or _CLOSING.search(left)
        or _OCCURS.search(right)
        or _ATTENDS.search(left)
        or sentence.field == "title"
    ):
        return None
    after = [o for o in sentence.organs if o.start >= kind.end]
    for organ in after:
        if _BY.search(sentence.masked[kind.end : organ.start]) and _BY_VERB.match(
            sentence.masked, organ.end, sentence.end
        ):
            return (organ,)
    if owner := _owner(sentence, kind, after):
        return (owner,)
    attended = bool(_ATTENDS.search(left))
    for organ in after:
        between = sentence.masked[kind.end : organ.start]
        if (
            not organ.attribute
            and not attended
            and re.search(r"(?:,|§)\s*$", between)
            and not _PREPOSED.search(between)
        ):
            return (organ,)
    if owner := _headline_body(headline):
        return (owner,)
    for organ in after:
        if not organ.attribute and _AT_VENUE.search(sentence.masked[kind.end : organ.start]):
            return (organ,)
    if chaired or (attended and any(o.sphere != "place" for o in sentence.organs)):
        return (None,)
    return None


def _owner(sentence: _Sentence, kind: Kind, after: Sequence[Organisation]) -> Organisation | None:
    """The body in the meeting's own name: `Hội nghị lần thứ 30 Ban Chấp hành ...`, `Kỳ họp thứ 5 của ...`."""
    for organ in after:
        between = sentence.masked[kind.end : organ.start]
        if re.search(r"[,.;:§]", between) or len(between) > 80:
            return None
        if re.search(r"(?<!\w)(?:với|tại|về|cho|quán triệt|thực hiện|do|điểm cầu)(?!\w)", between):
            return None
        if organ.attribute:
            continue
        return organ if organ.sphere != "place" or kind.kind in (CONGRESS, "kỳ họp") else None
    return None


def _headline_body(headline: Sequence[_Sentence]) -> Organisation | None:
    """The body with which the headline starts (a place before a colon aside): `Tỉnh ủy tổng kết ...`."""
    for sentence in headline[:1]:
        for organ in sentence.organs[:1]:
            before = sentence.reading.key[sentence.start : organ.start]
            if not organ.attribute and (not before.strip() or before.rstrip().endswith(":")):
                return organ if organ.sphere != "place" else None
    return None


def _placed(
    sentence: _Sentence,
    kind: Kind,
    organ: Organisation | None,
    following: Sequence[_Sentence],
    published: date | None,
    *,
    led: bool,
    first: bool,
) -> _Candidate | None:
    """The candidate with its day and status, or None where it lies outside the window or nothing says when."""
    organ_key = organ.head if organ else None
    name = refine(kind, sentence.masked, sentence.end, organ_key)
    number = own_ordinal(kind, name, sentence.masked, sentence.end)
    if name == CONFERENCE and number is not None and is_committee(organ_key) and _is_plenary(sentence, kind):
        name = PLENARY
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
        if _LONG_AGO.search(sentence.masked, sentence.start, sentence.end):
            return None
        plain = led and first and _is_plain(sentence, organ, kind)
        if not (recent or (future and (led or organ)) or plain):
            return None
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


def _is_plenary(sentence: _Sentence, kind: Kind) -> bool:
    """`Tỉnh ủy ... tổ chức Hội nghị lần thứ 18`, not `hội nghị hiệp thương lần thứ hai`."""
    return bool(
        re.match(r"\s*[^,.;:§]{0,40}?lần thứ", sentence.masked[kind.end : sentence.end])
    ) and not re.match(
        r"\s*(?:hiệp thương|cán bộ|báo cáo viên|toàn quốc)", sentence.masked[kind.end : sentence.end]
    )


def _verb_after(sentence: _Sentence, kind: Kind) -> str:
    """The words after a meeting word up to its verb, where a word of the future counts for it."""
    right = sentence.masked[kind.end : sentence.end]
    m = _OCCURS.search(right)
    return right[: m.end() + 14] if m else ""


def _is_plain(sentence: _Sentence, organ: Organisation | None, kind: Kind) -> bool:
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


def _day_of(sentence: _Sentence, kind: Kind) -> Day | None:
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


def _day_that_follows(following: Sequence[_Sentence]) -> Day | None:
    for sentence in following:
        for day in sentence.days:
            if day.role == "event" and _CONTINUES.search(sentence.masked[sentence.start : day.start]):
                return day
    return None


def _main_day(sentence: _Sentence, day: Day | None, first: date, published: date | None) -> date | None:
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
    headline: Sequence[_Sentence], opening: Sequence[_Sentence], published: date | None
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
        organ = _acting(whole, kind) or (_named(whole, kind, headline) or (None,))[0]
        if organ and (found := _placed(whole, kind, organ, (), published, led=False, first=False)):
            return [found]
    return []


_GOES_ON = re.compile(
    r"(?<!\w)(?:hội nghị|kỳ họp|phiên họp|đại biểu|thảo luận|tham luận|chủ trì|chất vấn|phát biểu"
    r"|điểm cầu|bế mạc|khai mạc)(?!\w)"
)


def _completed(candidate: _Candidate, headline: Sequence[_Sentence], published: date | None) -> Meeting:
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


def _from_title(meeting: Meeting, sentence: _Sentence, kind: Kind, organ_key: str | None) -> Meeting:
    """What a headline about the same meeting adds: the purpose of a bare `hội nghị`, and the ordinal."""
    left = sentence.masked[sentence.start : kind.start]
    if _BACKGROUND.search(left):
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


def _says_purpose(meeting: Meeting, sentence: _Sentence) -> bool:
    """Whether the headline itself tells a plain conference (`công bố quyết định kiểm tra`, `báo cáo viên`)."""
    return bool(
        re.search(
            r"(?<!\w)(?:báo cáo viên|hiệp thương|ký kết|quyết định (?:kiểm tra|giám sát)|góp ý"
            r"|phản biện)(?!\w)",
            sentence.masked,
        )
    )
