"""Invented articles of an invented province, and what the press does to them: shared by the story tests."""

from __future__ import annotations

import random
import textwrap
import unicodedata
from collections.abc import Callable

NAMES = (
    "Nông Văn Khoát",
    "Lò Thị Mến",
    "Triệu Đình Phách",
    "Vi Quang Thỏa",
    "Ma Duy Luyện",
    "Phùng Hữu Toản",
)
PLACES = ("bản Nà Lùng", "xã Khe Sung", "thôn Pác Vai", "xóm Mường Mít", "xã Ea Chàm", "huyện Suối Rượu")
WORK = ("nạo vét kênh mương", "trồng rừng gỗ lớn", "mở lớp xóa mù chữ", "kéo điện về bản", "sửa nhà dột nát")
FORMULAE = (
    "Công tác giáo dục chính trị tư tưởng được các cấp ủy quan tâm, nội dung và hình thức từng bước đổi mới.",
    "Hội nghị đã thảo luận, làm rõ những kết quả đạt được và đề ra nhiều giải pháp cho thời gian tới.",
    "Các đại biểu thống nhất cao với những nội dung được trình bày tại hội nghị.",
    "Việc học tập và làm theo tư tưởng, đạo đức, phong cách Hồ Chí Minh được triển khai nghiêm túc.",
)


def write(seed: int, *, sentences: int = 12) -> list[str]:
    """The blocks of one article: title, lead, paragraphs, a caption, a by-line. Another seed is another event."""
    r = random.Random(seed)
    place, chair = r.choice(PLACES), r.choice(NAMES)
    prose = [
        f"Ngày {r.randint(1, 28)}/{r.randint(1, 12)}, tại {place}, đồng chí {chair} chủ trì hội nghị với "
        f"{r.randint(101, 999)} đại biểu."
    ]
    for _ in range(sentences - 3):
        prose.append(
            f"{r.choice(('Tại', 'Ở', 'Riêng'))} {r.choice(PLACES)}, chi bộ của đồng chí {r.choice(NAMES)} đã "
            f"{r.choice(WORK)} với {r.randint(101, 9999)} ngày công, giúp {r.randint(11, 99)} hộ."
        )
    prose += r.sample(FORMULAE, 2)
    paragraphs = [" ".join(prose[i : i + 3]) for i in range(0, len(prose), 3)]
    caption = f"Đồng chí {chair} phát biểu tại hội nghị. Ảnh: H.Lâm"
    return [f"Hội nghị ở {place}", *paragraphs[:2], caption, *paragraphs[2:], r.choice(("Hoài Thu", "P.V"))]


def text(blocks: list[str]) -> str:
    """The corpus text of blocks."""
    return "\n\n".join(blocks)


def reprint(blocks: list[str]) -> list[str]:
    """Under another title and by-line, with a dateline and another caption."""
    lead = "TTXVN - " + blocks[1]
    return [
        "Tin từ cơ sở",
        lead,
        blocks[2],
        "Quang cảnh buổi làm việc. Ảnh: TTXVN phát",
        *blocks[4:-1],
        "Thu Bưởi",
    ]


def cut_tail(blocks: list[str]) -> list[str]:
    """Without its last paragraph, caption and by-line."""
    return [*blocks[:3], *blocks[4:-2]]


def cut_head(blocks: list[str]) -> list[str]:
    """Without its lead."""
    return [blocks[0], *blocks[2:]]


def reorder(blocks: list[str]) -> list[str]:
    """Paragraphs in another order."""
    return [blocks[0], blocks[-2], *blocks[2:-2], blocks[1], blocks[-1]]


def insert(blocks: list[str]) -> list[str]:
    """With a paragraph of its own."""
    own = "Phóng viên ghi nhận thêm tại thôn Bôn Hạ: 77 hộ đã góp 456 triệu đồng. Ông Tạ Bá Điền rất mừng."
    return [*blocks[:2], own, *blocks[2:]]


def edit(blocks: list[str]) -> list[str]:
    """Every sentence touched, the facts kept."""
    return [b.replace(" đã ", " vừa ").replace("chủ trì hội nghị", "chủ trì cuộc họp") for b in blocks]


def retype(blocks: list[str]) -> list[str]:
    """Typed by another hand: decomposed accents, old tone placement, straight quotes, short forms, spaces."""
    swaps = {"đồng chí": "đ/c", "ủy": "uỷ", "xóa": "xoá", ", ": " , ", "“": '"', "”": '"', " - ": " – "}
    typed = []
    for block in blocks:
        for old, new in swaps.items():
            block = block.replace(old, new)
        typed.append(unicodedata.normalize("NFD", block))
    return typed


def wrap(blocks: list[str]) -> list[str]:
    """With hard line ends every sixty characters."""
    return [textwrap.fill(block, 60) for block in blocks]


COPIES: tuple[Callable[[list[str]], list[str]], ...] = (
    reprint, cut_tail, cut_head, reorder, insert, edit, retype, wrap, list,
)  # fmt: skip
