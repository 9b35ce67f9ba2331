"""Who may import whom: the contracts of `pyproject.toml`, held by the linter and by reading."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from importlinter.api import read_configuration

ROOT = Path(__file__).resolve().parents[1]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """The linter over a checkout, in a process of its own: Twisted's modules answer it oddly once they are loaded."""
    script = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    path = {**os.environ, "PYTHONPATH": str(folder)}
    return subprocess.run(
        [sys.executable, "-c", script], cwd=folder, env=path, capture_output=True, text=True, timeout=180
    )


def test_no_import_goes_against_the_plan() -> None:
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("module", "line", "contract"),
    [
        ("crawler/store/runs.py", "from crawler.delivery.tick import tick", "one direction"),
        ("crawler/text/charmap.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import crawler.article", "one direction"),
        ("crawler/reading/captions.py", "import crawler.reading.extract", "no circle"),
        ("crawler/discovery/link.py", "import scrapy", "pure"),
        ("crawler/delivery/tick.py", "import sqlalchemy", "only the store"),
        ("pipelines/clean.py", "import spiders.base", "do not know each other"),
        ("crawler/newroom.py", "", "one direction"),
    ],
)  # fmt: skip
def test_a_planted_import_is_found(tmp_path: Path, module: str, line: str, contract: str) -> None:
    """A contract that could not fail would hold nothing."""
    for folder in ("crawler", "spiders", "pipelines"):
        shutil.copytree(
            ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__", "*.toml", "*.j2")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    with (tmp_path / module).open("a", encoding="utf-8") as file:
        file.write(f"\n{line}\n")
    done = lint(tmp_path)
    said = " ".join(done.stdout.split())  # long names are wrapped
    named = re.search(rf"{re.escape(contract)}(?:(?!KEPT).)*? BROKEN", said)
    assert done.returncode != 0 and (named or "newroom" in said + done.stderr), done.stdout + done.stderr


def test_the_contracts_are_the_ones_the_plan_asks_for() -> None:
    contracts = {c["type"]: c for c in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]}
    assert {"layers", "acyclic_siblings", "forbidden", "independence", "protected"} == set(contracts)
    assert contracts["layers"]["exhaustive"] and "exclude_type_checking_imports" not in str(
        read_configuration(str(ROOT / "pyproject.toml"))["session_options"]
    )
    assert contracts["protected"]["allowed_importers"] == ["crawler.__main__"]


def runtime_imports(path: Path) -> Iterator[str]:
    """The modules that a file imports when it runs: what stands under TYPE_CHECKING does not count."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting += node.orelse
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
        else:
            waiting += ast.iter_child_nodes(node)


def test_sqlalchemy_is_imported_by_the_store_alone() -> None:
    """Once more by reading the files: a folder that the linter is not told of would be free."""
    importers = {
        str(path.relative_to(ROOT))
        for folder in ("crawler", "spiders", "pipelines")
        for path in (ROOT / folder).rglob("*.py")
        for name in runtime_imports(path)
        if name.split(".")[0] in ("sqlalchemy", "alembic")
    }
    assert importers and all(name.startswith("crawler/store/") for name in importers), importers


def test_what_is_imported_for_types_only_is_told_from_the_rest(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import sqlalchemy\nelse:\n    import json\n"
        "def f():\n    from scrapy import Spider\n"
    )
    assert set(runtime_imports(file)) == {"typing", "json", "scrapy"}
