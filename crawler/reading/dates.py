"""When was it published? Every candidate with where it stood, ranked by rule and agreement.

A header clock, a site's launch day, a date in the future, a related item's time, a period ("2020-2025") or the date of
a cited document never becomes the article's. What is not known stays None. Times are +07:00 unless the page says
otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Literal

from crawler.article import DateFound, DateOrigin, Precision
from crawler.dates.printed import (
    Moment,
    datelines,
    find_visible,
    parse_machine,
    swapped,
    url_day,
    url_month,
)
from crawler.dates.zones import VIETNAM

EARLIEST = date(1997, 11, 19)
"""The day Vietnam joined the Internet: no page of its press is older."""

Role = Literal["published", "modified"]


@dataclass(frozen=True, slots=True)
class DateCandidate:
    """One date the page or its surroundings offer."""

    moment: Moment
    origin: DateOrigin
    where: str
    role: Role = "published"
    weight: float = 1.0
    """Trust of its place, see `WEIGHTS`."""


@dataclass(frozen=True, slots=True)
class Dating:
    """The answer with all candidates, best first."""

    published: str | None = None
    precision: Precision | None = None
    origin: DateOrigin | None = None
    updated: str | None = None
    dates: tuple[DateFound, ...] = ()
    warnings: tuple[str, ...] = ()


# Trust of a place. The by-line under the headline is what the editor shows; JSON-LD and article:published_time come
# from the same database; the names further down have been seen to carry launch days and crawl times.
WEIGHTS = {
    "row": 6.0, "json-ld": 5.0, "visible": 5.0, "time": 4.8, "meta": 4.6, "feed": 4.5, "epoch": 4.4,
    "just-above": 4.4, "visible-above": 3.4, "url": 3.0, "meta-vague": 2.6, "day-above": 2.0, "dateline": 1.5,
}  # fmt: skip
_ALONE = 2.5
"""Weight under which a date needs another to vouch for it: a bare day above the title may be a frozen header."""
_MODIFIED_LABEL = re.compile(r"(?i)cập nhật|sửa|updated|modified")
_VAGUE = {
    "date",
    "created",
    "createdate",
    "created_time",
    "dc.created",
    "dcterms.created",
    "dc.date.created",
    "datecreated",
    "dateCreated",
    "dcterms.date",
    "dc.date",
    "release_date",
}


def structured_candidates(claimed: Iterable[tuple[str, str, str]]) -> list[DateCandidate]:
    """Candidates out of JSON-LD, meta and microdata claims (`crawler.reading.structured.Claims.dates`)."""
    found = []
    for value, origin, where in claimed:
        moment = parse_machine(value)
        if moment is None:
            continue
        modified = "odified" in where
        weight = WEIGHTS["json-ld"] if origin == "json-ld" else WEIGHTS["meta"]
        if where in _VAGUE:
            weight = WEIGHTS["meta-vague"]
        found.append(
            DateCandidate(
                moment,
                "json-ld" if origin == "json-ld" else "meta",
                where,
                "modified" if modified else "published",
                weight,
            )
        )
    return found


def visible_candidates(
    text: str, moment: Moment, start: int, end: int, *, near: bool, adjacent: bool = False
) -> list[DateCandidate]:
    """The reading(s) of a date printed at `text[start:end]`; `near` says it stands between title and body, `adjacent`
    that it is the line just above the title.

    A date with AM/PM may be in American order, which is what ASP.NET prints when nobody set its culture: then without
    leading zeros. Both readings are offered, the likelier one weighing more.
    """
    label = text[max(0, start - 30) : start]
    role: Role = "modified" if _MODIFIED_LABEL.search(label) else "published"
    weight = WEIGHTS["visible"] if near else WEIGHTS["visible-above"]
    if not near and moment.at is None:
        weight = WEIGHTS["day-above"]
    elif adjacent:
        weight = WEIGHTS["just-above"]
    where = text[:80]
    other = swapped(text[start:end])
    if other is None:
        return [DateCandidate(moment, "visible", where, role, weight)]
    padded = re.search(r"(?<!\d)0\d/", text[start:end]) is not None
    return [
        DateCandidate(moment, "visible", where, role, weight if padded else weight - 0.6),
        DateCandidate(other, "visible", f"{where} (month first)", role, weight - 0.6 if padded else weight),
    ]


def choose(
    candidates: Sequence[DateCandidate],
    *,
    url: str,
    opening: Sequence[str],
    fetched: datetime,
    ceiling: date | None = None,
    told_in: Sequence[str] = (),
    fresh: bool = False,
) -> Dating:
    """The article's date out of all candidates.

    `opening` are lead and first paragraphs (their datelines vouch for or against a candidate), `ceiling` is a day the
    article is known not to be younger than (comments, a feed, the end of its layout). `told_in` are the texts
    whose days and years it is not older than. A dateline's bare day gets its year where they leave one, or, of a page
    found as new (`fresh`), the latest.
    """
    today = fetched.astimezone(VIETNAM).date()
    told = [line for text in opening for line in datelines(text)][:4]
    sane = [c for c in candidates if EARLIEST <= c.moment.day <= today + timedelta(days=1)]
    future = [c for c in candidates if c.moment.day > today + timedelta(days=1)]
    sane = _mend_zulu(sane)
    if (moment := url_day(url)) and EARLIEST <= moment.day <= today:
        sane.append(DateCandidate(Moment(moment.day), "url", "url", weight=WEIGHTS["url"]))
    month = url_month(url)
    ranked = _ranked(sane, told, month, today)
    warnings = [f"date in the future ignored: {c.moment.iso} ({c.where})" for c in future]
    best = next((c for c in ranked if c.weight >= _ALONE or _vouched(c, ranked, told)), None)
    best = _with_minute(best, ranked)
    if best is None:
        years = _dateline_years(told, today, ceiling, month, told_in)
        if len(years) == 1 or (years and fresh):
            best = years[0]
            which = "latest" if years[1:] else "only"
            warnings.append(f"published from the dateline {best.where!r}; its year is the {which} possible")
        elif years:
            warnings.append(f"the dateline {years[0].where!r} tells no year, and nothing else does")
        ranked = [*years, *ranked]
    updated = _updated(sane, best)
    found = tuple(
        DateFound(c.moment.iso, c.origin, c.where, used=best is not None and c == best)
        for c in dict.fromkeys((*ranked, *(c for c in sane if c.role == "modified"), *future))
    )
    if best is None:
        return Dating(dates=found, warnings=tuple(warnings))
    if any(c.moment.day != best.moment.day and c.weight >= 4 for c in ranked):
        warnings.append("dates on the page disagree")
    return Dating(
        best.moment.iso,
        "minute" if best.moment.at else "day",
        best.origin,
        updated,
        found,
        tuple(dict.fromkeys(warnings)),
    )


def _mend_zulu(candidates: list[DateCandidate]) -> list[DateCandidate]:
    """A time marked Z whose clock another source prints as local time is local time with a wrong letter."""
    local = {(c.moment.at.hour, c.moment.at.minute) for c in candidates if c.moment.at and not c.moment.zulu}
    mended = []
    for candidate in candidates:
        at = candidate.moment.at
        if at is not None and candidate.moment.zulu:
            raw = at.astimezone(UTC)
            if (raw.hour, raw.minute) in local and (at.hour, at.minute) not in local:
                at = raw.replace(tzinfo=VIETNAM)
                candidate = replace(
                    candidate, moment=Moment(at.date(), at), where=f"{candidate.where} (Z means local time)"
                )
        mended.append(candidate)
    return mended


def _ranked(
    candidates: list[DateCandidate],
    told: Sequence[tuple[int, int, int | None, str]],
    month: tuple[int, int] | None,
    today: date,
) -> list[DateCandidate]:
    """Candidates for publication, best first: weight of the place, agreement of other places, of URL and dateline."""
    published = [c for c in candidates if c.role == "published"]
    # "Cập nhật: …" alone on a page is when it was put there; a modified date made at fetch time is not.
    if not any(c.weight >= 3 for c in published):
        published += [
            replace(c, weight=3.2) for c in candidates if c.role == "modified" and c.origin == "visible"
        ]

    def score(candidate: DateCandidate) -> float:
        day = candidate.moment.day
        value = candidate.weight
        others = {
            o.origin: o.weight
            for o in published
            if o is not candidate and o.moment.day == day and o.origin != candidate.origin
        }
        value += sum(0.5 * w for w in others.values())
        if told:
            if any(_near(day, d, m, y) for d, m, y, _ in told):
                value += 2.5
            elif candidate.weight < 4:
                value -= 1.0
        if month is not None:
            value += 1.5 if (day.year, day.month) == month else -1.5
        if day >= today and not others and not any(_near(day, d, m, y) for d, m, y, _ in told):
            value -= 1.5
        if candidate.moment.at is None:
            value -= 0.2
        elif (candidate.moment.at.hour, candidate.moment.at.minute) == (0, 0):
            value -= 0.3
        return value

    return sorted(published, key=lambda c: (-score(c), c.moment.iso, c.where))


def _vouched(
    candidate: DateCandidate,
    ranked: Sequence[DateCandidate],
    told: Sequence[tuple[int, int, int | None, str]],
) -> bool:
    """Whether the story's dateline or a date of another kind agrees with a candidate's day."""
    day = candidate.moment.day
    return any(_near(day, d, m, y) for d, m, y, _ in told) or any(
        o.moment.day == day and o.origin != candidate.origin for o in ranked
    )


def _near(day: date, d: int, m: int, year: int | None) -> bool:
    """Whether a story told of day d/m is dated within the four days after it."""
    if (day.month - m) % 12 > 1:
        return False
    for delta in range(5):
        before = day - timedelta(days=delta)
        if (before.day, before.month) == (d, m) and (year is None or year == before.year):
            return True
    return False


def _with_minute(best: DateCandidate | None, ranked: list[DateCandidate]) -> DateCandidate | None:
    """The most trusted candidate of the same day that knows the minute."""
    if best is None:
        return None
    at = best.moment.at
    midnight = at is not None and (at.hour, at.minute, at.second) == (0, 0, 0)
    if at is not None and not midnight:
        return best
    for candidate in ranked:
        other = candidate.moment.at
        if (
            candidate.moment.day == best.moment.day
            and other is not None
            and (other.hour, other.minute) != (0, 0)
        ):
            return candidate
    if midnight:
        # A machine's midnight is a day written out as a time.
        return replace(best, moment=Moment(best.moment.day)) if best.origin != "visible" else best
    return best


_YEAR_NAMED = re.compile(
    r"(?<![\d/.-])(?:năm|quý\s+[IVX]+[/\s]+(?:năm\s+)?|tháng\s+\d{1,2}/)\s*((?:19|20)\d\d)(?!\s*[-–]\s*\d)(?!\d)",
    re.IGNORECASE,
)
_AHEAD = re.compile(
    r"(?:đến|tới|trước|hết|cuối|mục tiêu|tầm nhìn|chậm nhất|kể từ|dự kiến)(?:\s+(?:hết|cuối|ngày|đến))*\s*$",
    re.IGNORECASE,
)
"""What stands before a day or a year that may lie ahead of the article."""
_WITHIN = timedelta(days=366)
"""How long before a day that lies ahead an article speaks of it."""


def _not_older(texts: Sequence[str], today: date) -> date:
    """The day that an article is not older than, by the days and years it names itself."""
    lowest = EARLIEST
    for text in texts:
        for moment, start, _ in find_visible(text[:20_000]):
            day = moment.day - _WITHIN if _AHEAD.search(text[max(0, start - 30) : start]) else moment.day
            if day <= today:
                lowest = max(lowest, day)
        for found in _YEAR_NAMED.finditer(text[:20_000]):
            if int(found[1]) <= today.year and not _lies_ahead(text, found):
                lowest = max(lowest, date(int(found[1]), 1, 1))
    return lowest


def _lies_ahead(text: str, named: re.Match[str]) -> bool:
    before = text[max(0, named.start() - 30) : named.start()].rstrip().lower()
    return _AHEAD.search(before) is not None or (
        before.endswith("trong") and named[0].lower().startswith("năm")
    )


def _dateline_years(
    told: Sequence[tuple[int, int, int | None, str]],
    today: date,
    ceiling: date | None,
    month: tuple[int, int] | None,
    texts: Sequence[str],
) -> list[DateCandidate]:
    """The days that the first dateline may tell, the latest first: one for each year that what else is known allows."""
    top = min(today, ceiling) if ceiling else today
    bottom = _not_older(texts, top)
    for d, m, year, words in told:
        years: Iterable[int] = (year,) if year else range(top.year, max(bottom.year, top.year - 30) - 1, -1)
        if month and not year:
            # The address tells the month it was put there: the last such day before that month ends.
            years = (month[0] if m <= month[1] else month[0] - 1,)
        days = [day for y in years if (day := _day(y, m, d)) is not None and bottom <= day <= top]
        if days:
            return [DateCandidate(Moment(day), "dateline", words, weight=WEIGHTS["dateline"]) for day in days]
    return []


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _updated(candidates: list[DateCandidate], best: DateCandidate | None) -> str | None:
    """The latest modified date after publication."""
    if best is None:
        return None
    later = [
        c.moment
        for c in candidates
        if c.role == "modified"
        and c.moment.day >= best.moment.day
        and c.moment.iso[:16] > best.moment.iso[:16]
    ]
    return max(later, key=lambda m: m.iso).iso if later else None
