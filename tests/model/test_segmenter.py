from pathlib import Path

import numpy as np
import pytest
import torch

from lesionscope.imaging.phantom_view import draw_view
from lesionscope.model.outline_export import SKIN_INPUTS, export_outline
from lesionscope.model.segmenter import SEGMENTER_NAME, Segmenter
from lesionscope.model.segnet import SegNet
from lesionscope.model.train_segmenter import (
    LESION,
    LESION_UNKNOWN,
    QUICK,
    SKIN,
    Truth,
    draw_views,
    fit,
    loss,
    read_photos,
)
from lesionscope.places import models_folder, samples_folder


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[SegNet, Path]:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("segmenter")
    net = fit(QUICK, draw_views(QUICK, folder), [], folder)
    return net, export_outline(net, SEGMENTER_NAME, SKIN_INPUTS, folder)


def test_onnx_answers_as_torch_does(exported: tuple[SegNet, Path]) -> None:
    net, file = exported
    rgb = draw_view(np.random.default_rng(1), 96).rgb
    found = Segmenter(file, threads=1).segment(rgb)
    planes = torch.from_numpy(rgb.transpose(2, 0, 1)[None].copy()).float() / 255
    with torch.inference_mode():
        expected = torch.sigmoid(net(planes))[0].numpy()
    assert np.abs(found.skin - expected[0]).max() < 1e-4
    assert np.abs(found.lesion - expected[1]).max() < 1e-4


def test_any_size_is_answered_at_that_size(exported: tuple[SegNet, Path]) -> None:
    segmenter = Segmenter(exported[1], threads=1)
    for size in ((96, 96), (70, 131), (200, 97)):
        rgb = np.full((*size, 3), 128, np.uint8)
        assert segmenter.segment(rgb).lesion.shape == size


def test_a_resumed_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    views = draw_views(QUICK, tmp_path)
    fit(QUICK, views, [], tmp_path)
    saved = torch.load(tmp_path / "segmenter_checkpoint.pt", weights_only=True)
    assert saved["step"] == QUICK.steps
    again = fit(QUICK, views, [], tmp_path)
    assert all(torch.equal(again.state_dict()[n], v) for n, v in saved["steady"].items())


def test_loss_ignores_what_nobody_can_say() -> None:
    logits = torch.randn(1, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    bits = torch.full((1, 8, 8), SKIN | LESION_UNKNOWN)
    other = bits | LESION
    assert float(loss(logits, bits)) == pytest.approx(float(loss(logits, other)), abs=1e-6)
    right = torch.stack([torch.full((1, 8, 8), 9.0), torch.full((1, 8, 8), -9.0)], dim=1)
    assert float(loss(right, torch.full((1, 8, 8), SKIN))) < 1.0


def test_shipped_photos_carry_masks() -> None:
    photos = read_photos(samples_folder() / "real")
    assert len(photos) >= 8
    for photo in photos:
        assert isinstance(photo, Truth)
        assert photo.rgb.shape[:2] == photo.bits.shape


def test_wrong_pictures_are_refused(exported: tuple[SegNet, Path]) -> None:
    with pytest.raises(ValueError, match="uint8"):
        Segmenter(exported[1]).segment(np.zeros((64, 64, 3), np.float32))


def test_a_missing_network_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="train_segmenter"):
        Segmenter.load(tmp_path)


def test_the_shipped_network_is_named_by_its_content() -> None:
    segmenter = Segmenter.load()
    assert segmenter.version.startswith(f"{SEGMENTER_NAME}-")
    assert (models_folder() / f"{SEGMENTER_NAME}.md").exists()
