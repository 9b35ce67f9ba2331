"""`diemtin demo`: the main job from page to mail and corpus file, on loopback, in well under half a minute.

The press is crawled twice, the second time after it has edited an article, as a box does that runs all day. The
time is the press's own (a fixed morning), so that the mails and the corpus are the same on every machine.
"""

from __future__ import annotations

import email
import json
import os
import subprocess
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
from crawler.demo.press import DEMO_NOW, Press
from crawler.demo.server import DEMO_PORT, Site, serve
from crawler.dropped import told
from crawler.errors import DiemtinError, InvalidInput
from crawler.export import Exported, export
from crawler.schedule import child_environment, crawl_command
from crawler.source import Source
from crawler.store import agenda, overview, register, watches
from crawler.store.database import open_database
from crawler.watch.deliver import DeliveryReport, deliver

if TYPE_CHECKING:
    import sqlalchemy as sa

LATER = timedelta(hours=12)
"""Between the two crawls: long enough that every article of the morning is looked at again."""
WATCHES = (
    ("đại hội HOẶC kiểm tra, giám sát", "story", "Đại hội và kiểm tra", "ban-bien-tap@example.org"),
    ("", "document", "Văn kiện mới", "van-kien@example.org"),
    ("", "meeting", "Cuộc họp mới", "lich-hop@example.org"),
)
CRAWL_SECONDS = 120


@dataclass(frozen=True, slots=True)
class _Demo:
    config: Config
    engine: sa.Engine
    site: Site
    console: Console

    @property
    def registry(self) -> Mapping[str, Source]:
        return self.site.sources


def run_demo(config: Config, *, console: Console) -> int:
    """Run the demo in the data folder and print what happened; the exit code.

    Raises InvalidInput when the folder holds the store of a real press.
    """
    press = Press.load()
    later = DEMO_NOW + LATER
    moments: list[datetime] = [DEMO_NOW]
    with serve(press, clock=lambda: moments[-1], port=DEMO_PORT) as site:
        site.write_sources(config.data / "sources")  # so that every command knows the outlets by name
        demo_config = config.model_copy(update={"shipped_sources": False, "allow_private": True})
        engine = open_database(config.url)
        sources = set(overview.sources(engine))
        if not sources <= set(site.sources):
            raise InvalidInput(
                f"{config.data}: đang chứa bài của báo thật; hãy chạy thử ở thư mục khác / "
                "holds articles of real sources; run the demo elsewhere: diemtin --data DIR demo"
            )
        demo = _Demo(demo_config, engine, site, console)
        first_time = not sources
        with console.status("điểm tin đang đọc báo hư cấu …"):
            _watch(demo)
            crawls = []
            if first_time:
                crawls.append(_crawl(demo, DEMO_NOW))
            site.edition = 2
            moments.append(later)
            crawls.append(_crawl(demo, later))
            mails = deliver(
                engine, config_mail=config.mail.model_copy(update={"smtp": None}), outbox_folder=config.outbox,
                now=later, sources=site.sources,
            )  # fmt: skip
            exports = [
                export(engine, site.sources, name, config.exports / name) for name in ("text", "jsonl")
            ]
        _print(demo, crawls, mails, exports)
        engine.dispose()
    return 0


def _watch(demo: _Demo) -> None:
    with demo.engine.begin() as connection:
        there = {watch.name for watch in watches.list_watches(connection)}
        for query, scope, name, address in WATCHES:
            if name not in there:
                watches.add_watch(
                    connection, query=query, addresses=[address], name=name, scope=scope, now=DEMO_NOW
                )


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
    demo: _Demo, crawls: Sequence[Mapping[str, Any]], mails: DeliveryReport, exports: Sequence[Exported]
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
        console.print(f"[bold]{written} thư:[/]")
    else:
        console.print(f"[bold]Không có gì mới, không có thư.[/] {len(paths)} thư trước vẫn ở đó:")
    for path in paths:
        console.print(f"  {_short(path)}", style="cyan", markup=False)
    console.print("[bold]Kho ngữ liệu:[/]")
    for done in exports:
        console.print(f"  {_short(done.folder)}  {done.articles} bài", style="cyan", markup=False)
    if written and paths:
        console.print(_one_mail(paths))
    console.print(
        'Tiếp theo: .venv/bin/diemtin search "đại hội" · documents · meetings · versions · watch list'
    )


def _counts(demo: _Demo, crawls: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(
        "Báo",
        "Tìm thấy",
        "Lưu mới",
        "Đăng lại",
        "Cập nhật",
        "Không đổi",
        "Bỏ qua",
        box=None,
        header_style="bold",
    )
    for name, source in sorted(demo.registry.items(), key=lambda item: item[1].name):
        total = [crawl[name] for crawl in crawls if name in crawl]
        dropped: dict[str, int] = {}
        for row in total:
            for reason, n in row["dropped"].items():
                dropped[reason] = dropped.get(reason, 0) + n
        problem = next((row["problem"] for row in reversed(total) if row["problem"]), None)
        table.add_row(
            source.name,
            str(max((row["found"] for row in total), default=0)),
            *(
                str(sum(row[key] for row in total))
                for key in ("stored", "duplicate_kept", "updated", "unchanged")
            ),
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
    found = agenda.listed(demo.engine)
    upcoming = [m for m in found if m["status"] == "upcoming"]
    held = [m for m in found if m["status"] == "held" and m["date"]]
    lines = [Text(f"\n{len(found)} cuộc họp, trong đó {len(upcoming)} sắp diễn ra; gần đây:", style="bold")]
    for m in [*held[-3:], *upcoming[:2]]:
        ordinal = f" lần thứ {m['ordinal']}" if m["ordinal"] else ""
        when = " ".join(filter(None, (m["session"], _day(m["date"]))))
        told = len(m["articles"])
        lines.append(
            Text(
                f"  {when} · {m['kind']}{ordinal} · {m['organiser'] or 'chưa rõ cơ quan'}"
                + (" · sắp họp" if m["status"] == "upcoming" else "")
                + (f" · {told} báo đưa tin" if told > 1 else "")
            )
        )
    return Group(*lines)


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
