from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.criterion import Quantity, bound_from
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention
from lesionscope.core.protocol import Protocol
from lesionscope.core.study import OpenQuestion, Sourced
from lesionscope.core.study_settings import PgaScale, PgaScore
from lesionscope.exchange.protocol_file import shipped_protocol
from lesionscope.scoring.bsa import log_interval
from lesionscope.scoring.eligibility import (
    SILENT,
    Answer,
    CriterionAnswer,
    Eligibility,
    Screening,
    Verdict,
    eligibility,
    probability_of,
)

TRIAL = shipped_protocol("nct06857240")


def settled(protocol: Protocol = TRIAL, **settings: object) -> Protocol:
    """Return the trial with its PGA scale set, and whatever else a test settles."""
    chosen = {"pga_scale": PgaScale.VAS_0_10, **settings}
    facts = {name: Sourced(value, "proposal") for name, value in chosen.items()}
    return replace(protocol, settings=replace(protocol.settings, **facts))


SETTLED = settled()


def bsa(
    percent: float, sd: float = 0.2, convention: Convention = Convention.PROTOCOL
) -> BsaEstimate:
    return BsaEstimate(percent, log_interval(percent, sd), convention, CalibrationSource.HANDPRINT)


def vas(value: float) -> PgaScore:
    return PgaScore(value, PgaScale.VAS_0_10)


GOOD = Screening(bsa=bsa(5), cdasi_activity=20, pga=vas(4), age_years=50)


def answer_of(quantity: Quantity, found: Eligibility) -> CriterionAnswer:
    return next(one for one in found.answers if one.criterion.quantity is quantity)


def test_a_patient_inside_every_bound_is_eligible_as_far_as_values_go() -> None:
    found = eligibility(SETTLED, GOOD)
    assert found.verdict is Verdict.ELIGIBLE
    assert found.describe() == (
        "eligible by the 4 criteria on values; 5 more for a person to check"
    )
    assert [check.id for check in found.for_a_person][:2] == ["diagnosis", "biopsy"]


@pytest.mark.parametrize(
    ("percent", "answer", "verdict"),
    [
        (0.999, Answer.NOT_MET, Verdict.NOT_ELIGIBLE),
        (1, Answer.UNDETERMINED, Verdict.UNDETERMINED),
        (1.001, Answer.MET, Verdict.ELIGIBLE),
        (19.999, Answer.MET, Verdict.ELIGIBLE),
        (20, Answer.UNDETERMINED, Verdict.UNDETERMINED),
        (20.001, Answer.NOT_MET, Verdict.NOT_ELIGIBLE),
        (0, Answer.NOT_MET, Verdict.NOT_ELIGIBLE),
    ],
)
def test_each_boundary_of_the_bsa(percent: float, answer: Answer, verdict: Verdict) -> None:
    found = eligibility(SETTLED, replace(GOOD, bsa=bsa(percent)))
    one = answer_of(Quantity.BSA_PERCENT, found)
    assert (one.answer, found.verdict) == (answer, verdict)
    assert one.reason.startswith(SILENT) == (answer is Answer.UNDETERMINED)


@pytest.mark.parametrize(
    ("total", "answer"),
    [(5, Answer.NOT_MET), (6, Answer.UNDETERMINED), (7, Answer.MET), (None, Answer.UNDETERMINED)],
)
def test_each_boundary_of_the_cdasi(total: int | None, answer: Answer) -> None:
    one = answer_of(
        Quantity.CDASI_ACTIVITY, eligibility(SETTLED, replace(GOOD, cdasi_activity=total))
    )
    assert one.answer is answer
    # Nobody scored it is another thing than the text does not say.
    assert one.reason.startswith(SILENT) == (total == 6)


@pytest.mark.parametrize(
    ("value", "answer"), [(1.9, Answer.NOT_MET), (2, Answer.NOT_MET), (2.1, Answer.MET)]
)
def test_the_pga_is_stated_once_so_two_itself_is_not_included(value: float, answer: Answer) -> None:
    assert answer_of(Quantity.PGA, eligibility(SETTLED, replace(GOOD, pga=vas(value)))).answer is (
        answer
    )


@pytest.mark.parametrize(
    ("age", "answer"),
    [(17, Answer.NOT_MET), (18, Answer.MET), (89, Answer.MET), (90, Answer.NOT_MET)],
)
def test_each_boundary_of_the_age(age: int, answer: Answer) -> None:
    found = eligibility(SETTLED, replace(GOOD, age_years=age))
    assert answer_of(Quantity.AGE_YEARS, found).answer is answer


@pytest.mark.parametrize("pga", [None, vas(0), vas(9), PgaScore(4, PgaScale.LIKERT_0_4)])
def test_without_a_pga_scale_no_patient_is_eligible(pga: PgaScore | None) -> None:
    found = eligibility(TRIAL, replace(GOOD, pga=pga))
    assert found.verdict is Verdict.UNDETERMINED
    assert answer_of(Quantity.PGA, found).reason.startswith(SILENT)


def test_an_unset_scale_does_not_hide_that_another_criterion_fails() -> None:
    found = eligibility(TRIAL, replace(GOOD, cdasi_activity=3))
    assert found.verdict is Verdict.NOT_ELIGIBLE
    assert "CDASI activity 3: excluded" in found.describe()
    assert "PGA" not in found.describe()


def test_without_a_bsa_convention_no_bsa_is_compared() -> None:
    question = OpenQuestion("settings.bsa_convention", "?", "?")
    silent = replace(
        SETTLED,
        settings=replace(SETTLED.settings, bsa_convention=Sourced(None, "registry")),
        open_questions=(*SETTLED.open_questions, question),
    )
    one = answer_of(Quantity.BSA_PERCENT, eligibility(silent, GOOD))
    assert one.reason == f"{SILENT} on what a handprint is worth"


def test_only_a_signed_bsa_decides_and_a_measured_one_says_where_it_probably_lies() -> None:
    found = eligibility(SETTLED, replace(GOOD, bsa=None, measured_bsa=bsa(5)))
    one = answer_of(Quantity.BSA_PERCENT, found)
    assert found.verdict is Verdict.UNDETERMINED
    assert one.reason == (
        "undetermined: BSA 5 % is measured and not signed; "
        "P(BSA > 1 %) above 0.99, P(BSA < 20 %) above 0.99"
    )
    both = eligibility(SETTLED, replace(GOOD, bsa=bsa(25), measured_bsa=bsa(5)))
    assert both.verdict is Verdict.NOT_ELIGIBLE


def test_nothing_signed_is_undetermined_and_not_silent() -> None:
    found = eligibility(SETTLED, Screening())
    assert found.verdict is Verdict.UNDETERMINED
    assert all(reason.startswith("undetermined: no ") for reason in found.reasons)


def test_probabilities_at_the_bounds() -> None:
    at_one = answer_of(Quantity.BSA_PERCENT, eligibility(SETTLED, replace(GOOD, bsa=bsa(1))))
    assert [round(odd.probability, 3) for odd in at_one.probabilities] == [0.5, 1.0]
    near = answer_of(Quantity.BSA_PERCENT, eligibility(SETTLED, replace(GOOD, bsa=bsa(18))))
    # ln(20 / 18) / 0.2 = 0.527 standard deviations: 70 % of a normal distribution lie below.
    assert "P(BSA < 20 %) = 0.70" in near.reason


percents = st.floats(0.01, 100)
spreads = st.floats(0.01, 1.0)


@settings(deadline=None)
@given(percents, spreads, st.integers(1, 100_000_000))
def test_the_two_sides_of_a_bound_make_one(percent: float, sd: float, millionths: int) -> None:
    estimate, bound = bsa(percent, sd), millionths / 1_000_000
    above, below = (bound_from(f"{sign} {bound:.6f}") for sign in "><")
    assert probability_of(estimate, above) + probability_of(estimate, below) == pytest.approx(1)
    assert 0 <= probability_of(estimate, above) <= 1


def test_a_bound_of_nothing_asks_whether_there_is_any() -> None:
    assert probability_of(bsa(0.1), bound_from("> 0")) == 1
    assert probability_of(bsa(0), bound_from("> 0")) == 0


@settings(deadline=None)
@given(percents, spreads)
def test_a_certainty_only_ever_takes_answers_back(percent: float, sd: float) -> None:
    asked = replace(GOOD, bsa=bsa(percent, sd))
    plain = answer_of(Quantity.BSA_PERCENT, eligibility(SETTLED, asked))
    strict = answer_of(Quantity.BSA_PERCENT, eligibility(settled(certainty=0.9), asked))
    assert strict.answer in (plain.answer, Answer.UNDETERMINED)
    if strict.answer is Answer.MET:
        assert all(odd.probability >= 0.9 for odd in strict.probabilities)


def test_a_bsa_too_near_its_bound_is_undetermined_where_the_study_asks_for_certainty() -> None:
    sure = settled(certainty=0.9)
    near = answer_of(Quantity.BSA_PERCENT, eligibility(sure, replace(GOOD, bsa=bsa(1.1))))
    assert near.answer is Answer.UNDETERMINED
    assert "is met with probability 0.68, the study asks for 0.9" in near.reason
    assert not near.reason.startswith(SILENT)
    below = answer_of(Quantity.BSA_PERCENT, eligibility(sure, replace(GOOD, bsa=bsa(0.95))))
    assert "is not met with probability 0.60" in below.reason
    assert eligibility(sure, GOOD).verdict is Verdict.ELIGIBLE


def test_values_of_another_convention_or_scale_are_refused() -> None:
    adjusted = bsa(5, convention=Convention.ADJUSTED)
    for values in ({"bsa": adjusted}, {"bsa": None, "measured_bsa": adjusted}):
        with pytest.raises(ValueError, match="convention is protocol, got adjusted"):
            eligibility(SETTLED, replace(GOOD, **values))
    with pytest.raises(ValueError, match="PGA scale is vas_0_10, got likert_0_4"):
        eligibility(SETTLED, replace(GOOD, pga=PgaScore(3, PgaScale.LIKERT_0_4)))


@pytest.mark.parametrize("values", [{"cdasi_activity": 101}, {"age_years": -1}])
def test_impossible_values_are_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="must be 0 to"):
        replace(GOOD, **values)


def test_a_protocol_without_rules_admits_nobody() -> None:
    bare = replace(
        SETTLED,
        eligibility=(),
        discordance=(),
        open_questions=tuple(q for q in SETTLED.open_questions if "eligibility" not in q.about),
    )
    assert eligibility(bare, GOOD).verdict is Verdict.UNDETERMINED
