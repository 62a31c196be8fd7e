"""The colour cast of a photo without a chart: told by clear skin, taken out, and said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lesionscope.core.photo import CaptureFinding, Photo, Severity
from lesionscope.imaging.white_balance import Cast, estimate_cast, marker_greys, marker_paper
from lesionscope.ruler import Ruler

CODES = ("cast_balanced", "cast_suspected")
"""Of the findings about a cast, which is judged once."""


def without_cast(
    ruler: Ruler, photo: Photo, work: NDArray[np.uint8], clear: NDArray[np.bool_]
) -> Ruler:
    """Add the correction of a strong colour cast, where no chart gave one.

    Parameters
    ----------
    ruler : Ruler
        As found.
    photo : Photo
        The photo.
    work : ndarray of shape (H, W, 3), uint8
        The working picture.
    clear : ndarray of shape (H, W), bool
        Clear skin in it.

    Returns
    -------
    Ruler
        The same object where a chart is in view or no cast is suspected.
    """
    calibration = ruler.calibration
    if "chart_delta_e_after" in calibration.details:
        return ruler
    corners = calibration.marker_corners_px
    paper = None if corners is None else marker_paper(photo.pixels, corners)
    greys = None if corners is None or paper is not None else marker_greys(photo.pixels, corners)
    cast = estimate_cast(work, clear, paper=greys if paper is None else paper)
    if greys is not None and cast.told_by == "paper":
        cast = replace(cast, told_by="grey patches")
    if not cast.suspected:
        return ruler
    details = calibration.details | {
        "cast_strength": round(cast.strength, 2),
        "cast_told_by": cast.told_by,
    }
    return replace(
        ruler,
        calibration=replace(calibration, colour_matrix=cast.correction, details=details),
        findings=(*ruler.findings, _balanced(cast)),
    )


def _balanced(cast: Cast) -> CaptureFinding:
    return CaptureFinding(
        "cast_balanced",
        Severity.WARNING,
        f"The colours look shifted by a factor of {cast.strength:.1f} between channels, judged by "
        f"the {cast.told_by}. That was taken out by estimate: redness and skin tone are less sure.",
        "Use daylight or white lamps of one kind and put a colour chart in the frame.",
        round(cast.strength, 2),
        "largest ratio of two channels",
    )
