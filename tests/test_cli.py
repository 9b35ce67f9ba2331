"""The command line as a person and a script meet it: commands, help, exit codes, one JSON document, clear errors."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import typer
from rich.cells import cell_len

import crawler.cli
from crawler.article import Annotations, Article, Block, Meeting
from crawler.citing.citations import cite
from crawler.cli.shell import app, console
from crawler.config import PREFIX
from crawler.crawl.ledger import Ledger
from crawler.store import articles as store
from crawler.store import runs
from crawler.store.crawl_item import CrawlItem
from crawler.store.database import open_database

NOW = "2026-11-20T07:00:00+07:00"
URL = "https://bao-lam-ha.example/dang-uy-tong-ket-1.html"
TITLE = "Đảng ủy xã Thượng Mai tổng kết năm 2026"
PROSE = (
    "Sáng 19/11, Đảng ủy xã Thượng Mai tổ chức hội nghị tổng kết công tác xây dựng Đảng năm 2026. Dự hội nghị có "
    "bí thư của hai mươi ba chi bộ trực thuộc; nhiều ý kiến bàn việc kết nạp đảng viên ở thôn Đồng Giếng.",
    "Hội nghị thảo luận việc thực hiện Chỉ thị số 35-CT/TW, ngày 14/6/2024 của Bộ Chính trị và thống nhất chọn "
    "chi bộ thôn Đồng Giếng làm điểm trong quý tới.",
)
PAGE = f"""<!doctype html><html lang="vi"><head><meta charset="utf-8"><title>{TITLE}</title>
<meta property="article:published_time" content="2026-11-19T10:00:00+07:00"></head>
<body><article><h1>{TITLE}</h1>{"".join(f"<p>{p}</p>" for p in PROSE)}</article></body></html>"""
ROW = """
id = "bao-lam-ha"
name = "Báo Lam Hà"
province = "Lam Hà"
fictitious = true
homepage = "https://bao-lam-ha.example/"
evidence = "seen"
[[sections]]
name = "Xây dựng Đảng"
url = "https://bao-lam-ha.example/xay-dung-dang/"
[articles]
url = '^https://bao-lam-ha\\.example/'
"""

COMMANDS = (
    "demo", "crawl", "read", "annotate", "stories", "search", "documents", "documents show", "meetings", "versions",
    "watch add", "watch list", "watch test", "watch remove", "deliver", "export", "sources list",
    "sources check", "sources add", "run", "health", "backfill", "topics train",
)  # fmt: skip
"""What DESIGN §6.3 names, and what the issues add."""

ARTICLE_KEYS = {
    "url", "canonical_url", "source", "section", "place", "title", "lead", "authors", "published",
    "published_precision", "published_from", "updated", "dates", "paragraphs", "captions", "images", "text",
    "reader", "warnings",
}  # fmt: skip
CITATION_KEYS = {
    "field", "start", "end", "surface", "type", "number", "issuer_code", "key", "issuer", "date", "system", "resolved",
}  # fmt: skip
MEETING_KEYS = {"field", "start", "end", "kind", "ordinal", "organiser", "date", "session", "status"}


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)


Diemtin = Callable[..., Answer]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder of its own, and a registry of one invented outlet; nothing of the caller's settings."""
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)
    rows = tmp_path / "rows"
    rows.mkdir()
    (rows / "bao-lam-ha.toml").write_text(ROW, encoding="utf-8")
    settings = {"DATA": tmp_path / "data", "SOURCES": rows, "SHIPPED_SOURCES": "0", "NOW": NOW}
    for name, value in settings.items():
        monkeypatch.setenv(PREFIX + name, str(value))
    return tmp_path


@pytest.fixture
def diemtin(
    desk: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Diemtin]:
    """The console script in this process."""
    handlers, level = logging.root.handlers[:], logging.root.level

    def run(*arguments: str) -> Answer:
        monkeypatch.setattr(sys, "argv", ["diemtin", *arguments])
        capsys.readouterr()
        with pytest.raises(SystemExit) as stopped:
            crawler.cli.main()
        told = capsys.readouterr()
        code = stopped.value.code
        return Answer(code if isinstance(code, int) else 0, told.out, told.err)

    yield run
    logging.root.handlers[:] = handlers
    logging.root.setLevel(level)


@pytest.fixture
def stored(desk: Path) -> Path:
    """A store with one article that cites a directive and tells of a conference, and a reprint of it."""
    engine = open_database(f"sqlite:///{desk / 'data' / 'diemtin.db'}")
    for url, source in ((URL, "bao-lam-ha"), ("https://bao-khac.example/tin-9.html", "bao-khac")):
        article = Article(
            url=url, canonical_url=url, title=TITLE, source=source, published="2026-11-19T10:00:00+07:00",
            published_precision="minute", published_from="json-ld",
            blocks=tuple(Block("paragraph", p) for p in PROSE),
        )  # fmt: skip
        meeting = Meeting(
            field="text", start=0, end=10, kind="hội nghị tổng kết", ordinal=None,
            organiser="Đảng ủy xã Thượng Mai", date="2026-11-19", date_to=None, session="sáng", status="held",
        )  # fmt: skip
        notes = Annotations(cite({"text": article.text}, None), (meeting,), relevant=True)
        article = replace(article, annotations=notes)
        new = CrawlItem(url, article=article, province="Lam Hà")
        store.put(engine, new, now=datetime(2026, 11, 19, 4, tzinfo=UTC))
    engine.dispose()
    return desk


def all_commands() -> Iterator[str]:
    def below(command: Any, path: tuple[str, ...]) -> Iterator[str]:
        if path:
            yield " ".join(path)
        for name, inner in sorted(getattr(command, "commands", {}).items()):
            yield from below(inner, (*path, name))

    yield from below(typer.main.get_command(app), ())


def test_every_promised_command_exists() -> None:
    assert set(COMMANDS) <= set(all_commands())


@pytest.mark.parametrize("command", ["", *all_commands()])
def test_every_command_explains_itself(diemtin: Diemtin, command: str) -> None:
    answer = diemtin(*command.split(), "--help")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith("Usage: diemtin")
    described = [line for line in answer.out.splitlines()[1:] if line.strip()]
    assert described and not described[0].startswith(("Options", "Arguments")), (
        "no sentence says what it does"
    )


def every_help() -> Iterator[tuple[str, str]]:
    """What each command, argument and option says of itself."""

    def below(command: Any, path: str) -> Iterator[tuple[str, str]]:
        yield path, command.help or ""
        for parameter in command.params:
            if parameter.name not in ("help", "install_completion", "show_completion"):
                yield f"{path} {parameter.name}", getattr(parameter, "help", None) or ""
        for name, inner in sorted(getattr(command, "commands", {}).items()):
            yield from below(inner, f"{path} {name}")

    yield from below(typer.main.get_command(app), "diemtin")


def test_every_help_is_vietnamese_first_and_english_second() -> None:
    def both(text: str) -> bool:
        first, *rest = text.split(". ")
        marked = any(c.isalpha() and not c.isascii() for c in first)
        return marked and re.search(r"[A-Za-z]{2,}", rest[-1] if rest else text) is not None

    found = list(every_help())
    assert len(found) > 100
    assert [about for about, text in found if not both(text)] == []


def test_help_has_vietnamese_headings_and_no_word_of_the_parser_in_english(diemtin: Diemtin) -> None:
    told = diemtin("watch", "add", "--help").out + diemtin("watch", "--help").out
    for word in (
        "Đối số / Arguments:",
        "Tùy chọn / Options:",
        "Lệnh / Commands:",
        "[bắt buộc]",
        "[mặc định: story]",
    ):
        assert word in told
    assert not re.search(r"^\s*(Options|Arguments|Commands):|\[required|\[default|<str>", told, re.MULTILINE)


def test_a_list_with_something_behind_it_is_told_how_to_show_one_entry(diemtin: Diemtin) -> None:
    answer = diemtin("documents", "50-CT/TW")
    assert answer.code == 2 and "diemtin documents show 50-CT/TW" in answer.err


def test_the_version_is_told(diemtin: Diemtin) -> None:
    answer = diemtin("--version")
    assert answer.code == 0 and answer.out.startswith("diemtin ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("nonsense", "nonsense"),
        ("search", "query"),
        ("search x --limit 0", "--limit"),
        ("search x --frob", "--frob"),
        ("read {tmp}/none.html --url https://x.example/", "/ No such file"),
        ("read {page} --url https://x.example/ --source bao-nao", "/ no such row"),
        ("read {page} --url https://x.example/ --fetched soon", "--fetched: 'soon'"),
        ("annotate {tmp}/none.jsonl", "/ No such file"),
        ("stories {tmp}/none.jsonl", "/ No such file"),
        ("crawl bao-nao", "bao-nao"),
        ("crawl --since 7x", "--since: '7x'"),
        ("crawl --limit 0", "--limit"),
        ("export xml", "xml"),
        ("export text --since yesterday", "--since: 'yesterday'"),
        ("export text --until 31/02/2026", "--until: '31/02/2026'"),
        ("export text --split", "--split"),
        ("export jsonl --out {page}", "not a folder"),
        ("meetings --from foo", "--from: 'foo'"),
        ("meetings --from 2026-02-01 --to 31/01/2026", "đứng sau --to"),
        ("export text --since 2026-02-01 --until 2026-01-01", "đứng sau --until"),
        ("backfill bao-lam-ha --from 2026-02-01 --to 2026-01-01", "đứng sau --to"),
        ("meetings --to 2026-13-01", "--to: '2026-13-01'"),
        ("meetings --ics {tmp}/none/x.ics", "/ No such file"),
        ("documents --system other", "--system 'other'"),
        ("documents show 99-XX/YY", "/ no such document"),
        ("documents join a b", "a: không có văn kiện này"),
        ("documents correct a --date 2026-99-99", "--date: '2026-99-99'"),
        ("documents correct a", "--issuer"),
        ("documents assign https://x.example/ 35-CT/TW 35-CT/TW@XIII", "no stored article"),
        ("versions https://x.example/", "no stored article"),
        ("watch remove nobody", "nobody"),
        ("watch add x --to nowhere", "nowhere"),
        ("watch add x", "--to"),
        ("watch add x --to a@example.org --scope all", "scope"),
        ("watch add x --to a@example.org --every noon", "noon"),
        ("watch reply {tmp}/none.eml", "/ No such file"),
        ("deliver --requeue 9", "--requeue 9"),
    ],
)  # fmt: skip
def test_wrong_use_is_exit_code_2_and_says_what_is_wrong(
    diemtin: Diemtin, desk: Path, arguments: str, said: str
) -> None:
    open_database(f"sqlite:///{desk / 'data' / 'diemtin.db'}").dispose()  # what reads makes none
    page = desk / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    answer = diemtin(*(word.format(tmp=desk, page=page) for word in arguments.split()))
    assert (answer.code, answer.out) == (2, "")
    assert said in answer.err and "Traceback" not in answer.err


WRONG_USE = (
    "read {tmp}/none.html --url https://x.example/",
    "read {tmp} --url https://x.example/",
    "read {page} --url https://x.example/",
    "read {page} --url https://x.example/ --source bao-nao",
    "read {page} --url https://x.example/ --fetched soon",
    "annotate {tmp}/none.jsonl",
    "annotate {lines}",
    "stories {tmp}/none.jsonl",
    "stories {lines}",
    "stories show 9",
    "stories show https://x.example/",
    "stories split 9 https://x.example/",
    "topics train {tmp}/none.jsonl",
    "topics train {lines}",
    "topics train {page}",
    "crawl bao-nao",
    "crawl --since 7x",
    "backfill bao-nao --from 2026-01-01",
    "backfill bao-lam-ha --from 2026-01-31 --to 2026-01-01",
    "backfill bao-lam-ha --from soon",
    "export text --since yesterday",
    "export text --split",
    "export jsonl --out {page}",
    "export jsonl --out {tmp}",
    "meetings --from foo",
    "meetings --from 2026-02-01 --to 2026-01-01",
    "export text --since 2026-02-01 --until 2026-01-01",
    "meetings --ics {tmp}/none/x.ics",
    "documents --system other",
    "documents show 99-XX/YY",
    "documents join a b",
    "documents correct a",
    "documents correct a --date 2026-99-99",
    "documents assign https://x.example/ 35-CT/TW 35-CT/TW@XIII",
    "versions https://x.example/",
    "sources record {page}",
    "sources record {page} --source bao-nao",
    "sources record {tmp}/none.html --url https://x.example/",
    "sources list --sources {tmp}/none",
    "watch add x --to nowhere",
    "watch add x --to https://",
    "watch add x --to a@example.org --scope all",
    "watch add x --to a@example.org --every noon",
    "watch add x --to a@example.org --quiet always",
    "watch add x --to a@example.org --language fr",
    "watch test x --scope event",
    "watch remove nobody",
    "watch lift a@example.org",
    "watch leave a@example.org",
    "watch reply {tmp}/none.eml",
    "deliver --requeue 9",
    "deliver --requeue 9 --list",
    "serach x",
    "search",
    "search x --limit",
    "search x --limit a",
    "search x --limit 0",
    "search x --lim 3",
    "search x --json=3",
    "--frob search x",
    "--data",
    "export xml",
    "meetings a b",
    "watch ad",
    "watch add x",
    "watch remove",
    "documents 50-CT/TW",
    "web --port 99999",
    "watch test x --days -1",
)
WRONG_FILES = {
    "data/diemtin.toml": (
        "[nobody]\nknows = 1\n", "wrokers = 1\n", "workers = = 1\n", 'workers = "many"\n', "workers = -1\n",
        "workers = 1.5\n", "crawl = 3\n", "[crawl]\nmax_minutes = 0\n", 'data = "elsewhere"\n',
        "now = 2026-11-20T06:00:00\n", 'allow_private = "perhaps"\n', 'database_url = "mysql://127.0.0.1:1/x"\n',
        'database_url = "sqlite:////proc/none/x.db"\n', 'contact = 3\n',
        *(f"[mail]\n{line}\n" for line in (
            'smtp = "ftp://host"', 'smtp = "smtp://host:99999"', 'smtp = "smtp://"', 'smtp = "smtp://host:25/x"',
            'smtp = "smtp://me@host"', 'sender = "nobody"', 'operator = "a@b@"', 'web = "http://example.org"',
            'list_domain = "a b"', "max_items = 500", "timeout = 601",
        )),
    ),
    "rows/bao-lam-ha.toml": (
        "[[", "frob = 1\n" + ROW, ROW.replace('"seen"', '"sure"'), ROW.replace("fictitious = true", ""),
        ROW.replace("fictitious = true", 'province = 3\nspider = "nobody"').replace('province = "Lam Hà"', ""),
        ROW.replace('id = "bao-lam-ha"', 'id = "bao-khac"'), ROW.replace('id = "bao-lam-ha"', 'id = "Bao"'),
        ROW.replace('name = "Báo Lam Hà"', 'name = ""'), ROW.replace("https://", "ftp://", 1),
        ROW.replace("[articles]\nurl = '^", "[articles]\nurl = '("), 'family = "none"\n' + ROW,
        ROW.replace("[articles]", "[crawl]\ndelay = 0.1\n[articles]"),
        ROW.replace("[articles]", "[crawl]\nevery = 'often'\n[articles]"),
        ROW.replace("[articles]", "[extract]\ntitle = 'h1['\n[articles]"),
        ROW.replace("[articles]", "[[extract]]\n[[extract]]\n[articles]"),
        ROW.replace("[articles]", "[extract]\nuntil = 'soon'\n[articles]"),
        ROW.replace("[articles]", "[archive]\nids = 'https://x.example/'\n[articles]"),
        ROW.replace("[articles]", "[expect]\ntitle = 2\n[articles]"),
    ),
}  # fmt: skip


def in_both_languages(line: str) -> bool:
    """Whether Vietnamese stands before the stroke and English behind it."""
    vietnamese, _, english = line.partition(" / ")
    marked = any(c.isalpha() and not c.isascii() for c in vietnamese)
    return marked and re.search(r"[A-Za-z]+ [a-z]+", english) is not None


@pytest.mark.parametrize("arguments", WRONG_USE)
def test_wrong_use_is_told_in_vietnamese_and_in_english(diemtin: Diemtin, desk: Path, arguments: str) -> None:
    places = {"tmp": desk, "page": desk / "page.html", "lines": desk / "lines.jsonl"}
    places["page"].write_text("<html><body><p>Nothing.</p></body></html>", encoding="utf-8")
    places["lines"].write_text("[1]\n", encoding="utf-8")
    open_database(f"sqlite:///{desk / 'data' / 'diemtin.db'}").dispose()
    answer = diemtin(*(word.format(**places) for word in arguments.split()))
    assert answer.code and answer.out == ""
    assert in_both_languages(answer.err.strip().splitlines()[0]), answer.err


@pytest.mark.parametrize(("name", "text"), [(n, text) for n, texts in WRONG_FILES.items() for text in texts])
def test_a_wrong_file_is_told_in_vietnamese_and_in_english(
    diemtin: Diemtin, desk: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.delenv("DIEMTIN_NOW")
    (desk / "data").mkdir()
    (desk / name).write_text(text, encoding="utf-8")
    answer = diemtin("sources", "list")
    assert (answer.code, answer.out) == (2, "")
    told = answer.err.splitlines()[0]
    assert in_both_languages(told), told
    assert "giá trị không dùng được" not in told, "a reason of pydantic's that has no Vietnamese yet"


@pytest.mark.parametrize("command", ["search", "watch add --to a@example.org", "export jsonl --query"])
def test_a_wrong_query_is_shown_with_its_place(diemtin: Diemtin, command: str) -> None:
    answer = diemtin(*command.split(), "họp VÀ (đại hội")
    assert (answer.code, answer.out) == (2, "")
    lines = answer.err.splitlines()
    shown = next(n for n, line in enumerate(lines) if line.strip() == "họp VÀ (đại hội")
    assert lines[shown + 1].strip() == "^"


def test_a_wrong_setting_is_exit_code_2_before_anything_happens(
    diemtin: Diemtin, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIEMTIN_CONTCT", "x")
    answer = diemtin("search", "x")
    assert answer.code == 2 and "DIEMTIN_CONTCT" in answer.err and "DIEMTIN_CONTACT" in answer.err
    assert not (desk / "data").exists()


def test_a_database_that_cannot_be_used_is_named_without_its_password(
    diemtin: Diemtin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIEMTIN_DATABASE_URL", "mysql://u:very-secret@127.0.0.1:1/x")
    answer = diemtin("search", "x")
    assert answer.code == 2 and "mysql://u:***@" in answer.err and "very-secret" not in answer.err


def test_read_prints_the_article_of_the_contract(diemtin: Diemtin, desk: Path) -> None:
    page = desk / "page.html"
    page.write_text(PAGE, encoding="utf-8")
    answer = diemtin("read", str(page), "--url", URL, "--source", "bao-lam-ha", "--fetched", NOW, "--json")
    assert answer.code == 0 and set(answer.json) >= ARTICLE_KEYS
    assert (answer.json["title"], answer.json["published"]) == (TITLE, "2026-11-19T10:00:00+07:00")
    shown = diemtin("read", str(page), "--url", URL)
    assert shown.code == 0 and PROSE[1].split()[-1] in shown.out


def test_read_says_of_a_page_that_is_no_article_what_it_is(diemtin: Diemtin, desk: Path) -> None:
    page = desk / "page.html"
    page.write_text("<html><body><p>Không có gì.</p></body></html>", encoding="utf-8")
    answer = diemtin("read", str(page), "--url", URL, "--json")
    assert answer.code == 1 and set(answer.json) == {"disposition", "why"}
    assert answer.json["disposition"].startswith("dropped:") and "no article" in answer.err


def test_annotate_answers_every_line_in_order_and_reports_bad_ones(diemtin: Diemtin, desk: Path) -> None:
    file = desk / "lines.jsonl"
    good = [{"id": f"n{i}", "title": TITLE, "text": PROSE[1]} for i in range(3)]
    file.write_text(
        "\n".join([json.dumps(good[0]), "{no json", *map(json.dumps, good[1:])]), encoding="utf-8"
    )
    answer = diemtin("annotate", str(file))
    found = [json.loads(line) for line in answer.out.splitlines()]
    assert [line["id"] for line in found] == ["n0", "n1", "n2"]
    assert all(set(line) == {"id", "citations", "meetings", "relevant", "topics"} for line in found)
    assert set(found[0]["citations"][0]) >= CITATION_KEYS
    assert all(set(m) >= MEETING_KEYS for line in found for m in line["meetings"])
    assert answer.code == 1 and "line 2" in answer.err


@pytest.mark.parametrize("command", ["annotate", "stories"])
@pytest.mark.parametrize(
    "content", [b"%PDF-1.7\n" + b"\xff\xfe\n" * 50, PAGE.encode() * 30, b"a,b\n1,2\n", b"{}\n"]
)
def test_a_file_of_another_kind_is_told_once(
    diemtin: Diemtin, desk: Path, command: str, content: bytes
) -> None:
    (desk / "x").write_bytes(content)
    answer = diemtin(command, str(desk / "x"))
    assert (answer.code, answer.out) == (2, "")
    told = answer.err.strip().splitlines()
    assert len(told) == 1 and "không dòng nào đọc được" in told[0] and in_both_languages(told[0])


@pytest.mark.parametrize(
    ("url", "source"),
    [
        ("https://bao-lam-ha.example/a-1.html", "bao-lam-ha"),
        ("http://WWW.bao-lam-ha.example/a-1.html?x=1", "bao-lam-ha"),
        ("https://bao-khac.example/a-1.html", None),
        ("https://bao-lam-ha.example.org/a-1.html", None),
    ],
)
def test_read_takes_the_row_of_the_addresss_host(
    diemtin: Diemtin, desk: Path, url: str, source: str | None
) -> None:
    (desk / "page.html").write_text(PAGE, encoding="utf-8")
    assert diemtin("read", str(desk / "page.html"), "--url", url, "--json").json["source"] == source


@pytest.mark.parametrize("url", ["", "bao.vn/bai.html", "file:///etc/passwd", "https://"])
def test_read_needs_an_address_of_the_web(diemtin: Diemtin, desk: Path, url: str) -> None:
    (desk / "page.html").write_text(PAGE, encoding="utf-8")
    answer = diemtin("read", str(desk / "page.html"), "--url", url)
    assert answer.code == 2 and "--url" in answer.err and "Traceback" not in answer.err


def test_a_search_needs_no_quotes_and_a_shells_quotes_are_put_back(diemtin: Diemtin, stored: Path) -> None:
    for words in (
        ["tổng", "kết", "công", "tác"],
        ["tổng kết công tác"],
        ["tổng kết", "chi bộ"],
        ["nguồn:bao-lam-ha"],
    ):
        assert diemtin("search", *words, "--json").json["total"] == 1, words
    assert diemtin("search", "chi bộ", "tổng kết", "--json").json["query"] == '"chi bộ" "tổng kết"'


def test_a_search_without_an_answer_says_what_would_hit(diemtin: Diemtin, stored: Path) -> None:
    for query, would in (
        ("tòng kết", "search 'tong ket'"),
        ("hội nghị tổng kết cuối năm", "search 'hội nghị tổng kết'"),
        ("tổng kết VÀ đại hội", "search 'tổng kết'"),
        ('tổng kết tỉnh:"Cao Bằng"', "search 'tổng kết'"),
        ("tổng kết nguồn:bao-lam-hoa", 'có phải nguồn:"Báo Lam Hà"'),
    ):
        answer = diemtin("search", query)
        assert answer.code == 0 and "0 tin" in answer.out, query
        assert would in answer.out + answer.err, (query, answer.out, answer.err)
    assert "có: Lam Hà" in diemtin("search", 'tỉnh:"Cao Bằng"').err
    for one in diemtin("search", "tòng kết", "--json").json["suggestions"]:
        assert diemtin("search", one["query"], "--json").json["articles"] == one["articles"] > 0


@pytest.mark.parametrize("width", [50, 60, 80, 160])
def test_lists_keep_to_the_width_of_the_terminal(
    diemtin: Diemtin, looked: Path, monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setattr(console, "_width", width)
    for command in (["sources", "list"], ["health"]):
        out = diemtin(*command).out
        assert max(map(cell_len, (line.rstrip() for line in out.splitlines()))) <= max(width, 62), out
        for part in ("bao-tuong", "Báo Tường", "19:00 18/11/2026" if command[0] == "sources" else "bị chặn"):
            assert part in out, (width, out)


def test_help_is_shown_without_loading_what_commands_need() -> None:
    """Modules are counted and not seconds: a database, a crawler and settings are no part of a page of help."""
    code = (
        "import sys, crawler.cli\n"
        "slow = ('sqlalchemy', 'alembic', 'scrapy', 'twisted', 'lxml', 'pydantic', 'courlan', 'trafilatura', 'jinja2')\n"
        "print(sorted({m.partition('.')[0] for m in sys.modules} & set(slow)), len(sys.modules) < 500)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "[] True", done.stdout + done.stderr


def test_a_mark_on_an_unknown_address_is_refused_and_nothing_is_saved(diemtin: Diemtin, stored: Path) -> None:
    diemtin("watch", "add", "tổng kết", "--to", "a@example.org", "--name", "T", "--force")
    for marks in (
        ["--right", URL + "x"],
        ["--right", URL, "--wrong", "https://x.example/"],
        ["--right", URL, "--wrong", URL],
    ):
        answer = diemtin("watch", "test", "T", *marks)
        assert (answer.code, answer.out) == (2, "") and in_both_languages(answer.err.splitlines()[0]), marks
    assert diemtin("watch", "test", "T", "--json").json["marks"]["checked"] == 0
    assert diemtin("watch", "test", "T", "--right", URL, "--json").json["marks"]["checked"] == 1


def test_stories_gives_every_line_its_story(diemtin: Diemtin, desk: Path) -> None:
    file = desk / "lines.jsonl"
    texts = ["\n\n".join(PROSE), "\n\n".join(PROSE), "Một bản tin khác hẳn về mùa gặt ở thôn Đồng Giếng."]
    rows = [{"id": f"n{i}", "text": text, "published": "2026-11-19"} for i, text in enumerate(texts)]
    file.write_text("\n".join(map(json.dumps, rows)) + "\n", encoding="utf-8")
    answer = diemtin("stories", str(file))
    found = {line["id"]: line["story"] for line in map(json.loads, answer.out.splitlines())}
    assert answer.code == 0 and list(found) == ["n0", "n1", "n2"]
    assert found["n0"] == found["n1"] != found["n2"]


def test_search_folds_stories_and_keeps_the_contract(diemtin: Diemtin, stored: Path) -> None:
    answer = diemtin("search", "tổng kết", "--json")
    assert answer.code == 0 and set(answer.json) >= {"query", "total", "hits"}
    assert (answer.json["query"], answer.json["total"], len(answer.json["hits"])) == ("tổng kết", 1, 1)
    hit = answer.json["hits"][0]
    assert set(hit) >= {"url", "title", "published", "source", "province", "story", "snippet"}
    other = ROW.replace("bao-lam-ha", "bao-khac").replace("Báo Lam Hà", "Báo Khác")
    (stored / "rows" / "bao-khac.toml").write_text(other, encoding="utf-8")
    shown = diemtin("search", "tổng kết").out
    assert TITLE in shown and "cũng đăng tại: Báo Khác" in shown and "1 tin, 2 bài" in shown
    assert "Báo Lam Hà · 10:00 19/11/2026 · " in shown
    assert diemtin("search", "không tìm thấy đâu").code == 0


def test_documents_keep_the_contract(diemtin: Diemtin, stored: Path) -> None:
    found = diemtin("documents", "--json").json
    assert [d["key"] for d in found] == ["35-CT/TW"]
    keys = {"key", "type", "number", "issuer", "date", "title", "system", "first_seen", "articles"}
    assert set(found[0]) >= keys and set(found[0]["first_seen"]) == {"at", "source", "url"}
    assert found[0]["articles"] == 2
    told = diemtin("documents", "show", "Chỉ thị số 35 - CT/TW", "--json").json
    assert any(d["id"] == found[0]["id"] and d["path"] for d in told)
    assert "35-CT/TW" in diemtin("documents").out
    assert diemtin("documents", "show", "35-CT/TW").code == 0
    assert diemtin("documents", "--since", "20/11/2026", "--json").json == []


def test_a_document_is_corrected_by_hand_and_stays_so(diemtin: Diemtin, stored: Path) -> None:
    identity = diemtin("documents", "--json").json[0]["id"]
    answer = diemtin(
        "documents", "correct", identity, "--title", "Về đại hội đảng bộ các cấp", "--date", "14/6/2024"
    )
    assert (answer.code, answer.out) == (0, "")
    assert "trích yếu: " in answer.err and "→ Về đại hội đảng bộ các cấp" in answer.err
    assert f"diemtin documents correct '{identity}' --undo" in answer.err
    found = diemtin("documents", "--json").json[0]
    assert (found["title"], found["date"], found["corrected"]) == (
        "Về đại hội đảng bộ các cấp",
        "2024-06-14",
        True,
    )


def test_what_a_person_did_to_the_register_is_told_and_taken_back(diemtin: Diemtin, stored: Path) -> None:
    before = diemtin("documents", "--json").json
    identity = before[0]["id"]
    diemtin("documents", "correct", identity, "--title", "Trích yếu khác")
    answer = diemtin("documents", "correct", identity, "--undo")
    assert answer.code == 0 and "Đã lấy lại" in answer.err
    assigned = diemtin("documents", "assign", URL, "chỉ thị 35-CT/TW", "35-CT/TW@khac")
    assert assigned.code == 0 and "→ 35-CT/TW@khac" in assigned.err
    joined = diemtin("documents", "join", "35-CT/TW@khac", identity)
    assert joined.code == 0 and f"đã gộp vào {identity}" in joined.err
    apart = diemtin("documents", "join", "35-CT/TW@khac")
    assert apart.code == 0 and f"đã tách khỏi {identity}" in apart.err
    assert diemtin("documents", "assign", URL, "35-CT/TW", "--undo").code == 0
    assert diemtin("documents", "--json").json == before
    for wrong in (
        ("correct", identity, "--undo"),
        ("assign", URL, "35-CT/TW"),
        ("assign", URL, "35-CT/TW", "--undo"),
        ("join", identity),
        ("correct", identity, "--undo", "--title", "A"),
    ):
        answer = diemtin("documents", *wrong)
        assert answer.code == 2 and " / " in answer.err


def test_meetings_keep_the_contract_and_go_to_a_calendar(diemtin: Diemtin, stored: Path) -> None:
    found = diemtin("meetings", "--json").json
    keys = {"id", "kind", "ordinal", "organiser", "date", "session", "status", "place", "articles"}
    assert len(found) == 1 and set(found[0]) >= keys and len(found[0]["articles"]) == 2
    assert diemtin("meetings", "--from", "20/11/2026", "--json").json == []
    assert len(diemtin("meetings", "--from", "19/11/2026", "--to", "2026-11-19", "--json").json) == 1
    calendar = stored / "x.ics"
    answer = diemtin("meetings", "--ics", str(calendar))
    assert (answer.code, answer.out) == (0, "") and calendar.read_bytes().startswith(b"BEGIN:VCALENDAR")


def test_versions_tell_the_history_of_one_article(diemtin: Diemtin, stored: Path) -> None:
    found = diemtin("versions", URL, "--json").json
    assert found["url"] == URL and [v["n"] for v in found["versions"]] == [1]
    assert "Bản 1" in diemtin("versions", URL).out


def test_a_watch_is_added_listed_tried_and_removed(diemtin: Diemtin, stored: Path) -> None:
    added = diemtin("watch", "add", "tổng kết", "--to", "a@example.org", "--name", "Tổng kết", "--json")
    assert added.code == 0 and {"id", "name", "query", "scope", "every", "to"} <= set(added.json)
    assert [w["name"] for w in diemtin("watch", "list", "--json").json] == ["Tổng kết"]
    assert "Tổng kết" in diemtin("watch", "list").out
    tried = diemtin("watch", "test", "tổng kết", "--json")
    assert tried.code == 0 and isinstance(tried.json, dict)
    assert diemtin("watch", "remove", "Tổng kết").code == 0
    assert diemtin("watch", "list", "--json").json == []


@pytest.mark.parametrize("scope", ["document", "meeting"])
def test_an_empty_query_watches_for_everything_new_of_a_kind(
    diemtin: Diemtin, desk: Path, scope: str
) -> None:
    assert diemtin("watch", "add", "", "--to", "a@example.org", "--scope", scope).code == 0
    assert diemtin("watch", "add", "", "--to", "a@example.org").code == 2


def test_deliver_with_nothing_owed_says_so_in_one_document(diemtin: Diemtin, desk: Path) -> None:
    answer = diemtin("deliver", "--json")
    assert answer.code == 0 and isinstance(answer.json, dict)


def test_export_says_what_it_wrote(diemtin: Diemtin, stored: Path) -> None:
    out = stored / "corpus"
    answer = diemtin("export", "jsonl", "--out", str(out), "--json")
    assert answer.code == 0 and (answer.json["articles"], answer.json["folder"]) == (2, str(out))
    record = json.loads((out / "articles.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert set(record) >= ARTICLE_KEYS | {"id", "story", "citations", "meetings", "relevant", "topics"}
    assert "2 bài" in diemtin("export", "text", "--query", "tổng kết", "--since", "19/11/2026").out
    assert len(list((stored / "data" / "exports" / "text").glob("*.txt"))) == 2


def test_health_and_sources_answer_in_one_document(diemtin: Diemtin, desk: Path) -> None:
    listed = diemtin("sources", "list", "--json")
    assert listed.code == 0 and [row["id"] for row in listed.json] == ["bao-lam-ha"]
    assert diemtin("health").code == 2, "there is nothing yet to tell of"
    diemtin("deliver")
    health = diemtin("health", "--json")
    assert health.code == 0 and health.json[0]["state"] == "not_looked"
    assert "chưa xem" in diemtin("health").out and "Báo Lam Hà" in diemtin("sources", "list").out


@pytest.fixture
def looked(desk: Path) -> Path:
    """Four outlets: one in order, one behind a wall since yesterday, one never looked at, one of an older province."""
    rows = desk / "rows"
    for id_, name in (("bao-cham", "Báo Chậm"), ("bao-tuong", "Báo Tường")):
        row = ROW.replace("bao-lam-ha", id_).replace("Báo Lam Hà", name)
        (rows / f"{id_}.toml").write_text(row, encoding="utf-8")
    split = (
        ROW.replace("bao-lam-ha", "bao-bac-kan")
        .replace("Lam Hà", "Bắc Kạn")
        .replace("fictitious = true\n", "")
    )
    split = split.replace('province = "Bắc Kạn"', 'province = "Thái Nguyên"\ncovers = ["Bắc Kạn"]')
    split += (
        '[[sections]]\nname = "Chính trị"\nurl = "https://bao-bac-kan.example/ct/"\nevidence = "inferred"\n'
    )
    (rows / "bao-bac-kan.toml").write_text(split, encoding="utf-8")
    engine = open_database(f"sqlite:///{desk / 'data' / 'diemtin.db'}")
    for source, day, outcome in (
        ("bao-lam-ha", 19, "finished"), ("bao-tuong", 18, "finished"), ("bao-tuong", 19, "blocked"),
    ):  # fmt: skip
        at = datetime(2026, 11, day, 12, tzinfo=UTC)
        run = runs.open_run(engine, source, now=at)
        problem = None if outcome == "finished" else "tường [/chặn] máy"
        runs.close_run(engine, run, ended=at, outcome=outcome, problem=problem)
    engine.dispose()
    return desk


def test_the_list_of_sources_tells_when_each_last_answered_and_what_is_a_guess(
    diemtin: Diemtin, looked: Path
) -> None:
    rows = {row["id"]: row for row in diemtin("sources", "list", "--json").json}
    walled = rows["bao-tuong"]
    assert walled["last_success"].startswith("2026-11-18") and walled["last_look"].startswith("2026-11-19")
    assert rows["bao-cham"]["last_success"] is None
    assert rows["bao-bac-kan"]["inferred_sections"] == ["Chính trị"]
    shown = diemtin("sources", "list").out
    assert "bao-bac-kan" in shown and "19:00 18/11/2026" in shown and "đã thấy; suy đoán" in shown


def test_the_sources_are_shown_under_the_63_provinces_too(diemtin: Diemtin, looked: Path) -> None:
    former = diemtin("sources", "list", "--former", "--json").json
    assert {(row["former_province"], row["id"]) for row in former} >= {("Bắc Kạn", "bao-bac-kan")}
    assert "former_province" not in diemtin("sources", "list", "--json").json[0]
    line = next(x for x in diemtin("sources", "list", "--former").out.splitlines() if "bao-bac-kan" in x)
    assert line.strip().startswith("Bắc Kạn")


def test_health_puts_what_needs_a_person_first_and_folds_what_was_never_looked_at(
    diemtin: Diemtin, looked: Path
) -> None:
    answer = diemtin("health")
    lines = [line.strip() for line in answer.out.splitlines()]
    assert answer.code == 1 and lines[1].startswith("bao-tuong") and lines[2].startswith("bao-lam-ha")
    assert "tường [/chặn] máy" in answer.out
    assert lines[3:] == ["Chưa xem lần nào (2): bao-bac-kan, bao-cham", "1 bị chặn · 2 chưa xem · 1 tốt"]


def test_a_crawl_is_counted_under_the_keys_of_the_contract() -> None:
    keys = {"requests", "found", "stored", "updated", "unchanged", "dropped", "errors"}
    assert set(Ledger("bao-lam-ha").to_json()) >= keys


def test_common_options_stand_before_or_after_the_command(diemtin: Diemtin, desk: Path) -> None:
    elsewhere = desk / "elsewhere"
    for arguments in (
        ("--data", str(elsewhere), "search", "x", "--json"),
        ("search", "x", "--data", str(elsewhere), "--json"),
        ("search", f"--data={elsewhere}", "x", "--json", "-v"),
    ):
        answer = diemtin(*arguments)
        assert answer.code == 2 and str(elsewhere / "diemtin.db") in answer.err
    assert diemtin("deliver", "--json", "--data", str(elsewhere)).code == 0
    assert (elsewhere / "diemtin.db").exists() and not (desk / "data").exists()
    rows = str(desk / "rows")
    assert (
        diemtin("sources", "list", "--json", "--sources", rows).json
        == diemtin("--sources", rows, "sources", "list", "--json").json
    )


def test_what_is_said_besides_the_answer_goes_to_stderr(diemtin: Diemtin, stored: Path) -> None:
    answer = diemtin("search", "tổng kết", "--json", "-vv")
    assert answer.json["total"] == 1
    out = stored / "x.ics"
    answer = diemtin("meetings", "--json", "--ics", str(out))
    assert len(answer.json) == 1 and str(out.name) in answer.err.replace("\n", "")


def test_a_reader_that_goes_away_is_no_error(desk: Path) -> None:
    file = desk / "lines.jsonl"
    line = json.dumps({"id": "n", "text": PROSE[1] * 3}) + "\n"
    file.write_text(line * 600, encoding="utf-8")
    child = subprocess.Popen(
        [sys.executable, "-m", "crawler", "annotate", str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdout is not None and child.stderr is not None
    assert child.stdout.readline().startswith(b'{"id"')
    child.stdout.close()
    told = child.stderr.read()
    child.stderr.close()
    assert (child.wait(60), told) == (0, b"")
