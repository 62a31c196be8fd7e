from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.dssi import DSSI, Region
from lesionscope.core.evidence import Certainty
from lesionscope.core.field import NOT_ASSESSABLE
from lesionscope.core.instrument import Incomplete, Total

SIGNS = ("redness", "induration", "scaliness")


def forms() -> st.SearchStrategy[dict[str, int]]:
    levels = {f"{r}.{s}": st.integers(0, 4) for r in Region for s in SIGNS}
    return st.fixed_dictionaries(levels | {f"{r}.area": st.integers(0, 6) for r in Region})


def brute_force(a: dict[str, int]) -> Fraction:
    """The formula written out, region by region, in exact numbers."""
    head = a["head.area"] * (a["head.redness"] + a["head.induration"] + a["head.scaliness"])
    trunk = a["trunk.area"] * (a["trunk.redness"] + a["trunk.induration"] + a["trunk.scaliness"])
    arms = sum(a[f"upper_extremities.{s}"] for s in SIGNS) * a["upper_extremities.area"]
    legs = sum(a[f"lower_extremities.{s}"] for s in SIGNS) * a["lower_extremities.area"]
    return (
        Fraction("0.1") * head
        + Fraction("0.3") * trunk
        + Fraction("0.2") * arms
        + Fraction("0.4") * legs
    )


def total_of(answers: dict[str, int]) -> Total:
    found = DSSI.total("dssi", answers)
    assert isinstance(found, Total)
    return found


@settings(deadline=None)
@given(forms())
def test_the_total_equals_the_formula_and_stays_in_range(answers: dict[str, int]) -> None:
    found = total_of(answers)
    assert found.value == float(brute_force(answers))
    assert 0 <= found.value <= 72


def test_the_maximum_is_72_and_not_54() -> None:
    # A public copy has severity 0 to 3, and so reaches 54 only.
    worst = {f"{r}.{s}": 4 for r in Region for s in SIGNS} | {f"{r}.area": 6 for r in Region}
    assert total_of(worst).describe() == "72.0 of 72"
    assert len(DSSI.fields) == 16


def test_trunk_weighs_more_than_arms() -> None:
    # A public copy has the two weights swapped.
    clear = {f"{r}.{s}": 0 for r in Region for s in (*SIGNS, "area")}
    alone = {
        region: total_of(clear | {f"{region}.{s}": 4 for s in SIGNS} | {f"{region}.area": 6}).value
        for region in Region
    }
    assert list(alone.values()) == pytest.approx([7.2, 21.6, 14.4, 28.8])


def test_a_missing_area_leaves_no_total() -> None:
    answers = {f"{r}.{s}": 1 for r in Region for s in (*SIGNS, "area")}
    del answers["trunk.area"]
    found = DSSI.total("dssi", answers)
    assert isinstance(found, Incomplete)
    assert found.missing == ("trunk.area",)


@pytest.mark.parametrize(("key", "level"), [("trunk.area", 7), ("trunk.redness", 5)])
def test_levels_outside_the_form_are_refused(key: str, level: int) -> None:
    with pytest.raises(ValueError, match=key):
        DSSI.check({key: level})


def test_what_is_from_memory_says_so() -> None:
    assert {field.certainty for field in DSSI.fields} == {Certainty.UNVERIFIED}
    assert DSSI.rule("dssi").certainty is Certainty.UNVERIFIED
    assert DSSI.rule("dssi").bands == ()


def test_area_and_signs_that_contradict_each_other_are_asked_about() -> None:
    clear = {f"{r}.{s}": 0 for r in Region for s in (*SIGNS, "area")}
    assert DSSI.open_queries(clear) == ()
    assert DSSI.open_queries(clear | {"trunk.redness": 2}) == (
        "Trunk: signs are above 0 and no area is involved",
    )
    assert DSSI.open_queries(clear | {"head.area": 2}) == (
        "Head and neck: an area is involved and every sign is 0",
    )
    assert DSSI.open_queries(clear | {"head.area": 2, "head.redness": 1}) == ()


def test_a_blank_or_unclear_answer_contradicts_nothing() -> None:
    assert DSSI.open_queries({"head.area": 2}) == ()
    assert DSSI.open_queries({"head.area": NOT_ASSESSABLE, "head.redness": 0}) == ()
    assert DSSI.open_queries({"head.area": 0, "head.redness": NOT_ASSESSABLE}) == ()
