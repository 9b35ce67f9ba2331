"""The demo press is a press: served on loopback, reachable, faulty in the ways it says, and true to its gold."""

import gzip
import http.client
import json
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree

import pytest
from parsel import Selector

from crawler.dates.zones import VIETNAM
from crawler.demo import DEMO_NOW, Expected, Press, Site, serve, server
from crawler.demo.press import PressPiece
from crawler.demo.server import SOURCES
from crawler.errors import DiemtinError
from crawler.registry import load_registry
from crawler.source import Source
from crawler.text.normal import clean_line, text_key

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"
PARTY_KEY = re.compile(r"\b\d{2,4}-(?:NQ|CT|QĐi?|KL|HD|KH|ĐA|CTr)/[A-ZĐ]+")
NEWS = {"news": "http://www.google.com/schemas/sitemap-news/0.9"}
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@dataclass(frozen=True)
class Fetched:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


def fetch(url: str, **headers: str) -> Fetched:
    """One request over loopback, redirects not followed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request("GET", target, headers=names)
        response = connection.getresponse()
        return Fetched(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
    finally:
        connection.close()


@pytest.fixture(scope="module")
def press() -> Press:
    return Press.load()


@pytest.fixture(scope="module")
def served(press: Press) -> Iterator[Site]:
    with serve(press) as site:
        yield site


@pytest.fixture
def fresh(press: Press) -> Iterator[Site]:
    with serve(press) as site:
        yield site


def listing_pages(source: Source, number: int) -> list[tuple[str, Selector]]:
    """Every page of a section's listing, by the row's own next_page."""
    section = source.sections[number]
    found: list[tuple[str, Selector]] = []
    url: str | None = section.url
    while url:
        answer = fetch(url)
        page = Selector(answer.text)
        if not page.css(section.links or "a"):
            break
        found.append((url, page))
        follow = section.next_page or ""
        if "{page}" in follow:
            url = follow.replace("{page}", str(len(found) + 1))
        else:
            href = page.css(follow).get()
            url = urljoin(url, href) if href else None
        assert len(found) < 20, "the listing never ends"
    return found


def listed(source: Source, number: int) -> list[tuple[str, str]]:
    """(address, link text) of a section's links that the row calls articles."""
    links = []
    for url, page in listing_pages(source, number):
        for anchor in page.css(source.sections[number].links or "a"):
            href = urljoin(url, anchor.attrib["href"])
            text = clean_line("".join(anchor.css("::text").getall()))
            if source.articles.matches(href) and text:
                links.append((href, text))
    return links


def feed_items(source: Source, number: int) -> list[tuple[str, str]]:
    raw = fetch(source.sections[number].feed or "").body
    tree = ElementTree.fromstring(raw[raw.index(b"<?xml") :])
    return [(i.findtext("link") or "", i.findtext("title") or "") for i in tree.iter("item")]


def pieces(press: Press) -> tuple[PressPiece, ...]:
    return press.editions[1]


def open_sources(site: Site) -> list[Source]:
    """The rows of the outlets that can be read."""
    return [s for s in site.sources.values() if s.extract]


# The press as data


def test_there_are_six_outlets_in_six_markups_and_one_behind_a_bot_wall(press: Press) -> None:
    markups = [o.markup for o in press.outlets]
    assert len(set(markups)) == len(markups) == 7
    assert "bot_wall" in markups


def test_there_are_more_than_eighty_articles_on_the_subject_and_fifteen_beside_it(press: Press) -> None:
    relevant = [e for e in press.expected.values() if e.relevant]
    beside = [e for e in press.expected.values() if not e.relevant and e.sections]
    assert len(relevant) >= 80
    assert len(beside) == 15


def test_every_article_reads_like_a_news_item_of_150_to_500_words(press: Press) -> None:
    odd = {e.id: n for e in press.expected.values() if not 150 <= (n := len(e.text.split())) <= 500}
    assert not odd


def test_off_topic_articles_stand_in_mixed_sections_only(press: Press) -> None:
    assert not [e.id for e in press.expected.values() if not e.relevant and "Xây dựng Đảng" in e.sections]


def test_no_paragraph_is_used_twice_except_in_reprints(press: Press) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for e in press.expected.values():
        for paragraph in e.paragraphs:
            owners[text_key(paragraph)].add(e.wire or e.id)
    assert not {p: o for p, o in owners.items() if len(o) > 1}


def test_articles_of_different_stories_share_few_phrases(press: Press) -> None:
    def shingles(e: Expected) -> set[tuple[str, ...]]:
        words = text_key("\n".join(e.paragraphs)).split()
        return {tuple(words[i : i + 5]) for i in range(len(words) - 4)}

    phrases = {e.id: shingles(e) for e in press.expected.values()}
    alone = {i: p for i, p in phrases.items() if not press.expected[i].wire}
    seen = Counter(phrase for found in alone.values() for phrase in found)
    shared = {i: sum(seen[p] > 1 for p in found) / len(found) for i, found in alone.items()}
    assert max(shared.values()) < 0.25, max(shared, key=lambda i: shared[i])


def test_two_wire_stories_run_in_at_least_four_outlets_under_other_titles(press: Press) -> None:
    groups: dict[str, list[Expected]] = defaultdict(list)
    for e in press.expected.values():
        if e.wire:
            groups[e.wire].append(e)
    assert len(groups) == 2
    for copies in groups.values():
        assert len({c.outlet for c in copies}) == len(copies) >= 4
        assert len({c.title for c in copies}) == len(copies)


def test_the_gold_lists_exactly_the_symbols_that_stand_in_the_text(press: Press) -> None:
    for e in press.expected.values():
        standing = dict.fromkeys(PARTY_KEY.findall("\n".join((e.title, *e.paragraphs))))
        assert list(dict.fromkeys(e.documents)) == list(e.documents), e.id
        assert set(standing) == set(e.documents), e.id


def test_central_documents_are_known_ones_and_not_invented(press: Press) -> None:
    table = SHARED / "domain" / "known_documents.tsv"
    if not table.exists():
        pytest.skip("../shared/domain/known_documents.tsv is not on this machine")
    known = {line.split("\t")[0] for line in table.read_text(encoding="utf-8").splitlines()[1:]}
    cited = {key for e in press.expected.values() for key in e.documents if key.endswith("TW")}
    assert cited <= known


def test_held_meetings_lie_before_and_upcoming_ones_after_their_article(press: Press) -> None:
    meetings = [(e, e.meeting) for e in press.expected.values() if e.meeting]
    assert len(meetings) >= 30
    assert sum(m.status == "upcoming" for _, m in meetings) >= 5
    for e, meeting in meetings:
        assert meeting.date is not None
        assert (meeting.date > e.published[:10]) == (meeting.status == "upcoming"), e.id


def test_the_day_of_a_meeting_stands_in_the_lead(press: Press) -> None:
    for e in press.expected.values():
        if e.meeting and e.meeting.date:
            day = datetime.fromisoformat(e.meeting.date)
            assert f"{day.day}/{day.month}" in e.lead, e.id


def test_no_notation_of_the_data_files_is_left_in_a_text(press: Press) -> None:
    for edition in (1, 2):
        for e in press.expected_in(edition).values():
            assert not re.search(r"[{}|]|\[ảnh\]|##", e.text), e.id
            assert unicodedata.is_normalized("NFC", e.text), e.id


def test_nothing_is_published_after_now_and_another_now_moves_every_date(press: Press) -> None:
    assert all(datetime.fromisoformat(e.published) < DEMO_NOW for e in press.expected.values())
    later = Press.load(DEMO_NOW + timedelta(days=100))
    for key, e in press.expected.items():
        moved = datetime.fromisoformat(later.expected[key].published) - datetime.fromisoformat(e.published)
        assert moved == timedelta(days=100)


# Rows


def test_the_rows_are_valid_fictitious_and_one_per_outlet(press: Press) -> None:
    rows = load_registry(SOURCES, shipped=False)
    assert list(rows) == sorted(o.id for o in press.outlets)
    assert all(r.fictitious and r.homepage.startswith("http://") for r in rows.values())
    for outlet in press.outlets:
        assert [s.name for s in rows[outlet.id].sections] == [s.name for s in outlet.sections]
        assert (rows[outlet.id].name, rows[outlet.id].province) == (outlet.name, outlet.province)


def test_served_rows_name_the_addresses_that_answer(served: Site, tmp_path: Path) -> None:
    served.write_sources(tmp_path / "rows")
    assert load_registry(tmp_path / "rows", shipped=False) == dict(sorted(served.sources.items()))
    for source in served.sources.values():
        assert source.homepage == served.bases[source.id] + "/"
        assert "localhost" not in source.model_dump_json()
        assert fetch(source.homepage).status == 200


def test_where_only_one_loopback_address_exists_outlets_take_ports(
    press: Press, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "LOOPBACK", "203.0.113.{}")  # reserved for documentation
    with serve(press) as site:
        assert {urlsplit(base).hostname for base in site.bases.values()} == {"127.0.0.1"}
        assert len(set(site.bases.values())) == len(site.bases)
        assert all(fetch(source.homepage).status == 200 for source in site.sources.values())


def test_each_outlet_has_a_host_of_its_own_or_a_port_of_its_own(served: Site) -> None:
    assert len(set(served.bases.values())) == len(served.bases)


@pytest.mark.parametrize("key", ["title", "lead", "published", "authors", "captions", "container"])
def test_the_selectors_of_the_rows_find_what_the_gold_says(served: Site, press: Press, key: str) -> None:
    for piece in pieces(press):
        e = piece.expected
        source = served.sources[e.outlet]
        page = Selector(fetch_ready(served, e).text)
        (selector,) = getattr(source.extract[0], key)
        found = [nfc_line(" ".join(n.css("::text").getall())) for n in page.css(selector)]
        published = datetime.fromisoformat(e.published)
        match key:
            case "title":
                assert found == [e.title]
            case "lead":
                assert found == [e.lead]
            case "authors":
                assert found == [e.byline]
            case "captions":
                assert found == [nfc_line(b.text) for b in e.blocks if b.kind == "caption"]
            case "published":
                assert len(found) == 1
                assert f"{published:%d/%m/%Y}" in found[0]
                assert f"{published:%H:%M}" in found[0]
            case "container":
                assert len(found) == 1
                body = [b.text for b in e.blocks if b.kind in ("paragraph", "heading")]
                assert all(nfc_line(p) in found[0] for p in body)


def fetch_ready(site: Site, e: Expected) -> Fetched:
    answer = fetch(site.url(e.outlet, e.path))
    return fetch(site.url(e.outlet, e.path)) if answer.status == 500 else answer


def nfc_line(text: str) -> str:
    return clean_line(unicodedata.normalize("NFC", text))


# Reachable


def test_every_article_is_reached_from_the_listings_of_its_sections(served: Site, press: Press) -> None:
    for source in open_sources(served):
        for number, section in enumerate(source.sections):
            links = dict(listed(source, number))
            for piece in press.of(source.id, 1):
                if section.name in piece.expected.sections:
                    address = served.url(source.id, piece.moved_from or piece.expected.path)
                    address += f"?{piece.tracking}" if piece.tracking else ""
                    assert links.get(address) == piece.expected.title


def test_listings_have_several_pages(served: Site) -> None:
    for source in open_sources(served):
        assert len(listing_pages(source, 0)) >= 2, source.id


def test_feeds_sitemaps_and_the_json_listing_lead_to_the_same_articles(served: Site) -> None:
    told = Counter[str]()
    for source in open_sources(served):
        for number, section in enumerate(source.sections):
            links = [url for url, _ in listed(source, number)]
            if section.feed:
                assert [url for url, _ in feed_items(source, number)] == links
                told["feed"] += 1
            if section.sitemap:
                tree = ElementTree.fromstring(fetch(section.sitemap).body)
                assert [loc.text for loc in tree.iter(LOC)] == links
                assert len(tree.findall(".//news:publication_date", NEWS)) >= len(links) - 1
                told["sitemap"] += 1
            if section.json_listing:
                first = json.loads(fetch(section.json_listing.replace("{page}", "1")).body)
                rows = list(first["data"])
                for page in range(2, first["last_page"] + 1):
                    rows += json.loads(fetch(section.json_listing.replace("{page}", str(page))).body)["data"]
                assert [row["url"] for row in rows] == links
                told["json"] += 1
    assert told == {"feed": 2, "sitemap": 3, "json": 1}


def test_the_homepage_names_the_sections(served: Site) -> None:
    for source in open_sources(served):
        links = {
            urljoin(source.homepage, h)
            for h in Selector(fetch(source.homepage).text).css("a::attr(href)").getall()
        }
        assert {s.url for s in source.sections} <= links


# Faults and features


def test_pages_that_must_be_dropped_are_told_with_their_disposition(served: Site) -> None:
    assert Counter(d.reason for d in served.dropped.values()) == {
        "off_topic": 15,
        "robots": 1,
        "gone": 1,
        "wrong_article": 1,
        "bot_wall": 1,
    }
    links = {url for s in open_sources(served) for n in range(len(s.sections)) for url, _ in listed(s, n)}
    linked = {url.split("?")[0] for url in links}
    assert {u for u, d in served.dropped.items() if d.reason != "bot_wall"} <= linked


def test_an_edition_that_does_not_exist_is_refused(served: Site) -> None:
    with pytest.raises(ValueError, match="editions 1 and 2"):
        served.edition = 3
    assert served.edition == 1


def test_one_feed_has_text_before_its_xml(served: Site) -> None:
    raw = fetch(served.sources["bao-cu-giang"].sections[0].feed or "").body
    assert raw.index(b"<?xml") > 0
    assert fetch(served.sources["bao-ha-luong"].sections[0].feed or "").body.startswith(b"<?xml")


def test_robots_txt_forbids_a_linked_article_and_asks_for_a_short_delay(served: Site, press: Press) -> None:
    forbidden = [e for e in press.expected.values() if e.forbidden]
    assert [e.outlet for e in forbidden] == ["bao-dong-sa"]
    assert "Disallow: /noi-bo/" in fetch(served.url("bao-dong-sa", "/robots.txt")).text
    assert forbidden[0].path.startswith("/noi-bo/")
    assert served.sources["bao-dong-sa"].articles.matches(served.url("bao-dong-sa", forbidden[0].path))
    assert "Crawl-delay: 0.2" in fetch(served.url("bao-ha-luong", "/robots.txt")).text


def test_every_page_shows_the_day_of_the_clock(press: Press) -> None:
    with serve(press, clock=lambda: datetime(2026, 12, 2, 23, 0, tzinfo=VIETNAM)) as site:
        for source in open_sources(site):
            article = press.of(source.id, 1)[0].expected
            for path in ("/", article.path):
                answer = fetch(site.url(source.id, path))
                assert "Thứ tư, 02/12/2026" in answer.text
                assert answer.headers["date"] == "Wed, 02 Dec 2026 16:00:00 GMT"


def test_the_same_clock_gives_the_same_bytes(press: Press) -> None:
    def bodies(port: int) -> list[bytes]:
        with serve(press, port=port) as site:
            paths = [(e.outlet, e.path) for e in press.expected.values()]
            return [fetch(site.url(*p)).body for p in paths]

    try:
        first = bodies(18471)
    except DiemtinError as taken:
        pytest.skip(f"port 18471 is in use here: {taken}")
    assert first == bodies(18471)


def test_a_taken_port_is_said_clearly(press: Press) -> None:
    with serve(press) as site:
        port = int(urlsplit(site.bases["bao-van-tra"]).port or 0)
        with pytest.raises(DiemtinError, match="is another demo running"), serve(press, port=port):
            pass


def test_captions_carry_credits_in_both_printed_forms(press: Press) -> None:
    captions = [(e, b) for e in press.expected.values() for b in e.blocks if b.kind == "caption"]
    assert len(captions) >= 40
    assert any("\nẢnh: " in b.text for _, b in captions)
    assert any(" Ảnh: " in b.text for _, b in captions)


def test_every_article_page_has_a_box_of_related_links(served: Site, press: Press) -> None:
    for piece in pieces(press):
        e = piece.expected
        others = [p.expected.path for p in press.of(e.outlet, 1) if p.expected is not e]
        text = fetch_ready(served, e).text
        assert sum(f'href="{path}"' in text for path in others) >= 3
        assert re.search("Tin liên quan|Các tin khác|Bài liên quan", nfc_line(text))


def test_the_bot_wall_answers_200_to_everything_but_robots_txt(served: Site) -> None:
    source = served.sources["bao-yen-ha"]
    for url in (
        source.homepage,
        source.sections[0].url,
        served.url("bao-yen-ha", "/tin-nao-do-1001.html?x=1"),
    ):
        answer = fetch(url)
        assert answer.status == 200
        assert "window.location.reload" in answer.text
    assert fetch(served.url("bao-yen-ha", "/robots.txt")).text.startswith("User-agent")


def test_a_listed_article_is_gone(served: Site) -> None:
    links = dict(listed(served.sources["bao-van-tra"], 0))
    assert [fetch(url).status for url in links if "0ddba11" in url] == [404]


def test_one_article_answers_500_once(fresh: Site, press: Press) -> None:
    (flaky,) = [p.expected for p in pieces(press) if p.fails_once]
    url = fresh.url(flaky.outlet, flaky.path)
    assert [fetch(url).status for _ in range(3)] == [500, 200, 200]


def test_an_old_address_redirects_to_the_article(served: Site, press: Press) -> None:
    (moved,) = [p for p in pieces(press) if p.moved_from]
    answer = fetch(served.url(moved.expected.outlet, moved.moved_from or ""))
    assert answer.status == 301
    assert answer.headers["location"] == served.url(moved.expected.outlet, moved.expected.path)


def test_some_pages_claim_a_charset_that_is_wrong(served: Site, press: Press) -> None:
    wrong = {p.charset: p.expected for p in pieces(press) if p.charset != "utf-8"}
    assert set(wrong) == {"iso-8859-1", "windows-1258"}
    for charset, e in wrong.items():
        answer = fetch(served.url(e.outlet, e.path))
        assert answer.headers["content-type"] == f"text/html; charset={charset}"
        assert e.title in answer.body.decode("utf-8")


def test_one_page_is_served_decomposed(served: Site, press: Press) -> None:
    (e,) = [p.expected for p in pieces(press) if p.decomposed]
    text = fetch(served.url(e.outlet, e.path)).text
    assert unicodedata.is_normalized("NFD", text)
    assert e.title not in text
    assert e.title in unicodedata.normalize("NFC", text)


def test_a_recycled_id_shows_another_article_than_its_link_says(served: Site, press: Press) -> None:
    (url, title) = next(link for link in listed(served.sources["bao-cu-giang"], 0) if "-a120415." in link[0])
    shown = press.expected["cg-recycled-page"]
    assert shown.sections == ()
    assert shown.title != title
    page = fetch(url).text
    assert shown.title in page
    assert title not in page


def test_several_articles_stand_in_two_sections(served: Site, press: Press) -> None:
    twice = [e for e in press.expected.values() if len(e.sections) == 2]
    assert len({e.outlet for e in twice}) >= 4


def test_tracking_parameters_lead_to_the_same_page(served: Site, press: Press) -> None:
    tracked = [p for p in pieces(press) if p.tracking]
    assert len(tracked) >= 3
    for piece in tracked:
        url = served.url(piece.expected.outlet, piece.expected.path)
        assert fetch(f"{url}?{piece.tracking}").body == fetch(url).body
        assert served.sources[piece.expected.outlet].articles.matches(f"{url}?{piece.tracking}")


def test_listings_feeds_and_sitemaps_answer_304_to_what_is_known(fresh: Site) -> None:
    for source in open_sources(fresh):
        for section in source.sections:
            for url in filter(None, (section.url, section.feed, section.sitemap)):
                first = fetch(url)
                assert fetch(url, If_None_Match=first.headers["etag"]).status == 304
                assert fetch(url, If_Modified_Since=first.headers["last-modified"]).status == 304
                assert (
                    fetch(
                        url, If_None_Match='"other"', If_Modified_Since=first.headers["last-modified"]
                    ).status
                    == 200
                )
                assert fetch(url, If_Modified_Since="nonsense").status == 200
    answers = {hit.status for hit in fresh.log if hit.if_none_match}
    assert answers == {200, 304}


def test_the_second_edition_edits_one_article_and_adds_one(press: Press) -> None:
    before, after = press.expected_in(1), press.expected_in(2)
    assert set(after) - set(before) == {"hl-trao-the-dang-vien-moi"}
    changed = [key for key in before if before[key].text != after[key].text]
    assert changed == ["hl-nghi-quyet-11"]
    assert before["hl-nghi-quyet-11"].path == after["hl-nghi-quyet-11"].path
    second_crawl = DEMO_NOW + timedelta(hours=4)
    for moment in (after["hl-nghi-quyet-11"].updated, after["hl-trao-the-dang-vien-moi"].published):
        assert moment is not None
        assert DEMO_NOW < datetime.fromisoformat(moment) < second_crawl


def test_the_second_edition_is_served_when_the_switch_is_turned(fresh: Site, press: Press) -> None:
    feed = fresh.sources["bao-ha-luong"].sections[0].feed or ""
    known = fetch(feed)
    edited, added = press.expected["hl-nghi-quyet-11"], press.expected_in(2)["hl-trao-the-dang-vien-moi"]
    assert "32 doanh nghiệp" not in fetch(fresh.url(edited.outlet, edited.path)).text
    assert fetch(fresh.url(added.outlet, added.path)).status == 404
    fresh.edition = 2
    again = fetch(feed, If_None_Match=known.headers["etag"], If_Modified_Since=known.headers["last-modified"])
    assert again.status == 200
    assert [url for url, _ in feed_items(fresh.sources["bao-ha-luong"], 0)][:2] == [
        fresh.url(added.outlet, added.path),
        fresh.url(edited.outlet, edited.path),
    ]
    assert "32 doanh nghiệp" in fetch(fresh.url(edited.outlet, edited.path)).text
    assert fresh.expected[fresh.url(added.outlet, added.path)] == added


def test_the_log_tells_every_request_for_tests_of_politeness(fresh: Site) -> None:
    url = fresh.sources["bao-kim-hai"].sections[0].url
    fetch(url, User_Agent="thử/1.0 (a@example.org)".encode().decode("latin-1"))
    (hit,) = fresh.log
    assert (hit.outlet, hit.path, hit.status) == ("bao-kim-hai", "/chinh-tri/xay-dung-dang", 200)
    assert hit.host == urlsplit(url).netloc
    assert hit.user_agent is not None
    assert "a@example.org" in hit.user_agent
    assert hit.at <= hit.done


def test_pictures_answer(served: Site) -> None:
    answer = fetch(served.url("bao-van-tra", "/images/logo.png"))
    assert answer.headers["content-type"] == "image/png"
    assert answer.body.startswith(b"\x89PNG")


def test_every_file_of_the_press_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    globs = project["tool"]["setuptools"]["package-data"]["*"]
    files = [f for f in SOURCES.parent.rglob("*") if f.is_file() and f.suffix not in (".py", ".pyc")]
    assert [f.name for f in files if not any(f.match(g) for g in globs)] == []


def test_the_whole_press_is_small(press: Press) -> None:
    text = "".join(e.text for e in press.expected.values())
    assert len(gzip.compress(text.encode())) < 200_000
