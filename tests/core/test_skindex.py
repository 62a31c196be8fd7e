from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.evidence import Certainty
from lesionscope.core.instrument import Incomplete, Total, bands_of
from lesionscope.core.skindex import SCALES, SKINDEX_29, TOPICS

KEYS = [field.key for field in SKINDEX_29.fields]


@settings(deadline=None)
@given(st.lists(st.integers(0, 4), min_size=29, max_size=29))
def test_scales_are_exact_means_of_quarters(levels: list[int]) -> None:
    answers = dict(zip(KEYS, levels, strict=True))
    for score in (*SCALES, "overall"):
        own = [
            level
            for level, (scale, _) in zip(levels, TOPICS.values(), strict=True)
            if score in (scale, "overall")
        ]
        found = SKINDEX_29.total(score, answers)
        assert isinstance(found, Total)
        assert found.value == pytest.approx(float(Fraction(25 * sum(own), len(own))))
        assert 0 <= found.value <= 100


def test_seven_ten_and_twelve_questions_and_number_18_not_scored() -> None:
    assert [len(SKINDEX_29.rule(scale).keys) for scale in SCALES] == [7, 10, 12]
    assert set(TOPICS) == set(range(1, 31)) - {18}


def test_all_the_time_is_a_hundred() -> None:
    found = SKINDEX_29.total("overall", dict.fromkeys(KEYS, 4))
    assert isinstance(found, Total)
    assert found.describe() == "100.0 of 100"


def test_a_blank_leaves_its_scale_and_the_overall_without_a_total() -> None:
    answers = dict.fromkeys(KEYS, 1)
    del answers["q10"]
    totals = SKINDEX_29.totals(answers)
    assert isinstance(totals["symptoms"], Incomplete)
    assert isinstance(totals["overall"], Incomplete)
    assert isinstance(totals["emotions"], Total)


def test_cut_offs_from_memory_apply_only_where_adopted() -> None:
    found = Total(SKINDEX_29.rule("overall"), 40)
    assert bands_of(found) == {}
    both = {"skindex-nijsten", "skindex-prinsen"}
    assert list(bands_of(found, both).values()) == ["severe", "moderate"]
    between = Total(SKINDEX_29.rule("overall"), 5.5)
    assert bands_of(between, {"skindex-nijsten"}) == {
        "Effect, Nijsten 2009": "left open by the source"
    }
    assert all(s.certainty is Certainty.UNVERIFIED for s in found.rule.bands)
