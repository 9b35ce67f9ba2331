"""What an edit changed: the readable difference of two states of an article, and what kind of change it is.

Pure: two articles, or two stored records, in; kinds and edits out. A change of typography alone (case, tone
placement, quotes, dashes, punctuation, spaces) is no change.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, TypeVar

from crawler.article import Article
from crawler.story.change_kinds import LABELS, SUBSTANCE, ChangeKind
from crawler.story.fingerprint import is_name, split_sentences
from crawler.story.similar import dice
from crawler.text.normal import exact_key
from crawler.text.visit_lines import is_of_the_visit

_WORD = re.compile(r"[^\W_]+")
_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*|[^\W_]+|[^\w\s]|_", re.UNICODE)
_SAME_BLOCK = 0.3
"""Dice coefficient of word pairs from which two blocks are one, edited. Low: a cut block has lost much."""
_SAME_SENTENCE = 0.4
_CAPTION, _BYLINE, _TITLE = "caption", "byline", "title"


@dataclass(frozen=True, slots=True)
class Edit:
    """One place that changed: a title, a sentence, a paragraph, a caption or the by-line."""

    kinds: frozenset[ChangeKind]
    old: str | None
    """None where it is new."""
    new: str | None
    """None where it is gone."""

    @property
    def label(self) -> str:
        """The kinds in Vietnamese, in the order of the list of kinds."""
        first, *rest = (LABELS[kind] for kind in ChangeKind if kind in self.kinds)
        return ", ".join([first, *(label[0].lower() + label[1:] for label in rest)])

    @property
    def first_kind(self) -> str:
        """The first of the kinds, in the order of their list."""
        return next(kind.value for kind in ChangeKind if kind in self.kinds)


@dataclass(frozen=True, slots=True)
class Change:
    """What turned one state of an article into the next; falsy when there is nothing to keep as a version."""

    edits: tuple[Edit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.edits)

    @property
    def kinds(self) -> frozenset[ChangeKind]:
        """All that happened; empty when only the typography differs."""
        return frozenset().union(*(edit.kinds for edit in self.edits))

    @property
    def substance(self) -> tuple[Edit, ...]:
        """The edits that change what the article says."""
        return tuple(edit for edit in self.edits if edit.kinds & SUBSTANCE)

    def to_json(self) -> dict[str, Any]:
        """`{kinds: […], edits: [{kinds, old, new}]}`, kinds in the order of the list of kinds."""
        return {
            "kinds": _in_order(self.kinds),
            "edits": [{"kinds": _in_order(e.kinds), "old": e.old, "new": e.new} for e in self.edits],
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Change:
        """The change back from `to_json`."""
        return cls(
            tuple(Edit(frozenset(map(ChangeKind, e["kinds"])), e["old"], e["new"]) for e in stored["edits"])
        )

    def lines(self) -> list[str]:
        """The change for a reader, in Vietnamese: one line an edit, `[-gone-]` and `{+new+}` within it."""
        return [f"{edit.label}: {mark(edit.old, edit.new)}" for edit in self.edits]


def compare(old: Article, new: Article) -> Change:
    """What changed between two states of an article."""
    return _compare(*(_blocks(a.title, ((b.kind, b.text) for b in a.blocks)) for a in (old, new)))


def compare_records(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any] | None:
    """The same for two stored records (`title`, `blocks` as [kind, text]); None for mere typography."""
    change = compare_stored(old, new)
    return change.to_json() if change else None


def compare_stored(old: Mapping[str, Any], new: Mapping[str, Any]) -> Change:
    """What changed between two stored records, or between two copies of a story."""
    return _compare(*(_blocks(r["title"], r["blocks"]) for r in (old, new)))


def mark(old: str | None, new: str | None) -> str:
    """Both texts in one, with `[-gone-]` and `{+new+}`.

    >>> mark("Có 120 đại biểu dự.", "Có 130 đại biểu dự.")
    'Có [-120-] {+130+} đại biểu dự.'
    """
    if old is None or new is None:
        return f"{{+{new}+}}" if old is None else f"[-{old}-]"
    before, after = old.split(), new.split()
    parts: list[str] = []
    for tag, i, j, k, m in _opcodes(before, after, _key):
        if tag == "equal":
            parts += after[k:m]
            continue
        parts += [f"[-{' '.join(before[i:j])}-]"] if i < j else []
        parts += [f"{{+{' '.join(after[k:m])}+}}"] if k < m else []
    return " ".join(parts)


def excerpt(marked: str) -> str:
    """What `mark` made, on one line, with long stretches that stayed as they were left out.

    >>> excerpt("Sáng nay, tại hội trường lớn của huyện, có đông đủ [-120-] {+130+} đại biểu.")
    'Sáng nay, tại … có đông đủ [-120-] {+130+} đại biểu.'
    """
    return " ".join(_shown(part) for part in _MARKS.split(" ".join(marked.split())) if part.strip())


def changed_words(edit: Edit) -> str:
    """One edit for a reader, on one line: what stayed is cut short, a passage that is new or gone too."""
    if edit.old is None or edit.new is None:
        whole = " ".join((edit.new or edit.old or "").split())
        short = whole if len(whole) <= _LONGEST else whole[:_LONGEST].rsplit(" ", 1)[0] + " …"
        return mark(None, short) if edit.old is None else mark(short, None)
    return excerpt(mark(edit.old, edit.new))


_LONGEST = 240
"""Characters shown of a passage that was added or cut."""
_MARKS = re.compile(r"(\[-.*?-\]|\{\+.*?\+\})")
_CONTEXT = 3
"""Words shown on either side of a change."""


def _shown(part: str) -> str:
    words = part.split()
    if _MARKS.fullmatch(part) or len(words) <= 2 * _CONTEXT + 1:
        return " ".join(words)
    return " ".join((*words[:_CONTEXT], "…", *words[-_CONTEXT:]))


# ---- from blocks to edits ---------------------------------------------------------------------------------

_Block = tuple[str, str]
_T = TypeVar("_T")


def _blocks(title: str, blocks: Iterable[Sequence[str]]) -> list[_Block]:
    # A reader that did not know them yet may have stored counters and running times: their change is no edit.
    return [(_TITLE, title), *((kind, text) for kind, text in blocks if not is_of_the_visit(text))]


def _compare(old: Sequence[_Block], new: Sequence[_Block]) -> Change:
    aligned = _align(old, new, _block_key, _same_block)
    pairs = list(aligned)
    gone = Counter(_block_key(a) for a, b in pairs if a and not b)
    come = Counter(_block_key(b) for a, b in pairs if b and not a)
    left, arrived = gone & come, gone & come
    edits: list[Edit] = []
    for a, b in pairs:
        if a and b:
            edits += _edits_of_block(a, b)
        elif b and arrived[_block_key(b)]:
            arrived[_block_key(b)] -= 1
            edits.append(Edit(frozenset({ChangeKind.ORDER}), b[1], b[1]))
        elif a and left[_block_key(a)]:
            left[_block_key(a)] -= 1
        elif (one := b or a) and _block_key(one):
            kind = _KIND_OF_BLOCK.get(one[0], ChangeKind.ADDED if b else ChangeKind.CUT)
            edits.append(Edit(frozenset({kind}), a[1] if a else None, b[1] if b else None))
    return Change(tuple(edits))


_KIND_OF_BLOCK = {_TITLE: ChangeKind.TITLE, _CAPTION: ChangeKind.CAPTION, _BYLINE: ChangeKind.BYLINE}


def _block_key(block: _Block) -> str:
    return _key(block[1])


def _same_block(a: _Block, b: _Block) -> float:
    """How sure two blocks are one, edited; 0 when they are not. A title is always the title."""
    if a[0] == b[0] and a[0] in (_TITLE, _BYLINE):
        return 1.0
    if (a[0] in _KIND_OF_BLOCK or b[0] in _KIND_OF_BLOCK) and a[0] != b[0]:
        return 0.0
    likeness = _likeness(a[1], b[1])
    return likeness if likeness >= _SAME_BLOCK else 0.0


def _edits_of_block(a: _Block, b: _Block) -> Iterator[Edit]:
    if _key(a[1]) == _key(b[1]):
        return
    if b[0] in _KIND_OF_BLOCK:
        yield Edit(frozenset({_KIND_OF_BLOCK[b[0]]}), a[1], b[1])
        return
    for old, new in _align(split_sentences(a[1]), split_sentences(b[1]), _key, _same_sentence):
        if old is None or new is None:
            if _key(new or old or ""):
                yield Edit(frozenset({ChangeKind.CUT if new is None else ChangeKind.ADDED}), old, new)
        elif _key(old) != _key(new):
            yield Edit(_kinds_of_sentence(old, new), old, new)


def _same_sentence(a: str, b: str) -> float:
    likeness = _likeness(a, b)
    return likeness if likeness >= _SAME_SENTENCE else 0.0


def _kinds_of_sentence(old: str, new: str) -> frozenset[ChangeKind]:
    """What differs between two forms of one sentence: its figures, its names, its other words."""
    left, right = (_facts(sentence) for sentence in (old, new))
    kinds = (ChangeKind.FIGURE, ChangeKind.NAME, ChangeKind.WORDING)
    return frozenset(kind for kind, a, b in zip(kinds, left, right, strict=True) if a != b)


def _facts(sentence: str) -> tuple[Counter[str], Counter[str], list[str]]:
    """Figures, syllables of names, and the other words in order, as keys."""
    figures: Counter[str] = Counter()
    names: Counter[str] = Counter()
    others: list[str] = []
    for place, token in enumerate(_TOKEN.findall(sentence)):
        if token[0].isdecimal():
            figures[token.replace(",", ".")] += 1
        elif place and is_name(token):
            names[_key(token)] += 1
        elif key := _key(token):
            others.append(key)
    return figures, names, others


# ---- alignment --------------------------------------------------------------------------------------------


def _align(
    old: Sequence[_T], new: Sequence[_T], key: Callable[[_T], str], same: Callable[[_T, _T], float]
) -> Iterator[tuple[_T | None, _T | None]]:
    """Both sequences in one, in reading order: what corresponds side by side, else one of the two is None."""
    for tag, i, j, k, m in _opcodes(old, new, key):
        if tag == "equal":
            yield from zip(old[i:j], new[k:m], strict=True)
            continue
        for b in new[k:m]:
            best = max(range(i, j), key=lambda n: (same(old[n], b), -n), default=i)
            if i < j and same(old[best], b):
                yield from ((a, None) for a in old[i:best])
                yield old[best], b
                i = best + 1
            else:
                yield None, b
        yield from ((a, None) for a in old[i:j])


def _opcodes(
    old: Sequence[_T], new: Sequence[_T], key: Callable[[_T], str]
) -> Sequence[tuple[str, int, int, int, int]]:
    return SequenceMatcher(None, [key(a) for a in old], [key(b) for b in new], autojunk=False).get_opcodes()


def _likeness(a: str, b: str) -> float:
    """Dice of word pairs, against the shorter text where one was cut."""
    left, right = _key(a), _key(b)
    longer, shorter = max(left.count(" "), right.count(" ")) + 1, min(left.count(" "), right.count(" ")) + 1
    return min(1.0, dice(left, right) * (longer + shorter) / (2 * shorter))


def _key(text: str) -> str:
    """Words alone, accents kept: equal for two spellings that differ in typography."""
    return " ".join(_WORD.findall(exact_key(text)))


def _in_order(kinds: Iterable[ChangeKind]) -> list[str]:
    found = frozenset(kinds)
    return [kind.value for kind in ChangeKind if kind in found]
