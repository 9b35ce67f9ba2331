"""Meetings as all reports together tell them: whether two tell of one, what holds of it, whether it is still ahead.

1. A report is matched with a known meeting (`tells_of`) by body, group of kinds and day; by the day it was moved from;
   by the stretch of days in which it had been announced; by its number; by the text it shares with another report (a
   wire story is one meeting under whichever paper it stands).
2. What holds is folded out of all its reports in the order of their publication (`together`): the latest word moves
   it, puts it off, cancels it or calls it again; what one report leaves out another fills in. The order in which the
   reports were found does not matter.
3. Whether it is ahead is never stored: `status_at` answers for the moment at which it is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any

from crawler.article import Meeting, Status
from crawler.dates.zones import VIETNAM
from crawler.meeting.meeting_identity import body_of, group_of, province_key
from crawler.meeting.meeting_kinds import CONFERENCE
from crawler.meeting.national import PARTY
from crawler.text.normal import exact_key

OFF = ("postponed", "cancelled")
MOVED_WITHIN = timedelta(days=45)
"""A meeting is announced again, put off or moved by at most this long under the same number or subject."""
CALLED_AGAIN_WITHIN = timedelta(days=180)
"""...and one that was put off without a day is called again within this time."""
ALIKE = 0.6
"""Two subjects tell of one thing when they share this part of the shorter one's words."""
BEGUN = {"sáng": time(9), "chiều": time(15), "tối": time(20), None: time(17)}
"""When a meeting without an hour has surely begun; of one without a session the working day is over."""
FORGOTTEN = timedelta(days=45)
"""An announcement without any day is over so long after it was last told."""
_LITTLE = frozenset(
    (
        "và",
        "của",
        "về",
        "các",
        "trong",
        "cho",
        "với",
        "việc",
        "công",
        "tác",
        "một",
        "những",
        "năm",
        "tỉnh",
        "thực",
        "hiện",
    )
)


@dataclass(frozen=True, slots=True)
class MeetingReport:
    """One article's word on a meeting."""

    told: Meeting
    published: str | None
    """ISO day or time."""
    url: str
    province: str | None
    """Of the outlet."""
    story: int | None
    """Articles of one story carry one text."""

    @property
    def day(self) -> date | None:
        """The day of publication."""
        return (
            date.fromisoformat(self.published[:10]) if self.published and len(self.published) >= 10 else None
        )

    @property
    def order(self) -> tuple[str, str]:
        """In order of publication; one without a date first, it moves nothing."""
        return self.published or "", self.url


def together(reports: Iterable[MeetingReport]) -> dict[str, Any]:
    """What holds of a meeting by all its reports (one at least): the facts of a row of the agenda."""
    ordered = sorted(reports, key=lambda r: r.order)
    *_, (_, facts) = step_by_step(ordered)
    facts["organiser"] = _organiser(ordered)
    facts["province"] = _province(ordered)
    facts["told"] = max((r.published[:10] for r in ordered if r.published), default=None)
    return facts


def step_by_step(ordered: Sequence[MeetingReport]) -> Iterator[tuple[MeetingReport, dict[str, Any]]]:
    """Each report, in the order of publication, with the facts that hold after it; who held it is not among them."""
    facts: dict[str, Any] = dict.fromkeys(_FACTS)
    facts |= {"kind": ordered[0].told.kind, "status": "upcoming", "documents": []}
    for report in ordered:
        _learn(facts, report.told)
        yield report, dict(facts)


def tells_of(report: MeetingReport, facts: Mapping[str, Any], others: Sequence[MeetingReport]) -> bool:
    """Whether a report tells of the meeting with these facts, which the other reports told."""
    told = report.told
    if told.national or any(o.told.national for o in others):
        return any(o.told.national == told.national for o in others)
    if told.ordinal and facts["ordinal"] and told.ordinal != facts["ordinal"]:
        return False
    same_text = report.story is not None and any(o.story == report.story for o in others)
    alike = _alike(told.subject, facts["subject"])
    if not _one_body(report, others, same_text=same_text) or not _one_kind(told, facts, same_text=same_text):
        return False
    if told.ordinal and told.ordinal == facts["ordinal"]:
        return _near(told, facts, report.day, MOVED_WITHIN)
    if _one_day(told, facts):
        return same_text or _one_sitting(told, facts)
    if facts["status"] == "postponed" and told.status in ("upcoming", "held"):
        return alike is not False and _near(told, facts, report.day, CALLED_AGAIN_WITHIN)
    announced = facts["status"] == "upcoming" and told.status != "held"
    return announced and alike is True and _near(told, facts, report.day, MOVED_WITHIN)


def status_at(facts: Mapping[str, Any], now: datetime) -> Status:
    """`held`, `upcoming`, `postponed` or `cancelled` at a moment (aware), by the hour where one is known.

    An announced meeting is upcoming until its hour; without an hour until its session is well begun, without a session
    until that day's working hours end.

    >>> noon = datetime(2026, 11, 21, 12, tzinfo=VIETNAM)
    >>> announced = {"status": "upcoming", "date": "2026-11-21", "session": "sáng"}
    >>> status_at(announced, noon), status_at(announced | {"time": "14:00"}, noon)
    ('held', 'upcoming')
    """
    status: Status = facts["status"]
    if status != "upcoming":
        return status
    begun = begins(facts)
    if begun is None:
        return "upcoming" if _until(facts) >= now.astimezone(VIETNAM).date() else "held"
    return "upcoming" if now < begun else "held"


def begins(facts: Mapping[str, Any]) -> datetime | None:
    """The moment by which a meeting has begun; None without a day."""
    if not facts.get("date"):
        return None
    hour = time.fromisoformat(facts["time"]) if facts.get("time") else BEGUN[facts.get("session")]
    return datetime.combine(date.fromisoformat(facts["date"]), hour, VIETNAM)


def _until(facts: Mapping[str, Any]) -> date:
    """The last day on which a meeting without a day may still be ahead."""
    if facts.get("between"):
        return date.fromisoformat(facts["between"][1])
    told = facts.get("told")
    return date.fromisoformat(told) + FORGOTTEN if told else date.max


# ---- what holds ----------------------------------------------------------------------------------------------

_FACTS = (
    "kind", "ordinal", "organiser", "province", "date", "date_to", "session", "time", "status", "place", "chair",
    "subject", "between", "was", "national", "documents", "told",
)  # fmt: skip
_FILLED = ("ordinal", "subject", "chair", "national")


def _learn(facts: dict[str, Any], told: Meeting) -> None:
    """What one more report says, the earlier ones known."""
    for name in _FILLED:
        facts[name] = facts[name] if facts[name] is not None else getattr(told, name)
    if facts["kind"] == CONFERENCE and group_of(told.kind) != CONFERENCE:
        facts["kind"] = told.kind
    if told.place and (not facts["place"] or not told.place.startswith("điểm cầu")):
        facts["place"] = told.place
    facts["documents"] = sorted({*facts["documents"], *told.cites})
    if told.status in OFF:
        if facts["status"] != "held":
            facts["status"] = told.status
            facts["date"] = facts["date"] or told.date
        return
    if told.date is None:
        facts["between"] = facts["between"] or (list(told.between) if told.between else None)
    elif facts["date"] is None or _moves(facts, told):
        if facts["date"] not in (None, told.date):
            facts["was"] = facts["date"]
        facts["was"] = facts["was"] or told.was
        facts |= {n: getattr(told, n) for n in ("date", "date_to", "session", "time")} | {"between": None}
    elif told.date == facts["date"]:
        facts |= {n: getattr(told, n) or facts[n] for n in ("date_to", "session", "time")}
    if told.status == "held" or facts["status"] in OFF:
        facts["status"] = told.status


def _moves(facts: Mapping[str, Any], told: Meeting) -> bool:
    """Whether a report's day takes the place of the one known: a day held stands, and so does a day of several."""
    return facts["status"] != "held" and told.date is not None and not _within(told.date, facts)


def _within(day: str, facts: Mapping[str, Any]) -> bool:
    return facts["date"] is not None and facts["date"] <= day <= (facts["date_to"] or facts["date"])


def _organiser(reports: Sequence[MeetingReport]) -> str | None:
    """The body as the first report names it, or the first that names its province too."""
    named = [r.told.organiser for r in reports if r.told.organiser]
    if not named:
        return PARTY if any(r.told.national for r in reports) else None
    return next((name for name in named if body_of(name, None)[0]), named[0])


def _province(reports: Sequence[MeetingReport]) -> str | None:
    """The province whose meeting it is: named in the body, else the one outlet's own; None where none is sure.

    A body of several provinces, or one that outlets of several tell of without a name, is nobody's.
    """
    outlets = sorted({r.province for r in reports if r.province})
    keys = {province_key(p): p for p in outlets}
    for report in reports:
        where = body_of(report.told.organiser or "", None)[0]
        if where:
            return keys.get(where) or _capital(report.told.organiser or "", where)
    lent = {body_of(r.told.organiser or "", r.province)[0] for r in reports}
    if len(lent) == 1 and (only := lent.pop()):
        return keys.get(only)
    places = exact_key(" ".join(r.told.place or "" for r in reports))
    told = [p for key, p in keys.items() if key in places]
    return told[0] if len(told) == 1 else None


def _capital(name: str, where: str) -> str:
    """The province as the body's name prints it."""
    return name[-len(where) :] if exact_key(name[-len(where) :]) == where else where.title()


# ---- one meeting ---------------------------------------------------------------------------------------------


def _one_body(report: MeetingReport, others: Sequence[MeetingReport], *, same_text: bool) -> bool:
    mine = body_of(report.told.organiser, report.province) if report.told.organiser else None
    for other in others:
        theirs = body_of(other.told.organiser, other.province) if other.told.organiser else None
        if mine == theirs and mine is not None:
            return True
        if same_text and (mine is None or theirs is None or mine[1] == theirs[1]):
            return True
    return False


def _one_kind(told: Meeting, facts: Mapping[str, Any], *, same_text: bool) -> bool:
    """Whether outlets may call one meeting by these two kinds; a bare `hội nghị` is any conference."""
    mine, theirs = group_of(told.kind), group_of(facts["kind"])
    if mine == theirs:
        return True
    if CONFERENCE not in (mine, theirs) or not {mine, theirs} & _CONFERENCES:
        return False
    return same_text or _alike(told.subject, facts["subject"]) is True or _one_hour(told, facts)


_CONFERENCES = {"review", "study", "plenary", "standing", "giao ban", "đối thoại", "ceremony"}


def _one_day(told: Meeting, facts: Mapping[str, Any]) -> bool:
    if told.date and facts["date"]:
        first, last = told.date, told.date_to or told.date
        known = (facts["date"], facts["date_to"] or facts["date"])
        return bool(first <= known[1] and known[0] <= last) or told.was == facts["date"]
    between, day = (facts["between"], told.date) if told.date else (told.between, facts["date"])
    if between and day:
        return bool(between[0] <= day <= between[1])
    return bool(told.between and facts["between"] and list(told.between) == list(facts["between"]))


def _one_sitting(told: Meeting, facts: Mapping[str, Any]) -> bool:
    """Whether two meetings of one body on one day are one: not in the morning and in the afternoon."""
    if told.was and told.was == facts["date"]:
        return True
    if told.date != facts["date"]:
        return _alike(told.subject, facts["subject"]) is not False
    if told.session and facts["session"] and told.session != facts["session"]:
        return False
    one_hour = not (told.time and facts["time"]) or told.time == facts["time"]
    return one_hour or _alike(told.subject, facts["subject"]) is True


def _one_hour(told: Meeting, facts: Mapping[str, Any]) -> bool:
    return bool(told.session and told.session == facts["session"] and told.date == facts["date"])


def _near(told: Meeting, facts: Mapping[str, Any], published: date | None, within: timedelta) -> bool:
    """Whether two days (of publication, where one is unknown) lie close enough for one meeting; unknown ones do."""
    mine = told.date or (published.isoformat() if published else None)
    theirs = facts["date"] or facts["told"]
    if mine is None or theirs is None:
        return True
    return abs(date.fromisoformat(mine) - date.fromisoformat(theirs)) <= within


def _alike(one: str | None, other: str | None) -> bool | None:
    """Whether two subjects tell of one thing; None where one is unknown."""
    mine, theirs = _words_of(one or ""), _words_of(other or "")
    if not mine or not theirs:
        return None
    return len(mine & theirs) >= ALIKE * min(len(mine), len(theirs))


@lru_cache(2_000)  # an article's meetings are held against all that they may be
def _words_of(subject: str) -> frozenset[str]:
    return frozenset(word for word in exact_key(subject).split() if word.isalnum()) - _LITTLE
