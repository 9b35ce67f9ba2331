"""A watch as an Atom feed in the data folder."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from lxml import etree

from crawler.delivery.atom import file_name, write_feeds
from crawler.delivery.items import Registry
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.tick import deliver
from crawler.store import outbox, watches
from tests.press_room import MORNING, OUTLETS, PressRoom

NAMES = {"a": "http://www.w3.org/2005/Atom"}


def raise_news(engine: sa.Engine, watch: watches.Watch, title: str) -> None:
    with engine.begin() as conn:
        room = PressRoom(conn)
        story = room.story()
        article = room.article(title, story=story, slug=f"bai-{story}")
        outbox.raise_alert(conn, watch=watch, kind="story", subject=str(story), article=article, words=(), spans={},
                           now=MORNING)  # fmt: skip


def test_a_feed_grows_with_the_alerts_and_its_entries_keep_their_names(
    engine: sa.Engine, tmp_path: Path
) -> None:
    with engine.begin() as conn:
        watch = watches.add_watch(conn, query="đại hội", addresses=[], feed=True, now=MORNING)
    [path] = write_feeds(engine, tmp_path, Registry(OUTLETS), domain="tin.example")
    assert path.name == file_name(watch) == f"{watch.id}-dai-hoi.atom"
    raise_news(engine, watch, "Đại hội <script>alert(1)</script> & Bến Sỏi")
    write_feeds(engine, tmp_path, Registry(OUTLETS), domain="tin.example")
    before = etree.parse(path).xpath("//a:entry/a:id/text()", namespaces=NAMES)
    raise_news(engine, watch, "Đại hội hai")
    assert write_feeds(engine, tmp_path, Registry(OUTLETS), domain="tin.example") == (path,)
    tree = etree.parse(path)
    assert tree.xpath("//a:entry/a:title/text()", namespaces=NAMES) == [
        "Đại hội hai",
        "Đại hội <script>alert(1)</script> & Bến Sỏi",
    ]
    assert tree.xpath("//a:entry/a:id/text()", namespaces=NAMES)[1:] == before
    assert tree.xpath("//a:entry/a:author/a:name/text()", namespaces=NAMES)[0] == "Báo Lam Hà"
    assert write_feeds(engine, tmp_path, Registry(OUTLETS), domain="tin.example") == ()


def test_the_delivery_tick_writes_feeds_beside_the_outbox(engine: sa.Engine, tmp_path: Path) -> None:
    with engine.begin() as conn:
        watches.add_watch(conn, query="đại hội", addresses=[], feed=True, now=MORNING)
    deliver(
        engine, config_mail=MailSettings(), outbox_folder=tmp_path / "outbox", now=MORNING, sources=OUTLETS
    )
    assert len(list((tmp_path / "feeds").glob("*.atom"))) == 1
