"""Items as the templates of a mail see them: sections, entries, the table of contents. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from crawler.delivery.display_names import day, moment
from crawler.delivery.items import DigestItem, Shown
from crawler.delivery.mail_layout import MailLayout, MailSection
from crawler.delivery.phrases import Phrases
from crawler.query.snippet import Segments, around, clip
from crawler.text.normal import clean_line

MOST_ELSEWHERE = 12
"""Links under "cũng đăng tại"; more are counted."""
DENSE_ELSEWHERE = 3
"""The same where there are many entries."""
DENSE_LEAD = 115
"""Characters of an opening where there are many entries: three lines on a phone."""
DENSE_LEAD_BESIDE = 75
"""The same above a sentence that matched: two lines."""
DENSE_PASSAGE = 115
MOST_PLACES = 6
"""Provinces named in the table of contents."""

_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DOUBTFUL = ("url", "dateline")
"""Where a date is a guess, or the writer's and not the paper's."""


@dataclass(frozen=True, slots=True)
class _View:
    """How much an entry says."""

    words: Phrases
    dense: bool
    """Whether there are many entries: each says less, and the foot alone names the watches."""


def calm(text: str) -> str:
    """Crawled text for one line: no control or direction characters, single spaces."""
    return clean_line(_DIRECTION.sub("", text))


def safe_url(url: str) -> str | None:
    """The address if a reader may be led there, else None."""
    parts = urlsplit(url)
    return url if parts.scheme in ("http", "https") and parts.hostname else None


def sections_of(layout: MailLayout, words: Phrases, *, attached: bool) -> list[dict[str, Any]]:
    """The sections of a message for its templates."""
    view = _View(words, layout.is_dense)
    return [
        {
            "name": section.name,
            "title": words.sections[section.name],
            "count": len(section.items) + section.left_out,
            "groups": [
                {
                    "title": None if group.title is None else calm(group.title or words.other),
                    "anchor": f"{section.name}-{n}",
                    "entries": [_entry(item, view) for item in group.items],
                }
                for n, group in enumerate(section.groups)
            ],
            "more": _more(section, words, attached=attached),
        }
        for section in layout.sections
    ]


def contents_of(layout: MailLayout, words: Phrases) -> list[dict[str, Any]]:
    """The table of contents of a long message; empty for a short one."""
    if not layout.is_dense:
        return []
    return [
        {
            "name": section.name,
            "title": words.sections[section.name],
            "count": len(section.items) + section.left_out,
            "parts": _parts(section, words),
        }
        for section in layout.sections
    ]


def _more(section: MailSection, words: Phrases, *, attached: bool) -> str | None:
    if not section.left_out:
        return None
    return (words.more_here if attached else words.more_in_store).format(section.left_out, words.rest_file)


def _parts(section: MailSection, words: Phrases) -> list[tuple[str, str | None]]:
    """(text, anchor) of what a section holds, in short."""
    if section.name in ("document", "event"):
        names = (
            item.headline for entry in section.items for item in entry.whole if item.kind == section.name
        )
        return [(calm(name), None) for name in dict.fromkeys(names)]
    if section.name == "held":
        return []
    if section.name != "news":
        days = (day(dict(item.facts).get("day"), year=False) for item in section.items)
        return [(found, None) for found in dict.fromkeys(days) if found]
    if section.groups[0].title is not None:
        return [
            (f"{calm(group.title or words.other)} {len(group.items)}", f"{section.name}-{n}")
            for n, group in enumerate(section.groups)
        ]
    places = Counter(item.province or words.other for item in section.items).most_common()
    shown: list[tuple[str, str | None]] = [(f"{calm(p)} {count}", None) for p, count in places[:MOST_PLACES]]
    return shown if len(places) <= MOST_PLACES else [*shown, ("…", None)]


def _entry(item: DigestItem, view: _View) -> dict[str, Any]:
    words, shown = view.words, item.article
    most = DENSE_ELSEWHERE if view.dense else MOST_ELSEWHERE
    is_passing = item.salience == "passing"
    return {
        "kind": "held" if item.kind == "meeting" and not item.upcoming else item.kind,
        "headline": _headline(item, words),
        "url": safe_url(shown.url) if shown else None,
        "source": _source_line(shown, words) if shown else None,
        "date": _date_line(shown, words) if shown else None,
        "passing": words.passing if is_passing else None,
        "article_title": calm(shown.title) if shown and item.kind in ("document", "meeting") else None,
        "lead": _lead(item, view),
        "passage": _passage(item, view),
        "facts": [] if in_brief(item) else [(words.facts[name], calm(value)) for name, value in item.facts],
        "brief": in_brief(item),
        "carried": [_carried(one, words) for one in item.carried if one.kind != "news"],
        "edits": [(words.edits.get(kind, kind), _edit_parts(calm(text))) for kind, text in item.edits],
        "documents": _names(item.documents, item, "document", view),
        "meetings": _names(item.meetings, item, "meeting", view),
        "also_label": words.also if item.kind == "news" else words.reported_by,
        "also": [(calm(e.outlet), safe_url(e.url)) for e in item.elsewhere[:most]],
        "also_more": max(0, len(item.elsewhere) - most),
        "fired": _fired(item, view),
    }


def _headline(item: DigestItem, words: Phrases) -> Segments:
    if item.called_off:
        return ((meeting_label(item, words).format(calm(item.headline)), False),)
    if item.kind == "news" and item.article is not None:
        return tuple(
            (_DIRECTION.sub("", text).replace("\n", " "), marked)
            for text, marked in item.article.title_marked
        )
    return ((calm(item.headline), False),)


def _lead(item: DigestItem, view: _View) -> list[tuple[str, bool]]:
    """How the article opens. Of a meeting the day and the place are said already; of a passing mention it misleads."""
    shown = item.article
    if shown is None or item.kind == "meeting" or (item.salience == "passing" and shown.passage):
        return []
    if not view.dense:
        return _quiet(shown.lead)
    return (
        []
        if _is_known(item)
        else _quiet(clip(shown.lead, DENSE_LEAD_BESIDE if shown.passage else DENSE_LEAD))
    )


def _passage(item: DigestItem, view: _View) -> list[tuple[str, bool]]:
    """The sentence that matched."""
    if item.article is None or (view.dense and _is_known(item)):
        return []
    found = item.article.passage
    return _quiet(around(found, DENSE_PASSAGE) if view.dense else found)


def _is_known(item: DigestItem) -> bool:
    """A document whose subject is told, or a meeting whose day is: what the article says of it may be read there."""
    return bool({"about", "day"} & {name for name, _ in item.facts})


_EDIT = re.compile(r"\[-(?P<gone>.*?)-\]|\{\+(?P<new>.*?)\+\}")


def _edit_parts(text: str) -> list[tuple[str, str]]:
    """(text, `gone` | `new` | `same`) of an edit's `[-gone-] {+new+}`."""
    parts: list[tuple[str, str]] = []
    at = 0
    for found in _EDIT.finditer(text):
        parts += [
            (text[at : found.start()].strip(), "same"),
            (found[found.lastgroup or 0], found.lastgroup or "same"),
        ]
        at = found.end()
    parts.append((text[at:].strip(), "same"))
    return [(part, kind) for part, kind in parts if part]


def _quiet(segments: Segments) -> list[tuple[str, bool]]:
    return [(_DIRECTION.sub("", text), marked) for text, marked in segments]


def _carried(item: DigestItem, words: Phrases) -> tuple[str, str]:
    """(label, text) of a further thing that the same article tells."""
    label = words.new_document if item.kind == "document" else meeting_label(item, words)
    told = ": ".join(filter(None, (calm(item.headline), in_brief(item))))
    return label.format("").rstrip(" :"), told


def meeting_label(item: DigestItem, words: Phrases) -> str:
    """Held, ahead, put off or cancelled: what stands before a meeting's name."""
    if item.called_off:
        return words.meeting_postponed if item.called_off == "postponed" else words.meeting_cancelled
    return words.meeting_upcoming if item.upcoming else words.meeting_held


def _names(names: Sequence[str], item: DigestItem, kind: str, view: _View) -> list[str]:
    """Names of what an article cites or tells, without those that stand in the entry anyway; none in a long mail."""
    told = {one.headline for one in item.whole if one.kind == kind}
    return [] if view.dense else [calm(name) for name in names if name not in told]


def _fired(item: DigestItem, view: _View) -> list[tuple[str, list[str]]]:
    if view.dense or item.kind == "event":
        return []
    return [(calm(f.watch), [calm(w) for w in f.words]) for f in item.fired]


def _source_line(shown: Shown, words: Phrases) -> str:
    outlet = shown.outlet
    name, province = calm(outlet.name), calm(outlet.province or "")
    return f"{name} ({province})" if province and province.casefold() not in name.casefold() else name


def _date_line(shown: Shown, words: Phrases) -> str:
    """The date; how sure it is only where it is doubtful."""
    if shown.published is None:
        return words.no_date
    doubt = words.date_from.get(shown.published_from or "") if shown.published_from in _DOUBTFUL else None
    return f"{moment(shown.published)} ({doubt})" if doubt else moment(shown.published)


def in_brief(item: DigestItem) -> str:
    """What is known of a document or a meeting, in one line: `Ban Bí thư, 14/11/2026: nâng cao chất lượng…`."""
    facts = {name: calm(value) for name, value in item.facts}
    if item.kind == "document":
        origin = ", ".join(filter(None, (facts.get("issuer"), day(facts.get("dated")), facts.get("unclear"))))
        return _capital(": ".join(filter(None, (origin, facts.get("about")))))
    if item.kind == "meeting":
        last = day(facts.get("day_to"))
        days = " – ".join(filter(None, (day(facts.get("day"), year=last is None), last)))
        when = " ".join(filter(None, (facts.get("time") or facts.get("session"), days)))
        brief = ", ".join(filter(None, (when, facts.get("place"))))
        return _capital(": ".join(filter(None, (brief, facts.get("subject")))))
    return ""


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
