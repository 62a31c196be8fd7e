"""Where Gottron's papules sit: the skin over the joints of a hand, and around its nails.

The joints come from the hand finder; each region is a disc around one, in palm scales, so that
the size of the hand and of the photo drop out. A pixel that lies in several discs belongs to the
joint that it is nearest to, measured in radii.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.handfinder import FINGERS, Hand, palm_scale

_FINGER_NAMES = ("thumb", "index finger", "middle finger", "ring finger", "little finger")
# Radii in palm scales: a knuckle's skin folds reach about as far as the bone is wide.
_KNUCKLE, _MIDDLE, _END, _NAIL = 0.135, 0.110, 0.085, 0.080
_NAIL_AT = 0.55  # the nail's fold, as a share of the way from the end joint to the fingertip


class JointKind(StrEnum):
    """Which joint of a finger, or its nail."""

    MCP = "MCP joint"
    PIP = "PIP joint"
    DIP = "DIP joint"
    IP = "IP joint"
    NAIL = "nail fold"


@dataclass(frozen=True)
class JointRegion:
    """The skin over one joint, or around one nail.

    Attributes
    ----------
    kind : JointKind
        Which joint.
    finger : str
        Such as ``"index finger"``.
    side : str
        ``"left"``, ``"right"`` or ``"unknown"``: which hand.
    x, y, radius : float
        Disc in pixels of the picture.
    """

    kind: JointKind
    finger: str
    side: str
    x: float
    y: float
    radius: float

    @property
    def name(self) -> str:
        """Say which joint of which hand."""
        whose = "" if self.side == "unknown" else f"{self.side} "
        return f"{self.kind.value}, {whose}{self.finger}"


def joint_regions(hand: Hand, shrink: float = 1.0) -> tuple[JointRegion, ...]:
    """Return the regions of one hand.

    Parameters
    ----------
    hand : Hand
        With its joints in pixels of the photo.
    shrink : float
        Pixels of the picture for each pixel of the photo.

    Returns
    -------
    tuple of JointRegion
        Three joints and the nail of each finger, two joints and the nail of the thumb.
    """
    joints = (hand.landmarks_px + 0.5) * shrink - 0.5
    unit = palm_scale(joints)
    found = []
    for finger, name in zip(FINGERS, _FINGER_NAMES, strict=True):
        base, middle, end, tip = joints[list(finger)]
        nail = end + _NAIL_AT * (tip - end)
        discs: list[tuple[JointKind, NDArray[np.float64], float]]
        if name == "thumb":  # its first joint lies at the wrist
            discs = [
                (JointKind.MCP, middle, _KNUCKLE),
                (JointKind.IP, end, _MIDDLE),
                (JointKind.NAIL, nail, _NAIL),
            ]
        else:
            discs = [
                (JointKind.MCP, base, _KNUCKLE),
                (JointKind.PIP, middle, _MIDDLE),
                (JointKind.DIP, end, _END),
                (JointKind.NAIL, nail, _NAIL),
            ]
        found += [
            JointRegion(kind, name, hand.side, float(at[0]), float(at[1]), radius * unit)
            for kind, at, radius in discs
        ]
    return tuple(found)


def joint_labels(regions: Sequence[JointRegion], shape: tuple[int, int]) -> NDArray[np.uint8]:
    """Draw regions.

    Parameters
    ----------
    regions : sequence of JointRegion
        At most 255, in pixels of the picture.
    shape : tuple of int
        Height and width of the picture.

    Returns
    -------
    ndarray of shape (H, W), uint8
        One more than the index of the region that a pixel belongs to, 0 outside all.
    """
    labels = np.zeros(shape, np.uint8)
    nearest = np.ones(shape, np.float32)
    for number, region in enumerate(regions, start=1):
        top, left = (max(0, int(c - region.radius)) for c in (region.y, region.x))
        bottom, right = (int(c + region.radius) + 2 for c in (region.y, region.x))
        window = np.s_[top:bottom, left:right]
        height, width = nearest[window].shape
        if height == 0 or width == 0:
            continue
        y, x = np.mgrid[top : top + height, left : left + width]
        away = np.hypot(x - region.x, y - region.y) / region.radius
        closer = away < nearest[window]
        labels[window][closer] = number
        nearest[window][closer] = away[closer]
    return labels
