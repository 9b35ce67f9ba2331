"""The meetings that articles tell of, as rows: each report finds the meeting it is of, each meeting what holds of it.

What may be meant is read once for several articles; which it is and what then holds is decided by the pure functions of
`crawler.meeting.agenda`, the earlier articles counted as stored.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

import sqlalchemy as sa

from crawler.article import Article, Meeting
from crawler.meeting.agenda import CALLED_AGAIN_WITHIN, OFF, MeetingReport, tells_of, together
from crawler.meeting.meeting_identity import body_of, group_of
from crawler.meeting.meeting_kinds import CONFERENCE
from crawler.meeting.national import identity
from crawler.store.article_record import meeting_from
from crawler.store.insert import insert_all
from crawler.store.schema import article, article_meeting, meeting

_LOOK_BACK = CALLED_AGAIN_WITHIN
"""How long before the first day told a meeting may lie that a report can still be of."""
_IN_CALENDAR = ("date", "date_to", "time", "place")
"""What a calendar shows: when it changes, the entry's number rises (RFC 5546 §2.1.4)."""


@dataclass(frozen=True, slots=True)
class MeetingNews:
    """What an article brought to the agenda."""

    new: tuple[str, ...] = ()
    """Ids of meetings that no article had told of before."""
    changed: tuple[str, ...] = ()
    """`id#n` of known meetings that it moves, puts off, cancels or calls again; n is the number of that change."""


class Telling:
    """The meetings of some articles. `add` them in their order; nothing is written before `write`."""

    def __init__(self, connection: sa.Connection, articles: Iterable[tuple[Article, str | None]]) -> None:
        """`articles` with the province each one's outlet is of."""
        self._connection = connection
        told = [_report(m, read, province) for read, province in articles for m in _placeable(read)]
        self._rows: dict[str, dict[str, Any]] = {
            row.id: dict(row._mapping) for row in _may_be_meant(connection, told)
        }
        self._reports = _reports(connection, self._rows)
        self._stored = frozenset(self._rows)
        self._touched: dict[str, None] = {}
        self._told: list[dict[str, Any]] = []

    def add(self, article_id: int, read: Article, province: str | None, story: int | None) -> MeetingNews:
        """The meetings one of the articles tells of; says what is new about them."""
        new, changed = [], []
        told: dict[str, dict[str, Any]] = {}
        for rank, found in enumerate(_placeable(read)):
            report = _report(found, read, province, story)
            known = self._find(report)
            id_ = known or self._enter(report)
            if id_ in told:  # one article, one word on a meeting: the main one
                continue
            told[id_] = {
                "article": article_id,
                "meeting": id_,
                "rank": rank,
                "record": {name: getattr(found, name) for name in _RECORDED},
                "province": province,
            }
            if change := self._learn(id_, report):
                changed.append(change)
            if known is None:
                new.append(id_)
        self._told += told.values()
        return MeetingNews(tuple(new), tuple(c for c in changed if c.partition("#")[0] not in new))

    def write(self) -> None:
        """Write meetings and reports; the articles stand already."""
        insert_all(self._connection, meeting, [self._rows[i] for i in self._touched if i not in self._stored])
        for id_ in self._touched:
            if id_ in self._stored:
                values = {name: value for name, value in self._rows[id_].items() if name != "id"}
                self._connection.execute(sa.update(meeting).where(meeting.c.id == id_).values(values))
        insert_all(self._connection, article_meeting, self._told)

    def _find(self, report: MeetingReport) -> str | None:
        """The meeting a report is of: the one of its day before one it may have been moved from."""

        def distance(id_: str) -> tuple[bool, str]:
            return self._rows[id_]["date"] != report.told.date, id_

        for id_ in sorted(self._rows, key=distance):
            if tells_of(report, self._rows[id_], self._reports.get(id_) or [_by_row(self._rows[id_])]):
                return id_
        return None

    def _enter(self, report: MeetingReport) -> str:
        """A row for a meeting that nobody told of; its id says nothing, so that no later day makes it wrong."""
        told = report.told
        body = "|".join(body_of(told.organiser or "", report.province))
        when = told.date or "/".join(told.between or ()) or (report.published or "")[:4]
        seed = "|".join((body, group_of(told.kind), str(told.ordinal or ""), when, told.session or ""))
        id_ = told.national or f"m{sha256(seed.encode()).hexdigest()[:16]}"
        while id_ in self._rows:
            id_ += "x"
        self._rows[id_] = {name: None for name in _COLUMNS} | {"id": id_, "sequence": 0, "body": body}
        return id_

    def _learn(self, id_: str, report: MeetingReport) -> str | None:
        """Fold a report in; `id#n` where that moves the meeting or calls it off or on."""
        row, fresh = self._rows[id_], self._rows[id_]["status"] is None
        reports = self._reports.setdefault(id_, [])
        reports.append(report)
        facts = together(reports)
        if not fresh and len(reports) == 1:  # the only report that is left tells what it did not know before
            facts |= {name: row[name] for name, value in facts.items() if value is None}
        before = dict(row)
        row |= facts | {"kinds": group_of(facts["kind"])}
        self._touched[id_] = None
        if fresh:
            return None
        turned = (before["status"] in OFF or row["status"] in OFF) and before["status"] != row["status"]
        moved = before["date"] is not None and before["date"] != row["date"]
        if turned or any(before[name] != row[name] for name in _IN_CALENDAR):
            row["sequence"] = (before["sequence"] or 0) + 1
        return f"{id_}#{row['sequence']}" if (moved or turned) and row["status"] != "held" else None


def refold(connection: sa.Connection, ids: Collection[str]) -> None:
    """What holds of meetings after a report of theirs was taken back; those nobody tells of are left as they were."""
    if not ids:
        return
    rows = {row.id: dict(row._mapping) for row in connection.execute(_BY_IDS, {"ids": sorted(ids)})}
    for id_, reports in _reports(connection, rows).items():
        facts = together(reports)
        values = facts | {"kinds": group_of(facts["kind"])}
        if any(rows[id_][name] != value for name, value in values.items()):
            values["sequence"] = rows[id_]["sequence"] + 1
            connection.execute(sa.update(meeting).where(meeting.c.id == id_).values(values))


def told_by(connection: sa.Connection, article_id: int) -> list[str]:
    """The meetings a stored article tells of."""
    query = sa.select(article_meeting.c.meeting).where(article_meeting.c.article == article_id)
    return list(connection.scalars(query.order_by(article_meeting.c.meeting)))


_RECORDED = tuple(Meeting.__dataclass_fields__)
_COLUMNS = tuple(column.name for column in meeting.columns)
_BY_IDS = sa.select(meeting).where(meeting.c.id.in_(sa.bindparam("ids", expanding=True)))
_MEANT = sa.select(meeting).where(
    sa.or_(
        meeting.c.id.in_(sa.bindparam("ids", expanding=True)),
        sa.and_(
            meeting.c.kinds.in_(sa.bindparam("kinds", expanding=True)),
            meeting.c.date.in_(sa.bindparam("dates", expanding=True)),
        ),
        sa.and_(
            meeting.c.body.in_(sa.bindparam("bodies", expanding=True)),
            sa.func.coalesce(meeting.c.date_to, meeting.c.date, meeting.c.told, "9999")
            >= sa.bindparam("first"),
        ),
    )
)
_TOLD = (
    sa.select(
        article_meeting.c.meeting, article_meeting.c.record, article_meeting.c.province,
        article.c.published, article.c.url, article.c.story,
    )
    .join(article, article.c.id == article_meeting.c.article)
    .where(article_meeting.c.meeting.in_(sa.bindparam("ids", expanding=True)))
    .order_by(article_meeting.c.meeting, article.c.id)
)  # fmt: skip


def _placeable(read: Article) -> list[Meeting]:
    """The meetings that have a place in an agenda: of a known body, with a day, a stretch of days or a number."""
    found = (*read.annotations.meetings, *read.annotations.called_off)
    return [
        m
        for m in found
        if (m.organiser or m.national) and (m.date or m.between or (m.ordinal is not None and read.published))
    ]


def _report(told: Meeting, read: Article, province: str | None, story: int | None = None) -> MeetingReport:
    return MeetingReport(told, read.published, read.canonical_url, province, story)


def _may_be_meant(connection: sa.Connection, told: Sequence[MeetingReport]) -> Sequence[sa.Row[Any]]:
    """The rows that these reports may be of."""
    if not told:
        return []
    days = {day for r in told for day in (r.told.date, r.told.was, r.told.date_to) if day}
    heard = {r.published[:10] for r in told if r.published}
    first = date.fromisoformat(min(days | heard, default="9999-12-31")) - _LOOK_BACK
    kinds = {group_of(r.told.kind) for r in told}
    bodies = {"|".join(body_of(r.told.organiser or "", r.province)) for r in told}
    return connection.execute(
        _MEANT,
        {
            "ids": sorted({r.told.national for r in told if r.told.national}),
            "kinds": sorted(kinds | {CONFERENCE})
            if CONFERENCE not in kinds
            else sorted(kinds | _ANY_CONFERENCE),
            "dates": sorted(days),
            "bodies": sorted(bodies),
            "first": first.isoformat(),
        },
    ).all()


_ANY_CONFERENCE = {"review", "study", "plenary", "standing", "giao ban", "đối thoại", "ceremony"}


def _reports(
    connection: sa.Connection, rows: Mapping[str, Mapping[str, Any]]
) -> dict[str, list[MeetingReport]]:
    """All stored reports of these meetings."""
    found: dict[str, list[MeetingReport]] = {}
    if not rows:
        return found
    for told in connection.execute(_TOLD, {"ids": sorted(rows)}):
        row = rows[told.meeting]
        if told.record:  # one of a store of before may have none
            own = _with_identity(meeting_from(told.record))
            report = MeetingReport(
                own, told.published, told.url, told.province or row["province"], told.story
            )
            found.setdefault(told.meeting, []).append(report)
    return found


def _with_identity(told: Meeting) -> Meeting:
    """A plenum read before its identity was."""
    day = date.fromisoformat(told.date) if told.date else None
    return replace(told, national=told.national or identity(told.kind, told.ordinal, told.organiser, day))


_OF_ROW = (
    "kind", "ordinal", "organiser", "date", "date_to", "session", "status", "place", "time", "subject", "national",
)  # fmt: skip


def _by_row(row: Mapping[str, Any]) -> MeetingReport:
    """A meeting of which no report is left, as if its row had told it."""
    names = (
        "kind",
        "ordinal",
        "organiser",
        "date",
        "date_to",
        "session",
        "status",
        "place",
        "time",
        "subject",
        "national",
    )
    told = Meeting("lead", 0, 0, **{name: row[name] for name in names})
    return MeetingReport(told, row["told"], "", row["province"], None)
