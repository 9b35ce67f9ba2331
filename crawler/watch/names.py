"""Documents, meetings and dates as a reader of the press writes them. Pure."""

from __future__ import annotations

from datetime import date, datetime

from crawler.store.news import DocumentFacts, MeetingFacts
from crawler.watch.cadence import VIETNAM

_WEEKDAYS = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def document_name(facts: DocumentFacts) -> str:
    """`Chỉ thị 35-CT/TW`; a document without a number is its key.

    >>> document_name(DocumentFacts("x", "35-CT/TW", "Chỉ thị", "35", None, None, None, "party"))
    'Chỉ thị 35-CT/TW'
    """
    kind = facts.type or ""
    if facts.key.casefold().startswith(kind.casefold()):
        return facts.key
    return f"{kind} {facts.key}"


def meeting_name(facts: MeetingFacts) -> str:
    """`Hội nghị tổng kết, Huyện ủy Lam Hà`, with the ordinal where it has one.

    A kind that ends in its organiser's own name gives it away: `Hội nghị lần thứ 10 Ban Chấp hành …`.

    >>> facts = {"id": "", "province": None, "date": None, "date_to": None, "session": None, "place": None}
    >>> meeting_name(MeetingFacts(kind="kỳ họp", ordinal=8, organiser="HĐND tỉnh", status="held", **facts))
    'Kỳ họp thứ 8, HĐND tỉnh'
    """
    kind, organiser = facts.kind, facts.organiser or ""
    head, _, body = kind.partition(" ban ")
    doubled = bool(body) and organiser.casefold().startswith(f"ban {body}")
    name = head if doubled else kind
    name = name[:1].upper() + name[1:]
    if facts.ordinal is not None:
        name += f" thứ {facts.ordinal}" if "họp" in kind else f" lần thứ {facts.ordinal}"
    if not organiser:
        return name
    return f"{name} {organiser}" if doubled else f"{name}, {organiser}"


def day(value: str | None, *, year: bool = True) -> str | None:
    """An ISO day or time as `12/11/2026`; a year or a month alone stays what it is.

    >>> day("2026-11-12T06:10:00+07:00"), day("2026-11-12", year=False), day("2026")
    ('12/11/2026', '12/11', '2026')
    """
    if value is None:
        return None
    try:
        parsed = _local(value)
    except ValueError:
        return value
    return f"{parsed:%d/%m/%Y}" if year else f"{parsed:%d/%m}"


def moment(value: str) -> str:
    """An ISO time as `06:10 12/11/2026`, a day as `12/11/2026`.

    >>> moment("2026-11-12T06:10:00+07:00"), moment("2026-11-12")
    ('06:10 12/11/2026', '12/11/2026')
    """
    parsed = _local(value)
    return f"{parsed:%H:%M %d/%m/%Y}" if isinstance(parsed, datetime) else f"{parsed:%d/%m/%Y}"


def long_day(value: datetime, language: str) -> str:
    """`Chủ nhật, 22/11/2026`, in Vietnam's day."""
    local = value.astimezone(VIETNAM)
    names = _WEEKDAYS.get(language, _WEEKDAYS["vi"])
    return f"{names[local.weekday()]}, {local:%d/%m/%Y}"


def _local(value: str) -> date | datetime:
    if "T" not in value:
        return date.fromisoformat(value)
    parsed = datetime.fromisoformat(value)
    return parsed.astimezone(VIETNAM) if parsed.tzinfo else parsed
