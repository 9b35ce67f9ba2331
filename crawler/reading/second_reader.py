"""The second reader: trafilatura reads a page by itself, and the two texts are held against each other.

It knows nothing of the row, the container or what was cut, so that it errs elsewhere than we do: where both agree
the text is right, and where they used to agree and no longer do the outlet has changed its pages.
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Sequence
from itertools import islice

from lxml import etree
from trafilatura import bare_extraction
from trafilatura.utils import line_processing, trim

from crawler.article import Agreement, Article, NoArticle
from crawler.reading.markup import parse
from crawler.text.normal import clean_block, exact_key

MOST = 20_000
"""Elements of a page beyond which the second reader is not asked: it takes a second there, and far more beyond."""
SHARED = 0.5
"""The share of a block's words that the other text must have, or the block counts as one of the differences."""
TOLD = 3
"""Differing blocks kept of each side, …"""
TOLD_LENGTH = 80
"""… and so many code points of each."""
_LEAST_WORDS = 4
_WORD = re.compile(r"\w+")

log = logging.getLogger(__name__)


def second_reading(body: bytes, article: Article) -> Agreement | None:
    """How far trafilatura's text of the page agrees with the article; None where the page is too large or it raises."""
    markup = parse(body)  # bounded in size, tags and attributes; what stands on the page is not touched
    if isinstance(markup, NoArticle) or next(islice(markup.tree.iter(), MOST, None), None) is not None:
        return None
    try:
        whole = etree.tostring(markup.tree, encoding="unicode", method="html")
        document = bare_extraction(whole, fast=True, with_metadata=False, include_comments=False)
    except (etree.LxmlError, RecursionError, MemoryError, ValueError, TypeError, AttributeError) as error:
        log.warning("second reader: %s: %s", article.url, error, exc_info=True)
        return None
    finally:
        # They keep a thousand lines each, and a line may be as long as a page.
        trim.cache_clear()
        line_processing.cache_clear()
    text = getattr(document, "text", None) or ""
    return agreement([line for raw in text.split("\n") if (line := clean_block(raw))], article)


def agreement(theirs: Sequence[str], article: Article) -> Agreement:
    """F1 of the words of two readings, and which blocks differ.

    What of theirs stands anywhere in our text is no noise (captions, the by-line); what of our lead and paragraphs
    they lack is missing.
    """
    whole, body = _words([article.text]), _words(article.paragraphs)
    found = _words(theirs)
    precision = (found & whole).total() / max(1, found.total())
    recall = (body & found).total() / max(1, body.total())
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return Agreement(round(f1, 3), _apart(article.paragraphs, found), _apart(theirs, whole))


def _apart(blocks: Sequence[str], other: Counter[str]) -> tuple[str, ...]:
    """The first blocks of which the other text has less than half of the words, cut short."""
    lone = []
    for block in blocks:
        words = _words([block])
        if words.total() >= _LEAST_WORDS and (words & other).total() < SHARED * words.total():
            lone.append(block if len(block) <= TOLD_LENGTH else block[: TOLD_LENGTH - 1] + "…")
    return tuple(lone[:TOLD])


def _words(blocks: Sequence[str]) -> Counter[str]:
    return Counter(word for block in blocks for word in _WORD.findall(exact_key(block)))
