"""Meetings: the list of what was held and what is coming, sorted, filtered and cut in the store."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time
from typing import Any

import sqlalchemy as sa

from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.meeting.agenda import BEGUN, FORGOTTEN, status_at
from crawler.store.listing import ListPage, count_of, list_page, these
from crawler.store.schema import article, article_meeting, meeting
from crawler.text.normal import fold


@dataclass(frozen=True, slots=True)
class ListedMeeting:
    """One meeting as all reports together tell it."""

    id: str
    kind: str
    ordinal: int | None
    organiser: str | None
    date: str | None
    """ISO, as `date_to`, `was` and `told`."""
    date_to: str | None
    session: str | None
    time: str | None
    status: str
    """At the moment that was asked for: held, upcoming, postponed or cancelled."""
    place: str | None
    chair: str | None
    subject: str | None
    province: str | None
    between: tuple[str, ...] | None
    """First and last day of a stretch, where no day is told."""
    was: str | None
    """The day it was moved from."""
    sequence: int
    """Changes a calendar must take over."""
    documents: tuple[str, ...]
    told: str | None
    """Day of the latest report."""
    articles: tuple[str, ...] = ()
    """Addresses of its reports, the earliest first."""

    def to_json(self) -> dict[str, Any]:
        """The JSON of DESIGN §6.3, grown by hour, chair, subject and the number of changes."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}


_LISTED = tuple(field.name for field in fields(ListedMeeting) if field.name != "articles")


@dataclass(frozen=True, slots=True)
class MeetingFilter:
    """Which meetings are listed; None asks for nothing. Names are compared without marks and case, a part will do."""

    first: str | None = None
    """First and last day, ISO, both included."""
    last: str | None = None
    province: str | None = None
    kind: str | None = None
    organiser: str | None = None
    articles: Collection[int] | None = None
    """Only those that one of these articles tells of: a query's."""
    ahead: bool = False
    """Only those still ahead at `now`."""
    past: bool = False
    """Only those that are not: held, put off or cancelled."""


@dataclass(frozen=True, slots=True)
class AgendaValues:
    """By what the meetings of the store can be chosen, each sorted."""

    kinds: tuple[str, ...]
    provinces: tuple[str, ...]


def values(engine: sa.Engine) -> AgendaValues:
    """The kinds and provinces that the agenda has."""
    query = sa.select(meeting.c.kind, meeting.c.province).distinct()
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(query).all()
    return AgendaValues(*(tuple(sorted({row[n] for row in rows if row[n]}, key=fold)) for n in range(2)))


def without_articles(engine: sa.Engine, asked: MeetingFilter, *, now: datetime) -> list[ListedMeeting]:
    """All the meetings a filter asks for by day and hour, without the addresses of their reports: one query."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = sa.select(meeting).where(*_wanted(connection, asked, now)).order_by(*_order(connection))
        return [_listed(row, now, ()) for row in connection.execute(rows).mappings()]


def one_meeting(connection: sa.Connection, id_: str, *, now: datetime) -> ListedMeeting | None:
    """A meeting by its id, as it is at `now`; None where there is none, or no article tells of it any more."""
    row = connection.execute(sa.select(meeting).where(meeting.c.id == id_)).mappings().one_or_none()
    urls = _urls(connection, [id_]).get(id_)
    return _listed(row, now, tuple(urls)) if row and urls else None


def page(
    engine: sa.Engine,
    asked: MeetingFilter,
    *,
    now: datetime | None,
    newest_first: bool = False,
    limit: int | None = None,
    after: str | None = None,
) -> ListPage[ListedMeeting]:
    """At most `limit` meetings behind the one with the id `after`, by day and hour or the other way round.

    Those without a known day stand behind the others; only the ones announced for a stretch of days answer when a day
    is asked for. `status` is what it is at `now` (aware); without `now` what was told last. Raises InvalidInput where
    no meeting has that id.
    """
    with engine.connect().execution_options(diemtin_read=True) as connection:
        order = _order(connection)
        rows = sa.select(meeting).where(*_wanted(connection, asked, now))
        behind = total = count_of(connection, rows)
        if after is not None:
            edge = connection.execute(sa.select(*order).where(meeting.c.id == after)).one_or_none()
            if edge is None:
                raise InvalidInput(
                    f"--after {after}: không có cuộc họp nào mang mã này / no meeting has this id"
                )
            place = sa.tuple_(*order)
            rows = rows.where(place < tuple(edge) if newest_first else place > tuple(edge))
            behind = count_of(connection, rows)
        rows = rows.order_by(*(one.desc() if newest_first else one for one in order)).limit(limit)
        found = connection.execute(rows).mappings().all()
        urls = _urls(connection, [row["id"] for row in found])
    told = [_listed(row, now, tuple(urls.get(row["id"], ()))) for row in found]
    return list_page(told, total=total, behind=behind, name=lambda one: one.id)


def listed(
    engine: sa.Engine, *, first: str | None = None, last: str | None = None, now: datetime | None = None
) -> list[dict[str, Any]]:
    """The JSON of all meetings between two days (ISO, inclusive), as `page` has them."""
    return [one.to_json() for one in page(engine, MeetingFilter(first=first, last=last), now=now).items]


def _listed(row: Any, now: datetime | None, urls: tuple[str, ...]) -> ListedMeeting:
    facts = {name: row[name] for name in _LISTED}
    if now is not None:
        facts["status"] = status_at(facts, now)
    facts["between"] = tuple(facts["between"]) if facts["between"] else None
    return ListedMeeting(**facts | {"documents": tuple(facts["documents"])}, articles=urls)


# ---- what is asked of the store ---------------------------------------------------------------------------------

_stretch_begins, _stretch_ends = (meeting.c.between[n].as_string() for n in (0, 1))
_HOURS = {"sáng": "08:00", "chiều": "13:30", "tối": "19:00"}
"""Where a session stands among hours; one without stands first."""


def _order(connection: sa.Connection) -> list[Any]:
    """Day, hour and id: by their bytes, as SQLite compares them."""
    day = sa.func.coalesce(meeting.c.date, _stretch_begins, "9999")
    hour = sa.func.coalesce(meeting.c.time, sa.case(_HOURS, value=meeting.c.session, else_="00:00"))
    order = [day, hour, meeting.c.id]
    return [one.collate("C") for one in order] if connection.dialect.name == "postgresql" else order


def _wanted(
    connection: sa.Connection, asked: MeetingFilter, now: datetime | None
) -> Iterator[sa.ColumnElement[bool]]:
    told = sa.select(article_meeting.c.meeting).where(article_meeting.c.meeting == meeting.c.id)
    if asked.articles is not None:
        told = told.where(article_meeting.c.article.in_(these(connection, asked.articles, sa.BigInteger())))
    yield told.exists()
    if asked.first is not None:
        last = sa.func.coalesce(meeting.c.date_to, meeting.c.date, _stretch_ends)
        yield last >= asked.first
    if asked.last is not None:
        yield sa.func.coalesce(meeting.c.date, _stretch_begins) <= asked.last
    for column, part in (
        (meeting.c.kind, asked.kind), (meeting.c.organiser, asked.organiser), (meeting.c.province, asked.province),
    ):  # fmt: skip
        if part is not None:
            yield column.in_(these(connection, _naming(connection, column, part), sa.Text()))
    if now is not None:
        is_ahead = _is_ahead(now.astimezone(VIETNAM))
        if asked.ahead:
            yield is_ahead
        if asked.past:
            yield sa.not_(sa.func.coalesce(is_ahead, sa.false()))


def _naming(connection: sa.Connection, column: sa.Column[Any], part: str) -> list[str]:
    """The values of a column that hold this part; no database folds as we do, and there are few."""
    there = connection.execute(sa.select(column).distinct().where(column.is_not(None))).scalars()
    return [name for name in there if fold(part) in fold(name)]


def _is_ahead(now: datetime) -> sa.ColumnElement[bool]:
    """`crawler.meeting.agenda.status_at` says "upcoming", in the words of the store."""
    sessions = {session: _clock(hour) for session, hour in BEGUN.items() if session}
    hour = sa.func.coalesce(
        meeting.c.time, sa.case(sessions, value=meeting.c.session, else_=_clock(BEGUN[None]))
    )
    begins = meeting.c.date + sa.literal("T") + hour
    today = now.date()
    forgotten = meeting.c.told < (today - FORGOTTEN).isoformat()
    over = sa.case((_stretch_ends.is_(None), forgotten), else_=_stretch_ends < today.isoformat())
    undated = sa.and_(meeting.c.date.is_(None), sa.func.coalesce(sa.not_(over), sa.true()))
    ahead = sa.or_(begins > now.replace(tzinfo=None).isoformat(), undated)
    return sa.and_(meeting.c.status == "upcoming", ahead)


def _clock(hour: time) -> str:
    return hour.isoformat("minutes")


_TOGETHER = 500
"""Meetings whose articles are asked for at once."""


def _urls(connection: sa.Connection, ids: Sequence[str]) -> dict[str, list[str]]:
    """The addresses of the articles of meetings, the earliest first."""
    urls: dict[str, list[str]] = {}
    reports = (
        sa.select(article_meeting.c.meeting, article.c.url)
        .join(article, article.c.id == article_meeting.c.article)
        .order_by(sa.func.coalesce(article.c.published_at, article.c.first_seen), article.c.url)
    )
    for start in range(0, len(ids), _TOGETHER):
        for report in connection.execute(
            reports.where(article_meeting.c.meeting.in_(ids[start : start + _TOGETHER]))
        ):
            urls.setdefault(report.meeting, []).append(report.url)
    return urls
