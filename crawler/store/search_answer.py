"""What a search answers: stories with their hits, a count, a cursor, facets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from crawler.article import Article
from crawler.query.matcher import Hit, SearchDoc
from crawler.store.search_facets import Facets


@dataclass(frozen=True, slots=True)
class Found:
    """One article that answers."""

    id: int
    version: int
    article: Article
    story: int
    source: str
    published: str | None
    first_seen: datetime
    hit: Hit
    doc: SearchDoc


@dataclass(frozen=True, slots=True)
class StoryHit:
    """One story of an answer, by the article that answers: the newest of it, or the oldest, or the most relevant."""

    url: str
    title: str
    published: str | None
    source: str
    source_name: str
    province: str | None
    story: int
    article: int
    """Its number in the store."""
    snippet: str
    marks: list[list[int]]
    """Where in the snippet the words stand."""
    title_marks: list[list[int]]
    """Where in the title they stand."""
    also: list[dict[str, str]]
    """The other articles of the story, those that do not answer included: source and url."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A page of answers."""

    query: str
    hits: tuple[StoryHit, ...]
    total: int
    """Stories that answer; where `total_exact` is false there are more."""
    articles: int
    """Articles that answer, in the same way."""
    total_exact: bool
    after: str | None
    """What the next page is asked with; None on the last."""
    stopped: bool = False
    """The time was over before the page was full: what it has is right, and there may be more."""
    interrupted: bool = False
    """Ctrl-C ended it, also where it was only counting any more."""
    facets: Facets | None = None
    missing: int = 0
    """Stored articles that are not in the index yet: `diemtin reindex`."""

    @property
    def count(self) -> str:
        """The number of stories as a person reads it: `12`, or `hơn 12`."""
        return f"{'' if self.total_exact else 'hơn '}{self.total}"

    def to_json(self) -> dict[str, Any]:
        """The search JSON of DESIGN §6.3, with what has grown since."""
        found = {
            "query": self.query,
            "total": self.total,
            "articles": self.articles,
            "total_exact": self.total_exact,
            "after": self.after,
            "stopped": self.stopped,
            "interrupted": self.interrupted,
            "missing": self.missing,
            "hits": [asdict(hit) for hit in self.hits],
        }
        return found if self.facets is None else found | {"facets": self.facets.to_json()}
