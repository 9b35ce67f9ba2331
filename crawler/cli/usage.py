"""What the command line itself says, Vietnamese first: headings of help, and every kind of wrong use.

Typer and its parser speak English only. Their messages are a closed list; each is told in Vietnamese with the English
behind it, then how the command is used.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.exceptions import TyperException

_HEADINGS = (("argument", "Đối số / Arguments"), ("option", "Tùy chọn / Options"))
_TYPES = (
    ("list[Path]", "đường dẫn…"), ("list[str]", "chữ…"), ("int range", "số"), ("float range", "số"),
    ("directory", "thư mục"), ("file", "tệp"), ("path", "đường dẫn"), ("float", "số"), ("int", "số"), ("str", "chữ"),
)  # fmt: skip
_EXTRAS = (
    (re.compile(r"\brequired\]"), "bắt buộc]"),
    (re.compile(r"\[default: "), "[mặc định: "),
    (re.compile(r"; default: "), "; mặc định: "),
)
_OWN_OPTIONS = {
    "--help": "Xem hướng dẫn này. Show this message and exit.",
    "--install-completion": "Cài gợi ý lệnh cho shell đang dùng. Install completion for the current shell.",
    "--show-completion": "In gợi ý lệnh của shell để chép. Show completion for the current shell, to copy it.",
}
_MESSAGES: tuple[tuple[str, str], ...] = (
    (r"No such option: (?P<a>\S+) \(Possible options: (?P<b>.+)\)", "không có tùy chọn {a}; có phải {b}?"),
    (r"No such option: (?P<a>\S+)", "không có tùy chọn {a}"),
    (r"No such command '(?P<a>.*)'\. Did you mean (?P<b>.+)\?", "không có lệnh {a}; có phải {b}?"),
    (r"No such command '(?P<a>.*)'", "không có lệnh {a}"),
    (r"Missing command", "chưa nói lệnh nào"),
    (r"Missing argument '?(?P<a>[^'.]+)'?", "thiếu {a}"),
    (r"Missing option '?(?P<a>[^'.]+)'?", "thiếu tùy chọn {a}"),
    (
        r"Got unexpected extra arguments?(?:\(s\))? \((?P<a>.*)\)",
        "thừa {a}; cụm có dấu cách thì đặt trong ngoặc kép",
    ),
    (r"Option '(?P<a>.+)' requires \d+ arguments", "tùy chọn {a} cần thêm giá trị"),
    (r"Option '(?P<a>.+)' requires an argument", "tùy chọn {a} cần một giá trị đứng sau"),
    (r"Option '(?P<a>.+)' does not take a value", "tùy chọn {a} không nhận giá trị"),
    (r"Argument '(?P<a>.+)' takes (?P<b>\d+) values", "{a} cần {b} giá trị"),
    (r"Invalid value for '?(?P<a>[^':]+)'?: .*valid integer", "{a}: cần một số nguyên"),
    (r"Invalid value for '?(?P<a>[^':]+)'?: .*valid number", "{a}: cần một số"),
    (
        r"Invalid value for '?(?P<a>[^':]+)'?: .*greater than or equal to (?P<b>\S+)",
        "{a}: phải từ {b} trở lên",
    ),
    (r"Invalid value for '?(?P<a>[^':]+)'?: .*greater than (?P<b>\S+)", "{a}: phải lớn hơn {b}"),
    (r"Invalid value for '?(?P<a>[^':]+)'?: .*less than or equal to (?P<b>\S+)", "{a}: không được quá {b}"),
    (r"Invalid value for '?(?P<a>[^':]+)'?: .*less than (?P<b>\S+)", "{a}: phải nhỏ hơn {b}"),
    (r"Invalid value for '?(?P<a>[^':]+)'?: .*not one of (?P<b>.+?)\.?$", "{a}: chỉ nhận {b}"),
    (r"Invalid value for '?(?P<a>[^':]+)'?: ", "{a}: giá trị không dùng được"),
)
"""Every message of the parser that a wrong command line can meet, and what it means."""


def wrong_use(error: TyperException, words: Sequence[str], app: Any) -> str:
    """A mistake in the command line `words`: what, in both languages, then how the command is used; for stderr."""
    context = getattr(error, "ctx", None)
    english = " ".join(error.format_message().split())
    if type(error).__name__ == "NoArgsIsHelpError":
        return error.format_message()
    command = context.command_path if context is not None else _meant(words, app)
    lines = [f"{command}: {_in_vietnamese(english)} / {english}"]
    if context is not None:
        lines += [f"Cách dùng / {context.get_usage()}", *_instead(context, english)]
    return "\n".join([*lines, f"Hướng dẫn / help: {command} --help"])


def _meant(words: Sequence[str], app: Any) -> str:
    """The command that words name, for a mistake of which the parser does not say where it was."""
    path = ["diemtin"]
    for word in words:
        if (inner := getattr(app, "commands", {}).get(word)) is not None:
            app = inner
            path.append(word)
    return " ".join(path)


def _in_vietnamese(english: str) -> str:
    for pattern, told in _MESSAGES:
        if found := re.match(pattern, english):
            return told.format(**{name: value or "" for name, value in found.groupdict().items()})
    return "dùng sai lệnh"


def _instead(context: Any, english: str) -> list[str]:
    """A list's name with something behind it mostly means one entry of the list."""
    wrong = re.match(r"No such command '(.*)'\.?$", english)
    if wrong is None or "show" not in getattr(context.command, "commands", ()):
        return []
    return [f"Xem một mục / one entry: {context.command_path} show {wrong[1]}"]


def _write_help(command: Any, context: Any, formatter: Any) -> None:
    parameters = [(p, p.get_help_record(context)) for p in command.get_params(context)]
    for kind, heading in _HEADINGS:
        rows = [_record(*record) for p, record in parameters if record and p.param_type_name == kind]
        if rows:
            with formatter.section(heading):
                formatter.write_dl(rows)


def _record(names: str, text: str) -> tuple[str, str]:
    for english, vietnamese in _TYPES:
        names = names.replace(f"<{english}>", f"<{vietnamese}>")
    for pattern, told in _EXTRAS:
        text = pattern.sub(told, text)
    return names, _OWN_OPTIONS.get(names, text)


class Command(TyperCommand):
    """A command whose help is Vietnamese first."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The sections of arguments and options."""
        _write_help(self, ctx, formatter)


class UsageGroup(TyperGroup):
    """A group of commands whose help is Vietnamese first."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """The sections of options and commands."""
        _write_help(self, ctx, formatter)
        rows = [
            (name, command.get_short_help_str(formatter.width))
            for name in self.list_commands(ctx)
            if (command := self.get_command(ctx, name)) is not None and not command.hidden
        ]
        with formatter.section("Lệnh / Commands"):
            formatter.write_dl(rows)


class App(typer.Typer):
    """A Typer whose commands and groups are of these two kinds."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"cls": UsageGroup, **settings})

    def command(self, name: str | None = None, **settings: Any) -> Callable[..., Any]:
        """Typer's own, with our class of command."""
        return super().command(name, **{"cls": Command, **settings})
