"""`diemtin digest`: the press digest of a day or of some days, as a file that is handed round."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crawler.cli.shell import app, config, in_order, iso_day, say
from crawler.cli.stores import store_to_read, tell_if_empty
from crawler.errors import InvalidInput

if TYPE_CHECKING:
    from crawler.config import Config
    from crawler.delivery.digest_gather import DigestWish
    from crawler.store.database import Engine


@app.command()
def digest(
    day: Annotated[str | None, typer.Option(help="Ngày; không nêu: hôm nay. The day; today.")] = None,
    since: Annotated[str | None, typer.Option(help="Từ ngày. From this day on.")] = None,
    until: Annotated[str | None, typer.Option(help="Đến hết ngày. To this day, included.")] = None,
    query: Annotated[str, typer.Option(help="Chỉ tin đáp câu tìm này. Only what answers this query.")] = "",
    watch: Annotated[
        str | None, typer.Option(help="Theo câu tìm của một theo dõi. By the query of a watch.")
    ] = None,
    group: Annotated[
        str, typer.Option(help="Xếp theo chủ-đề, tỉnh hay nguồn. By topic, province or source.")
    ] = "chủ-đề",
    length: Annotated[
        str,
        typer.Option(
            help="titles (đầu đề), leads (cả mở đầu), full (thêm toàn văn). With the full texts: full."
        ),
    ] = "leads",
    out: Annotated[
        Path | None, typer.Option(help="Tệp .docx, .pdf, .html, .md, .xlsx hay .json. The file.")
    ] = None,
    template: Annotated[
        str, typer.Option(help="Mẫu Word: party, press, hay tệp .docx của cơ quan. Or a .docx of one's own.")
    ] = "party",
    template_out: Annotated[
        Path | None, typer.Option(help="Chép mẫu Word ra thư mục để sửa. Copy the templates for editing.")
    ] = None,
    why: Annotated[
        bool, typer.Option("--why", help="Nói vì sao tin đứng chỗ ấy. Say what each item weighs, and why.")
    ] = False,
) -> None:
    """Làm bản điểm báo để in và chuyển tay. Write the press digest that is handed round."""
    from crawler.delivery.digest_docx import TEMPLATES
    from crawler.delivery.digest_files import as_file, form_of
    from crawler.delivery.digest_gather import gather_digest

    if template_out is not None:
        _copy_templates(template_out)
        if out is None:
            return
    if out is None:
        raise InvalidInput("--out: thiếu tệp để ghi, như --out diem-bao.docx / no file to write to was given")
    form = form_of(out)
    shown = TEMPLATES.get(template) or Path(template)
    settings = config()
    engine = store_to_read(settings)
    first, last = _days(settings, day, since, until)
    wish = _wish(settings, engine, (first, last), query, watch, group, length)
    registry = settings.registry()
    made = gather_digest(engine, registry, wish, now=settings.clock())
    body = as_file(made, form, template=shown, with_why=why)
    out.write_bytes(body)
    tell_if_empty(engine)
    say(
        f"{out}: {len(made.items)} tin, {len(made.documents)} văn kiện mới, {len(made.meetings)} cuộc họp / "
        f"stories, new documents, meetings"
    )


def _wish(
    settings: Config,
    engine: Engine,
    days: tuple[date, date],
    query: str,
    watch: str | None,
    group: str,
    length: str,
) -> DigestWish:
    from crawler.delivery.digest import grouping_of, length_of
    from crawler.delivery.digest_gather import DigestWish

    if watch is not None and query:
        raise InvalidInput("--query, --watch: chỉ nêu một / give one of them alone")
    return DigestWish(
        *days,
        query=query if watch is None else _query_of(engine, watch),
        grouping=grouping_of(group),
        length=length_of(length),
        province=_own_province(settings),
        head=settings.digest.head(),
    )


def _query_of(engine: Engine, name: str) -> str:
    from crawler.store.watches import list_watches
    from crawler.text.normal import nfc

    with engine.connect() as connection:
        watches = list_watches(connection)
    named = [one for one in watches if nfc(name) == one.name or name == str(one.id)]
    if not named:
        known = ", ".join(one.name for one in watches) or "—"
        raise InvalidInput(f"--watch {name!r}: không có theo dõi này; có: {known} / there is no such watch")
    return named[0].query


def _own_province(settings: Config) -> str | None:
    province = settings.digest.province
    if province is not None and province not in {row.province for row in settings.registry().values()}:
        raise InvalidInput(
            f"digest.province: {province!r}: không nguồn nào thuộc tỉnh này / no source is of this province"
        )
    return province


def _days(settings: Config, day: str | None, since: str | None, until: str | None) -> tuple[date, date]:
    from crawler.dates.zones import VIETNAM

    if day is not None and (since is not None or until is not None):
        raise InvalidInput("--day: không đi cùng --since, --until / goes not with --since and --until")
    today = settings.clock().astimezone(VIETNAM).date()
    if day is None and since is None and until is None:
        return today, today
    one = iso_day(day or since, "--day" if day else "--since")
    other = iso_day(day or until, "--day" if day else "--until")
    in_order("--since", one, "--until", other)
    last = date.fromisoformat(other) if other else today
    first = date.fromisoformat(one) if one else last
    if last - first > _LONGEST:
        raise InvalidInput(
            f"--since: nhiều nhất {_LONGEST.days} ngày một bản / at most so many days in one digest"
        )
    return first, last


_LONGEST = timedelta(days=92)
"""A quarter: what is more is a corpus, which `diemtin export` writes."""


def _copy_templates(folder: Path) -> None:
    from crawler.delivery.digest_docx import TEMPLATES

    folder.mkdir(parents=True, exist_ok=True)
    for path in TEMPLATES.values():
        target = folder / path.name
        if target.exists():
            raise InvalidInput(f"{target}: đã có, không ghi đè / is there already and is not overwritten")
        shutil.copyfile(path, target)
        say(str(target))
