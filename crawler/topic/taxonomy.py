"""The taxonomy of Party-building work as it stands in `topics.toml`, compiled for one pass over a text."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from crawler.errors import InvalidInput
from crawler.text.normal import exact_key

SHIPPED = Path(__file__).with_name("topics.toml")

Grade = Literal["strong", "guarded", "medium"]
GRADES: tuple[Grade, ...] = ("strong", "guarded", "medium")

_DOCUMENT = re.compile(r"^(chỉ thị|nghị quyết|quy định|kết luận|quyết định|đề án|hướng dẫn|nghị định) (\d+)$")


@dataclass(frozen=True, slots=True)
class TopicRule:
    """One entry of the taxonomy."""

    id: str
    name: str
    sections: frozenset[str]
    """Names of newspapers' sections that hold it, as keys."""


@dataclass(frozen=True, slots=True)
class Taxonomy:
    """All tables, ready to match: phrase number i stands for `phrases[i]`, `meanings[i]`, `roles[i]`."""

    topics: tuple[TopicRule, ...]
    phrases: tuple[str, ...]
    meanings: tuple[tuple[tuple[str, Grade], ...], ...]
    """Topics a phrase speaks for, with the grade; empty for actors, traps and words of other worlds."""
    roles: tuple[frozenset[str], ...]
    """`actor`, `body`, `person`, `foreign`, `veto`, `aside` or `trap`."""
    foreign_parties: frozenset[int]
    """Phrases that begin another party's name."""
    general_sections: frozenset[str]
    """Names of sections that hold Party building at large, as keys."""
    numbers: Mapping[str, int]
    """Phrases written with `#` for any number, by their spelling."""
    automaton: Any = field(repr=False)


def load_taxonomy(path: Path = SHIPPED) -> Taxonomy:
    """The taxonomy in a TOML file. Raises InvalidInput naming the file and what is wrong in it."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(
            f"{path}: bảng chủ đề không đọc được / not a readable taxonomy: {error}"
        ) from error
    try:
        return _taxonomy(data)
    except KeyError as error:
        raise InvalidInput(f"{path}: thiếu một khóa / the key {error} is missing") from error
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"{path}: bảng chủ đề có chỗ sai / {error}") from error


def _taxonomy(data: Mapping[str, Any]) -> Taxonomy:
    import ahocorasick_rs  # who asks for names alone needs none

    meanings: dict[str, set[tuple[str, Grade]]] = defaultdict(set)
    roles: dict[str, set[str]] = defaultdict(set)
    for topic in data["topic"]:
        for grade in GRADES:
            for phrase in topic[grade]:
                for spelling in _spellings(phrase):
                    meanings[spelling].add((topic["id"], grade))
    outside = (("traps", "trap"), ("foreign", "foreign"), ("veto", "veto"), ("aside", "aside"))
    for name, role in outside:
        for phrase in data["outside"][name]:
            roles[exact_key(phrase)].add(role)
    phrases = tuple(sorted(set(meanings) | set(roles) | set(map(exact_key, data["actors"]["phrases"]))))
    _mark(phrases, roles, "actor", [exact_key(p) for p in data["actors"]["phrases"]])
    for phrase in map(exact_key, data["actors"]["persons"]):
        roles[phrase].add("person")
    _mark(phrases, roles, "body", [exact_key(p) for p in data["actors"]["bodies"]])
    return Taxonomy(
        topics=_rules(data),
        phrases=phrases,
        meanings=tuple(tuple(sorted(meanings.get(p, ()))) for p in phrases),
        roles=tuple(frozenset(roles.get(p, ())) for p in phrases),
        foreign_parties=frozenset(
            i for i, p in enumerate(phrases) if "foreign" in roles.get(p, ()) and p.startswith("đảng ")
        ),
        general_sections=frozenset(map(exact_key, data["sections"]["general"])),
        numbers={p: i for i, p in enumerate(phrases) if "#" in p},
        automaton=ahocorasick_rs.AhoCorasick(phrases),
    )


def _rules(data: Mapping[str, Any]) -> tuple[TopicRule, ...]:
    return tuple(
        TopicRule(topic["id"], topic["name"], frozenset(map(exact_key, topic["sections"])))
        for topic in data["topic"]
    )


def _mark(phrases: tuple[str, ...], roles: dict[str, set[str]], role: str, names: list[str]) -> None:
    """The role for these names and for longer phrases that hold one (`kết nạp đảng viên`): only the longest counts."""
    naming = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)")
    for phrase in phrases:
        if roles[phrase].isdisjoint({"trap", "foreign"}) and naming.search(phrase):
            roles[phrase].add(role)


def _spellings(phrase: str) -> tuple[str, ...]:
    """A phrase as its key, and with `số` where it names a document by its number."""
    key = exact_key(phrase)
    m = _DOCUMENT.match(key)
    return (key, f"{m.group(1)} số {m.group(2)}") if m else (key,)


@lru_cache(maxsize=1)
def shipped_topics() -> tuple[TopicRule, ...]:
    """The topics of the taxonomy that comes with the package, without what is matched; read once."""
    return _rules(tomllib.loads(SHIPPED.read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def shipped_taxonomy() -> Taxonomy:
    """The taxonomy that comes with the package, read once."""
    return load_taxonomy()
