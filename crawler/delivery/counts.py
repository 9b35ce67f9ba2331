"""How many of each kind a mail carries, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from crawler.delivery.items import DigestItem
from crawler.delivery.phrases import phrases


def counts_of(items: Sequence[DigestItem], language: str) -> str:
    """`3 tin, 1 văn kiện`: how many of each kind, the kinds that are there."""
    words = phrases(language)
    kinds = (
        (words.n_news, "news"),
        (words.n_documents, "document"),
        (words.n_meetings, "meeting"),
        (words.n_changes, "change"),
        (words.n_events, "event"),
    )
    carried = (one for item in items for one in item.carried if one.kind != "news")  # a story is its entry
    told = Counter[str](one.kind for one in (*items, *carried))
    counted = ((phrase, told[kind]) for phrase, kind in kinds)
    return ", ".join(phrase.format(n) for phrase, n in counted if n)
