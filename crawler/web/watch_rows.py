"""How watches, their people, their mails and their back-tests are written on a page; who may see an address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crawler.delivery.backtest import Backtest
from crawler.delivery.upcoming import Upcoming
from crawler.query.addresses import shown, veiled
from crawler.query.narrowing import narrowed
from crawler.query.watch_index import compiled
from crawler.store.deliveries import Delivery
from crawler.store.watch_mails import CarriedAlert
from crawler.store.watches import Watch
from crawler.web.charts import Bar, bars
from crawler.web.html import Language, address
from crawler.web.lines import document_page
from crawler.web.visitor import Role, Visitor
from crawler.web.watch_form import SCOPES, TRIED

_ADDRESS_STATES = {
    "active": ("đang nhận", "receives"), "asked": ("chờ đồng ý", "was asked"),
    "suspended": ("tạm ngưng", "suspended"), "left": ("đã rời", "has left"),
}  # fmt: skip
_MAIL_STATES = {
    "queued": ("chờ gửi", "queued"), "sent": ("đã gửi", "sent"), "retry": ("sẽ thử lại", "will be tried again"),
    "dead": ("hỏng", "dead"), "suspended": ("địa chỉ tạm ngưng", "address suspended"),
    "left": ("người nhận đã rời", "the reader has left"),
}  # fmt: skip
_UNITS = {
    "article": ("bài", "articles"), "story": ("tin", "stories"), "document": ("văn kiện", "documents"),
    "meeting": ("cuộc họp", "meetings"),
}  # fmt: skip


def address_for(visitor: Visitor, written: str) -> str:
    """An address as this person may see it: readers see whose it is only if they know it."""
    return shown(written) if visitor.role >= Role.EDITOR else veiled(written)


def watch_row(watch: Watch, told: Upcoming, visitor: Visitor, language: Language) -> dict[str, Any]:
    """A watch in a list."""
    scopes = {scope: (vi, en) for scope, vi, en in SCOPES}
    scope = scopes.get(watch.scope, ("việc của máy", "what happens to the box"))
    return {
        "id": watch.id, "page": f"/theo-doi/{watch.id}", "name": watch.name, "query": watch.query,
        "scope": watch.scope, "scope_name": scope[0 if language == "vi" else 1], "every": str(watch.cadence),
        "rhythm": watch.cadence.label(language), "paused": watch.paused is not None and told.state == "paused",
        "next": told.line(language), "headlines": told.headlines, "waiting": len(told.items),
        "receiving": sum(one.active for one in watch.recipients), "recipients": len(watch.recipients),
        "aside": why_aside(watch), "can_be_tried": watch.scope in TRIED, "created": watch.created,
        "to": [address_for(visitor, one.address) for one in watch.recipients],
    }  # fmt: skip


def watch_json(watch: Watch, told: Upcoming, visitor: Visitor) -> dict[str, Any]:
    """As `watch list --json`; addresses as this person may see them."""
    row = watch.to_json()
    for one, recipient in zip(row["to"], watch.recipients, strict=True):
        one["address"] = address_for(visitor, recipient.address)
    return row | {"next": told.to_json(), "set_aside": why_aside(watch)}


def why_aside(watch: Watch) -> str | None:
    """Why nothing is looked for on this watch: a query of an older version that today's language refuses."""
    _, aside = compiled([(watch.id, watch.query)])
    return str(aside[watch.id]) if aside else None


def people_rows(watch: Watch, visitor: Visitor, language: Language) -> list[dict[str, Any]]:
    """Who receives, and how each stands; why an address is suspended may name it."""
    place = 0 if language == "vi" else 1
    return [
        {
            "address": address_for(visitor, one.address), "state": one.state,
            "label": _ADDRESS_STATES[one.state][place],
            "reason": one.reason if one.state == "suspended" and visitor.role >= Role.EDITOR else None,
            "since": {"left": one.left, "suspended": one.suspended}.get(one.state, one.confirmed),
        }
        for one in watch.recipients
    ]  # fmt: skip


def mail_row(mail: Delivery, visitor: Visitor, language: Language) -> dict[str, Any]:
    """A message in a list, without what it says."""
    hidden = address_for(visitor, mail.address)
    return {
        "number": mail.id, "page": f"/thu/{mail.id}", "subject": mail.subject, "address": hidden,
        "state": mail.shown_state, "label": _MAIL_STATES[mail.shown_state][0 if language == "vi" else 1],
        "created": mail.created, "sent": mail.sent, "attempts": mail.attempts, "channel": mail.channel,
        "error": mail.error.replace(mail.address, hidden) if mail.error else None,
    }  # fmt: skip


def mail_json(mail: Delivery, carried: Sequence[CarriedAlert], visitor: Visitor) -> dict[str, Any]:
    """A message for a program, without what it says."""
    hidden = address_for(visitor, mail.address)
    row = mail.to_json() | {"address": hidden, "sent": mail.sent.isoformat() if mail.sent else None}
    row["error"] = mail.error.replace(mail.address, hidden) if mail.error else None
    return row | {"alerts": [one.to_json() for one in carried]}


def alert_row(one: CarriedAlert, language: Language) -> dict[str, Any]:
    """Why a mail was written: what it tells, where that is shown, and by which words it was found."""
    names = {
        "document": ("văn kiện", "document"), "meeting": ("cuộc họp", "meeting"), "change": ("bài sửa", "edit"),
        "event": ("việc của máy", "the box"), "nothing": ("không có gì mới", "nothing new"),
    }  # fmt: skip
    subject = one.subject.partition("#")[0]
    pages = {"document": document_page(subject), "meeting": f"/cuoc-hop/{subject}"}
    page = pages.get(one.kind) or (f"/bai/{one.article}" if one.article else None)
    label = subject.partition("@")[0] if one.kind == "document" else None
    return {
        "kind": names.get(one.kind, ("tin", "story"))[0 if language == "vi" else 1], "label": label, "page": page,
        "title": one.title, "words": one.words, "watch": one.watch_name, "watch_page": f"/theo-doi/{one.watch}",
    }  # fmt: skip


def backtest_values(result: Backtest, registry: Mapping[str, Any], language: Language) -> dict[str, Any]:
    """A back-test for its part of a page: the chart with its table, hits, near misses and the mail."""
    place = 0 if language == "vi" else 1
    unit = _UNITS[result.scope][place]
    in_words = result.scope in ("article", "story") and bool(result.query.strip())
    title = f"Số {unit} theo ngày" if language == "vi" else f"{unit.capitalize()} by day"
    values = [
        Bar(
            f"{day:%d/%m}",
            n,
            address("/tim", q=narrowed(result.query, "ngày", day.isoformat())) if in_words and n else None,
        )
        for day, n in result.per_day.items()
    ]
    busiest = max(result.per_day.items(), key=lambda pair: pair[1])
    return {
        "result": result, "unit": unit, "chart": bars(title, values) if result.hits else None,
        "days": [(day, bar) for day, bar in zip(result.per_day, values, strict=True) if bar.value][::-1],
        "first": min(result.per_day), "busiest": busiest,
        "mean": f"{result.mean:.1f}" if result.mean >= 0.1 else f"{result.mean:.2f}",
        "near": [(one, address("/tim", q=f'"{one.surface}"')) for one in result.near],
    }  # fmt: skip
