from typing import Any

import pytest

from lesionscope.core.measurement import Item
from lesionscope.core.people import Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.scoring.recalibration import Adjustment
from lesionscope.store.refusals import NotAllowed
from tests.store.conftest import PASSWORD, Clinic

DOCUMENT = {
    "model_version": "lesion_grades-12345678",
    "items": {
        "erythema": {"slope": 0.9, "shift": 0.4, "refusal": ""},
        "scale": {"slope": 1.0, "shift": 0.0, "refusal": "too few"},
    },
}


def measured(clinic: Clinic) -> int:
    entry = {"site": "malar", "reason": "because"}
    document: dict[str, Any] = {
        "sha256": clinic.photo.sha256,
        "site": "malar",
        "skin_tone": "tan",
        "model_version": "net-1",
        "suggestions": [
            {**entry, "item": "erythema", "level": 2, "probabilities": [0.0, 0.2, 0.7, 0.1]},
            {**entry, "item": "scale", "level": 1, "probabilities": [0.3, 0.6, 0.1]},
            {**entry, "item": "erosion", "level": None, "probabilities": None},
        ],
    }
    return clinic.store.add_measurement(
        clinic.owner, clinic.photo.id, document, {}, drawn_by="LesionScope 0.1"
    ).id


def sign(clinic: Clinic, erythema: int | str, supersedes: int | None = None) -> int:
    origin = AnswerOrigin.CONFIRMED if erythema == 2 else AnswerOrigin.OVERRIDDEN
    return clinic.store.sign(
        clinic.clinician,
        clinic.visit.id,
        PASSWORD,
        answers={"malar.erythema": erythema, "malar.erosion": 0, "alopecia": 1},
        origins={
            "malar.erythema": origin,
            "malar.erosion": AnswerOrigin.ENTERED,
            "alopecia": AnswerOrigin.ENTERED,
        },
        bsa=None,
        meaning=Meaning.AUTHORSHIP,
        measurement_ids=[measured(clinic)],
        suggestions_shown=True,
        supersedes=supersedes,
        reason="" if supersedes is None else "looked again",
    ).id


def test_an_answer_stands_beside_what_was_suggested_for_it(clinic: Clinic) -> None:
    number = sign(clinic, 3)
    (answer,) = clinic.store.confirmed_answers(clinic.owner)
    assert (answer.reading_id, answer.patient_id) == (number, clinic.patient.id)
    assert (answer.key, answer.item) == ("malar.erythema", Item.ERYTHEMA)
    assert (answer.answer, answer.suggested) == (3, 2)
    assert answer.origin is AnswerOrigin.OVERRIDDEN
    assert (answer.skin_tone, answer.model_version) == ("tan", "net-1")


def test_only_the_reading_that_stands_teaches(clinic: Clinic) -> None:
    first = sign(clinic, 3)
    sign(clinic, 2, supersedes=first)
    (answer,) = clinic.store.confirmed_answers(clinic.owner)
    assert answer.answer == 2


def test_not_assessable_teaches_nothing(clinic: Clinic) -> None:
    sign(clinic, "not assessable")
    assert clinic.store.confirmed_answers(clinic.owner) == []


def test_a_recalibration_is_adopted_and_given_up_and_stays_on_record(clinic: Clinic) -> None:
    store = clinic.store
    assert store.recalibration() is None
    adopted = store.adopt_recalibration(clinic.owner, DOCUMENT)
    assert store.recalibration() == adopted
    assert adopted.adjustments == {"erythema": Adjustment(0.9, 0.4)}
    assert adopted.model_version == "lesion_grades-12345678"
    with pytest.raises(ValueError, match="reason"):
        store.give_up_recalibration(clinic.owner, " ")
    store.give_up_recalibration(clinic.owner, "readers disagreed with it")
    assert store.recalibration() is None
    with pytest.raises(ValueError, match="no recalibration"):
        store.give_up_recalibration(clinic.owner, "again")
    assert [each.name for each in store.recalibrations(clinic.owner)] == [adopted.name]
    assert store.verify() == []


@pytest.mark.parametrize(
    "document",
    [
        {"items": DOCUMENT["items"]},
        {"model_version": "m"},
        {"model_version": "m", "items": {"scale": {"slope": 1, "shift": 0, "refusal": "few"}}},
        {"model_version": "m", "items": {"scale": {"slope": -1, "shift": 0, "refusal": ""}}},
    ],
)
def test_half_a_recalibration_is_refused(clinic: Clinic, document: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"recalibration|slope"):
        clinic.store.adopt_recalibration(clinic.owner, document)
    assert clinic.store.recalibration() is None


def test_a_clinician_does_not_change_how_the_study_works(clinic: Clinic) -> None:
    with pytest.raises(NotAllowed):
        clinic.store.adopt_recalibration(clinic.people[Role.CLINICIAN], DOCUMENT)
