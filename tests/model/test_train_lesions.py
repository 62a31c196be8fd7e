from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from lesionscope.imaging.lesion import contrast
from lesionscope.imaging.phantom_view import draw_view
from lesionscope.model.lesion_marker import LESION_NAME, LesionMarker
from lesionscope.model.outline_export import LESION_INPUTS, export_outline
from lesionscope.model.segmenter import Segmenter
from lesionscope.model.segnet import LesionNet
from lesionscope.model.train_lesions import (
    QUICK,
    begun_from,
    drawn_scenes,
    fit,
    loss,
    main,
    recast_scenes,
)
from lesionscope.model.train_segmenter import LESION, LESION_UNKNOWN, SKIN, read_photos
from lesionscope.places import models_folder, samples_folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[LesionNet, Path]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("lesions")
    segmenter = Segmenter.load()
    photos = read_photos(samples_folder() / "real")[:2]
    recasts = recast_scenes(QUICK, photos, segmenter, folder)
    net = fit(QUICK, drawn_scenes(QUICK, segmenter, folder), recasts, folder)
    return net, export_outline(net, LESION_NAME, LESION_INPUTS, folder)


def test_onnx_answers_as_torch_does(exported: tuple[LesionNet, Path]) -> None:
    net, file = exported
    view = draw_view(np.random.default_rng(1), 128)
    clear = contrast(view.rgb, view.skin).clear_density
    skin = np.ones(view.skin.shape, np.float32)
    found = LesionMarker(file, threads=1).mark(view.rgb, clear, skin)

    def planes(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values.transpose(2, 0, 1)[None].copy()).float()

    with torch.inference_mode():
        logits = net(planes(view.rgb) / 255, planes(clear), planes(skin[..., None]))
    assert np.abs(found - torch.sigmoid(logits)[0, 0].numpy()).max() < 1e-4


def test_the_network_looks_only_where_there_is_skin(exported: tuple[LesionNet, Path]) -> None:
    marker = LesionMarker(exported[1], threads=1)
    rgb = np.full((150, 231, 3), 150, np.uint8)
    clear = np.full((150, 231, 3), 0.8, np.float32)
    nothing = marker.mark(rgb, clear, np.zeros((150, 231), np.float32))
    assert nothing.shape == (150, 231)
    assert not nothing.any()
    skin = np.zeros((150, 231), np.float32)
    skin[40:60, 50:90] = 1
    some = marker.mark(rgb, clear, skin)
    assert some[50, 70] > 0
    assert not some[:, 150:].any()


def test_the_clear_skin_that_it_is_told_changes_the_answer(
    exported: tuple[LesionNet, Path],
) -> None:
    marker = LesionMarker(exported[1], threads=1)
    rgb = np.full((96, 96, 3), 150, np.uint8)
    skin = np.ones((96, 96), np.float32)
    pale = marker.mark(rgb, np.full((96, 96, 3), 0.5, np.float32), skin)
    dark = marker.mark(rgb, np.full((96, 96, 3), 2.0, np.float32), skin)
    assert not np.allclose(pale, dark)


def test_loss_ignores_what_nobody_can_say() -> None:
    logits = torch.randn(2, 1, 8, 8, generator=torch.Generator().manual_seed(0))
    bits = torch.full((2, 8, 8), SKIN | LESION_UNKNOWN)
    assert float(loss(logits, bits)) == pytest.approx(float(loss(logits, bits | LESION)), abs=1e-6)
    sure = torch.full((1, 1, 8, 8), 9.0)
    assert float(loss(sure, torch.full((1, 8, 8), SKIN | LESION))) < 0.1
    assert float(loss(sure, torch.full((1, 8, 8), SKIN))) > 5


def test_a_resumed_training_goes_on_where_it_stopped(
    exported: tuple[LesionNet, Path],
) -> None:
    folder = exported[1].parent
    segmenter = Segmenter.load()
    photos = read_photos(samples_folder() / "real")[:2]
    recasts = recast_scenes(QUICK, photos, segmenter, folder)
    again = fit(QUICK, drawn_scenes(QUICK, segmenter, folder), recasts, folder)
    expected = exported[0].state_dict()
    assert all(torch.equal(value, expected[name]) for name, value in again.state_dict().items())


def test_training_begins_from_the_segmenter_or_from_a_lesion_network() -> None:
    segmenter = models_folder() / "skin_and_lesion.safetensors"
    first = begun_from(segmenter).state_dict()["stem.0.weight"]
    assert torch.equal(first[:, :3], load_file(segmenter)["stem.0.weight"])
    assert float(first[:, 3:].abs().max()) < float(first[:, :3].abs().max())
    lesions = models_folder() / f"{LESION_NAME}.safetensors"
    again = begun_from(lesions).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in load_file(lesions).items())


def test_a_fold_does_not_start_from_a_network_that_saw_every_photo(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ["train_lesions", "--quick", "--fold", "0", "--start", str(models_folder())]
    monkeypatch.setattr("sys.argv", argv)
    with pytest.raises(SystemExit):
        main()
    assert "begins from nothing" in capsys.readouterr().err


def test_sizes_that_differ_are_refused(exported: tuple[LesionNet, Path]) -> None:
    with pytest.raises(ValueError, match="one size"):
        LesionMarker(exported[1]).mark(
            np.zeros((64, 64, 3), np.uint8),
            np.zeros((64, 64, 3), np.float32),
            np.zeros((32, 64), np.float32),
        )


def test_a_missing_network_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train_lesions"):
        LesionMarker.load(tmp_path)


def test_the_shipped_network_is_named_by_its_content() -> None:
    assert LesionMarker.load().version.startswith(f"{LESION_NAME}-")
    assert (models_folder() / f"{LESION_NAME}.md").exists()
