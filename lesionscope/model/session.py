"""How every network is opened and fed: ONNX Runtime only, no torch."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import onnxruntime
from numpy.typing import NDArray

STEP = 32
"""Height and width of an outlining network's input are multiples of this."""


def open_network(file: Path, threads: int) -> tuple[onnxruntime.InferenceSession, str]:
    """Open a network on the processor.

    Parameters
    ----------
    file : Path
        The ONNX file.
    threads : int
        Threads of ONNX Runtime, at most; ``OMP_NUM_THREADS`` allows fewer, of which it takes no
        notice by itself.

    Returns
    -------
    session : onnxruntime.InferenceSession
    version : str
        Name of the file and the first digits of its sha256, as measurements carry it.
    """
    data = file.read_bytes()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _allowed(threads)
    options.inter_op_num_threads = 1
    # The arena keeps the largest pictures' memory for good: 300 MB for nothing gained in time.
    options.enable_cpu_mem_arena = False
    session = onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    return session, f"{file.stem}-{hashlib.sha256(data).hexdigest()[:8]}"


def _allowed(threads: int) -> int:
    stated = os.environ.get("OMP_NUM_THREADS", "")
    return min(threads, int(stated)) if stated.isdecimal() and int(stated) else threads


def planes(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mirror the edge outwards to whole steps and put the planes first, as the networks want.

    Parameters
    ----------
    values : ndarray of shape (H, W, C), float32
        Any picture. A black rim in place of the mirror would look like a background.

    Returns
    -------
    ndarray of shape (1, C, H', W'), float32
        H' and W' are the next multiples of `STEP`.
    """
    height, width = values.shape[:2]
    rim = ((0, -height % STEP), (0, -width % STEP), (0, 0))
    padded = np.pad(values, rim, mode="symmetric")
    return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32)


def probability_of(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Turn logits into probabilities."""
    return np.asarray(1 / (1 + np.exp(-np.clip(logits, -30, 30))), dtype=np.float32)
