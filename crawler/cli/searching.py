"""`diemtin search`, `meetings`, `versions` and `export`: what the store knows."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crawler.cli.frame import SHOWN, tell_of_more
from crawler.cli.shell import (
    INTERRUPTED,
    Json,
    app,
    config,
    in_order,
    iso_day,
    moment,
    notes,
    print_json,
    say,
)
from crawler.cli.stores import store_to_change, store_to_read, tell_if_empty
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.source import Source
    from crawler.store.database import Engine
    from crawler.store.search import Sort
    from crawler.store.suggestions import Suggestion


@app.command()
def search(
    query: Annotated[
        list[str],
        typer.Argument(
            help='Như: đại hội VÀ tỉnh:"Cao Bằng"; không cần ngoặc kép. Such as above, quotes or not.'
        ),
    ],
    limit: Annotated[
        int, typer.Option(min=1, max=1_000, help="Nhiều nhất bấy nhiêu tin. At most this many stories.")
    ] = 20,
    sort: Annotated[
        str,
        typer.Option(
            help="Thứ tự: newest (mới nhất), oldest (cũ nhất), liên-quan (sát nhất). newest, oldest or liên-quan."
        ),
    ] = "newest",
    after: Annotated[
        str | None,
        typer.Option(
            help="Trang tiếp: dấu trang mà lần tìm trước đưa ra. The next page: what the last one gave."
        ),
    ] = None,
    facets: Annotated[
        bool,
        typer.Option(
            "--facets",
            help="Đếm theo tỉnh, nguồn, chủ đề, tháng, văn kiện, cuộc họp. Counts by province, source, topic …",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Tìm trong kho bài. Search the stored articles."""
    from crawler.query.parser import parse
    from crawler.query.unknown import unknown_values
    from crawler.store.search import search as run_search

    settings = config()
    registry = settings.registry()
    typed = as_query(query)
    parsed = parse(typed)
    remarks = unknown_values(parsed, registry)
    engine = store_to_read(settings)
    answer = run_search(
        engine, typed, registry,
        limit=limit, sort=sort_of(sort), after=after, facets=facets, seconds=settings.search.seconds,
    )  # fmt: skip
    nothing = not answer.total and not answer.stopped and after is None
    near: list[Suggestion] = []
    without: list[tuple[str, list[str]]] = []
    if nothing:
        from crawler.store.suggestions import suggestions, values_without_articles

        near = suggestions(engine, parsed, registry)
        without = list(values_without_articles(engine, parsed, registry))
    if json:
        print_json(answer.to_json() | ({"suggestions": [one.to_json() for one in near]} if near else {}))
    for remark in remarks:
        notes.print(f"Lưu ý: {remark}", markup=False)
    if nothing and not tell_if_empty(engine):
        for asked, there in without:
            notes.print(f"Trong kho không có bài nào của {asked}; có: {', '.join(there)}", markup=False)
    if answer.missing:
        notes.print(
            f"{answer.missing} bài chưa vào chỉ mục tìm kiếm, chạy: diemtin reindex / "
            "not all articles are in the index yet; run `diemtin reindex`",
            markup=False,
        )
    if not json:
        from crawler.cli.search_shown import show_answer

        show_answer(answer, registry)
        if near:
            say("Gần giống thì có:")
        for one in near:
            say(f"  {one}")
    if answer.interrupted:
        raise typer.Exit(INTERRUPTED)


def sort_of(typed: str) -> Sort:
    """An order by its name, with or without marks; raises InvalidInput."""
    from crawler.store.search import SORTS
    from crawler.text.normal import fold

    for sort in SORTS:
        if fold(typed).replace(" ", "-") == fold(sort):
            return sort
    raise InvalidInput(f"--sort {typed!r}: chỉ nhận các giá trị sau / one of: {', '.join(SORTS)}")


@app.command()
def reindex(json: Json = False) -> None:
    """Đưa kho cũ vào chỉ mục tìm kiếm; dừng thì lần sau làm tiếp. Enter an older store into the search index."""
    from crawler.cli.progress import bar_shown
    from crawler.store.reindex import missing, pay_debt

    engine = store_to_change(config())
    with bar_shown("Chỉ mục", missing(engine), quiet=json) as advance:
        done = pay_debt(engine, advance)
    if json:
        print_json({"articles": done})
    else:
        say(f"Đã xem {done} bài; tìm kiếm nay thấy tất cả." if done else "Chỉ mục đã đủ.")


def as_query(words: Sequence[str]) -> str:
    """The words of a command line as one query: what the shell took out of quotes is put into them again.

    >>> as_query(["chi", "bộ"]), as_query(["đại hội", "tỉnh:Cao Bằng"])
    ('chi bộ', '"đại hội" tỉnh:"Cao Bằng"')
    """
    return words[0] if len(words) == 1 else " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    """One argument: several words in it stood in quotes, unless they hold operators, quotes or fields of their own."""
    field, value = re.fullmatch(r"((?:[^\W\d_]|[-_])+:)?(.*)", word, re.DOTALL).groups("")  # type: ignore[union-attr]
    plain = " " in value.strip() and not re.search('["“”«»():]', value)
    return f'{field}"{value}"' if plain and not _OPERATORS.intersection(value.split()) else word


_OPERATORS = {"VÀ", "HOẶC", "KHÔNG", "AND", "OR", "NOT"}


@app.command()
def meetings(
    first: Annotated[str | None, typer.Option("--from", help="Ngày, như 20/11/2026. ISO day.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Ngày, như 20/11/2026. ISO day.")] = None,
    ics: Annotated[
        Path | None, typer.Option(help="Ghi ra tệp lịch iCalendar. Write them as iCalendar.")
    ] = None,
    ahead: Annotated[
        bool, typer.Option("--ahead", help="Chỉ những cuộc sắp diễn ra. Only those still ahead.")
    ] = False,
    province: Annotated[str | None, typer.Option(help="Của một tỉnh. Of a province.")] = None,
    kind: Annotated[str | None, typer.Option(help="Loại, như đại hội. Its kind, such as đại hội.")] = None,
    organiser: Annotated[
        str | None, typer.Option(help="Một phần tên nơi tổ chức. A part of its organiser's name.")
    ] = None,
    query: Annotated[
        str,
        typer.Option(
            help="Chỉ những cuộc mà bài khớp truy vấn này nhắc tới. Only those told by its articles."
        ),
    ] = "",
    sort: Annotated[
        str | None,
        typer.Option(
            help="Thứ tự: newest (mới nhất trước) hay oldest (theo ngày, khi không ghi mà có --from, --ahead, "
            "--ics, --json). newest, or oldest: by day."
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1, help="Nhiều nhất bấy nhiêu cuộc; mặc định 20, với --json là tất cả. At most so many."
        ),
    ] = None,
    after: Annotated[
        str | None,
        typer.Option(help="Trang tiếp: mã của cuộc họp cuối. The next page: the last meeting's id."),
    ] = None,
    json: Json = False,
) -> None:
    """Các cuộc họp mà bài viết nhắc tới. List the meetings the articles tell of."""
    from crawler.cli.meeting_lines import meeting_lines
    from crawler.store import agenda

    days = iso_day(first, "--from"), iso_day(last, "--to")
    in_order("--from", days[0], "--to", days[1])
    if sort not in (None, "oldest", "newest"):
        raise InvalidInput(f"--sort {sort!r}: chỉ nhận các giá trị sau / one of: oldest, newest")
    engine = store_to_read(config())
    now = config().clock()
    asked = agenda.MeetingFilter(
        first=days[0], last=days[1], province=province, kind=kind, organiser=organiser, ahead=ahead,
        articles=_articles_of(engine, query) if query.strip() else None,
    )  # fmt: skip
    whole = json or ics is not None
    in_day_order = whole or ahead or days[0] is not None
    found = agenda.page(
        engine,
        asked,
        now=now,
        newest_first=(sort or ("oldest" if in_day_order else "newest")) == "newest",
        limit=limit if limit or whole else SHOWN,
        after=after,
    )
    if not found.total:
        tell_if_empty(engine)
    if ics is not None:
        from crawler.meeting.ics import to_ics

        ics.write_bytes(to_ics([m.to_json() for m in found.items], stamp=now))
        notes.print(f"{ics}: {sum(1 for m in found.items if m.date)} cuộc họp", markup=False)
    if json:
        print_json([m.to_json() for m in found.items])
    elif ics is None:
        for m in found.items:
            say("\n".join(meeting_lines(m.to_json())))
        tell_of_more(found)


def _articles_of(engine: Engine, query: str) -> set[int]:
    from crawler.store.search import articles_answering  # half of what the list needs else

    return articles_answering(engine, query, _registry())


@app.command()
def versions(
    url: Annotated[str, typer.Argument(help="Địa chỉ bài. The article's address.")], json: Json = False
) -> None:
    """Những lần sửa của một bài từ khi thấy lần đầu. What changed in an article since it was first seen."""
    from crawler.store import articles

    history = articles.history(_engine(), url)
    if json:
        print_json(history.to_json())
        return
    for line in history.lines():
        say(line)


@app.command()
def export(
    format: Annotated[
        Literal["text", "jsonl", "parquet"],
        typer.Argument(help="Dạng: text, jsonl hoặc parquet. text, jsonl or parquet."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Thư mục; không ghi: exports/<dạng> trong thư mục dữ liệu. "
            "Folder; none: exports/<format> in the data folder."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="Đăng từ ngày này. Published on or after this day.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Đăng trước ngày này. Published before this day.")] = None,
    query: Annotated[
        str, typer.Option(help="Chỉ những bài khớp truy vấn này. Only articles that answer this query.")
    ] = "",
    one_per_story: Annotated[
        bool,
        typer.Option("--one-per-story", help="Mỗi tin chỉ lấy bài gốc. Only the lead article of a story."),
    ] = False,
    split: Annotated[
        bool,
        typer.Option(
            "--split",
            help="jsonl, parquet: chia phần học, kiểm, thử theo tin và thời gian. "
            "train, validation and test parts by story and time.",
        ),
    ] = False,
    words: Annotated[
        bool,
        typer.Option(
            "--words",
            help="jsonl, parquet: thêm cột words, chỗ đứng của từng từ trong text (tách từ). "
            "a column words, where each word of text stands.",
        ),
    ] = False,
    json: Json = False,
) -> None:
    """Xuất kho ngữ liệu. Write the corpus."""
    from crawler.corpus.export import export as run_export
    from crawler.private_files import private_folder
    from crawler.query.parser import parse

    began, ended = moment(since, "--since"), moment(until, "--until")
    in_order("--since", began, "--until", ended)
    parse(query, allow_empty=True)
    engine = store_to_read(config())
    done = run_export(
        engine,
        _registry(),
        format,
        out or private_folder(config().data) / "exports" / format,
        since=began,
        until=ended,
        query=query,
        one_per_story=one_per_story,
        split=split,
        words=words,
    )
    if not done.articles:
        tell_if_empty(engine)
    if json:
        print_json(
            {
                "folder": str(done.folder), "files": done.files, "articles": done.articles,
                "parts": done.parts, "left_out": done.left_out, "sha256": done.sha256,
            }
        )  # fmt: skip
        return
    parts = ", ".join(f"{part} {n}" for part, n in (done.parts or {}).items())
    say(
        f"{done.folder}: {done.articles} bài{f' ({parts})' if parts else ''}, sha256 {done.sha256[:16]}",
    )


def _engine() -> Engine:

    return store_to_read(config())


def _registry() -> Mapping[str, Source]:

    settings = config()
    return settings.registry()
