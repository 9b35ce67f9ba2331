"""What the topic model looks at in an article: runs of its words, the taxonomy's phrases, who acts.

A feature has a name and a value, the weight of the field in which it stands first: more in the title. Runs of one to
three syllables are their own names; names with a colon stand for what the taxonomy knows: `title:strong:dan_van` (a
phrase of that grade and topic; `strong:dan_van` wherever it stands), `lead:actor` (a role), `:at work` (what holds for
the whole).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from crawler.text.match_key import Keyed, keyed
from crawler.text.normal import exact_key
from crawler.topic.committee import committee_at_work, congress_of_others
from crawler.topic.phrases import Segmenter, phrases_in, segment
from crawler.topic.taxonomy import Taxonomy

TITLE, LEAD = 1.0, 0.7
"""What a run of words counts for in the title and in the lead."""
MOST_BRIEF = 4000
"""Code points of a title or lead that are looked at. Their phrases are held against each other, which takes the square
of their number; the longest lead of the press has a quarter of it."""
MOST = 50
"""Syllables of a title or lead that are looked at as runs of words; its phrases are looked for in all of it."""
USUAL = 30
"""Syllables of a title or lead as most labelled lines have them; in a longer one each run of words says less."""
LONGEST = 3
"""Syllables of the longest run: words and pairs of words are runs of one to three syllables, nearly all of them."""
FULL_PARAGRAPH = 60
"""A paragraph of the body with at least this many code points can stand in for a missing lead."""
READ = 1500
"""Code points of the body that are looked at: its first paragraphs."""
LEAST = 3.0
"""Phrases of a topic in the body below which it says nothing of it; one that is only a cue counts half."""
AT_WORK = ":at work"
OTHERS_CONGRESS = ":congress of others"
THE_PARTY = ":Đảng"
ACTORS = ("title:actor", "lead:actor")
ASIDES = ("title:aside", "lead:aside")

# "Đảng" with a capital and no other party's name after it: a weak actor (TAXONOMY.md, boundary).
_THE_PARTY = re.compile(
    r"(?<!\w)Đảng(?!\w)(?!\s+(?:Dân|Cộng hòa|Lao|Bảo|Xanh|Nhân dân|Cộng sản (?!Việt)|cầm|đối|Tự|Xã|Quốc"
    r"|Liên|Công))"
)
_SYLLABLE = re.compile(r"\w+(?:[-/]\w+)*")
_NUMBER = re.compile(r"[\d/-]+")

Part = Literal["title", "lead"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that was found in an article."""

    values: Mapping[str, float]
    """Features by name."""
    spoken: Mapping[str, Mapping[str, str]]
    """For each topic the phrases that speak for it, in reading order, each with its feature."""
    body: Mapping[str, float]
    """For each topic of which the body speaks the share of its phrases, 1 for the one it speaks of most."""
    at_work: str | None
    """The words that tell of a Party committee that sits or works."""

    @property
    def acts(self) -> bool:
        """Whether a Party body or member acts in title or lead, and nothing there tells of another story."""
        return any(name in self.values for name in ACTORS) and not any(a in self.values for a in ASIDES)


def evidence_of(
    title: str | None,
    lead: str | None,
    text: str | None,
    tax: Taxonomy,
    *,
    segmenter: Segmenter = segment,
) -> Evidence:
    """The features of title and lead, and what the body speaks of; its first full paragraph stands in for a lead."""
    lead = lead or _opening(title, text)
    values: dict[str, float] = {}
    spoken: dict[str, dict[str, str]] = defaultdict(dict)
    brief: tuple[tuple[Part, str | None, float], ...] = (("title", title, TITLE), ("lead", lead, LEAD))
    readings = [(part, keyed(words[:MOST_BRIEF]), weight) for part, words, weight in brief if words]
    for part, reading, weight in readings:
        said = list(runs(reading.key))
        weight *= min(1.0, USUAL * LONGEST / max(len(said), 1))
        for run in said:
            values.setdefault(run, weight)
        for phrase in phrases_in(tax, reading, brief=True, segmenter=segmenter):
            for role in tax.roles[phrase]:
                values[f"{part}:{role}"] = 1.0
            for topic, grade in tax.meanings[phrase]:
                values[name := f"{part}:{grade}:{topic}"] = values[f"{grade}:{topic}"] = 1.0
                spoken[topic].setdefault(tax.phrases[phrase], name)
        if _THE_PARTY.search(reading.text):
            values[THE_PARTY] = 1.0
    at_work = _told_by_all(readings, values)
    return Evidence(values, spoken, _shares(tax, text), at_work)


def _told_by_all(readings: list[tuple[Part, Keyed, float]], values: dict[str, float]) -> str | None:
    keys = {part: reading.key for part, reading, _ in readings}
    at_work = committee_at_work(keys.get("title", "")) or committee_at_work(keys.get("lead", ""))
    if at_work:
        values[AT_WORK] = 1.0
    if congress_of_others(keys.get("title", "")):
        values[OTHERS_CONGRESS] = 1.0
    return at_work


def _shares(tax: Taxonomy, text: str | None) -> dict[str, float]:
    """What the body's first paragraphs speak of: phrases of each topic, in proportion to the most frequent one's."""
    if not text:
        return {}
    whole = keyed(text)  # made before, by who looked for meetings in it
    reading = Keyed(whole.text[:READ], whole.key[:READ], whole.offsets)
    counts: dict[str, float] = defaultdict(float)
    for phrase in phrases_in(tax, reading, brief=False):
        for topic, grade in tax.meanings[phrase]:
            counts[topic] += 0.5 if grade == "medium" else 1.0
    most = max(counts.values(), default=0.0)
    return {topic: count / most for topic, count in counts.items() if count >= LEAST}


def runs(key: str) -> Iterator[str]:
    """Runs of up to three of the first syllables of a key, numbers as `#`; one may reach over a comma.

    >>> list(runs("học bác, 12 việc"))
    ['học', 'học bác', 'học bác #', 'bác', 'bác #', 'bác # việc', '#', '# việc', 'việc']
    """
    words = (m.group() for m in islice(_SYLLABLE.finditer(key), MOST))
    syllables = ["#" if _NUMBER.fullmatch(word) else word for word in words]
    for start in range(len(syllables)):
        run = syllables[start]
        yield run
        for syllable in syllables[start + 1 : start + LONGEST]:
            run = f"{run} {syllable}"
            yield run


def _opening(title: str | None, text: str | None) -> str | None:
    """The first full paragraph of a body that is not the title again."""
    head = exact_key(title or "")
    for line in (text or "")[:READ].splitlines():
        if len(line) >= FULL_PARAGRAPH and exact_key(line) != head:
            return line
    return None
