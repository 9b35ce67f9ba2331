"""The document register: what is listed, what a person corrects, how a document travelled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.article import published_at
from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.source import CENTRAL, Source
from crawler.store import news, runs
from crawler.store.listing import ListPage, count_of, list_page, these
from crawler.store.schema import article, citation, document, document_assignment
from crawler.text.normal import fold


@dataclass(frozen=True, slots=True)
class DocumentReport:
    """One outlet's first article on a document."""

    source: str
    url: str
    title: str
    at: datetime
    days: int
    """Whole days after the first report."""


@dataclass(frozen=True, slots=True)
class DocumentStory:
    """A document with its way through the press."""

    facts: dict[str, Any]
    path: tuple[DocumentReport, ...]
    """The first report of each outlet, earliest first."""
    silent: tuple[str, ...] = field(default=())
    """Provinces none of whose outlets has reported it, though one was looked at since its date."""
    not_looked: tuple[str, ...] = field(default=())
    """Provinces none of whose outlets was looked at since its date (or, undated, its first report)."""


def key_of(wanted: str) -> str:
    """The key of a document number in any spelling; what is no number stays as it is.

    >>> key_of("Chỉ thị số 35 - CT/TW"), key_of("35-CT/TW@XII")
    ('35-CT/TW', '35-CT/TW@XII')
    """
    from crawler.citing.citations import find_citations  # the reader of documents, for a name in words alone

    named = find_citations(wanted) if "@" not in wanted else ()
    return named[0].key if named else wanted


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """Which documents are listed; None asks for nothing."""

    key: str | None = None
    """Its number or its id."""
    system: str | None = None
    province: str | None = None
    """Whose document it is; None asks for those of all, the central ones included."""
    type: str | None = None
    """As the register writes it, such as "Chỉ thị"; upper and lower case are one."""
    issuer: str | None = None
    """A part of the issuer's name."""
    first: str | None = None
    """First and last day of the document's own date, ISO; one without a date answers neither."""
    last: str | None = None
    since: datetime | None = None
    """First seen then or later."""
    cited_since: datetime | None = None
    """Cited by an article of then or later."""
    with_uncited: bool = False


def listed(
    engine: sa.Engine,
    *,
    key: str | None = None,
    system: str | None = None,
    since: datetime | None = None,
    with_uncited: bool = False,
) -> list[dict[str, Any]]:
    """All documents with where and when they were first seen, the newest sighting first (DESIGN §6.3)."""
    asked = DocumentFilter(key=key, system=system, since=since, with_uncited=with_uncited)
    return list(page(engine, asked).items)


def page(
    engine: sa.Engine, asked: DocumentFilter, *, limit: int | None = None, after: str | None = None
) -> ListPage[dict[str, Any]]:
    """At most `limit` documents behind the one with the id `after`.

    Sorted and filtered in the store: the newest sighting first, those no article cites last. Raises InvalidInput
    where no document has that id.
    """
    seen = _seen()
    rows = (
        sa.select(document, seen.c.at, seen.c.articles, sa.func.count().over().label("behind"))
        .join(seen, seen.c.target == document.c.id, isouter=asked.with_uncited)
        .where(document.c.same_as.is_(None), *_wanted(asked, seen))
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        total = None if after is None else count_of(connection, rows)
        if after is not None:
            rows = rows.where(_behind(connection, seen, after))
        rows = rows.order_by(seen.c.at.is_(None), seen.c.at.desc(), document.c.id.desc()).limit(limit)
        found = connection.execute(rows).mappings().all()
        firsts = _firsts(connection, None if limit is None else [row["id"] for row in found])
    told = [_to_json(dict(row), firsts.get(row["id"])) for row in found]
    behind = found[0]["behind"] if found else 0
    return list_page(
        told, total=behind if total is None else total, behind=behind, name=lambda one: str(one["id"])
    )


def _seen() -> sa.CTE:
    """Of each document that leads, whatever was joined to it: when it was first and last seen, in how many articles.

    From the articles on by outer joins: no database then looks up the article of each citation by itself, which takes
    twice to four times as long. The row without a document is joined to none.
    """
    leads = sa.select(document.c.id, document.c.id.label("target")).where(document.c.same_as.is_(None))
    lead = leads.cte("lead", recursive=True)
    lead = lead.union_all(sa.select(document.c.id, lead.c.target).where(document.c.same_as == lead.c.id))
    at = sa.func.coalesce(article.c.published_at, article.c.first_seen)
    moment = article.c.first_seen.type
    return (
        sa.select(
            lead.c.target,
            sa.type_coerce(sa.func.min(at), moment).label("at"),
            sa.type_coerce(sa.func.max(at), moment).label("latest"),
            sa.func.count(sa.distinct(article.c.id)).label("articles"),
        )
        .select_from(
            article.outerjoin(citation, citation.c.article == article.c.id).outerjoin(
                lead, lead.c.id == citation.c.document
            )
        )
        .group_by(lead.c.target)
        .cte("seen")
    )


def _wanted(asked: DocumentFilter, seen: sa.CTE) -> Iterator[sa.ColumnElement[bool]]:
    if asked.key is not None:
        yield sa.or_(document.c.key == asked.key, document.c.id == asked.key)
    if asked.system is not None:
        yield document.c.system == asked.system
    if asked.province is not None:
        yield document.c.province == asked.province
    if asked.type is not None:
        yield document.c.type.in_({asked.type, asked.type.lower(), asked.type.capitalize()})
    if asked.issuer is not None:
        yield document.c.issuer.contains(asked.issuer, autoescape=True)
    if asked.first is not None:
        yield document.c.date >= asked.first
    if asked.last is not None:
        yield document.c.date <= asked.last
    if asked.since is not None:
        yield seen.c.at >= asked.since
    if asked.cited_since is not None:
        yield seen.c.latest >= asked.cited_since


def _behind(connection: sa.Connection, seen: sa.CTE, after: str) -> sa.ColumnElement[bool]:
    if connection.execute(sa.select(document.c.id).where(document.c.id == after)).first() is None:
        raise InvalidInput(f"--after {after}: không có văn kiện nào mang mã này / no document has this id")
    first = _firsts(connection, [after]).get(after)
    lower = document.c.id < after
    if first is None:
        return sa.and_(seen.c.at.is_(None), lower)
    return sa.or_(seen.c.at.is_(None), seen.c.at < first.at, sa.and_(seen.c.at == first.at, lower))


def _firsts(connection: sa.Connection, ids: list[str] | None) -> dict[str, Any]:
    """The first report of each of these documents, or of all, whatever was joined to them."""
    lead = sa.select(document.c.id, document.c.id.label("target")).where(document.c.same_as.is_(None))
    if ids is not None:
        lead = lead.where(document.c.id.in_(ids))
    leads = lead.cte("lead", recursive=True)
    leads = leads.union_all(sa.select(document.c.id, leads.c.target).where(document.c.same_as == leads.c.id))
    at = sa.func.coalesce(article.c.published_at, article.c.first_seen)
    order = sa.func.row_number().over(partition_by=leads.c.target, order_by=(at, article.c.url))
    reports = (
        sa.select(leads.c.target, article.c.source, article.c.url, at.label("at"), order.label("place"))
        .join(citation, citation.c.document == leads.c.id)
        .join(article, article.c.id == citation.c.article)
        .subquery()
    )
    moment = sa.type_coerce(reports.c.at, article.c.first_seen.type).label("at")
    first = sa.select(reports.c.target, reports.c.source, reports.c.url, moment).where(reports.c.place == 1)
    return {report.target: report for report in connection.execute(first)}


def story_of(engine: sa.Engine, wanted: str, registry: Mapping[str, Source]) -> list[DocumentStory]:
    """Every document of that key or id, with its path through the provinces; InvalidInput where there is none."""
    key = key_of(wanted)
    facts = listed(engine, key=key, with_uncited=True) or listed(engine, key=wanted, with_uncited=True)
    if not facts:
        raise InvalidInput(
            f"{wanted}: không có văn kiện này, xem `diemtin documents` / "
            "no such document in the register; `diemtin documents` lists them"
        )
    with engine.connect() as connection:
        names = news.names_of_documents(connection, {one["id"] for one in facts})
        every = these(connection, sorted(set().union(*names.values())), sa.Text())
        reports = connection.execute(sightings().where(citation.c.document.in_(every))).all()
        looked = runs.last_looks(connection)
    stories = []
    for one in facts:
        path = _path([r for r in reports if r.document in names[one["id"]]])
        told = {registry[r.source].province for r in path if r.source in registry}
        since = told_since(one["date"], path[0].at if path else None)
        stories.append(DocumentStory(one, path, *quiet_provinces(registry, looked, told=told, since=since)))
    return stories


def quiet_provinces(
    registry: Mapping[str, Source],
    looked: Mapping[str, datetime],
    *,
    told: Collection[str],
    since: datetime | None,
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Of the watched provinces that have not `told`: those with an outlet looked at since then, and the others.

    `looked` is when each source was last looked at to the end (`runs.last_looks`).
    """
    watched = [row for row in registry.values() if row.disabled is None and row.province != CENTRAL]
    seen = {row.province for row in watched if since and (at := looked.get(row.id)) and at >= since}
    quiet = {row.province for row in watched} - set(told)
    return tuple(sorted(quiet & seen, key=fold)), tuple(sorted(quiet - seen, key=fold))


def told_since(day: str | None, first_report: datetime | None) -> datetime | None:
    """From when on an outlet could have told of a document: its day (the first of a month or year), or its report."""
    return first_report if day is None else published_at(f"{day}-01-01"[:10])


def assignments(connection: sa.Connection, article_id: int) -> dict[str, str]:
    """What a person said about one article's citations: key → document id."""
    rows = connection.execute(
        sa.select(document_assignment.c.key, document_assignment.c.document).where(
            document_assignment.c.article == article_id
        )
    )
    return {row.key: row.document for row in rows}


def sightings() -> sa.Select[Any]:
    """Every (document, article that names it), the earliest article first."""
    at = sa.func.coalesce(article.c.published_at, article.c.first_seen)
    return (
        sa.select(
            citation.c.document,
            article.c.id.label("article"),
            article.c.source,
            article.c.url,
            article.c.title,
            sa.type_coerce(at, article.c.first_seen.type).label("at"),
        )
        .join(article, article.c.id == citation.c.article)
        .distinct()
        .order_by(at, article.c.url, citation.c.document)
    )


def _target(rows: Mapping[str, Mapping[str, Any]], id_: str) -> str:
    """The entry that leads today, whatever it was joined to."""
    seen = {id_}
    while (target := rows[id_]["same_as"]) is not None and target not in seen:
        seen.add(target)
        id_ = target
    return id_


def _path(reports: list[Any]) -> tuple[DocumentReport, ...]:
    first: dict[str, Any] = {}
    for report in reports:
        first.setdefault(report.source, report)
    if not first:
        return ()
    start = min(r.at for r in first.values())
    return tuple(
        DocumentReport(r.source, r.url, r.title, r.at, (r.at - start).days)
        for r in sorted(first.values(), key=lambda r: (r.at, r.source))
    )


def _to_json(facts: Mapping[str, Any], first: Any) -> dict[str, Any]:
    return {
        "id": facts["id"],
        "key": facts["key"],
        "type": facts["type"],
        "number": facts["number"],
        "issuer": facts["issuer"],
        "date": facts["date"],
        "title": facts["title"],
        "system": facts["system"],
        "term": facts["term"],
        "province": facts["province"],
        "resolved": facts["resolved"],
        "corrected": facts["corrected"],
        "first_seen": {
            "at": first.at.astimezone(VIETNAM).isoformat(),
            "source": first.source,
            "url": first.url,
        }
        if first
        else None,
        "articles": facts["articles"] or 0,
    }
