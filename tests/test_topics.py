"""Relevance and topics: the taxonomy, its traps, its reasons, and what is learned from corrections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import InvalidInput
from crawler.text.match_key import keyed
from crawler.topic.features import runs
from crawler.topic.lines import Line, shipped_lines
from crawler.topic.model import OURS, WEIGHTS, LearnedTopics, shipped_model
from crawler.topic.phrases import phrases_in
from crawler.topic.taxonomy import load_taxonomy
from crawler.topic.topics import classify, shipped_taxonomy
from crawler.topic.topics_train import (
    LEAST,
    Example,
    cross_validated,
    example,
    fit,
    relevance_f1,
    topics_f1,
    train,
)

SHARED = Path(__file__).resolve().parents[2] / "shared"
DEFINED = Path(__file__).with_name("data") / "topics_defined.txt"
IDS = [rule.id for rule in shipped_taxonomy().topics]


def topics(title: str, lead: str = "", section: str | None = None) -> set[str]:
    return {t.id for t in classify(title, lead, None, section=section)[1]}


@pytest.fixture(scope="module")
def examples() -> list[Example]:
    return [example(line) for line in shipped_lines(IDS)]


@pytest.fixture(scope="module")
def answers(examples: list[Example]) -> list[frozenset[str]]:
    return cross_validated(examples)


def test_lines_that_a_model_has_not_seen_come_out_nearly_as_labelled(
    examples: list[Example], answers: list[frozenset[str]]
) -> None:
    assert len(examples) >= 1700
    assert topics_f1(examples, answers) >= 0.88
    assert relevance_f1(examples, answers) >= 0.97
    given = {(line.title, line.lead) for line in shipped_lines(IDS, "given.txt")}
    pairs = [(e, a) for e, a in zip(examples, answers, strict=True) if (e.line.title, e.line.lead) in given]
    theirs, found = [e for e, _ in pairs], [a for _, a in pairs]
    assert len(theirs) >= 130
    assert topics_f1(theirs, found) >= 0.9
    assert relevance_f1(theirs, found) >= 0.97


def test_what_is_plainly_ours_is_not_lost_by_a_model_that_has_not_seen_it(
    examples: list[Example], answers: list[frozenset[str]]
) -> None:
    lost = [e.line.title for e, found in zip(examples, answers, strict=True) if e.line.ours and not found]
    assert len(lost) <= 0.02 * sum(e.line.ours for e in examples), lost


def test_the_shipped_weights_are_those_of_the_shipped_lines(examples: list[Example]) -> None:
    anew, shipped = fit(examples), shipped_model()
    assert anew.weights.keys() == shipped.weights.keys()
    for name, row in anew.weights.items():
        for label in row.keys() | shipped.weights[name].keys():
            assert anew.pull(name, label) == pytest.approx(shipped.pull(name, label), abs=0.06), name


def test_the_same_lines_write_the_same_bytes(tmp_path: Path, examples: list[Example]) -> None:
    fit(examples[:200]).save(tmp_path / "a")
    fit(list(reversed(examples[:200]))).save(tmp_path / "b")
    assert (tmp_path / "a" / WEIGHTS).read_bytes() == (tmp_path / "b" / WEIGHTS).read_bytes()
    LearnedTopics.load(tmp_path / "a").save(tmp_path / "c")
    assert (tmp_path / "c" / WEIGHTS).read_bytes() == (tmp_path / "a" / WEIGHTS).read_bytes()


def unnumbered(phrase: str) -> str:
    """`chỉ thị số 05` is `chỉ thị 05`."""
    return phrase.replace(" số ", " ")


def test_every_phrase_stands_in_the_definition_of_its_topic_or_in_two_lines_of_it() -> None:
    tax = shipped_taxonomy()
    seen: dict[tuple[str, str], int] = {}
    for line in shipped_lines(IDS):
        found = {p for words in (line.title, line.lead) for p in phrases_in(tax, keyed(words), brief=True)}
        for pair in {(unnumbered(tax.phrases[p]), topic) for p in found for topic in line.topics}:
            seen[pair] = seen.get(pair, 0) + 1
    defined = dict(row.split(": ") for row in DEFINED.read_text("utf-8").splitlines() if row[:1] != "#")
    words = {topic: set(phrases.split("; ")) for topic, phrases in defined.items()}
    spoken = {(unnumbered(p), t) for p, said in zip(tax.phrases, tax.meanings, strict=True) for t, _ in said}
    lone = [pair for pair in spoken if pair[0] not in words[pair[1]] and seen.get(pair, 0) < 2]
    assert not lone
    assert 300 < len(spoken) < 700


@pytest.mark.parametrize(
    ("title", "lead", "wanted"),
    [
        ("Học thơ, nhớ Bác", "Chi bộ thôn Đồi Sim nghe kể chuyện về Bác trong buổi tối đầu tháng.", True),
        ("Đại hội Đảng Cộng hòa bế mạc", "Các ứng viên tranh luận về biên giới.", False),
        ("Đại hội Hội Nông dân xã Bến Gỗ", "Hội viên bầu ban chấp hành khóa mới.", False),
        ("Nữ đảng viên dạy chữ trên đảo", "Lớp học tình thương của chị có 14 em.", False),
        ("Hai đảng viên bị khiển trách", "Chi bộ đề nghị, đảng ủy phường quyết định.", True),
    ],
)
def test_a_party_body_at_work_is_ours_and_another_party_or_a_lone_member_is_not(
    title: str, lead: str, wanted: bool
) -> None:
    assert bool(topics(title, lead)) is wanted


def test_a_modifier_does_not_stand_for_what_it_modifies() -> None:
    assert "dai_hoi" not in topics("Quán triệt Nghị quyết Đại hội XIV đến chi bộ", "Đảng viên học hai buổi.")


@pytest.mark.skipif(not (SHARED / "eval").is_dir(), reason="the labelled lines are not on this machine")
def test_the_labelled_lines_hold() -> None:
    rows = [json.loads(line) for line in (SHARED / "eval/topics.jsonl").read_text("utf-8").splitlines()]
    lines = [
        example(Line(row["title"], row["lead"], frozenset(row["topics"]), row["relevant"])) for row in rows
    ]
    found = [frozenset(topics(row["title"], row["lead"])) for row in rows]
    assert topics_f1(lines, found) >= 0.96
    assert relevance_f1(lines, found) == 1.0


@pytest.mark.parametrize(
    "title",
    [
        "Dân vận chuyển cát chặn quốc lộ", "Băng đảng đua xe bị triệt phá", "Bí thư thứ nhất Đại sứ quán thăm trường",
        "Kết nạp hội viên Hội Sinh vật cảnh", "Luân chuyển hàng hóa qua cảng tăng", "Quy hoạch đô thị ven sông",
        "Liên đoàn kỷ luật huấn luyện viên", "Kiểm tra an toàn thực phẩm dịp Tết", "Đại hội cổ đông bàn cổ tức",
        "Bảo vệ nền đường qua đèo", "Đạo đức kinh doanh thời số", "Tư tưởng trọng nam khinh nữ", "Bổ nhiệm CEO hãng xe",
        "Nhân sự đội bóng biến động", "Đảng Cộng hòa mất đa số ở Hạ viện", "Đảng cầm quyền Nhật Bản chọn chủ tịch",
        "Nghị quyết của Liên Hợp Quốc về khí hậu", "Đại hội Thể dục thể thao khai mạc", "Phòng, chống rửa tiền",
        "Đại hội Công đoàn cơ sở", "Thi đua nuôi bò ở xã bãi ngang",
    ],
)  # fmt: skip
def test_a_word_trap_is_none_of_ours(title: str) -> None:
    assert classify(title, None, None) == (False, ())


def test_every_label_says_which_phrases_decided() -> None:
    relevant, found = classify("Dân vận khéo ở xóm núi", "Chi bộ vận động 30 hộ hiến đất làm đường.", None)
    assert relevant
    assert found[0].id == "dan_van"
    assert "dân vận khéo" in found[0].because
    assert all(t.because for t in found)
    assert [t.score for t in found] == sorted((t.score for t in found), reverse=True)


def test_a_short_phrase_does_not_cut_a_segmented_word_in_two() -> None:
    cut = classify(
        "Người dân vận hành hồ chứa", "Cấp ủy xã kiểm tra.", None, segmenter=lambda _: ["dân", "vận hành"]
    )
    kept = classify(
        "Công tác dân vận hôm nay", "Cấp ủy xã kiểm tra.", None, segmenter=lambda words: words.split()
    )
    assert "dan_van" not in {t.id for t in cut[1]}
    assert "dan_van" in {t.id for t in kept[1]}


def test_both_tone_placements_and_the_word_for_number_are_one_phrase() -> None:
    assert topics("Kiểm điểm của cấp uỷ theo Chỉ thị số 05") == topics("Kiểm điểm của cấp ủy theo Chỉ thị 05")


def test_a_section_is_a_prior_and_never_proof() -> None:
    assert topics("Giá vàng tăng mạnh", "Mỗi lượng thêm 1 triệu đồng.", section="Dân vận") == set()
    without = {t.id: t.score for t in classify("Bí thư đối thoại", "Đối thoại với hộ dân.", None)[1]}
    with_it = {
        t.id: t.score
        for t in classify("Bí thư đối thoại", "Đối thoại với hộ dân.", None, section="Dân vận")[1]
    }
    assert with_it["dan_van"] > without.get("dan_van", 0.0)


def test_the_body_speaks_when_there_is_no_lead() -> None:
    body = "Chuyện ở xã\n\nĐảng ủy xã Hòa Thắng kết nạp 12 đảng viên mới là nông dân trong sáu tháng đầu năm nay.\n"
    assert "co_so_dang_dang_vien" in {t.id for t in classify("Chuyện ở xã", None, body)[1]}


def test_nothing_is_about_nothing() -> None:
    assert classify(None, None, None) == (False, ())
    assert classify("", "", "") == (False, ())


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=80), st.text(max_size=200))
def test_no_text_makes_the_classifier_fail_and_relevance_means_a_label(title: str, text: str) -> None:
    relevant, found = classify(title, None, text, segmenter=lambda words: words.split())
    assert relevant == bool(found)


def test_a_wrong_taxonomy_is_refused_with_file_and_reason(tmp_path: Path) -> None:
    file = tmp_path / "topics.toml"
    file.write_text("[weights]\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match=r"topics\.toml: thiếu một khóa / the key 'topic' is missing"):
        load_taxonomy(file)
    file.write_text("[", encoding="utf-8")
    with pytest.raises(InvalidInput, match="not a readable taxonomy"):
        load_taxonomy(file)


def test_the_taxonomy_has_fourteen_topics_and_the_model_a_label_for_each() -> None:
    assert len(IDS) == len(set(IDS)) == 14
    assert {label for row in shipped_model().weights.values() for label in row} == {*IDS, OURS}


def corrections(tmp_path: Path, count: int, label: list[str]) -> Path:
    """Lines of which the shipped lines know nothing, half of them about the topic in words of their own."""
    rows = []
    for n in range(count):
        wanted = n % 2 == 0
        title = f"Câu chuyện gốc đa làng số {n}" if wanted else f"Phiên chợ trâu ngày {n}"
        rows.append({"id": f"c{n}", "title": title, "lead": "", "topics": label if wanted else []})
    file = tmp_path / "corrections.jsonl"
    file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return file


def test_corrections_are_learned_and_the_shipped_lines_are_kept(tmp_path: Path) -> None:
    report = train(corrections(tmp_path, 40, ["dan_van"]), tmp_path / "model")
    assert report.used
    assert (report.lines, report.shipped) == (40, len(shipped_lines(IDS)))
    assert report.learned_f1 > report.before_f1 == 0.0
    learned = LearnedTopics.load(tmp_path / "model")
    relevant, [topic] = classify("Câu chuyện gốc đa làng", None, None, model=learned)
    assert relevant
    assert topic.id == "dan_van"
    assert "gốc đa" in " ".join(topic.because)
    assert classify("Phiên chợ trâu", None, None, model=learned) == (False, ())
    title, lead = "Ủy ban Kiểm tra Tỉnh ủy kỷ luật hai đảng viên", "Kỳ họp thứ 9 xem xét, thi hành kỷ luật."
    assert {t.id for t in classify(title, lead, None, model=learned)[1]} == topics(title, lead)


def test_a_correction_stands_in_for_the_shipped_line_it_corrects(tmp_path: Path) -> None:
    line = shipped_lines(IDS)[0]
    rows = [{"id": n, "title": f"Phiên chợ {n}", "topics": []} for n in range(LEAST)]
    rows.append({"id": "x", "title": line.title, "lead": line.lead, "topics": sorted(line.topics)})
    file = tmp_path / "c.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert train(file, tmp_path / "model").shipped == len(shipped_lines(IDS)) - 1


def test_corrections_that_would_cost_the_shipped_lines_dear_are_not_used(tmp_path: Path) -> None:
    rows = [
        {"id": n, "title": line.title + " ", "lead": line.lead, "topics": ["dan_van"]}
        for n, line in enumerate(shipped_lines(IDS))
        if n % 2
    ]
    file = tmp_path / "c.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    assert not train(file, tmp_path / "model").used
    assert not (tmp_path / "model").exists()


def test_too_few_corrections_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=f"at least {LEAST} are needed"):
        train(corrections(tmp_path, LEAST - 1, ["dan_van"]), tmp_path / "model")


def test_runs_are_read_over_a_list_and_numbers_are_one_sign() -> None:
    assert "chỉ thị #" in set(runs("chỉ thị 05"))
    assert len(list(runs("đảng " * 1000))) < 200


def test_a_long_lead_does_not_drown_its_title() -> None:
    guests = ", ".join(f"đồng chí Nguyễn Văn {name}, lãnh đạo sở" for name in "ABCDEGHIKLMN")
    found = topics("Kết nạp 12 đảng viên mới", f"Dự lễ tại hội trường có {guests}.")
    assert "co_so_dang_dang_vien" in found


def test_a_wrong_correction_is_named_by_its_line(tmp_path: Path) -> None:
    file = tmp_path / "c.jsonl"
    file.write_text('{"id": 1, "title": "a", "topics": ["nope"]}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 1: unknown topic nope"):
        train(file, tmp_path / "m")
    file.write_text('{"id": 1, "title": "a"}\n', encoding="utf-8")
    with pytest.raises(InvalidInput, match="line 1"):
        train(file, tmp_path / "m")
    with pytest.raises(InvalidInput, match="not a folder written by"):
        LearnedTopics.load(tmp_path / "none")
