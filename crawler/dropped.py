"""Why pages were left out, as a Vietnamese reader is told it."""

from __future__ import annotations

from collections.abc import Mapping

from crawler.article import Disposition

_WORDS = {
    Disposition.LISTING: "trang danh mục",
    Disposition.BOT_WALL: "tường chặn máy",
    Disposition.LOGIN_WALL: "phải đăng nhập",
    Disposition.EMPTY_SHELL: "trang trống",
    Disposition.ERROR_PAGE: "trang báo lỗi",
    Disposition.WRONG_ARTICLE: "sai bài",
    Disposition.NOT_HTML: "không phải trang",
    Disposition.TOO_LARGE: "quá lớn",
    Disposition.TOO_SHORT: "quá ngắn",
    Disposition.UNREADABLE: "không đọc được",
    Disposition.NOT_VIETNAMESE: "không phải tiếng Việt",
    Disposition.OFF_TOPIC: "lạc đề",
    Disposition.TOO_OLD: "quá cũ",
    Disposition.GONE: "đã gỡ",
    Disposition.HTTP_ERROR: "lỗi máy chủ",
    Disposition.ROBOTS: "robots.txt cấm",
    Disposition.PRIVATE_ADDRESS: "địa chỉ nội bộ",
}


def told(dropped: Mapping[str, int]) -> str:
    """The counts of a crawl by `Disposition.reason`, in words; empty where nothing was left out.

    >>> told({"off_topic": 3, "gone": 1})
    'đã gỡ 1, lạc đề 3'
    """
    words = {disposition.reason: word for disposition, word in _WORDS.items()}
    return ", ".join(f"{words[reason]} {n}" for reason, n in sorted(dropped.items()))
