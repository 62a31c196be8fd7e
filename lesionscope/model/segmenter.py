"""Run the segmenter: from sRGB to the probability of skin and of lesion, by ONNX Runtime."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lesionscope import places
from lesionscope.model.session import open_network, planes, probability_of

SEGMENTER_NAME = "skin_and_lesion"
"""File name of the network without its ending."""
SIDE = 704
"""Longer side, in pixels, of the picture that the network is meant for: it learnt on drawn
views in which a body part fills 250 to 780 pixels."""


@dataclass(frozen=True, eq=False)
class Segmentation:
    """What the network sees, at the size of the picture it was given.

    Attributes
    ----------
    skin, lesion : ndarray of shape (H, W), float32
        Probability, 0 to 1.
    """

    skin: NDArray[np.float32]
    lesion: NDArray[np.float32]


class Segmenter:
    """The network, ready to mark skin and lesions.

    Parameters
    ----------
    file : Path
        The ONNX file.
    threads : int
        Threads of ONNX Runtime.
    """

    def __init__(self, file: Path, *, threads: int = 2) -> None:
        self._session, self.version = open_network(file, threads)

    @classmethod
    def load(cls, folder: Path | None = None) -> Segmenter:
        """Load the network of a folder, by default the one that is shipped.

        Raises
        ------
        FileNotFoundError
            If the folder has no segmenter.
        """
        file = (folder or places.models_folder()) / f"{SEGMENTER_NAME}.onnx"
        if not file.exists():
            raise FileNotFoundError(
                f"no segmenter at {file}: run python -m lesionscope.model.train_segmenter"
            )
        return cls(file)

    def segment(self, rgb: NDArray[np.uint8]) -> Segmentation:
        """Mark skin and lesions.

        Parameters
        ----------
        rgb : ndarray of shape (H, W, 3), uint8
            sRGB, upright, its longer side about `SIDE` pixels.

        Returns
        -------
        Segmentation

        Raises
        ------
        ValueError
            If the picture is not sRGB bytes.
        """
        if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
            raise ValueError(f"rgb must be uint8 (H, W, 3), got {rgb.dtype} {rgb.shape}")
        height, width = rgb.shape[:2]
        picture = planes(rgb.astype(np.float32) / np.float32(255))
        logits = self._session.run(None, {"rgb": picture})[0][0, :, :height, :width]
        probability = probability_of(logits)
        return Segmentation(probability[0], probability[1])
