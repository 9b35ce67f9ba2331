"""One article's annotations, and files of them: order, bad lines, memory, worker processes."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.annotate import CHUNK, annotate, annotate_file, annotate_line, annotate_lines
from crawler.errors import InvalidInput

LEAD = (
    "Sáng nay (12/6), Tỉnh ủy Lâm Khê tổ chức hội nghị tổng kết 10 năm thực hiện Nghị quyết số 22-NQ/TW, ngày 2/2/2008, "
    "của Ban Chấp hành Trung ương. Trước đó, tỉnh đã triển khai Chỉ thị số 35-CT/TW, ngày 30/5/2019."
)


def test_citations_meetings_and_topics_come_together() -> None:
    found = annotate(title="Tổng kết Nghị quyết 22", lead=LEAD, text=None, published=date(2024, 6, 12))
    assert {c.key for c in found.citations} >= {"22-NQ/TW", "35-CT/TW"}
    (meeting,) = found.meetings
    assert (meeting.kind, meeting.organiser, meeting.date) == (
        "hội nghị tổng kết",
        "Tỉnh ủy Lâm Khê",
        "2024-06-12",
    )
    assert found.relevant
    assert found.topics


def test_a_meeting_cites_the_documents_of_its_own_sentence() -> None:
    found = annotate(title=None, lead=LEAD, text=None, published=date(2024, 6, 12))
    assert found.meetings[0].cites == ("22-NQ/TW",)


def test_an_answer_has_the_keys_of_the_contract() -> None:
    answer = annotate_line(json.dumps({"id": "a", "lead": LEAD, "published": "2024-06-12T08:00:00+07:00"}))
    assert set(answer) == {"id", "citations", "meetings", "relevant", "topics"}
    assert set(answer["meetings"][0]) >= {
        "field", "start", "end", "kind", "ordinal", "organiser", "date", "session", "status"
    }  # fmt: skip
    assert set(answer["topics"][0]) == {"id", "score", "because"}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ("{}", "id"),
        ('{"id": true}', "id"),
        ('{"id": 1, "title": 5}', "title: a string or null is needed, not int"),
        ('{"id": 1, "published": "hôm qua"}', "published: 'hôm qua' is no ISO day"),
        ('{"id": 1, "title": "\\ud800"}', "surrogate"),
        (b'{"id": "\xff"}', "not UTF-8"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_bad_line_is_refused_with_the_reason(line: str | bytes, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        annotate_line(line)


def test_bad_lines_are_reported_by_number_and_the_others_keep_their_order() -> None:
    lines: list[str | bytes] = ['{"id": 1}', "", "nope", '{"id": 2}', b'{"id": "\xff"}', '{"id": "ba"}']
    told: list[int] = []
    answers = list(annotate_lines(lines, on_error=lambda number, _why: told.append(number)))
    assert [a["id"] for a in answers] == [1, 2, "ba"]
    assert told == [3, 5]


def test_worker_processes_give_the_same_answers_in_the_same_order(tmp_path: Path) -> None:
    file = tmp_path / "lines.jsonl"
    rows = [json.dumps({"id": n, "title": f"Tổng kết công tác dân vận {n}"}) for n in range(CHUNK * 3 + 5)]
    rows.insert(70, "nope")
    file.write_text("\n".join(rows) + "\n", encoding="utf-8")
    told: list[int] = []
    with_two = list(annotate_file(file, jobs=2, on_error=lambda number, _why: told.append(number)))
    assert with_two == list(annotate_file(file))
    assert told == [71]


def test_a_stream_that_is_left_early_stops_reading() -> None:
    read = 0

    def lines() -> Iterator[str]:
        nonlocal read
        while True:
            read += 1
            yield json.dumps({"id": read})

    answers = annotate_lines(lines())
    assert [next(answers)["id"] for _ in range(3)] == [1, 2, 3]
    answers.close()  # type: ignore[attr-defined]
    assert read <= 2 * CHUNK


def test_memory_does_not_grow_with_the_number_of_lines() -> None:
    line = json.dumps({"id": 1, "title": "Giá vàng", "lead": "Giá vàng tăng " * 20})
    list(annotate_lines([line] * CHUNK))
    peaks = []
    for chunks in (2, 12):
        tracemalloc.start()
        for _ in annotate_lines(line for _ in range(chunks * CHUNK)):
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.5


def test_a_file_that_is_not_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        list(annotate_file(tmp_path / "none.jsonl"))


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["title", "lead", "text", "section", "province"]), st.text(max_size=120)),
    st.dates() | st.none(),
)
def test_no_words_stop_the_stream(words: dict[str, str], published: date | None) -> None:
    row = {"id": 1, **words, "published": published.isoformat() if published else None}
    (answer,) = annotate_lines([json.dumps(row)])
    for annotation in (*answer["citations"], *answer["meetings"]):
        assert 0 <= annotation["start"] < annotation["end"] <= len(words[annotation["field"]])
