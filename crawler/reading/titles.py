"""The title as the page prints it, checked against what the page claims it to be.

The first heading may be the section, the claimed title may be cut short, the title tag may name only the site: the
printed line that agrees best with the claims and the address wins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from crawler.reading.authors import OUTLET
from crawler.reading.captions import has_credit
from crawler.reading.furniture import Sign
from crawler.reading.piece import Piece
from crawler.reading.structured import Claims
from crawler.text.letters import CAPITAL, DASH, SMALL
from crawler.text.normal import clean_line
from crawler.text.plain import plain

SEPARATOR = re.compile(rf"\s+[{DASH}|»·•:]{{1,2}}\s+|\s*[|»]\s*")
_EDGES = f"{DASH} |»·•:\t"
_SLUG = re.compile(r"[^a-z0-9]+")
_CAMERA = re.compile(
    r"^\W*(?:\[(?:ảnh|video|infographics?|photo|e-?magazine|podcast)\]|\((?:ảnh|video)\))\s*", re.IGNORECASE
)


_SHARES = re.compile(
    r"\b(?:Facebook|Zalo|Twitter|Messenger|Copy link)\b|(?i:lượt (?:xem|đọc|truy cập))|\bA[-–]\s*A\+"
)
_DISTANCE = 0.06
"""What a step away from the body costs a line: among lines of one form the nearest is the title."""
_VAGUE_TITLES = (
    "trang chu, home, index, default, untitled, untitled document, untitled page, new page 1, document, detail, "
    "chi tiet, chi tiet tin, chi tiet tin tuc, chi tiet bai viet, xem tin, xem bai viet, tin tuc, tin bai, bai viet, "
    "noi dung, ban in"
)
_VAGUE = frozenset(_VAGUE_TITLES.split(", "))
"""What templates put into the title tag of every page."""


@dataclass(frozen=True, slots=True)
class Title:
    """The title, and the position of the printed line among the pieces (None when taken from the claims)."""

    text: str
    position: int | None = None
    agreement: float = 0.0
    """0–1: how well the printed line agrees with claims and address; 0 where there is nothing to compare."""


class TitleChooser:
    """Scores printed lines as they are found, nearest to the body first, and says when one is certain."""

    def __init__(self, claims: Claims, url: str) -> None:
        self._claims = claims
        self._refs = references(claims)
        self._keys = [plain(ref).rstrip(" .…") for ref in self._refs]
        self._slug = _slug_words(url)
        self._best: tuple[float, Piece, float] | None = None

    @property
    def certain(self) -> bool:
        """Whether a line has been offered that agrees with what the page claims."""
        return self._best is not None and self._best[2] >= 0.75

    def offer(self, pieces: Sequence[Piece], level: int = 0) -> None:
        """Scores more lines, found `level` steps above the body; of equal ones the first offered stays."""
        best_here: tuple[float, Piece, float] | None = None
        for piece in pieces:
            if piece.kind != "text" or not 5 <= len(piece.text) <= 300:
                continue
            if piece.label.kind in ("heading", "comments", "date"):
                continue
            text = clean_line(piece.text)
            key = plain(text).rstrip(" .…")
            agreement = max((agree_keys(key, ref) for ref in self._keys), default=0.0)
            if self._slug and agreement < 0.9:
                agreement = max(agreement, _slug_agreement(key, self._slug))
            score = 3 * agreement + _form(piece, text) - _DISTANCE * level
            if best_here is None or score > best_here[0] + 1e-9:
                best_here = (score, piece, agreement)
        if best_here is not None and (self._best is None or best_here[0] > self._best[0] + 1e-9):
            self._best = best_here

    def choose(self, pieces: Sequence[Piece]) -> Title:
        """The title; its position counts in `pieces`, all that were offered in page order."""
        claimed = _claimed(self._claims, self._refs)
        if self._best is not None:
            score, piece, agreement = self._best
            # A title tag that agrees with nothing printed names the site or the kind of page: a heading counts more.
            vague = not (self._claims.headline or self._claims.og_title)
            enough = 0.8
            if not claimed or OUTLET.match(claimed):
                # Nothing says what the title is: the likeliest line above the story.
                enough = -0.5 if len(piece.text) >= 20 else 0.3
            if claimed and self._slug and _slug_agreement(plain(claimed), self._slug) > agreement:
                return Title(claimed, None, 0.0)
            if agreement >= 0.5 or (vague and score - 3 * agreement >= enough):
                position = next((i for i, p in enumerate(pieces) if p is piece), None)
                return Title(spaced(clean_line(piece.text), self._claims), position, agreement)
        return Title(claimed or "", None, 0.0)


def references(claims: Claims) -> tuple[str, ...]:
    """What the page claims its title to be, the site's name cut off."""
    refs = [claims.headline, claims.og_title]
    if claims.title_tag:
        refs.append(strip_site(claims.title_tag, claims.site_names))
    nothing = {plain(n) for n in claims.site_names} | _VAGUE
    return tuple(dict.fromkeys(r for r in refs if r and plain(r).strip(" -|:.") not in nothing))


def strip_site(title: str, site_names: Sequence[str]) -> str:
    """A title tag without the site's name behind (or before) a separator.

    >>> strip_site("Hội nghị tổng kết | Báo Ba Chẽ", ["Báo Ba Chẽ"])
    'Hội nghị tổng kết'
    """
    known = {plain(n) for n in site_names}

    def is_site(part: str) -> bool:
        return plain(part) in known or (OUTLET.match(part) is not None and len(part) < 60)

    parts = [p.strip() for p in SEPARATOR.split(title) if p and p.strip()]
    if len(parts) < 2:
        return title
    if is_site(parts[-1]):
        return title[: title.rfind(parts[-1])].strip(_EDGES) or title
    if is_site(parts[0]):
        return title[len(parts[0]) :].strip(_EDGES) or title
    return title


def agree(text: str, reference: str) -> float:
    """How far two titles are one (0–1): equal, one cut short, or of the same words."""
    return agree_keys(plain(text).rstrip(" .…"), plain(reference).rstrip(" .…"))


def agree_keys(a: str, b: str) -> float:
    """`agree` on keys made before."""
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


_FORMULAS = (
    "dai hoi hoi nghi ban chap hanh thuong vu thuong truc bo dang uy chi tinh thanh pho huyen xa phuong thi tran lan "
    "thu khoa nhiem ky khai mac be mac to chuc phien tru bi chinh thuc dien ra trong the thanh cong tot dep tong ket "
    "so ket trien khai quan triet hoc tap nghi quyet chi thi ket luan cua trung uong cong tac xay dung va voi ve o tai "
    "cac nhung trao huy hieu cho dang vien doan dai bieu quoc hoi dong nhan dan uy mat tran to quoc viet nam quy thang "
    "dau cuoi thuc hien nhiem vu lanh dao can bo"
)
_FORMULA = frozenset(_FORMULAS.split())
"""Words that every second title of this field has: alone they make no two titles one."""
_LITTLE, _MUCH = 0.05, 2.0
"""What such a word weighs against one that tells, and what a number does."""


def _weight(word: str) -> float:
    number = word.isdecimal() or (len(word) > 1 and set(word) <= set("ivx"))
    return _MUCH if number else _LITTLE if word in _FORMULA else 1.0


def likeness(link: str, title: str) -> float:
    """How far the words of a link and of a page tell one thing (0–1): by what tells titles of this field apart.

    The shorter may be a part of the longer; names, numbers and the kind of event weigh, the formulas all titles share
    hardly.
    """
    a, b = plain(link).rstrip(" .…"), plain(title).rstrip(" .…")
    short, long = sorted((a, b), key=len)
    if long.startswith(short) and len(short) > 12:
        return 1.0
    one, two = set(_TOKEN.findall(a)), set(_TOKEN.findall(b))
    whole = min(sum(map(_weight, one)), sum(map(_weight, two)))
    return sum(map(_weight, one & two)) / whole if whole else 1.0


_TOKEN = re.compile(r"[a-z0-9]+")


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
    if piece.tag not in ("h1", "h2", "h3") and len(text) > 80 and text.endswith("."):
        value -= 1.5
    if piece.is_link:
        value -= 1.2
    elif piece.linked > 0.3 * piece.letters:
        value -= 0.6
    if piece.label.kind == "notice" or has_credit(text) or _SHARES.search(text):
        value -= 1.2
    if text.endswith(".") and piece.tag not in ("h1", "h2", "h3"):
        value -= 0.3
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
    words = [w for w in _SLUG.split(plain(last.rpartition(".")[0] or last)) if w]
    words = [w for w in words if not (len(w) >= 4 and any(c.isdigit() for c in w))]
    return words if len(words) >= 4 else []


def _slug_agreement(key: str, slug: Sequence[str]) -> float:
    words = {w for w in _SLUG.split(key) if w}
    if len(words) < 3:
        return 0.0
    return 0.9 * len(words & set(slug)) / max(len(words), len(set(slug)))


def spaced(text: str, claims: Claims) -> str:
    """The printed line, with the space a claim has where two elements of the heading run together."""
    claimed = (claims.headline, claims.og_title, claims.title_tag)
    bare = _CAMERA.sub("", text)
    if len(bare) > 10 and not any(c and _CAMERA.match(c) for c in claimed):
        text = bare
    for claim in claimed:
        if claim and claim.count(" ") > text.count(" ") and claim.replace(" ", "") == text.replace(" ", ""):
            return claim
    return re.sub(rf"(?<=[{SMALL}]):(?=[{CAPITAL}])", ": ", text)
