"""The plan of the house where a machine can read it: names that mean one thing, modules one can take in."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [p for room in ("crawler", "spiders", "pipelines") for p in sorted((ROOT / room).rglob("*.py"))]


def test_no_public_class_name_is_used_twice() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                where[node.name].append(str(path.relative_to(ROOT)))
    assert {name: paths for name, paths in where.items() if len(paths) > 1} == {}


def test_no_module_is_longer_than_four_hundred_lines() -> None:
    lengths = {str(p.relative_to(ROOT)): p.read_text(encoding="utf-8").count("\n") for p in SOURCES}
    migrations = "crawler/store/migrations/versions/"  # written by a program, and frozen
    assert {name: n for name, n in lengths.items() if n > 400 and not name.startswith(migrations)} == {}
