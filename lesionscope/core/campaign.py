"""A read campaign: what is read blind, by whom, in which design, and when two reads are discordant.

References
----------
US Food and Drug Administration 2018, Clinical Trial Imaging Endpoint Process Standards: the
charter of a blinded read states readers, blinding, order, adjudication and locking beforehand.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from lesionscope.core.criterion import (
    LABELS,
    UNITS,
    Criterion,
    DiscordanceRule,
    Quantity,
    bound_from,
)

LONGEST_NAME = 80
MOST_REPEATED = 10.0
LEAST_REPEATED = 5.0
"""Share of hidden repeats in percent: fewer tell little, more tire the readers."""


class ReadDesign(StrEnum):
    """How a visit is put before a reader."""

    SINGLE = "single visits"
    PAIRED = "paired with the baseline, sides random"
    SEQUENTIAL = "in sequence, each time point locked before the next"


class CaseUnit(StrEnum):
    """What one case is."""

    SITE = "one site of a visit"
    VISIT = "all chosen sites of a visit"


class Asked(StrEnum):
    """What a reader is asked to score in the photos."""

    CDASI = "CDASI activity items of the sites"
    BSA = "involved body surface area"


class Standing(StrEnum):
    """Whether a campaign is read."""

    RUNNING = "running"
    PAUSED = "paused"
    CLOSED = "closed early"
    """For good: what was not read stays unread."""


@dataclass(frozen=True)
class StandingChange:
    """A pause of a campaign, its resumption, or its early end.

    Attributes
    ----------
    standing : Standing
        How the campaign stands since.
    words : str
        Why, as its readers are told too.
    by : str
        Full name.
    at : datetime
        UTC.
    """

    standing: Standing
    words: str
    by: str
    at: datetime


DEFAULT_RULES = (
    DiscordanceRule("activity", Quantity.CDASI_ACTIVITY, "proposal", bound_from("> 4")),
    DiscordanceRule("item", Quantity.CDASI_ITEM, "proposal", bound_from(">= 2")),
    DiscordanceRule(
        "area", Quantity.BSA_PERCENT, "proposal", bound_from("> 1"), bound_from("> 25")
    ),
)
"""What counts as discordant where the protocol states no rule: a proposal of this project."""


@dataclass(frozen=True)
class CampaignPlan:
    """What is declared before the first case is read; it does not change after.

    Attributes
    ----------
    name : str
        For the study team; readers never see it.
    design : ReadDesign
        How visits are shown.
    unit : CaseUnit
        What one case is.
    asked : tuple of Asked
        What is scored.
    readers : tuple of int
        Accounts of the two readers.
    third_reader : int
        Account of who settles discordant cases; not one of the readers.
    seed : int
        Of every draw: order, repeats, sides, codes.
    repeat_percent : float
        Share of cases shown twice without saying so: 0, or 5 to 10.
    hide_location : bool
        Whether the name of the body site is withheld too.
    show_suggestion : bool
        Whether the machine's suggestion is shown once the reader's own scores are locked.
    due : date or None
        When the reads should be done.
    rules : tuple of DiscordanceRule
        When two reads go to the third reader.
    eligibility : tuple of Criterion
        For rules about opposite sides of a bound.
    """

    name: str
    design: ReadDesign
    unit: CaseUnit
    asked: tuple[Asked, ...]
    readers: tuple[int, ...]
    third_reader: int
    seed: int
    repeat_percent: float = LEAST_REPEATED
    hide_location: bool = False
    show_suggestion: bool = False
    due: date | None = None
    rules: tuple[DiscordanceRule, ...] = DEFAULT_RULES
    eligibility: tuple[Criterion, ...] = ()

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= LONGEST_NAME or not self.name.isprintable():
            raise ValueError(f"a campaign needs a name of 1 to {LONGEST_NAME} characters")
        if not self.asked or len(set(self.asked)) != len(self.asked):
            raise ValueError("a campaign must ask for the CDASI items, the body surface, or both")
        if len(self.readers) != 2 or len({*self.readers, self.third_reader}) != 3:
            raise ValueError("a campaign needs two readers and a third, three different people")
        if self.repeat_percent != 0 and not (
            LEAST_REPEATED <= self.repeat_percent <= MOST_REPEATED
        ):
            raise ValueError(
                f"hidden repeats must be none or {LEAST_REPEATED:g} to {MOST_REPEATED:g} % of the "
                f"cases, got {self.repeat_percent:g}"
            )
        if not 0 <= self.seed < 2**63:
            raise ValueError(f"a seed must be a whole number from 0, got {self.seed}")
        if not self.applied_rules():
            raise ValueError("no discordance rule is about what this campaign asks")

    def repeats(self, cases: int) -> int:
        """Return how many of so many cases are shown twice, rounded up.

        Examples
        --------
        >>> plan = CampaignPlan("a", ReadDesign.SINGLE, CaseUnit.SITE, (Asked.BSA,), (1, 2), 3, 7,
        ...                     repeat_percent=10)
        >>> plan.repeats(12), plan.repeats(100)
        (2, 10)
        """
        # Decimals first: 10 % of 110 is 11 and not the 12 that binary fractions round up to.
        return min(cases, math.ceil(round(cases * self.repeat_percent / 100, 9)))

    def applied_rules(self) -> tuple[DiscordanceRule, ...]:
        """Return the rules that this campaign can answer; `not_applied` says why of the rest."""
        return tuple(rule for rule in self.rules if not self.not_applied(rule))

    def not_applied(self, rule: DiscordanceRule) -> str:
        """Say why a rule cannot be answered by these reads; empty where it can."""
        wanted = Asked.BSA if rule.quantity is Quantity.BSA_PERCENT else Asked.CDASI
        if rule.quantity is Quantity.PGA:
            return "the PGA is not scored in photos"
        if wanted not in self.asked:
            return f"the campaign does not ask for the {wanted.value}"
        if not rule.opposite_sides:
            return ""
        if rule.quantity is Quantity.CDASI_ACTIVITY:
            return "photos give no full CDASI activity, so no side of its bound"
        if self.unit is CaseUnit.SITE:
            return "one site gives no body surface of the whole patient"
        return "" if self.eligibility else "the campaign has no eligibility rule"


def rule_words(rule: DiscordanceRule) -> str:
    """Say when two reads are discordant by a rule.

    Examples
    --------
    >>> rule_words(DEFAULT_RULES[2])
    'BSA: difference > 1 %, and > 25 % of the mean'
    """
    unit = UNITS.get(rule.quantity, "")
    parts = []
    if rule.difference is not None:
        parts.append(f"difference {rule.difference}{unit}")
    if rule.relative_percent is not None:
        parts.append(f"{rule.relative_percent} % of the mean")
    if rule.opposite_sides:
        parts.append("opposite sides of an eligibility bound")
    return f"{LABELS[rule.quantity]}: {', and '.join(parts)}"
