"""The form of an outlet's article addresses, written as a pattern that menu, pager and section links do not match."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import SplitResult, parse_qsl, urlsplit

from crawler.discovery.page_links import HEADLINE_WORDS, Anchor, is_feed_address
from crawler.onboarding.sections import section_score
from crawler.text.normal import fold
from crawler.urls import site_host


@dataclass(frozen=True, slots=True)
class Pattern:
    """The form of an outlet's article addresses."""

    regex: str
    identity_params: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    """Parts of addresses that have the form and are no articles."""

    def matches(self, url: str) -> bool:
        """Whether an address has the form."""
        return not any(d in url for d in self.deny) and re.search(self.regex, url, re.IGNORECASE) is not None

    def without(self, menu: Sequence[Anchor], inner: Iterable[Anchor], articles: Collection[str]) -> Pattern:
        """The pattern with a `deny` for links that have its form and are surely no articles.

        `menu` are the links of the listing and the home page; of the `inner` ones, from articles, only those to
        lists of a keyword, event or author are denied: "Trang trước" leads to an article. `articles` are
        addresses that no `deny` may touch.
        """
        titled = {a.url for a in menu if a.headline}
        surely = [a for a in menu if _is_refused(a) and (a.url not in titled or is_hub_address(a.url))]
        deny: list[str] = []
        for anchor in (*surely, *(a for a in inner if is_hub_address(a.url))):
            if len(deny) == 12 or not replace(self, deny=tuple(deny)).matches(anchor.url):
                continue
            path = urlsplit(anchor.url).path
            hub = _HUB_STEP.search(path.lower())
            part = path[hub.start() : hub.end()] if hub else path
            if len(part) > 3 and not any(part in url for url in articles):
                deny.append(part)
        return replace(self, deny=tuple(deny))


_EXTENSION = re.compile(r"\.[a-z]{2,5}$", re.IGNORECASE)
_ID = re.compile(r"([a-z]{0,6})(\d+)", re.IGNORECASE)
_HEX = re.compile(r"(?=[0-9a-f]*\d)[0-9a-f]{6,40}")
_MIXED = re.compile(r"(?=\w*\d)(?=\w*[A-Za-z])[0-9A-Za-z]{6,24}")


_CALENDAR = re.compile(r"(?:19|20)\d\d(?:(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])?)?|0[1-9]|[12]\d|3[01]")
"""A step of a path that is a year, month or day, or several of them; a number of as many digits will grow."""
_HUB_STEP = re.compile(
    r"/(?:tags?|tu-?khoa|chu-?de|topics?|keywords?|search|tim-?kiem|tac-?gia|authors?)(?=[/.-])/?|"
    r"-(?:tag|topic|event|chude|sukien|author)(?=\d+(?:\.\w+)?/?$)"
)
"""What says that a page gathers articles: by keyword, event or author."""


def is_hub_address(url: str) -> bool:
    """Whether an address says itself that it leads to a list: of a keyword, an event, an author, a search."""
    return _HUB_STEP.search(urlsplit(url).path.lower()) is not None


def article_patterns(
    links: Sequence[Anchor], known: Sequence[str] = ()
) -> Iterator[tuple[Pattern, list[Anchor]]]:
    """The forms that headlines' addresses have, the likeliest first, each with the links that showed it.

    `links` come from the section and the home page; `known` are addresses that are articles for sure.
    """
    groups: dict[tuple[object, ...], list[Anchor]] = defaultdict(list)
    for anchor in links:
        if anchor.url in known or (anchor.headline and not is_hub_address(anchor.url)):
            groups[_form(anchor)].append(anchor)
    groups = {
        (*form, letters): part
        for form, group in groups.items()
        for letters, part in _by_letters(group).items()
    }
    refused = [a.url for a in links if _is_refused(a) and not is_hub_address(a.url)]

    def weight(item: tuple[tuple[object, ...], list[Anchor]]) -> tuple[int, float, str]:
        group = item[1]
        sure = sum(a.url in known for a in group)
        main = len({a.url for a in group if not a.beside})
        return (-sure, -main - 0.25 * len({a.url for a in group}), str(item[0]))

    for form, group in sorted(groups.items(), key=weight):
        urls = list(dict.fromkeys(a.url for a in group))
        if len(urls) < 2 and not any(u in known for u in urls):
            continue
        yield pattern_of(urls, refused, worded=form[0] == "slug"), group


def _by_letters(group: Sequence[Anchor]) -> dict[str, list[Anchor]]:
    """Links by the letters before their number (`-post123`, `-video123`); the rarer kinds of a list apart.

    Opaque ids have letters too: where most links have letters of their own, the letters say nothing.
    """
    found = [_numbered(a) for a in group]
    kinds = Counter(m[1].lower() for m in found if m)
    if not all(found) or len(kinds) < 2 or len(kinds) > max(3, len(group) // 3):
        return {"": list(group)}
    main = Counter(m[1].lower() for a, m in zip(group, found, strict=True) if m and not a.beside) or kinds
    common = {k for k, n in main.items() if n * 4 >= main.total()}
    parts: dict[str, list[Anchor]] = defaultdict(list)
    for anchor, match in zip(group, found, strict=True):
        letters = match[1].lower() if match else ""
        parts["" if letters in common else letters].append(anchor)
    return parts


def _numbered(anchor: Anchor) -> re.Match[str] | None:
    """The id at the end, or else at the beginning, of the last step of an address."""
    stem = _EXTENSION.sub("", urlsplit(anchor.url).path.rstrip("/").rsplit("/", 1)[-1])
    tokens = re.split(r"[-_.,]", stem)
    return _ID.fullmatch(tokens[-1]) or _ID.fullmatch(tokens[0])


def pattern_of(urls: Sequence[str], refused: Sequence[str], *, worded: bool = False) -> Pattern:
    """The loosest pattern that all `urls` have and no `refused` address; the closest where none is clean.

    `worded`: the numbers in the last steps are words of the titles.
    """
    parts = [urlsplit(u) for u in urls]
    params = _identity(parts)
    candidates = [Pattern(_regex(parts, params, strict, worded), params) for strict in (0, 1, 2)]
    few = 2 if worded else 0  # without ids every page has the form: a page or two are denied by name

    def wrong(pattern: Pattern) -> int:
        matched = sum(pattern.matches(u) for u in refused)
        return matched if matched > few else 0

    return min(candidates, key=lambda p: (wrong(p), candidates.index(p)))


def _is_refused(anchor: Anchor) -> bool:
    """A link that is surely no article: few words in a menu, a number of a pager, a section, an empty path."""
    words = len(anchor.text.split())
    if urlsplit(anchor.url).path in ("", "/") and not urlsplit(anchor.url).query:
        return True
    if re.fullmatch(r"[\W\d]+", anchor.text):
        return bool(anchor.text)
    return (
        is_hub_address(anchor.url)
        or (anchor.beside and 0 < words < HEADLINE_WORDS)
        or section_score(anchor) >= 3
        or is_feed_address(anchor.url)
    )


def _form(anchor: Anchor) -> tuple[object, ...]:
    """What two addresses of one kind share: the kinds of their last steps, extension and query names."""
    parts = urlsplit(anchor.url)
    steps = [s for s in parts.path.split("/") if s]
    extension = _EXTENSION.search(steps[-1]) if steps else None
    query = tuple(sorted({k.lower() for k, _ in parse_qsl(parts.query)}))
    if query:
        return ("query", parts.path.lower(), query)
    last = _EXTENSION.sub("", steps[-1]) if steps else ""
    numeric = tuple("#" for s in steps[:-1] if s.isdigit())
    return (
        _step_kind(last, set(re.findall(r"\w+", fold(anchor.text)))),
        len(numeric) > 0,
        extension.group().lower() if extension else "",
        parts.path.endswith("/"),
    )


def _step_kind(step: str, said: Collection[str]) -> str:
    """`slug-id`, `id-slug`, `id` or `slug`, told from the tokens at the ends of one step of a path.

    A number that the title says too is a word of the slug.
    """
    tokens = re.split(r"[-_.,]", step)
    if len(tokens) == 1:
        return "id" if _token_kind(step) else "word"
    if _token_kind(tokens[-1]) and tokens[-1].lower() not in said:
        return "slug-id"
    return "id-slug" if _token_kind(tokens[0]) and tokens[0].lower() not in said else "slug"


def _token_kind(token: str) -> str:
    """`number`, `hex`, `mixed`, or "" for a word."""
    if _ID.fullmatch(token):
        return "number"
    if _HEX.fullmatch(token):
        return "hex"
    return "mixed" if _MIXED.fullmatch(token) else ""


def _identity(parts: Sequence[SplitResult]) -> tuple[str, ...]:
    """The query parameter that tells the addresses apart; none where the path does."""
    if len({p.path for p in parts}) > 1 or not all(p.query for p in parts):
        return ()
    values: dict[str, set[str]] = defaultdict(set)
    for p in parts:
        for key, value in parse_qsl(p.query):
            values[key].add(value)
    ranked = sorted(values, key=lambda k: (-len(values[k]), k))
    return (ranked[0],) if ranked and len(values[ranked[0]]) > 1 else tuple(ranked[:1])


def _regex(parts: Sequence[SplitResult], params: tuple[str, ...], strict: int, worded: bool) -> str:
    host = _host_regex(parts[0])
    if params:
        path = re.escape(parts[0].path).replace(r"\-", "-")
        values = [dict(parse_qsl(p.query)).get(params[0], "") for p in parts]
        value = r"\d+" if all(v.isdigit() for v in values) else r"[\w-]+"
        return rf"^https?://{host}{path}\?(?:.*&)?{re.escape(params[0])}={value}(?:&|$)"
    paths = [[s for s in p.path.split("/") if s] for p in parts]
    extensions = {m.group() if (m := _EXTENSION.search(p[-1])) else "" for p in paths}
    stems = [_EXTENSION.sub("", p[-1]) if extensions != {""} else p[-1] for p in paths]
    leads = [p[:-1] for p in paths]
    anchored = all(lead and any(c.isdigit() for c in lead[-1]) for lead in leads)
    tail = _stem_regex(stems, strict, anchored, worded)
    ending = (
        "(?:" + "|".join(re.escape(e) for e in sorted(extensions) if e) + ")"
        if len(extensions) > 1
        else re.escape(next(iter(extensions)))
    )
    slashes = {p.path.endswith("/") for p in parts}
    slash = "/?" if len(slashes) > 1 else ("/" if slashes == {True} else "")
    return rf"^https?://{host}/{_lead_regex(leads, strict)}{tail}{ending}{slash}$"


def _host_regex(parts: SplitResult) -> str:
    host = site_host(parts.hostname or "")
    port = f":{parts.port}" if parts.port else ""
    mirror = "" if re.fullmatch(r"[\d.:]+|localhost", host) else r"(?:www\.)?"
    return mirror + re.escape(host).replace(r"\-", "-") + port


def _lead_regex(leads: Sequence[Sequence[str]], strict: int) -> str:
    """The steps before the last: numbers as numbers, common words as they are, the rest as any step."""
    depths = {len(lead) for lead in leads}
    shared = min(depths)
    closing: list[str] = []
    while len(closing) < shared:
        column = [lead[-1 - len(closing)] for lead in leads]
        if not all(re.fullmatch(r"(?:[a-z]{0,3}\d+){1,4}", s) for s in column):
            break
        lengths = {len(s) for s in column}
        digits = all(s.isdigit() for s in column)
        dated = digits and len(lengths) == 1 and all(_CALENDAR.fullmatch(s) for s in column)
        step = rf"\d{{{lengths.pop()}}}" if dated else r"\d+" if digits else r"(?:[a-z]{0,3}\d+){1,4}"
        closing.insert(0, step + "/")
    rest = [lead[: len(lead) - len(closing)] for lead in leads]
    depths = {len(lead) for lead in rest}
    if depths == {0}:
        opening = ""
    elif len(depths) > 1:
        opening = "(?:[^/]+/)*" if strict == 0 else f"(?:[^/]+/){{{min(depths)},{max(depths)}}}"
    else:
        opening = "".join(_step_regex([lead[i] for lead in rest], strict) + "/" for i in range(depths.pop()))
    return opening + "".join(closing)


def _step_regex(column: Sequence[str], strict: int) -> str:
    """One step: itself where every address has it and addresses of several sections were seen."""
    if len(set(column)) == 1 and (strict or len(column) >= 8):
        return re.escape(column[0]).replace(r"\-", "-")
    return "[^/]+"


def _stem_regex(stems: Sequence[str], strict: int, anchored: bool, worded: bool) -> str:
    """The last step: ids at its ends as ids, the words between as any words.

    Where neither end nor the step before (`anchored`) has an id, at least so many words are asked for.
    """
    tokens = [re.split(r"([-_.,])", stem) for stem in stems]
    if all(len(t) == 1 for t in tokens):
        return _token_regex([t[0] for t in tokens], strict) or "[^/]+"
    tail = ""
    while not worded and min(len(t) for t in tokens) >= 3:
        piece = _token_regex([t[-1] for t in tokens], strict)
        if not piece or len({t[-2] for t in tokens}) > 1:
            break
        tail = re.escape(tokens[0][-2]).replace(r"\-", "-") + piece + tail
        tokens = [t[:-2] for t in tokens]
    head = ""
    if (
        not tail
        and not worded
        and (piece := _token_regex([t[0] for t in tokens], strict))
        and all(len(t) > 1 for t in tokens)
    ):
        head = piece + re.escape(tokens[0][1]).replace(r"\-", "-")
    if tail or head:
        return head + "[^/]+" + tail
    if anchored:
        return "[^/]+"
    fewest = min(len(t) // 2 for t in tokens)
    # Tomorrow's headline may be shorter than all of today's.
    least = (3, max(3, fewest - 1), fewest)[strict]
    return rf"[^/-]+(?:-[^/-]+){{{min(fewest, least)},}}"


def _token_regex(column: Sequence[str], strict: int) -> str:
    """An id as a pattern: its constant letters, its digits or characters; "" where the column holds words."""
    matches = [_ID.fullmatch(t) for t in column]
    sizes = {len(t) for t in column}
    opaque = len(sizes) == 1 and min(sizes) >= 6 and len({m[1].lower() for m in matches if m}) > 1
    if all(matches) and not opaque:
        letters = Counter(m[1].lower() for m in matches if m)
        lengths = [len(m[2]) for m in matches if m]
        prefix = next(iter(letters)) if len(letters) == 1 else "[a-z]*"
        if 1 < len(letters) <= 3:
            prefix = "(?:" + "|".join(sorted(letters)) + ")"
        if min(lengths) == max(lengths) and (strict or min(lengths) >= 12):
            return f"{prefix}\\d{{{lengths[0]}}}"
        return (
            f"{prefix}\\d{{{min(lengths)},{max(lengths) + 1}}}"
            if strict
            else f"{prefix}\\d{{{max(1, min(lengths) - 1)},}}"
        )
    letters_of = {tuple(re.split(r"\d+", t.lower())) for t in column}
    if len(letters_of) == 1 and not opaque and (parts := next(iter(letters_of)))[1:-1] and not parts[-1]:
        return r"\d+".join(map(re.escape, parts))  # `t31c31n9120`: several numbers, each under its letter
    for form, characters in ((_HEX, "0-9a-f"), (_MIXED, "0-9A-Za-z")):
        if sum(bool(form.fullmatch(t)) for t in column) * 2 >= len(column) and all(
            re.fullmatch(f"[{characters}]{{6,40}}", t) for t in column
        ):
            lengths = [len(t) for t in column]
            size = str(lengths[0]) if min(lengths) == max(lengths) else f"{min(lengths)},{max(lengths)}"
            return f"[{characters}]{{{size}}}"
    return ""
