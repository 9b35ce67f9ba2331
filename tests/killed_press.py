"""A process that forks workers on demand, so that a test can kill fifty of them in seconds.

First it prints how many seconds one article with its delivery takes here. Then, lines on stdin: `DATABASE SMTP FOLDER ARTICLES`. For each line a worker is forked; it prints its number when it has
its database open, and its exit status is printed when it is gone. A worker stores articles with their alerts and
delivers, article by article.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import sqlalchemy as sa

from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.tick import deliver
from crawler.store import outbox, schema, watches
from crawler.store.database import open_database
from tests.press_room import MORNING, PressRoom


def work(database: str, smtp: str, folder: Path, articles: int) -> None:
    """Store one article more, deliver, and again; without articles only deliver what is left."""
    engine = open_database(database)
    print(os.getpid(), flush=True)
    settings = MailSettings(sender="diemtin@tin.example", smtp=None if smtp == "-" else smtp, max_items=200)
    for _ in range(articles):
        store_next(engine)
        deliver(engine, config_mail=settings, outbox_folder=folder, now=MORNING)
    deliver(engine, config_mail=settings, outbox_folder=folder, now=MORNING)


def store_next(engine: sa.Engine) -> None:
    """One article, the first of its story, with an alert for every watch: one transaction."""
    with engine.begin() as conn:
        room = PressRoom(conn)
        n = int(conn.execute(sa.select(sa.func.count()).select_from(schema.article)).scalar_one())
        story = room.story()
        article = room.article(f"Hội nghị tổng kết số {n:05d}", story=story, slug=f"bai-{n}")
        for watch in watches.active(conn):
            outbox.raise_alert(
                conn,
                watch=watch,
                kind="story",
                subject=str(story),
                article=article,
                words=(),
                spans={},
                now=MORNING,
            )


def warm_up() -> float:
    """Do all of it twice, so that a worker's time goes into its work and not into templates; how long one takes."""
    with tempfile.TemporaryDirectory() as scratch:
        engine = open_database(f"sqlite:///{scratch}/diemtin.db")
        with engine.begin() as conn:
            watches.add_watch(conn, query="tổng kết", addresses=["a@lamha.example"], now=MORNING)
        for _ in range(2):
            began = time.monotonic()
            store_next(engine)
            deliver(engine, config_mail=MailSettings(), outbox_folder=Path(scratch) / "outbox", now=MORNING)
            took = time.monotonic() - began
        engine.dispose()
    return took


def main() -> None:
    print(warm_up(), flush=True)
    for line in sys.stdin:
        database, smtp, folder, articles = line.split()
        worker = os.fork()
        if worker == 0:
            work(database, smtp, Path(folder), int(articles))
            os._exit(0)
        print(os.waitpid(worker, 0)[1], flush=True)


if __name__ == "__main__":
    main()
