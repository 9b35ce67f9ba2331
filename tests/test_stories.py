"""`diemtin stories FILE`: every article with its story, wrong lines named, any size, any order."""

from __future__ import annotations

import json
import random
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest

from crawler.errors import InvalidInput
from crawler.story import story_file
from crawler.story.change_kinds import ChangeKind
from crawler.story.stories import Copy, assemble, assign_file, is_agency, published_minute
from tests.press_stories import COPIES, cut_tail, reprint, text, write

SHARED = Path(__file__).resolve().parents[2] / "shared"


def line(
    id_: str, blocks: list[str], published: str | None = "2024-05-06", source: str = "Báo Nà Lùng"
) -> dict[str, Any]:
    return {"id": id_, "text": text(blocks), "published": published, "source": source}


def press(stories: int) -> list[dict[str, Any]]:
    """Invented articles with copies: `n` is the original of story n, `n.1` … its copies."""
    lines = []
    for n in range(stories):
        r = random.Random(n)
        day = r.randint(1, 28)
        lines.append(line(f"{n}", write(n), f"2024-05-{day:02}T08:00:00+07:00"))
        for k, copy in enumerate(r.sample(COPIES, r.choice((0, 1, 3))), start=1):
            lines.append(line(f"{n}.{k}", copy(write(n)), f"2024-06-{day:02}T09:30:00+07:00"))
    return lines


def write_lines(path: Path, lines: Iterable[Mapping[str, Any]]) -> Path:
    path.write_text(
        "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in lines), encoding="utf-8"
    )
    return path


def groups(found: Iterable[tuple[str, str]]) -> set[frozenset[str]]:
    stories = defaultdict(set)
    for id_, story in found:
        stories[story].add(id_)
    return {frozenset(ids) for ids in stories.values()}


def test_every_line_comes_back_in_its_order_with_its_story(tmp_path: Path) -> None:
    lines = press(30)
    found = list(assign_file(write_lines(tmp_path / "a.jsonl", lines)))
    assert [id_ for id_, _ in found] == [record["id"] for record in lines]
    assert all(story == id_.split(".")[0] for id_, story in found)


@pytest.mark.parametrize("seed", range(4))
def test_a_file_in_any_order_has_the_same_stories(tmp_path: Path, seed: int) -> None:
    lines = press(30)
    expected = sorted(assign_file(write_lines(tmp_path / "a.jsonl", lines)))
    random.Random(seed).shuffle(lines)
    assert sorted(assign_file(write_lines(tmp_path / "b.jsonl", lines))) == expected


def test_an_index_on_disk_finds_what_one_in_memory_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_lines(tmp_path / "a.jsonl", press(30))
    expected = list(assign_file(path))
    monkeypatch.setattr(story_file, "_PENDING_ROWS", 50)
    monkeypatch.setattr(story_file, "_SKETCH_CACHE", 2)
    assert list(assign_file(path)) == expected


def test_two_processes_find_what_one_finds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("crawler.story.stories._BATCH_LINES", 7)
    path = write_lines(tmp_path / "a.jsonl", press(12))
    assert list(assign_file(path, jobs=2)) == list(assign_file(path))


def test_a_story_is_named_for_its_earliest_article_an_agency_on_a_tie(tmp_path: Path) -> None:
    lines = [
        line("late", write(1), "2024-05-08T07:00:00+07:00"),
        line("paper", reprint(write(1)), "2024-05-06T07:00:00+07:00"),
        line("agency", cut_tail(write(1)), "2024-05-06T00:00:00Z", source="TTXVN"),
        line("undated", write(1), None),
    ]
    assert dict(assign_file(write_lines(tmp_path / "a.jsonl", lines))) == dict.fromkeys(
        ("late", "paper", "agency", "undated"), "agency"
    )


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("{not json", "no JSON"),
        ("[1, 2]", "no JSON object"),
        ('{"text": "a"}', "id: missing"),
        ('{"id": true, "text": "a"}', "id: missing"),
        ('{"id": "x"}', "text: missing"),
        ('{"id": "x", "text": null}', "text: missing"),
        ('{"id": "x", "text": "a", "published": "hôm qua"}', "published: 'hôm qua' is no ISO date or time"),
        ('{"id": "x", "text": "a", "published": 20240506}', "published: 20240506 is no ISO date or time"),
    ],
)
def test_a_wrong_line_is_named_by_its_number(tmp_path: Path, wrong: str, says: str) -> None:
    path = write_lines(tmp_path / "a.jsonl", press(2))
    path.write_text(path.read_text(encoding="utf-8") + "\n\n" + wrong + "\n", encoding="utf-8")
    number = len(press(2)) + 3
    with pytest.raises(InvalidInput, match=f"line {number}: {says}"):
        list(assign_file(path))


def test_wrong_lines_can_be_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"id": "1", "text": "m\xe1"}\n' + json.dumps(line("2", write(2))).encode() + b"\n{}\n")
    wrong: list[int] = []
    assert list(assign_file(path, on_error=lambda n, _: wrong.append(n))) == [("2", "2")]
    assert wrong == [1, 3]


def test_a_file_that_is_not_there_is_refused_clearly(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="No such file"):
        list(assign_file(tmp_path / "none.jsonl"))


def test_an_empty_file_has_no_stories(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.touch()
    assert list(assign_file(path)) == []


def test_odd_texts_are_stories_of_their_own(tmp_path: Path) -> None:
    texts = ["", " ", "Ảnh", "1. 2. 3.", "a" * 5000, "Có. " * 500, "🙂" * 40]
    lines = [{"id": str(n), "text": body} for n, body in enumerate(texts)]
    assert len(groups(assign_file(write_lines(tmp_path / "a.jsonl", lines)))) == len(texts)


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", press(3))
    seen: list[tuple[int, int]] = []
    list(assign_file(path, progress=lambda done, total: seen.append((done, total))))
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    path = write_lines(tmp_path / "a.jsonl", press(3))
    work = tmp_path / "work"
    work.mkdir()
    list(assign_file(path, work_dir=work))
    assert list(work.iterdir()) == []


def test_agencies_are_known_by_name_and_id() -> None:
    assert all(map(is_agency, ("TTXVN", "ttxvn", "Thông tấn xã Việt Nam", "bao-tin-tuc", "VietnamPlus")))
    assert not any(map(is_agency, ("Báo Nà Lùng", "bao-ca-mau", "", None)))


def test_times_count_in_vietnam_where_they_name_no_zone() -> None:
    assert published_minute("2024-05-06T07:00:00") == published_minute("2024-05-06T00:00:00Z")
    assert published_minute("2024-05-06") == published_minute("2024-05-05T17:00:00Z")


def record(blocks: list[str]) -> dict[str, Any]:
    kinds = ["lead", *["paragraph"] * (len(blocks) - 3), "byline"]
    return {"title": blocks[0], "blocks": [[k, b] for k, b in zip(kinds, blocks[1:], strict=True)]}


def test_a_story_knows_its_lead_its_outlets_and_what_each_copy_changed() -> None:
    blocks = ["Tin", "Ngày 3/2, xã Khe Sung có 214 đại biểu.", "Bà con mừng.", "Đường đã thông.", "P.V"]
    copies = [
        Copy(3, "Báo Ea Chàm", "2024-05-07", record([*blocks[:3], "P.V"])),
        Copy(1, "Báo Nà Lùng", "2024-05-06T10:00:00+07:00", record(blocks)),
        Copy(2, "TTXVN", "2024-05-06T10:00:00+07:00", record(["Tin khác", *blocks[1:]])),
        Copy(4, "Báo Nà Lùng", None, record(blocks)),
    ]
    story = assemble(copies)
    assert story == assemble(reversed(copies))
    assert story.lead.article == 2
    assert story.outlets == ("TTXVN", "Báo Nà Lùng", "Báo Ea Chàm")
    assert [set(change.kinds) for change in story.differences] == [
        set(), {ChangeKind.TITLE}, {ChangeKind.TITLE, ChangeKind.CUT}, {ChangeKind.TITLE},
    ]  # fmt: skip


@pytest.fixture(scope="module")
def labelled() -> dict[str, dict[str, Any]]:
    if not (SHARED / "stories" / "labels.json").exists():
        pytest.skip("the labelled stories are not beside this checkout (../shared/stories)")
    return dict(json.loads((SHARED / "stories" / "labels.json").read_text(encoding="utf-8")))


def test_the_labelled_stories_are_found(
    labelled: dict[str, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(SHARED / "stories"))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    from score_stories import score  # type: ignore[import-not-found]

    found = dict(assign_file(SHARED / "stories" / "articles.jsonl"))
    measured = score(labelled, found)[0]
    assert measured["F1"] >= 0.985
    assert measured["P"] >= 0.995
    pairs = [row.split("\t") for row in (SHARED / "stories" / "same_event.tsv").read_text().splitlines()]
    assert not [pair for pair in pairs if pair[0] in found and found[pair[0]] == found[pair[1]]]
