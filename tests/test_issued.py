"""What was issued just now, by whom, and where its subject ends: lines of a third reader, and what holds for any text."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.article import Annotations, Article
from crawler.citing.citations import find_citations
from crawler.store.article_record import article_from, record_of

DATA = Path(__file__).with_name("data")
READ_ON = date(2026, 11, 20)


def blocks(name: str) -> list[tuple[list[str], list[list[str]]]]:
    """Lines of a table, each with the lines set in below it."""
    found: list[tuple[list[str], list[list[str]]]] = []
    for line in (DATA / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("\t"):
            found[-1][1].append(line[1:].split("\t"))
        elif not line.startswith("#"):
            found.append((line.split("\t"), []))
    return found


LINES = blocks("citation_lines_third_reader.tsv")
ISSUED = blocks("issued_lines.tsv")


@pytest.mark.parametrize(("head", "wanted"), LINES, ids=[head[1][:60] for head, _ in LINES])
def test_every_line_of_the_third_reader_is_read_as_by_eye(head: list[str], wanted: list[list[str]]) -> None:
    published, text = head
    found = find_citations(text, published=date.fromisoformat(published))
    got = [
        [c.surface, c.key, c.type, c.issuer, c.date, c.issued.phrase if c.issued else None, c.title]
        for c in found
    ]
    opened = [
        [w if w == "*" else g or "-" for g, w in zip(a, b, strict=True)]
        for a, b in zip(got, wanted, strict=True)
    ]
    assert opened == wanted


@pytest.mark.parametrize(("head", "wanted"), ISSUED, ids=[head[1][:60] for head, _ in ISSUED])
def test_only_the_object_of_the_verb_was_issued_just_now(head: list[str], wanted: list[list[str]]) -> None:
    field, text = head
    found = find_citations(text, published=READ_ON, field=field)  # type: ignore[arg-type]
    assert [[c.key, "yes" if c.issued else "no"] for c in found] == wanted


PIECES = [
    "Chỉ thị số 35-CT/TW", "vừa ban hành", "mới", "về", "vừa được", "Ban Bí thư", "Ngày 18/11,", "thông qua", "Hội nghị",
    "ký", "sẽ", "e\u0301", ",", ".", "TP.", "\n", "thực hiện", "Nghị quyết số 12-NQ/TU", "ban hành ngày 18/11/2026", "có",
]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=14).map(" ".join),
    st.sampled_from(["title", "lead", "text"]),
)
def test_the_phrase_stands_where_it_is_said_to(text: str, field: str) -> None:
    for c in find_citations(text, published=READ_ON, field=field):  # type: ignore[arg-type]
        if c.issued is not None:
            assert text[c.issued.start : c.issued.end] == c.issued.phrase
            assert c.issued.end <= c.start or c.issued.start >= c.end


def test_the_phrase_survives_the_store_and_the_contract() -> None:
    found = find_citations(
        "Ban Bí thư vừa ban hành Chỉ thị số 61-CT/TW. Chỉ thị số 05-CT/TW đã cũ.", published=READ_ON
    )
    notes = Annotations(found)
    told = notes.to_json()["citations"]
    assert told[0]["issued"] == {"phrase": "vừa ban hành", "start": 11, "end": 23}
    assert told[1]["issued"] is None
    article = Article(
        url="https://x.example/1", canonical_url="https://x.example/1", title="T", annotations=notes
    )
    assert article_from(record_of(article), notes.to_json()).annotations.citations == found
    older = {**notes.to_json(), "citations": [{k: v for k, v in told[0].items() if k != "issued"}]}
    assert article_from(record_of(article), older).annotations.citations[0].issued is None
