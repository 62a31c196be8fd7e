from __future__ import annotations

from collections.abc import Callable

from streamlit.testing.v1 import AppTest

from lesionscope.core.cdasi import NOT_ASSESSABLE
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin
from lesionscope.pages.draft import GROUPS, Draft, draft_from
from tests.pages.conftest import Clinic, Open, said


def draft_of(clinic: Clinic) -> Draft:
    return draft_from(clinic.store.draft(clinic.owner, clinic.visit_id))


def at_arm(open_visit: Open) -> AppTest:
    return open_visit("score").radio[0].set_value("arm").run()


def test_a_suggestion_is_no_answer_until_confirmed(clinic: Clinic, open_visit: Open) -> None:
    app = at_arm(open_visit)
    assert not app.exception
    assert "a* +9.8, red (71%)" in said(app)
    assert "Not gradable: out of focus" in said(app)
    assert draft_of(clinic).answers == {}
    app.button(key=f"confirm.{clinic.visit_id}.arm.erythema").click().run()
    assert draft_of(clinic).answers == {"arm.erythema": 2}
    assert draft_of(clinic).origins == {"arm.erythema": AnswerOrigin.CONFIRMED}
    assert "· confirmed" in said(app)


def test_confirm_all_takes_what_is_suggested_and_nothing_else(
    clinic: Clinic, open_visit: Open
) -> None:
    at_arm(open_visit).button(key="confirm_location").click().run()
    assert draft_of(clinic).answers == {"arm.erythema": 2, "arm.scale": 0}


def test_another_level_overrides_and_survives_a_reload(clinic: Clinic, open_visit: Open) -> None:
    app = at_arm(open_visit)
    app.get_by_key(f"answer.{clinic.visit_id}.arm.erythema").set_value(1).run()
    assert draft_of(clinic).origins == {"arm.erythema": AnswerOrigin.OVERRIDDEN}
    again = at_arm(open_visit)
    assert again.get_by_key(f"answer.{clinic.visit_id}.arm.erythema").value == 1


def test_no_disease_answers_the_blank_fields_and_goes_on(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("score").radio[0].set_value("scalp").run()
    app.button(key="fill_location.0").click().run()
    assert draft_of(clinic).answers == {item.key: 0 for item in GROUPS["scalp"]}
    assert app.radio[0].value == "malar"


def test_no_disease_is_not_offered_over_disease(clinic: Clinic, open_visit: Open) -> None:
    app = at_arm(open_visit)
    app.button(key="confirm_location").click().run()
    assert app.button(key="fill_location.0").disabled
    app.button(key=f"fill_location.{NOT_ASSESSABLE}").click().run()
    assert draft_of(clinic).answers["arm.erythema"] == 2
    assert draft_of(clinic).answers["arm.calcinosis"] == NOT_ASSESSABLE


def test_clear_locations_are_answered_together(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("score")
    offered = app.get_by_key(f"clear.{clinic.visit_id}")
    assert "Arm" not in offered.options  # disease is suggested there
    offered.set_value(["scalp", "abdomen"])
    app.form_submit_button[0].click().run()
    keys = {item.key for group in ("scalp", "abdomen") for item in GROUPS[group]}
    assert draft_of(clinic).answers == dict.fromkeys(keys, 0)


def test_an_incomplete_form_has_no_total(clinic: Clinic, open_visit: Open) -> None:
    app = at_arm(open_visit)
    app.button(key="confirm_location").click().run()
    texts = [bar.text for bar in app.progress]
    assert texts[0] == "**Activity**: 2 of 50 fields answered, no total"
    assert texts[1] == "**Damage**: 0 of 31 fields answered, no total"


def test_hidden_suggestions_leave_answers_entered(clinic: Clinic, open_visit: Open) -> None:
    app = open_visit("score")
    assert draft_of(clinic).suggestions_shown  # they were on screen, and that is kept
    app.toggle[0].set_value(False).run()
    app.radio[0].set_value("arm").run()
    assert "a* +9.8" not in said(app)


def test_a_photographer_sees_no_form(
    clinic: Clinic, reader_with: Callable[[Role], Reader], open_app: Open
) -> None:
    app = open_app("patients", reader_with(Role.PHOTOGRAPHER))
    assert not app.exception
    try:
        app.switch_page("lesionscope/pages/score.py")
    except ValueError:
        return
    app.run()
    assert not app.radio
