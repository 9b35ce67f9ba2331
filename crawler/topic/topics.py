"""Whether an article is about Party-building work, and what part of it: each label with what weighed most for it.

A linear model decides (`model`), over the words of title, lead and first paragraphs and over the phrases of the
taxonomy in them (`features`). It was learned from the labelled lines that come with the package (`lines`), whose
labels follow TAXONOMY.md; docs/topics.md tells how well it does on lines that it has not seen. The outlet's section
is a prior, never proof.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from crawler.article import Topic
from crawler.text.normal import exact_key
from crawler.topic.features import Evidence, evidence_of
from crawler.topic.model import OURS, LearnedTopics, shipped_model
from crawler.topic.phrases import Segmenter, segment
from crawler.topic.taxonomy import Taxonomy, shipped_taxonomy

RELEVANT = -0.5
"""Log odds from which an article is ours: a little below even, since silent loss is worse than noise."""
LABEL = -1.2
"""Log odds from which a topic is given beside the likeliest one; where F1 is best in ten folds of the lines."""
MOST = 3
"""Topics of one article (TAXONOMY.md: one to three)."""
SECTION = 1.0
"""Log odds that the outlet's section adds to its topic, and to being ours: a judgement, for no line has a section."""
FILED = 4.0
"""… that a section on Party building at large adds, where a Party body or member acts in title or lead."""
BODY = 2.0
"""Log odds that the body adds to the topic it speaks of most, to others in proportion. Editorial judgement too: no line
has a body."""
UNLIKELY = -3.0
"""Log odds of the likeliest topic below which an article in which no Party body or member acts is none of ours."""
TAKEN_BACK = "(lấy lại)"
"""The reason given where a person, and no word, makes an article ours."""
AGAINST = 3
"""Words told that speak against an article that is none of ours."""
REASONS = 5
"""Reasons given with a topic."""
PLAIN = 2
"""Phrases of the taxonomy that say enough: with fewer, the words that weighed most are told too."""


@dataclass(frozen=True, slots=True)
class _Heard:
    """An article as the model sees it."""

    evidence: Evidence
    ours: float
    """Log odds of being about Party-building work."""
    ranked: tuple[tuple[str, float], ...]
    """Topics with their log odds, the likeliest first."""

    @property
    def relevant(self) -> bool:
        """Whether it is ours."""
        likely = self.evidence.acts or (bool(self.ranked) and self.ranked[0][1] >= UNLIKELY)
        return bool(self.evidence.values) and self.ours >= RELEVANT and likely


def classify(
    title: str | None,
    lead: str | None,
    text: str | None,
    *,
    section: str | None = None,
    model: LearnedTopics | None = None,
    segmenter: Segmenter = segment,
    kept: bool = False,
) -> tuple[bool, tuple[Topic, ...]]:
    """Whether the article is about Party-building work, and its topics, strongest first, each with its reasons.

    A topic's score is the probability that the model gives it. Without a lead the first full paragraph of `text`
    stands in for it. `section` is a prior, never proof. `model` is the shipped one where none is given. `kept`: a
    person says that it is ours, and the likeliest topic is given in any case.
    """
    model = model or shipped_model()
    heard = _hear(title, lead, text, section, model, segmenter)
    if not (heard.relevant or kept):
        return False, ()
    chosen = [pair for rank, pair in enumerate(heard.ranked[:MOST]) if not rank or pair[1] >= LABEL]
    because = _why_ours(heard.evidence, model, section) or ((TAKEN_BACK,) if kept else ())
    topics = [
        Topic(name, _probability(odds), _reasons(name, heard.evidence, model) or because)
        for name, odds in chosen
    ]
    return bool(topics), tuple(topics)


def why_not_ours(
    title: str | None,
    lead: str | None,
    text: str | None,
    *,
    section: str | None = None,
    model: LearnedTopics | None = None,
) -> str:
    """Why an article is none of ours, in words: how likely it is ours, the nearest topic, what speaks against it."""
    model = model or shipped_model()
    heard = _hear(title, lead, text, section, model, segment)
    names = {rule.id: rule.name for rule in shipped_taxonomy().topics}
    nearest = ", ".join(f"{names[topic]} {_probability(odds):.0%}" for topic, odds in heard.ranked[:1])
    against = ", ".join(_heaviest(OURS, heard.evidence, model, -1.0, [])[:AGAINST])
    told = f"có liên quan {_probability(heard.ours):.0%}; gần nhất: {nearest}; nói khác: {against}"
    return f"{told} / the topic model finds it unlikely"


def _hear(
    title: str | None,
    lead: str | None,
    text: str | None,
    section: str | None,
    model: LearnedTopics,
    segmenter: Segmenter,
) -> _Heard:
    tax = shipped_taxonomy()
    evidence = evidence_of(title, lead, text, tax, segmenter=segmenter)
    odds = model.scores(evidence.values)
    _hear_section(tax, section, evidence, odds)
    for topic, share in evidence.body.items():
        odds[topic] = odds.get(topic, 0.0) + BODY * share
    ours = odds.pop(OURS, 0.0)
    return _Heard(evidence, ours, tuple(sorted(odds.items(), key=lambda item: (-item[1], item[0]))))


def _hear_section(tax: Taxonomy, section: str | None, evidence: Evidence, odds: dict[str, float]) -> None:
    """Add what the name of the outlet's section says."""
    key = exact_key(section) if section else ""
    for rule in tax.topics if key else ():
        if key in rule.sections:
            odds[rule.id] = odds.get(rule.id, 0.0) + SECTION
            odds[OURS] = odds.get(OURS, 0.0) + SECTION
    if key in tax.general_sections and evidence.acts:
        odds[OURS] = odds.get(OURS, 0.0) + FILED


def _reasons(label: str, evidence: Evidence, model: LearnedTopics) -> tuple[str, ...]:
    """What weighed most for a label: the taxonomy's phrases, and runs of words where there are fewer than `PLAIN`."""
    phrases = {
        phrase: evidence.values[name] * (model.pull(name, label) + model.pull(phrase, label))
        for phrase, name in evidence.spoken.get(label, {}).items()
    }
    reasons = _apart([], {phrase: weight for phrase, weight in phrases.items() if weight > 0})
    return tuple(reasons if len(reasons) >= PLAIN else _heaviest(label, evidence, model, 1.0, reasons))


def _heaviest(
    label: str, evidence: Evidence, model: LearnedTopics, sign: float, taken: Sequence[str]
) -> list[str]:
    """The runs of words that weigh most for a label (`sign` 1) or against it (-1), after the reasons taken so far."""
    runs = {
        name: value * weight
        for name, value in evidence.values.items()
        if ":" not in name and (weight := sign * model.pull(name, label)) > 0
    }
    return _apart(taken, {name: weight for name, weight in runs.items() if " " in name} or runs)


def _apart(taken: Sequence[str], weighed: Mapping[str, float]) -> list[str]:
    """The reasons taken so far and the heaviest of these, none of which lies inside another."""
    kept = list(taken)
    for name in sorted(weighed, key=lambda name: (-weighed[name], name)):
        if len(kept) == REASONS:
            break
        if not any(_inside(name, other) or _inside(other, name) for other in kept):
            kept.append(name)
    return kept


def _inside(part: str, whole: str) -> bool:
    return f" {part} " in f" {whole.replace(',', '')} "


def _why_ours(evidence: Evidence, model: LearnedTopics, section: str | None) -> tuple[str, ...]:
    """What made an article ours of whose topic nothing is said: a committee at work, its words, or its section."""
    said: Iterable[str | None] = (evidence.at_work, *_reasons(OURS, evidence, model), section)
    return tuple(reason for reason in said if reason)[:REASONS]


def _probability(odds: float) -> float:
    return round(1 / (1 + math.exp(-max(min(odds, 30.0), -30.0))), 3)
