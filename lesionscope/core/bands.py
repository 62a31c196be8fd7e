"""Named ranges of a total, as published: a value that the source leaves open has no band."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from lesionscope.core.evidence import Certainty, Citation


@dataclass(frozen=True)
class Band:
    """One named range.

    Attributes
    ----------
    name : str
        What the range is called.
    low, high : float
        Its ends.
    open_low, open_high : bool
        Whether an end is left out of the range.

    Raises
    ------
    ValueError
        If `low` exceeds `high`, or no value lies inside.

    Examples
    --------
    >>> mild = Band("mild", 0, 4, open_low=True, open_high=True)
    >>> mild.holds(0), mild.holds(0.1), mild.holds(4)
    (False, True, False)
    """

    name: str
    low: float
    high: float
    open_low: bool = False
    open_high: bool = False

    def __post_init__(self) -> None:
        empty = self.low == self.high and (self.open_low or self.open_high)
        if not self.low <= self.high or empty:
            raise ValueError(f"band {self.name!r} holds no value: {self.low} to {self.high}")

    def holds(self, value: float) -> bool:
        """Return whether the value lies in the range."""
        above = value > self.low if self.open_low else value >= self.low
        below = value < self.high if self.open_high else value <= self.high
        return above and below


@dataclass(frozen=True)
class BandScheme:
    """The bands of one publication.

    Attributes
    ----------
    id : str
        Stable name, by which a study adopts an unverified scheme.
    name : str
        As shown beside the band.
    bands : tuple of Band
        Rising, without overlap; gaps are values that the source leaves open.
    certainty : Certainty
        How sure the cut-offs are.
    citation : Citation or None
        Where they stand.
    note : str
        What the reader of a band should know.

    Raises
    ------
    ValueError
        If bands overlap or do not rise, or cut-offs were read and not where.
    """

    id: str
    name: str
    bands: tuple[Band, ...]
    certainty: Certainty
    citation: Citation | None = None
    note: str = ""

    def __post_init__(self) -> None:
        for lower, upper in zip(self.bands, self.bands[1:], strict=False):
            touch = lower.high == upper.low and not (lower.open_high or upper.open_low)
            if lower.high > upper.low or touch:
                raise ValueError(f"{self.id}: {lower.name!r} and {upper.name!r} overlap")
        if self.certainty is Certainty.READ and self.citation is None:
            raise ValueError(f"{self.id}: cut-offs that were read need their citation")

    def band_of(self, value: float) -> str | None:
        """Return the name of the band that holds a value, or None where the source has none."""
        return next((band.name for band in self.bands if band.holds(value)), None)

    def applies(self, adopted: Collection[str] = ()) -> bool:
        """Return whether the scheme may be shown: unverified cut-offs only where adopted.

        Parameters
        ----------
        adopted : collection of str
            Ids of the unverified schemes that the study uses.
        """
        return self.certainty is not Certainty.UNVERIFIED or self.id in adopted
