"""Every fixed word of a mail, in Vietnamese and English."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one language; `{}` fields are filled by `str.format`."""

    lang: str
    brand: str
    sections: dict[str, str]
    other: str
    contents: str
    passing: str
    edits: dict[str, str]
    n_news: str
    n_documents: str
    n_meetings: str
    n_changes: str
    n_events: str
    new_document: str
    changed: str
    meeting_held: str
    meeting_upcoming: str
    meeting_postponed: str
    meeting_cancelled: str
    and_more: str
    digest: str
    nothing_subject: str
    nothing_title: str
    nothing_text: str
    nothing_for: str
    operator_subject: str
    no_date: str
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
    rest_in_store: str
    more_here: str
    more_in_store: str
    rest_file: str
    calendar_file: str
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
    leave_by_word: str
    leave_one_click: str
    leave_subject: str
    why: str
    confirm_subject: str
    confirm_title: str
    confirm_text: str
    confirm_link: str
    confirm_command: str
    confirm_ignore: str
    sign_in_subject: str
    sign_in_title: str
    sign_in_text: str
    sign_in_link: str
    sign_in_ignore: str


VI = Phrases(
    lang="vi",
    brand="điểm tin",
    sections={
        "document": "Văn kiện mới",
        "news": "Tin",
        "ahead": "Sắp họp",
        "held": "Đã họp",
        "change": "Bài đã sửa, đã gỡ",
        "event": "Vận hành",
    },
    other="Khác",
    contents="Trong thư này",
    passing="chỉ nhắc qua",
    edits={
        "title": "Tiêu đề",
        "figure": "Số liệu",
        "name": "Tên riêng",
        "cut": "Cắt bớt",
        "added": "Thêm",
        "wording": "Câu chữ",
        "gone": "Đã gỡ khỏi trang",
    },
    n_news="{} tin",
    n_documents="{} văn kiện",
    n_meetings="{} cuộc họp",
    n_changes="{} bài sửa, gỡ",
    n_events="{} việc cần xem",
    new_document="Văn kiện mới: {}",
    changed="Bài đã sửa: {}",
    meeting_held="Đã họp: {}",
    meeting_upcoming="Sắp họp: {}",
    meeting_postponed="Tạm hoãn: {}",
    meeting_cancelled="Đã hủy: {}",
    and_more="{} và {} mục khác",
    digest="Điểm tin {day}: {counts}",
    nothing_subject="Điểm tin {day}: không có tin mới",
    nothing_title="Không có tin mới",
    nothing_text="Không bài nào khớp với mục theo dõi của ông/bà trong thời gian này.",
    nothing_for="Không có gì mới cho: {}",
    operator_subject="Vận hành {day}: {counts}",
    no_date="không rõ ngày đăng",
    date_from={"url": "ngày suy từ địa chỉ trang", "dateline": "ngày theo dòng đầu bài"},
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
        "unclear": "Lưu ý",
        "organiser": "Cơ quan tổ chức",
        "day": "Ngày",
        "day_to": "Đến ngày",
        "session": "Buổi",
        "time": "Giờ",
        "place": "Nơi họp",
        "subject": "Nội dung",
        "was": "Dời từ ngày",
        "detail": "Chi tiết",
        "to_do": "Việc nên làm",
    },
    rest="Còn {} mục nữa trong tệp đính kèm {}.",
    rest_in_store="Còn {} mục nữa trong kho: diemtin search.",
    more_here="… và {} mục nữa trong tệp {}",
    more_in_store="… và {} mục nữa",
    rest_file="con-lai.csv",
    calendar_file="lich-hop.ics",
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
    leave_by_mail="Không muốn nhận nữa: trả lời thư này bằng một chữ “dừng” (mã thư {}).",
    leave_by_word="Không muốn nhận nữa: xin báo người phụ trách, {}.",
    leave_one_click="Không muốn nhận nữa: {}",
    leave_subject="dừng {}",
    why="Ông/bà nhận thư này vì địa chỉ {} có trong mục theo dõi: {}.",
    confirm_subject="Xác nhận nhận điểm tin",
    confirm_title="Ông/bà có muốn nhận điểm tin không?",
    confirm_text="Có người đã ghi địa chỉ {} để nhận tin theo mục: {}.",
    confirm_link="Đồng ý nhận",
    confirm_command="Nếu đồng ý, gửi một thư tới {} với tiêu đề “{}”.",
    confirm_ignore="Nếu không phải ông/bà, xin bỏ qua: sẽ không có thư nào nữa. Lời mời hết hạn sau 7 ngày.",
    sign_in_subject="Liên kết vào trang điểm tin",
    sign_in_title="Vào trang điểm tin",
    sign_in_text="Có người vừa xin vào trang điểm tin bằng địa chỉ {}. Liên kết dùng được một lần, trong 15 phút.",
    sign_in_link="Vào trang",
    sign_in_ignore="Nếu không phải ông/bà, xin bỏ qua: không có thư này thì không ai vào được. Đừng chuyển tiếp thư.",
)

EN = Phrases(
    lang="en",
    brand="điểm tin",
    sections={
        "document": "New documents",
        "news": "News",
        "ahead": "Meetings ahead",
        "held": "Meetings held",
        "change": "Edited or taken down",
        "event": "Operations",
    },
    other="Other",
    contents="In this mail",
    passing="in passing",
    edits={
        "title": "Title",
        "figure": "Figures",
        "name": "Names",
        "cut": "Cut",
        "added": "Added",
        "wording": "Wording",
        "gone": "Taken down",
    },
    n_news="{} stories",
    n_documents="{} documents",
    n_meetings="{} meetings",
    n_changes="{} edited or taken down",
    n_events="{} things to look at",
    new_document="New document: {}",
    changed="Edited: {}",
    meeting_held="Meeting held: {}",
    meeting_upcoming="Meeting ahead: {}",
    meeting_postponed="Put off: {}",
    meeting_cancelled="Cancelled: {}",
    and_more="{} and {} more",
    digest="Press digest {day}: {counts}",
    nothing_subject="Press digest {day}: nothing new",
    nothing_title="Nothing new",
    nothing_text="No article matched your watch in this time.",
    nothing_for="Nothing new for: {}",
    operator_subject="Operations {day}: {counts}",
    no_date="date of publication unknown",
    date_from={"url": "day read from the address", "dateline": "day from the dateline"},
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
        "unclear": "Note",
        "organiser": "Organiser",
        "day": "Day",
        "day_to": "Until",
        "session": "Session",
        "time": "Hour",
        "place": "Place",
        "subject": "Subject",
        "was": "Moved from",
        "detail": "Detail",
        "to_do": "What to do",
    },
    rest="{} more in the attached file {}.",
    rest_in_store="{} more in the store: diemtin search.",
    more_here="… and {} more in {}",
    more_in_store="… and {} more",
    rest_file="rest.csv",
    calendar_file="meetings.ics",
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
    leave_by_mail="To stop these mails, answer this one with the word “stop” (code {}).",
    leave_by_word="To stop these mails, tell {}.",
    leave_one_click="To stop these mails: {}",
    leave_subject="stop {}",
    why="You get this mail because {} is on the watch: {}.",
    confirm_subject="Please confirm your press digest",
    confirm_title="Do you want to get this press digest?",
    confirm_text="Somebody entered {} to get news of: {}.",
    confirm_link="Yes, send it",
    confirm_command="If so, write to {} with the subject “{}”.",
    confirm_ignore="If it was not you, ignore this: nothing else will follow. This expires in 7 days.",
    sign_in_subject="Your link to the press pages",
    sign_in_title="Enter the press pages",
    sign_in_text="Somebody asked to enter the press pages as {}. The link works once, within 15 minutes.",
    sign_in_link="Enter",
    sign_in_ignore="If it was not you, ignore this: nobody can enter without this mail. Do not pass it on.",
)


def phrases(language: str) -> Phrases:
    """The words of a language; Vietnamese where it is not known."""
    return EN if language == "en" else VI
