"""`diemtin documents correct`, `join` and `assign`: a person's word on the register, told and taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from crawler.cli.document_lists import documents_app
from crawler.cli.shell import config, iso_day, notes
from crawler.cli.stores import store_to_change
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.store.document_editing import Assigned, Edited

_FACTS = {"issuer": "cơ quan", "date": "ngày", "title": "trích yếu", "type": "loại"}


def _tell(line: str) -> None:
    """What was done is no answer a script reads: it goes to stderr."""
    notes.print(line, markup=False, highlight=False, soft_wrap=True)


Undo = Annotated[bool, typer.Option("--undo", help="Lấy lại điều đã làm. Take it back.")]


@documents_app.command("correct")
def documents_correct(
    id: Annotated[
        str, typer.Argument(help="Mã, như `documents --json` in ra. The id, as `documents --json` prints it.")
    ],
    issuer: Annotated[str | None, typer.Option(help="Cơ quan ban hành. The issuer.")] = None,
    date: Annotated[str | None, typer.Option(help="Ngày, như 20/11/2026. ISO day.")] = None,
    title: Annotated[str | None, typer.Option(help="Trích yếu. The subject.")] = None,
    type: Annotated[str | None, typer.Option(help="Loại văn kiện, như Chỉ thị. The type.")] = None,
    undo: Undo = False,
) -> None:
    """Sửa tay một văn kiện; máy đọc không ghi đè. Correct a document by hand; reading never overwrites it."""
    from crawler.store import document_editing

    given = {"issuer": issuer, "date": iso_day(date, "--date"), "title": title, "type": type}
    facts = {key: value for key, value in given.items() if value}
    if undo and facts:
        raise InvalidInput("--undo: không đi cùng tùy chọn khác / --undo goes with no other option")
    if undo:
        _say_edited("Đã lấy lại", document_editing.uncorrect(store_to_change(config()), id))
        return
    if not facts:
        raise InvalidInput(
            "documents correct: chưa nói sửa gì, cần ít nhất một tùy chọn sau / "
            "name at least one of --issuer, --date, --title, --type"
        )
    _say_edited("Đã sửa", document_editing.correct(store_to_change(config()), id, **facts))
    _tell(f"  Lấy lại: diemtin documents correct '{id}' --undo")


def _say_edited(done: str, edited: Edited) -> None:
    def shown(value: Any) -> str:
        return "chưa rõ" if value is None else str(value)

    changes = [
        f"{_FACTS[name]}: {shown(before)} → {shown(after)}"
        for name, (before, after) in edited.facts.items()
        if name in _FACTS
    ]
    _tell(f"{done} {edited.id}: {'; '.join(changes) or 'không có gì khác trước'}")
    if "resolved" in edited.facts:
        _tell(
            "  Nay đã rõ là văn kiện nào, bỏ dấu (?)." if edited.facts["resolved"][1] else "  Lại để ngỏ (?)."
        )


@documents_app.command("join")
def documents_join(
    id: Annotated[str, typer.Argument(help="Mã của bản ghi thừa. The id of the wrong twin.")],
    into: Annotated[
        str | None,
        typer.Argument(
            help="Mã của văn kiện đúng; không ghi: bỏ lần gộp. "
            "The id of the right document; none takes a join back."
        ),
    ] = None,
) -> None:
    """Cho biết hai mã là một văn kiện. Say that two ids are one document."""
    from crawler.store import document_editing

    joined = document_editing.join(store_to_change(config()), id, into)
    if joined.after is None:
        _tell(f"{id}: đã tách khỏi {joined.before}, từ nay đứng riêng.")
        return
    moved = f" (trước đó gộp vào {joined.before})" if joined.before not in (None, joined.after) else ""
    _tell(f"{id}: đã gộp vào {joined.after}{moved}.")
    _tell(f"  Lấy lại: diemtin documents join '{id}'")


@documents_app.command("assign")
def documents_assign(
    url: Annotated[str, typer.Argument(help="Địa chỉ bài. The article.")],
    key: Annotated[
        str, typer.Argument(help="Số như bài viết, chẳng hạn 35-CT/TW. The number as cited there.")
    ],
    id: Annotated[
        str | None,
        typer.Argument(help="Văn kiện mà bài nói tới; mã mới thì thêm vào. The document that is meant."),
    ] = None,
    undo: Undo = False,
) -> None:
    """Cho biết bài viết nói tới văn kiện nào. Say which document one article's citation means."""
    from crawler.store import document_editing

    if (id is None) is not undo:
        raise InvalidInput(
            "documents assign: cần mã văn kiện, hoặc --undo để lấy lại / name the document's id, or --undo"
        )
    engine, now = store_to_change(config()), config().clock()
    if id is None:
        _say_assigned(url, document_editing.unassign(engine, url, key, config().registry(), now=now))
        return
    _say_assigned(url, document_editing.assign(engine, url, key, id, now=now))
    _tell(f"  Lấy lại: diemtin documents assign {url} '{key}' --undo")


def _say_assigned(url: str, done: Assigned) -> None:
    _tell(f"{url}: {done.citations} chỗ nhắc {done.key}: {', '.join(done.before)} → {', '.join(done.after)}")
