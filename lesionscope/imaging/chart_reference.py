"""Reference colours of the 24-patch chart, and how to say how far two colours lie apart.

References
----------
X-Rite, ColorChecker Classic, CIELAB D50 of charts made from November 2014, and before
(GretagMacbeth 2005), as restated in the public data sets of colour-science 0.4.7.
Bradford adaptation: Lindbloom, Chromatic Adaptation.
Sharma, Wu, Dalal 2005, Color Res Appl 30:21-30 (CIEDE2000).
"""

from __future__ import annotations

from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import linear_light

ROWS, COLUMNS = 4, 6
"""The chart lies with its grey row at the bottom."""

PATCHES: tuple[str, ...] = (
    "dark skin",
    "light skin",
    "blue sky",
    "foliage",
    "blue flower",
    "bluish green",
    "orange",
    "purplish blue",
    "moderate red",
    "purple",
    "yellow green",
    "orange yellow",
    "blue",
    "green",
    "red",
    "yellow",
    "magenta",
    "cyan",
    "white",
    "neutral 8",
    "neutral 6.5",
    "neutral 5",
    "neutral 3.5",
    "black",
)
"""Names of the patches, row by row."""


class Edition(StrEnum):
    """When a chart was made; the maker changed the pigments."""

    SINCE_2014 = "made from November 2014"
    BEFORE_2014 = "made before November 2014"
    PUBLISHED_SRGB = "printed or drawn from the published sRGB values"


_LAB_D50 = {
    Edition.SINCE_2014: np.array(
        [
            [37.54, 14.37, 14.92],
            [64.66, 19.27, 17.50],
            [49.32, -3.82, -22.54],
            [43.46, -12.74, 22.72],
            [54.94, 9.61, -24.79],
            [70.48, -32.26, -0.37],
            [62.73, 35.83, 56.50],
            [39.43, 10.75, -45.17],
            [50.57, 48.64, 16.67],
            [30.10, 22.54, -20.87],
            [71.77, -24.13, 58.19],
            [71.51, 18.24, 67.37],
            [28.37, 15.42, -49.80],
            [54.38, -39.72, 32.27],
            [42.43, 51.05, 28.62],
            [81.80, 2.67, 80.41],
            [50.63, 51.28, -14.12],
            [49.57, -29.71, -28.32],
            [95.19, -1.03, 2.93],
            [81.29, -0.57, 0.44],
            [66.89, -0.75, -0.06],
            [50.76, -0.13, 0.14],
            [35.63, -0.46, -0.48],
            [20.64, 0.07, -0.46],
        ]
    ),
    Edition.BEFORE_2014: np.array(
        [
            [37.99, 13.56, 14.06],
            [65.71, 18.13, 17.81],
            [49.93, -4.88, -21.93],
            [43.14, -13.10, 21.91],
            [55.11, 8.84, -25.40],
            [70.72, -33.40, -0.20],
            [62.66, 36.07, 57.10],
            [40.02, 10.41, -45.96],
            [51.12, 48.24, 16.25],
            [30.33, 22.98, -21.59],
            [72.53, -23.71, 57.26],
            [71.94, 19.36, 67.86],
            [28.78, 14.18, -50.30],
            [55.26, -38.34, 31.37],
            [42.10, 53.38, 28.19],
            [81.73, 4.04, 79.82],
            [51.94, 49.99, -14.57],
            [51.04, -28.63, -28.64],
            [96.54, -0.43, 1.19],
            [81.26, -0.64, -0.34],
            [66.77, -0.73, -0.50],
            [50.87, -0.15, -0.27],
            [35.66, -0.42, -1.23],
            [20.46, -0.08, -0.97],
        ]
    ),
}

# The sRGB values that go round with the chart are not the conversion of its CIELAB values (blue
# and bluish green are off by 10 in red), so a chart drawn from them is an edition of its own.
_PUBLISHED_SRGB = np.array(
    [
        [115, 82, 68],
        [194, 150, 130],
        [98, 122, 157],
        [87, 108, 67],
        [133, 128, 177],
        [103, 189, 170],
        [214, 126, 44],
        [80, 91, 166],
        [193, 90, 99],
        [94, 60, 108],
        [157, 188, 64],
        [224, 163, 46],
        [56, 61, 150],
        [70, 148, 73],
        [175, 54, 60],
        [231, 199, 31],
        [187, 86, 149],
        [8, 133, 161],
        [243, 243, 242],
        [200, 200, 200],
        [160, 160, 160],
        [122, 122, 121],
        [85, 85, 85],
        [52, 52, 52],
    ],
    dtype=np.uint8,
)

_WHITE_D50 = np.array([0.96422, 1.0, 0.82521])
_WHITE_D65 = np.array([0.95047, 1.0, 1.08883])
_BRADFORD = np.array(
    [[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]]
)
# IEC 61966-2-1:1999, XYZ of linear sRGB.
XYZ_OF_SRGB = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to CIE XYZ; the second row is luminance."""


def reference_linear(edition: Edition = Edition.SINCE_2014) -> NDArray[np.float64]:
    """Return the linear sRGB of each patch under D65.

    Parameters
    ----------
    edition : Edition

    Returns
    -------
    ndarray of shape (24, 3), float64
        Not clipped: cyan lies outside sRGB and has a negative red.

    Examples
    --------
    >>> reference_linear(Edition.BEFORE_2014)[21].round(2).tolist()
    [0.19, 0.19, 0.19]
    """
    if edition is Edition.PUBLISHED_SRGB:
        return linear_light(_PUBLISHED_SRGB).astype(np.float64)
    lightness, a_star, b_star = _LAB_D50[edition].T
    fy = (lightness + 16) / 116
    cubes = np.stack([fy + a_star / 500, fy, fy - b_star / 200], axis=1)
    low = (cubes - 16 / 116) * 3 * (6 / 29) ** 2
    xyz = np.where(cubes > 6 / 29, cubes**3, low) * _WHITE_D50
    gain = (_BRADFORD @ _WHITE_D65) / (_BRADFORD @ _WHITE_D50)
    adapt = np.linalg.inv(_BRADFORD) @ np.diag(gain) @ _BRADFORD
    return np.asarray(xyz @ adapt.T @ np.linalg.inv(XYZ_OF_SRGB).T)


def lab_of_linear(linear: NDArray[np.floating]) -> NDArray[np.float64]:
    """Convert linear sRGB, also outside its gamut, to CIELAB under D65.

    Parameters
    ----------
    linear : ndarray of shape (..., 3), float

    Returns
    -------
    ndarray of shape (..., 3), float64
    """
    share = np.asarray(linear, dtype=np.float64) @ XYZ_OF_SRGB.T / _WHITE_D65
    low = share / (3 * (6 / 29) ** 2) + 4 / 29
    cubes = np.where(share > (6 / 29) ** 3, np.cbrt(np.maximum(share, 0)), low)
    fx, fy, fz = np.moveaxis(cubes, -1, 0)
    return np.stack([116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)], axis=-1)


def delta_e_76(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the Euclidean difference of CIELAB colours, arrays of shape (..., 3)."""
    return np.asarray(np.linalg.norm(np.asarray(one) - np.asarray(other), axis=-1))


def delta_e_2000(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the CIEDE2000 difference of CIELAB colours, arrays of shape (..., 3).

    References
    ----------
    Sharma, Wu, Dalal 2005, Color Res Appl 30:21-30, equations 2 to 22; the example is the first
    pair of their table 1.

    Examples
    --------
    >>> pair = np.array([50.0, 2.6772, -79.7751]), np.array([50.0, 0.0, -82.7485])
    >>> round(float(delta_e_2000(*pair)), 4)
    2.0425
    """
    l1, a1, b1 = np.moveaxis(np.asarray(one, dtype=np.float64), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, dtype=np.float64), -1, 0)
    chroma = (np.hypot(a1, b1) + np.hypot(a2, b2)) / 2
    stretch = 1.5 - 0.5 * np.sqrt(chroma**7 / (chroma**7 + 25.0**7))
    a1, a2 = a1 * stretch, a2 * stretch
    c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
    h1, h2 = np.degrees(np.arctan2(b1, a1)) % 360, np.degrees(np.arctan2(b2, a2)) % 360
    coloured = c1 * c2 > 0
    turn = np.where(coloured, (h2 - h1 + 180) % 360 - 180, 0)
    mean_l, mean_c = (l1 + l2) / 2, (c1 + c2) / 2
    mean_h = np.where(coloured, (h1 + turn / 2) % 360, h1 + h2)
    weight = (
        1
        - 0.17 * np.cos(np.radians(mean_h - 30))
        + 0.24 * np.cos(np.radians(2 * mean_h))
        + 0.32 * np.cos(np.radians(3 * mean_h + 6))
        - 0.20 * np.cos(np.radians(4 * mean_h - 63))
    )
    dl = (l2 - l1) / (1 + 0.015 * (mean_l - 50) ** 2 / np.sqrt(20 + (mean_l - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * mean_c)
    dh = 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2)) / (1 + 0.015 * mean_c * weight)
    bend = 2 * np.sqrt(mean_c**7 / (mean_c**7 + 25.0**7))
    rotation = -np.sin(np.radians(60 * np.exp(-(((mean_h - 275) / 25) ** 2)))) * bend
    return np.asarray(np.sqrt(dl**2 + dc**2 + dh**2 + rotation * dc * dh))
