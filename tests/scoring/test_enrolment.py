from __future__ import annotations

import pytest

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.study_settings import PgaScale, PgaScore
from lesionscope.exchange.protocol_file import protocol_from, shipped_document
from lesionscope.scoring.eligibility import Answer, Screening, Verdict, eligibility
from lesionscope.scoring.enrolment import enrolment

_TEXT = shipped_document("nct06857240").decode()
_OPEN = _TEXT.index("  - about: settings.pga_scale"), _TEXT.index("  - about: settings.severity")
PROTOCOL = protocol_from(
    (_TEXT[: _OPEN[0]] + _TEXT[_OPEN[1] :])
    .replace("pga_scale: {value: null,", "pga_scale: {value: vas_0_10,")
    .encode()
)
BSA = BsaEstimate(5, Interval(3, 8), Convention.PROTOCOL, CalibrationSource.HANDPRINT)
GOOD = Screening(bsa=BSA, cdasi_activity=20, pga=PgaScore(6, PgaScale.VAS_0_10), age_years=50)
ALL_MET = {check.id: (check.text, Answer.MET) for check in PROTOCOL.person_checks}


def verdict(screening: Screening, **changed: tuple[str, Answer] | None) -> Verdict:
    answered = {k: v for k, v in {**ALL_MET, **changed}.items() if v is not None}
    return enrolment(eligibility(PROTOCOL, screening), answered).verdict


def test_all_met_is_eligible() -> None:
    found = enrolment(eligibility(PROTOCOL, GOOD), ALL_MET)
    assert found.verdict is Verdict.ELIGIBLE
    assert found.describe() == "eligible: all 9 criteria met"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"biopsy": ("Skin biopsy", Answer.MET)}, Verdict.UNDETERMINED),  # worded otherwise
        ({"biopsy": None}, Verdict.UNDETERMINED),
        ({"biopsy": (ALL_MET["biopsy"][0], Answer.UNDETERMINED)}, Verdict.UNDETERMINED),
        ({"biopsy": (ALL_MET["biopsy"][0], Answer.NOT_MET)}, Verdict.NOT_ELIGIBLE),
    ],
)
def test_a_person_may_stand_in_the_way(
    changed: dict[str, tuple[str, Answer] | None], said: Verdict
) -> None:
    assert verdict(GOOD, **changed) is said


def test_no_person_makes_eligible_whom_the_values_exclude() -> None:
    assert verdict(Screening(age_years=17)) is Verdict.NOT_ELIGIBLE
    assert verdict(Screening(age_years=50)) is Verdict.UNDETERMINED


def test_the_open_criteria_are_counted() -> None:
    found = enrolment(eligibility(PROTOCOL, Screening(age_years=50)), {})
    assert found.describe() == "undetermined: 8 of 9 criteria open"
    refused = enrolment(eligibility(PROTOCOL, Screening(age_years=90)), {})
    assert refused.describe() == "not eligible: 1 of 9 criteria not met"
