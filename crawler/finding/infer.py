"""A registry row for an outlet never seen before, from its home page, a section or one article.

`infer_source` asks for a few dozen pages at most, through the caller's `fetch` (which keeps the manners:
robots.txt, delay, size), and proposes a row: feeds, sitemap, the Party-building section, the form of article
addresses, and the selectors that several articles share. What was not found is left out and said in `notes`.
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Any
from urllib.parse import urljoin, urlsplit

import tomlkit
from lxml.html import HtmlElement

from crawler.article import Disposition, NoArticle, Page
from crawler.errors import InvalidInput
from crawler.finding import discover
from crawler.finding.address import canonical_url, is_private, request_url, site_host
from crawler.finding.infer_layout import Layout, Sample, find_container, infer_layout
from crawler.finding.infer_links import (
    Anchor,
    Pattern,
    anchors,
    article_patterns,
    feed_addresses,
    find_sections,
    section_score,
)
from crawler.finding.link import Link
from crawler.reading.extract import read
from crawler.source import CENTRAL, FORMER_PROVINCES, MERGED, PROVINCES, Section, Source
from crawler.text import clean_line, fold

Fetch = Callable[[str], Page | None]
"""Asks for one address: the page, or None where it may not or cannot be had."""
MAX_REQUESTS = 40
"""Pages asked for at most: home, robots.txt, sections, feeds, sitemap and the articles compared."""
ARTICLES = 6
"""Articles compared; below three, furniture cannot be told from text."""


_WALLS = frozenset({Disposition.BOT_WALL, Disposition.LOGIN_WALL})
_SURE = 5
"""Section score from which a name speaks of the Party, not of politics at large."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A row that loads, and what it was made from."""

    source: Source
    toml: str
    """The row as it would be written to `<id>.toml`."""
    articles: tuple[Page, ...]
    """Articles that were compared, the newest of the listing first: show three as they would be read."""
    notes: tuple[str, ...]
    """Vietnamese: what was not found or only guessed."""
    requests: int


@dataclass(slots=True)
class _Visit:
    """The pages asked for so far, each once."""

    fetch: Fetch
    pages: dict[str, Page]
    requests: int = 0
    notes: list[str] = field(default_factory=list)

    def page(self, url: str) -> Page | None:
        """The page at an address; None where it did not come or is no success."""
        known = self.pages.get(url)
        if known is None and self.requests < MAX_REQUESTS:
            self.requests += 1
            known = self.fetch(url)
            if known is not None:
                self.pages[url] = known
        return known if known is not None and known.status == 200 else None

    def tree(self, url: str) -> tuple[HtmlElement, str] | None:
        """The parsed page and the address that answered."""
        page = self.page(url)
        root = discover.document(page.body) if page is not None else None
        return (root, page.url) if root is not None and page is not None else None


def infer_source(pages: Mapping[str, Page], start_url: str, fetch: Fetch) -> Proposal:
    """A row for the outlet at `start_url`; `pages` are answers that are there already, by address.

    Raises InvalidInput where the page does not come or no article links can be told on it.
    """
    visit = _Visit(fetch, dict(pages))
    start = visit.tree(start_url)
    if start is None:
        raise InvalidInput(
            f"{start_url}: không lấy được trang này; hãy thử trang chủ hoặc một chuyên mục khác"
        )
    root, base = start
    seen = read(visit.pages[start_url], None)
    if isinstance(seen, NoArticle) and seen.disposition in _WALLS:
        raise InvalidInput(
            f"{start_url}: trang này chặn máy đọc hoặc đòi đăng nhập ({seen.why}); không vượt tường"
        )
    home_url = urljoin(base, "/")
    home = start if urlsplit(base).path in ("", "/") else visit.tree(home_url)
    home_links = anchors(*home) if home else []
    known = [canonical_url(base, None)] if _starts_with_article(root, base, home_links) else []
    section = _choose_section(visit, start, home, home_links, is_article=bool(known))
    listed = anchors(*section.tree) if section.tree else []
    chosen = _choose_articles(visit, [*listed, *home_links, *(anchors(root, base) if known else [])], known)
    if chosen is None:
        raise InvalidInput(
            f"{start_url}: không nhận ra liên kết bài viết nào; "
            "hãy cho địa chỉ một bài viết hoặc chuyên mục Xây dựng Đảng"
        )
    pattern, samples = chosen
    layout = infer_layout(samples)
    row = _compose(visit, home_url, home, section, pattern, layout, samples)
    text = tomlkit.dumps(row)
    source = Source.model_validate(tomlkit.parse(text).unwrap())
    articles = tuple(p for s in samples if (p := visit.pages.get(s.url)) is not None)
    return Proposal(source, text, articles, tuple(visit.notes), visit.requests)


# ---- the section -------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Section:
    name: str
    url: str
    tree: tuple[HtmlElement, str] | None
    guessed: bool = False


def _choose_section(
    visit: _Visit,
    start: tuple[HtmlElement, str],
    home: tuple[HtmlElement, str] | None,
    home_links: list[Anchor],
    *,
    is_article: bool,
) -> _Section:
    """The section given, or the one that the menus call Party building, or the page given as a last resort."""
    root, base = start
    links = [*anchors(root, base), *home_links]
    given = urlsplit(base).path not in ("", "/") and not is_article
    if given:
        return _Section(_section_name(root, base, links), base, start)
    offers = find_sections(links)
    if not offers or section_score(offers[0]) < _SURE:
        # The menu of the home page may end at politics; its own page names the parts.
        for broader in [a for a in offers if section_score(a) < _SURE][:2]:
            if (inner := visit.tree(broader.url)) is not None:
                deeper = [a for a in find_sections(anchors(*inner)) if section_score(a) >= _SURE]
                offers = [*deeper, *offers]
    for offer in offers[:4]:
        if (tree := visit.tree(offer.url)) is None:
            continue
        if section_score(offer) < _SURE:
            visit.notes.append(
                f"Không thấy chuyên mục Xây dựng Đảng trong thực đơn; dùng mục “{offer.text}”."
            )
        return _Section(offer.text, offer.url, tree)
    visit.notes.append(
        "Không thấy chuyên mục Xây dựng Đảng; dùng trang chủ. Hãy thêm chuyên mục bằng tay nếu có."
    )
    return _Section("Trang chủ", home[1] if home else base, home or start, guessed=True)


def _section_name(root: HtmlElement, base: str, links: Sequence[Anchor]) -> str:
    """What the menu, the heading or the title calls a section page."""
    here = request_url(base)
    named = next((a.text for a in links if a.url == here and 0 < len(a.text.split()) <= 9), None)
    headings = (clean_line(h.text_content()) for h in root.iter("h1"))
    heading = next((h for h in headings if 0 < len(h) < 60), None)
    title = re.split(r" [|–-] ", clean_line(root.findtext(".//title") or ""))[0]
    return named or heading or title or "Chuyên mục"


# ---- articles ----------------------------------------------------------------------------------------------


def _choose_articles(
    visit: _Visit, links: Sequence[Anchor], known: Sequence[str]
) -> tuple[Pattern, list[Sample]] | None:
    """The first form of address whose pages hold articles, with several of them parsed."""
    for pattern, group in islice(article_patterns(links, known), 3):
        titles: dict[str, str | None] = {u: None for u in known if pattern.matches(u)}
        # Links of the list itself first, and not two neighbours of one box only.
        for anchor in sorted(group, key=lambda a: a.beside):
            titles.setdefault(anchor.url, anchor.text if anchor.headline else None)
        samples: list[Sample] = []
        for url, title in titles.items():
            if len(samples) == ARTICLES:
                break
            found = visit.tree(url)
            if found is not None and _is_article(found[0]):
                samples.append(Sample(url, found[0], title))
        if samples and (len(samples) > 1 or known):
            if len(samples) < 3:
                visit.notes.append(f"Chỉ so sánh được {len(samples)} bài: bộ chọn có thể sai.")
            return pattern, samples
    return None


def _is_article(root: HtmlElement, *, most: int = 12) -> bool:
    """Whether a page reads as one text: prose in one place, and fewer than `most` headlines linked in it.

    A box of related links stands in many bodies; a listing has as many headlines as prose.
    """
    sample = Sample("", root)
    prose = [b for b in sample.blocks if len(b.text) >= 60 and b.linked * 3 < len(b.text)]
    if not prose:
        return False
    css = find_container([sample], None)
    body = sample.first(css) if css else None
    if body is None:
        body = root  # the prose stands in <body> itself
    inside = [b for b in prose if b.element is body or body in b.element.iterancestors()]
    headlines = sum(len(clean_line(a.text_content()).split()) >= 5 for a in body.iter("a"))
    return sum(len(b.text) for b in inside) >= 200 and headlines < max(most, len(inside) // 2)


def _starts_with_article(root: HtmlElement, base: str, home_links: Sequence[Anchor]) -> bool:
    """Whether the page given is an article: it reads as one, surely or with an address like the headlines'."""
    if urlsplit(base).path in ("", "/") and not urlsplit(base).query:
        return False
    form = next(article_patterns(home_links), None)
    if form is not None and form[0].matches(base):
        return _is_article(root)
    return _is_article(root, most=3)


# ---- the row -----------------------------------------------------------------------------------------------


def _compose(
    visit: _Visit,
    home_url: str,
    home: tuple[HtmlElement, str] | None,
    section: _Section,
    pattern: Pattern,
    layout: Layout,
    samples: Sequence[Sample],
) -> tomlkit.TOMLDocument:
    """The row as TOML, key by key in the order of DESIGN §6.1."""
    name = _outlet_name(home[0] if home else samples[0].root, home_url)
    province, covers = _province(name, urlsplit(home_url).hostname or "")
    local = is_private(urlsplit(home_url).hostname or "")
    row = tomlkit.document()
    row["id"] = _identifier(name, home_url)
    row["name"] = name
    row["province"] = province or ("Địa phương" if local else CENTRAL)
    if covers:
        row["covers"] = list(covers)
    row["homepage"] = home_url
    row["evidence"] = "seen"
    if local and province is None:
        row["fictitious"] = True
    elif province is None:
        visit.notes.append('Không đoán được tỉnh: hãy sửa province (đang ghi "Trung ương").')
    table, rate = _section_table(visit, home, section, pattern)
    sections = tomlkit.aot()
    sections.append(table)
    row["sections"] = sections
    row["articles"] = _articles_table(pattern)
    if layout.selectors:
        extract = tomlkit.table()
        for key, found in layout.selectors.items():
            extract[key] = found[0] if len(found) == 1 else found
        row["extract"] = extract
    for key, label in _WANTED.items():
        if key not in layout.selectors:
            visit.notes.append(f"Không thấy bộ chọn chung cho {label}; cách đọc chung sẽ tìm lấy.")
    if rate is not None:
        expect = tomlkit.table()
        expect["per_week"] = rate
        row["expect"] = expect
    return row


_WANTED = {"container": "thân bài", "title": "tiêu đề", "published": "ngày đăng"}


def _articles_table(pattern: Pattern) -> Any:
    table = tomlkit.table()
    table["url"] = tomlkit.string(pattern.regex, literal="'" not in pattern.regex)
    if pattern.identity_params:
        table["identity_params"] = list(pattern.identity_params)
    return table


def _section_table(
    visit: _Visit, home: tuple[HtmlElement, str] | None, section: _Section, pattern: Pattern
) -> tuple[Any, float | None]:
    """The section with what leads into it, and its articles a week where the feed's dates tell."""
    table = tomlkit.table()
    table["name"] = section.name
    table["url"] = section.url
    own = {a.url for a in anchors(*section.tree) if pattern.matches(a.url)} if section.tree else set()
    feed, links = _find_feed(visit, home, section, pattern, own)
    if feed:
        table["feed"] = feed
    sitemap = _find_sitemap(visit, section.url, pattern)
    if sitemap:
        table["sitemap"] = sitemap
    step = _find_next(visit, section, pattern, own)
    if step:
        table["next_page"] = step
    if section.guessed:
        table["evidence"] = "inferred"
    return table, _weekly(links)


def _find_feed(
    visit: _Visit, home: tuple[HtmlElement, str] | None, section: _Section, pattern: Pattern, own: set[str]
) -> tuple[str | None, list[Link]]:
    """The feed that carries the section's own articles: at least half of its items stand in the listing."""
    offers: dict[str, str] = {}
    for tree in (section.tree, home):
        if tree is not None:
            for url, title in feed_addresses(*tree):
                offers.setdefault(url, title)
    step = urlsplit(section.url).path.rstrip("/").rsplit("/", 1)[-1].rsplit(".", 1)[0].lower()
    for index in [u for u in offers if not _is_feed(visit, u)][:1]:  # a page that lists the feeds
        if (tree := visit.tree(index)) is not None:
            for url, title in feed_addresses(*tree):
                offers.setdefault(url, title)

    def likelihood(url: str) -> int:
        named = fold(section.name) in fold(offers[url]) if offers[url] else False
        return 2 * named + 2 * (len(step) > 3 and step in url.lower())

    for url in sorted(offers, key=lambda u: -likelihood(u))[:5]:
        page = visit.page(url)
        links = discover.links_from_feed(page.body, page.url) if page is not None else []
        articles = [link for link in links if pattern.matches(link.url)]
        if articles and sum(link.url in own for link in articles) * 2 >= len(articles):
            return url, articles
    if offers:
        visit.notes.append(
            "Có kênh RSS nhưng không kênh nào mang đúng bài của chuyên mục: không ghi vào hàng."
        )
    return None, []


def _is_feed(visit: _Visit, url: str) -> bool:
    page = visit.page(url)
    return page is None or discover.why_no_feed(page.body) is None


def _find_sitemap(visit: _Visit, section_url: str, pattern: Pattern) -> str | None:
    """A sitemap that robots.txt names or that stands in the usual place, and lists articles or children."""
    named = []
    robots = visit.page(urljoin(section_url, "/robots.txt"))
    if robots is not None:
        for line in robots.body.decode("utf-8", "replace").splitlines():
            if line.lower().startswith("sitemap:") and (
                url := request_url(line.split(":", 1)[1], section_url)
            ):
                named.append(url)
    for url in [*named[:3], urljoin(section_url, "/sitemap.xml")]:
        page = visit.page(url)
        if page is None:
            continue
        links, children = discover.links_from_sitemap(page.body, page.url)
        if children or any(pattern.matches(link.url) for link in links):
            return url
    return None


def _find_next(visit: _Visit, section: _Section, pattern: Pattern, own: set[str]) -> str | None:
    """A template for the pages of the listing, held against its second page: other articles stand there."""
    if section.tree is None or not own:
        return None
    base = section.tree[1]
    probe = Section(name=section.name, url=section.url)
    page = visit.page(base) or visit.page(section.url)
    second = discover.next_page(page.body, base, probe, 1) if page is not None else None
    if second is None:
        return None
    found = visit.tree(second)
    if found is None or not {a.url for a in anchors(*found) if pattern.matches(a.url)} - own:
        return None
    places = [
        m.span() for m in re.finditer(r"(?<!\d)2(?!\d)", second) if m.start() >= len(urljoin(base, "/")) - 1
    ]
    third = (
        discover.next_page(visit.pages[second].body, found[1], probe, 2) if second in visit.pages else None
    )
    for start, end in reversed(places):
        template = second[:start] + "{page}" + second[end:]
        if third is None or template.replace("{page}", "3") == third:
            return template
    return None


def _weekly(links: Sequence[Link]) -> float | None:
    """Articles a week by the dates of a feed; None where fewer than five tell or they span no day."""
    moments = sorted(link.published for link in links if link.published)
    if len(moments) < 5:
        return None
    gaps = [(b - a).total_seconds() for a, b in pairwise(moments)]
    middle = statistics.mean(gaps)
    return round(7 * 86_400 / middle, 1) if middle * len(gaps) >= 86_400 else None


# ---- names -------------------------------------------------------------------------------------------------


def _outlet_name(root: HtmlElement, home_url: str) -> str:
    """What the outlet calls itself: `og:site_name`, the home page's title, its logo, else its host."""
    metas = {
        (m.get("property") or m.get("name") or "").lower(): m.get("content") or "" for m in root.iter("meta")
    }
    title = clean_line(root.findtext(".//title") or "")
    parts = re.split(r"\s+[|\-–—:]\s+", title)
    press = next((p for p in parts if re.match(r"(bao|tap chi|dai|cong thong tin|tin tuc)\b", fold(p))), None)
    logo = next(
        (
            i.get("alt")
            for i in root.iter("img")
            if "logo" in f"{i.get('class', '')} {i.get('src', '')}".lower() and i.get("alt")
        ),
        None,
    )
    names = (metas.get("og:site_name"), metas.get("application-name"), press, logo, parts[0] if parts else "")
    named = next((clean_line(n) for n in names if n and 2 < len(clean_line(n)) <= 60), None)
    return named or site_host(urlsplit(home_url).netloc)


def _identifier(name: str, home_url: str) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-")
    if not slug or len(slug) > 40 or slug in ("trang-chu", "home", "index"):
        slug = re.sub(r"[^a-z0-9]+", "-", site_host(urlsplit(home_url).netloc)).strip("-")
    return slug or "nguon-moi"


def _province(name: str, host: str) -> tuple[str | None, tuple[str, ...]]:
    """The province of today that an outlet's name or host tells, and what of the 63 it covers."""
    for text, shape in (
        (fold(name), fold),
        (host.lower(), lambda p: re.sub(r"[^a-z]", "", fold(p).replace("tp. ", ""))),
    ):
        for former in sorted(FORMER_PROVINCES, key=len, reverse=True):
            if shape(former) in text:
                today = next((p for p in PROVINCES if former in MERGED.get(p, (p,))), None)
                if today is not None:
                    return today, MERGED.get(today, (today,)) if former in (today, "Thừa Thiên Huế") else (
                        former,
                    )
    return None, ()
