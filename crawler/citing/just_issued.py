"""Which documents a text says were issued just now, and in which words.

What was issued is the verb's own object: "vừa ban hành Kế hoạch thực hiện Chỉ thị 35" issues a plan and no directive.

1. before: `X vừa ban hành Chỉ thị số …`, `hai nghị quyết mới được thông qua là …`: vừa or mới, the verb, the name.
2. opened: `Mới đây, / Sáng nay, / Ngày 18/11, X (đã) ban hành …`, `Hội nghị thống nhất thông qua …`: the clause says
   when. A printed day counts where it lies within `RECENT` days before publication.
3. behind: `Chỉ thị số … (về …) vừa được X ban hành`, `… mới ban hành`, `… do X ban hành ngày 18/11`.
4. title: a headline in the present, `Ban Bí thư ban hành Chỉ thị số …`.
5. a list: what stands for one name stands for the next that a comma or "và" joins to it.

Nothing is said by `sẽ ban hành`, `chưa ban hành`, `từ khi X ban hành`, `năm 2019, X ban hành`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta

from crawler.article import Field, Issued
from crawler.citing.issuers import ORGAN, organ_at
from crawler.citing.mention import Mention
from crawler.citing.type_words import CITATION_WORDS
from crawler.dates.of_documents import DATE, read_day
from crawler.text.abbreviations import shortens
from crawler.text.sentences import CLAUSE_END
from crawler.text.unaccented import PressText, accented, any_of, printed_in

RECENT = timedelta(days=30)
"""A day so long before publication still is news: the press reports a document within days."""

_WORDS = CITATION_WORDS["issued"]
_VERB = any_of(_WORDS["verbs"])
_JUST = any_of(_WORDS["just"])
_JUST_PRINTED = accented(_WORDS["just"])
_ADVERBS = rf"(?: (?:{any_of(_WORDS['adverbs'])})){{0,4}}"
_OBJECTS = rf"(?: (?:{any_of(_WORDS['objects'])}|[0-9]{{1,2}} (?:van ban|nghi quyet|chi thi))){{0,3}}"
_LEADS = rf"(?:{_OBJECTS}(?: (?:gom|nhu|la|bao gom|do la))?:? {{0,2}}(?:cac )?)\Z"

_BEFORE = re.compile(
    rf"(?<![a-z0-9])(?P<phrase>(?P<just>{_JUST})(?: duoc)?{_ADVERBS} {{1,2}}(?:{_VERB}))(?![a-z]){_LEADS}"
)
_PASSIVE_BEFORE = re.compile(
    rf"(?<![a-z0-9])(?P<phrase>(?P<just>{_JUST})(?: chinh thuc)? duoc [^.;:\n]{{3,60}}? (?:{_VERB}))(?![a-z]){_LEADS}"
)
_VERB_LEADS = re.compile(rf"(?<![a-z0-9])(?P<verb>{_VERB})(?![a-z]){_LEADS}")
_OPENING = re.compile(
    rf"[ ,\n\"(-]{{0,4}}(?P<open>(?:{any_of(_WORDS['openings'])})(?![a-z])|(?:(?:{any_of(_WORDS['parts_of_day'])}) )?"
    r"(?:nay )?\(?(?=ngay |[0-9]))"
)
_GATHERED = re.compile(
    rf"[ ,\n\"]{{0,3}}(?P<open>(?:{any_of(_WORDS['gatherings'])})(?: cung)?)"
    rf"(?: (?:{any_of(_WORDS['adverbs'])})){{0,4}} (?:thong qua)(?![a-z])"
)
_BLOCKS = re.compile(
    rf"(?<![a-z0-9])(?P<word>{any_of(_WORDS['blocks'])})(?![a-z])"
    r"|(?<![0-9/])(?<!thang [0-9] )(?<!thang [0-9]{2} )nam (?:19|20)[0-9]{2}"
)
_BLOCK_PRINTED = accented(_WORDS["blocks"])
_BEHIND = re.compile(
    rf"(?<![a-z0-9])(?P<phrase>(?P<just>{_JUST})(?: chinh thuc)?(?P<passive> duoc(?: [^.,;:\n]{{2,70}}?)??)?{_ADVERBS}"
    rf" (?:{_VERB}|ra doi))(?![a-z])"
)
_ISSUED_ON = re.compile(
    r"(?<![a-z0-9])(?:ky ban hanh|ban hanh|thong qua|ky)(?: vao)?(?: hom)? (?=ngay |[0-9])"
)
_TITLE_STARTS = re.compile(
    rf"[ \"]{{0,2}}(?P<open>(?:{any_of(_WORDS['headlines'])}))(?![a-z])(?: cua [^:;.]{{2,40}})?:? ?\Z"
)
_ABOUT = re.compile(r" {0,2}(?:ve(?: viec)? |\")")
_JOINS = re.compile(r" {0,2}(?:ve(?: viec)? |\")[^.;:\n]{1,200}?(?:,|;|,? va)(?: cac)? \Z")
_OTHER_WORK = re.compile(rf"(?<![a-z])(?:{any_of(_WORDS['other_work'])})(?![a-z])")
_TYPES = any_of(_WORDS["types"])
_ISSUES_OTHER = re.compile(rf" (?:cac |mot |[0-9]{{1,2}} )?(?:{_TYPES})(?![a-z])")
_MOST_BEFORE, _MOST_BEHIND = 260, 240


def tell_issued(
    text: PressText,
    mentions: Sequence[Mention],
    groups: Sequence[tuple[int, int]],
    field: Field,
    published: date | None,
) -> None:
    """Fill in `issued` of the mentions, which stand in text order; `groups` are their lists as (first, last)."""
    for g, (first, last) in enumerate(groups):
        group = mentions[first : last + 1]
        previous = mentions[first - 1] if first else None
        limit = mentions[last + 1].start if last + 1 < len(mentions) else len(text.key)
        span = (
            _before(text, group[0], previous, field, published)
            or _inherited(text, group[0], previous if g else None)
            or _behind(text, group[-1], limit, published)
        )
        if span is None:
            continue
        for mention in group:
            if not _long_ago(mention, published):
                mention.issued = span


def phrase_of(text: PressText, span: tuple[int, int]) -> Issued:
    """The words of a span of the key as they stand in the text."""
    start, end = text.span(*span)
    return Issued(text.raw[start:end], start, end)


def _before(
    text: PressText, head: Mention, previous: Mention | None, field: Field, published: date | None
) -> tuple[int, int] | None:
    start = _clause_start(text, head, previous)
    if not _VERB_LEADS.search(text.key, max(start, head.start - 70), head.start):
        return _headline(text, start, head, field)
    for pattern in (_BEFORE, _PASSIVE_BEFORE):
        match = pattern.search(text.key, max(start, head.start - 130), head.start)
        if (
            match is not None
            and _printed_just(text, match)
            and not _blocked(text, start, match.start("phrase"))
        ):
            return match.span("phrase")
    return _opened(text, start, head, published) or _headline(text, start, head, field)


def _clause_start(text: PressText, head: Mention, previous: Mention | None) -> int:
    start = max(previous.end if previous else 0, head.start - _MOST_BEFORE)
    for stop in CLAUSE_END.finditer(text.key, start, head.start):
        if not shortens(text.key, stop.start()):
            start = stop.end()
    return start


def _printed_just(text: PressText, match: re.Match[str]) -> bool:
    return printed_in(text, *match.span("just"), _JUST_PRINTED)


def _blocked(text: PressText, start: int, end: int) -> bool:
    """Whether a word in front makes it no news: `sẽ`, `chưa`, `từ khi`, `năm 2019`."""
    return any(
        match["word"] is None or printed_in(text, *match.span("word"), _BLOCK_PRINTED)
        for match in _BLOCKS.finditer(text.key, start, end)
    )


def _opened(text: PressText, start: int, head: Mention, published: date | None) -> tuple[int, int] | None:
    """The clause opens with a time of these days, or is a gathering that passes what it names."""
    verb = _VERB_LEADS.search(text.key, max(start, head.start - 70), head.start)
    if verb is None or _blocked(text, start, verb.start()):
        return None
    end = verb.end("verb")
    gathered = _GATHERED.match(text.key, start)
    if gathered is not None and gathered.end() == end and _fresh(head.date, published):
        return gathered.start("open"), end
    opening = _OPENING.match(text.key, start)
    if opening is None:
        return None
    if opening["open"].rstrip(" (") and not text.key.startswith(("ngay ", *"0123456789"), opening.end()):
        return (opening.start("open"), end) if _fresh(head.date, published) else None
    day = DATE.match(text.key, opening.end())
    if day is None or day.end() > verb.start() or not (day["lead"] or opening["open"]):
        return None
    return (opening.start("open"), end) if _fresh(read_day(day, published), published, dated=True) else None


def _headline(text: PressText, start: int, head: Mention, field: Field) -> tuple[int, int] | None:
    """`Ban Bí thư ban hành Chỉ thị số …`, `Toàn văn Quy định số …` as a title."""
    if field != "title":
        return None
    if (opened := _TITLE_STARTS.match(text.key, start, head.start)) is not None:
        return opened.span("open")
    verb = _VERB_LEADS.search(text.key, max(start, head.start - 70), head.start)
    if verb is None or _blocked(text, start, verb.start()):
        return None
    organ = ORGAN.search(text.key, start, verb.start())
    return (organ.start(), verb.end("verb")) if organ is not None else None


def _behind(text: PressText, mention: Mention, limit: int, published: date | None) -> tuple[int, int] | None:
    """`… vừa được X ban hành`, right behind the name, its date and issuer, or its subject."""
    limit = min(limit, mention.end + _MOST_BEHIND)
    for stop in CLAUSE_END.finditer(text.key, mention.end, limit):
        if not shortens(text.key, stop.start()):
            limit = stop.start()
            break
    match = _BEHIND.search(text.key, mention.end, limit)
    if match is not None and _printed_just(text, match) and _is_its_own(text, mention, match):
        return match.span("phrase")
    for issued in _ISSUED_ON.finditer(text.key, mention.end, limit):
        day = DATE.match(text.key, issued.end())
        own = mention.tail >= issued.end() or issued.start() <= mention.end + 3
        if day is not None and own and _fresh(read_day(day, published), published, dated=True):
            return issued.start(), day.end()
    return None


def _is_its_own(text: PressText, mention: Mention, match: re.Match[str]) -> bool:
    """Whether the verb behind speaks of the mention: nobody else issues something between or behind."""
    between = text.key[mention.end : match.start("phrase")]
    if between.strip(' ("') and _ISSUES_OTHER.match(text.key, match.end("phrase")):
        return False
    if match["passive"]:
        return (
            "," not in between
            or bool(_ABOUT.match(text.key, mention.tail))
            or mention.tail > match.start("phrase")
        )
    near = mention.tail if mention.end <= mention.tail <= match.start("phrase") else mention.end
    return not text.key[near : match.start("phrase")].strip(' ("') or (
        bool(_ABOUT.match(text.key, near)) and _no_actor_before(text, near, match.start("phrase"))
    )


def _no_actor_before(text: PressText, start: int, end: int) -> bool:
    """Whether no organ stands right before the verb, whose work it then would be."""
    for found in ORGAN.finditer(text.key, start, end):
        organ = organ_at(text, found.start())
        if organ is not None and end - organ.end <= 2:
            return False
    return True


def _inherited(text: PressText, head: Mention, previous: Mention | None) -> tuple[int, int] | None:
    """`thông qua Nghị quyết số 18 về … và Nghị quyết số 19`: the verb before the first governs the next too."""
    if previous is None or previous.issued is None or previous.issued[0] > previous.start:
        return None
    between = previous.tail, head.start
    if between[1] - between[0] > 230 or not _JOINS.fullmatch(text.key, *between):
        return None
    return None if _OTHER_WORK.search(text.key, *between) else previous.issued


def _fresh(day: str | None, published: date | None, *, dated: bool = False) -> bool:
    """Whether a document's day lies within `RECENT` before publication; without a day, whether none is asked for."""
    if day is None or published is None or len(day) < 10:
        return day is None and not dated
    return timedelta(0) <= published - date.fromisoformat(day) <= RECENT


def _long_ago(mention: Mention, published: date | None) -> bool:
    """Whether its printed day is so old that the words must speak of another."""
    if mention.date is None or published is None or len(mention.date) < 10:
        return False
    return published - date.fromisoformat(mention.date) > 6 * RECENT
