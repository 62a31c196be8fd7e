"""LesionScope measures cutaneous dermatomyositis from standardized clinical photos.

Research tool, not a medical device: the machine suggests, a reader signs.
"""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lesionscope.core.measurement import Measurement
    from lesionscope.imaging.decode import UnreadableImage
    from lesionscope.pipeline import measure, read_photo
    from lesionscope.revise import correct

__all__ = ["Measurement", "UnreadableImage", "__version__", "correct", "measure", "read_photo"]

try:
    __version__ = version("lesionscope")
except PackageNotFoundError:  # running from a folder that was never installed
    __version__ = "0+unknown"

# Loaded on first use: `lesionscope --version` must not wait for OpenCV and ONNX Runtime.
_HOMES = {
    "Measurement": "lesionscope.core.measurement",
    "UnreadableImage": "lesionscope.imaging.decode",
    "correct": "lesionscope.revise",
    "measure": "lesionscope.pipeline",
    "read_photo": "lesionscope.pipeline",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'lesionscope' has no attribute {name!r}")
