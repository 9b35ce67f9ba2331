"""A registry row for an outlet never seen before, from its home page, a section or one article."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

import tomlkit
from lxml.html import HtmlElement

from crawler.article import Disposition, NoArticle, Page
from crawler.discovery.page_links import Anchor, anchors
from crawler.errors import InvalidInput
from crawler.messages import is_bad_tls
from crawler.onboarding.channels import find_feed, find_json, find_next, find_sitemap, weekly
from crawler.onboarding.layout_selectors import LayoutSelectors, infer_layout, reads_as_article
from crawler.onboarding.names import identifier, outlet_name, province_of
from crawler.onboarding.sample import Sample
from crawler.onboarding.sections import Listing, choose_section, is_home_page
from crawler.onboarding.url_patterns import Pattern, article_patterns
from crawler.onboarding.visit import Fetch, FetchCache
from crawler.reading.extract import read
from crawler.source import CENTRAL, Source
from crawler.urls import canonical_url, is_private, request_url

ARTICLES = 6
"""Articles compared; below three, furniture cannot be told from text."""
UNKNOWN_PROVINCE = 'Không đoán được tỉnh: hãy sửa province (đang ghi "Trung ương").'
_WALLS = frozenset({Disposition.BOT_WALL, Disposition.LOGIN_WALL})


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


def infer_source(pages: Mapping[str, Page], start_url: str, fetch: Fetch) -> Proposal:
    """A row for the outlet at `start_url`; `pages` are answers that are there already, by address.

    Raises InvalidInput where the page does not come or no article links can be told on it.
    """
    visit = FetchCache(fetch, dict(pages))
    start_url, start = _first_page(visit, start_url)
    if start is None:
        raise InvalidInput(
            f"{start_url}: không lấy được trang này: {visit.why_not(start_url) or 'không có trả lời'}. "
            "Mở thử trong trình duyệt, rồi cho trang chủ, một chuyên mục hay một bài khác"
        )
    root, base = start
    seen = read(visit.pages[start_url], None)
    if isinstance(seen, NoArticle) and seen.disposition in _WALLS:
        raise InvalidInput(
            f"{start_url}: trang này chặn máy đọc hoặc đòi đăng nhập ({seen.why}); không vượt tường"
        )
    home_url = urljoin(base, "/")
    is_home = is_home_page(start_url, root, base)
    home = start if is_home else visit.tree(home_url)
    home_links = anchors(*home) if home else []
    known = []
    if not is_home and _starts_with_article(root, base, home_links):
        known = [Anchor(canonical_url(base, None), _headline(root, base), beside=False)]
    section = choose_section(visit, start, home, home_links, is_article=bool(known), is_home=is_home)
    listed = anchors(*section.tree) if section.tree else []
    links = [*listed, *home_links, *known, *(anchors(root, base) if known else [])]
    chosen = _choose_articles(visit, links, [a.url for a in known])
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


def with_province(proposal: Proposal, province: str, covers: Sequence[str]) -> Proposal:
    """The proposal for an outlet of this province of today, which covers those of the 63 before."""
    text = re.sub(r"^(covers|fictitious) = .*\n", "", proposal.toml, flags=re.MULTILINE)
    named = tomlkit.document()
    named["province"] = province
    if covers:
        named["covers"] = list(covers)
    text = re.sub(r"^province = .*\n", lambda _: tomlkit.dumps(named), text, count=1, flags=re.MULTILINE)
    return replace(
        proposal, toml=text, source=Source.model_validate(tomlkit.parse(text).unwrap()),
        notes=tuple(note for note in proposal.notes if note != UNKNOWN_PROVINCE),
    )  # fmt: skip


def _first_page(visit: FetchCache, url: str) -> tuple[str, tuple[HtmlElement, str] | None]:
    """The page to start from and the address that brought it; without a scheme both are tried."""
    addresses = [url] if "://" in url else [f"https://{url}", f"http://{url}"]
    for address in addresses:
        if request_url(address) is None:
            raise InvalidInput(f"{url}: không phải địa chỉ trang web; hãy viết như https://baodiaphuong.vn/")
        if (tree := visit.tree(address)) is not None:
            if address != addresses[0]:
                why = visit.why_not(addresses[0])
                visit.notes.append(f"Báo chỉ có http, không có https: {why}. Ghi http:// trong hàng.")
            return address, tree
        if is_bad_tls(visit.refused.get(address, "")):
            raise InvalidInput(
                f"{address}: báo có https nhưng chứng thư hỏng (hết hạn, sai tên, tự ký hay quá cũ): "
                f"hãy báo cho tòa soạn; không hạ mức an toàn. Nếu báo vẫn mở bằng http, ghi rõ {_plain(address)} / "
                f"its certificate is bad: {visit.refused[address][:160]}"
            )
    return addresses[0], None


def _plain(address: str) -> str:
    return address.replace("https://", "http://", 1)


def _headline(root: HtmlElement, base: str) -> str:
    """What an article calls itself, for telling the numbers of its title from its own."""
    sample = Sample(base, root)
    return sample.titles[-1] if sample.titles else ""


def _choose_articles(
    visit: FetchCache, links: Sequence[Anchor], known: Sequence[str]
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
            if found is not None and reads_as_article(found[0]):
                samples.append(Sample(url, found[0], title))
        if samples and (len(samples) > 1 or known):
            if len(samples) < 3:
                visit.notes.append(f"Chỉ so sánh được {len(samples)} bài: bộ chọn có thể sai.")
            inner = [a for s in samples for a in anchors(s.root, s.url)]
            return pattern.without(links, inner, list(titles)), samples
    return None


def _starts_with_article(root: HtmlElement, base: str, home_links: Sequence[Anchor]) -> bool:
    """Whether the page given is an article: it reads as one, surely or with an address like the headlines'."""
    if urlsplit(base).path in ("", "/") and not urlsplit(base).query:
        return False
    form = next(article_patterns(home_links), None)
    if form is not None and form[0].matches(base):
        return reads_as_article(root)
    return reads_as_article(root, most=3)


def _compose(
    visit: FetchCache,
    home_url: str,
    home: tuple[HtmlElement, str] | None,
    section: Listing,
    pattern: Pattern,
    layout: LayoutSelectors,
    samples: Sequence[Sample],
) -> tomlkit.TOMLDocument:
    """The row as TOML, key by key in the order of DESIGN §6.1."""
    name = outlet_name(home[0] if home else samples[0].root, home_url)
    province, covers = province_of(name, urlsplit(home_url).hostname or "")
    local = is_private(urlsplit(home_url).hostname or "")
    row = tomlkit.document()
    row["id"] = identifier(name, home_url)
    row["name"] = name
    row["province"] = province or ("Địa phương" if local else CENTRAL)
    if covers:
        row["covers"] = list(covers)
    row["homepage"] = home_url
    row["evidence"] = "seen"
    if local and province is None:
        row["fictitious"] = True
    elif province is None:
        visit.notes.append(UNKNOWN_PROVINCE)
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
    if pattern.deny:
        table["deny"] = list(pattern.deny)
    return table


def _section_table(
    visit: FetchCache, home: tuple[HtmlElement, str] | None, section: Listing, pattern: Pattern
) -> tuple[Any, float | None]:
    """The section with what leads into it, and its articles a week where the feed's dates tell."""
    table = tomlkit.table()
    table["name"] = section.name
    table["url"] = section.url
    own = {a.url for a in anchors(*section.tree) if pattern.matches(a.url)} if section.tree else set()
    step, second = find_next(visit, section, pattern, own)
    # What stands on both pages is a side box: it would vouch for a feed of everything.
    feed, links = find_feed(visit, home, section, pattern, own ^ second if second - own else own)
    if feed:
        table["feed"] = feed
    sitemap = find_sitemap(visit, section.url, pattern)
    if sitemap:
        table["sitemap"] = sitemap
    json_listing = find_json(visit, section, pattern) if not step else None
    if json_listing:
        table["json_listing"] = json_listing
    if step:
        table["next_page"] = step
    if section.guessed:
        table["evidence"] = "inferred"
    return table, weekly(links)
