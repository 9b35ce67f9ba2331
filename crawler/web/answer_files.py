"""An answer of the search as files that more than a spreadsheet reads: JSON lines, a Word list, an Atom feed."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from docx import Document
from docx.document import Document as WordDocument

from crawler.dates.zones import VIETNAM
from crawler.delivery.atom import MOST_ENTRIES, FeedEntry, feed_document, urn
from crawler.delivery.mail_entries import calm
from crawler.registry import outlet_name
from crawler.source import Source
from crawler.store.search_answer import Answer, StoryHit
from crawler.web.html import a_time

MOST_IN_WORD = 1_000
"""Stories of one Word list: some 150 printed pages, and two seconds to write."""


def answer_lines(hits: Iterable[StoryHit]) -> bytes:
    """One JSON object a line, each as `hits` of the search JSON has it."""
    return "".join(json.dumps(asdict(hit), ensure_ascii=False) + "\n" for hit in hits).encode()


def answer_list(answer: Answer, registry: Mapping[str, Source], *, now: datetime) -> bytes:
    """A Word document (.docx): the query, how many answer, and a numbered list of stories with their words in bold."""
    document: WordDocument = Document()
    title = calm(answer.query) or "Mọi bài"
    document.core_properties.title, document.core_properties.author = title[:255], "điểm tin"
    document.core_properties.created = document.core_properties.modified = now.astimezone(VIETNAM)
    document.add_heading(title, level=1)
    shown = answer.hits[:MOST_IN_WORD]
    only = "" if len(shown) == answer.total and answer.total_exact else f", dưới đây là {len(shown)} tin đầu"
    document.add_paragraph(f"{answer.count} tin, lúc {a_time(now)}{only}.")
    for hit in shown:
        _add_story(document, hit, registry)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def answer_feed(hits: Sequence[StoryHit], *, title: str, identity: str, domain: str, now: datetime) -> bytes:
    """The stories as an Atom feed, at most fifty; one without a known day is of the day that it is."""
    entries = [
        FeedEntry(
            identity=urn(f"{domain}/story/{hit.story}"),
            updated=moment_of(hit.published, now),
            title=hit.title,
            url=hit.url,
            author=hit.source_name,
            summary=hit.snippet,
        )
        for hit in hits[:MOST_ENTRIES]
    ]
    return feed_document(identity, title, entries, updated=newest(entries, now))


def moment_of(published: str | None, now: datetime) -> datetime:
    """When something was published, aware: a bare day begins in Vietnam, an unknown one is the day of `now`."""
    if published is None:
        return start_of_day(now)
    found = datetime.fromisoformat(published)
    return found if found.tzinfo else found.replace(tzinfo=VIETNAM)


def newest(entries: Iterable[FeedEntry], now: datetime) -> datetime:
    """When a feed last changed; one without entries, as its day began."""
    return max((entry.updated for entry in entries), default=start_of_day(now))


def start_of_day(now: datetime) -> datetime:
    """Midnight in Vietnam: what is asked twice a day gets one answer."""
    return now.astimezone(VIETNAM).replace(hour=0, minute=0, second=0, microsecond=0)


def _add_story(document: WordDocument, hit: StoryHit, registry: Mapping[str, Source]) -> None:
    line = document.add_paragraph(style="List Number")
    line.add_run(calm(hit.title)).bold = True
    where = [hit.source_name, a_time(hit.published) or "không rõ ngày"]
    also = sorted({outlet_name(registry, copy["source"]) for copy in hit.also})
    if also:
        where.append(f"cũng đăng tại: {', '.join(also)}")
    line.add_run(calm(f" ({'; '.join(where)})"))
    if hit.snippet:
        line.add_run().add_break()
        line.add_run(calm(hit.snippet))
    line.add_run().add_break()
    line.add_run(calm(hit.url)).italic = True
