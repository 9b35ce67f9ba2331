"""`diemtin demo`: the main job from page to mail and corpus file, on loopback, in well under half a minute.

The press is crawled three times, as by a box that has run for a while: a fortnight ago, when the watches were added,
this morning, and in the evening, after it has edited an article. The time is the press's own (a fixed morning), so
that the mails and the corpus are the same on every machine.
"""

from __future__ import annotations

import email
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from crawler.config import Config
from crawler.corpus.export import Exported, export
from crawler.crawl.start import child_environment, crawl_command
from crawler.delivery.tick import DeliveryReport, deliver
from crawler.demo.press import DEMO_NOW, Press
from crawler.demo.server import DEMO_PORT, Site, serve
from crawler.errors import DiemtinError, InvalidInput
from crawler.messages import told
from crawler.private_files import private_folder
from crawler.source import Source
from crawler.store import agenda, news, overview, register, watches
from crawler.store.database import open_database
from crawler.text.normal import fold

if TYPE_CHECKING:
    from crawler.store.database import Engine

LATER = timedelta(hours=12)
"""Between the last two crawls: long enough that every article of the morning is looked at again."""
EARLIER = timedelta(days=14)
"""Between the first look, whose articles are no news, and this morning."""
WATCHES = (
    ("đại hội HOẶC kiểm tra, giám sát", "story", "Đại hội và kiểm tra", "ban-bien-tap@example.org"),
    ("", "document", "Văn kiện mới", "van-kien@example.org"),
    ("", "meeting", "Cuộc họp mới", "lich-hop@example.org"),
)
CRAWL_SECONDS = 120
SUGGESTED = "search chi bộ"
"""What to try next: it finds something in this press."""


@dataclass(frozen=True, slots=True)
class _Demo:
    config: Config
    engine: Engine
    site: Site
    console: Console

    @property
    def registry(self) -> Mapping[str, Source]:
        return self.site.sources


def demo_config(config: Config) -> Config:
    """The settings under which the demo press is all there is, and it is the evening of its last crawl.

    No mail leaves the machine, and nothing of it is told to have a public address.
    """
    mail = config.mail.model_copy(update={"smtp": None, "web": None})
    wanted = {"shipped_sources": False, "allow_private": True, "mail": mail, "now": DEMO_NOW + LATER}
    return config.model_copy(update=wanted)


def run_demo(config: Config, *, console: Console, pages: str | None = None) -> int:
    """Run the demo in the data folder and print what happened; the exit code.

    `pages`: where the pages over its store will stand, told in the last line with how to open them.
    Raises InvalidInput when the folder holds the store of a real press.
    """
    press = Press.load()
    first, later = DEMO_NOW - EARLIER, DEMO_NOW + LATER
    moments: list[datetime] = [first]
    with serve(press, clock=lambda: moments[-1], port=DEMO_PORT) as site:
        private_folder(config.data)
        site.write_sources(config.data / "sources")  # so that every command knows the outlets by name
        engine = open_database(config.url)
        sources = set(overview.sources(engine))
        if not sources <= set(site.sources):
            raise InvalidInput(
                f"{config.data}: đang chứa bài của báo thật; hãy chạy thử ở thư mục khác / "
                "holds articles of real sources; run the demo elsewhere: diemtin --data DIR demo"
            )
        demo = _Demo(demo_config(config), engine, site, console)
        first_time = not sources
        with console.status("điểm tin đang đọc báo hư cấu …"):
            _watch(demo)
            crawls = []
            if first_time:
                crawls.append(_crawl(demo, first))
                moments.append(DEMO_NOW)
                crawls.append(_crawl(demo, DEMO_NOW))
            site.edition = 2
            moments.append(later)
            crawls.append(_crawl(demo, later))
            mails = deliver(
                engine, config_mail=demo.config.mail, outbox_folder=config.outbox,
                now=later, sources=site.sources,
            )  # fmt: skip
            exports = [
                export(engine, site.sources, name, config.exports / name) for name in ("text", "jsonl")
            ]
        _print(demo, crawls, mails, exports, pages)
        engine.dispose()
    return 0


def _watch(demo: _Demo) -> None:
    with demo.engine.begin() as connection:
        there = {watch.name for watch in watches.list_watches(connection)}
        for query, scope, name, address in WATCHES:
            if name not in there:
                watches.add_watch(
                    connection, query=query, addresses=[address], name=name, scope=scope, now=DEMO_NOW - EARLIER,
                )  # fmt: skip


def _crawl(demo: _Demo, now: datetime) -> dict[str, Any]:
    """One crawl in a child process, as the daemon does it; its JSON."""
    env = {**child_environment(demo.config), "DIEMTIN_NOW": now.isoformat()}
    done = subprocess.run(
        crawl_command(()), env=env, capture_output=True, timeout=CRAWL_SECONDS, stdin=subprocess.DEVNULL
    )
    if done.returncode not in (0, 1):
        raise DiemtinError(
            f"thu thập không xong / the crawl failed:\n{done.stderr.decode(errors='replace')[-3000:]}"
        )
    counts: dict[str, Any] = json.loads(done.stdout)
    return counts


def _print(
    demo: _Demo,
    crawls: Sequence[Mapping[str, Any]],
    mails: DeliveryReport,
    exports: Sequence[Exported],
    pages: str | None,
) -> None:
    console = demo.console
    console.rule("[bold]điểm tin[/] · báo hư cấu trên máy này", align="left")
    console.print(_counts(demo, crawls))
    console.print(_documents(demo))
    console.print(_meetings(demo))
    paths = sorted(demo.config.outbox.glob("*.eml"))
    written = mails.count("sent")
    console.print()
    if written:
        console.print(f"[bold]{written} thư, trong {_short(demo.config.outbox)}/*.eml:[/]")
    else:
        outbox = _short(demo.config.outbox)
        console.print(f"[bold]Không có gì mới, không có thư.[/] {len(paths)} thư trước vẫn ở {outbox}:")
    for line in sorted(map(_mail_line, paths)):
        console.print(f"  {line}", style="cyan", markup=False)
    console.print("[bold]Kho ngữ liệu:[/]")
    for done in exports:
        console.print(f"  {_short(done.folder)}  {done.articles} bài", style="cyan", markup=False)
    if written and paths:
        console.print(_one_mail(paths))
    ahead = f"Tiếp theo: {_typed(demo.config)} {SUGGESTED} · documents · meetings · stories list · watch list"
    console.print(ahead, soft_wrap=True, markup=False)
    if pages is not None:
        where = f"Trang web trên kho này: {_typed(demo.config)} demo --web, rồi mở {pages}"
        console.print(where, soft_wrap=True, markup=False)


def _typed(config: Config) -> str:
    """How diemtin is called here, with the data folder where it is not the usual one."""
    called = Path(sys.argv[0])
    name = "diemtin" if shutil.which("diemtin") or called.name != "diemtin" else _short(called)
    usual = config.data.absolute() == Path("data").absolute()
    return name if usual else f"{name} --data {shlex.quote(_short(config.data))}"


def _reprints(demo: _Demo) -> Counter[str]:
    """By source the articles that another paper had first: by what is printed, not by which was fetched first."""
    found: Counter[str] = Counter()
    with demo.engine.connect() as connection:
        for copies in news.lines_of_stories(connection, overview.stories(demo.engine)).values():
            first = min(copies, key=lambda line: line.order)
            found.update(line.source for line in copies if line is not first)
    return found


def _counts(demo: _Demo, crawls: Sequence[Mapping[str, Any]]) -> Table:
    reprints = _reprints(demo)
    table = Table(
        "Báo",
        "Tìm thấy",
        "Lưu mới",
        "Tin đăng lại",
        "Cập nhật",
        "Không đổi",
        "Bỏ qua",
        box=None,
        header_style="bold",
    )
    for name, source in sorted(demo.registry.items(), key=lambda item: fold(item[1].name)):
        total = [crawl[name] for crawl in crawls if name in crawl]
        dropped: dict[str, int] = {}
        for row in total:
            for reason, n in row["dropped"].items():
                dropped[reason] = dropped.get(reason, 0) + n
        problem = next((row["problem"] for row in reversed(total) if row["problem"]), None)
        table.add_row(
            source.name,
            str(max((row["found"] for row in total), default=0)),
            str(sum(row["stored"] + row["duplicate_kept"] for row in total)),
            str(reprints[name]),
            *(str(sum(row[key] for row in total)) for key in ("updated", "unchanged")),
            told(dropped) or ("[red]tường chặn máy, không vào[/]" if problem else "—"),
        )
    return table


def _documents(demo: _Demo) -> Group:
    found = [d for d in register.listed(demo.engine) if d["resolved"] and d["system"] == "party"]
    found.sort(key=lambda d: (-d["articles"], d["key"]))
    lines = [Text(f"\n{len(found)} văn kiện của Đảng được nhắc tới, nhiều nhất:", style="bold")]
    lines += [
        Text(f"  {' '.join(filter(None, (d['type'], d['key'])))} · {d['issuer'] or 'chưa rõ cơ quan'}"
             f" · {_day(d['date'])} · {d['articles']} bài")
        for d in found[:5]
    ]  # fmt: skip
    return Group(*lines)


def _meetings(demo: _Demo) -> Group:
    found = agenda.listed(demo.engine, now=DEMO_NOW + LATER)
    upcoming = [m for m in found if m["status"] == "upcoming"]
    held = [m for m in found if m["status"] == "held" and m["date"]]
    lines = [Text(f"\n{len(found)} cuộc họp, trong đó {len(upcoming)} sắp diễn ra; gần đây:", style="bold")]
    for m in [*held[-3:], *upcoming[:2]]:
        ordinal = f" lần thứ {m['ordinal']}" if m["ordinal"] else ""
        when = " ".join(filter(None, (m["time"] or m["session"], _day(m["date"]))))
        told = len(m["articles"])
        lines.append(
            Text(
                f"  {when} · {m['kind']}{ordinal} · {m['organiser'] or 'chưa rõ cơ quan'}"
                + (" · sắp họp" if m["status"] == "upcoming" else "")
                + (f" · {told} báo đưa tin" if told > 1 else "")
            )
        )
    return Group(*lines)


def _mail_line(path: Path) -> str:
    message = email.message_from_bytes(path.read_bytes(), policy=default)
    return f"{message['To']}: {message['Subject']}"


def _one_mail(paths: Sequence[Path]) -> Panel:
    message = email.message_from_bytes(
        min(paths, key=lambda p: p.stat().st_size).read_bytes(), policy=default
    )
    if not isinstance(message, EmailMessage):
        raise TypeError("the default policy makes EmailMessage")
    body = message.get_body(("plain",))
    text = body.get_content() if body is not None else ""
    lines = text.strip().splitlines()
    shown = "\n".join(lines[:28]) + ("\n…" if len(lines) > 28 else "")
    return Panel(Text(shown), title=str(message["Subject"]), title_align="left", width=100)


def _day(iso: str | None) -> str:
    """An ISO day, month or year as a Vietnamese reader writes it."""
    return "/".join(reversed(iso.split("-"))) if iso else "chưa rõ ngày"


def _short(path: Path) -> str:
    relative = os.path.relpath(path)
    return relative if not relative.startswith("..") else str(path)
