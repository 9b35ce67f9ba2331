"""One meeting with everything the store knows of it: for its page. Reading only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from crawler.meeting.agenda import MeetingReport
from crawler.store import news
from crawler.store.agenda import ListedMeeting, one_meeting
from crawler.store.article_record import meeting_from
from crawler.store.news import ArticleLine
from crawler.store.schema import article_meeting


@dataclass(frozen=True, slots=True)
class MeetingFile:
    """A meeting of the agenda."""

    meeting: ListedMeeting
    articles: tuple[ArticleLine, ...]
    """Those that tell of it, the earliest first."""
    reports: tuple[MeetingReport, ...]
    """What each of them tells; one of a store of before may have none."""


def meeting_file(engine: sa.Engine, id_: str, *, now: datetime) -> MeetingFile | None:
    """The meeting of that id as it is at `now` (aware); None where there is none."""
    with engine.connect().execution_options(diemtin_read=True) as connection:
        found = one_meeting(connection, id_, now=now)
        if found is None:
            return None
        lines = news.lines_of_meetings(connection, [id_])[id_]
        told = connection.execute(
            sa.select(article_meeting.c.article, article_meeting.c.record, article_meeting.c.province).where(
                article_meeting.c.meeting == id_
            )
        ).all()
    records = {row.article: row for row in told}
    reports = [
        MeetingReport(meeting_from(row.record), line.published, line.url, row.province, None)
        for line in lines
        if (row := records[line.id]).record
    ]
    return MeetingFile(found, tuple(lines), tuple(reports))
