"""Train the segmenter from the repository alone: ``python -m lesionscope.model.train_segmenter``.

It learns on views that the project draws (`lesionscope.imaging.phantom_view`) and on the
licensed photos in ``sample_images/real`` and ``sample_images/training`` with their hand-drawn
masks. Resumable and fixed by
its seed; a full run takes about an hour on two cores.
"""

from __future__ import annotations

import argparse
import logging
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from rich.progress import track
from torch import Tensor
from torch.nn import functional

from lesionscope import places
from lesionscope.imaging.phantom_view import draw_view
from lesionscope.imaging.warp import turned_crop
from lesionscope.model import fitting
from lesionscope.model.outline_export import SKIN_INPUTS, export_outline
from lesionscope.model.segmenter import SEGMENTER_NAME
from lesionscope.model.segnet import SegNet

log = logging.getLogger(__name__)

SKIN, LESION, LESION_UNKNOWN = 1, 2, 4
"""Bits of a truth picture; where the last is set the lesion answer does not count."""
_VIEW_SIDE, _CROP_SIDE = 352, 256


@dataclass(frozen=True)
class Plan:
    """How long and on how much to train.

    Attributes
    ----------
    views : int
        Drawn views.
    steps, batch : int
        Steps of the optimiser, and crops in each.
    photos : int
        Crops in a batch that come from photos.
    rate : float
        Highest learning rate of the one-cycle schedule.
    seed : int
        Fixes data, weights and order.
    """

    views: int = 4000
    steps: int = 4800
    batch: int = 10
    photos: int = 3
    rate: float = 3e-3
    seed: int = 7


QUICK = Plan(views=6, steps=2, batch=2, photos=1)
"""Seconds of work that touch every step; its network is of no use."""


@dataclass(frozen=True, eq=False)
class Truth:
    """A picture and the bits of what each pixel is.

    Attributes
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    bits : ndarray of shape (H, W), uint8
        Sum of `SKIN`, `LESION` and `LESION_UNKNOWN`.
    name : str
        File name without its ending; empty for what was drawn.
    """

    rgb: NDArray[np.uint8]
    bits: NDArray[np.uint8]
    name: str = ""


def draw_views(plan: Plan, folder: Path) -> list[Truth]:
    """Draw the views, or read those already drawn in the folder."""
    patches = skin_patches()
    views = []
    for number in track(range(plan.views), "drawing views", transient=True):
        file = folder / f"view_{plan.seed}_{number:05d}.npz"
        if not file.exists():
            view = draw_view(
                np.random.default_rng([plan.seed, number]), _VIEW_SIDE, patches=patches
            )
            bits = SKIN * view.skin + LESION * view.lesion + LESION_UNKNOWN * view.doubtful
            partial = file.with_suffix(".partial.npz")
            np.savez_compressed(partial, rgb=view.rgb, bits=bits.astype(np.uint8))
            partial.replace(file)
        with np.load(file) as stored:
            views.append(Truth(stored["rgb"], stored["bits"]))
    return views


def skin_patches() -> list[NDArray[np.uint8]]:
    """Read the shipped patches of photographed clear skin."""
    files = sorted((places.samples_folder() / "skin").glob("*.jpg"))
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def read_photos(folder: Path) -> list[Truth]:
    """Read the shipped photos with their masks.

    Parameters
    ----------
    folder : Path
        With ``photos/NAME.*``, ``masks/NAME_skin.png`` and, where drawn, ``NAME_lesion.png``
        and ``NAME_lesion_outer.png`` (between the two nobody can say).

    Returns
    -------
    list of Truth
    """
    photos = []
    for file in sorted((folder / "photos").iterdir()):
        masks = folder / "masks"
        skin = _mask(masks / f"{file.stem}_skin.png")
        if skin is None:
            continue
        rgb = np.asarray(Image.open(file).convert("RGB"))
        bits = (SKIN * skin).astype(np.uint8)
        lesion, outer = (_mask(masks / f"{file.stem}_{k}.png") for k in ("lesion", "lesion_outer"))
        if lesion is None:
            bits |= LESION_UNKNOWN
        else:
            bits[lesion] |= LESION
            if outer is not None:
                bits[outer & ~lesion] |= LESION_UNKNOWN
        photos.append(Truth(rgb, bits, file.stem))
    return photos


def _mask(file: Path) -> NDArray[np.bool_] | None:
    return np.asarray(Image.open(file).convert("L")) > 0 if file.exists() else None


def _batch(
    rng: np.random.Generator, plan: Plan, views: list[Truth], photos: list[Truth]
) -> tuple[Tensor, Tensor]:
    pictures, truths = [], []
    for place in range(plan.batch):
        if photos and place < plan.photos:
            chosen = photos[rng.integers(len(photos))]
            rgb, bits = turned_crop(rng, chosen.rgb, chosen.bits, _VIEW_SIDE)
        else:
            chosen = views[rng.integers(len(views))]
            rgb, bits = chosen.rgb, chosen.bits
        if rng.random() < 0.5:
            rgb, bits = rgb[:, ::-1], bits[:, ::-1]
        turns = int(rng.integers(4)) if rng.random() < 0.3 else 0
        rgb, bits = np.rot90(rgb, turns), np.rot90(bits, turns)
        top, left = rng.integers(0, _VIEW_SIDE - _CROP_SIDE + 1, 2)
        window = np.s_[top : top + _CROP_SIDE, left : left + _CROP_SIDE]
        pictures.append(rgb[window])
        truths.append(bits[window])
    rgb_batch = torch.from_numpy(np.stack(pictures)).permute(0, 3, 1, 2).float() / 255
    return rgb_batch, torch.from_numpy(np.stack(truths)).long()


def under_other_light(density: Tensor, generator: torch.Generator) -> Tensor:
    """Vary exposure and white balance; one photo in seven gets a strong cast.

    Parameters
    ----------
    density : Tensor of shape (N, 3, H, W)
        Normalised density.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    Tensor of shape (N, 3, H, W)
    """
    moved = density + light_shift(len(density), generator)
    return moved.contiguous(memory_format=torch.channels_last)


def light_shift(count: int, generator: torch.Generator) -> Tensor:
    """Draw what another light adds to normalised density, shape (count, 3, 1, 1)."""
    exposure = 0.15 * torch.randn(count, 1, generator=generator)
    # The shaded side of dark skin is nearly black, and skin all the same.
    in_shade = torch.rand(count, 1, generator=generator) < 0.2
    exposure = exposure + in_shade * torch.rand(count, 1, generator=generator)
    strong = torch.rand(count, 1, generator=generator) < 0.15
    spread = torch.where(strong, 0.45, 0.07)
    white = spread * torch.randn(count, 3, generator=generator) * torch.tensor([1.0, 0.3, 1.0])
    band = exposure + white
    shift = torch.stack(
        [2.5 * (band[:, 1] - band[:, 0]), 3 * (band[:, 2] - band[:, 1]), 0.8 * band[:, 1]], dim=1
    )
    return shift[..., None, None]


def camouflaged(density: Tensor, bits: Tensor, generator: torch.Generator) -> Tensor:
    """Give what is not skin the mean colour of the skin, in one picture of six.

    Peach cloth and wooden floors have the colour of skin; their texture and shape have not.

    Parameters
    ----------
    density : Tensor of shape (N, 3, H, W)
        Normalised density.
    bits : Tensor of shape (N, H, W), int64
        Truth.
    generator : torch.Generator
        Source of randomness.

    Returns
    -------
    Tensor of shape (N, 3, H, W)
    """
    out = density.clone()
    for number in range(len(density)):
        chosen = float(torch.rand(1, generator=generator)) < 1 / 6
        skin = bits[number] & SKIN > 0
        if not chosen or skin.sum() < 200 or (~skin).sum() < 200:
            continue
        apart = density[number][:, skin].mean(dim=1) - density[number][:, ~skin].mean(dim=1)
        apart += torch.tensor([0.25, 0.25, 0.3]) * torch.randn(3, generator=generator)
        out[number] += apart[:, None, None] * ~skin
    return out


def loss(logits: Tensor, bits: Tensor) -> Tensor:
    """Return cross-entropy plus Dice loss of skin and of lesion, the latter where it is known.

    Parameters
    ----------
    logits : Tensor of shape (N, 2, H, W)
        Of skin and of lesion.
    bits : Tensor of shape (N, H, W), int64
        Truth.
    """
    skin = (bits & SKIN > 0).float()
    lesion = (bits & LESION > 0).float()
    known = (bits & LESION_UNKNOWN == 0).float()
    cross = functional.binary_cross_entropy_with_logits
    of_skin = cross(logits[:, 0], skin) + 0.5 * _dice_loss(logits[:, 0], skin, skin * 0 + 1)
    per_pixel = cross(logits[:, 1], lesion, reduction="none")
    of_lesion = (per_pixel * known).sum() / known.sum().clamp(min=1)
    return of_skin + 2 * of_lesion + 0.7 * _dice_loss(logits[:, 1], lesion, known)


def _dice_loss(logits: Tensor, truth: Tensor, weight: Tensor) -> Tensor:
    found, true = torch.sigmoid(logits) * weight, truth * weight
    return 1 - (2 * (found * true).sum() + 50) / ((found + true).sum() + 50)


def fit(plan: Plan, views: list[Truth], photos: list[Truth], folder: Path) -> SegNet:
    """Train, resuming from the folder's checkpoint where there is one of the same plan.

    The network returned is the running average of the weights, which is steadier than the last.
    """
    torch.manual_seed(plan.seed)
    light = torch.Generator().manual_seed(plan.seed)
    net = SegNet().to(memory_format=torch.channels_last)

    def loss_of(rng: np.random.Generator) -> Tensor:
        rgb, bits = _batch(rng, plan, views, photos)
        density = camouflaged(net.density(rgb), bits, light)
        return loss(net.from_density(under_other_light(density, light)), bits)

    schedule = fitting.Schedule(plan.steps, plan.rate, plan.seed, 0.995, repr(plan))
    fitting.fit(net, loss_of, schedule, folder / "segmenter_checkpoint.pt")
    return net


def main() -> None:
    """Draw, train and export."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/segmenter"))
    parser.add_argument("--out", type=Path, default=places.models_folder())
    parser.add_argument("--quick", action="store_true", help="seconds, to try every step")
    parser.add_argument("--threads", type=int, default=2)
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    torch.set_num_threads(chosen.threads)
    plan = QUICK if chosen.quick else Plan()
    chosen.work.mkdir(parents=True, exist_ok=True)
    views = draw_views(plan, chosen.work)
    samples = places.samples_folder()
    photos = read_photos(samples / "real") + read_photos(samples / "training")
    log.info("%d drawn views, %d photos", len(views), len(photos))
    net = fit(plan, views, photos, chosen.work)
    log.info("wrote %s", export_outline(net, SEGMENTER_NAME, SKIN_INPUTS, chosen.out))


if __name__ == "__main__":
    main()
