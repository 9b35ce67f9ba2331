"""All that diemtin reads out of an article's words, for one article and for files of a million lines.

`annotate` joins citations, meetings and topics. `annotate_lines` streams: lines in, answers out in the same order,
memory bounded by a window of chunks; with several jobs the chunks go to worker processes.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import replace
from datetime import date
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from crawler.article import Annotations, Citation, Field, Meeting, published_day
from crawler.citing.citations import cite
from crawler.errors import InvalidInput
from crawler.meeting.meetings import find_called_off, find_meetings
from crawler.messages import system_reason
from crawler.text.match_key import keyed, sentences
from crawler.topic.model import LearnedTopics
from crawler.topic.topics import classify

CHUNK = 64
"""Lines that go to a worker at once: about 0.2 s of work, so the hand-over costs nothing."""
WINDOW = 4
"""Chunks under way for each job: enough to keep every worker busy while the first answer is awaited."""

OnError = Callable[[int, str], None]
Answer = dict[str, Any]


def annotate(
    *,
    title: str | None,
    lead: str | None,
    text: str | None,
    published: date | None,
    section: str | None = None,
    province: str | None = None,
    learned: LearnedTopics | None = None,
    kept: bool = False,
) -> Annotations:
    """The citations, meetings, relevance and topics of one article; offsets are code points of the fields as given.

    `section` is a prior for the topics, `province` the source's, for bodies named without theirs; `learned`
    is a topic model that stands in for the shipped one; `kept` says that a person finds the article relevant.
    """
    fields: dict[Field, str | None] = {"title": title, "lead": lead, "text": text}
    citations = cite(fields, published, province)
    meetings, called_off = (
        _with_documents(find(title, lead, text, published=published), fields, citations)
        for find in (find_meetings, find_called_off)
    )
    relevant, topics = classify(title, lead, text, section=section, model=learned, kept=kept)
    return Annotations(citations, meetings, relevant, topics, called_off)


def _with_documents(
    meetings: Sequence[Meeting], fields: Mapping[Field, str | None], citations: Sequence[Citation]
) -> tuple[Meeting, ...]:
    """The meetings with the keys of the documents in each one's own sentence, in order."""
    ends = {name: _sentence_ends(fields[name] or "") for name in {m.field for m in meetings}}
    keys: dict[tuple[Field, int], dict[str, None]] = {}
    for c in citations:
        if c.field in ends:
            keys.setdefault((c.field, bisect_right(ends[c.field], c.start)), {})[c.key] = None
    return tuple(
        replace(m, cites=tuple(keys.get((m.field, bisect_right(ends[m.field], m.start)), ())))
        for m in meetings
    )


def _sentence_ends(words: str) -> list[int]:
    """Where each sentence of a field ends, in its offsets."""
    reading = keyed(words)
    return [reading.span(*span)[1] for span in sentences(reading)]


def annotate_line(line: str | bytes, learned: LearnedTopics | None = None) -> Answer:
    """The answer to one line `{id, title?, lead?, text?, published?, section?, province?}`.

    Raises InvalidInput saying what is wrong with the line.
    """
    row = _row(line)
    words = {
        name: _words(row, name) for name in ("title", "lead", "text", "published", "section", "province")
    }
    try:
        published = published_day(words["published"])
    except ValueError:
        raise InvalidInput(
            "published: không phải ngày hay giờ ISO / "
            f"published: {words['published']!r} is no ISO day or time"
        ) from None
    found = annotate(
        title=words["title"],
        lead=words["lead"],
        text=words["text"],
        published=published,
        section=words["section"],
        province=words["province"],
        learned=learned,
    )
    return {"id": row["id"], **found.to_json()}


def _row(line: str | bytes) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except UnicodeDecodeError as error:
        raise InvalidInput(
            f"không phải UTF-8, sai ở byte {error.start} / not UTF-8: byte {error.start}"
        ) from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise InvalidInput(f"không phải JSON / not JSON: {error}") from error
    if not isinstance(row, dict):
        raise InvalidInput("không phải đối tượng JSON / not a JSON object")
    if not isinstance(row.get("id"), str | int) or isinstance(row["id"], bool):
        raise InvalidInput("id: cần một chuỗi hoặc số nguyên / id: a string or an integer is needed")
    return row


def _words(row: dict[str, Any], name: str) -> str | None:
    value = row.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise InvalidInput(
            f"{name}: cần một chuỗi hoặc null / {name}: a string or null is needed, not {type(value).__name__}"
        )
    if any("\ud800" <= c <= "\udfff" for c in value):
        raise InvalidInput(
            f"{name}: có nửa cặp surrogate, không thành ký tự nào / "
            f"{name}: holds half of a surrogate pair, which is no character"
        )
    return value


def annotate_lines(
    lines: Iterable[str | bytes],
    *,
    jobs: int = 1,
    on_error: OnError | None = None,
    learned: Path | None = None,
) -> Iterator[Answer]:
    """The answers to JSON lines, in their order; a bad line is told to `on_error` (number from 1, why) and left out.

    Empty lines are passed over. At most `jobs * WINDOW * CHUNK` lines are in memory. `learned` is a folder written by
    `crawler.topic.topics_train.train`.
    """
    complain = on_error or (lambda _number, _why: None)
    chunks = _chunks(lines)
    outcomes = (
        (_annotate_chunk(chunk, learned) for chunk in chunks)
        if jobs <= 1
        else _in_processes(chunks, jobs, learned)
    )
    for outcome in outcomes:
        for number, answer, why in outcome:
            if answer is None:
                complain(number, why or "")
            else:
                yield answer


def annotate_file(
    file: Path, *, jobs: int = 1, on_error: OnError | None = None, learned: Path | None = None
) -> Iterator[Answer]:
    """`annotate_lines` over a UTF-8 file. Raises InvalidInput where it cannot be opened."""
    try:
        lines = file.open("rb")
    except OSError as error:
        raise InvalidInput(f"{file}: {system_reason(error)}") from error
    with lines:
        yield from annotate_lines(lines, jobs=jobs, on_error=on_error, learned=learned)


_Chunk = list[tuple[int, str | bytes]]
_Outcome = list[tuple[int, Answer | None, str | None]]


def _chunks(lines: Iterable[str | bytes]) -> Iterator[_Chunk]:
    numbered = ((n, line) for n, line in enumerate(lines, 1) if line.strip())
    while chunk := list(islice(numbered, CHUNK)):
        yield chunk


def _annotate_chunk(chunk: _Chunk, learned: Path | None) -> _Outcome:
    model = LearnedTopics.load(learned) if learned else None
    outcome: _Outcome = []
    for number, line in chunk:
        try:
            outcome.append((number, annotate_line(line, model), None))
        except InvalidInput as error:
            outcome.append((number, None, str(error)))
    return outcome


def _in_processes(chunks: Iterator[_Chunk], jobs: int, learned: Path | None) -> Iterator[_Outcome]:
    # Spawned, not forked: the caller may hold threads and open databases.
    pool = ProcessPoolExecutor(jobs, mp_context=get_context("spawn"))
    waiting: deque[Future[_Outcome]] = deque()
    try:
        for chunk in chunks:
            waiting.append(pool.submit(_annotate_chunk, chunk, learned))
            if len(waiting) >= jobs * WINDOW:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
