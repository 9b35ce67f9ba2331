"""Who chaired a meeting and where it was, where the prose prints it."""

from __future__ import annotations

import re

from crawler.keyed import Keyed

_SYLLABLE = r"[A-ZĐÀ-ỸĂÂÊÔƠƯ][^\W\d_]*"
_NAME = re.compile(
    rf"(?:đồng chí|ông|bà)s?:?\s+({_SYLLABLE}(?:\s+{_SYLLABLE}){{1,4}})\s*(?=,|\(|-|chủ|dự|đã|điều)",
    re.UNICODE,
)
_CHAIRED = re.compile(r"(?<!\w)(?:chủ trì|điều hành)(?!\w)")
_UNDER = re.compile(r"dưới sự (?:chủ trì|điều hành|chỉ đạo) của\s+")
_SUBJECT_VERB = re.compile(r"(?<!\w)(?:dự|tham dự|phát biểu|trao|tặng|báo cáo|khẳng định|cho biết)(?!\w)")
_VENUE = re.compile(
    r"(?<!\w)tại\s+(?P<p>(?:trụ sở|hội trường|trung tâm (?:hội nghị|văn hóa|chính trị)|nhà (?:văn hóa|hát"
    r"|khách)|văn phòng|thủ đô|hà nội"
    r"|thành phố|tp\.?|thị xã|huyện|xã|phường|thị trấn|điểm cầu|bảo tàng|cung|khu di tích|quảng trường"
    r"|học viện|trường)"
    r"[^,.;:()§\n]{0,70})"
)
_VENUE_ENDS = re.compile(
    r"\s+(?:đã|sẽ|vừa|với|do|có|để|nhằm|và các|diễn|tổ chức|đến|từ|vào|hơn|gần|khoảng|đang|được|kết nối"
    r"|trực tuyến|sáng|chiều|tối|ngày|lúc"
    r"|bàn|họp|cho|về|dưới|theo|ban|bộ)(?!\w)"
)


def chair(reading: Keyed, start: int, end: int) -> str | None:
    """The name of the person who chaired, of several the first; None where the sentence prints none."""
    for m in _CHAIRED.finditer(reading.key, start, end):
        under = _UNDER.search(reading.key, max(start, m.start() - 9), end)
        if under and under.start() <= m.start() < under.end():
            after = _NAME.match(reading.text, under.end(), end)
            return after.group(1) if after else None
        names = list(_NAME.finditer(_cased(reading, start, m.start()), 0, m.start() - start))
        if names:
            last_comrades = _cased(reading, start, m.start()).rfind("các đồng chí")
            listed = [n for n in names if n.start() >= last_comrades >= 0]
            return (listed or names[-1:])[0].group(1)
    return None


def _cased(reading: Keyed, start: int, end: int) -> str:
    """The original words with the titles before names in small letters (`Đồng chí` opens sentences)."""
    piece = reading.text[start:end]
    return re.sub(r"Các đồng chí|Đồng chí|Ông|Bà", lambda m: m.group().lower(), piece) + ","


def place(reading: Keyed, start: int, end: int) -> str | None:
    """The venue or town printed after the meeting word (`tại Hội trường Tỉnh ủy`), or None."""
    m = _VENUE.search(reading.key, start, end)
    if not m:
        return None
    words = m["p"]
    if stop := _VENUE_ENDS.search(words, len(words.split()[0])):
        words = words[: stop.start()]
    return reading.text[m.start("p") : m.start("p") + len(words)].strip() or None
