import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.criterion import (
    Bound,
    Criterion,
    DiscordanceRule,
    Placement,
    Quantity,
    Relation,
    ResponseRule,
    bound_from,
)

bounds = st.builds(
    Bound, st.sampled_from(Relation), st.integers(0, 10**8).map(lambda n: round(n / 10**6, 6))
)


def rule(include: list[str], exclude: list[str], quantity: Quantity = Quantity.BSA_PERCENT):
    return Criterion(
        "r", quantity, tuple(map(bound_from, include)), tuple(map(bound_from, exclude)), "s"
    )


@settings(deadline=None)
@given(bounds)
def test_a_bound_is_read_as_it_is_written(bound: Bound) -> None:
    assert bound_from(str(bound)) == bound


@settings(deadline=None)
@given(bounds, st.floats(0, 100))
def test_of_two_opposite_relations_exactly_one_holds(bound: Bound, value: float) -> None:
    opposite = {
        Relation.ABOVE: Relation.AT_MOST,
        Relation.AT_MOST: Relation.ABOVE,
        Relation.BELOW: Relation.AT_LEAST,
        Relation.AT_LEAST: Relation.BELOW,
    }
    other = Bound(opposite[bound.relation], bound.value)
    assert bound.holds(value) != other.holds(value)


@pytest.mark.parametrize("text", ["", ">", "1", "=> 1", "> 1 %", "> -1", "> 1e3", "> .5", "> 1."])
def test_anything_else_is_no_bound(text: str) -> None:
    with pytest.raises(ValueError, match="a bound must read like"):
        bound_from(text)


@pytest.mark.parametrize("value", [-1, float("nan"), float("inf"), 0.1234567])
def test_a_bound_that_could_not_be_written_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="a bound must be"):
        Bound(Relation.ABOVE, value)


def test_a_value_in_neither_list_is_silent_only_where_an_exclusion_list_left_the_gap() -> None:
    stated_twice = rule(["> 6"], ["< 6"], Quantity.CDASI_ACTIVITY)
    stated_once = rule(["> 6"], [], Quantity.CDASI_ACTIVITY)
    assert stated_twice.place(6) is Placement.SILENT
    assert stated_once.place(6) is Placement.NOT_INCLUDED
    for criterion in (stated_twice, stated_once):
        assert criterion.place(7) is Placement.INCLUDED
    assert stated_twice.place(5) is Placement.EXCLUDED


@settings(deadline=None)
@given(st.floats(0, 100))
def test_the_text_of_a_protocol_puts_each_value_in_one_place(value: float) -> None:
    place = rule(["> 1", "< 20"], ["< 1", "> 20"]).place(value)
    if value in (1, 20):
        assert place is Placement.SILENT
    else:
        assert (place is Placement.INCLUDED) == (1 < value < 20)
        assert (place is Placement.EXCLUDED) == (value < 1 or value > 20)


def test_rules_that_say_yes_and_no_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="3 is both included and excluded"):
        rule([">= 3"], ["<= 3"])
    with pytest.raises(ValueError, match="both included and excluded"):
        rule(["> 3", "< 4"], ["> 3.5"])


def test_rules_that_nobody_can_meet_are_refused() -> None:
    with pytest.raises(ValueError, match="no value can be > 5 and < 5"):
        rule(["> 5", "< 5"], [])
    with pytest.raises(ValueError, match="no value can be > 100"):
        rule(["> 100"], [])
    with pytest.raises(ValueError, match="at least one bound"):
        rule([], ["< 1"])


def test_a_bound_outside_the_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="bsa_percent runs from 0 to 100, got < 200"):
        rule(["< 200"], [])
    with pytest.raises(ValueError, match="single CDASI item"):
        rule(["> 1"], [], Quantity.CDASI_ITEM)


def test_a_rule_without_a_condition_is_refused() -> None:
    with pytest.raises(ValueError, match="discordance rule needs a condition"):
        DiscordanceRule("d", Quantity.BSA_PERCENT, "s")
    with pytest.raises(ValueError, match="response rule needs a condition"):
        ResponseRule("r", Quantity.PGA, "week_4", "s")


def test_a_rule_the_wrong_way_round_is_refused() -> None:
    less = bound_from("< 4")
    with pytest.raises(ValueError, match="differ by more"):
        DiscordanceRule("d", Quantity.BSA_PERCENT, "s", difference=less)
    with pytest.raises(ValueError, match="drops by at least"):
        ResponseRule("r", Quantity.PGA, "week_4", "s", drop=less)


def test_nobody_reads_or_responds_by_age() -> None:
    more = bound_from("> 4")
    with pytest.raises(ValueError, match="readers do not read the age"):
        DiscordanceRule("d", Quantity.AGE_YEARS, "s", difference=more)
    with pytest.raises(ValueError, match="response cannot rest on age_years"):
        ResponseRule("r", Quantity.AGE_YEARS, "week_4", "s", drop=more)
