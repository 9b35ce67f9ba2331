"""Whether two texts that share most of their sentences still report two events.

Reports of this genre copy from each other what belongs to no event: what a resolution says, the history of a day,
an address, the rules of a monthly notice. What tells an event decides, and it is looked for in this order:

1. **The event's sentence** of a text is its first sentence of prose with telling facts that is no background
   (`Sáng 14/9, Đảng ủy xã Hòa Lộc tổ chức hội nghị … cho 215 cán bộ`). Background begins with a document
   (`Nghị quyết số 57-NQ/TW … xác định`), gives an address, or tells of years long past.
2. Where that sentence of either text stands in the other, the event is one: a copy may cut it or put its own before it.
3. Else the two sentences are held against each other. **Other bodies of one rank** (`xã Hòa Lộc`, `xã Yên Phú`), or
   **other days** together with other names or figures: two events. Without day and body: two where hardly any fact
   is shared.
4. **A recurring notice** names its day in a line that is otherwise the same (`tháng 9` and `tháng 10`, in the title
   too) and comes out as much later as its day is later: two events, though all the rest is word for word.

Everything is symmetric in the two texts.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from crawler.story.fingerprint import CopiedSentence, blocks_of, is_headline, sentences_of, split_sentences
from crawler.text.letters import CAPITAL
from crawler.text.normal import fold

RECURS_AFTER = 5
"""Days between two notices of one kind: the shortest round is a week, a correction comes sooner."""
DAY_SLACK = 10
"""By so many days the shift of the day told may differ from that of the publication: monthly days move about."""
SAME_FORM = 0.6
"""Dice coefficient of two lines' syllables, figures left out, from which one is the other with another day."""
SHARED_FACTS = 0.34
"""Above this share of the facts of the poorer sentence two sentences without day and body may tell one event."""
LONG_PAST = 2
"""Years; a sentence whose newest year is so much older than the text's newest tells history."""

_CITED = re.compile(
    r"\bs[ốô]\s*:?\s*\d[\w.]*\s*[-–/]\s*[\w/–-]+(?:\s+của\s+[^,.;]{2,60})?"
    r"(?:,?\s*ngày\s+\d{1,2}[/.-]\d{1,2}[/.-]\d{4})?"
)
"""A document by its number, with its date: none of these figures is the event's."""
_DATED_DOCUMENT = re.compile(r"\bngày\s+\d{1,2}[/.-]\d{1,2}[/.-]\d{4}\s+của\b")
_SUBJECT = re.compile(
    r"(?:(?:theo|trong|cac|noi dung|muc tieu) )?(?:nghi quyet|chi thi|ket luan|quy dinh|quy che|de an|thong tu"
    r"|nghi dinh|luat|du thao|van kien|huong dan|thong bao ket luan)(?: (?:so|nay|cua|moi|tren|khoa|neu|dat|xac))\b"
)
"""How a sentence about a document's content begins, folded."""
_ADDRESS = re.compile(
    r"\b(?:dia chi|dien thoai|duong day nong|hotline|email|thu dien tu|hop thu|fax|website)\b"
)
_DAY = re.compile(r"(?<![\d/.-])(\d{1,2})\s*[/.-]\s*(\d{1,2})(?:\s*[/.-]\s*(\d{4}))?(?![\d%])")
_SPELLED_DAY = re.compile(r"\bngay (\d{1,2}) thang (\d{1,2})\b")
_MONTH = re.compile(r"(?<!nam )\bthang (\d{1,2})\b(?! nam nay)")
_YEAR = re.compile(r"\b(1[89]\d\d|20\d\d)\b")
_RANKS = {
    "tỉnh": "tỉnh", "thành phố": "tỉnh", "tp": "tỉnh", "huyện": "huyện", "quận": "huyện", "thị xã": "huyện",
    "xã": "xã", "phường": "xã", "thị trấn": "xã", "đặc khu": "xã", "thôn": "thôn", "ấp": "thôn", "bản": "thôn",
    "xóm": "thôn", "buôn": "thôn", "khóm": "thôn", "khu phố": "thôn", "tổ dân phố": "thôn", "làng": "thôn",
    "trường": "cơ quan", "công ty": "cơ quan", "sở": "cơ quan", "bệnh viện": "cơ quan", "hợp tác xã": "cơ quan",
    "đồn biên phòng": "cơ quan", "trung đoàn": "cơ quan",
}  # fmt: skip
"""Words before a body's or a place's name → its rank; names of one rank can be held against each other."""
_BODY = re.compile(
    rf"(?<!\w)({'|'.join(sorted(_RANKS, key=len, reverse=True))})\.?\s+((?:[{CAPITAL}0-9]\w*[ ’']?){{1,5}})",
)


@dataclass(frozen=True)
class _Line:
    """One sentence of a text, or one of its headlines, as printed and as a key."""

    printed: str

    @cached_property
    def key(self) -> str:
        """Its words, folded."""
        return fold(self.printed).strip(" .!?…")

    @cached_property
    def sentence(self) -> CopiedSentence | None:
        """What tells in it; None for a line of fewer than three syllables."""
        found = sentences_of(f"{self.printed.rstrip(' .!?…')}.")
        return found[0] if found else None

    @cached_property
    def days(self) -> frozenset[tuple[int, int]]:
        """The (day, month) pairs it names."""
        return frozenset(_days(self))

    @cached_property
    def months(self) -> frozenset[int]:
        """The months it names, without those of its days."""
        return frozenset(int(m) for m in _MONTH.findall(_spelled_days_out(self.key)) if 1 <= int(m) <= 12)

    @cached_property
    def bodies(self) -> dict[str, frozenset[str]]:
        """Rank → the names of that rank, folded."""
        found: dict[str, set[str]] = {}
        for rank, name in _BODY.findall(self.printed):
            found.setdefault(_RANKS[rank], set()).add(fold(name).strip())
        return {rank: frozenset(names) for rank, names in found.items()}

    @cached_property
    def form(self) -> frozenset[str]:
        """Its syllables without figures."""
        return frozenset(word for word in self.key.split() if not any(map(str.isdecimal, word)))


def is_other_event(a: str, b: str, *, gap: int | None) -> bool:
    """Whether two corpus texts that are alike report two events; symmetric.

    `gap` is the number of days from the publication of `a` to that of `b`, None where either is unknown.
    """
    left, right = _lines(a), _lines(b)
    if gap is not None and abs(gap) >= RECURS_AFTER and _recurs(left, right, gap):
        return True
    first, second = _event_line(left), _event_line(right)
    if first is None or second is None or _stands(first, right) or _stands(second, left):
        return False
    return _differ(first, second)


def _lines(text: str) -> list[_Line]:
    """The headlines and sentences of a text in reading order, what cites a document taken out of each."""
    parts = [part for block in blocks_of(text) for part in _parts(block)]
    return [_Line(_DATED_DOCUMENT.sub(" ", _CITED.sub(" ", part))) for part in parts]


def _parts(block: str) -> list[str]:
    return [block] if is_headline(block) else split_sentences(block)


def _days(line: _Line) -> Iterator[tuple[int, int]]:
    pairs = [match.group(1, 2) for match in _DAY.finditer(line.printed)] + _SPELLED_DAY.findall(line.key)
    for day, month in pairs:
        if 1 <= int(day) <= 31 and 1 <= int(month) <= 12:
            yield int(day), int(month)


def _spelled_days_out(folded: str) -> str:
    return _SPELLED_DAY.sub(" ", folded)


def _event_line(lines: Sequence[_Line]) -> _Line | None:
    """The first sentence that tells and is no background; None where there is none."""
    newest = max((year for line in lines for year in _years(line.printed)), default=None)
    for line in lines:
        if is_headline(line.printed) or _is_background(line, newest):
            continue
        if line.sentence is not None and line.sentence.telling:
            return line
    return None


def _years(printed: str) -> list[int]:
    return [int(year) for year in _YEAR.findall(printed)]


def _is_background(line: _Line, newest: int | None) -> bool:
    if _SUBJECT.match(line.key) or _ADDRESS.search(line.key):
        return True
    years = _years(line.printed)
    return bool(years) and newest is not None and max(years) <= newest - LONG_PAST


def _stands(line: _Line, others: Sequence[_Line]) -> bool:
    """Whether a sentence stands in the other text, word for word or edited (same facts, nearly the same words)."""
    if any(other.key == line.key for other in others):
        return True
    facts = sorted(line.sentence.facts) if line.sentence else []
    alike = (other for other in others if _likeness(line.form, other.form) >= SAME_FORM)
    return bool(facts) and any(other.sentence and sorted(other.sentence.facts) == facts for other in alike)


def _differ(a: _Line, b: _Line) -> bool:
    """Whether two events' sentences tell two events."""
    ranks = a.bodies.keys() & b.bodies.keys()
    if ranks:
        lowest = max(ranks, key=list(dict.fromkeys(_RANKS.values())).index)
        if a.bodies[lowest].isdisjoint(b.bodies[lowest]):
            return True
    mine, theirs = _facts(a), _facts(b)
    if a.days and b.days:
        other_days = a.days.isdisjoint(b.days)
        return other_days and bool(mine - theirs) and bool(theirs - mine) and not ranks
    if not mine or not theirs or ranks:
        return False
    return len(mine & theirs) <= SHARED_FACTS * min(len(mine), len(theirs))


def _facts(line: _Line) -> set[str]:
    """The facts of a sentence, the figures of its days left out."""
    days = {str(part) for day in line.days for part in day} | {
        f"{part:02}" for day in line.days for part in day
    }
    return set(line.sentence.facts) - days if line.sentence else set()


def _recurs(left: Sequence[_Line], right: Sequence[_Line], gap: int) -> bool:
    """Whether a line that names its day stands in the other text with a day that is later by about the same."""
    own, theirs = _only(left, right), _only(right, left)
    return any(
        _likeness(a.form, b.form) >= SAME_FORM and _moved_on(a, b, gap)
        for a in own
        if a.days or a.months
        for b in theirs
    )


def _only(lines: Sequence[_Line], others: Sequence[_Line]) -> list[_Line]:
    keys = {line.key for line in others}
    return [line for line in lines if line.key not in keys]


def _moved_on(a: _Line, b: _Line, gap: int) -> bool:
    if a.days and b.days:
        if not a.days.isdisjoint(b.days):
            return False
        shift = _ordinal(min(b.days, key=_in_year)) - _ordinal(min(a.days, key=_in_year))
        return any(abs(shift + turn - gap) <= DAY_SLACK for turn in (-365, 0, 365))
    if a.months and b.months and a.months.isdisjoint(b.months):
        shift = 30 * (min(b.months) - min(a.months))
        return any(abs(shift + turn - gap) <= 2 * DAY_SLACK for turn in (-365, 0, 365))
    return False


def _in_year(day: tuple[int, int]) -> tuple[int, int]:
    return day[1], day[0]


def _ordinal(day: tuple[int, int]) -> int:
    return date(2000, day[1], 1).toordinal() + day[0] - 1


def _likeness(a: Collection[str], b: Collection[str]) -> float:
    """Dice coefficient of two sets of syllables, 0 to 1."""
    total = len(a) + len(b)
    return 2 * len(set(a) & set(b)) / total if total else 0.0
