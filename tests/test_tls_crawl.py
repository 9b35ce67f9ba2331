"""Outlets whose certificate is expired, for another name or their own word, in one crawl with sound ones."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from pathlib import Path

import pytest

from crawler.messages import in_brief
from tests.certificates import WRONG, Authority
from tests.small_press import NOW, Outlet, serving, start


@pytest.fixture
def press(tmp_path: Path) -> dict[str, Outlet]:
    """Five outlets: by http, with a good certificate, and with each that is wrong."""
    authority = Authority(tmp_path)
    outlets = {"http": Outlet("http")}
    for kind in ("good", *WRONG):
        outlets[kind] = Outlet(kind.replace(" ", "-"), tls=partial(authority.server, kind))
    for at, outlet in enumerate(outlets.values()):
        outlet.add(150 + 5 * at, 154 + 5 * at)
    return outlets


def test_a_certificate_that_is_wrong_is_told_as_such_and_disturbs_no_other_outlet(
    tmp_path: Path, press: dict[str, Outlet]
) -> None:
    with serving(*press.values(), folder=tmp_path) as rows:
        believed = {"SSL_CERT_FILE": str(tmp_path / "ca.pem"), "DIEMTIN_NOW": NOW.isoformat()}
        out, err = start(rows, tmp_path, "crawl", "--json", **believed).communicate(timeout=120)
        said = json.loads(out)
        assert err == b""
        for kind, outlet in press.items():
            told = said[outlet.id]
            if kind not in WRONG:
                assert (told["stored"], told["problem"]) == (5, None), told
                continue
            assert told["stored"] == told["found"] == 0
            assert in_brief(told["problem"]).startswith("chứng thư TLS"), told
            assert not outlet.hits, "not a byte of a request was sent"
    with sqlite3.connect(tmp_path / "diemtin.db") as store:
        outcomes = dict(store.execute("SELECT source, outcome FROM run"))
    assert {outcomes[press[kind].id] for kind in WRONG} == {"failed"}, "nobody keeps us out"
