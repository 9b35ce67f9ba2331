"""What the stages ask of a worker: one pure function each, with what the process knows of rows, topics and watches.

They run in a worker process, or in this one where there is none; arguments and answers are pickled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crawler.annotate import annotate
from crawler.article import Annotations, Article, Disposition, NoArticle, Page, published_day
from crawler.query.matcher import Hit
from crawler.query.parser import Query
from crawler.query.search_document import doc_of
from crawler.query.search_text import SearchText, search_text
from crawler.query.watch_index import WatchIndex
from crawler.reading.extract import read
from crawler.reading.sampling import Sampling
from crawler.reading.second_reader import second_reading
from crawler.source import Source
from crawler.story.fingerprint import Fingerprint, fingerprint_of
from crawler.text.normal import key_hash, looks_vietnamese
from crawler.topic.model import LearnedTopics
from crawler.topic.topics import why_not_ours


@dataclass(frozen=True, slots=True)
class Knowing:
    """What a worker knows besides its task; made once for each process."""

    rows: Mapping[str, Source] = field(default_factory=dict)
    learned: LearnedTopics | None = None
    watches: WatchIndex[int] = field(default_factory=lambda: WatchIndex(()))

    def row_of(self, source: str | None) -> Source | None:
        """The registry row of a page or an article."""
        return self.rows.get(source or "")


_here: list[Knowing] = [Knowing()]
"""What this process knows: the last."""


def knowing(
    rows: Mapping[str, Source], learned: Path | None, watches: Sequence[tuple[int, Query]]
) -> Knowing:
    """What a process knows, made of what can be sent to it."""
    return Knowing(rows, LearnedTopics.load(learned) if learned is not None else None, WatchIndex(watches))


def know(what: Knowing) -> None:
    """Let the tasks of this process know it."""
    _here[:] = [what]


def clean(page: Page, section: str | None, sampling: Sampling | None = None) -> Article | NoArticle:
    """Page → article, or why it is none; `section` is the article's where the page names none.

    The second reader reads the page too where `sampling` wants it.
    """
    outcome = read(page, _here[-1].row_of(page.source))
    if isinstance(outcome, NoArticle):
        return outcome
    if not looks_vietnamese(outcome.text):
        return NoArticle(Disposition.NOT_VIETNAMESE, "few Vietnamese letters")
    twice = sampling is not None and sampling.wants(outcome)
    agreement = second_reading(page.body, outcome) if twice else None
    return outcome.noted(section=outcome.section or section, agreement=agreement)


def likeness(article: Article) -> tuple[str, Fingerprint]:
    """The hash of the text without typography, and what near-duplicates of it share."""
    return key_hash(article.text), fingerprint_of(article)


def classify(article: Article, *, kept: bool = False) -> Annotations:
    """Documents, meetings, topics; offsets of the field `text` point into the corpus text.

    `kept`: a person says that it is about Party-building work.
    """
    row = _here[-1].row_of(article.source)
    return annotate(
        title=article.title,
        lead=article.lead,
        text=article.text,
        published=published_day(article.published),
        section=article.section,
        province=row.province if row is not None else None,
        learned=_here[-1].learned,
        kept=kept,
    )


def why_off_topic(article: Article) -> str:
    """Why the topic model finds an article to be none of ours, for a person."""
    return why_not_ours(
        article.title, article.lead, article.text, section=article.section, model=_here[-1].learned
    )


def answers(article: Article) -> tuple[SearchText, tuple[tuple[int, Hit], ...]]:
    """The text for the full-text index, and the numbers of the watches that match, with the places."""
    doc = doc_of(article, _here[-1].row_of(article.source))
    return search_text(doc), tuple(_here[-1].watches.match(doc))
