"""What the topic model drops is kept as a row that a person can read, and can be taken back."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from crawler.topic.topics import TAKEN_BACK, classify, why_not_ours
from tests.small_press import NOW, Answer, Ask, Outlet, crawl, run, serving, start, title

OFF_TOPIC = 195
TITLE = "Giá tiêu xã Mây Trắng tăng trở lại sau ba tháng"
LEAD = "Nông dân bán 148.000 đồng/kg, cao nhất từ đầu năm; thương lái đến tận vườn hỏi mua."


class Press(Outlet):
    """An outlet with one article about pepper among those of the Party."""

    def url(self, n: int) -> str:
        return f"{self.base}/gia-tieu-tang-tro-lai-post{n}.html" if n == OFF_TOPIC else super().url(n)

    def listing(self, numbers: list[int], extra: str = "") -> str:
        return super().listing(numbers, extra).replace(title(OFF_TOPIC), TITLE)


def about_pepper(outlet: Outlet, ask: Ask) -> Answer | None:
    if f"post{OFF_TOPIC}." not in ask.path:
        return None
    stamp = (outlet.published(OFF_TOPIC) + timedelta(hours=7)).strftime("%d/%m/%Y %H:%M")
    prose = "".join(
        f"<p>Vụ thứ {n}, nhà vườn thu được {n * 3} tạ tiêu khô, thương lái trả giá cao hơn vụ trước {n} giá. "
        f"Hồ tiêu ở đây trồng trên đất đỏ, mỗi trụ cho {n + 2} cân hạt.</p>"
        for n in range(2, 8)
    )
    return Answer(
        f"<html><head><title>{TITLE}</title></head><body><div class='detail'><h1>{TITLE}</h1><div class='time'>{stamp}</div>"
        f"<p class='sapo'>{LEAD}</p><div class='body'>{prose}</div></div></body></html>"
    )


def test_an_off_topic_article_is_listed_with_title_and_reason_and_can_be_taken_back(tmp_path: Path) -> None:
    outlet = Press("bao-tieu", articles=list(range(190, 200)), size=20, rules=[about_pepper])
    with serving(outlet, folder=tmp_path) as rows:
        first = crawl(rows, tmp_path)["bao-tieu"]
        assert (first["stored"], first["dropped"]) == (9, {"off_topic": 1})
        [lost] = run(rows, tmp_path, "dropped", "--json")
        assert (lost["title"], lost["reason"]) == (TITLE, "off_topic")
        assert lost["url"] == outlet.url(OFF_TOPIC)
        assert "có liên quan" in lost["why"]
        assert crawl(rows, tmp_path, now=NOW + timedelta(hours=2))["bao-tieu"]["stored"] == 0, "it is settled"

        assert run(rows, tmp_path, "dropped", "--take-back", lost["url"], "--json") == {
            "taken_back": [lost["url"]]
        }
        later = crawl(rows, tmp_path, now=NOW + timedelta(hours=4))["bao-tieu"]
        assert (later["stored"], later["dropped"]) == (1, {})
        assert run(rows, tmp_path, "dropped", "--json") == []
        [hit] = run(rows, tmp_path, "search", "giá tiêu", "--json")["hits"]
        assert hit["title"] == TITLE

        edited = outlet.rules[0]
        outlet.rules[:] = [lambda o, a: changed(edited(o, a))]
        again = crawl(rows, tmp_path, now=NOW + timedelta(days=2))["bao-tieu"]
        assert (again["updated"], again["dropped"]) == (1, {}), "a later look keeps it too"


def changed(answer: Answer | None) -> Answer | None:
    return Answer(str(answer.body).replace("148.000", "151.000")) if answer is not None else None


def test_what_is_taken_back_is_kept_though_it_lies_before_the_window(tmp_path: Path) -> None:
    outlet = Press("bao-tieu", articles=list(range(190, 200)), size=20, rules=[about_pepper])
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path)
        run(rows, tmp_path, "dropped", "--take-back", outlet.url(OFF_TOPIC), "--json")
        later = crawl(rows, tmp_path, "--since", "1d", now=NOW + timedelta(days=9))["bao-tieu"]
        assert later["stored"] == 1


def test_an_address_that_was_not_dropped_is_refused_and_nothing_is_taken_back(tmp_path: Path) -> None:
    outlet = Press("bao-tieu", articles=list(range(190, 200)), size=20, rules=[about_pepper])
    with serving(outlet, folder=tmp_path) as rows:
        crawl(rows, tmp_path)
        both = ("--take-back", outlet.url(OFF_TOPIC), "--take-back", outlet.url(199))
        process = start(rows, tmp_path, "dropped", *both)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 2
        assert "no dropped article" in err.decode()
        assert len(run(rows, tmp_path, "dropped", "--json")) == 1
        process = start(rows, tmp_path, "dropped")
        out, _ = process.communicate(timeout=60)
        assert TITLE in out.decode() and "lạc đề" in out.decode()


@pytest.mark.parametrize("words", [(TITLE, LEAD, None), ("", None, None), (None, None, None)])
def test_what_a_person_keeps_has_a_topic_and_a_reason(words: tuple[str | None, str | None, None]) -> None:
    assert classify(*words) == (False, ())
    relevant, [topic] = classify(*words, kept=True)
    assert relevant
    assert topic.because
    assert TAKEN_BACK in topic.because or words[0]
    assert "gần nhất" in why_not_ours(*words)
