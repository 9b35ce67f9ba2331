"""Golden pages hold, and the quality of reading never falls below its floors (`tests/floors.json`; they only rise).

The floors are measured as the shared scorers measure them: words of lead and paragraphs, title, by-line, captions
and place being neither reward nor noise there.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from crawler.article import Article, Page
from crawler.errors import InvalidInput
from crawler.reading.extract import read
from crawler.reading.golden import check, pairs, record
from crawler.registry import load_registry
from tests import press_pages as press

HERE = Path(__file__).resolve().parent
SHARED = HERE.parents[1] / "shared"
GOLDEN = HERE / "pages"
FLOORS = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\ufeff\u00ad"))


@pytest.mark.parametrize("pair", list(pairs(GOLDEN)), ids=lambda p: p.name)
def test_golden_page_reads_as_it_was_reviewed(pair: Any) -> None:
    assert check(pair, load_registry()) == []


def test_a_page_recorded_for_the_first_time_asks_for_review(tmp_path: Path) -> None:
    page = Page(press.URL, press.layouts()["drupal"].encode(), datetime(2026, 11, 21, tzinfo=UTC))
    pair = record(page, None, tmp_path)
    assert check(pair, {}) == []
    facts = json.loads(pair.json.read_text(encoding="utf-8"))
    del facts["article"]
    pair.json.write_text(json.dumps(facts), encoding="utf-8")
    assert "please review" in check(pair, {})[0]
    assert check(pair, {}) == []


def test_a_golden_page_that_reads_differently_names_the_key(tmp_path: Path) -> None:
    page = Page(press.URL, press.layouts()["drupal"].encode(), datetime(2026, 11, 21, tzinfo=UTC))
    pair = record(page, None, tmp_path)
    pair.json.write_text(
        pair.json.read_text(encoding="utf-8").replace('"Hồ Lan"', '"Ai khác"'), encoding="utf-8"
    )
    assert [c.split(":")[1] for c in check(pair, {})] == [" authors"]


def test_what_is_no_article_is_not_recorded(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="not_html"):
        record(Page(press.URL, b"%PDF-1.7", datetime(2026, 11, 21, tzinfo=UTC)), None, tmp_path)


def words(text: str | None) -> Counter[str]:
    return Counter(re.findall(r"\w+", unicodedata.normalize("NFC", text or "").lower()))


def squash(text: str | None) -> str:
    return " ".join(
        unicodedata.normalize("NFC", (text or "").translate(INVISIBLE)).replace("\xa0", " ").split()
    )


def score(gold: dict[str, Any], got: dict[str, Any]) -> dict[str, float | None]:
    """The measures of one page; None where gold says nothing."""
    want, have = words(" ".join(gold["paragraphs"])), words(" ".join(got["paragraphs"]))
    credits = [c.get("credit") or "" for c in gold["captions"]]
    free = words(
        " ".join([gold["title"], gold.get("place") or "", gold.get("section") or "", *(gold["authors"] or []), "ảnh",
                  gold.get("byline") or "", *gold.get("optional", [])])
    )  # fmt: skip
    hit, noise, miss = (sum(c.values()) for c in (want & have, have - want - free, want - have))
    precision, recall = hit / max(1, hit + noise), hit / max(1, hit + miss)
    gold_captions, captions = (words(" ".join(c["text"] for c in x["captions"])) for x in (gold, got))
    shared = sum((gold_captions & captions).values())
    stray = sum((captions - gold_captions - words(" ".join([*credits, "ảnh " * len(credits)]))).values())
    p, r = shared / max(1, shared + stray), shared / max(1, sum(gold_captions.values()))
    published, expected = str(got["published"] or ""), gold["published"]
    minute = (
        published[:16] == expected[:16] if gold["published_precision"] == "minute" else published == expected
    )
    named = [c["credit"] for c in gold["captions"] if c.get("credit")]
    return {
        "body_f1": 2 * precision * recall / max(1e-9, precision + recall),
        "precision": precision,
        "recall": recall,
        "captions": r if gold_captions else None,
        "caption_f1": 2 * p * r / max(1e-9, p + r) if gold_captions or captions else None,
        "credit": sum((Counter(named) & Counter(c["credit"] for c in got["captions"])).values()) / len(named) if named else None,
        "title": squash(got["title"]) == squash(gold["title"]),
        "lead": squash(got["lead"]) == squash(gold["lead"]) if gold.get("lead") else None,
        "day": published[:10] == expected[:10],
        "minute": minute,
        "authors": None if gold["authors"] is None else [a.casefold() for a in got["authors"]] == [a.casefold() for a in gold["authors"]],
        "seed_text_exact": got["text"] == gold["text"] if "text" in gold else 0,
        "furniture": sum(n in got["text"] for n in gold.get("never", [])),
    }  # fmt: skip


def measure(*folders: str) -> dict[str, float]:
    """Means over all pages of the folders; exact texts and furniture are counts."""
    rows: list[dict[str, float | None]] = []
    registry = load_registry()
    for folder in folders:
        for path in sorted((SHARED / folder).glob("*.gold.json")):
            gold = json.loads(path.read_text(encoding="utf-8"))
            body = path.with_name(path.name.replace(".gold.json", ".html")).read_bytes()
            found = read(
                Page(gold["url"], body, datetime.fromisoformat(gold["fetched"])),
                registry.get(gold["source"] or ""),
            )
            assert isinstance(found, Article), f"{path.name}: {found}"
            rows.append(score(gold, json.loads(json.dumps(found.to_json()))))
    totals = {}
    for key in rows[0]:
        # The shared page scorer counts a page without gold captions as read right.
        values = [
            float(v)
            for r in rows
            if (v := 1.0 if r[key] is None and key == "captions" else r[key]) is not None
        ]
        totals[key] = (
            sum(values) if key in ("seed_text_exact", "furniture") else sum(values) / max(1, len(values))
        )
    return totals


@pytest.mark.skipif(
    not (SHARED / "tough").is_dir(), reason="the reference pages lie in ../shared, which is absent"
)
@pytest.mark.parametrize(("floor", "folders"), [("pages", ("seeds", "pages")), ("tough", ("tough",))])
def test_reading_holds_its_floors(floor: str, folders: tuple[str, ...]) -> None:
    measured = measure(*folders)
    fallen = {
        key: (measured[key], least)
        for key, least in FLOORS[floor].items()
        if (measured[key] > least if key == "furniture" else measured[key] < least)
    }
    assert not fallen
