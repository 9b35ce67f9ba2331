"""Rows for unknown presses, one trap each: what the first tries on invented outlets got wrong."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from crawler.discovery import listing as discover
from crawler.discovery.page_links import Anchor, is_feed_address
from crawler.errors import InvalidInput
from crawler.onboarding.propose import infer_source
from crawler.onboarding.sample import Sample
from crawler.onboarding.sections import find_sections, section_score
from crawler.onboarding.selectors import own_selectors
from crawler.onboarding.url_patterns import article_patterns, pattern_of
from crawler.source import Source
from crawler.text.normal import fold
from tests.test_infer import STORIES, Press, Story, propose

HOME = "https://daume.example/"


def article(s: Story, *, head: str = "", title: str = "") -> str:
    """A plain article page."""
    body = "".join(f"<p>{p}</p>" for p in s.paragraphs)
    heading = title or f"<h1>{s.title}</h1>"
    return (
        f"<html><head><title>{s.title}</title></head><body>{head}<div class='page'>{heading}<div class='when'>{s.day} {s.time}</div>"
        f"<div class='story'>{body}</div><p class='author'>{s.author}</p></div></body></html>"
    )


def listing(urls: dict[str, Story], menu: str, more: str = "") -> str:
    """A plain list of cards below a menu."""
    cards = "".join(
        f"<div class='card'><a href='{u}'>{s.title}</a><p>{s.lead}</p></div>" for u, s in urls.items()
    )
    return f"<html><head><title>Báo Đầu Mế</title></head><body><ul class='menu'>{menu}</ul><main>{cards}</main>{more}</body></html>"


def press(
    url: Callable[[Story], str],
    section: str = "xay-dung-dang/",
    *,
    name: str = "Xây dựng Đảng",
    more: str = "",
    menu: str = "",
) -> Press:
    """An outlet of 24 articles: 12 in its Party-building section, all on the home page."""
    items = (
        f'<li><a href="{HOME}{section}">{name}</a></li><li><a href="{HOME}kinh-te/">Kinh tế</a></li>{menu}'
    )
    urls = {url(s): s for s in STORIES}
    first = dict(list(urls.items())[:12])
    pages = {u: article(s, head=f"<ul class='menu'>{items}</ul>") for u, s in urls.items()}
    pages[HOME] = listing(urls, items)
    pages[HOME + section] = listing(first, items, more)
    return Press(HOME, pages, HOME + section, list(urls))


def source_of(made: Press, start: str) -> Source:
    return propose(made, start).source


def missed(made: Press, source: Source) -> list[str]:
    return [u for u in made.articles if not source.articles.matches(u)]


def test_a_number_at_the_end_of_a_title_is_no_id() -> None:
    # Every title ends in a number, and the article given is the only one whose form was known for sure.
    made = press(lambda s: f"{HOME}tin-tuc/{80 + s.number % 3}/{40000 + s.number}/{s.slug}")
    source = source_of(made, made.articles[5])
    assert missed(made, source) == []
    assert source.articles.matches(f"{HOME}tin-tuc/9/140001/le-trao-huy-hieu-dang")


def test_a_number_in_a_folder_may_grow_and_a_date_may_not() -> None:
    ids = [f"{HOME}tin/{n}/hop-bao-cao-so-ket" for n in (664200, 664181, 664177)]
    assert pattern_of(ids, []).matches(f"{HOME}tin/1000001/hop-bao-cao-so-ket")
    days = [f"{HOME}tin/{n}/hop-bao-cao-so-ket" for n in (20261120, 20261119, 20261118)]
    assert not pattern_of(days, []).matches(f"{HOME}tin/1000001/hop-bao-cao-so-ket")


def test_videos_events_and_articles_are_told_apart_by_the_letters_of_their_numbers() -> None:
    links = [Anchor(f"{HOME}{s.slug}-post{5000 + s.number}.html", s.title, False) for s in STORIES]
    links += [Anchor(f"{HOME}{s.slug}-video{5100 + s.number}.html", s.title, False) for s in STORIES[:2]]
    links += [
        Anchor(f"{HOME}hoc-tap-va-lam-theo-bac-event301.html", "Học tập và làm theo Bác ở Đầu Mế", True)
    ]
    pattern, _ = next(article_patterns(links))
    assert [a.url for a in links if pattern.matches(a.url) != ("-post" in a.url)] == []


def test_opaque_ids_are_not_parted_by_their_letters() -> None:
    links = [
        Anchor(f"{HOME}{s.slug}-{(0xB1A2C3 + 7919 * s.number) % 0xFFFFFFF:07x}/", s.title, False)
        for s in STORIES
    ]
    pattern, group = next(article_patterns(links))
    assert len(group) == len(links) and all(pattern.matches(a.url) for a in links)


def test_several_numbers_under_their_letters_are_one_id() -> None:
    urls = [f"{HOME}kinh-te/hop-bao-cao_t{t}c{t}n{n}" for t, n in ((2, 9120), (31, 887), (4, 10233))]
    pattern = pattern_of(urls, [f"{HOME}kinh-te_t2"])
    assert all(pattern.matches(u) for u in [*urls, f"{HOME}xa-hoi/mot-hai-ba_t112c9n100000"])
    assert not pattern.matches(f"{HOME}kinh-te_t2") and not pattern.matches(f"{HOME}a/b_tinmoinhat9")


def test_pages_of_keywords_that_look_like_articles_are_denied() -> None:
    tags = "".join(f'<a href="/tag/{t}.html">{t}</a>' for t in ("xay-dung-nong-thon-moi-o-dau-me", "dang"))
    made = press(
        lambda s: f"{HOME}{('dang', 'xa-hoi')[s.number % 2]}/{s.slug}.html", more=f"<div>{tags}</div>"
    )
    source = source_of(made, HOME)
    assert missed(made, source) == []
    assert source.articles.deny == ("/tag/",)


def test_a_link_to_the_next_article_is_not_denied_for_its_few_words() -> None:
    made = press(lambda s: f"{HOME}dang/{1200 + s.number}-{s.slug}")
    turns = {u: made.articles[(i + 1) % 24] for i, u in enumerate(made.articles)}
    for u, following in turns.items():
        nav = f'<nav class="pager"><a href="{following}">Bài sau</a></nav></body>'
        made.pages[u] = made.pages[u].replace("</body>", nav)
    source = source_of(made, HOME)
    assert missed(made, source) == [] and source.articles.deny == ()


@pytest.mark.parametrize(
    "name",
    [
        "Đưa Nghị quyết vào cuộc sống",
        "ĐƯA NGHỊ QUYẾT CỦA ĐẢNG VÀO CUỘC SỐNG",
        "Nghị quyết và cuộc sống",
        "Xây dựng, chỉnh đốn Đảng",
        "Đảng, đoàn thể",
        "Đảng-Đoàn thể",
        "Công tác xây dựng Đảng và hệ thống chính trị",
        "Xây dựng Đảng & hệ thống chính trị",
        "XAY DUNG DANG",
    ],
)
def test_a_section_is_known_under_many_names(name: str) -> None:
    links = [Anchor(f"{HOME}c/1", "Kinh tế", True), Anchor(f"{HOME}c/2", name, True)]
    assert [a.text for a in find_sections(links)] == [name]
    assert section_score(links[1]) >= 5


def test_a_headline_about_party_building_is_not_taken_for_its_section() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html", "c/9/", name="Đảng và cuộc sống")
    lure = f"{HOME}tin/chung-tay-xay-dung-dang-trong-sach-1199.html"
    made.pages[lure] = made.pages[made.articles[0]]
    made.pages[HOME] = made.pages[HOME].replace(
        "<main>", f"<main><a href='{lure}'>Chung tay xây dựng Đảng trong sạch, vững mạnh</a>"
    )
    assert source_of(made, HOME).sections[0].url == made.section


def test_a_menu_that_shouts_or_drops_accents_does_not_name_the_section() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html", name="XAY DUNG DANG")
    made.pages[made.section] = made.pages[made.section].replace("<main>", "<main><h1>Xây dựng Đảng</h1>")
    assert source_of(made, made.section).sections[0].name == "Xây dựng Đảng"


def test_a_home_page_that_only_sends_on_is_followed() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html")
    made.pages[HOME + "trang-chu.html"] = made.pages[HOME]
    made.pages[HOME] = (
        "<html><head><meta http-equiv='refresh' content='0; url=/trang-chu.html'></head></html>"
    )
    for start in (HOME, HOME + "trang-chu.html", made.articles[3]):
        assert source_of(made, start).sections[0].url == made.section


def test_an_address_typed_without_its_scheme_is_understood() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html")
    assert source_of(made, "daume.example/").sections[0].url == made.section


def test_a_button_for_more_leads_to_the_second_page() -> None:
    made = press(
        lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html",
        more=f"<a class='more' href='{HOME}xay-dung-dang/trang-2'>Xem thêm</a>",
    )
    rest = {u: s for u, s in zip(made.articles[12:], STORIES[12:], strict=True)}
    made.pages[f"{HOME}xay-dung-dang/trang-2"] = listing(rest, "")
    assert source_of(made, HOME).sections[0].next_page == f"{HOME}xay-dung-dang/trang-{{page}}"


def test_a_button_that_asks_for_json_gives_a_json_listing() -> None:
    made = press(
        lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html",
        more="<button data-url='/ajax/more?zone=5&amp;page=2'>Xem thêm</button>",
    )
    items = [{"title": s.title, "link": u} for u, s in zip(made.articles[:6], STORIES[:6], strict=True)]
    made.pages[f"{HOME}ajax/more?zone=5&page=1"] = json.dumps({"items": items})
    section = source_of(made, HOME).sections[0]
    assert section.json_listing == f"{HOME}ajax/more?zone=5&page={{page}}"


def rss(urls: list[str]) -> str:
    items = "".join(f"<item><title>Tin</title><link>{u}</link></item>" for u in urls)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'


def test_a_feed_longer_than_the_listing_is_the_sections_and_one_of_everything_is_not() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html")
    urls = {u: s for u, s in zip(made.articles, STORIES, strict=True)}
    menu = "<li><a href='/xay-dung-dang/'>Xây dựng Đảng</a></li><li><a href='/kenh-tin.aspx'>RSS</a></li>"
    mine = [u for u, s in urls.items() if s.number % 3 == 0]
    made.pages[made.section] = listing({u: urls[u] for u in mine[:4]}, menu)
    made.pages[HOME + "kenh-tin.aspx"] = "<a href='/rss.aspx?c=0'>Tất cả</a><a href='/rss.aspx?c=5'>Đảng</a>"
    made.pages[HOME + "rss.aspx?c=0"] = rss(list(urls))
    made.pages[HOME + "rss.aspx?c=5"] = rss(mine)
    assert source_of(made, HOME).sections[0].feed == HOME + "rss.aspx?c=5"


@pytest.mark.parametrize("path", ["rss", "kenh-rss.html", "x/feed/", "index.php/dang?format=feed&type=rss"])
def test_a_feed_is_known_by_its_address(path: str) -> None:
    assert is_feed_address(HOME + path)
    assert not is_feed_address(HOME + "phan-hoi-ban-doc.html")


def test_a_sitemap_of_categories_alone_is_left_out() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html")
    made.pages[HOME + "sitemap.xml"] = (
        f"<sitemapindex><sitemap><loc>{HOME}cats.xml</loc></sitemap></sitemapindex>"
    )
    made.pages[HOME + "cats.xml"] = f"<urlset><url><loc>{made.section}</loc></url></urlset>"
    assert source_of(made, HOME).sections[0].sitemap is None


def test_the_outlets_name_in_the_only_h1_is_no_title() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html")
    for u, s in zip(made.articles, STORIES, strict=True):
        page = article(s, title=f"<h1 class='brand'>Báo Đầu Mế</h1><div class='ten'>{s.title}</div>")
        made.pages[u] = re.sub("<title>.*?</title>", "<title>Báo Đầu Mế</title>", page)
    assert source_of(made, HOME).extract[0].title == ("div.ten",)


def selectors_of(markup: str) -> list[str]:
    root = discover.document(f"<html><body>{markup}</body></html>".encode())
    assert root is not None
    [element] = root.xpath("//*[@class]")
    return own_selectors(element)


def test_a_scoped_class_is_named_by_its_lasting_part() -> None:
    assert selectors_of('<div class="Detail_body__x9Kd2">Tin</div>') == ['div[class*="Detail_body__"]']
    assert selectors_of('<div class="article__body">Tin</div>') == ["div.article__body"]


def test_utility_classes_name_an_element_only_together() -> None:
    assert selectors_of('<div class="mt-6 text-lg leading-8">Tin</div>') == ["div.mt-6.text-lg.leading-8"]
    assert selectors_of('<div class="mt-6 noi-dung">Tin</div>') == ["div.noi-dung", "div.mt-6.noi-dung"]


def test_a_first_paragraph_with_a_class_of_its_own_is_the_lead() -> None:
    made = press(lambda s: f"{HOME}tin/{s.slug}-{1200 + s.number}.html")
    for u, s in zip(made.articles, STORIES, strict=True):
        made.pages[u] = made.pages[u].replace(
            "<div class='story'>", f"<div class='story'><p class='dau'>{s.lead}</p>"
        )
    found = source_of(made, HOME).extract[0].lead
    assert found == ("p.dau",)
    root = discover.document(made.pages[made.articles[20]].encode())
    assert root is not None
    lead = Sample("", root).first(found[0])
    assert lead is not None and fold(lead.text_content()) == fold(STORIES[20].lead)


def test_an_article_of_another_section_leads_to_the_party_section() -> None:
    made = press(lambda s: f"{HOME}kinh-te/{s.slug}-{1200 + s.number}.html")
    assert infer_source({}, made.articles[20], made.fetch).source.sections[0].url == made.section


def test_a_page_that_is_refused_is_said_to_be_so_with_the_reason() -> None:
    with pytest.raises(InvalidInput, match="của báo cấm trang này"):
        infer_source({}, HOME, lambda url: f"robots.txt forbids {url}")
    with pytest.raises(InvalidInput, match="không phải địa chỉ"):
        infer_source({}, "ftp://daume.example/", lambda url: None)
