"""Rules of a protocol on a measured or signed quantity: who is admitted, who responded.

A protocol states who is included and who is excluded in two separate lists. Where the lists leave
a value in neither, as exactly 1 % between "more than 1 %" and "less than 1 %", the text is silent,
and so is this software: it never picks a side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

ID = re.compile(r"[a-z][a-z0-9_]{0,31}")
"""What names a part of a protocol."""

_BOUND = re.compile(r"(>=|<=|>|<)\s*(\d{1,6}(?:\.\d{1,6})?)")


class Quantity(StrEnum):
    """What a rule of a protocol can be about."""

    BSA_PERCENT = "bsa_percent"
    """Involved body surface area, percent."""
    CDASI_ACTIVITY = "cdasi_activity"
    """CDASI version 2 activity total, 0 to 100."""
    CDASI_ITEM = "cdasi_item"
    """Any single field of the CDASI form, in levels."""
    PGA = "pga"
    """Physician's global assessment of skin activity, on the scale that the study sets."""
    AGE_YEARS = "age_years"
    """Completed years."""


HIGHEST: dict[Quantity, float] = {
    Quantity.BSA_PERCENT: 100,
    Quantity.CDASI_ACTIVITY: 100,
    Quantity.CDASI_ITEM: 3,
    Quantity.PGA: 10,
    Quantity.AGE_YEARS: 130,
}
"""The highest value of each quantity; the lowest is 0."""

LABELS: dict[Quantity, str] = {
    Quantity.BSA_PERCENT: "BSA",
    Quantity.CDASI_ACTIVITY: "CDASI activity",
    Quantity.CDASI_ITEM: "CDASI item",
    Quantity.PGA: "PGA",
    Quantity.AGE_YEARS: "age",
}
"""How each quantity is named to people."""

UNITS: dict[Quantity, str] = {Quantity.BSA_PERCENT: " %", Quantity.AGE_YEARS: " years"}
"""What follows the number, where anything does."""


class Relation(StrEnum):
    """Which side of a bound a value must lie on."""

    ABOVE = ">"
    AT_LEAST = ">="
    BELOW = "<"
    AT_MOST = "<="

    def holds(self, value: float, bound: float) -> bool:
        """Return whether a value lies on this side of a bound."""
        if self is Relation.ABOVE:
            return value > bound
        if self is Relation.AT_LEAST:
            return value >= bound
        return value < bound if self is Relation.BELOW else value <= bound


@dataclass(frozen=True)
class Bound:
    """One condition on a number, such as "> 1".

    Attributes
    ----------
    relation : Relation
        The side that holds.
    value : float
        The bound, in the unit of the quantity: 0 or more, of at most 6 decimals.

    Examples
    --------
    >>> Bound(Relation.ABOVE, 1).holds(1.0), Bound(Relation.AT_LEAST, 1).holds(1.0)
    (False, True)
    """

    relation: Relation
    value: float

    def __post_init__(self) -> None:
        if not 0 <= self.value < 1e6 or round(self.value, 6) != self.value:
            raise ValueError(f"a bound must be 0 or more, of at most 6 decimals, got {self.value}")

    def holds(self, value: float) -> bool:
        """Return whether a value lies on the side asked for."""
        return self.relation.holds(value, self.value)

    def __str__(self) -> str:
        return f"{self.relation.value} {f'{self.value:f}'.rstrip('0').rstrip('.')}"


def bound_from(text: str) -> Bound:
    """Read a condition on a number.

    Parameters
    ----------
    text : str
        One of ``>``, ``>=``, ``<``, ``<=`` and a decimal number.

    Returns
    -------
    Bound

    Raises
    ------
    ValueError
        If the text is anything else.

    Examples
    --------
    >>> str(bound_from("<20"))
    '< 20'
    """
    found = _BOUND.fullmatch(text.strip())
    if found is None:
        raise ValueError(f'a bound must read like "> 1" or "<= 20", got {text!r}')
    return Bound(Relation(found[1]), float(found[2]))


class Placement(StrEnum):
    """Where the text of a protocol puts a value."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    NOT_INCLUDED = "not included"
    """Fails the inclusion text, and there is no exclusion text that could have left a gap."""
    SILENT = "silent"
    """Fails the inclusion text and the exclusion text alike: the text does not say."""


@dataclass(frozen=True)
class Criterion:
    """One eligibility rule, as the inclusion and the exclusion list state it.

    Attributes
    ----------
    id : str
        Names the rule.
    quantity : Quantity
        What is compared.
    include : tuple of Bound
        All must hold for a patient to be included.
    exclude : tuple of Bound
        Any that holds excludes; empty where the exclusion list does not name the quantity.
    source : str
        Id of the source of the rule.
    note : str
        What a reader of the rule should know.
    """

    id: str
    quantity: Quantity
    include: tuple[Bound, ...]
    exclude: tuple[Bound, ...]
    source: str
    note: str = ""

    def __post_init__(self) -> None:
        if self.quantity is Quantity.CDASI_ITEM:
            raise ValueError("eligibility cannot rest on a single CDASI item")
        if not self.include:
            raise ValueError("a criterion needs at least one bound to include by")
        _check_range(self.quantity, (*self.include, *self.exclude))
        places = [self.place(value) for value in self._trials()]
        if Placement.INCLUDED not in places:
            raise ValueError(f"no value can be {' and '.join(map(str, self.include))}")
        for value in self._trials():
            if self._included(value) and self._excluded(value):
                raise ValueError(f"{value:g} is both included and excluded")

    def place(self, value: float) -> Placement:
        """Return where the text puts a value.

        Parameters
        ----------
        value : float
            In the unit of the quantity.

        Returns
        -------
        Placement

        Examples
        --------
        >>> bsa = Criterion("bsa", Quantity.BSA_PERCENT, (bound_from("> 1"), bound_from("< 20")),
        ...                 (bound_from("< 1"), bound_from("> 20")), "registry")
        >>> [bsa.place(value).value for value in (0.5, 1, 7, 20, 21)]
        ['excluded', 'silent', 'included', 'silent', 'excluded']
        """
        if self._excluded(value):
            return Placement.EXCLUDED
        if self._included(value):
            return Placement.INCLUDED
        return Placement.SILENT if self.exclude else Placement.NOT_INCLUDED

    def wording(self) -> str:
        """Say the rule as the two lists state it."""
        included = f"included {' and '.join(map(str, self.include))}"
        if not self.exclude:
            return included
        return f"{included}; excluded {' or '.join(map(str, self.exclude))}"

    def _included(self, value: float) -> bool:
        return all(bound.holds(value) for bound in self.include)

    def _excluded(self, value: float) -> bool:
        return any(bound.holds(value) for bound in self.exclude)

    def _trials(self) -> list[float]:
        # Between two neighbouring bounds nothing changes: the bounds and one value in each gap
        # show every combination that can occur.
        edges = {0.0, HIGHEST[self.quantity]}
        edges |= {bound.value for bound in (*self.include, *self.exclude)}
        ordered = sorted(edges)
        return ordered + [(a + b) / 2 for a, b in pairwise(ordered)]


@dataclass(frozen=True)
class DiscordanceRule:
    """When two readings of one visit differ so much that a third person must settle them.

    All conditions given must hold together.

    Attributes
    ----------
    id : str
        Names the rule.
    quantity : Quantity
        What is compared.
    source : str
        Id of the source of the rule.
    difference : Bound or None
        On the absolute difference, in the unit of the quantity.
    relative_percent : Bound or None
        On the difference as a percentage of the mean of the two readings.
    opposite_sides : bool
        The readings lead to different answers under an eligibility rule on this quantity.
    """

    id: str
    quantity: Quantity
    source: str
    difference: Bound | None = None
    relative_percent: Bound | None = None
    opposite_sides: bool = False

    def __post_init__(self) -> None:
        bounds = [b for b in (self.difference, self.relative_percent) if b is not None]
        if self.quantity is Quantity.AGE_YEARS:
            raise ValueError("readers do not read the age")
        if not bounds and not self.opposite_sides:
            raise ValueError("a discordance rule needs a condition")
        if any(bound.relation in (Relation.BELOW, Relation.AT_MOST) for bound in bounds):
            raise ValueError("readings are discordant when they differ by more, so write > or >=")


@dataclass(frozen=True)
class ResponseRule:
    """When a patient counts as a responder at a visit. All conditions given must hold together.

    Attributes
    ----------
    id : str
        Names the rule.
    quantity : Quantity
        CDASI activity, BSA or PGA.
    visit : str
        Id of the visit that is compared with the baseline.
    source : str
        Id of the source of the rule.
    drop : Bound or None
        On baseline minus visit, in the unit of the quantity.
    drop_percent : Bound or None
        On that drop as a percentage of the baseline.
    reaches : Bound or None
        On the value at the visit.
    """

    id: str
    quantity: Quantity
    visit: str
    source: str
    drop: Bound | None = None
    drop_percent: Bound | None = None
    reaches: Bound | None = None

    def __post_init__(self) -> None:
        if self.quantity in (Quantity.AGE_YEARS, Quantity.CDASI_ITEM):
            raise ValueError(f"response cannot rest on {self.quantity.value}")
        if self.drop is None and self.drop_percent is None and self.reaches is None:
            raise ValueError("a response rule needs a condition: drop, drop_percent or reaches")
        for bound in (self.drop, self.drop_percent):
            if bound is not None and bound.relation in (Relation.BELOW, Relation.AT_MOST):
                raise ValueError(f"a responder drops by at least something, got {bound}")


def _check_range(quantity: Quantity, bounds: tuple[Bound, ...]) -> None:
    for bound in bounds:
        if bound.value > HIGHEST[quantity]:
            raise ValueError(f"{quantity.value} runs from 0 to {HIGHEST[quantity]:g}, got {bound}")
