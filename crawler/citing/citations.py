"""Citations: the places in an article that name a Party, State or mass-organisation document.

`find_citations` is pure; its offsets are code points of the text AS GIVEN. `cite` does a whole article: a short
reference ("Nghị quyết 22") takes its organ from a full mention in any field, as *supra* does in a court's citation.
What cannot be known stays unknown: `resolved` is false and the key partial (`37-QĐ`). Rules: `docs/documents.md`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from crawler.article import Citation, Field, System
from crawler.citing.citation_frames import attach
from crawler.citing.citation_mentions import find_mentions
from crawler.citing.document_names import STATE_ONLY, make_key
from crawler.citing.document_subjects import subject
from crawler.citing.issuers import CENTRAL_CITIES, Organ
from crawler.citing.just_issued import phrase_of
from crawler.citing.known_documents import known_by_title
from crawler.citing.mention import Mention
from crawler.citing.type_words import CITATION_WORDS
from crawler.citing.whose import tell_place
from crawler.text.unaccented import PressText, any_of

FIELDS: tuple[Field, ...] = ("title", "lead", "text")
"""The fields of an article in reading order."""


@dataclass(frozen=True, slots=True)
class CitationContext:
    """What the rest of an article says: citations that short references in this text may stand for."""

    full: tuple[Citation, ...] = ()
    province: str | None = None
    """The source's province: whether an unnamed Thành ủy is that of a centrally run city."""


def find_citations(
    text: str,
    *,
    field: Field = "text",
    published: date | None = None,
    context: CitationContext | None = None,
) -> tuple[Citation, ...]:
    """Every mention of a document in `text`, in text order, none overlapping another.

    `published` gives a day without a year its year, and an issuer its code of that time; `context` lends the full
    mentions of the article's other fields to short references. Time is linear in the text; no input raises.
    """
    context = context or CitationContext()
    view, mentions = _scan(text, published, field)
    tell_place([(view, mentions)], context.province)
    names = _Names()
    names.learn(mentions)
    names.learn_citations(context.full)
    return _emit(view, mentions, field, names, published, context.province)


def cite(
    fields: Mapping[Field, str | None], published: date | None = None, province: str | None = None
) -> tuple[Citation, ...]:
    """The citations of a whole article, fields in reading order; short references are resolved across fields."""
    scanned = [(name, *_scan(text, published, name)) for name in FIELDS if (text := fields.get(name))]
    names = _Names()
    tell_place([(view, mentions) for _, view, mentions in scanned], province)
    for _, _, mentions in scanned:
        names.learn(mentions)
    return tuple(
        c for name, view, mentions in scanned for c in _emit(view, mentions, name, names, published, province)
    )


def _scan(text: str, published: date | None, field: Field) -> tuple[PressText, list[Mention]]:
    view = PressText.of(text)
    mentions = find_mentions(view)
    attach(view, mentions, published, field)
    return view, mentions


class _Names:
    """The full names an article uses, by number and type code; plenums by their number."""

    def __init__(self) -> None:
        self._numbered: dict[tuple[str, str], dict[str, _Full]] = {}
        self._plenums: dict[tuple[str | None, int], set[str]] = {}

    def learn(self, mentions: Iterable[Mention]) -> None:
        """Take up the full mentions of one text."""
        for m in mentions:
            if m.kind == "plenum" and m.term and m.ordinal:
                self._plenums.setdefault((m.type, m.ordinal), set()).add(m.term)
            if m.kind == "symbol" and m.number and m.code and m.organ:
                self._add(m.number, _Full(m.type, m.code, m.organ, m.year, m.system, m.party_form))

    def learn_citations(self, citations: Iterable[Citation]) -> None:
        """Take up citations found elsewhere in the article."""
        for c in citations:
            if not c.resolved:
                continue
            if plenum := _PLENUM_KEY.fullmatch(c.key):
                self._plenums.setdefault((c.type, int(plenum[1])), set()).add(plenum[2])
            elif c.number and c.issuer_code and (code := _code_in(c)):
                year = c.key.split("/")[1] if c.key.count("/") == 2 else None
                form = c.key.startswith(f"{c.number}-")
                self._add(c.number, _Full(c.type, code, c.issuer_code, year, c.system, form))

    def _add(self, number: str, full: _Full) -> None:
        # Quy định and Quyết định share QĐ, and QĐi is a way to tell them apart: one drawer, then the type decides.
        code = "QĐ" if full.code in ("QĐi", "QyĐ") else full.code
        self._numbered.setdefault((number, code), {})[full.key(number)] = full

    def full_for(self, mention: Mention) -> list[_Full]:
        """The full names a short mention may stand for: the same number and type, and its issuer if it has one."""
        found = self._numbered.get((mention.number or "", mention.code or ""), {}).values()
        fitting = [f for f in found if mention.type in (None, f.type) or f.type is None]
        if mention.signer is not None and mention.signer.codes:
            fitting = [f for f in fitting if mention.signer.may_sign(f.organ)]
        return fitting

    def term_of_plenum(self, type_: str | None, ordinal: int) -> str | None:
        """The term of a plenum named without it, where the article names one such plenum in full."""
        terms = self._plenums.get((type_, ordinal), set())
        return next(iter(terms)) if len(terms) == 1 else None


@dataclass(frozen=True, slots=True)
class _Full:
    type: str | None
    code: str
    organ: str
    year: str | None
    system: System
    party_form: bool

    def key(self, number: str) -> str:
        return make_key(number, self.code, self.organ, self.year, party_form=self.party_form)


_PLENUM_KEY = re.compile(r"(?:NQ|KL)TW([0-9]+)-([IVX]+)")
_KEY_CODE = re.compile(r"[0-9]+[A-Z]?(?:/(?:19|20)[0-9]{2})?[-/]([A-Za-zĐ]+)[-/]")
_PARTY_WORDS = re.compile(rf"(?<![a-z])(?:{any_of(CITATION_WORDS['party'])})(?![a-z])")


def _code_in(citation: Citation) -> str | None:
    match = _KEY_CODE.match(citation.key)
    return match[1] if match else None


def _emit(
    view: PressText,
    mentions: Sequence[Mention],
    field: Field,
    names: _Names,
    published: date | None,
    province: str | None,
) -> tuple[Citation, ...]:
    found: list[Citation] = []
    for i, mention in enumerate(mentions):
        title = subject(view, mention, mentions[i + 1].start if i + 1 < len(mentions) else None)
        named = _name(view, mention, names, title, published, province)
        if named is None:
            continue
        key, organ, system, resolved = named
        start, end = view.span(mention.start, mention.end)
        found.append(
            Citation(
                field=field,
                start=start,
                end=end,
                surface=view.raw[start:end],
                type=mention.type,
                number=mention.number,
                issuer_code=organ,
                key=key,
                issuer=mention.issuer,
                date=mention.date,
                system=system,
                resolved=resolved,
                term=mention.term,
                title=title,
                issued=phrase_of(view, mention.issued) if mention.issued else None,
                place=mention.place,
                years=mention.years,
            )
        )
    return tuple(found)


_Named = tuple[str, str | None, System, bool]


def _name(
    view: PressText,
    mention: Mention,
    names: _Names,
    title: str | None,
    published: date | None,
    province: str | None,
) -> _Named | None:
    """Key, organ code, system and whether that is certain; None where the mention is no document's."""
    if mention.kind == "plenum":
        code, ordinal = mention.code, mention.ordinal
        if mention.term is None and ordinal is not None:
            mention.term = names.term_of_plenum(mention.type, ordinal)
        key = f"{code}TW{ordinal}"
        return (f"{key}-{mention.term}", "TW", "party", True) if mention.term else (key, "TW", "party", False)
    if mention.kind == "congress":
        stem = "NQĐH" if mention.organ == "ĐHTQ" else "NQĐHĐB"
        return f"{stem}-{mention.term}", mention.organ, "party", True
    assert mention.number is not None
    if mention.kind == "symbol":
        key = make_key(
            mention.number, mention.code, mention.organ, mention.year, party_form=mention.party_form
        )
        # An official letter is `number/organ-unit`: its organ is the first part.
        if mention.stranger and mention.system == "state" and not mention.known:
            return None
        organ = mention.organ if mention.code or mention.year else (mention.organ or "").split("-")[0]
        return key, organ, mention.system, True
    return _short_name(view, mention, names, title, published, province)


def _short_name(
    view: PressText,
    mention: Mention,
    names: _Names,
    title: str | None,
    published: date | None,
    province: str | None,
) -> _Named | None:
    """What a number without its symbol stands for: a full name, its issuer's series, a known title, or open."""
    number, code = mention.number or "", mention.code or ""
    if mention.stranger:
        return None
    fitting = names.full_for(mention)
    if len(fitting) == 1:
        full = fitting[0]
        mention.type = mention.type or full.type
        return full.key(number), full.organ, full.system, True
    if mention.signer is not None and (mention.type not in STATE_ONLY):
        return _by_issuer(mention, mention.signer, published, province)
    if mention.type == "Nghị định":
        return make_key(number, code, "CP", mention.year, party_form=False), "CP", "state", bool(mention.year)
    if fitting:
        return (
            (f"{number}-{code}", None, "party", False) if any(f.system == "party" for f in fitting) else None
        )
    if known := known_by_title(f"{number}-{code}", mention.type, title, published):
        return known.key, known.key.split("/")[1], "party", True
    if mention.belief != "likely" or (
        mention.type in ("Đề án", "Chương trình", "Hướng dẫn", "Quy chế", "Thông tri")
        and not _PARTY_WORDS.search(view.key)
    ):
        return None
    return f"{number}-{code}", None, "party", False


def _by_issuer(mention: Mention, signer: Organ, published: date | None, province: str | None) -> _Named:
    """The series of the organ that issued it, where that organ has one: Bộ Chính trị → /TW, Tỉnh ủy → /TU."""
    number, code = mention.number or "", mention.code or ""
    organ = signer.code_on(published)
    if signer.codes == ("ThU", "TU") and province is not None and signer.name.endswith("Thành ủy"):
        organ = "TU" if province in CENTRAL_CITIES else organ
    if organ is None:
        return f"{number}-{code}", None, signer.system, False
    key = make_key(number, code, organ, mention.year, party_form=signer.system == "party")
    return key, organ, signer.system, True
