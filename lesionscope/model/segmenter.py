"""Run the segmenter: from sRGB to the probability of skin and of lesion, by ONNX Runtime."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from lesionscope import places

SEGMENTER_NAME = "skin_and_lesion"
"""File name of the network without its ending."""
SIDE = 704
"""Longer side, in pixels, of the picture that the network is meant for: it learnt on drawn
views in which a body part fills 250 to 780 pixels."""
STEP = 32
"""Height and width of the network's input are multiples of this."""


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
        data = file.read_bytes()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False  # as in lesion_marker
        self._session = onnxruntime.InferenceSession(
            data, options, providers=["CPUExecutionProvider"]
        )
        self.version = f"{file.stem}-{hashlib.sha256(data).hexdigest()[:8]}"

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
        # The frame's edge is mirrored outwards: a black rim would look like a background.
        rim = ((0, -height % STEP), (0, -width % STEP), (0, 0))
        padded = np.pad(rgb, rim, mode="symmetric").astype(np.float32) / np.float32(255)
        planes = np.ascontiguousarray(padded.transpose(2, 0, 1)[None])
        logits = self._session.run(None, {"rgb": planes})[0][0, :, :height, :width]
        odds = np.exp(-np.clip(logits, -30, 30))
        probability = (1 / (1 + odds)).astype(np.float32)
        return Segmentation(probability[0], probability[1])
