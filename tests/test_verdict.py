"""What is no article is said by name, and an article that speaks of log-ins and errors is none of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.article import Article, Disposition, NoArticle, Page
from crawler.reading.extract import read
from crawler.reading.page_type import is_vietnamese
from tests import press_pages as press

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
MORE = [f"Tin thứ {i}: Đảng bộ xã Nậm Cừ số {i} đại hội thành công" for i in range(40)]
TEASERS = "".join(
    f'<li><h3><a href="/tin-{i}.html">{t}</a></h3><p>Đoạn giới thiệu ngắn của tin này.</p></li>'
    for i, t in enumerate(MORE)
)

NONE_OF_THEM = {
    "a script that sets a cookie and reloads": (
        "<html><body><script>document.cookie='D1N=1'; window.location.reload(true);</script></body></html>", {}, Disposition.BOT_WALL,
    ),
    "a challenge with its own status": (
        "<html><head><title>Just a moment...</title></head><body><p>Checking your browser before accessing</p></body></html>",
        {"status": 403}, Disposition.BOT_WALL,
    ),
    "a Vietnamese challenge": (
        "<html><body><h1>Xác thực bạn không phải là robot</h1><form><input></form></body></html>", {}, Disposition.BOT_WALL,
    ),
    "a log-in wall": (
        press.page(f"<h1>{press.TITLE}</h1><p>{press.PARAGRAPHS[0]}</p><div class=paywall>Vui lòng đăng nhập để đọc tiếp bài viết này.</div>"
                   "<form><input type=password></form>"), {}, Disposition.LOGIN_WALL,
    ),
    "a listing": (press.page(f"<h1>Xây dựng Đảng</h1><ul>{TEASERS}</ul>", title="Xây dựng Đảng - Báo Kim Hải"), {}, Disposition.LISTING),
    "a shell for a browser": (
        '<html><head><title>Báo Kim Hải</title></head><body><div id="root"></div><script src="a.js"></script></body></html>', {}, Disposition.EMPTY_SHELL,
    ),
    "raw templates": (
        "<html><head><title>Báo Kim Hải</title></head><body><h1>{{ item.title }}</h1><p>{{ item.lead }}</p><div>{{ item.body }}</div></body></html>",
        {}, Disposition.EMPTY_SHELL,
    ),
    "an error with status 200": (
        press.page("<h1>404 - Không tìm thấy trang</h1><p>Trang bạn tìm không tồn tại hoặc đã bị xóa.</p>", title="Không tìm thấy"), {}, Disposition.ERROR_PAGE,
    ),
    "an ASP.NET error": (
        "<html><head><title>Runtime Error</title></head><body><h1>Server Error in '/' Application.</h1><p>Object reference not set to an instance of an object.</p></body></html>",
        {}, Disposition.ERROR_PAGE,
    ),
    "a recycled id": (
        press.layouts()["drupal"], {"link_title": "Bế mạc giải bóng chuyền nữ các câu lạc bộ huyện Bản Sậy"}, Disposition.WRONG_ARTICLE,
    ),
    "another language": (
        "<html><head><title>Party committee holds meeting on cooperatives</title></head><body><h1>Party committee holds meeting on cooperatives</h1><div>"
        + "<p>The committee met on Thursday to review six months of work and to agree on what should be done by the end of the year.</p>" * 5
        + "</div></body></html>", {}, Disposition.NOT_VIETNAMESE,
    ),
    "a PDF": (b"%PDF-1.7 ...", {}, Disposition.NOT_HTML),
    "a feed": ("<?xml version='1.0'?><rss version='2.0'><channel></channel></rss>", {}, Disposition.NOT_HTML),
    "a feed saved out of a browser": ("\nThis XML file does not appear to have any style information.\n<rss version='2.0'></rss>", {}, Disposition.NOT_HTML),
    "gone": (press.layouts()["drupal"], {"status": 410}, Disposition.GONE),
    "a server's error": (press.layouts()["drupal"], {"status": 503}, Disposition.HTTP_ERROR),
    "next to no text": (press.page("<h1>Hội nghị cán bộ chủ chốt huyện Hạ Lương</h1><p>Đang cập nhật...</p>"), {}, Disposition.TOO_SHORT),
}  # fmt: skip


@pytest.mark.parametrize("name", NONE_OF_THEM)
def test_what_is_no_article_gets_its_name(name: str) -> None:
    markup, about, expected = NONE_OF_THEM[name]
    body = markup if isinstance(markup, bytes) else markup.encode()
    found = read(Page(press.URL, body, FETCHED, **about))  # type: ignore[arg-type]
    assert isinstance(found, NoArticle), found
    assert found.disposition is expected, found
    assert found.why


@pytest.mark.parametrize(
    "sentence",
    [
        "Người dân đăng nhập Cổng dịch vụ công để nộp hồ sơ; vui lòng đăng nhập bằng tài khoản định danh mức 2.",
        "Trước đó, hệ thống báo lỗi 404 không tìm thấy trang khiến nhiều hồ sơ bị trễ hạn.",
        "Kẻ gian yêu cầu nhập mã captcha, xác minh bạn không phải robot rồi chiếm đoạt tài khoản.",
    ],
)
def test_an_article_that_speaks_of_it_stays_an_article(sentence: str) -> None:
    markup = press.page(
        f"<div><h1>{press.TITLE}</h1><div class=b>{press.paragraphs()}<p>{sentence}</p></div></div>"
    )
    found = read(Page(press.URL, markup.encode(), FETCHED))
    assert isinstance(found, Article)
    assert sentence in found.paragraphs


@pytest.mark.parametrize(
    "link",
    [
        press.TITLE,
        "Hạ Lương sơ kết nghị quyết về kinh tế tập thể",
        "Xem tiếp",
        "HẠ LƯƠNG: SƠ KẾT 6 THÁNG THỰC HIỆN NGHỊ QUYẾT...",
    ],
)
def test_a_link_that_says_the_same_in_other_words_leads_to_its_article(link: str) -> None:
    found = read(Page(press.URL, press.layouts()["drupal"].encode(), FETCHED, link_title=link))
    assert isinstance(found, Article)


def test_a_short_article_among_many_headlines_is_no_listing() -> None:
    markup = press.page(
        f"<div><div><h1>{press.TITLE}</h1><i>12/09/2024 15:20</i><div class=b><p>{press.PARAGRAPHS[0]}</p><p>{press.PARAGRAPHS[1]}</p></div></div>"
        f"<div class=right><ul>{TEASERS}</ul></div></div>"
    )
    assert isinstance(read(Page(press.URL, markup.encode(), FETCHED)), Article)


def test_vietnamese_is_known_by_its_letters() -> None:
    assert is_vietnamese(" ".join(press.PARAGRAPHS))
    assert not is_vietnamese("The committee met on Thursday to review six months of work. " * 4)
