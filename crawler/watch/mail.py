"""A message as a mail: subject, text, HTML, headers. Pure: the same message and token make the same bytes.

Crawled text is data: it is escaped in HTML, stripped of line breaks and direction marks in headers, and its
addresses are linked only when they are http(s). Nothing in a mail is loaded from anywhere.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jinja2

from crawler.text import clean_line
from crawler.watch.cadence import VIETNAM
from crawler.watch.headers import add_ways_out, bytes_of, headed, mailto
from crawler.watch.items import Item, Message, Shown
from crawler.watch.mail_settings import MailSettings
from crawler.watch.names import day, long_day, moment
from crawler.watch.phrases import Phrases, phrases

LONGEST_SUBJECT = 140
"""Characters. Phones show about 40, desktops 70: the news stands first."""
LONGEST_OF_SEVERAL = 78
"""Characters where more than one thing is told: how many more must be seen too."""
MOST_ELSEWHERE = 12
"""Links under "cũng đăng tại"; more are counted."""

_DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def subject_of(message: Message) -> str:
    """The subject: the news itself, or for a digest what is in it."""
    words = phrases(message.language)
    today = message.created.astimezone(VIETNAM)
    day_month = f"{today:%d/%m}"
    if message.kind == "digest" and message.items:
        subject = words.digest.format(day=day_month, counts=_counts(message, words))
    elif not message.items:
        subject = words.nothing_subject.format(day=day_month)
    elif message.kind == "operator" and len(message.items) > 1:
        subject = words.operator_subject.format(day=day_month, counts=_counts(message, words))
    else:
        subject = _headline(message.items[0], words, LONGEST_SUBJECT)
        if (more := len(message.items) - 1) > 0:
            room = LONGEST_OF_SEVERAL - len(words.and_more.format("", more))
            if len(subject) > room:
                subject = _headline(message.items[0], words, room, brief=True)
            subject = words.and_more.format(subject, more)
    return _cut(calm(subject), LONGEST_SUBJECT)


def compose(message: Message, settings: MailSettings, *, message_id: str, leave_token: str | None) -> bytes:
    """The whole mail in RFC 5322 bytes with CRLF line ends."""
    mail = headed(
        subject_of(message),
        to=message.address,
        settings=settings,
        message_id=message_id,
        created=message.created,
    )
    if leave_token is not None:
        add_ways_out(mail, settings, leave_token, language=message.language)
    shown, rest = message.items[: settings.max_items], message.items[settings.max_items :]
    page = _page(message, shown, rest, settings, leave_token)
    mail.set_content(_render("mail.txt.j2", page), cte="quoted-printable")
    mail.add_alternative(_render("mail.html.j2", page), subtype="html", cte="base64")
    if rest:
        words = phrases(message.language)
        mail.add_attachment(
            _table(rest, words),
            maintype="text",
            subtype="csv",
            filename=words.rest_file,
            params={"charset": "utf-8"},
        )
    return bytes_of(mail)


def plain_text(message: Message, settings: MailSettings) -> str:
    """The text of a mail, for channels that know no HTML."""
    shown, rest = message.items[: settings.max_items], message.items[settings.max_items :]
    return _render("mail.txt.j2", _page(message, shown, rest, settings, None))


def compose_confirmation(
    address: str,
    watches: Sequence[str],
    settings: MailSettings,
    *,
    language: str,
    message_id: str,
    token: str,
    created: datetime,
) -> bytes:
    """The one question an address gets before anything else."""
    words = phrases(language)
    mail = headed(
        words.confirm_subject, to=address, settings=settings, message_id=message_id, created=created
    )
    page = {
        "t": words,
        "subject": words.confirm_subject,
        "text": words.confirm_text.format(address, ", ".join(calm(w) for w in watches)),
        "link": f"{settings.web}/confirm/{token}" if settings.web else None,
        "mailto": mailto(settings.leave_address, f"OK {token}"),
        "command": words.confirm_command.format(settings.leave_address, f"OK {token}"),
    }
    mail.set_content(_render("confirm.txt.j2", page), cte="quoted-printable")
    mail.add_alternative(_render("confirm.html.j2", page), subtype="html", cte="base64")
    return bytes_of(mail)


def local_part(message: Message) -> str:
    """The left of the Message-ID: the same for the same news to the same person, whoever renders it when."""
    told = sorted((item.key, *(f.watch for f in item.fired)) for item in message.items)
    identity = json.dumps([message.address, message.kind, told, list(message.nothing)], ensure_ascii=False)
    if not message.items:  # each hour's "nothing" is a message of its own
        identity += message.created.astimezone(VIETNAM).isoformat()
    return f"diemtin.{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


def calm(text: str) -> str:
    """Crawled text for one line: no control or direction characters, single spaces."""
    return clean_line(_DIRECTION.sub("", text))


def safe_url(url: str) -> str | None:
    """The address if a reader may be led there, else None."""
    parts = urlsplit(url)
    return url if parts.scheme in ("http", "https") and parts.hostname else None


# ---- what the templates see --------------------------------------------------------------------------------


def _page(
    message: Message,
    shown: Sequence[Item],
    rest: Sequence[Item],
    settings: MailSettings,
    token: str | None,
) -> dict[str, Any]:
    words = phrases(message.language)
    headings = {
        "document": words.documents,
        "meeting": words.meetings,
        "news": words.news,
        "event": words.events,
    }
    sections = [
        {"title": title, "entries": [_entry(i, words) for i in shown if i.kind == kind]}
        for kind, title in headings.items()
    ]
    watches = sorted({f.watch for item in message.items for f in item.fired} | set(message.nothing))
    return {
        "t": words,
        "subject": subject_of(message),
        "day": long_day(message.created, message.language),
        "counts": _counts(message, words) if message.items else words.nothing_title,
        "preview": _preview(message, words),
        "sections": [s for s in sections if s["entries"]],
        "rest": words.rest.format(len(rest), words.rest_file) if rest else None,
        "nothing": words.nothing_for.format(", ".join(map(calm, message.nothing)))
        if message.nothing
        else None,
        "is_empty": not message.items,
        "coverage": _coverage(message, words),
        "why": words.why.format(message.address, ", ".join(map(calm, watches))),
        "leave_link": f"{settings.web}/leave/{token}" if token and settings.web else None,
        "leave_by_mail": words.leave_by_mail if token else None,
        "web": settings.web,
    }


def _entry(item: Item, words: Phrases) -> dict[str, Any]:
    shown = item.article
    headline: Any = ((calm(item.headline), False),)
    if item.kind == "news" and shown is not None:
        headline = tuple(
            (_DIRECTION.sub("", text).replace("\n", " "), marked) for text, marked in shown.title_marked
        )
    return {
        "kind": item.kind,
        "headline": headline,
        "url": safe_url(shown.url) if shown else None,
        "label": _label(item, words),
        "source": _source_line(shown, words) if shown else None,
        "date": _date_line(shown, words) if shown else None,
        "article_title": calm(shown.title) if shown and item.kind in ("document", "meeting") else None,
        "passage": [(_DIRECTION.sub("", text), marked) for text, marked in shown.passage] if shown else [],
        "facts": [] if _in_brief(item) else [(words.facts[name], calm(value)) for name, value in item.facts],
        "brief": _in_brief(item),
        "documents": [calm(name) for name in item.documents],
        "meetings": [calm(name) for name in item.meetings],
        "also_label": words.also if item.kind == "news" else words.reported_by,
        "also": [(calm(e.outlet), safe_url(e.url)) for e in item.elsewhere[:MOST_ELSEWHERE]],
        "also_more": max(0, len(item.elsewhere) - MOST_ELSEWHERE),
        "fired": [(calm(f.watch), [calm(w) for w in f.words]) for f in item.fired],
    }


def _label(item: Item, words: Phrases) -> str | None:
    if item.kind != "meeting":
        return None
    label = words.meeting_upcoming if item.upcoming else words.meeting_held
    return label.format("").rstrip(" :")


def _source_line(shown: Shown, words: Phrases) -> str:
    outlet = shown.outlet
    name, province = calm(outlet.name), calm(outlet.province or "")
    return f"{name} ({province})" if province and province.casefold() not in name.casefold() else name


def _date_line(shown: Shown, words: Phrases) -> str:
    if shown.published is None:
        return words.no_date
    sure = words.date_from.get(shown.published_from or "")
    if "T" not in shown.published and (
        sure is None or shown.published_from in ("visible", "json-ld", "meta", "feed")
    ):
        sure = words.day_only
    return f"{moment(shown.published)} ({sure})" if sure else moment(shown.published)


def _in_brief(item: Item) -> str:
    """What is known of a document or a meeting, in one line: `Ban Bí thư, 14/11/2026: nâng cao chất lượng…`."""
    facts = {name: calm(value) for name, value in item.facts}
    if item.kind == "document":
        origin = ", ".join(filter(None, (facts.get("issuer"), day(facts.get("dated")))))
        return ": ".join(filter(None, (origin, facts.get("about"))))
    if item.kind == "meeting":
        last = day(facts.get("day_to"))
        days = " – ".join(filter(None, (day(facts.get("day"), year=last is None), last)))
        when = " ".join(filter(None, (facts.get("session"), days)))
        brief = ", ".join(filter(None, (when, facts.get("place"))))
        return brief[:1].upper() + brief[1:]
    return ""


def _coverage(message: Message, words: Phrases) -> dict[str, Any] | None:
    told = message.coverage
    if told is None:
        return None

    def last(when: datetime | None) -> str:
        return words.never if when is None else words.last_good.format(clock(when))

    def clock(when: datetime | None) -> str:
        if when is None:
            return ""
        local = when.astimezone(VIETNAM)
        same_day = local.date() == told.until.astimezone(VIETNAM).date()
        return f"{local:%H:%M}" if same_day else f"{local:%H:%M %d/%m}"

    return {
        "line": words.coverage_line.format(
            len(told.watched), len(told.sources), clock(told.since), clock(told.until)
        ),
        "looked": [(s.name, clock(s.until)) for s in told.of("looked")],
        "silent": [(s.name, clock(s.until)) for s in told.of("silent")],
        "blocked": [
            (s.name, "; ".join(filter(None, (calm(s.problem or ""), last(s.until)))))
            for s in told.of("blocked")
        ],
        "not_looked": [
            (s.name, calm(s.problem) if s.problem else last(s.until)) for s in told.of("not_looked")
        ],
    }


# ---- subjects and attachments ------------------------------------------------------------------------------


def _headline(item: Item, words: Phrases, longest: int, *, brief: bool = False) -> str:
    """The news with where and when it stood: `Văn kiện mới: Chỉ thị 62-CT/TW (Báo Lam Hà, 21/11)`.

    In brief only the day of a meeting stays: without it the news is none.
    """
    origin = _origin(item, brief=brief)
    tail = f" ({origin})" if origin else ""
    return _cut(calm(_news_of(item, words)), longest - len(tail)) + tail


def _origin(item: Item, *, brief: bool) -> str | None:
    shown = item.article
    if item.kind == "event" or shown is None:
        return None
    if item.kind == "meeting" and (when := day(dict(item.facts).get("day"), year=False)):
        return when
    if brief:
        return None
    when = day(shown.published, year=False) if item.kind != "meeting" else None
    return ", ".join(filter(None, (calm(shown.outlet.name), when)))


def _news_of(item: Item, words: Phrases) -> str:
    if item.kind == "event" or item.article is None:
        return f"{words.brand}: {item.headline}"
    if item.kind == "meeting":
        return (words.meeting_upcoming if item.upcoming else words.meeting_held).format(item.headline)
    return words.new_document.format(item.headline) if item.kind == "document" else item.headline


def _counts(message: Message, words: Phrases) -> str:
    kinds = (
        (words.n_news, "news"),
        (words.n_documents, "document"),
        (words.n_meetings, "meeting"),
        (words.n_events, "event"),
    )
    counted = ((phrase, sum(item.kind == kind for item in message.items)) for phrase, kind in kinds)
    return ", ".join(phrase.format(n) for phrase, n in counted if n)


def _preview(message: Message, words: Phrases) -> str:
    """What a mail program shows beside the subject."""
    if not message.items:
        return words.nothing_text
    if len(message.items) == 1 and (shown := message.items[0].article) is not None:
        return calm("".join(text for text, _ in shown.passage))
    return calm(" · ".join(item.headline for item in message.items[:4]))


def _table(items: Sequence[Item], words: Phrases) -> bytes:
    """The items past the cap as CSV that Excel opens in UTF-8 and never runs as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(words.rest_columns)
    kinds = {
        "document": words.documents,
        "meeting": words.meetings,
        "news": words.news,
        "event": words.events,
    }
    for item in items:
        shown = item.article
        row = [kinds[item.kind], item.headline]
        row += [shown.title, shown.outlet.name, shown.outlet.province or ""] if shown else ["", "", ""]
        row += [shown.published or "", shown.url] if shown else ["", ""]
        row.append("; ".join(f.watch for f in item.fired))
        writer.writerow([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in map(calm, row)])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _cut(text: str, longest: int) -> str:
    """The text, shortened between words."""
    if len(text) <= longest:
        return text
    return text[: longest - 1].rsplit(" ", 1)[0].rstrip(" ,;:.") + "…"


# ---- templates ---------------------------------------------------------------------------------------------


@cache
def _environment(*, html: bool) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("crawler.watch", "templates"),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _render(template: str, page: dict[str, Any]) -> str:
    return _environment(html=template.endswith(".html.j2")).get_template(template).render(page)
