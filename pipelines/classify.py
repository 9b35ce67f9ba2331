"""300: what is not about Party-building work ends here; the labels themselves were made in the worker."""

from __future__ import annotations

from crawler.article import Disposition, Reading
from pipelines import Stage


class Classify(Stage):
    """Drops what is off topic."""

    def process_item(self, item: Reading) -> Reading:
        """Pass on what is relevant."""
        if item.article is None:
            raise TypeError("the clean stage did not run")
        if not item.article.annotations.relevant:
            self.drop(item, Disposition.OFF_TOPIC, "no phrase of Party-building work decided for it")
        return item
