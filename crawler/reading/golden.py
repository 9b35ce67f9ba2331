"""Golden pages: a page as it came, beside the article read out of it, to be reviewed once and held ever after.

A pair is `<folder>/<source>/<date>-<slug>.html.gz` and `.json`. The JSON carries what the page cannot (address, time,
Content-Type, link title) and, once reviewed, the article. A pair without one is new: reading it writes the article,
and the test fails with "please review".
"""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from crawler.article import Article, NoArticle, Page
from crawler.errors import InvalidInput
from crawler.reading.extract import read
from crawler.source import Source
from crawler.text.normal import fold

_SLUG = re.compile(r"[^a-z0-9]+")
_FACTS = ("url", "fetched", "status", "content_type", "source", "link_title")


@dataclass(frozen=True, slots=True)
class Golden:
    """One pair on disk."""

    html: Path
    """The gzipped page."""
    json: Path

    @property
    def name(self) -> str:
        """`source/date-slug`, for messages."""
        return f"{self.html.parent.name}/{self.html.name.removesuffix('.html.gz')}"


def record(page: Page, source: Source | None, folder: Path) -> Golden:
    """Saves page and article as a pair under `folder` and returns it; an existing pair of that name is replaced.

    Raises InvalidInput for a page that is no article.
    """
    found = read(page, source)
    if isinstance(found, NoArticle):
        raise InvalidInput(
            f"{page.url}: không có bài để lưu / no article to record: {found.disposition.value} ({found.why})"
        )
    day = (found.published or page.fetched.isoformat())[:10]
    stem = f"{day}-{_SLUG.sub('-', fold(found.title)).strip('-')[:60].strip('-')}"
    home = folder / (source.id if source else "generic")
    home.mkdir(parents=True, exist_ok=True)
    pair = Golden(home / f"{stem}.html.gz", home / f"{stem}.json")
    # mtime=0: recording the same page twice writes the same bytes.
    pair.html.write_bytes(gzip.compress(page.body, mtime=0))
    _write(pair, _facts(page, source), found)
    return pair


def pairs(folder: Path) -> Iterator[Golden]:
    """Every pair under a folder, sorted by path; a page without its JSON is no pair and raises InvalidInput."""
    for html in sorted(folder.glob("*/*.html.gz")):
        facts = html.with_name(html.name.replace(".html.gz", ".json"))
        if not facts.exists():
            raise InvalidInput(
                f"{html}: bên cạnh phải có {facts.name}, ít nhất với url và fetched / "
                f"{facts.name} with at least url and fetched must stand beside it"
            )
        yield Golden(html, facts)


def check(pair: Golden, sources: Mapping[str, Source]) -> list[str]:
    """What has changed since the pair was reviewed, key by key; a pair never reviewed is written and says so."""
    stored = json.loads(pair.json.read_text(encoding="utf-8"))
    facts = {k: stored[k] for k in _FACTS if k in stored}
    source = sources.get(facts.get("source") or "")
    page = Page(
        url=facts["url"],
        body=gzip.decompress(pair.html.read_bytes()),
        fetched=datetime.fromisoformat(facts["fetched"]),
        status=facts.get("status", 200),
        content_type=facts.get("content_type"),
        source=facts.get("source"),
        link_title=facts.get("link_title"),
    )
    found = read(page, source)
    if isinstance(found, NoArticle):
        return [f"{pair.name}: now {found.disposition.value} ({found.why})"]
    if "article" not in stored:
        _write(pair, facts, found)
        return [f"{pair.name}: written for the first time, please review {pair.json}"]
    now = json.loads(json.dumps(found.to_json()))
    return [
        f"{pair.name}: {key}: reviewed {stored['article'].get(key)!r}, now {now[key]!r}"
        for key in now
        if stored["article"].get(key) != now[key]
    ]


def _facts(page: Page, source: Source | None) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "url": page.url,
        "fetched": page.fetched.isoformat(),
        "source": source.id if source else None,
    }
    if page.status != 200:
        facts["status"] = page.status
    if page.content_type:
        facts["content_type"] = page.content_type
    if page.link_title:
        facts["link_title"] = page.link_title
    return facts


def _write(pair: Golden, facts: Mapping[str, Any], article: Article) -> None:
    text = json.dumps({**facts, "article": article.to_json()}, ensure_ascii=False, indent=1)
    pair.json.write_text(text + "\n", encoding="utf-8")
