"""What a person corrects of an article: its topics, its day, a meeting it does not tell of, that it is none of ours.

A correction is a row; what holds is computed from what was read and all corrections in force, anew after each, after
each undo and after each new version. So they survive reading again, and taking one back leaves the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Literal

import sqlalchemy as sa

from crawler.article import Annotations, Article, Meeting, Topic, published_at
from crawler.errors import InvalidInput
from crawler.source import Source
from crawler.store.annotations import replace_for
from crawler.store.article_record import article_from, record_of
from crawler.store.audit import audit
from crawler.store.listing import ListPage, count_of, list_page, number_after
from crawler.store.reindex import reindex
from crawler.store.schema import article, version
from crawler.store.schema_corrections import correction, version_as_read
from crawler.store.schema_delivery import alert, owed
from crawler.store.search_rows import retire
from crawler.topic.taxonomy import shipped_taxonomy

CorrectionKind = Literal["topics", "published", "meeting", "set_aside"]
BY_HAND = "by_hand"
"""Among the warnings of an article whose day a person corrected."""
BECAUSE = "người sửa"
"""What a topic given by a person gives as its reason."""


@dataclass(frozen=True, slots=True)
class Correction:
    """One word of a person on an article."""

    id: int
    article: int
    title: str
    kind: CorrectionKind
    value: Any
    """Of `topics` their ids, of `published` an ISO day or time or None, of `meeting` what it was told as."""
    who: str
    at: datetime
    undone: datetime | None
    undone_by: str | None


def corrected(read: Article, corrections: Sequence[tuple[str, Any]]) -> Article:
    """An article as it was read, with (kind, value) of all corrections in force, the earliest first."""
    for kind, value in corrections:
        notes = read.annotations
        if kind == "topics":
            topics = tuple(Topic(id_, 1.0, (BECAUSE,)) for id_ in value)
            read = replace(read, annotations=replace(notes, topics=topics, relevant=True))
        elif kind == "published":
            read = replace(
                read,
                published=value,
                published_precision=None if value is None else "minute" if "T" in value else "day",
                published_from=None,
                warnings=(*(w for w in read.warnings if w != BY_HAND), BY_HAND),
            )
        elif kind == "meeting":
            kept = [
                tuple(m for m in found if told_as(m) != value) for found in (notes.meetings, notes.called_off)
            ]
            read = replace(read, annotations=replace(notes, meetings=kept[0], called_off=kept[1]))
        elif kind == "set_aside":
            read = replace(read, annotations=Annotations())
    return read


def told_as(meeting: Meeting) -> dict[str, Any]:
    """By what a meeting of an article is known again when the article is read anew."""
    return {
        "kind": meeting.kind,
        "ordinal": meeting.ordinal,
        "organiser": meeting.organiser,
        "date": meeting.date,
        "session": meeting.session,
    }


def correct_topics(
    engine: sa.Engine,
    id_: int,
    topics: Sequence[str],
    *,
    who: str,
    registry: Mapping[str, Source],
    now: datetime,
) -> int:
    """Say what an article is about; the number of the correction. Raises InvalidInput for an unknown topic."""
    known = {topic.id for topic in shipped_taxonomy().topics}
    if unknown := sorted(set(topics) - known):
        raise InvalidInput(f"không có chủ đề {unknown[0]!r} / there is no topic {unknown[0]!r}")
    return _enter(engine, id_, "topics", list(dict.fromkeys(topics)), who, registry, now)


def correct_published(
    engine: sa.Engine,
    id_: int,
    moment: str | None,
    *,
    who: str,
    registry: Mapping[str, Source],
    now: datetime,
) -> int:
    """Say when an article was published, an ISO day or time with its zone; None: that it is not known.

    Raises InvalidInput for what is no day, or one that is still ahead.
    """
    if moment is not None:
        try:
            ahead = date.fromisoformat(moment) if len(moment) == 10 else datetime.fromisoformat(moment).date()
        except ValueError as error:
            raise InvalidInput(
                f"{moment!r} không phải ngày, viết như 2026-11-20 / no date, such as 2026-11-20"
            ) from error
        if ahead > now.date():
            raise InvalidInput(f"{moment}: ngày đăng còn ở phía trước / the day is still ahead")
    return _enter(engine, id_, "published", moment, who, registry, now)


def drop_meeting(
    engine: sa.Engine, id_: int, place: int, *, who: str, registry: Mapping[str, Source], now: datetime
) -> int:
    """Say that an article does not tell of a meeting: the one at this place of those it has. Raises InvalidInput."""
    with engine.connect() as connection:
        row = _in_force(connection, id_)
        found = article_from(row.record, row.notes).annotations
    meetings = (*found.meetings, *found.called_off)
    if not 0 <= place < len(meetings):
        raise InvalidInput(f"bài {id_} không có cuộc họp thứ {place + 1} / the article has no such meeting")
    return _enter(engine, id_, "meeting", told_as(meetings[place]), who, registry, now)


def set_aside(engine: sa.Engine, id_: int, *, who: str, registry: Mapping[str, Source], now: datetime) -> int:
    """Say that an article is not about Party-building work: it stays, and is in no list, search or corpus any more."""
    return _enter(engine, id_, "set_aside", True, who, registry, now)


def undo(engine: sa.Engine, number: int, *, who: str, registry: Mapping[str, Source], now: datetime) -> int:
    """Take a correction back; the number of its article. Raises InvalidInput where there is none in force."""
    with engine.begin() as connection:
        row = connection.execute(
            sa.select(correction).where(correction.c.id == number, correction.c.undone.is_(None))
        ).one_or_none()
        if row is None:
            raise InvalidInput(
                f"không có lần sửa số {number} nào đang có hiệu lực / no such correction in force"
            )
        connection.execute(
            sa.update(correction).where(correction.c.id == number).values(undone=now, undone_by=who)
        )
        audit(connection, who, "article.undo", str(row.article), before={row.kind: row.value}, now=now)
        reapply(connection, row.article, _province(connection, row.article, registry), now=now)
    return int(row.article)


def corrections_of(engine: sa.Engine, id_: int) -> tuple[Correction, ...]:
    """All corrections of an article, the latest first, those taken back included."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        rows = connection.execute(_LISTED.where(correction.c.article == id_).order_by(correction.c.id.desc()))
        return tuple(Correction(**row._mapping) for row in rows)


def corrections_page(engine: sa.Engine, *, limit: int = 50, after: str | None = None) -> ListPage[Correction]:
    """A page of all corrections, the latest first."""
    query = _LISTED
    with engine.connect().execution_options(diemtin_read=True) as connection:
        behind = total = count_of(connection, query)
        if after is not None:
            query = query.where(correction.c.id < number_after(after))
            behind = count_of(connection, query)
        rows = connection.execute(query.order_by(correction.c.id.desc()).limit(limit))
        found = [Correction(**row._mapping) for row in rows]
    return list_page(found, total=total, behind=behind, name=lambda one: str(one.id))


def topic_corrections(engine: sa.Engine) -> list[dict[str, Any]]:
    """What persons say that articles are about, as `topics train --corrections` reads it: id (the address) and topics.

    An article that was set aside has no topics. By address; the latest word on an article counts.
    """
    words: dict[str, list[str]] = {}
    query = (
        sa.select(article.c.url, correction.c.kind, correction.c.value)
        .join(article, article.c.id == correction.c.article)
        .where(correction.c.undone.is_(None), correction.c.kind.in_(("topics", "set_aside")))
        .order_by(correction.c.id)
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        for url, kind, value in connection.execute(query):
            words[url] = list(value) if kind == "topics" else []
    return [{"id": url, "topics": topics} for url, topics in sorted(words.items())]


def reapply(connection: sa.Connection, id_: int, province: str | None, *, now: datetime) -> None:
    """Let an article's version in force say what was read and what persons say; `province` is that of its outlet."""
    row = _in_force(connection, id_)
    words = connection.execute(_FORCES, {"article": id_}).all()
    base = connection.execute(_BASE, {"version": row.version}).one_or_none()
    if not words and base is None:
        return
    if base is None:
        connection.execute(
            sa.insert(version_as_read).values(version=row.version, record=row.record, notes=row.notes)
        )
        base = row
    read = corrected(article_from(base.record, base.notes), [(word.kind, word.value) for word in words])
    _write(connection, id_, row, read, base if not words else None)
    replace_for(connection, id_, read, province=province, story=row.story)
    aside = any(word.kind == "set_aside" for word in words)
    if aside:
        retire(connection, [id_])
        _owe_no_more(connection, id_)
    connection.execute(
        sa.update(article)
        .where(article.c.id == id_)
        .values(
            published=read.published,
            published_at=published_at(read.published),
            set_aside=now if aside else None,
        )
    )
    reindex(connection, [id_])


def _write(connection: sa.Connection, id_: int, row: Any, read: Article, base: Any) -> None:
    """The version in force as it holds now; `base` where nothing is corrected any more."""
    if base is not None:
        connection.execute(sa.delete(version_as_read).where(version_as_read.c.version == row.version))
        record, notes = base.record, base.notes
    else:
        record, notes = record_of(read), read.annotations.to_json()
    connection.execute(
        sa.update(version).where(version.c.id == row.version).values(record=record, notes=notes)
    )


def _enter(
    engine: sa.Engine,
    id_: int,
    kind: str,
    value: Any,
    who: str,
    registry: Mapping[str, Source],
    now: datetime,
) -> int:
    with engine.begin() as connection:
        before = article_from(*_in_force(connection, id_)[:2])
        row = {"article": id_, "kind": kind, "value": value, "who": who, "at": now}
        number = connection.execute(sa.insert(correction).values(row).returning(correction.c.id)).scalar_one()
        audit(
            connection, who, f"article.{kind}", str(id_),
            before=_before(before, kind), after={kind: value}, now=now,
        )  # fmt: skip
        reapply(connection, id_, _province(connection, id_, registry), now=now)
    return int(number)


def _province(connection: sa.Connection, id_: int, registry: Mapping[str, Source]) -> str | None:
    row = registry.get(_in_force(connection, id_).source)
    return row.province if row is not None else None


def _owe_no_more(connection: sa.Connection, id_: int) -> None:
    """What is owed for an article, and in no mail yet, is owed no more."""
    alerts = sa.select(alert.c.id).where(alert.c.article == id_)
    connection.execute(sa.delete(owed).where(owed.c.alert.in_(alerts), owed.c.delivery.is_(None)))


def _before(read: Article, kind: str) -> dict[str, Any] | None:
    if kind == "topics":
        return {kind: [topic.id for topic in read.annotations.topics]}
    return {kind: read.published} if kind == "published" else None


def _in_force(connection: sa.Connection, id_: int) -> Any:
    row = connection.execute(_IN_FORCE, {"article": id_}).one_or_none()
    if row is None:
        raise InvalidInput(f"kho không có bài số {id_} / the store has no article {id_}")
    return row


_IN_FORCE = (
    sa.select(
        version.c.record, version.c.notes, version.c.id.label("version"), article.c.source, article.c.story
    )
    .join(article, sa.and_(article.c.id == version.c.article, article.c.version == version.c.n))
    .where(article.c.id == sa.bindparam("article"))
)
_BASE = sa.select(version_as_read).where(version_as_read.c.version == sa.bindparam("version"))
_FORCES = (
    sa.select(correction.c.kind, correction.c.value)
    .where(correction.c.article == sa.bindparam("article"), correction.c.undone.is_(None))
    .order_by(correction.c.id)
)
_LISTED = sa.select(
    correction.c.id, correction.c.article, article.c.title, correction.c.kind, correction.c.value, correction.c.who,
    correction.c.at, correction.c.undone, correction.c.undone_by,
).join(article, article.c.id == correction.c.article)  # fmt: skip
