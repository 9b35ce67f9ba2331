"""The register that the demo press fills: whose every document is, which are one, where its subject ends, what is new."""

from __future__ import annotations

from datetime import date

import pytest

from crawler.annotate import annotate
from crawler.citing.documents import DocumentIdentity, identify_all
from crawler.citing.same_document import may_be_one
from crawler.demo.press import Press

PREDICATES = (
    " đã ", " sẽ ", " đang ", " được ", " vừa ", " đặt ra ", " đặt mục tiêu", " yêu cầu các ", " vào việc ", " tới hơn ",
    " góp phần ", ", Tỉnh ủy", ", Đảng ủy", ", các chi bộ", " nêu rõ", " của Bộ Chính trị", " của Ban Bí thư",
)  # fmt: skip
"""What no name of a document holds: a title with one of these has run into its sentence."""


@pytest.fixture(scope="module")
def identities() -> list[DocumentIdentity]:
    """What every article of the press names, read with its outlet's province."""
    press = Press.load()
    provinces = {outlet.id: outlet.province for outlet in press.outlets}
    found: list[DocumentIdentity] = []
    for e in press.expected_in(2).values():
        published, province = date.fromisoformat(e.published[:10]), provinces[e.outlet]
        notes = annotate(title=e.title, lead=e.lead, text=e.text, published=published, province=province)
        found += identify_all(notes.citations, published=published, province=province)
    return found


def test_nine_in_ten_documents_are_resolved(identities: list[DocumentIdentity]) -> None:
    everything = {i.id: i for i in identities}
    unresolved = sorted(i.id for i in everything.values() if not i.resolved)
    assert len(everything) > 50
    assert len(unresolved) * 10 <= len(everything), unresolved


def test_every_provincial_document_is_its_provinces(identities: list[DocumentIdentity]) -> None:
    provinces = {outlet.province for outlet in Press.load().outlets}
    local = [i for i in identities if (i.issuer_code or "").endswith("TU")]
    assert len({i.id for i in local}) >= 17
    assert {i.province for i in local} <= provinces
    assert all(i.resolved for i in local)


def test_no_document_stands_twice(identities: list[DocumentIdentity]) -> None:
    everything = list({i.id: i for i in identities}.values())
    twins = [
        (one.id, other.id)
        for n, one in enumerate(everything)
        for other in everything[n + 1 :]
        if one.key == other.key and (may_be_one(one, other) or not (one.resolved and other.resolved))
    ]
    assert twins == []


def test_no_title_runs_into_its_sentence(identities: list[DocumentIdentity]) -> None:
    titles = {i.title for i in identities if i.title}
    assert len(titles) > 30
    assert [
        t
        for t in titles
        if any(word in f" {t} ".replace("không được", "") for word in PREDICATES) or t.endswith((",", " và"))
    ] == []


def test_what_was_issued_just_now_is_told_from_what_is_carried_out(
    identities: list[DocumentIdentity],
) -> None:
    issued = {i.key for i in identities if i.issued}
    assert issued >= {"11-NQ/TU", "18-NQ/TU", "19-NQ/TU", "05-HD/TU"}
    assert not issued & {"07-CT/TW", "24-NQ/TW", "50-CT/TW", "207-QĐ/TW", "366-QĐ/TW"}
