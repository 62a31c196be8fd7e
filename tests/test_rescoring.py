from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from typer.testing import CliRunner

from lesionscope import measure
from lesionscope.cli import commands
from lesionscope.core.body import OwnHandprint, PatientBody
from lesionscope.core.measurement import Measurement
from lesionscope.core.people import Reader
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Side, Site
from lesionscope.decided import Decided, measured_as_decided, with_chosen_hand
from lesionscope.exchange.measurement_json import document
from lesionscope.pipeline import default_grader, read_photo
from lesionscope.places import models_folder, samples_folder
from lesionscope.rescoring import item_rows, photo_rows, shadows, visit_rows
from lesionscope.revise import clear_skin_of
from lesionscope.store.store import Store

PASSWORD = "correct horse battery"
PHOTO = next(iter(sorted((samples_folder() / "demo_study" / "photos").glob("*_abdomen.jpg"))))


@pytest.fixture(scope="module")
def found() -> Measurement:
    return measure(PHOTO, site=Site.ABDOMEN)


@pytest.fixture
def study(tmp_path: Path, found: Measurement) -> Iterator[tuple[Store, Reader]]:
    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path / "home", hasher=hasher) as store:
        owner = store.create_owner("owner", "Person Owner", PASSWORD)
        patient = store.add_patient(owner, "P-01")
        visit = store.add_visit(owner, patient.id, date(2026, 2, 27), "Baseline")
        photo = store.add_photo(
            owner,
            visit.id,
            PHOTO.read_bytes(),
            name=PHOTO.name,
            view="abdomen",
            site=Site.ABDOMEN,
            side=Side.MIDLINE,
        )
        store.add_measurement(
            owner, photo.id, document(found), {}, drawn_by=found.lesion_map.drawn_by
        )
        yield store, owner


def test_the_same_networks_change_nothing(study: tuple[Store, Reader], found: Measurement) -> None:
    store, owner = study
    events = store.events(owner, limit=1)[0].id
    every = list(shadows(store, owner, lambda photo, site, by: found))
    assert all(row["up"] == row["down"] == 0 for row in item_rows(every))
    assert sum(row["same"] for row in item_rows(every)) > 0
    (photo,) = photo_rows(every)
    assert photo["log_ratio"] == pytest.approx(0)
    (visit,) = visit_rows(every)
    assert visit["crosses"] == ""
    assert store.events(owner, limit=1)[0].id == events  # the record was only read


def test_what_would_change_is_named(study: tuple[Store, Reader], found: Measurement) -> None:
    store, owner = study

    def other(photo: Photo, site: Site, by: Decided) -> Measurement:
        none = tuple(
            replace(s, level=0, probabilities=(1.0, *(0.0,) * (len(s.probabilities) - 1)))
            for s in found.suggestions
            if s.level is not None
        )
        assert found.bsa_protocol is not None
        interval = replace(found.bsa_protocol.interval, high=40.0)
        bsa = replace(found.bsa_protocol, percent=25.0, interval=interval)
        return replace(found, suggestions=none, bsa_protocol=bsa)

    every = list(shadows(store, owner, other))
    assert sum(row["down"] for row in item_rows(every)) > 0
    (visit,) = visit_rows(every)
    assert "BSA < 20 %" in visit["crosses"]
    assert visit["new_suggested_activity"] == 0


def test_a_photo_that_cannot_be_measured_is_a_line_with_its_reason(
    study: tuple[Store, Reader],
) -> None:
    store, owner = study

    def broken(photo: Photo, site: Site, by: Decided) -> Measurement:
        raise ValueError("the network does not fit")

    (row,) = photo_rows(list(shadows(store, owner, broken)))
    assert row["refused"] == "the network does not fit"
    assert row["new_bsa_percent"] is None


def test_the_command_writes_its_tables_and_needs_the_word_shadow(
    study: tuple[Store, Reader], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study[0].close()
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "home"))
    asked = ["rescore", "--as", "owner", "--model", str(models_folder())]
    refused = CliRunner().invoke(commands, asked)
    assert refused.exit_code != 0
    assert "--shadow" in refused.output
    out = tmp_path / "drift"
    done = CliRunner().invoke(
        commands, [*asked, "--shadow", "--out", str(out)], input=f"{PASSWORD}\n"
    )
    assert done.exit_code == 0, done.output
    assert "1 photos of 1 visits" in done.output
    with (out / "photos.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert row["old_model"] == row["new_model"]


def test_a_study_with_few_readings_teaches_nothing_yet(
    study: tuple[Store, Reader], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study[0].close()
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "home"))
    out = tmp_path / "recalibration.json"
    done = CliRunner().invoke(
        commands,
        ["train", "--from-study", "--as", "owner", "--out", str(out)],
        input=f"{PASSWORD}\n",
    )
    assert done.exit_code == 0, done.output
    assert "0 of 3 items may be adopted" in done.output
    assert "P-01" not in out.read_text()


def test_what_people_decided_is_kept_when_measured_again(
    study: tuple[Store, Reader], found: Measurement
) -> None:
    store, owner = study
    (patient,) = (each.patient for each in store.patients(owner))
    store.record_handprint(owner, patient.id, OwnHandprint(150.0, 0.05))
    (visit,) = store.visits(owner, patient.id)
    (photo,) = store.photos(owner, visit.id)
    chosen = with_chosen_hand(found, (700, 500))
    store.add_measurement(owner, photo.id, document(chosen), {}, drawn_by=found.lesion_map.drawn_by)
    seen: list[Decided] = []

    def noting(photo: Photo, site: Site, by: Decided) -> Measurement:
        seen.append(by)
        return found

    list(shadows(store, owner, noting))
    (by,) = seen
    assert by.hand_at == (700, 500)
    assert by.body is not None
    assert by.body.handprint is not None
    assert by.body.handprint.cm2 == 150


def test_measured_as_decided_goes_by_the_hand_and_the_clear_skin() -> None:
    photo = read_photo(PHOTO.read_bytes())
    grader = default_grader()
    plain = measured_as_decided(photo, Site.ABDOMEN, Decided(), grader)
    own = Decided(PatientBody(None, OwnHandprint(300.0, 0.05)), clear_skin=(20, 20))
    again = measured_as_decided(photo, Site.ABDOMEN, own, grader)
    assert clear_skin_of(again.calibration) == (20, 20)
    assert plain.calibration.details.get("handprint_cm2") != 300
    assert 300 in again.calibration.details.values()
