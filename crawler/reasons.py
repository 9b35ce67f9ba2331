"""Why something was refused, in Vietnamese and English: what pydantic and the operating system say in English only.

A message to a person is `where: Vietnamese / English`; where is a file, an option or a key, and stands once.
"""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

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
