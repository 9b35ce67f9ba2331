"""A watch made, changed, paused, resumed or taken away by a person: one set of rules for commands and pages.

Each act is one transaction with its row of the audit. The rules are in `crawler.query.wish` (what may be asked), in
`crawler.store.watches` (who has it already, names) and here (too broad, a webhook in our own network).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from crawler.delivery.backtest import check_marks, mark_hits, refuse_if_too_broad
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.subscriptions import ask_recipients
from crawler.delivery.webhook import refuse_private
from crawler.query.wish import own_province
from crawler.source import Source
from crawler.store import watch_editing, watches
from crawler.store.audit import audit

if TYPE_CHECKING:
    from crawler.store.outbox import Connection, Engine
    from crawler.store.watches import Watch

_IN_WORDS = ("article", "story")
"""Scopes whose query can be too broad."""


@dataclass(frozen=True, slots=True)
class WatchDesk:
    """Where one person's acts on watches are done."""

    engine: Engine
    registry: Mapping[str, Source]
    mail: MailSettings
    who: str
    """As the audit has it."""
    now: datetime
    """Aware."""
    allow_private: bool = False

    def make(
        self,
        *,
        query: str,
        addresses: Sequence[str],
        name: str | None = None,
        ask: bool = False,
        force: bool = False,
        **wish: Any,
    ) -> tuple[Watch, tuple[str, ...]]:
        """Save a watch; the addresses that are asked first. `wish` are fields of `crawler.query.wish.Wish`.

        Raises InvalidInput (InvalidQuery for the query) and saves nothing then; without `force` also for a query that
        is too broad and for one that a recipient has already.
        """
        refuse_private(addresses, allow_private=self.allow_private)
        if wish.get("scope", "story") in _IN_WORDS and not force:
            refuse_if_too_broad(self.engine, query, now=self.now, sources=self.registry)
        with self.engine.begin() as connection:
            made = watches.add_watch(
                connection, query=query, addresses=addresses, name=name, ask=ask, twice=force, now=self.now,
                **self._placed(wish),
            )  # fmt: skip
            asked = ask_recipients(connection, made, self.mail, now=self.now) if ask else ()
            self._note(connection, "watch.add", None, made)
        return made, asked

    def change(
        self,
        name_or_id: str | int,
        changes: Mapping[str, Any],
        *,
        name: str | None = None,
        add: Sequence[str] = (),
        drop: Sequence[str] = (),
        ask: bool = False,
        force: bool = False,
    ) -> Watch:
        """Change fields of the wish, the name, the people. Raises as `make` does, and changes nothing then."""
        refuse_private(add, allow_private=self.allow_private)
        changes = self._placed(changes)
        with self.engine.connect() as connection:
            before = watches.find_watch(connection, name_or_id)
        wanted = replace(before.wish, **changes)
        asks_otherwise = (wanted.query, wanted.scope) != (before.query, before.scope)
        if asks_otherwise and wanted.scope in _IN_WORDS and not force:
            refuse_if_too_broad(self.engine, wanted.query, now=self.now, sources=self.registry)
        with self.engine.begin() as connection:
            after = watch_editing.edit_watch(
                connection, before.id, changes, name=name, add=add, drop=drop, ask=ask, twice=force, now=self.now
            )  # fmt: skip
            if ask:
                ask_recipients(connection, after, self.mail, now=self.now)
            self._note(connection, "watch.edit", before, after)
        return after

    def pause(self, name_or_id: str | int, *, until: datetime | None = None) -> Watch:
        """Send nothing until then, or until it is resumed. Raises InvalidInput for a day that has passed."""
        with self.engine.begin() as connection:
            before = watches.find_watch(connection, name_or_id)
            after = watch_editing.pause_watch(connection, before.id, until=until, now=self.now)
            self._note(connection, "watch.pause", before, after)
        return after

    def resume(self, name_or_id: str | int, *, forget: bool = False) -> Watch:
        """Send again; `forget` drops what waited. Raises InvalidInput for one that is not paused."""
        with self.engine.begin() as connection:
            before = watches.find_watch(connection, name_or_id)
            after = watch_editing.resume_watch(connection, before.id, forget=forget, now=self.now)
            self._note(connection, "watch.resume", before, after)
        return after

    def remove(self, name_or_id: str | int) -> Watch:
        """Take a watch away; its history stays."""
        with self.engine.begin() as connection:
            gone = watches.remove_watch(connection, name_or_id, now=self.now)
            self._note(connection, "watch.remove", gone, None)
        return gone

    def mark(self, name_or_id: str | int, *, right: Sequence[str] = (), wrong: Sequence[str] = ()) -> None:
        """Say of stored articles that a watch should find them, or should not. Raises InvalidInput for others."""
        check_marks(self.engine, right, wrong)
        with self.engine.begin() as connection:
            marked = mark_hits(connection, name_or_id, right=right, wrong=wrong, now=self.now)
            said = {"right": list(right), "wrong": list(wrong)}
            audit(connection, self.who, "watch.mark", str(marked.id), after=said, now=self.now)

    def _placed(self, wish: Mapping[str, Any]) -> dict[str, Any]:
        """The wish with its province under the name of today."""
        typed = wish.get("province")
        return {**wish, "province": own_province(typed, self.registry)} if typed else dict(wish)

    def _note(self, connection: Connection, what: str, before: Watch | None, after: Watch | None) -> None:
        about = after or before
        assert about is not None
        audit(
            connection,
            self.who,
            what,
            str(about.id),
            before=before.to_json() if before else None,
            after=after.to_json() if after else None,
            now=self.now,
        )
