"""The photos of hands in tests/imaging/data/hands."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

FOLDER = Path(__file__).parent / "data" / "hands"


@lru_cache
def photo(name: str) -> NDArray[np.uint8]:
    bgr = cv2.imread(str(FOLDER / f"{name}.jpg"), cv2.IMREAD_COLOR)
    assert bgr is not None
    rgb = np.ascontiguousarray(bgr[..., ::-1], dtype=np.uint8)
    rgb.flags.writeable = False
    return rgb


@lru_cache
def truth(name: str) -> NDArray[np.bool_]:
    mask = cv2.imread(str(FOLDER / f"{name}_hand.png"), cv2.IMREAD_GRAYSCALE)
    assert mask is not None
    return np.asarray(mask > 0)


def overlap(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    return float((one & other).sum() / (one | other).sum())
