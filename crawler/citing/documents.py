"""Which document a citation names: identity that knows the Party's terms, the provinces and the years.

Numbers restart with every committee term (Hướng dẫn 36-HD/VPTW 1.3), so `35-CT/TW` alone names two documents. An
identity is the key with what makes it unique: the term for central documents (`35-CT/TW@XII`), the place and the local
term for a committee's (`08-NQ/TU@Lam-Hà/2020-2025`), the year for State ones (`16/CT-TTg@2020`, `30/2020/NĐ-CP`).

1. A printed date or term decides. 2. Issued just now: of the term of publication. 3. Central: the one known document of
that number whose subject, issuer or age ("mười năm thực hiện …") agrees, or the only one that nothing speaks against.
4. Local: of the committee of its place (named, spoken of, or the outlet's own) and of the term of publication, or of
the one its age tells. 5. Else open: the id ends in `?`, `resolved` is False, and only the register may learn more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from crawler.article import Citation, System
from crawler.citing.known_documents import (
    KnownDocument,
    about_the_same,
    by_key,
    later,
    local_term_of,
    term_of,
    unlike,
)
from crawler.source import CENTRAL, FORMER_PROVINCES, PROVINCES
from crawler.text.letters import CAPITAL
from crawler.text.normal import fold

_LOCAL = re.compile(
    r"(?:Tỉnh ủy|Thành ủy|Huyện ủy|Quận ủy|Thị ủy|Đảng ủy|Đảng bộ|Chi bộ|Chi ủy|Ủy ban nhân dân|Hội đồng nhân dân)"
    r"(?P<place>.*)\Z"
)
_LEVEL = re.compile(rf"^(?:tỉnh|thành phố|TP\.?) +(?=[{CAPITAL}])")
_CENTRAL = re.compile(
    r"(?:[A-ZĐ]*TW|ĐHTQ|ĐU(?:QH|CA|CP|QS|TW)|BCĐTW|TWĐTN.*|CP|TTg|CTN|QH\d+|UBTVQH\d*|VPCP|B(?![A-ZĐ]*[THQĐ]U\Z)[A-ZĐ]+|.*TLĐ)"
)


@dataclass(frozen=True, slots=True)
class DocumentIdentity:
    """A document as far as a citation tells it apart; `id` is stable and equal for citations of one document."""

    id: str
    key: str
    type: str | None
    number: str | None
    issuer_code: str | None
    issuer: str | None
    term: str | None
    """Party term (`XII`), local term (`2020-2025`) or year: the span in which the number is unique."""
    province: str | None
    date: str | None
    title: str | None
    system: System
    resolved: bool
    """False where the citation leaves more than one document open: the id ends in `?`."""
    issued: bool = False
    """Whether the article says that it was issued just now."""
    assumed: bool = False
    """Whether the term is that of the publication, or the only known one, and neither printed nor told."""


def identify(
    citation: Citation, *, published: date | None = None, province: str | None = None
) -> DocumentIdentity:
    """The identity of one citation by itself; `identify_all` also learns from the article's other citations.

    `province` is the source's (or the article's) place, used for a provincial document whose issuer names none.
    """
    return identify_all((citation,), published=published, province=province)[0]


def identify_all(
    citations: Sequence[Citation], *, published: date | None = None, province: str | None = None
) -> tuple[DocumentIdentity, ...]:
    """The identity of each citation of one article, in their order.

    A document is named in full once and in short after: a mention without date, term or issuer is the document of the
    article's other mentions with the same key, as long as those agree on one.
    """
    alone = [_identify(c, published, province) for c in citations]
    resolved: dict[str, set[str]] = {}
    sure: dict[str, set[str]] = {}
    best: dict[str, DocumentIdentity] = {}
    for identity in alone:
        if identity.resolved:
            resolved.setdefault(identity.key, set()).add(identity.id)
            if not identity.assumed:
                sure.setdefault(identity.key, set()).add(identity.id)
            best[identity.id] = _richer(best.get(identity.id), identity)
    out: list[DocumentIdentity] = []
    for citation, identity in zip(citations, alone, strict=True):
        ids = sure.get(identity.key) or resolved.get(identity.key, set())
        vague = not identity.resolved or identity.assumed
        if vague and citation.resolved and len(ids) == 1 and _one_place(identity, best[next(iter(ids))]):
            out.append(best[next(iter(ids))])
        else:
            out.append(best.get(identity.id, identity))
    return tuple(out)


def _one_place(vague: DocumentIdentity, known: DocumentIdentity) -> bool:
    """Whether both may be of one committee: another province's is another document."""
    return vague.province is None or known.province is None or vague.province == known.province


def _richer(one: DocumentIdentity | None, other: DocumentIdentity) -> DocumentIdentity:
    """What two mentions of one document say together; the earlier mention wins where both speak."""
    if one is None:
        return other
    return replace(
        one,
        type=one.type or other.type,
        issuer=one.issuer or other.issuer,
        date=one.date if len(one.date or "") >= len(other.date or "") else other.date,
        title=one.title or other.title,
        issued=one.issued or other.issued,
        assumed=one.assumed and other.assumed,
    )


def _identify(citation: Citation, published: date | None, province: str | None) -> DocumentIdentity:
    opened = f"{published.year}?" if citation.issued is not None and published is not None else "?"
    plain = DocumentIdentity(
        id=f"{citation.key}@{opened}",
        key=citation.key,
        type=citation.type,
        number=citation.number,
        issuer_code=citation.issuer_code,
        issuer=citation.issuer,
        term=None,
        province=None,
        date=citation.date,
        title=citation.title,
        system=citation.system,
        resolved=False,
        issued=citation.issued is not None,
    )
    if not citation.resolved:
        return plain
    own = None if province == CENTRAL else province
    central = bool(_CENTRAL.fullmatch(citation.issuer_code or ""))
    if citation.number is None:
        return _without_number(plain, citation.place or own)
    if citation.system != "party":
        return _by_year(plain, None if central else (citation.place or own, citation.issuer), published)
    if central:
        return _by_term(plain, citation, published)
    return _by_place(plain, citation, published, own)


def _without_number(plain: DocumentIdentity, province: str | None) -> DocumentIdentity:
    """Plenum and national congress resolutions carry their term; a local congress needs its place."""
    term = plain.key.rpartition("-")[2]
    if plain.issuer_code != "ĐHĐB":
        return replace(plain, id=plain.key, term=term, resolved=True)
    place, where = _place(plain.issuer, None, province, provincial="tỉnh" in (plain.issuer or ""))
    if place is None:
        return replace(plain, term=term)
    return replace(plain, id=_id(plain.key, place), term=term, province=where, resolved=True)


def _by_term(plain: DocumentIdentity, citation: Citation, published: date | None) -> DocumentIdentity:
    """A central Party document: the printed date or term, then what is known of the number, decide."""
    known = [k for k in by_key().get(plain.key, ()) if not later(k, published)]
    assumed = False
    if citation.date is not None:
        known = [k for k in known if k.date.startswith(citation.date) or citation.date.startswith(k.date)]
        term = term_of(citation.date) or (known[0].term if len(known) == 1 else None)
        if term is None:
            # A date before the oldest term, or a boundary year: an exact day is an identity of its own.
            exact = len(citation.date) == 10
            return replace(plain, id=_id(plain.key, citation.date), resolved=True) if exact else plain
    elif citation.term is not None:
        term = citation.term
    elif citation.issued is not None and term_of(published) is not None:
        term = str(term_of(published))
    else:
        one, assumed = _meant(known, citation, published)
        if one is None or one.term is None:
            return plain
        term = one.term
    facts = [k for k in by_key().get(plain.key, ()) if k.term == term]
    fact = facts[0] if len(facts) == 1 else None
    return replace(
        plain,
        id=_id(plain.key, term),
        term=term,
        resolved=True,
        assumed=assumed,
        type=plain.type or (fact.type if fact else None),
        issuer=plain.issuer or (fact.issuer if fact else None),
        date=fact.date if fact and len(fact.date) > len(plain.date or "") else plain.date,
        title=fact.title if fact and fact.title else plain.title,
    )


def _meant(
    known: Sequence[KnownDocument], citation: Citation, published: date | None
) -> tuple[KnownDocument | None, bool]:
    """Which known document a number without date and term means, and whether that is no more than likely."""
    told = [k for k in known if about_the_same(k.title, citation.title)]
    if len(told) == 1:
        return told[0], False
    fitting = [
        k for k in known if not unlike(k.title, citation.title) and _may_be_by(k.issuer, citation.issuer)
    ]
    if citation.years is not None and published is not None:
        begun = published.year - citation.years
        aged = [k for k in fitting if abs(int(k.date[:4]) - begun) <= 1]
        return (aged[0], False) if len(aged) == 1 else (None, False)
    return (fitting[0], True) if len(fitting) == 1 else (None, False)


def _may_be_by(known: str | None, printed: str | None) -> bool:
    """Whether two issuers may be one: "Trung ương" stands for each of the three, and a longer name for a shorter."""
    if (
        known is None
        or printed is None
        or "Trung ương" in (known, printed)
        or "Trung ương Đảng" in (known, printed)
    ):
        return True
    return known in printed or printed in known


def _by_place(
    plain: DocumentIdentity, citation: Citation, published: date | None, province: str | None
) -> DocumentIdentity:
    """A local Party document: its committee's place and the committee's term."""
    provincial = (plain.issuer_code or "").endswith("TU")
    place, where = _place(plain.issuer, citation.place, province, provincial=provincial)
    if place is None:
        return replace(plain, province=where)
    printed = local_term_of(plain.date) or (plain.date if len(plain.date or "") == 10 else None)
    span = printed or (None if plain.date else _term_meant(citation, place, published))
    if span is None:
        return replace(plain, id=_id(plain.key, place, plain.id.rpartition("@")[2]), province=where)
    assumed = printed is None and citation.issued is None
    return replace(
        plain,
        id=_id(plain.key, place, span),
        term=span,
        province=where,
        resolved=True,
        assumed=assumed,
        issuer=_with_place(plain.issuer, where) if provincial else plain.issuer,
    )


def _with_place(issuer: str | None, province: str | None) -> str | None:
    """`Ban Thường vụ Tỉnh ủy` of an outlet's own province with that province's name."""
    if issuer is None or province is None or not issuer.endswith(("Tỉnh ủy", "Thành ủy", "Đảng bộ tỉnh")):
        return issuer
    return f"{issuer} {province}"


_DISSOLVED = date(2025, 6, 30)
"""The last day of the provinces that were joined to others on 2025-07-01."""


def _term_meant(citation: Citation, place: str, published: date | None) -> str | None:
    """The local term of a document without a date: that of publication, or of so many years before."""
    if published is None:
        return None
    if place in FORMER_PROVINCES and place not in PROVINCES and published > _DISSOLVED:
        published = date(_DISSOLVED.year - 1, 12, 31)
    if citation.years is not None:
        begun = local_term_of(str(published.year - citation.years))
        return begun or local_term_of(published)
    return local_term_of(published)


def _by_year(
    plain: DocumentIdentity, local: tuple[str | None, str | None] | None, published: date | None
) -> DocumentIdentity:
    """A State or mass-organisation document: its year, printed in the key or taken from its date, and its place."""
    printed = re.match(r"\d+[A-Z]?/((?:19|20)\d\d)/", plain.key)
    year = printed[1] if printed else (plain.date or "")[:4] or None
    if year is None and plain.issued and published is not None:
        year = str(published.year)
    place = where = None
    if local is not None:
        place, where = _place(local[1], None, local[0], provincial=True)
    if year is None or (local is not None and place is None):
        open_id = _id(plain.key, place, plain.id.rpartition("@")[2]) if place else plain.id
        return replace(plain, id=open_id, term=year, province=where)
    parts = [p for p in (place, None if printed else year) if p]
    return replace(
        plain, id=_id(plain.key, *parts) if parts else plain.key, term=year, province=where, resolved=True
    )


def _place(
    issuer: str | None, spoken_of: str | None, province: str | None, *, provincial: bool
) -> tuple[str | None, str | None]:
    """The place that makes a local number unique, and the province it lies in.

    The issuer's own words win, then the province (or commune) the words around speak of, then the outlet's province.
    Below the province the committee must be named, and its province is part of the place.
    """
    match = _LOCAL.search(issuer or "")
    words = match["place"].strip(" ,") if match else ""
    named = _LEVEL.sub("", words)
    bare = named in ("", "tỉnh", "thành phố")
    if provincial:
        below = named.startswith(("huyện", "xã", "phường", "quận", "thị", "đặc khu"))
        where = _canonical(spoken_of or province if bare or below else named)
        return (f"{where}/{named}" if below and where else where), where
    if bare or not any(c.isupper() or c.isdigit() for c in named):
        named = spoken_of or ""
    if not named or province is None:
        return None, province
    return f"{_canonical(province)}/{_one_spelling(named)}", province


_CANONICAL = {fold(p).removeprefix("tp. "): p for p in (*FORMER_PROVINCES, *PROVINCES)}
_SPELLED = (
    (re.compile(r"\bP\. ?"), "phường "),
    (re.compile(r"\bX\. ?"), "xã "),
    (re.compile(r"\bTX\. ?"), "thị xã "),
)


def _canonical(province: str | None) -> str | None:
    """A province as it is called: TP. Hồ Chí Minh, however a paper shortens it."""
    return _CANONICAL.get(fold(province).removeprefix("tp. "), province) if province else None


def _one_spelling(named: str) -> str:
    for pattern, word in _SPELLED:
        named = pattern.sub(word, named)
    return named


def _id(key: str, *parts: str) -> str:
    return f"{key}@{'/'.join(p.replace(' ', '-') for p in parts)}"
