"""A store with a small press, and the pages over it, asked as a server would ask them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from markupsafe import Markup
from starlette.testclient import TestClient

from crawler.config import Config
from crawler.dates.zones import VIETNAM
from crawler.source import Source
from crawler.store import schema as s
from crawler.web.app import make_app
from crawler.web.context import WebContext
from crawler.web.rate_limit import RateLimit
from tests.press_room import MORNING, OUTLETS, PressRoom

HOSTILE = "<script>alert(1)</script>\"'&<b>" + "\u202e" + "dài " * 500
"""A title as nobody should print it."""


def pages(
    engine: sa.Engine,
    *,
    local: bool = True,
    client: str = "127.0.0.1",
    registry: Mapping[str, Source] = OUTLETS,
    config: Config | None = None,
    now: datetime = MORNING,
) -> TestClient:
    """The pages as somebody at this machine sees them; `client` is where they ask from."""
    context = WebContext(
        engine=engine,
        registry=registry,
        config=config or Config(),
        clock=lambda: now,
        limits=RateLimit(burst=10_000, per_second=1_000),
        local=local,
    )
    return TestClient(
        make_app(context),
        base_url="http://127.0.0.1:8472",
        client=(client, 50_000),
        follow_redirects=False,
        raise_server_exceptions=False,
    )


def seen(page: str) -> str:
    """The words of a page's content, blanks as one; what stands in attributes is no word."""
    main = page[page.index("<main") : page.index("</main>")]
    return " ".join(Markup(re.sub(r"<[^>]*>", " ", main)).unescape().split())


def fill(engine: sa.Engine, titles: Sequence[str] = (), *, hostile: bool = False) -> list[int]:
    """A day of a small press: three stories, one in two papers, a document, meetings held and ahead, an edit."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        one, two = room.story(), room.story()
        first = room.article(
            "Tỉnh ủy Lam Hà ban hành chỉ thị về chi bộ", story=one, slug="chi-thi",
            lead="Ngày 21/11, Ban Thường vụ Tỉnh ủy Lam Hà vừa ban hành Chỉ thị số 19-CT/TU về chi bộ.",
            paragraphs=("Chi bộ là gốc rễ của Đảng.", "Đại hội chi bộ họp hai năm rưỡi một lần."),
        )  # fmt: skip
        copy = room.article(
            "Lam Hà có chỉ thị mới", story=one, source="bao-an-khe", slug="chi-thi-moi",
            published="2026-11-21T18:00:00+07:00",
        )  # fmt: skip
        second = room.article(
            "Huyện ủy Lam Hà tổng kết năm", story=two, slug="tong-ket", published="2026-11-21"
        )
        document = room.document(
            "19-CT/TU@lam-ha", issuer="Ban Thường vụ Tỉnh ủy Lam Hà", date="2026-11-20", province="Lam Hà",
            title="về xây dựng chi bộ", number="19",
        )  # fmt: skip
        room.cites(first, document, "Chỉ thị số 19-CT/TU", "vừa ban hành")
        room.meeting("m1", second, date="2026-11-21", session="sáng", subject="tổng kết công tác năm")
        room.meeting("m2", second, status="upcoming", date="2026-11-25", kind="đại hội", ordinal=12)
        numbers = [first, copy, second]
        for number, title in enumerate(titles):
            story = room.story()
            at = datetime(2026, 11, 20, 8, tzinfo=VIETNAM) - timedelta(hours=number)
            numbers.append(room.article(title, story=story, slug=f"them-{number}", published=at.isoformat()))
        if hostile:
            numbers.append(room.article(HOSTILE, story=room.story(), slug="doc", lead=HOSTILE))
        conn.execute(
            sa.insert(s.run).values(
                source="bao-lam-ha", started=MORNING - timedelta(hours=10), ended=MORNING - timedelta(hours=9),
                outcome="finished", counts={"stored": 3}, requests=4, found=3, errors=0,
            )
        )  # fmt: skip
    return numbers
