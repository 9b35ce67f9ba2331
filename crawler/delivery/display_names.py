"""Documents, meetings and dates as a reader of the press writes them. Pure."""

from __future__ import annotations

from datetime import date, datetime

from crawler.dates.zones import VIETNAM
from crawler.store.news import DocumentFacts, MeetingFacts

_WEEKDAYS = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}


def document_name(facts: DocumentFacts) -> str:
    """`Chỉ thị 35-CT/TW`; a document without a number is its key.

    >>> document_name(DocumentFacts("x", "35-CT/TW", "Chỉ thị", "35", None, None, None, "party"))
    'Chỉ thị 35-CT/TW'
    """
    return named_document(facts.type, facts.key)


def named_document(kind: str | None, key: str) -> str:
    """A document by the type and the key of its entry.

    >>> named_document("Chỉ thị", "35-CT/TW"), named_document("Điều lệ Đảng", "Điều lệ Đảng"), named_document(None, "x")
    ('Chỉ thị 35-CT/TW', 'Điều lệ Đảng', 'x')
    """
    return key if key.casefold().startswith((kind or "").casefold()) else f"{kind} {key}"


_UNCLEAR = {
    "vi": ("chưa rõ {}", {"date": "ngày", "issuer": "cơ quan"}),
    "en": ("{} not known yet", {"date": "date", "issuer": "issuer"}),
}
_COMPLETED = {"vi": "Bổ sung: {}, nay rõ {}", "en": "{}, now known: {}"}


def unclear_in(facts: DocumentFacts, language: str) -> str | None:
    """What nobody has told of a document, in words; None where date and issuer are known.

    >>> unclear_in(DocumentFacts("x", "05-HD/TU", "Hướng dẫn", "05", None, None, None, "party"), "vi")
    'chưa rõ ngày, cơ quan'
    """
    words, names = _UNCLEAR.get(language, _UNCLEAR["vi"])
    return words.format(", ".join(names[name] for name in facts.unclear)) if facts.unclear else None


def completed_line(facts: DocumentFacts, language: str) -> str:
    """One line for a reader who was told of a document before its date or issuer was known.

    >>> completed_line(DocumentFacts("x", "62-CT/TW", "Chỉ thị", "62", "Ban Bí thư", "2026-11-14", None, "party"), "vi")
    'Bổ sung: Chỉ thị 62-CT/TW, nay rõ Ban Bí thư, 14/11/2026'
    """
    known = ", ".join(filter(None, (facts.issuer, day(facts.date))))
    return _COMPLETED.get(language, _COMPLETED["vi"]).format(document_name(facts), known)


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
    name = numbered_meeting(head if doubled else kind, facts.ordinal)
    if not organiser:
        return name
    return f"{name} {organiser}" if doubled else f"{name}, {organiser}"


def numbered_meeting(kind: str, ordinal: int | None) -> str:
    """A kind of meeting with its number, without its organiser.

    >>> numbered_meeting("kỳ họp", 8), numbered_meeting("đại hội", 12), numbered_meeting("đối thoại", None)
    ('Kỳ họp thứ 8', 'Đại hội lần thứ 12', 'Đối thoại')
    """
    name = kind[:1].upper() + kind[1:]
    if ordinal is None:
        return name
    return f"{name} {'thứ' if 'họp' in kind else 'lần thứ'} {ordinal}"


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
