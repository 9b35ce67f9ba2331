"""Nguồn: how every source stands, what needs a person first; one source with its runs, days, fields and drops."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from crawler.article import Disposition
from crawler.crawl.health import FIELDS, LABELS, Health, State, by_urgency, idle_since
from crawler.crawl.source_report import SourceReport, run_outcome, source_report, states_in_store
from crawler.errors import InvalidInput
from crawler.messages import in_words, word_of
from crawler.onboarding.rows import row_file
from crawler.source import Source
from crawler.store.audit import audit
from crawler.store.given_up import LOST, GivenUp, given_up
from crawler.store.runs import RunRow, page_of_runs
from crawler.web.charts import Bar, bars
from crawler.web.context import context_of
from crawler.web.errors import NotThere
from crawler.web.form import checked_form
from crawler.web.html import a_day, address, html, language_of
from crawler.web.table import MOST_ROWS, Column, Table, answer_as
from crawler.web.visitor import Role, Visitor, needs

router = APIRouter(dependencies=[needs(Role.READER)])

PAGE = 50
_DROPS = 8
"""Drops shown on the page of a source."""
_STATES = (
    Column("name", "Nguồn", "Source"),
    Column("source", "Mã", "Id"),
    Column("province", "Tỉnh", "Province"),
    Column("label", "Tình trạng", "State"),
    Column("last_look", "Xem lần cuối", "Last look"),
    Column("last_new", "Bài mới cuối", "Last new article"),
    Column("per_week", "Bài/tuần", "Articles a week"),
    Column("expected", "Thường", "Usually"),
    Column("detail", "Chi tiết", "Detail"),
)
_RUNS = (
    Column("started", "Bắt đầu", "Began"),
    Column("ended", "Kết thúc", "Ended"),
    Column("label", "Kết quả", "Outcome"),
    Column("requests", "Lượt hỏi", "Requests"),
    Column("found", "Thấy", "Found"),
    Column("new", "Bài mới", "New"),
    Column("updated", "Bài sửa", "Edited"),
    Column("dropped", "Bỏ", "Dropped"),
    Column("problem", "Ghi chú", "Note"),
)
_LOST = (
    Column("settled", "Lúc", "When"),
    Column("word", "Vì sao", "Reason"),
    Column("title", "Tên bài", "Title"),
    Column("told", "Chi tiết", "Detail"),
    Column("url", "Địa chỉ", "Address"),
)


@router.get("/nguon", include_in_schema=False)
def sources(request: Request) -> Response:
    """All sources: what needs a person first; those with nothing to show but their state folded."""
    context = context_of(request)
    states = by_urgency(states_in_store(context.engine, context.registry, now=context.clock()))
    rows = [_state_row(request, one) for one in states]
    folded = {
        "never": [
            r for r in rows if r["state"] == State.NOT_LOOKED and not r["last_look"] and not r["overdue"]
        ],
        "disabled": [row for row in rows if row["state"] == State.DISABLED],
    }
    aside = [row["source"] for some in folded.values() for row in some]
    shown = [row for row in rows if row["source"] not in aside]
    counts: dict[str, int] = {}
    for row in rows:
        counts[row["label"]] = counts.get(row["label"], 0) + 1
    return html(
        request,
        "sources.html.j2",
        urgent=[row for row in shown if row["urgent"]],
        others=[row for row in shown if not row["urgent"]],
        folded=folded,
        counts=counts,
        total=len(rows),
        idle=idle_since(states),
    )


@router.get("/nguon.{form}", include_in_schema=False)
def sources_as(request: Request, form: str) -> Response:
    """All sources as a file."""
    context = context_of(request)
    states = by_urgency(states_in_store(context.engine, context.registry, now=context.clock()))
    rows = [_state_row(request, one) for one in states]
    return answer_as(request, form, Table("nguon", _STATES, rows, {"sources": [s.to_json() for s in states]}))


@router.get("/nguon/{id_}/luot.{form}", include_in_schema=False)
def runs_as(request: Request, form: str, id_: str, after: str | None = None) -> Response:
    """The runs of a source as a file."""
    source = _source(request, id_)
    page = page_of_runs(context_of(request).engine, source.id, limit=MOST_ROWS, after=after)
    told = {"total": page.total, "after": page.after, "runs": [run.to_json() for run in page.items]}
    return answer_as(
        request, form, Table(f"luot-{id_}", _RUNS, [_run_row(request, r) for r in page.items], told)
    )


@router.get("/nguon/{id_}/luot", include_in_schema=False)
def source_runs(request: Request, id_: str, after: str | None = None) -> Response:
    """The runs of a source, the newest first."""
    source = _source(request, id_)
    page = page_of_runs(context_of(request).engine, source.id, limit=PAGE, after=after)
    return html(
        request,
        "source_runs.html.j2",
        source=source,
        page=page,
        runs=[_run_row(request, run) for run in page.items],
    )


@router.get("/nguon/{id_}/bo.{form}", include_in_schema=False)
def dropped_as(
    request: Request, form: str, id_: str, ly_do: str | None = None, after: str | None = None
) -> Response:
    """What a source has lost as a file."""
    source = _source(request, id_)
    page = given_up(
        context_of(request).engine, source=source.id, names=_reasons(ly_do), limit=MOST_ROWS, after=after
    )
    told = {"total": page.total, "after": page.after, "dropped": [one.to_json() for one in page.items]}
    return answer_as(request, form, Table(f"bo-{id_}", _LOST, [_lost_row(one) for one in page.items], told))


@router.get("/nguon/{id_}/bo", include_in_schema=False)
def source_dropped(
    request: Request, id_: str, ly_do: str | None = None, after: str | None = None
) -> Response:
    """What was found and is not kept: all that may be an article, or those of one reason."""
    source = _source(request, id_)
    page = given_up(
        context_of(request).engine, source=source.id, names=_reasons(ly_do), limit=PAGE, after=after
    )
    return html(
        request,
        "source_dropped.html.j2",
        source=source,
        page=page,
        reason=ly_do,
        word=word_of(_reasons(ly_do)[0]) if ly_do else None,
        lost=[_lost_row(one) for one in page.items],
    )


@router.get("/nguon/{id_}.json", include_in_schema=False)
def source_json(request: Request, id_: str) -> Response:
    """One source for a program."""
    return answer_as(request, "json", Table(id_, (), (), _report(request, id_).to_json()))


@router.get("/nguon/{id_}", include_in_schema=False)
def source_page(request: Request, id_: str) -> Response:
    """One source."""
    context = context_of(request)
    report = _report(request, id_)
    lost = given_up(context.engine, source=id_, limit=_DROPS)
    return html(
        request,
        "source.html.j2",
        source=report.source,
        state=_state_row(request, report.health),
        report=report,
        days=_days(request, report),
        runs=[_run_row(request, run) for run in report.runs.items],
        fields=[(FIELDS[one.name], one) for one in report.fields],
        dropped=[(word_of(one), one.reason, n) for one, n in report.dropped.items()],
        lost=[_lost_row(one) for one in lost.items],
        lost_in_all=lost.total,
        row=_row_text(request, id_),
        running=context.crawls.is_running(context.config, id_),
    )


@router.post("/nguon/{id_}/xem", include_in_schema=False, dependencies=[checked_form()])
def crawl_now(request: Request, id_: str, visitor: Visitor = needs(Role.OPERATOR)) -> Response:
    """Crawl a source at once, unless it is being crawled."""
    context, source = context_of(request), _source(request, id_)
    if source.disabled:
        raise InvalidInput(f"{id_}: nguồn đang tắt / the source is disabled: {source.disabled}")
    context.crawls.start(context.config, id_)
    with context.engine.begin() as connection:
        audit(connection, visitor.who, "source.crawl", id_, now=context.clock())
    return RedirectResponse(f"/nguon/{id_}#xem", status_code=303)


def _source(request: Request, id_: str) -> Source:
    source = context_of(request).registry.get(id_)
    if source is None:
        raise NotThere(f"danh bạ không có nguồn {id_!r} / the registry has no source {id_!r}")
    return source


def _report(request: Request, id_: str) -> SourceReport:
    context = context_of(request)
    return source_report(context.engine, _source(request, id_), now=context.clock())


def _state_row(request: Request, health: Health) -> dict[str, Any]:
    vietnamese = language_of(request) == "vi"
    source = context_of(request).registry[health.source]
    detail = health.detail
    if detail and health.answered and vietnamese:
        detail = in_words(detail)
    return {
        "source": health.source, "name": source.name, "province": source.province, "state": health.state,
        "label": LABELS[health.state] if vietnamese else health.state.replace("_", " "),
        "last_look": health.last_look, "last_success": health.last_success, "last_new": health.last_new,
        "per_week": round(health.per_week), "detail": detail, "urgent": health.needs_a_person,
        "expected": round(health.expected) if health.expected is not None else None,
        "closed_until": health.closed_until, "overdue": health.overdue, "page": f"/nguon/{health.source}",
    }  # fmt: skip


def _run_row(request: Request, run: RunRow) -> dict[str, Any]:
    vietnamese = language_of(request) == "vi"
    dropped = sum(n for name, n in run.counts.items() if Disposition(name).dropped)
    return {
        "id": run.id, "started": run.started, "ended": run.ended, "outcome": run.outcome,
        "label": run_outcome(run)[0 if vietnamese else 1], "requests": run.requests, "found": run.found,
        "new": run.new, "updated": run.counts.get("updated", 0), "dropped": dropped,
        "problem": in_words(run.problem) if run.problem and vietnamese else run.problem,
    }  # fmt: skip


def _lost_row(one: GivenUp) -> dict[str, Any]:
    return {
        "title": one.title, "url": one.url, "word": word_of(one.disposition), "reason": one.disposition.reason,
        "told": one.told, "settled": one.settled,
    }  # fmt: skip


def _reasons(asked: str | None) -> tuple[Disposition, ...]:
    """The dispositions asked for. Raises InvalidInput for one that drops nothing."""
    if not asked:
        return LOST
    known = {one.reason: one for one in Disposition if one.dropped}
    if asked not in known:
        raise InvalidInput(
            f"ly_do={asked}: không có lý do này, hãy dùng một trong / no such reason, use one of: "
            + ", ".join(sorted(known))
        )
    return (known[asked],)


def _days(request: Request, report: SourceReport) -> dict[str, Any]:
    """Articles a day as a chart and as its table; each day leads to its articles."""
    title = "Số bài theo ngày" if language_of(request) == "vi" else "Articles by day"
    values = [
        Bar(f"{day:%d/%m}", n, address("/tim", q=f'nguồn:"{report.source.id}" ngày:{day}') if n else None)
        for day, n in report.days.items()
    ]
    rows = [
        {"day": a_day(day), "articles": bar.value, "link": bar.link}
        for day, bar in zip(report.days, values, strict=True)
        if bar.value
    ]
    return {"chart": bars(title, values), "rows": rows[::-1], "total": sum(report.days.values())}


def _row_text(request: Request, id_: str) -> str | None:
    """The row of the registry as its file has it; None where it came from none."""
    settings = context_of(request).config
    path = row_file(id_, settings.source_folders, shipped=settings.shipped_sources)
    return path.read_text(encoding="utf-8") if path is not None else None
