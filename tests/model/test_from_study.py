"""A study whose readers grade otherwise than the network teaches it, or is refused."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch

from lesionscope import places
from lesionscope.imaging import colour
from lesionscope.model import dataset, export, from_study
from lesionscope.model.card import ModelCard
from lesionscope.model.net import LesionNet
from lesionscope.model.runtime import Grader
from lesionscope.model.taught import NOT_SIGNED, Depth, TaughtLesions

SIDE = 160


def redness(count: int, rng: np.random.Generator) -> np.ndarray:
    return rng.uniform(0.05, 1.2, count)


def crops_of(red: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Round lesions that differ in their blood alone."""
    rows, cols = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    inside = (np.hypot(rows, cols) < 45).astype(np.float32)
    made = np.zeros((len(red), 4, SIDE, SIDE), np.float16)
    for number, strength in enumerate(red):
        mottle = 1 + 0.1 * rng.standard_normal((SIDE, SIDE))
        made[number, :3] = (strength * inside * mottle) * colour.HAEMOGLOBIN[:, None, None]
        made[number, :3] += 0.02 * rng.standard_normal((3, SIDE, SIDE))
        made[number, 3] = inside
    return made


def taught(count: int = 120, patients: int = 20, *, sense: bool = True) -> TaughtLesions:
    """Readers who call a lesion pink up to a redness of 0.55 and red up to 1; or who guess."""
    rng = np.random.default_rng(5)
    red = redness(count, rng)
    level = np.digitize(red, (0.15, 0.55, 1.0)) if sense else rng.integers(0, 4, count)
    levels = np.full((count, 3), NOT_SIGNED)
    levels[:, 0] = level
    seen = np.zeros((count, 3), bool)
    return TaughtLesions(crops_of(red, rng), levels, np.arange(count) % patients, seen)


@pytest.fixture(scope="module")
def net() -> LesionNet:
    torch.set_num_threads(1)
    return export.load_trained(places.models_folder())


@pytest.fixture(autouse=True)
def little_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(from_study, "LEAST", {Depth.HEADS: (60, 10), Depth.NETWORK: (60, 10)})


def test_heads_learn_how_a_clinic_grades(net: LesionNet) -> None:
    before = {name: value.clone() for name, value in net.state_dict().items()}
    learnt, judged = from_study.learn_heads(net, taught())
    erythema, scale, erosion = judged
    assert erythema.refusal == ""
    assert erythema.loss_after is not None
    assert erythema.loss_before is not None
    assert erythema.loss_after < 0.8 * erythema.loss_before
    assert (erythema.answers, erythema.patients) == (120, 20)
    assert "0 answers of 0 patients" in scale.refusal
    assert "are needed" in erosion.refusal
    changed = {n for n, v in learnt.state_dict().items() if not torch.equal(v, before[n])}
    assert changed == {"heads.erythema.weight", "heads.erythema.bias"}
    assert all(torch.equal(value, before[name]) for name, value in net.state_dict().items())
    assert from_study.usable(judged, Depth.HEADS)
    assert not from_study.usable(judged, Depth.NETWORK)


def test_readers_who_answer_as_often_as_it_says_teach_nothing(net: LesionNet) -> None:
    made, rng = taught(300, 30), np.random.default_rng(2)
    with torch.inference_mode():
        chances = net(torch.from_numpy(dataset.with_haemoglobin(made.crops)))[0].numpy()
    levels = np.full((300, 3), NOT_SIGNED)
    levels[:, 0] = [rng.choice(4, p=row / row.sum()) for row in chances.astype(float)]
    as_said = TaughtLesions(made.crops, levels, made.patients, made.seen)
    learnt, judged = from_study.learn_heads(net, as_said)
    assert "patients left out" in judged[0].refusal
    assert all(
        torch.equal(value, net.state_dict()[name]) for name, value in learnt.state_dict().items()
    )


def test_harm_on_patients_left_out_is_refused() -> None:
    level = torch.tensor([0, 1, 1, 0])
    good = torch.tensor([[0.8, 0.2], [0.3, 0.7], [0.4, 0.6], [0.6, 0.4]])
    found = from_study.Judged("erosion", 4, 4)
    worse = from_study._compared(found, good, torch.full((4, 2), 0.5), level)
    assert "less probable" in worse.refusal
    fewer = torch.tensor([[0.99, 0.01], [0.01, 0.99], [0.01, 0.99], [0.49, 0.51]])
    assert "fewer levels were exact" in from_study._compared(found, good, fewer, level).refusal
    assert from_study._compared(found, torch.full((4, 2), 0.5), good, level).refusal == ""


def test_no_patient_is_on_both_sides() -> None:
    patients = np.array([7, 3, 7, 9, 3, 11, 12, 13])
    fold = from_study._folds(patients)
    for patient in patients:
        assert len(set(fold[patients == patient])) == 1
    assert len(set(fold)) == from_study.FOLDS


def test_the_whole_network_learns_and_is_judged_on_others(net: LesionNet, tmp_path: Path) -> None:
    drawn = partial(dataset_of, tmp_path)
    learnt, judged = from_study.learn_network(net, taught(100), drawn, epochs=3)
    erythema = judged[0]
    assert erythema.loss_after is not None
    assert erythema.loss_before is not None
    assert erythema.loss_after < erythema.loss_before
    # Nobody signed scale or erosion: parts of a network cannot be taken alone.
    assert "no patient left out" in judged[1].refusal
    assert learnt is net
    assert not from_study.usable(judged, Depth.NETWORK)


def test_a_network_that_helps_every_item_is_kept_and_knows_its_own_features(
    net: LesionNet, tmp_path: Path
) -> None:
    made = taught(100)
    levels = made.levels.copy()
    # Readers who never see scale or erosion on these smooth lesions, beside a network unsure of it.
    levels[:, 1:] = 0
    whole = TaughtLesions(made.crops, levels, made.patients, np.ones_like(made.seen))
    drawn = dataset_of(tmp_path)
    learnt, judged = from_study.learn_network(net, whole, lambda: drawn, epochs=3)
    assert [each.refusal for each in judged] == ["", "", ""]
    assert from_study.usable(judged, Depth.NETWORK)
    assert not torch.equal(learnt.feature_mean, net.feature_mean)
    distances = from_study.train.predict(learnt, drawn.crops)[3]
    assert float(distances.max()) < 3  # its own drawings are familiar to it
    assert from_study.counts(whole) == (300, 300)


def dataset_of(folder: Path) -> dataset.Examples:
    return dataset.load(list(dataset.build(folder, 16, 9)))


def test_too_few_readings_do_not_even_draw(net: LesionNet) -> None:
    def never() -> dataset.Examples:
        raise AssertionError("nothing is drawn for nothing")

    learnt, judged = from_study.learn_network(net, taught(40), never)
    assert learnt is net
    assert all("40 answers" in each.refusal for each in judged)


def test_what_was_learnt_is_a_folder_of_its_own(net: LesionNet, tmp_path: Path) -> None:
    learnt, judged = from_study.learn_heads(net, taught())
    out = tmp_path / "learnt"
    file = from_study.write_learnt(learnt, out, judged, facts={"depth": "heads", "signed": 120})
    shipped = Grader.load()
    grader = Grader.load(out)
    assert grader.version == from_study.version_of(file) != shipped.version
    assert grader.rules["learnt_from"] == shipped.version
    assert ModelCard.load(out).matches
    assert shipped.version in ModelCard.load(out).text
    told = json.loads((out / from_study.LEARNT).read_text("utf-8"))
    assert told["items"]["erythema"]["refusal"] == ""
    assert told["model_version"] == grader.version
    shipped_files = {each.name for each in places.models_folder().iterdir() if each.is_file()}
    assert {each.name for each in out.iterdir()} == shipped_files | {from_study.LEARNT}
    crops = dataset.with_haemoglobin(taught(6).crops)
    with torch.inference_mode():
        expected = learnt(torch.from_numpy(crops))[0].numpy()
    assert np.abs(grader.probabilities(crops)["erythema"] - expected).max() < 1e-4
    with pytest.raises(FileExistsError, match="another folder"):
        from_study.write_learnt(learnt, out, judged, facts={})
