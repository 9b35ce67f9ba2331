"""The registry: one outlet is one TOML row, refused with file, key and reason when it is wrong.

DESIGN §6.1 is the contract. A row may name a CMS `family`; the family's defaults are one table in
`families.toml`, and a row's own keys win. Users add a folder of rows of their own (`--sources DIR`); a row
with the same id replaces the shipped one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    model_validator,
)

from crawler.look_times import look_times_text
from crawler.text.normal import fold

PROVINCES: tuple[str, ...] = (
    "An Giang", "Bắc Ninh", "Cà Mau", "Cao Bằng", "Cần Thơ", "Đà Nẵng", "Đắk Lắk", "Điện Biên", "Đồng Nai",
    "Đồng Tháp", "Gia Lai", "Hà Nội", "Hà Tĩnh", "Hải Phòng", "Huế", "Hưng Yên", "Khánh Hòa", "Lai Châu",
    "Lạng Sơn", "Lào Cai", "Lâm Đồng", "Nghệ An", "Ninh Bình", "Phú Thọ", "Quảng Ngãi", "Quảng Ninh",
    "Quảng Trị", "Sơn La", "Tây Ninh", "Thái Nguyên", "Thanh Hóa", "TP. Hồ Chí Minh", "Tuyên Quang",
    "Vĩnh Long",
)  # fmt: skip
"""The 34 provinces since 2025-07-01."""
CENTRAL = "Trung ương"

MERGED: Mapping[str, tuple[str, ...]] = {
    "An Giang": ("An Giang", "Kiên Giang"),
    "Bắc Ninh": ("Bắc Ninh", "Bắc Giang"),
    "Cà Mau": ("Cà Mau", "Bạc Liêu"),
    "Cần Thơ": ("Cần Thơ", "Sóc Trăng", "Hậu Giang"),
    "Đà Nẵng": ("Đà Nẵng", "Quảng Nam"),
    "Đắk Lắk": ("Đắk Lắk", "Phú Yên"),
    "Đồng Nai": ("Đồng Nai", "Bình Phước"),
    "Đồng Tháp": ("Đồng Tháp", "Tiền Giang"),
    "Gia Lai": ("Gia Lai", "Bình Định"),
    "Hải Phòng": ("Hải Phòng", "Hải Dương"),
    "Huế": ("Thừa Thiên Huế",),
    "Hưng Yên": ("Hưng Yên", "Thái Bình"),
    "Khánh Hòa": ("Khánh Hòa", "Ninh Thuận"),
    "Lào Cai": ("Lào Cai", "Yên Bái"),
    "Lâm Đồng": ("Lâm Đồng", "Đắk Nông", "Bình Thuận"),
    "Ninh Bình": ("Ninh Bình", "Nam Định", "Hà Nam"),
    "Phú Thọ": ("Phú Thọ", "Vĩnh Phúc", "Hòa Bình"),
    "Quảng Ngãi": ("Quảng Ngãi", "Kon Tum"),
    "Quảng Trị": ("Quảng Trị", "Quảng Bình"),
    "Tây Ninh": ("Tây Ninh", "Long An"),
    "Thái Nguyên": ("Thái Nguyên", "Bắc Kạn"),
    "TP. Hồ Chí Minh": ("TP. Hồ Chí Minh", "Bình Dương", "Bà Rịa - Vũng Tàu"),
    "Tuyên Quang": ("Tuyên Quang", "Hà Giang"),
    "Vĩnh Long": ("Vĩnh Long", "Bến Tre", "Trà Vinh"),
}
"""Which of the 63 provinces before 2025-07-01 became which of today's (Resolution 202/2025/QH15); the rest
went on alone under their name."""
FORMER_PROVINCES: tuple[str, ...] = tuple(f for p in PROVINCES for f in MERGED.get(p, (p,)))
"""The 63 provinces before 2025-07-01, grouped as they were joined."""

_DURATION = re.compile(r"(\d+)\s*([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def parse_duration(value: str) -> timedelta:
    """`30m`, `2h`, `7d`, `90s` as a timedelta.

    >>> parse_duration("30m")
    datetime.timedelta(seconds=1800)
    """
    match = _DURATION.fullmatch(value.strip())
    if not match:
        raise ValueError(
            f"{value!r} không phải khoảng thời gian: viết số nguyên rồi s, m, h hoặc d, như 30m hay 7d / "
            f"{value!r} is no duration: write a whole number and s, m, h or d, such as 30m or 7d"
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{value!r} không phải địa chỉ http(s) / {value!r} is no http(s) address")
    return value


SHIPPED_ROW = "shipped"
"""In the context of a validation: a row of ours, whose expressions and selectors the tests have tried; trying them
again takes longer than a search."""


def _is_shipped(info: ValidationInfo) -> bool:
    return bool(info.context and info.context.get(SHIPPED_ROW))


def _regex(value: str, info: ValidationInfo) -> str:
    if _is_shipped(info):
        return value
    try:
        re.compile(value)
    except re.error as error:
        raise ValueError(
            f"{value!r} không phải biểu thức chính quy / {value!r} is no regular expression: {error}"
        ) from error
    return value


def _css(value: str, info: ValidationInfo) -> str:
    if _is_shipped(info):
        return value
    from parsel import csstranslator  # imported late: the registry is read by commands that never select

    try:
        csstranslator.HTMLTranslator().css_to_xpath(value)
    except Exception as error:
        raise ValueError(
            f"{value!r} không phải bộ chọn CSS / {value!r} is no CSS selector: {error}"
        ) from error
    return value


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Regex = Annotated[str, AfterValidator(_regex)]
Css = Annotated[str, AfterValidator(_css)]
Selectors = Annotated[tuple[Css, ...], BeforeValidator(_as_tuple)]
ChannelKind = Literal["feed", "sitemap", "json", "listing"]
Duration = Annotated[timedelta, BeforeValidator(lambda v: parse_duration(v) if isinstance(v, str) else v)]
LookTimesText = Annotated[str, BeforeValidator(lambda v: look_times_text(v))]


_PARTY_BUILDING = re.compile(
    r"xay dung dang|cong tac dang|dang (-|va|trong) (doan the|doi song|cuoc song)|nen tang tu tuong|"
    r"lam theo (tu tuong|tam guong|loi bac|bac)|dai hoi (dang|xiv|dai bieu)|sinh hoat chi bo|co so dang|"
    r"ket nap dang|guong dang vien|nghi quyet cua dang|nghi quyet.* cuoc song|tu tuong dang|tuyen giao|dan van"
)
"""Folded names of sections that vouch for their articles (`domain/TAXONOMY.md`, "own section names")."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))


class Section(_Row):
    """One listing, feed or sitemap that is watched."""

    name: str = Field(min_length=1)
    url: HttpUrl
    """A listing page."""
    feed: HttpUrl | None = None
    """Tried before the listing."""
    sitemap: HttpUrl | None = None
    """Tried after the feed; also the way back into the archive."""
    json_listing: HttpUrl | None = None
    """A JSON listing with `{page}` in it, where the family has one."""
    json_link: str | None = None
    """An article's address from the fields of a JSON object (`https://…/{category_slug}/{article_slug}`)."""
    links: Css | None = None
    """Narrows the listing to these links; without it every link that matches `articles.url` counts."""
    next_page: str | None = None
    """`a.next::attr(href)` (CSS) or an address with `{page}`: the way back through the pages."""
    evidence: Literal["seen", "inferred"] | None = None
    """How sure this section is, where it differs from the row."""

    @property
    def channels(self) -> tuple[tuple[ChannelKind, str], ...]:
        """The ways into the section, cheapest first."""
        json_listing = self.json_listing and self.json_listing.replace("{page}", "1")
        ways: tuple[tuple[ChannelKind, str | None], ...] = (
            ("feed", self.feed),
            ("sitemap", self.sitemap),
            ("json", json_listing),
            ("listing", self.url),
        )
        return tuple((kind, url) for kind, url in ways if url)

    @property
    def vouches(self) -> bool:
        """Whether the section's own name says that what stands in it is about Party building."""
        return _PARTY_BUILDING.search(fold(self.name)) is not None

    @model_validator(mode="after")
    def _next_page_is_usable(self, info: ValidationInfo) -> Section:
        if self.next_page is not None:
            if "{page}" in self.next_page:
                _http_url(self.next_page.replace("{page}", "2"))
            else:
                _css(self.next_page, info)
        return self


class Articles(_Row):
    """Which links are articles."""

    url: Regex
    """An article's address matches this (searched from the start)."""
    old_urls: tuple[Regex, ...] = ()
    """Address patterns of earlier ages and former domains."""
    deny: tuple[str, ...] = ()
    """A link that contains one of these is none."""
    identity_params: tuple[str, ...] = ()
    """Query parameters that are the article's identity (`mabb`); all others are dropped."""

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(p, re.IGNORECASE) for p in (self.url, *self.old_urls))

    def matches(self, url: str) -> bool:
        """Whether `url` is an article of this source."""
        return not any(d in url for d in self.deny) and any(p.search(url) for p in self._patterns)


class Extract(_Row):
    """Where things stand in an article page; every key is optional."""

    container: Selectors = ()
    """The element(s) that hold the body; the first selector that matches is taken."""
    title: Selectors = ()
    lead: Selectors = ()
    section: Selectors = ()
    place: Selectors = ()
    published: Selectors = ()
    updated: Selectors = ()
    authors: Selectors = ()
    captions: Selectors = ()
    remove: Selectors = ()
    """Furniture inside the container."""
    until: date | None = None
    """The last day on which this layout was used; None for the current one."""


class Crawl(_Row):
    """How the source is visited."""

    delay: float = Field(default=1.0, ge=0)
    """Seconds between requests to a host; robots.txt Crawl-delay wins when larger. Below 1: loopback only."""
    every: Duration = timedelta(minutes=20)
    """The interval a section starts from; it then follows the section's rhythm (`crawler.rhythm`)."""
    at: LookTimesText | None = None
    """Fixed times besides: `05:20,11:30,17:00` or a cron line, in Vietnam's time; those of the settings if None."""


class Archive(_Row):
    """A way into the archive that no listing or sitemap gives."""

    ids: HttpUrl | None = None
    """An article's address from its number alone: `https://…/bai-post{id}.html`, as many CMS answer to."""
    first: int = Field(default=1, ge=0)
    """The lowest number worth asking for."""

    @model_validator(mode="after")
    def _ids_have_a_place(self) -> Archive:
        if self.ids is not None and "{id}" not in self.ids:
            raise ValueError("ids: cần {id} ở chỗ của con số / needs {id} where the number stands")
        return self


class Expect(_Row):
    """A healthy run, for the health check."""

    per_week: float | None = Field(default=None, gt=0)
    """Articles a week."""
    title: float = Field(default=0.98, ge=0, le=1)
    published: float = Field(default=0.9, ge=0, le=1)


class Rights(_Row):
    """What the outlet says of the use of its texts, as a person saw it."""

    seen: date
    """The day on which it was looked at."""
    terms: HttpUrl | None = None
    """Its terms of use."""
    reserved: tuple[Literal["terms", "robots", "noai", "ai.txt", "tdm-reservation"], ...] = ()
    """Where it forbids mining or training: a release can leave it out."""


class Source(_Row):
    """One outlet (DESIGN §6.1)."""

    id: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    """File name, spider name and folder of golden pages."""
    name: str = Field(min_length=1)
    province: str
    """One of the 34, or `Trung ương`."""
    covers: tuple[str, ...] = ()
    """Which of the 63 provinces before 2025-07-01 it covers."""
    homepage: HttpUrl
    former_domains: tuple[str, ...] = ()
    evidence: Literal["seen", "inferred"]
    probe: tuple[HttpUrl, ...] = ()
    """Feeds, sitemaps and sections guessed by analogy: `sources check` tries them, a crawl never does."""
    note: str | None = None
    """What a reader of the row should know; never read by code."""
    family: str | None = None
    sections: tuple[Section, ...] = Field(min_length=1)
    articles: Articles
    extract: tuple[Extract, ...] = ()
    """The layouts, newest first."""
    crawl: Crawl = Crawl()
    archive: Archive = Archive()
    expect: Expect = Expect()
    rights: Rights | None = None
    """None: nobody has looked."""
    spider: str | None = None
    """A class in `spiders/sites/`: the named exception."""
    disabled: str | None = None
    """A reason, never a boolean."""
    fictitious: bool = False
    """True for the demo press: its province is invented."""

    @model_validator(mode="before")
    @classmethod
    def _one_extract_is_a_list_of_one(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("extract"), dict):
            return {**data, "extract": [data["extract"]]}
        return data

    @model_validator(mode="after")
    def _is_coherent(self) -> Source:
        if not self.fictitious and self.province not in (*PROVINCES, CENTRAL):
            raise ValueError(
                f"province: {self.province!r} không phải một trong 34 tỉnh, thành, cũng không phải {CENTRAL!r} / "
                f"{self.province!r} is none of the 34 provinces, nor {CENTRAL!r}"
            )
        if not self.fictitious and (unknown := [c for c in self.covers if c not in FORMER_PROVINCES]):
            raise ValueError(
                f"covers: {unknown[0]!r} không phải một trong 63 tỉnh, thành trước ngày 01/07/2025 / "
                f"{unknown[0]!r} is none of the 63 provinces before 2025-07-01"
            )
        if self.crawl.delay < 1 and not _is_loopback(self.homepage):
            raise ValueError(
                "crawl.delay: dưới 1 giây chỉ được dùng với loopback / "
                "below 1 second is for loopback only (DESIGN invariant 7)"
            )
        untils = [e.until for e in self.extract]
        if None in untils[1:] or any(a and b and a <= b for a, b in pairwise(untils)):
            raise ValueError(
                "extract: mẫu trang mới nhất đứng đầu, mỗi mẫu cũ hơn có `until` sớm hơn / "
                "variants stand newest first, each older one with an earlier `until`"
            )
        return self

    @cached_property
    def domains(self) -> frozenset[str]:
        """Hosts of this outlet, former ones included, without `www.`."""
        hosts = [urlsplit(self.homepage).hostname or ""]
        hosts += [urlsplit(s.url).hostname or "" for s in self.sections]
        return frozenset(h.removeprefix("www.") for h in (*hosts, *self.former_domains))

    @cached_property
    def hosts(self) -> frozenset[str]:
        """`domains`, and the hosts of feeds, sitemaps and JSON listings, without `www.`."""
        asked = (url for s in self.sections for _, url in s.channels)
        return self.domains | {(urlsplit(url).hostname or "").removeprefix("www.") for url in asked}


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host == "localhost" or host.endswith(".localhost") or host.startswith("127.") or host == "::1"
