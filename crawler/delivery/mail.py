"""A message as a mail: subject, text, HTML, headers. Pure: the same message and token make the same bytes.

Crawled text is data: it is escaped in HTML, stripped of line breaks and direction marks in headers, and its
addresses are linked only when they are http(s). Nothing in a mail is loaded from anywhere.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

import jinja2

from crawler.dates.zones import VIETNAM
from crawler.delivery.counts import counts_of
from crawler.delivery.display_names import day, long_day
from crawler.delivery.headers import add_ways_out, bytes_of, headed, mailto
from crawler.delivery.items import DigestItem, Message
from crawler.delivery.mail_entries import calm, contents_of, meeting_label, sections_of
from crawler.delivery.mail_layout import MailLayout, arrange, section_of
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.phrases import Phrases, phrases
from crawler.meeting.ics import to_ics
from crawler.messages import in_brief

LONGEST_SUBJECT = 140
"""Characters. Phones show about 40, desktops 70: the news stands first."""
LONGEST_OF_SEVERAL = 78
"""Characters where more than one thing is told: how many more must be seen too."""
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def subject_of(message: Message) -> str:
    """The subject: the news itself, or for a digest what is in it."""
    words = phrases(message.language)
    today = message.created.astimezone(VIETNAM)
    day_month = f"{today:%d/%m}"
    if message.kind == "digest" and message.items:
        subject = words.digest.format(day=day_month, counts=counts_of(message.items, words.lang))
    elif not message.items:
        subject = words.nothing_subject.format(day=day_month)
    elif message.kind == "operator" and len(message.items) > 1:
        subject = words.operator_subject.format(day=day_month, counts=counts_of(message.items, words.lang))
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
    layout = arrange(message, settings.max_items)
    page = _page(message, layout, settings, leave_token)
    mail.set_content(render("mail.txt.j2", page), cte="quoted-printable")
    mail.add_alternative(render("mail.html.j2", page), subtype="html", cte="base64")
    if layout.rest:
        words = phrases(message.language)
        mail.add_attachment(
            _table(layout.rest, words),
            maintype="text",
            subtype="csv",
            filename=words.rest_file,
            params={"charset": "utf-8"},
        )
    if (calendar := calendar_of(message)) is not None:
        mail.add_attachment(
            calendar,
            maintype="text",
            subtype="calendar",
            filename=phrases(message.language).calendar_file,
            params={"charset": "utf-8", "method": "PUBLISH"},
        )
    return bytes_of(mail)


def calendar_of(message: Message) -> bytes | None:
    """The meetings ahead that a message tells of, and those called off, as iCalendar; None where it tells of none."""
    told = [item.calendar for item in message.told if item.upcoming and item.calendar is not None]
    dated = [meeting for meeting in told if meeting.get("date")]
    return to_ics(dated, stamp=message.created) if dated else None


def _leave_by_mail(settings: MailSettings, words: Phrases, token: str | None) -> str | None:
    """How to leave without a link: by a reply, promised only where one is read; its quotation brings the code back."""
    if token is None:
        return None
    if settings.leave is not None:
        return words.leave_by_mail.format(token)
    return words.leave_by_word.format(settings.operator or settings.sender_address)


def plain_text(message: Message, settings: MailSettings) -> str:
    """The text of a mail, for channels that know no HTML."""
    layout = arrange(message, settings.max_items)
    return render("mail.txt.j2", _page(message, layout, settings, None, attached=False))


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
    mail.set_content(render("confirm.txt.j2", page), cte="quoted-printable")
    mail.add_alternative(render("confirm.html.j2", page), subtype="html", cte="base64")
    return bytes_of(mail)


def local_part(message: Message) -> str:
    """What names a message: the same for the same news to the same person, whoever renders it when.

    The store makes the Message-ID of it under a secret of its own: what a mail tells can be guessed.
    """
    told = sorted((item.key, *(f.watch for f in item.fired)) for item in message.told)
    identity = json.dumps([message.address, message.kind, told, list(message.nothing)], ensure_ascii=False)
    if not message.items:  # each hour's "nothing" is a message of its own
        identity += message.created.astimezone(VIETNAM).isoformat()
    return f"diemtin.{hashlib.sha256(identity.encode()).hexdigest()[:32]}"


# ---- what the templates see --------------------------------------------------------------------------------


def _page(
    message: Message,
    layout: MailLayout,
    settings: MailSettings,
    token: str | None,
    *,
    attached: bool = True,
) -> dict[str, Any]:
    words = phrases(message.language)
    watches = sorted({f.watch for item in message.items for f in item.fired} | set(message.nothing))
    return {
        "t": words,
        "subject": subject_of(message),
        "day": long_day(message.created, message.language),
        "counts": counts_of(message.items, words.lang) if message.items else words.nothing_title,
        "preview": _preview(message, words),
        "contents": contents_of(layout, words),
        "sections": sections_of(layout, words, attached=attached),
        "dense": layout.is_dense,
        "rest": _rest(layout, words, attached=attached),
        "nothing": words.nothing_for.format(", ".join(map(calm, message.nothing)))
        if message.nothing
        else None,
        "is_empty": not message.items,
        "coverage": _coverage(message, words),
        "why": words.why.format(message.address, ", ".join(map(calm, watches))),
        "leave_link": f"{settings.web}/leave/{token}" if token and settings.web else None,
        "leave_by_mail": _leave_by_mail(settings, words, token),
        "web": settings.web,
    }


def _rest(layout: MailLayout, words: Phrases, *, attached: bool) -> str | None:
    """How many things the message has no room for, of which kinds, and where they are."""
    if not layout.rest:
        return None
    told = words.rest if attached else words.rest_in_store
    return f"{told.format(len(layout.rest), words.rest_file)} ({counts_of(layout.rest, words.lang)})"


def _coverage(message: Message, words: Phrases) -> dict[str, Any] | None:
    told = message.coverage
    if told is None:
        return None

    def last(when: datetime | None) -> str:
        return words.never if when is None else words.last_good.format(clock(when))

    def why(problem: str) -> str:
        return calm(in_brief(problem) if words.lang == "vi" else problem)

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
            (s.name, "; ".join(filter(None, (why(s.problem or ""), last(s.until)))))
            for s in told.of("blocked")
        ],
        "not_looked": [
            (s.name, calm(s.problem) if s.problem else last(s.until)) for s in told.of("not_looked")
        ],
    }


# ---- subjects and attachments ------------------------------------------------------------------------------


def _headline(item: DigestItem, words: Phrases, longest: int, *, brief: bool = False) -> str:
    """The news with where and when it stood: `Văn kiện mới: Chỉ thị 62-CT/TW (Báo Lam Hà, 21/11)`.

    In brief only the day of a meeting stays: without it the news is none.
    """
    origin = _origin(item, brief=brief)
    tail = f" ({origin})" if origin else ""
    return _cut(calm(_news_of(item, words)), longest - len(tail)) + tail


def _origin(item: DigestItem, *, brief: bool) -> str | None:
    shown = item.article
    if item.kind == "event" or shown is None:
        return None
    if item.kind == "meeting" and (when := day(dict(item.facts).get("day"), year=False)):
        return when
    if brief:
        return None
    when = day(shown.published, year=False) if item.kind != "meeting" else None
    return ", ".join(filter(None, (calm(shown.outlet.name), when)))


def _news_of(item: DigestItem, words: Phrases) -> str:
    if item.kind == "event" or item.article is None:
        return f"{words.brand}: {item.headline}"
    if item.kind == "change":
        return words.changed.format(item.headline)
    if item.kind == "meeting":
        return meeting_label(item, words).format(item.headline)
    return words.new_document.format(item.headline) if item.kind == "document" else item.headline


def _preview(message: Message, words: Phrases) -> str:
    """What a mail program shows beside the subject."""
    if not message.items:
        return words.nothing_text
    if len(message.items) == 1 and (shown := message.items[0].article) is not None:
        return calm("".join(text for text, _ in shown.lead or shown.passage))
    return calm(" · ".join(item.headline for item in message.items[:4]))


def _table(items: Sequence[DigestItem], words: Phrases) -> bytes:
    """The items past the cap as CSV that Excel opens in UTF-8 and never runs as a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(words.rest_columns)
    for item in (one for entry in items for one in entry.whole):
        shown = item.article
        row = [words.sections[section_of(item)], item.headline]
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
        loader=jinja2.PackageLoader("crawler.delivery", "templates"),
        autoescape=html,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, page: dict[str, Any]) -> str:
    """A template of this package; in HTML what is put into it is escaped."""
    return _environment(html=template.endswith(".html.j2")).get_template(template).render(page)
