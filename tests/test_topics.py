"""Relevance and topics: the taxonomy, its traps, its reasons, and what is learned from corrections."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawler.errors import InvalidInput
from crawler.topic.taxonomy import load_taxonomy
from crawler.topic.topics import classify, shipped_taxonomy
from crawler.topic.topics_train import LEARNED, MIN_EXAMPLES, LearnedTopics, train

SHARED = Path(__file__).resolve().parents[2] / "shared"
LINES = Path(__file__).with_name("annotation") / "topics.txt"
SECOND_READER = Path(__file__).with_name("annotation") / "topics_second_reader.txt"


def topics(title: str, lead: str = "", section: str | None = None) -> set[str]:
    return {t.id for t in classify(title, lead, None, section=section)[1]}


def invented(file: Path = LINES) -> list[tuple[str, str, set[str]]]:
    rows = [line for line in file.read_text(encoding="utf-8").splitlines() if line and line[0] != "#"]
    return [(t, le, set(w.split())) for t, le, w in (row.split("|") for row in rows)]


def f1(pairs: list[tuple[set[str], set[str]]]) -> float:
    hit = sum(len(a & b) for a, b in pairs)
    return 2 * hit / sum(len(a) + len(b) for a, b in pairs)


def relevance_f1(pairs: list[tuple[set[str], set[str]]]) -> float:
    return f1([({"r"} if a else set(), {"r"} if b else set()) for a, b in pairs])


def test_the_invented_lines_come_out_as_their_author_labelled_them() -> None:
    pairs = [(wanted, topics(title, lead)) for title, lead, wanted in invented()]
    assert len(pairs) >= 150
    assert f1(pairs) >= 0.93
    assert relevance_f1(pairs) >= 0.98


def test_a_second_reader_s_lines_come_out_nearly_as_labelled() -> None:
    pairs = [(wanted, topics(title, lead)) for title, lead, wanted in invented(SECOND_READER)]
    assert len(pairs) >= 250
    assert f1(pairs) >= 0.94
    assert relevance_f1(pairs) >= 0.98


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
    pairs = [(set(row["topics"]), topics(row["title"], row["lead"])) for row in rows]
    assert f1(pairs) >= 0.88
    assert relevance_f1(pairs) >= 0.95


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


def test_the_taxonomy_has_fourteen_topics_and_knows_its_neighbours() -> None:
    rules = shipped_taxonomy().topics
    assert len(rules) == 14
    ids = {rule.id for rule in rules}
    assert all(rule.yields <= ids - {rule.id} for rule in rules)


def corrections(tmp_path: Path, count: int, label: list[str]) -> Path:
    """Lines on which the rules see nothing, half of them about the topic in words of their own."""
    rows = []
    for n in range(count):
        wanted = n % 2 == 0
        title = f"Câu chuyện gốc đa làng số {n}" if wanted else f"Phiên chợ trâu ngày {n}"
        rows.append({"id": f"c{n}", "title": title, "lead": "", "topics": label if wanted else []})
    file = tmp_path / "corrections.jsonl"
    file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
    return file


def test_a_model_is_used_only_where_it_beats_the_rules(tmp_path: Path) -> None:
    report = train(corrections(tmp_path, 4 * MIN_EXAMPLES, ["dan_van"]), tmp_path / "model")
    scores = {s.topic: s for s in report.topics}
    assert scores["dan_van"].used
    assert scores["dan_van"].learned_f1 > scores["dan_van"].rules_f1 == 0.0
    assert not any(s.used for name, s in scores.items() if name != "dan_van")
    assert report.combined_f1 > report.rules_f1
    learned = LearnedTopics.load(tmp_path / "model")
    relevant, found = learned.decide("Câu chuyện gốc đa làng", None, None, ())
    assert relevant
    assert [(t.id, t.because) for t in found] == [("dan_van", (LEARNED,))]
    assert learned.decide("Phiên chợ trâu", None, None, ()) == (False, ())


def test_too_few_corrections_of_a_topic_leave_it_to_the_rules(tmp_path: Path) -> None:
    report = train(corrections(tmp_path, MIN_EXAMPLES, ["dan_van"]), tmp_path / "model")
    assert not any(s.used for s in report.topics)
    ruled = classify("Công tác dân vận ở chi bộ", None, None)[1]
    assert LearnedTopics.load(tmp_path / "model").decide("x", None, None, ruled) == (True, ruled)


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
