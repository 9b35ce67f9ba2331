"""Who wrote it, as people print it: "Hằng Nga - Mạnh Hùng", "Tin, ảnh: P.Y", "Theo TTXVN", "THUẬN VĂN, LÊ ÁNH".

A photographer is a credit, not an author; the outlet's own name is no author; an account of the CMS is none either.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from crawler.text.letters import CAPITAL, DASH, SMALL
from crawler.text.normal import clean_line
from crawler.text.plain import plain

_WORK = (
    r"(?:tin|bài(?:\s+viết)?|ảnh|hình|clip|video|đồ\s*h[oọ]ạ?|thơ|trình\s+bày|infographics?|thiết\s+kế|văn)"
)
_PREFIX = re.compile(
    rf"^\W*(?:(?:{_WORK}(?:\s*(?:,|và|&|-|–|\+|/)\s*{_WORK})*|thực\s+hiện|tác\s+giả|người\s+viết|"
    rf"(?:được\s+)?(?:viết|gửi|đăng)\s+bởi|nguồn(?:\s+tin)?|nội\s+dung"
    r"|biên\s+(?:soạn|tập|dịch)|ghi|lược\s+ghi|ghi\s+chép|tổng\s+hợp|ctv|pv|by|author|bút\s+danh|"
    r"phóng\s+viên)\s*[:：]\s*|(?:(?:được\s+)?(?:(?:viết|gửi|đăng)\s+)?bởi|by)\s+)+",
    re.IGNORECASE,
)
_THEO = re.compile(rf"^\W*(?:\(\s*)?(?:theo|nguồn)\s*:?\s+(?=[{CAPITAL}])", re.IGNORECASE)
_HELP = (
    r"(?:ảnh|hình(?:\s+ảnh)?|photo|clip|video|đồ\s*h[oọ]ạ?|thiết\s+kế|trình\s+bày|kỹ\s+thuật"
    r"|mỹ\s+thuật|minh\s+h[oọ]ạ?|"
    r"dựng(?:\s+phim)?|quay(?:\s+phim)?|kỹ\s+xảo|âm\s+thanh|lồng\s+tiếng|giọng\s+đọc|infographics?"
    r"|design|graphics?)"
)
"""Work on a story that does not make its author: pictures, drawing, layout, sound."""
_PHOTO_ONLY = re.compile(
    rf"^\W*{_HELP}(?:\s*(?:,|và|&|-|–|\+|/)\s*{_HELP})*(?:\s+\w+)?\s*[:：]", re.IGNORECASE
)
_HELPER_PART = re.compile(rf"[\s;,.|–-]+{_HELP}(?:\s*(?:,|và|&|-|–|\+|/)\s*{_HELP})*\s*[:：]", re.IGNORECASE)
_TAIL = re.compile(
    r"\s*(?:\((?:[^()]{0,60})\)|[-–|,]\s*(?:tổng\s+hợp|lược\s+ghi|ghi|thực\s+hiện|biên\s+soạn|dịch|t/h)|"
    r"(?<=\s)(?:tổng\s+hợp|lược\s+ghi|vào|\(thực\s+hiện\)))\s*\.?$",
    re.IGNORECASE,
)
_ROLE = re.compile(
    r"^(?:PV|CTV|BTV|Phóng\s+viên|Cộng\s+tác\s+viên|Nhà\s+báo|Tác\s+giả|ThS|TS|PGS|GS|"
    rf"NB)\b[.:]?\s+(?=[{CAPITAL}])"
)
_SPLIT = re.compile(
    rf"\s*(?:,|;|&|\n|\||/(?!/)|\s[{DASH}]\s|\s[{DASH}](?=[{CAPITAL}])|(?<=[{SMALL}])[{DASH}]\s|\s+và\s+|"
    rf"(?<=[{SMALL}])\s*[{DASH}]\s*(?=[{CAPITAL}]))\s*"
)
_GROUP = re.compile(
    r"^(?:nhóm\s+(?:pv|phóng\s+viên|tác\s+giả|ctv|btv)|ban\s+biên\s+tập|pv|p\.?v|ctv|phóng\s+viên|bbt|"
    r"t\.h|tổng\s+hợp)$",
    re.I,
)
_AGENCY = re.compile(
    r"^(?:TTXVN|VOV(?:\.VN)?|VTV|TTX|Xinhua|Reuters|AFP|AP|TASS|Vietnam\+|VietnamPlus|VGP)$", re.I
)
_WORD = re.compile(rf"^[{CAPITAL}][\w’'.]*$|^[A-ZĐ]\.$")
_NOT_NAMES = re.compile(
    r"(?i)\b(?:báo|đài|tạp chí|cổng thông tin|trang thông tin|đồng chí|ông|bà|tin|bài|ảnh|ngày|tháng|"
    r"năm|hội nghị|"
    r"tỉnh ủy|huyện ủy|thành ủy|ủy ban|chi tiết|xem|quay lại|trang chủ|http|www|admin|administrator|"
    r"editor|root|user|"
    r"webmaster|toà soạn|tòa soạn|biên tập viên|chia sẻ|bình luận|facebook|zalo|theo dõi|còn nữa|hết|kỳ|"
    r"phần)\b"
)
_NEVER_IN_NAMES = frozenset('?!:“”"…%')
_ACCOUNT = re.compile(r"^[a-z0-9_.@-]+$|\d{2,}|[_@]")
_SOURCE = re.compile(
    r"(?i)^\W*nguồn(?:\s+tin)?\s*:\s*(?:báo|đài|tạp chí|cổng|trang|website|internet|https?:|www)"
)
OUTLET = re.compile(
    r"(?i)^\W*(?:báo|đài|tạp chí|cổng thông tin|trang thông tin|trang tin|tòa soạn|toà soạn|thời báo|"
    r"ban biên tập)\b"
)
"""How the name of a newsroom begins; with its accents, or "Bảo Khuê" would be one."""
_SECTIONS = frozenset(
    (
        "thoi su",
        "chinh tri",
        "kinh te",
        "xa hoi",
        "van hoa",
        "the thao",
        "phap luat",
        "giao duc",
        "y te",
        "doi song",
        "du lich",
        "quoc te",
        "the gioi",
        "ban doc",
        "xay dung dang",
        "tin tuc",
        "trong nuoc",
        "trong tinh",
        "an ninh",
        "quoc phong",
        "nong nghiep",
        "khoa hoc",
        "cong nghe",
        "suc khoe",
        "giai tri",
    )
)
_TITLED = ("Mc", "de", "van")


def parse_authors(text: str | None, *, outlet: Iterable[str] = (), trusted: bool = False) -> tuple[str, ...]:
    """The names in a printed by-line, in its order; empty where it holds anything that is no name.

    `outlet` are names under which the paper itself goes; `trusted` says the page marks the text as the author, so that
    an unusual name (a pen name in one word, a body) is believed.

    >>> parse_authors("Bài và ảnh: Hà Thu - Vân Khê")
    ('Hà Thu', 'Vân Khê')
    >>> parse_authors("Theo TTXVN"), parse_authors("Ảnh: Văn Nam")
    (('TTXVN',), ())
    """
    if not text:
        return ()
    line = clean_line(text.replace("\n", " ; ")) if "\n" in text else clean_line(text)
    if not line or len(line) > 160 or _PHOTO_ONLY.match(line):
        return ()
    if _SOURCE.match(line):
        return ()
    labelled = bool(_PREFIX.match(line) or _THEO.match(line))
    line = _PREFIX.sub("", line, count=1)
    line = _THEO.sub("", line, count=1)
    line = _drop_photographer(line)
    previous = None
    while line != previous:
        previous, line = line, _TAIL.sub("", line).strip(" .;:,-–|")
    own = {plain(name) for name in outlet if name}
    names: list[str] = []
    for part in _SPLIT.split(line):
        name = (
            _ROLE.sub("", part.strip(' .;:*-–|()"“”'))
            if not part.strip().endswith(".")
            else part.strip(' ;:*-–|()"“”')
        )
        name = _initials(name)
        if not name or plain(name) in own:
            continue
        if not _is_name(name, trusted=trusted or labelled):
            return ()
        if plain(name) not in {plain(n) for n in names}:
            names.append(name)
    return tuple(names) if len(names) <= 6 else ()


def is_byline(text: str) -> bool:
    """Whether a short last line reads as a by-line: names only, or a label and names."""
    return (
        "\n" not in text.strip()
        and len(text) <= 90
        and bool(parse_authors(text) or (_PHOTO_ONLY.match(text) and len(text) < 50))
    )


def is_helper(text: str) -> bool:
    """Whether a line names only those who helped with pictures, layout or sound.

    >>> is_helper("Thiết kế: Hồng Lựu"), is_helper("Bài, ảnh: Hồng Lựu")
    (True, False)
    """
    return _PHOTO_ONLY.match(text) is not None


def is_labelled(text: str) -> bool:
    """Whether a line names authors by a label: "Tin, ảnh: …", "Thực hiện: …", "Theo …"."""
    return bool(_PREFIX.match(text) or _THEO.match(text))


def is_group(name: str) -> bool:
    """Whether a by-line names no person but a group: "Nhóm PV", "PV"."""
    return _GROUP.match(name) is not None


_VENDOR = re.compile(
    r"(?i)\b(?:vnpt|viettel|epi|hemera|netnam|tinh\s?vân|tinhvan|mobifone|fpt|bkav|joomla|wordpress"
    r"|drupal|dnn|liferay|cms|portal|"
    r"công ty|jsc|technolog\w+|software|solutions|super user|webmaster)\b"
)
"""Who makes or runs a newspaper's site; as its template's author in the structured data of every page."""


def is_account(name: str) -> bool:
    """Whether a name in structured data is an account or the maker of the CMS ("lequyen02", "VNPT Portal"), no person.

    >>> is_account("btv_hoang"), is_account("ePi Technologies"), is_account("Hoàng Lan")
    (True, True, False)
    """
    return (
        bool(_ACCOUNT.search(name.strip()))
        or _VENDOR.search(name) is not None
        or plain(name)
        in (
            "admin",
            "administrator",
            "quan tri",
            "bien tap",
            "editor",
        )
    )


def is_outlet(name: str, outlet: Iterable[str]) -> bool:
    """Whether a name is the paper's own, also in part ("Báo X" for "Báo X điện tử")."""
    key = plain(name)
    words = set(key.split())
    for other in outlet:
        known = plain(other)
        if known and (key == known or (len(words) >= 2 and words <= set(known.split()))):
            return True
    if OUTLET.match(name):
        return True
    return " " not in key and re.search(r"\.(?:vn|com|net|org|info|tv)\b", key) is not None


def _drop_photographer(line: str) -> str:
    """ "Hà Thu; Ảnh: Văn Nam" → "Hà Thu"."""
    return _HELPER_PART.split(line, maxsplit=1)[0]


def _initials(name: str) -> str:
    return name if re.fullmatch(r"(?:\w{1,3}\.)+\w{0,3}\.?", name) else name.strip(" .")


def _is_name(name: str, *, trusted: bool) -> bool:
    if _GROUP.match(name) or _AGENCY.match(name):
        return True
    if len(name) < 2 or len(name) > 50 or is_account(name) or not _NEVER_IN_NAMES.isdisjoint(name):
        return False
    words = name.split()
    if trusted and len(words) <= 8 and name[0].isupper() and not name.endswith("…"):
        return not re.search(r"(?i)\b(?:http|www|chia sẻ|bình luận|facebook)\b", name)
    if _NOT_NAMES.search(name):
        return False
    if not 1 <= len(words) <= 6:
        return False
    if len(words) == 1 and not (re.fullmatch(r"(?:\w{1,3}\.)+\w{0,4}\.?", name) or len(name) >= 4):
        return False
    return plain(name) not in _SECTIONS and all(_WORD.match(w) or w in _TITLED for w in words)
