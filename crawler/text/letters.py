"""The letters and dashes of Vietnamese print, for character classes; nobody else spells them.

>>> import re
>>> re.findall(f"[{CAPITAL}]", "Đảng ủy Ủy ban à")
['Đ', 'Ủ']
>>> bool(re.search(f"[{TELLING}]", "às três horas, já")), bool(re.search(f"[{TELLING}]", "Người đưa tin"))
(False, True)
"""

from __future__ import annotations

from crawler.text.charmap import MARKED

TELLING = "".join(letter for letter in MARKED if letter not in "àáãèéìíòóõùúýĩũâêô")
"""The small letters that no Western language prints."""
NATIVE = TELLING + "âêô"
"""Those that Western languages print seldom: their share tells Vietnamese prose from other text."""
SMALL = "a-z" + MARKED
CAPITAL = "A-Z" + MARKED.upper()
ABBREVIATING = "A-ZĐƯÂÊÔƠĂ"
"""Capitals of abbreviations and symbols, which carry no tone."""
DASH = "-–—"
"""What the press prints for a dash; the hyphen stands first, so that it opens a character class as itself."""
EVERY_DASH = DASH + "‐‑‒―−﹣－"
"""What programs write for one, too."""
