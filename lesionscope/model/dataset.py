"""The training data: drawn lesions, spoiled the way real outlines and references are.

Everything is made again from the repository by a seed: each example depends on the seed and
its own number alone, so any part can be rebuilt, in any order, by any number of processes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lesionscope import places
from lesionscope.imaging import colour, crops, phantom
from lesionscope.model.rendered import AVERAGE_CLEAR_SKIN
from lesionscope.model.taught import STORED

SHARD = 250
"""Examples in one file."""
CELL = 4
"""Pixels of the crop on a side of a cell of the maps."""


@dataclass(frozen=True, eq=False)
class Examples:
    """Crops and their truth.

    Attributes
    ----------
    crops : ndarray of shape (N, 4, S, S), float16
        Density contrast in R, G, B and the outline; see `with_haemoglobin`.
    maps : ndarray of shape (N, 2, S / 4, S / 4), uint8
        Share of each cell that flakes cover, and that is eroded, 255 = all of it.
    levels : ndarray of shape (N, 3), int64
        Erythema, scale, erosion.
    contrast : ndarray of shape (N,), float32
        Extra haemoglobin absorbance drawn, natural log units.
    ita_deg : ndarray of shape (N,), float32
        Individual typology angle of the host skin.
    """

    crops: NDArray[np.float16]
    maps: NDArray[np.uint8]
    levels: NDArray[np.int64]
    contrast: NDArray[np.float32]
    ita_deg: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.levels)


def skin_patches(folder: Path | None = None) -> tuple[NDArray[np.uint8], ...]:
    """Read the shipped patches of clear skin, in the order of their names.

    Parameters
    ----------
    folder : Path, optional
        Default: ``skin`` in the samples folder. An absent folder holds no patches.

    Returns
    -------
    tuple of ndarray of shape (h, w, 3), uint8
    """
    folder = folder or places.samples_folder() / "skin"
    files = sorted([*folder.glob("*.jpg"), *folder.glob("*.png")])
    return tuple(np.asarray(Image.open(file).convert("RGB")) for file in files)


def with_haemoglobin(stored: NDArray[np.floating]) -> NDArray[np.float32]:
    """Restore the five channels of `lesion_crop` from the four that are stored.

    Parameters
    ----------
    stored : ndarray of shape (N, 4, S, S), float
        Density contrast in R, G, B and the outline.

    Returns
    -------
    ndarray of shape (N, 5, S, S), float32
    """
    x = np.asarray(stored, dtype=np.float32)
    # The split is linear, so its first column is all that the haemoglobin channel needs.
    column = colour.chromophores(np.eye(3))[:, 0]
    blood = sum(column[n] * x[:, n] for n in range(3))
    return np.concatenate([x[:, :3], np.asarray(blood)[:, None], x[:, 3:]], axis=1)


def _reference(
    rng: np.random.Generator, scene: phantom.Scene, outline: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Return clear skin's density as a pipeline would know it: local or global, and a bit off."""
    side = outline.shape[0]
    clear = scene.skin & ~outline & ~scene.lesion
    if rng.random() < 0.3:  # the pipeline does not know the true edge of the lesion
        clear = scene.skin & ~outline
    off = rng.normal(0, 0.03) + rng.normal(0, 0.012, 3)
    if clear.mean() < 0.02:
        clear = scene.skin if scene.skin.any() else np.ones_like(clear)
        off = off + rng.normal(0, 0.05, 3)
    if rng.random() < 0.35:
        near = np.median(colour.optical_density(scene.rgb)[clear], axis=0)
    else:
        near = crops.clear_skin_density(scene.rgb, clear, side * rng.uniform(0.08, 0.4))
    return np.asarray(near + off, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class Example:
    """One drawn crop and what it shows.

    Attributes
    ----------
    crop : ndarray of shape (5, S, S), float32
        See `lesionscope.imaging.crops.lesion_crop`.
    maps : ndarray of shape (2, S / 4, S / 4), float32
        Share of each cell that flakes cover, and that is eroded.
    recipe : Recipe
        What was drawn.
    """

    crop: NDArray[np.float32]
    maps: NDArray[np.float32]
    recipe: phantom.Recipe


@dataclass(frozen=True)
class Told:
    """What a network is told beside the picture; something is left out in ablations only.

    Attributes
    ----------
    own_skin : bool
        Whether lesions are compared with the clear skin around them; if not, with an average.
    scale : bool
        Whether the scale of the photo is known, as it is for most.
    """

    own_skin: bool = True
    scale: bool = True


EVERYTHING = Told()


def example(
    seed: int,
    number: int,
    patches: Sequence[NDArray[np.uint8]] = (),
    told: Told = EVERYTHING,
) -> Example:
    """Make one crop and what it shows.

    Parameters
    ----------
    seed, number : int
        Together they fix the example.
    patches : sequence of ndarray of shape (h, w, 3), uint8
        Clear skin whose texture may be borrowed.
    told : Told
        What the crop may make use of; the drawing is the same.

    Returns
    -------
    Example
    """
    rng = np.random.default_rng([seed, number])
    recipe = phantom.draw_recipe(rng)
    scene = phantom.draw_scene(recipe, rng, patches=patches)
    while scene.lesion.sum() < 12:  # the edge of the limb may have cut the lesion off
        scene = phantom.draw_scene(recipe, rng, patches=patches)
    outline = phantom.imperfect_mask(rng, scene.lesion, scene.skin)
    reference = _reference(rng, scene, outline)
    if not told.own_skin:
        reference = AVERAGE_CLEAR_SKIN.astype(np.float32)
    known = rng.random() < 0.6
    measured = scene.mm_per_px * float(np.exp(rng.normal(0, 0.08)))
    scale = measured if known and told.scale else None
    crop = crops.lesion_crop(scene.rgb, outline, reference, scale)
    field = crops.field_of(outline, scale)
    truth = np.stack([scene.flakes, scene.raw]) * scene.skin
    maps = [crops.cut_field(layer, field, crops.CROP_SIZE // CELL) for layer in truth]
    return Example(crop, np.stack(maps).astype(np.float32), recipe)


def _write_shard(
    first: int,
    *,
    folder: Path,
    count: int,
    seed: int,
    patches: Sequence[NDArray[np.uint8]],
    told: Told,
) -> Path:
    file = folder / f"examples_{seed}_{first:06d}.npz"
    if file.exists():
        return file
    made = [example(seed, n, patches, told) for n in range(first, min(first + SHARD, count))]
    recipes = [one.recipe for one in made]
    partial_file = file.with_suffix(f".{os.getpid()}.partial.npz")
    np.savez(
        partial_file,
        crops=np.stack([one.crop[list(STORED)] for one in made]).astype(np.float16),
        maps=np.rint(255 * np.stack([one.maps for one in made])).astype(np.uint8),
        levels=np.array([(r.erythema, r.scale, r.erosion) for r in recipes]),
        contrast=np.array([r.contrast for r in recipes], dtype=np.float32),
        ita_deg=np.array([r.ita_deg for r in recipes], dtype=np.float32),
    )
    partial_file.replace(file)
    return file


def build(
    folder: Path, count: int, seed: int, *, workers: int = 1, told: Told = EVERYTHING
) -> Iterator[Path]:
    """Make `count` examples in files of `SHARD`, skipping those that are there.

    Parameters
    ----------
    folder : Path
        Where the files go; made where missing.
    count, seed : int
        How many, and which.
    workers : int
        Processes; one works in this process.
    told : Told
        See `example`. Each way of telling needs a folder of its own.

    Yields
    ------
    Path
        Each file as it is ready, in order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write = partial(
        _write_shard, folder=folder, count=count, seed=seed, patches=skin_patches(), told=told
    )
    firsts = range(0, count, SHARD)
    if workers == 1:
        yield from map(write, firsts)
        return
    with ProcessPoolExecutor(workers) as pool:
        yield from pool.map(write, firsts)


def load(files: Sequence[Path]) -> Examples:
    """Read files of `build` into memory.

    Parameters
    ----------
    files : sequence of Path
        In the order wanted.

    Returns
    -------
    dataset.Examples
    """
    parts = [np.load(file) for file in files]
    return Examples(
        np.concatenate([part["crops"] for part in parts]),
        np.concatenate([part["maps"] for part in parts]),
        np.concatenate([part["levels"] for part in parts]).astype(np.int64),
        np.concatenate([part["contrast"] for part in parts]),
        np.concatenate([part["ita_deg"] for part in parts]),
    )
