"""A bản điểm báo as values: what a press desk hands round, before it is a file. Pure.

A `Digest` is whole in itself: it can be kept as JSON, edited by a person and written later without asking the store
again. Nothing in it points back into the store but by address.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ClassVar, Literal, get_args

from pydantic import ConfigDict, TypeAdapter, ValidationError

from crawler.delivery.coverage import State
from crawler.errors import InvalidInput
from crawler.messages import explain
from crawler.text.normal import fold

Grouping = Literal["topic", "province", "source"]
Length = Literal["titles", "leads", "full"]
GROUPINGS: dict[Grouping, str] = {"topic": "chủ đề", "province": "tỉnh", "source": "nguồn"}
LENGTHS: tuple[Length, ...] = get_args(Length)
Standing = Literal["title", "lead", "body", "passing"]
"""Where the words of a query stand: their best place in the article."""
_STRICT = ConfigDict(extra="forbid")

OUTLET_POINTS = 2
"""For each outlet beyond the first."""
OUTLETS_COUNTED = 6
"""More outlets than these say no more: a wire text is in all of them."""
NEW_DOCUMENT_POINTS = 6
CITED_POINTS = 1
STANDING_POINTS: dict[Standing, int] = {"title": 4, "lead": 2, "body": 1, "passing": 0}
OWN_PROVINCE_POINTS = 25
"""More than all others together can make: the own province comes first."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One part of a weight: its points and why, in Vietnamese."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    points: int
    why: str


@dataclass(frozen=True, slots=True)
class Carried:
    """One outlet's article of a story."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    outlet: str
    province: str | None
    url: str
    published: str | None
    """ISO time or day, as read; None where unknown."""


@dataclass(frozen=True, slots=True)
class NewsItem:
    """One story."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    key: str
    """The address of the article shown: what makes it this item in every later edition."""
    heading: str
    carried: tuple[Carried, ...]
    """The article shown first, then one of each other outlet."""
    lead: str = ""
    documents: tuple[str, ...] = ()
    """Names of the documents it cites, in reading order."""
    new_documents: tuple[str, ...] = ()
    """Those of them that are news."""
    meetings: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    weight: tuple[Reason, ...] = ()
    text: tuple[str, ...] | None = None
    """Its paragraphs, where the full text was asked for."""
    note: str | None = None
    """What a person added."""
    edited: tuple[Literal["heading", "lead"], ...] = ()
    """What a person wrote himself: no longer the words of the outlet."""

    @property
    def url(self) -> str:
        """The address of the article shown."""
        return self.carried[0].url if self.carried else self.key

    @property
    def published(self) -> str | None:
        """When the article shown was published."""
        return self.carried[0].published if self.carried else None

    @property
    def points(self) -> int:
        """The sum of its weight."""
        return sum(one.points for one in self.weight)


@dataclass(frozen=True, slots=True)
class ItemGroup:
    """Items under one heading."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: str
    items: tuple[NewsItem, ...]


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A document that is news, with the article that named it first."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: str
    issuer: str | None
    date: str | None
    about: str | None
    outlet: str
    url: str


@dataclass(frozen=True, slots=True)
class MeetingAhead:
    """A meeting of the day or still to come."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: str
    organiser: str | None
    date: str | None
    time: str | None
    place: str | None
    status: str
    """held, upcoming, postponed or cancelled, when the digest was made."""
    url: str | None


@dataclass(frozen=True, slots=True)
class SourceLooked:
    """One row of the table of sources looked at."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    name: str
    state: State
    until: str | None
    """ISO time of its last good look."""
    problem: str | None


@dataclass(frozen=True, slots=True)
class DigestHead:
    """What stands at the head and at the foot; a field that is not set is left blank for the pen."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    title: str = "ĐIỂM BÁO"
    parent: str | None = None
    """The agency above."""
    office: str | None = None
    number: str | None = None
    place: str | None = None
    signer: str | None = None
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """The whole; days are ISO, both included."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT
    head: DigestHead
    first: str
    last: str
    made: str
    """ISO time: what the store knew by then."""
    asked: str | None
    """The query, where there was one."""
    grouping: Grouping
    length: Length
    documents: tuple[NewDocument, ...]
    meetings: tuple[MeetingAhead, ...]
    groups: tuple[ItemGroup, ...]
    coverage: tuple[SourceLooked, ...]

    @property
    def items(self) -> tuple[NewsItem, ...]:
        """All items in the order in which they stand."""
        return tuple(item for group in self.groups for item in group.items)

    def to_json(self) -> dict[str, Any]:
        """As plain values; `from_json` gives the same digest back."""
        kept: dict[str, Any] = _adapter().dump_python(self, mode="json")
        return kept


def from_json(values: Any) -> Digest:
    """A digest that was kept. Raises InvalidInput naming the field that is wrong or unknown."""
    try:
        return _adapter().validate_python(values, strict=False)
    except ValidationError as error:
        raise InvalidInput(f"điểm báo / digest: {explain(error)}") from error


@cache
def _adapter() -> TypeAdapter[Digest]:
    return TypeAdapter(Digest)


def weigh(
    *, outlets: int, new_documents: int, documents: int, standing: Standing | None, own_province: bool
) -> tuple[Reason, ...]:
    """Why an item stands where it stands; reasons without points are left out.

    >>> [one.points for one in weigh(outlets=3, new_documents=1, documents=2, standing="title", own_province=False)]
    [4, 6, 4]
    """
    counted = min(outlets, OUTLETS_COUNTED) - 1
    reasons = [
        Reason(OWN_PROVINCE_POINTS if own_province else 0, "tỉnh nhà"),
        Reason(OUTLET_POINTS * max(counted, 0), f"{outlets} báo cùng đăng"),
        Reason(NEW_DOCUMENT_POINTS if new_documents else 0, "có văn kiện mới"),
        Reason(CITED_POINTS if documents and not new_documents else 0, "có dẫn văn kiện"),
    ]
    if standing is not None:
        reasons.append(Reason(STANDING_POINTS[standing], _STANDING[standing]))
    return tuple(one for one in reasons if one.points)


_STANDING: dict[Standing, str] = {
    "title": "từ cần tìm ở đầu đề",
    "lead": "từ cần tìm ở sa pô",
    "body": "từ cần tìm trong bài",
    "passing": "chỉ nhắc qua",
}


def why(item: NewsItem) -> str:
    """An item's weight in one line.

    >>> why(NewsItem("u", "h", (), weight=(Reason(4, "3 báo cùng đăng"), Reason(6, "có văn kiện mới"))))
    '10 = 4 (3 báo cùng đăng) + 6 (có văn kiện mới)'
    """
    parts = " + ".join(f"{one.points} ({one.why})" for one in item.weight)
    return f"{item.points} = {parts}" if parts else "0"


def by_weight(items: Iterable[NewsItem]) -> list[NewsItem]:
    """The heaviest first; of the same weight the newest, undated ones last, then by address."""
    ordered = sorted(items, key=lambda one: one.key)
    ordered.sort(key=lambda one: one.published or "", reverse=True)
    return sorted(ordered, key=lambda one: -one.points)


def grouped(items: Iterable[NewsItem], grouping: Grouping) -> tuple[ItemGroup, ...]:
    """Items by weight under the heading each belongs to, the groups in the order of their heaviest item.

    What has no topic or no province comes last, whatever it weighs.
    """
    found: dict[str, list[NewsItem]] = {}
    for item in by_weight(items):
        found.setdefault(_heading(item, grouping), []).append(item)
    groups = [ItemGroup(name or OTHERS, tuple(some)) for name, some in found.items()]
    return tuple(sorted(groups, key=lambda group: group.name == OTHERS))


OTHERS = "Tin khác"


def _heading(item: NewsItem, grouping: Grouping) -> str:
    if grouping == "topic":
        return item.topics[0] if item.topics else ""
    if not item.carried:
        return ""
    shown = item.carried[0]
    return shown.outlet if grouping == "source" else shown.province or ""


def grouping_of(typed: str) -> Grouping:
    """A grouping by its name in either language, with or without marks.

    >>> grouping_of("chủ-đề"), grouping_of("Tinh"), grouping_of("source")
    ('topic', 'province', 'source')
    """
    asked = fold(typed).replace("-", " ").strip()
    for grouping, name in GROUPINGS.items():
        if asked in (grouping, fold(name)):
            return grouping
    raise InvalidInput(
        f"--group {typed!r}: không có cách xếp này; có: chủ-đề, tỉnh, nguồn / "
        "no such grouping; there are topic, province, source"
    )


def length_of(typed: str) -> Length:
    """A length by its name. Raises InvalidInput."""
    for length in LENGTHS:
        if typed.strip().lower() == length:
            return length
    raise InvalidInput(
        f"--length {typed!r}: không có độ dài này; có: {', '.join(LENGTHS)} / no such length; there are these"
    )


def shortened(digest: Digest, length: Length) -> Digest:
    """The same digest at another length; a full text that was never gathered is not made up."""
    groups: Sequence[ItemGroup] = digest.groups
    if length != "full":
        groups = [
            replace(group, items=tuple(replace(item, text=None) for item in group.items)) for group in groups
        ]
    return replace(digest, length=length, groups=tuple(groups))
