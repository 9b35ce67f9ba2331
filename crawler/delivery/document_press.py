"""A document and what the press of the provinces made of it: its way, and who has not told of it.

The page of a document, the map and the workbook are made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from crawler.citing.document_way import Conference, DocumentWay, Sighting, Stage, way
from crawler.dates.zones import VIETNAM
from crawler.meeting.agenda import status_at
from crawler.meeting.meeting_kinds import GROUPS
from crawler.source import PROVINCES
from crawler.store.document_file import DocumentFile, document_file
from crawler.store.register import quiet_provinces, told_since

if TYPE_CHECKING:
    from crawler.source import Source
    from crawler.store.database import Engine

_STAGES: Mapping[str, Stage] = {"study": "study", "review": "review"}
"""What a meeting of a group of kinds is to the document it is about."""


@dataclass(frozen=True, slots=True)
class DocumentInPress:
    """A document as it is known at a moment."""

    file: DocumentFile
    held: tuple[Conference, ...]
    """Every article's word on a conference that was held on it."""
    way: DocumentWay
    silent: tuple[str, ...]
    """Provinces where nothing was seen though an outlet was looked at since the document's date."""
    not_looked: tuple[str, ...]
    """Provinces none of whose outlets was looked at since then."""
    unwatched: tuple[str, ...]
    """Those of the 34 provinces of which the registry has no outlet and nothing was seen."""


def document_in_press(
    engine: Engine, registry: Mapping[str, Source], id_: str, *, now: datetime
) -> DocumentInPress | None:
    """The document of that id at `now` (aware); None where the register has none."""
    file = document_file(engine, id_)
    if file is None:
        return None
    first = file.articles[0].at if file.articles else None
    since = told_since(file.facts.date, first)
    today = now.astimezone(VIETNAM).date()
    start = min(since.astimezone(VIETNAM).date(), today) if since else today
    held = tuple(_conferences(file, registry, now))
    found = way(_sightings(file, registry), held, start=start, until=today)
    told = {row.province for row in found.rows}
    silent, not_looked = quiet_provinces(registry, file.looked, told=told, since=since)
    watched = {row.province for row in registry.values() if row.disabled is None}
    unwatched = tuple(one for one in PROVINCES if one not in watched | told)
    return DocumentInPress(file, held, found, silent, not_looked, unwatched)


def _sightings(file: DocumentFile, registry: Mapping[str, Source]) -> Iterator[Sighting]:
    for one in file.articles:
        if (source := registry.get(one.line.source)) is not None:
            yield Sighting(one.line.id, source.province, _day(one.at))


def _conferences(file: DocumentFile, registry: Mapping[str, Source], now: datetime) -> Iterator[Conference]:
    articles = {one.line.id: one for one in file.articles}
    for told in file.meetings:
        meeting, reported = told.facts, articles[told.article]
        source = registry.get(reported.line.source)
        province = meeting.province or told.outlet_province or (source.province if source else None)
        stage = _STAGES.get(GROUPS.get(meeting.kind, ""))
        if stage and province is not None and status_at(asdict(meeting), now) == "held":
            day = date.fromisoformat(meeting.date) if meeting.date else _day(reported.at)
            yield Conference(told.article, province, day, stage, meeting.id)


def _day(moment: datetime) -> date:
    return moment.astimezone(VIETNAM).date()
