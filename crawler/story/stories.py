"""Stories put together: the lead, the outlets and what each copy changed; and `diemtin stories FILE.jsonl`.

The file's articles are placed by the code that places a crawled one.
The story of an article is written as the id of its lead article: the earliest, an agency's where dates tie.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from crawler.dates.zones import VIETNAM
from crawler.errors import InvalidInput
from crawler.messages import at_line, system_reason
from crawler.story.fingerprint import fingerprint
from crawler.story.similar import place
from crawler.story.story_file import FileIndex, FileLine, lead_rank
from crawler.story.versions import Change, compare_stored
from crawler.text.normal import fold

_AGENCY = re.compile(r"\b(?:ttxvn|vna|vnanet|vietnamplus|bao ?tin ?tuc|thong tan xa viet nam)\b")
"""Names and ids of the state news agency and its own papers, folded."""
_BATCH_LINES, _BATCH_BYTES = 500, 4 << 20

Progress = Callable[[int, int], None]
"""Called with the bytes done and the bytes of the file."""
OnError = Callable[[int, str], None]
"""Called with the number of a wrong line, from 1, and what is wrong with it."""


class _WrongLine(ValueError):
    """A line that is no article; the message says why."""


def is_agency(source: str | None) -> bool:
    """Whether a source, by id or name, is the state news agency.

    >>> is_agency("TTXVN"), is_agency("Báo Tin tức"), is_agency("Báo Mẫu Sơn"), is_agency(None)
    (True, True, False, False)
    """
    return source is not None and bool(_AGENCY.search(fold(source).replace("-", " ")))


def published_minute(published: str | None) -> int | None:
    """An ISO time or day (its first minute) in minutes since 1970; Vietnam's time where it names no zone.

    >>> published_minute("1970-01-02"), published_minute("1970-01-01T07:05:00+07:00"), published_minute(None)
    (1020, 5, None)
    """
    if published is None:
        return None
    moment = datetime.fromisoformat(published)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=VIETNAM)
    return int(moment.timestamp() // 60)


@dataclass(frozen=True, slots=True)
class Copy:
    """One article of a story."""

    article: int
    source: str
    """Id or name of the outlet."""
    published: str | None
    record: Mapping[str, Any]
    """`title`, and `blocks` as [kind, text]: the last version as stored."""


@dataclass(frozen=True, slots=True)
class Story:
    """The articles of one story, its lead first."""

    copies: tuple[Copy, ...]
    """In order of publication, an agency's first on a tie, unknown dates last."""
    differences: tuple[Change, ...]
    """What makes each copy another text than the lead; the lead's own is empty."""

    @property
    def lead(self) -> Copy:
        """The earliest article, the agency's where dates tie."""
        return self.copies[0]

    @property
    def outlets(self) -> tuple[str, ...]:
        """The sources that carried it, each once, in order of publication."""
        return tuple(dict.fromkeys(copy.source for copy in self.copies))


def assemble(copies: Iterable[Copy]) -> Story:
    """A story from its articles, at least one, in any order."""
    ordered = tuple(
        sorted(
            copies,
            key=lambda c: (*lead_rank(published_minute(c.published), agency=is_agency(c.source)), c.article),
        )
    )
    return Story(ordered, tuple(compare_stored(ordered[0].record, copy.record) for copy in ordered))


def assign_file(
    path: Path,
    *,
    jobs: int = 1,
    progress: Progress | None = None,
    on_error: OnError | None = None,
    work_dir: Path | None = None,
) -> Iterator[tuple[str, str]]:
    """(id, story) of every article of a JSON-lines file, in its order; empty lines are skipped.

    A line is an object with `id`, `text` and, where known, `published` (ISO) and `source`. With `jobs` above
    1 that many processes read and fingerprint; the result is the same. The index, below 1 KB an article, lies
    in a folder of its own below `work_dir` (default: where temporary files go) and is removed at the end.

    A wrong line is handed to `on_error` and left out; without `on_error` it raises InvalidInput naming the
    line, as does a file that cannot be read. Nothing is yielded before the whole file is read.
    """
    try:
        total = path.stat().st_size
        with (
            tempfile.TemporaryDirectory(prefix="diemtin-stories-", dir=work_dir) as folder,
            FileIndex(Path(folder) / "stories.db", path) as index,
        ):
            done = 0
            with closing(_parse(_batches(path), jobs)) as parsed:
                for size, results in parsed:
                    for result in results:
                        if isinstance(result, FileLine):
                            _add(index, result)
                        elif on_error is None:
                            raise InvalidInput(f"{path}: {at_line(*result)}")
                        else:
                            on_error(*result)
                    done += size
                    if progress is not None:
                        progress(done, total)
            yield from index.stories()
    except OSError as error:
        raise InvalidInput(f"{path}: {system_reason(error)}") from error


def _add(index: FileIndex, entry: FileLine) -> None:
    placement = place(entry.fingerprint, lambda: index.text_at(entry.offset), index)
    index.add(entry, placement.stories)


_Batch = tuple[int, int, list[bytes]]
_Results = list[FileLine | tuple[int, str]]


def _batches(path: Path) -> Iterator[_Batch]:
    """The lines of the file in batches: (number of the first line, its offset, lines)."""
    with path.open("rb") as file:
        number, offset, lines, size = 1, 0, list[bytes](), 0
        for line in file:
            lines.append(line)
            size += len(line)
            if len(lines) >= _BATCH_LINES or size >= _BATCH_BYTES:
                yield number, offset, lines
                number, offset, lines, size = number + len(lines), offset + size, [], 0
        if lines:
            yield number, offset, lines


def _parse(batches: Iterable[_Batch], jobs: int) -> Generator[tuple[int, _Results], None, None]:
    """(bytes, what was read) of each batch, in order; at most two batches a process are under way at once."""
    if jobs <= 1:
        for batch in batches:
            yield _size(batch), _read_batch(batch)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        waiting: deque[tuple[int, Future[_Results]]] = deque()
        for batch in batches:
            waiting.append((_size(batch), pool.submit(_read_batch, batch)))
            if len(waiting) > 2 * jobs:
                size, future = waiting.popleft()
                yield size, future.result()
        while waiting:
            size, future = waiting.popleft()
            yield size, future.result()


def _size(batch: _Batch) -> int:
    return sum(map(len, batch[2]))


def _read_batch(batch: _Batch) -> _Results:
    number, offset, lines = batch
    results: _Results = []
    for line in lines:
        if line.strip():
            try:
                results.append(read_entry(line, offset))
            except _WrongLine as error:
                results.append((number, str(error)))
        number, offset = number + 1, offset + len(line)
    return results


def read_entry(line: bytes, offset: int) -> FileLine:
    """One line as it enters the index. Raises ValueError saying what is wrong with it."""
    try:
        record = json.loads(line)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise _WrongLine(f"không phải JSON / no JSON: {error}") from error
    if not isinstance(record, dict):
        raise _WrongLine("không phải đối tượng JSON / no JSON object")
    id_, text, published, source = (record.get(key) for key in ("id", "text", "published", "source"))
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        raise _WrongLine("id: thiếu, hoặc không phải chuỗi / id: missing, or no text")
    if not isinstance(text, str):
        raise _WrongLine("text: thiếu, hoặc không phải chuỗi / text: missing, or no text")
    day, minute = _dates(published)
    return FileLine(
        id=str(id_),
        fingerprint=fingerprint(text, day),
        minute=minute,
        agency=is_agency(source if isinstance(source, str) else None),
        offset=offset,
    )


def _dates(published: Any) -> tuple[int | None, int | None]:
    """(day as printed, minute), both None where the date is unknown."""
    if published is None or published == "":
        return None, None
    try:
        return date.fromisoformat(published[:10]).toordinal(), published_minute(published)
    except (TypeError, ValueError) as error:
        raise _WrongLine(
            f"published: không phải ngày hay giờ ISO / published: {published!r} is no ISO date or time"
        ) from error
