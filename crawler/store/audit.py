"""What was changed by whom: one row for each write, in the transaction of the write itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.store.database import Connection
from crawler.store.listing import ListPage, count_of, list_page, number_after
from crawler.store.schema_people import audit_row

COMMAND = "command"
"""Who writes by a command of this machine."""
LOCAL = "local"
"""Who writes on a page of this machine, where no one needs an account."""


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One write."""

    id: int
    at: datetime
    who: str
    """An address, COMMAND or LOCAL."""
    what: str
    """`noun.verb`, such as `user.add`."""
    subject: str
    """What it was done to: an address, the id of an article …"""
    before: Any
    """JSON: what was there; None where nothing was."""
    after: Any
    """JSON: what is there now; None where nothing is."""

    def to_json(self) -> dict[str, Any]:
        """For files and programs."""
        return {
            "id": self.id,
            "at": self.at.isoformat(),
            "who": self.who,
            "what": self.what,
            "subject": self.subject,
            "before": self.before,
            "after": self.after,
        }


def audit(
    conn: Connection,
    who: str,
    what: str,
    subject: str,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    now: datetime,
) -> None:
    """Note a write. Call it in the write's own transaction: neither is ever there without the other.

    `before` and `after` are what JSON can hold, and never a secret: operators read them.
    """
    row = {"at": now, "who": who, "what": what, "subject": subject, "before": before, "after": after}
    conn.execute(sa.insert(audit_row).values(row))


def audit_page(
    conn: Connection,
    *,
    who: str | None = None,
    what: str | None = None,
    limit: int,
    after: str | None = None,
) -> ListPage[AuditRow]:
    """At most `limit` rows behind the one that `after` names, the newest first. Raises InvalidInput for a wrong one.

    `what` may be the noun alone: `user` finds `user.add`.
    """
    found = sa.select(audit_row)
    if who:
        found = found.where(audit_row.c.who == who)
    if what:
        begins = audit_row.c.what.startswith(f"{what}.", autoescape=True)
        found = found.where(sa.or_(audit_row.c.what == what, begins))
    behind = total = count_of(conn, found)
    if after is not None:
        found = found.where(audit_row.c.id < number_after(after))
        behind = count_of(conn, found)
    rows = conn.execute(found.order_by(audit_row.c.id.desc()).limit(limit))
    items = [AuditRow(**row._mapping) for row in rows]
    return list_page(items, total=total, behind=behind, name=lambda one: str(one.id))
