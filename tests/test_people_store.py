"""Links, sessions, tokens and audit rows on both databases: once, for so long, and never to be read again."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from crawler.errors import InvalidInput
from crawler.store import api_tokens, people, schema_people
from crawler.store.audit import audit, audit_page
from tests.press_room import MORNING

WHO = "van.phong@lamha.example"
SECOND = timedelta(seconds=1)


@pytest.fixture
def entered(engine: sa.Engine) -> sa.Engine:
    """A store with one person."""
    with engine.begin() as conn:
        people.add_person(conn, WHO, "editor", who="command", now=MORNING)
    return engine


def link(engine: sa.Engine) -> str:
    with engine.begin() as conn:
        made = people.issue_link(conn, WHO, back="/tim?q=1", now=MORNING)
    assert made is not None
    return made


def test_a_link_works_once(entered: sa.Engine) -> None:
    token = link(entered)
    with entered.begin() as conn:
        assert people.open_link(conn, token, now=MORNING) == people.SignInLink(WHO, "/tim?q=1")
        first = people.sign_in(conn, token, now=MORNING)
    assert first is not None and first[1].back == "/tim?q=1"
    with entered.begin() as conn:
        assert people.open_link(conn, token, now=MORNING) is None
        assert people.sign_in(conn, token, now=MORNING) is None
        found = people.find_session(conn, first[0], now=MORNING)
    assert found is not None and (found.person.address, found.person.role) == (WHO, "editor")


def test_a_link_works_for_a_quarter_of_an_hour(entered: sa.Engine) -> None:
    token = link(entered)
    late = MORNING + people.LINK_LIFETIME
    with entered.begin() as conn:
        assert people.open_link(conn, token, now=late - SECOND) is not None
        assert people.open_link(conn, token, now=late) is None
        assert people.sign_in(conn, token, now=late) is None
        assert people.sign_in(conn, token, now=late - SECOND) is not None


def test_nobody_unknown_or_removed_gets_a_link_and_nobody_gets_many(entered: sa.Engine) -> None:
    with entered.begin() as conn:
        assert people.issue_link(conn, "ai.do@lamha.example", back="/", now=MORNING) is None
        made = [people.issue_link(conn, WHO, back="/", now=MORNING) for _ in range(people.MOST_LINKS + 2)]
        assert [one is not None for one in made] == [True] * people.MOST_LINKS + [False] * 2
        later = MORNING + people.LINK_LIFETIME
        assert people.issue_link(conn, WHO, back="/", now=later) is not None
        people.remove_person(conn, WHO, who="command", now=later)
        assert people.issue_link(conn, WHO, back="/", now=later + people.LINK_LIFETIME) is None


def test_what_the_store_keeps_opens_nothing(entered: sa.Engine) -> None:
    token = link(entered)
    with entered.begin() as conn:
        session = people.sign_in(conn, token, now=MORNING)
        secret, _ = api_tokens.add_token(conn, WHO, "máy", "read", who=WHO, now=MORNING)
        assert session is not None
        kept = [
            str(row)
            for table in (schema_people.sign_in_link, schema_people.web_session, schema_people.api_token,
                          schema_people.audit_row)
            for row in conn.execute(sa.select(table))
        ]  # fmt: skip
        hashes = [row.hash for row in conn.execute(sa.select(schema_people.web_session.c.hash))]
        assert all(people.find_session(conn, one, now=MORNING) is None for one in hashes)
    assert not any(one in row for row in kept for one in (token, session[0], secret))


def test_a_session_ends_when_its_time_is_over(entered: sa.Engine) -> None:
    token = link(entered)
    end = MORNING + people.SESSION_LIFETIME
    with entered.begin() as conn:
        session = people.sign_in(conn, token, now=MORNING)
        assert session is not None
        assert people.find_session(conn, session[0], now=end - SECOND) is not None
        assert people.find_session(conn, session[0], now=end) is None
        people.issue_link(conn, WHO, back="/", now=end)  # what has expired is forgotten
        assert conn.execute(sa.select(schema_people.web_session)).all() == []


def test_signing_out_everywhere_ends_every_browser_and_every_open_link(entered: sa.Engine) -> None:
    tokens = [link(entered) for _ in range(3)]
    with entered.begin() as conn:
        sessions = [people.sign_in(conn, token, now=MORNING) for token in tokens[:2]]
        assert len(people.sessions_of(conn, WHO, now=MORNING)) == 2
        assert people.end_sessions(conn, WHO, who=WHO, now=MORNING) == 2
        assert all(one and people.find_session(conn, one[0], now=MORNING) is None for one in sessions)
        assert people.sign_in(conn, tokens[2], now=MORNING) is None


def test_signing_out_ends_this_browser_alone(entered: sa.Engine) -> None:
    tokens = [link(entered), link(entered)]
    with entered.begin() as conn:
        one, other = (people.sign_in(conn, token, now=MORNING) for token in tokens)
        assert one is not None and other is not None
        mine = people.find_session(conn, one[0], now=MORNING)
        assert mine is not None
        people.end_session(conn, mine, now=MORNING)
        assert people.find_session(conn, one[0], now=MORNING) is None
        assert people.find_session(conn, other[0], now=MORNING) is not None


def test_a_token_is_ended_by_its_own_person_only(entered: sa.Engine) -> None:
    with entered.begin() as conn:
        people.add_person(conn, "khac@ankhe.example", "reader", who="command", now=MORNING)
        secret, made = api_tokens.add_token(conn, WHO, "máy", "read", who=WHO, now=MORNING)
        with pytest.raises(InvalidInput, match="user token list"):
            api_tokens.revoke_token(conn, made.id, address="khac@ankhe.example", who="x", now=MORNING)
        assert api_tokens.find_token(conn, secret) is not None
        api_tokens.revoke_token(conn, made.id, address=WHO, who=WHO, now=MORNING)
        assert api_tokens.find_token(conn, secret) is None


def test_audit_rows_are_read_from_the_newest_on_page_by_page(engine: sa.Engine) -> None:
    with engine.begin() as conn:
        for n in range(5):
            audit(
                conn, WHO, "topic.correct", str(n), before={"topics": []}, after={"topics": [n]}, now=MORNING
            )
        audit(conn, "khac@ankhe.example", "topical.x", "y", now=MORNING)
    with engine.connect() as conn:
        first = audit_page(conn, who=WHO, what="topic", limit=2)
        assert [one.subject for one in first.items] == ["4", "3"] and (first.total, first.left) == (5, 3)
        second = audit_page(conn, who=WHO, what="topic", limit=9, after=first.after)
        assert [one.subject for one in second.items] == ["2", "1", "0"] and second.after is None
        assert audit_page(conn, what="topic.correct", limit=1).total == 5
        assert audit_page(conn, limit=1).items[0].after is None
        with pytest.raises(InvalidInput):
            audit_page(conn, limit=1, after="x")


def test_a_row_is_there_with_its_write_or_not_at_all(engine: sa.Engine) -> None:
    with pytest.raises(RuntimeError), engine.begin() as conn:
        people.add_person(conn, WHO, "reader", who="command", now=MORNING)
        raise RuntimeError
    with engine.connect() as conn:
        assert audit_page(conn, limit=1).total == 0 and not people.has_people(conn)
