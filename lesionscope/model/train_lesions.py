"""Train the lesion network: ``python -m lesionscope.model.train_lesions``.

All of it comes from the repository. It starts from the segmenter's weights and learns on larger
drawn views and on the licensed photos, recast in many ways (`lesionscope.imaging.phantom_recast`):
darker skin, other light, lesions drawn onto what is clear. Resumable and fixed by its seed; about
two hours on two cores.

``--fold 0`` or ``--fold 1`` leaves every second photo out, begins from nothing (the segmenter saw
them all) and writes the names of the photos left out beside the network, so that
`benchmarks/held_out.py` can measure on photos that it never saw.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from rich.progress import track
from safetensors.torch import load_file
from torch import Tensor
from torch.nn import functional

from lesionscope import places
from lesionscope.imaging.lesion import contrast
from lesionscope.imaging.phantom_recast import recast
from lesionscope.imaging.phantom_view import draw_view
from lesionscope.imaging.resize import resized, resized_map
from lesionscope.imaging.warp import turned_crop
from lesionscope.model import fitting
from lesionscope.model.lesion_marker import LESION_NAME
from lesionscope.model.outline_export import LESION_INPUTS, export_outline
from lesionscope.model.segmenter import SEGMENTER_NAME, Segmenter
from lesionscope.model.segnet import LesionNet
from lesionscope.model.train_segmenter import (
    LESION,
    LESION_UNKNOWN,
    SKIN,
    Truth,
    light_shift,
    read_photos,
    skin_patches,
)

log = logging.getLogger(__name__)

_COARSE = 4
"""Skin and clear skin are smooth: they are kept at a quarter of the size."""


@dataclass(frozen=True)
class Plan:
    """How long and on how much to train.

    Attributes
    ----------
    views : int
        Drawn views.
    casts : int
        Times that each photo is recast.
    view_side, crop_side : int
        Pixels on a side of a view, and of the crops that a batch is made of.
    steps, batch : int
        Steps of the optimiser, and crops in each.
    photos : int
        Crops in a batch that come from photos.
    rate : float
        Highest learning rate.
    seed : int
        Fixes data, weights and order.
    """

    views: int = 2200
    casts: int = 20
    view_side: int = 512
    crop_side: int = 384
    steps: int = 6000
    batch: int = 6
    photos: int = 2
    rate: float = 2.5e-3
    seed: int = 11


QUICK = Plan(views=4, casts=1, view_side=128, crop_side=96, steps=2, batch=2, photos=1)
"""Seconds of work that touch every step; its network is of no use."""


@dataclass(frozen=True, eq=False)
class Scene:
    """A picture, its truth, and what the network is told about it.

    Attributes
    ----------
    truth : Truth
        Picture and bits of what each pixel is.
    skin : ndarray of shape (H / 4, W / 4), uint8
        Probability of skin, 0 to 255.
    clear : ndarray of shape (H / 4, W / 4, 3), float16
        Optical density of clear skin.
    """

    truth: Truth
    skin: NDArray[np.uint8]
    clear: NDArray[np.float16]


def scene_of(truth: Truth, segmenter: Segmenter) -> Scene:
    """Find skin and clear skin as the pipeline would."""
    height, width = truth.bits.shape
    seen = segmenter.segment(resized(truth.rgb, max(height, width) * 11 // 16)).skin
    skin = resized_map(seen, (height, width))
    clear = contrast(truth.rgb, skin >= 0.5).clear_density
    small = (height // _COARSE, width // _COARSE)
    coarse = np.stack([resized_map(clear[..., k].copy(), small) for k in range(3)], axis=-1)
    return Scene(
        truth,
        np.rint(255 * resized_map(skin, small)).astype(np.uint8),
        coarse.astype(np.float16),
    )


def drawn_scenes(plan: Plan, segmenter: Segmenter, folder: Path) -> list[Scene]:
    """Draw the views, or read those already drawn in the folder."""
    patches = skin_patches()
    scenes = []
    for number in track(range(plan.views), "drawing views", transient=True):
        file = folder / f"scene_{plan.seed}_{plan.view_side}_{number:05d}.npz"
        if not file.exists():
            rng = np.random.default_rng([plan.seed, number])
            view = draw_view(rng, plan.view_side, patches=patches)
            bits = SKIN * view.skin + LESION * view.lesion + LESION_UNKNOWN * view.doubtful
            _keep(file, scene_of(Truth(view.rgb, bits.astype(np.uint8)), segmenter))
        scenes.append(_kept(file))
    return scenes


def recast_scenes(
    plan: Plan, photos: list[Truth], segmenter: Segmenter, folder: Path
) -> list[Scene]:
    """Recast every photo many times; one in four is only turned and scaled."""
    scenes = []
    every = [(photo, cast) for cast in range(plan.casts) for photo in photos]
    for photo, cast in track(every, "recasting photos", transient=True):
        file = folder / f"recast_{plan.seed}_{plan.view_side}_{photo.name}_{cast:03d}.npz"
        if not file.exists():
            rng = np.random.default_rng([plan.seed, cast, *photo.name.encode()])
            rgb, bits = turned_crop(rng, photo.rgb, photo.bits, plan.view_side)
            truth = Truth(rgb, bits)
            if cast % 4:
                truth = _recast(rng, truth)
            _keep(file, scene_of(truth, segmenter))
        scenes.append(_kept(file))
    return scenes


def _recast(rng: np.random.Generator, truth: Truth) -> Truth:
    made = recast(rng, truth.rgb, (truth.bits & SKIN) > 0)
    bits = truth.bits.copy()
    bits[made.doubtful & (bits & LESION == 0)] |= LESION_UNKNOWN
    bits[made.lesion] = SKIN | LESION
    return Truth(made.rgb, bits)


def _keep(file: Path, scene: Scene) -> None:
    partial = file.with_suffix(".partial.npz")
    truth = scene.truth
    np.savez(partial, rgb=truth.rgb, bits=truth.bits, skin=scene.skin, clear=scene.clear)
    partial.replace(file)


def _kept(file: Path) -> Scene:
    with np.load(file) as stored:
        truth = Truth(stored["rgb"], stored["bits"])
        return Scene(truth, stored["skin"], stored["clear"])


def _crop(rng: np.random.Generator, scene: Scene, side: int) -> tuple[NDArray[np.generic], ...]:
    """Cut, mirror and turn a crop that shows some skin."""
    room = (scene.truth.bits.shape[0] - side) // _COARSE + 1
    for _ in range(4):
        top, left = (int(v) for v in rng.integers(0, room, 2))
        fine = np.s_[_COARSE * top :, _COARSE * left :]
        if (scene.truth.bits[fine][:side, :side] & SKIN).mean() > 0.05:
            break
    few = side // _COARSE
    cut: list[NDArray[np.generic]] = [
        scene.truth.rgb[fine][:side, :side],
        scene.truth.bits[fine][:side, :side],
        scene.skin[top : top + few, left : left + few],
        scene.clear[top : top + few, left : left + few],
    ]
    if rng.random() < 0.5:
        cut = [part[:, ::-1] for part in cut]
    turns = int(rng.integers(4)) if rng.random() < 0.4 else 0
    return tuple(np.ascontiguousarray(np.rot90(part, turns)) for part in cut)


def _batch(
    rng: np.random.Generator, plan: Plan, drawn: list[Scene], photos: list[Scene]
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return pictures, truth bits, skin and clear skin."""
    crops = []
    for place in range(plan.batch):
        source = photos if photos and place < plan.photos else drawn
        crops.append(_crop(rng, source[rng.integers(len(source))], plan.crop_side))
    rgb, bits, skin, clear = (
        torch.from_numpy(np.stack([crop[part] for crop in crops])) for part in range(4)
    )
    return (
        rgb.permute(0, 3, 1, 2).float() / 255,
        bits.long(),
        _enlarged(skin[:, None].float() / 255),
        _enlarged(clear.permute(0, 3, 1, 2).float()),
    )


def _enlarged(coarse: Tensor) -> Tensor:
    return functional.interpolate(
        coarse, scale_factor=float(_COARSE), mode="bilinear", align_corners=False
    )


def loss(logits: Tensor, bits: Tensor) -> Tensor:
    """Return cross-entropy plus the Dice loss of each picture, where the answer is known.

    Dice is taken picture by picture, so that a small lesion weighs as much as a large one.

    Parameters
    ----------
    logits : Tensor of shape (N, 1, H, W)
        Of lesion.
    bits : Tensor of shape (N, H, W), int64
        Truth.
    """
    lesion = (bits & LESION > 0).float()
    known = (bits & LESION_UNKNOWN == 0).float()
    cross = functional.binary_cross_entropy_with_logits(logits[:, 0], lesion, reduction="none")
    found, true = torch.sigmoid(logits[:, 0]) * known, lesion * known
    overlap, both = (found * true).sum((1, 2)), (found + true).sum((1, 2))
    dice = 1 - (2 * overlap + 60) / (both + 60)
    return 2 * (cross * known).sum() / known.sum().clamp(min=1) + 0.8 * dice.mean()


def begun_from(weights: Path) -> LesionNet:
    """Return a lesion network that starts where the segmenter, or a lesion network, ended.

    The planes that the segmenter did not have start near zero.
    """
    net = LesionNet()
    trained = load_file(weights)
    if trained["stem.0.weight"].shape == net.stem[0].weight.shape:
        net.load_state_dict(trained)
        return net
    state = net.state_dict()
    for name, value in trained.items():
        if name == "stem.0.weight":
            state[name] = 0.05 * torch.randn_like(state[name])
            state[name][:, :3] = value
        else:
            state[name] = value[1:2] if name.startswith("head") else value
    net.load_state_dict(state)
    return net


def fit(
    plan: Plan,
    drawn: list[Scene],
    photos: list[Scene],
    folder: Path,
    *,
    begin_from: Path | None = None,
) -> LesionNet:
    """Train, resuming from the folder's checkpoint where there is one of the same plan.

    Parameters
    ----------
    plan : Plan
        How long and on how much.
    drawn, photos : list of Scene
        What to learn on; photos may be empty.
    folder : Path
        Of the checkpoint.
    begin_from : Path, optional
        Weights of the segmenter or of a lesion network; by default it begins from nothing.
    """
    torch.manual_seed(plan.seed)
    light = torch.Generator().manual_seed(plan.seed)
    net = LesionNet() if begin_from is None else begun_from(begin_from)
    net = net.to(memory_format=torch.channels_last)
    unsure = torch.tensor([0.04, 0.05, 0.04])[None, :, None, None]

    def loss_of(rng: np.random.Generator) -> Tensor:
        rgb, bits, skin, clear = _batch(rng, plan, drawn, photos)
        shift = light_shift(len(rgb), light)
        # The reference is never exact, and the network must not count on it.
        wrong = unsure * torch.randn(len(rgb), 3, 1, 1, generator=light)
        density, reference = net.density(rgb) + shift, net.mixed(clear) + shift + wrong
        return loss(net.against(density, reference, skin), bits)

    name = f"{plan!r} on {len(photos)} recasts, begun from {begin_from and begin_from.name}"
    schedule = fitting.Schedule(plan.steps, plan.rate, plan.seed, 0.996, name)
    fitting.fit(net, loss_of, schedule, folder / "lesions_checkpoint.pt")
    return net


def main() -> None:
    """Draw, recast, train and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/lesions"))
    parser.add_argument("--out", type=Path, default=places.models_folder())
    parser.add_argument("--fold", type=int, choices=(0, 1), help="leave every second photo out")
    parser.add_argument("--views", type=int, help="fewer drawn views, for a shorter run")
    parser.add_argument("--steps", type=int, help="fewer steps, for a shorter run")
    parser.add_argument("--start", type=Path, help="folder whose lesion network to begin from")
    parser.add_argument("--rate", type=float, help="highest learning rate")
    parser.add_argument("--seed", type=int, help="another seed: other views, recasts and order")
    parser.add_argument("--quick", action="store_true", help="seconds, to try every step")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    if chosen.start is not None and chosen.fold is not None:
        parser.error("a fold begins from nothing: the networks to start from saw every photo")
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    plan = QUICK if chosen.quick else Plan()
    asked = {name: getattr(chosen, name) for name in ("views", "steps", "rate", "seed")}
    plan = replace(plan, **{name: value for name, value in asked.items() if value is not None})
    chosen.work.mkdir(parents=True, exist_ok=True)
    chosen.out.mkdir(parents=True, exist_ok=True)
    samples = places.samples_folder()
    photos = read_photos(samples / "real") + read_photos(samples / "training")
    begin_from: Path | None = places.models_folder() / f"{SEGMENTER_NAME}.safetensors"
    if chosen.start is not None:
        begin_from = chosen.start / f"{LESION_NAME}.safetensors"
    if chosen.fold is not None:
        begin_from = None
        left_out = photos[1 - chosen.fold :: 2]
        (chosen.out / "held_out.txt").write_text("".join(f"{p.name}\n" for p in left_out))
        photos = photos[chosen.fold :: 2]
    segmenter = Segmenter.load()
    drawn = drawn_scenes(plan, segmenter, chosen.work)
    recasts = recast_scenes(plan, photos, segmenter, chosen.work)
    log.info("%d drawn views, %d recast photos", len(drawn), len(recasts))
    net = fit(plan, drawn, recasts, chosen.work, begin_from=begin_from)
    log.info("wrote %s", export_outline(net, LESION_NAME, LESION_INPUTS, chosen.out))


if __name__ == "__main__":
    main()
