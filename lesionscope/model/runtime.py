"""Run the network: ONNX Runtime only, no torch.

The grader answers with the probability of every level, or says why it does not: a lesion that
is too small or too blurred in its crop, one unlike anything that training drew, or one whose
probabilities are so flat that a level would be a guess.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lesionscope import places
from lesionscope.model.session import open_network
from lesionscope.scoring.recalibration import Adjustment

NETWORK_NAME = "lesion_grades"
"""File name of the network without its ending."""
RULES_KEY = "lesionscope_rules"
"""Key of the grader's own limits in the metadata of the ONNX file."""
ITEMS = ("erythema", "scale", "erosion")
"""The items, in the order of the network's outputs."""
SMALLEST_AREA = 60
"""Fewer pixels of lesion in the crop leave no room for texture."""
FLAT_ERYTHEMA = 0.45
"""An erythema level with less probability than this is a guess between three."""
FLATTEST_DETAIL = 0.003
"""Less fine detail than this, natural log units, is a lesion out of focus."""
SEEN = 0.5
"""A cell of the maps counts as flaky or raw from this share of it on."""
_BATCH = 64
_HIDDEN_PX = 20
_STEP_PX = 10


@dataclass(frozen=True)
class LesionGrade:
    """What the network says of one lesion.

    Attributes
    ----------
    probabilities : dict of str to tuple of float
        Probability of each level of ``"erythema"`` (4), ``"scale"`` (3) and ``"erosion"`` (2);
        empty when not gradable.
    gradable : bool
        Whether a level may be suggested.
    reason : str
        Why not; empty when gradable.
    flakes, raw : float
        Share of the outline in which the network saw scale, and raw or crusted skin.
    """

    probabilities: dict[str, tuple[float, ...]]
    gradable: bool
    reason: str
    flakes: float = 0.0
    raw: float = 0.0

    @property
    def seen(self) -> str:
        """Where the network looked, in words."""
        found = (("flakes", self.flakes), ("raw or crusted skin", self.raw))
        return ", ".join(f"{what} over {share:.0%}" for what, share in found if share >= 0.01)

    def __post_init__(self) -> None:
        if self.gradable == bool(self.reason):
            raise ValueError("a lesion that is not gradable needs a reason, a gradable one none")


def lesion_detail(crops: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return how much fine detail each lesion holds.

    Parameters
    ----------
    crops : ndarray of shape (N, 5, S, S), float32
        See `lesionscope.imaging.crops.lesion_crop`.

    Returns
    -------
    ndarray of shape (N,), float32
        Root mean square of the green density minus the mean of its four neighbours, inside the
        outline, natural log units.
    """
    green, outline = crops[:, 1], crops[:, 4, 1:-1, 1:-1]
    around = green[:, :-2, 1:-1] + green[:, 2:, 1:-1] + green[:, 1:-1, :-2] + green[:, 1:-1, 2:]
    fine = green[:, 1:-1, 1:-1] - around / 4
    weight = outline.sum(axis=(1, 2)) + 1e-6
    return np.asarray(np.sqrt((fine * fine * outline).sum(axis=(1, 2)) / weight))


class Grader:
    """The network, ready to grade lesions.

    Parameters
    ----------
    file : Path
        The ONNX file.
    threads : int
        Threads of ONNX Runtime. One by default: two were slower on a busy machine.
    """

    def __init__(self, file: Path, *, threads: int = 1) -> None:
        self._session, self.version = open_network(file, threads)
        rules = self._session.get_modelmeta().custom_metadata_map.get(RULES_KEY)
        if rules is None:
            raise ValueError(f"{file.name} does not carry {RULES_KEY!r}: not a grading network")
        self.rules: dict[str, float] = json.loads(rules)
        self._adjustments: Mapping[str, Adjustment] = {}

    @classmethod
    def load(cls, folder: Path | None = None) -> Grader:
        """Load the network of a folder, by default the one that is shipped.

        Raises
        ------
        FileNotFoundError
            If the folder has no network.
        """
        file = (folder or places.models_folder()) / f"{NETWORK_NAME}.onnx"
        if not file.exists():
            raise FileNotFoundError(f"no network at {file}: run python -m lesionscope.model.train")
        return cls(file)

    def adjusted(self, adjustments: Mapping[str, Adjustment], name: str) -> Grader:
        """Return the same network with its probabilities recalibrated.

        Parameters
        ----------
        adjustments : mapping of str to Adjustment
            By item; items that are missing stay as they are.
        name : str
            Of the recalibration; it becomes part of the version.

        Returns
        -------
        Grader
        """
        other = copy.copy(self)
        other._adjustments = dict(adjustments)
        other.version = f"{self.version}+{name}"
        return other

    def grade(self, crops: NDArray[np.float32]) -> tuple[LesionGrade, ...]:
        """Grade lesions.

        Parameters
        ----------
        crops : ndarray of shape (N, 5, S, S), float32
            See `lesionscope.imaging.crops.lesion_crop`.

        Returns
        -------
        tuple of LesionGrade
            One for each crop, in order.

        Raises
        ------
        ValueError
            If the array does not have the shape of crops.
        """
        _check(crops)
        finite = np.asarray(np.isfinite(crops).all(axis=(1, 2, 3)))
        safe = np.where(finite[:, None, None, None], crops, 0).astype(np.float32)
        chances, distance, maps = self._answers(safe)
        shares = _shares(maps, safe[:, 4])
        areas, details = safe[:, 4].sum(axis=(1, 2)), lesion_detail(safe)
        grades = []
        for n in range(len(safe)):
            levels = {item: self._levels(item, chances[item][n]) for item in ITEMS}
            reason = "the crop holds values that are not numbers"
            if finite[n]:
                reason = self._refusal(levels["erythema"], distance[n], areas[n], details[n])
            flakes, raw = (float(share) for share in shares[n])
            grades.append(LesionGrade({} if reason else levels, not reason, reason, flakes, raw))
        return tuple(grades)

    def probabilities(self, crops: NDArray[np.float32]) -> dict[str, NDArray[np.float64]]:
        """Return the probabilities of each item, shape (N, levels), without ever abstaining.

        Raises
        ------
        ValueError
            If the array does not have the shape of crops.
        """
        _check(crops)
        return self._answers(crops)[0]

    def attention(self, crop: NDArray[np.float32], item: str) -> NDArray[np.float32]:
        """Return where the network looked for one item of one lesion.

        Scale and erosion: the share of each spot that it takes for flakes, or for raw skin.
        Erythema: how far the expected level falls when the spot is hidden behind the colour of
        clear skin, tried spot by spot; as much work as up to 280 lesions.

        Parameters
        ----------
        crop : ndarray of shape (5, S, S), float32
            See `lesionscope.imaging.crops.lesion_crop`.
        item : str
            One of `ITEMS`.

        Returns
        -------
        ndarray of shape (S, S), float32
            0 to 1 inside the outline, 0 outside. For erythema, 1 is the spot that matters most.

        Raises
        ------
        ValueError
            If the item or the shape of the crop is another.

        References
        ----------
        Zeiler and Fergus 2014, ECCV: occlusion.
        """
        if item not in ITEMS:
            raise ValueError(f"item must be one of {ITEMS}, got {item!r}")
        _check(crop[None])
        inside = (crop[4] > 0).astype(np.float32)
        if item == "erythema":
            return np.asarray(self._occlusion(crop) * inside)
        cells = self._answers(crop[None])[2][0, ITEMS.index(item) - 1]
        side = crop.shape[1] // cells.shape[0]
        return np.asarray(np.repeat(np.repeat(cells, side, 0), side, 1) * inside, np.float32)

    def _levels(self, item: str, chances: NDArray[np.float64]) -> tuple[float, ...]:
        own = tuple(float(p) for p in chances)
        adjustment = self._adjustments.get(item)
        return own if adjustment is None else adjustment.apply(own)

    def _occlusion(self, crop: NDArray[np.float32]) -> NDArray[np.float32]:
        """Hide one spot after another behind the colour of clear skin."""
        size = crop.shape[1]
        starts = range(_STEP_PX - _HIDDEN_PX, size, _STEP_PX)
        spots = [
            np.s_[max(top, 0) : top + _HIDDEN_PX, max(left, 0) : left + _HIDDEN_PX]
            for top in starts
            for left in starts
        ]
        spots = [spot for spot in spots if crop[4][spot].any()]
        heat, tried = np.zeros((size, size), np.float32), np.zeros((size, size), np.float32)
        levels = np.arange(4)
        whole = float(self._answers(crop[None])[0]["erythema"][0] @ levels)
        for first in range(0, len(spots), _BATCH):
            batch = spots[first : first + _BATCH]
            hidden = np.repeat(crop[None], len(batch), axis=0)
            for number, spot in enumerate(batch):
                hidden[number, :4][(slice(None), *spot)] = 0
            without = self._answers(hidden)[0]["erythema"] @ levels
            for spot, level in zip(batch, without, strict=True):
                heat[spot] += max(whole - float(level), 0)
                tried[spot] += 1
        mean = heat / np.maximum(tried, 1)
        return np.asarray(mean / max(float(mean.max()), 1e-6), np.float32)

    def _answers(
        self, crops: NDArray[np.float32]
    ) -> tuple[dict[str, NDArray[np.float64]], NDArray[np.float32], NDArray[np.float32]]:
        columns: list[list[NDArray[np.float32]]] = [[], [], [], [], []]
        cells = crops.shape[2] // 4
        shapes = ((0, 4), (0, 3), (0, 2), (0,), (0, 2, cells, cells))
        empty: list[NDArray[np.float32]] = [np.zeros(shape, np.float32) for shape in shapes]
        for first in range(0, max(len(crops), 1), _BATCH):
            batch = crops[first : first + _BATCH]
            # No lesion, no answer, but arrays of the right shape.
            answers = self._session.run(None, {"crops": batch}) if len(batch) else empty
            for column, answer in zip(columns, answers, strict=True):
                column.append(answer)
        *levels, distance, maps = (np.concatenate(column) for column in columns)
        named = {i: _normal(level) for i, level in zip(ITEMS, levels, strict=True)}
        return named, distance, maps

    def _refusal(
        self, erythema: tuple[float, ...], distance: float, area: float, detail: float
    ) -> str:
        if area < SMALLEST_AREA:
            return f"the lesion is too small in the photo ({area:.0f} pixels of its crop)"
        if detail < FLATTEST_DETAIL:
            return "the lesion is out of focus: no texture can be seen in it"
        if distance > self.rules["familiar_distance"]:
            return "the lesion looks unlike anything that the network was trained on"
        if max(erythema) < FLAT_ERYTHEMA:
            return f"no level of redness is likelier than {max(erythema):.0%}"
        return ""


def _shares(maps: NDArray[np.float32], outline: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the share of each outline that is flaky and that is raw, shape (N, 2)."""
    count, _, cells, _ = maps.shape
    side = outline.shape[1] // cells
    inside = outline.reshape(count, cells, side, cells, side).mean(axis=(2, 4))[:, None]
    total = inside.sum(axis=(2, 3)) + 1e-6
    return np.asarray(((maps >= SEEN) * inside).sum(axis=(2, 3)) / total, np.float32)


def _check(crops: NDArray[np.float32]) -> None:
    if crops.ndim != 4 or crops.shape[1] != 5 or crops.shape[2] != crops.shape[3]:
        raise ValueError(f"crops must have shape (N, 5, S, S), got {crops.shape}")


def _normal(probabilities: NDArray[np.float32]) -> NDArray[np.float64]:
    # Rounding in single precision leaves sums a little off 1, which core types refuse.
    positive = np.clip(probabilities.astype(np.float64), 0, None)
    return np.asarray(positive / positive.sum(axis=1, keepdims=True))
