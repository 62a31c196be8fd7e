from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lesionscope.core.catalogue import instruments
from lesionscope.core.dssi import TENTHS, Region
from lesionscope.core.field import NOT_ASSESSABLE
from lesionscope.core.form import StoredForm
from lesionscope.core.people import Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.store import NotAllowed, NotInRecord, SignInRefused

if TYPE_CHECKING:
    from lesionscope.core.people import Reader
    from tests.store.conftest import Clinic, Clock

PASSWORD = "correct horse battery"
PROTOCOL = Path(__file__).parents[2] / "lesionscope" / "protocols" / "nct06857240.yaml"
SIGNS = ("redness", "induration", "scaliness")
DSSI = {f"{r.value}.{s}": 1 for r in Region for s in (*SIGNS, "area")}
DLQI = {field.key: 1 for field in instruments()["dlqi"].fields}
DLQI["sport"] = 3


def sign(clinic: Clinic, by: Reader | None = None, **changes: Any) -> StoredForm:
    content: dict[str, Any] = {"instrument_id": "dlqi", "answers": DLQI, **changes}
    visit_id = content.pop("visit_id", clinic.visit.id)
    password = content.pop("password", PASSWORD)
    return clinic.store.sign_form(by or clinic.clinician, visit_id, password, **content)


def confirmed(clinic: Clinic, **changes: Any) -> StoredForm:
    """Sign a DSSI whose area of the head was proposed from the clinic's measurement."""
    origins = dict.fromkeys(DSSI, AnswerOrigin.ENTERED) | {"head.area": AnswerOrigin.CONFIRMED}
    content = {
        "instrument_id": "dssi",
        "answers": DSSI,
        "origins": origins,
        "measurement_ids": [clinic.measurement.id],
    }
    return sign(clinic, **(content | changes))


def test_a_form_comes_back_as_it_was_signed(clinic: Clinic, clock: Clock) -> None:
    signed = confirmed(clinic)
    found = clinic.store.current_form(clinic.owner, clinic.visit.id, "dssi")
    assert found is not None
    assert vars(found) == vars(signed)
    assert (found.reader_name, found.signed_at) == ("Person clinician", clock.now)
    assert (found.meaning, found.answers) == (Meaning.AUTHORSHIP, DSSI)
    assert found.origins["head.area"] is AnswerOrigin.CONFIRMED
    assert found.measurement_ids == (clinic.measurement.id,)
    assert found.value("dssi") == 3.0
    assert found.totals["dssi"].words == "3.0 of 72"
    assert list(found.asked) == [field.key for field in instruments()["dssi"].fields]
    asked = found.asked["trunk.area"]
    assert (asked.group, asked.label, asked.scale, asked.words) == (
        "Trunk", "Area involved", "0 to 6", "1 below 10 %",
    )  # fmt: skip
    assert clinic.store.verify() == []


def test_bands_are_signed_and_two_scores_are_kept_apart(clinic: Clinic) -> None:
    form = sign(clinic)
    assert form.value("dlqi") == 12
    assert form.totals["dlqi"].bands == {"Effect on life, Hongbo 2005": "very large"}
    assert form.value("dlqi_leisure") == 4
    assert len(form.totals) == 7


@pytest.mark.sqlite
def test_the_hash_covers_questions_answers_and_measurements(clinic: Clinic, tmp_path: Path) -> None:
    signed = confirmed(clinic)
    raw = sqlite3.connect(tmp_path / "home" / "record.sqlite")
    (text,) = raw.execute("SELECT content FROM forms").fetchone()
    raw.close()
    assert hashlib.sha256(text.encode()).hexdigest() == signed.content_sha256
    content = json.loads(text)
    assert content["instrument"] == {"id": "dssi", "name": "DSSI"}
    assert content["measurements"][0]["photo_sha256"] == clinic.photo.sha256
    assert content["visit"]["pseudonym"] == "P-01"
    assert content["asked"][0]["words"] == "1 slight"
    assert content["reader"]["role"] == "clinician"


def test_an_incomplete_form_is_signed_without_a_total(clinic: Clinic) -> None:
    answers = {key: DLQI[key] for key in list(DLQI)[:9]}
    form = sign(clinic, answers=answers)
    assert form.value("dlqi") is None
    assert form.totals["dlqi"].words == "9 of 10 fields answered, no total"
    assert form.asked["treatment"].words == ""
    unclear = sign(clinic, instrument_id="dssi", answers=DSSI | {"head.redness": NOT_ASSESSABLE})
    assert unclear.totals["dssi"].words == "no total: 1 not assessable"


def test_instruments_of_a_visit_are_signed_apart(clinic: Clinic) -> None:
    dlqi, dssi = sign(clinic), confirmed(clinic)
    assert [f.id for f in clinic.store.forms(clinic.owner, clinic.visit.id)] == [dlqi.id, dssi.id]
    assert clinic.store.current_form(clinic.owner, clinic.visit.id, "catbm") is None


def test_a_later_form_supersedes_with_a_reason_and_both_stay(clinic: Clinic) -> None:
    first = sign(clinic)
    with pytest.raises(ValueError, match=f"DLQI of visit 1 already has form {first.id}"):
        sign(clinic)
    with pytest.raises(ValueError, match="needs a reason"):
        sign(clinic, supersedes=first.id, reason=" ")
    second = sign(
        clinic, answers=DLQI | {"sport": 1}, supersedes=first.id, reason=" misread the paper "
    )
    assert (second.supersedes, second.reason) == (first.id, "misread the paper")
    kept = clinic.store.forms(clinic.owner, clinic.visit.id)
    assert [form.value("dlqi") for form in kept] == [12, 10]
    event = clinic.store.events(clinic.owner, entity="form")[0]
    assert event.detail["changed"] == {"sport": [3, 1]}
    assert event.detail["reason"] == "misread the paper"
    with pytest.raises(ValueError, match=f"got form {first.id}"):
        sign(clinic, supersedes=first.id, reason="again")
    assert clinic.store.verify() == []


def test_forms_of_a_patient_are_the_current_ones_by_visit(clinic: Clinic) -> None:
    early = clinic.store.add_visit(clinic.owner, clinic.patient.id, date(2026, 1, 2), "Screening")
    first = sign(clinic)
    second = sign(clinic, supersedes=first.id, reason="misread")
    before = sign(clinic, visit_id=early.id)
    found = clinic.store.forms_of_patient(clinic.owner, clinic.patient.id)
    assert [form.id for form in found] == [before.id, second.id]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"instrument_id": "cdasi", "answers": {"alopecia": 1}}, "signed as a reading"),
        ({"instrument_id": "pasi"}, "forms are dssi, catbm.* got 'pasi'"),
        ({"answers": {}}, "DLQI needs at least one answer"),
        ({"answers": {"sport": 4}}, "sport must be 0 to 3"),
        ({"answers": {"sport": True}}, "sport must be 0 to 3"),
        ({"answers": {"sport": "NA"}}, "sport must be 0 to 3"),
        ({"answers": {"sport": NOT_ASSESSABLE}}, "sport must be 0 to 3"),
        ({"answers": {"walking": 1}}, "no field 'walking'"),
        ({"instrument_id": "pga", "answers": {"skin_activity": 2}}, "study sets the scale"),
        ({"origins": {}}, "every answer must have its origin"),
        (
            {"origins": dict.fromkeys(DLQI, AnswerOrigin.CONFIRMED)},
            "cannot be confirmed: no measurement proposed",
        ),
        ({"measurement_ids": [99]}, "no measurement 99"),
        ({"supersedes": 1, "reason": "why"}, "has no form 1 to supersede"),
        ({"meaning": "witness"}, "witness"),
        ({"visit_id": 9}, "no visit 9"),
    ],
)
def test_what_cannot_be_signed_is_said(
    clinic: Clinic, change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises((ValueError, NotInRecord), match=sentence):
        sign(clinic, **change)
    assert clinic.store.forms(clinic.owner, clinic.visit.id) == []


def test_a_wrong_password_signs_nothing(clinic: Clinic) -> None:
    with pytest.raises(SignInRefused):
        sign(clinic, password="wrong wrong wrong")
    assert clinic.store.forms(clinic.owner, clinic.visit.id) == []
    assert clinic.store.events(clinic.owner, limit=1)[0].act == "signing refused"


@pytest.mark.parametrize("role", [Role.PHOTOGRAPHER, Role.DATA_MANAGER])
def test_staff_enter_what_the_patient_answered_and_rate_nothing(clinic: Clinic, role: Role) -> None:
    staff = clinic.people[role]
    assert sign(clinic, staff).reader_name == f"Person {role}"
    with pytest.raises(NotAllowed, match="may not sign a reading"):
        sign(clinic, staff, instrument_id="dssi", answers=DSSI)
    with pytest.raises(NotAllowed, match="may not sign a reading"):
        clinic.store.save_form_draft(staff, clinic.visit.id, "dssi", {})


def test_a_withdrawn_photo_proposes_nothing(clinic: Clinic) -> None:
    clinic.store.withdraw_photo(clinic.owner, clinic.photo.id, "wrong patient")
    with pytest.raises(ValueError, match="was withdrawn"):
        confirmed(clinic)


def test_a_draft_is_kept_until_its_form_is_signed(clinic: Clinic) -> None:
    store, by, visit = clinic.store, clinic.clinician, clinic.visit.id
    store.save_form_draft(by, visit, "dlqi", {"answers": {"sport": 1}})
    store.save_form_draft(by, visit, "dssi", {"answers": {}})
    store.save_form_draft(by, visit, "dlqi", {"answers": {"sport": 2}})
    assert store.form_drafts(by, visit) == {
        "dlqi": {"answers": {"sport": 2}}, "dssi": {"answers": {}},
    }  # fmt: skip
    assert store.form_drafts(clinic.owner, visit) == {}
    sign(clinic)
    assert store.form_drafts(by, visit) == {"dssi": {"answers": {}}}
    store.save_form_draft(by, visit, "dlqi", {"answers": {"sport": 2}})
    assert store.form_drafts(by, visit)["dlqi"] == {"answers": {"sport": 2}}


def test_the_same_draft_again_writes_nothing(clinic: Clinic) -> None:
    for _ in range(3):
        clinic.store.save_form_draft(clinic.clinician, clinic.visit.id, "dlqi", {"answers": {}})
    events = clinic.store.events(clinic.owner)
    assert sum(event.act == "save form draft" for event in events) == 1


def test_the_protocol_sets_the_scale_and_a_signed_form_keeps_its_own(clinic: Clinic) -> None:
    store, owner = clinic.store, clinic.owner
    text = PROTOCOL.read_text(encoding="utf-8")
    assert store.instrument_settings(owner).pga_scale is None
    with_scale = scaled(text, "likert_0_4")
    first = store.set_protocol(owner, with_scale.encode())
    form = sign(clinic, instrument_id="pga", answers={"skin_activity": 3})
    assert form.asked["skin_activity"].scale == "0 to 4"
    assert form.asked["skin_activity"].words == "3 moderate"
    on_line = scaled(text, "vas_0_10").encode()
    store.set_protocol(owner, on_line, supersedes=first.id, reason="amendment")
    kept = store.current_form(owner, clinic.visit.id, "pga")
    assert kept is not None
    assert kept.asked["skin_activity"].scale == "0 to 4"
    again = sign(
        clinic,
        instrument_id="pga",
        answers={"skin_activity": 6.5},
        supersedes=form.id,
        reason="rated on the new scale",
    )
    assert again.totals["pga"].words == "6.5 of 10"


def scaled(protocol: str, scale: str) -> str:
    """Set the scale of the PGA, and strike the question about it."""
    import yaml

    tree = yaml.safe_load(protocol)
    tree["settings"]["pga_scale"] = {"value": scale, "source": tree["sources"][0]["id"]}
    tree["open_questions"] = [
        question for question in tree["open_questions"] if question["about"] != "settings.pga_scale"
    ]
    return yaml.safe_dump(tree)


def levels() -> st.SearchStrategy[dict[str, int]]:
    fields = {f"{r.value}.{s}": st.integers(0, 4) for r in Region for s in SIGNS}
    return st.fixed_dictionaries(fields | {f"{r.value}.area": st.integers(0, 6) for r in Region})


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(answers=levels())
def test_what_is_signed_is_the_brute_force_sum(clinic: Clinic, answers: dict[str, int]) -> None:
    before = clinic.store.current_form(clinic.owner, clinic.visit.id, "dssi")
    again = {} if before is None else {"supersedes": before.id, "reason": "next example"}
    form = sign(clinic, instrument_id="dssi", answers=answers, **again)
    tenths = 0
    for region, weight in TENTHS.items():
        for sign_name in SIGNS:
            tenths += (
                weight * answers[f"{region.value}.area"] * answers[f"{region.value}.{sign_name}"]
            )
    assert form.value("dssi") == tenths / 10
    assert 0 <= tenths <= 720


@pytest.mark.sqlite
def test_a_form_changed_in_the_file_is_found(clinic: Clinic, tmp_path: Path) -> None:
    sign(clinic)
    raw = sqlite3.connect(tmp_path / "home" / "record.sqlite")
    raw.execute("DROP TRIGGER forms_no_update")
    raw.execute("UPDATE forms SET content = replace(content, '\"sport\":3', '\"sport\":0')")
    raw.commit()
    raw.close()
    faults = " ".join(clinic.store.verify())
    assert "forms row 1 was changed" in faults
    assert "form 1 is not what was signed" in faults
