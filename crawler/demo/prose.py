"""From the notation of the article files to blocks of prose.

Days are written relative to the demo's today, so that the press is always fresh: `{-1}` is yesterday as
`20/11`, `{-1y}` as `20/11/2026`, `{-1-}` as `20-11`, `{-1.}` as `20.11`, `{-1w}` its weekday; `{+4}` lies
ahead, `{0}` is today. `{M}` and `{Y}` are the month and year of today. A block is set off by an empty line;
`[ảnh] text | credit` is a picture with its caption, `## text` a heading.
"""

from __future__ import annotations

import re
from datetime import date, timedelta

from crawler.article import Block, Caption
from crawler.text.normal import clean_line, fold

WEEKDAYS = ("thứ hai", "thứ ba", "thứ tư", "thứ năm", "thứ sáu", "thứ bảy", "chủ nhật")
_PLACE = re.compile(r"\{([+-]?\d+)([yw.-]?)\}|\{([MY])\}")
_PICTURE = "[ảnh]"
_SLUG_LENGTH = 90
"""Characters of an address taken from the title; the press cuts long ones too."""


def on_the_day(text: str, today: date) -> str:
    """The text with its relative days spelled out.

    >>> on_the_day("Sáng {-1} ({-1w}), tháng {M}", date(2026, 11, 21))
    'Sáng 20/11 (thứ sáu), tháng 11'
    """

    def spell(match: re.Match[str]) -> str:
        if match[3]:
            return str(today.month if match[3] == "M" else today.year)
        day = today + timedelta(days=int(match[1]))
        match match[2]:
            case "y":
                return f"{day.day}/{day.month}/{day.year}"
            case "w":
                return WEEKDAYS[day.weekday()]
            case "-" | "." as mark:
                return f"{day.day}{mark}{day.month}"
            case _:
                return f"{day.day}/{day.month}"

    return _PLACE.sub(spell, text)


def printed_caption(caption: Caption, *, credit_below: bool) -> str:
    """A caption as the page prints it: the credit on the same line or on the next."""
    if caption.credit is None:
        return caption.text
    return f"{caption.text}{chr(10) if credit_below else ' '}Ảnh: {caption.credit}"


def body_blocks(body: str, *, credit_below: bool) -> tuple[tuple[Block, Caption | None], ...]:
    """The blocks of a body in reading order, each caption block with its parts.

    >>> [(b.kind, b.text) for b, _ in body_blocks("Một.\\n\\n[ảnh] Hai. | Ba", credit_below=False)]
    [('paragraph', 'Một.'), ('caption', 'Hai. Ảnh: Ba')]
    """
    found: list[tuple[Block, Caption | None]] = []
    for raw in re.split(r"\n\s*\n", body.strip()):
        line = clean_line(raw)
        if line.startswith(_PICTURE):
            text, _, credit = line.removeprefix(_PICTURE).partition("|")
            caption = Caption(text.strip(), credit.strip() or None)
            found.append((Block("caption", printed_caption(caption, credit_below=credit_below)), caption))
        elif line.startswith("## "):
            found.append((Block("heading", line.removeprefix("## ")), None))
        elif line:
            found.append((Block("paragraph", line), None))
    return tuple(found)


def slug(title: str) -> str:
    """The title as it stands in an address.

    >>> slug("Đảng ủy phường Vân Đàm: 83 đảng viên")
    'dang-uy-phuong-van-dam-83-dang-vien'
    """
    words = re.findall(r"[a-z0-9]+", fold(title))
    kept = ""
    for word in words:
        if len(kept) + len(word) >= _SLUG_LENGTH:
            break
        kept = f"{kept}-{word}" if kept else word
    return kept
