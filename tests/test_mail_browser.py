"""The mail in a real browser: readable on a phone and in the dark, and silent towards the network.

`DIEMTIN_PICTURES=1` also writes the pictures of docs/watches.md.
"""

from __future__ import annotations

import email
import email.policy
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from crawler.delivery.items import Message
from crawler.delivery.mail import compose, compose_confirmation
from crawler.delivery.mail_settings import MailSettings
from crawler.query.wish import Group
from tests.sample_mail import COVERAGE, DIGEST, MORNING, NOTHING, NOW, OPERATOR, READER, SIX, news

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "img"
SETTINGS = MailSettings(sender="điểm tin <diemtin@tin.example>", web="https://tin.example")

pytestmark = pytest.mark.browser
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set CHROMIUM to run the browser tests")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


def html_of(raw: bytes) -> str:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    body = mail.get_body(("html",))
    assert body is not None
    return str(body.get_content())


def rendered(message: Message) -> str:
    return html_of(compose(message, SETTINGS, message_id="<diemtin.0@tin.example>", leave_token="0" * 32))


def open_page(browser: sync_api.Browser, html: str, *, width: int = 390, dark: bool = False) -> sync_api.Page:
    context = browser.new_context(
        viewport={"width": width, "height": 300},
        color_scheme="dark" if dark else "light",
        java_script_enabled=True,
    )
    page = context.new_page()
    page.requests = []  # type: ignore[attr-defined]
    page.on("request", lambda request: page.requests.append(request.url))  # type: ignore[attr-defined]
    page.set_content(html, wait_until="load")
    return page


@pytest.mark.parametrize(("width", "dark"), [(320, False), (390, True), (900, False)])
@pytest.mark.parametrize(
    "message",
    [DIGEST, MORNING, NOW, NOTHING, OPERATOR],
    ids=["digest", "morning", "now", "nothing", "operator"],
)
def test_a_mail_fits_its_screen_and_can_be_read(
    browser: sync_api.Browser, message: Message, width: int, dark: bool
) -> None:
    page = open_page(browser, rendered(message), width=width, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") <= width  # no sideways scrolling
    too_small, too_faint = page.evaluate(MEASURE)
    assert too_small == []
    assert too_faint == []
    assert page.requests == []  # type: ignore[attr-defined]
    page.context.close()


SCREEN = 844
"""CSS pixels of a phone's screen (390 × 844)."""


@pytest.mark.parametrize("group", ["province", "topic", None])
def test_the_first_ten_of_a_heavy_morning_fill_three_phone_screens_at_most(
    browser: sync_api.Browser, group: Group | None
) -> None:
    page = open_page(browser, rendered(replace(MORNING, coverage=COVERAGE, group=group)))
    bottoms = page.evaluate(
        "[...document.querySelectorAll('.item')].map(e => e.getBoundingClientRect().bottom + scrollY)"
    )
    assert len(bottoms) == 40 and bottoms[9] <= 3 * SCREEN
    shown = page.locator("h2").all_inner_texts()
    assert [title.split()[0].casefold() for title in shown[:4]] == ["văn", "tin", "sắp", "đã"]
    targets = page.evaluate("[...document.querySelectorAll('.contents a')].map(a => a.getAttribute('href'))")
    assert len(targets) >= 4
    assert all(page.locator(target).count() == 1 for target in targets)  # every line leads somewhere
    page.context.close()


def test_hostile_text_stays_text(browser: sync_api.Browser) -> None:
    title = '<img src=x onerror="document.title=1"><script>document.title=2</script>"><a href="javascript:1">'
    page = open_page(browser, rendered(Message("now", "vi", READER, SIX, (news(title=title),))))
    assert page.inner_text("h3") == title
    assert page.locator("script, img, iframe, form, [onerror]").count() == 0
    assert page.locator("a:not([href^='https:'])").count() == 0
    assert page.title() not in ("1", "2")
    page.context.close()


def test_the_pictures_of_the_documentation(browser: sync_api.Browser) -> None:
    if not os.environ.get("DIEMTIN_PICTURES"):
        pytest.skip("DIEMTIN_PICTURES is not set: pictures are written on wish only")
    PICTURES.mkdir(parents=True, exist_ok=True)
    question = html_of(
        compose_confirmation(
            READER,
            ["chi bộ vùng cao"],
            SETTINGS,
            language="vi",
            message_id="<diemtin.1@tin.example>",
            token="0" * 32,
            created=SIX,
        )
    )
    for name, html, width, dark in (
        ("mail-phone", rendered(DIGEST), 390, False),
        ("mail-phone-dark", rendered(DIGEST), 390, True),
        ("mail-desktop", rendered(DIGEST), 760, False),
        ("mail-morning", rendered(replace(MORNING, items=MORNING.items[:14], coverage=COVERAGE)), 390, False),
        ("mail-nothing", rendered(NOTHING), 390, False),
        ("mail-operator", rendered(OPERATOR), 390, False),
        ("mail-confirm", question, 390, False),
    ):
        page = open_page(browser, html, width=width, dark=dark)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
        page.context.close()


MEASURE = """() => {
  const small = [], faint = [];
  const light = c => { const v = c.match(/[\\d.]+/g).map(Number).slice(0, 3).map(x => x / 255)
    .map(x => x <= .03928 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4);
    return .2126 * v[0] + .7152 * v[1] + .0722 * v[2]; };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if (c !== 'rgba(0, 0, 0, 0)') return c; } return 'rgb(255, 255, 255)'; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent.trim(), e = walker.currentNode.parentElement;
    const style = getComputedStyle(e);
    if (!text || e.closest('.preview, style') || style.display === 'none') continue;
    if (parseFloat(style.fontSize) < 13) small.push(text);
    const a = light(style.color), b = light(ground(e));
    const contrast = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (contrast < 4.5) faint.push([text, contrast]);
  }
  return [small, faint];
}"""
"""Texts under 13 CSS pixels, and texts whose contrast is under 4.5:1 (WCAG 2.2, AA)."""
