"""What the archive keeps, and where: the rows of its files and of the answers in them.

The row of an article's page enters in the article's own transaction (`enter`); those of others in small batches.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.insert import insert_missing
from crawler.store.schema import address, article
from crawler.store.schema_archive import archive_file, capture


@dataclass(frozen=True, slots=True)
class Capture:
    """One answer of a host, and where the archive has it."""

    file: str
    offset: int
    length: int
    """Bytes of its gzip member."""
    url: str
    at: datetime
    status: int
    mime: str | None
    digest: str
    """Of the payload as it came, `sha1:BASE32`."""
    revisit: bool = False
    """Its payload is the one that was met first under this digest."""
    fresh: bool | None = None
    """The page of an article that was found where what is new is listed; None: no article's."""
    read_as: str | None = None
    """A disposition, or what else was asked for (`listing`, `robots`); None: nobody came to read it."""
    article: int | None = None

    @property
    def place(self) -> tuple[str, int]:
        """What tells it from every other."""
        return (self.file, self.offset)


@dataclass(frozen=True, slots=True)
class ArchiveFile:
    """One file of the archive; of one that was dropped only this is left."""

    name: str
    started: datetime
    bytes: int
    """Up to here its records are whole."""
    answers: int
    last: datetime | None
    dropped: datetime | None = None
    why: str | None = None


def add_file(engine: sa.Engine, name: str, *, started: datetime) -> None:
    """A file that was begun; one that is known stays as it is."""
    row = {"name": name, "started": started, "bytes": 0, "answers": 0}
    with engine.begin() as connection:
        insert_missing(connection, archive_file, row)


def files(engine: sa.Engine) -> list[ArchiveFile]:
    """All files in the order of their names, so of their times; the dropped ones among them."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(sa.select(archive_file).order_by(archive_file.c.name))
        return [ArchiveFile(**row._mapping) for row in rows]


def enter(connection: sa.Connection, captures: Sequence[Capture]) -> None:
    """The rows of these answers, once each; their files must be known."""
    insert_missing(connection, capture, [_row(one) for one in captures])


def reached(engine: sa.Engine, name: str, end: int, *, more: int, last: datetime) -> None:
    """Every answer before `end` has its row; there are so many more than were told of before."""
    with engine.begin() as connection:
        connection.execute(
            sa.update(archive_file)
            .where(archive_file.c.name == name)
            .values(bytes=end, answers=archive_file.c.answers + more, last=last)
        )


def enter_apart(engine: sa.Engine, captures: Sequence[Capture], links: Sequence[str | None]) -> None:
    """`enter` of what no article's transaction has carried; a link that an article is known by names the article."""
    wanted = sorted({link for link in links if link is not None})
    with engine.begin() as connection:
        query = sa.select(address.c.url, address.c.article).where(address.c.url.in_(wanted))
        known = {row.url: int(row.article) for row in connection.execute(query)} if wanted else {}
        enter(
            connection,
            [
                replace(one, article=known.get(link) if link is not None else None)
                for one, link in zip(captures, links, strict=True)
            ],
        )


def mended(engine: sa.Engine, name: str, size: int) -> None:
    """The file ends here: what stood behind is gone."""
    with engine.begin() as connection:
        behind = (capture.c.file == name) & (capture.c.offset + capture.c.length > size)
        connection.execute(sa.delete(capture).where(behind))
        count = sa.select(sa.func.count()).where(capture.c.file == name).scalar_subquery()
        connection.execute(
            sa.update(archive_file).where(archive_file.c.name == name).values(bytes=size, answers=count)
        )


def drop_file(engine: sa.Engine, name: str, *, why: str, now: datetime) -> int:
    """Forget the answers of a file, and those whose payload stood in it; returns how many of these there were."""
    later = capture.alias()
    firsts = sa.select(capture.c.digest).where(capture.c.file == name, ~capture.c.revisit)
    lost = sa.and_(later.c.revisit, later.c.file != name, later.c.digest.in_(firsts))
    with engine.begin() as connection:
        places = connection.execute(sa.select(later.c.file, later.c.offset).where(lost)).all()
        for place in places:
            connection.execute(
                sa.delete(capture).where(capture.c.file == place.file, capture.c.offset == place.offset)
            )
        connection.execute(sa.delete(capture).where(capture.c.file == name))
        connection.execute(
            sa.update(archive_file).where(archive_file.c.name == name).values(dropped=now, why=why)
        )
    return len(places)


def first_with(engine: sa.Engine, digest: str) -> Capture | None:
    """The answer that holds the payload of this digest; None where none does."""
    query = sa.select(capture).where(capture.c.digest == digest, ~capture.c.revisit)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        row = connection.execute(query.order_by(capture.c.file, capture.c.offset).limit(1)).one_or_none()
    return capture_of(row) if row is not None else None


def of_url(engine: sa.Engine, url: str) -> list[Capture]:
    """The answers of an address, or of the article that is known by it; oldest first."""
    known = sa.select(address.c.article).where(address.c.url == url)
    query = sa.select(capture).where((capture.c.url == url) | capture.c.article.in_(known))
    with engine.connect().execution_options(diemtin_read=True) as connection:
        return [capture_of(row) for row in connection.execute(query.order_by(capture.c.at, *_PLACE))]


def latest_of(connection: sa.Connection, articles: Collection[int]) -> dict[int, Capture]:
    """Article → its latest page in the archive."""
    query = sa.select(capture).where(capture.c.article.in_(sorted(articles)), capture.c.status == 200)
    rows = connection.execute(query.order_by(capture.c.at, *_PLACE))
    return {row.article: capture_of(row) for row in rows}


def of_file(engine: sa.Engine, name: str) -> list[Capture]:
    """The answers of one file in their order."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(sa.select(capture).where(capture.c.file == name).order_by(*_PLACE))
        return [capture_of(row) for row in rows]


def kinds(engine: sa.Engine) -> dict[str, int]:
    """How many answers were read as what, by name; `""`: nobody came to read it."""
    query = sa.select(capture.c.read_as, sa.func.count()).group_by(capture.c.read_as)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        counted = {str(name or ""): int(count) for name, count in connection.execute(query)}
    return dict(sorted(counted.items()))


def titles(engine: sa.Engine, names: Iterable[str]) -> Iterator[tuple[Capture, str]]:
    """The pages of articles in these files with their titles, in the order of the files."""
    query = sa.select(capture, article.c.title.label("article_title")).join(
        article, article.c.id == capture.c.article
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        for name in names:
            for row in connection.execute(query.where(capture.c.file == name).order_by(*_PLACE)):
                yield capture_of(row), row.article_title


_PLACE = (capture.c.file, capture.c.offset)
_COLUMNS = tuple(column.name for column in capture.columns)


def _row(one: Capture) -> dict[str, Any]:
    return {name: getattr(one, name) for name in _COLUMNS}


def capture_of(row: sa.Row[Any]) -> Capture:
    """The answer of a row of `capture`."""
    return Capture(**{name: row._mapping[name] for name in _COLUMNS})
