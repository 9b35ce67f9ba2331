"""`diemtin user …` as the operator meets it: who may enter, by what tokens, and what is kept of it."""

from __future__ import annotations

import sqlalchemy as sa

from crawler.store import api_tokens, people, schema_people
from crawler.store.audit import COMMAND, audit_page
from tests.press_room import MORNING
from tests.test_watching import Diemtin, diemtin, store  # noqa: F401  fixtures

WRITER = "van.phong@lamha.example"
READER = "ban.khac@ankhe.example"


def told(engine: sa.Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as conn:
        return [(one.who, one.what, one.subject) for one in audit_page(conn, limit=50).items]


def test_a_person_is_entered_listed_given_another_role_and_taken_off(diemtin: Diemtin) -> None:  # noqa: F811
    assert "Chưa có ai" in diemtin("user", "list").out
    assert diemtin("user", "add", "Van.Phong@LamHa.example", "--role", "editor").code == 0
    assert diemtin("user", "add", READER, "--role", "reader").code == 0
    shown = diemtin("user", "list")
    assert WRITER in shown.out and "biên tập" in shown.out
    assert diemtin("user", "role", WRITER, "operator").code == 0
    listed = diemtin("user", "list", "--json").json
    assert [(one["address"], one["role"]) for one in listed] == [(READER, "reader"), (WRITER, "operator")]
    assert diemtin("user", "remove", READER).code == 0
    assert [one["address"] for one in diemtin("user", "list", "--json").json] == [WRITER]
    assert diemtin("user", "add", READER, "--role", "editor").code == 0  # comes back
    assert [one["role"] for one in diemtin("user", "list", "--json").json] == ["editor", "operator"]


def test_what_is_wrong_says_how_to_mend_it(diemtin: Diemtin) -> None:  # noqa: F811
    diemtin("user", "add", WRITER, "--role", "reader")
    for typed, answer in (
        (("add", WRITER.upper(), "--role", "editor"), f"diemtin user role {WRITER} editor"),
        (("add", "khong-phai", "--role", "reader"), "không phải địa chỉ thư"),
        (("add", READER, "--role", "vua"), "reader, editor, operator"),
        (("add", READER), "--role"),
        (("role", READER, "editor"), "diemtin user list"),
        (("role", WRITER, "vua"), "reader, editor, operator"),
        (("remove", READER), "diemtin user list"),
        (("token", "add", READER, "máy"), "diemtin user list"),
        (("token", "add", WRITER, " "), "1"),
        (("token", "add", WRITER, "máy", "--scope", "all"), "read"),
        (("token", "revoke", "7"), "diemtin user token list"),
    ):
        said = diemtin("user", *typed)
        assert said.code == 2 and answer in said.err, (typed, said)


def test_a_token_is_shown_once_and_kept_as_a_hash(store: sa.Engine, diemtin: Diemtin) -> None:  # noqa: F811
    diemtin("user", "add", WRITER, "--role", "editor")
    made = diemtin("user", "token", "add", WRITER, "máy in", "--scope", "write")
    token = made.out.strip()
    assert token.startswith(api_tokens.PREFIX) and "không hiện lại" in made.err
    listed = diemtin("user", "token", "list", "--json")
    assert [(one["id"], one["name"], one["scope"]) for one in listed.json] == [(1, "máy in", "write")]
    assert token not in listed.out and "máy in" in diemtin("user", "token", "list", WRITER).out
    with store.connect() as conn:
        kept = conn.execute(sa.select(schema_people.api_token)).one()
        assert token not in str(kept) and len(kept.hash) == 64
        assert api_tokens.find_token(conn, token) is not None
    assert diemtin("user", "token", "add", WRITER, "máy in").code == 2  # a name says which is which
    assert diemtin("user", "token", "revoke", "1").code == 0
    with store.connect() as conn:
        assert api_tokens.find_token(conn, token) is None
    assert "Chưa có mã nào" in diemtin("user", "token", "list").out


def test_who_is_taken_off_has_no_token_and_no_session_any_more(
    store: sa.Engine,  # noqa: F811
    diemtin: Diemtin,  # noqa: F811
) -> None:
    diemtin("user", "add", WRITER, "--role", "editor")
    token = diemtin("user", "token", "add", WRITER, "máy in").out.strip()
    with store.begin() as conn:
        link = people.issue_link(conn, WRITER, back="/", now=MORNING)
        waiting = people.issue_link(conn, WRITER, back="/", now=MORNING)
        assert link is not None and waiting is not None
        entered = people.sign_in(conn, link, now=MORNING)
    assert entered is not None
    assert [one["sessions"] for one in diemtin("user", "list", "--json").json] == [1]
    diemtin("user", "remove", WRITER)
    diemtin("user", "add", WRITER, "--role", "reader")  # nothing of before comes back with the person
    with store.begin() as conn:
        assert people.find_session(conn, entered[0], now=MORNING) is None
        assert people.sign_in(conn, waiting, now=MORNING) is None
        assert api_tokens.find_token(conn, token) is None


def test_every_write_is_noted_with_who_did_it(store: sa.Engine, diemtin: Diemtin) -> None:  # noqa: F811
    diemtin("user", "add", WRITER, "--role", "editor")
    diemtin("user", "role", WRITER, "operator")
    secret = diemtin("user", "token", "add", WRITER, "máy in").out.strip()
    diemtin("user", "token", "revoke", "1")
    diemtin("user", "remove", WRITER)
    assert told(store) == [
        (COMMAND, what, WRITER)
        for what in ("user.remove", "token.revoke", "token.add", "user.role", "user.add")
    ]
    with store.connect() as conn:
        rows = audit_page(conn, limit=50).items
    assert rows[3].before == {"role": "editor"} and rows[3].after == {"role": "operator"}
    assert secret not in str(rows)
