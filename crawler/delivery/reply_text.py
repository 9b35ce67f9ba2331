"""What a person wrote in a reply, without what the mail program put around it.

1. A line that begins with ">" is quoted.
2. From a divider on all is quoted: “-----Original Message-----”, “-----Thư gốc-----”, a rule of underscores, or a
   block of fields (“Từ: … Đã gửi: … Chủ đề: …”), as Outlook and its kin put it under the answer.
3. An introduction (“Vào Th 2, 30 thg 11, 2026 lúc 06:00 điểm tin <…> đã viết:”), also over two or three lines, is
   nobody's words. Where lines with ">" follow, what stands between and below them was written (answers in the quote, or
   under it); where none follow, the program quotes without marks and all below is quoted.
4. From “-- ” on it is a signature; “Gửi từ iPhone của tôi” is one too, in one line.
5. In HTML the quotation is an element: <blockquote>, Gmail's, Yahoo's and Zimbra's containers go; Outlook's header of
   the quotation is a divider.

The words are those of Gmail, Apple Mail, Outlook (Windows, iOS, Android, web), Thunderbird, Zimbra and Yahoo in
Vietnamese and English. Pure, and every expression is linear in a line; lines longer than a screenful are cut first.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from lxml import etree, html

from crawler.text.letters import DASH
from crawler.text.normal import nfc

_LONGEST_LINE, _MOST_LINES = 400, 2_000
_QUOTED = re.compile(r"[ \t\u00a0]*[>›»|]")
_DIVIDER = re.compile(
    rf"[ \t]*(?:_{{10,}}|[{DASH}=*]{{2,}} ?(?:original message|forwarded message|thư gốc|tin nhắn gốc|thư ban đầu|"
    r"thư chuyển tiếp|thư đã chuyển tiếp|tin nhắn đã chuyển tiếp|tin chuyển tiếp|chuyển tiếp|reply message|"
    r"thư trả lời)\b.{0,40})[ \t]*",
    re.IGNORECASE,
)
_FORWARD = re.compile(
    r"(?:begin forwarded message|bắt đầu (?:thư|tin nhắn) (?:được )?chuyển tiếp):?", re.IGNORECASE
)
_FIELD = re.compile(
    r"[ \t*]*(?:từ|from|người gửi|gửi|đã gửi|ngày gửi|gửi lúc|sent|date|ngày|thời gian|đến|tới|to|người nhận|cc|bcc|"
    r"chủ đề|tiêu đề|subject|vấn đề)[ \t*]*:",
    re.IGNORECASE,
)
_FIRST_FIELD = re.compile(r"[ \t*]*(?:từ|from|người gửi)[ \t*]*:.*", re.IGNORECASE)
_INTRODUCES = re.compile(r"(?:đã viết|viết|wrote|đã gửi|nội dung như sau)[ \t]*:[ \t]*$", re.IGNORECASE)
_INTRODUCTION = re.compile(
    r"[ \t]*(?:vào\b|lúc\b|on\b|ngày\b|(?:thứ|th) ?(?:hai|ba|tư|năm|sáu|bảy|[2-7])\b|chủ nhật|cn\b|"
    r"\d{1,2}[:h/.-]\d{1,2}|"
    r"\d{4}-\d\d-\d\d|.{0,120}<[^<>]{3,120}>)",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"(?:--|__|—) ?")
_SENT_FROM = re.compile(
    r"(?:(?:được |đã )?gửi (?:từ|bằng)|sent (?:from|via|with)|(?:tải|tải xuống|get|lấy) outlook)\b.{0,100}",
    re.IGNORECASE,
)
_BANNER = re.compile(
    r"\[?(?:external|caution|cảnh báo|chú ý: thư (?:từ )?bên ngoài|lưu ý: thư (?:từ )?bên ngoài)\b.*",
    re.IGNORECASE,
)
_CONTAINERS = re.compile(
    r"\b(?:gmail_quote|gmail_extra|gmail_attr|yahoo_quoted|zmail_extra|protonmail_quote|moz-cite-prefix|"
    r"moz-signature|gmail_signature|tutanota_quote|zimbra_quote)",
)
_DIVIDER_IDS = re.compile(
    r"divRplyFwdMsg|appendonsend|reply-intro|mail-editor-reference-message-container|stopSpelling|"
    r"ms-outlook-mobile-reference-message|replySplit"
)
_OUTLOOK_BORDER = re.compile(r"border-top: ?solid (?:#E1E1E1|#B5C4DF|windowtext) 1\.0pt", re.IGNORECASE)
_DROPPED = frozenset({"head", "style", "script", "title", "blockquote", "template"})
_BLOCKS = frozenset(
    {
        "p",
        "div",
        "br",
        "tr",
        "li",
        "ul",
        "ol",
        "table",
        "h1",
        "h2",
        "h3",
        "h4",
        "hr",
        "pre",
        "section",
        "center",
    }
)
_RULE = "-----Original Message-----"


def written_lines(text: Iterable[str]) -> tuple[str, ...]:
    """The lines a person wrote, none of them empty.

    >>> written_lines(["Dừng", "", "Vào 22/11 điểm tin <a@b.example> đã viết:", "> Tin", "Cảm ơn", "-- ", "An"])
    ('Dừng', 'Cảm ơn')
    """
    lines = [
        nfc(line[:_LONGEST_LINE]).replace("\u200b", "").replace("\ufeff", "")
        for line, _ in zip(text, range(_MOST_LINES), strict=False)
    ]
    return tuple(_written(lines))


def _written(lines: Sequence[str]) -> Iterator[str]:
    at = 0
    while at < len(lines):
        line = lines[at]
        stripped = line.strip()
        if _DIVIDER.fullmatch(line) or _FORWARD.fullmatch(stripped) or _is_field_block(lines, at):
            return
        if not _QUOTED.match(line) and (length := _introduction(lines, at)):
            at += length
            if not _quoted_next(lines, at):
                return
            continue
        if _SIGNATURE.fullmatch(line.lstrip()):
            at = _end_of_signature(lines, at)
            continue
        if (
            stripped
            and not _QUOTED.match(line)
            and not _SENT_FROM.fullmatch(stripped)
            and not _BANNER.fullmatch(stripped)
        ):
            yield " ".join(stripped.split())
        at += 1


def _is_field_block(lines: Sequence[str], at: int) -> bool:
    """“Từ: …” with another field in the next lines, which are not necessarily the very next."""
    if not _FIRST_FIELD.fullmatch(lines[at]):
        return False
    near = [line for line in lines[at + 1 : at + 8] if line.strip()][:4]
    return sum(bool(_FIELD.match(line)) for line in near) >= 1


def _introduction(lines: Sequence[str], at: int) -> int:
    """The lines that introduce a quotation from here, 0 for none: a time or a sender first, “đã viết:” last."""
    if not _INTRODUCTION.match(lines[at]):
        return 0
    for length in (1, 2, 3):
        if at + length > len(lines) or _QUOTED.match(lines[at + length - 1]):
            return 0
        if _INTRODUCES.search(lines[at + length - 1]):
            return length
    return 0


def _quoted_next(lines: Sequence[str], at: int) -> bool:
    following = next((line for line in lines[at:] if line.strip()), "")
    return bool(_QUOTED.match(following))


def _end_of_signature(lines: Sequence[str], at: int) -> int:
    """A signature goes to the end, or to a quotation below it."""
    for n in range(at + 1, len(lines)):
        if _QUOTED.match(lines[n]) or _introduction(lines, n):
            return n
    return len(lines)


def html_lines(text: str) -> list[str]:
    """The lines of an HTML mail without its quotation; what an Outlook quotes is under a divider."""
    try:
        root = html.document_fromstring(
            text.encode("utf-8", "replace"), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, ValueError):  # nothing in it
        return []
    said: list[str] = []
    skipped = as_typed = 0
    for event, element in etree.iterwalk(root, events=("start", "end", "comment", "pi")):
        begins = event == "start"
        is_element = event in ("start", "end")
        gone, typed = is_element and _is_quotation(element), is_element and element.tag == "pre"
        skipped, as_typed = (
            (skipped + gone, as_typed + typed) if begins else (skipped - gone, as_typed - typed)
        )
        if not skipped:
            text = (element.text if begins else element.tail) or ""
            said.append(_edge(element, begins) if is_element else "")
            said.append(text if as_typed else text.replace("\n", " "))
    return "".join(said).splitlines()


def _edge(element: html.HtmlElement, begins: bool) -> str:
    """What the begin or end of an element is in lines: a line end, Outlook's divider, nothing."""
    marks = _DIVIDER_IDS.search(element.get("id") or "") or _OUTLOOK_BORDER.search(element.get("style") or "")
    if begins and marks:
        return f"\n{_RULE}\n"
    return "\n" if element.tag in _BLOCKS else ""


def _is_quotation(element: html.HtmlElement) -> bool:
    return element.tag in _DROPPED or bool(_CONTAINERS.search(element.get("class") or ""))
