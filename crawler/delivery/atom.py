"""Atom feeds (RFC 4287): of a watch, also as a file in the data folder, and of whatever else a page lists."""

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


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One line of a feed."""

    identity: str
    """A URI that never changes."""
    updated: datetime
    """Aware."""
    title: str
    url: str | None
    author: str
    summary: str


def feed(watch: Watch, entries: Sequence[AtomEntry], *, domain: str) -> bytes:
    """The feed document, newest entry first. Pure: the same entries make the same bytes."""
    updated = entries[0].updated if entries else watch.created
    told = [_feed_entry(entry) for entry in entries]
    return feed_document(feed_id(watch, domain), watch.name, told, updated=updated)


def feed_document(identity: str, title: str, entries: Sequence[FeedEntry], *, updated: datetime) -> bytes:
    """A feed of these entries in this order. Pure; text may be as hostile as the press is."""
    root = etree.Element(f"{{{_ATOM}}}feed", nsmap={None: _ATOM})  # type: ignore[dict-item]  # stubs lack it
    _add(root, "id", identity)
    _add(root, "title", f"điểm tin: {calm(title)}")
    _add(root, "updated", _time(updated))
    _add(_add(root, "author", None), "name", "điểm tin")
    for entry in entries:
        node = _add(root, "entry", None)
        _add(node, "id", entry.identity)
        _add(node, "title", calm(entry.title))
        _add(node, "updated", _time(entry.updated))
        if entry.url is not None and (url := safe_url(entry.url)) is not None:
            etree.SubElement(node, f"{{{_ATOM}}}link", rel="alternate", href=url)
        if entry.author:
            _add(_add(node, "author", None), "name", calm(entry.author))
        if entry.summary:
            _add(node, "summary", calm(entry.summary))
    document: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8", pretty_print=True)
    return document


def _feed_entry(entry: AtomEntry) -> FeedEntry:
    shown = entry.item.article
    return FeedEntry(
        identity=entry.identity,
        updated=entry.updated,
        title=entry.item.headline,
        url=shown.url if shown else None,
        author=shown.outlet.name if shown else "",
        summary="".join(text for text, _ in shown.passage or shown.lead) if shown else "",
    )


def urn(name: str) -> str:
    """A permanent name for something that has a name of its own: `tin.example/story/7`."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, name)}"


def feed_id(watch: Watch, domain: str) -> str:
    """The feed's permanent name."""
    return urn(f"{domain}/watch/{watch.id}")


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
    return urn(f"{domain}/watch/{watch.id}/{alert.kind}/{alert.subject}")


def _add(parent: etree._Element, name: str, text: str | None) -> etree._Element:
    node = etree.SubElement(parent, f"{{{_ATOM}}}{name}")
    node.text = text
    return node


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
