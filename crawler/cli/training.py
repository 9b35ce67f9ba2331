"""`diemtin topics train`: learn topics from a person's corrections."""

from __future__ import annotations

import json as jsonlib
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from crawler.cli.shell import Json, app, config, console, print_json
from crawler.errors import InvalidInput
from crawler.reasons import at_line

topics_app = typer.Typer(help="Chủ đề. Topics.", no_args_is_help=True)
app.add_typer(topics_app, name="topics")


@topics_app.command("list")
def list_topics(json: Json = False) -> None:
    """Các chủ đề. The taxonomy."""
    from crawler.topic.topics import shipped_taxonomy

    topics = [{"id": topic.id, "name": topic.name} for topic in shipped_taxonomy().topics]
    if json:
        print_json(topics)
        return
    for topic in topics:
        console.print(f"{topic['id']:32} {topic['name']}", markup=False)


@topics_app.command("train")
def train(
    corrections: Annotated[
        Path,
        typer.Argument(
            help="Lines {id, topics}; id is an article's address or export id, or add title, lead, text."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the models; none: topics/ in the data folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Học từ những chỗ sửa tay.

    Learn from corrections; a model is used only for the topics in which it beats the rules.
    """
    from crawler.topic.topics_train import train as run_train

    folder = out or config().learned_topics_folder
    with tempfile.TemporaryDirectory(prefix="diemtin-topics-") as work:
        whole = Path(work) / "corrections.jsonl"
        whole.write_text(_with_texts(corrections), encoding="utf-8")
        report = run_train(whole, folder)
    if json:
        print_json(
            {
                "folder": str(folder), "lines": report.lines, "folds": report.folds, "rules_f1": report.rules_f1,
                "learned_f1": report.learned_f1, "combined_f1": report.combined_f1,
                "topics": [{name: getattr(t, name) for name in t.__dataclass_fields__} for t in report.topics],
            }
        )  # fmt: skip
        return
    table = Table("Chủ đề", "Số dòng", "F1 luật", "F1 học", "Dùng", box=None)
    for topic in report.topics:
        table.add_row(
            topic.topic, str(topic.examples), f"{topic.rules_f1:.3f}", f"{topic.learned_f1:.3f}",
            "mô hình" if topic.used else "luật",
        )  # fmt: skip
    console.print(table)
    console.print(
        f"{report.lines} dòng, {report.folds} phần: luật {report.rules_f1:.3f}, học {report.learned_f1:.3f}"
    )
    console.print(f"Ghi vào {folder}", markup=False)


def _with_texts(corrections: Path) -> str:
    """The corrections, each with its article's words: as given, or out of the store."""
    from crawler.export import article_id
    from crawler.store.corpus import open_corpus
    from crawler.store.database import open_database

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
        with open_corpus(open_database(settings.url), settings.registry()) as corpus:
            for kept in corpus.articles():
                for name in wanted & {kept.url, article_id(kept.url)}:
                    words[name] = {key: kept.record[key] for key in ("title", "lead", "text")}
    if missing := sorted(wanted - set(words)):
        raise InvalidInput(
            f"{corrections}: trong kho không có bài mang mã này / "
            f"no stored article has the id {missing[0]} (and {len(missing) - 1} more)"
        )
    return "".join(jsonlib.dumps({**words.get(r["id"], {}), **r}, ensure_ascii=False) + "\n" for r in rows)
