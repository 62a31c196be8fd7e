"""Lesions of rendered patients with their true outlines, cut out as the network reads them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from lesionscope.imaging.crops import clear_skin_density, cut_field, field_of, lesion_crop
from lesionscope.imaging.resize import resized

Mask = NDArray[np.bool_]
SMALLEST_CM2 = 0.15
"""Smaller visible lesions do not count, as the truth of the rendered patients says."""
CLEAR_REACH_MM = 15.0
"""Distance over which clear skin is averaged around a lesion."""
AVERAGE_CLEAR_SKIN = np.array([0.95, 1.60, 1.90])
"""Optical density of clear skin in the middle of the tones, for one ablation only."""


@dataclass(frozen=True)
class Cutting:
    """How lesions are cut out, to see what each part of it is worth.

    Attributes
    ----------
    calibrated : bool
        Whether the scale of the photo is told.
    own_skin : bool
        Whether lesions are compared with the clear skin of their own photo; if not, with the
        average clear skin of all photos.
    longest_px : int, optional
        Photos are shrunk to this side first; default: as they are.
    """

    calibrated: bool = True
    own_skin: bool = True
    longest_px: int | None = None


@dataclass(frozen=True, eq=False)
class GradedLesions:
    """Lesions of rendered patients with their truth.

    Attributes
    ----------
    crops : ndarray of shape (N, 5, S, S), float32
        See `lesionscope.imaging.crops.lesion_crop`.
    pictures : ndarray of shape (N, S, S, 3), uint8
        The same fields as they look, for human eyes.
    levels : ndarray of shape (N, 3), int64
        Erythema, scale, erosion.
    tones, photos, kinds : tuple of str
        Skin tone, photo and kind of each lesion.
    area_cm2 : ndarray of shape (N,)
        Visible area.
    """

    crops: NDArray[np.float32]
    pictures: NDArray[np.uint8]
    levels: NDArray[np.int64]
    tones: tuple[str, ...]
    photos: tuple[str, ...]
    kinds: tuple[str, ...]
    area_cm2: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class _Cut:
    crop: NDArray[np.float32]
    picture: NDArray[np.uint8]
    truth: dict[str, Any]


def _mask(file: Path, like: NDArray[np.uint8] | None = None) -> NDArray[Any]:
    picture: Image.Image = Image.open(file)
    if like is not None:  # numbers of lesions must not mix
        picture = picture.resize((like.shape[1], like.shape[0]), Image.Resampling.NEAREST)
    return np.asarray(picture)


def _clear_skin(folder: Path, name: str, labels: NDArray[Any], rgb: NDArray[np.uint8]) -> Mask:
    hand = _mask(folder / f"{name}_hand.png", rgb) == 255
    # The border of a lesion fades out beyond its mask: clear skin begins a little farther.
    away = ndimage.maximum_filter(labels, 9) == 0
    clear = np.asarray((_mask(folder / f"{name}_skin.png", rgb) > 0) & away)
    if not (hand & (labels > 0)).any() and (clear & ~hand).any():
        clear &= ~hand  # the palm of a ruler hand says nothing about the skin it lies on
    return clear


def _photo_cuts(folder: Path, facts: dict[str, Any], cutting: Cutting) -> list[_Cut]:
    name, scale = facts["name"], facts["mm_per_px_at_lesions"]
    whole = np.asarray(Image.open(folder / f"{name}.jpg").convert("RGB"))
    rgb = whole if cutting.longest_px is None else resized(whole, cutting.longest_px)
    scale = scale * whole.shape[0] / rgb.shape[0]
    labels = _mask(folder / f"{name}_lesion.png", rgb)
    reference: NDArray[np.floating] = AVERAGE_CLEAR_SKIN
    if cutting.own_skin:
        clear = _clear_skin(folder, name, labels, rgb)
        reference = clear_skin_density(rgb, clear, CLEAR_REACH_MM / scale)
    told = scale if cutting.calibrated else None
    return [
        _Cut(
            lesion_crop(rgb, labels == one["id"], reference, told),
            cut_field(rgb, field_of(labels == one["id"], told)),
            one,
        )
        for one in facts["lesions"]
        if one["visible_area_cm2"] > SMALLEST_CM2 and (labels == one["id"]).any()
    ]


def rendered_lesions(folder: Path, cutting: Cutting | None = None) -> GradedLesions:
    """Cut out every lesion that counts, with its true outline and true clear skin.

    Parameters
    ----------
    folder : Path
        Rendered patients: ``NAME.jpg``, ``NAME.json``, ``NAME_lesion.png`` and so on.
    cutting : Cutting, optional
        How; default: as the pipeline does where the photo has a scale.

    Returns
    -------
    GradedLesions

    Raises
    ------
    FileNotFoundError
        If the folder holds no such patients.
    """
    cuts, tones, photos = [], [], []
    for file in sorted(folder.glob("*_v[0-9]_*.json")):
        facts = json.loads(file.read_text())
        if not facts.get("lesions"):
            continue
        for cut in _photo_cuts(folder, facts, cutting or Cutting()):
            cuts.append(cut)
            tones.append(facts["skin_tone"])
            photos.append(facts["name"])
    if not cuts:
        raise FileNotFoundError(f"no rendered patients with lesions in {folder}")
    truths = [cut.truth for cut in cuts]
    return GradedLesions(
        np.stack([cut.crop for cut in cuts]),
        np.stack([cut.picture for cut in cuts]),
        np.array([[t["erythema"], t["scale"], t["erosion"]] for t in truths], dtype=np.int64),
        tuple(tones),
        tuple(photos),
        tuple(t["kind"] for t in truths),
        np.array([t["visible_area_cm2"] for t in truths]),
    )
