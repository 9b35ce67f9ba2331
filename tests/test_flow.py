"""The whole chain over a real crawl of the fictitious press: every invariant of DESIGN §3, against the truth."""

from __future__ import annotations

import itertools
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from crawler.article import Disposition
from crawler.demo.press import DEMO_NOW, Press
from crawler.demo.run import SUGGESTED
from crawler.demo.server import Served, Site, serve
from crawler.store import watches
from crawler.store.database import open_database
from tests.press import Desk

LATER = DEMO_NOW + timedelta(hours=12)
BEFORE = DEMO_NOW - timedelta(days=14)
"""When the watches were added."""
WALLED = "bao-yen-ha"
KEPT = ("stored", "updated", "unchanged", "duplicate_kept")
WATCHES = (
    ("đại hội HOẶC kiểm tra, giám sát", "story"),
    ("", "document"),
    ("", "meeting"),
    ("đảng viên", "article"),
)


class Flow:
    """What two crawls of the press left behind."""

    def __init__(self, site: Site, desk: Desk) -> None:
        self.site, self.desk = site, desk
        add_watches(desk)
        self.first = desk.crawl()
        self.first_log = list(site.log)
        self.engine = open_database(f"sqlite:///{desk.data / 'diemtin.db'}")
        self.again = desk.crawl(now=DEMO_NOW + timedelta(minutes=1))
        self.again_log = list(site.log)[len(self.first_log) :]
        self.expected = dict(site.expected)
        self.mails = desk.json("deliver")
        self.exported = desk.json_lines("first")

    def rows(self, query: str) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(query)))


def add_watches(desk: Desk) -> None:
    for number, (query, scope) in enumerate(WATCHES):
        to = f"{scope}@example.org"
        desk.run(
            "watch", "add", query, "--to", to, "--scope", scope, "--name", f"w{number}", "--force", now=BEFORE
        )


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flow]:
    folder = tmp_path_factory.mktemp("flow")
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(folder / "rows")
        yield Flow(site, Desk(folder / "data", folder / "rows", DEMO_NOW))


def is_article(site: Site, hit: Served) -> bool:
    """Whether a request asked for an article, by the rows' own patterns."""
    source = site.sources[hit.outlet]
    return source.articles.matches(site.bases[hit.outlet] + hit.path)


def test_the_search_that_the_demo_suggests_finds_something(flow: Flow) -> None:
    assert flow.desk.json(*SUGGESTED.split())["total"] > 10


def test_every_page_ends_under_exactly_one_disposition(flow: Flow) -> None:
    named = {d.value for d in Disposition}
    links = flow.rows("SELECT url, source, disposition FROM link")
    assert links
    assert {row.disposition for row in links} <= named
    for source, counts in flow.first.items():
        total = sum(counts[k] for k in KEPT) + sum(counts["dropped"].values())
        assert total == sum(1 for row in links if row.source == source), source


def test_the_pages_fetched_are_the_pages_counted(flow: Flow) -> None:
    for source, counts in flow.first.items():
        asked = Counter(h.path for h in flow.first_log if h.outlet == source and is_article(flow.site, h))
        answered = {
            h.path
            for h in flow.first_log
            if h.outlet == source and h.path in asked and h.status in (200, 404)
        }
        not_fetched = counts["dropped"].get("robots", 0)
        total = sum(counts[k] for k in KEPT) + sum(counts["dropped"].values())
        assert total - not_fetched == len(answered), source


def test_every_relevant_article_is_stored_with_the_newspapers_own_words(flow: Flow) -> None:
    stored = {row["canonical_url"]: row for row in flow.exported}
    wanted = {
        url: e
        for url, e in flow.expected.items()
        if e.relevant and e.sections and not e.forbidden and e.outlet != WALLED
    }
    missing = sorted(set(wanted) - set(stored))
    assert len(missing) <= len(wanted) * 0.03, (
        missing
    )  # relevance is judged, not known: issue 4 asks for 0.95
    for url in set(wanted) & set(stored):
        truth, got = wanted[url], stored[url]
        assert got["text"] == truth.text, url
        assert got["title"] == truth.title
        assert (got["published"], got["published_precision"]) == (truth.published, "minute"), url
        assert tuple(got["authors"]) == truth.authors, url
        assert tuple((c["text"], c["credit"]) for c in got["captions"]) == tuple(
            (c.text, c.credit) for c in truth.captions
        ), url


def test_nothing_off_topic_or_forbidden_is_stored(flow: Flow) -> None:
    stored = {row["canonical_url"] for row in flow.exported}
    unwanted = {url for url, e in flow.expected.items() if not e.relevant or e.forbidden}
    assert not stored & unwanted


def test_the_reprints_of_a_wire_are_one_story_and_nothing_else_is(flow: Flow) -> None:
    stories: dict[str, set[str | None]] = {}
    wires: dict[str, set[str]] = {}
    for row in flow.exported:
        wire = flow.expected[row["canonical_url"]].wire
        stories.setdefault(row["story"], set()).add(wire or row["canonical_url"])
        if wire:
            wires.setdefault(wire, set()).add(row["story"])
    assert all(len(found) == 1 for found in wires.values())
    assert all(len(members) == 1 for members in stories.values())


def test_the_documents_cited_are_the_documents_found(flow: Flow) -> None:
    wrong = {}
    for row in flow.exported:
        truth = set(flow.expected[row["canonical_url"]].documents)
        got = {c["key"] for c in row["citations"] if c["system"] == "party"}
        if truth != got:
            wrong[row["canonical_url"]] = (truth, got)
    assert len(wrong) <= len(flow.exported) * 0.03, wrong


def test_robots_txt_is_obeyed_and_its_delay_honoured(flow: Flow) -> None:
    disallowed = ("/noi-bo", "/tim-kiem", "/search/", "/api/")
    assert not [h for h in flow.first_log if h.path.startswith(disallowed)]
    assert all(h.user_agent and h.user_agent.startswith("diemtin/") for h in flow.first_log)
    slow = [h for h in flow.first_log if h.outlet == "bao-ha-luong" and h.path != "/robots.txt"]
    pauses = [later.at - earlier.done for earlier, later in itertools.pairwise(slow)]
    assert min(pauses) >= 0.19  # Crawl-delay 0.2, less the clock's own grain


def test_a_host_is_asked_one_thing_at_a_time(flow: Flow) -> None:
    for outlet in flow.site.bases:
        hits = sorted((h for h in flow.first_log if h.outlet == outlet), key=lambda h: h.at)
        assert all(later.at >= earlier.done - 0.002 for earlier, later in itertools.pairwise(hits)), outlet


def test_a_bot_wall_ends_the_visit(flow: Flow) -> None:
    assert "challenge" in flow.first[WALLED]["problem"]
    assert sum(1 for h in flow.first_log if h.outlet == WALLED) <= 3
    (run,) = flow.rows(f"SELECT outcome FROM run WHERE source = '{WALLED}' ORDER BY id LIMIT 1")
    assert run.outcome == "blocked"


def test_the_second_crawl_of_an_unchanged_press_costs_only_listings_and_feeds(flow: Flow) -> None:
    assert not [h for h in flow.again_log if is_article(flow.site, h)]
    assert all(c["stored"] == c["updated"] == c["duplicate_kept"] == 0 for c in flow.again.values())
    assert any(h.if_none_match or h.if_modified_since for h in flow.again_log)
    assert any(h.status == 304 for h in flow.again_log)


def moment(published: str) -> datetime:
    found = datetime.fromisoformat(published)
    return found if found.tzinfo else found.replace(tzinfo=DEMO_NOW.tzinfo)


def test_each_watch_that_has_news_sends_one_mail_and_a_second_delivery_none(flow: Flow) -> None:
    """The first look tells of its last day only; what of it is new to a watch is the store's to say."""
    told = {
        row.name for row in flow.rows("SELECT DISTINCT name FROM watch JOIN alert ON alert.watch = watch.id")
    }
    last_day = [
        r for r in flow.exported if r["published"] and moment(r["published"]) >= DEMO_NOW - timedelta(days=1)
    ]
    asked = {
        "w0": any("đại hội" in t or "kiểm tra, giám sát" in t for r in last_day if (t := r["text"].lower())),
        "w3": any("đảng viên" in r["text"].lower() for r in last_day),
    }
    assert {name: name in told for name in asked} == asked and asked["w3"]
    assert flow.mails["sent"] == len(told)
    again = flow.desk.json("deliver")
    assert (again["queued"], again["sent"]) == (0, 0)
    for path in (flow.desk.data / "outbox").glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=default)
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"]


def test_a_story_in_many_papers_is_one_alert(flow: Flow) -> None:
    twice = flow.rows(
        "SELECT watch, kind, subject FROM alert GROUP BY watch, kind, subject HAVING count(*) > 1"
    )
    assert twice == []
    stories = flow.rows(
        "SELECT a.story FROM alert JOIN article a ON a.id = alert.article WHERE alert.kind = 'story'"
        " GROUP BY a.story HAVING count(*) > 1"
    )
    assert stories == []


def test_a_corpus_export_is_the_same_twice(flow: Flow, tmp_path: Path) -> None:
    for name in ("a", "b"):
        flow.desk.run("export", "text", "--out", str(tmp_path / name))
    first, second = ({p.name: p.read_bytes() for p in (tmp_path / n).iterdir()} for n in ("a", "b"))
    assert first == second
    assert sum(1 for name in first if name.endswith(".txt") and name[3] == "_") == len(flow.exported)


def test_the_same_press_in_postgresql_gives_the_same_corpus(
    flow: Flow, tmp_path: Path, postgres_url: str
) -> None:
    desk = Desk(tmp_path / "data", flow.desk.rows, DEMO_NOW, database_url=postgres_url)
    desk.crawl()
    there, here = ({row["id"]: row for row in rows} for rows in (desk.json_lines("all"), flow.exported))
    assert there == here


def test_an_edited_article_becomes_a_version_without_a_new_alert(tmp_path: Path) -> None:
    with serve(Press.load(), clock=lambda: LATER) as site:
        site.write_sources(tmp_path / "rows")
        desk = Desk(tmp_path / "data", tmp_path / "rows", DEMO_NOW)
        add_watches(desk)
        desk.crawl()
        engine = open_database(f"sqlite:///{desk.data / 'diemtin.db'}")
        with engine.connect() as connection:
            before = {r.id for r in connection.execute(sa.text("SELECT id FROM alert"))}
            articles = {r.id for r in connection.execute(sa.text("SELECT id FROM article"))}
        site.edition = 2
        counts = desk.crawl(now=LATER)
        assert sum(c["updated"] for c in counts.values()) == 1
        with engine.connect() as connection:
            (edited,) = connection.execute(sa.text("SELECT article, change FROM version WHERE n = 2"))
            new = connection.execute(sa.text("SELECT id, article FROM alert"))
            assert not [r for r in new if r.id not in before and r.article in articles]
            url = connection.execute(
                sa.text("SELECT url FROM article WHERE id = :i"), {"i": edited.article}
            ).scalar_one()
        history = desk.json("versions", url)
        assert history["versions"][1]["change"]["edits"]


SAME_ROWS = {
    "article": "SELECT url, source, title, published, version, text_hash FROM article ORDER BY url",
    "version": "SELECT a.url, v.n, v.text FROM version v JOIN article a ON a.id = v.article ORDER BY 1, 2",
    "citation": "SELECT a.url, c.field, c.start, c.surface, c.document FROM citation c"
    " JOIN article a ON a.id = c.article ORDER BY 1, 2, 3",
    "meeting": "SELECT id, kind, date, status FROM meeting ORDER BY id",
    "story": "SELECT a.url, min(b.url) FROM article a JOIN article b ON b.story = a.story GROUP BY a.url ORDER BY 1",
    # Which copy of a wire story came first, and so is "stored" rather than "duplicate_kept", is a matter of arrival.
    "link": "SELECT url, replace(disposition, 'duplicate_kept', 'stored') FROM link ORDER BY url",
}


def rows_of(desk: Desk) -> dict[str, list[tuple[Any, ...]]]:
    engine = open_database(f"sqlite:///{desk.data / 'diemtin.db'}")
    with engine.connect() as connection:
        return {name: [tuple(r) for r in connection.execute(sa.text(q))] for name, q in SAME_ROWS.items()}


def mails_of(desk: Desk) -> list[tuple[str, str, str]]:
    """(to, subject, text) of every mail, without what names the mail itself."""
    found = []
    for path in (desk.data / "outbox").glob("*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=default)
        body = message.get_body(("plain",))
        text = body.get_content() if body else ""
        found.append((str(message["To"]), str(message["Subject"]), text.split("\n-- \n")[0]))
    return sorted(found)


def ended(child: subprocess.Popen[bytes]) -> bool:
    """Whether a process ends within a few milliseconds: a moment of the crawl is waited for, not a length of time."""
    try:
        child.wait(0.005)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_ten_kills_and_a_finishing_crawl_leave_what_an_undisturbed_crawl_leaves(tmp_path: Path) -> None:
    """kill -9 at ten random moments; the seed is printed, so that a failure can be met again."""
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")
    rng = random.Random(seed)
    desks = {}
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(tmp_path / "rows")
        for name in ("undisturbed", "killed"):
            desks[name] = Desk(tmp_path / name, tmp_path / "rows", DEMO_NOW, workers=0)
            add_watches(desks[name])
        desks["undisturbed"].crawl()
        desks["undisturbed"].run("deliver")
        for _ in range(10):
            asked = len(site.log)
            child = desks["killed"].start("crawl")
            wanted = asked + rng.randrange(4, 40)
            deadline = time.monotonic() + rng.uniform(1.5, 6)
            while len(site.log) < wanted and time.monotonic() < deadline and not ended(child):
                pass
            child.send_signal(signal.SIGKILL)
            child.wait()
        desks["killed"].crawl()
        desks["killed"].run("deliver")
        desks["killed"].crawl(now=DEMO_NOW + timedelta(minutes=2))
        desks["killed"].run("deliver")
    assert rows_of(desks["killed"]) == rows_of(desks["undisturbed"])
    assert mails_of(desks["killed"]) == mails_of(desks["undisturbed"])


def test_a_saved_watch_that_cannot_be_asked_is_told_once_and_the_crawl_goes_on(tmp_path: Path) -> None:
    with serve(Press.load(), clock=lambda: DEMO_NOW) as site:
        site.write_sources(tmp_path / "rows")
        desk = Desk(tmp_path / "data", tmp_path / "rows", DEMO_NOW)
        desk.run("watch", "add", "đảng", "--to", "a@example.org", "--name", "Đảng", "--force", now=BEFORE)
        desk.run("watch", "add", "chi bộ", "--to", "b@example.org", "--name", "Nổ", "--force", now=BEFORE)
        engine = open_database(f"sqlite:///{desk.data / 'diemtin.db'}")
        with engine.begin() as connection:
            watches.ensure_operator(connection, "box@example.org", now=DEMO_NOW)
            connection.execute(
                sa.text("UPDATE watch SET query = :q WHERE name = 'Nổ'"), {"q": "chỉ thị 5 " * 9}
            )
        counts = [desk.crawl("bao-dong-sa")["bao-dong-sa"]["stored"] for _ in range(2)]
        with engine.connect() as connection:
            alerts = connection.execute(sa.text("SELECT kind, subject FROM alert")).all()
        engine.dispose()
    assert counts[0] > 0 and counts[1] == 0
    assert [a.subject.split("|")[:2] for a in alerts if a.kind == "event"] == [["broken_watch", "Nổ"]]
    assert sum(a.kind == "story" for a in alerts) > 0, "the other watch is asked as ever"
