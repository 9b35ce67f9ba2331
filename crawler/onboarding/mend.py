"""`sources check --mend`: where a section went whose address answers 404 or lists nothing, proved by three articles.

1. A section is *lost* when its own page answers 404 or 410, lists no link, or lists none of the row's articles, while
   the outlet itself answers. A wall, a time-out or a robots.txt that forbids says nothing of the address: left alone.
2. It is looked for where `sources add` looks: in the menu of the home page, and where that ends at politics in the
   menu of that page. A link that bears the section's own name comes first; one that speaks of Party building stands
   in only for a section that does.
3. A candidate counts when it is no section of the row already and three articles of its list are read as such.

Pure but for `ask`, the polite request that the caller hands in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from crawler.article import Article, Page
from crawler.crawl.probe import Ask, ProbeAnswer
from crawler.discovery import listing
from crawler.discovery.page_links import Anchor, anchors
from crawler.onboarding.check import ARTICLES, TRIES, ChannelCheck, Check, links_of
from crawler.onboarding.sections import SURE, find_sections, section_score
from crawler.onboarding.visit import FetchCache
from crawler.reading.extract import read
from crawler.source import Section, Source
from crawler.text.normal import fold
from crawler.urls import request_url

CANDIDATES = 4
"""Pages looked at for one lost section."""
_GONE = frozenset({404, 410})
_EMPTY = frozenset({"no links", "no link matches articles.url"})


@dataclass(frozen=True, slots=True)
class Mending:
    """A lost section, and where it is now."""

    position: int
    """Of the section in the row, from 0."""
    section: str
    old: str
    problem: str
    """What its address answers today."""
    new: str | None
    """None: it was not found."""
    name: str | None = None
    """What the outlet calls it there."""
    proof: tuple[tuple[str, str], ...] = ()
    """(address, title) of three articles that the new list brings."""

    def to_json(self) -> dict[str, Any]:
        """As `sources check --mend --json` prints it."""
        return {
            "section": self.section, "old": self.old, "problem": self.problem, "new": self.new, "name": self.name,
            "articles": [{"url": url, "title": title} for url, title in self.proof],
        }  # fmt: skip


def mend(done: Check, ask: Ask, *, now: datetime) -> list[Mending]:
    """A proposal for every lost section of a row that was checked; none where nothing is lost."""
    lost = [
        (at, section, why) for at, section in enumerate(done.source.sections) if (why := _lost(done, section))
    ]
    if not lost:
        return []

    def asked(url: str) -> ProbeAnswer:
        return ask(url, delay=done.source.crawl.delay)

    def fetch(url: str) -> Page | str | None:
        answer = asked(url)
        return answer.page or answer.problem

    visit = FetchCache(fetch, {})
    home = visit.tree(done.source.homepage)
    menu = anchors(*home) if home else []
    taken = {request_url(section.url) for section in done.source.sections}
    found: list[Mending] = []
    for at, section, why in lost:
        made = Mending(at, section.name, section.url, why, None)
        for anchor in islice(_candidates(section, menu, visit, taken), CANDIDATES):
            if proof := _proof(anchor, done.source, section, visit, asked, now):
                made = Mending(at, section.name, section.url, why, anchor.url, anchor.text, proof)
                taken.add(anchor.url)
                break
        found.append(made)
    return found


def _lost(done: Check, section: Section) -> str | None:
    """What is wrong with a section's page; None where it is well, or its answer says nothing of the address."""
    pages = [
        c for c in done.channels if c.section == section.name and c.kind == "listing" and c.url == section.url
    ]
    return next((problem for page in pages if (problem := _telling(page))), None)


def _telling(page: ChannelCheck) -> str | None:
    if page.status in _GONE:
        return f"HTTP {page.status}"
    return page.problem if page.problem in _EMPTY else None


def _candidates(
    section: Section, menu: Sequence[Anchor], visit: FetchCache, taken: set[str | None]
) -> Iterator[Anchor]:
    """Links that may lead to the section, likeliest first, each once."""
    given: set[str] = set()
    for anchor in _offers(section, menu, visit):
        if anchor.url not in given and anchor.url not in taken:
            given.add(anchor.url)
            yield anchor


def _offers(section: Section, menu: Sequence[Anchor], visit: FetchCache) -> Iterator[Anchor]:
    yield from _of_its_name(section, menu)
    party = section_score(Anchor(section.url, section.name, beside=True)) >= SURE
    if party:
        yield from (a for a in find_sections(menu) if section_score(a) >= SURE)
    for broader in [a for a in find_sections(menu) if section_score(a) < SURE][:2]:
        inner = visit.tree(broader.url)
        deeper = anchors(*inner) if inner else []
        yield from _of_its_name(section, deeper)
        if party:
            yield from (a for a in find_sections(deeper) if section_score(a) >= SURE)


def _of_its_name(section: Section, links: Sequence[Anchor]) -> list[Anchor]:
    return [a for a in links if fold(a.text) == fold(section.name)]


def _proof(
    anchor: Anchor, source: Source, section: Section, visit: FetchCache, asked: Any, now: datetime
) -> tuple[tuple[str, str], ...]:
    """Three articles of a list, as (address, title); empty where it has fewer that can be read."""
    page = visit.page(anchor.url)
    if page is None or listing.is_article(anchor.url, source):
        return ()
    links = links_of("listing", page, source, section, asked, now)
    proof: list[tuple[str, str]] = []
    for link in [link for link in links if listing.is_article(link.url, source)][:TRIES]:
        answer = visit.page(link.url)
        outcome = read(answer, source) if answer is not None else None
        if isinstance(outcome, Article):
            proof.append((link.url, outcome.title))
        if len(proof) == ARTICLES:
            return tuple(proof)
    return ()
