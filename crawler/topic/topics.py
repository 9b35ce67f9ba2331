"""Whether an article is about Party-building work, and what part of it: each label with the phrases that decided.

`classify` finds the phrases of the taxonomy (`taxonomy`, `topics.toml`) in one Aho-Corasick pass over title,
lead and body, weighs them by where they stand, lets the outlet's section speak as a prior, and takes out what belongs
to another world (foreign parties, sport, business). In title and lead a short phrase must not cut a word of the
segmented text in two: `Dân | vận chuyển cát` is no mass work. The rules are TAXONOMY.md.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from operator import itemgetter
from typing import Literal, NamedTuple

from crawler.article import Topic
from crawler.keyed import Keyed, keyed
from crawler.letters import Letters
from crawler.opened import Opened
from crawler.text import exact_key
from crawler.topic.taxonomy import Grade, Taxonomy, TopicRule, load_taxonomy

Segmenter = Callable[[str], Sequence[str]]
Part = Literal["title", "lead", "text"]

# "Đảng" with a capital and no other party's name after it: a weak actor (TAXONOMY.md, boundary).
_THE_PARTY = re.compile(
    r"(?<!\w)Đảng(?!\w)(?!\s+(?:Dân|Cộng hòa|Lao|Bảo|Xanh|Nhân dân|Cộng sản (?!Việt)|cầm|đối|Tự|Xã|Quốc"
    r"|Liên|Công))"
)
_NUMBERED = Opened(
    r"(?<!\w)(nghị quyết|chỉ thị|kết luận|quy định)(?: số)? \d+(?!\w)",
    ("nghị quyết ", "chỉ thị ", "kết luận ", "quy định "),
)
# The look-behind comes last: the engine skips to what a pattern opens with, but not past one.
_YEAR = re.compile(r"19(?:[2-6]\d|7[0-5])(?<!\w....)(?!\w)")
_blank = Letters(lambda char: " " if char.isspace() else char)
_LONG_AGO = "19##"
"""How the taxonomy writes any year of the revolution and the wars."""
_NEXT = re.compile(r" ([^\W\d_]+)(?: [^\W\d_]+){0,2}")
_BEFORE = re.compile(r"(?:(?<!\S)[^\W\d_]+ ){1,2}$")
SHORT = 2
"""Phrases of this many syllables are checked against the word segmentation; longer ones are never cut in practice."""
OPENING = 60
"""A paragraph of the body with at least this many code points can stand in for a missing lead."""


_Found = tuple[int, int, int]
"""A phrase by its number in the taxonomy, its start and its end in a key: as the automaton gives it, for an article
holds hundreds."""
_place = itemgetter(1)


class _Hit(NamedTuple):
    """One phrase that counts in one field."""

    part: Part
    phrase: int


@dataclass(slots=True)
class _Standing:
    """How a phrase stands in title and lead: by itself, or only as a modifier in longer phrases of these topics."""

    free: bool = False
    within: set[str] = field(default_factory=set)

    def speaks_for(self, topic: str) -> bool:
        """`đại hội` inside `nghị quyết đại hội` speaks for resolutions, not for congresses."""
        return self.free or topic in self.within


@dataclass(frozen=True, slots=True)
class _Evidence:
    """All that was found in an article."""

    hits: tuple[_Hit, ...]
    """Whole phrases, none inside a longer one."""
    titled: Mapping[str, _Standing]
    """Phrases in the title that are no actors, and how they stand there."""
    named: Mapping[str, _Standing]
    """Phrases of `together` groups in title or lead, and how they stand there."""
    spoken: Mapping[str, Mapping[tuple[Part, Grade, str], None]]
    """For each topic the phrases that speak for it, each once a field, in reading order."""
    aside: bool
    """Whether title or lead has a word of another story."""
    actor: bool
    """Whether a Party body or member is named in title or lead."""
    organ: bool
    """Whether one of the actors is no person."""
    body: bool
    """Whether one of the actors is a body that makes a title ours."""
    party: bool
    """Whether an actor, at least `Đảng`, or a strong phrase of any topic stands in title or lead."""


@dataclass(frozen=True, slots=True)
class _Score:
    """The points of one topic before its neighbours are heard."""

    strong: float
    medium: float
    because: tuple[str, ...]


@lru_cache(maxsize=1)
def shipped_taxonomy() -> Taxonomy:
    """The taxonomy that comes with the package, read once."""
    return load_taxonomy()


@lru_cache(maxsize=1)
def _word_tokenize() -> Segmenter:
    # Imported on first use: it costs most of a second, and many commands never segment.
    tokenize: Segmenter = import_module("underthesea").word_tokenize
    return tokenize


@lru_cache(maxsize=4096)  # 0.2 ms for a handful of syllables, which often stand in title and lead alike
def segment(text: str) -> Sequence[str]:
    """The words of a short text (title or lead: a whole article costs 23 ms per 5 KB)."""
    return tuple(_word_tokenize()(text))


def classify(
    title: str | None,
    lead: str | None,
    text: str | None,
    *,
    section: str | None = None,
    taxonomy: Taxonomy | None = None,
    segmenter: Segmenter = segment,
) -> tuple[bool, tuple[Topic, ...]]:
    """Whether the article is about Party-building work, and its topics, strongest first, each with deciding phrases.

    Without a lead the first full paragraph of `text` stands in for it. `section` is a prior, never proof.
    """
    tax = taxonomy or shipped_taxonomy()
    given: tuple[tuple[Part, str | None], ...] = (
        ("title", title),
        ("lead", lead or _opening(title, text)),
        ("text", text),
    )
    fields: dict[Part, Keyed] = {part: keyed(words) for part, words in given if words}
    evidence = _gather(tax, fields, segmenter)
    prior = _prior(tax, section)
    if _elsewhere(tax, evidence, vouched=bool(prior)):
        return False, ()
    body = _body_points(tax, evidence)
    raw = {
        rule.id: _score(tax, rule, evidence, body.get(rule.id, 0.0), rule.id in prior) for rule in tax.topics
    }
    settled = {rule.id: _beside_neighbours(rule, raw, body=evidence.body) for rule in tax.topics}
    best = max((score for score, _ in settled.values()), default=0.0)
    labels = [
        Topic(name, round(score, 3), raw[name].because)
        for name, (score, least) in settled.items()
        if score >= max(tax.weights[least], _share(tax, raw[name], best))
    ]
    if not labels and evidence.organ and not evidence.aside and not _elsewhere_in_title(tax, evidence):
        labels = _likeliest(tax, raw)
    labels.sort(key=lambda t: (-t.score, t.id))
    return bool(labels), tuple(labels[: int(tax.weights["most"])])


def _opening(title: str | None, text: str | None) -> str | None:
    """The first full paragraph of a body that is not the title again."""
    head = exact_key(title or "")
    for line in (text or "")[:4000].splitlines():
        if len(line) >= OPENING and exact_key(line) != head:
            return line
    return None


def _gather(tax: Taxonomy, fields: Mapping[Part, Keyed], segmenter: Segmenter) -> _Evidence:
    hits: list[_Hit] = []
    titled: dict[str, _Standing] = {}
    named: dict[str, _Standing] = {}
    for part, reading in fields.items():
        found = _whole_phrases(tax, _blank(reading.key))
        if part == "text":
            kept = _longest(tax, found, reading, brief=False)
        else:
            _stand(tax, found, named)
            if part == "title":
                _stand(tax, [f for f in found if "actor" not in tax.roles[f[0]]], titled)
            kept = _longest(tax, found, reading, brief=True)
            kept = [f for f in kept if not _is_cut(tax, f, kept, reading, segmenter)]
        hits += [_Hit(part, phrase) for phrase, _, _ in sorted(kept, key=_place)]
    told = [h.phrase for h in hits if h.part != "text"]
    actor = any("actor" in tax.roles[p] for p in told)
    organ = any("actor" in tax.roles[p] and "person" not in tax.roles[p] for p in told)
    body = any("body" in tax.roles[p] for p in told)
    strong = any(grade == "strong" for p in told for _, grade in tax.meanings[p])
    party = any(_THE_PARTY.search(reading.text) for part, reading in fields.items() if part != "text")
    spoken: dict[str, dict[tuple[Part, Grade, str], None]] = defaultdict(dict)
    for part, phrase in dict.fromkeys(hits):
        for topic, grade in tax.meanings[phrase]:
            spoken[topic][part, grade, tax.phrases[phrase]] = None
    aside = any("aside" in tax.roles[p] for p in told)
    return _Evidence(tuple(hits), titled, named, spoken, aside, actor, organ, body, actor or party or strong)


def _stand(tax: Taxonomy, found: Sequence[_Found], standing: dict[str, _Standing]) -> None:
    """Note how each member of a group stands among the phrases found in one field.

    Only a phrase with words before the member makes it a modifier: the head comes first. Actors always stand free.
    """
    for phrase, start, end in found:
        if "member" not in tax.roles[phrase]:
            continue
        noted = standing.setdefault(tax.phrases[phrase], _Standing())
        longer = [other for other, before, after in found if before < start and end <= after]
        noted.free |= not longer or "actor" in tax.roles[phrase]
        noted.within |= {topic for other in longer for topic, _ in tax.meanings[other]}


def _whole_phrases(tax: Taxonomy, key: str) -> list[_Found]:
    """Every phrase in a key that begins and ends with a word, overlapping ones too, by their ends."""
    around = f" {key} "
    found: list[_Found] = [
        (index, start, end)
        for index, start, end in tax.automaton.find_matches_as_indexes(key, overlapping=True)
        if not (around[start].isalnum() or around[end + 1].isalnum())
    ]
    numbered = [(tax.numbers.get(f"{m.group(1)} #"), *m.span()) for m in _NUMBERED.finditer(key)]
    numbered += [(tax.numbers.get(_LONG_AGO), *m.span()) for m in _YEAR.finditer(key)]
    if numbered:
        found += [(index, start, end) for index, start, end in numbered if index is not None]
        found.sort(key=itemgetter(2, 0))
    return found


def _longest(tax: Taxonomy, found: Sequence[_Found], reading: Keyed, *, brief: bool) -> list[_Found]:
    """The phrases that are inside no longer one and touch no trap, longest first.

    In a brief field (title, lead) two that overlap by a part both count, in the body the longer one.
    """
    # "Đại hội Đảng Cộng hòa": a phrase that ends in another party's name is not ours.
    if parties := {start for phrase, start, _ in found if phrase in tax.foreign_parties}:
        found = [f for f in found if f[2] - 4 not in parties or f[1] == f[2] - 4]
    kept: list[_Found] = []
    covered = bytearray(len(reading.key))
    for hit in sorted(found, key=lambda f: f[1] - f[2]):
        _, start, end = hit
        if covered.find(1, start, end) < 0 or (brief and not any(_loses(tax, hit, k) for k in kept)):
            kept.append(hit)
            covered[start:end] = b"\x01" * (end - start)
    return kept


def _loses(tax: Taxonomy, hit: _Found, longer: _Found) -> bool:
    """Whether a phrase lies inside a longer one, or touches a trap. Two that overlap by a part both count."""
    (_, start, end), (phrase, before, after) = hit, longer
    if "trap" in tax.roles[phrase]:
        return before < end and start < after
    return (before, after) != (start, end) and before <= start and end <= after


def _is_cut(tax: Taxonomy, hit: _Found, kept: Sequence[_Found], reading: Keyed, segmenter: Segmenter) -> bool:
    """Whether a word of the segmented text begins inside a short phrase and goes on beyond it."""
    phrase, first, last = hit
    if not tax.meanings[phrase] or len(tax.phrases[phrase].split()) != SHORT:
        return False
    after = _NEXT.match(reading.key, last)
    if not after or any(start == after.start(1) for _, start, _ in kept):
        return False  # punctuation or another phrase follows: no word goes on
    before = _BEFORE.search(reading.key, max(0, first - 24), first)
    start = before.start() if before else first
    words = _long_words(reading.key[start : after.end()], segmenter(reading.text[start : after.end()]))
    return any(first < start + a < last < start + b for a, b in words)


def _long_words(key: str, words: Sequence[str]) -> list[tuple[int, int]]:
    """Spans of the segmented words of more than one syllable."""
    spans, at = [], 0
    for word in words:
        plain = exact_key(word)
        start = key.find(plain, at)
        if start < 0:  # the segmenter normalised the word; it then cannot veto anything
            continue
        at = start + len(plain)
        if " " in plain:
            spans.append((start, at))
    return spans


def _elsewhere(tax: Taxonomy, evidence: _Evidence, *, vouched: bool) -> bool:
    """Whether the title belongs to another world: foreign politics, or one without a Party actor or strong phrase."""
    if evidence.actor or vouched:
        return False
    titles = [tax.roles[h.phrase] for h in evidence.hits if h.part == "title"]
    if any("foreign" in roles for roles in titles):
        return True
    return not evidence.party and any("veto" in roles for roles in titles)


def _share(tax: Taxonomy, found: _Score, best: float) -> float:
    """What a label needs beside the strongest one: medium phrases alone must nearly reach it."""
    if not found.strong:
        return best * tax.weights["share_medium"]
    return min(best * tax.weights["share"], tax.weights["share_most"])


def _elsewhere_in_title(tax: Taxonomy, evidence: _Evidence) -> bool:
    """Whether the title has a word of another world."""
    return any(h.part == "title" and tax.roles[h.phrase] & {"veto", "foreign"} for h in evidence.hits)


def _likeliest(tax: Taxonomy, raw: Mapping[str, _Score]) -> list[Topic]:
    """The topic with most points, where a Party actor is at work and nothing speaks for another story."""
    name, found = max(raw.items(), key=lambda item: (item[1].strong + item[1].medium, item[0]))
    points = found.strong + found.medium
    return [Topic(name, round(points, 3), found.because)] if points >= tax.weights["likeliest"] else []


def _prior(tax: Taxonomy, section: str | None) -> frozenset[str]:
    key = exact_key(section) if section else ""
    return frozenset(rule.id for rule in tax.topics if key and key in rule.sections)


def _body_points(tax: Taxonomy, evidence: _Evidence) -> dict[str, float]:
    """What the body adds to each topic: most to the one it speaks of most, to the others in proportion."""
    counts: dict[str, float] = defaultdict(float)
    for part, phrase in evidence.hits:
        if part == "text":
            for topic, grade in tax.meanings[phrase]:
                counts[topic] += 0.5 if grade == "medium" else 1.0
    most = max(counts.values(), default=0.0)
    least = tax.weights["body_least"]
    return {t: tax.weights["body_most"] * n / most for t, n in counts.items() if n >= least}


def _score(tax: Taxonomy, rule: TopicRule, evidence: _Evidence, body: float, prior: bool) -> _Score:
    """The points of one topic: every phrase once a field, lone guarded and medium ones for little."""
    points: dict[str, float] = defaultdict(float)
    because: dict[str, None] = {}
    for part, grade, phrase in evidence.spoken.get(rule.id, {}):
        if part != "text":
            points[grade] += tax.weights[f"{part}_{grade}"]
        if part != "text" or body:
            because[phrase] = None
    if (group := _group_that_speaks(rule, evidence)) is not None:
        points["strong"] += tax.weights["together"]
        because[" + ".join(group)] = None
    strong, guarded, medium = points["strong"], points["guarded"], points["medium"]
    if not evidence.party:
        guarded *= tax.weights["alone"]
    if not evidence.party and not guarded:
        medium *= tax.weights["alone"]
    if evidence.aside and not (strong or guarded):
        medium = 0.0
    extra = (body if evidence.party else 0.0) + (tax.weights["section"] if prior else 0.0)
    return _Score(strong + guarded, medium + extra, tuple(because))


def _group_that_speaks(rule: TopicRule, evidence: _Evidence) -> tuple[str, ...] | None:
    """The first of the topic's groups that stands in title and lead, a member in the title."""
    for group in rule.together:
        if (
            group[0] in evidence.named
            and all(_speaks(evidence.named, p, rule.id) for p in group)
            and any(_speaks(evidence.titled, p, rule.id) for p in group)
        ):
            return group
    return None


def _speaks(standing: Mapping[str, _Standing], phrase: str, topic: str) -> bool:
    """Whether a phrase was found where it can speak for a topic."""
    return phrase in standing and standing[phrase].speaks_for(topic)


def _beside_neighbours(rule: TopicRule, raw: Mapping[str, _Score], *, body: bool) -> tuple[float, str]:
    """The final score and the name of its threshold: beside a stronger neighbour only strong points count."""
    own = raw[rule.id]
    total = own.strong + own.medium
    neighbour = max((raw[n].strong + raw[n].medium for n in rule.yields), default=0.0)
    return (
        own.strong if neighbour > total else total,
        "threshold" if own.strong or body else "threshold_medium",
    )
