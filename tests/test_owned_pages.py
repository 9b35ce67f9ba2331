"""What belongs to the page's own headline, in layouts nobody showed the reader: no other story, no box, every picture."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crawler.article import Article, Caption, Page
from crawler.reading.extract import read
from tests import press_pages as press

FETCHED = datetime(2026, 11, 21, 7, 5, tzinfo=UTC)
TITLE, P = press.TITLE, press.PARAGRAPHS
HEAD = f"<h1>{TITLE}</h1><p>12/09/2024 15:20</p>"
NEXT = (
    "Mưa lớn từ đêm qua làm ngập hàng chục ngôi nhà ở vùng trũng; lực lượng tại chỗ đã đưa người già, trẻ nhỏ đến nơi an toàn.",
    "Chính quyền xã cho biết đường liên thôn bị sạt ba điểm, dự kiến thông xe trong hai ngày tới nếu trời tạnh ráo.",
    "Trạm y tế cử hai tổ lưu động đến từng nhà, phát thuốc khử trùng nước và hướng dẫn người dân dọn bùn sau lũ.",
)  # fmt: skip
TEASER = (
    "Những ngày này, dọc các tuyến đường liên xã, bà con đang góp công làm rãnh thoát nước, trồng cây bóng mát và vẽ tranh trên tường rào; "
    "nhiều hộ tự tháo dỡ cổng, hiến đất để mở rộng lòng đường cho xe chở nông sản đi lại."
)


def _read(body: str, *, head: str = "") -> Article:
    found = read(Page(press.URL, press.page(body, head=head).encode(), FETCHED))
    assert isinstance(found, Article), found
    return found


def _story(tag: str = "p") -> str:
    return press.paragraphs(0, tag)


def _next(heading: str, tag: str = "p") -> str:
    return heading + "".join(f"<{tag}>{text}</{tag}>" for text in NEXT)


OTHERS = {
    "the next stories in a box of their own": (
        f"<main><section class=u1>{HEAD}{_story()}</section><div id=more><section class=u1>{_next('<h1>Nước lũ rút chậm ở vùng trũng</h1><p>11/09/2024 08:00</p>')}"
        f"</section><section class=u1>{_next('<h1>Xã Nậm Cừ di dời dân vùng trũng</h1><p>10/09/2024 08:00</p>')}</section></div></main>"
    ),
    "a second-level headline with its day": (
        f"<div class=wrap>{HEAD}<div>{_story()}</div><div class=nx>{_next('<h2>Nước lũ rút chậm ở vùng trũng</h2><span>11/09/2024 08:00</span>')}</div></div>"
    ),
    "the headline above its frame": (
        f"{HEAD}<div class=k4>{_story('div')}</div><div class=k4>{_next('<h1>Nước lũ rút chậm ở vùng trũng</h1>', 'div')}</div>"
    ),
    "in table cells": (
        f"<table><tr><td>{HEAD}{_story()}</td></tr><tr><td>{_next('<h3>Nước lũ rút chậm ở vùng trũng</h3><i>Thứ Tư, 11/09/2024, 08:00</i>')}</td></tr></table>"
    ),
    "a list of films with long teasers": (
        f"<div class=v1><video src=/a.mp4></video>{HEAD}<p>{P[0]}</p><p>{P[1]}</p></div><div class=v2>"
        + "".join(f"<div class=v3><a href=/v-{n}.html><img src=/v{n}.jpg></a><h3><a href=/v-{n}.html>{title}</a></h3><p>{TEASER}</p></div>"
                  for n, title in enumerate(press.HEADLINES * 2))
        + "</div>"
    ),
    "a box about the author": (
        f"<div><h1>{TITLE}</h1><div class=b0><img src=/a.png><h4><a href=#>Lò Thị Mây</a></h4><div>Lò Thị Mây là giảng viên Trường Chính trị tỉnh Kim Hải, "
        f"nhiều năm nghiên cứu về tổ chức cơ sở đảng ở vùng cao.</div></div><p>12/09/2024 15:20</p><div class=b1>{_story()}</div></div>"
    ),
    "the imprint in one line": f"<div>{HEAD}{_story()}<p>Báo Kim Hải - Giấy phép số 12/GP-BTTTT. Tổng Biên tập: Lò Văn Tám. Tòa soạn: 12 Bến Sậy</p></div>",
    "what may not be copied": (
        f"<div>{HEAD}{_story()}<p>Nghiêm cấm sao chép lại nội dung khi chưa được sự chấp thuận của tòa soạn.</p><p>Khi phát hành lại thông tin, đề nghị ghi rõ "
        "nguồn Báo Kim Hải.</p></div>"
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_the_own_headline_owns_the_body(name: str) -> None:
    found = _read(OTHERS[name])
    assert found.title == TITLE
    assert found.paragraphs == (P[:2] if "films" in name else P)
    assert found.published == "2024-09-12T15:20:00+07:00"
    if "author" in name:
        assert found.authors == ("Lò Thị Mây",)


def test_headings_inside_a_story_are_its_own() -> None:
    parts = "".join(
        f"<section><h2>Phần {n} của một chặng đường dài</h2><p>{text}</p></section>"
        for n, text in enumerate(P)
    )
    assert [p for p in _read(f"<article>{HEAD}{parts}</article>").paragraphs if p in P] == list(P)
    marked = f"<article>{HEAD}<p>{P[0]}</p><p>{P[1]}</p><div><h1>Chặng thứ hai bắt đầu từ vùng cao</h1><p>{P[2]}</p><p>{P[3]}</p></div></article>"
    assert [p for p in _read(marked).paragraphs if p in P] == list(P[:4])


def test_the_picture_above_the_story_is_its_own() -> None:
    found = _read(
        f"<div><h1>{TITLE}</h1><p>12/09/2024 15:20</p><article><header><p>{P[0]}</p><table><tr><td><img src=/mo-dau.jpg></td></tr>"
        f"<tr><td class=caption>Quang cảnh hội nghị. Ảnh: Hồ Lan</td></tr></table></header><div><div>{press.paragraphs(1)}</div></div></article></div>"
    )
    assert (found.lead, found.captions, found.images) == (
        P[0], (Caption("Quang cảnh hội nghị.", "Hồ Lan"),), ("https://kimhai.example/mo-dau.jpg",)
    )  # fmt: skip


STAND_IN = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
LATE = {
    "lazysizes": f'<img class=lazyload src="{STAND_IN}" data-src="/p.jpg">',
    "lazysizes sets": '<img class=lazyload data-sizes=auto data-srcset="/s.jpg 300w, /p.jpg 900w">',
    "vanilla-lazyload": '<img class=lazy src="/img/placeholder.png" data-src="/p.jpg">',
    "jQuery": '<img class=lazy src="/images/grey.gif" data-original="/p.jpg">',
    "lazy": '<img data-lazy="/p.jpg" src="/loading.gif">',
    "WordPress": f"<img src='{STAND_IN}' data-lazy-src='/p.jpg'><noscript><img src='/p.jpg'></noscript>",
    "without scripts": "<img src='/1x1.png'><noscript><img src='/p.jpg' width=600></noscript>",
    "only without scripts": "<noscript><img src='/p.jpg'></noscript>",
    "a set": "<img srcset='/s.jpg 1x, /p.jpg 2x'>",
    "picture": f'<picture><source srcset="/p.jpg 1200w, /s.jpg 400w"><img src="{STAND_IN}"></picture>',
    "picture, late": f'<picture><source data-srcset="/p.jpg"><img src="{STAND_IN}"></picture>',
    "amp": '<amp-img src="/p.jpg" width=600 height=400></amp-img>',
    "an own name": f'<img src="{STAND_IN}" data-hinh-goc="/p.jpg">',
    "painted": '<div class=hinh style="height:300px;background-image:url(/p.jpg)"></div>',
    "painted late": '<div class=lozad data-background-image="/p.jpg"></div>',
    "Cloudflare": '<img data-cfsrc="/p.jpg" style="display:none">',
    "in words": '<img src="/p.jpg" loading=lazy>',
}  # fmt: skip


@pytest.mark.parametrize("library", LATE)
def test_a_picture_is_found_however_late_it_is_loaded(library: str) -> None:
    found = _read(
        f"<div>{HEAD}<div class=d1>{press.paragraphs()[:0]}<p>{P[0]}</p>{LATE[library]}{press.paragraphs(1)}</div></div>"
    )
    assert found.images == ("https://kimhai.example/p.jpg",)
    assert found.paragraphs == P


def test_a_stand_in_is_no_picture() -> None:
    pictures = "".join(
        f"<p><img src='{s}'></p>"
        for s in (STAND_IN, "/a/blank.gif", "/spacer.png", "/lazy-load.svg", "/1x1.gif", "about:blank")
    )
    assert _read(f"<div>{HEAD}{_story()}{pictures}<img src=/c.gif width=1 height=1></div>").images == ()


CAPTIONED = {
    "in brackets": "<figure><img src=/p.jpg><figcaption>Đoàn công tác thăm hợp tác xã (Ảnh: Hồ Lan)</figcaption></figure>",
    "on": "<div class=x><img src=/p.jpg><p>Đoàn công tác thăm hợp tác xã. Ảnh: Hồ Lan</p></div>",
    "behind a dash": "<table><tr><td><img src=/p.jpg></td></tr><tr><td>Đoàn công tác thăm hợp tác xã - Ảnh: Hồ Lan</td></tr></table>",
    "apart": "<figure><img src=/p.jpg><figcaption>Đoàn công tác thăm hợp tác xã <em>Ảnh: Hồ Lan</em></figcaption></figure>",
    "a slide": "<div class=swiper><div class=swiper-slide><img data-src=/p.jpg><div class=t>Đoàn công tác thăm hợp tác xã. Ảnh: Hồ Lan</div></div></div>",
    "a slide of figures": "<ul class=slides><li><img data-lazy=/p.jpg><span>Đoàn công tác thăm hợp tác xã</span><span> Ảnh: Hồ Lan</span></li></ul>",
}  # fmt: skip


@pytest.mark.parametrize("layout", CAPTIONED)
def test_a_caption_has_its_text_without_its_credit(layout: str) -> None:
    found = _read(f"<div>{HEAD}<div><p>{P[0]}</p>{CAPTIONED[layout]}{press.paragraphs(1)}</div></div>")
    assert [(c.text.rstrip(". "), c.credit) for c in found.captions] == [
        ("Đoàn công tác thăm hợp tác xã", "Hồ Lan")
    ]
    assert found.paragraphs == P


ENTRY = {
    "a list": ("<ol>{}</ol>", "<li><h3>{n}. Chi bộ thôn {t}</h3>{picture}<p>{words}</p></li>"),
    "sections": ("{}", "<section><h2>{n}. Chi bộ thôn {t}</h2><p>{words}</p>{picture}</section>"),
    "boxes": ("<div class=list>{}</div>", "<div class=item>{picture}<div><h3>{n}. Chi bộ thôn {t}</h3><p>{words}</p></div></div>"),
}  # fmt: skip
SHOWN = {
    "figures": "<figure><img src=/{n}.jpg><figcaption>{caption} Ảnh: Hồ Lan</figcaption></figure>",
    "boxes": "<div class=photo><img src=/{n}.jpg><p class=photo-desc>{caption} Ảnh: Hồ Lan</p></div>",
}


@pytest.mark.parametrize("entry", ENTRY)
@pytest.mark.parametrize("shown", SHOWN)
def test_each_entry_of_a_list_article_has_its_caption_and_keeps_its_words(entry: str, shown: str) -> None:
    words = "Chi bộ thôn {t} có hai mươi mốt đảng viên, mỗi người phụ trách năm hộ và họp dân vào ngày mùng năm hằng tháng."
    around, one = ENTRY[entry]
    names = ("Hạ", "Trung", "Thượng", "Ngoài")
    captions = [f"Đảng viên chi bộ thôn {t} trao đổi về tổ tự quản." for t in names]
    entries = "".join(
        one.format(
            n=n, t=t, words=words.format(t=t), picture=SHOWN[shown].format(n=n, caption=captions[n - 1])
        )
        for n, t in enumerate(names, start=1)
    )
    found = _read(f"<div>{HEAD}<div><p>{P[0]}</p>{around.format(entries)}</div></div>")
    assert [(c.text, c.credit) for c in found.captions] == [(caption, "Hồ Lan") for caption in captions]
    told = [part for n, t in enumerate(names, 1) for part in (f"{n}. Chi bộ thôn {t}", words.format(t=t))]
    assert list(found.paragraphs) == [P[0], *told]
