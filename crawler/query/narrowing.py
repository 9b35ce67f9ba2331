"""A query made narrower by a click: one more field, and what it was stays one operand."""

from __future__ import annotations


def narrowed(query: str, field: str, value: str) -> str:
    """A query that also asks for a value of a field; what it was stays one operand.

    >>> narrowed("đại hội HOẶC hội nghị", "tỉnh", "Kim Lộ"), narrowed("đại hội", "ngày", "2026-11")
    ('(đại hội HOẶC hội nghị) tỉnh:"Kim Lộ"', 'đại hội ngày:2026-11')
    """
    single = not any(f" {word} " in f" {query} " for word in ("HOẶC", "OR", "KHÔNG", "NOT"))
    written = value if field in ("ngày", "văn-bản") else '"{}"'.format(value.replace('"', " "))
    return f"{query if single else f'({query})'} {field}:{written}"
