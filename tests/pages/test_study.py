from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from lesionscope.core.cdasi import ITEMS
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.patient_event import EventKind
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.trial import NOT_PLANNED
from lesionscope.exchange.protocol_file import shipped_document
from lesionscope.pages import session
from lesionscope.scoring.eligibility import Answer
from tests.pages.conftest import PASSWORD, Clinic, Open, said

SHIPPED = shipped_document("nct06857240")
PATIENTS, ONE, RESPONSE, PROTOCOL = session.STUDY_PARTS
RULE = b"""response:
  - {id: r, quantity: cdasi_activity, visit: week_4, drop: ">= 4", source: proposal}
"""


def with_rule() -> bytes:
    """Return the example with a rule for responders instead of the open question."""
    text = SHIPPED.replace(b"response: []\n", RULE)
    start = text.index(b"  - about: response")
    return text[:start] + text[text.index(b"  - about: treatment.applications") :]


def sign(clinic: Clinic, visit_id: int, activity: int, percent: float) -> None:
    """Sign a whole form of this activity, and this area with an interval of a third."""
    answers = {item.key: 0 for item in ITEMS}
    for key in [i.key for i in ITEMS if i.key.endswith("erosion")]:
        if activity:
            answers[key], activity = 1, activity - 1
    clinic.store.sign(
        clinic.owner,
        visit_id,
        PASSWORD,
        answers=answers,
        origins=dict.fromkeys(answers, AnswerOrigin.ENTERED),
        bsa=BsaEstimate(
            percent,
            Interval(percent / 1.3, percent * 1.3),
            Convention.PROTOCOL,
            CalibrationSource.HANDPRINT,
        ),
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[],
        suggestions_shown=False,
    )


@pytest.fixture
def open_part(clinic: Clinic, open_app: Open) -> Open:
    def opened(part: str, reader: Reader | None = None) -> AppTest:
        place = {
            session.PATIENT: clinic.patient_id,
            session.VISIT: clinic.visit_id,
            session.STUDY_PART: part,
        }
        app = open_app("study", reader or clinic.owner, **place)
        assert not app.exception
        return app

    return opened


@pytest.fixture
def study(clinic: Clinic) -> Clinic:
    clinic.store.set_protocol(clinic.owner, SHIPPED)
    return clinic


def test_without_a_protocol_the_example_can_be_set(clinic: Clinic, open_part: Open) -> None:
    app = open_part(PATIENTS)
    assert "No protocol is set yet" in said(app)
    next(b for b in app.button if b.label.startswith("Set as the protocol")).click().run()
    assert not app.exception
    stored = clinic.store.protocols(clinic.owner)
    assert [one.document.encode() for one in stored] == [SHIPPED]
    assert "NCT06857240 is the protocol of this study now." in said(app)


def test_every_fault_of_a_file_is_named_with_its_line(study: Clinic, open_part: Open) -> None:
    app = open_part(PROTOCOL)
    app.segmented_control(key="protocol_origin").set_value("A file").run()
    bad = SHIPPED.replace(b"day: 28", b"day: four weeks")
    bad = bad.replace(b"readers: {value: 2,", b"readers: {value: two,")
    app.file_uploader[0].upload("mine.yaml", bad).run()
    assert not app.exception
    lines = bad.decode().splitlines()
    shown = app.table[0].value
    assert len(shown) == 2
    for row in shown.itertuples():
        assert f"`{lines[int(row.Line) - 1].strip()}`" == row[4]
    assert f"The file was refused: {len(shown)} faults" in said(app)
    assert len(study.store.protocols(study.owner)) == 1


def test_another_protocol_is_set_with_a_reason_and_its_difference(
    study: Clinic, open_part: Open
) -> None:
    app = open_part(PROTOCOL)
    app.segmented_control(key="protocol_origin").set_value("A file").run()
    app.file_uploader[0].upload("mine.yaml", SHIPPED.replace(b"day: 28", b"day: 30")).run()
    assert "-  day: 28\n+  day: 30" in app.code[0].value
    button = next(b for b in app.button if b.label.startswith("Set as the protocol"))
    button.click().run()
    assert "A protocol that supersedes another needs a reason." in said(app)
    app.text_input(key="protocol_reason").set_value("amendment 1")
    next(b for b in app.button if b.label.startswith("Set as the protocol")).click().run()
    assert [p.reason for p in study.store.protocols(study.owner)] == ["", "amendment 1"]


def test_a_clinician_sees_the_protocol_and_sets_none(
    study: Clinic, reader_with: Callable[[Role], Reader], open_part: Open
) -> None:
    app = open_part(PROTOCOL, reader_with(Role.CLINICIAN))
    assert "The owner or the data manager sets the protocol." in said(app)
    assert not app.file_uploader
    assert "What the protocol text leaves open: 9" in [e.label for e in app.expander]


def test_all_patients_are_put_against_the_schedule(study: Clinic, open_part: Open) -> None:
    visit = study.store.visit(study.owner, study.visit_id)
    study.store.add_visit(study.owner, study.patient_id, visit.day + timedelta(38), "Week 4")
    table = open_part(PATIENTS).dataframe[0].value
    row = table.iloc[0]
    assert row["Baseline"] == "in window, day 0"
    assert row["Week 4"] == "3 days late"
    assert row["Week 8"] == "missing"
    assert row["Eligibility by what is signed"] == "undetermined: 9 of 9 criteria open"


def test_a_measured_area_shows_its_probabilities_and_decides_nothing(
    study: Clinic, open_part: Open
) -> None:
    text = said(open_part(ONE))
    assert "BSA 2 % is measured and not signed; P(BSA > 1 %) above 0.99, P(BSA < 20 %)" in text
    assert "Undetermined: the protocol text is silent on the scale of the PGA" in text
    assert "9 of 9 criteria open" in text


@pytest.mark.parametrize(
    ("percent", "said_of_it"),
    [
        (1.0, "Undetermined: the protocol text is silent at BSA 1 %"),
        (0.9, "BSA 0.9 %: excluded"),
    ],
)
def test_a_signed_area_is_placed_as_the_text_says(
    study: Clinic, open_part: Open, percent: float, said_of_it: str
) -> None:
    sign(study, study.visit_id, 5, percent)
    text = said(open_part(ONE))
    assert said_of_it in text
    assert "P(BSA > 1 %)" in text
    assert "CDASI activity 5: excluded" in text


def test_age_and_checks_are_kept_from_the_page(study: Clinic, open_part: Open) -> None:
    app = open_part(ONE)
    patient = study.patient_id
    app.number_input(key=f"age.{patient}").set_value(47)
    form = next(b for b in app.form_submit_button if b.form_id == f"age_form.{patient}")
    form.click().run()
    app.radio(key=f"check.{patient}.biopsy").set_value(Answer.MET)
    app.text_input(key=f"check_reason.{patient}.biopsy").set_value("report of 2024")
    form = next(b for b in app.form_submit_button if b.form_id == f"check_form.{patient}.biopsy")
    form.click().run()
    assert not app.exception
    found = study.store.study_patient(study.owner, patient)
    assert found.age is not None
    assert found.age.years == 47
    assert found.checks["biopsy"].reason == "report of 2024"
    assert "Met by Owner of the record" in said(app)


def test_a_visit_is_given_to_another_planned_one(study: Clinic, open_part: Open) -> None:
    extra = study.store.add_visit(study.owner, study.patient_id, date(2026, 2, 12), "Extra")
    app = open_part(ONE)
    assert "in window, day 28" in said(app)
    app.selectbox(key=f"planned.{extra.id}").set_value(NOT_PLANNED)
    app.text_input(key=f"planned_reason.{extra.id}").set_value("a flare")
    form = next(b for b in app.form_submit_button if b.form_id == f"planned_form.{extra.id}")
    form.click().run()
    assert not app.exception
    assert "unscheduled" in said(app)
    assert study.store.study_patient(study.owner, study.patient_id).chosen == {
        extra.id: NOT_PLANNED
    }


def test_events_are_recorded_and_withdrawn(study: Clinic, open_part: Open) -> None:
    app = open_part(ONE)
    app.date_input(key="event_day").set_value(date(2026, 1, 20))
    app.selectbox(key="event_kind").set_value(EventKind.FLARE)
    app.text_input(key="event_words").set_value("face, after the sea")
    next(b for b in app.form_submit_button if b.form_id == "new_event").click().run()
    (event,) = study.store.patient_events(study.owner, study.patient_id)
    assert (event.kind, event.words) == (EventKind.FLARE, "face, after the sea")
    app.text_input(key=f"event_reason.{event.id}").set_value("mistaken")
    app.button(key=f"event_gone.{event.id}").click().run()
    assert study.store.patient_events(study.owner, study.patient_id) == []
    assert "Withdrawn: mistaken." in said(app)


@pytest.mark.parametrize(("percent", "warned"), [(13.9, False), (21.0, True)])
def test_cream_is_a_range_with_a_warning_from_14_percent(
    study: Clinic, open_part: Open, percent: float, warned: bool
) -> None:
    sign(study, study.visit_id, 8, percent)
    app = open_part(ONE)
    warnings = "\n".join(w.value for w in app.warning)
    assert ("the amount comes near its limits" in warnings) == warned
    assert ("is over the 20 % allowed" in warnings) == (percent == 21.0)
    day = next(m.value for m in app.metric if m.label == "A day")
    low, high = (2 * percent * per for per in (40.2 * 0.43 / 100, 0.25))
    words = [f"{grams:.0f}" if grams >= 10 else f"{grams:.1f}" for grams in (low, high)]
    assert day == f"{words[0]} to {words[1]} g"
    assert "not a prescription" in said(app)


def test_nobody_is_called_a_responder_where_the_text_is_silent(
    study: Clinic, open_part: Open
) -> None:
    text = said(open_part(RESPONSE))
    assert "Responders are undetermined: the protocol text is silent." in text
    assert "No CDASI activity is signed yet." in text


def test_responders_and_changes_by_the_rule(clinic: Clinic, open_part: Open) -> None:
    clinic.store.set_protocol(clinic.owner, with_rule())
    visit = clinic.store.visit(clinic.owner, clinic.visit_id)
    week_4 = clinic.store.add_visit(
        clinic.owner, clinic.patient_id, visit.day + timedelta(28), "Week 4"
    )
    sign(clinic, clinic.visit_id, 9, 10)
    sign(clinic, week_4.id, 4, 4)
    clinic.store.add_patient(clinic.owner, "DM-002")
    app = open_part(RESPONSE)
    assert next(m.value for m in app.metric if m.label == "Responders at Week 4") == "1 of 1"
    assert "1 of 2 not known" in said(app)
    table = app.dataframe[0].value
    assert table.loc[0, "Patients with both values"] == "1 of 2"
    assert table.loc[0, "Mean change"] == -5
    app.segmented_control(key="response_quantity").set_value("bsa_percent").run()
    assert not app.exception
    assert app.dataframe[0].value.loc[0, "Mean change"] == -6


def test_a_monitor_reads_and_changes_nothing(
    study: Clinic, reader_with: Callable[[Role], Reader], open_part: Open
) -> None:
    app = open_part(ONE, reader_with(Role.MONITOR))
    assert not app.form_submit_button
    assert not app.radio


def test_an_adjudicator_has_neither_page(
    study: Clinic, reader_with: Callable[[Role], Reader], open_app: Open
) -> None:
    for page in ("study", "shots"):
        with pytest.raises(ValueError, match="Could not find a navigation page"):
            open_app(page, reader_with(Role.ADJUDICATOR))
