"""The records that flow: page, article, annotations, and the closed list of dispositions.

All are frozen and slotted; stages return `dataclasses.replace(...)`. `None` means unknown,
an empty tuple means "none on the page". Times are aware.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Literal

from crawler.dates.zones import VIETNAM
from crawler.text.normal import compose_text

Precision = Literal["minute", "day"]
DateOrigin = Literal["json-ld", "meta", "visible", "url", "feed", "dateline"]
System = Literal["party", "state", "mass"]
Status = Literal["held", "upcoming", "postponed", "cancelled"]
Field = Literal["title", "lead", "text"]


class Disposition(StrEnum):
    """How every fetched page ends: exactly one of these, counted once (DESIGN invariant 1)."""

    STORED = "stored"
    """A new article was committed."""
    UPDATED = "updated"
    """A known article whose text changed: a new version was committed."""
    UNCHANGED = "unchanged"
    """A known article with the same text: only the time last seen was written."""
    DUPLICATE_KEPT = "duplicate_kept"
    """A new address carrying a text that another article already has: kept, joined to its story."""
    LISTING = "dropped:listing"
    """A listing, hub or search page where an article was expected."""
    BOT_WALL = "dropped:bot_wall"
    """A bot wall or challenge, whatever its status code: respected, never stored."""
    LOGIN_WALL = "dropped:login_wall"
    """The page asks for a log-in or a subscription."""
    EMPTY_SHELL = "dropped:empty_shell"
    """Markup that only a browser would fill."""
    ERROR_PAGE = "dropped:error_page"
    """An error message served with status 200."""
    WRONG_ARTICLE = "dropped:wrong_article"
    """The page's title disagrees with the link that led to it (a recycled id)."""
    NOT_HTML = "dropped:not_html"
    """A PDF, an image or another type that cannot be read as an article."""
    TOO_LARGE = "dropped:too_large"
    """Over the size bound."""
    TOO_SHORT = "dropped:too_short"
    """No readable body."""
    UNREADABLE = "dropped:unreadable"
    """Parsing failed; the error is in the log."""
    UNREAD = "dropped:unread"
    """Its reader was killed, or ran out of its time or memory: the page was not judged. Owed until the third time."""
    NOT_VIETNAMESE = "dropped:not_vietnamese"
    """The text is in another language."""
    OFF_TOPIC = "dropped:off_topic"
    """Not about Party-building work, and its section does not vouch for it."""
    TOO_OLD = "dropped:too_old"
    """Published before the window that was asked for."""
    GONE = "dropped:gone"
    """404 or 410."""
    HTTP_ERROR = "dropped:http_error"
    """Another status than 200 after the allowed retries, or a connection that failed."""
    ROBOTS = "dropped:robots"
    """robots.txt forbids it."""
    PRIVATE_ADDRESS = "dropped:private_address"
    """The address, or a redirect, leads into a private network and that is not allowed."""

    @property
    def dropped(self) -> bool:
        """Whether nothing of the page was kept."""
        return self.value.startswith("dropped:")

    @property
    def reason(self) -> str:
        """The reason without its prefix: `gone` of `dropped:gone`."""
        return self.value.removeprefix("dropped:")


@dataclass(frozen=True, slots=True)
class Page:
    """One fetched response as it came."""

    url: str
    """The address that answered, after redirects."""
    body: bytes = field(repr=False)
    fetched: datetime
    status: int = 200
    content_type: str | None = None
    """The Content-Type header as sent; its charset is a hint, not a fact."""
    source: str | None = None
    """Id of the registry row, or None for the generic reading."""
    requested_url: str | None = None
    """The address asked for, when a redirect changed it."""
    link_title: str | None = None
    """The text of the link or feed item that led here: a page about something else is a recycled id."""
    feed_published: datetime | None = None
    """The date a feed or sitemap gave: one candidate among others."""
    fresh: bool = False
    """It was found where what is new is listed: a day printed without its year is of the last twelve months."""


@dataclass(frozen=True, slots=True)
class DateFound:
    """One candidate date with where it stood."""

    value: str
    """ISO 8601: `2019-12-13T16:47:00+07:00`, or `2019-12-13` where only the day is known."""
    origin: DateOrigin
    where: str
    """The place: a JSON-LD key, a meta name, a CSS-like path, `url`, or the words of a dateline."""
    used: bool = False


@dataclass(frozen=True, slots=True)
class Caption:
    """The text under a picture, its credit apart."""

    text: str
    credit: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """One block of the body in reading order."""

    kind: Literal["lead", "heading", "paragraph", "caption", "byline", "row", "inset"]
    """`row` is a row of a table of data, `inset` a paragraph of a box beside the story: both are printed in the
    corpus text where they stand and are no paragraphs of the story."""
    text: str


@dataclass(frozen=True, slots=True)
class Issued:
    """The words that say a document was issued just now: `vừa ban hành`, `Ngày 18/11, Ban Bí thư ban hành`."""

    phrase: str
    start: int
    end: int
    """Code-point offsets in the citation's field as given."""


@dataclass(frozen=True, slots=True)
class Citation:
    """The place in an article that names a document (`domain/GRAMMAR.md`)."""

    field: Field
    start: int
    end: int
    """Code-point offsets in the field as given."""
    surface: str
    type: str | None
    number: str | None
    issuer_code: str | None
    key: str
    issuer: str | None
    date: str | None
    """ISO day, month (`2025-09`) or year alone, or None."""
    system: System
    resolved: bool
    """False where the symbol has no organ and none could be inferred: `key` is then partial."""
    term: str | None = None
    """The Party term printed with it ("khóa XII"): `XII`."""
    title: str | None = None
    """What it is about, as printed behind it; cut where the sentence goes on to something else."""
    issued: Issued | None = None
    """Where the article says that the document was issued just now."""
    place: str | None = None
    """The province that the words around name for a local document whose issuer names none."""
    years: int | None = None
    """For how many years it has been carried out ("ba năm thực hiện …"), as printed in front of it."""


@dataclass(frozen=True, slots=True)
class Meeting:
    """A meeting told in an article's prose (`domain/MEETINGS.md`)."""

    field: Field
    start: int
    end: int
    kind: str
    ordinal: int | None
    organiser: str | None
    date: str | None
    date_to: str | None
    session: Literal["sáng", "chiều", "tối"] | None
    status: Status
    place: str | None = None
    chair: str | None = None
    cites: tuple[str, ...] = ()
    """Keys of the documents the meeting is about."""
    time: str | None = None
    """`14:00`, Vietnam's time, where an hour is printed."""
    subject: str | None = None
    """What it is about, as printed: `công tác kiểm tra, giám sát`."""
    was: str | None = None
    """The ISO day for which it had been called, where the report moves it."""
    between: tuple[str, str] | None = None
    """First and last ISO day of a stretch that is all the report tells: `tuần tới`, `cuối tháng 5`."""
    national: str | None = None
    """The Party's congress or a plenum, as its resolution is cited: `ĐH-XIV`, `TW14-XIII`."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the second reader's text of a page is the same as ours."""

    f1: float
    """Of the words of both, 0 to 1."""
    only_ours: tuple[str, ...] = ()
    """The openings of some blocks that it does not have."""
    only_theirs: tuple[str, ...] = ()
    """… and of some that we do not have."""

    def to_json(self) -> dict[str, Any]:
        """As a version keeps it, and as `sources check --json` prints it."""
        return {"f1": self.f1, "only_ours": list(self.only_ours), "only_theirs": list(self.only_theirs)}


@dataclass(frozen=True, slots=True)
class Topic:
    """One label of the taxonomy with the phrases that decided."""

    id: str
    score: float
    because: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Annotations:
    """What an article is about; every offset points into the untouched text."""

    citations: tuple[Citation, ...] = ()
    meetings: tuple[Meeting, ...] = ()
    """The main one first."""
    relevant: bool = False
    topics: tuple[Topic, ...] = ()
    """Strongest first."""
    called_off: tuple[Meeting, ...] = ()
    """Meetings of which it is told that they are put off without a new day, or cancelled."""

    def to_json(self) -> dict[str, Any]:
        """The annotation keys of DESIGN §6.5; `called_off` only where a meeting is."""
        return {
            "citations": [_record(c) for c in self.citations],
            "meetings": [_meeting_record(m) for m in self.meetings],
            "relevant": self.relevant,
            "topics": [_record(t) for t in self.topics],
        } | ({"called_off": [_meeting_record(m) for m in self.called_off]} if self.called_off else {})


@dataclass(frozen=True, slots=True)
class Article:
    """What was read out of one page."""

    url: str
    canonical_url: str
    title: str
    source: str | None = None
    section: str | None = None
    place: str | None = None
    lead: str | None = None
    authors: tuple[str, ...] = ()
    byline: str | None = None
    """The by-line as printed, the last block of the corpus text."""
    published: str | None = None
    published_precision: Precision | None = None
    published_from: DateOrigin | None = None
    updated: str | None = None
    dates: tuple[DateFound, ...] = ()
    blocks: tuple[Block, ...] = ()
    """Lead, headings, paragraphs, captions and by-line in reading order; a caption block is as printed."""
    captions: tuple[Caption, ...] = ()
    images: tuple[str, ...] = ()
    reader: str = "generic"
    """`site` or `generic`, with a variant or a fall-back after a colon where one was chosen."""
    warnings: tuple[str, ...] = ()
    head: tuple[str, ...] = ()
    """Section label and place, where the row's `extract` names them: they open the corpus text."""
    annotations: Annotations = field(default_factory=Annotations)
    agreement: Agreement | None = None
    """What the second reader made of the page; None where it was not asked."""
    _text: str | None = field(default=None, init=False, repr=False, compare=False)
    """`text` once it was asked for: every stage asks again."""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Lead, headings and paragraphs: the body without captions and by-line."""
        return tuple(b.text for b in self.blocks if b.kind in PARAGRAPHS)

    @property
    def text(self) -> str:
        """The corpus text (DESIGN §6.4): NFC, blocks separated by one empty line."""
        if self._text is None:
            section, place = (*self.head, "", "")[:2]
            composed = compose_text((section, self.title, place, *(b.text for b in self.blocks)))
            object.__setattr__(self, "_text", composed)  # frozen: what it says is decided by the other fields
            return composed
        return self._text

    def noted(
        self,
        *,
        section: str | None = None,
        annotations: Annotations | None = None,
        agreement: Agreement | None = None,
    ) -> Article:
        """A copy with these. None is part of its text, which is not composed again."""
        found = replace(
            self,
            section=section or self.section,
            annotations=annotations or self.annotations,
            agreement=agreement or self.agreement,
        )
        object.__setattr__(found, "_text", self._text)
        return found

    def to_json(self) -> dict[str, Any]:
        """The article JSON of DESIGN §6.4, without annotations."""
        return {
            "url": self.url,
            "canonical_url": self.canonical_url,
            "source": self.source,
            "section": self.section,
            "place": self.place,
            "title": self.title,
            "lead": self.lead,
            "authors": list(self.authors),
            "published": self.published,
            "published_precision": self.published_precision,
            "published_from": self.published_from,
            "updated": self.updated,
            "dates": [
                {"value": d.value, "from": d.origin, "where": d.where, "used": d.used} for d in self.dates
            ],
            "paragraphs": list(self.paragraphs),
            "captions": [{"text": c.text, "credit": c.credit} for c in self.captions],
            "images": list(self.images),
            "text": self.text,
            "reader": self.reader,
            "warnings": list(self.warnings),
        }


PARAGRAPHS = ("lead", "heading", "paragraph")
"""The kinds of blocks that are the body without captions and by-line."""


@dataclass(frozen=True, slots=True)
class NoArticle:
    """What the reader returns for a page that is no article: the disposition and why."""

    disposition: Disposition
    why: str


def published_day(published: str | None) -> date | None:
    """The day of an ISO time or day; None stays None."""
    return date.fromisoformat(published[:10]) if published else None


def published_at(published: str | None) -> datetime | None:
    """The moment of an ISO time or day; a day stands at noon in Vietnam.

    >>> published_at("2019-12-13").isoformat()
    '2019-12-13T12:00:00+07:00'
    """
    if published is None:
        return None
    if len(published) == 10:
        return datetime.combine(datetime.fromisoformat(published).date(), time(12), tzinfo=VIETNAM)
    moment = datetime.fromisoformat(published)
    return moment if moment.tzinfo else moment.replace(tzinfo=VIETNAM)


def _meeting_record(meeting: Meeting) -> dict[str, Any]:
    return {"documents" if k == "cites" else k: v for k, v in _record(meeting).items()}


def _record(value: Any) -> dict[str, Any]:
    """A slotted record as a JSON-ready dict, tuples as lists."""
    return {name: _plain(getattr(value, name)) for name in value.__dataclass_fields__}


def _plain(item: Any) -> Any:
    if isinstance(item, Issued):
        return _record(item)
    return list(item) if isinstance(item, tuple) else item
