"""Bodies of the political system named in Vietnamese prose: `Ban Tổ chức Tỉnh ủy X`, `BCH Đảng bộ huyện Y`.

A name is a head out of a closed list (Party committees and their commissions, people's councils and committees, the
Front and mass organisations, Party press, political schools, steering boards) and a tail that runs to the next verb,
preposition or comma. Vietnamese writes only the first syllable of each part of a name in capitals, so the tail follows
capitals where there are any and a list of stop words everywhere (headlines in capitals).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from crawler.text.abbreviations import PLACE_LEVELS
from crawler.text.anchored_regex import Ended, Opened
from crawler.text.match_key import Keyed

_TABLES: Mapping[str, list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)

Sphere = Literal["party", "council", "front", "mass", "press", "school", "board", "place"]


def _words(table: str) -> frozenset[str]:
    return frozenset(_TABLES[table])


_PARTY_COMMITTEE = r"(?:tỉnh|thành|huyện|thị|quận|đảng|chi|xứ|khu|quân|liên khu|đặc khu)\s?ủy(?!\s+viên)"
_COMMISSION = (
    r"(?:ban (?:thường vụ|chấp hành|thường trực|tổ chức|tuyên giáo và dân vận|tuyên giáo|dân vận"
    r"|nội chính|kinh tế(?: - | và )ngân sách|văn hóa(?: - | và )xã hội|kinh tế|tổ chức cán bộ"
    r"|cán sự đảng|cán sự|bảo vệ, chăm sóc sức khỏe cán bộ|công tác đảng|xây dựng đảng|pháp chế|dân tộc"
    r"|đảng|kiểm tra)"
    r"|btv|bch|btc|thường trực|thường vụ|ủy ban kiểm tra|ubkt|văn phòng|vp|đảng đoàn|hội đồng|cơ quan"
    r"|khối|thường trực ban chỉ đạo)"
)
_COUNCIL = (
    r"(?:tổ đại biểu (?:hđnd|hội đồng nhân dân)|hđnd|hội đồng nhân dân|ubnd|ủy ban nhân dân|đoàn (?:đbqh"
    r"|đại biểu quốc hội)"
    r"|tổ đại biểu quốc hội|ủy ban thường vụ quốc hội|ubtvqh|quốc hội(?! việt nam và)|chính phủ)"
)
_FRONT = (
    r"(?:ban công tác (?:mặt trận|mttq)|(?:ủy ban\s+)(?:trung ương\s+)?(?:mặt trận tổ quốc|mttq|mặt trận)"
    r"|ub\s?mttq"
    r"|mặt trận tổ quốc|mttq|mặt trận)"
)
_MASS = (
    r"(?:liên đoàn lao động|lđlđ|công đoàn|tổng liên đoàn lao động|(?:tỉnh|thành|huyện|thị|quận|xã"
    r"|phường) đoàn(?! kết)(?!\s+(?:thể|viên|công tác|kiểm tra|giám sát))"
    r"|đoàn (?:thanh niên|tncs|thanh niên cộng sản|khối|phường|xã)|trung ương đoàn"
    r"|hội (?:liên hiệp phụ nữ|lhpn|phụ nữ|nông dân|cựu chiến binh|ccb|chữ thập đỏ|nhà báo|người cao tuổi"
    r"|khuyến học|luật gia"
    r"|cựu thanh niên xung phong|lhtn|liên hiệp thanh niên|sinh viên|văn học nghệ thuật|cựu công an"
    r"|cựu giáo chức|khoa học|nhà văn|kiến trúc sư|nhạc sĩ|mỹ thuật|nghệ sĩ|văn nghệ dân gian|đông y"
    r"|doanh nghiệp|thầy thuốc)"
    r"|liên hiệp các hội|hội đồng đội)"
)
_SCHOOL = (
    r"(?:trường chính trị|trung tâm (?:bồi dưỡng )?(?:lý luận )?chính trị|học viện (?:chính trị|ct)"
    r"|trường (?:bồi dưỡng cán bộ|cán bộ)"
    r"|trường đảng)"
)
_BOARD = (
    r"(?:ban chỉ đạo|bcđ|tiểu ban|(?:đoàn|tổ) (?:kiểm tra|giám sát|khảo sát|công tác"
    r"|thẩm định)(?: liên tỉnh)?"
    r"|tổ biên tập|tổ giúp việc|tổ dân vận|ban tổ chức (?:đại hội|hội thi|cuộc thi)"
    r"|hội đồng(?! hương| quản trị| trường| xét xử| sư phạm| giám khảo| bảo an| châu)|ủy ban bầu cử"
    r"|ban bầu cử|(?:cụm|khối) thi đua(?: (?:các )?(?:ủy ban kiểm tra|ban (?:tổ chức|nội chính|dân vận"
    r"|tuyên giáo(?: và dân vận)?)|văn phòng)(?= (?:các|tỉnh|thành|khu)))?"
    r"|ban (?:văn hóa|tiếp công dân)|câu lạc bộ (?:hưu trí|lý luận))"
)
_ORGANISATION = r"(?:đảng bộ(?! viên)|chi bộ|đảng đoàn|ban cán sự đảng)"
_CENTRAL = (
    r"(?:bộ chính trị(?:\s*(?:,|và)\s*ban bí thư)?(?:\s+(?:trung ương|tw|tư)(?:\s+đảng)?)?"
    r"|ban bí thư(?:\s+(?:trung ương|tw|tư)(?:\s+đảng)?)?"
    r"|(?:ban chấp hành|bch) (?:trung ương|tw|tư)(?:\s+đảng)?|(?:trung ương|tw)\s+đảng)"
)
_PRESS = (
    r"(?:báo và đài|cơ quan báo|báo|đài (?:pt-th|ptth|pt&th|phát thanh|truyền hình|tt-th|tiếng nói)"
    r"|tạp chí|trung tâm (?:truyền thông|văn hóa))"
)
_PLACE = rf"(?:tỉnh|thành phố|huyện|thị xã|quận|xã(?! hội)|phường|thị trấn|đặc khu|{'|'.join(PLACE_LEVELS)})"
_CORE = (
    rf"(?:{_PARTY_COMMITTEE}|{_ORGANISATION}|{_COUNCIL}|{_FRONT}|{_MASS}|{_BOARD}|trung ương(?: đảng)?|tw)"
)

_OPENINGS = (
    "ban ", "btv", "bch", "btc", "bộ chính trị", "trung ương đ", "thường ", "ủy ban", "ub", "văn phòng", "vp", "hội ",
    "cơ quan", "khối", "tỉnh", "thành", "huyện", "thị", "quận", "đảng", "chi", "xứ", "khu", "quân", "liên khu",
    "liên đoàn", "liên hiệp", "đặc khu", "tổ ", "hđnd", "đoàn ", "quốc hội", "chính phủ", "mặt trận", "mttq", "lđlđ",
    "công đoàn", "tổng liên đoàn", "xã", "phường", "trường ", "trung tâm ", "học viện ", "bcđ", "tiểu ban", "cụm",
    "câu lạc bộ", "báo", "đài ", "tạp chí", *(f"{level} " for level in PLACE_LEVELS),
)  # fmt: skip
"""What every head begins with."""
_HEAD = Opened(
    r"(?<![\w/-])(?:"
    rf"(?P<central>{_CENTRAL})"
    rf"|(?P<party>(?:{_COMMISSION}\s+(?:của\s+)?){{1,2}}(?P<body>{_CORE})|{_PARTY_COMMITTEE}|{_ORGANISATION}"
    r"|ban (?:thường vụ|chấp hành|tuyên giáo và dân vận|tuyên giáo|dân vận|nội chính)|btv|bch"
    r"|ủy ban kiểm tra|ubkt)"
    rf"|(?P<council>{_COUNCIL})|(?P<front>{_FRONT})|(?P<mass>{_MASS})|(?P<school>{_SCHOOL})"
    rf"|(?P<board>{_BOARD})"
    rf"|(?P<press>{_PRESS})|(?P<place>{_PLACE})"
    r")(?!\w)",
    _OPENINGS,
)

_TITLE_ENDINGS = (
    "thư", "tịch", "nhiệm", "trưởng", "ban", "chánh", "phòng", "đốc", "viên", "lãnh đạo", "đại diện", "nguyên",
    "đại biểu", "cán bộ", "biên tập", "chức", "bt", "ct", "uv", "thường trực", "trách", "các", "của",
)  # fmt: skip
_TITLE_BEFORE = Ended(
    r"(?:bí thư|phó bí thư|chủ tịch|chủ nhiệm|trưởng|trưởng ban|phó ban|chánh|chánh văn phòng|giám đốc"
    r"|ủy viên|lãnh đạo|đại diện"
    r"|thành viên|nguyên|(?<!đại hội )đại biểu|chuyên viên|(?<!hội nghị )cán bộ|tổng biên tập|hiệu trưởng"
    r"|viên chức|hội viên|đoàn viên|báo cáo viên|bt|ct|pct|pbt|uv)"
    r"(?:\s+(?:thường trực|chuyên trách|phụ trách))?(?:\s+(?:các|của))?\s+$",
    _TITLE_ENDINGS,
)
_STOP = _words("stop")
# Stop words of the list above that are nevertheless part of a name when these words stand together.
_TOGETHER = re.compile(
    r"(?:dự án|xã hội|yêu nước|kiểm (?:sát|lâm|toán)|miền núi|tổ (?:dân phố|dân vận|đại biểu|tự quản)"
    r"|thành phố"
    r"|công (?:an|ty|đoàn|nghiệp|thương|tác mặt trận"
    r"|trình|ích)|kiểm tra|chỉ đạo|giám sát|sinh viên"
    r"|phòng, chống|hội (?:nông|phụ|cựu|liên|người|đồng|nhà)|chính (?:trị|phủ)|quân sự|thi đua|đại học"
    r"|công tác (?:đảng|mặt trận)|nhân dân"
    r"|khu vực|kinh tế|tuyên giáo|dân vận|tổ chức cán bộ|xây dựng đảng|thường (?:trực|vụ)|truyền thông"
    r"|học viện|nhiệm vụ|quan hệ|điều hành|thực phẩm|thông tin"
    r"|tham nhũng|lãng phí|tiêu cực|thực hiện quy chế dân chủ|xây dựng nông thôn mới|đánh giá|đề án"
    r"|chuyển đổi số|học tập|sinh thái|tổng hợp|công nghệ|công dân|bầu cử|tiến độ|quy hoạch|cải cách"
    r"|hành chính|nội chính|đối ngoại|tổng công ty|đại biểu|giao thông|xử lý|trung ương|chính sách|đơn vị"
    r"|đào tạo|thẩm định|biên soạn|phản biện|lý luận|quốc hội|ven biển|phía (?:bắc|nam|tây|đông))"
)
_STOP_PAIR = re.compile(
    r"(?:chính thức|thông (?:qua|báo|tin)|công (?:bố|nhận)|tập (?:trung|huấn)|quan (?:tâm|trọng|triệt)"
    r"|triển khai|học (?:tập|nghị quyết|và làm|chuyên))(?!\w)"
)
# Words that no name goes on with even in capitals: the meeting, its number, the term.
_EVENT_WORDS = re.compile(
    r"(?:hội nghị|hội thảo|đại hội(?! đảng)|lần thứ|nhiệm kỳ|khóa|kỳ họp|phiên họp)(?!\w)"
)
# "Thành ủy Tam Kỳ họp": behind a place's first syllable this Kỳ is its last, unless the session is numbered or named.
_PLACE_THEN_MEETS = re.compile(
    r"kỳ họp(?! (?:thứ|lần|bất thường|chuyên đề|thường (?:lệ|kỳ)|cuối|giữa|đầu)\b)"
)
# Names that hold "và", "ở" or a meeting word of their own.
_COMPOSITE = re.compile(
    r"(?:văn phòng (?:đoàn (?:đbqh|đại biểu quốc hội)|hđnd) và (?:hđnd|ubnd|hội đồng nhân dân)"
    r"|(?:văn kiện|nhân sự|kinh tế - xã hội|điều lệ đảng|tổ chức phục vụ) đại hội(?: đại biểu)?"
    r"|thực hiện quy chế dân chủ ở cơ sở|quy chế dân chủ ở cơ sở"
    r"|đảng bộ|chi bộ|(?:tỉnh|thành|huyện|thị|quận|đảng) ủy)(?!\w)"
)
# Bodies outside the political system in the list of heads: after "và" they are the second of two, not part of a name.
_OTHER_BODY = re.compile(
    r"(?:sở|công an|bộ chỉ huy|bộ chqs|bộ đội|công ty|cục|chi cục|ngân hàng|trường)(?!\w)"
)
# A committee and the command it sits in are named as one: "Đảng ủy, Bộ Chỉ huy Quân sự tỉnh X".
_TWINS = re.compile(
    r"(?:(?:, | - )(?:bộ chỉ huy|ban chỉ huy|bộ tư lệnh|ban giám đốc|ban giám hiệu|ban lãnh đạo"
    r"|lãnh đạo|đảng đoàn"
    r"|hđnd|hội đồng nhân dân|ubnd|ủy ban nhân dân|(?:ủy ban |ub ?)?mttq)(?!\w))+"
)
_HYPHENATED = re.compile(r"- (?=[^\W\d_])")
_LIST_COMMA = re.compile(
    r",\s*(?:chống|thể thao|khoáng sản|người có công|lãng phí|tiêu cực|giám sát|thi hành kỷ luật|chăm sóc"
    r"|cơ quan ngang|các (?:đoàn thể|ban,? (?:đảng|cơ quan)|tổ chức chính trị))"
)
_ADMIN = _words("divisions")
_NUMBERED = _words("numbered")
_PART = _words("parts")
# "Chi bộ 4, phường X", "Chi bộ 12 họp"; "chi bộ 4 tốt", "Chi bộ 15 đảng viên" bear no number.
_CELL_NUMBER = re.compile(
    r"(?<=chi bộ) \d{1,2}(?= ?,"
    r"| (?:p|phường|xã|khu phố|thôn|ấp|bản|tổ(?! ấm)|thuộc|đã|sẽ|vừa|họp|sinh hoạt|kết nạp)(?!\w))"
)
_TOKEN = re.compile(r"\d+(?:[./]\d+)*|[^\W\d_]+(?:-[^\W\d_]+)*|[^\w\s]")
_EXPAND = (
    ("btv", "Ban Thường vụ"), ("bch", "Ban Chấp hành"), ("ubnd", "Ủy ban nhân dân"), ("hđnd", "Hội đồng nhân dân"),
    ("ubmttq", "Ủy ban Mặt trận Tổ quốc"), ("ub mttq", "Ủy ban Mặt trận Tổ quốc"), ("mttq", "Mặt trận Tổ quốc"),
    ("ubkt", "Ủy ban Kiểm tra"), ("bcđ", "Ban Chỉ đạo"), ("lđlđ", "Liên đoàn Lao động"), ("lhpn", "Liên hiệp Phụ nữ"),
    ("ccb", "Cựu chiến binh"), ("tw", "Trung ương"), ("ubtvqh", "Ủy ban Thường vụ Quốc hội"),
    ("đbqh", "Đại biểu Quốc hội"), ("lhtn", "Liên hiệp Thanh niên"),
)  # fmt: skip
_EXPANSIONS = [(short, re.compile(rf"(?<!\w){short}(?!\w)", re.IGNORECASE), full) for short, full in _EXPAND]
# In capitals only: "thứ tư", "Sở Tư pháp".
_CENTRE = re.compile(r"(?<!\w)T(?:Ư|\.\s?[ƯW])(?!\w)")
_COUNTRIES = re.compile(
    r"\s*(?:pháp|mỹ|hoa kỳ|anh|đức|nhật|nhật bản|hàn quốc|trung quốc|thái lan|nga|ukraine|campuchia|lào"
    r"|ấn độ|israel|iran|canada"
    r"|australia|italia|ý|tây ban nha|bồ đào nha|ba lan|hungary|thổ nhĩ kỳ|indonesia|malaysia|philippines"
    r"|singapore|myanmar|cuba"
    r"|venezuela|brazil|argentina|mexico|ai cập|nam phi|triều tiên|hà lan|bỉ|thụy điển|phần lan|na uy"
    r"|châu âu|liên hợp quốc|eu"
    r"|thiểu số|liên minh|lâm thời)(?!\w)"
)


@dataclass(frozen=True, slots=True)
class Organisation:
    """One mention of a body; offsets in the key it was read from."""

    start: int
    end: int
    name: str
    """As printed, abbreviations spelled out, `Uỷ` written `Ủy`."""
    sphere: Sphere
    head: str
    """The key words of its head: `ban thường vụ tỉnh ủy`."""
    attribute: bool
    """Whether it only says whose secretary, leader or member a person is."""


def expand(name: str) -> str:
    """A body's name with abbreviations spelled out and `Uỷ` written `Ủy`.

    >>> expand("BTV Tỉnh uỷ X"), expand("Tổ đại biểu HĐND tỉnh")
    ('Ban Thường vụ Tỉnh ủy X', 'Tổ đại biểu Hội đồng nhân dân tỉnh')
    """
    name = _CENTRE.sub("Trung ương", name)
    lowered = name.lower()
    for short, pattern, full in _EXPANSIONS:
        if short in lowered:
            name = pattern.sub(full, name)
    return " ".join(name.replace("uỷ", "ủy").replace("Uỷ", "Ủy").replace("UỶ", "ỦY").split())


def find_organisations(reading: Keyed, start: int = 0, end: int | None = None) -> list[Organisation]:
    """The bodies named in `reading.text[start:end]`, in order, without overlap."""
    end = len(reading.key) if end is None else end
    piece = reading.text[start:end]
    shouted = piece.upper() == piece
    found: list[Organisation] = []
    at = start
    for place in _HEAD.places(reading.key[start:end]):
        if start + place < at or not (m := _HEAD.pattern.match(reading.key, start + place, end)):
            continue
        at = m.end()
        sphere = _sphere(m)
        if not _is_named(reading, m, sphere):
            at = start + place + 1 if _astride(reading, m) else at
            continue
        free = sphere in ("board", "mass", "front") or _opens_freely(m)
        tail_end = _tail(reading, m.end(), end, free=free, shouted=shouted)
        if (
            m.group() == "đảng ủy"
            and tail_end == m.end()
            and (twins := _TWINS.match(reading.key, m.end(), end))
        ):
            tail_end = _tail(reading, twins.end(), end, free=True, shouted=shouted)
        left = reading.key[max(start, m.start() - 40) : m.start()]
        name = expand(reading.text[m.start() : tail_end])
        found.append(
            Organisation(
                m.start(), tail_end, name, sphere, m.group().strip(), bool(_TITLE_BEFORE.search(left))
            )
        )
        at = tail_end
    return found


def _is_named(reading: Keyed, m: re.Match[str], sphere: Sphere) -> bool:
    """Whether the words of a head name a body here: no report, no foreign parliament, no common noun."""
    if _astride(reading, m):
        return False
    if sphere == "press":
        return _is_press(reading.text, m)
    if sphere == "council" and m["council"] in ("quốc hội", "chính phủ"):
        return not _COUNTRIES.match(reading.key, m.end())
    if sphere == "place" and len(m.group()) == 1 and reading.text[m.end() : m.end() + 1] != ".":
        return False
    return sphere != "place" or _is_capital(reading.text, m.end() + 1)


def _astride(reading: Keyed, m: re.Match[str]) -> bool:
    """Whether a head of two syllables is the end of one word and the beginning of a name: `toàn quốc Hội Nhà văn`."""
    first, _, second = reading.text[m.start() : m.end()].partition(" ")
    return first.islower() and second.istitle() and " " not in second


def _sphere(m: re.Match[str]) -> Sphere:
    if m["central"] or m["party"]:
        return "party"
    spheres: tuple[Sphere, ...] = ("council", "front", "mass", "school", "board", "press", "place")
    return next(s for s in spheres if m[s])


def _opens_freely(m: re.Match[str]) -> bool:
    """Whether small letters may follow the head at once: `Chi bộ nhà máy sợi`, not `Tỉnh ủy biểu dương`."""
    return bool(
        re.search(r"(?:chi bộ|đảng bộ|đảng ủy|ban chỉ đạo|bcđ|hội đồng|cơ quan|báo|đài|tạp chí)$", m.group())
    )


def _is_press(text: str, m: re.Match[str]) -> bool:
    """`Báo Hương Giang` or `Đài PT-TH`; not `báo cáo`."""
    return text[m.start()].isupper() and (m["press"] != "báo" or _is_capital(text, m.end() + 1))


def _is_capital(text: str, at: int) -> bool:
    """Whether a name or number begins there, or behind the dot of an abbreviation (`TP. Huế`)."""
    begins = text[at : at + 2].lstrip()[:1]
    return begins.isupper() or begins.isdigit()


def _tail(reading: Keyed, start: int, end: int, *, free: bool, shouted: bool) -> int:
    """Where the name that began before `start` ends."""
    last = start
    previous = _last_word(reading.key, start)
    length = 0
    pos = start
    while length < 16 and (m := _TOKEN.search(reading.key, pos, end)):
        word, pos = m.group(), m.end()
        if reading.key[last : m.start()].strip(" "):
            break
        if not word[0].isalnum():
            if listed := _LIST_COMMA.match(reading.key, m.start(), end):
                last = pos = listed.end()
                previous = _last_word(reading.key, last)
                free = True
                continue
            if free and _joins(reading, m.start()):
                last, free = pos, True
                continue
            break
        capital = reading.text[m.start()].isupper() and not shouted
        together = _TOGETHER.match(reading.key, m.start(), end)
        composite = _COMPOSITE.match(reading.key, m.start(), end)
        if composite and (shouted or reading.text[m.start()].isupper() or "ở cơ sở" in composite.group()):
            last = pos = composite.end()
            previous, free = "", False
            length += 4
            continue
        if word in ("của", "và"):
            joined = _HEAD.pattern.match(reading.key, pos + 1, end)
            goes_on = (word == "của") == bool(joined) and (
                word == "của" or _continues(reading, pos + 1, shouted=shouted)
            )
            if not goes_on:
                break
        elif word.isdigit():
            if previous not in _NUMBERED and not _CELL_NUMBER.match(reading.key, last, end):
                break
        elif capital:
            in_place = last > start and _PLACE_THEN_MEETS.match(reading.key, m.start(), end)
            if _EVENT_WORDS.match(reading.key, m.start(), end) and not in_place:
                break
            if word in _PART:
                free = True
            if together:
                pos = together.end()
                word = _last_word(reading.key, pos)
        elif together and (free or word in _ADMIN or word in ("miền", "ven", "phía")):
            last = pos = together.end()
            previous = _last_word(reading.key, last)
            length += 2
            continue
        elif word in _STOP or _STOP_PAIR.match(reading.key, m.start(), end):
            break
        elif word in _ADMIN:
            if word in ("tỉnh", "huyện", "xã", "phường", "thôn", "quận", "bản", "ấp", "xóm", "làng"):
                free = False
        elif not free and not shouted:
            break
        last, previous = pos, word
        length += 1
    return last


def _last_word(key: str, end: int) -> str:
    return key[max(0, end - 12) : end].rsplit(" ", 1)[-1]


def _joins(reading: Keyed, at: int) -> bool:
    """Whether a spaced hyphen joins two parts of one name: `Đảng ủy - Bộ Chỉ huy`, `Ban Kinh tế - Ngân sách`."""
    return bool(_HYPHENATED.match(reading.key, at)) and _is_capital(reading.text, at + 2)


def _continues(reading: Keyed, at: int, *, shouted: bool) -> bool:
    """Whether the word after `và` still belongs to a name (`Tuyên giáo và Dân vận`, `cơ quan và doanh nghiệp`)."""
    if reading.key.startswith(("doanh nghiệp", "an toàn", "tiêu cực", "đô thị"), at):
        return True
    if _OTHER_BODY.match(reading.key, at):
        return False
    return not shouted and at < len(reading.text) and reading.text[at].isupper()
