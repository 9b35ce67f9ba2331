"""How the list of meetings is printed: when, what and who; about what, where, who chairs; then where it is told."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from crawler.delivery.display_names import numbered_meeting

_STATUS = {"held": "đã họp", "upcoming": "sắp họp", "postponed": "tạm hoãn", "cancelled": "đã hủy"}


def meeting_lines(meeting: Mapping[str, Any]) -> list[str]:
    """One meeting of `store.agenda.listed`, two or three lines.

    >>> told = {"kind": "đối thoại", "ordinal": None, "organiser": "Thành ủy X", "date": "2026-11-27", "date_to": None,
    ...         "session": "chiều", "time": "14:00", "status": "upcoming", "place": "hội trường A", "chair": None,
    ...         "subject": None, "between": None, "was": "2026-11-20", "articles": ["https://a.example/1", "b"]}
    >>> print("\\n".join(meeting_lines(told)))
    14:00 27/11/2026 · Đối thoại · Thành ủy X · sắp họp (dời từ 20/11/2026)
        tại hội trường A
        https://a.example/1 (và 1 bài nữa)
    """
    status = _STATUS[meeting["status"]]
    if meeting["was"] and meeting["status"] == "upcoming":
        status += f" (dời từ {_day(meeting['was'])})"
    head = [
        _when(meeting),
        numbered_meeting(meeting["kind"], meeting["ordinal"]),
        meeting["organiser"] or "chưa rõ cơ quan",
        status,
    ]
    more = [
        meeting["subject"],
        f"tại {meeting['place']}" if meeting["place"] else None,
        f"chủ trì: {meeting['chair']}" if meeting["chair"] else None,
    ]
    others = len(meeting["articles"]) - 1
    link = meeting["articles"][0] + (f" (và {others} bài nữa)" if others else "")
    lines = [" · ".join(head), " · ".join(filter(None, more)), link]
    return [lines[0], *(f"    {line}" for line in lines[1:] if line)]


def _when(meeting: Mapping[str, Any]) -> str:
    if meeting["date"] is None:
        between = meeting["between"]
        return f"{_day(between[0])} – {_day(between[1])}" if between else "chưa rõ ngày"
    days = _day(meeting["date"])
    if meeting["date_to"]:
        days += f" – {_day(meeting['date_to'])}"
    return " ".join(filter(None, (meeting["time"] or meeting["session"], days)))


def _day(iso: str) -> str:
    return f"{date.fromisoformat(iso):%d/%m/%Y}"
