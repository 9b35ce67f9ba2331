"""The API: what it promises in its OpenAPI document holds for whatever is asked of it, on both databases."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import schemathesis
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from crawler.store.database import open_database
from tests.press_room import MORNING
from tests.web_room import fill, pages


@contextmanager
def serving(url: str, data: Path) -> Iterator[str]:
    """`diemtin web` on this store; gives its address."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("DIEMTIN_")}
    environ |= {"DIEMTIN_NOW": MORNING.isoformat(), "DIEMTIN_DATABASE_URL": url}
    command = [sys.executable, "-m", "crawler", "--data", str(data), "web", "--port", "0"]
    with subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr is not None
            ready, _, _ = select.select([process.stderr], [], [], 60)
            found = re.search(r"http://[\d.]+:\d+", process.stderr.readline() if ready else "")
            assert found is not None
            yield found[0]
        finally:
            process.kill()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_the_api_keeps_its_own_description(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    url = request.getfixturevalue(f"{kind}_url")
    engine = open_database(url)
    fill(engine, [f"Đại hội {n}" for n in range(30)])
    engine.dispose()
    with serving(url, tmp_path) as address:
        schema = schemathesis.openapi.from_url(f"{address}/api/v1/openapi.json")
        asked = 0
        for found in schema.get_all_operations():
            operation = found.ok()

            @settings(
                max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None,
                phases=(Phase.explicit, Phase.generate),
            )  # fmt: skip
            @given(case=operation.as_strategy())
            def keeps_it(case: schemathesis.Case) -> None:
                # A query language and cursors know wrong strings that no schema can describe.
                case.call_and_validate(excluded_checks=[positive_data_acceptance])

            keeps_it()
            asked += 1
        assert asked >= 6


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(limit=st.integers(1, 7))
def test_pages_of_answers_give_every_story_once(engine: sa.Engine, limit: int) -> None:
    ask = pages(engine)
    if not ask.get("/api/v1/articles").json()["total"]:
        fill(engine, [f"Đại hội {n}" for n in range(12)])
    seen: list[int] = []
    after: str | None = None
    while True:
        told = ask.get(
            "/api/v1/articles", params={"limit": limit, **({"after": after} if after else {})}
        ).json()
        seen += [hit["story"] for hit in told["hits"]]
        after = told["after"]
        if after is None:
            break
    assert len(seen) == len(set(seen)) == 14


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/articles?q=(a", 400), ("/articles?limit=0", 400), ("/articles?limit=1000", 400), ("/articles?after=x", 400),
        ("/articles/999", 404), ("/articles/x", 400), ("/days/2026-13-01", 400), ("/documents?first=x", 400),
        ("/documents?after=x", 400), ("/meetings?after=x", 400), ("/nothing", 404), ("/", 404),
    ],
)  # fmt: skip
def test_an_error_is_a_problem_that_says_what_to_mend(engine: sa.Engine, path: str, status: int) -> None:
    answer = pages(engine).get(f"/api/v1{path}")
    assert answer.status_code == status and answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status and problem["detail"]
    if path == "/articles?q=(a":
        assert problem["position"] == 2


def test_the_description_has_an_example_and_a_summary_of_every_resource(engine: sa.Engine) -> None:
    told = pages(engine).get("/api/v1/openapi.json").json()
    assert set(told["paths"]) >= {
        "/api/v1/articles",
        "/api/v1/documents",
        "/api/v1/meetings",
        "/api/v1/sources",
    }
    for path, methods in told["paths"].items():
        for one in methods.values():
            assert one["summary"] and {"400", "401", "403"} <= set(one["responses"]), path


def test_the_description_names_the_token_and_a_cursor_by_the_names_of_the_page(engine: sa.Engine) -> None:
    ask = pages(engine)
    told = ask.get("/api/v1/openapi.json").json()
    (name,) = told["components"]["securitySchemes"]
    assert told["components"]["securitySchemes"][name]["scheme"] == "bearer"
    assert told["security"] == [{name: []}, {}]
    for path in ("/api/v1/articles?after=x", "/api/v1/documents?after=x", "/api/v1/meetings?after=x"):
        assert ask.get(path).json()["detail"].startswith("after ")
    page = ask.get("/tim?q=chi&after=x").text
    assert "after &#39;x&#39;" in page and "--after" not in page
