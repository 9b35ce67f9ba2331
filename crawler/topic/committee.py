"""Who meets: a Party committee at work, which is Party building whatever it is about, or somebody else's congress.

Both read keys with accents (`crawler.text.normal.exact_key`). The rules are docs/topics.md, 7 and 9.
"""

from __future__ import annotations

import re

READ = 2000
"""Code points that are looked through at most."""

_LEVEL = r"(?:tỉnh|thành|huyện|quận|thị|đảng|khu) ủy"
_COMMITTEE = (
    r"(?:(?:tập thể )?(?:ban thường vụ|thường trực|ban chấp hành)(?: đảng bộ| đảng ủy)?"
    rf"(?: {_LEVEL}| tỉnh| xã| phường| thành phố| huyện)|{_LEVEL}|bộ chính trị|ban bí thư)"
)
_WORK = (
    r"(?:họp|hội ý|giao ban|làm việc (?:với|tại)|cho ý kiến|thảo luận|nghe (?:và |báo cáo|các)|xem xét|thông qua"
    r"|gặp mặt|tổ chức (?:hội nghị|phiên|họp|gặp)|triển khai (?:nhiệm vụ|công tác|chương trình)|đánh giá kết quả"
    r"|kiểm tra (?:việc|công tác|tại)|thống nhất|kết luận|chỉ đạo|phân công)"
)
_AT_WORK = re.compile(
    rf"(?<!\w){_COMMITTEE}(?: (?!của )[^\W_]+){{0,6}}?,? {_WORK}(?!\w)"
    rf"|(?<!\w)(?:họp|phiên họp|hội nghị|giao ban|kỳ họp)(?: [^\W_]+){{0,2}}? {_COMMITTEE}(?!\w)"
    rf"|(?<!\w)làm việc (?:với|tại) (?:[^\W_]+ ){{0,2}}?{_COMMITTEE}(?!\w)"
)
_ASSOCIATION = (
    r"(?:hội(?! (?:nghị|đồng|thảo|viên|trường|ý|thi))|liên hiệp|liên đoàn|công đoàn|hiệp hội|câu lạc bộ"
    r"|đoàn(?= (?:tncs|thanh niên|luật sư)))"
)
_OTHERS_CONGRESS = re.compile(
    rf"(?<!\w)(?:{_ASSOCIATION} (?:[^\W_]+,? ){{1,10}}?(?:tổ chức |khai mạc |tiến hành )?đại hội(?!\w)"
    rf"|đại hội (?:(?:đại biểu|toàn quốc|toàn thể|thành lập|các|[^\W_]+) ){{0,4}}?{_ASSOCIATION}(?!\w))"
)
_PARTY_WORD = re.compile(r"(?<!\w)(?:đảng(?! viên)|chi bộ|cấp ủy|[^\W_]+ ủy)(?!\w)")


def committee_at_work(key: str) -> str | None:
    """The words that tell of a Party committee that sits or works; None where there are none.

    >>> committee_at_work("sáng 22.4, ban thường vụ tỉnh ủy họp phiên thường kỳ")
    'ban thường vụ tỉnh ủy họp'
    """
    found = _AT_WORK.search(key[:READ])
    return found[0] if found else None


def congress_of_others(title: str) -> bool:
    """Whether a title tells of a congress of writers, architects or farmers, and names no Party body.

    >>> congress_of_others("đại hội hội nhà văn tỉnh lần thứ vi")
    True
    >>> congress_of_others("đại hội đảng bộ hội nông dân tỉnh")
    False
    """
    return bool(_OTHERS_CONGRESS.search(title[:READ])) and not _PARTY_WORD.search(title[:READ])
