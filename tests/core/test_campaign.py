from __future__ import annotations

from typing import Any

import pytest

from lesionscope.core.campaign import (
    DEFAULT_RULES,
    Asked,
    CampaignPlan,
    CaseUnit,
    ReadDesign,
    rule_words,
)
from lesionscope.core.criterion import Criterion, DiscordanceRule, Quantity, bound_from


def plan(**other: Any) -> CampaignPlan:
    usual: dict[str, Any] = {
        "name": "Arms",
        "design": ReadDesign.SINGLE,
        "unit": CaseUnit.SITE,
        "asked": (Asked.CDASI, Asked.BSA),
        "readers": (1, 2),
        "third_reader": 3,
        "seed": 7,
    }
    return CampaignPlan(**{**usual, **other})


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"name": " "}, "name"),
        ({"asked": ()}, "ask"),
        ({"readers": (1,)}, "two readers"),
        ({"readers": (1, 1)}, "different people"),
        ({"third_reader": 2}, "different people"),
        ({"repeat_percent": 3}, "5 to 10 %"),
        ({"repeat_percent": 11}, "5 to 10 %"),
        ({"seed": -1}, "seed"),
        ({"asked": (Asked.BSA,), "rules": DEFAULT_RULES[:2]}, "no discordance rule"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused(other: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        plan(**other)


@pytest.mark.parametrize(
    ("percent", "cases", "repeats"), [(0, 50, 0), (5, 12, 1), (10, 12, 2), (10, 110, 11), (5, 1, 1)]
)
def test_repeats_round_up(percent: float, cases: int, repeats: int) -> None:
    assert plan(repeat_percent=percent).repeats(cases) == repeats


def test_a_rule_that_photos_cannot_answer_says_why() -> None:
    bound = Criterion("area", Quantity.BSA_PERCENT, (bound_from("> 1"),), (), "registry")
    rules = (
        *DEFAULT_RULES,
        DiscordanceRule("pga", Quantity.PGA, "proposal", bound_from(">= 2")),
        DiscordanceRule("a", Quantity.CDASI_ACTIVITY, "proposal", opposite_sides=True),
        DiscordanceRule("b", Quantity.BSA_PERCENT, "proposal", opposite_sides=True),
    )
    by_site = plan(rules=rules, eligibility=(bound,))
    assert [by_site.not_applied(rule) for rule in rules] == [
        "",
        "",
        "",
        "the PGA is not scored in photos",
        "photos give no full CDASI activity, so no side of its bound",
        "one site gives no body surface of the whole patient",
    ]
    whole = plan(rules=rules, eligibility=(bound,), unit=CaseUnit.VISIT)
    assert whole.not_applied(rules[-1]) == ""
    assert plan(rules=rules, unit=CaseUnit.VISIT).not_applied(rules[-1]).endswith("rule")
    assert plan(asked=(Asked.BSA,)).applied_rules() == DEFAULT_RULES[2:]


def test_rules_are_said_in_words() -> None:
    assert rule_words(DEFAULT_RULES[0]) == "CDASI activity: difference > 4"
    assert rule_words(DEFAULT_RULES[1]) == "CDASI item: difference >= 2"
