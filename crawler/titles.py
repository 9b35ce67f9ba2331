"""The title as the page prints it, checked against what the page claims it to be.

The first heading may be the section, the claimed title may be cut short, the title tag may name only the site: the
printed line that agrees best with the claims and the address wins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from crawler.authors import OUTLET
from crawler.body import is_date_line
from crawler.furniture import Sign, is_heading
from crawler.structured import Claims
from crawler.text import clean_line, fold
from crawler.walk import Piece

_SEPARATOR = re.compile(r"\s+[|–—»·•:-]{1,2}\s+|\s*[|»]\s*")
_EDGES = " |–—»·•:-\t"
_SLUG = re.compile(r"[^a-z0-9]+")
_CAMERA = re.compile(
    r"^\W*(?:\[(?:ảnh|video|infographics?|photo|e-?magazine|podcast)\]|\((?:ảnh|video)\))\s*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Title:
    """The title, and the position of the printed line among the pieces (None when taken from the claims)."""

    text: str
    position: int | None = None
    agreement: float = 0.0
    """0–1: how well the printed line agrees with claims and address; 0 where there is nothing to compare."""


def choose_title(pieces: Sequence[Piece], claims: Claims, url: str) -> Title:
    """The title of a page whose pieces before and at the start of the body are given in order."""
    refs = references(claims)
    slug = _slug_words(url)
    best: tuple[float, int, float] | None = None
    for position, piece in enumerate(pieces):
        if piece.kind != "text":
            continue
        text = clean_line(piece.text.replace("\n", " "))
        if not 5 <= len(text) <= 300 or is_heading(text) or is_date_line(text):
            continue
        agreement = max((agree(text, ref) for ref in refs), default=0.0)
        if slug:
            agreement = max(agreement, _slug_agreement(text, slug))
        score = 3 * agreement + _form(piece, text)
        if best is None or score > best[0] + 1e-9:
            best = (score, position, agreement)
    claimed = _claimed(claims, refs)
    if best is not None:
        score, position, agreement = best
        # A title tag that agrees with nothing printed names the site or the kind of page; a heading then counts more.
        vague = not (claims.headline or claims.og_title)
        enough = 0.3 if not claimed or OUTLET.match(claimed) else 0.8
        if agreement >= 0.5 or (vague and score - 3 * agreement >= enough):
            text = clean_line(pieces[position].text.replace("\n", " "))
            return Title(
                _spaced(text, (claims.headline, claims.og_title, claims.title_tag)), position, agreement
            )
    return Title(claimed or "", None, 0.0)


def references(claims: Claims) -> tuple[str, ...]:
    """What the page claims its title to be, the site's name cut off."""
    refs = [claims.headline, claims.og_title]
    if claims.title_tag:
        refs.append(strip_site(claims.title_tag, claims.site_names))
    return tuple(dict.fromkeys(r for r in refs if r and fold(r) not in {fold(n) for n in claims.site_names}))


def strip_site(title: str, site_names: Sequence[str]) -> str:
    """A title tag without the site's name behind (or before) a separator.

    >>> strip_site("Hội nghị tổng kết | Báo Ba Chẽ", ["Báo Ba Chẽ"])
    'Hội nghị tổng kết'
    """
    known = {fold(n) for n in site_names}

    def is_site(part: str) -> bool:
        return fold(part) in known or (OUTLET.match(part) is not None and len(part) < 60)

    parts = [p.strip() for p in _SEPARATOR.split(title) if p and p.strip()]
    if len(parts) < 2:
        return title
    if is_site(parts[-1]):
        return title[: title.rfind(parts[-1])].strip(_EDGES) or title
    if is_site(parts[0]):
        return title[len(parts[0]) :].strip(_EDGES) or title
    return title


def agree(text: str, reference: str) -> float:
    """How far two titles are one (0–1): equal, one cut short, or of the same words."""
    a, b = fold(text).rstrip(" .…"), fold(reference).rstrip(" .…")
    if not a or not b:
        return 0.0
    if a == b:
        return 1.0
    short, long = sorted((a, b), key=len)
    if long.startswith(short):
        return 0.95 if len(short) > 0.4 * len(long) else 0.4 if len(short) > 12 else 0.0
    one, two = set(a.split()), set(b.split())
    common = len(one & two)
    return 0.9 * common / max(len(one), len(two))


def _claimed(claims: Claims, refs: Sequence[str]) -> str:
    if claims.headline and claims.og_title and agree(claims.headline, claims.og_title) == 0.95:
        return max(claims.headline, claims.og_title, key=len)
    return refs[0] if refs else ""


def _form(piece: Piece, text: str) -> float:
    value = {"h1": 1.2, "h2": 0.6, "h3": 0.4, "h4": 0.2}.get(piece.tag, 0.0)
    if piece.sign & Sign.TITLE:
        value += 0.8
    elif piece.is_bold and piece.tag not in ("h1", "h2", "h3"):
        value += 0.3
    if piece.large:
        value += 0.5
    if piece.sign & Sign.LEAD:
        value -= 0.8
    if piece.is_link:
        value -= 1.2
    if len(text) < 15:
        value -= 0.8
    elif len(text) > 180:
        value -= 0.6
    if re.search(r"[>»/]\s*\w", text) and len(text) < 60:
        value -= 0.6
    return value


def _slug_words(url: str) -> list[str]:
    path = unquote(urlsplit(url).path)
    last = max(path.split("/"), key=len, default="")
    words = [w for w in _SLUG.split(fold(last.rpartition(".")[0] or last)) if w]
    words = [w for w in words if not (len(w) >= 4 and any(c.isdigit() for c in w))]
    return words if len(words) >= 4 else []


def _slug_agreement(text: str, slug: Sequence[str]) -> float:
    words = [w for w in _SLUG.split(fold(text)) if w]
    if len(words) < 3:
        return 0.0
    common = len(set(words) & set(slug))
    return 0.9 * common / max(len(set(words)), len(set(slug)))


def _spaced(text: str, claims: Sequence[str | None]) -> str:
    """The printed line, with the space a claim has where two elements of the heading run together."""
    text = (
        _CAMERA.sub("", text)
        if len(_CAMERA.sub("", text)) > 10 and not any(c and _CAMERA.match(c) for c in claims)
        else text
    )
    for claim in claims:
        if claim and claim.count(" ") > text.count(" ") and claim.replace(" ", "") == text.replace(" ", ""):
            return claim
    return re.sub(r"(?<=[a-zà-ỹ]):(?=[A-ZĐÀ-Ỹ])", ": ", text)
