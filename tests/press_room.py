"""A small invented press in a store: articles, stories, documents and meetings for tests of watches and mail."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from crawler.dates.zones import VIETNAM
from crawler.source import Source
from crawler.store import schema as s
from crawler.store.reindex import reindex

MORNING = datetime(2026, 11, 22, 6, 30, tzinfo=VIETNAM).astimezone(UTC)


def outlet(identity: str, name: str, province: str) -> Source:
    """A registry row of an invented paper."""
    return Source.model_validate(
        {
            "id": identity,
            "name": name,
            "province": province,
            "homepage": f"https://{identity}.example/",
            "evidence": "seen",
            "fictitious": True,
            "sections": [{"name": "Xây dựng Đảng", "url": f"https://{identity}.example/xay-dung-dang/"}],
            "articles": {"url": f"^https://{identity}\\.example/"},
        }
    )


OUTLETS = {
    "bao-lam-ha": outlet("bao-lam-ha", "Báo Lam Hà", "Lam Hà"),
    "bao-an-khe": outlet("bao-an-khe", "Báo An Khê Sơn", "An Khê Sơn"),
    "bao-cu-lao": outlet("bao-cu-lao", "Báo Cù Lao Hạ", "Cù Lao Hạ"),
}


class PressRoom:
    """Fills a store the way the article transaction does, one row at a time."""

    def __init__(self, conn: sa.Connection, now: datetime = MORNING) -> None:
        self.conn = conn
        self.now = now

    def story(self, merged_into: int | None = None) -> int:
        """A new story."""
        row = sa.insert(s.story).values(created=self.now, merged_into=merged_into).returning(s.story.c.id)
        return int(self.conn.execute(row).scalar_one())

    def article(
        self,
        title: str,
        *,
        story: int,
        source: str = "bao-lam-ha",
        slug: str | None = None,
        lead: str = "Sáng 21/11, Huyện ủy Lam Hà họp.",
        paragraphs: Sequence[str] = (),
        published: str | None = "2026-11-21T17:10:00+07:00",
    ) -> int:
        """A stored article in its first version."""
        url = f"https://{source}.example/{slug or 'bai-' + str(abs(hash((title, source))) % 10**8)}"
        at = None
        if published:
            at = datetime.fromisoformat(published if "T" in published else f"{published}T12:00:00+07:00")
        row = sa.insert(s.article).values(
            source=source,
            url=url,
            title=title,
            published=published,
            published_at=at,
            version=1,
            text_hash="0" * 64,
            key_hash="0" * 64,
            story=story,
            first_seen=self.now,
            last_seen=self.now,
        )
        number = int(self.conn.execute(row.returning(s.article.c.id)).scalar_one())
        record: dict[str, Any] = {
            "url": url,
            "canonical_url": url,
            "source": source,
            "section": None,
            "place": None,
            "title": title,
            "lead": lead,
            "authors": [],
            "published": published,
            "published_precision": None if published is None else "minute" if "T" in published else "day",
            "published_from": None if published is None else "visible",
            "updated": None,
            "dates": [],
            "captions": [],
            "images": [],
            "reader": "site",
            "warnings": [],
            "blocks": [["lead", lead], *(["paragraph", p] for p in paragraphs)],
            "byline": None,
            "head": [],
        }
        notes = {"citations": [], "meetings": [], "relevant": True, "topics": []}
        values = {"article": number, "n": 1, "seen": self.now, "text_hash": "0" * 64, "text": title}
        self.conn.execute(sa.insert(s.version).values(**values, record=record, notes=notes))
        reindex(self.conn, [number])
        return number

    def document(self, identity: str, kind: str = "Chỉ thị", **facts: Any) -> str:
        """A register entry."""
        key = identity.partition("@")[0]
        values = {
            "id": identity,
            "key": key,
            "type": kind,
            "system": "party",
            "resolved": True,
            "seeded": False,
        }
        self.conn.execute(sa.insert(s.document).values(**values, corrected=False, **facts))
        return identity

    def cites(self, article: int, document: str, surface: str, issued: str | None = None) -> None:
        """An article names a document, and may say that it was issued just now."""
        values = {"article": article, "document": document, "field": "lead", "start": 0, "end": len(surface)}
        phrase = {"phrase": issued, "start": 0, "end": len(issued)} if issued else None
        more = {
            "surface": surface, "key": document.partition("@")[0], "system": "party", "resolved": True, "issued": phrase,
        }  # fmt: skip
        self.conn.execute(sa.insert(s.citation).values(**values, **more))

    def meeting(
        self, identity: str, article: int, *, status: str = "held", cites: Sequence[str] = (), **facts: Any
    ) -> str:
        """A meeting told by an article, on the documents of these keys."""
        known = {"kind": "hội nghị tổng kết", "ordinal": None, "organiser": "Huyện ủy Lam Hà", **facts}
        self.conn.execute(
            sa.insert(s.meeting).values(id=identity, status=status, documents=list(cites), **known)
        )
        record = {
            "field": "lead", "start": 0, "end": 4, "date": None, "date_to": None, "session": None, "status": status,
            "place": None, "chair": None, "cites": list(cites), **{k: known[k] for k in ("kind", "ordinal", "organiser")},
        }  # fmt: skip
        row = {"article": article, "meeting": identity, "rank": 0, "record": record}
        self.conn.execute(sa.insert(s.article_meeting).values(row))
        return identity
