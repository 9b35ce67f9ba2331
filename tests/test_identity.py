"""Which article a page is: a claimed address, a link's words and a feed's entry are believed with a second sign only."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.article import Article, NoArticle, Page
from crawler.dates.machine import parse_feed_date
from crawler.discovery.listing import links_from_feed, links_from_sitemap
from crawler.reading.extract import read
from tests import press_pages as press

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
HOST = "https://kimhai.example"


def _read(
    path: str, canonical: str = "", *, title: str = press.TITLE, link: str | None = None
) -> Article | NoArticle:
    head = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    body = f"<div><h1>{title}</h1><p>12/09/2024 15:20</p>{press.paragraphs()}</div>"
    return read(
        Page(HOST + path, press.page(body, head=head, title=title).encode(), FETCHED, link_title=link)
    )


@pytest.mark.parametrize(
    ("path", "canonical", "believed"),
    [
        ("/bai-2.html", "/bai-1.html", False),
        (
            "/tin/ha-luong-so-ket-kinh-te-tap-the-101.html",
            "/tin/trao-huy-hieu-dang-cho-42-dang-vien-99.html",
            False,
        ),
        ("/chi-tiet.aspx?id=512", "/chi-tiet.aspx?id=498", False),
        ("/tin/a7", "/tin", False),
        ("/tin/a7", "/", False),
        ("/tin/ha-luong-so-ket-kinh-te-tap-the", "/thoi-su/trao-huy-hieu-dang-cho-dang-vien", False),
        ("/20240912/x-51.html", "/20240912/y-52.html", False),
        ("/amp/ha-luong-so-ket-512.html", "/ha-luong-so-ket-512.html", True),
        ("/print.aspx?id=51207", "/tin/so-ket-51207.html", True),
        ("/ha-luong-so-ket-512.html?page=2", "/ha-luong-so-ket-512.html", True),
        ("/?p=4711", "/2024/09/ha-luong-so-ket-6-thang-thuc-hien-nghi-quyet/", True),
        ("/index.php/tin", "/ha-luong-so-ket-6-thang-thuc-hien-nghi-quyet.html", True),
    ],
)
def test_a_claimed_address_is_believed_with_a_second_sign(path: str, canonical: str, believed: bool) -> None:
    found = _read(path, HOST + canonical)
    assert isinstance(found, Article)
    assert found.canonical_url == HOST + (canonical if believed else path)


@pytest.mark.parametrize(
    ("link", "title", "same"),
    [
        ("Đại hội Đảng bộ tỉnh Hòa Giang lần thứ XVII", "Đại hội Đảng bộ tỉnh Kim Hải lần thứ XX", False),
        (
            "Hội nghị Ban Chấp hành Đảng bộ tỉnh lần thứ 12",
            "Hội nghị Ban Chấp hành Đảng bộ tỉnh lần thứ 15",
            False,
        ),
        ("Khai mạc Đại hội Đảng bộ xã Nậm Cừ", "Khai mạc Đại hội Đảng bộ xã Bản Sậy", False),
        ("Trao Huy hiệu Đảng cho 42 đảng viên", "Mưa lớn gây ngập nhiều nơi ở vùng trũng", False),
        (
            "Đại hội Đảng bộ tỉnh Kim Hải lần thứ XX thành công",
            "Bế mạc Đại hội Đảng bộ tỉnh Kim Hải lần thứ XX",
            True,
        ),
        ("Hội nghị Ban Chấp hành Đảng bộ tỉnh", "Hội nghị Ban Chấp hành Đảng bộ tỉnh lần thứ 15", True),
        ("Hạ Lương sơ kết 6 tháng", "Hạ Lương sơ kết 6 tháng thực hiện nghị quyết về kinh tế tập thể", True),
        (
            "Kinh tế tập thể ở Hạ Lương: nhìn lại 6 tháng",
            "Hạ Lương sơ kết 6 tháng thực hiện nghị quyết về kinh tế tập thể",
            True,
        ),
    ],
)
def test_a_recycled_id_is_told_by_what_tells_titles_apart(link: str, title: str, same: bool) -> None:
    assert isinstance(_read("/bai-7.html", title=title, link=link), Article) == same


FEED = """<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:atom="http://www.w3.org/2005/Atom" xmlns:ev="http://purl.org/rss/1.0/modules/event/"><channel><atom:link href="https://kimhai.example/rss"/><item>
 <media:title>Ảnh bìa: cánh đồng</media:title><media:content><media:title>Ảnh hai</media:title></media:content><ev:date>2020-01-01T08:00:00Z</ev:date>
 <media:link>https://kimhai.example/anh.html</media:link><title>Hạ Lương sơ kết</title><link>https://kimhai.example/a.html</link>
 <dc:date>2024-09-12T15:20:00+07:00</dc:date></item></channel></rss>"""
MAP = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1"
 xmlns:video="http://www.google.com/schemas/sitemap-video/1.1" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"><url>
 <loc>https://kimhai.example/a.html</loc><image:image><image:loc>https://kimhai.example/a.jpg</image:loc><image:title>Cánh đồng</image:title></image:image>
 <video:video><video:title>Phim</video:title><video:publication_date>2020-01-01T08:00:00Z</video:publication_date></video:video>%s</url></urlset>"""
NEWS = "<news:news><news:publication_date>2024-09-12T15:20:00+07:00</news:publication_date><news:title>Hạ Lương sơ kết</news:title></news:news>"


def test_words_of_another_vocabulary_are_not_the_articles() -> None:
    [link] = links_from_feed(FEED.encode(), HOST)
    assert (link.url, link.title) == (f"{HOST}/a.html", "Hạ Lương sơ kết")
    assert link.published == datetime(2024, 9, 12, 8, 20, tzinfo=UTC)
    [bare] = links_from_sitemap((MAP % "").encode(), HOST)[0]
    assert (bare.title, bare.published) == (None, None)
    [news] = links_from_sitemap((MAP % NEWS).encode(), HOST)[0]
    assert (news.title, news.published) == ("Hạ Lương sơ kết", datetime(2024, 9, 12, 8, 20, tzinfo=UTC))
    undeclared = MAP.replace(' xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"', "") % NEWS
    [found] = links_from_sitemap(undeclared.encode(), HOST)[0]
    assert found.title == "Hạ Lương sơ kết"


@pytest.mark.parametrize(
    "text",
    ["Mon, 01 Jan 0001 00:00:00 GMT", "0001-01-01T00:00:00", "Thu, 01 Jan 1970 00:00:00 GMT", "1970-01-01T07:00:00+07:00", "01/01/0001 00:00:00",
     "Thu, 01 Jan 1970 07:00:05 +0700", "1/1/1900 12:00:00 AM", "30 Nov 1899 00:00:00", "Fri, 31 Dec 9999 23:59:59 GMT", "-0001-11-30T00:00:00+00:00"],
)  # fmt: skip
def test_a_date_that_was_never_set_is_none(text: str) -> None:
    assert parse_feed_date(text) is None


@pytest.mark.parametrize(
    "text",
    ["Mon, 14 Sep 2026 15:20:00 +0700", "Mon, 14 Sep 2026 08:20:00 GMT", "14 Sep 26 15:20 +07:00", "Monday, 14 September 2026 15:20:00 GMT+7",
     "Sep 14, 2026 3:20 PM", "Monday, September 14, 2026 3:20:00 PM", "14/09/2026 15:20", "15:20 14/9/2026", "9/14/2026 3:20:00 PM",
     "2026-09-14 15:20:00", "14 Tháng 9, 2026 - 15:20", "Mon, 14 Sep 2026 15:20:00 ICT", "Thứ hai, 14/09/2026, 15:20 (GMT+7)", "Mon, 14 Sep 2026 15:20:00 +7"],
)  # fmt: skip
def test_a_feeds_date_is_read_by_its_sense(text: str) -> None:
    assert parse_feed_date(text) == datetime(2026, 9, 14, 8, 20, tzinfo=UTC)
