"""A photo as every later stage receives it, and what can be said about how it was taken."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Severity(StrEnum):
    """How much a finding matters for the measurement."""

    INFO = "info"
    WARNING = "warning"
    SERIOUS = "serious"


@dataclass(frozen=True)
class CaptureFinding:
    """One thing about a photo that a reader should know, in words.

    Attributes
    ----------
    code : str
        Stable identifier such as ``"blur"``.
    severity : Severity
        INFO explains, WARNING widens what may be wrong, SERIOUS means do not rely on the result.
    message : str
        What was seen and what it does to the measurement.
    advice : str
        How to retake or what to do; empty when there is nothing to do.
    value : float or None
        The number behind the finding.
    unit : str
        Unit of `value`; empty when it has none.
    """

    code: str
    severity: Severity
    message: str
    advice: str = ""
    value: float | None = None
    unit: str = ""

    def __post_init__(self) -> None:
        if not self.code or not self.message:
            raise ValueError("a finding needs a code and a message")


@dataclass(frozen=True, eq=False)
class Photo:
    """An upright sRGB photo and the identity of the bytes that it came from.

    Two photos are the same when their original bytes are, so equality and hash follow `sha256`.

    Attributes
    ----------
    pixels : ndarray of shape (H, W, 3), uint8
        sRGB, upright, read-only.
    sha256 : str
        Hex digest of the original file.
    name : str
        File name as given, for people only; never used as a path.
    taken_at : datetime or None
        Time in the file's own metadata, if any.
    findings : tuple of CaptureFinding
        What decoding had to do or could not do.
    """

    pixels: NDArray[np.uint8]
    sha256: str
    name: str = ""
    taken_at: datetime | None = None
    findings: tuple[CaptureFinding, ...] = field(default=())

    def __post_init__(self) -> None:
        if self.pixels.ndim != 3 or self.pixels.shape[2] != 3 or 0 in self.pixels.shape:
            raise ValueError(f"pixels must have shape (H, W, 3), got {self.pixels.shape}")
        if self.pixels.dtype != np.uint8:
            raise ValueError(f"pixels must be uint8, got {self.pixels.dtype}")
        if len(self.sha256) != 64:
            raise ValueError(f"sha256 must be 64 hex digits, got {len(self.sha256)} characters")
        if self.pixels.flags.writeable:
            frozen = self.pixels.view()
            frozen.flags.writeable = False
            object.__setattr__(self, "pixels", frozen)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Photo) and other.sha256 == self.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]
