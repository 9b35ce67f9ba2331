"""A digest in words: what the templates of every form are given. Pure.

What an office's own template may name is listed in `docs/digest.md`; nothing here may go without a word there.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Any

from crawler.dates.zones import VIETNAM
from crawler.delivery.coverage import State
from crawler.delivery.digest import Carried, Digest, MeetingAhead, NewsItem, why
from crawler.delivery.display_names import day, moment
from crawler.text.normal import clean_line

_STATES: dict[State, str] = {
    "looked": "đã xem, có tin",
    "silent": "đã xem, không có tin",
    "blocked": "không xem được",
    "not_looked": "chưa xem",
}
_STATUSES = {"held": "đã họp", "upcoming": "sắp họp", "postponed": "hoãn", "cancelled": "hủy"}
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What XML 1.0 holds in no form: a file with one of them does not open."""
_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks of the direction of writing: one that is not closed turns the rest of a line."""


def view(digest: Digest, *, with_why: bool = False) -> dict[str, Any]:
    """The names of a template → their values; texts are one line each and hold what XML can hold."""
    head = digest.head
    made = datetime.fromisoformat(digest.made).astimezone(VIETNAM)
    numbers = iter(range(1, len(digest.items) + 1))
    return {
        "title": line(head.title),
        "parent": line(head.parent or ""),
        "office": line(head.office or ""),
        "number": line(head.number or ""),
        "date_line": _date_line(head.place, made),
        "signer": line(head.signer or ""),
        "recipients": [line(one) for one in head.recipients],
        "days": _days(digest.first, digest.last),
        "made": f"{made:%H:%M %d/%m/%Y}",
        "asked": line(digest.asked or ""),
        "documents": [
            {
                "name": line(one.name),
                "issuer": line(one.issuer or ""),
                "date": day(one.date) or "",
                "about": line(one.about or ""),
                "outlet": line(one.outlet),
                "url": one.url,
            }
            for one in digest.documents
        ],
        "meetings": [_meeting(one) for one in digest.meetings],
        "groups": [
            {
                "name": line(group.name),
                "items": [_item(next(numbers), one, digest, with_why) for one in group.items],
            }
            for group in digest.groups
        ],
        "count": len(digest.items),
        "full": [
            {"heading": line(one.heading), "paragraphs": [line(text) for text in one.text], "url": one.url}
            for one in digest.items
            if one.text
        ],
        "coverage": [
            {
                "name": line(one.name),
                "state": _STATES[one.state],
                "until": moment(one.until) if one.until else "",
                "problem": line(one.problem or ""),
            }
            for one in digest.coverage
        ],
    }


def line(text: str) -> str:
    """A text on one line, without what no XML file can hold and no direction of writing that runs on."""
    return clean_line(_DIRECTION.sub("", _NO_XML.sub("", text)))


def outlets_of(item: NewsItem) -> str:
    """All its outlets, the one shown first."""
    return ", ".join(dict.fromkeys(line(one.outlet) for one in item.carried))


def _item(number: int, item: NewsItem, digest: Digest, with_why: bool) -> dict[str, Any]:
    short = digest.length == "titles"
    return {
        "number": number,
        "heading": line(item.heading),
        "outlets": outlets_of(item),
        "time": _time(item.carried),
        "lead": "" if short else line(item.lead),
        "documents": [line(name) for name in item.documents],
        "meetings": [line(name) for name in item.meetings],
        "note": line(item.note or ""),
        "edited": bool(item.edited),
        "url": item.url,
        "why": why(item) if with_why else "",
    }


def _time(carried: tuple[Carried, ...]) -> str:
    published = carried[0].published if carried else None
    return moment(published) if published else "không rõ ngày"


def _meeting(one: MeetingAhead) -> dict[str, str]:
    when = " ".join(filter(None, (line(one.time or ""), day(one.date) or "")))
    return {
        "name": ", ".join(filter(None, (line(one.name), line(one.organiser or "")))),
        "when": when or "chưa rõ ngày",
        "place": line(one.place or ""),
        "status": _STATUSES.get(one.status, one.status),
        "url": one.url or "",
    }


def _date_line(place: str | None, made: datetime) -> str:
    """`Lam Hà, ngày 06 tháng 02 năm 2026`; without a place dots for the pen."""
    return f"{line(place or '…………')}, ngày {made:%d} tháng {made:%m} năm {made:%Y}"


def _days(first: str, last: str) -> str:
    one, other = (f"{date.fromisoformat(value):%d/%m/%Y}" for value in (first, last))
    return f"Ngày {one}" if one == other else f"Từ {one} đến {other}"
