"""`sources check`: whether a row still fits its outlet, and what to mend where it does not.

Pure but for `ask`, the polite request that the caller hands in.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urljoin

from protego import Protego

from crawler.article import Article, Disposition, NoArticle, Page
from crawler.crawl.probe import Ask, ProbeAnswer
from crawler.crawl.robots import PRODUCT
from crawler.discovery import feed, listing
from crawler.discovery.link import Link
from crawler.discovery.page_links import anchors
from crawler.messages import in_words
from crawler.reading.extract import read
from crawler.reading.second_reader import second_reading
from crawler.source import ChannelKind, Section, Source
from crawler.urls import request_url

ARTICLES = 3
"""Articles read of each row."""
TRIES = 6
"""Links tried for them: some of a listing are videos, or gone."""
DIFFERENT = 0.5
"""Agreement of the two readers below which a person should look; comments and menus cost the second one up to that."""
_WALL_BYTES = 30_000
"""Challenges are small: the stored ones have under 1 KB."""
FIELDS = ("title", "published", "lead", "authors", "captions")


@dataclass(frozen=True, slots=True)
class ChannelCheck:
    """One way into a section."""

    section: str
    kind: ChannelKind
    url: str
    status: int | None
    links: int
    """Links of the outlet that read like headlines, or the items of a feed."""
    matching: int
    """Links of the form of the row's articles."""
    problem: str | None
    strangers: tuple[str, ...] = ()
    """Some links that do not match."""


@dataclass(frozen=True, slots=True)
class ArticleCheck:
    """One article as it was read."""

    url: str
    article: Article | None
    problem: str | None
    days: tuple[str, ...] = ()
    """The days of all dates found on it: one where they agree."""


@dataclass(slots=True)
class Check:
    """What a look at one row found."""

    source: Source
    robots: str = ""
    """`ok`, `none` (allowed), `unreachable: …`."""
    crawl_delay: float | None = None
    channels: list[ChannelCheck] = field(default_factory=list)
    probes: list[ChannelCheck] = field(default_factory=list)
    articles: list[ArticleCheck] = field(default_factory=list)
    mend: list[str] = field(default_factory=list)
    """Vietnamese: what is wrong, and what to change in the row."""
    advice: list[str] = field(default_factory=list)
    """Vietnamese: what could be better; no reason to fail."""

    @property
    def good(self) -> bool:
        """Whether there is nothing to mend."""
        return not self.mend

    @property
    def read(self) -> list[Article]:
        """The articles that could be read."""
        return [c.article for c in self.articles if c.article is not None]

    def coverage(self) -> dict[str, float]:
        """Share of the read articles that have each field."""
        return {
            name: sum(bool(getattr(a, name)) for a in self.read) / len(self.read) if self.read else 0.0
            for name in FIELDS
        }

    def dates_agree(self) -> float | None:
        """Share of the articles with several dates whose days are at most one apart; None where none has two."""
        several = [c for c in self.articles if len(c.days) > 1 or (c.article and len(c.article.dates) > 1)]
        if not several:
            return None
        return sum(_within_a_day(c.days) for c in several) / len(several)

    def agreement(self) -> float | None:
        """How far the second reader's texts of the articles agree with ours, on the average; None: it read none."""
        read = [a.agreement.f1 for a in self.read if a.agreement is not None]
        return round(sum(read) / len(read), 3) if read else None

    def to_json(self) -> dict[str, Any]:
        """The check as `sources check --json` prints it."""
        return {
            "id": self.source.id,
            "name": self.source.name,
            "evidence": self.source.evidence,
            "ok": self.good,
            "robots": {"state": self.robots, "crawl_delay": self.crawl_delay},
            "sections": [_channel_json(c) for c in self.channels],
            "probes": [_channel_json(c) for c in self.probes],
            "articles": [
                {
                    "url": c.url,
                    "title": c.article.title if c.article else None,
                    "published": c.article.published if c.article else None,
                    "published_from": c.article.published_from if c.article else None,
                    "authors": list(c.article.authors) if c.article else [],
                    "characters": len(c.article.text) if c.article else 0,
                    "reader": c.article.reader if c.article else None,
                    "warnings": list(c.article.warnings) if c.article else [],
                    "days": list(c.days),
                    "agreement": c.article.agreement.to_json() if c.article and c.article.agreement else None,
                    "problem": c.problem,
                }
                for c in self.articles
            ],
            "coverage": self.coverage(),
            "dates_agree": self.dates_agree(),
            "agreement": self.agreement(),
            "mend": self.mend,
            "advice": self.advice,
        }


def check(source: Source, ask: Ask, *, now: datetime) -> Check:
    """Look at everything a row claims: robots.txt, each way into each section, three articles."""
    done = Check(source)

    def asked(url: str) -> ProbeAnswer:
        return ask(url, delay=source.crawl.delay)

    _robots(done, asked(urljoin(source.homepage, "/robots.txt")))
    links: dict[str, Link] = {}
    for position, section in enumerate(source.sections):
        found: dict[str, Link] = {}
        for kind, url in section.channels:
            report, matching = _channel(source, section, kind, url, asked, now)
            done.channels.append(report)
            found |= {link.url: link for link in reversed(matching)}
        _judge_section(done, position, section)
        links |= {url: link for url, link in found.items() if url not in links}
    for url in source.probe:
        _probe(done, source, url, asked, now)
    _read_articles(done, list(links.values()), asked)
    _judge_articles(done)
    return done


def _robots(done: Check, answer: ProbeAnswer) -> None:
    if answer.page is None:
        done.robots = f"unreachable: {answer.problem}"
        if answer.refusal in ("private", "closed", "robots_unreachable", "failed"):
            done.mend.append(
                f"Không hỏi được {answer.url}: {in_words(answer.problem or '')}. Nếu báo đã đổi tên miền: sửa homepage "
                "và các địa chỉ trong hàng, ghi tên miền cũ vào former_domains."
            )
        return
    if answer.page.status >= 400:
        done.robots = "none"
        return
    rules = Protego.parse(answer.page.body.decode("utf-8", "replace"))
    done.robots = "ok"
    delay = rules.crawl_delay(PRODUCT)
    done.crawl_delay = float(delay) if delay else None
    for section in done.source.sections:
        if not rules.can_fetch(section.url, PRODUCT):
            done.mend.append(
                f"robots.txt cấm chuyên mục “{section.name}” ({section.url}): bỏ chuyên mục hoặc xin phép tòa soạn."
            )


def _channel(
    source: Source, section: Section, kind: ChannelKind, url: str, asked: Ask, now: datetime
) -> tuple[ChannelCheck, list[Link]]:
    """One way into a section: its state, and the links that match the row."""
    answer = asked(url)
    status = answer.page.status if answer.page else None
    if answer.page is not None and (why := _wall(answer.page)) is not None:
        return ChannelCheck(section.name, kind, url, status, 0, 0, f"bot wall: {why}"), []
    if not answer.good or answer.page is None:
        return ChannelCheck(section.name, kind, url, status, 0, 0, answer.problem), []
    links = links_of(kind, answer.page, source, section, asked, now)
    matching = [link for link in links if listing.is_article(link.url, source)]
    strangers = tuple(link.url for link in links if link not in matching)[:3]
    problem = None
    if not links:
        why = feed.why_no_feed(answer.page.body) if kind in ("feed", "sitemap") else None
        problem = why or "no links"
    elif not matching:
        problem = "no link matches articles.url"
    found = ChannelCheck(section.name, kind, url, status, len(links), len(matching), problem, strangers)
    return found, matching


def _wall(page: Page) -> str | None:
    """Why an answer is a bot wall, whatever its status; large ones are never one."""
    outcome = read(page) if len(page.body) < _WALL_BYTES else None
    if isinstance(outcome, NoArticle) and outcome.disposition is Disposition.BOT_WALL:
        return outcome.why
    return None


def links_of(
    kind: ChannelKind, page: Page, source: Source, section: Section, asked: Ask, now: datetime
) -> list[Link]:
    """All links of a way into a section that might be articles, the row's pattern aside."""
    if kind == "feed":
        return listing.links_from_feed(page.body, page.url)
    if kind == "json":
        return listing.links_from_json(page.body, page.url, section)
    if kind == "sitemap":
        links, children = listing.links_from_sitemap(page.body, page.url)
        for child in listing.newest_sitemaps(children, now)[:1]:
            answer = asked(child)
            if answer.good and answer.page is not None:
                links = [*links, *listing.links_from_sitemap(answer.page.body, answer.page.url)[0]]
        return links
    known = listing.links_from_listing(page.body, page.url, source, section)
    root = listing.document(page.body)
    listed = {link.url for link in known}
    others = anchors(root, page.url) if root is not None else []
    return [*known, *(Link(a.url, a.text) for a in others if a.headline and a.url not in listed)]


def _judge_section(done: Check, position: int, section: Section) -> None:
    """A section is well when one of its ways brings articles; each broken one is named."""
    own = {url for _, url in section.channels}
    if listing.is_article(section.url, done.source):
        done.mend.append(
            f"sections[{position}].url: {section.url} là địa chỉ một bài (khớp articles.url), không phải chuyên mục: "
            "ghi địa chỉ trang chuyên mục, hoặc siết articles.url."
        )
    ways = [c for c in done.channels if c.section == section.name and c.url in own]
    works = any(c.matching for c in ways)
    keys = {"feed": "feed", "sitemap": "sitemap", "json": "json_listing", "listing": "url"}
    for way in ways:
        if way.problem is None or (way.status is None and done.robots.startswith("unreachable")):
            continue  # an outlet that does not answer is named once
        key = f"sections[{position}].{keys[way.kind]}"
        if way.problem == "no link matches articles.url":
            examples = ", ".join(way.strangers)
            text = (
                f"{key}: có {way.links} liên kết nhưng không cái nào khớp articles.url (ví dụ {examples}): "
                "sửa articles.url."
            )
        elif way.problem.startswith("bot wall"):
            text = (
                f"{key}: {way.url}: tường chặn máy ({way.problem}): "
                "không vòng qua; xin phép tòa soạn hoặc tắt nguồn."
            )
        else:
            text = f"{key}: {way.url}: {_vietnamese(way.problem)}: sửa hoặc bỏ khóa này."
        # A listing is the last resort and the way back: it must work; another way may fail beside it.
        (done.mend if way.kind == "listing" or not works else done.advice).append(text)


def _probe(done: Check, source: Source, url: str, asked: Ask, now: datetime) -> None:
    """An address guessed by analogy: worth a key of its own when it brings articles."""
    section = source.sections[0]
    answer = asked(url)
    kind: ChannelKind = "listing"
    if answer.good and answer.page is not None:
        body = answer.page.body
        if listing.links_from_feed(body, url):
            kind = "feed"
        elif any(listing.links_from_sitemap(body, url)):
            kind = "sitemap"
    report, matching = _channel(source, section, kind, url, lambda u: answer if u == url else asked(u), now)
    done.probes.append(report)
    if matching:
        done.advice.append(f"probe: {url} có {len(matching)} bài ({kind}): có thể ghi vào sections.{kind}.")


def _read_articles(done: Check, links: list[Link], asked: Ask) -> None:
    for link in links[:TRIES]:
        if len(done.read) >= ARTICLES:
            break
        answer = asked(request_url(link.url) or link.url)
        if not answer.good or answer.page is None:
            done.articles.append(ArticleCheck(link.url, None, answer.problem))
            continue
        outcome = read(_as_linked(answer.page, done.source, link), done.source)
        if isinstance(outcome, NoArticle):
            done.articles.append(ArticleCheck(link.url, None, f"{outcome.disposition.reason}: {outcome.why}"))
        else:
            outcome = outcome.noted(agreement=second_reading(answer.page.body, outcome))
            days = tuple(sorted({d.value[:10] for d in outcome.dates if d.where != "dateModified"}))
            done.articles.append(ArticleCheck(link.url, outcome, None, days))


def _as_linked(page: Page, source: Source, link: Link) -> Page:
    return Page(
        url=page.url,
        body=page.body,
        fetched=page.fetched,
        status=page.status,
        content_type=page.content_type,
        source=source.id,
        requested_url=link.url,
        link_title=link.title,
        feed_published=link.published,
    )


def _judge_articles(done: Check) -> None:
    if not done.read:
        why = Counter(c.problem or "" for c in done.articles).most_common(1)
        tried = f" ({why[0][0]})" if why else ""
        if any(c.matching for c in done.channels):
            done.mend.append(
                f"Không đọc được bài nào trong {len(done.articles)} bài đã thử{tried}: xem [extract]."
            )
        return
    share = done.coverage()
    if share["published"] < 0.5:
        dateless = next(a.canonical_url for a in done.read if not a.published)
        done.mend.append(f"Không thấy ngày đăng, chẳng hạn ở {dateless}: sửa extract.published.")
    thin = [a.canonical_url for a in done.read if len(a.paragraphs) < 2]
    if len(thin) * 2 > len(done.read):
        done.mend.append(f"Thân bài quá ngắn ở {thin[0]}: sửa extract.container.")
    generic = [a for a in done.read if a.reader.startswith("generic")]
    if done.source.extract and done.source.extract[0].container and len(generic) == len(done.read):
        names = ", ".join(done.source.extract[0].container)
        done.mend.append(
            f"extract.container ({names}) không khớp bài nào, chẳng hạn {generic[0].canonical_url}; bài vẫn được "
            "đọc theo cách chung. Báo có thể đã đổi giao diện: sửa bộ chọn, "
            "hoặc chạy lại `diemtin sources add` và so sánh."
        )
    _judge_agreement(done)
    agree = done.dates_agree()
    if agree is not None and agree < 0.5:
        done.advice.append("Các ngày tìm thấy trên trang không khớp nhau: xem lại extract.published.")


def _judge_agreement(done: Check) -> None:
    """Advice where two independent readings differ: one of them is wrong, and a person sees at once which."""
    share = done.agreement()
    if share is None or share >= DIFFERENT:
        return
    worst = min(done.read, key=lambda a: a.agreement.f1 if a.agreement else 1.0)
    differs = [*worst.agreement.only_ours, *worst.agreement.only_theirs] if worst.agreement else []
    told = f" “{differs[0]}”" if differs else ""
    done.advice.append(
        f"Hai cách đọc chỉ khớp {share:.0%}, chẳng hạn ở {worst.canonical_url}, chỗ khác:{told}: xem lại "
        "extract.container và extract.remove."
    )


def _within_a_day(days: tuple[str, ...]) -> bool:
    if not days:
        return True
    found = sorted(date.fromisoformat(day) for day in days)
    return (found[-1] - found[0]).days <= 1


_WORDS = {"no links": "không có liên kết nào", "empty": "trang rỗng", "a web page": "là trang web, không phải RSS",
          "no feed": "không phải RSS hay sitemap", "broken XML": "XML hỏng"}  # fmt: skip


def _vietnamese(problem: str) -> str:
    return _WORDS.get(problem) or in_words(problem)


def _channel_json(c: ChannelCheck) -> dict[str, Any]:
    return {
        "section": c.section,
        "kind": c.kind,
        "url": c.url,
        "status": c.status,
        "links": c.links,
        "matching": c.matching,
        "problem": c.problem,
        "strangers": list(c.strangers),
    }
