"""What is no article, said by name: bot wall, log-in wall, listing, empty shell, error page, wrong article.

Each rule asks for two independent signs, because an article may quote any of them.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lxml.html import HtmlElement

from crawler.article import Disposition, NoArticle, Page
from crawler.furniture import NEVER_TEXT
from crawler.structured import Claims
from crawler.text import clean_line, fold
from crawler.titles import agree, references

ENOUGH = 200
"""Characters of prose that make a readable body; the shortest article of the reference set has 600."""
_BOT = re.compile(
    r"just a moment|checking your browser|attention required|cf-browser-verification|cf_chl|challenge-platform|captcha|"
    r"are you (?:a )?(?:human|robot)|verify you are (?:a )?human|ddos protection|access denied|request unsuccessful|"
    r"incapsula|perimeterx|datadome|bot detection|unusual traffic|xac (?:minh|thuc) (?:ban la|khong phai)|"
    r"kiem tra trinh duyet|khong phai (?:la )?(?:robot|nguoi may)|bi chan truy cap|truy cap bi (?:tu choi|chan)|security check|bao mat truy cap",
)
_SETS_COOKIE_AND_RELOADS = re.compile(
    r"document\.cookie\s*=[\s\S]{0,400}?(?:location\.|window\.location|reload\()|(?:location\.(?:href|replace|assign)|window\.location)[\s\S]{0,200}?cookie",
    re.I,
)
_LOGIN = re.compile(
    r"(?:vui long|ban (?:can|phai)|hay|yeu cau) (?:dang nhap|dang ky)(?: (?:tai khoan|thanh vien|mua|de))?|dang nhap de (?:doc|xem|tiep tuc)|"
    r"(?:danh|chi) (?:rieng )?(?:cho|danh cho) (?:thanh vien|doc gia (?:tra phi|dai han)|hoi vien)|noi dung (?:tra phi|danh cho thanh vien)|"
    r"(?:mua|dang ky) (?:goi|bao|thue bao)[^.]{0,30}(?:de doc|doc tiep|xem tiep)|subscribe to (?:read|continue)|log ?in to (?:read|continue)"
)
_ERROR = re.compile(
    r"\b404\b|\b50[0234]\b|\b403\b|khong tim thay|khong ton tai|da (?:bi )?(?:xoa|go bo|go)|da xay ra loi|co loi xay ra|loi (?:he thong|may chu|khong mong muon)|"
    r"not found|page (?:does not|doesn't) exist|server error|bad gateway|service unavailable|runtime error|object reference not set|"
    r"trang (?:ban|nay)[^.]{0,30}(?:khong|loi)|duong dan (?:khong|sai)|bai viet (?:nay )?(?:khong|da)|bao tri|under maintenance|too many connections|database error|error establishing"
)
_APP_ROOT = re.compile(
    r"^(?:root|app|__next|__nuxt|q-app|application|main-app|gatsby-focus-wrapper|app-root)$"
)
_VIETNAMESE = re.compile(r"[ăâđêôơưạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Look:
    """What a page shows, as far as the verdict asks."""

    shown: str
    """Visible text, at most 6,000 characters."""
    prose: int
    """Characters of the body that was read."""
    links: int
    """Links with a title of 20 characters or more outside the body."""
    title: str
    scripts: int = 0


def visible(tree: HtmlElement, limit: int = 6000) -> str:
    """The visible text of a page, up to `limit` characters."""
    parts: list[str] = []
    size = 0
    for element in tree.iter():
        tag = element.tag
        if not isinstance(tag, str):
            continue
        for text in (
            (element.text if tag not in NEVER_TEXT or tag in ("label", "button") else None),
            element.tail,
        ):
            if text and (line := clean_line(text[:limit])):
                parts.append(line)
                size += len(line)
        if size > limit:
            break
    return " ".join(parts)[:limit]


def refuse_early(page: Page, tree: HtmlElement) -> NoArticle | None:
    """What can be said before reading: the status, and a challenge page."""
    if page.status in (404, 410):
        return NoArticle(Disposition.GONE, f"status {page.status}")
    if len(page.body) < 30_000 and (why := _challenge(tree)):
        return NoArticle(Disposition.BOT_WALL, why)
    if page.status >= 400:
        return NoArticle(Disposition.HTTP_ERROR, f"status {page.status}")
    return None


def _challenge(tree: HtmlElement) -> str | None:
    """Why a small page is a bot wall, or None: hardly any text, and the words or the script of a challenge."""
    shown = visible(tree, 2500)
    scripts = " ".join(s.text or "" for s in tree.iter("script"))[:20000]
    words = _BOT.search(fold(shown[:1500]))
    marks = _BOT.search(scripts[:20000].lower()) or _BOT.search(
        " ".join(s.get("src") or "" for s in tree.iter("script")).lower()
    )
    if len(shown) < 1200 and (words or marks):
        return f"the page is a challenge: {(words or marks)[0]!r}"  # type: ignore[index]
    if len(shown) < 120 and _SETS_COOKIE_AND_RELOADS.search(scripts):
        return "the page only sets a cookie by script and loads itself again"
    return None


def refuse(page: Page, tree: HtmlElement, claims: Claims, look: Look) -> NoArticle | None:
    """Why a page that was read is no article, or None for an article."""
    head = fold(f"{claims.title_tag or ''} {look.title}")
    shown = fold(look.shown[:3000])
    if look.prose < 3 * ENOUGH and _ERROR.search(head) and (look.prose < ENOUGH or _ERROR.search(shown)):
        return NoArticle(
            Disposition.ERROR_PAGE,
            f"an error served with status {page.status}: {look.title or claims.title_tag!r}",
        )
    if look.prose < 2 * ENOUGH and (wall := _LOGIN.search(shown)) and _has_login(tree):
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
    if _is_shell(tree, look):
        return NoArticle(Disposition.EMPTY_SHELL, "markup that only a browser would fill")
    return None


def _has_login(tree: HtmlElement) -> bool:
    if next(iter(tree.xpath("//input[@type='password']")), None) is not None:
        return True
    return bool(tree.xpath("//a[contains(@href,'login') or contains(@href,'dang-nhap') or contains(@href,'dangnhap') or contains(@href,'subscribe')]"
                           "|//*[contains(@class,'paywall') or contains(@class,'login') or contains(@id,'login') or contains(@class,'premium')]"))  # fmt: skip


def _other_story(link_title: str, title: str, claims: Claims) -> str | None:
    """A recycled id: the link's words and the page's title, in all its forms, share next to nothing."""
    link = clean_line(link_title)
    if len(link.split()) < 4:
        return None
    forms = (title, *references(claims), claims.description or "")
    words = set(fold(link).split())

    def shares(form: str) -> float:
        theirs = set(fold(form).split())
        return len(words & theirs) / max(1, min(len(words), len(theirs)))

    best = max((max(agree(link, f), shares(f)) for f in forms if len(f.split()) >= 3), default=1.0)
    return f"the link said {link!r}, the page is {title!r}" if best < 0.35 else None


def _is_listing(look: Look, claims: Claims) -> bool:
    if look.links < 12:
        return False
    if look.prose < ENOUGH:
        return not claims.kinds & {"NewsArticle", "article"} or look.prose == 0
    if claims.kinds & {"NewsArticle", "Article", "article", "LiveBlogPosting", "ReportageNewsArticle"}:
        return False
    says = bool(claims.kinds & {"CollectionPage", "ItemList", "website", "SearchResultsPage"})
    return says and look.links > 25 and look.prose < 60 * look.links


def _is_shell(tree: HtmlElement, look: Look) -> bool:
    if len(look.shown) > 1500:
        return False
    roots = [e for e in tree.iter("div", "main", "app-root") if _APP_ROOT.match(e.get("id") or e.tag or "")]
    asks = re.search(
        r"(?:bat|kich hoat|enable) javascript|javascript (?:to|is) (?:run|required|disabled)",
        fold(look.shown),
    )
    templates = look.shown.count("{{") >= 3
    return bool(roots or asks or templates or (look.scripts > 3 and len(look.shown) < 300))


def is_vietnamese(text: str) -> bool:
    """Whether a text is Vietnamese: at least one letter in 25 bears a mark only Vietnamese writes.

    In the reference set Vietnamese prose has one in 6; texts without marks, such as English, have none.
    """
    letters = sum(1 for c in text if c.isalpha())
    return letters < 80 or 25 * len(_VIETNAMESE.findall(text)) >= letters


def count_headlines(tree: HtmlElement, within: Sequence[HtmlElement]) -> int:
    """Links that read like headlines (20 characters or more, four words), outside the given elements."""
    inside = {a for e in within for a in e.iter("a")}
    seen = set()
    for anchor in tree.iter("a"):
        if anchor in inside or not anchor.get("href"):
            continue
        text = clean_line("".join(anchor.itertext())[:300])
        if len(text) >= 20 and text.count(" ") >= 3:
            seen.add(text)
    return len(seen)
