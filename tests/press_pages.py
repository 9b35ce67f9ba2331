"""Pages of an invented press in the layouts of many content systems: outlets, places and people are fictitious."""

from __future__ import annotations

import base64
import json

TITLE = "Hạ Lương sơ kết 6 tháng thực hiện nghị quyết về kinh tế tập thể"
PARAGRAPHS = (
    "Sáng 12/9, Huyện ủy Hạ Lương tổ chức hội nghị sơ kết 6 tháng thực hiện nghị quyết của Tỉnh ủy về phát triển kinh tế tập thể.",
    "Tham dự hội nghị có đại diện các ban xây dựng Đảng, thủ trưởng các phòng, ban, ngành, đoàn thể và bí thư đảng ủy 18 xã, thị trấn trên địa bàn.",
    "Theo báo cáo, toàn huyện đã thành lập mới 12 hợp tác xã, nâng tổng số lên 87; doanh thu bình quân mỗi hợp tác xã đạt 1,9 tỷ đồng, tăng 14% so với cùng kỳ.",
    "Các đại biểu thảo luận, làm rõ những hạn chế trong công tác vận động nhân dân góp đất, góp vốn; việc liên kết tiêu thụ nông sản còn lỏng lẻo.",
    "Kết luận hội nghị, đồng chí Bí thư Huyện ủy yêu cầu mỗi đảng bộ cơ sở chọn một việc khó để làm dứt điểm trong quý, phân công rõ người, rõ thời hạn.",
    "Hội nghị cũng thống nhất tổng kết mô hình dân vận khéo ở xã Kim Hải để nhân rộng ra toàn huyện trong năm tới.",
)
URL = "https://kimhai.example/chinh-tri/ha-luong-so-ket-6-thang-thuc-hien-nghi-quyet-ve-kinh-te-tap-the-412345.html"
HEADLINES = (
    "Kim Hải ra quân làm đường giao thông nông thôn",
    "Đại hội điểm ở đảng bộ xã Nậm Cừ thành công tốt đẹp",
    "Trao Huy hiệu Đảng cho 42 đảng viên huyện Bản Sậy",
    "Khai giảng lớp bồi dưỡng nhận thức về Đảng khóa II",
)
RELATED = "".join(
    f'<li><a href="/tin-{i}.html">{text}</a> <span>(0{i}/11/2026 08:00)</span></li>'
    for i, text in enumerate(HEADLINES, 1)
)
MENU = (
    '<ul id="menu">'
    + "".join(
        f'<li><a href="/{i}">{t}</a></li>'
        for i, t in enumerate(("Trang chủ", "Thời sự", "Chính trị", "Kinh tế"))
    )
    + "</ul>"
)
FOOT = '<div id="footer">Giấy phép số 99/GP-BTTTT cấp ngày 02/3/2019. Tổng Biên tập: Lò Văn Tám.</div>'
COMMENTS = (
    '<div class="z-5"><h3>Ý kiến bạn đọc</h3><div class="y9"><b>Út Sậy</b> - <i>06:22 14/09/2024</i><p>Bài viết hay, mong tòa soạn '
    "theo dõi tiếp xem nửa năm nữa các hợp tác xã có làm như đã hứa không, bà con chúng tôi chờ mãi rồi.</p></div></div>"
)


def paragraphs(start: int = 0, tag: str = "p") -> str:
    """The story's paragraphs from `start` on, each in a tag of its own."""
    return "".join(f"<{tag}>{p}</{tag}>" for p in PARAGRAPHS[start:])


def page(body: str, *, head: str = "", title: str = TITLE) -> str:
    """A whole page with menu, imprint and the given body."""
    return f"<!DOCTYPE html><html lang=vi><head><meta charset=utf-8><title>{title}</title>{head}</head><body>{MENU}{body}{FOOT}</body></html>"


def layouts() -> dict[str, str]:
    """The same story in each layout: dated 12 September 2024 at 15:20, by Hồ Lan."""
    found = {
        "joomla": page(
            f"""<div class="item-page"><h2 itemprop="name">{TITLE}</h2><dl class="article-info"><dt>Chi tiết</dt>
            <dd class="createdby">Viết bởi <span itemprop="author"><span itemprop="name">Hồ Lan</span></span></dd>
            <dd class="published">Được đăng: <time datetime="2024-09-12T15:20:00+07:00">Thứ năm, 12 Tháng 9 2024 15:20</time></dd>
            <dd class="hits">Lượt xem: 321</dd></dl><div itemprop="articleBody">{paragraphs()}</div>
            <ul class="pager pagenav"><li><a href="/a">Trước</a></li></ul></div><div class="moduletable"><h3>Tin mới</h3><ul>{RELATED}</ul></div>""",
            head='<meta name="author" content="Super User">',
        ),
        "drupal": page(
            f"""<main><div class="date-today">Thứ Bảy, 21/11/2026</div><h1 class="page-title">{TITLE}</h1><article class="node">
            <div class="node__meta">Submitted by <span>admin</span> on Thu, 12/09/2024 - 15:20</div><div class="node__content">
            <div class="field field--name-body field__item">{paragraphs()}<p class="text-align-right"><strong>Hồ Lan</strong></p></div></div>
            </article><div class="views-related"><h2>Tin liên quan</h2><ul>{RELATED}</ul></div></main>""",
            title=f"{TITLE} | Cổng thông tin Hạ Lương",
        ),
        "br-paragraphs": page(
            f"""<table><tr><td width=150><b>Liên kết</b></td><td><div class=tieude>{TITLE}</div><font size=1>(12/09/2024 15:20)</font>
            <div class=noidung><b>{PARAGRAPHS[0]}</b><br>{"<br>".join(PARAGRAPHS[1:])}<br><p align=right><b>Hồ Lan</b></p></div>
            <b>Các tin khác:</b><ul>{RELATED}</ul></td></tr></table>"""
        ),
        "sharepoint": page(
            f"""<form id="aspnetForm"><input type=hidden name="__VIEWSTATE" value="{"Ab1=" * 5000}"><div class="ms-rtestate-field">
            <div class="NewsTitle">{TITLE}</div><div class="NewsDate">12/09/2024 3:20:00 CH</div><div class="NewsSummary">{PARAGRAPHS[0]}</div>
            <div class="ExternalClass9A8B7C">{paragraphs(1)}<p style="text-align:right">\u200b<strong>Tin, ảnh: Hồ Lan</strong></p></div></div>
            <div class="otherNews"><div>Tin đã đưa</div><ul>{RELATED}</ul></div></form>""",
            title=f"{TITLE} - Cổng thông tin điện tử",
        ),
        "longform": page(
            f"""<div class="sc-longform-header"><h1><span>{TITLE}</span></h1><span class="sc-longform-header-author">Hồ Lan</span> •
            <span class="sc-longform-header-date">12/09/2024 - 15:20</span><p class="sc-longform-header-sapo">{PARAGRAPHS[0]}</p></div>
            <div class="entry">{paragraphs(1)}</div><div class="c-box"><div>Bài liên quan</div><ul>{RELATED}</ul></div>"""
        ),
        "nameless": page(
            f"""<div><div class=x9><div class=x10>{TITLE}</div><div class=x11>Cập nhật lúc 15:20, Thứ năm, 12/09/2024</div>
            <div class=x12><div class=x13><b>{PARAGRAPHS[0]}</b></div><div class=x14>{paragraphs(1, "div")}
            <div style="text-align:right"><b>Hồ Lan</b></div></div></div><div class=x15><div>TIN CÙNG CHUYÊN MỤC</div>{RELATED}</div></div></div>"""
        ),
        "several pages": page(
            f"""<div id="main"><h1>{TITLE}</h1><p class="meta">Hồ Lan - 15:20, 12/09/2024</p><div class="text">{paragraphs()}</div>
            <div class="pages">Trang: <b>1</b> <a href="?page=2">2</a> <a href="?page=2">Trang sau »</a></div></div>"""
        ),
        "weblog": page(
            f"""<h2 class="date-header"><span>Thứ Năm, 12 tháng 9, 2024</span></h2><div class="post hentry"><h3 class="entry-title">{TITLE}</h3>
            <time class="t" datetime="2024-09-12T15:20:00+07:00"></time><div class="entry-content">{"<br><br>".join(PARAGRAPHS)}<br><br>
            <div style="text-align: right;"><i>Hồ Lan</i></div></div></div>{COMMENTS}"""
        ),
        "encoded blob": page(
            f"""<h1>{TITLE}</h1><span class="time">12/09/2024 15:20</span> <span class="author">Hồ Lan</span>
            <div id="c" data-content="{base64.b64encode(paragraphs().encode()).decode()}"></div>
            <div class="other"><h3>Tin khác</h3><ul>{RELATED}</ul></div>"""
        ),
    }
    found["json for a browser"] = (
        f"<html><head><title>{TITLE}</title><meta property='article:published_time' content='2024-09-12T15:20:00+07:00'>"
        f"<meta name=author content='Hồ Lan'></head><body><div id=__next></div><script type='application/json'>"
        + json.dumps({"props": {"article": {"title": TITLE, "body": paragraphs()}}}, ensure_ascii=False)
        + "</script></body></html>"
    )
    return found
