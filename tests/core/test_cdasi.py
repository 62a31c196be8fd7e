import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.cdasi import (
    CDASI,
    ITEMS,
    NOT_ASSESSABLE,
    Part,
    change,
    check_answers,
    item_named,
    items_of,
    score,
    severity_bands,
    site_label,
)
from lesionscope.core.change import MeasurementError
from lesionscope.core.instrument import Total, bands_of
from lesionscope.core.sites import CDASI_LOCATIONS


def all_zero() -> dict[str, int | str]:
    return {item.key: 0 for item in ITEMS}


def forms() -> st.SearchStrategy[dict[str, int]]:
    return st.fixed_dictionaries({i.key: st.integers(0, len(i.levels) - 1) for i in ITEMS})


def brute_force_activity(a: dict[str, int]) -> int:
    """Independent of the table of items: the formula as the publications' arithmetic has it."""
    sites = sum(
        a[f"{s.value}.{item}"] for s in CDASI_LOCATIONS for item in ("erythema", "scale", "erosion")
    )
    hands = a["gottron_hands.erythema"] * (2 if a["gottron_hands.papules"] else 1)
    return sites + hands + a["gottron_hands.ulceration"] + a["periungual"] + a["alopecia"]


def brute_force_damage(a: dict[str, int]) -> int:
    return (
        sum(a[f"{s.value}.poikiloderma"] + a[f"{s.value}.calcinosis"] for s in CDASI_LOCATIONS)
        + a["gottron_hands.damage"]
    )


@settings(deadline=None)
@given(forms())
def test_totals_equal_the_published_arithmetic_and_stay_in_range(answers: dict[str, int]) -> None:
    activity = score(Part.ACTIVITY, answers).total
    damage = score(Part.DAMAGE, answers).total
    assert activity == brute_force_activity(answers)
    assert damage == brute_force_damage(answers)
    assert 0 <= activity <= 100
    assert 0 <= damage <= 32


def test_the_form_has_fifty_and_thirty_one_fields_and_fifteen_locations() -> None:
    assert len(items_of(Part.ACTIVITY)) == 50
    assert len(items_of(Part.DAMAGE)) == 31
    assert len(CDASI_LOCATIONS) == 15


def test_gottron_activity_can_never_be_five() -> None:
    seen = set()
    for level in range(4):
        for papules in range(2):
            answers = all_zero() | {
                "gottron_hands.erythema": level,
                "gottron_hands.papules": papules,
            }
            seen.add(score(Part.ACTIVITY, answers).total)
    assert seen == {0, 1, 2, 3, 4, 6}


def test_no_papules_keeps_the_hand_score() -> None:
    # A public form drops the score when papules are absent.
    answers = all_zero() | {"gottron_hands.erythema": 3, "gottron_hands.papules": 0}
    assert score(Part.ACTIVITY, answers).total == 3


def test_ulceration_of_the_hands_is_not_doubled_and_damage_is_not_activity() -> None:
    answers = all_zero() | {
        "gottron_hands.papules": 1,
        "gottron_hands.ulceration": 1,
        "gottron_hands.damage": 2,
    }
    assert score(Part.ACTIVITY, answers).total == 1
    assert score(Part.DAMAGE, answers).total == 2


def test_a_blank_is_not_a_zero() -> None:
    for item in random.Random(1).sample(ITEMS, 10):
        answers = all_zero()
        del answers[item.key]
        found = score(item.part, answers)
        assert found.total is None
        assert found.answered == found.required - 1
        assert "no total" in found.describe()


def test_not_assessable_is_neither_blank_nor_zero() -> None:
    answers = all_zero() | {"arm.scale": NOT_ASSESSABLE}
    found = score(Part.ACTIVITY, answers)
    assert (found.total, found.answered) == (None, 50)
    assert found.not_assessable == ("arm.scale",)
    assert found.describe() == "no total: 1 not assessable"


@pytest.mark.parametrize(
    ("key", "answer"),
    [
        ("malar.erythema", 4),
        ("malar.scale", 3),
        ("malar.erosion", 2),
        ("malar.poikiloderma", 2),  # a public form allows it
        ("periungual", 3),
        ("alopecia", 2),
        ("malar.erythema", -1),
        ("malar.erythema", True),
        ("malar.erythema", 1.0),
        ("malar.erythema", "1"),
        ("malar.erythema", None),
    ],
)
def test_levels_outside_the_rubric_are_refused(key: str, answer: object) -> None:
    with pytest.raises(ValueError, match=key):
        check_answers({key: answer})  # type: ignore[dict-item]


@pytest.mark.parametrize(
    "key", ["central_face.erythema", "periumbilical.erythema", "chest.erythema"]
)
def test_invented_sites_are_refused(key: str) -> None:
    with pytest.raises(ValueError, match="no field"):
        check_answers({key: 1})


@pytest.mark.parametrize(
    ("total", "stanford", "penn"),
    [
        (14, "mild", "mild"),
        (15, "moderate or severe", "mild"),
        (19, "moderate or severe", "at the cut-off"),
        (20, "moderate or severe", "moderate or severe"),
    ],
)
def test_severity_under_both_published_cut_offs(total: int, stanford: str, penn: str) -> None:
    assert list(severity_bands(total).values()) == [stanford, penn]


def test_only_gottron_of_the_hands_is_doubled() -> None:
    # Rows 14 and 15 are ordinary rows, and so is every other item: each adds its own level.
    doubled = []
    for item in items_of(Part.ACTIVITY):
        if item.key == "gottron_hands.papules":
            continue
        level = len(item.levels) - 1
        answers = all_zero() | {"gottron_hands.papules": 1, item.key: level}
        total = score(Part.ACTIVITY, answers).total
        if total == 2 * level:
            doubled.append(item.key)
        else:
            assert total == level
    assert doubled == ["gottron_hands.erythema"]


def test_a_row_is_worth_six_and_two() -> None:
    # A public copy reaches 144 and 30 and then says that the sum is sometimes capped.
    for site in CDASI_LOCATIONS:
        of_site = [item for item in ITEMS if item.site is site]
        worst = all_zero() | {item.key: len(item.levels) - 1 for item in of_site}
        assert score(Part.ACTIVITY, worst).total == 6
        assert score(Part.DAMAGE, worst).total == 2


def test_version_1_with_four_activity_measures_is_refused() -> None:
    of_a_row = [item for item in ITEMS if item.key.startswith("arm.")]
    assert [item.part for item in of_a_row] == [Part.ACTIVITY] * 3 + [Part.DAMAGE] * 2
    with pytest.raises(ValueError, match="no field"):
        check_answers({"arm.excoriation": 1})


def test_no_score_adds_activity_and_damage() -> None:
    assert [rule.id for rule in CDASI.scores] == ["activity", "damage"]
    assert not set(CDASI.scores[0].keys) & set(CDASI.scores[1].keys)
    with pytest.raises(ValueError, match="activity, damage"):
        CDASI.total("total", all_zero())


@pytest.mark.parametrize("blank", ["NA", "", "n/a", None])
def test_na_is_not_counted_as_zero(blank: object) -> None:
    with pytest.raises(ValueError, match="alopecia"):
        score(Part.ACTIVITY, all_zero() | {"alopecia": blank})  # type: ignore[dict-item]


def test_the_papules_flag_is_required_even_without_redness() -> None:
    answers = all_zero()
    del answers["gottron_hands.papules"]
    assert score(Part.ACTIVITY, answers).describe() == "49 of 50 fields answered, no total"


def test_papules_without_redness_are_asked_about() -> None:
    papules = all_zero() | {"gottron_hands.papules": 1}
    assert score(Part.ACTIVITY, papules).total == 0
    assert len(CDASI.open_queries(papules)) == 1
    assert CDASI.open_queries(papules | {"gottron_hands.erythema": 1}) == ()
    assert CDASI.open_queries({}) == ()


def test_score_and_instrument_say_the_same() -> None:
    full = all_zero() | {"malar.erythema": 2, "arm.calcinosis": 1}
    for answers in ({}, full, full | {"arm.scale": NOT_ASSESSABLE}):
        for part in Part:
            old, new = score(part, answers), CDASI.total(part.value, answers)
            assert old.describe() == new.describe()


def test_severity_is_shown_for_a_trial_entry_that_is_mild() -> None:
    assert set(severity_bands(7).values()) == {"mild"}


def test_remission_applies_only_where_a_study_adopts_it() -> None:
    five = Total(CDASI.rule("activity"), 5)
    assert "Remission, up to 5" not in bands_of(five)
    adopted = bands_of(five, {"cdasi-remission-5"})
    assert adopted["Remission, up to 5"] == "remission"


def test_change_beside_what_matters_and_what_is_noise() -> None:
    error = MeasurementError.from_reliability(10, 0.95, "the study's own readers")
    fall = change(Part.ACTIVITY, 20, 15, error=error)
    assert fall.points == -5
    assert [fall.reaches(one) for one in fall.important] == [True, True]
    assert fall.within_error
    assert fall.describe() == (
        "-5 points (-25 %); reaches 4 (Pennsylvania); reaches 5 (Stanford); "
        "within measurement error (6.2)"
    )
    assert [change(Part.ACTIVITY, 20, 16).reaches(one) for one in fall.important] == [True, False]
    assert change(Part.DAMAGE, 5, 3).important == ()


def test_items_carry_their_heading_and_glossary() -> None:
    assert all(item.help and item.citation for item in ITEMS)
    assert site_label(item_named("arm.scale")) == "Arm"
    assert site_label(item_named("alopecia")) == "Whole patient"
    assert item_named("alopecia").group == "Nails and hair"
    assert "Pennsylvania" in CDASI.rights
