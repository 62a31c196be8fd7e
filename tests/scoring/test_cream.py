from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.body import Sex
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.study import SupplyCap, Treatment
from lesionscope.exchange.protocol_file import shipped_protocol
from lesionscope.scoring.bsa import log_interval
from lesionscope.scoring.cream import (
    GRAMS_PER_PERCENT,
    WHOLE_BODY_FTU,
    CapVerdict,
    CreamAmount,
    DoseRule,
    cream_amount,
    grams_of,
    percent_reaching,
    rules_for,
)

LABEL = shipped_protocol("nct06857240").treatment
assert LABEL is not None
HAND, MEN, WOMEN = DoseRule.HANDPRINT, DoseRule.MEASURED_MALE, DoseRule.MEASURED_FEMALE


def area(percent: float, sd: float = 0.0) -> BsaEstimate:
    return BsaEstimate(
        percent, log_interval(percent, sd), Convention.PROTOCOL, CalibrationSource.HANDPRINT
    )


def amount(percent: float, sd: float = 0.0, treatment: Treatment = LABEL) -> CreamAmount:
    found = cream_amount(area(percent, sd), treatment)
    assert found is not None
    return found


# The worked arithmetic of the fingertip rule, Long and Finlay 1991, and of the label's caps.
def test_whole_body_and_grams_for_one_percent() -> None:
    assert round(WHOLE_BODY_FTU, 1) == 40.2
    assert round(WHOLE_BODY_FTU * 0.49, 1) == 19.7
    assert round(WHOLE_BODY_FTU * 0.43, 1) == 17.3
    assert GRAMS_PER_PERCENT[HAND] == 0.25
    assert round(GRAMS_PER_PERCENT[MEN], 3) == 0.197
    assert round(GRAMS_PER_PERCENT[WOMEN], 3) == 0.173


@pytest.mark.parametrize(("rule", "grams"), [(HAND, 70.0), (MEN, 55.2), (WOMEN, 48.4)])
def test_a_week_at_twenty_percent_twice_a_day(rule: DoseRule, grams: float) -> None:
    found = grams_of(area(20), (rule,), applications=14)
    assert round(found.low, 1) == round(found.high, 1) == grams


@pytest.mark.parametrize(
    ("grams", "days", "rule", "percent"),
    [
        (60, 7, HAND, 17.1),
        (60, 7, MEN, 21.8),
        (60, 7, WOMEN, 24.8),
        (100, 14, HAND, 14.3),
        (100, 14, MEN, 18.1),
        (100, 14, WOMEN, 20.7),
    ],
)
def test_the_area_at_which_a_cap_is_reached(
    grams: float, days: int, rule: DoseRule, percent: float
) -> None:
    cap = SupplyCap(grams, days, "label")
    found = percent_reaching(cap, rule, applications_per_day=2)
    assert round(found, 1) == percent
    assert grams_of(area(found), (rule,), applications=2 * days).high == pytest.approx(grams)


def test_the_shipped_limits_are_the_labels() -> None:
    assert [(cap.grams, cap.days) for cap in LABEL.caps] == [(60, 7), (100, 14)]
    assert LABEL.bsa_percent_at_most.value == 20
    assert LABEL.warn_from_bsa_percent.value == 14
    assert LABEL.applications_per_day.value == 2


@pytest.mark.parametrize(
    ("percent", "week", "fortnight"),
    [
        (14.2, CapVerdict.WITHIN, CapVerdict.WITHIN),
        (14.3, CapVerdict.WITHIN, CapVerdict.MAY_EXCEED),
        (17.1, CapVerdict.WITHIN, CapVerdict.MAY_EXCEED),
        (17.2, CapVerdict.MAY_EXCEED, CapVerdict.MAY_EXCEED),
        (20.8, CapVerdict.MAY_EXCEED, CapVerdict.EXCEEDS),
        (24.9, CapVerdict.EXCEEDS, CapVerdict.EXCEEDS),
    ],
)
def test_each_cap_against_the_range(
    percent: float, week: CapVerdict, fortnight: CapVerdict
) -> None:
    assert [check.verdict for check in amount(percent).caps] == [week, fortnight]


def test_reaching_a_cap_exactly_is_still_within_it() -> None:
    treatment = replace(LABEL, caps=(SupplyCap(70, 7, "label"),))
    assert amount(20, treatment=treatment).caps[0].verdict is CapVerdict.WITHIN


def test_an_uncertain_area_may_exceed_a_cap_that_its_best_value_keeps() -> None:
    assert amount(10).caps[0].verdict is CapVerdict.WITHIN
    assert amount(10, sd=0.5).caps[0].verdict is CapVerdict.MAY_EXCEED


@pytest.mark.parametrize(("percent", "warned"), [(13.9, False), (14, True), (15, True)])
def test_the_warning_begins_at_fourteen_percent(percent: float, warned: bool) -> None:
    said = " ".join(amount(percent).warnings)
    assert ("from 14 % of the body surface on" in said) == warned
    assert warned == bool(said)


@pytest.mark.parametrize(("percent", "over"), [(19.9, False), (20, False), (20.1, True)])
def test_the_label_allows_twenty_percent_itself(percent: float, over: bool) -> None:
    assert any("is over the 20 % allowed" in said for said in amount(percent).warnings) == over


def test_an_area_whose_interval_passes_the_limit_is_said() -> None:
    assert any("may be over the 20 % allowed" in said for said in amount(18, 0.2).warnings)


def test_twenty_percent_is_said_in_words() -> None:
    assert amount(20).warnings == (
        "from 14 % of the body surface on, the amount comes near its limits: 20 % measured",
        "48 to 70 g (48 to 70 g with the uncertainty of the area) in 7 days may exceed the "
        "60 g allowed",
        "97 to 140 g (97 to 140 g with the uncertainty of the area) in 14 days may exceed the "
        "100 g allowed",
    )


def test_the_sex_narrows_the_range() -> None:
    assert rules_for(None) == (HAND, MEN, WOMEN)
    low = {
        sex: cream_amount(area(10), LABEL, sex=sex).grams(7).low  # type: ignore[union-attr]
        for sex in (Sex.MALE, Sex.FEMALE, None)
    }
    assert low[Sex.MALE] > low[Sex.FEMALE] == low[None]


percents = st.floats(0, 100)
spreads = st.floats(0, 1)
days = st.floats(0, 365)


@settings(deadline=None)
@given(percents, percents, spreads, days)
def test_more_area_never_takes_less_cream(a: float, b: float, sd: float, time: float) -> None:
    small, large = (amount(percent, sd).grams(time) for percent in sorted((a, b)))
    for part in ("low", "high", "lowest", "highest"):
        assert getattr(small, part) <= getattr(large, part)


@settings(deadline=None)
@given(percents, spreads, days, days)
def test_more_time_never_takes_less_cream(percent: float, sd: float, a: float, b: float) -> None:
    short, long = (amount(percent, sd).grams(time) for time in sorted((a, b)))
    assert short.high <= long.high


@settings(deadline=None)
@given(percents, spreads)
def test_ranges_are_ordered_and_a_larger_area_is_never_safer(percent: float, sd: float) -> None:
    found = amount(percent, sd).grams(7)
    assert 0 <= found.lowest <= found.low <= found.high <= found.highest
    order = list(CapVerdict)
    bigger = amount(min(percent * 1.5, 100), sd)
    for before, after in zip(amount(percent, sd).caps, bigger.caps, strict=True):
        assert order.index(before.verdict) <= order.index(after.verdict)


def test_no_lesion_needs_no_cream() -> None:
    none = BsaEstimate(0, Interval(0, 0), Convention.PROTOCOL, CalibrationSource.HANDPRINT)
    found = cream_amount(none, LABEL)
    assert found is not None
    assert (found.grams(7).highest, found.warnings) == (0, ())


def test_an_unknown_frequency_gives_no_amount() -> None:
    unknown = replace(LABEL, applications_per_day=replace(LABEL.applications_per_day, value=None))
    assert cream_amount(area(5), unknown) is None


def test_an_area_not_counted_in_handprints_is_refused() -> None:
    surface = replace(area(5), convention=Convention.SURFACE)
    with pytest.raises(ValueError, match=r"counts handprints.*got surface"):
        cream_amount(surface, LABEL)
    with pytest.raises(ValueError, match="needs a rule"):
        grams_of(area(5), (), applications=1)
