"""What the operator is told about the box itself: a closed list, each event with its words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any


class Event(StrEnum):
    """Something an operator must know and no reader."""

    SILENT_SOURCE = "silent_source"
    """A source brings less than it used to, or nothing."""
    BLOCKED_SOURCE = "blocked_source"
    """A source shuts us out: robots, a bot wall, errors."""
    FAILING_SOURCE = "failing_source"
    """A source cannot be reached or read: its name, TLS, a refused connection, a time-out, an error of ours."""
    NOT_LOOKED = "not_looked"
    """A source, or all of them, was not looked at for longer than it should be."""
    LAYOUT_BREAK = "layout_break"
    """A field that a source's pages always had is missing."""
    VOLUME_DROP = "volume_drop"
    """The whole brings less than on the same weekday before."""
    NETWORK_DOWN = "network_down"
    """Our own network was down, and is back."""
    MISSED_RUN = "missed_run"
    """A crawl was due and did not happen."""
    DEAD_DELIVERY = "dead_delivery"
    """A message could not be delivered in two days."""
    SUSPENDED_ADDRESS = "suspended_address"
    """An address refuses mail for good."""
    REPLY = "reply"
    """A reader wrote something that is no order we know."""
    BROKEN_WATCH = "broken_watch"
    """A saved query is refused by today's language: its watch finds nothing."""
    LOST_SECTION = "lost_section"
    """A section of a row answers 404 or lists nothing."""


EVENTS: tuple[str, ...] = tuple(event.value for event in Event)

_HEADLINES = {
    "vi": {
        Event.SILENT_SOURCE: "Nguồn im lặng: {about}",
        Event.BLOCKED_SOURCE: "Nguồn chặn truy cập: {about}",
        Event.FAILING_SOURCE: "Nguồn không lấy được: {about}",
        Event.NOT_LOOKED: "Lâu không được xem: {about}",
        Event.LAYOUT_BREAK: "Trang đổi mẫu: {about}",
        Event.VOLUME_DROP: "Sản lượng tin giảm: {about}",
        Event.NETWORK_DOWN: "Mạng của máy đã mất, nay có lại",
        Event.MISSED_RUN: "Lỡ một lượt thu thập: {about}",
        Event.DEAD_DELIVERY: "Thư không gửi được: {about}",
        Event.SUSPENDED_ADDRESS: "Địa chỉ từ chối thư: {about}",
        Event.REPLY: "Thư trả lời cần xem: {about}",
        Event.BROKEN_WATCH: "Mục theo dõi không dùng được: {about}",
        Event.LOST_SECTION: "Chuyên mục mất địa chỉ: {about}",
    },
    "en": {
        Event.SILENT_SOURCE: "Silent source: {about}",
        Event.BLOCKED_SOURCE: "Blocked by a source: {about}",
        Event.FAILING_SOURCE: "Source cannot be had: {about}",
        Event.NOT_LOOKED: "Not looked at for long: {about}",
        Event.LAYOUT_BREAK: "Layout changed: {about}",
        Event.VOLUME_DROP: "Volume dropped: {about}",
        Event.NETWORK_DOWN: "The machine's own network was down, and is back",
        Event.MISSED_RUN: "Missed crawl: {about}",
        Event.DEAD_DELIVERY: "Undeliverable message: {about}",
        Event.SUSPENDED_ADDRESS: "Address refuses mail: {about}",
        Event.REPLY: "A reply to be read: {about}",
        Event.BROKEN_WATCH: "Watch set aside: {about}",
        Event.LOST_SECTION: "Section gone: {about}",
    },
}
_EVERYTHING = {"vi": "mọi nguồn", "en": "all sources"}
_WHAT_TO_DO = {
    "vi": {
        Event.SILENT_SOURCE: "Mở chuyên mục xem báo có đăng bài không; nếu có, chạy: diemtin sources check",
        Event.BLOCKED_SOURCE: "Không tìm cách vượt. Liên hệ tòa soạn, hoặc tắt nguồn kèm lý do.",
        Event.FAILING_SOURCE: "Xem chi tiết; chạy diemtin sources check để biết lỗi ở đâu.",
        Event.NOT_LOOKED: "Xem diemtin run có chạy không; thử bằng tay: diemtin crawl NGUỒN",
        Event.LAYOUT_BREAK: "So một trang mới với [extract] của nguồn: diemtin read",
        Event.VOLUME_DROP: "Xem diemtin sources check; kiểm tra mạng của máy.",
        Event.NETWORK_DOWN: "Không nguồn nào bị tính lỗi. Hay mất thì xem dây mạng, DNS và nhà mạng.",
        Event.MISSED_RUN: "Kiểm tra máy có bật và diemtin run có chạy vào giờ đó không.",
        Event.DEAD_DELIVERY: "Sửa nguyên nhân rồi cho gửi lại: diemtin deliver --requeue",
        Event.REPLY: "Đọc thư ấy; nếu người nhận muốn thôi nhận: diemtin watch leave ĐỊA-CHỈ",
        Event.SUSPENDED_ADDRESS: "Hỏi người nhận; đúng địa chỉ thì mở lại: diemtin watch lift ĐỊA-CHỈ",
        Event.BROKEN_WATCH: "Bỏ mục ấy rồi thêm lại với truy vấn ngắn hơn: diemtin watch remove, watch add",
        Event.LOST_SECTION: "Xem rồi ghi địa chỉ mới vào hàng: diemtin sources check --mend --write",
    },
    "en": {
        Event.SILENT_SOURCE: "See whether its section publishes; if so run: diemtin sources check",
        Event.BLOCKED_SOURCE: "Do not circumvent. Write to the outlet, or disable the row with a reason.",
        Event.FAILING_SOURCE: "See the detail; diemtin sources check tells where the fault lies.",
        Event.NOT_LOOKED: "See whether diemtin run is running; try by hand: diemtin crawl SOURCE",
        Event.LAYOUT_BREAK: "Compare a new page with the row's [extract]: diemtin read",
        Event.VOLUME_DROP: "See diemtin sources check; check the machine's network.",
        Event.NETWORK_DOWN: "No source is blamed. If it happens often, see the cable, DNS and the provider.",
        Event.MISSED_RUN: "Check that the machine was on and diemtin run was running at that time.",
        Event.DEAD_DELIVERY: "Mend the cause, then: diemtin deliver --requeue",
        Event.REPLY: "Read that mail; if its writer wants to leave: diemtin watch leave ADDRESS",
        Event.SUSPENDED_ADDRESS: "Ask its owner; if the address is right: diemtin watch lift ADDRESS",
        Event.BROKEN_WATCH: "Remove it and add it again with a shorter query: diemtin watch remove, watch add",
        Event.LOST_SECTION: "Look, then write the new address into the row: diemtin sources check --mend --write",
    },
}


def event_facts(
    body: Mapping[str, Any], *, about: str | None, language: str
) -> tuple[str, tuple[tuple[str, str], ...]]:
    """(headline, facts) of an event's alert body; `about` is a better name than the one in the body."""
    words = "en" if language == "en" else "vi"
    event = Event(body["event"])
    named = about or (_EVERYTHING[words] if body["about"] == "*" else body["about"])
    headline = _HEADLINES[words][event].format(about=named)
    facts = [("detail", str(body["detail"]))] if body.get("detail") else []
    return headline, (*facts, ("to_do", _WHAT_TO_DO[words][event]))
