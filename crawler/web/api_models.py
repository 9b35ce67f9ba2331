"""The documents of the API, as OpenAPI describes them. Dates are ISO 8601; what is not known is null."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = Field(examples=["about:blank"])
    title: str = Field(examples=["Yêu cầu chưa đúng / The request is not right"])
    status: int = Field(examples=[400])
    detail: str
    position: int | None = Field(default=None, description="Of a query: where in it, in code points.")


class CopyLine(BaseModel):
    """Another article of a story."""

    source: str
    url: str


class AnswerLine(BaseModel):
    """One story of an answer, by the article that answers."""

    article: int = Field(examples=[17])
    url: str = Field(examples=["https://bao-lam-ha.example/dai-hoi-chi-bo"])
    title: str
    published: str | None = Field(examples=["2026-11-21T17:10:00+07:00"])
    source: str = Field(examples=["bao-lam-ha"])
    source_name: str
    province: str | None
    story: int
    snippet: str
    marks: list[list[int]] = Field(description="(start, end) of the words asked for, in the snippet.")
    title_marks: list[list[int]] = Field(description="The same in the title.")
    also: list[CopyLine]


class AnswerPage(BaseModel):
    """A page of answers."""

    query: str
    total: int
    total_exact: bool = Field(description="False: there are more.")
    articles: int
    after: str | None = Field(description="What the next page is asked with; null on the last.")
    stopped: bool = Field(description="The time was over: there may be more.")
    missing: int = Field(description="Articles of the store that are not in the index yet.")
    hits: list[AnswerLine]
    facets: dict[str, Any] | None = None


class ArticlePage(BaseModel):
    """An article as the corpus has it, with what was read out of it (DESIGN §6.4, §6.5)."""

    model_config = ConfigDict(extra="allow")

    id: int
    url: str
    title: str
    text: str
    published: str | None
    story: str
    copies: list[str]
    versions: int
    first_seen: str
    last_seen: str
    taken_down: str | None


class DocumentLine(BaseModel):
    """An entry of the document register."""

    model_config = ConfigDict(extra="allow")

    id: str = Field(examples=["35-CT/TW@XIII"])
    key: str = Field(examples=["35-CT/TW"])
    type: str | None
    issuer: str | None
    date: str | None
    title: str | None
    system: str


class DocumentPage(BaseModel):
    """A page of the register."""

    total: int
    after: str | None
    documents: list[DocumentLine]


class MeetingLine(BaseModel):
    """One meeting as all reports together tell it."""

    model_config = ConfigDict(extra="allow")

    id: str
    kind: str
    organiser: str | None
    date: str | None
    status: str
    province: str | None
    articles: list[str]


class MeetingPage(BaseModel):
    """A page of the agenda."""

    total: int
    after: str | None
    meetings: list[MeetingLine]


class DayPage(BaseModel):
    """One day at a glance."""

    day: str
    documents: list[dict[str, Any]]
    meetings: list[dict[str, Any]]
    ahead: list[dict[str, Any]]
    stories: list[dict[str, Any]]
    changes: list[dict[str, Any]]
    coverage: dict[str, Any]


class SourceLine(BaseModel):
    """One outlet of the registry, and how it was looked at last."""

    id: str
    name: str
    province: str
    homepage: str
    disabled: str | None
    last_run: str | None
    outcome: str | None


class SourceList(BaseModel):
    """All outlets, by id."""

    sources: list[SourceLine]
