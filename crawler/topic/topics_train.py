"""Topics learned from a reader's corrections, used only where they are measured to beat the rules.

Each topic is a yes-or-no question to `underthesea_core.TextClassifier` (TF-IDF and a linear SVM). Both the rules and
the classifier are scored on the same lines, the classifier on folds it has not seen; a topic goes over to the
classifier only with enough examples and a clear lead. The folder that is written holds the report and those models.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from crawler.article import Topic
from crawler.errors import InvalidInput
from crawler.reasons import at_line
from crawler.text import exact_key
from crawler.topic.topics import classify, shipped_taxonomy

FOLDS = 5
MIN_EXAMPLES = 20
"""Fewer corrections with a topic than this cannot show that a model is better: one line would move F1 by points."""
MARGIN = 0.02
"""By how much the model's cross-validated F1 must exceed the rules', so that chance does not switch a topic."""
BODY = 1500
"""Code points of the body that the model reads."""
LEARNED = "(học từ bản sửa)"
"""The reason given where the model, not a phrase, decided."""
REPORT = "topics.json"
_YES, _NO = "yes", "no"


@dataclass(frozen=True, slots=True)
class Scores:
    """How one topic did on the corrections."""

    topic: str
    examples: int
    """Corrected lines that carry the topic."""
    rules_f1: float
    learned_f1: float
    """Of the models trained without the line they answer for."""
    used: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What training found, over all topics; F1 is micro-averaged."""

    lines: int
    folds: int
    rules_f1: float
    learned_f1: float
    combined_f1: float
    """Of what will be used: each topic by rules or model as chosen. The choice itself was made on these lines."""
    topics: tuple[Scores, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    """One correction."""

    id: str
    words: str
    ruled: frozenset[str]
    wanted: frozenset[str]


class LearnedTopics:
    """The models of a training folder, answering for the topics they won."""

    def __init__(self, models: dict[str, Any]) -> None:
        self._models = models

    @classmethod
    def load(cls, folder: Path) -> LearnedTopics:
        """The models of a folder written by `train`, read once a process. Raises InvalidInput where it is none."""
        return _loaded(folder)

    def decide(
        self, title: str | None, lead: str | None, text: str | None, ruled: Sequence[Topic]
    ) -> tuple[bool, tuple[Topic, ...]]:
        """Relevance and topics, the rules' answer replaced for the topics that were learned."""
        words = _model_words(title, lead, text)
        kept = [t for t in ruled if t.id not in self._models]
        because = {t.id: t.because for t in ruled}
        for topic, model in self._models.items():
            label, score = model.predict_with_score(words)
            if label == _YES:
                kept.append(Topic(topic, round(float(score), 3), (*because.get(topic, ()), LEARNED)))
        kept.sort(key=lambda t: (-t.score, t.id))
        return bool(kept), tuple(kept)


@lru_cache(maxsize=4)
def _loaded(folder: Path) -> LearnedTopics:
    from underthesea_core import TextClassifier

    try:
        report = json.loads((folder / REPORT).read_text(encoding="utf-8"))
        names = [row["topic"] for row in report["topics"] if row["used"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InvalidInput(
            f"{folder}: không phải thư mục do `topics train` ghi / "
            f"not a folder written by `topics train`: {error}"
        ) from error
    missing = [name for name in names if not _model_file(folder, name).is_file()]
    if missing:
        raise InvalidInput(
            f"{folder}: thiếu mô hình, hãy học lại / the models of {', '.join(missing)} are missing; train again"
        )
    return LearnedTopics({name: TextClassifier.load(str(_model_file(folder, name))) for name in names})


def train(corrections: Path, out: Path) -> Report:
    """Learn from lines `{id, title?, lead?, text?, topics: [id…]}` and write report and models to the folder `out`.

    The report is the same for the same file. Raises InvalidInput naming the line that is wrong.
    """
    lines = list(_corrections(corrections))
    if len(lines) < FOLDS:
        raise InvalidInput(
            f"{corrections}: {len(lines)} dòng sửa tay, cần ít nhất {FOLDS} / "
            f"{len(lines)} corrections; at least {FOLDS} are needed"
        )
    names = [rule.id for rule in shipped_taxonomy().topics]
    folds = [int.from_bytes(sha256(line.id.encode()).digest()[:4], "big") % FOLDS for line in lines]
    guessed = {name: _cross_validated(name, lines, folds) for name in names}
    scores = tuple(_scores(name, lines, guessed[name]) for name in names)
    used = {s.topic for s in scores if s.used}
    ruled = {(i, t) for i, line in enumerate(lines) for t in line.ruled}
    wanted = {(i, t) for i, line in enumerate(lines) for t in line.wanted}
    learned = {(i, name) for name in names for i in guessed[name]}
    combined = {(i, t) for i, t in ruled if t not in used} | {(i, t) for i, t in learned if t in used}
    report = Report(
        lines=len(lines),
        folds=FOLDS,
        rules_f1=_f1(wanted, ruled),
        learned_f1=_f1(wanted, learned),
        combined_f1=_f1(wanted, combined),
        topics=scores,
    )
    out.mkdir(parents=True, exist_ok=True)
    for name in sorted(used):
        _fit(lines, name).save(str(_model_file(out, name)))
    # Last, so that a folder with a report has all its models.
    (out / REPORT).write_text(
        json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
    )
    _loaded.cache_clear()
    return report


def _corrections(path: Path) -> Iterator[_Line]:
    known = {rule.id for rule in shipped_taxonomy().topics}
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: không có tệp này, hoặc không phải UTF-8 / {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            title, lead, body = row.get("title"), row.get("lead"), row.get("text")
            wanted = frozenset(row["topics"])
            words = _model_words(title, lead, body)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"không đọc được / {type(error).__name__}: {error}"
            raise InvalidInput(f"{path}: {at_line(number, reason)}") from error
        if unknown := sorted(map(str, wanted - known)):
            reason = f"không có chủ đề này / unknown topic {', '.join(unknown)}"
            raise InvalidInput(f"{path}: {at_line(number, reason)}")
        ruled = frozenset(t.id for t in classify(title, lead, body)[1])
        yield _Line(str(row.get("id", number)), words, ruled, wanted)


def _model_words(title: str | None, lead: str | None, text: str | None) -> str:
    return exact_key(" ".join((title or "", lead or "", (text or "")[:BODY]))) or "-"


def _cross_validated(name: str, lines: Sequence[_Line], folds: Sequence[int]) -> frozenset[int]:
    """The lines to which models that had not seen them gave the topic."""
    found = set()
    for fold in sorted(set(folds)):
        learning = [line for line, f in zip(lines, folds, strict=True) if f != fold]
        if not any(name in line.wanted for line in learning):
            continue
        model = _fit(learning, name)
        found |= {
            i
            for i, f in enumerate(folds)
            if f == fold and model.predict_with_score(lines[i].words)[0] == _YES
        }
    return frozenset(found)


def _fit(lines: Sequence[_Line], name: str) -> Any:
    from underthesea_core import TextClassifier

    model = TextClassifier(max_features=20000, ngram_range=(1, 2))
    model.fit([line.words for line in lines], [_YES if name in line.wanted else _NO for line in lines])
    return model


def _scores(name: str, lines: Sequence[_Line], guessed: frozenset[int]) -> Scores:
    wanted = {i for i, line in enumerate(lines) if name in line.wanted}
    rules = _f1(wanted, {i for i, line in enumerate(lines) if name in line.ruled})
    learned = _f1(wanted, set(guessed))
    used = len(wanted) >= MIN_EXAMPLES and learned > rules + MARGIN
    return Scores(name, len(wanted), rules, learned, used)


def _f1(wanted: set[Any], found: set[Any]) -> float:
    both = len(wanted & found)
    total = len(wanted) + len(found)
    return round(2 * both / total, 4) if total else 1.0


def _model_file(folder: Path, name: str) -> Path:
    return folder / f"{name}.bin"
