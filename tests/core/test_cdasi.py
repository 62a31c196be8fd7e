import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.core.cdasi import (
    ITEMS,
    NOT_ASSESSABLE,
    Part,
    check_answers,
    items_of,
    score,
    severity_bands,
)
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
