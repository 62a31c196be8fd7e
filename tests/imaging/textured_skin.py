"""Skin with pores and spots, drawn once and photographed from several places."""

import cv2
import numpy as np

from lesionscope.imaging.colour import HAEMOGLOBIN, MELANIN, srgb_bytes
from tests.imaging.scenes import LIGHT

SIZE = (600, 800)


def texture(seed: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return melanin of skin in natural log units: pores, freckles, a slow gradient."""
    rng = np.random.default_rng(seed)
    total = np.zeros(size, np.float32)
    for sigma, height in ((1.5, 0.03), (3.0, 0.05), (7.0, 0.05)):
        noise = cv2.GaussianBlur(rng.normal(size=size).astype(np.float32), (0, 0), sigma)
        total += height * noise / noise.std()
    return total


def photo(
    melanin: np.ndarray,
    field: np.ndarray | None = None,
    *,
    lesion: np.ndarray | None = None,
    light: float = 1.0,
    seed: int = 0,
) -> np.ndarray:
    """Photograph skin; `field` says which skin (x, y) each pixel shows."""
    blood = np.zeros_like(melanin) if lesion is None else 0.5 * lesion.astype(np.float32)
    if field is not None:
        x, y = np.ascontiguousarray(field[..., 0]), np.ascontiguousarray(field[..., 1])
        melanin, blood = (
            cv2.remap(
                np.asarray(v, np.float32), x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT
            )
            for v in (melanin, blood)
        )
    across = np.linspace(0.8, 1.2, melanin.shape[1], dtype=np.float32)[None, :, None]
    density = melanin[..., None] * MELANIN + blood[..., None] * HAEMOGLOBIN
    linear = LIGHT * np.exp(-density) * light * across
    noise = np.random.default_rng(seed).normal(0, 0.004, linear.shape)
    return srgb_bytes(linear * (1 + noise))


def turned(angle: float, zoom: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return the map (2, 3) from pixels of a turned, nearer photo to pixels of the skin."""
    centre = (size[1] / 2, size[0] / 2)
    return np.asarray(cv2.getRotationMatrix2D(centre, angle, 1 / zoom))


def field_of(matrix: np.ndarray, bend: float = 0.0, size: tuple[int, int] = SIZE) -> np.ndarray:
    """Return which skin each pixel shows: an affine map and a bend of so many pixels."""
    y, x = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float64)
    points = np.stack([x, y], -1) @ matrix[:, :2].T + matrix[:, 2]
    points[..., 0] += bend * np.sin(2 * np.pi * y / size[0])
    points[..., 1] += bend * np.cos(2 * np.pi * x / size[1])
    return points.astype(np.float32)


def disc(x: float, y: float, radius: float, size: tuple[int, int] = SIZE) -> np.ndarray:
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    return np.asarray((columns - x) ** 2 + (rows - y) ** 2 < radius**2)
