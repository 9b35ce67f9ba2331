"""One story in sixteen layouts of outlets that do not exist, each with what such pages print anew at every look.

`Visit` holds what changes between two looks at a page nobody edited: counters, clocks, relative times, readers'
comments, boxes drawn by lot. Each layout puts some of it inside the very element that holds the story.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests import press_pages as press

TITLE, P = press.TITLE, press.PARAGRAPHS
DATE = "12/09/2024 15:20"


@dataclass(frozen=True)
class Visit:
    """What one look at the page shows beside the story."""

    views: str
    likes: int
    ago: str
    clock: str
    comments: tuple[tuple[str, str, str], ...]
    others: tuple[str, ...]
    degrees: int


FIRST = Visit("1.501", 1, "2 giờ trước", "14:05 | Thứ Bảy, 21/11/2026", (), press.HEADLINES[:2], 28)
LATER = Visit("1,6K", 27, "7 giờ trước", "19:40 | Thứ Bảy, 21/11/2026",
              (("Út Sậy", "06:22 14/09/2024", "Bài viết hay, mong tòa soạn theo dõi tiếp xem nửa năm nữa các hợp tác xã có làm như đã hứa không."),
               ("Lò Thị Mây", "3 phút trước", "Bà con xã tôi góp vốn từ năm ngoái mà chưa thấy chia lãi, đề nghị huyện kiểm tra lại việc này.")),
              press.HEADLINES[2:], 31)  # fmt: skip
NEXT_WEEK = Visit(
    "12.345",
    340,
    "9 ngày trước",
    "Hôm nay, Chủ nhật 29/11/2026",
    LATER.comments[1:],
    press.HEADLINES[1:3],
    19,
)


def _paragraphs(tag: str = "p", *, of: tuple[str, ...] = P, attributes: str = "") -> str:
    return "".join(f"<{tag}{attributes}>{text}</{tag}>" for text in of)


def _said(v: Visit, block: Callable[[str, str, str], str]) -> str:
    return "".join(block(*comment) for comment in v.comments)


def _links(v: Visit, block: str) -> str:
    return "".join(block.format(n, text) for n, text in enumerate(v.others, 1))


LAYOUTS: dict[str, Callable[[Visit], str]] = {
    "counters around the story": lambda v: (
        f"<h1>{TITLE}</h1><i>{DATE}</i><div class=q1><p>Lượt xem: {v.views} | Chia sẻ: {v.likes}</p>{_paragraphs()}"
        f"<p>Thích {v.likes} Chia sẻ {v.likes + 2}</p><p>Cập nhật lần cuối: {v.ago}</p></div>"
    ),
    "counters in divs without names": lambda v: (
        f"<section><h2>{TITLE}</h2><div><span>{DATE}</span></div><div><div>{v.views} lượt đọc</div><div>Bình luận: {len(v.comments)}</div>"
        f"{_paragraphs('div')}<div>👍 {v.likes} · 👁 {v.views}</div><div>{v.ago}</div></div></section>"
    ),
    "comments as paragraphs": lambda v: (
        f"<h1>{TITLE}</h1><em>{DATE}</em><div class=zz>{_paragraphs()}"
        + _said(v, lambda who, when, what: f"<p>Ý kiến bạn đọc: {who} ({when}): {what} Gửi ý kiến</p>")
        + "<p>Góp ý</p></div>"
    ),
    "comments under a line": lambda v: (
        f"<h1>{TITLE}</h1><u>{DATE}</u><div class=w3>{_paragraphs()}<p><strong>Ý kiến bạn đọc ({len(v.comments)})</strong></p>"
        + _said(v, lambda who, when, what: f"<p><b>{who}</b></p><p>{what}</p><p>{when} - Trả lời - Thích</p>")
        + "</div>"
    ),
    "a form in words": lambda v: (
        f"<article><h1>{TITLE}</h1><time>{DATE}</time>{_paragraphs()}<p>Mời bạn đọc bày tỏ quan điểm về bài viết. Gửi ý kiến</p>"
        f"<p>Họ tên: Email: Nội dung (còn {900 - v.likes} ký tự) Gửi bình luận</p></article>"
    ),
    "keywords in words": lambda v: (
        f"<h1>{TITLE}</h1><small>{DATE}</small><div class=c7>{_paragraphs()}<h4>Từ khóa:</h4><ul><li>Hạ Lương</li><li>kinh tế tập thể</li>"
        f"<li>Huyện ủy</li></ul><div>Đã xem: {v.views}</div></div>"
    ),
    "lines broken by br": lambda v: (
        f"<table><tr><td><b>{TITLE}</b><br>{DATE}<br><br>Lượt truy cập: {v.views}<br><br>" + "<br><br>".join(P)
        + f"<br><br>Số lượt đọc: {v.views} - Số lượt thích: {v.likes}<br><br>Cách đây {v.ago.removesuffix(' trước')}</td></tr></table>"
    ),
    "a row of icons": lambda v: (
        f"<main><h1>{TITLE}</h1><p>{DATE}</p><div class=n0>{_paragraphs(of=P[:3])}<p><span>{v.likes}</span> <span>Thích</span> <span>{v.likes}</span> "
        f"<span>Không thích</span></p>{_paragraphs(of=P[3:])}</div></main>"
    ),
    "the clock in the frame": lambda v: (
        f"<div class=f1><p>{v.clock}</p><p>Kim Hải {v.degrees}°C</p><h1>{TITLE}</h1><p>{DATE}</p>{_paragraphs()}<p>Đang trực tuyến: {v.likes}</p>"
        f"<p>Tổng truy cập: {v.views}</p></div>"
    ),
    "others without links": lambda v: (
        f"<h1>{TITLE}</h1><p>{DATE}</p><div class=o1>{_paragraphs()}<p><b>Tin liên quan:</b></p>" + _links(v, "<p>- {1}</p>") + "</div>"
    ),
    "others by lot in the middle": lambda v: (
        f"<h1>{TITLE}</h1><p>{DATE}</p><div class=m1>{_paragraphs(of=P[:2])}<div>" + _links(v, "<p><a href=/t-{0}.html>{1}</a></p>")
        + f"</div>{_paragraphs(of=P[2:])}<p>{v.views} views</p></div>"
    ),
    "stars": lambda v: (
        f"<h1>{TITLE}</h1><p>{DATE}</p><div class=s1>{_paragraphs()}<p>Đánh giá bài viết: 4,{v.likes % 10}/5 ({v.likes} lượt)</p>"
        f"<p>Bạn thấy bài viết này thế nào?</p><p>❤ {v.likes} Yêu thích</p></div>"
    ),
    "comments in a list": lambda v: (
        f"<h1>{TITLE}</h1><p>{DATE}</p><section>{_paragraphs()}<h5>{len(v.comments)} bình luận</h5><ol>"
        + _said(v, lambda who, when, what: f"<li><b>{who}</b> <i>{when}</i><div>{what}</div><span>Trả lời</span></li>")
        + "</ol></section>"
    ),
    "times of reading and hearing": lambda v: (
        f"<h1>{TITLE}</h1><p>{DATE}</p><div class=a1><p>4 phút đọc</p><p>Nghe bài viết 03:{v.likes % 60:02}</p>{_paragraphs()}"
        f"<p>Đăng {v.ago}</p><p>Lượt nghe: {v.views}</p></div>"
    ),
    "elements of a shop": lambda v: (
        f"<x-page><x-head><h1>{TITLE}</h1><span>{DATE}</span></x-head><x-body>{_paragraphs()}<x-foot>Lượt xem {v.views}</x-foot>"
        f"<p>Lưu · Chia sẻ · {len(v.comments)} ý kiến</p></x-body></x-page>"
    ),
    "a tail of everything": lambda v: (
        f"<h1>{TITLE}</h1><p>{DATE}</p><div class=t1>{_paragraphs()}<p>(*) Không sao chép dưới mọi hình thức khi chưa có sự đồng ý bằng văn bản "
        f"của Báo Kim Hải.</p><p>Từ khóa: Hạ Lương, kinh tế tập thể</p><p>Xem: {v.views}</p><p>Bình luận ({len(v.comments)}): "
        + _said(v, lambda who, when, what: f"{who} {when} {what} ")
        + "</p></div>"
    ),
}  # fmt: skip
