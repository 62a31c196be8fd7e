"""How sure a fact is, and where it stands: every number of an instrument says both."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Certainty(StrEnum):
    """How a fact came to be known to this project."""

    READ = "read in the source"
    """In the abstract, the label or the text of the source itself."""
    RESTATED = "read in a copy that restates the source"
    """In a registry, a public form or a review that repeats it."""
    ARITHMETIC = "follows by arithmetic"
    """From other facts, such as a maximum from the ranges of the items."""
    UNVERIFIED = "from memory, not verified"
    """No copy was read. A threshold of this kind applies only where a study adopts it."""
    PROPOSAL = "proposal of this project"
    """Needs a clinician's approval."""
    NOT_FOUND = "looked for, not found"
    """Several searches found nothing; that nothing exists is not said."""
    STUDY = "set by the study"
    """Stands in the protocol of a study."""


@dataclass(frozen=True)
class Citation:
    """A publication or document.

    Attributes
    ----------
    text : str
        Authors, year, journal and pages.
    identifier : str
        PMID, PMC number or DOI, with its kind in front.

    Examples
    --------
    >>> print(Citation("Carroll et al. 2008, Br J Dermatol 158:345-50", "PMID 18067478"))
    Carroll et al. 2008, Br J Dermatol 158:345-50 (PMID 18067478)
    """

    text: str
    identifier: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.identifier})" if self.identifier else self.text


@dataclass(frozen=True)
class Fact:
    """One statement about an instrument, how sure it is, and where it stands.

    Attributes
    ----------
    statement : str
        In words, with its unit.
    certainty : Certainty
        How it came to be known.
    citation : Citation or None
        Where it stands; None only where nothing was read.

    Raises
    ------
    ValueError
        If the fact is said to have been read, and not where.

    Examples
    --------
    >>> print(Fact("remission is an activity of 5 or less", Certainty.UNVERIFIED))
    remission is an activity of 5 or less [from memory, not verified]
    """

    statement: str
    certainty: Certainty
    citation: Citation | None = None

    def __post_init__(self) -> None:
        if self.certainty in (Certainty.READ, Certainty.RESTATED) and self.citation is None:
            raise ValueError(f"a fact that was read needs its citation: {self.statement!r}")

    def __str__(self) -> str:
        source = f"; {self.citation}" if self.citation else ""
        return f"{self.statement} [{self.certainty}{source}]"
