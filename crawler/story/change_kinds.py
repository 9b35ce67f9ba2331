"""What an edit may be, as it is stored, searched for and told; `crawler.story.versions` decides which."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class ChangeKind(StrEnum):
    """What an edit did; an edit may be of several kinds."""

    TITLE = "title"
    FIGURE = "figure"
    """A number is another one."""
    NAME = "name"
    """A proper name is another one, or longer, or shorter."""
    CUT = "cut"
    """A sentence or a paragraph is gone."""
    ADDED = "added"
    """A sentence or a paragraph is new."""
    WORDING = "wording"
    """Other words, the facts untouched."""
    ORDER = "order"
    """A paragraph stands elsewhere."""
    CAPTION = "caption"
    BYLINE = "byline"


LABELS: Mapping[ChangeKind, str] = {
    ChangeKind.TITLE: "Đổi tiêu đề",
    ChangeKind.FIGURE: "Sửa số liệu",
    ChangeKind.NAME: "Sửa tên riêng",
    ChangeKind.CUT: "Cắt bớt",
    ChangeKind.ADDED: "Thêm đoạn",
    ChangeKind.WORDING: "Sửa câu chữ",
    ChangeKind.ORDER: "Đổi thứ tự đoạn",
    ChangeKind.CAPTION: "Sửa chú thích ảnh",
    ChangeKind.BYLINE: "Sửa tên tác giả",
}


GONE = "gone"
"""What stands beside the kinds of edits where an article was taken down."""
GONE_LABEL = "Đã gỡ khỏi trang"
SUBSTANCE = frozenset(
    {ChangeKind.TITLE, ChangeKind.FIGURE, ChangeKind.NAME, ChangeKind.CUT, ChangeKind.ADDED}
)
"""Kinds that change what an article says; other words, captions, by-lines and the order do not."""
