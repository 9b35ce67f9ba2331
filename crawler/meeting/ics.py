"""Meetings as an iCalendar file (RFC 5545) that a calendar can subscribe to.

A report prints a day and at most `sáng` or `chiều`, so every entry is a whole day with the session in its title; an
hour would be invented. UIDs are made of the meeting's identity: a second export replaces, never doubles.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from typing import Any

from icalendar import Calendar, Event, vText

PRODUCT = "-//diemtin//cuoc hop//VI"
_SESSIONS = ("kỳ họp", "phiên họp")
NAME = "Cuộc họp (diemtin)"


def to_ics(meetings: Iterable[Mapping[str, Any]], *, stamp: datetime) -> bytes:
    """The calendar of meetings given as in DESIGN §6.3 (`id, kind, ordinal, organiser, date, session, status, …`).

    Meetings without a known day are left out: a calendar has no place for them. `stamp` is the aware time of export.
    Entries stand by day and identity, so equal meetings and stamp give equal bytes.
    """
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", NAME)
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
    first = date.fromisoformat(meeting["date"])
    last = date.fromisoformat(meeting.get("date_to") or meeting["date"])
    event = Event()
    event.add("uid", uid(str(meeting["id"])))
    event.add("dtstamp", stamp)
    event.add("dtstart", first)
    event.add(
        "dtend", max(first, last) + timedelta(days=1)
    )  # RFC 5545 §3.6.1: the end is not part of the event
    event.add("summary", _summary(meeting))
    event.add("status", "CONFIRMED" if meeting["status"] == "held" else "TENTATIVE")
    event.add("transp", "TRANSPARENT")
    if meeting.get("place"):
        event.add("location", vText(meeting["place"]))
    event.add("description", _description(meeting))
    if meeting.get("articles"):
        event.add("url", meeting["articles"][0])
    return event


def _summary(meeting: Mapping[str, Any]) -> str:
    kind = str(meeting["kind"])
    words = kind[:1].upper() + kind[1:]
    if meeting.get("ordinal"):
        words += f" {'thứ' if kind in _SESSIONS else 'lần thứ'} {meeting['ordinal']}"
    if meeting.get("organiser"):
        words += f" - {meeting['organiser']}"
    return words + (f" ({meeting['session']})" if meeting.get("session") else "")


def _description(meeting: Mapping[str, Any]) -> str:
    lines = ["Đã diễn ra" if meeting["status"] == "held" else "Sắp diễn ra"]
    if meeting.get("chair"):
        lines.append(f"Chủ trì: {meeting['chair']}")
    if meeting.get("documents"):
        lines.append("Văn bản: " + ", ".join(meeting["documents"]))
    lines += list(meeting.get("articles") or ())
    return "\n".join(lines)
