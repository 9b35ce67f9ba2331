"""Which kind of meeting a phrase names, and its ordinal: the closed list of MEETINGS.md §1 and §3.

`find_kinds` finds every word that can be the head of a meeting (`hội nghị`, `kỳ họp`, the verb `tổng kết`);
`refine` reads on from such a head to the first purpose named, because `hội nghị` alone says little.
All functions work on lower-case keys (`crawler.text.match_key`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from crawler.meeting.ordinals import ORDINAL, ordinal
from crawler.text.anchored_regex import Opened

CONFERENCE = "hội nghị"
PLENARY = "hội nghị ban chấp hành"
STANDING = "hội nghị ban thường vụ"
CONGRESS = "đại hội"

GROUPS = {
    "hội nghị tổng kết": "review", "hội nghị sơ kết": "review", "hội nghị quán triệt": "study",
    "hội nghị triển khai": "study", PLENARY: "plenary", STANDING: "standing", "hội nghị cán bộ": "study",
    CONGRESS: "congress", "phiên họp": "session", "kỳ họp": "session", "họp": "session",
    "lễ trao huy hiệu Đảng": "ceremony", "lễ công bố quyết định": "ceremony", "lễ": "ceremony",
}  # fmt: skip
"""Kinds that outlets exchange for one another when they tell the same meeting; any other kind is its own group."""

_HEADS: tuple[tuple[str, str], ...] = (
    (r"họp báo", "họp báo"),
    (r"(?:họp )?giao ban", "giao ban"),
    (r"(?:tọa|toạ) đàm", "tọa đàm"),
    (r"hội thảo", "hội thảo"),
    (
        r"(?:(?:lớp|khóa|đợt) )?tập huấn|(?:lớp|khóa|các lớp) (?:bồi dưỡng|đào tạo|cập nhật|học|trung cấp"
        r"|cao cấp|sơ cấp|đối tượng|đảng viên mới|nhận thức)|khai giảng",
        "tập huấn",
    ),
    (r"tiếp xúc(?: với)? cử tri", "tiếp xúc cử tri"),
    (r"đối thoại", "đối thoại"),
    (r"gặp mặt", "gặp mặt"),
    (r"(?:buổi |phiên |cuộc )?làm việc (?:với|tại)|buổi làm việc", "buổi làm việc"),
    (r"sinh hoạt (?:chi bộ )?chuyên đề|sinh hoạt chính trị", "sinh hoạt chuyên đề"),
    (r"hội thi(?! đua)", "hội thi"),
    (
        r"(?:lễ )?(?:trao tặng|trao|tặng|trao, truy tặng) huy hiệu[^,.;]{0,18}? (?:tuổi )?đảng(?! ủy| bộ)",
        "lễ trao huy hiệu Đảng",
    ),
    (r"lễ(?! hội| tết| phật| chùa|\s*,)", "lễ"),
    (r"đại hội(?! cổ đông| đồng cổ đông| thể dục| thể thao| thể dục| đồng| liên hoan| võ)", CONGRESS),
    (
        r"phiên họp|phiên (?:thứ|toàn thể|thường kỳ|thảo luận|bế mạc|khai mạc|trù bị|chất vấn|giải trình)",
        "phiên họp",
    ),
    (r"kỳ họp", "kỳ họp"),
    (r"hội nghị|ra nghị quyết lãnh đạo", CONFERENCE),
    (r"tổng kết", "hội nghị tổng kết"),
    (r"sơ kết", "hội nghị sơ kết"),
    (
        r"nghiên cứu, học tập|học tập, quán triệt|quán triệt|truyền đạt|học tập nghị quyết",
        "hội nghị quán triệt",
    ),
    (r"thông báo nhanh", "hội nghị cán bộ"),
    (
        r"công bố(?:,? (?:và )?trao)?(?: các)? quyết định"
        r"|trao(?: các)? quyết định(?= (?:về công tác|bổ nhiệm|điều động|luân chuyển|chỉ định|chuẩn y|phân công))",
        "lễ công bố quyết định",
    ),
    (r"triển khai (?:nhiệm vụ|kế hoạch|quy định|công tác|thực hiện)", "hội nghị triển khai"),
    (r"(?:cuộc |buổi )?họp(?! báo| mặt| chợ| đồng| tác| thành| lệ| pháp| nhất| xướng)", "họp"),
)
OPENINGS = (
    "buổi ", "các lớp", "công bố", "cuộc họp", "cuộc làm việc", "đại hội", "đối thoại", "đợt tập huấn", "gặp mặt",
    "giao ban", "hội nghị", "hội thảo", "hội thi", "họp", "khai giảng", "khóa ", "kỳ họp", "làm việc ", "lễ", "lớp ",
    "nghiên cứu, học tập", "phiên ", "quán triệt", "ra nghị quyết", "học tập", "sinh hoạt", "sơ kết", "tập huấn",
    "tặng huy hiệu", "thông báo nhanh", "tiếp xúc", "tọa đàm", "toạ đàm", "tổng kết", "trao ", "trao, truy",
    "triển khai", "truyền đạt",
)  # fmt: skip
"""What every head begins with."""
_HEAD = Opened(
    r"(?<!\w)(?:" + "|".join(rf"(?P<k{i}>{pattern})" for i, (pattern, _) in enumerate(_HEADS)) + r")(?!\w)",
    OPENINGS,
)
# `_HEAD` without its look-arounds, for a key that is masked later: a mask hides the word, comma or letter they look at.
_BOUNDS = re.compile(r"\(\?<?[!=](?:[^()]|\([^()]*\))*\)")
_UNBOUND = re.compile(_BOUNDS.sub("", _HEAD.pattern.pattern).replace("[^,.;]", r"[\s\S]"))

VERBAL = frozenset(
    {
        "giao ban", "gặp mặt", "đối thoại", "tiếp xúc cử tri", "buổi làm việc", "họp", "tập huấn", "tọa đàm", "họp báo",
        "hội nghị tổng kết", "hội nghị sơ kết", "hội nghị quán triệt", "hội nghị triển khai", "hội nghị cán bộ",
        "lễ trao huy hiệu Đảng", "lễ công bố quyết định", "sinh hoạt chuyên đề", CONGRESS, CONFERENCE,
    }
)  # fmt: skip
"""Kinds whose word serves as the verb of the sentence: `Ban Nội chính giao ban với ...`."""

_COMMITTEE = r"(?:ban chấp hành|bch|tỉnh ủy|thành ủy|huyện ủy|thị ủy|quận ủy|đảng ủy|trung ương)"
_PURPOSES: tuple[tuple[str, str], ...] = (
    (r"ban thường vụ|btv", STANDING),
    (rf"{_COMMITTEE}[^,.;:§]{{0,60}}?lần(?: thứ)? {ORDINAL}|trung ương (?:lần thứ )?{ORDINAL}", PLENARY),
    (r"(?:ban chấp hành|bch)(?! trung ương)", PLENARY),
    (
        r"cán bộ chủ chốt|cán bộ toàn (?:tỉnh|quốc|huyện|thành phố)|cán bộ lãnh đạo chủ chốt|thông báo nhanh",
        "hội nghị cán bộ",
    ),
    (r"tổng kết", "hội nghị tổng kết"),
    (r"sơ kết", "hội nghị sơ kết"),
    (r"quán triệt|học tập|truyền đạt|nghiên cứu", "hội nghị quán triệt"),
    (r"đối thoại", "đối thoại"),
    (r"tiếp xúc(?: với)? cử tri", "tiếp xúc cử tri"),
    (r"(?:họp )?giao ban", "giao ban"),
    (r"gặp mặt", "gặp mặt"),
    (r"tập huấn|bồi dưỡng", "tập huấn"),
    (
        r"công bố(?:,? (?:và )?trao)?(?: các)? quyết định(?!\s+(?:kiểm tra|giám sát|thanh tra"
        r"|thành lập đoàn))|trao quyết định",
        "lễ công bố quyết định",
    ),
    (
        r"công bố(?:,? (?:và )?trao)?(?: các)? quyết định\s+(?:kiểm tra|giám sát|thanh tra|thành lập đoàn)",
        CONFERENCE,
    ),
    (
        r"báo cáo viên|hiệp thương|ký kết|ký giao ước|phản biện|góp ý|lấy ý kiến|ra nghị quyết|giao ước",
        CONFERENCE,
    ),
    (r"triển khai", "hội nghị triển khai"),
)
_PURPOSE = re.compile(
    "|".join(rf"(?P<p{i}>(?<!\w)(?:{pattern})(?!\w))" for i, (pattern, _) in enumerate(_PURPOSES))
)
_STUDY_OR_REVIEW = re.compile(r"(?<!\w)(tổng kết|sơ kết|quán triệt)(?!\w)")
# What the standing committee does in a meeting of its own, as against a conference it calls for others.
_OWN_BUSINESS = re.compile(
    r"(?<!\w)(?:kiểm điểm|cho ý kiến|xem xét|thảo luận|bàn|đánh giá|nghe|lấy phiếu|thống nhất|phiên"
    r"|thường kỳ|lần thứ)(?!\w)"
)
_CEREMONIES: tuple[tuple[str, str], ...] = (
    (r"huy hiệu", "lễ trao huy hiệu Đảng"),
    (r"(?:công bố|trao)[^.;]{0,25}quyết định", "lễ công bố quyết định"),
    (r"khai giảng", "tập huấn"),
)

_ORDINAL_NEAR = re.compile(
    rf"(?P<lead>[^,.;:§]{{0,110}}?)(?:(?:lần|kỳ) thứ|(?<!\w)thứ|\(lần"
    rf"|lần)\s+(?P<n>{ORDINAL})(?!\s*(?:trong|/|tuần))"
)
_ORDINAL_AFTER_VERB = re.compile(
    rf"\s*(?:hội nghị|phiên(?: họp)?|kỳ họp|cuộc họp)?\s*(?:lần thứ|thứ)\s+(?P<n>{ORDINAL})"
)
_OTHER_EVENT = re.compile(
    r"(?<!\w)(?:khóa|nhiệm kỳ|nghị quyết|chỉ thị|kết quả|của đại hội|về|chào mừng|tiến tới|phục vụ|trước"
    r"|chuẩn bị|công bố|thông báo"
    r"|tổng kết|sơ kết|quán triệt|triển khai|học tập|để|nhằm|thực hiện|kỷ niệm|đánh giá|cuộc thi|giải"
    r"|đợt)(?!\w)"
)
# "họp kỳ họp chuyên đề thứ 5": the noun right behind the verb is this meeting again.
_OWN_NOUN = re.compile(r"^\s*(?:hội nghị|phiên họp|kỳ họp|cuộc họp)(?!\w)")
_EVENT_NOUN = re.compile(r"(?<!\w)(?:đại hội|kỳ họp|phiên họp|hội nghị|hội thi)(?!\w)")


@dataclass(frozen=True, slots=True)
class Kind:
    """A word that can head a meeting; offsets in the key."""

    start: int
    end: int
    kind: str


def openings(key: str) -> list[int]:
    """Where a head may begin, in order: none does anywhere else, whatever else of the key is masked."""
    return [place for place in _HEAD.places(key) if _UNBOUND.match(key, place)]


def find_kinds(key: str, start: int = 0, end: int | None = None) -> list[Kind]:
    """The heads in `key[start:end]`, in order."""
    found = []
    for m in _HEAD.finditer(key, start, end):
        index = int((m.lastgroup or "k0")[1:])
        found.append(Kind(m.start(), m.end(), _HEADS[index][1]))
    return found


def refine(head: Kind, key: str, end: int, organ: str | None) -> str:
    """The kind of the meeting whose head this is, read with its purpose up to `end` and the key of its organiser."""
    rest = key[head.end : end]
    if head.kind == CONFERENCE:
        return _conference(rest, organ)
    if head.kind == "lễ":
        near = re.split(r"[,.;:§]", rest, maxsplit=1)[0]
        return next((kind for pattern, kind in _CEREMONIES if re.search(pattern, near)), "lễ")
    standing = _is_standing(organ)
    if head.kind in ("họp", "phiên họp") and (
        standing or (_is_full_committee(organ) and "hội nghị" in rest[:14])
    ):
        return STANDING if standing else PLENARY
    if head.kind == "họp":
        if re.match(r"\s*(?:phiên|phiên họp)(?!\w)", rest):
            return "phiên họp"
        if re.match(r"\s*kỳ (?:họp|thứ)", rest):
            return "kỳ họp"
        return PLENARY if _is_full_committee(organ) else "họp"
    if head.kind == "lễ công bố quyết định" and re.match(
        r"\s+(?:kiểm tra|giám sát|thanh tra|thành lập đoàn)", rest
    ):
        return CONFERENCE
    if head.kind == "hội nghị triển khai" and (joined := _STUDY_OR_REVIEW.search(_purpose_text(rest))):
        return f"hội nghị {joined.group(1)}"
    return head.kind


def _conference(rest: str, organ: str | None) -> str:
    purpose = _purpose_text(rest)
    own = re.match(rf"[^,.;:§]{{0,20}}?lần thứ {ORDINAL}", rest)
    if own and _is_full_committee(organ):
        return PLENARY
    if own and _is_standing(organ):
        return STANDING
    if m := _PURPOSE.search(purpose):
        kind = _PURPOSES[int((m.lastgroup or "p0")[1:])][1]
        if kind == "hội nghị triển khai" and (joined := _STUDY_OR_REVIEW.search(purpose)):
            return f"hội nghị {joined.group(1)}"
        if kind in (STANDING, PLENARY) and m.start() > 12:
            # "hội nghị kiểm điểm ... Ban Thường vụ" names the subject, "hội nghị ... nghị quyết của BCH" an author.
            left = purpose[: m.start()]
            kind = (
                kind if not re.search(r"(?<!\w)(?:của|do|với|gửi|giữa)\s*$", left) else _plain(purpose, organ)
            )
        return kind
    return _plain(purpose, organ)


def _plain(purpose: str, organ: str | None) -> str:
    if _is_standing(organ) and (_OWN_BUSINESS.search(purpose) or not purpose.strip(" ,.")):
        return STANDING
    return PLENARY if _is_full_committee(organ) else CONFERENCE


def _purpose_text(rest: str) -> str:
    """The words up to the end of the purpose: a full stop, a semicolon, or 140 characters."""
    return re.split(r"[.;:](?:\s|$)", rest[:140], maxsplit=1)[0]


def _is_standing(organ: str | None) -> bool:
    return bool(organ and re.match(r"(?:ban thường vụ|btv)", organ))


def _is_full_committee(organ: str | None) -> bool:
    return bool(organ and re.match(r"(?:ban chấp hành|bch)", organ))


def is_committee(organ: str | None) -> bool:
    """Whether a body holds plenary conferences (`Hội nghị Tỉnh ủy lần thứ N`)."""
    return bool(organ and re.match(_COMMITTEE, organ))


def own_ordinal(head: Kind, kind: str, key: str, end: int) -> int | None:
    """The ordinal of this very meeting, or None: not a term, a congress it is about, or the number of a plan."""
    rest = key[head.end : end]
    if direct := _ORDINAL_AFTER_VERB.match(rest):
        return ordinal(direct["n"])
    if key[head.start : head.end].endswith("thứ") and (m := re.match(rf"\s+({ORDINAL})", rest)):
        return ordinal(m.group(1))
    if not (m := _ORDINAL_NEAR.match(rest)):
        return None
    lead = _OWN_NOUN.sub("", m["lead"]) if head.kind == "họp" else m["lead"]
    if _OTHER_EVENT.search(lead) or (_EVENT_NOUN.search(lead) and not re.search(r"\(\s*kỳ họp\s*$", lead)):
        return None
    if kind in (CONGRESS, PLENARY, STANDING, "kỳ họp", "phiên họp", "hội thi", CONFERENCE):
        return ordinal(m["n"])
    return ordinal(m["n"]) if len(lead.split()) <= 6 else None
