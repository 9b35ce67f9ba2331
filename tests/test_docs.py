"""The documents name what the code has: every command, every setting, every registry key; and their links lead somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from urllib.parse import unquote

import pytest
import typer
from pydantic import BaseModel

from crawler.article import Disposition
from crawler.cli.shell import app
from crawler.config import setting_keys, variable_of
from crawler.source import Source
from crawler.watch.events import Event

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
