"""Selectors of one step are asked without XPath: they must find what XPath finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml.cssselect import CSSSelector

from crawler.reading.layout import select
from crawler.reading.markup import parse_fragment

PAGE = """
<html><body class="page"><h1 id="t" class="title  big">Một</h1><h1>Hai</h1>
<div class="detail
body" id="main"><p class="sapo">Ba</p><p class="sapo-2 x-sapo">Bốn</p><div class="detail">Năm</div>
<span class="detail\tbody">Sáu</span><p class="">Bảy</p></div><div id="main-2" class="Detail">Tám</div></body></html>
"""


@pytest.mark.parametrize(
    "css",
    [
        "h1", "h1.title", "h1.big.title", ".sapo", "p.sapo", "#main", "div#main.detail", ".detail.body", "span.body",
        ".none", "p#main", "#main.body", "div", "body.page", ".x-sapo", "#main p", "div > p.sapo", "p, h1",
        "*.detail", "p:first-child", "[id]", " h1 ",
        "[id^=main]", "div[id^=main-]", ".detail[id^=m]#main", "[id^=main] > p", "[id^=t] h1",
    ],
)  # fmt: skip
def test_a_selector_finds_what_xpath_finds_in_page_order(css: str) -> None:
    tree = parse_fragment(PAGE)
    assert tree is not None
    assert select(tree, (css,)) == CSSSelector(css, translator="html")(tree)


@given(
    tag=st.sampled_from(["", "div", "p"]),
    names=st.lists(st.sampled_from([".a", ".a-b", "._c", "#i", "#i-2", "[id^=i]", "[id^=i-]"]), max_size=3),
    classes=st.lists(st.text("ab_c- \t\n", max_size=6), max_size=6),
)
def test_one_step_selectors_agree_with_xpath_on_any_classes(
    tag: str, names: list[str], classes: list[str]
) -> None:
    css = f"{tag}{''.join(names)}"
    if not css:
        return
    marks = zip(classes, ["i", "i-2", "", "i", "j", "i"], strict=False)
    tree = parse_fragment("<body>" + "".join(f"<div id='{i}' class='{c}'><p class='{c}'>x" for c, i in marks))
    assert tree is not None
    assert select(tree, (css,)) == CSSSelector(css, translator="html")(tree)
