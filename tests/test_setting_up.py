"""`diemtin init` asks on a terminal and writes what it was told; `diemtin status` tells what is and what comes."""

from __future__ import annotations

import os
import pty
import re
import select
import stat
import subprocess
import sys
import time
import tomllib
from datetime import timedelta
from pathlib import Path

import pytest

from crawler.demo.press import DEMO_NOW, Press
from crawler.demo.server import serve
from tests.press import Desk


def talk(desk: Desk, answers: list[tuple[str, str]], *arguments: str) -> tuple[int, str]:
    """A command on a real terminal: each answer is typed when its question stands there."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-m", "crawler", *arguments], env=desk.environment(), stdin=theirs, stdout=theirs,
        stderr=theirs, start_new_session=True, preexec_fn=lambda: os.close(ours),
    )  # fmt: skip
    os.close(theirs)
    seen = read = ""
    deadline = time.monotonic() + 60
    waiting = list(answers)
    while time.monotonic() < deadline:
        if not select.select([ours], [], [], 0.2)[0]:
            if child.poll() is not None:
                break
            continue
        try:
            piece = os.read(ours, 4096).decode()
        except OSError:  # the terminal's other end is closed
            break
        seen, read = seen + piece, read + piece
        if waiting and waiting[0][0] in read:
            os.write(ours, (waiting.pop(0)[1] + "\n").encode())
            read = ""
    os.close(ours)
    assert not waiting, seen
    return child.wait(30), seen


def settings(desk: Desk) -> dict[str, object]:
    return tomllib.loads((desk.data / "diemtin.toml").read_text(encoding="utf-8"))


def test_settings_are_asked_for_checked_and_written_for_their_owner_alone(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", tmp_path, DEMO_NOW)
    code, seen = talk(
        desk,
        [
            ("liên hệ", "ban@tinh.example.vn"),
            ("người vận hành", "không phải địa chỉ"),
            ("Chưa được", "op@tinh.example.vn"),
            ("ghi tên ai", ""),
            ("Máy chủ gửi thư", "mail.tinh.example.vn"),
            ("Bảo mật", "9"),
            ("Chưa được", "1"),
            ("Cổng", ""),
            ("Tên đăng nhập", "diemtin"),
            ("Mật khẩu", "bí m@t/#"),
        ],
        "init",
    )
    assert code == 0 and "bí m@t" not in seen, seen
    assert settings(desk) == {
        "contact": "ban@tinh.example.vn",
        "mail": {
            "operator": "op@tinh.example.vn",
            "smtp": "smtp+starttls://diemtin:b%C3%AD%20m%40t%2F%23@mail.tinh.example.vn:587",
        },
    }
    assert stat.S_IMODE((desk.data / "diemtin.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE(desk.data.stat().st_mode) == 0o700
    assert desk.run("deliver"), "the settings are taken by the other commands"


def test_what_is_set_already_is_kept_by_a_bare_enter(tmp_path: Path) -> None:
    desk = Desk(tmp_path / "data", tmp_path, DEMO_NOW)
    desk.data.mkdir()
    (desk.data / "diemtin.toml").write_text(
        '# của tôi\ncontact = "cu@tinh.vn"\nworkers = 2\n[mail]\nmax_items = 20\n'
    )
    code, seen = talk(
        desk,
        [("liên hệ", ""), ("người vận hành", "op@tinh.vn"), ("ghi tên ai", ""), ("Máy chủ gửi thư", "")],
        "init",
    )
    assert code == 0 and "[cu@tinh.vn]" in seen
    assert settings(desk) == {
        "contact": "cu@tinh.vn", "workers": 2, "mail": {"max_items": 20, "operator": "op@tinh.vn"},
    }  # fmt: skip
    assert "# của tôi" in (desk.data / "diemtin.toml").read_text()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("", "không có người trả lời"),
        ("--smtp ftp://x --yes", "--smtp"),
        ("--operator nobody --yes", "--operator"),
    ],
)
def test_nothing_is_written_where_nobody_answers_or_an_option_is_wrong(
    tmp_path: Path, arguments: str, said: str
) -> None:
    desk = Desk(tmp_path / "data", tmp_path, DEMO_NOW)
    done = subprocess.run(
        [sys.executable, "-m", "crawler", "init", *arguments.split()], env=desk.environment(), capture_output=True,
        text=True, stdin=subprocess.DEVNULL, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not desk.data.exists()


def test_status_tells_the_last_runs_what_is_due_and_the_next_mails(tmp_path: Path) -> None:
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(tmp_path / "rows")
        desk = Desk(tmp_path / "data", tmp_path / "rows", DEMO_NOW)
        desk.run(
            "watch",
            "add",
            "đảng",
            "--to",
            "a@example.org",
            "--every",
            "daily@06:00",
            "--name",
            "Đảng",
            "--force",
        )
        desk.crawl("bao-dong-sa", "bao-yen-ha")
    told = desk.run("status")
    assert re.search(r"Báo Đông Sa +07:00 21/11/2026 +xong +14 ", told) and "Báo Yên Hà" in told
    assert "Đến giờ xem: 5 nguồn" in told and "Đảng: " in told
    found = desk.json("status", now=DEMO_NOW + timedelta(days=30))
    assert {r["source"] for r in found["runs"]} == {"bao-dong-sa", "bao-yen-ha"}, "the last ones, however old"
    assert len(found["due"]) == 7 and found["watches"][0]["name"] == "Đảng"


def test_a_crawl_tells_each_source_in_a_line_of_a_pipe_and_a_script_hears_nothing(tmp_path: Path) -> None:
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(tmp_path / "rows")
        desk = Desk(tmp_path / "data", tmp_path / "rows", DEMO_NOW)
        arguments = [sys.executable, "-m", "crawler", "crawl", "bao-dong-sa", "bao-yen-ha", "bao-kim-hai"]
        done = subprocess.run(arguments, env=desk.environment(), capture_output=True, text=True, timeout=120)
        quiet = subprocess.run(
            [*arguments, "--json"], env=desk.environment(), capture_output=True, text=True, timeout=120
        )
    lines = [
        line for line in done.stderr.splitlines() if not re.match(r"\d{4}-", line)
    ]  # the log's begin with a day
    assert sorted(line.partition(":")[0] for line in lines) == ["Báo Kim Hải", "Báo Yên Hà", "Báo Đông Sa"], (
        lines
    )
    assert "Báo Đông Sa: 14 bài mới, 3 trang bỏ qua" in lines and "\x1b" not in done.stderr
    assert "Báo Đông Sa" in done.stdout and "bao-dong-sa" not in done.stdout, "the table names outlets"
    assert "bài mới" not in quiet.stderr and quiet.stdout.startswith("{")


def test_a_crawl_on_a_terminal_shows_the_sources_and_leaves_one_line_of_each(tmp_path: Path) -> None:
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(tmp_path / "rows")
        desk = Desk(tmp_path / "data", tmp_path / "rows", DEMO_NOW)
        code, seen = talk(desk, [], "crawl", "bao-dong-sa", "bao-yen-ha", "bao-kim-hai")
    assert code == 1, "one of them is walled"
    assert "Thu thập" in seen and "3/3" in seen
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen)
    assert "Báo Đông Sa: 14 bài mới" in plain and "Báo Yên Hà: " in plain
