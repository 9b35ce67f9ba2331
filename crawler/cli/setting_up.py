"""`diemtin init`: settings by questions, each answer checked before the next is asked."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from getpass import getpass
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlsplit

import typer

from crawler.cli.shell import app, data_folder, notes, say
from crawler.errors import InvalidInput
from crawler.private_files import private_file, private_folder

_SECURITY = {"1": ("smtp+starttls", 587), "2": ("smtps", 465), "3": ("smtp", 25)}


@app.command("init")
def init(
    contact: Annotated[
        str | None, typer.Option(help="Địa chỉ để báo liên hệ. The address an outlet can complain to.")
    ] = None,
    operator: Annotated[
        str | None, typer.Option(help="Địa chỉ người vận hành. Who hears of the box's own troubles.")
    ] = None,
    sender: Annotated[str | None, typer.Option(help="Tên và địa chỉ gửi thư. The From line.")] = None,
    smtp: Annotated[
        str | None,
        typer.Option(help="Máy chủ gửi thư, smtp+starttls://tên:mật-khẩu@máy:587. The mail server."),
    ] = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Không hỏi, chỉ ghi những gì đã cho. Ask nothing, write what is given."),
    ] = False,
) -> None:
    """Hỏi vài câu rồi ghi thiết lập vào diemtin.toml của thư mục dữ liệu.

    Ask a few questions and write the settings into diemtin.toml of the data folder.
    """
    import tomlkit

    from crawler.config import load_config

    folder = data_folder()
    file = folder / "diemtin.toml"
    load_config(data=folder)  # what is there must be right before anything is added
    document = tomlkit.parse(file.read_text(encoding="utf-8")) if file.exists() else tomlkit.document()
    given = {"contact": contact, "mail.operator": operator, "mail.sender": sender, "mail.smtp": smtp}
    asking = not yes and not all(given.values())
    if asking and not sys.stdin.isatty():
        raise InvalidInput(
            "init: không có người trả lời ở bàn phím; cho sẵn --contact, --operator, --smtp, --sender rồi thêm --yes / "
            "nobody is there to answer; give --contact, --operator, --smtp, --sender with --yes"
        )
    for key, value in given.items():
        if value is None and asking:
            value = _QUESTIONS[key](_current(document, key), partial(_why_not, folder, key))
        if value:
            if why := _why_not(folder, key, value):
                raise InvalidInput(f"--{key.rpartition('.')[2]}: {why}")
            _set(document, key, value)
    private_folder(folder)
    with private_file(file) as opened:
        opened.write(tomlkit.dumps(document).encode())
    say(f"Đã ghi {file} (chỉ chủ tệp đọc được).")
    say('Tiếp theo: diemtin sources check · diemtin watch add "đại hội" --to ĐỊA-CHỈ · diemtin run')


Check = Callable[[str], str | None]


def _ask(question: str, current: str | None, check: Check) -> str | None:
    """One answer; asked again until it is right. Enter keeps what is there, `-` leaves it open."""
    kept = f" [{current}]" if current else " [để trống]"
    while True:
        notes.print(f"{question}{kept}: ", end="", markup=False)
        answer = input().strip()
        if not answer:
            return current
        why = None if answer == "-" else check(answer)
        if why is None:
            return None if answer == "-" else answer
        notes.print(f"  Chưa được: {why}", markup=False)


def _ask_smtp(current: str | None, check: Check) -> str | None:
    """The mail server by its parts, so that nobody has to write a password into an address."""
    known = urlsplit(current or "")
    host = _ask("Máy chủ gửi thư, như mail.tinh.gov.vn (trống: thư ghi ra tệp)", known.hostname, _host)
    if host is None or host == known.hostname:
        return current if host else None
    ways = "1 STARTTLS, 2 TLS ngay, 3 không mã hóa"
    way = _ask(f"Bảo mật: {ways}", "1", lambda text: None if text in _SECURITY else f"chọn {ways}") or "1"
    scheme, usual = _SECURITY[way]
    port = _ask("Cổng", str(usual), lambda text: None if text.isdecimal() else "cần một số")
    user = _ask("Tên đăng nhập (trống: không cần)", None, lambda text: None)
    login = ""
    if user:
        login = f"{quote(user, safe='')}:{quote(getpass('Mật khẩu (không hiện ra): '), safe='')}@"
    address = f"{scheme}://{login}{host}:{port}"
    if why := check(address):
        raise InvalidInput(f"smtp: {why}")
    return address


def _host(text: str) -> str | None:
    wrong = "/" in text or " " in text or "@" in text
    return "chỉ ghi tên máy, như mail.tinh.gov.vn / the host alone" if wrong else None


def _question(text: str) -> Callable[[str | None, Check], str | None]:
    return lambda current, check: _ask(text, current, check)


_QUESTIONS: dict[str, Callable[[str | None, Check], str | None]] = {
    "contact": _question("Địa chỉ để các báo liên hệ khi cần (ghi trong tên máy thu thập)"),
    "mail.operator": _question("Địa chỉ người vận hành, nhận tin khi nguồn hỏng hay thư lỗi"),
    "mail.sender": _question("Thư gửi đi ghi tên ai, như Điểm tin <diemtin@tinh.vn>"),
    "mail.smtp": _ask_smtp,
}


def _why_not(folder: Path, key: str, value: str) -> str | None:
    """Why the settings refuse a value; None where they take it."""
    from crawler.config import load_config

    group, _, name = key.rpartition(".")
    try:
        load_config(data=folder, **({group: {name: value}} if group else {name: value}))
    except InvalidInput as error:
        return str(error).partition(": ")[2]
    return None


def _current(document: Any, key: str) -> str | None:
    group, _, name = key.rpartition(".")
    table = document.get(group, {}) if group else document
    found = table.get(name)
    return str(found) if found is not None else None


def _set(document: Any, key: str, value: str) -> None:
    import tomlkit

    group, _, name = key.rpartition(".")
    if group and group not in document:
        document[group] = tomlkit.table()
    (document[group] if group else document)[name] = value
