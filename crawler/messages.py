"""Why something was refused, in Vietnamese and English: what pydantic and the operating system say in English only.

A message to a person is `where: Vietnamese / English`; where is a file, an option or a key, and stands once.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from crawler.article import Disposition

if TYPE_CHECKING:
    from pydantic import ValidationError

_WHOLE = "cần một số nguyên"
_NUMBER = "cần một số"
_TRUTH = "cần true hoặc false"
_TEXT = "cần một chuỗi ký tự"
_LIST = "cần một danh sách"
_TABLE = "cần một bảng các khóa"
_DAY = "cần một ngày như 2026-01-31"
_TIME = "cần ngày giờ như 2026-01-31T06:00:00+07:00"
_WRONG_VALUE = {
    "missing": "thiếu khóa này",
    "extra_forbidden": "không có khóa này",
    "literal_error": "chỉ nhận các giá trị sau",
    "string_type": _TEXT,
    "string_too_short": "cần ít nhất {min_length} ký tự",
    "string_pattern_mismatch": "sai dạng, phải khớp {pattern}",
    "path_type": "cần một đường dẫn",
    "too_short": "cần ít nhất {min_length} mục",
    "tuple_type": _LIST,
    "list_type": _LIST,
    "dict_type": _TABLE,
    "model_type": _TABLE,
    "model_attributes_type": _TABLE,
    "bool_type": _TRUTH,
    "bool_parsing": _TRUTH,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "greater_than": "phải lớn hơn {gt:g}",
    "greater_than_equal": "phải từ {ge:g} trở lên",
    "less_than": "phải nhỏ hơn {lt:g}",
    "less_than_equal": "không được quá {le:g}",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "datetime_type": _TIME,
    "datetime_parsing": _TIME,
    "datetime_from_date_parsing": _TIME,
    "timezone_aware": "thiếu múi giờ, chẳng hạn +07:00",
    "time_delta_type": "cần một khoảng thời gian như 30m hay 7d",
}
"""By pydantic's name for the error; the words in braces are its figures."""

_SYSTEM = {
    errno.ENOENT: "không có tệp hay thư mục này",
    errno.EACCES: "không có quyền đọc hay ghi",
    errno.EPERM: "không có quyền đọc hay ghi",
    errno.EISDIR: "đây là thư mục, cần một tệp",
    errno.ENOTDIR: "trong đường dẫn có chỗ không phải thư mục",
    errno.EEXIST: "đã có rồi",
    errno.ENOSPC: "đĩa đã đầy",
    errno.EDQUOT: "đã hết hạn mức đĩa",
    errno.EROFS: "ổ đĩa chỉ cho đọc",
    errno.ENAMETOOLONG: "tên tệp quá dài",
}


def explain(error: ValidationError) -> str:
    """A pydantic error as `key: reason; key: reason`.

    A validator of ours raises ValueError with both languages; what pydantic says itself is translated here.
    """
    return "; ".join(_explain_one(e) for e in error.errors())


def _explain_one(item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if item["type"] == "value_error":
        reason = str(item["msg"]).removeprefix("Value error, ")
    else:
        vietnamese = _WRONG_VALUE.get(item["type"], "giá trị không dùng được").format_map(item.get("ctx", {}))
        english = "unknown key" if item["type"] == "extra_forbidden" else item["msg"]
        reason = f"{vietnamese} / {english}"
    return f"{key}: {reason}" if key else reason


def system_reason(error: OSError) -> str:
    """Why the operating system refused.

    >>> system_reason(FileNotFoundError(errno.ENOENT, "No such file or directory"))
    'không có tệp hay thư mục này / No such file or directory'
    """
    vietnamese = _SYSTEM.get(error.errno or 0, "hệ điều hành từ chối")
    return f"{vietnamese} / {error.strerror or error}"


def at_line(number: int, reason: str) -> str:
    """A reason in both languages with the line of a file that it is about; its Vietnamese repeats nothing of the line.

    >>> at_line(3, "không phải JSON / no JSON")
    'dòng 3: không phải JSON / line 3: no JSON'
    """
    vietnamese, _, english = reason.partition(" / ")
    return f"dòng {number}: {vietnamese} / line {number}: {english}"


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
    Disposition.UNREAD: "máy đọc hỏng giữa chừng",
    Disposition.NOT_VIETNAMESE: "không phải tiếng Việt",
    Disposition.OFF_TOPIC: "lạc đề",
    Disposition.TOO_OLD: "quá cũ",
    Disposition.GONE: "đã gỡ",
    Disposition.HTTP_ERROR: "lỗi máy chủ",
    Disposition.ROBOTS: "robots.txt cấm",
    Disposition.PRIVATE_ADDRESS: "địa chỉ nội bộ",
}


def word_of(disposition: Disposition) -> str:
    """Why a page was left out, in words."""
    return _WORDS[disposition]


def told(dropped: Mapping[str, int]) -> str:
    """The counts of a crawl by `Disposition.reason`, in words; empty where nothing was left out.

    >>> told({"off_topic": 3, "gone": 1})
    'đã gỡ 1, lạc đề 3'
    """
    words = {disposition.reason: word for disposition, word in _WORDS.items()}
    return ", ".join(f"{words[reason]} {n}" for reason, n in sorted(dropped.items()))


# ---- why a page did not come -------------------------------------------------------------------------------


class Failure(StrEnum):
    """What kept a source from coming, by who can do something about it; told apart wherever it is told."""

    OWN = "own"
    """A fault of this machine: its store, its workers, its code."""
    NETWORK = "network"
    """This machine's own network."""
    PRIVATE = "private"
    NAME = "name"
    """DNS does not know the name."""
    REFUSED = "refused"
    TIMEOUT = "timeout"
    HUNG_UP = "hung_up"
    """The connection was lost in the middle."""
    TLS = "tls"
    NO_TLS = "no_tls"
    SERVER = "server"
    """The server says that it is broken."""
    ROBOTS = "robots"
    WALL = "wall"
    BLOCK = "block"
    """The server says that it does not want us, or asks for a long pause."""
    LEFT_ALONE = "left_alone"
    PAGE = "page"
    """It came, and is not what it should be."""

    @property
    def is_will(self) -> bool:
        """Whether the outlet keeps us out on purpose: then its newsroom is to be asked, and nothing circumvented."""
        return self in (Failure.ROBOTS, Failure.WALL, Failure.BLOCK)


_NO_TLS = r"wrong version number|packet length too long|record layer|http request"
"""What TLS says of a server that answers in plain HTTP."""
_REASONS = (
    (Failure.OWN, r"the store:|reading process", "lỗi của máy này, không phải của báo"),
    (Failure.NETWORK, r"our own network|network is unreachable", "mạng của máy này không ra ngoài được"),
    (Failure.PAGE, r"max redirections", "trang chuyển hướng vòng quanh"),
    (Failure.PAGE, r"not read:|processor time", "trang quá nặng hoặc hỏng, máy đọc đã bỏ qua"),
    (Failure.PRIVATE, r"private address", "địa chỉ thuộc mạng riêng; đúng ý thì thêm --allow-private"),
    (
        Failure.ROBOTS,
        r"forbid|disallow",
        "robots.txt của báo cấm trang này; không vòng qua, hãy xin phép tòa soạn",
    ),
    (Failure.BLOCK, r"asks? for|asked for", "báo yêu cầu nghỉ lâu giữa hai lần hỏi; thử lại sau"),
    (Failure.LEFT_ALONE, r"left alone|is held by", "máy chủ đang được để yên; thử lại sau ít phút"),
    (Failure.PAGE, r"too large|maxsize|max_page_bytes", "trang lớn quá giới hạn crawl.max_page_bytes"),
    (
        Failure.REFUSED, r"connection ?(?:was )?refused",
        "máy chủ từ chối kết nối; báo có thể đang tắt hoặc đã đổi địa chỉ",
    ),
    (
        Failure.NAME, r"dns|resolve|name or service|no address",
        "không tìm thấy tên miền; viết sai, hoặc báo đã đổi tên miền",
    ),
    (Failure.TIMEOUT, r"time(?:d )?-?out|took longer", "máy chủ không trả lời kịp; thử lại sau"),
    (Failure.NO_TLS, _NO_TLS, "máy chủ không nói https ở cổng này; báo chỉ có http thì ghi http:// phía trước"),
    (
        Failure.TLS,
        r"ssl|tls|certificate|verificationerror",
        "chứng thư TLS của báo lỗi hoặc quá cũ; không hạ mức an toàn, hãy báo cho tòa soạn",
    ),
    (
        Failure.HUNG_UP,
        r"connection ?(?:was )?(?:lost|done|closed|aborted|reset)|dataloss|neverreceived",
        "máy chủ ngắt kết nối giữa chừng; thử lại sau",
    ),
    (Failure.PAGE, r"HTTP 40[14]|HTTP 410", "không có trang này (hoặc phải đăng nhập); kiểm tra địa chỉ"),
    (
        Failure.BLOCK, r"HTTP (?:403|429)",
        "máy chủ từ chối máy đọc; không vòng qua, hãy xin phép tòa soạn hoặc thử lại sau",
    ),
    (Failure.SERVER, r"HTTP 5\d\d", "máy chủ đang lỗi; thử lại sau"),
    (
        Failure.WALL,
        r"bot wall|is a challenge|sets a cookie by script",
        "tường chặn máy; không vòng qua, hãy xin phép tòa soạn",
    ),
    (Failure.PAGE, r"no article links", "không thấy liên kết bài viết nào; xem `diemtin sources check`"),
    (Failure.OWN, r"errors in the spider", "mã đọc nguồn này gặp lỗi; xem nhật ký"),
    (Failure.OWN, r"no known article tells", "chưa biết bài nào để dò số; hãy chạy `diemtin crawl` trước"),
)  # fmt: skip
_ADDRESS = re.compile(r"https?://\S+")
_WHY_ALONE = re.compile(r"left alone for another .*? \((.*)\)\Z", re.DOTALL)
"""Why a host is left alone, in what is said of it: it is that which is wrong with it."""


def failure_of(problem: str) -> Failure | None:
    """Which kind of failure a problem is; None for one of no known kind.

    >>> failure_of("a.example is left alone for another 900 s (DownloadTimeoutError: took longer)")
    <Failure.TIMEOUT: 'timeout'>
    """
    if (behind := _WHY_ALONE.search(problem)) and (found := _reason(behind[1])) is not None:
        return found[0]
    found = _reason(problem)
    return found[0] if found else None


def in_words(problem: str) -> str:
    """A refusal in Vietnamese, with what to do; its own words behind it, and alone where it is of no known kind.

    >>> in_words("HTTP 503")
    'máy chủ đang lỗi; thử lại sau (HTTP 503)'
    """
    if (words := _meaning(problem)) is None:
        return problem
    short = problem if len(problem) <= 60 else f"{problem[:57]}…"
    return f"{words} ({short.rstrip('.')})"


def in_brief(problem: str) -> str:
    """A refusal for who can do nothing about it: what it is, and no more.

    >>> in_brief("bot wall: the page is a challenge: 'just a moment'")
    'tường chặn máy'
    """
    return (_meaning(problem) or problem).partition(";")[0]


def in_both(problem: str) -> str:
    """A refusal for a table: Vietnamese, and its own words whole.

    >>> in_both("https://a.example/tin: HTTP 503")
    'máy chủ đang lỗi; thử lại sau / https://a.example/tin: HTTP 503'
    """
    return f"{_meaning(problem) or 'có lỗi'} / {problem}"


def is_bad_tls(problem: str) -> bool:
    """Whether a server speaks TLS and badly (certificate, version), which is not the same as speaking none.

    >>> is_bad_tls("SSL.Error: certificate verify failed"), is_bad_tls("SSL.Error: wrong version number")
    (True, False)
    """
    spoken = re.search(r"ssl|tls|certificate", problem, re.IGNORECASE)
    return spoken is not None and re.search(_NO_TLS, problem, re.IGNORECASE) is None


def _meaning(problem: str) -> str | None:
    found = _reason(problem)
    behind = _WHY_ALONE.search(problem)
    inner = _reason(behind[1]) if behind else None
    if inner is not None and found is not None and inner[0] is not found[0]:
        return f"{inner[1].partition(';')[0]}; nhiều lần liền, nên đang được để yên; thử lại sau ít phút"
    return found[1] if found else None


def _reason(problem: str) -> tuple[Failure, str] | None:
    said = _ADDRESS.sub("", problem)  # an address may hold any word
    return next(
        ((kind, words) for kind, form, words in _REASONS if re.search(form, said, re.IGNORECASE)), None
    )
