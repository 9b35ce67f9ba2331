"""The bench's pages in real frames: what is read of them is the invented article, or the bench would measure nonsense."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from crawler.article import Article, Page
from crawler.reading.extract import read
from crawler.source import Source
from tests.conftest import SHARED

pytestmark = pytest.mark.skipif(
    not (SHARED / "pages").is_dir(), reason="the newspapers' pages lie in ../shared, which is absent"
)


@pytest.fixture
def bench() -> Iterator[ModuleType]:
    """The bench's press; its modules import each other as the scripts they are."""
    folder = str(Path(__file__).parents[1] / "bench")
    sys.path.insert(0, folder)
    import press_of_scale

    yield press_of_scale
    sys.path.remove(folder)


def test_in_every_real_frame_stands_the_invented_article_and_nothing_of_the_outlets(
    bench: ModuleType,
) -> None:
    frames = bench.frames_of(SHARED / "pages")
    assert len({frame.outlet for frame in frames}) == 8
    for host, frame in enumerate(frames):
        item = bench.piece(host, 3)
        source = Source.model_validate(tomllib.loads(bench.row(host, 8000, frames)))
        body = bench.framed_page(host, 3, frame)(8000)
        url = f"http://{bench.address(host)}:8000{item.path}"
        page = Page(url, body, datetime(2026, 11, 28, tzinfo=UTC), source=source.id)
        found = read(page, source)
        assert isinstance(found, Article), (frame.outlet, found)
        assert (found.title, found.lead) == (item.title, item.lead), frame.outlet
        assert found.paragraphs == (item.lead, *item.paragraphs), frame.outlet
        assert found.published is not None and found.published[:16] == item.published.isoformat()[:16], (
            frame.outlet
        )
        assert found.canonical_url == url, frame.outlet
        if "authors" in frame.selectors:
            assert found.authors == (item.author,), frame.outlet
