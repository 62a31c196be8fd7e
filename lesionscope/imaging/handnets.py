"""The networks of hands and faces, and the crops of a photo that they read.

They run through OpenCV's own inference, so that finding a hand needs no other runtime.

References
----------
``palm_detection_full`` and ``hand_landmark_full`` of MediaPipe 0.10.21, and
``face_detection_full_range`` (Apache-2.0).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

PALMS, JOINTS = "palm_detection_full.tflite", "hand_landmark_full.tflite"
FACES = "face_detection_full_range.tflite"
"""Names of the networks' files."""


class PhotoPyramid:
    """A photo and halvings of it: crops are read from the size next above the one needed.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        Photo, sRGB.
    """

    def __init__(self, rgb: NDArray[np.uint8]) -> None:
        self.height, self.width = rgb.shape[:2]
        self._levels: list[NDArray[np.uint8]] = [np.ascontiguousarray(rgb)]

    def crop(self, to_photo: NDArray[np.float64], side: int) -> NDArray[np.uint8]:
        """Read a square crop.

        Parameters
        ----------
        to_photo : ndarray of shape (2, 3), float64
            Maps pixels of the crop to pixels of the photo.
        side : int
            Pixels on a side of the crop.

        Returns
        -------
        ndarray of shape (side, side, 3), uint8
            Black beyond the frame.
        """
        shrink = float(np.sqrt(abs(np.linalg.det(to_photo[:, :2]))))
        level = max(0, int(np.floor(np.log2(max(shrink, 1e-6)) + 0.3)))
        while len(self._levels) <= level and min(self._levels[-1].shape[:2]) >= 2:
            height, width = self._levels[-1].shape[:2]
            half = (max(1, width // 2), max(1, height // 2))
            smaller = cv2.resize(self._levels[-1], half, interpolation=cv2.INTER_AREA)
            self._levels.append(np.asarray(smaller, dtype=np.uint8))
        picture = self._levels[min(level, len(self._levels) - 1)]
        fit = np.array([picture.shape[1] / self.width, picture.shape[0] / self.height])
        matrix = to_photo.copy()
        matrix[:, 2] += 0.5  # pixel centres lie at whole numbers, edges half a pixel off
        matrix *= fit[:, None]
        matrix[:, 2] -= 0.5
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        return np.asarray(cv2.warpAffine(picture, matrix, (side, side), flags=flags), np.uint8)


class _Network:
    """A TensorFlow Lite network in OpenCV. A cv2 network holds its last input: one at a time."""

    def __init__(self, name: str) -> None:
        path = str(_model_file(name))
        # OpenCV 5's new engine drops outputs of these two networks without a word.
        self._net = cv2.dnn.readNetFromTFLite(path, engine=cv2.dnn.ENGINE_CLASSIC)
        self._signed = name == FACES  # reads -1 to 1, the others 0 to 1
        self._names = self._net.getUnconnectedOutLayersNames()
        self._lock = threading.Lock()

    def __call__(self, rgb: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        blob = np.asarray(rgb, dtype=np.float32).transpose(2, 0, 1)[None] / np.float32(255)
        if self._signed:
            blob = 2 * blob - 1
        with self._lock:
            self._net.setInput(np.ascontiguousarray(blob))
            answers: Sequence[Any] = self._net.forward(self._names)
            return {
                name: np.array(answer, dtype=np.float32)
                for name, answer in zip(self._names, answers, strict=True)
            }


@lru_cache(maxsize=3)
def _network(name: str) -> _Network:
    return _Network(name)


def answers_of(name: str, rgb: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """Run a network, loaded once, one picture at a time whichever thread asks.

    Parameters
    ----------
    name : str
        `PALMS`, `JOINTS` or `FACES`.
    rgb : ndarray of shape (S, S, 3), uint8
        Picture of the network's own size.

    Returns
    -------
    dict of str to ndarray, float32
        Outputs by name.

    Raises
    ------
    FileNotFoundError
        The network's file is not where it is shipped.
    """
    return _network(name)(rgb)


def _model_file(name: str) -> Path:
    """Find a network: in the installed package, else in the checkout."""
    package = Path(__file__).resolve().parent.parent
    places = (package / "_models" / name, package.parent / "models" / name)
    found = next((place for place in places if place.is_file()), None)
    if found is None:
        raise FileNotFoundError(f"a network is missing: {name} is needed in {places[1].parent}")
    return found
