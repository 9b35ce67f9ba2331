"""Pages out of the archive: one answer by its place, or all records of a file, whoever wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.archive.record import digest_of
from crawler.errors import InvalidInput
from crawler.store.captures import Capture

MOST_BYTES = 32_000_000
"""An unpacked body is not read beyond this."""


@dataclass(frozen=True, slots=True)
class ArchivedPage:
    """An answer as it was kept."""

    url: str
    at: datetime
    status: int
    head: tuple[tuple[str, str], ...]
    """Its headers."""
    status_line: str
    payload: bytes = field(repr=False)
    """The body as it came."""
    digest: str
    """Of the payload, as the record has it."""
    first: tuple[str, datetime] | None = None
    """Of a revisit: address and time of the answer that holds its payload."""

    def header(self, name: str) -> str | None:
        """The first header of this name."""
        return next((value for key, value in self.head if key.lower() == name), None)

    @property
    def body(self) -> bytes:
        """Unpacked in the way a crawl unpacks it; raises ArchiveBroken where it cannot be."""
        return unpacked(
            self.payload, [value for key, value in self.head if key.lower() == "content-encoding"]
        )


class ArchiveBroken(InvalidInput):
    """A file or a record of the archive that cannot be read; the message says which."""


def unpacked(payload: bytes, encodings: list[str]) -> bytes:
    """A body without its content encodings, `MOST_BYTES` at most."""
    if not encodings:
        return payload
    from scrapy.downloadermiddlewares.httpcompression import HttpCompressionMiddleware as Scrapys

    # Scrapy's own, and not the standard library's: what is read again must be, byte for byte, what was read then.
    to_decode, unknown = Scrapys._split_encodings([value.encode("latin-1") for value in encodings])
    if unknown:
        return payload  # as the crawl read it
    try:
        for encoding in to_decode:
            payload = Scrapys._decode(payload, encoding, MOST_BYTES)
    except Exception as error:
        raise ArchiveBroken(
            f"không giải nén được / cannot be unpacked ({', '.join(encodings)}): {error}"
        ) from error
    return payload


def page_at(
    folder: Path, place: Capture, first_with: Callable[[str], Capture | None] = lambda digest: None
) -> ArchivedPage:
    """The answer at its place, with the payload of an earlier one where it was the same.

    Raises ArchiveBroken where the file, the record or that earlier answer is not there.
    """
    page = _read(folder, place)
    if page.first is None:
        return page
    holder = first_with(place.digest)
    if holder is None:
        raise _broken(place, "nội dung nằm ở một tệp đã bỏ / its payload was in a file that is gone")
    return ArchivedPage(
        page.url,
        page.at,
        page.status,
        page.head,
        page.status_line,
        _read(folder, holder).payload,
        page.digest,
    )


def _read(folder: Path, place: Capture) -> ArchivedPage:
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    try:
        with (folder / place.file).open("rb") as file:
            file.seek(place.offset)
            record = next(iter(ArchiveIterator(file)), None)
            if record is None or record.rec_type not in ("response", "revisit"):
                raise _broken(place, "ở đó không có trang nào / there is no answer at this place")
            return page_of(record)
    except FileNotFoundError as error:
        raise _broken(place, "tệp không còn / the file is gone") from error
    except (ArchiveLoadFailed, EOFError, ValueError, OSError) as error:
        raise _broken(place, f"không đọc được / cannot be read: {error}") from error


def page_of(record: Any) -> ArchivedPage:
    """A `response` or `revisit` record of warcio's; its stream is read to the end. Raises ValueError for a bad date."""
    headers = record.rec_headers
    http = record.http_headers
    refers = headers.get_header("WARC-Refers-To-Target-URI")
    payload = record.raw_stream.read() if record.rec_type == "response" else b""
    status = http.get_statuscode() if http is not None else ""
    return ArchivedPage(
        url=headers.get_header("WARC-Target-URI") or "",
        at=_moment(headers.get_header("WARC-Date")),
        status=int(status) if status.isdigit() else 0,
        head=tuple(http.headers) if http is not None else (),
        status_line=f"{http.protocol} {http.statusline}".strip() if http is not None else "",
        payload=payload,
        digest=headers.get_header("WARC-Payload-Digest") or digest_of(payload),
        first=(refers or "", _moment(headers.get_header("WARC-Refers-To-Date") or "1970-01-01T00:00:00Z"))
        if record.rec_type == "revisit"
        else None,
    )


def answers(path: Path, start: int = 0) -> Iterator[tuple[int, int, ArchivedPage]]:
    """Offset, length and answer of every `response` and `revisit` record of a file from `start` on.

    Raises ArchiveBroken at the first record that cannot be read.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    with path.open("rb") as file:
        file.seek(start)
        records = ArchiveIterator(file)
        try:
            for record in records:
                if record.rec_type in ("response", "revisit"):
                    page = page_of(record)
                    records.read_to_end(record)
                    yield records.get_record_offset(), records.get_record_length(), page
        except (ArchiveLoadFailed, EOFError, ValueError, OSError) as error:
            raise ArchiveBroken(f"{path.name}: không đọc được / cannot be read: {error}") from error


def captured(name: str, offset: int, length: int, page: ArchivedPage) -> Capture:
    """The row of an answer that was found in a file."""
    mime = (page.header("content-type") or "").split(";")[0].strip().lower()[:100] or None
    return Capture(
        name, offset, length, page.url, page.at, page.status, mime, page.digest, page.first is not None
    )


def _moment(text: str | None) -> datetime:
    if not text:
        raise ValueError("a record without a date")
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def _broken(place: Capture, why: str) -> ArchiveBroken:
    return ArchiveBroken(f"{place.file} @ {place.offset}: {why}")
