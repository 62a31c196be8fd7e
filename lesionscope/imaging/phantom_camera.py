"""A drawn camera: from linear light to the bytes of a phone's photo."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour
from lesionscope.imaging.phantom_skin import smooth_noise

Array = NDArray[np.float32]


def light_up(
    rng: np.random.Generator, body: Array, relief: Array, skin: NDArray[np.bool_]
) -> Array:
    """Light a body of skin: uneven light, cast shadow, and gloss that never entered the skin.

    Gloss is added in linear light, the same on every tone, so it hides more of the colour of
    dark skin than of light skin, as on a real surface.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    body : ndarray of shape (H, W, 3), float32
        Diffuse reflectance, 0 to 1.
    relief : ndarray of shape (H, W), float32
        Height; ridges are positive and catch more gloss.
    skin : ndarray of shape (H, W), bool
        Where there is skin; cloth has no gloss.

    Returns
    -------
    ndarray of shape (H, W, 3), float32
        Linear light.
    """
    shape = body.shape[:2]
    large = max(shape)
    light = np.exp(smooth_noise(rng, shape, large * rng.uniform(0.6, 1.5)) * rng.uniform(0, 0.2))
    if rng.random() < 0.15:  # the edge of a cast shadow
        edge = smooth_noise(rng, shape, large * 0.9) - rng.uniform(-0.8, 0.8)
        shadow = 1 / (1 + np.exp(np.clip(-edge * rng.uniform(2, 25), -60, 60)))
        light = light * (1 - rng.uniform(0.2, 0.6) * shadow)
    catch = np.clip(1 + rng.uniform(0.2, 2.0) * relief, 0.1, 5)
    gloss = rng.choice([0.004, 0.012, 0.024, 0.04]) * rng.uniform(0.6, 1.4) * catch
    if rng.random() < 0.22:  # a highlight of the lamp
        highlight = np.clip(smooth_noise(rng, shape, large * rng.uniform(0.4, 1.0)) - 0.8, 0, None)
        gloss = gloss + highlight * rng.uniform(0.02, 0.2) * catch
    lit = (body + (gloss * skin)[..., None]) * light[..., None]
    return np.asarray(lit, dtype=np.float32)


def expose(
    rng: np.random.Generator, linear: Array, skin: NDArray[np.bool_], *, shrunk: float = 1.0
) -> NDArray[np.uint8]:
    """Take the picture: exposure, white balance, blur, noise, tone curve, sharpening, JPEG.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    linear : ndarray of shape (H, W, 3), float32
        Linear light.
    skin : ndarray of shape (H, W), bool
        What the exposure meter looks at.
    shrunk : float
        How many pixels of the camera, along a side, went into one of the picture: blur, noise
        and the blocks of JPEG shrink with them.

    Returns
    -------
    ndarray of shape (H, W, 3), uint8
        sRGB.
    """
    level = float(linear[skin].mean()) if skin.any() else 0.2
    # A phone lifts dark skin and holds back light skin, but only part of the way.
    gain = (0.25 / max(level, 0.01)) ** rng.uniform(0, 0.45) * 2 ** rng.normal(0, 0.3)
    gain = min(gain, 0.85 / max(float(np.quantile(linear[skin], 0.9)) if skin.any() else 0.5, 0.05))
    if rng.random() < 0.15:  # metered on a white wall
        gain *= 2 ** -rng.uniform(0, 1.2)
    white = np.exp(rng.normal(0, 0.06, 3) * np.array([1.0, 0.25, 1.0]))
    picture = linear * (gain * white).astype(np.float32)
    blur = rng.gamma(2.0, 0.35) / shrunk
    if blur > 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), blur)
    shot, read = rng.uniform(0.001, 0.02), rng.uniform(0.0005, 0.004)
    shot, read = shot / shrunk, read / shrunk
    grain = rng.standard_normal(picture.shape, dtype=np.float32)
    picture = picture + grain * np.sqrt(shot**2 * np.clip(picture, 0, 1) + read**2)
    return _developed(rng, np.asarray(picture, dtype=np.float32), shrunk)


def _developed(rng: np.random.Generator, picture: Array, shrunk: float) -> NDArray[np.uint8]:
    """Denoise, apply the phone's tone curve, sharpen and compress."""
    if rng.random() < 0.5:  # every phone smooths its noise away
        picture = np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.3, 0.8)), np.float32)
    curve = np.clip(picture, 0, 1) ** rng.normal(1.0, 0.05)
    bend = rng.uniform(0, 0.35) if rng.random() < 0.5 else 0.0
    encoded = colour.srgb_bytes(curve).astype(np.float32) / 255
    encoded = (1 - bend) * encoded + bend * encoded * encoded * (3 - 2 * encoded)
    if rng.random() < 0.5:
        soft = cv2.GaussianBlur(encoded, (0, 0), rng.uniform(0.8, 2.0))
        encoded = encoded + rng.uniform(0.1, 0.9) * (encoded - soft)
    rgb = np.rint(255 * np.clip(encoded, 0, 1)).astype(np.uint8)
    quality = round(100 - (100 - int(rng.integers(60, 98))) / shrunk)
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    _, coded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    decoded = np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), dtype=np.uint8)
    return np.ascontiguousarray(decoded[..., ::-1])
