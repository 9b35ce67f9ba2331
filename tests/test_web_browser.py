"""Every page in a real browser: phone and desktop, light and dark, printed, by keyboard, without script, for everybody."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import uvicorn

from crawler.config import Config
from crawler.store.database import open_database
from crawler.web.app import make_app
from crawler.web.context import WebContext
from crawler.web.rate_limit import RateLimit
from tests.press_room import MORNING, OUTLETS
from tests.web_room import fill

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.browser

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
PICTURES = Path(__file__).resolve().parents[1] / "docs" / "img"
PAGES = (
    "/", "/?ngay=2026-11-21", "/?ngay=2025-01-01", "/tim", "/tim?q=chi+b%E1%BB%99", "/tim?q=(a", "/tim?q=kh%C3%B4ng+c%C3%B3",
    "/bai/1", "/bai/999", "/sua", "/van-kien", "/van-kien/19-CT/TU@lam-ha", "/cuoc-hop", "/cuoc-hop?thang=2026-11", "/cuoc-hop/m1",
    "/nguon", "/nguon/bao-lam-ha", "/theo-doi",
)  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, int]]:
    """The pages over a small store with a hostile article, served for real; and that article's number."""
    data = tmp_path_factory.mktemp("data")
    engine = open_database(f"sqlite:///{data / 'diemtin.db'}")
    numbers = fill(
        engine, [f"Đại hội chi bộ thôn số {n} thành công tốt đẹp" for n in range(40)], hostile=True
    )
    with serving(engine, data) as address:
        yield address, numbers[-1]
    engine.dispose()


class serving:
    """Serve the pages over a store on loopback."""

    def __init__(self, engine: sa.Engine, data: Path) -> None:
        context = WebContext(
            engine=engine, registry=OUTLETS, config=Config(data=data), clock=lambda: MORNING,
            limits=RateLimit(burst=100_000, per_second=10_000), local=True,
        )  # fmt: skip
        self._server = uvicorn.Server(
            uvicorn.Config(make_app(context), port=0, log_level="error", lifespan="off", ws="none")
        )
        self._thread = threading.Thread(target=self._server.run)

    def __enter__(self) -> str:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.02)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip(f"no Chromium at {CHROMIUM}; set CHROMIUM to run the browser tests")
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


def every_page(site: tuple[str, int]) -> list[str]:
    """All pages of the list and of the menu, and the hostile article."""
    from crawler.web.html import PAGES as MENU

    return list(dict.fromkeys([*PAGES, *(path for path, *_ in MENU), f"/bai/{site[1]}"]))


@pytest.mark.parametrize(
    ("width", "scheme"), [(390, "light"), (390, "dark"), (1280, "light"), (1280, "dark")]
)
def test_every_page_fits_its_screen_breaks_no_policy_and_loads_nothing_of_elsewhere(
    site: tuple[str, int], browser: Any, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page = context.new_page()
    faults: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: faults.append(f"{page.url}: {message.text}"))
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on("dialog", lambda dialog: faults.append(f"{page.url}: a dialog: {dialog.message}"))
    page.on("request", lambda request: asked.append(request.url))
    for path in every_page(site):
        page.goto(site[0] + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, f"{path} is {wide} wide"
        assert page.locator("h1").count() == 1, path
    # The status of a page that is an error on purpose is no fault of a page.
    assert [fault for fault in faults if "Failed to load resource" not in fault] == []
    assert {url for url in asked if not url.startswith(site[0])} == set()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier_on_any_page(site: tuple[str, int], browser: Any, scheme: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.base", reason="axe is not installed")
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme=scheme, bypass_csp=True
    )
    page = context.new_page()
    found = []
    for path in every_page(site):
        page.goto(site[0] + path)
        page.evaluate(axe.AXE_FILE_PATH.read_text(encoding="utf-8"))
        for one in page.evaluate("axe.run()")["violations"]:
            found.append((path, one["id"], [node["html"][:160] for node in one["nodes"]][:3]))
    context.close()
    assert found == []


def test_the_pages_work_without_script(site: tuple[str, int], browser: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=False)
    page = context.new_page()
    page.goto(site[0])
    page.get_by_role("searchbox").first.fill("chi bộ")
    page.get_by_role("button", name="Tìm", exact=True).first.click()
    assert page.locator("mark").count() >= 1
    page.locator("ol.stories a.title").first.click()
    assert page.url.startswith(f"{site[0]}/bai/")
    for path in every_page(site):
        page.goto(site[0] + path)
        assert page.locator("main").inner_text().strip(), path
    context.close()


def test_a_search_is_made_and_read_by_the_keyboard_alone(site: tuple[str, int], browser: Any) -> None:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.goto(site[0])
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip", "the first key leads past the menu"
    page.keyboard.press("/")
    page.keyboard.type("đại hội")
    page.keyboard.press("Enter")
    page.wait_for_url("**/tim?q=*")
    for key in ("j", "j", "k", "Enter"):
        page.keyboard.press(key)
    page.wait_for_url("**/bai/*")
    for path in every_page(site):  # what has the focus can be seen
        page.goto(site[0] + path)
        for _ in range(3):
            page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none", path
    context.close()


def test_a_page_is_printed_without_its_menu(site: tuple[str, int], browser: Any, tmp_path: Path) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{site[0]}/?ngay=2026-11-21")
    page.emulate_media(media="print")
    assert not page.locator("nav").first.is_visible() and page.locator("h1").is_visible()
    page.pdf(path=tmp_path / "ngay.pdf", format="A4")
    assert (tmp_path / "ngay.pdf").read_bytes().startswith(b"%PDF") and (
        tmp_path / "ngay.pdf"
    ).stat().st_size > 5_000
    context.close()


def test_a_hostile_title_does_nothing_but_be_read(site: tuple[str, int], browser: Any) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for path in (f"/bai/{site[1]}", "/?ngay=2026-11-21", "/tim?q=alert"):
        page.goto(site[0] + path)
        assert "<script>alert(1)</script>" in page.locator("main").inner_text(), path
    assert dialogs == []
    context.close()


def test_the_first_page_is_small(site: tuple[str, int], browser: Any) -> None:
    context = browser.new_context()
    page = context.new_page()
    sizes: list[int] = []
    page.on(
        "response",
        lambda answer: sizes.append(int(answer.headers.get("content-length") or len(answer.body()))),
    )
    page.goto(f"{site[0]}/?ngay=2026-11-21", wait_until="networkidle")
    assert 0 < sum(sizes) <= 100_000
    context.close()


def test_pictures_of_the_pages_for_the_docs(browser: Any, tmp_path: Path) -> None:
    if not os.environ.get("DIEMTIN_PICTURES"):
        pytest.skip("set DIEMTIN_PICTURES to take the pictures of docs/web.md anew")
    engine = open_database(f"sqlite:///{tmp_path / 'diemtin.db'}")
    fill(engine)
    with serving(engine, tmp_path) as address:
        for name, width in (("web-day", 1100), ("web-day-phone", 390)):
            context = browser.new_context(viewport={"width": width, "height": 900})
            page = context.new_page()
            page.goto(f"{address}/?ngay=2026-11-21")
            page.screenshot(path=PICTURES / f"{name}.png")
            context.close()
            assert (PICTURES / f"{name}.png").stat().st_size > 10_000
    engine.dispose()
