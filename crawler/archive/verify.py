"""Whether the archive is what it says: every record whole, every digest right, every row of the index at its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from crawler.archive.writer import WarcFile, names_in, whole_end
from crawler.store.captures import ArchiveFile, Capture


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in one file."""

    name: str
    answers: int = 0
    problems: tuple[str, ...] = field(default=())
    """In both languages."""
    in_use: bool = False
    """A process writes it: its end is not judged."""


def verify(
    folder: Path, known: Sequence[ArchiveFile], rows_of: Callable[[str], Sequence[Capture]]
) -> Iterator[Verified]:
    """One after the other, in the order of their names; `rows_of` are the rows of a file's answers."""
    kept = {one.name for one in known if one.dropped is None}
    for name in sorted(kept | set(names_in(folder))):
        if not (folder / name).exists():
            yield Verified(name, problems=("tệp không còn trong thư mục / the file is not in the folder",))
            continue
        yield _verified(folder / name, rows_of(name))


def _verified(path: Path, rows: Sequence[Capture]) -> Verified:
    file = WarcFile.take(path)
    in_use = file is None
    if file is not None:
        file.close()
    found: dict[int, str] = {}
    problems = list(_records(path, found))
    size, whole = path.stat().st_size, whole_end(path)
    if whole < size and not in_use:
        problems.append(
            f"từ byte {whole}: bản ghi dở dang, lần thu thập tới sẽ cắt / from byte {whole} on: no whole record"
        )
    by_place = {row.offset: row.url for row in rows}
    for offset, url in sorted(by_place.items()):
        if found.get(offset) != url:
            problems.append(
                f"byte {offset}: không có trang {url} / the index has {url} here, the file has not"
            )
    if not in_use and (without := len(set(found) - set(by_place))):
        problems.append(f"{without} trang không có trong mục lục / {without} answers are not in the index")
    return Verified(path.name, len(found), tuple(problems), in_use)


def _records(path: Path, found: dict[int, str]) -> Iterator[str]:
    """Problems of the records, one by one; `found` gets place and address of the answers."""
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    with path.open("rb") as file:
        records = ArchiveIterator(file, check_digests=True)
        try:
            for record in records:
                while record.raw_stream.read(1 << 20):
                    pass
                if record.digest_checker.passed is False:
                    told = "; ".join(record.digest_checker.problems)
                    yield f"byte {records.get_record_offset()}: sai mã băm / {told}"
                if record.rec_type in ("response", "revisit"):
                    found[records.get_record_offset()] = record.rec_headers.get_header("WARC-Target-URI")
        except (ArchiveLoadFailed, EOFError, ValueError, OSError) as error:
            yield f"không đọc tiếp được / cannot be read any further: {error}"
