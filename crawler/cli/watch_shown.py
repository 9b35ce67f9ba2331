"""A watch as `diemtin watch list` shows it: every setting in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from crawler.delivery.upcoming import Upcoming
    from crawler.store.recipients import Recipient
    from crawler.store.watches import Watch

_STATES = {"active": "", "asked": " (chờ đồng ý)", "suspended": " (tạm ngưng: {})", "left": " (đã rời)"}
_SCOPES = {
    "article": "article: mỗi bài khớp",
    "story": "story: mỗi tin một lần",
    "document": "document: văn kiện mới",
    "meeting": "meeting: cuộc họp sắp tới",
    "change": "change: bài sửa, bài gỡ",
    "event": "event: việc của máy",
}
_GROUPS = {"province": "nhóm theo tỉnh", "topic": "nhóm theo chủ đề"}


def describe(watch: Watch, told: Upcoming, *, secrets: bool = False) -> list[tuple[str, str]]:
    """(name, value) of every setting that says something, then who receives and the mail to come."""
    rows = [
        ("Truy vấn", watch.query or "— (mọi thứ trong phạm vi)"),
        ("Phạm vi", _SCOPES[watch.scope] + (" và đã họp" if watch.scope == "meeting" and watch.held else "")),
        ("Nhịp gửi", _rhythm(watch)),
        ("Lựa chọn", "; ".join(_choices(watch))),
        ("Người nhận", _people(watch, secrets)),
        ("Thư tới", told.line()),
        *(("", f"· {headline}") for headline in told.headlines),
    ]
    if (more := len(told.items) - len(told.headlines)) > 0:
        rows.append(("", f"… và {more} mục nữa"))
    return [row for row in rows if row[1]]


def _rhythm(watch: Watch) -> str:
    quiet = f"; không gửi trong {watch.quiet}" if watch.quiet else ""
    return f"{watch.cadence.label()} ({watch.cadence}){quiet}"


def _choices(watch: Watch) -> list[str]:
    chosen = {
        f"{watch.province} lên đầu": watch.province,
        _GROUPS.get(watch.group or "", ""): watch.group,
        "bỏ bài chỉ nhắc qua": watch.salience == "main",
        "báo tiếp khi bài bị sửa, bị gỡ": watch.follow_up,
        "báo cả khi không có gì mới": watch.proof_of_life,
        "có tệp Atom": watch.feed,
        "tiếng Anh": watch.language == "en",
    }
    return [words for words, is_chosen in chosen.items() if is_chosen]


def _people(watch: Watch, secrets: bool) -> str:
    people = [_name(r, secrets) + _STATES[r.state].format(r.reason or "") for r in watch.recipients]
    return "; ".join(people) or ("— (chỉ tệp Atom)" if watch.feed else "—")


def _name(one: Recipient, secrets: bool) -> str:
    """An address as a list may show it; with its key where secrets were asked for."""
    from crawler.query.addresses import shown

    if not secrets:
        return shown(one.address)
    return f"{one.address} [{one.secret}]" if one.secret else one.address
