"""Whether an article is about Party-building work, and what part of it: the taxonomy as data, each label with its reasons.

`classify` finds the phrases of `topics.toml` in one Aho-Corasick pass over title, lead and body, weighs them by where
they stand, lets the outlet's section speak as a prior, and takes out what belongs to another world (foreign parties,
sport, business). In title and lead a short phrase must not cut a word of the segmented text in two: `Dân | vận chuyển
cát` is no mass work. The rules are TAXONOMY.md; the weights are editorial judgement.
"""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import ahocorasick_rs

from crawler.article import Topic
from crawler.errors import InvalidInput
from crawler.keyed import Keyed, keyed
from crawler.text import exact_key

SHIPPED = Path(__file__).with_name("topics.toml")

Grade = Literal["strong", "medium"]
Segmenter = Callable[[str], list[str]]
Part = Literal["title", "lead", "text"]

_DOCUMENT = re.compile(r"^(chỉ thị|nghị quyết|quy định|kết luận|quyết định|đề án|hướng dẫn|nghị định) (\d+)$")
# "Đảng" with a capital and no other party's name after it: a weak actor (TAXONOMY, boundary).
_THE_PARTY = re.compile(
    r"(?<!\w)Đảng(?!\w)(?!\s+(?:Dân|Cộng hòa|Lao|Bảo|Xanh|Nhân dân|Cộng sản (?!Việt)|cầm|đối|Tự|Xã|Quốc|Liên|Công))"
)
SHORT = 2
"""Phrases of up to this many syllables are checked against the word segmentation."""


@dataclass(frozen=True, slots=True)
class TopicRule:
    """One entry of the taxonomy as its table says it."""

    id: str
    name: str
    together: tuple[tuple[str, ...], ...]
    yields: frozenset[str]
    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """The tables of `topics.toml`, ready to match."""

    topics: tuple[TopicRule, ...]
    weights: dict[str, float]
    phrases: tuple[str, ...]
    meanings: tuple[tuple[tuple[str, Grade], ...], ...]
    """What each phrase means: topic and grade; empty for actors, traps and words of other worlds."""
    roles: tuple[frozenset[str], ...]
    """`actor`, `veto`, `aside`, `trap`, `member` (of a `together` group) for each phrase."""
    automaton: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Hit:
    """One phrase found."""

    part: Part
    phrase: int
    start: int
    end: int


def load_taxonomy(path: Path = SHIPPED) -> Taxonomy:
    """The taxonomy in a TOML file. Raises InvalidInput naming the file and what is wrong in it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(f"{path}: not a readable taxonomy: {error}") from error
    try:
        return _taxonomy(data)
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidInput(f"{path}: {type(error).__name__}: {error}") from error


def _taxonomy(data: dict[str, Any]) -> Taxonomy:
    meanings: dict[str, set[tuple[str, Grade]]] = defaultdict(set)
    roles: dict[str, set[str]] = defaultdict(set)
    rules = []
    known = {topic["id"] for topic in data["topic"]}
    for topic in data["topic"]:
        if unknown := set(topic["yields"]) - known:
            raise ValueError(f"topic {topic['id']}: yields to unknown {sorted(unknown)}")
        grades: tuple[Grade, ...] = ("strong", "medium")
        for grade in grades:
            for phrase in topic[grade]:
                for spelling in _spellings(phrase):
                    meanings[spelling].add((topic["id"], grade))
        groups = tuple(tuple(map(exact_key, group)) for group in topic["together"])
        for phrase in {p for group in groups for p in group}:
            roles[phrase].add("member")
        rules.append(
            TopicRule(
                topic["id"],
                topic["name"],
                groups,
                frozenset(topic["yields"]),
                tuple(map(exact_key, topic["sections"])),
            )
        )
    actors = [exact_key(p) for p in data["actors"]["phrases"]]
    for phrase in actors:
        roles[phrase].add("actor")
    for name, role in (("traps", "trap"), ("veto", "veto"), ("aside", "aside")):
        for phrase in data["outside"][name]:
            roles[exact_key(phrase)].add(role)
    phrases = tuple(sorted(set(meanings) | set(roles)))
    acting = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, actors)) + r")(?!\w)")
    for phrase in phrases:
        if "trap" not in roles[phrase] and acting.search(phrase):
            roles[phrase].add("actor")
    return Taxonomy(
        topics=tuple(rules),
        weights={name: float(value) for name, value in data["weights"].items()},
        phrases=phrases,
        meanings=tuple(tuple(sorted(meanings.get(p, ()))) for p in phrases),
        roles=tuple(frozenset(roles.get(p, ())) for p in phrases),
        automaton=ahocorasick_rs.AhoCorasick(phrases),
    )


def _spellings(phrase: str) -> tuple[str, ...]:
    """A phrase as its key, and with `số` where it names a document by its number."""
    key = exact_key(phrase)
    m = _DOCUMENT.match(key)
    return (key, f"{m.group(1)} số {m.group(2)}") if m else (key,)


@lru_cache(maxsize=1)
def shipped_taxonomy() -> Taxonomy:
    """The taxonomy that comes with the package, read once."""
    return load_taxonomy()


@lru_cache(maxsize=1)
def _word_tokenize() -> Segmenter:
    # Imported on first use: it costs most of a second, and many commands never segment.
    tokenize: Segmenter = import_module("underthesea").word_tokenize
    return tokenize


def segment(text: str) -> list[str]:
    """The words of a short text (title or lead; a whole article costs 23 ms per 5 KB)."""
    return _word_tokenize()(text)


def classify(
    title: str | None,
    lead: str | None,
    text: str | None,
    *,
    section: str | None = None,
    taxonomy: Taxonomy | None = None,
    segmenter: Segmenter = segment,
) -> tuple[bool, tuple[Topic, ...]]:
    """Whether the article is about Party-building work, and its topics, strongest first, each with deciding phrases."""
    tax = taxonomy or shipped_taxonomy()
    given: tuple[tuple[Part, str | None], ...] = (("title", title), ("lead", lead), ("text", text))
    fields = {part: keyed(words) for part, words in given if words}
    hits = [hit for part, reading in fields.items() for hit in _hits(tax, part, reading, segmenter)]
    present = {tax.phrases[h.phrase] for h in hits if h.part != "text"}
    actor = any("actor" in tax.roles[h.phrase] for h in hits if h.part != "text")
    party = any(_THE_PARTY.search(reading.text) for part, reading in fields.items() if part != "text")
    prior = _prior(tax, section)
    if _vetoed(tax, hits, fields, actor=actor or party, vouched=bool(prior)):
        return False, ()
    aside = any("aside" in tax.roles[h.phrase] for h in hits if h.part != "text")
    raw = {
        rule.id: _score(tax, rule, hits, fields, actor=actor or party, aside=aside, prior=prior)
        for rule in tax.topics
    }
    scores = _settle(tax, raw)
    best = max((s for s, _ in scores.values()), default=0.0)
    floor = max(tax.weights["threshold"], best * tax.weights["share"])
    labels = sorted(
        (
            Topic(name, round(score, 3), because)
            for name, (score, because) in scores.items()
            if score >= floor
        ),
        key=lambda t: (-t.score, t.id),
    )[: int(tax.weights["most"])]
    del present
    return bool(labels), tuple(labels)


def _hits(tax: Taxonomy, part: Part, reading: Keyed, segmenter: Segmenter) -> list[_Hit]:
    """The phrases in one field: whole words, the longest of those that overlap, none that cuts a word in two."""
    key = re.sub(r"\s", " ", reading.key)
    found = [
        _Hit(part, index, start, end)
        for index, start, end in tax.automaton.find_matches_as_indexes(key, overlapping=True)
        if not (start and (key[start - 1].isalnum())) and not (end < len(key) and key[end].isalnum())
    ]
    found.sort(key=lambda h: (h.start - h.end, h.start))
    kept: list[_Hit] = []
    taken = bytearray(len(key))
    for hit in found:
        if not any(taken[hit.start : hit.end]):
            taken[hit.start : hit.end] = b"\x01" * (hit.end - hit.start)
            kept.append(hit)
    short = [h for h in kept if tax.meanings[h.phrase] and len(tax.phrases[h.phrase].split()) == SHORT]
    if part != "text" and short:
        breaks = _word_breaks(key, segmenter(reading.text))
        cut = {h for h in short if _cuts(h, breaks)}
        kept = [h for h in kept if h not in cut]
    return sorted(kept, key=lambda h: h.start)


def _word_breaks(key: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Spans of the segmented words of more than one syllable."""
    spans, at = [], 0
    for word in words:
        plain = exact_key(word)
        start = key.find(plain, at)
        if start < 0:
            continue
        at = start + len(plain)
        if " " in plain:
            spans.append((start, at))
    return spans


def _cuts(hit: _Hit, spans: Sequence[tuple[int, int]]) -> bool:
    """Whether a word begins inside the phrase and goes on beyond it."""
    return any(hit.start < start < hit.end < end for start, end in spans)


def _vetoed(
    tax: Taxonomy, hits: Sequence[_Hit], fields: dict[Part, Keyed], *, actor: bool, vouched: bool
) -> bool:
    """Whether the article belongs to another world: a foreign party's, or one without any Party actor."""
    outside = [h for h in hits if "veto" in tax.roles[h.phrase]]
    if not actor and not vouched:
        return any(h.part == "title" for h in outside)
    return False


def _prior(tax: Taxonomy, section: str | None) -> frozenset[str]:
    key = exact_key(section) if section else ""
    return frozenset(rule.id for rule in tax.topics if key and key in rule.sections)


def _score(
    tax: Taxonomy,
    rule: TopicRule,
    hits: Sequence[_Hit],
    fields: dict[Part, Keyed],
    *,
    actor: bool,
    aside: bool,
    prior: frozenset[str],
) -> tuple[float, float, tuple[str, ...]]:
    """Strong and medium points of one topic, and the phrases they come from."""
    w = tax.weights
    strong = medium = body = 0.0
    because: list[str] = []
    seen: set[tuple[Part, str]] = set()
    for hit in hits:
        grade = dict(tax.meanings[hit.phrase]).get(rule.id)
        phrase = tax.phrases[hit.phrase]
        if grade is None or (hit.part, phrase) in seen:
            continue
        seen.add((hit.part, phrase))
        because.append(phrase)
        if hit.part == "text":
            body += w["body"] * (1.0 if grade == "strong" else 0.5)
        elif grade == "strong":
            strong += w[f"{hit.part}_strong"]
        else:
            medium += w[f"{hit.part}_medium"]
    words = " ".join(reading.key for part, reading in fields.items() if part != "text")
    for group in rule.together:
        if all(re.search(rf"(?<!\w){re.escape(p)}(?!\w)", words) for p in group):
            strong += w["together"]
            because.append(" + ".join(group))
            break
    if medium and not (actor or strong):
        medium *= w["alone"]
    if aside and not strong:
        medium = 0.0
    strong += min(body, w["body_most"]) + (w["section"] if rule.id in prior else 0.0)
    return strong, medium, tuple(dict.fromkeys(because))


def _settle(
    tax: Taxonomy, raw: dict[str, tuple[float, float, tuple[str, ...]]]
) -> dict[str, tuple[float, tuple[str, ...]]]:
    """The final scores: beside a clearly stronger neighbour only the strong points of a topic count."""
    settled = {}
    for rule in tax.topics:
        strong, medium, because = raw[rule.id]
        stronger = max((raw[n][0] + raw[n][1] for n in rule.yields), default=0.0)
        settled[rule.id] = (strong if stronger > strong + medium else strong + medium, because)
    return settled
