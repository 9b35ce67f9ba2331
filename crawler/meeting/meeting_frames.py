"""The frames in which a sentence tells a meeting (MEETINGS.md §2), and the body each frame makes its organiser.

`acting_body`: `ORG (đã) tổ chức KIND`, `ORG giao ban với …`. `named_body`: the meeting is itself the subject, or
someone attends or chairs it. A meeting word in any other place is background.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from crawler.article import Field
from crawler.dates.prose import Day, find_days
from crawler.meeting.meeting_kinds import CONGRESS, VERBAL, Kind, find_kinds
from crawler.meeting.national import national
from crawler.meeting.organisations import Organisation, find_organisations
from crawler.text.anchored_regex import Ended
from crawler.text.match_key import Keyed, keyed, sentences

# What an announcement does to a meeting: `quyết định không tổ chức …`, `thông báo đổi địa điểm …`.
_CHANGES = r"(?:tạm|dời|hoãn|lùi|hủy|dừng|ngừng|bãi bỏ|không tổ chức|chuyển|đổi|thay đổi|điều chỉnh)"
_ADVERB = (
    r"(?:đã|đang|vừa qua|vừa|mới đây|mới|sẽ|cũng|chính thức|long trọng|trọng thể|trang trọng|tiếp tục"
    r"|đồng loạt|dự kiến|sắp|chuẩn bị"
    r"|được sự ủy quyền|tuần qua|tới đây|bất thường|khẩn cấp|lại|hôm nay|trực tiếp|đồng thời|thay mặt|vẫn"
    rf"|khẳng định|(?:không|chưa)(?= {_CHANGES})|(?:quyết định|thống nhất|đồng ý)(?= (?:về )?(?:việc )?{_CHANGES})"
    rf"|(?:ra |có |phát )?thông báo(?= (?:về )?(?:việc )?{_CHANGES})|phải"
    r"|buộc phải|về việc|việc)"
)
_VERB = (
    r"(?:tổ chức|tiến hành|mở|khai mạc|bế mạc|triệu tập|chủ trì tổ chức|chủ trì|đồng chủ trì|có|họp"
    r"|bước vào|khai giảng|đăng cai"
    r"|dời|hoãn|lùi|tạm hoãn|tạm dừng|hủy bỏ|hủy|bãi bỏ|(?:dừng|ngừng|không) tổ chức|chuyển|đổi|thay đổi"
    r"|điều chỉnh|hoàn thành"
    r"|thực hiện|dành|trao đổi|chỉ đạo tổ chức|thông báo tổ chức)"
)
_SUBJECT_GLUE = re.compile(
    rf"[\s,]*(?:(?:{_ADVERB}|§+|khóa \w+|nhiệm kỳ [\d\s-]+|\([^()]{{1,40}}\))[\s,]*)*"
    rf"(?:(?P<joint>(?:phối hợp|phối hợp với|cùng|với|và|,|tại)\s+[^.;:]{{1,170}}?)"
    rf"(?:(?<=\W){_ADVERB}|§+|[\s,])*)?"
    r"(?P<invites>(?:trân trọng )?(?:kính )?mời [^.;:]{1,120}?(?:dự|tham dự) (?:buổi |cuộc )?)?"
    rf"(?:(?P<verb>{_VERB})(?P<gap>(?:\s+[^\s,.;:]+){{0,5}}?))?\s*"
)
_ATTENDS = re.compile(r"(?<!\w)(?:dự|tham dự|tham gia|theo dõi|kết nối|dự và phát biểu)(?!\w)")
_BACKGROUND_ENDINGS = (
    "sau", "khi", "từ", "lại", "thềm", "trước", "mừng", "tới", "về", "hiện", "quyết", "tại", "luận", "theo", "quả",
    "kiện", "sự", "vụ", "công", "của", "thần", "cho", "ít", "nhiều", "những", "mỗi", "các", "trong", "dịp", "qua",
    "hai", "đón", "trình", "mọi", "số", "bị", "sân", "phòng", "tâm", "nhà", "như", "là", "bằng", "hoặc", "văn", "quy",
    "chế", "khách", "khu", "hậu", "gian", "tác", "cáo", "bầu", "cuộc", "buổi",
)  # fmt: skip
BACKGROUND = Ended(
    r"(?<!\w)(?:(?:từ |kể từ |ngay )?sau(?: khi)?|kể từ|nhìn lại|trước thềm|trước|chào mừng|mừng"
    r"|hướng tới|hướng về|tiến tới|thực hiện"
    r"|nghị quyết|kết luận tại|kết luận|theo|kết quả|văn kiện|nhân sự|phục vụ|thành công(?: của)?"
    r"|tinh thần|cho|bài học từ|không ít"
    r"|nhiều|những|mỗi|các|về|trong|dịp|qua|giữa hai|đón|của|(?<!chương )trình|mọi|sự|số|chuẩn bị|từ|sân"
    r"|phòng|trung tâm|nhà|như|là|bằng|hoặc|trong mỗi|toàn văn"
    r"|quy chế|nội quy|khách|khu|hậu|thời gian|công tác|báo cáo|(?<!tiếp tục )chương trình|bầu"
    r"|công bố chương trình|thông tin về|phát biểu sau)"
    r"\s+(?:các |những |mỗi |cuộc |buổi |\d+ )?$",
    _BACKGROUND_ENDINGS,
)
_OPENS = re.compile(
    r"(?:^|[,:;\"(–-]\s*|§+\s*|(?<!\w)(?:tại|dự|tham dự|chủ trì|điều hành|chương trình|khuôn khổ|tiếp tục"
    r"|khai mạc|bế mạc|diễn ra|chỉ đạo|kết luận"
    r"|phát biểu tại|đã|mời|dự lễ|triệu tập|tham gia|theo dõi|có|họp|dự kiến|sẽ|tổ chức|được tổ chức|bế giảng|dời"
    r"|hoãn|lùi|hủy|hủy bỏ|tạm dừng|vừa|mới))"
    r"\s*(?:buổi |cuộc |phiên (?:bế mạc|khai mạc|trù bị) |vòng (?:chung|sơ) (?:khảo|kết) )?$"
)
OCCURS = re.compile(
    r"(?<!\w)(?:khai mạc|bế mạc|diễn ra|được tổ chức|tổ chức|tiến hành|kết thúc|họp|ấn định|làm việc|sẽ"
    r"|dự kiến|hoàn thành|dời|hoãn|lùi"
    r"|chính thức|thông qua|thảo luận|bầu|nghe|xem xét|bước vào|lấy phiếu|khai giảng|đã|quyết định"
    r"|thống nhất|cho ý kiến|được mở|hủy|tạm dừng"
    r"|(?:chuyển|đổi|thay đổi) (?:địa điểm|thời gian|giờ|lịch|từ|đến|sang|về|tới))(?!\w)"
)
_BY = Ended(r"(?<!\w)do\s+$", ("do",))
_BY_VERB = re.compile(
    r"[^.;]{0,150}?(?<!\w)(?:tổ chức|chủ trì|mở|phát động|đăng cai|triệu tập|chủ trì tổ chức)(?!\w)"
)
_PREPOSED_ENDINGS = (
    "với", "cùng", "tại", "của", "do", "cho", "giữa", "đến", "ở", "dự", "về", "theo", "quyền", "mời", "mừng", "từ",
    "gửi", "thuộc", "gồm", "các", "trên", "giao", "trụ sở", "hội trường", "nhà khách", "khuôn viên", "phòng họp",
)  # fmt: skip
_PREPOSED = Ended(
    r"(?<!\w)(?:với|cùng|tại|của|do|cho|giữa|đến|ở|dự|về|theo|quyền|mời|chúc mừng|từ|gửi|trực thuộc"
    r"|đối với|gồm|các|trên|đối thoại với|giao|trụ sở|hội trường|nhà khách|khuôn viên|phòng họp)\s+$",
    _PREPOSED_ENDINGS,
)
_ABOUT_PEOPLE = re.compile(
    r"(?<!\w)(?:chủ trì|điều hành|đối thoại|làm việc|tiếp xúc|gặp mặt|dự|họp|tổ chức)(?!\w)"
)
_LEADER = re.compile(
    r"(?<!\w)(?:tổng bí thư|chủ tịch nước|chủ tịch quốc hội|thủ tướng|thường trực ban bí thư"
    r"|(?:các )?đại biểu (?:quốc hội|hđnd))(?!\w)[^.;§]{0,60}$"
)
_CLOSING = Ended(
    r"(?<!\w)(?:bế mạc|khai mạc|phát biểu tại|kết luận|phát biểu chỉ đạo tại)\s+$",
    ("bế mạc", "khai mạc", "tại", "kết luận"),
)
_VENUE_BEFORE = re.compile(r"(?<!\w)(?:trung tâm|phòng|nhà|khách sạn|cung|hội trường|khu)\s+$")
_AT_VENUE = re.compile(r"(?<!\w)(?:điểm cầu(?: chính)?(?: tại)?|tại)\s+$")
_READY_FOR = re.compile(r"(?<!\w)(?:chuẩn bị|sẵn sàng|phục vụ)(?!\w)[^.;,]{0,24}$")
# "hội nghị tổng kết công tác … của Tỉnh ủy X sẽ …": of the meeting, where no document stands before it.
_OWNED = re.compile(
    r"^(?:(?!(?:nghị quyết|chỉ thị|quy định|kết luận|quyết định|kế hoạch|hướng dẫn|chương trình|đề án"
    r"|thông báo)"
    r"(?! (?:số )?\d+-\w+/tw))[^.;:])*\s(?:của|do)\s$"
)
# "công bố quyết định của Ban Bí thư": who signed what is read out does not hold the meeting.
_OF_A_DOCUMENT = re.compile(
    r"(?<!\w)(?:nghị quyết|chỉ thị|quy định|kết luận|quyết định|kế hoạch|hướng dẫn|chương trình"
    r"|đề án|thông báo)(?: (?:số|chỉ định|chuẩn y|điều động|bổ nhiệm|phân công|luân chuyển|\S{0,12}\d\S{0,12})){0,4}"
    r" của $"
)
_THEN = re.compile(r"\s*,?\s*(?:sẽ|dự kiến|diễn ra|được|khai mạc|bế mạc|§|đã|bị|tạm|phải|chuyển)")
_QUOTED = re.compile(r'"[^"]{2,120}"')


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence with what was found in it; `masked` is the key with days as § and quotations as ¤."""

    field: Field
    reading: Keyed
    start: int
    end: int
    masked: str
    days: tuple[Day, ...]
    organs: tuple[Organisation, ...]
    kinds: tuple[Kind, ...]


READ = 4000
"""Code points of a field that are read for meetings: a report says it in its opening."""
LONGEST_SENTENCE = 1200
"""Code points of a sentence that are read: the longest of the press has half as many."""
# What stands behind a semicolon with a day or session of its own is told by itself.
_CLAUSE = re.compile(r";\s+(?=(?:(?:sáng|trưa|chiều|tối|đêm|ngày|hôm|lúc|tiếp đó|sau đó)(?!\w)))")


def clauses(reading: Keyed) -> Iterator[tuple[int, int]]:
    """The sentences of a field's opening, those of several times of day parted."""
    for start, end in sentences(reading, READ):
        end, at = min(end, start + LONGEST_SENTENCE), start
        for m in _CLAUSE.finditer(reading.key, start, end):
            yield at, m.start()
            at = m.end()
        yield at, end


def read_sentences(field: Field, words: str | None) -> list[Sentence]:
    """The sentences of a field's opening with what was found in each, in order; `cùng ngày` is the day told before."""
    if not words:
        return []
    reading = keyed(words)
    told: list[Sentence] = []
    before: Day | None = None
    for start, end in clauses(reading):
        sentence = read_sentence(field, reading, start, end)
        days = tuple(_same_day(day, before) for day in sentence.days)
        before = next((day for day in days if day.role == "event" and not day.same), before)
        told.append(replace(sentence, days=days))
    return told


def _same_day(day: Day, before: Day | None) -> Day:
    if not day.same or before is None:
        return day
    return replace(before, start=day.start, end=day.end, session=day.session or before.session, hour=day.hour)


def read_sentence(field: Field, reading: Keyed, start: int, end: int) -> Sentence:
    """One sentence of a field with its days, meeting words and bodies."""
    key = reading.key
    days = tuple(find_days(key, start, end))
    key = _masked(key, [(day.start, day.end) for day in days], "§")
    key = _masked(key, [m.span() for m in _QUOTED.finditer(key, start, end)], "¤")
    kinds = find_kinds(key, start, end)
    organs = tuple(find_organisations(reading, start, end)) if kinds or field == "title" else ()
    if any(o.start < k.start < o.end < k.end for o in organs for k in kinds):
        # "Thành ủy Tam Kỳ họp": the meeting word begins only behind the name that lends it a syllable.
        key = _masked(key, [(organ.start, organ.end) for organ in organs], "¤")
        kinds = find_kinds(key, start, end)
    kinds = [k for k in kinds if not _VENUE_BEFORE.search(key[start : k.start])]
    # "Tiểu ban Văn kiện Đại hội": a meeting word inside a body's name is none.
    kinds = [k for k in kinds if not any(o.start < k.start and k.end <= o.end for o in organs)]
    kinds = [k for k in kinds if not _session_of_congress(key, k, kinds)]
    return Sentence(field, reading, start, end, key, days, organs, tuple(kinds))


def _session_of_congress(key: str, kind: Kind, kinds: Sequence[Kind]) -> bool:
    """Whether a session is one of the congress named behind it: `phiên khai mạc Đại hội XIV`."""
    return kind.kind == "phiên họp" and any(
        k.kind == CONGRESS and key[kind.end : k.start] in (" ", " của ") for k in kinds
    )


def _masked(key: str, spans: Sequence[tuple[int, int]], mark: str) -> str:
    """The key with every span (in order, none overlapping) filled with a mark."""
    pieces, at = [], 0
    for start, end in spans:
        pieces += [key[at:start], mark * (end - start)]
        at = end
    return "".join((*pieces, key[at:]))


def acting_body(sentence: Sentence, kind: Kind) -> Organisation | None:
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
        if (
            glue["gap"]
            and glue["gap"].strip() not in ("chương trình", "thời gian")
            and BACKGROUND.search(glue["gap"] + " ")
        ):
            continue
        return organ
    return None


_FORMER = re.compile(
    r"\s*\((?:cũ|trước đây)\)(?:\s+và\s+[^,.;:()§]{2,30}?(?=\s+(?:đã|vừa|sẽ|tổ chức|họp|gặp)(?!\w)))?"
)
_CHARGED_WITH = re.compile(
    r"\s+về\s+[^.;:§]{3,90}?(?=\s+(?:đã\s|vừa\s|sẽ\s)?(?:có|tổ chức|tiến hành|họp|làm việc)(?!\w))"
)


def _with_place(sentence: Sentence, organ: Organisation) -> int:
    """Where a body's name ends with what is set behind it.

    That is a place or two (`Chi bộ khu phố 5, phường X, TP. Y`), what a board is for, or the mark of a merged
    province (`(cũ)`).
    """
    if former := _FORMER.match(sentence.masked, organ.end, sentence.end):
        return former.end()
    if organ.sphere == "board" and (charge := _CHARGED_WITH.match(sentence.masked, organ.end, sentence.end)):
        return charge.end()
    end = organ.end
    for other in sentence.organs:
        if other.sphere == "place" and sentence.reading.key[end : other.start] == ", ":
            end = other.end
    return end


def _joined_elsewhere(sentence: Sentence, organ: Organisation, kind: Kind) -> bool:
    """Whether another meeting word stands between body and verb: then the body acts in that one."""
    return any(organ.end <= k.start < kind.start and k.kind not in ("buổi làm việc",) for k in sentence.kinds)


def named_body(
    sentence: Sentence, kind: Kind, headline: Sequence[Sentence], published: date | None
) -> tuple[Organisation | None] | None:
    """The body of a meeting that is itself the subject, or that someone attends or chairs; None for background."""
    left = sentence.masked[sentence.start : kind.start]
    right = sentence.masked[kind.end : sentence.end]
    titled = any(o.attribute and o.end <= kind.start for o in sentence.organs)
    leader = bool(_LEADER.search(left))
    chaired = leader or (titled and bool(_ABOUT_PEOPLE.search(left + sentence.masked[kind.start : kind.end])))
    after = [o for o in sentence.organs if o.start >= kind.end]
    host = _host(sentence, kind, after)
    if host and sentence.days and _READY_FOR.search(left):
        return (host,)
    if BACKGROUND.search(left) or not (leader or titled or _OPENS.search(left)):
        return None
    if national(kind, sentence.masked, sentence.end, published):
        return (None,)
    if not (
        chaired
        or _CLOSING.search(left)
        or OCCURS.search(right)
        or _ATTENDS.search(left)
        or sentence.field == "title"
    ):
        return None
    if host:
        return (host,)
    if owner := _owner(sentence, kind, after):
        return (owner,)
    attended = bool(_ATTENDS.search(left))
    for organ in after:
        between = sentence.masked[kind.end : organ.start]
        if (
            not organ.attribute
            and not attended
            and organ.sphere != "place"
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
    # "lễ công bố quyết định của Ban Thường vụ Tỉnh ủy X diễn ra": where nobody else is named, who decided.
    decided = (
        o for o in after if _OF_A_DOCUMENT.search(sentence.masked[max(kind.end, o.start - 90) : o.start])
    )
    return next(((o,) for o in decided if not o.attribute), None)


def _host(sentence: Sentence, kind: Kind, after: Sequence[Organisation]) -> Organisation | None:
    """The body that calls the meeting: `hội nghị toàn quốc ... do Ban Bí thư tổ chức`."""
    for organ in after:
        if _BY.search(sentence.masked[kind.end : organ.start]) and _BY_VERB.match(
            sentence.masked, organ.end, sentence.end
        ):
            return organ
    return None


def _owner(sentence: Sentence, kind: Kind, after: Sequence[Organisation]) -> Organisation | None:
    """The body in the meeting's own name: `Hội nghị lần thứ 30 Ban Chấp hành ...`, `Kỳ họp thứ 5 của ...`."""
    for organ in after:
        between = sentence.masked[kind.end : organ.start]
        if (
            organ.sphere != "place"
            and _OWNED.search(between)
            and _THEN.match(sentence.masked, organ.end, sentence.end)
        ):
            return organ
    for organ in after:
        between = sentence.masked[kind.end : organ.start]
        if re.search(r"[,.;:§]", between) or len(between) > 80 or _OF_A_DOCUMENT.search(between):
            return None
        if re.search(r"(?<!\w)(?:với|tại|về|cho|quán triệt|thực hiện|do|điểm cầu)(?!\w)", between):
            return None
        if organ.attribute:
            continue
        return organ if organ.sphere != "place" or kind.kind in (CONGRESS, "kỳ họp") else None
    return None


def _headline_body(headline: Sequence[Sentence]) -> Organisation | None:
    """The body with which the headline starts (a place before a colon aside): `Tỉnh ủy tổng kết ...`."""
    for sentence in headline[:1]:
        for organ in sentence.organs[:1]:
            before = sentence.reading.key[sentence.start : organ.start]
            if not organ.attribute and (not before.strip() or before.rstrip().endswith(":")):
                return organ if organ.sphere != "place" else None
    return None
