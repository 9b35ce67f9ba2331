"""Messages as a reader gets them, all of it invented: for tests of mails and the pictures in the documentation."""

from __future__ import annotations

from datetime import datetime, timedelta

from crawler.watch.cadence import VIETNAM
from crawler.watch.coverage import Coverage, Looked
from crawler.watch.items import Elsewhere, Fired, Item, Message, Outlet, Shown

SIX = datetime(2026, 11, 22, 6, 0, tzinfo=VIETNAM)
READER = "van.phong@lamha.example"

DIRECTIVE = Item(
    "document",
    "document:62-CT/TW@XIV",
    "Chỉ thị 62-CT/TW",
    (Fired("văn kiện mới", ()),),
    Shown(
        "Huyện ủy Bến Sỏi quán triệt Chỉ thị 62-CT/TW",
        (("Huyện ủy Bến Sỏi quán triệt Chỉ thị 62-CT/TW", False),),
        "https://bao-lam-ha.example/quan-triet-chi-thi-62",
        Outlet("Báo Lam Hà", "Lam Hà"),
        "2026-11-21T17:10:00+07:00",
        "visible",
        (
            ("Chiều 21/11, Huyện ủy Bến Sỏi tổ chức hội nghị quán triệt ", False),
            ("Chỉ thị 62-CT/TW", True),
            (" ngày 14/11/2026 của Ban Bí thư về nâng cao chất lượng sinh hoạt chi bộ ở thôn, bản.", False),
        ),
    ),
    (Elsewhere("Báo An Khê Sơn", "https://bao-an-khe.example/chi-thi-62"),),
    facts=(
        ("issuer", "Ban Bí thư"),
        ("dated", "2026-11-14"),
        ("about", "nâng cao chất lượng sinh hoạt chi bộ"),
    ),
)
MEETING = Item(
    "meeting",
    "meeting:1",
    "Hội nghị tổng kết, Tỉnh ủy Lam Hà",
    (Fired("cuộc họp của tỉnh", ("Tỉnh ủy Lam Hà",)),),
    Shown(
        "Lam Hà chuẩn bị tổng kết 10 năm làm công tác dân vận khéo",
        (("Lam Hà chuẩn bị tổng kết 10 năm làm công tác dân vận khéo", False),),
        "https://bao-lam-ha.example/tong-ket-dan-van",
        Outlet("Báo Lam Hà", "Lam Hà"),
        "2026-11-21",
        "dateline",
        (
            ("Ngày 28/11 tới, ", False),
            ("Tỉnh ủy Lam Hà", True),
            (" sẽ tổ chức hội nghị tổng kết tại thị xã Đồi Thông.", False),
        ),
    ),
    facts=(
        ("organiser", "Tỉnh ủy Lam Hà"),
        ("day", "2026-11-28"),
        ("session", "sáng"),
        ("place", "thị xã Đồi Thông"),
    ),
    upcoming=True,
)


def news(
    n: int = 0, *, title: str = "Chi bộ vùng cao Nà Phiêng kết nạp bốn đảng viên trẻ", also: int = 3
) -> Item:
    """A story with the words of two watches."""
    return Item(
        "news",
        f"news:{n}",
        title,
        (
            Fired("chi bộ vùng cao", ("chi bộ", "vùng cao")),
            Fired("phát triển đảng viên", ("kết nạp", "đảng viên")),
        ),
        Shown(
            title,
            ((title[:6], True), (title[6:], False)),
            f"https://bao-cu-lao.example/na-phieng-{n}",
            Outlet("Báo Cù Lao Hạ", "Cù Lao Hạ"),
            "2026-11-22T05:20:00+07:00",
            "json-ld",
            (
                ("Sau ba năm không có đảng viên mới, ", False),
                ("chi bộ", True),
                (" thôn Nà Phiêng vừa ", False),
                ("kết nạp", True),
                (" bốn đoàn viên ưu tú, người trẻ nhất mười chín tuổi.", False),
            ),
        ),
        tuple(
            Elsewhere(name, f"https://{i}.example/")
            for i, name in enumerate(("Báo Lam Hà", "Báo An Khê Sơn", "Báo Kim Hải")[:also])
        ),
        documents=("Quy định 24-QĐ/TW",),
        meetings=("Hội nghị chi bộ, Chi bộ thôn Nà Phiêng",),
    )


COVERAGE = Coverage(
    SIX - timedelta(days=1),
    SIX,
    (
        Looked("bao-an-khe", "Báo An Khê Sơn", "looked", SIX - timedelta(minutes=14)),
        Looked("bao-cu-lao", "Báo Cù Lao Hạ", "looked", SIX - timedelta(minutes=9)),
        Looked("bao-kim-hai", "Báo Kim Hải", "silent", SIX - timedelta(minutes=11)),
        Looked("bao-lam-ha", "Báo Lam Hà", "looked", SIX - timedelta(minutes=5)),
        Looked(
            "bao-mu-cang", "Báo Mù Căng", "blocked", SIX - timedelta(hours=20), "robots.txt không cho phép"
        ),
        Looked("bao-ho-sen", "Báo Hồ Sen", "not_looked", None),
    ),
)
DIGEST = Message("digest", "vi", READER, SIX, (DIRECTIVE, MEETING, news()), ("xổ số kiến thiết",), COVERAGE)
NOW = Message("now", "vi", READER, SIX, (DIRECTIVE,))
NOTHING = Message("nothing", "vi", READER, SIX, (), ("chi bộ vùng cao",), COVERAGE)
OPERATOR = Message(
    "operator",
    "vi",
    "may@lamha.example",
    SIX,
    (
        Item("event", "silent_source|bao-kim-hai|2026-11-22", "Nguồn im lặng: Báo Kim Hải", (Fired("vận hành", ()),),
             facts=(("detail", "3 ngày không có bài; thường 4 bài mỗi ngày"),
                    ("to_do", "Mở chuyên mục xem báo có đăng bài không; nếu có, chạy: diemtin sources check"))),
        Item("event", "suspended_address|x", "Địa chỉ từ chối thư: ban@lamha.example", (Fired("vận hành", ()),),
             facts=(("detail", "RCPT TO: 550 5.1.1 no such user"),)),
    ),
)  # fmt: skip
