"""From what a person is owed to what the message says, read from the store as it stands at delivery.

An item is one story, document or meeting, whoever reported it and however many watches asked. It shows the
earliest article, so that the same store makes the same mail in whatever order it was filled.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache

from crawler.delivery.display_names import completed_line, document_name, meeting_name, moment, unclear_in
from crawler.delivery.events import event_facts
from crawler.delivery.excerpt import excerpt, zones_of
from crawler.delivery.items import DigestItem, Elsewhere, Fired, Registry, Shown
from crawler.delivery.mail_layout import told_once
from crawler.errors import InvalidQuery
from crawler.meeting.agenda import status_at
from crawler.query.matcher import Hit
from crawler.query.parser import Query, parse
from crawler.query.positions import Span
from crawler.query.salience import salience_of
from crawler.query.search_document import doc_of, topic_names
from crawler.store import news
from crawler.store.news import ArticleLine, DocumentFacts, MeetingFacts, StoredArticle
from crawler.store.outbox import Connection, OwedAlert, told_stories
from crawler.story.versions import changed_words, compare_stored
from crawler.text.normal import clean_line

_TRIED = 5
"""Articles of a story that are looked into for the words of a watch: reprints differ in a title at most."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What one person is to be told, and which alerts need no mail."""

    items: tuple[DigestItem, ...]
    nothing: tuple[str, ...]
    """Watches that found nothing, by name."""
    covered: tuple[tuple[int, int], ...]
    """(alert, delivery): the story had grown together with one that this delivery told already."""
    void: tuple[int, ...]
    """Alerts about what the store no longer knows."""


def gather(
    conn: Connection, address: str, owed: Sequence[OwedAlert], registry: Registry, *, now: datetime
) -> Gathered:
    """Build the items of one message: documents, news, meetings, events; what one story tells is one item.

    Whether a meeting is ahead is decided by `now` (aware).
    """
    builder = _Builder(conn, registry, now)
    covered = _covered(conn, address, [a for a in owed if a.kind == "story"])
    left = [a for a in owed if a.alert not in covered]
    groups = (
        builder.documents([a for a in left if a.kind in ("document", "completed")]),
        builder.news([a for a in left if a.kind in ("story", "article")]),
        builder.meetings([a for a in left if a.kind == "meeting"]),
        builder.changes([a for a in left if a.kind == "change"]),
        builder.events([a for a in left if a.kind == "event"]),
    )
    items = told_once([item for group in groups for item in group])
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

    def __init__(self, conn: Connection, registry: Registry, now: datetime) -> None:
        self._conn = conn
        self._now = now
        self._registry = registry
        self.void: set[int] = set()

    def news(self, owed: Sequence[OwedAlert]) -> list[DigestItem]:
        """Stories and articles: newest first."""
        by_article = news.stories_of(self._conn, {int(a.subject) for a in owed if a.kind == "article"})
        roots = news.story_roots(self._conn, {a.subject for a in owed if a.kind == "story"})
        groups: dict[str, list[OwedAlert]] = {}
        for one in owed:
            root = by_article.get(int(one.subject)) if one.kind == "article" else roots[one.subject]
            groups.setdefault(root or "", []).append(one)
        lines = news.lines_of_stories(self._conn, [root for root in groups if root])
        found: list[tuple[ArticleLine, DigestItem]] = []
        for root, alerts in groups.items():
            candidates = self._candidates(lines.get(root, []), alerts)
            if not candidates:
                self.void |= {a.alert for a in alerts}
                continue
            found.append(self._news_item(lines[root], candidates, alerts))
        found.sort(key=lambda pair: pair[0].order)
        known = [pair for pair in found if pair[0].published_at is not None]
        return [item for _, item in (*reversed(known), *(p for p in found if p[0].published_at is None))]

    def documents(self, owed: Sequence[OwedAlert]) -> list[DigestItem]:
        """Documents by key; one that was told of before it was known in full is one line."""
        facts = news.load_documents(self._conn, {a.subject for a in owed})
        groups: dict[str, list[OwedAlert]] = {}
        for one in owed:
            if one.subject in facts:
                groups.setdefault(facts[one.subject].id, []).append(one)
            else:
                self.void.add(one.alert)
        names = news.names_of_documents(self._conn, set(groups))
        lines = news.lines_of_documents(self._conn, set().union(*names.values()) | {a.subject for a in owed})
        built = []
        for identity, alerts in sorted(groups.items()):
            ids = {*names[identity], *(a.subject for a in alerts)}
            articles = _merge(lines[i] for i in sorted(ids) if i in lines)
            if item := self._document_item(facts[alerts[0].subject], ids, articles, alerts):
                built.append(item)
        return built

    def meetings(self, owed: Sequence[OwedAlert]) -> list[DigestItem]:
        """Meetings to come, the nearest first; then those held, the latest first; days unknown last."""
        groups: dict[str, list[OwedAlert]] = {}
        for one in owed:  # `id#n`: the meeting was moved, put off, cancelled or called again
            groups.setdefault(one.subject.partition("#")[0], []).append(one)
        facts, lines = news.load_meetings(self._conn, groups), news.lines_of_meetings(self._conn, groups)
        built: list[tuple[tuple[str, str], DigestItem]] = []
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

    def changes(self, owed: Sequence[OwedAlert]) -> list[DigestItem]:
        """Articles edited or taken down, each once with all that changed since; what was put back is no news."""
        groups: dict[int, list[OwedAlert]] = {}
        for one in owed:
            groups.setdefault(int((one.body or {})["article"]), []).append(one)
        loaded = news.load_articles(self._conn, set(groups))
        found: list[tuple[ArticleLine, DigestItem]] = []
        for number, alerts in groups.items():
            item = self._change_item(loaded[number], alerts) if number in loaded else None
            if item is None:
                self.void |= {a.alert for a in alerts}
            else:
                found.append((loaded[number].line, item))
        return [item for _, item in sorted(found, key=lambda pair: pair[0].order)]

    def _change_item(self, stored: StoredArticle, owed: Sequence[OwedAlert]) -> DigestItem | None:
        number = stored.line.id
        edits = self._edits(number, [a for a in owed if not (a.body or {})["gone"]])
        gone = news.taken_down(self._conn, number) if any((a.body or {})["gone"] for a in owed) else None
        if gone is not None:
            edits = [("gone", moment(gone.isoformat())), *edits]
        if not edits:
            return None
        state = f"{min((a.body or {})['from'] for a in owed)}{':gone' if gone else ''}"
        return DigestItem(
            "change",
            f"change:{stored.line.url}:{state}",
            clean_line(stored.article.title),
            _fired(owed, {}),
            replace(self._shown(stored, ()), lead=(), passage=()),
            edits=tuple(edits),
        )

    def _edits(self, number: int, owed: Sequence[OwedAlert]) -> list[tuple[str, str]]:
        """(kind, marked text) of what differs in substance from the state the first alert speaks of."""
        if not owed:
            return []
        records = news.versions_of(self._conn, number)
        before = records[min((a.body or {})["from"] for a in owed)]
        change = compare_stored(before, records[max(records)])
        edits = change.substance or change.edits  # a watch that asks for captions is shown captions
        return [(edit.first_kind, changed_words(edit)) for edit in edits]

    def events(self, owed: Sequence[OwedAlert]) -> list[DigestItem]:
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
            built.append(DigestItem("event", subject, clean_line(headline), _fired(alerts, {}), facts=facts))
        return built

    def _candidates(self, lines: Sequence[ArticleLine], owed: Sequence[OwedAlert]) -> list[ArticleLine]:
        """Articles that may stand for an item: of a story any, of alerts for single articles only those."""
        if any(a.kind == "story" for a in owed):
            return list(lines)
        alerted = {int(a.subject) for a in owed}
        return [line for line in lines if line.id in alerted]

    def _news_item(
        self, lines: Sequence[ArticleLine], candidates: Sequence[ArticleLine], owed: Sequence[OwedAlert]
    ) -> tuple[ArticleLine, DigestItem]:
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
        passing = hits and all(salience_of(stored.article, hit) == "passing" for hit in hits.values())
        return line, DigestItem(
            "news",
            f"news:{line.url}",
            clean_line(stored.article.title),
            _fired(owed, hits),
            self._shown(stored, [span for hit in hits.values() for span in hit.spans]),
            self._elsewhere(lines, line),
            documents=self._cited_names(stored),
            meetings=_meeting_names(self._conn, [name for name, _ in stored.meetings[:1]]),
            story=self._story(line),
            salience="passing" if passing else "main",
        )

    def _story(self, line: ArticleLine) -> str | None:
        return news.stories_of(self._conn, {line.id}).get(line.id)

    def _document_item(
        self,
        facts: DocumentFacts,
        ids: set[str],
        lines: Sequence[ArticleLine],
        owed: Sequence[OwedAlert],
    ) -> DigestItem | None:
        if not lines:
            self.void |= {a.alert for a in owed}
            return None
        line = lines[0]
        stored = news.load_articles(self._conn, {line.id})[line.id]
        surfaces = [surface for name, surface in stored.documents if name in ids]
        known = (
            ("issuer", facts.issuer),
            ("dated", facts.date),
            ("about", facts.title),
            ("unclear", unclear_in(facts, owed[0].language)),
        )
        if all(a.kind == "completed" for a in owed):
            headline = completed_line(facts, owed[0].language)
            return DigestItem("document", f"completed:{facts.id}", headline, _fired(owed, {}))
        return DigestItem(
            "document",
            f"document:{facts.id}",
            document_name(facts),
            _fired(owed, self._hits(stored, owed)),
            self._shown(stored, _find_words(stored, surfaces)),
            self._elsewhere(lines, line),
            facts=tuple((name, value) for name, value in known if value),
            story=self._story(line),
        )

    def _meeting_item(
        self, facts: MeetingFacts, lines: Sequence[ArticleLine], owed: Sequence[OwedAlert]
    ) -> DigestItem | None:
        told_now = asdict(facts)
        status = status_at(told_now, self._now)
        is_ahead = (
            status_at({**told_now, "status": "upcoming"}, self._now) == "upcoming" != facts.status != "held"
        )
        is_ahead = status == "upcoming" or is_ahead
        if not lines or not (is_ahead or any(a.held for a in owed)):
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
            ("time", facts.time),
            ("place", facts.place),
            ("subject", facts.subject),
            ("was", facts.was if status == "upcoming" else None),
        )
        return DigestItem(
            "meeting",
            f"meeting:{max(a.subject for a in owed)}",  # a change of it (`id#n`) is another message
            meeting_name(facts),
            _fired(owed, self._hits(stored, owed)),
            self._shown(stored, _find_words(stored, words)),
            self._elsewhere(lines, line),
            documents=self._cited_names(stored, {key for m in told for key in m.cites}),
            facts=tuple((name, value) for name, value in known if value),
            upcoming=is_ahead,
            called_off=status if status == "postponed" or status == "cancelled" else None,
            calendar={**told_now, "articles": [line.url for line in lines]},
            story=self._story(line),
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

    def _shown(self, stored: StoredArticle, marks: Sequence[Span]) -> Shown:
        article = stored.article
        told = excerpt(stored.article, marks)
        topics = [topic_names().get(topic.id) for topic in article.annotations.topics[:1]]
        return Shown(
            title=clean_line(article.title),
            title_marked=told.title,
            url=stored.line.url,
            outlet=self._registry.outlet(stored.line.source),
            published=stored.line.published,
            published_from=article.published_from if stored.line.published else None,
            passage=told.passage,
            lead=told.lead,
            topic=topics[0] if topics else None,
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


def _find_words(stored: StoredArticle, words: Sequence[str]) -> list[Span]:
    """Where words first stand in each text, as printed: the annotations' offsets count in another text than these."""
    found: list[Span] = []
    for (zone, caption), text in zones_of(stored.article).items():
        for printed in dict.fromkeys(w for w in words if w):
            if (start := text.find(printed)) >= 0:
                found.append(Span(zone, caption, start, start + len(printed), printed))
    return found


def _merge(groups: Iterable[Sequence[ArticleLine]]) -> list[ArticleLine]:
    unique = {line.id: line for group in groups for line in group}
    return sorted(unique.values(), key=lambda line: line.order)


def _meeting_names(conn: Connection, ids: Sequence[str]) -> tuple[str, ...]:
    facts = news.load_meetings(conn, ids)
    return tuple(meeting_name(facts[i]) for i in ids if i in facts)
