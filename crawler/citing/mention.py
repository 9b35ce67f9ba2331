"""One place that names a document, between the finding of it and the naming of the document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crawler.article import System
from crawler.citing.issuers import Organ

Kind = Literal["symbol", "short", "plenum", "congress"]
Belief = Literal["sure", "likely", "weak"]


@dataclass(slots=True)
class Mention:
    """One place that names a document, as printed; `crawler.citing.citations` fills in what the words around it say."""

    start: int
    end: int
    """Key positions."""
    kind: Kind
    type: str | None
    number: str | None
    code: str | None
    organ: str | None
    system: System
    year: str | None = None
    term: str | None = None
    ordinal: int | None = None
    """The plenum's number."""
    belief: Belief = "sure"
    """`likely` needs no more than the absence of a contrary issuer; `weak` needs an issuer or an earlier mention."""
    issuer: str | None = None
    signer: Organ | None = None
    """The organ found in the words around, which `issuer` names."""
    date: str | None = None
    tail: int = 0
    """Key position behind the date and issuer that follow."""
    subject: str | None = None
    """What it is about, where the date or issuer stands behind it."""
    stranger: bool = False
    """An issuer follows that is no organ of the tables ("của Hội đồng Bảo an")."""
    known: bool = True
    """Whether its organ code is one the tables know."""
    issued: tuple[int, int] | None = None
    """Where the text says that it was issued just now: a span of the key."""
    place: str | None = None
    """The province, or the commune, that the words around name where its issuer names none."""
    years: int | None = None
    """For how many years it has been carried out, as printed in front."""
    headless: bool = False
    """An item of a list without its own type word."""
    party_form: bool = True
    """Whether its key is printed `N-TYPE/ORG`."""
