"""Why a page did not come, in words an operator can act on."""

from __future__ import annotations

import re

_REASONS = (
    (r"private address", "địa chỉ thuộc mạng riêng; đúng ý thì thêm --allow-private"),
    (r"forbid|disallow", "robots.txt của báo cấm trang này; không vòng qua, hãy xin phép tòa soạn"),
    (r"left alone|is held by", "máy chủ lỗi nhiều lần nên đang được để yên; thử lại sau ít phút"),
    (r"too large|maxsize|max_page_bytes", "trang lớn quá giới hạn crawl.max_page_bytes"),
    (r"connection ?refused", "máy chủ từ chối kết nối; báo có thể đang tắt hoặc đã đổi địa chỉ"),
    (r"dns|resolve|name or service|no address", "không tìm thấy tên miền; viết sai, hoặc báo đã đổi tên miền"),
    (r"time(?:d )?-?out|took longer", "máy chủ không trả lời kịp; thử lại sau"),
    (r"ssl|tls|certificate", "chứng thư TLS của báo lỗi hoặc quá cũ; không hạ mức an toàn, hãy báo cho tòa soạn"),
    (r"HTTP 40[14]|HTTP 410", "không có trang này (hoặc phải đăng nhập); kiểm tra địa chỉ"),
    (r"HTTP (?:403|429)", "máy chủ từ chối máy đọc; không vòng qua, hãy xin phép tòa soạn hoặc thử lại sau"),
    (r"HTTP 5\d\d", "máy chủ đang lỗi; thử lại sau"),
    (r"bot wall|is a challenge|sets a cookie by script", "tường chặn máy; không vòng qua, hãy xin phép tòa soạn"),
    (r"no article links", "không thấy liên kết bài viết nào; xem `diemtin sources check`"),
    (r"errors in the spider", "mã đọc nguồn này gặp lỗi; xem nhật ký"),
    (r"no known article tells", "chưa biết bài nào để dò số; hãy chạy `diemtin crawl` trước"),
)  # fmt: skip


def in_words(problem: str) -> str:
    """A refusal in Vietnamese, with what to do; its own words behind it, and alone where it is of no known kind.

    >>> in_words("HTTP 503")
    'máy chủ đang lỗi; thử lại sau (HTTP 503)'
    """
    if (words := _meaning(problem)) is None:
        return problem
    short = problem if len(problem) <= 60 else f"{problem[:57]}…"
    return f"{words} ({short.rstrip('.')})"


def in_both(problem: str) -> str:
    """A refusal for a table: Vietnamese, and its own words whole.

    >>> in_both("https://a.example/tin: HTTP 503")
    'máy chủ đang lỗi; thử lại sau / https://a.example/tin: HTTP 503'
    """
    said = re.sub(r"^https?://\S+: ", "", problem)  # an address may hold any word
    return f"{_meaning(said) or 'có lỗi'} / {problem}"


def _meaning(problem: str) -> str | None:
    return next((words for form, words in _REASONS if re.search(form, problem, re.IGNORECASE)), None)
