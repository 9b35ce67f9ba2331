"""Documents on their way into the register: new ones, what is learned of known ones, and which two are one.

1. An identity that the register has is that entry, or the one it was joined to.
2. A new one that may be exactly one other entry (`crawler.citing.same_document`) is joined to it: a report without a
   date to the document another report dates, whichever came first. The one that says more leads.
3. What a person corrected, joined or took apart is never changed here.
4. A document whose date or issuer was not known when it was told of, and now is, was completed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from crawler.citing.citations import find_citations
from crawler.citing.documents import DocumentIdentity
from crawler.citing.known_documents import KnownDocument, known_documents
from crawler.citing.same_document import may_be_one, unclear
from crawler.store.insert import insert_missing
from crawler.store.schema import citation, document
from crawler.store.schema_delivery import alert

FACTS = (
    "key", "type", "number", "issuer_code", "issuer", "term", "province", "date", "title", "system", "resolved",
)  # fmt: skip
_CITED = sa.exists().where(citation.c.document == document.c.id).correlate(document).label("cited")
_OF_KEYS = sa.select(document, _CITED).where(document.c.key.in_(sa.bindparam("keys", expanding=True)))
_BY_ID = sa.select(document, _CITED).where(document.c.id.in_(sa.bindparam("ids", expanding=True)))
_TOLD = sa.select(alert.c.subject, alert.c.watch, alert.c.body).where(
    alert.c.kind == "document", alert.c.subject.in_(sa.bindparam("ids", expanding=True))
)


@dataclass(slots=True)
class _Row:
    """An entry with what is known of its use."""

    values: dict[str, Any]
    stored: bool

    @property
    def id(self) -> str:
        return str(self.values["id"])

    @property
    def key(self) -> str:
        return str(self.values["key"])

    @property
    def term(self) -> str | None:
        return self.values["term"]  # type: ignore[no-any-return]

    @property
    def date(self) -> str | None:
        return self.values["date"]  # type: ignore[no-any-return]

    @property
    def title(self) -> str | None:
        return self.values["title"]  # type: ignore[no-any-return]

    @property
    def system(self) -> str:
        return str(self.values["system"])

    @property
    def weight(self) -> tuple[bool, bool, bool, bool]:
        """Which of two that are one leads: a person's word, then what is resolved, known, dated."""
        v = self.values
        return bool(v["corrected"]), bool(v["resolved"]), bool(v["seeded"]), v["date"] is not None


@dataclass(frozen=True, slots=True)
class Entered:
    """What the register made of one identity of an article."""

    id: str
    """The entry that leads today."""
    first: bool
    """Whether no article had named it before."""
    said: bool
    """Whether this article says that it was issued just now."""
    known: bool
    """Whether it stands in the table of verified documents."""
    resolved: bool
    date: str | None
    system: str
    unclear: tuple[str, ...]
    """Which of date and issuer nobody has told."""
    told: frozenset[int]
    """Watches that were alerted to it before, under any of its names."""
    completed: frozenset[int]
    """Of these, the watches it was unclear to and that it no longer is."""


def identity_of(known: KnownDocument) -> DocumentIdentity:
    """A verified document as an identity of the register."""
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


def seed(engine: sa.Engine) -> None:
    """Enter the verified facts; idempotent, and never over a correction."""
    known = known_documents()
    with engine.begin() as connection:
        there = connection.scalar(sa.select(sa.func.count()).where(document.c.seeded.is_(True)))
        if there != len({fact.id for fact in known}):
            identities = [identity_of(fact) for fact in known]
            entering = Entering(connection, identities)
            for identity in identities:
                entering.enter(identity, seeded=True)
            entering.write()


class Entering:
    """Documents that enter the register in one transaction: what it knows is read once, what is new written once."""

    def __init__(self, connection: sa.Connection, identities: Iterable[DocumentIdentity]) -> None:
        """`identities`: all documents to come."""
        self._connection = connection
        keys = {identity.key for identity in identities}
        found = connection.execute(_OF_KEYS, {"keys": sorted(keys)}).all() if keys else []
        self._rows = {row.id: _Row(dict(row._mapping), stored=True) for row in found}
        self._load_targets()
        self._groups: dict[str, list[_Row]] | None = None
        """Leading entry → all that are it; None: to be made anew."""
        self._told = self._alerted()

    def cite(self, identities: Iterable[DocumentIdentity]) -> list[Entered]:
        """Enter what an article cites."""
        return [self._cite(identity) for identity in identities]

    def enter(self, identity: DocumentIdentity, *, seeded: bool = False) -> None:
        """Enter a document, or fill what the register did not know of it; a row corrected by hand stays."""
        row = self._rows.get(identity.id)
        if row is None:
            facts = {name: getattr(identity, name) for name in FACTS}
            values = {
                "id": identity.id,
                **facts,
                "seeded": seeded,
                "corrected": False,
                "same_as": None,
                "read": None,
            }
            self._rows[identity.id] = row = _Row({**values, "cited": False}, stored=False)
            if not seeded:
                self._join(row)
            if self._groups is not None:
                self._groups.setdefault(self._root(row).id, []).append(row)
        self._learn(self._root(row), identity, seeded=seeded)

    def tell(self, id_: str, watch: int, unclear: tuple[str, ...]) -> None:
        """Note an alert of this transaction: what a later article of it says comes after."""
        self._told.setdefault(id_, {})[watch] = unclear

    def write(self) -> None:
        """Write what is new; the leading ones first, as the others name them."""
        rows = [
            {k: v for k, v in r.values.items() if k != "cited"} for r in self._rows.values() if not r.stored
        ]
        # A person or a start may have entered one meanwhile.
        insert_missing(self._connection, document, [r for r in rows if r["same_as"] is None])
        insert_missing(self._connection, document, [r for r in rows if r["same_as"] is not None])
        for row in self._rows.values():
            row.stored = True

    def _cite(self, identity: DocumentIdentity) -> Entered:
        row = self._rows.get(identity.id)
        told = self._told_of(self._root(row)) if row is not None else {}
        self.enter(identity)
        root = self._root(self._rows[identity.id])
        told |= self._told_of(root)
        group = self._group(root)
        first = not any(r.values["cited"] for r in group)
        self._rows[identity.id].values["cited"] = True
        open_facts = self._unclear(root)
        completed = {w for w, lacked in told.items() if lacked and set(lacked) - set(open_facts)}
        return Entered(
            id=root.id,
            first=first,
            said=identity.issued,
            known=bool(root.values["seeded"]),
            resolved=bool(root.values["resolved"]),
            date=root.date,
            system=root.system,
            unclear=open_facts,
            told=frozenset(told),
            completed=frozenset(completed),
        )

    def _join(self, row: _Row) -> None:
        """Join a new entry to the only other one it may be."""
        key = row.values["key"]
        others = (r for r in self._rows.values() if r.values["key"] == key and r is not row)
        fitting = [r for r in others if r.values["same_as"] is None and may_be_one(row, r)]
        if len(fitting) != 1:
            return
        [other] = fitting
        if other.weight >= row.weight:
            row.values["same_as"] = other.id
            return
        for one in self._group(other):
            self._set(one, {"same_as": row.id})
        self._groups = None

    def _learn(self, root: _Row, identity: DocumentIdentity, *, seeded: bool) -> None:
        if root.values["corrected"]:
            return
        facts = {
            name: getattr(identity, name) for name in ("type", "issuer", "date", "title", "province", "term")
        }
        missing: dict[str, Any] = {
            name: value for name, value in facts.items() if value is not None and root.values[name] is None
        }
        if seeded and not root.values["seeded"]:
            missing["seeded"] = True
        if missing:
            self._set(root, missing)

    def _set(self, row: _Row, values: dict[str, Any]) -> None:
        row.values |= values
        if row.stored:
            # What a new entry leads must find it there.
            leader = self._rows.get(values.get("same_as") or "")
            if leader is not None and not leader.stored:
                insert_missing(
                    self._connection, document, {k: v for k, v in leader.values.items() if k != "cited"}
                )
                leader.stored = True
            self._connection.execute(sa.update(document).where(document.c.id == row.id).values(values))

    def _root(self, row: _Row) -> _Row:
        seen = {row.id}
        while (target := row.values["same_as"]) is not None and target in self._rows and target not in seen:
            row = self._rows[target]
            seen.add(target)
        return row

    def _group(self, root: _Row) -> list[_Row]:
        if self._groups is None:
            self._groups = {}
            for row in self._rows.values():
                self._groups.setdefault(self._root(row).id, []).append(row)
        return self._groups[root.id]

    def _unclear(self, root: _Row) -> tuple[str, ...]:
        return unclear(root.date, root.values["issuer"], root.values["province"])

    def _told_of(self, root: _Row) -> dict[int, tuple[str, ...]]:
        """Watch → what was unclear when it was alerted, under any of the document's names."""
        return {w: lacked for r in self._group(root) for w, lacked in self._told.get(r.id, {}).items()}

    def _load_targets(self) -> None:
        """Entries that others were joined to, also under another number."""
        while missing := {
            r.values["same_as"] for r in self._rows.values() if r.values["same_as"] is not None
        } - set(self._rows):
            for row in self._connection.execute(_BY_ID, {"ids": sorted(missing)}):
                self._rows[row.id] = _Row(dict(row._mapping), stored=True)

    def _alerted(self) -> dict[str, dict[int, tuple[str, ...]]]:
        found: dict[str, dict[int, tuple[str, ...]]] = {}
        if self._rows:
            for row in self._connection.execute(_TOLD, {"ids": sorted(self._rows)}):
                found.setdefault(row.subject, {})[row.watch] = tuple((row.body or {}).get("unclear", ()))
        return found
