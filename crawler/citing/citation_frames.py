"""Who issued a mentioned document and when, read from the words around the mention (GRAMMAR §6).

Behind it (the tail): `, ngày 30/5/2019, của Bộ Chính trị (khóa XII)`, `(ngày 6-1-2026)`, `do X ban hành ngày D`.
Before it (the frame): `Ngày D, X (vừa) ban hành …`, `thay mặt X, đồng chí … ký ban hành …`. Mentions joined by a
comma or "và" are a list: an issuer said once, behind the last or before the first, holds for those it may sign.
A document named inside another's title ("… thay thế Quy định 205-QĐ/TW") takes nothing from outside.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crawler.article import Field
from crawler.citing.citation_subjects import NOT_ITS_DAY, may_sign, opening_date, subject_of
from crawler.citing.document_subjects import WORDS, subject_end
from crawler.citing.issuers import TERM, Organ, organ_at, roman
from crawler.citing.just_issued import tell_issued
from crawler.citing.mention import Mention
from crawler.citing.type_words import CITATION_WORDS
from crawler.dates.of_documents import BARE_YEAR, DATE, PARTIAL, is_full, read_day, read_partial
from crawler.text.abbreviations import shortens
from crawler.text.sentences import CLAUSE_END
from crawler.text.unaccented import PressText, any_of

_SPACE = re.compile(r"\)?[ ,]{0,3}")
_BY = re.compile(r"(?:cua|do|duoc|vua duoc|da duoc|moi duoc|ma|thuoc)(?: dong chi)? {1,2}")
_ISSUED = re.compile(
    r"(?:(?:da|vua|moi|duoc|vua duoc|da duoc|moi duoc) ){0,2}(?:ky ban hanh|ban hanh|ky|ra doi|thong qua|phe duyet|de)"
    r"(?= (?:vao |hom )?(?:ngay|nam|thang)| [0-9(])"
)
_ISSUED_ALONE = re.compile(r"(?:(?:da|vua|moi) )?(?:ky ban hanh|ban hanh|thong qua|ky)(?![a-z])")
_TITLE = re.compile(rf" {{0,2}}(?:ve(?: viec)? |\")(?P<words>(?:{WORDS}|\"){{1,200}})")
_ISSUE_VERBS = re.compile(r"(?:ky ban hanh|ban hanh|ky|ra|thong qua)(?: (?:cac|moi|them))?:? {0,2}\Z")
_LINK = re.compile(r"[ ,;]{0,4}(?:(?:va|cung voi|cung|voi|cung nhu|hoac|hay|&)(?: cac)?|cac)? {0,2}\Z")
_PRIVATE = re.compile(r"(?:dang|tinh|huyen|xa|dia phuong|minh|ta|cap tren|don vi|nganh|co quan)(?![a-z])")
_QUALIFIED = re.compile(r"cua {1,2}")
_MAX_BEFORE = 260


@dataclass(slots=True)
class _Tail:
    end: int
    date: str | None = None
    organ: Organ | None = None
    stranger: bool = False
    subject: str | None = None
    term: str | None = None


def attach(
    text: PressText, mentions: Sequence[Mention], published: date | None, field: Field = "text"
) -> None:
    """Fill in what the words around say of the mentions, which stand in text order."""
    organs: list[Organ | None] = []
    for i, mention in enumerate(mentions):
        limit = mentions[i + 1].start if i + 1 < len(mentions) else len(text.key)
        tail = _read_tail(text, mention, limit, published)
        mention.subject, mention.term = tail.subject, mention.term or tail.term
        mention.tail, mention.stranger = tail.end, tail.stranger
        mention.date = mention.date or tail.date
        organs.append(tail.organ)
        _give(mention, tail.organ)
    groups = _groups(text, mentions)
    own = {_name(m): m.issuer for m in reversed(mentions) if m.issuer and m.kind == "symbol"}
    for first, last in groups:
        _share_back(mentions, organs, first, last, own)
        previous = mentions[first - 1].tail if first else 0
        _read_frame(text, mentions[first : last + 1], previous, published)
    tell_issued(text, mentions, groups, field, published)


def _name(mention: Mention) -> tuple[str | None, str | None]:
    return mention.number, mention.code


def _give(mention: Mention, organ: Organ | None) -> None:
    if organ is None or mention.kind in ("plenum", "congress"):
        return
    mention.issuer, mention.signer = organ.name, organ
    if organ.system == "mass" and mention.system == "state":
        mention.system = "mass"  # its executive signs `KH-BTV` as State offices do
    mention.term = mention.term or (organ.term if "TW" in organ.codes else None)


def _read_tail(text: PressText, mention: Mention, limit: int, published: date | None) -> _Tail:
    """The date and issuer that follow a mention directly, up to `limit`."""
    key, tail = text.key, _Tail(mention.end)
    for _ in range(7):
        space = _SPACE.match(key, tail.end)
        position = space.end() if space else tail.end
        if position >= limit or not (
            _date_piece(text, tail, position, limit, published)
            or _bracket(text, tail, position, limit, published)
            or _organ_piece(text, tail, position, limit)
            or _issued_piece(text, tail, position, limit)
            or _term_piece(text, tail, tail.end, limit)
        ):
            break
    if tail.organ is None and not tail.stranger and mention.kind in ("symbol", "short"):
        _behind_title(text, mention, tail, limit, published)
    return tail


def _date_piece(text: PressText, tail: _Tail, position: int, limit: int, published: date | None) -> bool:
    if tail.date is not None:
        return False
    match = DATE.match(text.key, position)
    if match and match.end() <= limit and ("ngay" in match["lead"] or is_full(match)):
        value = read_day(match, published)
        if value is None and is_full(match):
            return False
        tail.date, tail.end = value, match.end()
        return True
    partial = PARTIAL.match(text.key, position)
    if partial and partial.end() <= limit and position > tail.end:
        tail.date, tail.end = read_partial(partial), partial.end()
        return True
    return False


def _bracket(text: PressText, tail: _Tail, position: int, limit: int, published: date | None) -> bool:
    """`(ngày 6-1-2026)`, `(2016)`, `(khóa X)`, `(BCH TƯ khóa XII)`, `(Bộ Chính trị, ngày …)`."""
    if text.key[position : position + 1] != "(":
        return False
    close = text.key.find(")", position, min(limit, position + 120))
    if close < 0:
        return False
    inner = _Tail(position + 1)
    if ((year := BARE_YEAR.match(text.key, position + 1)) and year.end() == close) or (
        (year := PARTIAL.match(text.key, position + 1)) and year.end() == close
    ):
        inner.date, inner.end = read_partial(year) if year.re is PARTIAL else year["year"], close
    else:
        for _ in range(4):
            space = _SPACE.match(text.key, inner.end)
            start = space.end() if space else inner.end
            if issued := _ISSUED.match(text.key, start, close):
                start = inner.end = issued.end() + 1
            if not (
                _date_piece(text, inner, start, close, published)
                or _organ_piece(text, inner, start, close)
                or _plain_organ(text, inner, start, close)
            ):
                break
    if text.key[inner.end : close].strip(" ,.") or inner.end == position + 1:
        return False
    tail.date = tail.date or inner.date
    tail.organ = tail.organ or inner.organ
    tail.end = close + 1
    return True


def _plain_organ(text: PressText, tail: _Tail, position: int, limit: int) -> bool:
    organ = organ_at(text, position) if tail.organ is None else None
    if organ is None or organ.end > limit or organ.person:
        return False
    tail.organ, tail.end = organ, organ.end
    return True


def _organ_piece(text: PressText, tail: _Tail, position: int, limit: int) -> bool:
    if tail.organ is not None or tail.stranger:
        return False
    by = _BY.match(text.key, position)
    if by is None:
        organ = organ_at(text, position)
        # `Nghị quyết số 12-NQ/TW Hội nghị lần thứ tư Ban Chấp hành Trung ương`: the plenum in apposition.
        if organ is None or organ.end > limit or not text.key.startswith("hoi nghi", position):
            return False
        tail.organ, tail.end = organ, organ.end
        return True
    organ = organ_at(text, by.end())
    if organ is None or organ.end > limit:
        possessive = bool(_QUALIFIED.match(by.group()))
        tail.stranger = possessive and not _PRIVATE.match(text.key, by.end())
        return False
    if not by.group().startswith("cua"):
        # "do X ban hành" issues; "được X triển khai" does not.
        issued = _ISSUED_ALONE.match(text.key, organ.end + 1)
        if issued is None:
            return False
        tail.organ, tail.end = organ, issued.end()
        return True
    tail.organ, tail.end = organ, organ.end
    return True


def _issued_piece(text: PressText, tail: _Tail, position: int, limit: int) -> bool:
    issued = _ISSUED.match(text.key, position)
    if issued is None or issued.end() >= limit or tail.date is not None:
        return False
    tail.end = issued.end()
    return True


def _term_piece(text: PressText, tail: _Tail, position: int, limit: int) -> bool:
    """`(khóa XII)`, `, khóa X` right behind the number."""
    match = TERM.match(text.key, position)
    if match is None or match.end() > limit or tail.term is not None:
        return False
    tail.term, tail.end = roman(match["term"]), match.end()
    return True


def _behind_title(text: PressText, mention: Mention, tail: _Tail, limit: int, published: date | None) -> None:
    """`… về TITLE, ngày D của X`, `… về TITLE của Bộ Chính trị`: only an unmistakable end of the title counts."""
    title = _TITLE.match(text.key, tail.end, min(limit, tail.end + 210))
    if title is None:
        return
    start = title.start("words")
    if _passive(text, tail, start, title.end(), published):
        return
    for match in DATE.finditer(text.key, start, title.end()):
        if tail.date is not None or "ngay" not in match["lead"] or not is_full(match):
            continue
        if NOT_ITS_DAY.search(text.key, max(0, match.start() - 14), match.start() + 1):
            continue
        by = _TITLE_BY.match(text.key, match.end())
        organ = organ_at(text, by.end()) if by else None
        quoted = text.key[start : match.start()].rstrip(" ,").endswith('"')
        if organ is not None or quoted or match.start() - tail.end <= 40:
            tail.date, tail.organ = read_day(match, published), organ
            tail.subject = text.slice(start, match.start())
            tail.end = organ.end if organ else match.end()
        return
    for by in _TITLE_OF.finditer(text.key, start, title.end()):
        organ = organ_at(text, by.end())
        if organ is None or not organ.codes or organ.system != mention.system or not may_sign(organ, mention):
            continue
        ends = _CLAUSE_END.match(text.key, organ.end) or (
            not organ.name.startswith("Đảng bộ")
            and subject_end(text, mention, organ.end, min(title.end(), organ.end + 24)) == organ.end
        )
        if ends and not _BELONGS.search(text.key, start, by.start()):
            tail.organ, tail.subject = organ, text.slice(start, by.start())
            tail.end = organ.end
            return


def _passive(text: PressText, tail: _Tail, start: int, end: int, published: date | None) -> bool:
    """`… về TITLE (vừa, đã) được X ban hành (ngày D)`, `… về TITLE do X ký ban hành`: both frames in one."""
    for by in _PASSIVE.finditer(text.key, start, end):
        organ = organ_at(text, by.end())
        issued = _ISSUED_BY.match(text.key, organ.end) if organ else None
        if organ is None or organ.person or issued is None:
            continue
        tail.organ, tail.subject, tail.end = organ, text.slice(start, by.start()), issued.end()
        day = DATE.match(text.key, issued.end() + 1)
        if tail.date is None and day and "ngay" in day["lead"] and (value := read_day(day, published)):
            tail.date, tail.end = value, day.end()
        return True
    return False


_PASSIVE = re.compile(r",? (?:(?:(?:vua|moi|da|vua moi|chinh thuc|von|se) ){1,2}duoc|duoc|do) (?:dong chi )?")
_ISSUED_BY = re.compile(
    r" (?:(?:vua|moi|da) )?(?:ky ban hanh|ban hanh|thong qua|phe duyet|ky|ra)(?![a-z])(?= |[.,;)]|\Z|\n)"
)
_TITLE_BY = re.compile(r",? cua {1,2}")
_TITLE_OF = re.compile(r" cua {1,2}")
_CLAUSE_END = re.compile(r" {0,2}(?:\Z|[.,;)\n])")
_BELONGS = re.compile(rf"(?:{any_of(CITATION_WORDS['subject']['belongs'])})\Z")


def _groups(text: PressText, mentions: Sequence[Mention]) -> list[tuple[int, int]]:
    """Runs of mentions that a comma or a conjunction joins, as (first, last)."""
    groups: list[tuple[int, int]] = []
    for i, mention in enumerate(mentions):
        joined = (
            i > 0
            and mention.start - mentions[i - 1].tail <= 24
            and _LINK.fullmatch(text.key, mentions[i - 1].tail, mention.start) is not None
            and mention.start > mentions[i - 1].tail
        )
        if joined:
            groups[-1] = (groups[-1][0], i)
        else:
            groups.append((i, i))
    return groups


def _share_back(
    mentions: Sequence[Mention],
    organs: Sequence[Organ | None],
    first: int,
    last: int,
    own: Mapping[tuple[str | None, str | None], str],
) -> None:
    """An issuer behind the last of a list holds for those before it, a date for numbers that share a type word."""
    organ: Organ | None = None
    day: str | None = None
    for i in range(last, first - 1, -1):
        mention = mentions[i]
        if organs[i] is not None:
            organ = organs[i]
        elif (
            organ is not None
            and mention.issuer is None
            and may_sign(organ, mention)
            # A short reference whose full mention says another issuer keeps its own.
            and (mention.kind != "short" or own.get(_name(mention)) in (None, organ.name))
        ):
            _give(mention, organ)
        if mention.date is None and day is not None and mention.kind not in ("plenum", "congress"):
            mention.date = day
        day = mention.date if mention.headless else None


def _read_frame(text: PressText, group: Sequence[Mention], previous: int, published: date | None) -> None:
    """Issuer and date said before the first of a list, in its own clause."""
    head = group[0]
    start = max(previous, head.start - _MAX_BEFORE)
    for stop in CLAUSE_END.finditer(text.key, start, head.start):
        if not shortens(text.key, stop.start()):
            start = stop.end()
    organ, where, strong = subject_of(text, start, head)
    if organ is not None:
        for mention in group:
            if mention.issuer is None and ((mention is head and strong) or may_sign(organ, mention)):
                _give(mention, organ)
    issues = strong
    if not issues:
        issues = bool(_ISSUE_VERBS.search(text.key, max(start, head.start - 40), head.start))
        where = head.start
    if issues and head.kind not in ("plenum", "congress") and head.date is None:
        day = opening_date(text, start, where, published)
        for mention in group:
            if mention is head or (mention.date is None and mention.kind not in ("plenum", "congress")):
                mention.date = day
