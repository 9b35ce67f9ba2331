"""The query language of search, watches and back-tests: `parse` makes a `Query`, which tells what it finds.

docs/queries.md is the reader's page. The truth is the matcher (`crawler.query.matcher`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedToken
from lark.lexer import Lexer

from crawler.errors import InvalidQuery
from crawler.query.dates import read_days
from crawler.query.document_number import Number, read_number
from crawler.query.lexer import LONGEST_QUERY, QueryText, refuse
from crawler.query.matcher import Hit, SearchDoc, hit_of, loosened
from crawler.query.tree import (
    EVERYTHING,
    And,
    Anything,
    Days,
    FieldName,
    FieldTest,
    Node,
    Not,
    Or,
    Term,
    Words,
    Zone,
)
from crawler.query.words import WORD, Element, Word, as_one_phrase, wide_key
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES

__all__ = ["InvalidQuery", "Query", "parse", "same_question", "written"]

_EXPECTED = {
    "TERM": ("một từ", "a word"),
    "PHRASE": ("một cụm trong ngoặc kép", "a phrase in quotes"),
    "FIELD": ("một trường như «tỉnh:»", "a field such as 'tỉnh:'"),
    "_OPEN": ("«(»", "'('"),
    "_CLOSE": ("«)»", "')'"),
    "_AND": ("VÀ", "AND"),
    "_OR": ("HOẶC", "OR"),
    "_NOT": ("KHÔNG", "NOT"),
    "$END": ("hết truy vấn", "the end"),
}
_DAY_FORMS = "2026-01-31, 31/01/2026, 2026-01, 2026"
_PROVINCE_NAMES = tuple(
    tuple(map(wide_key, WORD.findall(name)))
    for name in (*PROVINCES, *FORMER_PROVINCES, CENTRAL, "Hồ Chí Minh", "Huế")
)
"""Of today and of before the mergers: `tỉnh:` finds an outlet under both."""


@dataclass(frozen=True, slots=True)
class Query:
    """A parsed query. Equal queries ask the same; `str` is the query as typed."""

    typed: str
    root: Node

    def matches(self, doc: SearchDoc) -> Hit | None:
        """What of `doc` answers, with the places in the untouched text; None where it does not."""
        return hit_of(self.root, doc)

    @property
    def is_empty(self) -> bool:
        """Whether everything answers, for a watch that asks by its scope alone."""
        return self.root == EVERYTHING

    def near_miss(self, doc: SearchDoc) -> Hit | None:
        """The hit `doc` would be if accents and the organ of a number did not count; None where it is one."""
        return None if self.matches(doc) is not None else self.loosened().matches(doc)

    def loosened(self) -> Query:
        """The query with every accenting and every spelling of its numbers: the net for near misses."""
        return Query(self.typed, loosened(self.root))

    def __str__(self) -> str:
        return self.typed


def parse(query: str, *, allow_empty: bool = False) -> Query:
    """Read a query. Raises InvalidQuery with the position and what was expected there.

    >>> parse("đại hội OR hội nghị tổng kết").root.children[1].typed
    'hội nghị tổng kết'
    """
    if len(query) > LONGEST_QUERY:
        refuse(
            LONGEST_QUERY,
            f"dài quá {LONGEST_QUERY} ký tự, hãy bỏ bớt từ đây",
            f"longer than {LONGEST_QUERY} characters, cut it here",
            query,
        )
    if not query.strip() and allow_empty:
        return Query(query, EVERYTHING)
    text = QueryText(query)
    try:
        tree = _parser().parse(text)
    except UnexpectedToken as error:
        _refuse_token(text, error)
    return Query(query, _Reader(text).node(tree.children[0], None))


def same_question(one: str, other: str) -> bool:
    """Whether two queries ask the same, however they were typed; both must be right or empty.

    >>> same_question("Đại hội HOẶC uỷ ban", 'OR '.join(["uỷ Ban ", '"đại hội"']).replace("OR", " OR"))
    True
    >>> same_question("đại hội", "dai hoi")  # without marks it finds more
    False
    """
    first, second = (parse(query.strip(), allow_empty=True).root for query in (one, other))
    return _shape(first) == _shape(second)


def _shape(node: Node) -> object:
    """What a node asks, without how it was typed and in which order."""
    match node:
        case Term(elements, zone):
            return zone, elements
        case FieldTest(name, value):
            return name, value
        case And(children) | Or(children):
            return type(node), frozenset(map(_shape, children))
        case Not(child):
            return Not, _shape(child)


def written(node: Node) -> str:
    """A tree as a query that asks the same.

    >>> written(parse('đại hội VÀ KHÔNG ("chi bộ" HOẶC tỉnh:Cao Bằng)').root)
    '"đại hội" VÀ KHÔNG ("chi bộ" HOẶC tỉnh:Cao Bằng)'
    """
    if isinstance(node, Term):
        return node.typed if len(node.elements) == 1 and node.zone is None else _written_phrase(node)
    if isinstance(node, FieldTest):
        return node.typed
    if isinstance(node, Not):
        inner = written(node.child)
        return f"KHÔNG ({inner})" if isinstance(node.child, And) else f"KHÔNG {inner}"
    joined = (" VÀ " if isinstance(node, And) else " HOẶC ").join(map(written, node.children))
    return joined if isinstance(node, And) else f"({joined})"


def _written_phrase(term: Term) -> str:
    return f'{f"{term.zone.value}:" if term.zone else ""}"{term.typed}"'


class _QueryLexer(Lexer):
    """Hands `QueryText.lexemes` to lark."""

    def __init__(self, lexer_conf: Any) -> None:
        del lexer_conf  # the terminals are declared in the grammar and cut in crawler.query.lexer

    def lex(self, data: Any) -> Iterator[Token]:  # type: ignore[override]  # lark's own way
        """Tokens whose value is the text typed and whose positions are in the cleaned query."""
        for lexeme in data.lexemes():
            raw = data.text[lexeme.start : lexeme.end]
            value = lexeme.field.value if lexeme.field else raw
            yield Token(lexeme.kind, value, start_pos=lexeme.start, end_pos=lexeme.end)


@cache
def _parser() -> Lark:
    grammar = Path(__file__).with_name("query.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer=_QueryLexer, maybe_placeholders=False)


def _refuse_token(text: QueryText, error: UnexpectedToken) -> None:
    token = error.token
    at_end = token.type == "$END"
    position = len(text.text) if at_end else (token.start_pos or 0)
    names = [_EXPECTED[name] for name in _EXPECTED if name in (error.accepts or error.expected)]
    found = ("hết truy vấn", "the end") if at_end else (f"«{token}»", f"'{token}'")
    if token.type == "_CLOSE" and "_CLOSE" not in error.expected and not names:
        names = [_EXPECTED["$END"]]
    text.refuse(
        position,
        f"gặp {found[0]}, cần {' hoặc '.join(n for n, _ in names)}",
        f"found {found[1]}, expected {' or '.join(n for _, n in names)}",
    )


class _Reader:
    """Gives the parsed tree its meaning, outside in: a value is read as its field says."""

    def __init__(self, text: QueryText) -> None:
        self._text = text

    def node(self, tree: Tree[Token] | Token, scope: tuple[FieldName | Zone, Token] | None) -> Node:
        """The node of a tree inside `scope`, the field that stands before it."""
        if isinstance(tree, Token):
            return self._leaf(tree, scope)
        match tree.data:
            case "disjunction":
                return Or(tuple(self.node(child, scope) for child in tree.children))
            case "conjunction":
                return And(_flat(self.node(child, scope) for child in tree.children))
            case "negation":
                return Not(self.node(tree.children[0], scope))
            case _:
                name, value = tree.children
                assert isinstance(name, Token)
                if scope is not None:
                    self._text.refuse(
                        name.start_pos or 0,
                        "trường không lồng trong trường khác",
                        "a field cannot stand inside another field",
                    )
                return self.node(value, (_kind(name), name))

    def _leaf(self, token: Token, scope: tuple[FieldName | Zone, Token] | None) -> Node:
        start, end = token.start_pos or 0, token.end_pos or 0
        if scope is None:
            return self._term(start, end, None)
        kind, name = scope
        if isinstance(kind, Zone):
            return self._term(start, end, kind)
        typed = self._text.text[name.start_pos : name.end_pos] + str(token)
        position = self._text.cleaned.back(start)
        if str(token).strip() == "*":
            return FieldTest(kind, Anything(), typed, position)
        if kind is FieldName.DATE:
            return FieldTest(kind, self._days(str(token), start), typed, position)
        if kind is FieldName.DOCUMENT:
            return FieldTest(kind, self._document(start, end), typed, position)
        elements = self._elements(start, end, in_field=True)
        if kind is FieldName.PROVINCE and token.type == "TERM":
            return self._province(elements, start, end, name)
        return FieldTest(kind, Words(as_one_phrase(elements)), typed, position)

    def _elements(self, start: int, end: int, *, in_field: bool = False) -> tuple[Element, ...]:
        elements = self._text.elements(start, end, in_field=in_field)
        if not elements:
            self._text.refuse(start, "cần một từ", "expected a word")
        return elements

    def _term(self, start: int, end: int, zone: Zone | None) -> Term:
        typed = self._text.text[start:end].strip('"“”„‟«»″＂ ')
        return Term(as_one_phrase(self._elements(start, end)), zone, typed, self._text.cleaned.back(start))

    def _days(self, typed: str, start: int) -> Days:
        try:
            return read_days(typed.strip('"“”„‟«»″＂ '))
        except ValueError as error:
            self._text.refuse(
                start,
                f"{error}; cần {_DAY_FORMS}, một khoảng 2026-01..2026-03 hoặc >=2026-01-01",
                f"expected a date: {_DAY_FORMS}, a range 2026-01..2026-03 or >=2026-01-01",
            )

    def _document(self, start: int, end: int) -> Number | Words:
        typed = self._text.text[start:end].strip('"“”„‟«»″＂ ')
        return read_number(typed) or Words(as_one_phrase(self._elements(start, end, in_field=True)))

    def _province(self, elements: tuple[Element, ...], start: int, end: int, name: Token) -> Node:
        """A province by bare words; what follows the name of a known one is a term of its own."""
        known = max((n for n in map(len, filter(_opens(elements), _PROVINCE_NAMES))), default=len(elements))
        words, rest = elements[:known], elements[known:]
        field = self._text.text[name.start_pos : name.end_pos]
        cut = self._text.cut(start, end, known) if rest else end
        test = FieldTest(
            FieldName.PROVINCE,
            Words(as_one_phrase(words)),
            field + self._text.text[start:cut].strip(),
            self._text.cleaned.back(start),
        )
        return And((test, self._term(cut, end, None))) if rest else test


def _opens(elements: tuple[Element, ...]) -> Any:
    keys = tuple(e.key if isinstance(e, Word) else "" for e in elements)
    return lambda name: keys[: len(name)] == name


def _kind(name: Token) -> FieldName | Zone:
    return Zone(str(name)) if str(name) in Zone._value2member_map_ else FieldName(str(name))


def _flat(nodes: Iterator[Node] | Any) -> tuple[Node, ...]:
    """Children of a conjunction, with the pair a province and its term make taken apart."""
    out: list[Node] = []
    for node in nodes:
        out.extend(node.children if isinstance(node, And) else (node,))
    return tuple(out)
