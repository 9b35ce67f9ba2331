"""How many articles a source has published on each day. Reading only."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from crawler.dates.zones import VIETNAM
from crawler.store.schema import search_row
from crawler.store.search_index import first_rank


def articles_by_day(engine: sa.Engine, source: str, first: date, last: date) -> dict[date, int]:
    """Articles from one day to another, both included, by day in Vietnam; an undated one counts nowhere."""
    since = datetime.combine(first, time(), VIETNAM)
    end = datetime.combine(last + timedelta(days=1), time(), VIETNAM)
    moments = sa.select(search_row.c.moment).where(
        search_row.c.source == source,
        search_row.c.article.is_not(None),
        search_row.c.month.is_not(None),
        search_row.c.rank.between(first_rank(since), int(end.timestamp())),
        search_row.c.moment >= int(since.timestamp()),
        search_row.c.moment < int(end.timestamp()),
    )
    with engine.connect().execution_options(diemtin_read=True) as connection:
        counted = Counter(
            datetime.fromtimestamp(moment, VIETNAM).date() for moment in connection.scalars(moments)
        )
    days = (first + timedelta(days=n) for n in range((last - first).days + 1))
    return {day: counted[day] for day in days}
