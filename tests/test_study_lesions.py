"""The lesion behind a signed answer is cut out again exactly as the network was shown it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from lesionscope import measure
from lesionscope.cli import commands
from lesionscope.core.measurement import Item, Measurement
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.model.dataset import with_haemoglobin
from lesionscope.model.taught import NOT_SIGNED
from lesionscope.pipeline import default_grader
from lesionscope.places import samples_folder
from lesionscope.scoring.field_suggestions import form_key
from lesionscope.store.store import Store
from lesionscope.study_lesions import taught_lesions

PASSWORD = "correct horse battery"
PHOTO = samples_folder() / "demo_study" / "photos" / "D04_v1_back.jpg"


@pytest.fixture(scope="module")
def found() -> Measurement:
    return measure(PHOTO, site=Site.UPPER_BACK_SHOULDERS)


@pytest.fixture
def study(tmp_path: Path, found: Measurement) -> Iterator[tuple[Store, Reader]]:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path / "home", hasher=hasher) as store:
        owner = store.create_owner("owner", "Person Owner", PASSWORD)
        reader = store.add_account(owner, "reader", "Person Reader", Role.CLINICIAN, PASSWORD)
        patient = store.add_patient(owner, "P-01")
        visit = store.add_visit(owner, patient.id, date(2026, 2, 27), "Baseline")
        photo = store.add_photo(
            owner, visit.id, PHOTO.read_bytes(), name=PHOTO.name, view="back",
            site=Site.UPPER_BACK_SHOULDERS, side=Side.MIDLINE,
        )  # fmt: skip
        made = store.add_measurement(
            owner, photo.id, document(found), mask_files(found), drawn_by=found.lesion_map.drawn_by
        )
        level = next(s.level for s in found.suggestions if s.item is Item.ERYTHEMA)
        assert level is not None
        erythema, scale = (
            form_key(Site.UPPER_BACK_SHOULDERS, i) for i in (Item.ERYTHEMA, Item.SCALE)
        )
        assert erythema
        assert scale
        store.sign(
            reader, visit.id, PASSWORD,
            answers={erythema: level, scale: 2},
            origins={erythema: AnswerOrigin.CONFIRMED, scale: AnswerOrigin.ENTERED},
            bsa=None, meaning=Meaning.AUTHORSHIP, measurement_ids=[made.id],
            suggestions_shown=True, supersedes=None, reason="",
        )  # fmt: skip
        yield store, owner


def test_the_network_says_of_the_crop_what_it_suggested(
    study: tuple[Store, Reader], found: Measurement
) -> None:
    store, owner = study
    taught, left_out = taught_lesions(store, owner, store.confirmed_answers(owner))
    assert left_out == 0
    chances = default_grader().probabilities(with_haemoglobin(taught.crops))
    for row, item in enumerate(Item):
        suggested = next(s for s in found.suggestions if s.item is item)
        own = np.flatnonzero(taught.levels[:, row] != NOT_SIGNED)
        if item is Item.EROSION:
            assert not len(own)  # nobody signed it
        elif suggested.level is not None:
            (lesion,) = own
            # Crops are kept in half precision.
            assert chances[item.value][lesion] == pytest.approx(suggested.probabilities, abs=0.02)


def test_what_was_signed_stands_beside_the_crop(study: tuple[Store, Reader]) -> None:
    store, owner = study
    answers = store.confirmed_answers(owner)
    taught, _ = taught_lesions(store, owner, answers)
    signed = {item: taught.levels[:, n].max() for n, item in enumerate(Item)}
    assert signed == {
        **dict.fromkeys(Item, NOT_SIGNED),
        **{answer.item: answer.answer for answer in answers},
    }
    assert taught.seen[taught.levels[:, 0] != NOT_SIGNED, 0].all()
    assert not taught.seen[:, 1].any()
    assert set(taught.patients) == {answers[0].patient_id}


def test_too_little_is_said_and_nothing_written(
    study: tuple[Store, Reader], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "home"))
    for depth in ("heads", "network"):
        asked = ["train", "--from-study", "--as", "owner", "--depth", depth]
        told = CliRunner().invoke(
            commands, [*asked, "--out", str(tmp_path / "learnt")], input=PASSWORD + "\n"
        )
        assert told.exit_code == 1, told.output
        assert "nothing is written" in told.output
        assert not (tmp_path / "learnt").exists()
    (tmp_path / "learnt").mkdir()
    (tmp_path / "learnt" / "kept.txt").write_text("mine")
    told = CliRunner().invoke(
        commands, [*asked, "--out", str(tmp_path / "learnt")], input=PASSWORD + "\n"
    )
    assert told.exit_code == 2
    assert "holds something already" in " ".join(told.output.split())
