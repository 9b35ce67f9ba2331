"""Addresses: what is asked for, what counts as the same article, and what lies in a private network.

`request_url` is what a link asks for: absolute, clean, its host untouched. `canonical_url` is the article's
identity: it also knows the row, so that `http`, `www.`, `m.`, a former domain and stray parameters do not
make a second article of the first.
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from urllib.parse import SplitResult, parse_qsl, quote, unquote_plus, urlencode, urljoin, urlsplit, urlunsplit

from crawler.source import Source

_IGNORED = re.compile(r"[\t\n\r]+")  # inside an address, as browsers do (WHATWG URL, basic parser)
_EDGES = "".join(map(chr, range(0x21))) + "\u00a0\u200b\ufeff"
_SESSION = re.compile(r";(?:jsessionid|phpsessid)=[^/?#]*", re.IGNORECASE)
_TRACKERS = re.compile(
    r"utm_.*|(?:fb|g|dc|msclk|y|tw|tt|li_fat_)cl(?:id|src)|dclid|li_fat_id|igsh(?:id)?|mc_[ce]id|_g[al]|"
    r"zarsrc|gidzl|mibextid|fb_.*|_hs.*|vgo_.*",
    re.IGNORECASE,
)
"""Parameters that only tell where the reader came from, Zalo's (`zarsrc`, `gidzl`) among them."""
_AS_IS = "/%!$&'()*+,;=:@~-._"
_MIRRORS = ("www.", "m.", "mobile.", "amp.", "wap.")
"""Host prefixes under which the same pages stand."""
_CLEAN_PATH = r"(?:(?:/(?!\.\.?(?:[/#]|\Z))[\w.~!=:,%-]+)+/?|/)"
_CLEAN_PORT = r":(?!(?:80|443)\b)(?:[1-5]\d{4}|[1-9]\d{0,3})"
_CLEAN_ORIGIN = rf"https?://(?![^/]*xn--)[a-z0-9](?:[a-z0-9.-]{{0,250}}[a-z0-9])?(?:{_CLEAN_PORT})?"
_FROM_ORIGIN = re.compile(rf"({_CLEAN_PATH})(?:#.*)?", re.ASCII | re.DOTALL)
_WHOLE = re.compile(rf"({_CLEAN_ORIGIN}{_CLEAN_PATH})(?:#.*)?", re.ASCII | re.DOTALL)
_BASE = re.compile(rf"({_CLEAN_ORIGIN})(?:[/?#]|\Z)", re.ASCII)
"""Addresses in which nothing is to be resolved, quoted or dropped but the fragment: nearly all links of a listing."""
MAX_URL = 2048
"""Characters; a longer address is no link to an article (the bound that browsers and caches share)."""


def request_url(href: str, base_url: str = "") -> str | None:
    """The absolute http(s) address of a link without fragment and tracking parameters; None where it is none.

    >>> request_url(" ../Tin-tuc/bai 1.html?utm_source=rss#top", "https://bao.example/a/b/")
    'https://bao.example/a/Tin-tuc/bai%201.html'
    >>> request_url("javascript:void(0)", "https://bao.example/") is None
    True
    """
    href = href.strip(_EDGES)
    if (plain := _plain(href, base_url)) is not None:
        return plain
    href = _IGNORED.sub("", href).replace("\\", "/").replace(" ", "%20")
    if not href or len(href) > MAX_URL:
        return None
    try:
        parts = urlsplit(urljoin(base_url, href))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            return None
        port = parts.port
    except ValueError:  # an unbalanced bracket or a port that is no number: no address
        return None
    path = quote(_SESSION.sub("", parts.path), safe=_AS_IS)
    query = "&".join(part for part in parts.query.split("&") if part and not _is_tracker(part))
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname.rstrip(".")
    netloc = host if port is None else f"{host}:{port}"
    # courlan drops the default port, empty steps of the path, and decodes punycode. The query keeps its order
    # and every key that may select a page (courlan takes `cid` for a tracker): some servers know only one form.
    clean = _normalized(SplitResult(parts.scheme, netloc, path or "/", "", ""))
    return clean + ("?" + quote(query, safe=_AS_IS + "?") if query else "")


def _normalized(url: str | SplitResult) -> str:
    from courlan import normalize_url  # it brings an HTTP client, which most commands do without

    return str(normalize_url(url))


def _plain(href: str, base_url: str) -> str | None:
    """What `request_url` gives for an address that is clean as it stands; None for every other."""
    if len(href) > MAX_URL:
        return None
    if found := _WHOLE.fullmatch(href):
        return found[1]
    if (found := _FROM_ORIGIN.fullmatch(href)) and (origin := _BASE.match(base_url)):
        return origin[1] + found[1]
    return None


def _is_tracker(part: str) -> bool:
    """Whether one `key=value` of a query only says where the reader came from."""
    return _TRACKERS.fullmatch(unquote_plus(part.partition("=")[0])) is not None


def canonical_url(url: str, source: Source | None) -> str:
    """The address that is an article's identity.

    For every page: lower-case host, no fragment, no tracking parameters. With a row also: scheme and host of
    the home page instead of its `www.`/`m.` mirrors; only `identity_params` in the query (all of it where the
    row's pattern asks for a query but names no parameter); the trailing slash as `articles.url` has it; and a
    former domain's address moved to today's where the row's patterns fit it there. Where they do not, the old
    address stays as it was. What is no http(s) address comes back as it was.
    """
    clean = request_url(url)
    if clean is None:
        return url
    if source is None:
        return clean if _WHOLE.fullmatch(clean) else _normalized(clean)
    parts = urlsplit(clean)
    home = urlsplit(source.homepage)
    bare = _keep_identity(parts, source)
    if _same_site(parts, home):
        return _as_the_row_spells(bare._replace(scheme=home.scheme, netloc=home.netloc.lower()), source)
    here = _as_the_row_spells(bare, source)
    if any(_is_host(parts, former) for former in source.former_domains):
        moved = _as_the_row_spells(bare._replace(scheme=home.scheme, netloc=home.netloc.lower()), source)
        if source.articles.matches(moved):
            return moved
    return here


def is_article(url: str, source: Source) -> bool:
    """Whether an address is an article of the outlet: on one of its hosts, and of a form the row knows.

    The canonical form counts too, so that `m.` and `www.` need no place in the patterns.
    """
    host = site_host(urlsplit(url).hostname or "")
    if not any(host == d or host.endswith("." + d) for d in map(bare_host, source.domains)):
        return False
    return source.articles.matches(url) or source.articles.matches(canonical_url(url, source))


@lru_cache(maxsize=4096)
def bare_host(domain: str) -> str:
    """The host of a domain as a row names it, with or without scheme and port."""
    return site_host(urlsplit(domain if "//" in domain else f"//{domain}").hostname or "")


@lru_cache(maxsize=4096)
def site_host(host: str) -> str:
    """A host without case, trailing dot and the prefix of a mirror.

    >>> site_host("M.Bao.example.")
    'bao.example'
    """
    host = host.lower().rstrip(".")
    for prefix in _MIRRORS:
        if host.startswith(prefix) and "." in host.removeprefix(prefix):
            return host.removeprefix(prefix)
    return host


def is_private(host_or_ip: str) -> bool:
    """Whether a host name or address leads into a private network by its spelling alone.

    True for loopback, private, link-local, reserved and multicast addresses, also in the spellings that
    resolvers accept (`127.1`, `0x7f000001`, IPv4 inside IPv6), for names that never leave a machine or a site
    (`localhost`, `*.local`, names without a dot) and for an empty name. A public name may still resolve to a
    private address: the caller asks again with the address that it is about to connect to.

    >>> is_private("127.1"), is_private("::ffff:10.0.0.1"), is_private("bao.example")
    (True, True, False)
    """
    host = host_or_ip.strip().strip("[]").split("%")[0].rstrip(".").lower()
    if not host:
        return True
    address = _parse_address(host)
    if address is not None:
        return any(not a.is_global or a.is_multicast for a in _embedded(address))
    return "." not in host or host.rsplit(".", 1)[-1] in _LOCAL_TOP


_LOCAL_TOP = frozenset(
    {"localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "arpa"}
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _parse_address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return _parse_loose_ipv4(host)


def _parse_loose_ipv4(host: str) -> ipaddress.IPv4Address | None:
    """IPv4 as `inet_aton` reads it: one to four numbers, decimal, octal or hexadecimal."""
    numbers: list[int] = []
    for part in host.split("."):
        try:
            numbers.append(int(part, 8 if re.fullmatch(r"0[0-7]+", part) else 0))
        except ValueError:
            return None
    *head, last = numbers
    if len(numbers) > 4 or any(not 0 <= n <= 255 for n in head) or not 0 <= last < 256 ** (4 - len(head)):
        return None
    value = sum(n << (24 - 8 * i) for i, n in enumerate(head)) + last
    return ipaddress.IPv4Address(value)


def _embedded(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """The address that a connection to `address` reaches: IPv4 inside IPv6 is taken out."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    if address in _NAT64:
        return [ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)]
    if address.sixtofour is not None:
        return [address, address.sixtofour]
    return [address]


def _keep_identity(parts: SplitResult, source: Source) -> SplitResult:
    """The address with the parameters that are identity, spelled and ordered as the row has them."""
    if not parts.query:
        return parts._replace(fragment="")
    names = source.articles.identity_params
    given = {k.lower(): v for k, v in reversed(parse_qsl(parts.query))}
    if names:
        kept = [(name, given[name.lower()]) for name in names if name.lower() in given]
        return parts._replace(query=urlencode(kept), fragment="")
    bare = parts._replace(query="", fragment="")
    if parts.query and not source.articles.matches(bare.geturl()) and source.articles.matches(parts.geturl()):
        return parts._replace(fragment="")
    return bare


def _as_the_row_spells(parts: SplitResult, source: Source) -> str:
    """Of the spellings with and without a trailing slash the one that `articles.url` has; else as it is."""
    asis = urlunsplit(parts)
    pattern = re.compile(source.articles.url, re.IGNORECASE)
    if pattern.search(asis):
        return asis
    path = parts.path.rstrip("/") if parts.path.endswith("/") else parts.path + "/"
    other = urlunsplit(parts._replace(path=path)) if path else asis
    return other if pattern.search(other) else asis


def _same_site(parts: SplitResult, home: SplitResult) -> bool:
    """Same host but for mirrors, and the same port (the default ports count as one)."""
    if site_host(parts.hostname or "") != site_host(home.hostname or ""):
        return False
    return _port(parts) == _port(home)


def _port(parts: SplitResult) -> int:
    port = parts.port
    return 443 if port in (None, 80, 443) else int(port or 443)


def _is_host(parts: SplitResult, domain: str) -> bool:
    """Whether the address stands on a former domain, named with or without scheme and port."""
    named = urlsplit(domain if "//" in domain else f"//{domain}")
    if site_host(parts.hostname or "") != site_host(named.hostname or ""):
        return False
    return named.port is None or _port(parts) == _port(named)
