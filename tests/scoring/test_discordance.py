from __future__ import annotations

import pytest

from lesionscope.core.campaign import DEFAULT_RULES, Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.case import Pane, Scores
from lesionscope.core.cdasi import NOT_ASSESSABLE, Answer
from lesionscope.core.criterion import Criterion, DiscordanceRule, Quantity, bound_from
from lesionscope.scoring.discordance import discordances

ELIGIBLE = Criterion("area", Quantity.BSA_PERCENT, (bound_from("> 1"), bound_from("< 20")), (), "r")


def plan(*more: DiscordanceRule) -> CampaignPlan:
    return CampaignPlan(
        "Arms", ReadDesign.SINGLE, CaseUnit.VISIT, tuple(Asked), (1, 2), 3, 7,
        rules=(*DEFAULT_RULES, *more), eligibility=(ELIGIBLE,),
    )  # fmt: skip


def read(erythema: Answer, scale: Answer = 0, area: float | None = 5.0) -> dict[Pane, Scores]:
    return {Pane.VISIT: Scores({"arm.erythema": erythema, "arm.scale": scale}, area)}


def broken(one: dict[Pane, Scores], other: dict[Pane, Scores], *more: DiscordanceRule) -> list[str]:
    found = discordances(plan(*more), one, other)
    assert [f.rule for f in found] == [f.rule for f in discordances(plan(*more), other, one)]
    return [f.rule for f in found]


@pytest.mark.parametrize(
    ("one", "other", "rules"),
    [
        (read(2), read(2), []),
        (read(2), read(1), []),
        (read(3), read(1), ["item"]),
        (read(3, 2), read(0, 0), ["activity", "item", "item"]),
        (read(2, area=5.0), read(2, area=6.0), []),  # 1 is not more than 1
        (read(2, area=5.0), read(2, area=6.1), []),  # 1.1 is 20 % of 5.55
        (read(2, area=4.0), read(2, area=5.2), ["area"]),  # 1.2 is 26 % of 4.6
        (read(2, area=0.2), read(2, area=0.9), []),  # 127 %, but 0.7
        (read(2, area=0.0), read(2, area=0.0), []),
        (read(2, area=None), read(2, area=None), []),
        (read(2, area=None), read(2, area=3.0), ["area"]),
        (read(NOT_ASSESSABLE), read(NOT_ASSESSABLE), []),
        (read(NOT_ASSESSABLE), read(0), ["item"]),
    ],
)
def test_the_rules_of_the_proposal(
    one: dict[Pane, Scores], other: dict[Pane, Scores], rules: list[str]
) -> None:
    assert broken(one, other) == rules


def test_opposite_sides_of_a_bound_are_discordant_however_near() -> None:
    sides = DiscordanceRule("side", Quantity.BSA_PERCENT, "proposal", opposite_sides=True)
    assert broken(read(1, area=0.9), read(1, area=1.1), sides) == ["side"]
    assert broken(read(1, area=1.1), read(1, area=1.3), sides) == []
    assert broken(read(1, area=19.9), read(1, area=20.1), sides) == ["side"]


def test_the_baseline_of_a_pair_is_compared_too() -> None:
    calm, worse = Scores({"arm.erythema": 0}), Scores({"arm.erythema": 3})
    one = {Pane.VISIT: calm, Pane.BASELINE: worse}
    other = {Pane.VISIT: calm, Pane.BASELINE: calm}
    (found,) = discordances(plan(), one, other)
    assert found.pane is Pane.BASELINE
    assert found.words == "baseline: Erythema 3 and 0"


def test_reads_of_different_visits_are_no_pair() -> None:
    with pytest.raises(ValueError, match="same visits"):
        discordances(plan(), read(1), {Pane.BASELINE: Scores({})})
