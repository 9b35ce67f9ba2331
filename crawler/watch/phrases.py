"""Every fixed word of a mail, in Vietnamese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one language; `{}` fields are filled by `str.format`."""

    lang: str
    brand: str
    news: str
    documents: str
    meetings: str
    events: str
    n_news: str
    n_documents: str
    n_meetings: str
    n_events: str
    new_document: str
    meeting_held: str
    meeting_upcoming: str
    and_more: str
    digest: str
    nothing_subject: str
    nothing_title: str
    nothing_text: str
    nothing_for: str
    operator_subject: str
    no_date: str
    day_only: str
    date_from: dict[str, str]
    also: str
    reported_by: str
    cites: str
    told_meeting: str
    watch: str
    words: str
    read: str
    facts: dict[str, str]
    rest: str
    rest_file: str
    rest_columns: tuple[str, ...]
    coverage: str
    coverage_line: str
    coverage_until: str
    blocked: str
    silent: str
    not_looked: str
    last_good: str
    never: str
    leave: str
    leave_by_mail: str
    leave_one_click: str
    leave_subject: str
    why: str
    confirm_subject: str
    confirm_title: str
    confirm_text: str
    confirm_link: str
    confirm_command: str
    confirm_ignore: str


VI = Phrases(
    lang="vi",
    brand="điểm tin",
    news="Tin",
    documents="Văn kiện mới",
    meetings="Hội nghị, cuộc họp",
    events="Vận hành",
    n_news="{} tin",
    n_documents="{} văn kiện",
    n_meetings="{} cuộc họp",
    n_events="{} việc cần xem",
    new_document="Văn kiện mới: {}",
    meeting_held="Đã họp: {}",
    meeting_upcoming="Sắp họp: {}",
    and_more="{} và {} mục khác",
    digest="Điểm tin {day}: {counts}",
    nothing_subject="Điểm tin {day}: không có tin mới",
    nothing_title="Không có tin mới",
    nothing_text="Không bài nào khớp với mục theo dõi của ông/bà trong thời gian này.",
    nothing_for="Không có gì mới cho: {}",
    operator_subject="Vận hành {day}: {counts}",
    no_date="không rõ ngày đăng",
    day_only="không rõ giờ",
    date_from={
        "visible": "giờ in trên trang",
        "json-ld": "giờ theo dữ liệu của trang",
        "meta": "giờ theo dữ liệu của trang",
        "url": "ngày suy từ địa chỉ trang",
        "feed": "giờ theo nguồn RSS",
        "dateline": "ngày theo dòng đầu bài",
    },
    also="Cũng đăng tại",
    reported_by="Cũng đưa tin",
    cites="Văn kiện được nhắc",
    told_meeting="Cuộc họp",
    watch="Theo dõi",
    words="từ khớp",
    read="Đọc bài",
    facts={
        "issuer": "Cơ quan ban hành",
        "dated": "Ngày ban hành",
        "about": "Về việc",
        "organiser": "Cơ quan tổ chức",
        "day": "Ngày",
        "day_to": "Đến ngày",
        "session": "Buổi",
        "place": "Nơi họp",
        "detail": "Chi tiết",
        "to_do": "Việc nên làm",
    },
    rest="Còn {} mục nữa trong tệp đính kèm {}.",
    rest_file="con-lai.csv",
    rest_columns=("Loại", "Mục", "Tiêu đề", "Nguồn", "Tỉnh", "Ngày đăng", "Địa chỉ", "Theo dõi"),
    coverage="Đã xem những nguồn nào",
    coverage_line="Đã xem {} trong {} nguồn từ {} đến {}.",
    coverage_until="Xem đến",
    blocked="Không xem được",
    silent="Đã xem, không có bài mới",
    not_looked="Chưa xem",
    last_good="lần cuối {}",
    never="chưa xem lần nào",
    leave="Không nhận thư này nữa",
    leave_by_mail="Không muốn nhận nữa: trả lời thư này bằng một chữ “dừng”.",
    leave_one_click="Không muốn nhận nữa: {}",
    leave_subject="dừng {}",
    why="Ông/bà nhận thư này vì địa chỉ {} có trong mục theo dõi: {}.",
    confirm_subject="Xác nhận nhận điểm tin",
    confirm_title="Ông/bà có muốn nhận điểm tin không?",
    confirm_text="Có người đã ghi địa chỉ {} để nhận tin theo mục: {}.",
    confirm_link="Đồng ý nhận",
    confirm_command="Nếu đồng ý, gửi một thư tới {} với tiêu đề “{}”.",
    confirm_ignore="Nếu không phải ông/bà, xin bỏ qua: sẽ không có thư nào nữa. Lời mời hết hạn sau 7 ngày.",
)

EN = Phrases(
    lang="en",
    brand="điểm tin",
    news="News",
    documents="New documents",
    meetings="Meetings",
    events="Operations",
    n_news="{} stories",
    n_documents="{} documents",
    n_meetings="{} meetings",
    n_events="{} things to look at",
    new_document="New document: {}",
    meeting_held="Meeting held: {}",
    meeting_upcoming="Meeting ahead: {}",
    and_more="{} and {} more",
    digest="Press digest {day}: {counts}",
    nothing_subject="Press digest {day}: nothing new",
    nothing_title="Nothing new",
    nothing_text="No article matched your watch in this time.",
    nothing_for="Nothing new for: {}",
    operator_subject="Operations {day}: {counts}",
    no_date="date of publication unknown",
    day_only="hour unknown",
    date_from={
        "visible": "time printed on the page",
        "json-ld": "time from the page's data",
        "meta": "time from the page's data",
        "url": "day read from the address",
        "feed": "time from the feed",
        "dateline": "day from the dateline",
    },
    also="Also in",
    reported_by="Also reported by",
    cites="Documents named",
    told_meeting="Meeting",
    watch="Watch",
    words="words",
    read="Read",
    facts={
        "issuer": "Issued by",
        "dated": "Dated",
        "about": "About",
        "organiser": "Organiser",
        "day": "Day",
        "day_to": "Until",
        "session": "Session",
        "place": "Place",
        "detail": "Detail",
        "to_do": "What to do",
    },
    rest="{} more in the attached file {}.",
    rest_file="rest.csv",
    rest_columns=("Kind", "Item", "Title", "Source", "Province", "Published", "Address", "Watches"),
    coverage="Which sources were looked at",
    coverage_line="Looked at {} of {} sources from {} to {}.",
    coverage_until="Looked at until",
    blocked="Could not be looked at",
    silent="Looked at, nothing new",
    not_looked="Not looked at",
    last_good="last {}",
    never="never yet",
    leave="Stop these mails",
    leave_by_mail="To stop these mails, answer this one with the word “stop”.",
    leave_one_click="To stop these mails: {}",
    leave_subject="stop {}",
    why="You get this mail because {} is on the watch: {}.",
    confirm_subject="Please confirm your press digest",
    confirm_title="Do you want to get this press digest?",
    confirm_text="Somebody entered {} to get news of: {}.",
    confirm_link="Yes, send it",
    confirm_command="If so, write to {} with the subject “{}”.",
    confirm_ignore="If it was not you, ignore this: nothing else will follow. This expires in 7 days.",
)


def phrases(language: str) -> Phrases:
    """The words of a language; Vietnamese where it is not known."""
    return EN if language == "en" else VI
