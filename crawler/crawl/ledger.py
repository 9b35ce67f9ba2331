"""The books of one run: every page that came in ends under one name, and what went wrong is not lost."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from crawler.article import Article, Disposition
from crawler.messages import failure_of

COMPARED = "compared"
"""The field of a run that counts the pages read twice; with a colon and a layout behind it, those of that layout."""
AGREED = "agreed"
"""… that sums up how far both readings agreed, in thousandths a page."""


@dataclass(slots=True)
class Ledger:
    """The counts of one run."""

    source: str
    counts: Counter[str] = field(default_factory=Counter)
    """Disposition → pages: every page fetched under exactly one."""
    fields: Counter[str] = field(default_factory=Counter)
    """How many read articles had a title, a date, an author …: what a layout break shows in."""
    links: set[str] = field(default_factory=set)
    """The article links met, each once however many channels name it."""
    not_modified: int = 0
    """Channels that answered that nothing has changed."""
    pages: int = 0
    """Pages that came in, and requests for one that came to nothing: the sum of `counts` and `lost`."""
    lost: int = 0
    """Pages that ended in an error of ours: their links are owed as before."""
    fault: str | None = None
    """The first error of ours: a store that cannot be written, a stage that raised."""
    errors: int = 0
    gaps: int = 0
    """Ways back that ended before they met what was known: something may be missing there."""
    requests: int = 0
    odd: dict[str, int] = field(default_factory=dict)
    """Header or directive → how often a server sent a value that nobody can use."""
    problem: str | None = None
    outcome: str = "finished"
    """`finished`, `blocked`, `failed` or `interrupted`: what the run's row says."""

    def close(
        self,
        *,
        interrupted: str | None,
        broken: str | None,
        blocked: str | None,
        left_alone: str | None,
        forbidden: str | None,
    ) -> None:
        """Say how the run ended: the first of our own errors, a signal, the outlet's refusal, nothing that worked."""
        worked = bool(self.counts or self.found or self.not_modified)
        self.fault = self.fault or broken
        if self.fault is None and interrupted is None:
            self.fault = self.unbalanced
        if self.fault is not None:
            self.outcome, self.problem = "failed", self.fault
            self.errors = self.errors or 1
        elif interrupted is not None:
            self.outcome, self.problem = "interrupted", f"bị ngắt / interrupted ({interrupted})"
        elif blocked is not None:
            self.outcome, self.problem = "blocked", blocked
        elif left_alone is not None:  # as it asked for itself, or after failures to reach it
            self.problem, self.outcome = left_alone, _outcome_of(left_alone)
        elif self.problem is not None and not worked:
            self.problem = forbidden or self.problem
            self.outcome = _outcome_of(self.problem)

    @property
    def found(self) -> int:
        """Different articles the channels named."""
        return len(self.links)

    def count(self, disposition: Disposition) -> None:
        """One page has ended."""
        self.counts[disposition.value] += 1

    def count_fields(self, article: Article) -> None:
        """One article was read."""
        self.fields["read"] += 1
        for name in ("published", "lead", "authors", "captions"):
            self.fields[name] += bool(getattr(article, name))
        if article.agreement is not None:
            self.fields[COMPARED] += 1
            self.fields[f"{COMPARED}:{article.reader}"] += 1
            self.fields[AGREED] += round(1000 * article.agreement.f1)

    @property
    def unbalanced(self) -> str | None:
        """What is wrong with the books: a page that came in and did not end, or ended twice."""
        ended = self.counts.total() + self.lost
        if ended == self.pages:
            return None
        return f"số trang không khớp / the pages do not add up: {self.pages} came in, {ended} ended"

    def to_json(self) -> dict[str, Any]:
        """The crawl JSON of DESIGN §6.3."""
        kept = ("stored", "updated", "unchanged", "duplicate_kept")
        return {
            "requests": self.requests,
            "found": self.found,
            **{name: self.counts[name] for name in kept},
            "dropped": {
                Disposition(name).reason: n
                for name, n in sorted(self.counts.items())
                if Disposition(name).dropped
            },
            "errors": self.errors,
            "gaps": self.gaps,
            "odd": self.odd,
            "problem": self.problem,
        }


def _outcome_of(problem: str) -> str:
    """`blocked` where the outlet does not want us, `failed` where it could not be had: who is told differs."""
    kind = failure_of(problem)
    return "blocked" if kind is not None and kind.is_will else "failed"
