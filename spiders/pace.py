"""Which channel a look asks, and when the next look is due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from crawler import rhythm
from crawler.rhythm import News, Rhythm
from crawler.source import ChannelKind, Section, Source
from crawler.store import frontier, looks
from crawler.store.frontier import Channel

if TYPE_CHECKING:
    from crawler.crawl.context import CrawlContext

_HEARSAY = ("feed", "sitemap")
"""Channels that tell of a listing and may be behind it."""


class SectionPace:
    """The rhythm of a source's sections, as this crawl finds and leaves it."""

    def __init__(self, context: CrawlContext, source: Source, began: datetime) -> None:
        self._engine, self._source, self._began = context.engine, source, began
        self._learned: dict[str, tuple[Rhythm, Sequence[News]]] = {}
        self._untouched: dict[str, bool] = {}
        """Section → whether nobody had looked at it before this crawl."""
        self._brought: Counter[str] = Counter()
        """Section → articles that this crawl has found so far."""

    def first_channel(self, section: Section) -> tuple[ChannelKind, str, bool]:
        """The channel that a look at a section asks first: the cheapest that is not left alone after failures.

        And whether it must come whole, without conditions: a 304 is believed only for so long.
        """
        states = {channel: self._state(*channel) for channel in section.channels}
        rested = [c for c, s in states.items() if not s.failures or s.due is None or s.due <= self._began]
        kind, url = next(iter(rested), section.channels[0])
        whole = kind not in _HEARSAY and rhythm.wants_whole(states[kind, url].full_look, self._began)
        return kind, url, whole

    def doubts(self, section: Section, kind: ChannelKind) -> bool:
        """Whether a feed or sitemap that tells of nothing new must be compared with the listing now."""
        listing = self._state(*section.channels[-1])
        if kind not in _HEARSAY or (listing.failures and listing.due and listing.due > self._began):
            return False
        return rhythm.wants_whole(listing.full_look, self._began)

    def looked(self, section: Section, state: Channel, *, fresh: int, now: datetime) -> Channel:
        """The channel with its next look set; `fresh` is how many articles this one brought.

        Whichever channel was asked, it is the section that was looked at: its other channels get the same time.
        """
        others = [self._state(*channel) for channel in section.channels if channel[1] != state.url]
        untouched = state.interval is None and all(other.interval is None for other in others)
        self._brought[section.url] += fresh
        if self._untouched.setdefault(section.url, untouched):
            due = now + self._source.crawl.every
        else:
            expected, news = self._rhythm(section)
            expected = rhythm.in_burst(expected, news, fresh=self._brought[section.url], now=now)
            due = rhythm.next_look(expected, now, most=self._most(section))
            due = rhythm.before_doubt(self._seen_whole(section, state), now, due, fresh=fresh)
        for other in others:
            if other.looked and not other.failures:
                frontier.save_channel(self._engine, replace(_trusted(other, fresh), due=due))
        return replace(state, due=due, interval=int((due - now).total_seconds()))

    def _most(self, section: Section) -> float:
        """The most looks a day: where a feed is compared with the listing, some look at both."""
        hearsay = section.channels[0][0] in _HEARSAY
        return rhythm.LOOKS_A_DAY - (rhythm.COMPARED_A_DAY if hearsay else 0)

    def _seen_whole(self, section: Section, state: Channel) -> datetime | None:
        """When the listing, or what stands for it, was last seen whole; `state` is newer than what is stored."""
        hearsay = section.channels[0][0] in _HEARSAY
        kind, url = section.channels[-1 if hearsay else 0]
        return state.full_look if url == state.url else self._state(kind, url).full_look

    def _state(self, kind: ChannelKind, url: str) -> Channel:
        return frontier.channel_state(self._engine, self._source.id, url, kind)

    def _rhythm(self, section: Section) -> tuple[Rhythm, Sequence[News]]:
        """What is expected of a section, and the news it follows from; read once a crawl."""
        if section.url not in self._learned:
            since = self._began - rhythm.HISTORY
            news = looks.news_of(self._engine, self._source.id, section.url, since=since)
            expected = rhythm.learn(
                news, now=self._began, per_week=self._expected, first_look=self._first_look
            )
            self._learned[section.url] = expected, news
        return self._learned[section.url]

    @cached_property
    def _first_look(self) -> datetime | None:
        return looks.first_look(self._engine, self._source.id)

    @property
    def _expected(self) -> float | None:
        """Articles a week that the row expects of each section."""
        whole = self._source.expect.per_week
        return whole / len(self._source.sections) if whole else None


def _trusted(channel: Channel, fresh: int) -> Channel:
    """A channel beside the one that just brought something: a feed that had answered 304 is asked in full next time."""
    said_nothing_new = channel.full_look and channel.looked and channel.looked > channel.full_look
    if fresh and said_nothing_new and channel.kind in _HEARSAY:
        return replace(channel, etag=None, last_modified=None)
    return channel
