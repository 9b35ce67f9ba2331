"""Names are judged where they are resolved to connect: the address that was judged is the address used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

from crawler.crawl.context import current_context
from crawler.urls import is_private

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred


class JudgingResolver(CachingThreadedResolver):
    """Scrapy's resolver, which gives no private address away unless `allow_private`.

    A look at a name before the request would prove nothing: who owns the name may answer with a public address
    first and with a private one when the connection is made (DNS rebinding).
    """

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """The IPv4 address of a name; DNSLookupError for a private one, which the context then holds."""
        return super().getHostByName(name, timeout).addCallback(self._judged, name.lower())

    def _judged(self, address: Any, name: str) -> Any:
        context = current_context()
        context.private_names.discard(name)
        if not context.config.allow_private and is_private(str(address)):
            context.private_names.add(name)
            raise DNSLookupError(f"{name} resolves to the private address {address}")
        return address
