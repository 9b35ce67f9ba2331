"""One Vietnamese: letter sets, dashes, sentence ends, months and zones are spelled in `text/` and `dates/` alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from crawler.text.charmap import MARKED

ROOT = Path(__file__).parents[1]
FILES = sorted(
    path
    for path in (ROOT / "crawler").rglob("*.py")
    if path.relative_to(ROOT / "crawler").parts[0] not in ("text", "dates", "demo")
)
_CLASS = re.compile(r"\[((?:\\.|[^\]\\\n])+)\]")
_MONTHS = re.compile(
    r"\bhai\b.{1,6}\bba\b.{1,6}\b(?:tư|bốn)\b.{1,6}\bnăm\b.{1,6}\bsáu\b.{1,6}\bbảy\b.{1,90}\bmười hai\b"
)


def literals(source: str) -> Iterator[str]:
    """The string literals of a module but its docstrings, adjoining ones together; what an f-string fills in is left."""
    tree = ast.parse(source)
    prose = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(
                p.value for p in node.values if isinstance(p, ast.Constant) and isinstance(p.value, str)
            )
        elif (
            isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose | inside
        ):
            yield node.value


def spelled(source: str) -> list[str]:
    """What a module spells that only `text/` and `dates/` may."""
    found = ["a zone" for node in ast.walk(ast.parse(source)) if _is_zone(node)]
    for text in literals(source):
        if _MONTHS.search(text) or "Asia/Ho_Chi_Minh" in text or "tháng Giêng" in text:
            found.append(text)
        for inner in _CLASS.findall(text):
            letters = {c for c in inner.lower() if c in MARKED}
            dashes = set(inner) & set("–—‐‑‒―−")
            ends = {".", "!", "?"} <= set(inner) and set(inner) <= set(".!?…;\n\\n\"”’»')]")
            ranges = re.search(r"à-ỹ|À-Ỹ|Ạ-Ỹ", inner)
            if len(letters) > 4 or ranges or len(dashes) > 1 or ends:
                found.append(f"[{inner}]")
    return found


def _is_zone(node: ast.AST) -> bool:
    if not isinstance(node, ast.Call) or not isinstance(node.func, (ast.Attribute, ast.Name)):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id
    hours = [k.value for k in node.keywords if k.arg == "hours"]
    return name == "timedelta" and any(isinstance(h, ast.Constant) and h.value == 7 for h in hours)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_other_room_spells_vietnamese(path: Path) -> None:
    assert spelled(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "planted",
    [
        'X = re.compile(r"[ăâđêôơưạ]+")', 'X = re.compile(r"(?=[A-ZĐÀ-Ỹ])")', 'X = r"\\s[-–—]\\s"',
        'X = re.compile(r"[.!?…]\\s")', 'X = re.compile(r"[.!?;]( |$)")', 'X = ["một|hai|ba|tư|năm|sáu|bảy|tám|chín|mười|mười hai"]',
        'X = "một, hai, ba, bốn, năm, sáu, bảy, tám, chín, mười, mười một, mười hai"', 'X = ZoneInfo("Asia/Ho_Chi_Minh")',
        "X = timezone(timedelta(hours=7))", "X = dt.timezone(dt.timedelta(hours=7))", 'X = rf"{Y}[-–—]{Z}"',
    ],
)  # fmt: skip
def test_what_is_planted_is_found(planted: str) -> None:
    assert spelled(planted)
