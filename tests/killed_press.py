"""A process that forks workers on demand, so that a test can kill fifty of them in seconds.

Lines on stdin: `DATABASE SMTP FOLDER ARTICLES`. For each line a worker is forked, its number printed, and its
exit status when it is gone. A worker stores articles with their alerts and delivers, article by article.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import sqlalchemy as sa

from crawler.store import outbox, schema, watches
from crawler.store.database import open_database
from crawler.watch.deliver import deliver
from crawler.watch.mail_settings import MailSettings
from tests.press_room import MORNING, PressRoom


def work(database: str, smtp: str, folder: Path, articles: int) -> None:
    """Store one article more, deliver, and again; without articles only deliver what is left."""
    engine = open_database(database)
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


def main() -> None:
    for line in sys.stdin:
        database, smtp, folder, articles = line.split()
        worker = os.fork()
        if worker == 0:
            work(database, smtp, Path(folder), int(articles))
            os._exit(0)
        print(worker, flush=True)
        print(os.waitpid(worker, 0)[1], flush=True)


if __name__ == "__main__":
    main()
