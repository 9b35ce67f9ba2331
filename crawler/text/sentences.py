"""Where sentences end, in the four grains that readers of a text need; nobody else spells them."""

from __future__ import annotations

import re

ENDING = ".!?…"
"""The marks a sentence ends with, for character classes."""
CLAUSE_END = re.compile(r"[.!?;](?= |\n|\Z)|\n")
"""In a key, where abbreviations are told apart by whoever asks: what a statement about a document does not cross."""
TITLE_END = re.compile(r"[.!?\n]")
"""What stands between a document's name and what it is about only where these are two statements."""
PHRASE_END = re.compile(r"[!?…;]\s|\n\s*\n|\.{2,}\s")
"""What no phrase of a query crosses, besides a single stop that ends a sentence (`crawler.query.words`)."""
SENTENCE_END = re.compile(r"[.!?](?<![.…].)(?![.\w])[\"”’»')\]]*(?:\s+|$)")
"""Behind it a sentence begins; three dots may stand inside one. Copies of two outlets are cut at the same places."""
SHOWN_END = re.compile(r"[.!?…](?<![.!?…].)[.!?…]*+[\"”’»)\]]*+\s++(?=[\"“‘«(\[]*([^\W\d_]))|\n+")
"""Where a passage that is shown may be cut: a capital must follow, which group 1 holds the letter for."""
