from dataclasses import asdict

from lesionscope.core.course import PatientCourse, ScoredVisit
from lesionscope.core.criterion import Quantity
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.scoring.response_rows import spaghetti_rows


def test_a_row_of_a_bsa_carries_its_interval_and_is_tidy() -> None:
    area = BsaEstimate(5, Interval(3, 8), Convention.PROTOCOL, CalibrationSource.HANDPRINT)
    later = ScoredVisit("week_4", 27, bsa=area)
    first = ScoredVisit("baseline", 0, cdasi_activity=20)
    rows = spaghetti_rows([PatientCourse("P1", (later, first))], Quantity.BSA_PERCENT)
    assert [asdict(row) for row in rows] == [
        {
            "patient": "P1",
            "visit": "week_4",
            "quantity": "bsa_percent",
            "day": 27,
            "value": 5,
            "low": 3,
            "high": 8,
        }
    ]


def test_rows_come_in_the_order_of_days() -> None:
    visits = tuple(ScoredVisit(f"v{day}", day, cdasi_activity=day) for day in (56, 0, 28))
    rows = spaghetti_rows([PatientCourse("P1", visits)], Quantity.CDASI_ACTIVITY)
    assert [row.day for row in rows] == [0, 28, 56]
