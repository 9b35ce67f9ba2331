"""From what a person is owed to what the message says, read from the store as it stands at delivery.

An item is one story, document or meeting, whoever reported it and however many watches asked. It shows the
earliest article, so that the same store makes the same mail in whatever order it was filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from crawler.errors import InvalidQuery
from crawler.store import news
from crawler.store.news import ArticleLine, DocumentFacts, MeetingFacts, StoredArticle
from crawler.store.outbox import Connection, OwedAlert, told_stories
from crawler.text import clean_line
from crawler.watch.article_doc import doc_of
from crawler.watch.events import event_facts
from crawler.watch.items import Elsewhere, Fired, Item, Registry, Shown
from crawler.watch.match import Hit, search_doc
from crawler.watch.names import document_name, meeting_name
from crawler.watch.passage import Segments, Span, mark, passage
from crawler.watch.query import Query, parse
from crawler.watch.tree import Zone

_TRIED = 5
"""Articles of a story that are looked into for the words of a watch: reprints differ in a title at most."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one person is to be told, and which alerts need no mail."""

    items: tuple[Item, ...]
    nothing: tuple[str, ...]
    """Watches that found nothing, by name."""
    covered: tuple[tuple[int, int], ...]
    """(alert, delivery): the story had grown together with one that this delivery told already."""
    void: tuple[int, ...]
    """Alerts about what the store no longer knows."""


def gather(conn: Connection, address: str, owed: Sequence[OwedAlert], registry: Registry) -> Gathered:
    """Build the items of one message, documents first, then meetings, news and events."""
    builder = _Builder(conn, registry)
    covered = _covered(conn, address, [a for a in owed if a.kind == "story"])
    left = [a for a in owed if a.alert not in covered]
    groups = (
        builder.documents([a for a in left if a.kind == "document"]),
        builder.meetings([a for a in left if a.kind == "meeting"]),
        builder.news([a for a in left if a.kind in ("story", "article")]),
        builder.events([a for a in left if a.kind == "event"]),
    )
    items = tuple(item for group in groups for item in group)
    busy = {a.watch for a in left if a.kind != "nothing" and a.alert not in builder.void}
    quiet = {a.watch_name for a in left if a.kind == "nothing" and a.watch not in busy}
    return Gathered(items, tuple(sorted(quiet)), tuple(sorted(covered.items())), tuple(sorted(builder.void)))


def _covered(conn: Connection, address: str, owed: Sequence[OwedAlert]) -> dict[int, int]:
    if not owed:
        return {}
    told = told_stories(conn, address, sorted({a.watch for a in owed}))
    roots = news.story_roots(conn, {a.subject for a in owed})
    found = {a.alert: told.get((a.watch, roots[a.subject])) for a in owed}
    return {alert: delivery for alert, delivery in found.items() if delivery is not None}


class _Builder:
    """Reads in bulk, builds one item at a time."""

    def __init__(self, conn: Connection, registry: Registry) -> None:
        self._conn = conn
        self._registry = registry
        self.void: set[int] = set()

    def news(self, owed: Sequence[OwedAlert]) -> list[Item]:
        """Stories and articles: newest first."""
        by_article = news.stories_of(self._conn, {int(a.subject) for a in owed if a.kind == "article"})
        roots = news.story_roots(self._conn, {a.subject for a in owed if a.kind == "story"})
        groups: dict[str, list[OwedAlert]] = {}
        for one in owed:
            root = by_article.get(int(one.subject)) if one.kind == "article" else roots[one.subject]
            groups.setdefault(root or "", []).append(one)
        lines = news.lines_of_stories(self._conn, [root for root in groups if root])
        found: list[tuple[ArticleLine, Item]] = []
        for root, alerts in groups.items():
            candidates = self._candidates(lines.get(root, []), alerts)
            if not candidates:
                self.void |= {a.alert for a in alerts}
                continue
            found.append(self._news_item(lines[root], candidates, alerts))
        found.sort(key=lambda pair: pair[0].order)
        known = [pair for pair in found if pair[0].published_at is not None]
        return [item for _, item in (*reversed(known), *(p for p in found if p[0].published_at is None))]

    def documents(self, owed: Sequence[OwedAlert]) -> list[Item]:
        """Documents by key."""
        facts = news.load_documents(self._conn, {a.subject for a in owed})
        groups: dict[str, list[OwedAlert]] = {}
        for one in owed:
            if one.subject in facts:
                groups.setdefault(facts[one.subject].id, []).append(one)
            else:
                self.void.add(one.alert)
        asked = {one.subject for one in owed} | set(groups)
        lines = news.lines_of_documents(self._conn, asked)
        built = []
        for identity, alerts in sorted(groups.items()):
            ids = {identity, *(a.subject for a in alerts)}
            articles = _merge(lines[i] for i in sorted(ids) if i in lines)
            if item := self._document_item(facts[alerts[0].subject], ids, articles, alerts):
                built.append(item)
        return built

    def meetings(self, owed: Sequence[OwedAlert]) -> list[Item]:
        """Meetings to come, the nearest first; then those held, the latest first; days unknown last."""
        ids = {a.subject for a in owed}
        facts, lines = news.load_meetings(self._conn, ids), news.lines_of_meetings(self._conn, ids)
        groups: dict[str, list[OwedAlert]] = {}
        for one in owed:
            groups.setdefault(one.subject, []).append(one)
        built: list[tuple[tuple[str, str], Item]] = []
        for identity, alerts in sorted(groups.items()):
            meeting = facts.get(identity)
            item = self._meeting_item(meeting, lines[identity], alerts) if meeting else None
            if meeting is None or item is None:
                self.void |= {a.alert for a in alerts}
            else:
                built.append(((meeting.date or "", identity), item))
        built.sort(key=lambda pair: pair[0])
        coming = [pair for pair in built if pair[1].upcoming]
        held = [pair for pair in reversed(built) if not pair[1].upcoming]
        return [item for _, item in (*sorted(coming, key=lambda pair: not pair[0][0]), *held)]

    def events(self, owed: Sequence[OwedAlert]) -> list[Item]:
        """Operator events, in the order in which they happened."""
        groups: dict[str, list[OwedAlert]] = {}
        for one in owed:
            groups.setdefault(one.subject, []).append(one)
        built = []
        for subject, alerts in groups.items():
            body = alerts[0].body or {}
            outlet = self._registry.rows.get(body.get("about", ""))
            headline, facts = event_facts(
                body, about=outlet.name if outlet else None, language=alerts[0].language
            )
            built.append(Item("event", subject, clean_line(headline), _fired(alerts, {}), facts=facts))
        return built

    def _candidates(self, lines: Sequence[ArticleLine], owed: Sequence[OwedAlert]) -> list[ArticleLine]:
        """Articles that may stand for an item: of a story any, of alerts for single articles only those."""
        if any(a.kind == "story" for a in owed):
            return list(lines)
        alerted = {int(a.subject) for a in owed}
        return [line for line in lines if line.id in alerted]

    def _news_item(
        self, lines: Sequence[ArticleLine], candidates: Sequence[ArticleLine], owed: Sequence[OwedAlert]
    ) -> tuple[ArticleLine, Item]:
        causes = {a.article for a in owed}
        tried = [*candidates[:_TRIED], *(line for line in candidates[_TRIED:] if line.id in causes)]
        loaded = news.load_articles(self._conn, {line.id for line in tried})
        line, hits = tried[0], {}
        for candidate in tried:
            hits = self._hits(loaded[candidate.id], owed)
            if hits:
                line = candidate
                break
        stored = loaded[line.id]
        return line, Item(
            "news",
            f"news:{line.url}",
            clean_line(stored.article.title),
            _fired(owed, hits),
            self._shown(stored, _spans(hits.values())),
            self._elsewhere(lines, line),
            documents=self._cited_names(stored),
            meetings=_meeting_names(self._conn, [name for name, _ in stored.meetings[:1]]),
        )

    def _document_item(
        self,
        facts: DocumentFacts,
        ids: set[str],
        lines: Sequence[ArticleLine],
        owed: Sequence[OwedAlert],
    ) -> Item | None:
        if not lines:
            self.void |= {a.alert for a in owed}
            return None
        line = lines[0]
        stored = news.load_articles(self._conn, {line.id})[line.id]
        surfaces = [surface for name, surface in stored.documents if name in ids]
        known = (("issuer", facts.issuer), ("dated", facts.date), ("about", facts.title))
        return Item(
            "document",
            f"document:{facts.id}",
            document_name(facts),
            _fired(owed, self._hits(stored, owed)),
            self._shown(stored, _find_words(stored, surfaces)),
            self._elsewhere(lines, line),
            facts=tuple((name, value) for name, value in known if value),
        )

    def _meeting_item(
        self, facts: MeetingFacts, lines: Sequence[ArticleLine], owed: Sequence[OwedAlert]
    ) -> Item | None:
        if not lines:
            return None
        line = lines[0]
        stored = news.load_articles(self._conn, {line.id})[line.id]
        told = [m for name, m in stored.meetings if name == facts.id]
        texts = {
            "title": stored.article.title,
            "lead": stored.article.lead or "",
            "text": stored.article.text,
        }
        words = [texts[m.field][m.start : m.end] for m in told]
        known = (
            ("organiser", facts.organiser),
            ("day", facts.date),
            ("day_to", facts.date_to if facts.date_to != facts.date else None),
            ("session", facts.session),
            ("place", facts.place),
        )
        return Item(
            "meeting",
            f"meeting:{facts.id}",
            meeting_name(facts),
            _fired(owed, self._hits(stored, owed)),
            self._shown(stored, _find_words(stored, words)),
            self._elsewhere(lines, line),
            documents=self._cited_names(stored, {key for m in told for key in m.cites}),
            facts=tuple((name, value) for name, value in known if value),
            upcoming=facts.status == "upcoming",
        )

    def _cited_names(self, stored: StoredArticle, keys: set[str] | None = None) -> tuple[str, ...]:
        """Names of the documents an article cites, or of those with these keys, in reading order."""
        known = news.load_documents(self._conn, {name for name, _ in stored.documents})
        cited = (known[name] for name, _ in stored.documents if name in known)
        return tuple(dict.fromkeys(document_name(d) for d in cited if keys is None or d.key in keys))

    def _hits(self, stored: StoredArticle, owed: Sequence[OwedAlert]) -> dict[int, Hit]:
        """Watch → where its query stands in this article."""
        doc = doc_of(stored.article, self._registry.rows.get(stored.line.source))
        found: dict[int, Hit] = {}
        for one in owed:
            query = _parsed(one.query)
            hit = query.matches(doc) if query is not None else None
            if hit is not None:
                found[one.watch] = hit
        return found

    def _shown(self, stored: StoredArticle, spans: Mapping[tuple[str, int], list[Span]]) -> Shown:
        article = stored.article
        return Shown(
            title=clean_line(article.title),
            title_marked=mark(article.title, spans.get((Zone.TITLE, 0), [])),
            url=stored.line.url,
            outlet=self._registry.outlet(stored.line.source),
            published=stored.line.published,
            published_from=article.published_from if stored.line.published else None,
            passage=_best_passage(stored, spans),
        )

    def _elsewhere(self, lines: Sequence[ArticleLine], shown: ArticleLine) -> tuple[Elsewhere, ...]:
        """One link for each other outlet."""
        others: dict[str, Elsewhere] = {}
        for line in lines:
            if line.source != shown.source:
                others.setdefault(line.source, Elsewhere(self._registry.outlet(line.source).name, line.url))
        return tuple(others.values())


@lru_cache(maxsize=1024)
def _parsed(query: str) -> Query | None:
    """The query, or None for an empty one and for one that today's language refuses."""
    if not query.strip():
        return None
    try:
        return parse(query)
    except InvalidQuery:  # saved by an older version: its alerts keep the words they had
        return None


def _fired(owed: Sequence[OwedAlert], hits: Mapping[int, Hit]) -> tuple[Fired, ...]:
    """Every watch once, by name, with the words that stand in the article shown."""
    found: dict[str, tuple[str, ...]] = {}
    for one in owed:
        hit = hits.get(one.watch)
        found[one.watch_name] = (*hit.words, *hit.fields) if hit else one.words
    return tuple(Fired(name, words) for name, words in sorted(found.items()))


def _zones(stored: StoredArticle) -> dict[tuple[str, int], str]:
    """The texts of an article as the query language divides it."""
    doc = search_doc(stored.article)
    captions = {(str(Zone.CAPTION), i): text for i, text in enumerate(doc.captions)}
    return {(Zone.LEAD, 0): doc.lead or "", (Zone.BODY, 0): doc.body, **captions, (Zone.TITLE, 0): doc.title}


def _spans(hits: Iterable[Hit]) -> dict[tuple[str, int], list[Span]]:
    found: dict[tuple[str, int], list[Span]] = {}
    for hit in hits:
        for span in hit.spans:
            found.setdefault((span.zone, span.caption), []).append((span.start, span.end))
    return found


def _find_words(stored: StoredArticle, words: Sequence[str]) -> dict[tuple[str, int], list[Span]]:
    """Where words stand, each as printed: the annotations' offsets count in another text than the zones."""
    found: dict[tuple[str, int], list[Span]] = {}
    for zone, text in _zones(stored).items():
        for printed in dict.fromkeys(w for w in words if w):
            start = text.find(printed)
            if start >= 0:
                found.setdefault(zone, []).append((start, start + len(printed)))
    return found


def _best_passage(stored: StoredArticle, spans: Mapping[tuple[str, int], list[Span]]) -> Segments:
    """The first of lead, body and captions that was hit; without a hit there the beginning of the article."""
    zones = _zones(stored)
    for zone, text in zones.items():
        if zone[0] != Zone.TITLE and spans.get(zone):
            return passage(text, spans[zone])
    return passage(zones[(Zone.LEAD, 0)] or zones[(Zone.BODY, 0)], [])


def _merge(groups: Iterable[Sequence[ArticleLine]]) -> list[ArticleLine]:
    unique = {line.id: line for group in groups for line in group}
    return sorted(unique.values(), key=lambda line: line.order)


def _meeting_names(conn: Connection, ids: Sequence[str]) -> tuple[str, ...]:
    facts = news.load_meetings(conn, ids)
    return tuple(meeting_name(facts[i]) for i in ids if i in facts)
