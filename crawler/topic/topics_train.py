"""The topic model learned: from the labelled lines of the package, and from a person's corrections on top of them.

Each label is a yes-or-no question to a logistic regression (scikit-learn, liblinear), all over the same features. The
same lines give the same weights. Every figure that is reported is of models that had not seen the line they answer
for (folds by the words of a line). scikit-learn is needed here alone: `pip install "diemtin[train]"`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from crawler.errors import InvalidInput
from crawler.messages import at_line
from crawler.topic.features import evidence_of
from crawler.topic.lines import Line, shipped_lines
from crawler.topic.model import BIAS, OURS, LearnedTopics
from crawler.topic.taxonomy import shipped_taxonomy
from crawler.topic.topics import classify

FOLDS = 10
LEAST = 5
"""Corrections below which nothing is learned from them."""
SEEN = 2
"""Lines in which a feature must stand: what one line alone has says nothing of the next one."""
COST = 5.0
"""liblinear's C: how dear a line on the wrong side is against large weights. Chosen in ten folds (1 to 10 do alike)."""
SMALL = 0.05
"""Weights below this are left out: together they change no label of the lines."""
MARGIN = 0.01
"""How much F1 on the shipped lines may fall for the sake of corrections before the model is refused."""
REPORT = "report.json"

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Scores:
    """How one topic does, over all lines and corrections."""

    topic: str
    examples: int
    """Lines that carry the topic."""
    f1: float


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What training found; F1 is micro-averaged over topics, of models that had not seen the line."""

    lines: int
    """Corrections."""
    shipped: int
    """Labelled lines of the package, which every model keeps."""
    folds: int
    f1: float
    """Of all lines, corrections among them."""
    relevance_f1: float
    before_f1: float
    """The shipped model's on the corrections; 1 where there is none."""
    learned_f1: float
    """The new model's on the corrections."""
    used: bool
    """Whether the model was written: not where it does worse than the shipped one on what it was to learn, nor where
    the shipped lines pay for the corrections."""
    topics: tuple[Scores, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One line with its features."""

    line: Line
    values: Values


def example(line: Line) -> Example:
    """A line ready to be learned from."""
    return Example(line, evidence_of(line.title, line.lead, line.text, shipped_taxonomy()).values)


def train(corrections: Path | None, out: Path) -> TrainingReport:
    """Learn from the shipped lines and from lines `{id, title?, lead?, text?, topics: [id…]}`; write to `out`.

    The same file gives the same model and report. Raises InvalidInput naming the line that is wrong.
    """
    known = [rule.id for rule in shipped_taxonomy().topics]
    added = [example(line) for line in _corrections(corrections, known)] if corrections is not None else []
    if corrections is not None and len(added) < LEAST:
        raise InvalidInput(
            f"{corrections}: {len(added)} dòng sửa tay, cần ít nhất {LEAST} / "
            f"{len(added)} corrections; at least {LEAST} are needed"
        )
    corrected = {(one.line.title, one.line.lead) for one in added}
    kept = [example(line) for line in shipped_lines(known) if (line.title, line.lead) not in corrected]
    report = _report(kept, added)
    if report.used:
        fit([*kept, *added]).save(out)
        (out / REPORT).write_text(
            json.dumps(asdict(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n"
        )
    return report


def _report(kept: Sequence[Example], added: Sequence[Example]) -> TrainingReport:
    everything = [*kept, *added]
    answers = cross_validated(everything)
    before = [frozenset(t.id for t in classify(e.line.title, e.line.lead, e.line.text)[1]) for e in added]
    mine, theirs = everything[: len(kept)], everything[len(kept) :]
    before_f1, learned_f1 = topics_f1(theirs, before), topics_f1(theirs, answers[len(kept) :])
    alone = topics_f1(mine, cross_validated(mine)) if added else 0.0
    used = learned_f1 >= before_f1 and topics_f1(mine, answers[: len(kept)]) >= alone - MARGIN
    return TrainingReport(
        lines=len(added),
        shipped=len(kept),
        folds=FOLDS,
        f1=topics_f1(everything, answers),
        relevance_f1=relevance_f1(everything, answers),
        before_f1=before_f1,
        learned_f1=learned_f1,
        used=used,
        topics=tuple(
            Scores(name, sum(name in e.line.topics for e in everything), topics_f1(everything, answers, name))
            for name in (rule.id for rule in shipped_taxonomy().topics)
        ),
    )


def cross_validated(examples: Sequence[Example], folds: int = FOLDS) -> list[frozenset[str]]:
    """For each line the topics that a model gives it which was learned from the lines of the other parts."""
    answers: list[frozenset[str]] = [frozenset()] * len(examples)
    parts = [one.line.fold(folds) for one in examples]
    for part in sorted(set(parts)):
        model = fit([one for one, its in zip(examples, parts, strict=True) if its != part])
        for index, its in enumerate(parts):
            if its == part:
                line = examples[index].line
                found = classify(line.title, line.lead, line.text, model=model)[1]
                answers[index] = frozenset(topic.id for topic in found)
    return answers


def topics_f1(
    examples: Sequence[Example], answers: Sequence[frozenset[str]], only: str | None = None
) -> float:
    """F1 over all topics (micro), or of `only` one, of the lines whose topics are said; 1 where there are none."""
    chosen = {only} if only else {rule.id for rule in shipped_taxonomy().topics}
    pairs = [
        (e.line.topics & chosen, a & chosen)
        for e, a in zip(examples, answers, strict=True)
        if e.line.labelled
    ]
    return _f1(pairs)


def relevance_f1(examples: Sequence[Example], answers: Sequence[frozenset[str]]) -> float:
    """F1 of being about Party-building work."""
    ours = frozenset((OURS,))
    return _f1(
        [
            (ours if e.line.ours else frozenset(), ours if a else frozenset())
            for e, a in zip(examples, answers, strict=True)
        ]
    )


def _f1(pairs: Sequence[tuple[frozenset[str], frozenset[str]]]) -> float:
    both = sum(len(wanted & found) for wanted, found in pairs)
    total = sum(len(wanted) + len(found) for wanted, found in pairs)
    return round(2 * both / total, 4) if total else 1.0


def fit(examples: Sequence[Example]) -> LearnedTopics:
    """The model of these lines. Raises InvalidInput where scikit-learn is not installed."""
    seen = Counter(name for one in examples for name in one.values)
    names = sorted(name for name, lines in seen.items() if lines >= SEEN)
    labels = {rule.id: [rule.id in e.line.topics for e in examples] for rule in shipped_taxonomy().topics}
    labels[OURS] = [e.line.ours for e in examples]
    weights: dict[str, dict[str, float]] = {name: {} for name in (BIAS, *names)}
    rows = _matrix(examples, names)
    for label, wanted in labels.items():
        said = [index for index, e in enumerate(examples) if label == OURS or e.line.labelled]
        answers = [wanted[index] for index in said]
        if len(set(answers)) < 2:
            continue  # no line of these has it: nothing to learn
        for name, weight in zip((BIAS, *names), _fitted(rows[said], answers), strict=True):
            if abs(weight) >= SMALL:
                weights[name][label] = round(weight, 2)
    return LearnedTopics({name: row for name, row in weights.items() if row})


def _matrix(examples: Sequence[Example], names: Sequence[str]) -> Any:
    try:
        from scipy.sparse import csr_array
    except ImportError as error:
        raise InvalidInput(
            'topics train: cần scikit-learn, cài bằng: pip install "diemtin[train]" / scikit-learn is needed'
        ) from error
    column = {name: index for index, name in enumerate(names)}
    cells = [
        (value, row, column[name])
        for row, one in enumerate(examples)
        for name, value in one.values.items()
        if name in column
    ]
    values, rows, columns = zip(*cells, strict=True)
    matrix = csr_array((values, (rows, columns)), shape=(len(examples), len(names)))
    matrix.indices, matrix.indptr = matrix.indices.astype("int32"), matrix.indptr.astype("int32")
    return matrix


def _fitted(rows: Any, answers: Sequence[bool]) -> list[float]:
    """The bias and the weight of every column."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=COST, solver="liblinear", random_state=0).fit(rows, answers)
    return [float(model.intercept_[0]), *(float(weight) for weight in model.coef_[0])]


def _corrections(path: Path, known: Sequence[str]) -> Iterator[Line]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path}: không có tệp này, hoặc không phải UTF-8 / {error}") from error
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            topics = frozenset(row["topics"])
            title, lead, body = (_words(row, name) for name in ("title", "lead", "text"))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"không đọc được / {type(error).__name__}: {error}"
            raise InvalidInput(f"{path}: {at_line(number, reason)}") from error
        if unknown := sorted(map(str, topics - set(known))):
            reason = f"không có chủ đề này / unknown topic {', '.join(unknown)}"
            raise InvalidInput(f"{path}: {at_line(number, reason)}")
        yield Line(title or "", lead or "", topics, bool(topics), body)


def _words(row: Mapping[str, Any], name: str) -> str | None:
    words = row.get(name)
    if words is not None and not isinstance(words, str):
        raise TypeError(f"{name} is no text")
    return words
