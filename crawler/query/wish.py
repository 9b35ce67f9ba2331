"""What a reader may ask of a watch, checked before it is saved. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal, get_args

from crawler.errors import InvalidInput
from crawler.query.cadence import Cadence, QuietHours, check_together, parse_cadence, parse_quiet
from crawler.query.tree import FieldName, names_field
from crawler.source import CENTRAL, MERGED, PROVINCES, Source
from crawler.text.normal import fold, nfc

Scope = Literal["article", "story", "document", "meeting", "change", "event"]
SCOPES: tuple[str, ...] = get_args(Scope)
Salience = Literal["all", "main"]
Group = Literal["province", "topic"]
LANGUAGES = ("vi", "en")
_GROUPS = {"province": "province", "tinh": "province", "topic": "topic", "chu de": "topic", "chu-de": "topic"}
_NO_GROUP = ("none", "khong", "")
_SALIENCE = {"all": "all", "tat ca": "all", "main": "main", "chinh": "main"}
_FOLLOWED = ("article", "story")


@dataclass(frozen=True, slots=True)
class Wish:
    """A watch as it was asked for, but for its name and its people. Texts are as typed."""

    query: str = ""
    scope: str = "story"
    cadence: str = "now"
    quiet: str | None = None
    proof_of_life: bool = False
    language: str = "vi"
    feed: bool = False
    province: str | None = None
    """The reader's own: told first."""
    group: str | None = None
    """Headings among the stories: `province` or `topic`."""
    salience: str = "all"
    """`main` leaves out passing mentions."""
    follow_up: bool = False
    """Also tell once when an article that was mailed is edited in substance or taken down."""
    held: bool = False
    """For meetings: also those that are over when the mail is written."""

    @property
    def rhythm(self) -> Cadence:
        """The cadence, read."""
        return parse_cadence(self.cadence)

    @property
    def hours(self) -> QuietHours | None:
        """The quiet hours, read."""
        return parse_quiet(self.quiet) if self.quiet else None

    def columns(self) -> dict[str, Any]:
        """As the store keeps it; InvalidInput (InvalidQuery for the query) saying what is wrong."""
        self._check_words()
        rhythm, hours = self.rhythm, self.hours
        check_together(rhythm, hours)
        if self.proof_of_life and not rhythm.is_digest:
            raise InvalidInput(
                "thư “không có gì mới” cần nhịp daily@, workdays@ hoặc weekly@ / "
                "a mail for nothing found needs a daily or weekly cadence"
            )
        if self.follow_up and self.scope not in _FOLLOWED:
            raise InvalidInput(
                f"--follow-up đi với phạm vi {' hoặc '.join(_FOLLOWED)}, không đi với {self.scope} / "
                f"--follow-up goes with the scopes {' and '.join(_FOLLOWED)}"
            )
        return {
            "query": nfc(self.query).strip(),
            "scope": self.scope,
            "cadence": str(rhythm),
            "quiet": str(hours) if hours else None,
            "proof_of_life": self.proof_of_life,
            "language": self.language,
            "feed": self.feed,
            "province": self.province,
            "grouped": read_group(self.group),
            "salience": _read_salience(self.salience),
            "follow_up": self.follow_up,
            "held": self.held,
        }

    def _check_words(self) -> None:
        if self.scope not in SCOPES:
            raise InvalidInput(f"phạm vi {self.scope!r} không có / scope: one of {', '.join(SCOPES)}")
        if self.language not in LANGUAGES:
            raise InvalidInput(
                f"ngôn ngữ {self.language!r} không có / language: one of {', '.join(LANGUAGES)}"
            )
        if self.query.strip():
            from crawler.query.parser import parse

            if names_field(parse(self.query).root, FieldName.CHANGE) and self.scope != "change":
                raise InvalidInput(
                    "trường sửa: trong mục theo dõi đi với --scope change: bài mới chưa sửa gì / "
                    "the field edited: goes with the scope change: a new article has no edits yet"
                )
        elif self.scope in ("article", "story"):
            raise InvalidInput(
                f"phạm vi {self.scope} cần một truy vấn / "
                f"scope {self.scope} needs a query; it may be empty with document, meeting and change"
            )


def read_group(typed: str | None) -> Group | None:
    """`province` or `topic`, in Vietnamese too (`tỉnh`, `chủ đề`); None for `none` and where nothing was said."""
    word = fold(typed or "")
    if word in _NO_GROUP:
        return None
    if word not in _GROUPS:
        raise InvalidInput(
            f"--group {typed!r}: chọn tỉnh (province), chủ đề (topic) hoặc không (none) / "
            "choose province, topic or none"
        )
    return "province" if _GROUPS[word] == "province" else "topic"


def _read_salience(typed: str) -> str:
    if fold(typed) not in _SALIENCE:
        raise InvalidInput(
            f"--salience {typed!r}: chọn all (cả chỗ chỉ nhắc qua) hoặc main (chỉ bài nói chính về điều đó) / "
            "choose all or main"
        )
    return _SALIENCE[fold(typed)]


def own_province(typed: str, registry: Mapping[str, Source]) -> str:
    """A province as typed, with or without marks, under its name of today: Bắc Kạn is Thái Nguyên.

    Raises InvalidInput for a name that neither the lists nor the registry know, with the nearest ones.

    >>> own_province("thai nguyen", {}), own_province("Bắc Kạn", {}), own_province("TPHCM", {})
    ('Thái Nguyên', 'Thái Nguyên', 'TP. Hồ Chí Minh')
    """
    today = {_place_key(name): name for name in (*PROVINCES, CENTRAL)}
    today |= {_place_key(name): name for name in (source.province for source in registry.values())}
    former = {_place_key(old): new for new, olds in MERGED.items() for old in olds}
    known = former | today | {"tphcm": "TP. Hồ Chí Minh", "hcm": "TP. Hồ Chí Minh"}
    wanted = _place_key(typed)
    if wanted in known:
        return known[wanted]
    close = dict.fromkeys(known[key] for key in get_close_matches(wanted, known, n=3))
    hint = f"; có phải {' / '.join(close)}?" if close else ""
    raise InvalidInput(
        f"--province {typed!r}: không có tỉnh, thành này{hint} / there is no such province"
        + (f"; did you mean {' / '.join(close)}?" if close else "")
    )


_BEFORE = ("thanh pho ", "tinh ", "tp. ", "tp.", "tp ")


def _place_key(name: str) -> str:
    key = fold(name)
    for word in _BEFORE:
        key = key.removeprefix(word)
    return key.replace(" ", "")
