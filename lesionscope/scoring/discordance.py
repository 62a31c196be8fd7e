"""Whether two reads of a case differ so much that a third reader must settle them.

The rules are declared before the first case is read. What one reader could score and the other
called not assessable cannot be compared, and goes to the third reader too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lesionscope.core.campaign import CampaignPlan
from lesionscope.core.case import Pane, Scores
from lesionscope.core.cdasi import NOT_ASSESSABLE, item_named
from lesionscope.core.criterion import Criterion, DiscordanceRule, Quantity


@dataclass(frozen=True)
class Discordance:
    """One rule that two reads broke.

    Attributes
    ----------
    rule : str
        Id of the rule.
    pane : Pane
        The visit that it is about.
    words : str
        What differs, in numbers.
    """

    rule: str
    pane: Pane
    words: str


def discordances(
    plan: CampaignPlan, one: Mapping[Pane, Scores], other: Mapping[Pane, Scores]
) -> tuple[Discordance, ...]:
    """Compare two reads by the rules of the campaign.

    Parameters
    ----------
    plan : CampaignPlan
        The rules; those that do not apply to its reads are passed over.
    one, other : mapping of Pane to Scores
        Two complete reads of the same case.

    Returns
    -------
    tuple of Discordance
        Empty where the reads agree within the rules.

    Raises
    ------
    ValueError
        If the reads are of different visits.
    """
    if one.keys() != other.keys():
        raise ValueError("two reads of one case must score the same visits")
    return tuple(
        Discordance(rule.id, pane, f"baseline: {words}" if pane is Pane.BASELINE else words)
        for pane in one
        for rule in plan.applied_rules()
        for words in _broken(rule, plan.eligibility, (one[pane], other[pane]))
    )


def _broken(
    rule: DiscordanceRule, eligibility: tuple[Criterion, ...], pair: tuple[Scores, Scores]
) -> Iterator[str]:
    if rule.quantity is Quantity.CDASI_ITEM:
        yield from _items_apart(rule, *pair)
    elif rule.quantity is Quantity.CDASI_ACTIVITY:
        first, second = pair[0].points, pair[1].points
        # Items that one could not assess are the business of the rule on items.
        if first is not None and second is not None and _apart(rule, first, second):
            yield f"activity points {first} and {second}"
    else:
        yield from _areas_apart(rule, eligibility, *pair)


def _items_apart(rule: DiscordanceRule, one: Scores, other: Scores) -> Iterator[str]:
    for key in sorted({*one.answers, *other.answers}):
        first, second = one.answers.get(key), other.answers.get(key)
        label = item_named(key).label
        unsure = [level in (NOT_ASSESSABLE, None) for level in (first, second)]
        if unsure[0] != unsure[1]:
            yield f"{label}: only one reader could assess it"
        elif not any(unsure) and _apart(rule, int(first or 0), int(second or 0)):
            yield f"{label} {first} and {second}"


def _areas_apart(
    rule: DiscordanceRule, eligibility: tuple[Criterion, ...], one: Scores, other: Scores
) -> Iterator[str]:
    first, second = one.bsa_percent, other.bsa_percent
    if first is None and second is None:
        return
    if first is None or second is None:
        yield "body surface: only one reader could assess it"
    elif (not rule.opposite_sides or _other_side(eligibility, first, second)) and _apart(
        rule, first, second
    ):
        yield f"body surface {first:g} % and {second:g} %"


def _other_side(eligibility: tuple[Criterion, ...], first: float, second: float) -> bool:
    asked = [rule for rule in eligibility if rule.quantity is Quantity.BSA_PERCENT]
    return any(rule.place(first) is not rule.place(second) for rule in asked)


def _apart(rule: DiscordanceRule, first: float, second: float) -> bool:
    # Rounded: 0.3 less 0.2 must not be more than 0.1.
    difference = round(abs(first - second), 9)
    if rule.difference is not None and not rule.difference.holds(difference):
        return False
    mean = (first + second) / 2
    percent = round(100 * difference / mean, 9) if mean else 0.0
    return rule.relative_percent is None or rule.relative_percent.holds(percent)
