"""What stands on a press page without being the article: menus, related links, comments, adverts, share bars.

Three kinds of evidence, from the most general to the least: how a block is built (links to other pages, a form, an
advert slot), what its heading says ("Tin liên quan", "Ý kiến bạn đọc"), and what its class or id is called. A name
alone never outweighs a block that holds most of the page's prose: see `crawler.reading.place`.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import pairwise

from lxml import etree
from lxml.etree import _Element as Element

from crawler.reading.tree import texts_of
from crawler.text import clean_line


def plain(text: str) -> str:
    """The quick key of this reader: lower-case ASCII, marks dropped, single spaces (`crawler.text.fold` in C speed).

    >>> plain("Ý KIẾN  BẠN ĐỌC (3)")
    'y kien ban doc (3)'
    """
    text = text.lower().replace("đ", "d")
    # A translation looks every letter up in a table; most lines have nothing for it.
    if _TYPOGRAPHY.search(text):
        text = text.translate(_TO_ASCII)
    ascii_only = unicodedata.normalize("NFD", text).encode("ascii", "ignore")
    key = ascii_only.decode()
    return key.strip() if key.isprintable() and "  " not in key else " ".join(key.split())


_TO_ASCII = str.maketrans("ð–—−‑\u00a0“”‘’…", "d---- \"\"''.")
_TYPOGRAPHY = re.compile(f"[{''.join(map(chr, _TO_ASCII))}]")
_NEVER_TEXT_NAMES = (
    "script style noscript iframe object embed button select option optgroup input textarea svg "
    "canvas video "
    "audio template ins marquee head nav dialog menu map meter progress param source track amp-ad "
    "amp-embed "
    "amp-social-share amp-sidebar amp-user-notification amp-analytics amp-auto-ads amp-sticky-ad "
    "amp-iframe "
    "amp-video amp-youtube amp-facebook math link base colgroup col area"
)
NEVER_TEXT = frozenset(_NEVER_TEXT_NAMES.split())
"""Elements whose text is never read as prose."""


class Sign:
    """What a class or id says about an element: bits of a plain int (an IntFlag costs a call for every `&`)."""

    NONE = 0
    FURNITURE = 1
    """Related links, comments, adverts: whole block out."""
    TOOLBAR = 2
    """Share bars, widgets, boxes of tools: out when short or made of links."""
    HIDDEN = 4
    BYLINE = 8
    CAPTION = 16
    LEAD = 32
    TITLE = 64
    DATE = 128
    CLOCK = 256
    """The header clock: today's date, never the article's."""
    INSET = 512
    """A box beside the story: kept in the text, apart from the paragraphs."""
    BODY = 1024
    BIO = 2048
    """The box about the author: its name counts, its prose does not."""
    COMMENT = 4096


# Each list: whole words of the class, and (second) pieces looked for in the class with its separators taken out.
# English is the CMS makers' language, unaccented Vietnamese the newsrooms'.
_WORDS: dict[int, tuple[str, str]] = {
    Sign.FURNITURE: (
        "related relate relates relatednews relatedonenews rel recommend recommended recommendation "
        "recommendations "
        "ads ad adv advert advertisement advertising adsbygoogle adsense dfp sponsor sponsored qc "
        "promo promotion "
        "newsletter subscribe subscription cookie popup modal sidebar ticker newsticker breaking marquee "
        "breadcrumb breadcrumbs crumbs tags tag keyword keywords pagination pager pagenav taboola "
        "dable mgid outbrain "
        "readmore seemore morenews othernews mostread mostview mostviewed popular trending rating "
        "ratings vote "
        "survey poll menu navbar navigation toc lightbox-thumbs thumbs thumbnails copyright "
        "rennab banner banners skip survey donate hotline download-app sitemap",
        "lienquan tinkhac baikhac tincungmuc cungchuyenmuc chuyenmuckhac tindoc docnhieu xemnhieu "
        "xemthem docthem "
        "tinmoi tinnong tinhot tukhoa quangcao othernews mostread mostview relatednews newsrelate readmore "
        "quantam boxlq tinlq bailq postnavigation postnav nextprev prevnext samecategory",
    ),
    Sign.COMMENT: (
        "comment comments commentlist cmt cmts disqus fb-comments respond replies reply feedback",
        "binhluan ykien bandoc phanhoi commentlist commentbox boxcomment",
    ),
    Sign.TOOLBAR: (
        "share sharing shares social socials tool tools toolbar print fontsize widget widgets box-tool "
        "action actions "
        "follow followus like likes button btn counter views view-count audio player tts listen speech "
        "footer foot "
        "bookmark save copylink copy-link report react reaction reactions star gift emoji",
        "chiase guibai inbai luotxem ggnews googlenews",
    ),
    Sign.HIDDEN: (
        "hidden hide d-none dnone display-none visually-hidden sr-only screen-reader-text print-only "
        "printonly "
        "visible-print noscreen",
        "displaynone visuallyhidden sronly screenreadertext printonly visibleprint onlyprint",
    ),
    Sign.BYLINE: (
        "author authors byline by-line writer pseudonym penname tacgia signature credit credits "
        "credit-author photographer reporter journalist "
        "author-name authorname nguoiviet butdanh pauthor source-author",
        "tacgia authorname authorend nguoiviet butdanh pseudonym cmsauthor authorbot authorphoto pauthor",
    ),
    Sign.CAPTION: (
        "caption captions imgcaption image-caption figcaption wp-caption-text desc img-note imagenote "
        "image-desc "
        "image_desc photo-caption pcaption chuthich note-img imgnote cap",
        "caption chuthich imgnote imagedesc imgdesc photodesc picdesc imagenote mota-anh motaanh",
    ),
    Sign.LEAD: (
        "sapo lead summary description dek standfirst excerpt intro teaser chapeau abstract phead "
        "subtitle sub-title "
        "desc head-desc shortdesc tomtat lblsapo trichyeu trichdan",
        "sapo tomtat trichyeu lbltomtat detaildesc shortdesc articledesc newsdesc summary motangan "
        "loidan gioithieu",
    ),
    Sign.TITLE: (
        "title headline tieude heading entry-title ptitle titledetail news-title",
        "tieude headline articletitle posttitle newstitle detailtitle titledetail entrytitle titlenews",
    ),
    Sign.DATE: (
        "date time datetime publish published pubdate posted post-date postdate ngaydang thoigian "
        "stamp timestamp "
        "dateline meta created date_up up",
        "ngaydang thoigian pubdate publish postdate posttime datetime timepost ngaygio",
    ),
    Sign.CLOCK: (
        "now today clock datenow currentdate current-date today-date ngayhomnay datetoday",
        "datenow currentdate todaydate homnay currenttime timenow nowdate",
    ),
    Sign.INSET: (
        "box infobox notebox box-info boxinfo inset insert sidenote factbox fact-box aside callout "
        "note quote-box "
        "box-content highlight-box objectboxcontent objectbox",
        "infobox notebox boxinfo factbox objectboxcontent boxnote boxcontent hopthongtin",
    ),
    Sign.BODY: (
        "articlebody article-body entry-content post-content content-detail detail-content news-detail "
        "newsdetail "
        "fck cms-body story-body noidung",
        "articlebody entrycontent postcontent contentdetail detailcontent newsdetail storybody noidung "
        "fckdetail "
        "bodycontent cmsbody articlecontent newscontent maincontent",
    ),
    Sign.BIO: (
        "author-box authorbox author-info author-bio about-author about-writer tg-info author-profile "
        "writer-info",
        "authorbox authorinfo authorbio aboutauthor aboutwriter tginfo authorprofile writerinfo "
        "thongtintacgia",
    ),
}
_BY_WORD: dict[str, int] = {}
_BY_PIECE: list[tuple[str, int]] = []
for _sign, (_whole, _pieces) in _WORDS.items():
    for _word in _whole.split():
        _BY_WORD[_word] = _BY_WORD.get(_word, Sign.NONE) | _sign
    _BY_PIECE += [(piece, _sign) for piece in _pieces.split()]

_SPLIT = re.compile(r"[^0-9A-Za-z]+|(?<=[a-z])(?=[A-Z])")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_LABEL_HIDDEN = re.compile(
    r"label[-_]*(?:visually[-_]*)?hidden|hidden[-_]?(?:xs|sm|md|lg|xl|print)|overflow", re.I
)
"""Class names that hide a label, a screen size or an overflow rather than the element."""


@lru_cache(maxsize=16384)
def signs(names: str) -> int:
    """What the class and id `names` (joined by a space) say; bounded cache, pages of one site repeat them.

    >>> signs("box-tinlienquan") & Sign.FURNITURE, signs("entry-content clearfix") == Sign.BODY
    (1, True)
    """
    found = Sign.NONE
    for name in names[:300].split():
        lowered = name.lower()
        here = Sign.NONE
        parts = [p.lower() for p in _SPLIT.split(name) if p]
        for key in {
            lowered,
            lowered.replace("_", "-"),
            *parts,
            *map("-".join, pairwise(parts)),
        }:
            here |= _BY_WORD.get(key, Sign.NONE)
        joined = "".join(parts)
        for piece, sign in _BY_PIECE:
            if piece in joined:
                here |= sign
        if here & Sign.HIDDEN and _LABEL_HIDDEN.search(name):
            here &= ~Sign.HIDDEN
        found |= here
    return found


def signs_of(element: Element) -> int:
    """`signs` of an element's class, id and the type or role some editors give their boxes."""
    get = element.get
    names = get("class") or ""
    if ident := get("id"):
        names = f"{names} {ident}"
    if (kind := get("type")) and element.tag not in ("ol", "ul", "li"):
        names = f"{names} {kind}"
    if not names:
        return Sign.NONE
    return signs(names)


def is_hidden(element: Element, sign: int | None = None) -> bool:
    """Whether a browser would not show the element; `sign` is its `signs_of` where that is known."""
    style = element.get("style")
    if style:
        style = style.replace(" ", "").lower()
        if "display:none" in style or "visibility:hidden" in style:
            return True
    return (
        element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or bool((signs_of(element) if sign is None else sign) & Sign.HIDDEN)
    )


_HEADINGS = re.compile(
    r"""(?x)
    (?:\W*(?:
      (?:(?:cac\ )?(?:tin|bai|bai\ viet|anh|bo\ anh|video|chu\ de|su\ kien|noi\ dung|thong\ tin)(?:\ (?:bai|tuc
        |viet|lien))*
         \ (?:lien\ quan|khac|cung\ (?:muc|chuyen\ muc|chu\ de|chuyen\ de|su\ kien|tac\ gia)|moi(?:\ nhat
           |\ hon)?|cu\ hon
             |noi\ bat|nong|hot|doc\ nhieu(?:\ nhat)?|dang\ chu\ y|tham\ khao|truoc|sau|da\ dua|tiep\ theo
               |dang\ doc|nen\ doc
             |duoc\ quan\ tam|moi\ dang|hay|tai\ tro))
      |cung\ (?:muc|chuyen\ muc|chu\ de|chuyen\ de|su\ kien|tac\ gia)
      |lien\ quan | (?:xem|doc)\ (?:them|tiep|nhieu(?:\ nhat)?|ngay) | (?:duoc\ )?(?:doc|xem)\ nhieu(?:\ nhat)?
      |(?:co\ the\ )?ban(?:\ doc)?\ (?:co\ the\ )?(?:quan\ tam|thich|chua\ doc|nen\ doc|muon\ doc
        |dang\ quan\ tam)(?:\ den)?
      |co\ the\ ban\ (?:quan\ tam|thich|muon\ doc|chua\ biet)
      |moi\ (?:(?:quy\ )?(?:ban\ doc|doc\ gia|ban)\ )?(?:doc|xem|don\ doc|theo\ doi)\ (?:them|tiep|lai)?
      |moi\ nhat|tieu\ diem|noi\ bat|goi\ y(?:\ cho\ ban)?|danh\ cho\ ban|de\ xuat(?:\ cho\ ban)?|dung\ bo\ lo
      |(?:y\ kien|binh\ luan|thao\ luan|phan\ hoi)(?:\ (?:ban\ doc|cua\ ban|doc\ gia|bai\ viet))?(?:\ ?\(?\d+\)?)?
      |\d+\ (?:binh\ luan|y\ kien|phan\ hoi)|gui\ (?:y\ kien|binh\ luan|phan\ hoi).{0,30}|ban\ doc\ (?:viet|gop\ y)
      |(?:tu\ khoa|tags?|the|chu\ de|nhan|keywords?)
      |quang\ cao|qc|advertis\w*|(?:noi\ dung\ )?(?:duoc\ )?tai\ tro|thong\ tin\ (?:-\ )?quang\ cao|rao\ vat
      |chia\ se(?:\ (?:bai\ viet|len|qua|tren).{0,20})?|in\ (?:trang|bai|tin|an)(?:\ (?:nay|viet))?
        |gui\ (?:cho\ )?ban\ be
      |theo\ doi\ .{0,30}\ tren(?:\ google\ news)?|lien\ ket\ (?:website|web)|danh\ muc|chuyen\ muc
        |thu\ vien\ (?:anh|video)
      |dang\ ky\ (?:nhan\ )?(?:tin|ban\ tin|email).{0,40}|danh\ gia\ (?:bai\ viet|noi\ dung)?|nguoi\ dung\ thich
      |bai\ (?:truoc|sau|ke\ tiep|tiep\ theo)|(?:tin|bai)\ (?:cu|moi)\ hon|ve\ (?:dau\ trang|trang\ chu)
        |tro\ (?:lai|ve).{0,20}
      |more(?:\ news)?|related(?:\ (?:news|articles|posts))?|comments?|you\ may\ (?:also\ )?like|read\ more|see\ also
    )\W*)+"""
)
READ_MORE = re.compile(
    r"(?:[>»*•\-+–☞►▶]+\s*)?(?:(?:mời|kính mời)?\s*(?:(?:quý\s+)?(?:bạn đọc|độc "
    r"giả|bạn)\s+)?(?:xem|đọc|đón đọc|tham khảo)\s+(?:thêm|tiếp|lại|ngay|bài)"
    r"|(?:tin|bài)(?:\s+(?:tin|bài|viết|đọc))*\s+(?:liên quan|khác|cùng|đọc thêm)|có thể bạn\b|cùng "
    r"chuyên mục|liên quan\s*:|>>|»|→|☞|►)",
    re.IGNORECASE,
)
"""How a line that leads away begins; it counts only together with a link."""
_BOILERPLATE = re.compile(
    r"(?ix)^\W*(?: (?:©|bản\ quyền|copyright|\(c\)).{0,160} | (?:giấy\ phép|gp)\ (?:số|hoạt\ "
    r"động|xuất\ bản)\b.{0,200}"
    r"| (?:phó\ )?tổng\ biên\ tập\s*:.{0,160} | ghi\ rõ\ nguồn\b.{0,160}"
    r"| (?:tòa|toà)\ soạn\s*:.{0,160} | (?:hotline|điện\ "
    r"thoại|đt|email|e-mail|fax)\s*:.{0,120}"
    r"| (?:trang|website)\ (?:này\ )?(?:web\ )?(?:sử\ dụng|dùng)\ cookie.{0,160}"
    r"| in\ từ\ .{0,80}\d{4}.? | (?:nguồn|link|url|đường\ dẫn|địa\ chỉ)(?:\ (?:gốc|bài\ "
    r"viết))?\s*:\s*https?://\S+"
    r"| (?:(?:số\ )?lượt\ (?:xem|đọc|truy\ cập)(?:\ hôm\ nay)?|đã\ xem)\s*:?\s*[\d.,]+ | [\d.,]+\ "
    r"(?:lượt\ (?:xem|đọc|thích|chia\ sẻ)|views?)"
    r"| (?:cỡ\ chữ|nghe\ (?:đọc\ )?(?:bài|audio|nội\ dung)|đọc\ bài|tạm\ dừng|giọng\ "
    r"(?:nam|nữ)|xem\ cỡ\ chữ).{0,60}"
    r"| (?:vui\ lòng|bạn\ (?:cần|phải))\ (?:đăng\ nhập|bật\ javascript).{0,120}"
    r"| (?:video|clip)\ player\ .{0,60} | advertisement )\W*$"
)


def is_heading(text: str) -> bool:
    """Whether a short line is the heading of furniture: "Tin liên quan", "4 bình luận", "Có thể bạn quan tâm:".

    >>> is_heading("Ý KIẾN BẠN ĐỌC"), is_heading("Ý kiến bạn đọc về dự thảo văn kiện")
    (True, False)
    """
    if not text or len(text) > 70:
        return False
    return _heading(text)


_COMMENT_HEADING = re.compile(r"binh luan|y kien|phan hoi|thao luan|comment|ban doc viet|gop y")


def is_comment_heading(text: str) -> bool:
    """Whether a furniture heading opens readers' comments, which are prose themselves."""
    return is_heading(text) and _COMMENT_HEADING.search(plain(text)) is not None


@lru_cache(maxsize=8192)
def _heading(text: str) -> bool:
    return _HEADINGS.fullmatch(plain(text)) is not None


_IMPRINT = re.compile(
    r"(?i)^\W*(?:©|bản\s+quyền\s+thuộc|copyright\b|(?:số\s+)?giấy\s+phép\b.{0,60}\d|gp\s+số|(?:phó\s+)?tổng\s+biên\s+tập\s*:|"
    r"cơ\s+quan\s+chủ\s+quản|chịu\s+trách\s+nhiệm|ghi\s+rõ\s+nguồn|(?:địa\s+chỉ|trụ\s+sở|hotline|điện\s+thoại|fax)\s*:)"
)
"""How a line of the imprint begins: licence, editor, publisher, address."""


def is_imprint(text: str) -> bool:
    """Whether a line may belong to the imprint at the foot of a page; an article can hold one such line.

    >>> is_imprint("Giấy phép số 12/GP-BTTTT cấp ngày 3/4/2020"), is_imprint("Giấy phép xây dựng được cấp nhanh hơn")
    (True, False)
    """
    return _IMPRINT.match(text[:200]) is not None


def is_boilerplate(text: str) -> bool:
    """Whether a line is the imprint, a counter, a print notice or a player's label rather than prose."""
    return len(text) <= 260 and _BOILERPLATE.match(text) is not None


def strip(tree: Element) -> None:
    """Takes everything out of a tree whose text is never prose, so that all later steps read plain text."""
    etree.strip_elements(tree, *NEVER_TEXT, with_tail=False)


def first_words(element: Element, limit: int = 80) -> str:
    """The first printed line of an element: its first text that is more than punctuation."""
    for text in texts_of(element):
        if text.isspace():
            continue
        line = clean_line(text[: limit * 4])
        if len(line) > 1:
            return line[:limit]
    return ""
