"""What stands in front of a citation: who issues, or acts on his own, and the day that opens the sentence."""

from __future__ import annotations

import re
from datetime import date

from crawler.citing.issuers import Organ, organs_in
from crawler.citing.mention import Mention
from crawler.citing.type_words import CITATION_WORDS
from crawler.dates.of_documents import DATE, is_full, read_day
from crawler.text.unaccented import PressText, any_of, key_of

_ISSUE = CITATION_WORDS["issue"]


NOT_ITS_DAY = re.compile(rf"(?<![a-z])(?:{any_of(_ISSUE['not_its_day'])}) {{0,2}}\Z")


_VERB = re.compile(
    r"(?:, (?:huyen|tinh|thanh pho|thi xa|quan|xa|phuong) [^,.;:\n]{1,30}?(?:,(?= ))?)?"
    r"(?: {0,2}- [^-.;:\n]{1,60} -)?"
    rf"(?:,? {{0,2}}\([^()\n]{{0,30}}\))?:?(?:,? (?:{any_of(_ISSUE['before'])}))*"
    rf" {{1,2}}(?P<verb>{any_of(_ISSUE['strong'] + _ISSUE['weak'])}|[^.;:\n]{{0,60}} bang)"
    rf"(?P<extra> (?:{any_of(_ISSUE['after'])}|[0-9]{{1,2}} (?:van ban|nghi quyet|chi thi|ke hoach))){{0,3}}"
    r"(?: (?:gom|nhu|la))?:? {0,2}(?:cac )?\Z"
)


_VERB_ENDS = re.compile(
    rf"(?:{any_of(_ISSUE['strong'] + _ISSUE['weak'])}| bang)"
    rf"(?: (?:{any_of(_ISSUE['after'])}|va|ban hanh|[0-9]{{1,2}} (?:van ban|nghi quyet|chi thi|ke hoach))){{0,3}}"
    r"(?: (?:gom|nhu|la))?:? {0,2}(?:cac )?\Z"
)
"""What `_VERB` and `_SIGNED` end with: a cheap look before organs are searched."""


_STRONG_VERBS = frozenset(map(key_of, _ISSUE["strong"]))


_CARRIES_OUT = re.compile(any_of(_ISSUE["carries_out"]))


_ON_BEHALF = re.compile(r"thay mat {1,2}\Z")


_SIGNED = re.compile(
    r"(?:ky|ban hanh|ra|thong qua)(?: (?:va )?(?:ban hanh|moi|them|cac)){0,2}:? {0,2}(?:cac )?\Z"
)


_OPENING_DATE = re.compile(
    r"(?:\A|(?<=[ \n(\"]))(?:(?:sang|chieu|toi|trua|hom|truoc do,|moi day,|cung|va) )?(?:nay )?\(?(?=ngay |[0-9])"
)


def may_sign(organ: Organ, mention: Mention) -> bool:
    """Whether a document with this symbol can be of this organ."""
    if mention.kind in ("plenum", "congress"):
        return False
    if mention.organ is None:
        return organ.system == mention.system or not organ.codes
    return organ.may_sign(mention.organ) if organ.codes else organ.system == mention.system


def subject_of(text: PressText, start: int, head: Mention) -> tuple[Organ | None, int, bool]:
    """The organ whose verb governs the mention, where its name begins, and whether the verb means issuing."""
    weak: tuple[Organ | None, int, bool] = (None, head.start, False)
    if not _VERB_ENDS.search(text.key, max(start, head.start - 70), head.start):
        return weak
    seen: list[Organ] = []
    for organ in organs_in(text, start, head.start):
        seen.append(organ)
        if _ON_BEHALF.search(text.key, max(0, organ.start - 12), organ.start):
            if _SIGNED.search(text.key, organ.end, head.start):
                return organ, organ.start, True
            continue
        if organ.person:
            continue
        verb = _VERB.match(text.key, organ.end, head.start)
        if verb is None or head.kind in ("plenum", "congress"):
            continue
        if verb["verb"] in _STRONG_VERBS:
            # "Ban Thường vụ Tỉnh ủy, HĐND, UBND tỉnh ban hành Chỉ thị …-CT/TU": who may sign it of those named.
            fits = (o for o in (organ, *seen) if may_sign(o, head) and not o.person)
            chosen = next(fits, organ if organ.system in (head.system, "mass") else None)
            return chosen, organ.start, True
        if _acts_on_own(verb["verb"]) and may_sign(organ, head) and head.organ is not None:
            weak = (organ, organ.start, verb["verb"] == "co")
    return weak


def _acts_on_own(verb: str) -> bool:
    """A weak verb (có, triển khai, … bằng) makes an organ the issuer only if it carries out nobody else's document."""
    return _CARRIES_OUT.search(verb) is None


def opening_date(text: PressText, start: int, end: int, published: date | None) -> str | None:
    """`Ngày 9-5-2024, ` that opens the clause of an issuing verb."""
    segment = re.compile(r"[ ,\n]*").match(text.key, start)
    position = segment.end() if segment else start
    for opening in _OPENING_DATE.finditer(text.key, position, min(end, position + 70)):
        match = DATE.match(text.key, opening.end())
        if match is None or match.end() > end or not (match["lead"] or is_full(match) or opening.group()):
            continue
        behind = text.key[match.end() : match.end() + 3]
        before = text.key[max(0, opening.start() - 9) : opening.start()]
        if behind.lstrip(")").startswith((",", " ")) and not NOT_ITS_DAY.search(before):
            return read_day(match, published)
    return None
