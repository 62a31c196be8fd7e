"""What surrounds drawn skin: clothing, background, light on the body, markers and charts."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.phantom_body import Body, Mask
from lesionscope.imaging.phantom_skin import Array, smooth_noise

_SCATTER = np.array([1.0, 0.35, 0.25])
"""How far light wanders in skin, red 1: red has the longest free path there (Jensen et al. 2001,
SIGGRAPH); drawn, not fitted."""


def _cloth(
    rng: np.random.Generator, shape: tuple[int, int], skin_tint: Array | None = None
) -> Array:
    """Draw cloth of any colour, half of it reddish or skin-like, with folds and weave."""
    if skin_tint is not None and rng.random() < 0.2:
        tint = skin_tint * np.exp(rng.normal(0, 0.15, 3) + rng.normal(0, 0.3))
    elif rng.random() < 0.4:
        red = rng.uniform(0.1, 0.9)
        tint = np.array([red, red * rng.uniform(0.1, 0.9), red * rng.uniform(0.08, 0.9)])
    else:
        tint = np.exp(-rng.uniform(0.1, 3.5) * rng.uniform(0.5, 1.5, 3))
    folds = np.exp(0.15 * rng.uniform(0, 1.5) * smooth_noise(rng, shape, max(shape) * 0.12))
    weave = 1 + rng.uniform(0, 0.08) * smooth_noise(rng, shape, rng.uniform(1, 3))
    return np.asarray(tint * (folds * weave)[..., None], np.float32)


def dress(rng: np.random.Generator, body: Body, reflect: Array) -> tuple[Mask, Array, Mask]:
    """Cover hair and some of the body with cloth.

    Returns
    -------
    outline : ndarray of shape (H, W), bool
        Body and clothing against the background.
    reflect : ndarray of shape (H, W, 3), float32
        Its reflectance.
    skin : ndarray of shape (H, W), bool
        What stays bare.
    """
    shape = body.skin.shape
    skin = body.skin.copy()
    out = reflect.copy()
    if body.hair.any():
        strands = smooth_noise(rng, shape, 1.5) * 0.3 + smooth_noise(rng, shape, 6) * 0.2
        tone = np.exp(-rng.uniform(1.0, 4.5)) * np.array([1.0, 0.8, 0.6])
        out[body.hair] = (tone * np.exp(strands)[..., None])[body.hair].astype(np.float32)
    outline = body.height > 0
    if rng.random() < 0.55:
        for _ in range(int(rng.integers(1, 3))):
            garment = _garment(rng, shape)
            if (garment & outline).sum() > 0.85 * outline.sum():
                continue
            thick = max(1, int(rng.uniform(1, 5)))
            wider = cv2.dilate(outline.astype(np.uint8), np.ones((2 * thick + 1,) * 2, np.uint8))
            worn = garment & (wider > 0)
            tint = reflect[body.skin].mean(axis=0) if body.skin.any() else None
            out[worn] = _cloth(rng, shape, tint)[worn]
            outline |= worn
            skin &= ~worn
    return outline, out, skin


def _garment(rng: np.random.Generator, shape: tuple[int, int]) -> Mask:
    """Return a half plane, a band or a neckline with slightly curved edges."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    side = float(max(shape))
    turn = rng.normal(0, 0.25) + rng.choice([0.0, np.pi / 2, np.pi, -np.pi / 2])
    wave = side * 0.02 * smooth_noise(rng, shape, side * 0.4)
    offset = rng.uniform(-0.35, 0.35) * side
    y, x = rows - shape[0] / 2, cols - shape[1] / 2
    along = y * np.cos(turn) + x * np.sin(turn) + wave - offset
    across = x * np.cos(turn) - y * np.sin(turn)
    kind = rng.choice(["half", "band", "neckline"], p=[0.45, 0.35, 0.2])
    if kind == "half":
        return np.asarray(along > 0)
    if kind == "band":
        return np.asarray(np.abs(along) < side * rng.uniform(0.05, 0.18))
    return np.asarray(along > -np.abs(across) * rng.uniform(0.6, 1.6) + side * 0.2)


def behind(
    rng: np.random.Generator, shape: tuple[int, int], reflect: Array, covered: Mask
) -> Array:
    """Put a wall or a drape behind the body, with the body's shadow on it."""
    back = _cloth(rng, shape)
    if rng.random() < 0.35:  # neutral drapes and walls, some of them dark
        grey = float(np.exp(-rng.uniform(0.05, 4.5)))
        back = back * 0 + grey * (1 + 0.05 * smooth_noise(rng, shape, 20)[..., None])
        back *= np.exp(rng.normal(0, 0.08, 3))
    light = np.exp(rng.uniform(0, 0.4) * smooth_noise(rng, shape, max(shape) * 0.8))
    back = back * light[..., None]
    soft = cv2.GaussianBlur(covered.astype(np.float32), (0, 0), 0.7)[..., None]
    cast = np.roll(covered.astype(np.float32), rng.integers(-25, 26, 2), (0, 1))
    shadow = cv2.GaussianBlur(cast, (0, 0), rng.uniform(4, 20))[..., None]
    back = back * (1 - rng.uniform(0, 0.6) * shadow)
    return np.asarray(reflect * soft + back * (1 - soft), np.float32)


@dataclass(frozen=True, eq=False)
class Relighting:
    """What light does on a rounded body.

    Attributes
    ----------
    diffuse : ndarray of shape (H, W, 3), float32
        Factor on the light that comes back out of the skin.
    sheen : ndarray of shape (H, W), float32
        Light that the surface throws back before it enters the skin: linear, white, added.
    """

    diffuse: Array
    sheen: Array


def shading(rng: np.random.Generator, body: Body, reflect: Array) -> Relighting:
    """Light a rounded body: Lambert's cosine, shadows with the colour of skin in them, sheen.

    Red light wanders furthest in skin, so that it reaches round a finger or a limb to where the
    lamp does not: the edge of the shade is redder without being ill. Where skin faces skin, between
    fingers and under a hand, light has met skin before: it is redder there too. Sheen is what hides
    the colour of dark skin most.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    body : Body
        Its height gives the slant of the surface.
    reflect : ndarray of shape (H, W, 3), float32
        Diffuse reflectance.

    Returns
    -------
    Relighting
    """
    smooth = cv2.GaussianBlur(body.height, (0, 0), 1.2)
    steep_y, steep_x = np.gradient(smooth)
    length = np.sqrt(1 + steep_x**2 + steep_y**2)
    normal = np.stack([-steep_x, -steep_y, np.ones_like(length)], -1) / length[..., None]
    lamp = _lamp(rng)
    facing = normal @ lamp
    cosine = np.clip(facing, 0, None)
    fill = rng.uniform(0.25, 0.7)
    wander = rng.uniform(0, 0.35) * _SCATTER
    light = fill + (1 - fill) * np.clip((facing[..., None] + wander) / (1 + wander), 0, None)
    away = rng.normal(0, 6, 2)
    above = np.roll(smooth, (int(away[1]), int(away[0])), (0, 1)) - smooth
    drop = np.clip(above / (0.05 * max(body.skin.shape)), 0, 1)
    drop = cv2.GaussianBlur(drop.astype(np.float32), (0, 0), rng.uniform(1, 4))
    diffuse = light * (1 - rng.uniform(0, 0.5) * drop)[..., None]
    if body.skin.any():
        hidden = np.clip(drop + 0.5 * (1 - cosine) ** 2, 0, 1)[..., None] * rng.uniform(0, 0.9)
        tint = reflect[body.skin].mean(axis=0)
        diffuse *= 1 - hidden + hidden * (tint / tint.max()) ** rng.uniform(0.2, 0.8)
    on_body = body.height > 0
    return Relighting(
        np.asarray(np.where(on_body[..., None], diffuse, 1.0), np.float32),
        np.asarray(np.where(on_body, _sheen(rng, normal, lamp), 0.0), np.float32),
    )


def _lamp(rng: np.random.Generator) -> NDArray[np.float64]:
    """Place a lamp near the camera or, one time in four, far to a side: half the body is shaded."""
    spread = 1.1 if rng.random() < 0.25 else 0.45
    lamp = np.array([rng.normal(0, spread), rng.normal(-0.2, spread), 1.0])
    return np.asarray(lamp / np.linalg.norm(lamp))


def _sheen(rng: np.random.Generator, normal: Array, lamp: NDArray[np.float64]) -> Array:
    """Return the mirror-like part of the light: broad lobes of one to three lamps, and the rim."""
    shape = (normal.shape[0], normal.shape[1])
    total = 0.04 * rng.uniform(0, 1) * (1 - np.clip(normal[..., 2], 0, 1)) ** 3
    if rng.random() < 0.25:
        return np.asarray(total, np.float32)
    # Muscle and bone make the surface uneven on the scale of centimetres.
    bumps = max(shape) * rng.uniform(0.08, 0.3)
    uneven = [rng.uniform(0.02, 0.12) * smooth_noise(rng, shape, bumps) for _ in range(2)]
    turned = normal + np.stack([*uneven, np.zeros(shape)], -1)
    turned /= np.linalg.norm(turned, axis=-1, keepdims=True)
    for number in range(int(rng.integers(1, 4))):
        half = (lamp if number == 0 else _lamp(rng)) + np.array([0.0, 0.0, 1.0])
        half /= np.linalg.norm(half)
        sharp = float(np.exp(rng.uniform(np.log(5), np.log(90))))
        strength = float(np.exp(rng.uniform(np.log(0.008), np.log(0.16))))
        total = total + strength * np.clip(turned @ half, 0, 1) ** sharp
    return np.asarray(total, np.float32)


def props(rng: np.random.Generator, scene: Array, skin: Mask) -> tuple[Array, Mask]:
    """Lay a marker, a chart or a ruler into the picture."""
    out, bare = scene.copy(), skin.copy()
    side = max(skin.shape)
    for chance, aspect, kind in ((0.25, 1.0, "marker"), (0.15, 1.5, "chart"), (0.1, 6.0, "ruler")):
        if rng.random() > chance:
            continue
        long = side * rng.uniform(0.05, 0.2)
        width, height = max(6, int(long)), max(6, int(long / aspect))
        art = _artwork(rng, (height, width), kind)
        middle = (width / 2, height / 2)
        turn = np.asarray(cv2.getRotationMatrix2D(middle, rng.uniform(-60, 60), 1.0), np.float64)
        turn[:, 2] += rng.uniform(0, side, 2) - np.array([width, height]) / 2
        size = (skin.shape[1], skin.shape[0])
        laid = cv2.warpAffine(art, turn, size)
        where = cv2.warpAffine(np.ones((height, width), np.float32), turn, size)[..., None]
        out = np.asarray(out * (1 - where) + laid, np.float32)
        bare &= where[..., 0] < 0.5
    return out, bare


def _artwork(rng: np.random.Generator, shape: tuple[int, int], kind: str) -> Array:
    rows, cols = shape
    art = np.full((*shape, 3), 0.85, np.float32)
    if kind == "marker":
        bits = rng.integers(0, 2, (6, 6)).astype(np.float32)
        bits[[0, -1]] = 0
        bits[:, [0, -1]] = 0
        rim = max(1, rows // 8)
        inner = cv2.resize(bits, (cols - 2 * rim, rows - 2 * rim), interpolation=cv2.INTER_NEAREST)
        art[rim : rows - rim, rim : cols - rim] = (0.03 + 0.82 * inner)[..., None]
    elif kind == "chart":
        tints = rng.uniform(0.03, 0.8, (4, 6, 3)).astype(np.float32)
        art = np.asarray(
            cv2.resize(tints, (cols, rows), interpolation=cv2.INTER_NEAREST), np.float32
        )
        art[:: max(2, rows // 4)] = 0.03
        art[:, :: max(2, cols // 6)] = 0.03
    else:
        art[: max(1, rows // 2), :: max(2, cols // 30)] = 0.05
    return np.asarray(art, np.float32)
