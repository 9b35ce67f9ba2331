"""Who chaired a meeting, where it was and what it was about, where the prose prints it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from crawler.meeting.meeting_frames import Sentence
from crawler.meeting.meeting_kinds import Kind
from crawler.text.letters import CAPITAL
from crawler.text.match_key import Keyed

_SYLLABLE = rf"[{CAPITAL}][^\W\d_]*"
_NAME = re.compile(
    rf"(?:đồng chí|ông|bà)s?:?\s+({_SYLLABLE}(?:\s+{_SYLLABLE}){{1,4}})\s*(?=,|\(|-|chủ|dự|đã|điều)",
    re.UNICODE,
)
_CHAIRED = re.compile(r"(?<!\w)(?:chủ trì|điều hành)(?!\w)")
_UNDER = re.compile(r"dưới sự (?:chủ trì|điều hành|chỉ đạo) của\s+")
_SUBJECT_VERB = re.compile(r"(?<!\w)(?:dự|tham dự|phát biểu|trao|tặng|báo cáo|khẳng định|cho biết)(?!\w)")
_HALL = (
    r"(?:trụ sở|hội trường|trung tâm (?:hội nghị|văn hóa|chính trị|bồi dưỡng|hành chính|huấn luyện"
    r"|triển lãm)|nhà (?:văn hóa|hát"
    r"|khách|thi đấu|truyền thống|thiếu nhi|máy|đa năng|sinh hoạt)|phòng họp|phòng khách|văn phòng"
    r"|khách sạn|sân (?:vận động|trường|khấu)"
    r"|bảo tàng|thư viện|cung|khu di tích|khu dân cư|quảng trường|công viên|tòa nhà|rạp|học viện"
    r"|trường|di tích|đình|đền"
    r"|doanh trại|nghĩa trang|tượng đài|điểm cầu|(?:ủy ban nhân dân|ubnd)|sở chỉ huy)"
)
_TOWN = (
    r"(?:thủ đô|hà nội|thành phố|tp|thị xã|tx|huyện|h|quận|q|xã|phường|p|thị trấn|đặc khu|tỉnh"
    r"|thôn|bản|ấp|khu phố|tổ dân phố)"
)
_VENUE = re.compile(
    r"(?<!\w)(?:tại|(?P<moved>(?:chuyển|đổi|thay đổi|dời)(?: địa điểm)?(?: (?:tổ chức|họp))?(?:,? từ [^.;:§]{2,70}?)?"
    r" (?:đến|sang|về|tới|thành)))"
    rf"\s+(?P<p>(?:(?P<hall>{_HALL})"
    rf"|{_TOWN})(?!\w)[^,.;:()§\n]{{0,70}})"
)
_PLACE_LABEL = re.compile(
    r"(?<!\w)địa điểm(?: tổ chức)?\s*(?::|là|tại)+\s*(?:tại\s+)?(?P<p>[^,.;:()§\n]{3,70})"
)
# Set between commas in front of the body, any noun is the place: "Sáng 7/11, tại Học viện X, Ban Y tổ chức".
_IN_FRONT = re.compile(
    r"(?:^|[,§)])\s*(?:cũng\s+)?tại\s+(?P<p>(?!buổi|cuộc|phiên|kỳ họp|hội nghị|hội thảo|đại hội|lễ"
    r"|chương trình|đây|đó|chỗ"
    r"|tọa đàm|diễn đàn|điểm cầu|\d)[^,.;:()§\n]{2,70}?)(?=\s?\([^()]{1,40}\),|,)"
)
_TOWN_AFTER = re.compile(rf",\s{{1,2}}(?P<p>{_TOWN}\s[^,.;:()§\n]{{1,30}})")
_VENUE_ENDS = re.compile(
    r"\s+(?:\d{1,2}\s?(?:giờ|h(?!\w)|[/-]\d)|(?:đã|sẽ|vừa|với|do|có|để|nhằm|và|diễn|tổ chức|đến|từ"
    r"|vào|hơn|gần|khoảng|đang|được|kết nối"
    r"|trực tuyến|sáng|chiều|tối|ngày|lúc|sau|trong|nhân|bị|tiếp tục"
    r"|bàn|họp|cho|về|dưới|theo|ban|bộ|trước|quy tụ|thu hút|thảo luận|khai mạc|bế mạc)(?!\w))"
)
_ABOUT = re.compile(r"(?<!\w)(?:về|thực hiện|triển khai|xây dựng|công tác|mô hình|cho)(?!\w)")

_TOPIC = re.compile(
    r"(?<!\w)(?:(?:cho ý kiến|bàn|thảo luận|trao đổi|góp ý|thống nhất)\s+(?:về\s+)?(?:việc(?! làm)\s+)?"
    r"|với chủ đề:?\s+|chủ đề:?\s+"
    r"|công bố(?:,? (?:và )?trao)?(?: các)? quyết định\s+(?:(?:số \S{2,24} )?"
    r"của [^.;:§]{2,60}?\s+về\s+|về\s+)?(?!của |số )|(?<!nhận thức )về\s+(?:việc(?! làm)\s+)?"
    r"|(?=kỷ niệm\s|phát động\s|ra mắt\s)|(?:bồi dưỡng|tập huấn)\s+(?=nghiệp vụ|kiến thức|kỹ năng"
    r"|công tác|sử dụng)"
    r"|(?:tổng kết|sơ kết|quán triệt|học tập|truyền đạt|triển khai)(?:,? (?:và )?(?:triển khai"
    r"|quán triệt|học tập))*\s+)"
)
_TOPIC_ENDS = re.compile(
    r"[.;:](?!\d)|[§(¤]|\s+(?:cho(?= (?:hơn|gần|các|\d))|dành cho|do|tại|vào|được|sẽ|dự kiến|với sự|dưới"
    r"|bị|của (?:tỉnh ủy|thành ủy|huyện ủy"
    r"|thị ủy|đảng ủy|ban|ubnd|hđnd|ủy ban|hội đồng|liên đoàn"
    r"|đảng bộ|hội nông|hội phụ|hội cựu))(?!\w)|,?\s+(?:từ|ngày|sáng|chiều|tối|lúc"
    r"|trong các ngày)(?=\s*(?:§|$))|\s+sau\s"
    r"|,\s+(?:với|có|dưới|nhằm|để|do|dự|cùng|chủ trì|tham dự|trong đó|đồng chí|các đồng chí"
    r"|triển khai nhiệm vụ|diễn ra)(?!\w)"
)
_LONGEST_TOPIC = 140
_QUOTED = re.compile(r'\s*(?:khoa học |chuyên đề |với chủ đề |chủ đề )?"(?P<q>[^"]{5,140})"')


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


def place(sentence: Sentence, kind: Kind, following: Sequence[Sentence] = ()) -> str | None:
    """The venue or town of a meeting, with the towns it lies in; None where the prose prints none.

    A hall behind the meeting word (`tại Hội trường Tỉnh ủy`) is surer than a town, for a town may be what the meeting
    is about; then what stands between commas in front of the body; then `Địa điểm: …` in what follows.
    """
    key, end = sentence.reading.key, sentence.end
    behind = list(_VENUE.finditer(key, kind.end, end))
    halls = [m for m in behind if m["hall"]]
    chosen = next((m for m in halls if m["moved"]), halls[0] if halls else None)
    if chosen is None and behind and not _ABOUT.search(key, kind.end, behind[0].start()):
        chosen = behind[0]
    chosen = chosen or _IN_FRONT.search(key[: kind.start], sentence.start) or next(iter(behind), None)
    if chosen:
        return _place_words(sentence, chosen)
    for told in (sentence, *following):
        if label := _PLACE_LABEL.search(told.reading.key, told.start, told.end):
            return _place_words(told, label)
    return None


def _place_words(sentence: Sentence, m: re.Match[str]) -> str | None:
    """The place as printed, to where the sentence goes on, with the towns behind it."""
    start, words = m.start("p"), m["p"]
    head = re.match(_HALL, words)
    stop = _VENUE_ENDS.search(words, head.end() if head else len(words.split()[0]))
    end = start + (stop.start() if stop else len(words))
    while stop is None and (town := _TOWN_AFTER.match(sentence.reading.key, end, sentence.end)):
        cut = _VENUE_ENDS.search(town["p"])
        end = town.start("p") + (cut.start() if cut else len(town["p"]))
        if cut:
            break
    return sentence.reading.text[start:end].strip() or None


def subject(sentence: Sentence, kind: Kind) -> str | None:
    """What a meeting is about, as printed behind its word (`về …`, `sơ kết …`, a title in quotes); or None."""
    key, end = sentence.masked, sentence.end
    if quoted := _QUOTED.match(sentence.reading.key, kind.end, end):
        return sentence.reading.text[quoted.start("q") : quoted.end("q")]
    near = re.split(r"[.;]\s", key[kind.end : min(end, kind.end + 200)], maxsplit=1)[0]
    own = key[kind.start : kind.end].split()[-2:]
    purpose = " ".join(own) in ("tổng kết", "sơ kết", "quán triệt", "truyền đạt")
    m = None if purpose else _TOPIC.search(key, kind.start, kind.end + len(near))
    start = kind.end if purpose else m.end() if m else None
    if start is None:
        return None
    stop = _TOPIC_ENDS.search(key, start - 1, end)
    words = sentence.reading.text[start : stop.start() if stop else end].strip(" ,.")
    if len(words) > _LONGEST_TOPIC:
        words = words[: _LONGEST_TOPIC - 1].rsplit(" ", 1)[0].rstrip(" ,") + "…"
    return words or None
