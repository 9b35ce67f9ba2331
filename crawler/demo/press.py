"""The fictitious press as data: outlets, their pieces in two editions, and the truth about every page.

Everything is read from `outlets.toml` and `articles/*.toml`, with days relative to `now`; nothing here
knows a socket. The texts are written for late November, so another `now` moves the dates and nothing else.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crawler.article import Block, Caption, Status
from crawler.dates.zones import VIETNAM
from crawler.demo.prose import body_blocks, on_the_day, slug
from crawler.errors import InvalidInput
from crawler.messages import explain
from crawler.text.normal import clean_line, compose_text

HERE = Path(__file__).parent
DEMO_NOW = datetime(2026, 11, 21, 7, 0, tzinfo=VIETNAM)
"""The demo's today, a Saturday morning, so that its output is the same on every machine."""
Model = TypeVar("Model", bound=BaseModel)
EDITIONS = (1, 2)
"""The state of the press at the first crawl, and at the second, later that day: one article edited, one added.

What is new in the second edition bears times up to 10:05 of the demo's today, after the first crawl: serve it with a
clock that stands later.
"""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PressSection(_Row):
    """One listing of an outlet."""

    key: str
    name: str
    path: str
    number: int = 0
    """The category id of the JSON listing."""


class PressChannel(_Row):
    """A feed, sitemap or JSON listing and the section it tells."""

    path: str
    section: str
    dirty: bool = False
    """Text stands before the XML declaration."""


class Gone(_Row):
    """A link that leads to a removed article."""

    section: str
    title: str
    path: str


class Recycled(_Row):
    """A link whose id has been given to another article."""

    section: str
    title: str
    number: int
    shows: str


class PressOutlet(_Row):
    """One outlet of the press."""

    id: str
    name: str
    province: str
    markup: str
    """The CMS family; `bot_wall` answers every page with a challenge."""
    article: str
    pages: str
    page_size: int = Field(gt=0)
    numbers: int
    credit: Literal["same", "next"]
    """Whether a picture's credit stands on its caption's line or on the next."""
    dateline: str = ""
    robots: str
    sections: tuple[PressSection, ...]
    feed: PressChannel | None = None
    sitemap: PressChannel | None = None
    json_listing: PressChannel | None = None
    gone: tuple[Gone, ...] = ()
    recycled: tuple[Recycled, ...] = ()

    def section(self, key: str) -> PressSection:
        """The section with this key."""
        return next(s for s in self.sections if s.key == key)


class _Meeting(_Row):
    kind: str
    day: int | None
    session: Literal["sáng", "chiều", "tối", ""] = ""
    status: Status = "held"


class _Edit(_Row):
    at: str
    lead: str | None = None
    body: str


class _Written(_Row):
    """One `[[article]]` as written in a data file."""

    id: str
    at: str
    title: str
    sections: tuple[str, ...] = Field(("xay-dung-dang",), alias="in")
    lead: str = ""
    by: str | None = None
    relevant: bool = True
    documents: tuple[str, ...] = ()
    meeting: _Meeting | None = None
    body: str = ""
    wire: str | None = None
    cut: int = 0
    """How many closing paragraphs of the wire story the outlet left out."""
    prefix: str = ""
    tracking: str | None = None
    moved_from: str | None = None
    charset: str = "utf-8"
    decomposed: bool = False
    fails_once: bool = False
    online_from: int = 1
    edit: _Edit | None = None


class _Wire(_Row):
    id: str
    lead: str
    by: str
    documents: tuple[str, ...]
    meeting: _Meeting | None
    body: str


@dataclass(frozen=True, slots=True)
class ExpectedMeeting:
    """The meeting an article reports, by the conventions of the labelled sets."""

    kind: str
    date: str | None
    session: str | None
    status: Status


@dataclass(frozen=True, slots=True)
class Expected:
    """The truth about one article in one edition."""

    id: str
    outlet: str
    path: str
    """The canonical address without scheme and host."""
    sections: tuple[str, ...]
    """Names of the sections that link to it; empty for a page that only a recycled id shows."""
    title: str
    lead: str
    blocks: tuple[Block, ...]
    """Lead, headings, paragraphs, captions as printed and the by-line, in reading order."""
    captions: tuple[Caption, ...]
    authors: tuple[str, ...]
    byline: str | None
    published: str
    """ISO with minutes, +07:00."""
    updated: str | None
    relevant: bool
    wire: str | None
    """Articles with the same value are copies of one wire story."""
    documents: tuple[str, ...]
    """Keys of the Party documents it cites, in the order of their first mention."""
    meeting: ExpectedMeeting | None
    forbidden: bool
    """robots.txt keeps it from being fetched."""

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """Lead, headings and paragraphs: the body without captions and by-line."""
        return tuple(b.text for b in self.blocks if b.kind in ("lead", "heading", "paragraph"))

    @property
    def text(self) -> str:
        """The corpus text (DESIGN §6.4); the demo's rows name no section and no place."""
        return compose_text((self.title, *(b.text for b in self.blocks)))


@dataclass(frozen=True, slots=True)
class PressPiece:
    """One article as its outlet serves it: the truth and how it is put on the web."""

    expected: Expected
    published: datetime
    updated: datetime | None
    sections: tuple[str, ...]
    """Section keys."""
    pictures: tuple[Caption, ...]
    tracking: str | None
    """A query the listings put behind the address."""
    moved_from: str | None
    """The old path that the listings still name; it redirects."""
    charset: str
    """What the Content-Type header claims; the bytes are UTF-8."""
    decomposed: bool
    """The page is served in NFD."""
    fails_once: bool
    """The first request is answered 500."""

    @property
    def touched(self) -> datetime:
        """When it last changed."""
        return self.updated or self.published


@dataclass(frozen=True, slots=True)
class Press:
    """The whole press at one moment."""

    now: datetime
    outlets: tuple[PressOutlet, ...]
    editions: Mapping[int, tuple[PressPiece, ...]]
    """All pieces of each edition, newest first."""

    @classmethod
    def load(cls, now: datetime = DEMO_NOW) -> Press:
        """The press as of `now` (aware). Raises InvalidInput naming file and key for a wrong data file."""
        outlets = tuple(
            _checked(PressOutlet, row, "outlets.toml") for row in _tables(HERE / "outlets.toml", "outlet")
        )
        wires = {
            wire.id: wire
            for wire in (_checked(_Wire, row, "wires.toml") for row in _tables(HERE / "wires.toml", "wire"))
        }
        today = now.astimezone(VIETNAM).date()
        pieces: dict[int, list[PressPiece]] = {edition: [] for edition in EDITIONS}
        for outlet in outlets:
            path = HERE / "articles" / f"{outlet.id}.toml"
            rows = _tables(path, "article") if path.exists() else []
            for position, row in enumerate(rows):
                written = _checked(_Written, row, path.name)
                for edition in EDITIONS:
                    if written.online_from <= edition:
                        pieces[edition].append(_piece(outlet, position, written, wires, today, edition))
        return cls(now, outlets, {edition: _newest_first(found) for edition, found in pieces.items()})

    def until(self, moment: datetime) -> Press:
        """The press as it stood at an earlier moment: without what was published later."""
        editions = {
            edition: tuple(piece for piece in pieces if piece.published <= moment)
            for edition, pieces in self.editions.items()
        }
        return Press(moment, self.outlets, editions)

    @property
    def expected(self) -> dict[str, Expected]:
        """The truth by article id, as the first crawl finds it."""
        return self.expected_in(1)

    def expected_in(self, edition: int) -> dict[str, Expected]:
        """The truth by article id in one edition."""
        return {piece.expected.id: piece.expected for piece in self.editions[edition]}

    def of(self, outlet: str, edition: int) -> tuple[PressPiece, ...]:
        """The pieces of one outlet, newest first."""
        return tuple(p for p in self.editions[edition] if p.expected.outlet == outlet)


def _piece(
    outlet: PressOutlet,
    position: int,
    written: _Written,
    wires: Mapping[str, _Wire],
    today: date,
    edition: int,
) -> PressPiece:
    """One written article as it stands in one edition."""
    wire = wires[written.wire] if written.wire else None
    edit = written.edit if edition > 1 else None
    lead = (edit and edit.lead) or written.lead or (wire.lead if wire else "")
    body = edit.body if edit else written.body
    if wire:
        body = f"{body}\n\n{_without_tail(wire.body, written.cut)}"
    meeting = written.meeting or (wire.meeting if wire else None)
    byline = written.by or (wire.by if wire else None)
    published = _moment(written.at, today)
    updated = _moment(edit.at, today) if edit else None
    lead = clean_line(outlet.dateline + on_the_day(lead, today))
    parts = body_blocks(on_the_day(body, today), credit_below=outlet.credit == "next")
    blocks = (Block("lead", lead), *(block for block, _ in parts))
    title = on_the_day(written.title, today)
    expected = Expected(
        id=written.id,
        outlet=outlet.id,
        path=_path(outlet, written, position, title, published),
        sections=tuple(outlet.section(key).name for key in written.sections),
        title=title,
        lead=lead,
        blocks=(*blocks, Block("byline", byline)) if byline else blocks,
        captions=tuple(caption for _, caption in parts if caption),
        authors=tuple(byline.split(" - ")) if byline else (),
        byline=byline,
        published=published.isoformat(),
        updated=updated.isoformat() if updated else None,
        relevant=written.relevant,
        wire=written.wire,
        documents=wire.documents if wire else written.documents,
        meeting=_meeting(meeting, today) if meeting else None,
        forbidden=bool(written.prefix) and f"Disallow: {written.prefix}/" in outlet.robots,
    )
    return PressPiece(
        expected=expected,
        published=published,
        updated=updated,
        sections=written.sections,
        pictures=expected.captions,
        tracking=written.tracking,
        moved_from=written.moved_from,
        charset=written.charset,
        decomposed=written.decomposed,
        fails_once=written.fails_once,
    )


def _path(outlet: PressOutlet, written: _Written, position: int, title: str, published: datetime) -> str:
    shown_by = {r.shows: r.number for r in outlet.recycled}
    section = outlet.section(written.sections[0]).path if written.sections else "/"
    return written.prefix + outlet.article.format(
        section=section,
        yyyymm=f"{published:%Y%m}",
        slug=slug(title),
        hex=hashlib.sha256(written.id.encode()).hexdigest()[:7],
        number=shown_by.get(written.id, outlet.numbers + 3 * position),
    )


def _without_tail(body: str, count: int) -> str:
    paragraphs = body.strip().split("\n\n")
    return "\n\n".join(paragraphs[: len(paragraphs) - count])


def _meeting(meeting: _Meeting, today: date) -> ExpectedMeeting:
    day = None if meeting.day is None else (today + timedelta(days=meeting.day)).isoformat()
    return ExpectedMeeting(meeting.kind, day, meeting.session or None, meeting.status)


def _moment(at: str, today: date) -> datetime:
    """`-1 16:47` as a time in Vietnam."""
    days, clock = at.split()
    return datetime.combine(today + timedelta(days=int(days)), time.fromisoformat(clock), VIETNAM)


def _newest_first(pieces: list[PressPiece]) -> tuple[PressPiece, ...]:
    return tuple(sorted(pieces, key=lambda p: (p.touched, p.expected.id), reverse=True))


def _tables(path: Path, name: str) -> list[dict[str, Any]]:
    try:
        rows = tomllib.loads(path.read_text(encoding="utf-8"))[name]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise InvalidInput(
            f"{path.name}: không đọc được bảng [[{name}]] nào / no readable [[{name}]] tables: {error}"
        ) from error
    return list(rows)


def _checked(model: type[Model], row: dict[str, Any], where: str) -> Model:
    try:
        return model.model_validate(row)
    except ValidationError as error:
        raise InvalidInput(f"{where}: {row.get('id', '?')}: {explain(error)}") from error
