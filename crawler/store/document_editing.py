"""What a person says of the register: corrections, joins and assignments, each told, kept and taken back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store import news
from crawler.store.annotations import replace_for
from crawler.store.audit import COMMAND, audit
from crawler.store.insert import insert_missing
from crawler.store.register import key_of
from crawler.store.schema import address, article, citation, document, document_assignment

_CORRECTED = ("type", "issuer", "date", "title", "resolved")


@dataclass(frozen=True, slots=True)
class Edited:
    """What was done to an entry: for each fact its value before and after."""

    id: str
    facts: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Joined:
    """What became of a join: `before` and `after` are the entries it leads to, None where it stands by itself."""

    id: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Assigned:
    """How many citations of a key in one article now mean which document, and what they meant before."""

    key: str
    citations: int
    before: tuple[str, ...]
    after: tuple[str, ...]


def correct(engine: sa.Engine, id_: str, **facts: str | None) -> Edited:
    """Set facts of a document by hand; reading never overwrites them.

    An entry whose date and issuer (or province) are known by then is resolved. What was read is kept for `uncorrect`.
    Raises InvalidInput for an unknown id.
    """
    with engine.begin() as connection:
        row = _row(connection, id_)
        after = dict(facts)
        known = {name: after.get(name) or getattr(row, name) for name in ("date", "issuer", "province")}
        whole = "/" in row.key or row.number is None
        if whole and known["date"] and (known["issuer"] or known["province"]):
            after["resolved"] = True  # type: ignore[assignment]
        read = row.read if row.read is not None else {name: getattr(row, name) for name in _CORRECTED}
        connection.execute(
            sa.update(document).where(document.c.id == id_).values(**after, corrected=True, read=read)
        )
    changed = {
        name: (getattr(row, name), value) for name, value in after.items() if getattr(row, name) != value
    }
    return Edited(id_, changed)


def uncorrect(engine: sa.Engine, id_: str) -> Edited:
    """Take every correction of a document back: its facts are what was read. InvalidInput where there was none."""
    with engine.begin() as connection:
        row = _row(connection, id_)
        if row.read is None:
            raise InvalidInput(
                f"{id_}: văn kiện này chưa được sửa tay lần nào / nobody has corrected this document"
            )
        values = {**row.read, "read": None, "corrected": False}
        connection.execute(sa.update(document).where(document.c.id == id_).values(values))
    changed = {n: (getattr(row, n), row.read[n]) for n in _CORRECTED if getattr(row, n) != row.read[n]}
    return Edited(id_, changed)


def join(engine: sa.Engine, id_: str, into: str | None) -> Joined:
    """Say that a document is the same as another one; None takes it back, and then reading joins it no more."""
    with engine.begin() as connection:
        row = _row(connection, id_)
        target = None
        if into is not None:
            target = _leader(connection, into)
            if id_ in (into, target):
                raise InvalidInput(f"{id_}: hai mã phải khác nhau / a document is the same as itself already")
        elif row.same_as is None:
            raise InvalidInput(f"{id_}: mã này chưa được gộp vào đâu / this document is joined to none")
        connection.execute(
            sa.update(document).where(document.c.id == id_).values(same_as=target, corrected=True)
        )
    return Joined(id_, row.same_as, target)


def assign(engine: sa.Engine, url: str, key: str, id_: str, *, who: str = COMMAND, now: datetime) -> Assigned:
    """Say which document the citations of `key` in one article mean; an id of that key is entered where it is new.

    The audit has a row of it, in the same transaction, in the name of `who`.
    """
    key = key_of(key)
    with engine.begin() as connection:
        number, cited = _cited(connection, url, key)
        row = cited[0]
        target = _meant(connection, key, id_)
        new = {
            "id": target, "key": key, "type": row.type, "number": row.number, "issuer_code": row.issuer_code,
            "issuer": row.issuer, "date": row.date, "system": row.system, "resolved": True,
            "seeded": False, "corrected": True,
        }  # fmt: skip
        insert_missing(connection, document, new)
        mine = (document_assignment.c.article == number, document_assignment.c.key == key)
        connection.execute(sa.delete(document_assignment).where(*mine))
        connection.execute(sa.insert(document_assignment).values(article=number, key=key, document=target))
        own = (citation.c.article == number, citation.c.key == key)
        connection.execute(sa.update(citation).where(*own).values(document=target))
        done = Assigned(key, len(cited), tuple(sorted({c.document for c in cited})), (target,))
        _audit(connection, number, done, who=who, now=now)
    return done


def unassign(
    engine: sa.Engine,
    url: str,
    key: str,
    registry: Mapping[str, Source],
    *,
    who: str = COMMAND,
    now: datetime,
) -> Assigned:
    """Take an assignment back: the citations mean again what reading makes of them. Audited as `assign` is."""
    key = key_of(key)
    with engine.begin() as connection:
        number, cited = _cited(connection, url, key)
        gone = connection.execute(
            sa.delete(document_assignment).where(
                document_assignment.c.article == number, document_assignment.c.key == key
            )
        )
        if gone.rowcount == 0:
            raise InvalidInput(
                f"{url}: chưa ai chỉ định văn kiện cho {key} ở bài này / nobody has assigned {key} in this article"
            )
        stored = news.load_articles(connection, {number})[number]
        row = registry.get(stored.line.source)
        replace_for(connection, number, stored.article, province=row.province if row else None)
        _, again = _cited(connection, url, key)
        before, after = ({c.document for c in some} for some in (cited, again))
        done = Assigned(key, len(again), tuple(sorted(before)), tuple(sorted(after)))
        _audit(connection, number, done, who=who, now=now)
    return done


def _audit(connection: sa.Connection, number: int, done: Assigned, *, who: str, now: datetime) -> None:
    before, after = {done.key: list(done.before)}, {done.key: list(done.after)}
    audit(connection, who, "article.document", str(number), before=before, after=after, now=now)


def _cited(connection: sa.Connection, url: str, key: str) -> tuple[int, list[Any]]:
    number = connection.scalar(sa.select(address.c.article).where(address.c.url == url)) or connection.scalar(
        sa.select(article.c.id).where(article.c.url == url)
    )
    if number is None:
        raise InvalidInput(
            f"{url}: trong kho không có bài ở địa chỉ này / no stored article has this address"
        )
    of_key = sa.select(citation).where(citation.c.article == number, citation.c.key == key)
    cited = list(connection.execute(of_key.order_by(citation.c.id)).all())
    if not cited:
        raise InvalidInput(f"{url}: bài không nhắc tới {key} / the article does not cite {key}")
    return int(number), cited


def _meant(connection: sa.Connection, key: str, wanted: str) -> str:
    """The id a person means: one that is there, a new one of the key, or the only document of a number."""
    if connection.scalar(sa.select(document.c.id).where(document.c.id == wanted)) or wanted.startswith(
        f"{key}@"
    ):
        return wanted
    by_key = sa.select(document.c.id).where(document.c.key == key_of(wanted), document.c.same_as.is_(None))
    found = connection.scalars(by_key.order_by(document.c.id)).all()
    if len(found) == 1:
        return str(found[0])
    hint = ", ".join(found) or f"{key}@…"
    raise InvalidInput(
        f"{wanted}: không phải mã của một văn kiện, như {hint} / no document's id, such as {hint}"
    )


def _leader(connection: sa.Connection, id_: str) -> str:
    """The entry an id leads to today."""
    seen: set[str] = set()
    while (target := _row(connection, id_).same_as) is not None and target not in seen:
        seen.add(id_)
        id_ = target
    return id_


def _row(connection: sa.Connection, id_: str) -> Any:
    row = connection.execute(sa.select(document).where(document.c.id == id_)).one_or_none()
    if row is None:
        raise InvalidInput(
            f"{id_}: không có văn kiện này, xem mã bằng `diemtin documents --json` / "
            "no such document; `diemtin documents --json` prints the ids"
        )
    return row
