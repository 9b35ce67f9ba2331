"""Why a source did not come is told apart wherever it is told: one crawl of an outlet for each kind, then every place."""

from __future__ import annotations

import re
import socket
import time
from dataclasses import dataclass
from datetime import timedelta
from email import message_from_bytes, policy
from functools import partial
from pathlib import Path

import pytest

from crawler.config import load_config
from crawler.crawl.schedule import Daemon
from crawler.store.database import open_database
from tests.certificates import WRONG, Authority
from tests.small_press import NOW, Answer, Ask, Outlet, environment, serving, start

KINDS = {
    # kind: (what every place says, whether it is the outlet's will)
    "ten-mien": ("không tìm thấy tên miền", False),
    "het-han": ("chứng thư TLS của báo lỗi", False),
    "sai-ten": ("chứng thư TLS của báo lỗi", False),
    "tu-ky": ("chứng thư TLS của báo lỗi", False),
    "khong-tls": ("máy chủ không nói https", False),
    "dong-cong": ("máy chủ từ chối kết nối", False),
    "im-lang": ("máy chủ không trả lời kịp", False),
    "ngat-may": ("máy chủ ngắt kết nối giữa chừng", False),
    "loi-may": ("máy chủ đang lỗi", False),
    "cam-403": ("máy chủ từ chối máy đọc", True),
    "tuong": ("tường chặn máy", True),
    "robots": ("robots.txt của báo cấm", True),
}
OPERATOR, READER = "truc@example.org", "ban@example.org"


def outlets(authority: Authority) -> list[Outlet]:
    """An outlet for each kind, and a sound one."""

    def says(name: str, **answers: Answer) -> Outlet:
        made = Outlet(name)
        made.rules.append(lambda _, ask: answers.get(ask.path.strip("/").replace(".", "_").replace("-", "_")))
        return made

    def silent(_: Outlet, ask: Ask) -> Answer | None:
        time.sleep(4)
        return None

    def hangs_up(_: Outlet, ask: Ask) -> Answer | None:
        raise ConnectionAbortedError

    wall = Answer("<html><head><title>Just a moment...</title></head><body><div id='cf-challenge'>"
                  "<script src='/cdn-cgi/challenge-platform/x.js'></script></div></body></html>", 403)  # fmt: skip
    found = [
        Outlet("song"),
        *(Outlet(n, tls=partial(authority.server, kind)) for n, kind in zip(("het-han", "sai-ten", "tu-ky"), WRONG, strict=True)),
        Outlet("im-lang", rules=[silent]), Outlet("ngat-may", rules=[hangs_up]),
        says("loi-may", xay_dung_dang=Answer("x", 500)), says("cam-403", xay_dung_dang=Answer("Forbidden", 403)),
        says("tuong", xay_dung_dang=wall), says("robots", robots_txt=Answer("User-agent: *\nDisallow: /\n")),
        Outlet("ten-mien"), Outlet("dong-cong"), Outlet("khong-tls"),
    ]  # fmt: skip
    for outlet in found:
        outlet.add(195, 199)
    return found


@dataclass
class Told:
    """What each place says of each source."""

    crawl: dict[str, str]
    status: dict[str, str]
    health: dict[str, str]
    check: dict[str, str]
    coverage: str
    """The end of a reader's digest."""
    operator: str
    """All mails to the operator, in one."""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """One crawl of all of them, and what is told of it afterwards."""
    folder = tmp_path_factory.mktemp("kinds")
    authority = Authority(folder)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = taken.getsockname()[1]
    press = outlets(authority)
    with serving(*press, folder=folder) as rows:
        elsewhere = {
            "ten-mien": "http://bao-ten-mien.invalid", "dong-cong": f"http://127.0.1.77:{closed}",
            "khong-tls": press[-1].base.replace("http:", "https:"),
        }  # fmt: skip
        for outlet in press:
            if outlet.id in elsewhere:
                outlet.base, outlet.delay = elsewhere[outlet.id], 1
                (rows / f"{outlet.id}.toml").write_text(outlet.toml(), encoding="utf-8")

        def say(*arguments: str, minutes: int = 5, **more: str) -> str:
            child = start(
                rows, folder, *arguments, SSL_CERT_FILE=str(authority.trusted), COLUMNS="600", DIEMTIN_CRAWL__TIMEOUT="2",
                DIEMTIN_NOW=(NOW + timedelta(minutes=minutes)).isoformat(), DIEMTIN_MAIL__OPERATOR=OPERATOR, **more,
            )  # fmt: skip
            out, err = child.communicate(timeout=300)
            assert out and b"Traceback" not in err, err.decode()
            return out.decode()

        say("watch", "add", "đảng", "--to", READER, "--every", "daily@06:00", minutes=-60 * 30)
        shown = say("crawl", minutes=0)
        status, health, check = say("status", "--limit", "50"), say("health"), say("sources", "check")
        operated(rows, folder)
        say("deliver", minutes=60 * 23)
    mails = [
        message_from_bytes(p.read_bytes(), policy=policy.default) for p in (folder / "outbox").glob("*.eml")
    ]
    texts = [(str(m["To"]), f"{m['Subject']} {m.get_body(('plain',)).get_content()}") for m in mails]  # type: ignore[union-attr]
    return Told(
        *(_lines(page) for page in (shown, status, health, check)),
        coverage=" ".join(text for to, text in texts if READER in to),
        operator=" ".join(text for to, text in texts if OPERATOR in to),
    )


def operated(rows: Path, folder: Path) -> None:
    """One look of the daemon at the health of the sources."""
    settings = environment(rows, folder, DIEMTIN_MAIL__OPERATOR=OPERATOR)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in settings.items():
            patch.setenv(name, value)
        config = load_config()
        daemon = Daemon(config, open_database(config.url), lambda: NOW + timedelta(minutes=10))
        daemon.check_health()
        daemon.engine.dispose()


def _lines(shown: str) -> dict[str, str]:
    """What stands in the lines about each source, with those that go on from them."""
    records = [" ".join(record.split()) for record in re.split(r"\n(?=\S)", shown)]
    return {kind: " ".join(record for record in records if kind in record) for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_the_kind_of_a_failure_is_told_in_every_place(told: Told, kind: str) -> None:
    words, will = KINDS[kind]
    for place in ("crawl", "status", "health"):
        assert words in getattr(told, place)[kind], (place, getattr(told, place)[kind])
    state = "bị chặn" if will else "lỗi"
    assert state in told.health[kind] and ("bị chặn" if will else "không được") in told.status[kind]
    assert words in told.check[kind], told.check[kind]
    assert re.search(rf"Báo {kind} \([^)]*{re.escape(words)}", " ".join(told.coverage.split())), told.coverage
    headline = f"Nguồn chặn truy cập: Báo {kind}" if will else f"Nguồn không lấy được: Báo {kind}"
    lines = told.operator.splitlines()
    detail, to_do = (lines[lines.index(headline) + n].strip() for n in (1, 2))
    assert words in detail and ("Liên hệ tòa soạn" in to_do) == will, (detail, to_do)


def test_what_came_is_told_as_such(told: Told) -> None:
    assert "Báo song" not in told.operator
