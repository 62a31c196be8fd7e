from __future__ import annotations

import hashlib
import json
import sqlite3
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lesionscope.core.cdasi import NOT_ASSESSABLE, Part
from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.people import Role
from lesionscope.core.reading import AnswerOrigin, Meaning, Reading
from lesionscope.core.sites import Side, Site
from lesionscope.store import NotInRecord, SignInRefused

if TYPE_CHECKING:
    from lesionscope.core.people import Reader
    from tests.store.conftest import Clinic, Clock

PASSWORD = "correct horse battery"
BSA = BsaEstimate(
    3.1, Interval(2.0, 4.7, 0.9), Convention.PROTOCOL, CalibrationSource.MARKER_AND_HANDPRINT
)
ANSWERS = {"malar.erythema": 2, "malar.scale": 0, "alopecia": NOT_ASSESSABLE}
ORIGINS = {
    "malar.erythema": AnswerOrigin.CONFIRMED,
    "malar.scale": AnswerOrigin.OVERRIDDEN,
    "alopecia": AnswerOrigin.ENTERED,
}


def sign(clinic: Clinic, by: Reader | None = None, **changes: Any) -> Reading:
    content: dict[str, Any] = {
        "answers": ANSWERS,
        "origins": ORIGINS,
        "bsa": BSA,
        "meaning": Meaning.AUTHORSHIP,
        "measurement_ids": [clinic.measurement.id],
        "suggestions_shown": True,
        **changes,
    }
    visit_id = content.pop("visit_id", clinic.visit.id)
    password = content.pop("password", PASSWORD)
    return clinic.store.sign(by or clinic.clinician, visit_id, password, **content)


def acts(clinic: Clinic) -> list[str]:
    return [event.act for event in clinic.store.events(clinic.owner)]


def test_a_reading_comes_back_as_it_was_signed(clinic: Clinic, clock: Clock) -> None:
    signed = sign(clinic)
    found = clinic.store.current_reading(clinic.owner, clinic.visit.id)
    assert found is not None
    assert vars(found) == vars(signed)
    assert (found.reader_id, found.reader_name) == (clinic.clinician.id, "Person clinician")
    assert (found.signed_at, found.meaning) == (clock.now, Meaning.AUTHORSHIP)
    assert (found.answers, found.origins, found.bsa) == (ANSWERS, ORIGINS, BSA)
    assert found.measurement_ids == (clinic.measurement.id,)
    assert found.suggestions_shown
    assert (found.supersedes, found.reason) == (None, "")
    assert found.score(Part.ACTIVITY).total is None


@pytest.mark.sqlite
def test_the_hash_covers_all_that_was_signed(clinic: Clinic, tmp_path: Path) -> None:
    signed = sign(clinic)
    raw = sqlite3.connect(tmp_path / "home" / "record.sqlite")
    (text,) = raw.execute("SELECT content FROM readings").fetchone()
    (document,) = raw.execute("SELECT document FROM measurements").fetchone()
    raw.close()
    assert hashlib.sha256(text.encode()).hexdigest() == signed.content_sha256
    content = json.loads(text)
    assert content["measurements"] == [
        {
            "id": clinic.measurement.id,
            "document_sha256": hashlib.sha256(document.encode()).hexdigest(),
            "photo_sha256": clinic.photo.sha256,
            "files": dict(clinic.measurement.files),
        }
    ]
    assert content["visit"]["pseudonym"] == "P-01"
    assert content["reader"] == {
        "id": clinic.clinician.id,
        "name": "clinician",
        "full_name": "Person clinician",
        "role": "clinician",
    }
    assert set(content) == {
        "answers",
        "bsa",
        "instrument",
        "meaning",
        "measurements",
        "origins",
        "reader",
        "reason",
        "signed_at",
        "suggestions_shown",
        "supersedes",
        "supersedes_sha256",
        "visit",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"answers": {**ANSWERS, "malar.erythema": 3}},
        {"origins": {**ORIGINS, "malar.scale": AnswerOrigin.CONFIRMED}},
        {"bsa": None},
        {"measurement_ids": []},
    ],
)
def test_another_content_has_another_hash(
    clinic: Clinic, tmp_path_factory: pytest.TempPathFactory, change: dict[str, Any]
) -> None:
    first = sign(clinic)
    second = sign(clinic, supersedes=first.id, reason="checked", **change)
    third = sign(clinic, supersedes=second.id, reason="checked")
    assert len({first.content_sha256, second.content_sha256, third.content_sha256}) == 3


def test_a_wrong_password_signs_nothing(clinic: Clinic, clock: Clock) -> None:
    for _ in range(5):
        with pytest.raises(SignInRefused, match=r"wrong\."):
            sign(clinic, password="wrong wrong wrong")
    assert clinic.store.readings(clinic.owner, clinic.visit.id) == []
    refusal = clinic.store.events(clinic.owner, limit=1)[0]
    assert (refusal.act, refusal.entity_id) == ("signing refused", clinic.clinician.id)
    assert refusal.detail == {"visit_id": clinic.visit.id}
    with pytest.raises(SignInRefused, match="wait 5 minutes"):
        sign(clinic)
    clock.move(minutes=5)
    assert sign(clinic).id == 1


def test_the_password_of_another_person_does_not_sign(clinic: Clinic) -> None:
    other = clinic.store.add_account(
        clinic.owner, "ben", "Ben B", Role.CLINICIAN, "another password"
    )
    with pytest.raises(SignInRefused):
        sign(clinic, other)
    assert sign(clinic, other, password="another password").reader_name == "Ben B"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"answers": {"malar.erythema": 4}}, "malar.erythema must be 0 to 3"),
        ({"answers": {"malar.erythema": True}}, "must be 0 to 3"),
        ({"answers": {"nose.erythema": 1}}, "no field 'nose.erythema'"),
        ({"answers": {}, "origins": {}, "bsa": None}, "at least one answer"),
        ({"origins": {}}, "every answer must have its origin"),
        ({"origins": {**ORIGINS, "periungual": AnswerOrigin.ENTERED}}, "see periungual"),
        ({"suggestions_shown": False}, "malar.erythema cannot be confirmed: no suggestion"),
        ({"origins": {**ORIGINS, "alopecia": "guessed"}}, "guessed"),
        ({"meaning": "witness"}, "witness"),
        ({"meaning": Meaning.APPROVAL}, "signed by its author, got approval; a second person"),
        ({"measurement_ids": [1, 99]}, "no measurement 99"),
        ({"supersedes": 1, "reason": "why"}, "has no reading 1 to supersede"),
        ({"supersedes": 1}, "needs a reason"),
    ],
)
def test_what_cannot_be_signed_is_said(
    clinic: Clinic, change: dict[str, Any], sentence: str
) -> None:
    before = acts(clinic)
    with pytest.raises((ValueError, NotInRecord), match=sentence):
        sign(clinic, **change)
    assert acts(clinic) == before
    assert clinic.store.readings(clinic.owner, clinic.visit.id) == []


def test_a_measurement_of_another_visit_cannot_be_signed(clinic: Clinic) -> None:
    visit = clinic.store.add_visit(clinic.owner, clinic.patient.id, date(2026, 5, 1), "Week 12")
    with pytest.raises(ValueError, match=f"must be of visit {visit.id}, it is of"):
        sign(clinic, visit_id=visit.id)
    assert sign(clinic, visit_id=visit.id, measurement_ids=[]).visit_id == visit.id


def test_a_withdrawn_photo_cannot_be_signed(clinic: Clinic) -> None:
    clinic.store.withdraw_photo(clinic.owner, clinic.photo.id, "wrong patient")
    with pytest.raises(ValueError, match="was withdrawn: wrong patient"):
        sign(clinic)


def test_a_later_withdrawal_leaves_the_reading(clinic: Clinic) -> None:
    signed = sign(clinic)
    clinic.store.withdraw_photo(clinic.owner, clinic.photo.id, "blurred")
    kept = clinic.store.current_reading(clinic.owner, clinic.visit.id)
    assert kept is not None
    assert vars(kept) == vars(signed)
    assert clinic.store.verify() == []


def test_a_visit_is_there(clinic: Clinic) -> None:
    for look in (clinic.store.readings, clinic.store.current_reading):
        with pytest.raises(NotInRecord, match="no visit 9"):
            look(clinic.owner, 9)
    with pytest.raises(NotInRecord, match="no visit 9"):
        sign(clinic, visit_id=9)
    assert clinic.store.current_reading(clinic.owner, clinic.visit.id) is None


@pytest.mark.parametrize("role", [Role.CLINICIAN, Role.OWNER])
def test_a_second_signature_must_supersede(clinic: Clinic, role: Role) -> None:
    first = sign(clinic)
    by = clinic.people[role]
    with pytest.raises(ValueError, match=f"already has reading {first.id}, signed by Person clin"):
        sign(clinic, by)
    with pytest.raises(ValueError, match="needs a reason"):
        sign(clinic, by, supersedes=first.id, reason=" ")
    second = sign(clinic, by, supersedes=first.id, reason=" typing error ")
    assert (second.supersedes, second.reason) == (first.id, "typing error")
    kept = clinic.store.readings(clinic.owner, clinic.visit.id)
    assert [reading.id for reading in kept] == [first.id, second.id]
    assert vars(kept[0]) == vars(first)
    current = clinic.store.current_reading(clinic.owner, clinic.visit.id)
    assert current is not None
    assert current.id == second.id


def test_only_the_current_reading_can_be_superseded(clinic: Clinic) -> None:
    first = sign(clinic)
    second = sign(clinic, supersedes=first.id, reason="typing error")
    with pytest.raises(ValueError, match=f"has reading {second.id}.* got reading {first.id}"):
        sign(clinic, supersedes=first.id, reason="another")
    visit = clinic.store.add_visit(clinic.owner, clinic.patient.id, date(2026, 5, 1), "Week 12")
    with pytest.raises(ValueError, match=f"has no reading {second.id} to supersede"):
        sign(clinic, visit_id=visit.id, measurement_ids=[], supersedes=second.id, reason="other")


def test_the_trail_shows_old_and_new_values(clinic: Clinic) -> None:
    first = sign(clinic)
    answers = {"malar.erythema": 1, "malar.scale": 0, "periungual": 1}
    origins = dict.fromkeys(answers, AnswerOrigin.ENTERED)
    sign(clinic, answers=answers, origins=origins, supersedes=first.id, reason="worse photo")
    event = clinic.store.events(clinic.owner, entity="reading")[0]
    assert event.detail["reason"] == "worse photo"
    assert event.detail["changed"] == {
        "malar.erythema": [2, 1],
        "alopecia": [NOT_ASSESSABLE, None],
        "periungual": [None, 1],
    }


def test_a_measurement_named_twice_is_signed_once(clinic: Clinic) -> None:
    photo = clinic.store.add_photo(
        clinic.owner,
        clinic.visit.id,
        b"other",
        name="b.jpg",
        view="arm",
        site=Site.ARM,
        side=Side.LEFT,
    )
    other = clinic.store.add_measurement(clinic.owner, photo.id, {}, {}, drawn_by="0.1")
    ids = (other.id, clinic.measurement.id)
    assert sign(clinic, measurement_ids=[*ids, *ids]).measurement_ids == ids
