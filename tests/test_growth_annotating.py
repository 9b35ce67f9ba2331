"""What is made of an article's words grows with them, whatever they are made of (`tests.growth`): one entry for each task.

`test_growth_citing` and `test_meetings` look at readers of documents and meetings alone; here the tasks of a worker are
taken whole, in each field, with the openers of every expression they may pass.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from types import ModuleType

import pytest

import crawler.citing
import crawler.meeting
import crawler.query
import crawler.story
import crawler.text
import crawler.topic
from crawler.annotate import annotate
from crawler.article import Article, Block
from crawler.crawl import tasks
from crawler.crawl.tasks import answers, know, knowing, likeness
from crawler.query.parser import parse
from tests import test_growth_citing as citing
from tests.growth import LARGEST, openers_of, too_steep

PACKAGES = (crawler.citing, crawler.meeting, crawler.topic, crawler.story, crawler.query, crawler.text)
READ_ON = date(2026, 11, 21)
SOUND = "Đảng ủy xã Mây Trắng họp"


def _modules(package: ModuleType) -> list[ModuleType]:
    return [
        importlib.import_module(f"{package.__name__}.{m.name}")
        for m in pkgutil.iter_modules(package.__path__)
    ]


SPOKEN = (
    "bồi dưỡng ",
    "hội nghị ",
    "chủ trì ",
    "Đảng ủy, ",
    "ngày 12/11, ",
    "đại hội đại biểu ",
    ". ",
    "a\u0301\u0323",
)
OPENERS = (*openers_of(*(m for p in PACKAGES for m in _modules(p))), *citing.WORDS)
FIELDS: dict[str, Callable[[str], object]] = {
    "title": lambda t: annotate(title=t, lead=None, text=None, published=READ_ON, province="Kim Lộ"),
    "lead": lambda t: annotate(title=SOUND, lead=t, text=None, published=READ_ON, province="Kim Lộ"),
    "text": lambda t: annotate(title=SOUND, lead=None, text=t, published=READ_ON, province="Kim Lộ"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_no_words_slow_what_is_read_out_of_an_article(field: str) -> None:
    assert too_steep(FIELDS[field], OPENERS, largest=LARGEST // 10, quick=True) == []
    assert too_steep(FIELDS[field], SPOKEN, largest=LARGEST) == []


ARTICLE = Article(
    url="https://kimhai.example/1.html", canonical_url="https://kimhai.example/1.html", title=SOUND, source=None,
    section=None, place=None, lead=None, authors=(), byline=None, published=None, published_precision=None,
    published_from=None, updated=None, dates=(), blocks=(), captions=(), images=(), reader="generic", warnings=(),
)  # fmt: skip
WATCHES = (
    '"hội nghị"',
    "đảng ủy",
    "chỉ thị*",
    "(nghị quyết HOẶC kết luận) KHÔNG xã",
    "đảng GẦN/5 họp",
    "35-CT/TW",
)
TASKS: dict[str, Callable[[Article], object]] = {"likeness": likeness, "answers": answers}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("lines", ["one", "many"])
def test_no_words_slow_fingerprints_or_the_matching_of_watches(
    task: str, lines: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "_here", [])
    know(knowing({}, None, [(n, parse(query)) for n, query in enumerate(WATCHES)]))

    def done(text: str) -> object:
        blocks = (
            [text]
            if lines == "one"
            else [line for at in range(0, len(text), 200) if (line := text[at : at + 200])]
        )
        return TASKS[task](replace(ARTICLE, blocks=tuple(Block("paragraph", block) for block in blocks)))

    assert too_steep(done, OPENERS, largest=LARGEST // 10, quick=True) == []
