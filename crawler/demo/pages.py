"""What an outlet answers to each address: articles, listings, feed, sitemap, robots.txt and the faults.

Pure: the same press, edition, base address and day give the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from email.utils import format_datetime
from functools import cache
from math import ceil

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from crawler.article import Caption
from crawler.demo.press import HERE, Press, PressOutlet, PressPiece, PressSection, Recycled
from crawler.demo.prose import WEEKDAYS, slug

HTML = "text/html; charset=utf-8"
RELATED = 3
POPULAR = 4
FEED_NOISE = "<!-- cache miss -->\nNotice: undefined index: cate in rss.php on line 42\n"
"""What stands before the XML declaration of the dirty feed."""
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c636060606000000005000165a3e3ef0000000049454e44ae426082"
)
"""A picture of one transparent pixel (PNG), for every address that ends in .png."""


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    """One response before the connection's own headers."""

    body: bytes
    content_type: str = HTML
    status: int = 200
    location: str | None = None
    etag: str | None = None
    """Set for listings, feeds and sitemaps, which are asked for again and again."""
    last_modified: datetime | None = None
    any_query: bool = False
    """Whether a query behind the address is ignored."""
    fails_once: bool = False


@dataclass(frozen=True, slots=True)
class PageItem:
    """One line of a listing, feed or sitemap."""

    title: str
    href: str
    guid: str
    lead: str | None = None
    published: datetime | None = None
    updated: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Part:
    kind: str
    text: str
    caption: Caption | None
    picture: str


@dataclass(frozen=True, slots=True)
class _Desk:
    """One outlet at work on one day: what every page of it needs."""

    outlet: PressOutlet
    pieces: tuple[PressPiece, ...]
    base: str
    day: date
    answers: dict[str, DemoAnswer] = field(default_factory=dict)

    def page(self, template: str, **values: object) -> bytes:
        """A page of this outlet's templates, in its own markup."""
        rendered = _environment().get_template(template)
        text = rendered.render(outlet=self.outlet, base=self.base, today=long_day(self.day), **values)
        return text.encode()

    @property
    def linked(self) -> tuple[PressPiece, ...]:
        """The pieces that some section links to."""
        return tuple(p for p in self.pieces if p.sections)


def answers(press: Press, outlet: PressOutlet, edition: int, base: str, day: date) -> dict[str, DemoAnswer]:
    """Everything the outlet answers, by path with its query; what is missing is a 404."""
    desk = _Desk(outlet, press.of(outlet.id, edition), base, day)
    desk.answers["/robots.txt"] = DemoAnswer(
        outlet.robots.format(base=base).encode(), "text/plain; charset=utf-8"
    )
    if outlet.markup == "bot_wall":
        return desk.answers
    for piece in desk.pieces:
        _put_article(desk, piece)
    for section in outlet.sections:
        _put_listing(desk, section)
    desk.answers["/"] = desk.answers[outlet.sections[0].path]
    _put_channels(desk)
    return desk.answers


def bot_wall(outlet: PressOutlet, day: date) -> DemoAnswer:
    """The challenge that stands before every page of the walled outlet, status 200."""
    token = hashlib.sha256(outlet.id.encode()).hexdigest()[:32]
    return DemoAnswer(_Desk(outlet, (), "", day).page("bot_wall.html.j2", token=token), any_query=True)


def long_day(day: date) -> str:
    """The day as page headers print it.

    >>> long_day(date(2026, 11, 21))
    'Thứ bảy, 21/11/2026'
    """
    return f"{WEEKDAYS[day.weekday()].capitalize()}, {day:%d/%m/%Y}"


def _put_article(desk: _Desk, piece: PressPiece) -> None:
    article = piece.expected
    section = next((s for s in desk.outlet.sections if s.key in piece.sections), desk.outlet.sections[0])
    others = [p for p in desk.linked if p is not piece]
    after = sum(p.expected.id < article.id for p in others)
    body = desk.page(
        f"{desk.outlet.markup}.article.html.j2",
        a=article,
        section=section,
        published=piece.published,
        weekday=WEEKDAYS[piece.published.weekday()].capitalize(),
        body=tuple(_parts(piece)),
        structured=Markup(_structured(desk, piece).replace("<", "\\u003c")),
        related=[_Link.to(others[(after + n) % len(others)]) for n in range(min(RELATED, len(others)))],
        popular=_popular(others),
    )
    if piece.decomposed:
        body = unicodedata.normalize("NFD", body.decode()).encode()
    answer = DemoAnswer(
        body,
        content_type=f"text/html; charset={piece.charset}",
        any_query=True,
        fails_once=piece.fails_once,
    )
    desk.answers[article.path] = answer
    if piece.moved_from:
        desk.answers[piece.moved_from] = DemoAnswer(b"", status=301, location=desk.base + article.path)
    for link in desk.outlet.recycled:
        if link.shows == article.id:
            desk.answers[recycled_path(desk.outlet, link)] = answer


def _put_listing(desk: _Desk, section: PressSection) -> None:
    outlet = desk.outlet
    items = _items(desk, section)
    count = max(1, ceil(len(items) / outlet.page_size))
    # One page more than there are articles for: a reader who counts pages up finds it empty, as at the real ones.
    addresses = [section.path] + [_page_path(outlet, section, n) for n in range(2, count + 2)]
    for number, address in enumerate(addresses, start=1):
        body = desk.page(
            f"{outlet.markup}.listing.html.j2",
            section=section,
            items=items[(number - 1) * outlet.page_size : number * outlet.page_size],
            page=number,
            pages=[{"number": n, "href": a} for n, a in enumerate(addresses[:count], start=1)],
            next=addresses[number] if number < count else None,
            popular=_popular(desk.linked),
        )
        desk.answers[address] = _conditional(body, HTML, items)
    desk.answers[_page_path(outlet, section, 1)] = desk.answers[section.path]


def _put_channels(desk: _Desk) -> None:
    outlet = desk.outlet
    if outlet.feed:
        section = outlet.section(outlet.feed.section)
        items = _items(desk, section)
        body = desk.page("feed.xml.j2", section=section, items=items, rfc822=format_datetime)
        body = FEED_NOISE.encode() + body if outlet.feed.dirty else body
        desk.answers[outlet.feed.path] = _conditional(body, "application/rss+xml; charset=utf-8", items)
    if outlet.sitemap:
        items = _items(desk, outlet.section(outlet.sitemap.section))
        body = desk.page("sitemap.xml.j2", items=items)
        desk.answers[outlet.sitemap.path] = _conditional(body, "application/xml; charset=utf-8", items)
    if outlet.json_listing:
        section = outlet.section(outlet.json_listing.section)
        items = _items(desk, section)
        size = outlet.page_size
        count = ceil(len(items) / size)
        for number in range(1, count + 2):
            query = f"?page={number}&limit={size}&category_id={section.number}"
            rows = [_json_row(desk, i) for i in items[(number - 1) * size : number * size]]
            page = {"current_page": number, "last_page": count, "data": rows}
            desk.answers[outlet.json_listing.path + query] = _conditional(
                json.dumps(page, ensure_ascii=False).encode(), "application/json; charset=utf-8", items
            )


def _items(desk: _Desk, section: PressSection) -> list[PageItem]:
    """The lines of a section, newest first; broken links stand behind the third, where a crawl meets them."""
    outlet = desk.outlet
    items = [
        PageItem(
            title=p.expected.title,
            href=(p.moved_from or p.expected.path) + (f"?{p.tracking}" if p.tracking else ""),
            guid=f"{outlet.id}-{p.expected.id}",
            lead=p.expected.lead,
            published=p.published,
            updated=p.updated,
        )
        for p in desk.pieces
        if section.key in p.sections
    ]
    broken = [PageItem(g.title, g.path, g.path) for g in outlet.gone if g.section == section.key]
    broken += [
        PageItem(r.title, recycled_path(outlet, r), str(r.number))
        for r in outlet.recycled
        if r.section == section.key
    ]
    return items[:3] + broken + items[3:]


def _json_row(desk: _Desk, item: PageItem) -> dict[str, str | None]:
    return {
        "title": item.title,
        "url": desk.base + item.href,
        "description": item.lead,
        "published_at": item.published.isoformat() if item.published else None,
    }


def _conditional(body: bytes, content_type: str, items: Sequence[PageItem]) -> DemoAnswer:
    touched = [moment for i in items if (moment := i.updated or i.published)]
    etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
    return DemoAnswer(body, content_type, etag=etag, last_modified=max(touched, default=None))


def _page_path(outlet: PressOutlet, section: PressSection, number: int) -> str:
    return section.path + outlet.pages.format(page=number)


def recycled_path(outlet: PressOutlet, link: Recycled) -> str:
    """The address of a recycled link: the old title's words, the id of another article."""
    return outlet.article.format(section="/", yyyymm="", slug=slug(link.title), hex="", number=link.number)


@dataclass(frozen=True, slots=True)
class _Link:
    path: str
    title: str
    published: datetime

    @classmethod
    def to(cls, piece: PressPiece) -> _Link:
        return cls(piece.expected.path, piece.expected.title, piece.published)


def _popular(pieces: Iterable[PressPiece]) -> list[_Link]:
    return [_Link.to(p) for p in sorted(pieces, key=lambda p: p.expected.path)[:POPULAR]]


def _parts(piece: PressPiece) -> Iterable[_Part]:
    captions = iter(piece.pictures)
    for number, block in enumerate(piece.expected.blocks):
        if block.kind in ("lead", "byline"):
            continue
        picture = hashlib.sha256(f"{piece.expected.id}/{number}".encode()).hexdigest()[:32]
        yield _Part(block.kind, block.text, next(captions) if block.kind == "caption" else None, picture)


def _structured(desk: _Desk, piece: PressPiece) -> str:
    """The JSON-LD of the families that have it: one complete, one with a bare name and day."""
    article = piece.expected
    if desk.outlet.markup == "content_fck_aid":
        found: dict[str, object] = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "name": article.title,
            "datePublished": f"{piece.published:%Y-%m-%d}",
        }
    else:
        found = {
            "@context": "https://schema.org",
            "@type": "NewsArticle",
            "mainEntityOfPage": desk.base + article.path,
            "headline": article.title,
            "datePublished": article.published,
            "dateModified": article.updated or article.published,
            "author": [{"@type": "Person", "name": name} for name in article.authors],
            "publisher": {"@type": "Organization", "name": desk.outlet.name},
        }
    return json.dumps(found, ensure_ascii=False)


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )


def http_date(moment: datetime) -> str:
    """The time as HTTP writes it.

    >>> http_date(datetime(2026, 11, 21, 0, 0, tzinfo=UTC))
    'Sat, 21 Nov 2026 00:00:00 GMT'
    """
    return format_datetime(moment.astimezone(UTC), usegmt=True)
