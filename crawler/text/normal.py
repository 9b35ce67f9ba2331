"""Vietnamese text: NFC, folding keys that point back into the original, syllables, the corpus layout.

Stored text is the newspaper's, in NFC and nothing else. Everything that helps to compare (case, accents,
tone placement, dashes) lives in keys made here; `Folded.offsets` leads from a key back to the text.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from crawler.text.charmap import MARKED, Letters

MOST_MARKS = 30
"""Combining marks that follow each other: more are no writing (UAX #15, Stream-Safe Text Format)."""
_RUN_OF_MARKS = re.compile(rb"[^\0]{%d,}" % (MOST_MARKS + 1))
_SPACES = re.compile(r"[ \t\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"))
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200d\u2060\ufeff]")
_LINE_BREAK = re.compile(r"[\n\r\u2028\u2029\x0b\x0c\x85]")
_WORD = re.compile(r"[^\W_]+", re.UNICODE)
_ONE_KIND = _INVISIBLE | str.maketrans(
    dict.fromkeys("‐‑‒–—―−﹣－", "-") | dict.fromkeys("“”„‟«»″", '"') | dict.fromkeys("‘’‚‛′`´", "'")
)
"""Dashes and quotes of one kind, nothing that has no width."""

# Old and new placement of the tone mark on oa, oe, uy: the press writes both (uỷ and ủy, hoà and hòa).
_TONE_MOVES = {
    old: new
    for pair in (
        [
            "oà",
            "òa",
            "oá",
            "óa",
            "oả",
            "ỏa",
            "oã",
            "õa",
            "oạ",
            "ọa",
            "oè",
            "òe",
            "oé",
            "óe",
            "oẻ",
            "ỏe",
            "oẽ",
            "õe",
            "oẹ",
            "ọe",
            "uỳ",
            "ùy",
            "uý",
            "úy",
            "uỷ",
            "ủy",
            "uỹ",
            "ũy",
            "uỵ",
            "ụy",
        ],
    )
    for old, new in zip(pair[::2], pair[1::2], strict=True)
}
# The vowels come first: the engine skips to what a pattern opens with, but not past a look-behind.
_OLD_TONE = re.compile(r"(?:o[àáảãạèéẻẽẹ]|u[ỳýỷỹỵ])(?<![qQ]..)(?!\w)")


def nfc(text: str) -> str:
    """Full NFC: NFD input, half-composed input and the Vietnamese Ð (U+00D0) all become one spelling.

    Of a run of combining marks the first `MOST_MARKS` are kept.

    >>> nfc("Ða\u0309ng") == "Đảng"
    True
    """
    if text.isascii():
        return text
    # Most lines are short: no call for them.
    safe = text if len(text) <= MOST_MARKS else stream_safe(text)
    return unicodedata.normalize("NFC", safe).replace("\u00d0", "Đ")


def stream_safe(text: str) -> str:
    """A text with at most `MOST_MARKS` combining marks in a row, as the normal forms must be given it.

    To sort a longer run they take the square of its length.
    """
    if len(text) <= MOST_MARKS or text.isascii():
        return text
    # A run that is too long covers one of these places; in a text that is composed no mark stands anywhere.
    if not any(map(unicodedata.combining, text[MOST_MARKS :: MOST_MARKS + 1])):
        return text
    classes = bytes(map(unicodedata.combining, text))
    kept, end = [], 0
    for run in _RUN_OF_MARKS.finditer(classes):
        kept.append(text[end : run.start() + MOST_MARKS])
        end = run.end()
    return "".join((*kept, text[end:])) if end else text


def is_nfc(text: str) -> bool:
    """Whether `nfc` would only exchange an Ð: composed, and no run of marks too long."""
    return text.isascii() or (stream_safe(text) == text and unicodedata.is_normalized("NFC", text))


def clean_line(text: str) -> str:
    """One printed line: NFC, control and zero-width characters dropped, runs of spaces collapsed."""
    text = nfc(text)
    # Of all white space only U+0020 counts as printable, so most lines need no more than a look.
    if text.isprintable() and "  " not in text:
        return text.strip()
    # Nearly every line has neither; a search costs a tenth of the translation.
    if _ODD.search(text):
        # What had no width may have kept a mark apart from its letter, or from more marks.
        text = nfc(_CONTROL.sub(" ", text.translate(_INVISIBLE)))
    return " ".join(text.split())


def clean_block(text: str) -> str:
    """One block: like `clean_line` for each of its lines; empty lines vanish, line breaks stay."""
    if text.isprintable() or not _LINE_BREAK.search(text):
        return clean_line(text)
    lines = (clean_line(line) for line in re.split(r"\r\n|[\n\r\u2028\u2029\x0b\x0c\x85]", text))
    return "\n".join(line for line in lines if line)


def compose_text(blocks: Iterable[str | None]) -> str:
    """The corpus text: non-empty blocks separated by one empty line, no newline at the end.

    >>> compose_text(["Tiêu đề", "", "Đoạn một.\\n\\n\\nHai."])
    'Tiêu đề\\n\\nĐoạn một.\\nHai.'
    """
    return "\n\n".join(block for raw in blocks if raw and (block := clean_block(raw)))


def modern_tone(text: str) -> str:
    """The tone mark moved to where the newer spelling puts it, same length, for keys only.

    >>> modern_tone("uỷ ban hoà bình, quý")
    'ủy ban hòa bình, quý'
    """
    return _OLD_TONE.sub(lambda m: _TONE_MOVES[m.group()], text)


def _bare(char: str) -> str:
    """The base letter of one lower-case character; đ stays đ."""
    return "".join(c for c in unicodedata.normalize("NFD", char) if not unicodedata.combining(c))


def _wide(char: str) -> str:
    return _bare(char).replace("đ", "d")


def _word_letters(char: str) -> str:
    return "".join(c if c.isalnum() else " " for c in _wide(char))


_BARE = Letters(_bare)
_WIDE = Letters(lambda char: _wide(char).translate(_ONE_KIND))
_WIDE_WORDS = Letters(_word_letters)
_EXACT = Letters(lambda char: char.translate(_ONE_KIND))


def strip_tones(text: str) -> str:
    """Lower case without tone and vowel marks, `đ` kept.

    >>> strip_tones("Đường Đảng")
    'đuong đang'
    """
    return _BARE(nfc(text).lower())


def fold(text: str) -> str:
    """The widest key: lower case, no marks, `đ` = `d`, dashes and quotes of one kind, single spaces.

    >>> fold("Chỉ  thị 35–CT/TW: “Đảng”")
    'chi thi 35-ct/tw: "dang"'
    """
    return " ".join(_WIDE(nfc(text).lower()).split())


def exact_key(text: str) -> str:
    """The key that keeps accents: lower case, NFC, newer tone placement, dashes and quotes of one kind.

    >>> exact_key("Uỷ ban  hoà bình – 35")
    'ủy ban hòa bình - 35'
    """
    return " ".join(_EXACT(modern_tone(nfc(text).lower())).split())


@dataclass(frozen=True, slots=True)
class Folded:
    """A key with the way back: `offsets[i]` is where key character `i` begins in the original text."""

    key: str
    offsets: tuple[int, ...]
    """One longer than `key`: the last entry is the end of the text."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original span of `key[start:end]`, combining marks included."""
        return self.offsets[start], self.offsets[end]


def compose_with_offsets(text: str) -> Folded:
    """NFC with offsets back into `text` as given, also when it is NFD.

    >>> f = compose_with_offsets("a\u0309b")
    >>> f.key, f.offsets
    ('ảb', (0, 2, 3))
    """
    if is_nfc(text):
        return Folded(text.replace("\u00d0", "Đ"), tuple(range(len(text) + 1)))
    out: list[str] = []
    offsets: list[int] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and (
            unicodedata.combining(text[end])
            or len(nfc(text[start:end] + text[end])) <= len(nfc(text[start:end]))
        ):
            continue
        composed = nfc(text[start:end])
        out.append(composed)
        offsets.extend([start] * len(composed))
        start = end
    return Folded("".join(out), (*offsets, len(text)))


def syllables(text: str) -> list[tuple[str, int, int]]:
    """Words of letters and digits with their span: Vietnamese writes one syllable a word.

    >>> syllables("Đại hội XIV")
    [('Đại', 0, 3), ('hội', 4, 7), ('XIV', 8, 11)]
    """
    return [(m.group(), m.start(), m.end()) for m in _WORD.finditer(text)]


def text_key(text: str) -> str:
    """The exact-duplicate key: syllables of the folded text, so case, marks, quotes, dashes and spaces are one.

    An agency's or an outlet's initials before a paragraph are no part of it.

    >>> text_key("(TTXVN) – Sáng 3/2, Đảng bộ xã họp.") == text_key("HGO - Sáng 3/2, đảng bộ xã  họp")
    True
    """
    return _GAP.sub(" ", _WIDE_WORDS(_INITIALS.sub("", nfc(text)).lower())).strip()


_GAP = re.compile(" {2,}")
_INITIALS = re.compile(r"^[ \t]*\(?[A-ZĐ]{2,6}\)?\s*[-–—]\s*(?=\S)", re.MULTILINE)


def text_hash(text: str) -> str:
    """SHA-256 (hex) of the text as stored in NFC: what makes a new version."""
    return hashlib.sha256(nfc(text).encode()).hexdigest()


def key_hash(text: str) -> str:
    """SHA-256 (hex) of `text_key`: equal for two copies that differ in typography only."""
    return hashlib.sha256(text_key(text).encode()).hexdigest()


def _shape(char: str) -> str:
    if char.lower() in MARKED:
        return "m"
    return "0" if char.isdigit() else "a" if char.isalnum() else " "


_SHAPES = Letters(_shape)


def looks_vietnamese(text: str) -> bool:
    """Whether at least a third of the syllables carry a Vietnamese mark; in press prose more than two thirds do.

    >>> looks_vietnamese("Đại hội Đảng bộ xã thành công"), looks_vietnamese("The congress of the Party was held")
    (True, False)
    """
    # Without its figures a syllable ends once: in a letter with a space behind it.
    lettered = f"{_SHAPES(nfc(text))} ".encode().translate(None, b"0")
    words = lettered.count(b"a ") + lettered.count(b"m ")
    return words > 0 and lettered.translate(None, b"a").count(b"m ") * 3 >= words
