"""The agreement of a read campaign: readers with each other, with themselves, and the machine.

Two scores of a case are compared where both are there: what one reader called not assessable
pairs with nothing, and the number of pairs is said beside every figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lesionscope.core.case import Scores
from lesionscope.core.cdasi import NOT_ASSESSABLE, FormItem, item_named
from lesionscope.core.read_order import draw
from lesionscope.scoring.agreement import (
    BlandAltman,
    Coefficient,
    MeasurementErrors,
    bland_altman,
    icc_2_1,
    icc_3_1,
    measurement_errors,
    weighted_kappa,
)

FEWEST = 3
"""Pairs below which nothing is computed."""

Pair = tuple[float, float]


@dataclass(frozen=True, eq=False)
class ReadCase:
    """What became of one case.

    Attributes
    ----------
    case : int
        Its number.
    reads : tuple of Scores or None
        Of the two readers, in their order; None where one is missing.
    repeats : tuple of Scores or None
        Of their hidden second showings.
    discordant : bool
        Whether the reads went to the third reader.
    settled : Scores or None
        What the third reader settled.
    upheld : int or None
        0 or 1: the reader whose read was chosen; None where it was scored anew or not settled.
    machine : Scores or None
        What the software had suggested.
    """

    case: int
    reads: tuple[Scores | None, Scores | None]
    repeats: tuple[Scores | None, Scores | None]
    discordant: bool
    settled: Scores | None
    upheld: int | None
    machine: Scores | None


@dataclass(frozen=True, eq=False)
class NumberAgreement:
    """Agreement on a number, such as the activity points.

    Attributes
    ----------
    name, unit : str
        What it is and its unit.
    pairs : tuple of (float, float)
        What was compared.
    icc_agreement, icc_consistency : Coefficient
        ICC(2,1) and ICC(3,1).
    differences : BlandAltman
        First less second.
    errors : MeasurementErrors
        SEM and SDC.
    """

    name: str
    unit: str
    pairs: tuple[Pair, ...]
    icc_agreement: Coefficient
    icc_consistency: Coefficient
    differences: BlandAltman
    errors: MeasurementErrors


@dataclass(frozen=True, eq=False)
class Comparison:
    """Two sets of reads compared.

    Attributes
    ----------
    title : str
        Who with whom.
    numbers : tuple of NumberAgreement
        Points and body surface, where there are pairs enough.
    kappas : tuple of (str, Coefficient)
        Quadratic weighted kappa by item.
    pairs : int
        Cases that both have.
    """

    title: str
    numbers: tuple[NumberAgreement, ...]
    kappas: tuple[tuple[str, Coefficient], ...]
    pairs: int


@dataclass(frozen=True, eq=False)
class CampaignAgreement:
    """All figures of the agreement report.

    Attributes
    ----------
    cases, complete, discordant, settled : int
        Cases, those with both reads, of these those that were discordant, of these the settled.
    upheld : tuple of int
        How often each reader's read was chosen.
    anew : int
        How often the third reader scored anew.
    between : Comparison
        The two readers.
    within : tuple of Comparison
        Each reader with their own hidden repeats, then both together.
    machine : Comparison
        The consensus with the machine.
    """

    cases: int
    complete: int
    discordant: int
    settled: int
    upheld: tuple[int, int]
    anew: int
    between: Comparison
    within: tuple[Comparison, ...]
    machine: Comparison

    @property
    def adjudication_percent(self) -> float | None:
        """Share of the cases read twice that went to the third reader; None before the first."""
        return 100 * self.discordant / self.complete if self.complete else None


def consensus(case: ReadCase, seed: int) -> Scores | None:
    """Return the score of record of a case.

    Parameters
    ----------
    case : ReadCase
        The case.
    seed : int
        Of the campaign.

    Returns
    -------
    Scores or None
        What the third reader settled; of two reads that agree within the rules one drawn by the
        seed, for an average is nobody's read; None while a read or settlement is missing.
    """
    if case.settled is not None:
        return case.settled
    one, other = case.reads
    if one is None or other is None or case.discordant:
        return None
    return (one, other)[draw(seed, "record", case.case) % 2]


def campaign_agreement(
    cases: Sequence[ReadCase], names: tuple[str, str], seed: int
) -> CampaignAgreement:
    """Compute the agreement of a campaign.

    Parameters
    ----------
    cases : sequence of ReadCase
        Every case.
    names : tuple of str
        What the two readers are called in the report.
    seed : int
        Of the campaign.

    Returns
    -------
    CampaignAgreement
    """
    complete = [case for case in cases if None not in case.reads]
    own = [[(c.reads[i], c.repeats[i]) for c in cases] for i in (0, 1)]
    settled = [case for case in complete if case.discordant and case.settled is not None]
    return CampaignAgreement(
        cases=len(cases),
        complete=len(complete),
        discordant=sum(case.discordant for case in complete),
        settled=len(settled),
        upheld=(_upheld(settled, 0), _upheld(settled, 1)),
        anew=sum(case.upheld is None for case in settled),
        between=_compared(f"{names[0]} and {names[1]}", [case.reads for case in cases]),
        within=(
            _compared(f"{names[0]} with themselves", own[0]),
            _compared(f"{names[1]} with themselves", own[1]),
            _compared("both readers with themselves", [*own[0], *own[1]]),
        ),
        machine=_compared(
            "consensus and machine", [(consensus(c, seed), c.machine) for c in cases]
        ),
    )


def _upheld(settled: Iterable[ReadCase], reader: int) -> int:
    return sum(case.upheld == reader for case in settled)


def _compared(title: str, reads: Iterable[tuple[Scores | None, Scores | None]]) -> Comparison:
    both = [(a, b) for a, b in reads if a is not None and b is not None]
    numbers = (
        ("Activity points", "points", [(a.points, b.points) for a, b in both]),
        ("Body surface", "% BSA", [(a.bsa_percent, b.bsa_percent) for a, b in both]),
    )
    found = (_number(name, unit, _there(pairs)) for name, unit, pairs in numbers)
    return Comparison(
        title, tuple(one for one in found if one is not None), tuple(_kappas(both)), len(both)
    )


def _there(pairs: Iterable[tuple[float | None, float | None]]) -> list[Pair]:
    return [(a, b) for a, b in pairs if a is not None and b is not None]


def _number(name: str, unit: str, pairs: list[Pair]) -> NumberAgreement | None:
    if len(pairs) < FEWEST:
        return None
    first, second = zip(*pairs, strict=True)
    return NumberAgreement(
        name,
        unit,
        tuple(pairs),
        icc_2_1(pairs),
        icc_3_1(pairs),
        bland_altman(first, second),
        measurement_errors(pairs),
    )


def _kappas(both: Sequence[tuple[Scores, Scores]]) -> Iterable[tuple[str, Coefficient]]:
    """Yield kappa item by item; the same item of several sites is one."""
    found: dict[str, tuple[FormItem, list[tuple[int, int]]]] = {}
    for one, other in both:
        for key in one.answers:
            item = item_named(key)
            levels = one.answers[key], other.answers.get(key, NOT_ASSESSABLE)
            _, pairs = found.setdefault(item.label, (item, []))
            if NOT_ASSESSABLE not in levels:
                pairs.append((int(levels[0]), int(levels[1])))
    for label, (item, pairs) in found.items():
        if len(pairs) >= FEWEST:
            first, second = zip(*pairs, strict=True)
            yield label, weighted_kappa(first, second, len(item.levels))
