"""Lesions whose levels a study has signed, cut out as the grading network reads them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

NOT_SIGNED = -1
"""Level of an item that nobody signed for a lesion."""
STORED = (0, 1, 2, 4)
"""Channels of a crop that are kept; the haemoglobin channel follows from the first three."""


class Depth(Enum):
    """How much is fitted to a study's signed readings: the more of them, the more may be."""

    RECALIBRATION = "recalibration"
    HEADS = "heads"
    NETWORK = "network"


@dataclass(frozen=True, eq=False)
class TaughtLesions:
    """Crops and what was signed of them.

    Attributes
    ----------
    crops : ndarray of shape (N, 4, S, S), float16
        Density contrast in R, G, B and the outline.
    levels : ndarray of shape (N, 3), int64
        Erythema, scale, erosion; `NOT_SIGNED` where no answer rests on this lesion.
    patients : ndarray of shape (N,), int64
        Row of the patient in the record.
    seen : ndarray of shape (N, 3), bool
        Whether the reader had the suggestion in view; such answers lean towards it.
    """

    crops: NDArray[np.float16]
    levels: NDArray[np.int64]
    patients: NDArray[np.int64]
    seen: NDArray[np.bool_]

    def __post_init__(self) -> None:
        count = len(self.crops)
        if self.levels.shape != (count, 3) or self.seen.shape != (count, 3):
            raise ValueError(f"{count} crops need levels and seen of shape ({count}, 3)")
        if len(self.patients) != count:
            raise ValueError(f"{count} crops need as many patients, got {len(self.patients)}")

    def __len__(self) -> int:
        return len(self.crops)
