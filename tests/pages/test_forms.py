from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from lesionscope.core.catalogue import instruments
from lesionscope.core.dssi import Region
from lesionscope.core.field import NOT_ASSESSABLE
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin
from lesionscope.pages import session
from tests.pages.conftest import PASSWORD, Clinic, Open, said
from tests.store.test_forms import PROTOCOL, scaled

ReaderWith = Callable[[Role], Reader]
DLQI = [field.key for field in instruments()["dlqi"].fields]


def at(open_visit: Open, instrument: str, reader: Reader | None = None) -> AppTest:
    app = open_visit("forms", reader)
    app.radio(key=session.FORM).set_value(instrument).run()
    assert not app.exception
    return app


def field(clinic: Clinic, instrument: str, name: str, correction_of: int = 0) -> str:
    return f"{session.FORM_ANSWER}.{clinic.visit_id}.{instrument}.{correction_of}.{name}"


def draft_of(clinic: Clinic, instrument: str, by: Reader | None = None) -> dict[str, object]:
    kept = clinic.store.form_drafts(by or clinic.owner, clinic.visit_id).get(instrument)
    return {} if kept is None else kept["answers"]


def sign(app: AppTest, reason: str = "", password: str = PASSWORD) -> AppTest:
    app.text_input(key="form_password").set_value(password)
    if reason:
        app.text_input(key="form_reason").set_value(reason)
    app.button(key="FormSubmitter:sign_form-Sign").click().run()
    assert not app.exception
    return app


def fill_dlqi(app: AppTest, clinic: Clinic, level: int) -> AppTest:
    for key in DLQI:
        app.get_by_key(field(clinic, "dlqi", key)).set_value(level).run()
    return app


@pytest.mark.parametrize("instrument", [name for name in instruments() if name != "cdasi"])
def test_every_instrument_has_its_page(clinic: Clinic, open_visit: Open, instrument: str) -> None:
    app = at(open_visit, instrument)
    one = instruments()[instrument]
    text = said(app)
    assert str(one.citation) in text
    for fact in one.facts:
        assert fact.statement in text
    if one.rights:
        assert one.rights in text
    for asked in one.fields:
        assert asked.help in text


def test_an_answer_survives_a_reload_and_is_no_total_yet(clinic: Clinic, open_visit: Open) -> None:
    app = at(open_visit, "dlqi")
    app.get_by_key(field(clinic, "dlqi", "sport")).set_value(2).run()
    assert draft_of(clinic, "dlqi") == {"sport": 2}
    again = at(open_visit, "dlqi")
    assert again.get_by_key(field(clinic, "dlqi", "sport")).value == 2
    assert "1 of 10 fields answered, no total" in said(again)
    again.get_by_key(field(clinic, "dlqi", "sport")).set_value(None).run()
    assert draft_of(clinic, "dlqi") == {}


def test_a_form_is_filled_signed_and_superseded_with_a_reason(
    clinic: Clinic, open_visit: Open
) -> None:
    app = fill_dlqi(at(open_visit, "dlqi"), clinic, 1)
    assert "### 10 of 30" in said(app)
    assert "**moderate** (Effect on life, Hongbo 2005)" in said(app)
    sign(app)
    first = clinic.store.current_form(clinic.owner, clinic.visit_id, "dlqi")
    assert first is not None
    assert first.value("dlqi") == 10
    assert "Owner of the record" in said(app)
    next(b for b in app.button if b.label == "Correct this form").click().run()
    app.get_by_key(field(clinic, "dlqi", "sport", first.id)).set_value(3).run()
    sign(app)
    assert "needs a reason" in said(app)
    sign(app, "misread the paper")
    forms = clinic.store.forms(clinic.owner, clinic.visit_id)
    assert [form.value("dlqi") for form in forms] == [10, 12]
    text = said(app)
    assert "### 12 of 30" in text
    assert "misread the paper" in text
    both = next(t.value for t in app.dataframe if "Replaced by" in t.value)
    assert both.iloc[0]["Question"] == "6. Sport"
    assert (both.iloc[0]["Answer"], both.iloc[0]["Replaced by"]) == ("1 a little", "3 very much")


def test_a_wrong_password_signs_nothing_and_keeps_the_draft(
    clinic: Clinic, open_visit: Open
) -> None:
    app = fill_dlqi(at(open_visit, "dlqi"), clinic, 0)
    sign(app, password="not my password")
    assert clinic.store.forms(clinic.owner, clinic.visit_id) == []
    assert app.warning
    assert len(draft_of(clinic, "dlqi")) == 10


def test_areas_are_proposed_and_no_answer_until_confirmed(clinic: Clinic, open_visit: Open) -> None:
    app = at(open_visit, "dssi")
    text = said(app)
    assert "Measured, proposed 2: 11 % of the region" in text
    assert "one side only: Arm" in text
    assert "No measured photo shows this region" in text
    assert draft_of(clinic, "dssi") == {}
    app.button(key=field(clinic, "dssi", "upper_extremities.area.confirm")).click().run()
    assert draft_of(clinic, "dssi") == {"upper_extremities.area": 2}
    assert "· confirmed" in said(app)
    app.get_by_key(field(clinic, "dssi", "upper_extremities.area")).set_value(3).run()
    assert "· overridden" in said(app)


def test_a_signed_area_names_the_measurements_it_rests_on(clinic: Clinic, open_visit: Open) -> None:
    app = at(open_visit, "dssi")
    app.button(key=field(clinic, "dssi", "upper_extremities.area.confirm")).click().run()
    app.get_by_key("fill_form.0").click().run()
    assert "Look again" in said(app)  # an area, and every sign 0
    app.get_by_key(field(clinic, "dssi", "upper_extremities.redness")).set_value(2).run()
    assert "Look again" not in said(app)
    sign(app)
    form = clinic.store.current_form(clinic.owner, clinic.visit_id, "dssi")
    assert form is not None
    assert form.value("dssi") == 0.2 * 2 * 2
    assert form.origins["upper_extremities.area"] is AnswerOrigin.CONFIRMED
    assert form.origins["head.area"] is AnswerOrigin.ENTERED
    assert form.measurement_ids == (clinic.measurement.id,)


def test_not_assessable_is_no_zero(clinic: Clinic, open_visit: Open) -> None:
    app = at(open_visit, "catbm")
    app.get_by_key("fill_form.0").click().run()
    assert "### 0 of 17" in said(app)
    app.get_by_key(field(clinic, "catbm", "activity.livedo")).set_value(NOT_ASSESSABLE).run()
    assert "no total: 1 not assessable" in said(app)
    assert "### 0 of 11" in said(app)


def test_handprints_are_typed_and_may_be_unclear(clinic: Clinic, open_visit: Open) -> None:
    app = at(open_visit, "handprint_bsa")
    app.number_input(key=field(clinic, "handprint_bsa", "head_neck")).set_value(1.5).run()
    app.checkbox(key=field(clinic, "handprint_bsa", "genitalia.unclear")).check().run()
    assert draft_of(clinic, "handprint_bsa") == {"head_neck": 1.5, "genitalia": NOT_ASSESSABLE}
    app.checkbox(key=field(clinic, "handprint_bsa", "genitalia.unclear")).uncheck().run()
    assert draft_of(clinic, "handprint_bsa") == {"head_neck": 1.5}


def test_without_a_scale_no_pga_is_entered(clinic: Clinic, open_visit: Open) -> None:
    app = at(open_visit, "pga")
    assert "has not set the scale" in said(app)
    assert not app.text_input


def test_staff_copy_the_patients_answers_and_rate_nothing(
    clinic: Clinic, open_visit: Open, reader_with: ReaderWith
) -> None:
    staff = reader_with(Role.PHOTOGRAPHER)
    app = at(open_visit, "itch_nrs", staff)
    app.get_by_key(field(clinic, "itch_nrs", "itch")).set_value(7).run()
    assert "**above moderate** (Itch, Reich 2012)" in said(app)
    sign(app)
    form = clinic.store.current_form(staff, clinic.visit_id, "itch_nrs")
    assert form is not None
    assert form.reader_name == "The photographer"
    rated = at(open_visit, "dssi", staff)
    assert "may not sign a reading" in said(rated)
    assert not rated.text_input


def test_a_monitor_sees_forms_and_fills_none(
    clinic: Clinic, open_visit: Open, reader_with: ReaderWith
) -> None:
    answers = dict.fromkeys(DLQI, 1)
    clinic.store.sign_form(
        clinic.owner, clinic.visit_id, PASSWORD, instrument_id="dlqi", answers=answers
    )
    app = at(open_visit, "dlqi", reader_with(Role.MONITOR))
    assert "### 10 of 30" in said(app)
    assert not [b for b in app.button if b.label == "Correct this form"]
    assert "may not enter a form" in said(at(open_visit, "skindex29", reader_with(Role.MONITOR)))


def test_an_adjudicator_sees_no_form(
    clinic: Clinic, open_visit: Open, reader_with: ReaderWith
) -> None:
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        open_visit("forms", reader_with(Role.ADJUDICATOR))


def test_the_visit_lists_its_signed_forms(clinic: Clinic, open_visit: Open) -> None:
    answers = {f"{r.value}.{s}": 1 for r in Region for s in ("redness", "induration", "scaliness")}
    answers |= {f"{r.value}.area": 1 for r in Region}
    clinic.store.sign_form(
        clinic.owner, clinic.visit_id, PASSWORD, instrument_id="dssi", answers=answers
    )
    assert "**DSSI**: 3.0 of 72 · signed by Owner of the record" in said(open_visit("visit"))


@pytest.mark.parametrize(
    ("scale", "answer", "total"), [("vas_0_10", 6.5, "6.5 of 10"), ("likert_0_4", 3, "3 of 4")]
)
def test_the_protocol_sets_the_scale_and_asks_for_its_instruments(
    clinic: Clinic, open_visit: Open, scale: str, answer: float, total: str
) -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    clinic.store.set_protocol(clinic.owner, scaled(text, scale).encode())
    app = at(open_visit, "pga")
    assert "the protocol asks for it at this visit" in said(app)
    asked = instruments_asked(clinic)
    assert list(app.radio(key=session.FORM).options)[: len(asked)] == asked
    app.get_by_key(field(clinic, "pga", "skin_activity")).set_value(answer).run()
    assert f"### {total}" in said(app)
    sign(app)
    form = clinic.store.current_form(clinic.owner, clinic.visit_id, "pga")
    assert form is not None
    assert form.answers == {"skin_activity": answer}


def instruments_asked(clinic: Clinic) -> list[str]:
    """Return the names of what the protocol asks at the clinic's visit, as the page lists them."""
    settings = clinic.store.instrument_settings(clinic.owner)
    protocol = clinic.store.protocol(clinic.owner)
    assert protocol is not None
    return [
        f":material/event_available: {one.name}"
        for name, one in instruments(settings).items()
        if name in protocol.baseline.instruments and name != "cdasi"
    ]


def test_answers_on_a_scale_that_the_study_changed_are_left_out(
    clinic: Clinic, open_visit: Open
) -> None:
    text = PROTOCOL.read_text(encoding="utf-8")
    first = clinic.store.set_protocol(clinic.owner, scaled(text, "likert_0_4").encode())
    app = at(open_visit, "pga")
    app.get_by_key(field(clinic, "pga", "skin_activity")).set_value(3).run()
    clinic.store.set_protocol(
        clinic.owner, scaled(text, "vas_0_10").encode(), supersedes=first.id, reason="amended"
    )
    again = at(open_visit, "pga")
    assert "has changed the scale: 1 field." in said(again)
    assert "0 of 1 fields answered, no total" in said(again)
