"""Plain drawn skin for tests: a body on a grey ground, with or without a red patch."""

import numpy as np

from lesionscope.imaging.colour import HAEMOGLOBIN, srgb_bytes

LIGHT = np.array([0.50, 0.29, 0.20])
DARK = np.array([0.105, 0.055, 0.038])


def draw(
    albedo: np.ndarray = LIGHT,
    *,
    contrast: float = 0.6,
    size: tuple[int, int] = (300, 400),
    light: float = 1.0,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (rgb, skin, lesion): an oval of skin under a slow gradient of light."""
    rows, cols = np.mgrid[0 : size[0], 0 : size[1]]
    y, x = (rows - size[0] / 2) / size[0], (cols - size[1] / 2) / size[1]
    skin = (x / 0.44) ** 2 + (y / 0.44) ** 2 < 1
    lesion = ((x - 0.08) / 0.10) ** 2 + ((y + 0.05) / 0.12) ** 2 < 1
    lesion &= contrast > 0
    density = -np.log(albedo) + (contrast * lesion)[..., None] * HAEMOGLOBIN
    body = np.exp(-density) * (0.85 + 0.3 * cols / size[1])[..., None]
    linear = np.where(skin[..., None], body, 0.35) * light
    noise = np.random.default_rng(seed).normal(0, 0.004, linear.shape)
    return srgb_bytes(linear * (1 + noise)), skin, lesion
