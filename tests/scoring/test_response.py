import math
import statistics
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lesionscope.core.course import PatientCourse, ScoredVisit
from lesionscope.core.criterion import Quantity, ResponseRule, bound_from
from lesionscope.exchange.protocol_file import shipped_protocol
from lesionscope.scoring.response import change_summary, responder_counts, responds
from lesionscope.scoring.response_rows import spaghetti_rows, waterfall_rows

ACTIVITY = Quantity.CDASI_ACTIVITY
TRIAL = shipped_protocol("nct06857240")
POINTS = ResponseRule("points", ACTIVITY, "week_12", "proposal", drop=bound_from(">= 4"))
SHARE = ResponseRule("share", ACTIVITY, "week_12", "proposal", drop_percent=bound_from(">= 40"))
CLEAR = ResponseRule("clear", ACTIVITY, "week_12", "proposal", reaches=bound_from("<= 5"))
RULED = replace(TRIAL, response=(POINTS, SHARE, CLEAR))


def course(name: str, *totals: int | None) -> PatientCourse:
    """Return a patient scored at baseline, week 4, 8 and 12; None was held and left blank."""
    visits = zip(TRIAL.visits, totals, strict=False)
    scored = tuple(ScoredVisit(visit.id, visit.day, total) for visit, total in visits)
    return PatientCourse(name, scored)


@pytest.mark.parametrize(
    ("rule", "before", "after", "answer"),
    [
        (POINTS, 20, 16, True),
        (POINTS, 20, 17, False),
        (POINTS, 16, 20, False),
        (SHARE, 10, 6, True),
        (SHARE, 10, 7, False),
        (SHARE, 0, 0, None),
        (CLEAR, 20, 5, True),
        (CLEAR, 20, 6, False),
        (POINTS, None, 3, None),
        (POINTS, 20, None, None),
    ],
)
def test_each_edge_of_a_response(
    rule: ResponseRule, before: int | None, after: int | None, answer: bool | None
) -> None:
    assert responds(RULED, rule, course("P1", before, 0, 0, after)) is answer


@pytest.mark.parametrize("before", range(5, 101, 5))
def test_forty_percent_of_a_whole_number_is_reached_exactly(before: int) -> None:
    after = before * 6 // 10
    if before * 6 % 10 == 0:
        assert responds(RULED, SHARE, course("P1", before, 0, 0, after)) is True
        assert responds(RULED, SHARE, course("P1", before, 0, 0, after + 1)) is False


def test_all_conditions_of_a_rule_hold_together() -> None:
    both = replace(SHARE, reaches=bound_from("<= 5"))
    assert responds(RULED, both, course("P1", 10, 0, 0, 6)) is False
    assert responds(RULED, both, course("P1", 10, 0, 0, 5)) is True


PATIENTS = [
    course("P1", 20, 18, 15, 10),
    course("P2", 10, 10, 9, 9),
    course("P3", 30, 25, 28, 34),
    course("P4", 12, 11, 10),
    course("P5", 15, 12, 9, None),
    course("P6", 0, 0, 0, 0),
]


def test_a_summary_counts_who_has_both_values_and_names_the_others() -> None:
    found = change_summary(RULED, PATIENTS, quantity=ACTIVITY, visit="week_12")
    changes = [-10, -1, 4, 0]
    assert (found.patients, found.assessed, found.missing) == (6, 4, ("P4", "P5"))
    assert found.mean == statistics.mean(changes)
    assert found.median == statistics.median(changes)
    assert found.mean_interval is not None
    # Student's t for three degrees of freedom at 97.5 %: 3.182, as tabulated.
    reach = 3.182 * statistics.stdev(changes) / math.sqrt(4)
    assert found.mean_interval.high == pytest.approx(found.mean + reach, abs=0.01)
    assert found.mean_interval.low == pytest.approx(found.mean - reach, abs=0.01)
    assert found.describe() == (
        "CDASI activity at week_12: mean change -1.8 (-11.2 to +7.7), 4 of 6 patients"
    )


def test_a_summary_of_nobody_has_no_numbers() -> None:
    none = change_summary(RULED, [course("P1", 20)], quantity=ACTIVITY, visit="week_12")
    assert (none.mean, none.mean_interval, none.missing) == (None, None, ("P1",))
    assert none.describe() == "CDASI activity at week_12: no patient with both values"
    one = change_summary(RULED, PATIENTS[:1], quantity=ACTIVITY, visit="week_12")
    assert (one.mean, one.mean_interval) == (-10, None)


def test_the_interval_of_nobody_and_of_everybody_is_open_on_one_side() -> None:
    # One of one tail: 0.025 ** (1 / 2) = 0.158.
    everybody = [course("P1", 20, 0, 0, 2), course("P2", 20, 0, 0, 2)]
    nobody = [course("P1", 20, 0, 0, 20), course("P2", 20, 0, 0, 20)]
    share = responder_counts(RULED, everybody)[0].share
    none = responder_counts(RULED, nobody)[0].share
    assert share is not None
    assert none is not None
    assert (round(share.low, 3), share.high) == (0.158, 1)
    assert (none.low, round(none.high, 3)) == (0, 0.842)


def test_responders_are_counted_over_those_of_whom_it_can_be_said() -> None:
    points, share, clear = responder_counts(RULED, PATIENTS)
    assert (points.responders, points.assessed, points.unknown) == (("P1",), 4, ("P4", "P5"))
    assert points.share_all_counted == pytest.approx(1 / 6)
    # Clopper and Pearson for 1 of 4, as tabulated: 0.6 to 80.6 %.
    assert points.share is not None
    assert (round(points.share.low, 3), round(points.share.high, 3)) == (0.006, 0.806)
    assert points.describe() == "1 of 4 assessed (95 % interval 1 to 81 %); 2 of 6 not known"
    # A percentage of a baseline of 0 is unknown, not a failure.
    assert (share.assessed, share.unknown) == (3, ("P4", "P5", "P6"))
    assert clear.responders == ("P6",)


def test_a_protocol_without_a_rule_calls_nobody_a_responder() -> None:
    assert responder_counts(TRIAL, PATIENTS) == ()
    assert responder_counts(RULED, [])[0].share is None


def test_spaghetti_has_a_row_for_each_value_and_none_for_a_blank() -> None:
    rows = spaghetti_rows(PATIENTS, ACTIVITY)
    assert len(rows) == 4 * 4 + 3 + 3
    assert [(row.day, row.value) for row in rows if row.patient == "P5"] == [
        (0, 15),
        (28, 12),
        (56, 9),
    ]
    assert {row.low for row in rows} == {None}


def test_a_waterfall_falls() -> None:
    rows = waterfall_rows(RULED, PATIENTS, quantity=ACTIVITY, visit="week_12", rule=POINTS)
    assert [(row.rank, row.patient, row.change, row.responder) for row in rows] == [
        (1, "P3", 4, False),
        (2, "P6", 0, False),
        (3, "P2", -1, False),
        (4, "P1", -10, True),
    ]
    assert [row.change_percent for row in rows][1:] == [None, -10, -50]


@pytest.mark.parametrize("visit", ["baseline", "week_5"])
def test_a_change_needs_a_visit_after_the_baseline(visit: str) -> None:
    with pytest.raises(ValueError, match=r"visit"):
        waterfall_rows(RULED, PATIENTS, quantity=ACTIVITY, visit=visit)


totals = st.one_of(st.none(), st.integers(0, 100))


@settings(deadline=None)
@given(st.lists(st.tuples(totals, totals), max_size=20))
def test_rows_summary_and_counts_agree(pairs: list[tuple[int | None, int | None]]) -> None:
    patients = [course(f"P{n:02}", a, None, None, b) for n, (a, b) in enumerate(pairs)]
    rows = waterfall_rows(RULED, patients, quantity=ACTIVITY, visit="week_12", rule=POINTS)
    summary = change_summary(RULED, patients, quantity=ACTIVITY, visit="week_12")
    count = responder_counts(RULED, patients)[0]
    both = [(a, b) for a, b in pairs if a is not None and b is not None]
    assert len(rows) == summary.assessed == count.assessed == len(both)
    assert sum(row.responder is True for row in rows) == len(count.responders)
    assert len(count.responders) == sum(a - b >= 4 for a, b in both)
    assert [row.change for row in rows] == sorted((b - a for a, b in both), reverse=True)
    if both:
        assert summary.mean == pytest.approx(statistics.mean(b - a for a, b in both))
