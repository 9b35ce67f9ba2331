"""Meetings as an iCalendar file (RFC 5545) that a calendar can subscribe to.

Where a report prints the hour the entry begins at it (no end is invented); otherwise it is a whole day with the session
in its title. UIDs are made of the meeting's id, which holds no day: a second export replaces, never doubles, and a
meeting that is moved or cancelled keeps its entry under a higher SEQUENCE (RFC 5546 §2.1.4), by which calendars know
what is newer. STATUS: announced TENTATIVE, held or begun CONFIRMED, put off without a day or cancelled CANCELLED.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from icalendar import Calendar, Event, vDuration, vText

from crawler.article import Status
from crawler.meeting.agenda import begins, status_at

PRODUCT = "-//diemtin//cuoc hop//VI"
_SESSIONS = ("kỳ họp", "phiên họp")
NAME = "Cuộc họp (diemtin)"


def to_ics(
    meetings: Iterable[Mapping[str, Any]],
    *,
    stamp: datetime,
    name: str = NAME,
    refresh: timedelta | None = None,
) -> bytes:
    """The calendar of meetings given as in DESIGN §6.3 (`id, kind, ordinal, organiser, date, session, status, …`).

    Meetings without a known day are left out: a calendar has no place for them. `stamp` is the aware time of export, by
    which it is decided what is still ahead; `refresh` is how soon a calendar that subscribes should ask again.
    Entries stand by day and identity, so equal meetings and stamp give equal bytes.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    if refresh is not None:
        calendar.add("refresh-interval", refresh, parameters={"VALUE": "DURATION"})  # RFC 7986 §5.7
        calendar.add("x-published-ttl", vDuration(refresh))
    dated = [m for m in meetings if m.get("date")]
    for meeting in sorted(dated, key=lambda m: (m["date"], str(m["id"]))):
        calendar.add_component(_event(meeting, stamp))
    return bytes(calendar.to_ical())


def uid(identity: str) -> str:
    """The UID of a meeting: the same for ever, and safe in any calendar.

    >>> uid("cao bằng|tỉnh ủy|plenary|18|2024")
    'b3bda32835a9a6dcfd4fb02980d09246@diemtin'
    """
    return sha256(identity.encode()).hexdigest()[:32] + "@diemtin"


def _event(meeting: Mapping[str, Any], stamp: datetime) -> Event:
    status = status_at(meeting, stamp)
    event = Event()
    event.add("uid", uid(str(meeting["id"])))
    event.add("sequence", meeting.get("sequence") or 0)
    event.add("dtstamp", stamp)
    _add_days(event, meeting)
    event.add("summary", _summary(meeting))
    event.add("status", _STATUS[status])
    event.add("transp", "TRANSPARENT")
    if meeting.get("place"):
        event.add("location", vText(meeting["place"]))
    event.add("description", _description(meeting, status))
    if meeting.get("articles"):
        event.add("url", meeting["articles"][0])
    return event


_STATUS: Mapping[Status, str] = {
    "held": "CONFIRMED", "upcoming": "TENTATIVE", "postponed": "CANCELLED", "cancelled": "CANCELLED",
}  # fmt: skip


def _add_days(event: Event, meeting: Mapping[str, Any]) -> None:
    """The hour of a meeting of one day, else its whole days."""
    first = date.fromisoformat(meeting["date"])
    last = date.fromisoformat(meeting.get("date_to") or meeting["date"])
    begun = begins(meeting) if meeting.get("time") and last <= first else None
    if begun is not None:
        event.add("dtstart", begun.astimezone(UTC))
        return
    event.add("dtstart", first)
    event.add("dtend", max(first, last) + timedelta(days=1))  # RFC 5545 §3.6.1: the end is not part of it


def _summary(meeting: Mapping[str, Any]) -> str:
    kind = str(meeting["kind"])
    words = kind[:1].upper() + kind[1:]
    if meeting.get("ordinal"):
        words += f" {'thứ' if kind in _SESSIONS else 'lần thứ'} {meeting['ordinal']}"
    if meeting.get("organiser"):
        words += f" - {meeting['organiser']}"
    when = meeting.get("session") if not meeting.get("time") else None
    if meeting.get("time") and meeting.get("date_to"):
        when = f"từ {meeting['time']}"
    return words + (f" ({when})" if when else "")


_TOLD: Mapping[Status, str] = {
    "held": "Đã diễn ra", "upcoming": "Sắp diễn ra", "postponed": "Tạm hoãn, chưa có ngày mới", "cancelled": "Đã hủy",
}  # fmt: skip


def _description(meeting: Mapping[str, Any], status: Status) -> str:
    lines = [_TOLD[status]]
    if meeting.get("subject"):
        lines.append(f"Nội dung: {meeting['subject']}")
    if meeting.get("was") and status == "upcoming":
        lines.append(f"Dời từ ngày {date.fromisoformat(meeting['was']):%d/%m/%Y}")
    if meeting.get("chair"):
        lines.append(f"Chủ trì: {meeting['chair']}")
    if meeting.get("documents"):
        lines.append("Văn bản: " + ", ".join(meeting["documents"]))
    lines += list(meeting.get("articles") or ())
    return "\n".join(lines)
