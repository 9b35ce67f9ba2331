"""What is no article, said by name: bot wall, log-in wall, listing, empty shell, error page, wrong article.

Each rule asks for two independent signs, because an article may quote any of them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import islice

from lxml.etree import _Element as Element

from crawler.article import Disposition, NoArticle, Page
from crawler.reading.structured import Claims
from crawler.reading.titles import likeness, references
from crawler.reading.tree import text_of, texts_of
from crawler.text.letters import NATIVE
from crawler.text.normal import clean_line
from crawler.text.plain import plain

SMALL = 30_000
"""Bytes under which a page may be a challenge; those seen have under 10 KB."""
_TALKATIVE = 1200
"""Characters of text that no challenge page shows."""
_TERSE = 450
"""Characters of text up to which a challenge's words are believed: more may be an article about one."""
ENOUGH = 200
"""Characters of prose that make a readable body; the shortest article of the reference set has 600."""
_BOT = re.compile(
    r"just a moment|checking your browser|attention required|cf-browser-verification|cf_chl|"
    r"challenge-platform|captcha|"
    r"are you (?:a )?(?:human|robot)|verify you are (?:a )?human|ddos protection|access denied|"
    r"request unsuccessful|"
    r"incapsula|perimeterx|datadome|bot detection|unusual traffic|xac (?:minh|thuc) (?:ban la|khong phai)|"
    r"kiem tra trinh duyet|khong phai (?:la )?(?:robot|nguoi may)|bi chan truy cap|"
    r"truy cap bi (?:tu choi|chan)|security check|bao mat truy cap",
)
_BOT_CODE = re.compile(
    r"(?i)cf-browser-verification|cf_chl|challenge-platform|/captcha|hcaptcha\.com|incapsula|perimeterx|"
    r"datadome|_Incapsula_"
)
_SETS_COOKIE_AND_RELOADS = re.compile(
    r"document\.cookie\s*=[\s\S]{0,400}?(?:location\.|window\.location|reload\()|(?:location\.(?:href|"
    r"replace|assign)|window\.location)[\s\S]{0,200}?cookie",
    re.I,
)
_LOGIN = re.compile(
    r"(?:vui long|ban (?:can|phai)|hay|yeu cau) (?:dang nhap|dang ky)(?: (?:tai khoan|thanh vien|mua|"
    r"de))?|dang nhap de (?:doc|xem|tiep tuc)|"
    r"(?:danh|chi) (?:rieng )?(?:cho|danh cho) (?:thanh vien|doc gia (?:tra phi|dai han)|hoi vien)|"
    r"noi dung (?:tra phi|danh cho thanh vien)|"
    r"(?:mua|dang ky) (?:goi|bao|thue bao)[^.]{0,30}(?:de doc|doc tiep|xem tiep)|subscribe to (?:read|"
    r"continue)|log ?in to (?:read|continue)"
)
_ERROR = re.compile(
    r"(?:error|loi|http|ma|status)\W{0,3}(?:40[34]|50[0234])\b|^\W*(?:40[34]|50[0234])\b|"
    r"\b40[34] (?:not|forbidden|khong|trang)|khong tim thay|khong ton tai|da (?:bi )?(?:xoa|go bo|go)|"
    r"da xay ra loi|co loi xay ra|loi (?:he thong|may chu|khong mong muon)|"
    r"not found|page (?:does not|doesn't) exist|server error|bad gateway|service unavailable|"
    r"runtime error|object reference not set|"
    r"trang (?:ban|nay)[^.]{0,30}(?:khong|loi)|duong dan (?:khong|sai)|bai viet (?:nay )?(?:khong|da)|"
    r"bao tri|under maintenance|too many connections|database error|error establishing"
)
_ABOUT_A_PAGE = re.compile(
    r"\b(?:trang|bai viet|duong dan|lien ket|noi dung|tap tin|page|file|url|server|may chu|he thong)\b|"
    r"\b(?:40[34]|50[0234])\b"
)
"""What an error page says is missing; in a short report it is people who are not found."""
_NEEDS_SCRIPT = re.compile(
    r"(?:bat|kich hoat|enable) javascript|javascript (?:to|is) (?:run|required|disabled)"
)
_LOGIN_MARKS = re.compile(
    rb"""type\s*=\s*["']?password|class\s*=\s*["'][^"']{0,80}(?:paywall|premium|login)|href\s*=\s*["'][^"']{0,120}(?:/login|dang-?nhap|subscribe)""",
    re.IGNORECASE,
)
_SCRIPT = re.compile(rb"<(/?)script\b", re.IGNORECASE)
_APP_ROOT = re.compile(
    rb"""<(?:div|main)\s[^>]{0,80}?\bid\s*=\s*["']?(?:root|app|__next|__nuxt|q-app|application|main-app|app-root)["'\s>]|<app-root""",
    re.IGNORECASE,
)
_VIETNAMESE = re.compile(f"[{NATIVE}]")


@dataclass(frozen=True, slots=True)
class PageLook:
    """What a page shows, as far as the verdict asks."""

    shown: str
    """Visible text, at most 6,000 characters."""
    prose: int
    """Characters of the body that was read."""
    links: int
    """Links that read like headlines; 0 where nobody asked."""
    title: str
    named: bool = True
    """Whether the title is printed on the page and longer than the name of a section."""


class PageFeatures:
    """What the bytes of a page tell, each looked for when it is first asked: a search through all of them is dear.

    They are read as ASCII, for marks of code are ASCII in every encoding of the Web.
    """

    def __init__(self, body: bytes) -> None:
        self._body = body

    @cached_property
    def scripts(self) -> int:
        """How many scripts the page opens."""
        return self._body.count(b"<script")

    @cached_property
    def app(self) -> bool:
        """Whether it has the root element of a browser application."""
        return _APP_ROOT.search(self._body) is not None

    @cached_property
    def login(self) -> bool:
        """Whether it asks for a password or marks a paywall."""
        return _LOGIN_MARKS.search(self._body) is not None

    @cached_property
    def challenge(self) -> str | None:
        """The mark of a bot wall's script, looked for in small pages only."""
        return _first(_BOT_CODE.search(self._code))

    @cached_property
    def reloads(self) -> bool:
        """Whether a script of a small page sets a cookie and loads the page again."""
        return _SETS_COOKIE_AND_RELOADS.search(self._code) is not None

    @cached_property
    def _code(self) -> str:
        small = len(self._body) < SMALL and self.scripts
        return _code_of(self._body).decode("ascii", "ignore") if small else ""


_STORIES = frozenset(
    ("NewsArticle", "Article", "ReportageNewsArticle", "LiveBlogPosting", "BlogPosting", "OpinionNewsArticle")
)
LISTS = frozenset(("website", "CollectionPage", "ItemList", "SearchResultsPage"))
"""Kinds a page claims when it lists articles."""


def visible(tree: Element, limit: int = 6000) -> str:
    """The text of a stripped tree, up to `limit` characters."""
    parts: list[str] = []
    size = 0
    for text in texts_of(tree):
        if line := text.strip():
            parts.append(line[:limit])
            size += len(line)
            if size > limit:
                break
    return clean_line(" ".join(parts))[:limit]


def refuse_early(page: Page, tree: Element, claims: Claims) -> NoArticle | None:
    """What can be said before reading: a challenge page, whatever its status, and an error status."""
    if len(page.body) < SMALL and len(shown := visible(tree, _TALKATIVE)) < _TALKATIVE:
        why = _challenge(shown, claims.title_tag or "", PageFeatures(page.body))
        if why:
            return NoArticle(Disposition.BOT_WALL, why)
    if page.status >= 400:
        return NoArticle(Disposition.HTTP_ERROR, f"status {page.status}")
    return None


def _challenge(shown: str, title: str, facts: PageFeatures) -> str | None:
    """Why a small page is a bot wall, or None: hardly any text, and the words or the script of a challenge."""
    words = plain(title) if len(shown) > _TERSE else plain(f"{title} {shown}")
    if found := _first(_BOT.search(words)) or facts.challenge:
        return f"the page is a challenge: {found!r}"
    if len(shown) < 120 and facts.reloads:
        return "the page only sets a cookie by script and loads itself again"
    return None


def refuse(page: Page, claims: Claims, look: PageLook) -> NoArticle | None:
    """Why a page that was read is no article, or None for an article."""
    if look.prose >= 3 * ENOUGH and not page.link_title and not look.links:
        return None
    facts = PageFeatures(page.body)
    head = plain(f"{claims.title_tag or ''} {look.title}")
    shown = plain(look.shown[:3000])
    if (
        look.prose < 3 * ENOUGH
        and _ERROR.search(head)
        and (look.prose < ENOUGH or (_ERROR.search(shown) and _ABOUT_A_PAGE.search(head)))
    ):
        return NoArticle(
            Disposition.ERROR_PAGE,
            f"an error served with status {page.status}: {look.title or claims.title_tag!r}",
        )
    if look.prose < 2 * ENOUGH and (wall := _LOGIN.search(shown)) and facts.login:
        return NoArticle(Disposition.LOGIN_WALL, f"asks for a log-in: {wall[0]!r}")
    if (
        page.link_title
        and look.prose >= ENOUGH
        and (why := _other_story(page.link_title, look.title, claims))
    ):
        return NoArticle(Disposition.WRONG_ARTICLE, why)
    if _is_listing(look, claims):
        return NoArticle(Disposition.LISTING, f"{look.links} headlines and {look.prose} characters of prose")
    if look.prose >= ENOUGH:
        return None
    if _ERROR.search(shown[:400]) and len(shown) < 1500:
        return NoArticle(Disposition.ERROR_PAGE, "a short page that speaks of an error")
    if _is_shell(facts, look):
        return NoArticle(Disposition.EMPTY_SHELL, "markup that only a browser would fill")
    return None


def _code_of(body: bytes) -> bytes:
    """What stands in the scripts of a page, those that are closed."""
    # Between two marks stands code where the first opens a script; a search for pairs would start anew at each opening.
    parts = _SCRIPT.split(body)
    marks = list(zip(parts[1::2], parts[2::2], strict=True))
    closings = [number for number, (mark, _) in enumerate(marks) if mark]
    return b" ".join(code for mark, code in marks[: closings[-1] if closings else 0] if not mark)


def _first(match: re.Match[str] | None) -> str | None:
    return match[0] if match else None


def _other_story(link_title: str, title: str, claims: Claims) -> str | None:
    """A recycled id: the link's words and the page's title, in all its forms, share next to nothing."""
    link = clean_line(link_title)
    if len(link.split()) < 4:
        return None
    forms = (title, *references(claims), claims.description or "")
    best = max((likeness(link, f) for f in forms if len(f.split()) >= 3), default=1.0)
    return f"the link said {link!r}, the page is {title!r}" if best < 0.35 else None


def _is_listing(look: PageLook, claims: Claims) -> bool:
    """Many headlines, and no article that could be their neighbour: hardly prose, or no headline of its own."""
    if look.links < 12 or claims.kinds & _STORIES:
        return False
    if look.prose < ENOUGH:
        return True
    if not look.named:
        return look.links >= 20 and look.prose < 150 * look.links
    return bool(claims.kinds & LISTS) and look.links > 25 and look.prose < 25 * look.links


def _is_shell(facts: PageFeatures, look: PageLook) -> bool:
    if len(look.shown) > 1500:
        return False
    asks = _NEEDS_SCRIPT.search(plain(look.shown)) is not None
    templates = look.shown.count("{{") >= 3
    return facts.app or asks or templates or (facts.scripts > 3 and len(look.shown) < 300)


def is_vietnamese(text: str) -> bool:
    """Whether a text is Vietnamese: at least one character in 30 bears a mark only Vietnamese writes.

    In the reference set Vietnamese prose has one in 6; texts without marks, such as English, have none.
    """
    sample = text[:1500].lower()
    enough = -(-len(sample) // 30)
    return len(sample) < 100 or next(islice(_VIETNAMESE.finditer(sample), enough - 1, None), None) is not None


def count_headlines(tree: Element) -> int:
    """Links that read like headlines: 20 characters or more, four words."""
    seen = set()
    for anchor in tree.iter("a"):
        text = " ".join(text_of(anchor)[:300].split())
        if len(text) >= 20 and text.count(" ") >= 3 and anchor.get("href"):
            seen.add(text)
    return len(seen)
