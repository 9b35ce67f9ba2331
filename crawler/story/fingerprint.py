"""What is compared of a text: its sentences as keys, with the facts that tell a formula from news.

The genre is formulaic: two conference reports share half of their sentences but for a name or a figure.
Whole sentences therefore decide, not runs of syllables: a copy that is cut, reordered, captioned anew or
put under another title keeps most sentences letter for letter (after folding), while a formula with other
figures is another sentence. Everything here depends on one text only, so the order of arrival cannot matter.
"""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import combinations, pairwise
from math import sqrt
from typing import NamedTuple

from rensa import RMinHash

from crawler.article import Article, published_day
from crawler.text.charmap import MARKED, Letters
from crawler.text.letters import DASH
from crawler.text.normal import nfc, stream_safe, strip_tones
from crawler.text.sentences import SENTENCE_END

MAX_SENTENCE_KEYS = 64
"""Sentence keys kept of one article; provincial articles have 10 to 40 sentences, long features up to 150."""
MIN_SENTENCE_KEYS = 6
"""An article poor in facts is still found by its most telling sentences."""
BANDS, BAND_ROWS = 6, 4
"""MinHash bands: two texts whose runs of facts have a resemblance of 0.6 meet with probability 0.57,
of 0.8 with 0.96. They are the second way in, for a copy of which no sentence stayed as it was."""
_MIN_SHINGLES = 12
"""Fewer runs of facts than this say nothing about resemblance."""
KEY_BITS = 48
"""Bits of an index key: one look-up among the 25 million keys of a million articles errs once in 10 M."""

_WORDS = Letters(lambda char: char if char.isalnum() or char == "\n" else " ")
_FOLD = Letters(lambda char: strip_tones(char).replace("đ", "d"))
_SPACES = re.compile("  +")
_EMPTY_LINE = re.compile(r"\n[^\S\n]*\n\s*")
_TERMINATORS, _CLOSERS = (".", "!", "?", "…", ":", ";"), "\"”’»')]/"
_DATELINE = re.compile(rf"\(?[A-ZĐ]{{2,6}}\)?\s*[{DASH}.:]+\s*|(?:[^\s.:;,]+ ){{0,4}}[^\s.:;,]+:\s+")
"""`TTXVN - `, `(HGO) - `, and the place before a colon that opens an item of a digest: at most five words."""
_NAME_BITS = 3
_YEAR = re.compile(r"(?:19|20)\d\d")
_HONORIFICS = re.compile(r"d(?<!\wd)(?:ong chi| c) ")  # the engine skips to a letter, not to a word's edge
_FACT = re.compile(f" ([^ a-z{MARKED}][^ ]*)")  # may be one: no small letter opens it
_WRAPPED_LINE = 40
"""Characters; a shorter line was not wrapped, it ended."""
_HEADLINE_SYLLABLES = 30
"""A shorter block without final punctuation is a title, cross-head, caption or by-line, not prose."""
TELLING_BITS = 8
"""A sentence tells, and is an index key of its own accord, from here: a name of three syllables,
or two figures of two digits."""
WEIGHT, TELLING, FACTS_SHIFT = 0x7F, 0x80, 8
"""The parts of a sentence's mark in a sketch."""
_SKETCH_FORMAT = 1
"""Changes with every change of what a sketch means; 7 bits."""
_WORD_CACHE = 200_000
"""Spellings remembered per process (some 30 MB): about 7,000 Vietnamese syllables, the rest is figures."""

# Capitalised by convention, so no proper names: offices, organs, kinds of document, forms of address.
# With their accents: "Định" of "Quy định" is none, the surname Đinh is one.
_OFFICE_WORDS = frozenset((
    "an", "ban", "binh", "biên", "bác", "báo", "bí", "bản", "bộ", "chi", "chiến", "chuyên", "chí", "chính",
    "chấp", "chỉ", "chủ", "cách", "công", "cơ", "cộng", "cục", "cựu", "dân", "giám", "giáo", "hiệu",
    "hoạch", "huy", "huyện", "hành", "học", "hồ", "hội", "khoá", "khu", "khóa", "khối", "kiểm", "kế", "kết",
    "kỳ", "luận", "luật", "lễ", "lệ", "minh", "mưu", "mạng", "mặt", "nam", "nghị", "ngành", "nhà", "nhân",
    "ninh", "niên", "nông", "nước", "nội", "nữ", "phòng", "phó", "phường", "phố", "phụ", "quan", "quy",
    "quyết", "quận", "quốc", "sản", "sở", "tham", "thanh", "thành", "thôn", "thông", "thư", "thường", "thị",
    "toà", "tra", "trung", "trường", "trưởng", "trấn", "trận", "trực", "tuyên", "tòa", "tỉnh", "tịch", "tổ",
    "tổng", "uỷ", "viên", "viện", "việt", "văn", "vận", "vụ", "xuân", "xã", "xóm", "án", "điều", "đoàn",
    "đại", "đảng", "đề", "định", "đốc", "đồng", "ương", "ấp", "ủy",
))  # fmt: skip


class CopiedSentence(NamedTuple):
    """One sentence of the prose, folded."""

    words: str
    """Folded syllables with single spaces, honorifics dropped."""
    syllables: int
    facts: tuple[str, ...]
    """Folded figures and syllables of proper names, in order."""
    fact_bits: int
    """How telling the facts are, in bits: about the logarithm of how many values each might have had."""
    hash: int
    """64 bits of the words, the same in every process."""

    @property
    def weight(self) -> int:
        """Eight times the root of its syllables, up to 127: one long formula must not outweigh three."""
        return min(WEIGHT, round(8 * sqrt(self.syllables)))

    @property
    def telling(self) -> bool:
        """Whether the facts make an accidental repeat unlikely."""
        return self.fact_bits >= TELLING_BITS


class _Words(dict[str, tuple[str, int]]):
    """Spelling → (folded syllable, fact bits when it does not open a sentence)."""

    def __missing__(self, word: str) -> tuple[str, int]:
        if len(self) >= _WORD_CACHE:
            self.clear()
        found = self[word] = (strip_tones(word).replace("đ", "d"), _fact_bits(word))
        return found


def _fact_bits(word: str) -> int:
    if word[0].isdecimal():
        return 1 if _YEAR.fullmatch(word) else 2 * min(4, len(word))
    if len(word) > 1 and word[0].isupper() and not word.isupper() and word.lower() not in _OFFICE_WORDS:
        return _NAME_BITS
    return 0


_words = _Words()


def sentences(text: str) -> list[CopiedSentence]:
    """The sentences of the prose in reading order, without title, captions, by-line and dateline.

    A text that has no prose by that rule (a list of lines) is compared by all of its lines.

    >>> text = "Tin vui\\n\\nTTXVN - Ngày 3/2, đ/c Lò Văn Sáu đến xã Nà Lùng. Bà con mừng.\\n\\nP.V"
    >>> [s.words for s in sentences(text)]
    ['ngay 3 2 lo van sau den xa na lung', 'ba con mung']
    """
    return _sentences(blocks_of(text))


def sentences_of(block: str) -> list[CopiedSentence]:
    """The sentences of one block, whatever kind of block it is."""
    return _sentences([block])


def _sentences(blocks: Sequence[str]) -> list[CopiedSentence]:
    prose = [block for block in blocks if not is_headline(block)]
    # All sentences at once, one a line: a call for each would cost more than what it does.
    undated = [block[m.end() :] if (m := _DATELINE.match(block)) else block for block in prose or blocks]
    lines = SENTENCE_END.sub("\n", "\n".join(undated))
    spelled = "\n".join([line.strip() for line in _SPACES.sub(" ", _WORDS(lines)).split("\n")])
    folded = _HONORIFICS.sub("", _FOLD(nfc(spelled).lower()))
    pairs = zip(spelled.split("\n"), folded.split("\n"), strict=True)
    return [_sentence(line, words) for line, words in pairs if line.count(" ") >= 2]


def _sentence(spelled: str, words: str) -> CopiedSentence:
    # A capital that opens a sentence is no fact.
    facts = [_words[word] for word in _FACT.findall(f" {spelled}" if spelled[0].isdecimal() else spelled)]
    return CopiedSentence(
        words=words,
        syllables=words.count(" ") + 1,
        facts=tuple([folded for folded, bits in facts if bits]),
        fact_bits=sum([bits for _, bits in facts]),
        hash=_hash(words),
    )


def blocks_of(text: str) -> list[str]:
    """The blocks of a text in NFC: its paragraphs, or its lines where no empty line stands between any.

    Within a paragraph a long line that ends without punctuation runs on into the next: the text was wrapped.
    """
    text = unicodedata.normalize("NFC", stream_safe(text)).replace("\r\n", "\n").strip()
    paragraphs = _EMPTY_LINE.split(text)
    if len(paragraphs) == 1:
        return [block for line in text.split("\n") if (block := line.strip())]
    blocks: list[str] = []
    for paragraph in paragraphs:
        if "\n" not in paragraph:
            blocks.append(paragraph.strip())
            continue
        run: list[str] = []
        for line in paragraph.split("\n"):
            run.append(line.strip())
            if len(run[-1]) < _WRAPPED_LINE or _terminated(run[-1]):
                blocks.append(" ".join(run))
                run = []
        blocks.append(" ".join(run))
    return [block for block in blocks if block]


def is_name(word: str) -> bool:
    """Whether a word that opens no sentence is a syllable of a proper name, by its spelling.

    >>> is_name("Khoát"), is_name("Bí"), is_name("UBND"), is_name("xã")
    (True, False, False, False)
    """
    return not word[0].isdecimal() and _words[word][1] == _NAME_BITS


def split_sentences(block: str) -> list[str]:
    """The sentences of one block as printed, final punctuation kept.

    >>> split_sentences("Có 1.200 đảng viên. Đồng chí A... phát biểu!")
    ['Có 1.200 đảng viên.', 'Đồng chí A... phát biểu!']
    """
    ends = [match.end() for match in SENTENCE_END.finditer(block)]
    return [s for a, b in pairwise((0, *ends, len(block))) if (s := block[a:b].strip())]


def is_headline(block: str) -> bool:
    """Whether a block is short and ends without punctuation: a title, cross-head, caption or by-line."""
    return not _terminated(block) and len(block.split()) < _HEADLINE_SYLLABLES


def _terminated(line: str) -> bool:
    return line.rstrip(_CLOSERS).endswith(_TERMINATORS)


@dataclass(frozen=True, slots=True)
class Sketch:
    """The compact form of a text that candidates are compared by.

    `bytes(sketch)` is what the store keeps: 1 byte and 7 a sentence, some 200 bytes an article.
    """

    marks: dict[int, int]
    """Sentence (32 bits) → its weight in the low 7 bits, TELLING, and above them 16 bits of its facts (0 = none)."""
    roundup: bool = False
    """Whether the text is a digest of several stories (`is_roundup`)."""

    @classmethod
    def of(cls, found: Iterable[CopiedSentence], *, roundup: bool = False) -> Sketch:
        """The sketch of a text's sentences; a sentence that stands twice counts once."""
        return cls({s.hash & 0xFFFFFFFF: _mark(s) for s in found}, roundup)

    def __bytes__(self) -> bytes:
        hashes = sorted(self.marks)
        marks = [self.marks[h] for h in hashes]
        head = _SKETCH_FORMAT << 1 | self.roundup
        facts = [m >> FACTS_SHIFT for m in marks]
        low = bytes([m & 0xFF for m in marks])
        return struct.pack(f"<B{len(marks)}I{len(marks)}H", head, *hashes, *facts) + low

    @classmethod
    def from_bytes(cls, blob: bytes) -> Sketch:
        """The sketch back from `bytes(sketch)`; ValueError for a blob of another format."""
        count, rest = divmod(len(blob) - 1, 7)
        if not blob or blob[0] >> 1 != _SKETCH_FORMAT or rest:
            raise ValueError("no sketch of this format: the story index must be built anew")
        words = struct.unpack_from(f"<{count}I{count}H", blob, 1)
        low = blob[1 + 6 * count :]
        marks = {h: f << FACTS_SHIFT | w for h, f, w in zip(words[:count], words[count:], low, strict=True)}
        return cls(marks, bool(blob[0] & 1))

    @property
    def weight(self) -> int:
        """The weight of the prose, each sentence once."""
        return sum([m & WEIGHT for m in self.marks.values()])


def _mark(sentence: CopiedSentence) -> int:
    facts = _hash(" ".join(sorted(sentence.facts))) & 0xFFFF or 1 if sentence.facts else 0
    return facts << FACTS_SHIFT | (TELLING if sentence.telling else 0) | sentence.weight


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """All that the story index needs of one article."""

    day: int | None
    """`date.toordinal()` of the day of publication, None where it is unknown."""
    keys: tuple[int, ...]
    """The most telling sentences: articles of one story share at least one, within the date window."""
    bands: tuple[int, ...]
    """MinHash bands: the second way in, for a copy of which no sentence stayed as it was."""
    whole: int | None
    """The key of the whole prose, sentences in any order: found at any date. None where it says little."""
    sketch: Sketch

    @property
    def rows(self) -> tuple[int, ...]:
        """Every key under which the article is entered in the index; positive, below 2**48, none twice."""
        whole = () if self.whole is None else (self.whole,)
        return tuple(dict.fromkeys((*self.keys, *self.bands, *whole)))


def fingerprint(text: str, day: int | None) -> Fingerprint:
    """The fingerprint of the corpus text of one article (DESIGN §6.4: blocks separated by an empty line)."""
    blocks = blocks_of(text)
    found = _sentences(blocks)
    return Fingerprint(
        day=day,
        keys=tuple(_sentence_keys(found)),
        bands=tuple(_band_keys(found)),
        whole=_whole_key(found),
        sketch=Sketch.of(found, roundup=_is_roundup(blocks)),
    )


def fingerprint_of(article: Article) -> Fingerprint:
    """What later articles are compared with."""
    day = published_day(article.published)
    return fingerprint(article.text, day.toordinal() if day else None)


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "little")


def _sentence_keys(found: Sequence[CopiedSentence]) -> list[int]:
    """The most telling sentences: each is judged alone, so that a brief and its source choose alike."""
    ranked = sorted({(-s.fact_bits, -s.syllables, s.hash) for s in found})
    telling = sum(-bits >= TELLING_BITS for bits, _, _ in ranked)
    kept = ranked[: min(MAX_SENTENCE_KEYS, max(MIN_SENTENCE_KEYS, telling))]
    return [h >> (64 - KEY_BITS) for _, _, h in kept]


def _band_keys(found: Sequence[CopiedSentence]) -> list[int]:
    """MinHash bands over the runs of facts; none where they are few."""
    shingles = _fact_shingles(found)
    if len(shingles) < _MIN_SHINGLES:
        return []
    minhash = RMinHash(num_perm=BANDS * BAND_ROWS, seed=1)
    minhash.update(shingles)
    digest = minhash.digest()
    rows = (digest[i : i + BAND_ROWS] for i in range(0, len(digest), BAND_ROWS))
    return [_hash(f"{band}:{row}") >> (64 - KEY_BITS) for band, row in enumerate(rows)]


def _fact_shingles(found: Iterable[CopiedSentence]) -> set[str]:
    """Three facts of a sentence in a row (or the two it has): what an editor leaves standing when he rewords."""
    shingles: set[str] = set()
    for facts in [sentence.facts for sentence in found]:
        if len(facts) == 2:
            shingles.add(" ".join(facts))
        shingles.update(map(" ".join, zip(facts, facts[1:], facts[2:], strict=False)))
    return shingles


def _whole_key(found: Sequence[CopiedSentence]) -> int | None:
    if sum([s.syllables for s in found]) < 40 or sum([s.fact_bits for s in found]) < 24:
        return None
    return _hash(" ".join([f"{h:x}" for h in sorted({s.hash for s in found})])) >> (64 - KEY_BITS)


_ROUNDUP_TITLE = re.compile(
    r"\b(?:diem (?:tin|bao)|tin (?:van|ngan|nhanh|tong hop)|tong hop tin|ban tin|tuan qua|"
    r"tin trong (?:ngay|tuan)|tin tuc 24 ?(?:h|gio))\b"
)
"""How the press titles its digests (titles folded)."""
_CREDIT = re.compile(r"\b[ảẢ]nh\s*:")
_ROUNDUP_SECTIONS, _ROUNDUP_COHESION = 3, 0.25


def is_roundup(text: str) -> bool:
    """Whether the text is a digest of several stories: its title says so, or its sections share no names.

    A feature with cross-heads keeps coming back to its place and its people; the items of a digest do not.
    """
    return _is_roundup(blocks_of(text))


def _is_roundup(blocks: Sequence[str]) -> bool:
    if blocks and is_headline(blocks[0]) and _ROUNDUP_TITLE.search(strip_tones(blocks[0]).replace("đ", "d")):
        return True
    if len(items := _sections(blocks)) < _ROUNDUP_SECTIONS:
        return False
    sections = [names for section in items if (names := _names(section))]
    if len(sections) < _ROUNDUP_SECTIONS:
        return False
    pairs = list(combinations(sections, 2))
    return sum(not a.isdisjoint(b) for a, b in pairs) <= _ROUNDUP_COHESION * len(pairs)


def _sections(blocks: Sequence[str]) -> list[list[str]]:
    """The prose between cross-heads; the first and the last block are title and by-line."""
    sections: list[list[str]] = [[]]
    for block in blocks[1:-1]:
        if not is_headline(block):
            sections[-1].append(block)
        elif not _CREDIT.search(block):
            sections.append([])
    return [section for section in sections if section]


def _names(prose: Iterable[str]) -> set[tuple[str, str]]:
    """Proper names as neighbouring pairs of their syllables."""
    names: set[tuple[str, str]] = set()
    for block in prose:
        for part in SENTENCE_END.split(block):
            found = list(map(_words.__getitem__, _WORDS(part).split()))[1:]
            names.update((a, b) for (a, x), (b, y) in pairwise(found) if x == y == _NAME_BITS)
    return names
