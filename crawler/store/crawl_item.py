"""One page on its way from the fetch to the commit: the one item of the pipelines, and what the store takes in.

Each stage sets the fields it owns and passes on a copy; what an earlier stage must have set is asked for by property.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from crawler.article import Article, Disposition, Page
from crawler.query.search_text import SearchText
from crawler.source import Source
from crawler.store.captures import Capture
from crawler.store.watches import Watch
from crawler.story.fingerprint import Fingerprint, fingerprint_of
from crawler.text.normal import key_hash


@dataclass(frozen=True, slots=True)
class WatchHit:
    """A watch that matches an article, before it is known what is new about the article."""

    watch: Watch
    words: tuple[str, ...]
    spans: Mapping[str, Sequence[tuple[int, int]]]
    """Zone → places in its text, captions as `caption:` and a number (`search_document.spans_by_zone`)."""


@dataclass(frozen=True, slots=True)
class Stored:
    """How an article ended."""

    disposition: Disposition
    article: int
    story: int


@dataclass(frozen=True)
class CrawlItem:
    """A page, then its article, with all that is found out about it."""

    # the spider
    link: str
    """The frontier's key of the link that led here."""
    addresses: tuple[str, ...] = ()
    """Further addresses it answers under: as linked, as redirected."""
    page: Page | None = field(default=None, repr=False)
    """As fetched; let go once it is read."""
    captured: Capture | None = None
    """Where the archive keeps the page; None: it does not."""
    section: str | None = None
    """The section that vouches for the link."""
    outlet: Source | None = None
    """The registry row it came by: watches for edits ask for its names."""
    province: str | None = None
    revisit: bool = False
    backlog: datetime | None = None
    """When the first look at its section found it; None: it was found later."""
    first_look: datetime | None = None
    """When its source was looked at first; None: nothing is known of that."""
    # clean, and classify for its annotations
    article: Article | None = None
    # dedupe
    key: str | None = None
    """The hash of its text without typography (`crawler.text.normal.key_hash`); made where it is missing."""
    fingerprint: Fingerprint | None = None
    """What near-duplicates of its text share; made where it is missing."""
    # alert
    words: SearchText | None = None
    """Its text for the full-text index; made where it is missing."""
    hits: tuple[WatchHit, ...] = ()
    # store
    stored: Stored | None = None

    @property
    def fetched(self) -> Page:
        """The page; raises TypeError once it was let go."""
        if self.page is None:
            raise TypeError(f"{self.link}: the page was let go, or never fetched")
        return self.page

    @property
    def read(self) -> Article:
        """The article; raises TypeError before the clean stage."""
        if self.article is None:
            raise TypeError(f"{self.link}: the clean stage did not run")
        return self.article

    @cached_property
    def text_key(self) -> str:
        """`key`, made where it is missing."""
        return self.key or key_hash(self.read.text)

    @cached_property
    def text_fingerprint(self) -> Fingerprint:
        """`fingerprint`, made where it is missing."""
        return self.fingerprint or fingerprint_of(self.read)

    @property
    def urls(self) -> tuple[str, ...]:
        """All its addresses, each once, the canonical one first."""
        return tuple(dict.fromkeys((self.read.canonical_url, *self.addresses)))
