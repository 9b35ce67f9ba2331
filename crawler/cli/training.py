"""`diemtin topics train`: learn topics from a person's corrections."""

from __future__ import annotations

import json as jsonlib
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from crawler.cli.shell import Json, app, config, console, print_json
from crawler.cli.stores import store_to_read
from crawler.cli.usage import App
from crawler.errors import InvalidInput

topics_app = App(help="Chủ đề. Topics.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")


@topics_app.command("list")
def list_topics(json: Json = False) -> None:
    """Các chủ đề. The taxonomy."""
    from crawler.topic.taxonomy import shipped_topics

    topics = [{"id": topic.id, "name": topic.name} for topic in shipped_topics()]
    if json:
        print_json(topics)
        return
    for topic in topics:
        console.print(f"{topic['id']:32} {topic['name']}", markup=False)


@topics_app.command("corrections")
def corrections() -> None:
    """In những chủ đề người sửa đã ghi trên trang, mỗi bài một dòng, cho `topics train`.

    Print the topics that editors gave on the pages, one article a line, for `topics train`.
    """
    from crawler.store.article_editing import topic_corrections

    for line in topic_corrections(store_to_read(config())):
        print(jsonlib.dumps(line, ensure_ascii=False))


@topics_app.command("train")
def train(
    corrections: Annotated[
        Path | None,
        typer.Argument(
            help="Tệp gồm các dòng {id, topics}; id là địa chỉ bài hay mã trong kho xuất, hoặc kèm title, lead, text; "
            "không có: chỉ học từ các dòng kèm theo diemtin. Lines {id, topics}; id is an article's address or export "
            "id, or add title, lead, text; none: learn from the lines that come with diemtin."
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Thư mục ghi mô hình; không ghi: topics/ trong thư mục dữ liệu. "
            "Folder of the model; none: topics/ in the data folder."
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Học từ những chỗ sửa tay, giữ nguyên các dòng kèm theo.

    Learn from corrections and the lines that come with diemtin; the model is used where it does no worse.
    """
    from crawler.topic.topics_train import train as run_train

    folder = out or config().learned_topics_folder
    if corrections is None:
        report = run_train(None, folder)
    else:
        with tempfile.TemporaryDirectory(prefix="diemtin-topics-") as work:
            whole = Path(work) / "corrections.jsonl"
            whole.write_text(_with_texts(corrections), encoding="utf-8")
            report = run_train(whole, folder)
    if json:
        print_json({"folder": str(folder), **asdict(report)})
        return
    table = Table("Chủ đề", "Số dòng", "F1", box=None)
    for topic in report.topics:
        table.add_row(topic.topic, str(topic.examples), f"{topic.f1:.3f}")
    console.print(table)
    console.print(
        f"{report.shipped} dòng kèm theo, {report.lines} dòng sửa tay, {report.folds} phần: "
        f"chủ đề {report.f1:.3f}, có liên quan {report.relevance_f1:.3f}"
    )
    if report.lines:
        console.print(f"Trên các dòng sửa tay: trước {report.before_f1:.3f}, nay {report.learned_f1:.3f}")
    told = f"Ghi vào {folder}" if report.used else "Không dùng: mô hình mới kém mô hình kèm theo. Not used."
    console.print(told, markup=False)


def _with_texts(corrections: Path) -> str:
    """The corrections, each with its article's words: as given, or out of the store."""
    from crawler.corpus.export import article_id
    from crawler.messages import at_line
    from crawler.store.corpus import open_corpus

    try:
        lines = corrections.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{corrections}: không có tệp này, hoặc không phải UTF-8 / {error}") from error
    rows: list[dict[str, Any]] = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = jsonlib.loads(line)
        except jsonlib.JSONDecodeError as error:
            reason = f"không phải JSON / no JSON: {error}"
            raise InvalidInput(f"{corrections}: {at_line(number, reason)}") from error
        if not isinstance(row, dict) or not isinstance(row.get("id"), str):
            reason = "cần một đối tượng có id và topics / an object with id and topics is expected"
            raise InvalidInput(f"{corrections}: {at_line(number, reason)}")
        rows.append(row)
    wanted = {row["id"] for row in rows if not any(row.get(k) for k in ("title", "lead", "text"))}
    words: dict[str, dict[str, Any]] = {}
    if wanted:
        settings = config()
        with open_corpus(store_to_read(settings), settings.registry()) as corpus:
            for kept in corpus.articles():
                for name in wanted & {kept.url, article_id(kept.url)}:
                    words[name] = {key: kept.record[key] for key in ("title", "lead", "text")}
    if missing := sorted(wanted - set(words)):
        raise InvalidInput(
            f"{corrections}: trong kho không có bài mang mã này / "
            f"no stored article has the id {missing[0]} (and {len(missing) - 1} more)"
        )
    return "".join(jsonlib.dumps({**words.get(r["id"], {}), **r}, ensure_ascii=False) + "\n" for r in rows)
