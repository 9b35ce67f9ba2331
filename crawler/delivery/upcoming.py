"""When the next mail of a watch comes, and what it would bring if nothing more were found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from crawler.dates.zones import VIETNAM
from crawler.delivery.counts import counts_of
from crawler.delivery.items import DigestItem, Registry
from crawler.query.cadence import due
from crawler.query.working_days import holiday_name
from crawler.source import Source
from crawler.store import outbox
from crawler.store.outbox import Connection, OwedAlert
from crawler.store.watches import Watch

SHOWN = 3
"""Headlines told of a mail to come."""
State = Literal["scheduled", "waiting", "at_once", "paused", "nobody"]


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next mail of one watch."""

    state: State
    """`waiting`: due already, sent by the next delivery; `at_once`: as soon as something is found."""
    at: datetime | None
    """None where no time can be told."""
    items: tuple[DigestItem, ...]
    """What has been found and not sent."""
    language: str = "vi"
    holiday: str | None = None
    """The public holiday that is waited out before it."""

    @property
    def counts(self) -> str:
        """`3 tin, 1 văn kiện`; empty where nothing waits."""
        return counts_of(self.items, self.language)

    @property
    def headlines(self) -> tuple[str, ...]:
        """The first few of them."""
        return tuple(item.headline for item in self.items[:SHOWN])

    def line(self, language: str = "vi") -> str:
        """In one line for a list."""
        vietnamese = language == "vi"
        brings = self.counts or ("chưa có gì" if vietnamese else "nothing yet")
        words = _LINES["vi" if vietnamese else "en"]
        match self.state:
            case "paused":
                until = words["until"].format(_clock(self.at)) if self.at else ""
                return words["paused"].format(until, brings)
            case "nobody" | "at_once":
                return words[self.state]
            case "waiting":
                return words["waiting"].format(brings)
            case _:
                after = words["holiday"].format(self.holiday) if self.holiday else ""
                return f"{_clock(self.at)}{after}: {brings}"

    def to_json(self) -> dict[str, Any]:
        """For `watch list --json`."""
        return {
            "state": self.state,
            "at": self.at.astimezone(VIETNAM).isoformat() if self.at else None,
            "items": len(self.items),
            "brings": self.counts,
            "headlines": list(self.headlines),
        }


def upcoming(conn: Connection, one: Watch, registry: Mapping[str, Source], *, now: datetime) -> Upcoming:
    """The next mail of a watch. Nothing is written."""
    owed = outbox.waiting(conn, one.id)
    people = [r.address for r in one.recipients if r.active]
    most = max((owed.get(address, []) for address in people), key=len, default=[])
    items = _items(conn, people[0], most, registry, now) if most else ()
    state, at = _when(one, most, bool(people), now)
    waited_out = _holiday(now, at) if one.cadence.kind == "workdays" and at is not None else None
    return Upcoming(state, at, items, one.language, waited_out)


def _items(
    conn: Connection, reader: str, owed: list[OwedAlert], registry: Mapping[str, Source], now: datetime
) -> tuple[DigestItem, ...]:
    from crawler.delivery.gather import (
        gather,  # all that makes a mail, which a list of idle watches does without
    )

    return gather(conn, reader, owed, Registry(registry), now=now).items


def _when(
    one: Watch, owed: list[OwedAlert], has_people: bool, now: datetime
) -> tuple[State, datetime | None]:
    if one.is_paused(now):
        return "paused", one.paused_until
    if not has_people and not one.feed:
        return "nobody", None
    first = min((alert.due for alert in owed), default=None)
    if first is not None and first <= now:
        return "waiting", None
    if first is not None:
        return "scheduled", first
    return ("scheduled", due(one.cadence, one.quiet, now)) if one.cadence.is_digest else ("at_once", None)


_LINES = {
    "vi": {
        "paused": "tạm dừng{}; đang giữ: {}",
        "until": " đến {}",
        "nobody": "không ai nhận (xem Người nhận)",
        "at_once": "ngay khi có tin",
        "waiting": "chờ lượt gửi kế tiếp (diemtin deliver): {}",
        "holiday": " (nghỉ: {})",
    },
    "en": {
        "paused": "paused{}; held: {}",
        "until": " until {}",
        "nobody": "nobody receives it",
        "at_once": "as soon as there is news",
        "waiting": "waits for the next delivery (diemtin deliver): {}",
        "holiday": " (after {})",
    },
}
_DAYS = ("thứ Hai", "thứ Ba", "thứ Tư", "thứ Năm", "thứ Sáu", "thứ Bảy", "Chủ nhật")


def _clock(at: datetime | None) -> str:
    if at is None:
        return "—"
    local = at.astimezone(VIETNAM)
    return f"{local:%H:%M} {_DAYS[local.weekday()]} {local:%d/%m/%Y}"


def _holiday(now: datetime, at: datetime) -> str | None:
    """The last public holiday on the days between now and then."""
    first, last = (moment.astimezone(VIETNAM).date() for moment in (now, at))
    days = (last - timedelta(days=n) for n in range(1, (last - first).days + 1))
    return next(filter(None, map(holiday_name, days)), None)
