"""The documents name what the code has: every command, every setting, every registry key; and their links lead somewhere."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import pytest
import typer
from pydantic import BaseModel

from crawler.article import Disposition
from crawler.cli.shell import app
from crawler.config import setting_keys, variable_of
from crawler.delivery.events import Event
from crawler.source import Source

ROOT = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


@pytest.fixture(scope="module")
def everything() -> str:
    """All documents as one text."""
    return "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    inner = getattr(command, "commands", {})
    if path and not inner:
        yield path
    for name, below in sorted(inner.items()):
        yield from commands(below, (*path, name))


def registry_keys(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, info in model.model_fields.items():
        inner = [t for t in (info.annotation, *get_args(info.annotation)) if isinstance(t, type)]
        tables = [t for t in inner if issubclass(t, BaseModel)]
        if tables:
            yield from registry_keys(tables[0], f"{path}{name}.")
        else:
            yield path + name


def link_targets(text: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if not re.match(r"[a-z]+:", target):
            yield target


def test_there_is_a_readme_in_both_languages() -> None:
    assert {"README.md", "README.vi.md"} <= set(NAMES)


@pytest.mark.parametrize("readme", ["README.md", "README.vi.md"])
@pytest.mark.parametrize("command", [" ".join(path) for path in commands(typer.main.get_command(app))])
def test_the_readme_names_every_command(readme: str, command: str) -> None:
    """`watch remove` may stand as `diemtin watch add · list · remove`: on one line, its words in order."""
    lines = (ROOT / readme).read_text(encoding="utf-8").splitlines()
    words = [rf"(?<![\w-]){re.escape(word)}(?![\w-])" for word in ("diemtin", *command.split())]
    assert any(re.search(".*".join(words), line) for line in lines), f"{readme} does not name `{command}`"


@pytest.mark.parametrize("key", setting_keys())
def test_the_documents_name_every_setting(everything: str, key: str) -> None:
    group, _, name = key.rpartition(".")
    in_file = rf"(?m)^{name} = " if not group else rf"\[{group}\][^\[]*?\n{name} = "
    named = re.search(in_file, everything) or variable_of(key) in everything or f"`{key}`" in everything
    assert named, f"no document names the setting {key} ({variable_of(key)})"


@pytest.mark.parametrize("key", list(registry_keys(Source)))
def test_the_architecture_names_every_registry_key(key: str) -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table, _, name = key.rpartition(".")
    rows = [
        line
        for line in text.splitlines()
        if line.startswith("|") and (f"[{table}]" if table else "(top)") in line
    ]
    assert any(f"`{name}`" in row for row in rows), f"docs/architecture.md does not name {key}"


def vietnamese_share(text: str) -> float:
    """The share of words with a Vietnamese letter, code aside."""
    words = re.sub(r"```.*?```|`[^`]*`|\([^)]*\)", "", text, flags=re.DOTALL).split()
    return sum(any(c.isalpha() and not c.isascii() for c in word) for word in words) / max(len(words), 1)


def test_the_links_of_the_vietnamese_readme_lead_to_vietnamese_text() -> None:
    """A reader who follows one meets Vietnamese at once; what is English alone is said to be so."""
    text = (ROOT / "README.vi.md").read_text(encoding="utf-8")
    said = {t for line in text.splitlines() if "tiếng Anh" in line for t in link_targets(line)} | {
        "README.md"
    }
    for target in set(link_targets(text)) - said:
        if target.endswith(".png"):
            continue
        path, _, anchor = target.partition("#")
        whole = (ROOT / path).read_text(encoding="utf-8")
        part = list(anchors(whole)).index(anchor) + 1 if anchor else 0
        opening = "".join(re.split(r"(?m)^#+ .+$", whole)[part:])
        assert vietnamese_share(opening[:900]) > 0.2, target
    for name in ("operations", "finding", "reading", "stories"):
        assert f"docs/{name}.vi.md" in text
        assert vietnamese_share((ROOT / "docs" / f"{name}.vi.md").read_text(encoding="utf-8")) > 0.5


@pytest.mark.parametrize("name", NAMES)
def test_every_link_between_documents_leads_somewhere(name: str) -> None:
    document = ROOT / name
    text = document.read_text(encoding="utf-8")
    for target in link_targets(text):
        path, _, anchor = unquote(target).partition("#")
        reached = (document.parent / path).resolve() if path else document
        assert reached.exists(), f"{name} links to {target}"
        assert reached.is_relative_to(ROOT), f"{name} links out of the project: {target}"
        if anchor and reached.suffix == ".md":
            assert anchor in set(anchors(reached.read_text(encoding="utf-8"))), (
                f"{name}: no heading for {target}"
            )


def anchors(text: str) -> Iterator[str]:
    for heading in re.findall(r"(?m)^#+ (.+)$", text):
        plain = re.sub(r"[^\w\s-]", "", heading.lower())
        yield re.sub(r"\s", "-", plain.strip())


@pytest.mark.parametrize("name", NAMES)
def test_a_document_names_only_files_that_exist(name: str) -> None:
    """`crawler/story/splits.py` in backquotes is a promise."""
    text = (ROOT / name).read_text(encoding="utf-8")
    for path in re.findall(r"`((?:crawler|spiders|pipelines|tests|bench|docs)/[\w./-]+\.\w+)`", text):
        assert (ROOT / path).exists(), f"{name} names {path}"


UNHELD = "chưa có test / not held by a test"


@cache
def defined_in(module: str) -> frozenset[str]:
    """The names of the tests of a module of `tests/`; none where there is no such module."""
    path = ROOT / "tests" / f"{module}.py"
    if not path.exists():
        return frozenset()
    statements = ast.parse(path.read_text(encoding="utf-8")).body
    made = (node.name for node in statements if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return frozenset(name for name in made if name.startswith("test_"))


def gone_tests(text: str) -> list[str]:
    """What a text names in backquotes as `test_module::test_function` or `test_module`, and is not there."""
    named = re.findall(r"`(test_\w+)(?:::(\w+))?`", text)
    return [
        f"{module}::{test}" if test else module
        for module, test in named
        if not defined_in(module) or (test and test not in defined_in(module))
    ]


def threats() -> list[str]:
    """The rows of the table of threats."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    part = text.partition("\n## Threats\n")[2].partition("\n## ")[0]
    return [line for line in part.splitlines() if line.startswith("| ")][1:]


@pytest.mark.parametrize("name", NAMES)
def test_every_test_that_a_document_names_exists(name: str) -> None:
    assert gone_tests((ROOT / name).read_text(encoding="utf-8")) == []


def test_a_test_that_was_renamed_is_noticed() -> None:
    here = "test_a_test_that_was_renamed_is_noticed"
    assert gone_tests(f"`test_docs`, `test_docs::{here}`") == []
    gone = ["test_docs::test_gone", "test_gone::test_gone", "test_gone", "test_docs::threats"]
    assert gone_tests(", ".join(f"`{name}`" for name in gone)) == gone


def test_every_threat_names_the_tests_that_hold_it_or_says_that_none_does() -> None:
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in threats()]
    assert len(rows) > 60
    assert rows[0][0]
    for row in rows:
        assert len(row) == 4 and row[1] and row[2], row
        names_a_test = re.search(r"`test_\w+::test_\w+`", row[3])
        assert names_a_test or UNHELD in row[3], row


def test_the_architecture_names_modules_that_exist() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    layout = text.partition("```\ncrawler/")[2].partition("```")[0].partition("\nspiders/")[0]
    named = re.findall(r"\b([a-z_]+\.(?:py|toml))\b", layout)
    assert len(named) > 40
    assert [n for n in named if not any((ROOT / "crawler").rglob(n))] == []


def test_no_document_names_a_disposition_or_an_event_that_is_none(everything: str) -> None:
    for found in re.findall(r"`(dropped:\w+)`", everything):
        assert found in set(Disposition), found
    for found in re.findall(r"event: `(\w+)`", everything):
        assert found in set(Event), found


def test_the_project_names_no_path_of_the_machine_it_was_made_on(everything: str) -> None:
    assert not re.search(r"(?<![\w/])/(?:work|tmp|root|home)/", everything)
