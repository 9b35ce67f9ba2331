"""Values of a query that nothing known can answer: a watch on them would be silent for ever, and look well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches

from crawler.query.matcher import is_id, read_name
from crawler.query.parser import Query
from crawler.query.tree import And, FieldName, FieldTest, Node, Not, Or, Words
from crawler.query.words import Element, wide_letters
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES, Source
from crawler.story.change_kinds import GONE, GONE_LABEL, LABELS
from crawler.topic.taxonomy import shipped_topics

_NOTHING = {
    FieldName.PROVINCE: "không tỉnh nào có tên này",
    FieldName.SOURCE: "không nguồn nào trong danh bạ có mã hay tên này",
    FieldName.CHANGE: f"không kiểu sửa nào có tên này (có: {', '.join([*LABELS.values(), GONE_LABEL])})",
    FieldName.TOPIC: "không chủ đề nào có mã hay tên này (xem: diemtin topics list)",
}


def unknown_values(query: Query, registry: Mapping[str, Source]) -> list[str]:
    """One remark for each province, source or topic of a query that neither the registry nor the lists know.

    It is no error: a source may be added tomorrow.
    """
    remarks = []
    for test in field_tests(query.root):
        if test.name in _NOTHING and isinstance(test.value, Words):
            ids, names = _known(test.name, registry)
            elements = test.value.elements
            if not _answers(elements, ids, names):
                remarks.append(f"{test.typed}: {_NOTHING[test.name]}{_advice(elements, test, names)}")
    return list(dict.fromkeys(remarks))


def field_tests(node: Node) -> Iterator[FieldTest]:
    """Every field that a query compares, as typed, left to right."""
    match node:
        case And(children) | Or(children):
            for child in children:
                yield from field_tests(child)
        case Not(child):
            yield from field_tests(child)
        case FieldTest():
            yield node
        case _:
            return


def _known(name: FieldName, registry: Mapping[str, Source]) -> tuple[list[str], list[str]]:
    """(ids, names) that a field can have."""
    if name is FieldName.PROVINCE:
        own = (place for source in registry.values() for place in (source.province, *source.covers))
        return [], [*PROVINCES, *FORMER_PROVINCES, CENTRAL, *own]
    if name is FieldName.SOURCE:
        return list(registry), [source.name for source in registry.values()]
    if name is FieldName.CHANGE:
        return [*LABELS, GONE], [*LABELS.values(), GONE_LABEL]
    topics = shipped_topics()
    return [topic.id for topic in topics], [topic.name for topic in topics]


def _answers(elements: tuple[Element, ...], ids: Iterable[str], names: Iterable[str]) -> bool:
    return any(is_id(elements, i) for i in ids) or any(read_name(name).find(elements) for name in names)


def _advice(elements: tuple[Element, ...], test: FieldTest, names: Iterable[str]) -> str:
    """Where the value begins with a whole known name, the words behind it were probably meant as a term."""
    whole = {tuple(read_name(name).keys): name for name in names}
    for length in range(len(elements) - 1, 0, -1):
        found = whole.get(tuple(getattr(e, "key", "") for e in elements[:length]))
        if found is not None:
            field = test.typed.partition(":")[0]
            rest = test.typed.partition(":")[2].strip('" ').split()[length:]
            return f'; có phải {field}:"{found}" {" ".join(rest)}?'
    typed = test.typed.partition(":")
    wide = {wide_letters(name): name for name in names}
    near = get_close_matches(wide_letters(typed[2].strip('" ')), wide, n=1)
    return f'; có phải {typed[0]}:"{wide[near[0]]}"?' if near else ""
