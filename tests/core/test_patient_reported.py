import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.field import NOT_ASSESSABLE
from lesionscope.core.instrument import Incomplete, Total, bands_of
from lesionscope.core.patient_reported import dlqi, itch

DLQI = dlqi()
KEYS = [field.key for field in DLQI.fields]


def total_of(answers: dict[str, int], score: str = "dlqi") -> Total:
    found = DLQI.total(score, answers)
    assert isinstance(found, Total)
    return found


@settings(deadline=None)
@given(st.lists(st.integers(0, 3), min_size=10, max_size=10))
def test_dlqi_is_the_sum_and_its_parts_make_it(levels: list[int]) -> None:
    answers = dict(zip(KEYS, levels, strict=True))
    assert total_of(answers).value == sum(levels)
    parts = [rule.id for rule in DLQI.scores[1:]]
    assert sum(total_of(answers, part).value for part in parts) == sum(levels)
    assert sum(rule.high for rule in DLQI.scores[1:]) == 30
    assert len(bands_of(total_of(answers))) == 1


@pytest.mark.parametrize(
    ("total", "band"),
    [
        (0, "none"),
        (1, "none"),
        (2, "small"),
        (5, "small"),
        (6, "moderate"),
        (10, "moderate"),
        (11, "very large"),
        (20, "very large"),
        (21, "extremely large"),
        (30, "extremely large"),
    ],
)
def test_dlqi_bands(total: int, band: str) -> None:
    found = Total(DLQI.rule("dlqi"), total)
    assert list(bands_of(found).values()) == [band]


def test_work_prevented_counts_three_and_not_relevant_zero() -> None:
    assert DLQI.field("work").scale.names[3] == "prevented"  # type: ignore[union-attr]
    assert "not relevant" in DLQI.field("sport").scale.names[0]  # type: ignore[union-attr]
    assert DLQI.rule("dlqi").important[0].points == 4


def test_a_blank_counts_as_zero_only_where_the_study_says_so() -> None:
    nine = dict.fromkeys(KEYS[:9], 2)
    assert isinstance(DLQI.total("dlqi", nine), Incomplete)
    lenient = dlqi(one_blank_is_zero=True)
    found = lenient.total("dlqi", nine)
    assert isinstance(found, Total)
    assert (found.value, found.counted_zero) == (18, ("treatment",))
    assert isinstance(lenient.total("dlqi", dict.fromkeys(KEYS[:8], 2)), Incomplete)


def test_the_patient_has_no_not_assessable() -> None:
    with pytest.raises(ValueError, match="sport"):
        DLQI.check({"sport": NOT_ASSESSABLE})
    with pytest.raises(ValueError, match="itch"):
        itch().check({"itch": NOT_ASSESSABLE})


@pytest.mark.parametrize(
    ("value", "read", "from_memory"),
    [
        (0, "none", "below severe"),
        (0.1, "mild", "below severe"),
        (3.9, "mild", "below severe"),
        (4, "moderate", "below severe"),
        (6.9, "moderate", "below severe"),
        (7, "above moderate", "severe"),
        (8.9, "above moderate", "severe"),
        (9, "above moderate", "very severe"),
        (10, "above moderate", "very severe"),
    ],
)
def test_itch_is_called_severe_only_where_a_study_adopts_it(
    value: float, read: str, from_memory: str
) -> None:
    found = itch(visual_analogue=True).total("itch", {"itch": value})
    assert isinstance(found, Total)
    assert list(bands_of(found).values()) == [read]
    assert list(bands_of(found, {"itch-severe-7-9"}).values()) == [read, from_memory]


def test_the_numeric_scale_takes_whole_numbers() -> None:
    itch().check({"itch": 10})
    for answer in (0.5, 11, -1):
        with pytest.raises(ValueError, match="0 to 10, whole"):
            itch().check({"itch": answer})
