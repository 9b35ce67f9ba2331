"""A watch as an Atom feed (RFC 4287): a file in the data folder, for readers' own programs and other tools."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from crawler.delivery.gather import gather
from crawler.delivery.items import DigestItem, Registry
from crawler.delivery.mail_entries import calm, safe_url
from crawler.private_files import private_file, private_folder
from crawler.store import outbox, watches
from crawler.store.outbox import Engine, OwedAlert
from crawler.store.watches import Watch
from crawler.text.normal import fold

MOST_ENTRIES = 50
"""Entries of a feed: what a program that looks once a day can miss of a busy watch stays in the mails."""

_ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class AtomEntry:
    """One alert as a feed shows it."""

    identity: str
    """Never changes, whatever article stands for the story later."""
    updated: datetime
    item: DigestItem


def feed(watch: Watch, entries: Sequence[AtomEntry], *, domain: str) -> bytes:
    """The feed document, newest entry first. Pure: the same entries make the same bytes."""
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # stubs lack it
    _add(root, "id", feed_id(watch, domain))
    _add(root, "title", f"điểm tin: {calm(watch.name)}")
    _add(root, "updated", _time(entries[0].updated if entries else watch.created))
    _add(_add(root, "author", None), "name", "điểm tin")
    for entry in entries:
        node = _add(root, "entry", None)
        shown = entry.item.article
        _add(node, "id", entry.identity)
        _add(node, "title", calm(entry.item.headline))
        _add(node, "updated", _time(entry.updated))
        if shown is not None:
            if (url := safe_url(shown.url)) is not None:
                etree.SubElement(node, f"{{{_ATOM}}}link", rel="alternate", href=url)
            _add(_add(node, "author", None), "name", calm(shown.outlet.name))
            _add(node, "summary", calm("".join(text for text, _ in shown.passage or shown.lead)))
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return document


def feed_id(watch: Watch, domain: str) -> str:
    """The feed's permanent name."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{domain}/watch/{watch.id}')}"


def file_name(watch: Watch) -> str:
    """`3-dai-hoi.atom`: the number keeps two names apart that fold to the same."""
    slug = re.sub(r"[^a-z0-9]+", "-", fold(watch.name)).strip("-")[:60].rstrip("-")
    return f"{watch.id}-{slug}.atom" if slug else f"{watch.id}.atom"


def write_feeds(engine: Engine, folder: Path, registry: Registry, *, domain: str) -> tuple[Path, ...]:
    """Write the feeds that have news, each whole or not at all; the files written."""
    with engine.begin() as conn:
        wanted = [
            (w, outbox.latest_alerts(conn, w.id, limit=MOST_ENTRIES)) for w in watches.active(conn) if w.feed
        ]
    written = []
    for watch, alerts in wanted:
        path = folder / file_name(watch)
        newest = _entry_id(watch, alerts[0], domain) if alerts else feed_id(watch, domain)
        if path.exists() and newest in path.read_text(encoding="utf-8"):
            continue
        document = _document(engine, watch, alerts, registry, domain)
        private_folder(folder)
        temporary = path.with_name(f".{path.name}.tmp")
        with private_file(temporary) as file:
            file.write(document)
        temporary.replace(path)
        written.append(path)
    return tuple(written)


def feed_of(engine: Engine, watch: Watch, registry: Registry, *, domain: str) -> bytes:
    """The feed of a watch as it is now, whether it has a file or not."""
    with engine.connect().execution_options(diemtin_read=True) as conn:
        alerts = outbox.latest_alerts(conn, watch.id, limit=MOST_ENTRIES)
    return _document(engine, watch, alerts, registry, domain)


def _document(
    engine: Engine, watch: Watch, alerts: Sequence[OwedAlert], registry: Registry, domain: str
) -> bytes:
    with engine.connect().execution_options(diemtin_read=True) as conn:
        items = [(a, gather(conn, "", [a], registry, now=a.created).items) for a in alerts]
    entries = [AtomEntry(_entry_id(watch, a, domain), a.created, found[0]) for a, found in items if found]
    return feed(watch, entries, domain=domain)


def _entry_id(watch: Watch, alert: OwedAlert, domain: str) -> str:
    name = f"{domain}/watch/{watch.id}/{alert.kind}/{alert.subject}"
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def _add(parent: etree._Element, name: str, text: str | None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{_ATOM}}}{name}")
    node.text = text
    return node


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
