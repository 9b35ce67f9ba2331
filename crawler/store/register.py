"""The document register: what is listed, what a person corrects, how a document travelled."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.article import VIETNAM
from crawler.citing.citations import find_citations
from crawler.citing.documents import DocumentIdentity, KnownDocument, known_documents
from crawler.errors import InvalidInput
from crawler.source import CENTRAL, Source
from crawler.store.insert import insert_missing
from crawler.store.schema import article, citation, document, document_assignment

_FACTS = (
    "key", "type", "number", "issuer_code", "issuer", "term", "province", "date", "title", "system", "resolved",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Report:
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
    path: tuple[Report, ...]
    """The first report of each outlet, earliest first."""
    silent: tuple[str, ...] = field(default=())
    """Provinces none of whose outlets has reported it."""


def seed(engine: sa.Engine) -> None:
    """Enter the verified facts; idempotent, and never over a correction."""
    known = known_documents()
    with engine.begin() as connection:
        there = connection.scalar(sa.select(sa.func.count()).where(document.c.seeded.is_(True)))
        if there != len({fact.id for fact in known}):
            entering = Entering(connection, {fact.id for fact in known})
            for fact in known:
                entering.enter(_identity_of(fact), seeded=True)
            entering.write()


def _identity_of(known: KnownDocument) -> DocumentIdentity:
    named = find_citations(f"{known.type} số {known.key}")
    parts = named[0] if named else None
    return DocumentIdentity(
        id=known.id,
        key=known.key,
        type=known.type,
        number=parts.number if parts else None,
        issuer_code=parts.issuer_code if parts else None,
        issuer=known.issuer,
        term=known.term,
        province=None,
        date=known.date,
        title=known.title,
        system=parts.system if parts else "party",
        resolved=True,
    )


def key_of(wanted: str) -> str:
    """The key of a document number in any spelling; what is no number stays as it is.

    >>> key_of("Chỉ thị số 35 - CT/TW"), key_of("35-CT/TW@XII")
    ('35-CT/TW', '35-CT/TW@XII')
    """
    named = find_citations(wanted) if "@" not in wanted else ()
    return named[0].key if named else wanted


_KNOWN = sa.select(
    document,
    sa.exists().where(citation.c.document == document.c.id).correlate(document).label("cited"),
).where(document.c.id.in_(sa.bindparam("ids", expanding=True)))


class Entering:
    """Documents that enter the register in one transaction: what it knows is read once, what is new written once."""

    def __init__(self, connection: sa.Connection, ids: Collection[str]) -> None:
        """`ids` of all documents to come."""
        self._connection = connection
        rows = connection.execute(_KNOWN, {"ids": sorted(ids)}) if ids else ()
        self._known = {row.id: dict(row._mapping) for row in rows}
        self._new: dict[str, dict[str, Any]] = {}

    def cite(self, identities: Iterable[DocumentIdentity]) -> set[str]:
        """Enter what an article cites; the ids of those that no article had cited before."""
        new = set()
        for identity in identities:
            row = self.enter(identity)
            if not row["cited"]:
                new.add(identity.id)
                row["cited"] = True
        return new

    def enter(self, identity: DocumentIdentity, *, seeded: bool = False) -> dict[str, Any]:
        """Enter a document, or fill what the register did not know of it; a row corrected by hand stays."""
        facts = {name: getattr(identity, name) for name in _FACTS}
        row = self._known.get(identity.id)
        if row is None:
            row = {"id": identity.id, **facts, "seeded": seeded, "corrected": False, "cited": False}
            self._known[identity.id] = self._new[identity.id] = row
            return row
        if row["corrected"]:
            return row
        missing = {name: value for name, value in facts.items() if value is not None and row[name] is None}
        if seeded and not row["seeded"]:
            missing["seeded"] = True
        if missing:
            row |= missing
            if identity.id not in self._new:
                self._connection.execute(
                    sa.update(document).where(document.c.id == identity.id).values(missing)
                )
        return row

    def write(self) -> None:
        """Write what is new."""
        rows = [{k: v for k, v in row.items() if k != "cited"} for row in self._new.values()]
        insert_missing(self._connection, document, rows)  # a person or a start may have entered one meanwhile


def listed(
    engine: sa.Engine,
    *,
    key: str | None = None,
    system: str | None = None,
    since: datetime | None = None,
    with_uncited: bool = False,
) -> list[dict[str, Any]]:
    """Documents with where and when they were first seen, the newest sighting first (DESIGN §6.3)."""
    rows: dict[str, dict[str, Any]] = {}
    with engine.connect() as connection:
        for row in connection.execute(sa.select(document).order_by(document.c.id)):
            rows[row.id] = dict(row._mapping)
        reports = connection.execute(_sightings()).all()
    found: dict[str, dict[str, Any]] = {}
    for report in reports:
        target = _target(rows, report.document)
        entry = found.setdefault(target, {"first": report, "articles": set()})
        entry["articles"].add(report.article)
    out = []
    for id_, facts in rows.items():
        if facts["same_as"] or (id_ not in found and not with_uncited):
            continue
        if (key and key not in (facts["key"], id_)) or (system and facts["system"] != system):
            continue
        sighted = found.get(id_)
        if since and (sighted is None or sighted["first"].at < since):
            continue
        out.append(_to_json(facts, sighted))
    return sorted(
        out, key=lambda d: (d["first_seen"]["at"] if d["first_seen"] else "", d["id"]), reverse=True
    )


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
        joined = connection.execute(
            sa.select(document.c.id, document.c.same_as).where(document.c.same_as.is_not(None))
        )
        same = {row.id: row.same_as for row in joined}
        reports = connection.execute(_sightings()).all()
    stories = []
    for one in facts:
        ids = {one["id"], *(id_ for id_, target in same.items() if target == one["id"])}
        path = _path([r for r in reports if r.document in ids])
        told = {registry[r.source].province for r in path if r.source in registry}
        watched = {s.province for s in registry.values() if s.disabled is None and s.province != CENTRAL}
        stories.append(DocumentStory(one, path, tuple(sorted(watched - told))))
    return stories


def correct(engine: sa.Engine, id_: str, **facts: str | None) -> None:
    """Set facts of a document by hand; reading never overwrites them. Raises InvalidInput for an unknown id."""
    with engine.begin() as connection:
        _must_exist(connection, id_)
        connection.execute(sa.update(document).where(document.c.id == id_).values(**facts, corrected=True))


def join(engine: sa.Engine, id_: str, into: str | None) -> None:
    """Say that a document is the same as another one (None takes it back)."""
    with engine.begin() as connection:
        _must_exist(connection, id_)
        if into is not None:
            _must_exist(connection, into)
            if into == id_:
                raise InvalidInput(f"{id_}: hai mã phải khác nhau / a document is the same as itself already")
            target = connection.scalar(sa.select(document.c.same_as).where(document.c.id == into))
            into = target or into
            connection.execute(sa.update(document).where(document.c.same_as == id_).values(same_as=into))
        connection.execute(
            sa.update(document).where(document.c.id == id_).values(same_as=into, corrected=True)
        )


def assign(engine: sa.Engine, url: str, key: str, id_: str) -> None:
    """Say which document the citations of `key` in one article mean; the id is entered where it is new."""
    from crawler.store.schema import address

    with engine.begin() as connection:
        article_id = connection.scalar(sa.select(address.c.article).where(address.c.url == url))
        if article_id is None:
            raise InvalidInput(
                f"{url}: trong kho không có bài ở địa chỉ này / no stored article has this address"
            )
        row = connection.execute(
            sa.select(citation).where(citation.c.article == article_id, citation.c.key == key).limit(1)
        ).one_or_none()
        if row is None:
            raise InvalidInput(f"{url}: bài không nhắc tới {key} / the article does not cite {key}")
        insert_missing(
            connection,
            document,
            {
                "id": id_, "key": key, "type": row.type, "number": row.number, "issuer_code": row.issuer_code,
                "issuer": row.issuer, "date": row.date, "system": row.system, "resolved": True,
                "seeded": False, "corrected": True,
            },
        )  # fmt: skip
        connection.execute(
            sa.delete(document_assignment).where(
                document_assignment.c.article == article_id, document_assignment.c.key == key
            )
        )
        connection.execute(sa.insert(document_assignment).values(article=article_id, key=key, document=id_))
        connection.execute(
            sa.update(citation)
            .where(citation.c.article == article_id, citation.c.key == key)
            .values(document=id_)
        )


def assignments(connection: sa.Connection, article_id: int) -> dict[str, str]:
    """What a person said about one article's citations: key → document id."""
    rows = connection.execute(
        sa.select(document_assignment.c.key, document_assignment.c.document).where(
            document_assignment.c.article == article_id
        )
    )
    return {row.key: row.document for row in rows}


def _sightings() -> sa.Select[Any]:
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
    return rows[id_]["same_as"] or id_


def _path(reports: list[Any]) -> tuple[Report, ...]:
    first: dict[str, Any] = {}
    for report in reports:
        first.setdefault(report.source, report)
    if not first:
        return ()
    start = min(r.at for r in first.values())
    return tuple(
        Report(r.source, r.url, r.title, r.at, (r.at - start).days)
        for r in sorted(first.values(), key=lambda r: (r.at, r.source))
    )


def _to_json(facts: Mapping[str, Any], entry: Mapping[str, Any] | None) -> dict[str, Any]:
    first = entry["first"] if entry else None
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
        "articles": len(entry["articles"]) if entry else 0,
    }


def _must_exist(connection: sa.Connection, id_: str) -> None:
    if connection.scalar(sa.select(document.c.id).where(document.c.id == id_)) is None:
        raise InvalidInput(
            f"{id_}: không có văn kiện này, xem mã bằng `diemtin documents --json` / "
            "no such document; `diemtin documents --json` prints the ids"
        )
