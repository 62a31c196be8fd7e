"""Drawn clinical views: limbs, trunks, faces and hands with clothing, props and lesions.

Where `lesionscope.imaging.phantom` draws one lesion, this draws what a segmenter sees: a body
against a background, with every pixel known to be skin or not and lesional or not. Bodies
are unions of capsules whose rounded height gives shading, contours and cast shadows. They
teach where skin ends and what on skin is no lesion; they are pictures of no one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour
from lesionscope.imaging.phantom import SCALE_COVER
from lesionscope.imaging.phantom_body import Body, Mask, draw_body
from lesionscope.imaging.phantom_camera import expose, light_up
from lesionscope.imaging.phantom_flakes import flake_cover, gathered, lay_flakes
from lesionscope.imaging.phantom_lamp import knuckle_folds
from lesionscope.imaging.phantom_scenery import behind, dress, props, shading
from lesionscope.imaging.phantom_skin import (
    Array,
    borrowed_texture,
    skin_marks,
    smooth_noise,
    tone_albedo,
)
from lesionscope.imaging.phantom_wounds import erode


@dataclass(frozen=True, eq=False)
class View:
    """A drawn photo and its truth.

    Attributes
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    skin : ndarray of shape (H, W), bool
        Visible skin, lips and nails included.
    lesion : ndarray of shape (H, W), bool
        Visible lesional skin, its edge at half strength.
    doubtful : ndarray of shape (H, W), bool
        Skin so faintly lesional that neither answer is wrong.
    """

    rgb: NDArray[np.uint8]
    skin: Mask
    lesion: Mask
    doubtful: Mask


def draw_view(
    rng: np.random.Generator, side: int = 352, *, patches: Sequence[NDArray[np.uint8]] = ()
) -> View:
    """Draw one view and photograph it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness; one seed, one view.
    side : int
        Pixels on a side.
    patches : sequence of ndarray of shape (h, w, 3), uint8
        Photographed clear skin whose texture may be borrowed.

    Returns
    -------
    View

    Examples
    --------
    >>> view = draw_view(np.random.default_rng(3), 96)
    >>> view.rgb.shape, bool((view.lesion & ~view.skin).any())
    ((96, 96, 3), False)
    """
    shape = (side, side)
    body = draw_body(rng, shape)
    # Millimetres per pixel follow from the size of the body part; only textures need them.
    mm = float(np.exp(rng.uniform(np.log(0.2), np.log(1.6))))
    density = _skin_density(rng, body, mm, patches)
    strength, contrast = draw_lesions(rng, body, shape)
    density += (contrast * strength)[..., None] * blood_colour(rng)
    if rng.random() < 0.3:
        density += (rng.normal(0, 0.15) * strength)[..., None] * colour.MELANIN
    density += _stains(rng, shape)[..., None] * colour.MELANIN
    reflect = np.exp(-density).astype(np.float32)
    relief = 0.3 * smooth_noise(rng, shape, rng.uniform(1.0, 2.5))
    reflect, relief = _surface(rng, reflect, relief, strength, mm)
    covered, reflect, skin = dress(rng, body, reflect)
    scene = behind(rng, shape, reflect, covered)
    scene, skin = props(rng, scene, skin)
    lit = light_up(rng, scene, relief, skin)
    light = shading(rng, body, reflect)
    # Flakes and creases break the mirror; wet or greasy skin does not.
    broken = np.clip(1 + rng.uniform(0, 1.2) * relief, 0, 3)
    lit = lit * light.diffuse + (light.sheen * skin * broken)[..., None]
    metered = skin if skin.mean() > 0.02 else covered
    shrunk = float(np.exp(rng.uniform(0, np.log(4))))
    rgb = expose(rng, np.asarray(lit, np.float32), metered, shrunk=shrunk)
    seen = strength * (contrast > 0.02)
    lesion = (seen > 0.5) & skin
    # The rim of a plain lesion has its edge at half strength; that of a faint one nobody sees.
    rim = (seen > 0.25) & (seen <= 0.5) & (contrast < 0.20)
    faint = (rim | (lesion & (contrast < 0.10))) & skin
    return View(rgb, skin, lesion & ~faint, faint)


def _skin_density(
    rng: np.random.Generator, body: Body, mm: float, patches: Sequence[NDArray[np.uint8]]
) -> Array:
    shape = body.skin.shape
    ita = float(rng.uniform(-60, 70))
    base = -np.log(tone_albedo(rng, ita))
    density = np.empty((*shape, 3), np.float32)
    density[:] = base
    side = max(shape)
    for low, high, most, pigment in (
        (0.25, 0.8, 0.10, colour.HAEMOGLOBIN),  # regions: cheeks, elbows, dependent limbs
        (0.03, 0.15, 0.05, colour.HAEMOGLOBIN),
        (0.25, 0.8, 0.18, colour.MELANIN),  # tan
        (0.02, 0.12, 0.06, colour.MELANIN),
    ):
        cell = side * rng.uniform(low, high)
        density += smooth_noise(rng, shape, cell)[..., None] * rng.uniform(0, most) * pigment
    if rng.random() < 0.2:  # marbled skin: a net of blood in healthy skin of the cold
        net = np.abs(smooth_noise(rng, shape, side * rng.uniform(0.02, 0.06)))
        density += (net - net.mean())[..., None] * rng.uniform(0, 0.12) * colour.HAEMOGLOBIN
    if patches and rng.random() < 0.5:
        density += borrowed_texture(rng, shape, patches) * rng.uniform(0.4, 1.3)
    for _ in range(2):
        density += skin_marks(rng, shape, mm)
    # Palms hold little melanin and much blood: dark skin has pale, reddish palms.
    palm = body.palm[..., None]
    pale = base - np.clip(base[1] - 0.75, 0, None) * rng.uniform(0.4, 0.9) * colour.MELANIN / 1.0
    pale = np.maximum(pale, 0.15) + rng.uniform(0.0, 0.36) * colour.HAEMOGLOBIN
    density = density * (1 - palm) + palm * (density - base + pale)
    density += (body.lips * rng.uniform(0.1, 0.6))[..., None] * colour.HAEMOGLOBIN
    if body.joints:
        _flush_fingers(rng, density, body)
    for joint in body.joints:
        _knuckle(rng, density, joint, mm)
    paler, redder = rng.uniform(0.05, 0.55), rng.uniform(0.0, 0.3)
    for middle, last in zip(body.joints[1::3], body.joints[2::3], strict=True):
        draw_nail(density, middle, last, paler=paler, redder=redder)
    return np.asarray(density, np.float32)


def _flush_fingers(rng: np.random.Generator, density: Array, body: Body) -> None:
    """Make fingers redder and darker than the rest of the body, in place, as they are in health."""
    fingers = np.zeros(density.shape[:2], np.float32)
    for x, y, radius in body.joints:
        cv2.circle(fingers, (int(x), int(y)), max(1, int(2.6 * radius)), 1.0, -1)
    typical = float(np.median([radius for *_, radius in body.joints]))
    soft = cv2.GaussianBlur(fingers, (0, 0), max(1.2 * typical, 0.6))[..., None]
    density += soft * rng.uniform(0, 0.30) * colour.HAEMOGLOBIN
    density += soft * rng.uniform(0, 0.20) * colour.MELANIN


def _knuckle(
    rng: np.random.Generator, density: Array, joint: tuple[float, float, float], mm: float
) -> None:
    """Draw a knuckle in place: darker, redder and folded without being ill."""
    x, y, radius = joint
    reach = int(3 * radius) + 3
    top, left = max(0, int(y) - reach), max(0, int(x) - reach)
    window = density[top : int(y) + reach + 1, left : int(x) + reach + 1]
    if min(window.shape[:2]) < 3:  # outside the frame
        return
    spot = np.zeros(window.shape[:2], np.float32)
    cv2.circle(spot, (int(x) - left, int(y) - top), max(1, int(radius)), 1.0, -1)
    spot = np.asarray(cv2.GaussianBlur(spot, (0, 0), max(radius * 0.6, 0.6)), np.float32)
    window += spot[..., None] * rng.uniform(0, 0.10) * colour.HAEMOGLOBIN
    window += spot[..., None] * rng.uniform(0, 0.30) * colour.MELANIN
    if radius < 3 or rng.random() < 0.4:
        return
    folds = knuckle_folds(rng, spot, radius_px=1.2 * radius, mm_per_px=mm)
    tint = rng.uniform(0.2, 1.0) * colour.MELANIN + rng.uniform(0, 0.4) * colour.HAEMOGLOBIN
    window -= (folds * rng.uniform(0.1, 0.8))[..., None] * tint.astype(np.float32)


def draw_nail(
    density: Array,
    middle: tuple[float, float, float],
    last: tuple[float, float, float],
    *,
    paler: float,
    redder: float,
) -> None:
    """Draw a nail in place, beyond the last joint: a clear plate over a bed full of blood.

    Parameters
    ----------
    density : ndarray of shape (H, W, 3), float32
        Optical density of skin; changed.
    middle, last : tuple of (x, y, radius)
        The two outer joints of the finger in pixels.
    paler : float
        Share that is missing of the pigment over that of pale skin (a density of 0.5).
    redder : float
        Extra blood, natural log units in green.
    """
    ahead = np.array([last[0] - middle[0], last[1] - middle[1]])
    at = np.array(last[:2]) + 0.6 * ahead
    length, wide = 0.3 * float(np.hypot(*ahead)), 0.6 * last[2]
    if wide < 1:
        return
    plate = np.zeros(density.shape[:2], np.float32)
    turn = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
    axes = (max(1, int(length)), max(1, int(wide)))
    cv2.ellipse(plate, (int(at[0]), int(at[1])), axes, turn, 0, 360, 1.0, -1)
    plate = np.asarray(cv2.GaussianBlur(plate, (0, 0), max(0.15 * wide, 0.5)), np.float32)
    pigment = np.clip(density[..., 1:2] - 0.5, 0, None) * colour.MELANIN
    bed = density - paler * pigment + redder * colour.HAEMOGLOBIN
    density += plate[..., None] * (bed - density).astype(np.float32)


def blood_colour(rng: np.random.Generator) -> NDArray[np.float64]:
    """Draw how much the blood of a lesion takes of red and blue where it takes 1 of green."""
    return np.array([rng.uniform(0.15, 0.60), 1.0, rng.uniform(0.45, 0.98)])


def draw_lesions(
    rng: np.random.Generator, body: Body, shape: tuple[int, int]
) -> tuple[Array, Array]:
    """Draw lesions on the skin of a body.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    body : Body
        Where there is skin; joints draw lesions, palms none.
    shape : tuple of int
        Rows and columns.

    Returns
    -------
    strength : ndarray of shape (H, W), float32
        How lesional each pixel is, 0 to 1.
    contrast : ndarray of shape (H, W), float32
        Extra blood there, natural log units in green.
    """
    strength = np.zeros(shape, np.float32)
    contrast = np.zeros(shape, np.float32)
    places = np.argwhere(body.skin & (body.palm < 0.3))
    if rng.random() < 0.28 or not len(places):
        return strength, contrast
    side = float(max(shape))
    if body.joints and rng.random() < 0.65:
        for x, y, radius in body.joints:
            if rng.random() < 0.7:
                spot = _blob(rng, shape, (y, x), radius * rng.uniform(0.6, 1.6))
                _lay(strength, contrast, spot, _level(rng))
    # Hands mostly have little else than their knuckles; elsewhere a third of lesions are plaques.
    on_hands = bool(body.joints) and rng.random() < 0.7
    groups = int(rng.integers(0 if on_hands else 1, 4))
    for _ in range(groups):
        row, col = places[rng.integers(len(places))]
        level = _level(rng)
        reach = (0.10, 0.50) if rng.random() < 0.3 else (0.007, 0.30)
        if on_hands:
            reach = (0.007, 0.05)
        large = side * float(np.exp(rng.uniform(*np.log(reach))))
        for _ in range(int(rng.choice([1, 3, 8, 20], p=[0.45, 0.25, 0.2, 0.1]))):
            radius = max(large * float(np.exp(rng.normal(-0.3, 0.5))), 1.6)
            at = (row + rng.normal(0, 2.2 * large), col + rng.normal(0, 2.2 * large))
            if _ == 0:
                at = (float(row), float(col))
            spot = _blob(rng, shape, at, min(radius, 0.50 * side))
            _lay(strength, contrast, spot, level * float(np.exp(rng.normal(0, 0.15))))
    texture = 1 + rng.uniform(0.03, 0.35) * smooth_noise(rng, shape, rng.uniform(2, 14))
    return strength, np.asarray(contrast * np.clip(texture, 0.15, 2.2), np.float32)


def _level(rng: np.random.Generator) -> float:
    """Draw the extra blood of a lesion: faint ones are the hard ones, so half are faint."""
    low, high = (0.12, 0.45) if rng.random() < 0.5 else (0.25, 1.3)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _stains(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """Draw what healed lesions leave: pigment without blood, which is no lesion."""
    stain = np.zeros(shape, np.float32)
    if rng.random() < 0.6:
        return stain
    side = float(max(shape))
    for _ in range(int(rng.integers(1, 6))):
        at = (rng.uniform(0, shape[0]), rng.uniform(0, shape[1]))
        radius = side * float(np.exp(rng.uniform(np.log(0.008), np.log(0.10))))
        blob = _blob(rng, shape, at, max(radius, 1.6)) * rng.uniform(0.08, 0.6)
        np.maximum(stain, blob.astype(np.float32), out=stain)
    return stain


def _lay(strength: Array, contrast: Array, spot: Array, level: float) -> None:
    """Lay a lesion over those already there, in place."""
    np.copyto(contrast, np.float32(level), where=spot > strength)
    np.maximum(strength, spot, out=strength)


def _blob(
    rng: np.random.Generator, shape: tuple[int, int], at: tuple[float, float], radius: float
) -> Array:
    """Draw one irregular patch in its own window, for speed."""
    out = np.zeros(shape, np.float32)
    reach = int(radius * 3) + 4
    top, left = max(0, int(at[0]) - reach), max(0, int(at[1]) - reach)
    bottom, right = min(shape[0], int(at[0]) + reach), min(shape[1], int(at[1]) + reach)
    if bottom - top < 3 or right - left < 3:
        return out
    rows, cols = np.mgrid[top:bottom, left:right].astype(np.float32)
    window = (bottom - top, right - left)
    turn, stretch = rng.uniform(0, np.pi), np.exp(rng.uniform(0, 0.9))
    y, x = rows - at[0], cols - at[1]
    along = (y * np.cos(turn) + x * np.sin(turn)) / np.sqrt(stretch)
    across = (x * np.cos(turn) - y * np.sin(turn)) * np.sqrt(stretch)
    rough = 0.30 * smooth_noise(rng, window, radius * 0.7) * rng.uniform(0.2, 1.3)
    rough += 0.12 * smooth_noise(rng, window, radius * 0.22) * rng.uniform(0.2, 1.5)
    soft = np.exp(rng.uniform(np.log(0.02), np.log(0.30))) + 0.7 / radius
    signed = (1 - np.hypot(along, across) / radius + rough) / soft
    out[top:bottom, left:right] = 1 / (1 + np.exp(-np.clip(4 * signed, -30, 30)))
    if rng.random() < 0.12:  # a ring, clearing in the middle
        inner = (0.6 - np.hypot(along, across) / radius + rough) / soft
        out[top:bottom, left:right] *= 1 / (1 + np.exp(np.clip(4 * inner, -30, 30)))
    return out


def _surface(
    rng: np.random.Generator, reflect: Array, relief: Array, strength: Array, mm: float
) -> tuple[Array, Array]:
    """Put scale and erosions on the lesions; flakes stand up from the skin."""
    if not (strength > 0.5).any():
        return reflect, relief
    level = int(rng.choice(3, p=[0.6, 0.25, 0.15]))
    if level:
        share = SCALE_COVER[level] * rng.uniform(0.8, 1.2)
        flakes = flake_cover(rng, strength, relief, share=share, mm_per_px=mm)
        reflect = lay_flakes(rng, reflect, flakes, level=level, mm_per_px=mm)
        relief = gathered(relief, flakes)
    if rng.random() < 0.2:
        reflect = erode(rng, reflect, strength, mm)
    return reflect, relief
