"""`diemtin sources`: the registry."""

from __future__ import annotations

from datetime import timedelta

import typer
from rich.table import Table

from crawler.cli.shell import Json, app, config, console, print_json, vietnamese_time

sources_app = typer.Typer(help="Danh bạ nguồn. The registry of sources.", no_args_is_help=True)
app.add_typer(sources_app, name="sources")


@sources_app.command("list")
def list_sources(json: Json = False) -> None:
    """Every source: province, sections, how sure the row is, last good look, articles a week."""
    from crawler.health import HISTORY_WEEKS, health_of
    from crawler.source import by_province
    from crawler.store import runs
    from crawler.store.database import open_database

    settings = config()
    registry = settings.registry()
    now = settings.clock()
    ledger = runs.runs_since(open_database(settings.url), now - timedelta(weeks=HISTORY_WEEKS + 1))
    states = {
        id_: health_of(source, [r for r in ledger if r.source == id_], now=now)
        for id_, source in registry.items()
    }
    ordered = [s for group in by_province(registry.values()).values() for s in group]
    if json:
        print_json(
            [
                {
                    "id": s.id, "name": s.name, "province": s.province, "covers": list(s.covers),
                    "sections": [section.name for section in s.sections], "evidence": s.evidence,
                    "family": s.family, "disabled": s.disabled, "state": states[s.id].state.value,
                    "last_look": look.isoformat() if (look := states[s.id].last_look) else None,
                    "per_week": states[s.id].per_week,
                }
                for s in ordered
            ]
        )  # fmt: skip
        return
    table = Table("Tỉnh, thành", "Nguồn", "Mã", "Chuyên mục", "Căn cứ", "Lần xem cuối", "Bài/tuần", box=None)
    for s in ordered:
        table.add_row(
            s.province,
            s.name,
            s.id,
            ", ".join(dict.fromkeys(section.name for section in s.sections)),
            f"tắt: {s.disabled}" if s.disabled else {"seen": "đã thấy", "inferred": "suy đoán"}[s.evidence],
            vietnamese_time(states[s.id].last_look),
            f"{states[s.id].per_week:.0f}",
        )
    console.print(table)
