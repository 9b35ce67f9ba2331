"""Ten years of an invented press for `bench_search.py`: texts as long, words as frequent as in provincial papers.

A few function words are a third of all words; the others fall as 1/rank. Paragraphs come from a stock that is
written once, so that a million articles can be made in minutes; titles and leads are of each article alone.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate

from crawler.query.matcher import SearchDoc
from crawler.query.search_text import BREAK, SearchText, search_text
from crawler.source import PROVINCES


def _parted(words: str) -> list[str]:
    return words.split()


_ONSETS = _parted("b c ch d đ g gi h k kh l m n ng nh ph qu r s t th tr v x")
_RIMES = _parted(
    "a á à ả ạ an án ản ận ang áng ảng anh ánh ao áo ấp ất ật âu ầu ây ấy em én ết ệt ên ến i í ị iên iện iết "
    "inh ình ính o ó ô ố ồ ộ ơ ời ội ới ong óng ổng ông ộng u ú uận ục ủy ung úng ư ừ ưa ức ực ương ường ượng "
    "ười"
)
_COMMON = _parted(
    "và của các có là được trong cho với đã những người một về để tại này không đến từ cũng trên khi ra năm "
    "phải ở nhiều sẽ đó theo như vào bộ đảng đại hội chi dân xã"
)
WORDS = 12_000
STOCK = 20_000
"""Paragraphs that are written once."""
PARAGRAPHS = 9
FIRST = datetime(2016, 12, 1, tzinfo=UTC)
YEARS = 10
SOURCES = 50
_TYPES = ("CT", "NQ", "QĐ", "KL", "HD")
TOPICS = ("dai_hoi", "cong_tac_can_bo", "kiem_tra_giam_sat", "dan_van", "tuyen_giao", "co_so_dang_dang_vien")
MEETINGS = ("đại hội", "hội nghị", "tổng kết", "sơ kết")


@dataclass(frozen=True, slots=True)
class Written:
    """One article: what is stored of it, and what the index holds."""

    title: str
    lead: str
    paragraphs: tuple[str, ...]
    moment: datetime
    source: int
    number: str | None
    topics: tuple[str, ...]
    meeting: str | None
    text: SearchText

    @property
    def plain(self) -> str:
        """All its texts as one."""
        return "\n".join((self.title, self.lead, *self.paragraphs))


class Press:
    """A made-up language, and what is written in it."""

    def __init__(self, seed: int = 7) -> None:
        self._random = random.Random(seed)
        syllables = [onset + rime for onset in _ONSETS for rime in _RIMES]
        pairs = sorted({" ".join(self._random.choices(syllables, k=2)) for _ in range(WORDS)})
        self._random.shuffle(pairs)
        self.common = list(_COMMON)
        self.words = pairs
        weights = [0.33 / len(_COMMON)] * len(_COMMON)
        falling = [1 / (rank + 12) for rank in range(len(pairs))]
        weights += [0.67 * weight / sum(falling) for weight in falling]
        self._all, self._weights = [*_COMMON, *pairs], list(accumulate(weights))
        self._stock = [self._paragraph() for _ in range(STOCK)]

    def _line(self, words: int) -> str:
        return " ".join(self._random.choices(self._all, cum_weights=self._weights, k=words)).capitalize()

    def _paragraph(self) -> tuple[str, SearchText]:
        text = f"{self._line(19)}. {self._line(24)}, {self._line(9).lower()}."
        return text, search_text(SearchDoc("", body=text))

    def articles(self, count: int) -> Iterator[Written]:
        """So many articles over ten years, evenly and in their order, one in fifty without a date of its own kind."""
        step = timedelta(days=365 * YEARS) / count
        for n in range(count):
            yield self._article(FIRST + n * step)

    def _article(self, moment: datetime) -> Written:
        pick = self._random
        number = f"{pick.randint(1, 99):02d}-{pick.choice(_TYPES)}/TW" if pick.random() < 0.3 else None
        title, lead = self._line(7), f"{self._line(18)}."
        body = [self._stock[pick.randrange(STOCK)] for _ in range(PARAGRAPHS)]
        topics = tuple(topic for topic in TOPICS if pick.random() < 0.2)
        meeting = pick.choice(MEETINGS) if pick.random() < 0.25 else None
        source = pick.randrange(SOURCES)
        if number:
            lead = f"Thực hiện Chỉ thị số {number}, {lead.lower()}"
        own = search_text(
            SearchDoc(
                title, lead=lead, source_id=f"bao-{source}", published=moment, topics=tuple((t, t) for t in topics),
                documents=(number,) if number else (), meetings=(meeting,) if meeting else (),
            )
        )  # fmt: skip
        between = f" {BREAK} "
        return Written(
            title, lead, tuple(text for text, _ in body), moment, source, number, topics, meeting,
            SearchText(
                (own.exact[0], own.exact[1], between.join(line.exact[2] for _, line in body), ""),
                (own.wide[0], own.wide[1], between.join(line.wide[2] for _, line in body), ""),
                own.facts, own.month, own.topics, own.documents, own.meetings,
            ),
        )  # fmt: skip


def province_of(source: int) -> str:
    """The province of an outlet."""
    return PROVINCES[source % len(PROVINCES)]
