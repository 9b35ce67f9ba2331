"""Bài: one article as the corpus has it, with what was read out of it, its copies and its versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from crawler.delivery.display_names import numbered_meeting
from crawler.query.search_document import changes_of, topic_names
from crawler.registry import outlet_name
from crawler.store.article_editing import corrections_of
from crawler.store.article_file import ArticleFile, article_file
from crawler.web.article_text import NamedStretch, printed
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.html import html
from crawler.web.lines import article_row, document_page, document_row
from crawler.web.routes.corrections import correction_row
from crawler.web.visitor import Role, needs

router = APIRouter(dependencies=[needs(Role.READER)])


@router.get("/bai/{id_}.json", include_in_schema=False)
def article_json(request: Request, id_: int) -> Response:
    """The article as a document for a program."""
    return JSONResponse(article_document(request, id_))


@router.get("/bai/{id_}", include_in_schema=False)
def article(request: Request, id_: int) -> Response:
    """The page of an article."""
    found = _found(request, id_)
    registry = context_of(request).registry
    read, names = found.stored.article, topic_names()
    return html(
        request,
        "article.html.j2",
        file=found,
        article=read,
        line=article_row(found.stored.line, registry),
        blocks=printed(read, _marks(found)),
        documents=[document_row(one) for one in {d.id: d for d in found.documents.values()}.values()],
        meetings=[_meeting(id_, found) for id_ in found.meetings],
        topics=[(names.get(one.id, one.id), one.id, one.because) for one in read.annotations.topics],
        copies=[article_row(line, registry) for line in found.copies],
        versions=[
            {"n": one.n, "seen": one.seen, "kinds": [label for _, label in changes_of(one.change.kinds)],
             "edits": one.change.edits, "reread": one.reread}
            for one in found.versions
        ],
        corrections=[correction_row(one) for one in corrections_of(context_of(request).engine, id_)],
        editing=_editing(request, found),
        outlet=outlet_name(registry, found.stored.line.source),
    )  # fmt: skip


def article_document(request: Request, id_: int) -> dict[str, Any]:
    """The article JSON of the contract, with its annotations and its place in the store. Raises NotThere."""
    found = _found(request, id_)
    read = found.stored.article
    return {
        "id": found.stored.line.id,
        **read.to_json(),
        **read.annotations.to_json(),
        "story": found.story,
        "copies": [line.url for line in found.copies],
        "versions": len(found.versions),
        "first_seen": found.first_seen.isoformat(),
        "last_seen": found.last_seen.isoformat(),
        "taken_down": found.taken_down.isoformat() if found.taken_down else None,
    }


def _editing(request: Request, found: ArticleFile) -> dict[str, Any] | None:
    """What the forms of an editor offer; None for who may only read."""
    if request.state.visitor.role < Role.EDITOR:
        return None
    notes = found.stored.article.annotations
    return {
        "topics": topic_names(),
        "chosen": {topic.id for topic in notes.topics},
        "meetings": [
            " · ".join(filter(None, (numbered_meeting(one.kind, one.ordinal), one.organiser, one.date)))
            for one in (*notes.meetings, *notes.called_off)
        ],
    }


def _found(request: Request, id_: int) -> ArticleFile:
    found = article_file(context_of(request).engine, id_) if 0 < id_ < 2**62 else None
    if found is None:
        raise NotThere(f"kho không có bài số {id_} / the store has no article {id_}")
    return found


def _marks(found: ArticleFile) -> Iterator[NamedStretch]:
    read = found.stored.article
    ids = dict.fromkeys(name for name, _ in found.stored.documents)
    for citation in read.annotations.citations:
        if citation.field == "text":
            facts = next((d for i in ids if (d := found.documents.get(i)) and d.key == citation.key), None)
            link = document_page(facts.id) if facts else None
            yield NamedStretch(citation.start, citation.end, "document", link, citation.key)
    for meeting in (*read.annotations.meetings, *read.annotations.called_off):
        if meeting.field == "text":
            said = " · ".join(
                filter(
                    None, (numbered_meeting(meeting.kind, meeting.ordinal), meeting.organiser, meeting.date)
                )
            )
            yield NamedStretch(meeting.start, meeting.end, "meeting", None, said)


def _meeting(id_: str, found: ArticleFile) -> dict[str, Any]:
    facts = found.meetings[id_]
    return {
        "id": facts.id, "page": f"/cuoc-hop/{facts.id}", "name": numbered_meeting(facts.kind, facts.ordinal),
        "organiser": facts.organiser, "date": facts.date, "status": facts.status, "place": facts.place,
    }  # fmt: skip
