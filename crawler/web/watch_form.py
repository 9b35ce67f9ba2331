"""The form of a watch: what a person typed, as the desk of watches takes it, and as the form shows it again."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from starlette.datastructures import FormData

from crawler.store.watches import Watch
from crawler.web.form import field

SCOPES = (
    ("story", "mỗi tin một lần", "each story once"),
    ("article", "mỗi bài khớp", "each article"),
    ("document", "văn kiện mới", "new documents"),
    ("meeting", "cuộc họp sắp tới", "meetings ahead"),
    ("change", "bài sửa, bài gỡ", "edits and take-downs"),
)
"""Scopes a person may choose, with what each tells in Vietnamese and in English."""
TRIED = ("story", "article", "document", "meeting")
"""Those that can be tried on the past."""
RHYTHMS = ("now", "now@workdays", "daily@06:00", "daily@06:00,16:30", "workdays@06:00", "weekly@mon-06:00")
"""Cadences that the form suggests; any other may be typed."""


@dataclass(frozen=True, slots=True)
class WatchForm:
    """What stands in the fields; texts as typed, empty where nothing was."""

    name: str = ""
    query: str = ""
    scope: str = "story"
    every: str = "daily@06:00"
    quiet: str = ""
    to: str = ""
    """Addresses to add, one a line or with commas between them."""
    province: str = ""
    group: str = ""
    salience: str = "all"
    language: str = "vi"
    nothing: bool = False
    feed: bool = False
    follow_up: bool = False
    held: bool = False
    ask: bool = False
    force: bool = False
    drop: tuple[str, ...] = ()
    """Recipients to take off, as a list shows them."""

    @property
    def addresses(self) -> list[str]:
        """The addresses to add."""
        return [one.strip() for one in self.to.replace(",", "\n").splitlines() if one.strip()]

    @property
    def wish(self) -> dict[str, Any]:
        """The fields of `crawler.query.wish.Wish`."""
        return {
            "query": self.query, "scope": self.scope, "cadence": self.every, "quiet": self.quiet or None,
            "proof_of_life": self.nothing, "language": self.language, "feed": self.feed,
            "province": self.province or None, "group": self.group or None, "salience": self.salience,
            "follow_up": self.follow_up, "held": self.held,
        }  # fmt: skip


def form_sent(form: FormData) -> WatchForm:
    """What a browser sent."""
    values: dict[str, Any] = {}
    for one in fields(WatchForm):
        if one.name == "drop":
            values["drop"] = tuple(str(value) for value in form.getlist("drop"))
        elif isinstance(one.default, bool):
            values[one.name] = field(form, one.name) == "1"
        else:
            values[one.name] = field(form, one.name)
    return WatchForm(**values)


def form_of(watch: Watch) -> WatchForm:
    """A watch as its form begins."""
    return WatchForm(
        name=watch.name,
        query=watch.query,
        scope=watch.scope,
        every=str(watch.cadence),
        quiet=str(watch.quiet) if watch.quiet else "",
        province=watch.province or "",
        group=watch.group or "",
        salience=watch.salience,
        language=watch.language,
        nothing=watch.proof_of_life,
        feed=watch.feed,
        follow_up=watch.follow_up,
        held=watch.held,
    )
