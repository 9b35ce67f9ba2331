"""Stories for a person: the list, one story in full, and the split of a wrong one by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.registry import outlet_name
from crawler.source import Source
from crawler.store import news
from crawler.store.audit import COMMAND, audit
from crawler.store.insert import insert_missing
from crawler.store.news import ArticleLine
from crawler.store.schema import article, search_row, story, story_entry, story_link, version
from crawler.store.schema_delivery import alert
from crawler.store.search_rows import move_to_story
from crawler.store.stories import join_by_hand, keep_apart, split_from, take_turn
from crawler.story.fingerprint import Sketch
from crawler.story.similar import quotes
from crawler.story.stories import Copy, Story, assemble

Registry = Mapping[str, Source]


@dataclass(frozen=True, slots=True)
class StoryLine:
    """A story in one line."""

    id: int
    lead: ArticleLine
    articles: int
    outlets: tuple[str, ...]
    """Ids of the sources that carry it, in order of publication."""

    def to_json(self, registry: Registry) -> dict[str, Any]:
        """One entry of `diemtin stories list --json`."""
        return {
            "story": self.id,
            "title": self.lead.title,
            "url": self.lead.url,
            "source": self.lead.source,
            "published": self.lead.published,
            "articles": self.articles,
            "outlets": [outlet_name(registry, o) for o in self.outlets],
        }


@dataclass(frozen=True, slots=True)
class ToldStory:
    """All that the store knows of one story."""

    id: int
    story: Story
    lines: Mapping[int, ArticleLine]
    """Article → the article in one line."""
    quotes: tuple[StoryLine, ...]
    """Stories that a round-up of this one quotes."""
    quoted_by: tuple[ArticleLine, ...]
    """Round-ups that quote it."""
    merged: tuple[int, ...]
    """Stories that have grown together with it."""
    apart: Mapping[int, datetime]
    """Stories a person split from it, and when."""

    def to_json(self, registry: Registry) -> dict[str, Any]:
        """For `diemtin stories show --json`."""
        copies = []
        for copy, change in zip(self.story.copies, self.story.differences, strict=True):
            line = self.lines[copy.article]
            copies.append(
                {
                    "url": line.url,
                    "title": line.title,
                    "source": copy.source,
                    "source_name": outlet_name(registry, copy.source),
                    "published": copy.published,
                    "lead": copy is self.story.lead,
                    "differs": change.to_json(),
                }
            )
        return {
            "story": self.id,
            "outlets": [outlet_name(registry, o) for o in self.story.outlets],
            "articles": copies,
            "quotes": [quoted.to_json(registry) for quoted in self.quotes],
            "quoted_by": [{"url": by.url, "title": by.title, "source": by.source} for by in self.quoted_by],
            "merged": list(self.merged),
            "apart": [{"story": s, "split": when.isoformat()} for s, when in sorted(self.apart.items())],
        }


def listed(
    engine: sa.Engine,
    *,
    least: int = 2,
    limit: int | None = 50,
    since: datetime | None = None,
    after: int | None = None,
) -> list[StoryLine]:
    """Stories of at least so many articles, the one with the newest article first, those behind the story `after`.

    `since` leaves out stories of which every article was published (or, undated, first seen) before. Raises
    InvalidInput where `after` is the number of no story.
    """
    newest = sa.func.max(sa.func.coalesce(article.c.published_at, article.c.first_seen))
    query = (
        sa.select(article.c.story)
        .group_by(article.c.story)
        .having(sa.func.count() >= least)
        .order_by(newest.desc(), article.c.story)
        .limit(limit)
    )
    if since is not None:
        query = query.having(newest >= since)
    with engine.connect().execution_options(diemtin_read=True) as connection:
        if after is not None:
            edge = connection.scalar(sa.select(newest).where(article.c.story == after))
            if edge is None:
                raise InvalidInput(
                    f"--after {after}: không có tin nào mang số này / no story has this number"
                )
            at = sa.select(newest).where(article.c.story == after).scalar_subquery()
            query = query.having(sa.or_(newest < at, sa.and_(newest == at, article.c.story > after)))
        return _story_lines(connection, connection.scalars(query).all())


def told(engine: sa.Engine, which: str) -> ToldStory:
    """The story with this number, or of the article at this address; InvalidInput where there is none."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        id_ = _find(connection, which)
        rows = connection.execute(
            sa.select(article.c.id, article.c.source, article.c.published, version.c.record)
            .join(version, sa.and_(version.c.article == article.c.id, version.c.n == article.c.version))
            .where(article.c.story == id_)
        )
        copies = [Copy(row.id, row.source, row.published, row.record) for row in rows]
        lines = news.lines_of_articles(connection, [copy.article for copy in copies])
        quoted = connection.scalars(
            sa.select(story_link.c.story).where(story_link.c.article.in_(list(lines))).distinct()
        ).all()
        by = connection.scalars(sa.select(story_link.c.article).where(story_link.c.story == id_)).all()
        return ToldStory(
            id_,
            assemble(copies),
            lines,
            quotes=tuple(_story_lines(connection, [s for s in sorted(quoted) if s != id_])),
            quoted_by=tuple(
                sorted(news.lines_of_articles(connection, by).values(), key=lambda line: line.order)
            ),
            merged=_merged_into(connection, id_),
            apart=split_from(connection, id_),
        )


def split(engine: sa.Engine, which: str, urls: Sequence[str], *, who: str = COMMAND, now: datetime) -> int:
    """Move these articles out of a story into one of their own, never to be joined again; its number.

    Who was told of the story by one of these articles counts as told of the new one. Each article gets a row of the
    audit, in the same transaction, in the name of `who`. Raises InvalidInput where an address is unknown or of another
    story, or no article would stay.
    """
    with engine.begin() as connection:
        take_turn(connection)
        old = _find(connection, which)
        members = connection.scalars(sa.select(article.c.id).where(article.c.story == old)).all()
        moved = _articles_at(connection, urls, old, members)
        stay = set(members) - set(moved)
        if not stay:
            raise InvalidInput(
                f"tin {old} sẽ không còn bài nào; chỉ nêu những bài phải rời đi / "
                f"story {old}: no article would stay in it; name only those that leave it"
            )
        new = int(connection.execute(sa.insert(story).values(created=now).returning(story.c.id)).scalar_one())
        connection.execute(sa.update(article).where(article.c.id.in_(moved)).values(story=new))
        move_to_story(connection, new, search_row.c.article.in_(moved))
        keep_apart(connection, new, split_from(connection, old) | {old: now})
        _move_alerts(connection, moved, str(new))
        _move_links(connection, old, new, stay=stay, moved=set(moved))
        for id_ in moved:
            audit(
                connection,
                who,
                "article.split",
                str(id_),
                before={"story": old},
                after={"story": new},
                now=now,
            )
        return new


def join(engine: sa.Engine, which: str, other: str, *, who: str = COMMAND, now: datetime) -> int:
    """Make two stories, each named by its number or an article's address, one; its number.

    Who was told of either counts as told of it. The audit has a row of it, in the same transaction, in the name of
    `who`: of the article that `which` names, or of the newest of its story. Raises InvalidInput for an unknown one, and
    where they are one already.
    """
    with engine.begin() as connection:
        take_turn(connection)
        mine = _find(connection, which)
        one, two = sorted((mine, _find(connection, other)))
        if one == two:
            raise InvalidInput(f"{which}, {other}: đã là một tin / they are one story already")
        subject = str(_article_of(connection, which, mine))
        join_by_hand(connection, two, into=one)
        audit(connection, who, "article.join", subject, before={"story": mine}, after={"story": one}, now=now)
        return one


def _article_of(connection: sa.Connection, which: str, story_: int) -> int:
    """The article at an address, or the newest one of a story that a number names."""
    line = None if which.isdecimal() else news.lines_by_address(connection, [which]).get(which)
    if line is not None:
        return int(line.id)
    return int(
        connection.execute(sa.select(sa.func.max(article.c.id)).where(article.c.story == story_)).scalar_one()
    )


def _find(connection: sa.Connection, which: str) -> int:
    """The number, today, of the story that a number or an address names."""
    if which.isdecimal():
        if connection.scalar(sa.select(story.c.id).where(story.c.id == int(which))) is None:
            raise InvalidInput(f"{which}: không có tin mang số này / no story has this number")
        return int(news.story_roots(connection, [which])[which])
    line = news.lines_by_address(connection, [which]).get(which)
    if line is None:
        raise InvalidInput(
            f"{which}: trong kho không có bài ở địa chỉ này / no stored article has this address"
        )
    return int(news.stories_of(connection, [line.id])[line.id])


def _articles_at(
    connection: sa.Connection, urls: Sequence[str], old: int, members: Collection[int]
) -> list[int]:
    lines = news.lines_by_address(connection, urls)
    for url in urls:
        if url not in lines:
            raise InvalidInput(
                f"{url}: trong kho không có bài ở địa chỉ này / no stored article has this address"
            )
        if lines[url].id not in members:
            raise InvalidInput(
                f"{url}: bài không thuộc tin {old}, xem tin của nó bằng lệnh sau / "
                f"not of story {old}; `diemtin stories show {url}` shows its own"
            )
    return sorted({line.id for line in lines.values()})


def _story_lines(connection: sa.Connection, ids: Sequence[int]) -> list[StoryLine]:
    """Stories in one line each, in the order asked for."""
    lines = news.lines_of_stories(connection, [str(i) for i in ids])
    found = []
    for id_ in ids:
        copies = assemble(
            Copy(line.id, line.source, line.published, {"title": "", "blocks": ()})
            for line in lines[str(id_)]
        ).copies
        by_id = {line.id: line for line in lines[str(id_)]}
        outlets = tuple(dict.fromkeys(copy.source for copy in copies))
        found.append(StoryLine(id_, by_id[copies[0].article], len(copies), outlets))
    return found


def _merged_into(connection: sa.Connection, id_: int) -> tuple[int, ...]:
    found: set[int] = set()
    latest = {id_}
    while latest:
        rows = connection.scalars(sa.select(story.c.id).where(story.c.merged_into.in_(sorted(latest))))
        latest = set(rows) - found
        found |= latest
    return tuple(sorted(found))


def _move_alerts(connection: sa.Connection, articles: Collection[int], subject: str) -> None:
    """Alerts that these articles caused are about their new story; one a watch, the oldest."""
    rows = connection.execute(
        sa.select(alert.c.id, alert.c.watch)
        .where(alert.c.kind == "story", alert.c.article.in_(sorted(articles)))
        .order_by(alert.c.id)
    )
    oldest: dict[int, int] = {}
    for row in rows:
        oldest.setdefault(row.watch, row.id)
    connection.execute(
        sa.update(alert).where(alert.c.id.in_(sorted(oldest.values()))).values(subject=subject)
    )


def _move_links(connection: sa.Connection, old: int, new: int, *, stay: set[int], moved: set[int]) -> None:
    """A round-up that quotes the old story is linked to the one, or both, that hold what it quotes."""
    roundups = connection.scalars(sa.select(story_link.c.article).where(story_link.c.story == old)).all()
    if not roundups:
        return
    entries = connection.execute(
        sa.select(story_entry.c.article, story_entry.c.sketch).where(
            story_entry.c.article.in_(sorted({*roundups, *stay, *moved}))
        )
    )
    sketches = {row.article: Sketch.from_bytes(row.sketch) for row in entries}
    for roundup in sorted(roundups):
        of = {side for side in (*stay, *moved) if quotes(sketches[roundup], sketches[side])}
        if of & moved:
            insert_missing(connection, story_link, {"article": roundup, "story": new})
        if not of & stay:
            connection.execute(
                sa.delete(story_link).where(story_link.c.article == roundup, story_link.c.story == old)
            )
