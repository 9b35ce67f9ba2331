"""What one article costs against 10, 1,000 and 10,000 watches, beside asking every watch.

    python bench/bench_watch.py [--articles 40] [--rounds 5] [--words 20000]

Articles and queries are made up here from a fixed seed: an article of some 900 syllables over a vocabulary
whose frequencies fall as 1/rank, as words do; a watch is what readers type (a phrase, two phrases, a phrase
and a province, a document number, a phrase without accents), its words drawn from the same vocabulary. The
size of the vocabulary decides how many watches an article answers: 1 in 50 of them at 20,000 words, 1 in 23
at `--words 6000`, the harder case. Times are of the processor: the machine is shared.
"""

from __future__ import annotations

import argparse
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import accumulate

from crawler.query.matcher import SearchDoc
from crawler.query.parser import Query, parse
from crawler.query.watch_index import WatchIndex
from crawler.source import PROVINCES
from crawler.text.normal import strip_tones

_ONSETS = (
    "b", "c", "ch", "d", "đ", "gi", "h", "k", "l", "m", "n", "ng", "ph", "qu", "r", "s", "t", "th", "tr", "v",
)  # fmt: skip
_RIMES = (
    "a", "á", "ả", "ạ", "an", "ận", "ang", "ảng", "ao", "ấp", "ất", "âu", "ây", "em", "ết", "ên", "ị", "iên",
    "iết", "inh", "ó", "ồ", "ơ", "ội", "ổng", "ông", "uận", "ục", "ủy", "ường", "ượng", "ức",
)  # fmt: skip
_TYPES = ("CT", "NQ", "QĐ", "KL", "HD")
SYLLABLES = 900
"""Of an article: the middle of the range of a provincial report."""


class Press:
    """A made-up language and what is written in it."""

    def __init__(self, seed: int, words: int = 20_000) -> None:
        self._random = random.Random(seed)
        syllables = [onset + rime for onset in _ONSETS for rime in _RIMES]
        pairs = {" ".join(self._random.choices(syllables, k=2)) for _ in range(words)}
        self._words = sorted(pairs)
        self._random.shuffle(self._words)
        self._weights = list(accumulate(1 / (rank + 2) for rank in range(len(self._words))))

    def words(self, count: int) -> list[str]:
        """Words as often as they are written."""
        return self._random.choices(self._words, cum_weights=self._weights, k=count)

    def number(self) -> str:
        """A document number."""
        return f"{self._random.randint(1, 99):02d}-{self._random.choice(_TYPES)}/TW"

    def article(self) -> SearchDoc:
        """An article with two citations."""
        paragraphs = [" ".join(self.words(45)).capitalize() + "." for _ in range(SYLLABLES // 90)]
        paragraphs[1] += f" Chỉ thị số {self.number()} và {self.number()}."
        return SearchDoc(
            title=" ".join(self.words(6)).capitalize(),
            lead=" ".join(self.words(18)).capitalize() + ".",
            body="\n\n".join(paragraphs),
            captions=(" ".join(self.words(7)),),
            province=self._random.choice(PROVINCES),
        )

    def query(self) -> Query:
        """What a reader asks: mostly rare words, as a reader who wants news does."""
        first, second = (" ".join(self._random.sample(self._words, 1)) for _ in range(2))
        common = self.words(1)[0]
        return parse(
            self._random.choice(
                (
                    first,
                    f"{first} HOẶC {second}",
                    f"{common} VÀ {first}",
                    f'tỉnh:"{self._random.choice(PROVINCES)}" VÀ {common}',
                    f"tiêu-đề:{common}",
                    strip_tones(first),
                    f"{first} KHÔNG {common}",
                    self.number(),
                )
            )
        )


def main() -> None:
    """Print milliseconds an article, median and worst, index beside naive loop."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    options.add_argument("--articles", type=int, default=40)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--words", type=int, default=20_000, help="two-syllable words of the vocabulary")
    chosen = options.parse_args()
    press = Press(seed=7, words=chosen.words)
    articles = [press.article() for _ in range(chosen.articles)]
    queries = [(n, press.query()) for n in range(10_000)]
    print(
        f"{chosen.articles} articles, {SYLLABLES} syllables; CPU ms an article, median of {chosen.rounds} rounds"
    )
    print(
        f"{'watches':>8} {'build':>8} {'index':>8} {'worst':>8} {'naive':>9} {'candidates':>11} {'hits':>6}"
    )
    for count in (10, 1_000, 10_000):
        watches = queries[:count]
        began = time.process_time()
        index = WatchIndex(watches)
        build = (time.process_time() - began) * 1000
        indexed = _milliseconds(index.match, articles, chosen.rounds)
        naive = _milliseconds(lambda doc, watches=watches: _naive(watches, doc), articles[:8], 1)
        asked = statistics.mean(len(index.candidates(replace(doc))) for doc in articles)
        hits = statistics.mean(len(index.match(replace(doc))) for doc in articles)
        for doc in articles[:8]:
            assert index.match(replace(doc)) == _naive(watches, replace(doc))
        print(
            f"{count:>8} {build:>8.1f} {statistics.median(indexed):>8.2f} {max(indexed):>8.2f}"
            f" {statistics.median(naive):>9.2f} {asked:>11.1f} {hits:>6.1f}"
        )


def _naive(watches: list[tuple[int, Query]], doc: SearchDoc) -> list[tuple[int, object]]:
    return [(key, hit) for key, query in watches if (hit := query.matches(doc)) is not None]


def _milliseconds(
    match: Callable[[SearchDoc], object], articles: list[SearchDoc], rounds: int
) -> list[float]:
    """Per article the median over the rounds; every round reads the article anew."""
    out = []
    for article in articles:
        times = []
        for _ in range(rounds):
            doc = replace(article)
            began = time.process_time()
            match(doc)
            times.append((time.process_time() - began) * 1000)
        out.append(statistics.median(times))
    return out


if __name__ == "__main__":
    main()
