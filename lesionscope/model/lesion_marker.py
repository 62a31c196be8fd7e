"""Run the lesion network: from sRGB, clear skin and the skin mask to the probability of lesion."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lesionscope import places
from lesionscope.model.session import open_network, planes, probability_of

LESION_NAME = "lesion_outline"
"""File name of the network without its ending."""
_RIM = 24  # pixels around the skin that the network may look at


class LesionMarker:
    """The network, ready to mark lesions on skin that is known.

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
    def load(cls, folder: Path | None = None) -> LesionMarker:
        """Load the network of a folder, by default the one that is shipped.

        Raises
        ------
        FileNotFoundError
            If the folder has no lesion network.
        """
        file = (folder or places.models_folder()) / f"{LESION_NAME}.onnx"
        if not file.exists():
            raise FileNotFoundError(
                f"no lesion network at {file}: run python -m lesionscope.model.train_lesions"
            )
        return cls(file)

    def mark(
        self,
        rgb: NDArray[np.uint8],
        clear_density: NDArray[np.float32],
        skin: NDArray[np.float32],
    ) -> NDArray[np.float32]:
        """Mark lesions.

        Parameters
        ----------
        rgb : ndarray of shape (H, W, 3), uint8
            sRGB, upright.
        clear_density : ndarray of shape (H, W, 3), float32
            Optical density of the patient's clear skin as it would be at each pixel.
        skin : ndarray of shape (H, W), float32
            Probability of skin.

        Returns
        -------
        ndarray of shape (H, W), float32
            Probability of lesion; zero far from skin, where the network does not look.

        Raises
        ------
        ValueError
            If the three do not have one size.
        """
        size = (rgb.shape[0], rgb.shape[1])
        if clear_density.shape != rgb.shape or skin.shape != size:
            raise ValueError(
                f"picture, clear skin and skin must have one size, got {rgb.shape}, "
                f"{clear_density.shape} and {skin.shape}"
            )
        probability = np.zeros(size, np.float32)
        window = _window(skin)
        if window is None:
            return probability
        part = rgb[window].astype(np.float32) / np.float32(255)
        height, width = part.shape[:2]
        feed = {
            "rgb": planes(part),
            "clear": planes(clear_density[window]),
            "skin": planes(skin[window][..., None]),
        }
        logits = self._session.run(None, feed)[0][0, 0, :height, :width]
        probability[window] = probability_of(logits)
        return probability


def _window(skin: NDArray[np.float32]) -> tuple[slice, slice] | None:
    """Return the box of the skin with a rim around it: cloth and wall need no second look."""
    rows, cols = (
        np.flatnonzero((skin >= 0.5).any(axis=1)),
        np.flatnonzero((skin >= 0.5).any(axis=0)),
    )
    if not len(rows):
        return None
    return (
        slice(max(0, int(rows[0]) - _RIM), int(rows[-1]) + 1 + _RIM),
        slice(max(0, int(cols[0]) - _RIM), int(cols[-1]) + 1 + _RIM),
    )
