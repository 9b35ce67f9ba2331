"""Layouts nobody showed the reader: names that lie, columns, endless pages, imprints in the body's frame.

Each page here tells the one invented story of `tests.press_pages` in a way that once lost a body, a name or a day.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crawler.article import Article, Disposition, NoArticle, Page
from crawler.dates.printed import parse_visible
from crawler.reading.authors import is_helper, parse_authors
from crawler.reading.extract import read
from crawler.reading.furniture import Sign, is_imprint, signs
from crawler.reading.markup import Markup, parse
from crawler.reading.mislabelled import tells_story
from tests import press_pages as press

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
HEAD = f"<h1>{press.TITLE}</h1><p>12/09/2024 15:20</p>"
CARDS = "".join(
    f'<div><a href="/tin-{i}.html">{text}</a> <span>0{i}:35</span><p>Đoàn công tác đã thăm và trao quà cho các hộ ở vùng lũ quét.</p></div>'
    for i, text in enumerate(press.HEADLINES, 1)
)
IMPRINT = (
    "<div class=q><p><b>BÁO KIM HẢI</b></p><p>Giấy phép số 12/GP-BTTTT cấp ngày 3/4/2020</p><p>Tổng Biên tập: Lò Văn Tám; "
    "Phó Tổng Biên tập: Vi Thị Đào</p><p>Địa chỉ: 12 đường Bến Sậy, Kim Hải. Điện thoại: 0299.311.456</p></div>"
)
NEXT_STORY = "".join(
    f"<p>{text}</p>"
    for text in (
        "Mưa lớn từ đêm qua làm ngập hàng chục ngôi nhà ở vùng trũng; lực lượng tại chỗ đã đưa người già, trẻ nhỏ đến nơi an toàn.",
        "Chính quyền xã cho biết đường liên thôn bị sạt ba điểm, dự kiến thông xe trong hai ngày tới nếu trời tạnh ráo.",
        "Trạm y tế cử hai tổ lưu động đến từng nhà, phát thuốc khử trùng nước và hướng dẫn người dân dọn bùn sau lũ.",
    )
)


def _article(markup: str, url: str = press.URL) -> Article:
    found = read(Page(url, markup.encode(), FETCHED))
    assert isinstance(found, Article), found
    return found


PAGES = {
    "a class that hides only the label": press.page(
        f'{HEAD}<div class="field field-name-body field-type-text-with-summary field-label-hidden">{press.paragraphs()}</div>{press.COMMENTS}'
    ),
    "a body called related news": press.page(
        f'{HEAD}<div class="box-tinmoi related-content">{press.paragraphs()}</div><div class="related"><ul>{press.RELATED}</ul></div>'
    ),
    "a body called a widget full of adverts": press.page(
        f'{HEAD}<div class="widget ads-wrap">{press.paragraphs()}</div>{press.COMMENTS}'
    ),
    "a heading in the first column": press.page(
        f"<table class=k1><tr><td><h3>Tin nổi bật</h3><ul>{press.RELATED}</ul></td><td>{HEAD}<div>"
        + "".join(f"<p><span lang=VI>{p}<o:p></o:p></span></p>" for p in press.PARAGRAPHS)
        + "</div></td></tr></table>"
    ),
    "a label before a body of divs": press.page(
        f'{HEAD}<div class=a1>Chuyên mục: <a href="/x">Chính trị</a></div><div class=a2>{press.paragraphs(0, "div")}</div>'
    ),
    "an endless page": press.page(
        f"<div id=s><article>{HEAD}<div>{press.paragraphs()}</div></article><article><h1><a href=/b.html>Nước lũ rút chậm ở vùng trũng</a></h1>"
        f'<time datetime="2026-11-20T08:00:00+07:00">20/11/2026</time><div>{NEXT_STORY}</div></article></div>'
    ),
    "the imprint beside the body": press.page(f"<div>{HEAD}{press.paragraphs()}{IMPRINT}</div>"),
    "a list of episodes without names": press.page(
        f"<div>{HEAD}<div>{press.paragraphs()}</div></div><div><h2>Tập khác</h2>{CARDS}</div>"
    ),
    "a list with days in the body's cell": press.page(
        f"<table><tr><td>{HEAD}{press.paragraphs()}"
        + "".join(f"<p><a href=/{i}.html>{h}</a> <span>(0{i}/11/2026 08:00)</span></p>" for i, h in enumerate(press.HEADLINES, 1))
        + "</td></tr></table>"
    ),
    "links that lead nowhere": press.page(
        f'<div>{HEAD}{press.paragraphs()}<div class=x1><span>Lưu bài viết</span><a href="#f">Facebook</a><a href="#z">Zalo</a>'
        '<a href="javascript:print()">Bản in</a></div></div>'
    ),
    "a box that asks for an address": press.page(
        f"<div>{HEAD}{press.paragraphs().replace('</p>', '</p><div class=x2><p>Theo dõi chúng tôi để nhận tin nhanh</p><form><input></form></div>', 1)}</div>"
    ),
    "a summary in English": press.page(
        f"<div>{HEAD}<div>{press.paragraphs()}</div><div lang=en><p>On the same day, the district committee held a conference to review the "
        "cooperatives; hundreds of households joined, and twelve new ones were founded.</p><p>The committee asked each cell to "
        "choose one hard task and to finish it within the quarter.</p></div></div>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PAGES)
def test_a_strange_page_tells_the_story_and_nothing_else(name: str) -> None:
    found = _article(PAGES[name])
    assert found.title == press.TITLE
    assert found.paragraphs == press.PARAGRAPHS
    assert found.published == "2024-09-12T15:20:00+07:00"
    assert not any(headline in found.text for headline in press.HEADLINES)
    assert not any(
        words in found.text for words in ("Giấy phép", "Bến Sậy", "Zalo", "tin nhanh", "vùng lũ", "Mưa lớn")
    )


def test_the_lines_of_a_poem_outweigh_a_talkative_foot() -> None:
    lines = ("Đêm nay sông thở như kể chuyện", "Mẹ ngồi vá áo trước hiên nhà", "Sợi chỉ nối hai bờ thương nhớ", "Một bên là núi, một bên xa",
             "Con về dựng lại nhà bên suối", "Trồng lại hàng cau trước ngõ xưa", "Cha rót chén trà mời khách lạ", "Nghe làng gọi khẽ giữa cơn mưa")  # fmt: skip
    markup = press.page(
        f"<div><div><h1>Thưa mẹ, con về</h1><p>12/09/2024 15:20</p><div class=n>{''.join(f'<p>{line}</p>' for line in lines)}"
        f"<p style='text-align:right'><b>Hồ Lan</b></p></div></div><div><h3>Các tin khác</h3><ul>{press.RELATED}</ul></div>{IMPRINT}</div>",
        title="Thưa mẹ, con về",
    )
    found = _article(markup)
    assert [line for p in found.paragraphs for line in p.split("\n")] == list(lines)
    assert found.authors == ("Hồ Lan",)


def test_an_english_or_hidden_word_in_a_class_is_not_the_class() -> None:
    assert not signs("field-label-hidden") & Sign.HIDDEN
    assert not signs("overflow-hidden") & Sign.HIDDEN
    assert signs("hidden") & Sign.HIDDEN and signs("print-only") & Sign.HIDDEN


def test_comments_and_teasers_tell_no_story() -> None:
    markup = parse(f"<div id=a>{CARDS}</div><div id=b>{press.paragraphs()}</div>".encode(), None)
    assert isinstance(markup, Markup)
    told = {e.get("id"): tells_story(e) for e in markup.tree.iter("div") if e.get("id")}
    assert told == {"a": False, "b": True}


@pytest.mark.parametrize(
    ("below", "authors"),
    [
        ("<div class=t9>Hồ Lan - Vi Đào</div>", ("Hồ Lan", "Vi Đào")),
        ("<div class=t9>Hồ Lan (ghi)</div>", ("Hồ Lan",)),
        ("<div><div>Tác giả: </div><div>Hồ Lan</div></div>", ("Hồ Lan",)),
        ("<div><a href='#f'>Facebook</a><a href='#z'>Zalo</a></div><div class=t9>Thực hiện: Hồ Lan</div>", ("Hồ Lan",)),
        ("<div class=t9>Kim Hải là huyện miền núi giàu truyền thống yêu nước</div>", ()),
        ("<div><h3>Các tin khác</h3><ul><li><a href='/1.html'>Hồ Lan nhận giải báo chí tỉnh</a></li></ul></div>", ()),
    ],
)  # fmt: skip
def test_the_first_line_under_the_body_may_name_the_authors(below: str, authors: tuple[str, ...]) -> None:
    markup = press.page(f"<div>{HEAD}<div class=b>{press.paragraphs()}</div>{below}</div>")
    found = _article(markup)
    assert (found.authors, found.paragraphs) == (authors, press.PARAGRAPHS)


@pytest.mark.parametrize(
    ("row", "authors"),
    [
        ("<span>12/09/2024 - 15:20</span><span>Hồ Lan</span>", ("Hồ Lan",)),
        ("<span>12/09/2024 15:20</span> <span>1.204 lượt xem</span> <b>Hồ Lan</b>", ("Hồ Lan",)),
        ("Gửi bởi <b>Hồ Lan</b> vào 12/09/2024 15:20", ("Hồ Lan",)),
        ("Viết bởi Administrator, 12/09/2024 15:20", ()),
        ("<span>HỒ LAN, VI ĐÀO</span></div><div>12/09/2024 15:20", ("HỒ LAN", "VI ĐÀO")),
        ("12/09/2024 15:20</div><div>Chính trị</div><div>Kim Hải", ()),
    ],
)
def test_the_row_under_the_title_names_author_and_minute(row: str, authors: tuple[str, ...]) -> None:
    markup = press.page(f"<div><h1>{press.TITLE}</h1><div>{row}</div><div>{press.paragraphs()}</div></div>")
    found = _article(markup)
    assert (found.published, found.authors) == ("2024-09-12T15:20:00+07:00", authors)


@pytest.mark.parametrize(
    ("line", "authors"),
    [
        ("Nội dung: Hồ Lan, Vi Đào\nẢnh: Văn Tám\nThiết kế: Mai Sậy", ("Hồ Lan", "Vi Đào")),
        ("Hồ Lan - Thiết kế: Mai Sậy", ("Hồ Lan",)),
        ("Bài, ảnh: Hồ Lan", ("Hồ Lan",)),
        ("Trình bày: Mai Sậy", ()),
        ("Giọng đọc: Mai Sậy", ()),
    ],
)
def test_who_draws_or_reads_aloud_is_no_author(line: str, authors: tuple[str, ...]) -> None:
    assert parse_authors(line) == authors


def test_credits_at_the_end_leave_the_text_with_the_line_that_names_the_authors() -> None:
    tail = "<p>Nội dung: Hồ Lan</p><p>Ảnh: Văn Tám</p><p>Thiết kế: Mai Sậy</p>"
    found = _article(press.page(f"<div>{HEAD}<div>{press.paragraphs()}{tail}</div></div>"))
    assert (found.authors, found.paragraphs) == (("Hồ Lan",), press.PARAGRAPHS)
    assert is_helper("Ảnh: Văn Tám") and not is_helper("Bài và ảnh: Hồ Lan")


@pytest.mark.parametrize(
    "title_tag", ["Trang chủ", "Báo Kim Hải điện tử", "Báo Kim Hải - Trang chủ", "Chi tiết tin"]
)
def test_the_line_above_the_story_is_the_title_where_nothing_says_so(title_tag: str) -> None:
    markup = press.page(
        f"<table><tr><td><div>Văn bản mới ban hành</div></td><td><div>Trang chủ » Chính trị</div><div>{press.TITLE}</div>"
        f"<div>12/09/2024 15:20</div><div>Lượt xem: 12 Đọc bài viết</div><div><p><img src=1.jpg></p><p>Quang cảnh hội nghị. Ảnh: Văn Tám</p>"
        f"{press.paragraphs()}</div></td></tr></table>",
        title=title_tag,
    )
    assert _article(markup, "https://kimhai.example/tin.aspx?id=7").title == press.TITLE


@pytest.mark.parametrize(
    ("printed", "iso"),
    [
        ("28 Tháng Chín, 2020", "2020-09-28"),
        ("Tháng Mười Hai 3, 2019 09:40", "2019-12-03T09:40:00+07:00"),
        ("Ngày 5 tháng Mười một năm 2021", "2021-11-05"),
        ("13g42 ngày 07.01.2018", "2018-01-07T13:42:00+07:00"),
        ("Thứ Sáu, 13/12/19 16:47", "2019-12-13T16:47:00+07:00"),
        ("Điểm 13/12/19 của đề án", None),
        ("Sau 20 tháng ba lần họp", None),
    ],
)
def test_a_day_in_words_or_with_a_short_year_is_read(printed: str, iso: str | None) -> None:
    moment = parse_visible(printed)
    assert (moment.iso if moment else None) == iso


def test_the_day_of_another_storys_card_is_not_this_ones() -> None:
    cards = "".join(
        f'<div><h4><a href="/{i}.html">{h}</a></h4><time datetime="2026-11-1{i}T08:00:00+07:00">1{i}/11/2026</time></div>'
        for i, h in enumerate(press.HEADLINES)
    )
    markup = press.page(
        f"<table><tr><td>{cards}</td><td><h1>{press.TITLE}</h1><div>{press.paragraphs()}</div></td></tr></table>"
    )
    found = read(Page(press.URL, markup.encode(), FETCHED, fresh=True))
    assert isinstance(found, Article)
    assert (found.published, found.published_from) == ("2026-09-12", "dateline")


def test_what_stands_beside_a_body_in_json_is_its_title_day_and_lead() -> None:
    story = {"title": press.TITLE, "sapo": press.PARAGRAPHS[0], "content": press.paragraphs(1), "publishedAt": "2024-09-12T15:20:00+07:00"}  # fmt: skip
    other = [{"title": h, "publishedAt": "2026-11-20T08:00:00+07:00"} for h in press.HEADLINES]
    state = json.dumps({"props": {"article": story, "related": other}}, ensure_ascii=False)
    markup = f"<html><head><title>Báo Kim Hải</title></head><body><div id=__next></div><script type='application/json'>{state}</script></body></html>"
    found = _article(markup, "https://kimhai.example/doc/412345")
    assert (found.title, found.lead, found.published) == (
        press.TITLE,
        press.PARAGRAPHS[0],
        "2024-09-12T15:20:00+07:00",
    )
    assert found.paragraphs == press.PARAGRAPHS


@pytest.mark.parametrize(
    ("title", "is_error"),
    [
        ("Kim Hải kết nạp 504 đảng viên trong quý III", False),
        ("Lật thuyền trên sông Sậy, một người chưa được tìm thấy", False),
        ("404 - Không tìm thấy trang", True),
        ("Lỗi 500: máy chủ đang bận", True),
    ],
)
def test_a_number_in_a_short_report_is_no_error(title: str, is_error: bool) -> None:
    text = f"<p>{title}.</p>" if is_error else press.paragraphs(4)
    found = read(
        Page(press.URL, press.page(f"<h1>{title}</h1><div>{text}</div>", title=title).encode(), FETCHED)
    )
    assert (isinstance(found, NoArticle) and found.disposition is Disposition.ERROR_PAGE) is is_error


def test_the_row_of_date_and_author_may_stand_under_the_lead() -> None:
    lead = f"<h2>{press.PARAGRAPHS[0]}</h2>"
    row = "<p><small>15g20 ngày 12.09.2024</small></p><p>Hồ Lan</p>"
    found = _article(press.page(f"<div><h1>{press.TITLE}</h1>{lead}{row}{press.paragraphs(1)}</div>"))
    assert (found.lead, found.published) == (press.PARAGRAPHS[0], "2024-09-12T15:20:00+07:00")
    assert (found.authors, found.paragraphs) == (("Hồ Lan",), press.PARAGRAPHS)


def test_the_line_just_above_the_title_outweighs_a_launch_day() -> None:
    meta = '<meta property="article:published_time" content="2009-08-12T00:00:00+07:00">'
    body = f"<div><div>12/09/2024 15:20</div><h1>{press.TITLE}</h1><div>{press.paragraphs()}</div></div>"
    assert _article(press.page(body, head=meta)).published == "2024-09-12T15:20:00+07:00"


def test_the_name_behind_the_title_tag_is_the_papers() -> None:
    meta = '<meta name="author" content="Kim Hải Online">'
    markup = press.page(
        f"<div>{HEAD}<div>{press.paragraphs()}</div></div>",
        head=meta,
        title=f"{press.TITLE} | Kim Hải Online",
    )
    assert _article(markup).authors == ()


def test_one_line_like_an_imprint_is_kept_inside_a_story() -> None:
    assert is_imprint("Địa chỉ: thôn Bến Sậy, xã Kim Hải")
    middle = press.paragraphs().replace(
        "</p>", "</p><p>Địa chỉ: thôn Bến Sậy, xã Kim Hải, huyện Hạ Lương.</p>", 2
    )
    found = _article(press.page(f"<div>{HEAD}<div>{middle}</div></div>"))
    assert "thôn Bến Sậy" in found.text
