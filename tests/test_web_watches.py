"""The pages of the watches and of their mails, over real stores and mails written by the real delivery."""

from __future__ import annotations

import email
import email.policy
import re
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from crawler.config import Config
from crawler.delivery.mail_settings import MailSettings
from crawler.delivery.subscriptions import ask
from crawler.delivery.tick import deliver
from crawler.store import deliveries, outbox, recipients, tokens, watches
from crawler.store.audit import audit_page
from crawler.store.watches import Watch
from crawler.web.visitor import Role
from tests.press_room import MORNING, OUTLETS, PressRoom
from tests.web_room import HOSTILE
from tests.web_visit import PageVisitor, as_role

READER = "van.phong@lamha.example"
WEB = MailSettings(web="https://tin.example")


def press(engine: sa.Engine, *titles: str) -> list[int]:
    with engine.begin() as conn:
        room = PressRoom(conn)
        return [
            room.article(title, story=room.story(), slug=f"bai-{n}", lead=f"Huyện ủy Lam Hà họp lần {n}.")
            for n, title in enumerate(titles)
        ]


def make(engine: sa.Engine, query: str = "đại hội", *people: str, **more: object) -> Watch:
    with engine.begin() as conn:
        return watches.add_watch(
            conn, query=query, addresses=people or (READER,), now=MORNING - timedelta(days=9), **more
        )


def mailed(engine: sa.Engine, watch: Watch, articles: list[int], folder: Path) -> int:
    """Let the watch tell of these articles by a mail; its number."""
    with engine.begin() as conn:
        stories = {row.id: row.story for row in conn.execute(sa.text("SELECT id, story FROM article"))}
        for article in articles:
            outbox.raise_alert(
                conn, watch=watch, kind="story", subject=str(stories[article]), article=article,
                words=("đại hội",), spans={"title": [(0, 7)]}, now=MORNING - timedelta(hours=2),
            )  # fmt: skip
    deliver(engine, config_mail=WEB, outbox_folder=folder, now=MORNING, sources=OUTLETS)
    with engine.connect() as conn:
        return deliveries.page_of_deliveries(conn, states=("sent",)).items[0].id


def only(engine: sa.Engine) -> Watch:
    with engine.connect() as conn:
        [found] = watches.active(conn)
    return found


# ---- making ------------------------------------------------------------------------------------------------------


def test_a_query_of_a_search_becomes_a_watch_that_was_tried_before(engine: sa.Engine) -> None:
    press(engine, "Đại hội chi bộ một", "Đại hội chi bộ hai", "Dai hoi khong dau")
    visitor = PageVisitor(engine)
    found = visitor.get("/tim?q=đại+hội")
    link = re.search(r'href="(/theo-doi/moi\?[^"]+)">Lưu thành mục theo dõi', found)
    assert link is not None
    page = visitor.get(link[1].replace("&amp;", "&"))
    assert ">đại hội</textarea>" in page and "<strong>2</strong> tin" in page
    assert "“dai hoi”" in page, "what was nearly found"
    assert "Thư sáng" in page and "từ khớp: đại hội" in page
    assert page.count('class="chart"') == 1 and "ng%C3%A0y%3A2026-11-21" in page
    sent = visitor.send(link[1].replace("&amp;", "&"), "/theo-doi/moi", {
        "query": "đại hội", "scope": "story", "every": "hằng ngày@6h", "to": f"{READER}\nb@lamha.example",
        "salience": "all", "language": "vi", "province": "lam ha", "nothing": "1",
    })  # fmt: skip
    assert sent.status_code == 303
    watch = only(engine)
    assert sent.headers["Location"] == f"/theo-doi/{watch.id}"
    assert (watch.query, str(watch.cadence), watch.province, watch.proof_of_life) == (
        "đại hội", "daily@06:00", "Lam Hà", True,
    )  # fmt: skip
    assert [(one.address, one.state) for one in watch.recipients] == [
        ("b@lamha.example", "active"), (READER, "active"),
    ]  # fmt: skip
    with engine.connect() as conn:
        [row] = audit_page(conn, limit=9).items
    assert (row.who, row.what, row.subject, row.before) == ("local", "watch.add", str(watch.id), None)


def test_a_wrong_query_is_shown_at_its_place_and_nothing_is_made(engine: sa.Engine) -> None:
    visitor = PageVisitor(engine)
    page = visitor.get("/theo-doi/moi?q=chi+(b%E1%BB%99", 400)
    assert "ký tự 8" in page and "chi (bộ<mark> </mark>" in page and "Lưu mục theo dõi" not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"to": ""}, "thiếu người nhận"),
        ({"to": "khong-phai-thu"}, "không phải địa chỉ thư"),
        ({"to": READER, "every": "lúc nào cũng được"}, "không hiểu được"),
        ({"to": READER, "quiet": "25:00"}, "giờ yên lặng"),
        ({"to": READER, "province": "Kim Quy"}, "không có tỉnh"),
        ({"to": READER, "nothing": "1", "every": "now"}, "cần nhịp"),
        ({"to": "http://127.0.0.1/moc"}, "--allow-private"),
    ],
)
def test_what_is_wrong_with_a_watch_is_said_over_the_form_as_it_was_sent(
    engine: sa.Engine, fields: dict[str, str], said: str
) -> None:
    visitor = PageVisitor(engine)
    form = {
        "query": "đại hội",
        "scope": "story",
        "every": "now",
        "salience": "all",
        "language": "vi",
        "name": "Tên tôi",
    }
    answer = visitor.send("/theo-doi/moi?q=đại+hội", "/theo-doi/moi", form | fields)
    assert answer.status_code == 400 and said in answer.text and 'value="Tên tôi"' in answer.text
    with engine.connect() as conn:
        assert watches.active(conn) == () and audit_page(conn, limit=9).total == 0


def test_a_watch_that_somebody_has_is_refused_unless_it_is_forced(engine: sa.Engine) -> None:
    make(engine)
    visitor = PageVisitor(engine)
    form = {
        "query": "đại hội",
        "scope": "story",
        "every": "now",
        "salience": "all",
        "language": "vi",
        "to": READER,
    }
    refused = visitor.send("/theo-doi/moi?q=đại+hội", "/theo-doi/moi", form)
    assert refused.status_code == 400 and "đã có mục theo dõi này" in refused.text
    assert visitor.send("/theo-doi/moi?q=đại+hội", "/theo-doi/moi", form | {"force": "1"}).status_code == 303


def test_an_editors_word_is_no_yes_of_the_reader_who_is_asked(
    engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_role(Role.EDITOR, monkeypatch, "bien.tap@lamha.example")
    visitor = PageVisitor(engine, config=Config(mail=WEB))
    page = visitor.get("/theo-doi/moi?q=&pham_vi=document")
    assert ">bien.tap@lamha.example</textarea>" in page and 'name="ask"' not in page
    visitor.send("/theo-doi/moi?q=&pham_vi=document", "/theo-doi/moi", {
        "query": "", "scope": "document", "every": "now", "salience": "all", "language": "vi", "to": READER,
    })  # fmt: skip
    assert [one.state for one in only(engine).recipients] == ["asked"]
    with engine.connect() as conn:
        [question] = deliveries.list_deliveries(conn)
        assert audit_page(conn, limit=9).items[0].who == "bien.tap@lamha.example"
    assert question.kind == "confirm"


def test_a_query_that_reads_like_a_number_is_tried_as_a_query(engine: sa.Engine) -> None:
    watch = make(engine)
    press(engine, "Đại hội chi bộ")
    told = PageVisitor(engine).ask(f"/theo-doi/thu-nghiem.json?q={watch.id}&pham_vi=story").json()
    assert (told["query"], told["watch"], told["total"]) == (str(watch.id), None, 0)


def test_what_cannot_be_tried_says_why(engine: sa.Engine) -> None:
    visitor = PageVisitor(engine)
    assert "cần một truy vấn" in visitor.get("/theo-doi/moi?q=&pham_vi=story", 400)
    assert "Lưu mục theo dõi" in visitor.get("/theo-doi/moi?q=&pham_vi=change")
    assert visitor.get("/theo-doi/moi?q=x&pham_vi=sai") and "so_ngay" in visitor.get(
        "/theo-doi/moi?q=x&so_ngay=0", 400
    )
    assert "không thử được" in visitor.get("/theo-doi/thu-nghiem.json?q=x&pham_vi=event", 400)


# ---- one watch ---------------------------------------------------------------------------------------------------


def test_a_watch_shows_who_receives_every_mail_and_why(engine: sa.Engine, tmp_path: Path) -> None:
    numbers = press(engine, "Đại hội chi bộ một", HOSTILE)
    watch = make(engine)
    mail = mailed(engine, watch, numbers, tmp_path)
    visitor = PageVisitor(engine)
    page = visitor.get(f"/theo-doi/{watch.id}")
    assert READER in page and "đang nhận" in page and f'href="/thu/{mail}"' in page
    assert f'href="/bai/{numbers[0]}"' in page and page.count(">đại hội</span>") == 2, "by which words"
    assert "<script>alert" not in page
    told = visitor.ask(f"/theo-doi/{watch.id}/thu.json").json()
    assert [len(one["alerts"]) for one in told["mails"]] == [2]
    assert "Đại hội chi bộ một" in visitor.get(f"/theo-doi/{watch.id}/thu.csv")
    feed = visitor.ask(f"/theo-doi/{watch.id}.atom")
    assert feed.headers["Content-Type"].startswith("application/atom+xml") and feed.text.count("<entry>") == 2


def test_mails_come_in_pages_the_newest_first(engine: sa.Engine, tmp_path: Path) -> None:
    watch = make(engine)
    with engine.begin() as conn:
        room = PressRoom(conn)
        for n in range(25):
            article = room.article(f"Đại hội {n}", story=room.story(), slug=f"b{n}")
            outbox.raise_alert(
                conn, watch=watch, kind="article", subject=str(article), article=article, words=(), spans={}, now=MORNING,
            )  # fmt: skip
            alert = conn.execute(sa.text("SELECT max(id) FROM alert")).scalar_one()
            outbox.queue(
                conn, message_id=f"<{n}@x>", address=READER, kind="now", subject=f"Thư {n}.", content=b"", alerts=[alert],
                now=MORNING,
            )  # fmt: skip
    visitor = PageVisitor(engine)
    first = visitor.get(f"/theo-doi/{watch.id}")
    assert "Thư 24." in first and "Thư 5." in first and "Thư 4." not in first
    after = re.search(r'href="(/theo-doi/\d+\?after=\d+)#thu"', first)
    assert after is not None
    rest = visitor.get(after[1])
    assert "Thư 4." in rest and "Thư 5." not in rest and "Thư cũ hơn" not in rest


def test_a_reader_sees_no_address_and_changes_nothing(
    engine: sa.Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    numbers = press(engine, "Đại hội chi bộ")
    watch = make(engine, "đại hội", READER, "https://chat.example/moc/bi-mat")
    mail = mailed(engine, watch, numbers, tmp_path)
    with engine.begin() as conn:
        recipients.suspend(conn, READER, reason=f"550 <{READER}> unknown", now=MORNING)
    as_role(Role.READER, monkeypatch)
    visitor = PageVisitor(engine)
    paths = ["/theo-doi", "/theo-doi.json", "/theo-doi.csv", "/tim?q=x", f"/theo-doi/{watch.id}"]
    paths += [f"/theo-doi/{watch.id}/thu.json", f"/theo-doi/{watch.id}/thu.csv"]
    with engine.connect() as conn:
        every = [one.id for one in deliveries.list_deliveries(conn)]
    paths += [f"/thu/{n}{part}" for n in every for part in ("", ".json", "/txt")]
    for path in paths:
        text = visitor.ask(path).text
        assert READER not in text and "bi-mat" not in text, path
    assert "v…@lamha.example" in visitor.get(f"/theo-doi/{watch.id}")
    assert READER not in visitor.get(f"/thu/{mail}")
    for method, path in (
        ("GET", "/theo-doi/moi"), ("POST", "/theo-doi/moi"), ("GET", f"/theo-doi/{watch.id}/sua"),
        ("POST", f"/theo-doi/{watch.id}/sua"), ("POST", f"/theo-doi/{watch.id}/tam-dung"),
        ("POST", f"/theo-doi/{watch.id}/mo-lai"), ("GET", f"/theo-doi/{watch.id}/xoa"),
        ("POST", f"/theo-doi/{watch.id}/xoa"), ("POST", f"/theo-doi/{watch.id}/danh-dau"),
    ):  # fmt: skip
        assert visitor.client.request(method, path).status_code == 403, path


def test_a_watch_is_edited_and_what_is_wrong_with_the_edit_changes_nothing(engine: sa.Engine) -> None:
    watch = make(engine, "đại hội", READER, "b@lamha.example", name="Các đại hội")
    visitor, page = PageVisitor(engine), f"/theo-doi/{watch.id}/sua"
    same = {
        "query": "đại hội",
        "scope": "story",
        "every": "now",
        "salience": "all",
        "language": "vi",
        "name": "Các đại hội",
    }
    wrong = visitor.send(page, page, same | {"query": "chi (bộ"})
    assert wrong.status_code == 400 and "chi (bộ<mark> </mark>" in wrong.text
    assert only(engine).query == "đại hội"
    sent = visitor.send(page, page, same | {
        "query": "đại hội chi bộ", "every": "workdays@06:00", "to": "c@lamha.example", "drop": "b@lamha.example",
        "name": "Đại hội cơ sở", "quiet": "22h-5h", "group": "province",
    })  # fmt: skip
    assert sent.status_code == 303, sent.text
    after = only(engine)
    assert (after.name, after.query, str(after.cadence), str(after.quiet), after.group) == (
        "Đại hội cơ sở", "đại hội chi bộ", "workdays@06:00", "22:00-05:00", "province",
    )  # fmt: skip
    assert [one.address for one in after.recipients] == ["c@lamha.example", READER]
    with engine.connect() as conn:
        [row] = audit_page(conn, limit=9).items
    assert row.what == "watch.edit" and (row.before["query"], row.after["query"]) == (
        "đại hội",
        "đại hội chi bộ",
    )
    visitor.send(page, page, same | {"query": "đại hội chi bộ", "name": "Đại hội cơ sở"})
    assert (only(engine).quiet, only(engine).group) == (None, None), "an emptied field is given up"


def test_a_watch_is_paused_resumed_and_taken_away_after_a_question(engine: sa.Engine) -> None:
    watch = make(engine)
    visitor, page = PageVisitor(engine), f"/theo-doi/{watch.id}"
    assert visitor.send(page, f"{page}/tam-dung", {"den": "2026-12-01"}).status_code == 303
    assert "tạm dừng đến 00:00 thứ Ba 01/12/2026" in visitor.get(page)
    assert visitor.send(page, f"{page}/mo-lai").status_code == 303
    assert "đã qua" in visitor.send(page, f"{page}/tam-dung", {"den": "2026-11-01"}).text
    assert "không phải ngày" in visitor.send(page, f"{page}/tam-dung", {"den": "mai"}).text
    assert visitor.get(f"{page}/xoa") and only(engine), "looking at the question takes nothing away"
    gone = visitor.send(f"{page}/xoa", f"{page}/xoa")
    assert (gone.status_code, gone.headers["Location"]) == (303, "/theo-doi")
    assert "không có mục theo dõi" in visitor.get(page, 404)
    assert "Lập mục đầu tiên" in visitor.get("/theo-doi")
    with engine.connect() as conn:
        assert [row.what for row in audit_page(conn, limit=9).items] == [
            "watch.remove", "watch.resume", "watch.pause",
        ]  # fmt: skip


def test_a_watch_named_like_the_number_of_another_is_not_taken_for_it(engine: sa.Engine) -> None:
    first = make(engine, "đại hội", name="2")
    second = make(engine, "hội nghị", name="Hội nghị")
    assert (first.id, second.id) == (1, 2)
    visitor = PageVisitor(engine)
    assert "<h1>Hội nghị" in visitor.get("/theo-doi/2")
    visitor.send("/theo-doi/2/xoa", "/theo-doi/2/xoa")
    assert only(engine).id == first.id


def test_a_saved_watch_is_tried_and_a_hit_is_marked_wrong(engine: sa.Engine) -> None:
    press(engine, "Đại hội chi bộ", "Đại hội đồng cổ đông")
    watch = make(engine, name="các đại hội")
    visitor, page = PageVisitor(engine), f"/theo-doi/{watch.id}/thu-nghiem"
    url = "https://bao-lam-ha.example/bai-1"
    sent = visitor.send(page, f"/theo-doi/{watch.id}/danh-dau", {"url": url, "right": "0"})
    assert (sent.status_code, sent.headers["Location"]) == (303, page)
    assert "Đã đánh dấu 1 bài, trái với dấu: 1" in visitor.get(page)
    unknown = visitor.send(
        page, f"/theo-doi/{watch.id}/danh-dau", {"url": "https://x.example/", "right": "1"}
    )
    assert unknown.status_code == 400 and "không có bài nào ở địa chỉ này" in unknown.text
    with engine.connect() as conn:
        [row] = audit_page(conn, limit=9).items
    assert (row.what, row.after) == ("watch.mark", {"right": [], "wrong": [url]})


def test_many_watches_are_listed_in_pages_and_one_set_aside_says_why(engine: sa.Engine) -> None:
    for n in range(35):
        make(engine, f"đại hội {n}", name=f"Mục số {n}.")
    with engine.begin() as conn:
        conn.execute(sa.text("UPDATE watch SET query = 'chi (bộ' WHERE name = 'Mục số 34.'"))
    visitor = PageVisitor(engine)
    page = visitor.get("/theo-doi")
    assert "Gác lại" in page and "Mục số 5." in page and "Mục số 4." not in page
    after = re.search(r'href="(/theo-doi\?after=\d+)"', page)
    assert after is not None and "Mục số 0." in visitor.get(after[1])
    assert len(visitor.ask("/theo-doi.json").json()["watches"]) == 35


@pytest.mark.parametrize(
    "path", ["/theo-doi/999", "/theo-doi/99999999999999999999", "/thu/999", "/thu/999/html", "/theo-doi/x"]
)
def test_what_is_not_there_is_said(engine: sa.Engine, path: str) -> None:
    assert "<h1>" in PageVisitor(engine).get(path, 404)


# ---- one mail ----------------------------------------------------------------------------------------------------


def test_a_mail_is_shown_as_it_was_in_a_frame_that_can_do_nothing(engine: sa.Engine, tmp_path: Path) -> None:
    numbers = press(engine, "Đại hội chi bộ một", HOSTILE)
    mail = mailed(engine, make(engine), numbers, tmp_path)
    visitor = PageVisitor(engine)
    page = visitor.ask(f"/thu/{mail}")
    assert f'<iframe class="mail" sandbox title="Thư như đã gửi" src="/thu/{mail}/html">' in page.text
    policy = page.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in policy and "default-src 'none'" in policy and "unsafe" not in policy
    framed = visitor.ask(f"/thu/{mail}/html")
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "; sandbox" in policy and "frame-ancestors 'self'" in policy
    assert "style-src 'sha256-" in policy and "unsafe" not in policy and "script-src" not in policy
    assert (
        "Đại hội chi bộ một" in framed.text and "<script" not in framed.text and 'style="' not in framed.text
    )
    assert "Vì sao có thư này" in page.text and "<script>alert" not in page.text


def test_no_page_shows_the_code_by_which_a_reader_leaves_or_agrees(engine: sa.Engine, tmp_path: Path) -> None:
    numbers = press(engine, "Đại hội chi bộ")
    watch = make(engine)
    mailed(engine, watch, numbers, tmp_path)
    with engine.begin() as conn:
        ask(conn, READER, [watch.name], WEB, now=MORNING)
        sent = deliveries.list_deliveries(conn)
    assert {one.kind for one in sent} == {"now", "confirm"}
    visitor = PageVisitor(engine)
    for one in sent:
        parsed = email.message_from_bytes(one.content, policy=email.policy.default)
        written = "".join(str(part.get_content()) for part in parsed.walk() if not part.is_multipart())
        codes = set(re.findall(r"\b[0-9a-f]{32}\b", written))
        with engine.connect() as conn:
            held = [code for code in codes for what in ("leave", "confirm")
                    if tokens.holder(conn, code, what, now=MORNING)]  # type: ignore[arg-type]  # fmt: skip
        assert held, "the mail has one"
        for part in ("", "/html", "/txt", ".json"):
            shown = visitor.get(f"/thu/{one.id}{part}")
            assert not any(code in shown for code in codes), part


def test_what_a_webhook_was_sent_is_shown_as_text(engine: sa.Engine, tmp_path: Path) -> None:
    numbers = press(engine, "Đại hội chi bộ")
    watch = make(engine, "đại hội", "https://chat.example/moc/bi-mat")
    with engine.begin() as conn:
        story = conn.execute(sa.text("SELECT story FROM article")).scalar_one()
        outbox.raise_alert(
            conn, watch=watch, kind="story", subject=str(story), article=numbers[0], words=(), spans={}, now=MORNING,
        )  # fmt: skip
        alert = conn.execute(sa.text("SELECT max(id) FROM alert")).scalar_one()
        number = outbox.queue(
            conn, message_id="<1@x>", address="https://chat.example/moc/bi-mat", kind="now", subject="Tin",
            content='{"type":"diemtin.now","data":{"subject":"Đại hội"}}'.encode(), alerts=[alert], now=MORNING,
        )  # fmt: skip
    page = PageVisitor(engine).get(f"/thu/{number}")
    assert "<iframe" not in page and "&#34;subject&#34;: &#34;Đại hội&#34;" in page and "bi-mat" not in page
    assert "không có dạng HTML" in PageVisitor(engine).get(f"/thu/{number}/html", 404)
