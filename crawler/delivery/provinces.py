"""What the provinces brought, one value for each: articles, study conferences of a document, days of silence.

The map and its table are made of it. A province of which nobody knows anything has no value, and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from crawler.dates.zones import VIETNAM
from crawler.delivery.day import bounds_of
from crawler.delivery.document_press import DocumentInPress
from crawler.source import CENTRAL, PROVINCES
from crawler.store import runs
from crawler.store.by_source import articles_by_source, latest_by_source

if TYPE_CHECKING:
    from crawler.source import Source
    from crawler.store.database import Engine

Unknown = Literal["not_looked", "unwatched"]
"""Why there is no value: none of its outlets was looked at, or the registry has none that is looked at."""


@dataclass(frozen=True, slots=True)
class ProvinceValue:
    """One province."""

    province: str
    outlets: tuple[str, ...]
    """Ids of those that are looked at."""
    value: int | None
    unknown: Unknown | None = None
    latest: datetime | None = None
    """When its latest article was published, where that is what is asked."""


def with_articles(
    engine: Engine, registry: Mapping[str, Source], first: date, last: date
) -> list[ProvinceValue]:
    """How many articles the outlets of each province published from one day to another."""
    counts = articles_by_source(engine, first, last)
    looked = _looked(engine)
    since, _ = bounds_of(first)
    told = []
    for province, outlets in outlets_of(registry).items():
        count = sum(counts.get(one, 0) for one in outlets)
        seen = count > 0 or any(looked[one] >= since for one in outlets if one in looked)
        told.append(_value(province, outlets, count if seen else None))
    return told


def with_studies(told: DocumentInPress, registry: Mapping[str, Source]) -> list[ProvinceValue]:
    """How many study conferences on a document each province has held."""
    held: dict[str, set[str]] = {}
    for one in told.held:
        if one.stage == "study":
            held.setdefault(one.province, set()).add(one.meeting)
    outlets = outlets_of(registry) | {p: () for p in held if p not in outlets_of(registry)}
    values = []
    for province, ids in outlets.items():
        unknown = province in told.not_looked or (not ids and province not in held)
        values.append(_value(province, ids, None if unknown else len(held.get(province, ()))))
    return values


def with_silence(engine: Engine, registry: Mapping[str, Source], *, now: datetime) -> list[ProvinceValue]:
    """For how many whole days none of a province's outlets has published an article that was seen."""
    latest, looked = latest_by_source(engine, now), _looked(engine)
    today = now.astimezone(VIETNAM).date()
    told = []
    for province, outlets in outlets_of(registry).items():
        last = max((latest[one] for one in outlets if one in latest), default=None)
        seen = last is not None and any(one in looked for one in outlets)
        days = (today - last.astimezone(VIETNAM).date()).days if last is not None and seen else None
        told.append(_value(province, outlets, days, last))
    return told


def outlets_of(registry: Mapping[str, Source]) -> dict[str, tuple[str, ...]]:
    """The provinces of today and all others of the registry, but not the centre, with the outlets looked at."""
    found: dict[str, list[str]] = {province: [] for province in PROVINCES}
    for id_, source in sorted(registry.items()):
        if source.province != CENTRAL:
            found.setdefault(source.province, []).extend([id_] if source.disabled is None else [])
    return {province: tuple(ids) for province, ids in found.items()}


def steps_of(values: Iterable[int], most: int = 4) -> tuple[int, ...]:
    """The upper bounds of at most so many steps, each with about as many of the values above nothing.

    >>> steps_of([0, 1, 2, 3, 4, 5, 6, 7, 8]), steps_of([0, 5, 5]), steps_of([])
    ((2, 4, 6, 8), (5,), ())
    """
    some = sorted(value for value in values if value > 0)
    return tuple(sorted({some[-(-len(some) * n // most) - 1] for n in range(1, most + 1)})) if some else ()


def _looked(engine: Engine) -> dict[str, datetime]:
    with engine.connect() as connection:
        return runs.last_looks(connection)


def _value(
    province: str, outlets: tuple[str, ...], value: int | None, latest: datetime | None = None
) -> ProvinceValue:
    unknown: Unknown | None = None if value is not None else "not_looked" if outlets else "unwatched"
    return ProvinceValue(province, outlets, value, unknown, latest)
