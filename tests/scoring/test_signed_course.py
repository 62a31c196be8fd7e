from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from lesionscope.core.cdasi import ITEMS
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.people import Visit
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.study_settings import PgaScale, PgaScore
from lesionscope.core.trial import place_visits
from lesionscope.exchange.protocol_file import shipped_protocol
from lesionscope.scoring.signed_course import SignedValues, screening_of, signed_course

PROTOCOL = shipped_protocol("nct06857240")
DAY0 = date(2026, 3, 2)
VISITS = (
    Visit(1, 1, DAY0, "Baseline"),
    Visit(2, 1, DAY0 + timedelta(days=30), "Week 4"),
    Visit(3, 1, DAY0 + timedelta(days=45), "Extra"),
)
ON_A_LINE = replace(
    PROTOCOL.settings, pga_scale=replace(PROTOCOL.settings.pga_scale, value=PgaScale.VAS_0_10)
)


def bsa(percent: float, convention: Convention = Convention.PROTOCOL) -> BsaEstimate:
    interval = Interval(percent / 2, percent * 2)
    return BsaEstimate(percent, interval, convention, CalibrationSource.HANDPRINT)


def reading(
    percent: float, convention: Convention = Convention.PROTOCOL, *, whole: bool = True
) -> Reading:
    answers = {item.key: 0 for item in (ITEMS if whole else ITEMS[:3])}
    return Reading(
        1, 1, 1, "Ana", datetime(2026, 3, 2, tzinfo=UTC), Meaning.AUTHORSHIP, answers,
        dict.fromkeys(answers, AnswerOrigin.ENTERED), bsa(percent, convention), (), False, "0" * 64,
    )  # fmt: skip


def test_only_planned_visits_that_were_held_are_in_the_course() -> None:
    placed = place_visits(PROTOCOL.visits, VISITS, today=DAY0 + timedelta(days=400))
    values = {
        1: SignedValues(reading(10), PgaScore(6, PgaScale.VAS_0_10)),
        2: SignedValues(reading(4, whole=False)),
        3: SignedValues(reading(1)),
    }
    course = signed_course("P-1", placed, values, ON_A_LINE)
    assert [(one.visit, one.day) for one in course.visits] == [("baseline", 0), ("week_4", 30)]
    first, second = course.visits
    assert (first.cdasi_activity, first.bsa, first.pga) == (
        0,
        bsa(10),
        PgaScore(6, PgaScale.VAS_0_10),
    )
    assert (second.cdasi_activity, second.bsa, second.pga) == (None, bsa(4), None)


def test_a_visit_that_nobody_signed_has_no_value() -> None:
    placed = place_visits(PROTOCOL.visits, VISITS, today=DAY0)
    course = signed_course("P-1", placed, {}, PROTOCOL.settings)
    assert {(v.cdasi_activity, v.bsa, v.pga) for v in course.visits} == {(None, None, None)}


def test_without_a_baseline_there_is_no_day_to_count_from() -> None:
    placed = place_visits(PROTOCOL.visits, VISITS[1:], today=DAY0)
    assert signed_course("P-1", placed, {}, PROTOCOL.settings).visits == ()


@pytest.mark.parametrize("scale", [None, PgaScale.LIKERT_0_4])
def test_a_pga_on_another_scale_is_left_out(scale: PgaScale | None) -> None:
    values = SignedValues(None, PgaScore(6, PgaScale.VAS_0_10))
    settings = replace(ON_A_LINE, pga_scale=replace(ON_A_LINE.pga_scale, value=scale))
    assert screening_of(settings, values).pga is None
    assert screening_of(ON_A_LINE, values).pga == values.pga


def test_an_area_under_another_convention_is_left_out() -> None:
    signed = SignedValues(reading(5, Convention.ADJUSTED))
    asked = screening_of(ON_A_LINE, signed, measured_bsa=bsa(5, Convention.SURFACE), age_years=40)
    assert (asked.bsa, asked.measured_bsa, asked.age_years) == (None, None, 40)
    assert screening_of(ON_A_LINE, SignedValues(reading(5)), measured_bsa=bsa(6)).bsa == bsa(5)
