"""Who may import whom: the contracts of `pyproject.toml`, held by the linter and by reading."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from importlinter.api import read_configuration

ROOT = Path(__file__).resolve().parents[1]


def test_no_import_goes_against_the_plan() -> None:
    """In a process of its own: the linter looks at modules, and Twisted's answer oddly once they are loaded."""
    lint = "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports(no_cache=True))"
    done = subprocess.run([sys.executable, "-c", lint], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_contracts_are_the_ones_the_plan_asks_for() -> None:
    contracts = {c["name"]: c for c in read_configuration(str(ROOT / "pyproject.toml"))["contracts_options"]}
    assert len(contracts) == 6
    store = contracts["only the store imports sqlalchemy and alembic"]
    assert set(store["source_modules"]) == {"crawler", "spiders", "pipelines"}
    assert contracts["nobody imports the command line"]["allowed_importers"] == ["crawler.__main__"]


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
