from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.catalogue import instruments
from lesionscope.core.cdasi import Part, items_of
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.plain_record import PlainVisit
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.exchange.plain_record_csv import read_plain_record, write_plain_record
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.store import Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

PASSWORD = "correct horse battery"
SHA256 = "0" * 64
DAY = date(2026, 1, 10)
ACTIVITY = ("cdasi", "activity")


def lines(value: float = 23) -> list[PlainVisit]:
    return [
        PlainVisit(2, "P-01", "Screening", DAY, {ACTIVITY: value}, {"cdasi": "Dr Before"}),
        PlainVisit(3, "P-50", "Baseline", DAY, {("itch_nrs", "itch"): 4}),
        PlainVisit(4, "P-51"),
    ]


def bring(clinic: Clinic, found: list[PlainVisit], reason: str = "") -> None:
    clinic.store.import_plain_record(
        clinic.owner, found, file="old.csv", sha256=SHA256, reason=reason
    )


def test_patients_visits_and_scores_come_in_by_one_act(clinic: Clinic) -> None:
    plan = clinic.store.plan_import(clinic.owner, lines())
    assert (plan.new_patients, plan.new_visits, plan.new_scores) == (2, 2, 2)
    assert len(clinic.store.patients(clinic.owner)) == 1
    before = clinic.store.events(clinic.owner)[0].id
    bring(clinic, lines())
    event = clinic.store.events(clinic.owner)[0]
    assert (event.id, event.act) == (before + 1, "import")
    assert (event.detail["file"], event.detail["sha256"]) == ("old.csv", SHA256)
    listed = [line.patient.pseudonym for line in clinic.store.patients(clinic.owner)]
    assert listed == ["P-01", "P-50", "P-51"]
    visits = clinic.store.visits(clinic.owner, clinic.patient.id)
    assert [visit.label for visit in visits] == ["Screening", "Baseline"]
    (score,) = clinic.store.imported_scores(clinic.owner, visits[0].id)
    assert (score.value, score.rater, score.line) == (23, "Dr Before", 2)
    assert clinic.store.current_reading(clinic.owner, visits[0].id) is None
    assert clinic.store.verify() == []


def test_nothing_comes_in_when_one_line_cannot(clinic: Clinic, store_is_whole: None) -> None:
    sign_activity(clinic)
    bad = PlainVisit(5, "p-01", "Baseline", date(2026, 2, 27), {ACTIVITY: 12})
    plan = clinic.store.plan_import(clinic.owner, [*lines(), bad])
    assert [fault.describe() for fault in plan.faults] == [
        "line 5, cdasi: was signed here for this visit; what was signed stands"
    ]
    assert [line.line for line in plan.visits] == [2, 3, 4]
    before = clinic.store.head()
    with pytest.raises(ValueError, match=r"line 5, cdasi: .* nothing was imported"):
        bring(clinic, [*lines(), bad])
    assert clinic.store.head() == before
    assert len(clinic.store.patients(clinic.owner)) == 1


@pytest.fixture
def store_is_whole(clinic: Clinic) -> object:
    yield
    assert clinic.store.verify() == []


def sign_activity(clinic: Clinic) -> None:
    clinic.store.sign(
        clinic.clinician,
        clinic.visit.id,
        PASSWORD,
        answers={"malar.erythema": 2},
        origins={"malar.erythema": AnswerOrigin.ENTERED},
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
    )


def test_the_same_file_again_adds_nothing(clinic: Clinic) -> None:
    bring(clinic, lines())
    plan = clinic.store.plan_import(clinic.owner, lines())
    assert plan.adds_nothing
    assert plan.known_scores == 2
    with pytest.raises(ValueError, match="has all of this already"):
        bring(clinic, lines())


def test_another_value_needs_a_reason_and_the_newest_counts(clinic: Clinic) -> None:
    bring(clinic, lines())
    plan = clinic.store.plan_import(clinic.owner, lines(24))
    assert plan.changed == ("line 2, cdasi.activity of P-01, Screening: 23 becomes 24",)
    with pytest.raises(ValueError, match="needs a reason"):
        bring(clinic, lines(24))
    bring(clinic, lines(24), "typing error in the spreadsheet")
    visit = clinic.store.visits(clinic.owner, clinic.patient.id)[0]
    (score,) = clinic.store.imported_scores(clinic.owner, visit.id)
    assert score.value == 24
    event = clinic.store.events(clinic.owner)[0]
    assert event.detail["reason"] == "typing error in the spreadsheet"
    assert clinic.store.verify() == []


def sign_area(clinic: Clinic, visit_id: int) -> None:
    area = BsaEstimate(
        5.0, Interval(4.0, 6.0, 0.9), Convention.PROTOCOL, CalibrationSource.HANDPRINT
    )
    clinic.store.sign(
        clinic.clinician,
        visit_id,
        PASSWORD,
        answers={},
        origins={},
        bsa=area,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
    )


def test_a_reading_of_the_body_surface_alone_takes_no_imported_total_away(clinic: Clinic) -> None:
    bring(clinic, lines())
    visit = clinic.store.visits(clinic.owner, clinic.patient.id)[0]
    sign_area(clinic, visit.id)
    out = {(line.patient, line.visit): line for line in clinic.store.plain_record(clinic.owner)}
    kept = out["P-01", "Screening"]
    assert (kept.scores, kept.raters) == ({ACTIVITY: 23}, {"cdasi": "Dr Before"})
    # Nobody signed a CDASI there: a total may come in still.
    sign_area(clinic, clinic.visit.id)
    late = PlainVisit(2, "P-01", "Baseline", date(2026, 2, 27), {ACTIVITY: 12})
    assert clinic.store.plan_import(clinic.owner, [late]).faults == ()


def test_an_amendment_of_the_protocol_takes_no_signed_score_away(clinic: Clinic) -> None:
    old = PlainVisit(2, "P-01", "Baseline", date(2026, 2, 27), {("itch_nrs", "itch"): 3})
    bring(clinic, [replace(old, raters={"itch_nrs": "Dr Before"})])
    clinic.store.sign_form(
        clinic.clinician, clinic.visit.id, PASSWORD, instrument_id="itch_nrs", answers={"itch": 6}
    )
    on_a_line = shipped_document("nct06857240").replace(
        b"itch_visual_analogue: {value: false", b"itch_visual_analogue: {value: true"
    )
    clinic.store.set_protocol(clinic.owner, on_a_line)
    assert "itch_nrs" not in instruments(clinic.store.instrument_settings(clinic.owner))
    (out,) = clinic.store.plain_record(clinic.owner)
    assert out.scores == {("itch_nrs", "itch"): 6}
    assert out.raters == {"itch_nrs": clinic.clinician.full_name}
    known = clinic.store.instruments_so_far(clinic.owner)
    assert {"itch_nrs", "itch_vas"} <= set(known)
    assert read_plain_record(write_plain_record([out]), known).faults == ()


def test_a_later_file_cannot_contradict_a_total_that_came_in_before(clinic: Clinic) -> None:
    bring(clinic, lines())
    item = ("cdasi", "malar.erythema")
    later = [PlainVisit(2, "P-01", "Screening", DAY, {item: 2})]
    plan = clinic.store.plan_import(clinic.owner, later)
    assert [fault.describe() for fault in plan.faults] == [
        "line 2, cdasi.activity: the total came in before: 1 of 50 fields answered, no total; "
        "the file says 23"
    ]
    with pytest.raises(ValueError, match="nothing was imported"):
        bring(clinic, later)
    whole: dict[tuple[str, str], float | str] = {
        ("cdasi", one.key): int(one.key.endswith(".erythema")) for one in items_of(Part.ACTIVITY)
    }
    bring(clinic, [PlainVisit(2, "P-01", "Screening", DAY, {ACTIVITY: 16, **whole})], "items found")
    # The items stand now: a total alone must be theirs.
    (fault,) = clinic.store.plan_import(clinic.owner, lines(24)[:1]).faults
    assert fault.reason == "the items give 16, the file says 24"


def test_what_goes_out_comes_in_again_elsewhere(clinic: Clinic, tmp_path_factory: object) -> None:
    bring(clinic, lines())
    sign_activity(clinic)
    clinic.store.sign_form(
        clinic.clinician, clinic.visit.id, PASSWORD, instrument_id="itch_nrs", answers={"itch": 7}
    )
    out = clinic.store.plain_record(clinic.owner)
    table = write_plain_record(out)
    read = read_plain_record(table, instruments())
    assert read.faults == ()
    assert list(read.visits) == out
    by_visit = {(line.patient, line.visit): line for line in out}
    signed = by_visit["P-01", "Baseline"]
    assert signed.scores[("cdasi", "malar.erythema")] == 2
    assert ACTIVITY not in signed.scores  # incomplete: no total
    assert signed.scores[("itch_nrs", "itch")] == 7
    assert signed.raters["cdasi"] == clinic.clinician.full_name
    assert by_visit["P-01", "Screening"].scores == {ACTIVITY: 23}
    assert by_visit["P-51", ""].day is None
    home = tmp_path_factory.mktemp("elsewhere")  # type: ignore[attr-defined]
    with Store.open(home) as other:
        owner = other.create_owner("owner", "Person owner", PASSWORD)
        other.import_plain_record(owner, read.visits, file="a.csv", sha256=SHA256)
        assert other.plain_record(owner) == out
