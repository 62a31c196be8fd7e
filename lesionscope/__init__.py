"""LesionScope measures cutaneous dermatomyositis from standardized clinical photos.

Research tool, not a medical device: the machine suggests, a reader signs. The names below are
the public surface (docs/python.md); everything else may change between versions.
"""

from __future__ import annotations

import os
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lesionscope.core.body import PatientBody
    from lesionscope.core.measurement import Measurement
    from lesionscope.core.sites import Site
    from lesionscope.follow_up import Compared, MeasuredPhoto, compare
    from lesionscope.imaging.decode import UnreadableImage
    from lesionscope.pipeline import Method, measure, read_photo
    from lesionscope.revise import correct
    from lesionscope.scoring import agreement
    from lesionscope.store import Store

# From 1.32 on, ONNX Runtime counts its use and reports it, unless it is told not to before it is
# loaded. Here nothing is sent anywhere.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__all__ = [
    "Compared",
    "MeasuredPhoto",
    "Measurement",
    "Method",
    "PatientBody",
    "Site",
    "Store",
    "UnreadableImage",
    "__version__",
    "agreement",
    "compare",
    "correct",
    "measure",
    "read_photo",
]

try:
    __version__ = version("lesionscope")
except PackageNotFoundError:  # running from a folder that was never installed
    __version__ = "0+unknown"

# Loaded on first use: `lesionscope --version` must not wait for OpenCV and ONNX Runtime.
_HOMES = {
    "Compared": "lesionscope.follow_up",
    "MeasuredPhoto": "lesionscope.follow_up",
    "Measurement": "lesionscope.core.measurement",
    "Method": "lesionscope.pipeline",
    "PatientBody": "lesionscope.core.body",
    "Site": "lesionscope.core.sites",
    "Store": "lesionscope.store",
    "UnreadableImage": "lesionscope.imaging.decode",
    "agreement": "lesionscope.scoring",
    "compare": "lesionscope.follow_up",
    "correct": "lesionscope.revise",
    "measure": "lesionscope.pipeline",
    "read_photo": "lesionscope.pipeline",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use."""
    if name not in _HOMES:
        raise AttributeError(f"module 'lesionscope' has no attribute {name!r}")
    home = import_module(_HOMES[name])
    if not hasattr(home, name):  # a module of its own, such as `agreement`
        return import_module(f"{_HOMES[name]}.{name}")
    return getattr(home, name)


def __dir__() -> list[str]:
    """List the public names too before their first use."""
    return sorted({*globals(), *__all__})
