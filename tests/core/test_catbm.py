import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.catbm import ACTIVITY, COMBINED, DAMAGE_ONLY, catbm
from lesionscope.core.evidence import Certainty
from lesionscope.core.instrument import Total

CAT = catbm()


@settings(deadline=None)
@given(st.fixed_dictionaries({f.key: st.integers(0, 1) for f in CAT.fields}))
def test_scores_count_the_lesions_present(answers: dict[str, int]) -> None:
    activity, damage = (CAT.total(score, answers) for score in ("activity", "damage"))
    assert isinstance(activity, Total)
    assert isinstance(damage, Total)
    assert activity.value == sum(v for key, v in answers.items() if key.startswith("activity."))
    assert damage.value == sum(v for key, v in answers.items() if key.startswith("damage."))
    assert activity.value <= 17
    assert damage.value <= 11


def test_ten_four_and_seven_lesions() -> None:
    assert (len(ACTIVITY), len(DAMAGE_ONLY), len(COMBINED)) == (17, 4, 7)
    assert len(set(ACTIVITY) - set(COMBINED)) == 10
    assert len(CAT.fields) == 28
    assert [rule.high for rule in CAT.scores] == [17, 11]


def test_a_lesion_is_present_or_absent() -> None:
    with pytest.raises(ValueError, match="0 to 1"):
        CAT.check({"activity.gottron": 2})


def test_a_study_can_name_its_seven_combined_lesions() -> None:
    other = (*COMBINED[1:], "alopecia")
    form = catbm(other)
    assert len(form.rule("damage").keys) == 11
    assert form.field("damage.alopecia").label == "Alopecia: left behind"
    with pytest.raises(ValueError, match="no field"):
        form.check({"damage.gottron": 1})


@pytest.mark.parametrize(
    "combined", [(), COMBINED[:6], (*COMBINED[:6], "measles"), (COMBINED[0],) * 7]
)
def test_other_than_seven_lesions_are_refused(combined: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="seven"):
        catbm(combined)


def test_names_from_memory_say_so() -> None:
    assert {field.certainty for field in CAT.fields} == {Certainty.UNVERIFIED}
    assert any("names of the lesions" in str(fact) for fact in CAT.facts)
