"""The shipped rows, held against what is known of the outlets (`../shared/sources`, not part of the project)."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from crawler import registry
from crawler.discovery.succession import by_former_province, by_province, owner
from crawler.errors import InvalidSource
from crawler.registry import SHIPPED, load_registry, load_source
from crawler.source import CENTRAL, PROVINCES, Source
from crawler.urls import is_article

SHARED = Path(__file__).resolve().parents[2] / "shared"
KNOWN = SHARED / "sources" / "registry.yaml"
REGISTRY = load_registry()

EXAMPLE = re.compile(r"^(?:- )?\s*(?:- |example: )(https?://\S+)$", re.MULTILINE)
BLOCK = re.compile(r"^- scope: ", re.MULTILINE)


def known() -> list[dict[str, Any]]:
    """Domain, regexes and example addresses of each outlet in the YAML, without a YAML library."""
    if not KNOWN.exists():
        pytest.skip("the shared list of sources is not on this machine")
    outlets = []
    for block in BLOCK.split(KNOWN.read_text(encoding="utf-8"))[1:]:
        domain = re.search(r"^  domain: (\S+)$", block, re.MULTILINE)
        assert domain
        listed = re.search(r"^  example_article_urls:\n((?:  - .+\n)*)", block, re.MULTILINE)
        current = re.findall(r"^  - (\S+)$", listed[1], re.MULTILINE) if listed else []
        older = re.findall(r"- domain: (.+)\n\s+regex: .+\n\s+example: (https?://\S+)$", block, re.MULTILINE)
        articles = [url for where, url in older if "section" not in where and "feed" not in where]
        outlets.append({"domain": domain[1], "current": current, "older": articles})
    return outlets


def test_every_selector_and_expression_of_a_shipped_row_is_right() -> None:
    """A command takes them as they stand, since trying them takes longer than a search."""
    for path in SHIPPED.glob("*.toml"):
        assert load_source(path, tried=True) == REGISTRY[path.stem]


def test_a_shipped_row_that_is_wrong_would_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "SHIPPED", tmp_path)
    path = tmp_path / "bao-an-giang.toml"
    right = (SHIPPED / path.name).read_text(encoding="utf-8")
    path.write_text(right.replace('"div.detail-title h1"', '"div["'), encoding="utf-8")
    assert load_source(path).extract[0].title == ("div[",)
    with pytest.raises(InvalidSource, match="bộ chọn CSS"):
        load_source(path, tried=True)


def test_the_registry_holds_every_known_outlet() -> None:
    domains = {d for source in REGISTRY.values() for d in source.domains}
    outlets = known()
    assert len(outlets) == 49
    assert [o["domain"] for o in outlets if o["domain"] not in domains] == []


def test_every_example_address_is_an_article_of_its_row() -> None:
    missed, examples = [], 0
    for outlet in known():
        for url in outlet["current"] + outlet["older"]:
            examples += 1
            source = owner(url, REGISTRY)
            if source is None or not is_article(url, source):
                missed.append((url, source and source.id))
    assert missed == []
    assert examples > 60


EVIDENCE = SHARED / "sources" / "EVIDENCE.md"
LEFT_OUT = re.compile(r"//(?:en|tintucmientay|daihoidang\.baohatinh)\.|/tv/|/uy-vien-trung-uong\.html$")
"""Rightly no articles of their rows: foreign languages, a video, sub-sites of their own, a page of reference."""


def met() -> list[tuple[str, str]]:
    """(row, real address) of every article address that public material shows."""
    if not EVIDENCE.exists():
        pytest.skip("the shared list of addresses is not on this machine")
    listed = EVIDENCE.read_text(encoding="utf-8").rpartition("## Addresses in full")[2]
    return re.findall(r"^(\S+) (?:url|old|NO) (https?://\S+)$", listed, re.MULTILINE)


def test_every_form_of_address_that_was_met_is_an_article_of_its_row() -> None:
    pairs = met()
    assert len(pairs) == 92
    found = {url: [s.id for s in REGISTRY.values() if is_article(url, s)] for _, url in pairs}
    wrong = [
        (row, url, found[url]) for row, url in pairs if found[url] != ([] if LEFT_OUT.search(url) else [row])
    ]
    assert wrong == []


def test_no_address_is_an_article_of_two_outlets() -> None:
    twice = []
    for outlet in known():
        for url in outlet["current"] + outlet["older"]:
            rows = [s.id for s in REGISTRY.values() if is_article(url, s)]
            if len(rows) != 1:
                twice.append((url, rows))
    assert twice == []


def test_every_province_of_today_and_of_before_has_an_outlet() -> None:
    rows = list(REGISTRY.values())
    enabled = [s for s in rows if s.disabled is None]
    assert list(by_province(rows)) == [*PROVINCES, CENTRAL]
    assert [p for p, found in by_province(enabled).items() if not found] == []
    assert [p for p, found in by_former_province(enabled).items() if not found] == []


@pytest.mark.parametrize("source", REGISTRY.values(), ids=REGISTRY.keys())
def test_a_row_is_coherent(source: Source) -> None:
    for section in source.sections:
        assert not source.articles.matches(section.url), f"{section.url} would count as an article"
        assert any((urlsplit(section.url).hostname or "").endswith(d) for d in source.domains)
    assert len({s.url for s in source.sections}) == len(source.sections)
    asked = {u for s in source.sections for u in (s.url, s.feed, s.sitemap) if u}
    assert not asked & set(source.probe), "a probed address is also crawled"
    if source.disabled is None:
        assert (
            any(s.vouches for s in source.sections) or source.province == CENTRAL or source.evidence == "seen"
        )


def test_no_host_belongs_to_two_rows() -> None:
    homes: dict[str, str] = {}
    for source in REGISTRY.values():
        host = (urlsplit(source.homepage).hostname or "").removeprefix("www.")
        assert host not in homes, f"{host}: {source.id} and {homes[host]}"
        homes[host] = source.id
    for source in REGISTRY.values():
        for former in source.former_domains:
            assert homes.get(former, source.id) == source.id, f"{former} of {source.id} is a home of today"


def test_notes_and_reasons_are_vietnamese_and_short() -> None:
    for source in REGISTRY.values():
        for text in (source.note, source.disabled):
            assert text is None or (
                len(text) < 200 and re.search(r"[ạảấầẩẫậắằẳẵặẹẻẽếềểễệịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹđ]", text)
            ), text


def test_rows_are_files_named_by_their_id() -> None:
    assert sorted(p.stem for p in SHIPPED.glob("*.toml")) == sorted(REGISTRY)
