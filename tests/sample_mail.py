"""Messages as a reader gets them, all of it invented: for tests of mails and the pictures in the documentation."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from crawler.dates.zones import VIETNAM
from crawler.delivery.coverage import Coverage, Looked
from crawler.delivery.items import CarryingOutlet, DigestItem, Elsewhere, Fired, Message, Shown

SIX = datetime(2026, 11, 22, 6, 0, tzinfo=VIETNAM)
READER = "van.phong@lamha.example"

DIRECTIVE = DigestItem(
    "document",
    "document:62-CT/TW@XIV",
    "Chỉ thị 62-CT/TW",
    (Fired("văn kiện mới", ()),),
    Shown(
        "Huyện ủy Bến Sỏi quán triệt Chỉ thị 62-CT/TW",
        (("Huyện ủy Bến Sỏi quán triệt Chỉ thị 62-CT/TW", False),),
        "https://bao-lam-ha.example/quan-triet-chi-thi-62",
        CarryingOutlet("Báo Lam Hà", "Lam Hà"),
        "2026-11-21T17:10:00+07:00",
        "visible",
        (
            ("Chiều 21/11, Huyện ủy Bến Sỏi tổ chức hội nghị quán triệt ", False),
            ("Chỉ thị 62-CT/TW", True),
            (" ngày 14/11/2026 của Ban Bí thư về nâng cao chất lượng sinh hoạt chi bộ ở thôn, bản.", False),
        ),
        lead=(("Gần 300 cán bộ chủ chốt dự tại điểm cầu huyện và mười bốn xã, thị trấn.", False),),
    ),
    (Elsewhere("Báo An Khê Sơn", "https://bao-an-khe.example/chi-thi-62"),),
    facts=(
        ("issuer", "Ban Bí thư"),
        ("dated", "2026-11-14"),
        ("about", "nâng cao chất lượng sinh hoạt chi bộ"),
    ),
)
MEETING = DigestItem(
    "meeting",
    "meeting:1",
    "Hội nghị tổng kết, Tỉnh ủy Lam Hà",
    (Fired("cuộc họp của tỉnh", ("Tỉnh ủy Lam Hà",)),),
    Shown(
        "Lam Hà chuẩn bị tổng kết 10 năm làm công tác dân vận khéo",
        (("Lam Hà chuẩn bị tổng kết 10 năm làm công tác dân vận khéo", False),),
        "https://bao-lam-ha.example/tong-ket-dan-van",
        CarryingOutlet("Báo Lam Hà", "Lam Hà"),
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
) -> DigestItem:
    """A story with the words of two watches."""
    return DigestItem(
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
            CarryingOutlet("Báo Cù Lao Hạ", "Cù Lao Hạ"),
            "2026-11-22T05:20:00+07:00",
            "json-ld",
            (
                ("Sau ba năm không có đảng viên mới, ", False),
                ("chi bộ", True),
                (" thôn Nà Phiêng vừa ", False),
                ("kết nạp", True),
                (" bốn đoàn viên ưu tú, người trẻ nhất mười chín tuổi.", False),
            ),
            lead=(
                (
                    "Ở nơi cách trung tâm xã hơn ba giờ đi bộ, cấp ủy đã kiên trì chọn lựa, bồi dưỡng những người "
                    "trẻ đầu tiên.",
                    False,
                ),
            ),
        ),
        tuple(
            Elsewhere(name, f"https://{i}.example/")
            for i, name in enumerate(("Báo Lam Hà", "Báo An Khê Sơn", "Báo Kim Hải")[:also])
        ),
        documents=("Quy định 24-QĐ/TW",),
        meetings=("Hội nghị chi bộ, Chi bộ thôn Nà Phiêng",),
    )


PLACES = ("Lam Hà", "An Khê Sơn", "Cù Lao Hạ", "Kim Hải", "Mù Căng", "Hồ Sen", "Đồi Thông", "Bến Sỏi")
_TITLES = (
    "Xã Vân Sơn họp bàn nhân sự đại hội chi bộ thôn nhiệm kỳ mới",
    "Kiểm tra việc chấp hành nguyên tắc tập trung dân chủ tại bốn đảng ủy trực thuộc",
    "Người bí thư chi bộ ở bản Nà Phiêng ba mươi năm đi từng nhà vận động",
    "Trao Huy hiệu Đảng đợt 7/11 cho 214 đảng viên lão thành của huyện đảo",
    "Hội nghị trực tuyến học tập nghị quyết thu hút hơn 12.000 cán bộ, đảng viên tham gia tại 231 điểm cầu",
    "Đảng ủy khối doanh nghiệp lập thêm ba chi bộ trong khu công nghiệp",
)
_LEADS = (
    "Sáng 21/11, Ban Thường vụ Đảng ủy xã nghe tiểu ban nhân sự báo cáo phương án giới thiệu người ứng cử cấp ủy, bảo đảm "
    "cơ cấu ba độ tuổi và tỷ lệ nữ.",
    "Đoàn kiểm tra làm việc trong mười ngày, đối chiếu quy chế làm việc với biên bản từng kỳ họp.",
)


def story(n: int, *, passing: bool = False, watch: str = "xây dựng Đảng") -> DigestItem:
    """One of many: a title of one to three lines on a phone, a lead, now and then a sentence and copies."""
    title, place = _TITLES[n % len(_TITLES)], PLACES[n % len(PLACES)]
    return DigestItem(
        "news",
        f"news:story-{n}",
        title,
        (Fired(watch, ("chi bộ",)),),
        Shown(
            title,
            ((title, False),),
            f"https://bao-{n}.example/bai-{n}",
            CarryingOutlet(f"Báo {place}", place),
            f"2026-11-21T{6 + n % 16:02d}:15:00+07:00",
            "visible",
            (
                ("Đồng chí nhắc lại ", False),
                ("chi bộ", True),
                (" phải gương mẫu trước khi đòi hỏi ai.", False),
            )
            if n % 3 == 0
            else (),
            lead=((_LEADS[n % len(_LEADS)], False),),
            topic=("Đại hội Đảng", "Kiểm tra, giám sát", "Phát triển đảng viên")[n % 3],
        ),
        tuple(Elsewhere(f"Báo {name}", f"https://{i}.example/{n}") for i, name in enumerate(PLACES[: n % 5])),
        documents=("Quy định 24-QĐ/TW",) if n % 4 == 0 else (),
        story=str(n),
        salience="passing" if passing else "main",
    )


def document(n: int) -> DigestItem:
    """One of several new documents, each told by an article of its own."""
    assert DIRECTIVE.article is not None
    shown = replace(DIRECTIVE.article, url=f"https://bao-lam-ha.example/van-kien-{n}")
    return replace(
        DIRECTIVE,
        key=f"document:{60 + n}-CT/TW",
        headline=f"Chỉ thị {60 + n}-CT/TW",
        article=shown,
        story=f"d{n}",
    )


def meeting(n: int, *, upcoming: bool) -> DigestItem:
    """One of many meetings."""
    assert MEETING.article is not None
    shown = replace(MEETING.article, url=f"https://bao-lam-ha.example/hop-{n}", passage=())
    facts = tuple(
        (k, f"2026-11-{(23 if upcoming else 10) + n % 6:02d}" if k == "day" else v) for k, v in MEETING.facts
    )
    return replace(MEETING, key=f"meeting:{n}", article=shown, facts=facts, upcoming=upcoming, story=f"m{n}")


MORNING = Message(
    "digest",
    "vi",
    READER,
    SIX,
    (
        *(document(n) for n in range(4)),
        *(story(n, passing=n >= 26) for n in range(30)),
        *(meeting(n, upcoming=True) for n in range(8)),
        *(meeting(n, upcoming=False) for n in range(8, 38)),
    ),
    (),
    None,
    province="Kim Hải",
    group="province",
)
"""A heavy morning: 30 stories, 4 documents, 8 meetings ahead and 30 that are over."""

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
        DigestItem("event", "silent_source|bao-kim-hai|2026-11-22", "Nguồn im lặng: Báo Kim Hải", (Fired("vận hành", ()),),
             facts=(("detail", "3 ngày không có bài; thường 4 bài mỗi ngày"),
                    ("to_do", "Mở chuyên mục xem báo có đăng bài không; nếu có, chạy: diemtin sources check"))),
        DigestItem("event", "suspended_address|x", "Địa chỉ từ chối thư: ban@lamha.example", (Fired("vận hành", ()),),
             facts=(("detail", "RCPT TO: 550 5.1.1 no such user"),)),
    ),
)  # fmt: skip
