"""What Scrapy's own exports write of an item: `scrapy crawl ID -O items.jsonl` gives one article a line.

It is the article JSON of the contract with its `id` and annotations, as `diemtin export jsonl` writes it but for the
story, which later articles may still change; and never a byte of the page.
"""

from __future__ import annotations

from collections.abc import Iterator, KeysView
from typing import Any

from itemadapter import ItemAdapter
from itemadapter.adapter import AdapterInterface

from crawler.corpus.export import article_id
from crawler.store.crawl_item import CrawlItem


def line_of(item: CrawlItem) -> dict[str, Any]:
    """The keys of an export line of an item that has passed all stages, in their order."""
    read = item.read
    return {"id": article_id(read.canonical_url), **read.to_json(), **read.annotations.to_json()}


class ContractLine(AdapterInterface):
    """A crawl item as Scrapy's exporters see it: read-only."""

    def __init__(self, item: CrawlItem) -> None:
        super().__init__(item)
        self._line = line_of(item)

    @classmethod
    def is_item_class(cls, item_class: type) -> bool:
        """Whether it is for items of this class."""
        return issubclass(item_class, CrawlItem)

    @classmethod
    def get_field_names_from_class(cls, item_class: type) -> list[str] | None:
        """Unknown before there is an item."""
        return None

    def field_names(self) -> KeysView[str]:
        """The keys of the contract."""
        return self._line.keys()

    def __getitem__(self, name: str) -> Any:
        return self._line[name]

    def __setitem__(self, name: str, value: Any) -> None:
        raise TypeError("the stages make a copy of an item and set its own fields")

    def __delitem__(self, name: str) -> None:
        raise TypeError("the stages make a copy of an item and set its own fields")

    def __iter__(self) -> Iterator[str]:
        return iter(self._line)

    def __len__(self) -> int:
        return len(self._line)


def install() -> None:
    """Let Scrapy's exporters write crawl items so, in this process."""
    others = [known for known in ItemAdapter.ADAPTER_CLASSES if known is not ContractLine]
    ItemAdapter.ADAPTER_CLASSES = [ContractLine, *others]
