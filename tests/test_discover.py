import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawler.dates.machine import month_first, parse_feed_date
from crawler.discovery import listing as discover
from crawler.discovery.link import MAX_BODY, decoded, unpacked
from crawler.source import Source

SHARED = Path(__file__).resolve().parents[2] / "shared"
BASE = "https://baosonglam.example/"


def row(**section: object) -> Source:
    return Source.model_validate(
        {
            "id": "bao-song-lam",
            "name": "Báo Sông Lầm",
            "province": "Sông Lầm",
            "fictitious": True,
            "homepage": BASE,
            "evidence": "seen",
            "sections": [{"name": "Xây dựng Đảng", "url": BASE + "xay-dung-dang", **section}],
            "articles": {"url": r"^https://baosonglam\.example/[^/]+-\d{5}\.html$", "deny": ["/video-"]},
        }
    )


def listing(markup: str, **section: object) -> list[discover.Link]:
    source = row(**section)
    return discover.links_from_listing(markup.encode(), source.sections[0].url, source, source.sections[0])


# ---- dates -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "moment"),
    [
        ("Tue, 14 Nov 2017 17:42:01 +0700", "2017-11-14T17:42:01+07:00"),
        ("Tue, 14 Nov 2017 17:42:01 GMT+7", "2017-11-14T17:42:01+07:00"),
        ("Tue, 14 Nov 2017 17:42:01 +7", "2017-11-14T17:42:01+07:00"),
        ("Tue, 14 Nov 2017 17:42:01 GMT", "2017-11-14T17:42:01+00:00"),
        ("Tue, 14 Nov 2017 17:42:01", "2017-11-14T17:42:01+07:00"),
        ("11/22/2026 7:05:00 AM", "2026-11-22T07:05:00+07:00"),
        ("3/5/2026 12:05:00 AM", "2026-03-05T00:05:00+07:00"),
        ("22/11/2026 7:05:00 CH", "2026-11-22T19:05:00+07:00"),
        ("05/03/2026 07:05", "2026-03-05T07:05:00+07:00"),
        ("07/03/2024 | 17:05:00", "2024-03-07T17:05:00+07:00"),
        ("Thứ Hai, 22/11/2026 - 07h05", "2026-11-22T07:05:00+07:00"),
        ("Ngày 07 tháng 03 năm 2026 08:30", "2026-03-07T08:30:00+07:00"),
        ("22 Tháng Mười Một 2026 07:05", "2026-11-22T07:05:00+07:00"),
        ("CN, 22 Thg 11 2026 07:05:00 +0700", "2026-11-22T07:05:00+07:00"),
        ("2026-03-07T07:05:00.123+0700", "2026-03-07T07:05:00+07:00"),
        ("2026-03-07 07:05:00", "2026-03-07T07:05:00+07:00"),
        ("2026-03-07T07:05:00Z", "2026-03-07T07:05:00+00:00"),
    ],
)
def test_feed_dates_are_read_as_they_are_printed(printed: str, moment: str) -> None:
    found = parse_feed_date(printed)
    assert found is not None and found.isoformat() == moment


@pytest.mark.parametrize(
    "printed", ["", None, "hôm nay", "2026-03-07", "07/03/2026", "99/99/2026 10:00", "32 tháng 1 2026 10:00"]
)
def test_no_moment_is_made_up(printed: str | None) -> None:
    assert parse_feed_date(printed) is None


def test_one_telling_date_decides_for_its_feed() -> None:
    printed = ["05/03/2026 7:05:00 AM", "22/03/2026 8:00:00 AM"]
    assert month_first(printed) is False
    assert parse_feed_date(printed[0], month_first=False) == datetime(
        2026, 3, 5, 7, 5, tzinfo=parse_feed_date(printed[1]).tzinfo
    )  # type: ignore[union-attr]


@given(st.text(max_size=80))
def test_any_text_is_a_date_or_none(text: str) -> None:
    found = parse_feed_date(text)
    assert found is None or found.tzinfo is not None


# ---- feeds -------------------------------------------------------------------------------------------------

DIRTY = """\ufeff

This XML file does not appear to have any style information associated with it.
<RSS version="2.0"><channel><title>Tin</title><link>https://baosonglam.example</link>
<Item><title>&nbsp;Huyện L&agrave;nh &amp;amp; xã Mới họp &lt;b&gt;chi bộ&lt;/b&gt;</title><link>Tin/Bai-00001.html?utm_source=rss&id=4&b=2</link>
<pubDate>22/11/2026 7:05:00 SA</pubDate></Item>
<item><title><![CDATA[ A & <i>B</i> bàn việc Đảng ]]></title><link><![CDATA[ HTTPS://BaoSongLam.example/b-00002.html#1 ]]></link></item>
<item><title>Trùng</title><link>https://baosonglam.example/b-00002.html</link><pubDate>Sun, 22 Nov 2026 08:00:00 +0700</pubDate></item>
<item><title>Chỉ có guid</title><guid isPermaLink="true">/c-00003.html</guid><guid>https://baosonglam.example/c-00003.html</guid></item>
<item><title>Không có liên kết</title></item>
<item><title>Bị cắt</title><link>https://baosonglam.example/d-00004.html</link><desc"""


def test_a_dirty_feed_gives_its_links_in_order() -> None:
    links = discover.links_from_feed(DIRTY.encode(), BASE + "rss/tin.rss")
    assert [(link.url.removeprefix(BASE), link.title) for link in links] == [
        ("Tin/Bai-00001.html?id=4&b=2", "Huyện Lành & xã Mới họp chi bộ"),
        ("b-00002.html", "A & B bàn việc Đảng"),
        ("c-00003.html", "Chỉ có guid"),
        ("d-00004.html", "Bị cắt"),
    ]
    assert links[0].published and links[0].published.isoformat() == "2026-11-22T07:05:00+07:00"
    assert links[1].published and links[1].published.hour == 8  # the second copy knew it


def test_atom_takes_the_alternate_link_and_the_first_publication() -> None:
    body = b"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><link rel="self" href="/a.xml"/><link href="https://baosonglam.example/"/>
    <entry><title type="html">B&amp;lt;b&amp;gt;\xc3\xa1o&amp;lt;/b&amp;gt; c\xc3\xa1o</title><link rel="enclosure" href="/x.jpg"/><link href="b-00001.html"/>
    <updated>2026-03-08T07:05:00Z</updated><published>2026-03-07T07:05:00Z</published></entry></feed>"""
    (link,) = discover.links_from_feed(body, BASE + "feeds/a.xml")
    assert link.url == BASE + "b-00001.html"
    assert link.published == datetime(2026, 3, 7, 7, 5, tzinfo=UTC)


BOMB = b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><rss><channel><item><title>&b;</title><link>https://x.example/</link></item></channel></rss>'


def test_entities_are_refused_and_said() -> None:
    assert discover.links_from_feed(BOMB, BASE) == []
    assert discover.links_from_sitemap(BOMB.replace(b"rss", b"urlset"), BASE) == ([], [])
    assert "bomb" in (discover.why_no_feed(BOMB) or "")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "empty"),
        (b"<!doctype html><html><body>404</body></html>", "a web page"),
        (b"{}", "no feed"),
        (DIRTY.encode(), None),
    ],
)
def test_what_is_no_feed_is_named(body: bytes, why: str | None) -> None:
    assert discover.why_no_feed(body) == why


def test_a_gzip_bomb_stays_small() -> None:
    assert len(unpacked(gzip.compress(b"0" * (MAX_BODY + 1_000_000)))) == MAX_BODY


@given(st.binary(max_size=300))
def test_no_bytes_make_discovery_raise(noise: bytes) -> None:
    source = row()
    for body in (
        noise,
        b"<rss><channel><item><link>" + noise,
        b"<html><a href='" + noise,
        b"<urlset><url><loc>" + noise,
    ):
        discover.links_from_feed(body, BASE)
        discover.links_from_sitemap(body, BASE)
        discover.links_from_listing(body, BASE, source, source.sections[0])
        discover.next_page(body, BASE, source.sections[0], 1)
        discover.links_from_json(body, BASE)
        discover.why_no_feed(body)


# ---- sitemaps ----------------------------------------------------------------------------------------------


def test_a_news_sitemap_gives_titles_and_dates_and_lastmod_is_no_publication() -> None:
    body = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
    <url><loc> https://baosonglam.example/a-00001.html </loc><lastmod>2026-11-21T10:00:00+07:00</lastmod>
    <news:news><news:publication><news:name>Báo</news:name></news:publication><news:publication_date>2026-11-20T06:00:00+07:00</news:publication_date>
    <news:title>Chi bộ thôn Hạ họp</news:title></news:news></url>
    <url><loc>https://baosonglam.example/b-00002.html</loc><lastmod>2026-11-21T10:00:00+07:00</lastmod></url></urlset>"""
    (first, second), children = discover.links_from_sitemap(gzip.compress(body.encode()), BASE)
    assert (first.title, first.published and first.published.day) == ("Chi bộ thôn Hạ họp", 20)
    assert second.published is None and second.modified is not None and children == []


def test_an_index_gives_children_and_the_newest_are_chosen() -> None:
    names = ["categories", "topics", "news-2025-9", "news-2026-11", "news-2026-9", "news-2027-1"]
    body = (
        "<sitemapindex>"
        + "".join(f"<sitemap><loc>/sitemaps/{n}.xml</loc></sitemap>" for n in names)
        + "</sitemapindex>"
    )
    links, children = discover.links_from_sitemap(body.encode(), BASE)
    assert links == [] and len(children) == 6
    newest = discover.newest_sitemaps(children, datetime(2026, 11, 21, tzinfo=UTC), most=2)
    assert [c.rsplit("/", 1)[1] for c in newest] == ["news-2026-11.xml", "news-2026-9.xml"]
    assert discover.newest_sitemaps(
        [*children, BASE + "google-news.xml"], datetime(2026, 11, 21, tzinfo=UTC)
    ) == [BASE + "google-news.xml"]


def test_a_text_sitemap_is_one_and_a_web_page_is_none() -> None:
    assert len(discover.links_from_sitemap(b"https://a.example/1\nhttps://a.example/2\n", BASE)[0]) == 2
    assert discover.links_from_sitemap(b"<html><body>https://a.example/1</body></html>", BASE) == ([], [])


# ---- listings ----------------------------------------------------------------------------------------------

PAGE = """<html><head><meta charset="utf-8"></head><body>
<nav><a href="/bai-cu-00009.html">Bài cũ trong thực đơn chính</a></nav>
<main class="has-sidebar"><div class="cards">
<div class="card"><a href="/hop-chi-bo-00001.html"><img alt="Ảnh họp chi bộ thôn Hạ"></a>
  <p><a href="/hop-chi-bo-00001.html">Sáng nay, chi bộ thôn Hạ đã họp bàn nhiều việc quan trọng của thôn.</a></p>
  <h3><a href="http://www.baosonglam.example/hop-chi-bo-00001.html?utm_source=home">Chi bộ thôn Hạ họp tháng Mười</a></h3><span>21/11/2026 06:30</span></div>
<div class="card"><a href="HTTPS://BAOSONGLAM.EXAMPLE/Ket-nap-00002.html" title="Kết nạp mười đảng viên mới"><img alt="x"></a><a href="/Ket-nap-00002.html">Xem thêm</a>
  <time datetime="2026-11-20T08:00:00+07:00">Hôm qua</time></div>
<div class="card"><a href="/ba-00003.html"><h2>Huyện Đông tổng kết nghị quyết</h2><p>Chiều 19/11/2026, Huyện ủy Đông tổng kết.</p></a></div>
<a href="/video-hop-00004.html">Video họp chi bộ các thôn</a><a href="/chuyen-muc">Chuyên mục khác của báo</a><a href="https://khac.example/x-00005.html">Báo khác đưa tin này</a>
</div></main>
<div class="col-right"><h4>Đọc nhiều</h4><a href="/bong-da-00006.html">Đội nhà thắng ba không</a><a href="/hop-chi-bo-00001.html">Chi bộ thôn Hạ họp</a></div>
</body></html>"""


def test_a_listing_gives_each_article_once_in_page_order_with_its_headline() -> None:
    links = listing(PAGE)
    assert [(link.url.removeprefix(BASE), link.title, link.aside) for link in links] == [
        ("bai-cu-00009.html", "Bài cũ trong thực đơn chính", True),
        ("hop-chi-bo-00001.html", "Chi bộ thôn Hạ họp tháng Mười", False),
        ("Ket-nap-00002.html", "Kết nạp mười đảng viên mới", False),
        ("ba-00003.html", "Huyện Đông tổng kết nghị quyết", False),
        ("bong-da-00006.html", "Đội nhà thắng ba không", True),
    ]


def test_a_cards_printed_time_belongs_to_its_article_only() -> None:
    days = {
        link.url.removeprefix(BASE): link.published and link.published.isoformat() for link in listing(PAGE)
    }
    assert days["Ket-nap-00002.html"] == "2026-11-20T08:00:00+07:00"
    assert days["ba-00003.html"] is None  # a day in prose, without a time, is no moment


def test_links_narrows_a_listing() -> None:
    assert [link.url.removeprefix(BASE) for link in listing(PAGE, links=".card h3 a")] == [
        "hop-chi-bo-00001.html"
    ]
    assert len(listing(PAGE, links=".card")) == 3


def test_a_base_element_moves_relative_links() -> None:
    page = '<base href="https://baosonglam.example/"><body><a href="xa-00001.html">Xã Thượng họp chi bộ</a>'
    assert listing(page)[0].url == BASE + "xa-00001.html"


def test_a_region_that_holds_most_links_is_the_page_whatever_it_is_called() -> None:
    page = (
        '<body><div class="layout sidebar">'
        + "".join(f'<a href="/x-0000{i}.html">Bài số {i} của mục này</a>' for i in range(5))
        + "</div>"
    )
    assert not any(link.aside for link in listing(page))


@pytest.mark.parametrize(
    ("row_next", "page", "following"),
    [
        (BASE + "xay-dung-dang?trang={page}", "", "xay-dung-dang?trang=3"),
        ("a.sau::attr(href)", '<a class="sau" href="?p=3">x</a>', "xay-dung-dang?p=3"),
        ("a.sau", '<a class="sau" href="?p=3">x</a>', "xay-dung-dang?p=3"),
        (None, '<link rel="next" href="/xay-dung-dang/trang-3">', "xay-dung-dang/trang-3"),
        (None, '<a href="?p=1">1</a><b>2</b><a href="?p=3">3</a><a href="?p=9">Trang cuối</a>', "xay-dung-dang?p=3"),
        (None, '<a href="?p=3">Trang sau »</a>', "xay-dung-dang?p=3"),
        (None, '<a href="?p=3">Trang tiếp</a>', "xay-dung-dang?p=3"),
        (None, '<a href="?p=3"><i></i> › </a>', "xay-dung-dang?p=3"),
        (None, '<a href="/tin-3-00001.html">Ba</a><a href="#">3</a><a href="javascript:x(3)">Tiếp</a>', None),
        (None, '<a href="https://khac.example/3">3</a>', None),
    ],
)  # fmt: skip
def test_the_next_page_is_found(row_next: str | None, page: str, following: str | None) -> None:
    section = row(next_page=row_next).sections[0]
    markup = f"<html><body><p>x</p>{page}</body></html>".encode()
    assert discover.next_page(markup, section.url, section, 2) == (following and BASE + following)


def test_a_json_listing_counts_its_own_pages() -> None:
    section = row(json_listing=BASE + "api?page={page}&limit=12").sections[0]
    assert discover.next_page(b"{}", BASE + "api?page=4&limit=12", section, 1) == BASE + "api?page=5&limit=12"


# ---- JSON --------------------------------------------------------------------------------------------------


def test_json_listings_of_any_shape_give_links() -> None:
    shapes = [
        {
            "data": [
                {
                    "link": "/a-00001.html",
                    "title": "Chi bộ họp &amp; bàn",
                    "published_at": "2026-11-20 08:00:00",
                }
            ]
        },
        [
            {
                "Url": BASE + "a-00001.html",
                "Title": {"rendered": "Chi bộ họp & bàn"},
                "date": "2026-11-20T08:00:00",
            }
        ],
        {"html": '<li><h3><a href="/a-00001.html">Chi bộ họp &amp; bàn</a></h3></li>'},
    ]
    for shape in shapes:
        (link,) = discover.links_from_json(json.dumps(shape).encode(), BASE)
        assert (link.url, link.title) == (BASE + "a-00001.html", "Chi bộ họp & bàn")


def test_a_template_builds_the_address_from_its_parts() -> None:
    section = row(json_link=BASE + "tin-bai/{category_slug}/{article_slug}").sections[0]
    body = {
        "data": {
            "list": [
                {"article_slug": "hop-chi-bo", "category_slug": "xdd", "title": "Họp chi bộ"},
                {"article_slug": "thieu"},
            ]
        }
    }
    (link,) = discover.links_from_json(json.dumps(body).encode(), BASE, section)
    assert link.url == BASE + "tin-bai/xdd/hop-chi-bo"


def test_deep_json_is_no_listing() -> None:
    assert discover.links_from_json(b"[" * 200_000, BASE) == []


# ---- bytes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        "Đảng bộ xã".encode("utf-8-sig"),
        "Đảng bộ xã".encode("utf-16"),
        b"<meta charset=windows-1252>" + "Đảng bộ xã".encode(),
        b'<meta charset="windows-1258">' + "Đảng bô xa".encode("cp1258", "replace"),
    ],
)
def test_text_is_decoded_by_what_it_is(body: bytes) -> None:
    assert "b" in decoded(body) and "\ufffd" not in decoded(body)


@pytest.mark.parametrize("name", ["feed_vnexpress_2017.rss", "feed_vnexpress_2017_dirty.rss"])
def test_real_feeds_give_titles_and_dates(name: str) -> None:
    path = SHARED / "pages" / name
    if not path.exists():
        pytest.skip("the shared pages are not on this machine")
    links = discover.links_from_feed(path.read_bytes(), "https://feed.example/rss")
    assert len(links) >= 24
    assert all(
        link.title and link.published and link.published.utcoffset() == timedelta(hours=7) for link in links
    )
