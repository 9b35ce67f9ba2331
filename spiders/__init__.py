"""One spider class per registry row, so that `scrapy list` prints the registry."""

from __future__ import annotations

from crawler.crawl.context import registry_in_force
from spiders.base import SourceSpider
from spiders.sites import spider_class

for _source in registry_in_force().values():
    if _source.disabled is None:
        _name = "".join(part.title() for part in _source.id.split("-")) + "Spider"
        globals()[_name] = type(
            _name,
            (spider_class(_source.spider) if _source.spider else SourceSpider,),
            {"name": _source.id, "source": _source, "__module__": __name__, "__doc__": _source.name},
        )
