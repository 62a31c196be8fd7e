"""Drawn skin with a lesion whose grade is known: truth for tests and for training.

A lesion is extra haemoglobin in optical density, so that one erythema level is the same
extra blood on every skin tone; gloss, light and camera then lower its contrast as they do in
life. Scale is whitish scatter over the lesion, an erosion is a raw or crusted spot or scratch
mark in it. The levels are steps of the drawing parameters below; no dermatologist has graded the
pictures.

References
----------
Tsumura et al. 1999, J Opt Soc Am A 16:2169: haemoglobin and melanin add in optical density.
Yassaee et al. 2010, Br J Dermatol 162:669-73: the levels of the CDASI version 2 items.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging import colour
from lesionscope.imaging.phantom_camera import expose, light_up
from lesionscope.imaging.phantom_flakes import flake_cover, gathered, lay_flakes
from lesionscope.imaging.phantom_lamp import knuckle_folds, relit
from lesionscope.imaging.phantom_skin import Array, HostSkin, draw_host, smooth_noise
from lesionscope.imaging.phantom_wounds import wounded

ERYTHEMA_STEPS = (0.07, 0.35, 0.76)
"""Extra haemoglobin absorbance, green band, natural log units, from which a lesion is pink, red,
dark red: a proposal of this project, on every tone alike."""
SCALE_COVER = (0.0, 0.26, 0.62)
"""Share of the lesion that flakes cover at scale level 0, 1 and 2."""
_CONTRAST_RANGE = (0.0, *ERYTHEMA_STEPS, 1.35)
_LARGEST_SIDE = 320  # pixels of a drawing; larger lesions are drawn at a coarser scale


@dataclass(frozen=True)
class Recipe:
    """What is to be drawn.

    Attributes
    ----------
    ita_deg : float
        Individual typology angle of the host skin, degrees.
    kind : str
        ``"lesion"``, or one of the things that a segmenter takes for one: ``"clear"``,
        ``"pigment"`` (left by a healed lesion) and ``"mottled"`` (poikiloderma).
    contrast : float
        Extra haemoglobin absorbance in the green band, natural log units.
    scale, erosion : int
        Levels, 0 to 2 and 0 to 1.
    violaceous : float
        Shift of the colour of the blood towards violet, 0 to 1.
    diameter_mm, mm_per_px : float
        Size of the lesion and scale of the drawing.
    """

    ita_deg: float
    kind: str = "lesion"
    contrast: float = 0.5
    scale: int = 0
    erosion: int = 0
    violaceous: float = 0.0
    diameter_mm: float = 20.0
    mm_per_px: float = 0.3

    def __post_init__(self) -> None:
        if self.kind not in ("lesion", "clear", "pigment", "mottled"):
            raise ValueError(f"kind must name something that can be drawn, got {self.kind!r}")
        if not (0 <= self.scale <= 2 and 0 <= self.erosion <= 1 and self.contrast >= 0):
            raise ValueError(f"levels outside their range: {self}")

    @property
    def erythema(self) -> int:
        """Erythema level, 0 to 3."""
        return int(np.digitize(self.contrast, ERYTHEMA_STEPS))


@dataclass(frozen=True, eq=False)
class Scene:
    """A drawn photo and its truth.

    Attributes
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB.
    lesion, skin : ndarray of shape (H, W), bool
        True lesion (or what could be taken for one) and skin.
    flakes, raw : ndarray of shape (H, W), float32
        Share of each pixel that scale covers, and that is eroded.
    mm_per_px : float
        Scale of the drawing.
    recipe : Recipe
        What was drawn.
    """

    rgb: NDArray[np.uint8]
    lesion: NDArray[np.bool_]
    skin: NDArray[np.bool_]
    flakes: Array
    raw: Array
    mm_per_px: float
    recipe: Recipe


def draw_recipe(rng: np.random.Generator) -> Recipe:
    """Draw what to draw: every tone and every level alike, and things that are no lesion.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    Recipe
    """
    recipe = Recipe(
        ita_deg=float(rng.uniform(-60, 70)),
        diameter_mm=float(np.exp(rng.uniform(np.log(5), np.log(90)))),
        mm_per_px=float(np.exp(rng.uniform(np.log(0.12), np.log(0.55)))),
    )
    if rng.random() < 0.16:
        kind = str(rng.choice(["clear", "pigment", "mottled"], p=[0.6, 0.25, 0.15]))
        return replace(recipe, kind=kind, contrast=float(rng.uniform(0, 0.06)))
    level = int(rng.choice(4, p=[0.04, 0.32, 0.34, 0.30]))
    return replace(
        recipe,
        contrast=float(rng.uniform(_CONTRAST_RANGE[level], _CONTRAST_RANGE[level + 1])),
        scale=int(rng.choice(3, p=[0.45, 0.28, 0.27])),
        erosion=int(rng.random() < 0.18),
        violaceous=float(rng.beta(1, 2)),
    )


def _outline(
    rng: np.random.Generator,
    shape: tuple[int, int],
    radius_px: float,
    aside: tuple[float, float] = (0.0, 0.0),
) -> Array:
    """Return how strongly each pixel is lesional, 0 to 1: irregular, sharp or diffuse."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]].astype(np.float32)
    rows -= shape[0] / 2 + aside[0] + rng.normal(0, 0.03) * shape[0]
    cols -= shape[1] / 2 + aside[1] + rng.normal(0, 0.03) * shape[1]
    turn, stretch = rng.uniform(0, np.pi), np.exp(rng.uniform(0, 0.7))
    along = (rows * np.cos(turn) + cols * np.sin(turn)) / np.sqrt(stretch)
    across = (cols * np.cos(turn) - rows * np.sin(turn)) * np.sqrt(stretch)
    distance = np.hypot(along, across) / radius_px
    rough = 0.25 * smooth_noise(rng, shape, radius_px * 0.7) * rng.uniform(0.3, 1.2)
    rough += 0.10 * smooth_noise(rng, shape, radius_px * 0.2) * rng.uniform(0.2, 1.5)
    softness = np.exp(rng.uniform(np.log(0.02), np.log(0.25)))
    signed = (1 - distance + rough) / softness
    return np.asarray(1 / (1 + np.exp(-np.clip(4 * signed, -30, 30))), dtype=np.float32)


def _blood(rng: np.random.Generator, recipe: Recipe, strength: Array, mm: float) -> Array:
    """Return the optical density that the lesion adds to the skin."""
    shape = strength.shape
    direction = colour.HAEMOGLOBIN + np.array([0.18, 0.0, -0.22]) * recipe.violaceous
    # On dark skin the same inflammation looks more violet brown than red.
    darkness = float(np.clip((25 - recipe.ita_deg) / 60, 0, 1))
    direction = direction + darkness * rng.uniform(0.0, 0.4) * np.array([0.8, 0.4, 0.2])
    direction = direction * np.exp(rng.normal(0, [0.15, 0.0, 0.06]))
    mottle = 1 + rng.uniform(0.03, 0.30) * smooth_noise(rng, shape, rng.uniform(1, 8) / mm)
    mottle += rng.uniform(0.0, 0.08) * smooth_noise(rng, shape, 0.6 / mm)
    mottle = np.clip(mottle, 0.05, 2.5)
    core = strength > 0.5
    mottle /= mottle[core].mean() if core.any() else 1.0
    density = (recipe.contrast * strength * mottle)[..., None] * direction
    if recipe.kind == "pigment":
        density += (rng.uniform(0.12, 0.7) * strength * mottle)[..., None] * colour.MELANIN
    elif recipe.kind == "mottled":
        net = np.abs(smooth_noise(rng, shape, 3 / mm)) - 0.8
        density += (rng.uniform(0.1, 0.35) * strength * net)[..., None] * colour.MELANIN
    elif recipe.kind == "lesion" and rng.random() < 0.3:
        density += (rng.normal(0, 0.12) * strength)[..., None] * colour.MELANIN
    return np.asarray(density, dtype=np.float32)


def _neighbour(rng: np.random.Generator, recipe: Recipe, strength: Array, mm: float) -> Array:
    radius = 0.5 * recipe.diameter_mm / mm * rng.uniform(0.3, 1.0)
    angle, away = rng.uniform(0, 2 * np.pi), 0.5 * recipe.diameter_mm / mm * 1.5 + radius
    aside = (away * float(np.sin(angle)), away * float(np.cos(angle)))
    second = _outline(rng, strength.shape, radius, aside) * (1 - strength)
    other = replace(recipe, contrast=float(rng.uniform(0.1, 1.2)), kind="lesion")
    return _blood(rng, other, np.asarray(second, dtype=np.float32), mm)


def _background(rng: np.random.Generator, body: Array, skin: NDArray[np.bool_]) -> Array:
    """Put cloth behind the limb."""
    cloth = np.exp(-rng.uniform(0.2, 3.5) * rng.uniform(0.6, 1.4, 3)).astype(np.float32)
    weave = 1 + 0.05 * smooth_noise(rng, skin.shape, 2.0)
    edge = cv2.GaussianBlur(skin.astype(np.float32), (0, 0), 0.7)[..., None]
    return np.asarray(body * edge + (1 - edge) * cloth * weave[..., None], dtype=np.float32)


def draw_scene(
    recipe: Recipe,
    rng: np.random.Generator,
    *,
    patches: Sequence[NDArray[np.uint8]] = (),
) -> Scene:
    """Draw a lesion on skin and photograph it.

    Parameters
    ----------
    recipe : Recipe
        What to draw.
    rng : numpy.random.Generator
        Source of everything that the recipe leaves open; one seed, one picture.
    patches : sequence of ndarray of shape (h, w, 3), uint8
        Photographed clear skin whose texture may be borrowed.

    Returns
    -------
    Scene
        Its scale is coarser than the recipe's where the lesion would not fit 224 pixels.

    Examples
    --------
    >>> scene = draw_scene(Recipe(ita_deg=30.0, contrast=0.9), np.random.default_rng(1))
    >>> scene.recipe.erythema, bool(scene.lesion.any())
    (3, True)
    """
    window_mm = max(recipe.diameter_mm * rng.uniform(1.4, 2.4) + 4, rng.uniform(12, 34))
    side = int(np.clip(window_mm / recipe.mm_per_px, 40, _LARGEST_SIDE))
    mm = window_mm / side
    shape = (side, side)
    host = draw_host(rng, shape, ita_deg=recipe.ita_deg, mm_per_px=mm, patches=patches)
    strength = _outline(rng, shape, 0.5 * recipe.diameter_mm / mm)
    host = _over_a_joint(rng, recipe, host, strength, mm)
    body, flakes, raw = _body(rng, recipe, host, strength, mm)
    relief = gathered(host.relief, flakes)
    linear = light_up(rng, _background(rng, body, host.skin), relief, host.skin)
    # Flakes and cloth scatter; only skin, wet or greasy, mirrors.
    matt = np.asarray(np.where(host.skin, 0.8 * flakes, 1.0), dtype=np.float32)
    linear = relit(rng, linear, relief, matt=matt, mm_per_px=mm)
    rgb = expose(rng, linear, host.skin, shrunk=float(np.exp(rng.uniform(0, np.log(3)))))
    # Where blood fades out nobody sees a lesion: its edge is at half strength.
    lesion = (strength > 0.5) & host.skin
    return Scene(rgb, lesion, host.skin, flakes, raw, mm, recipe)


def _over_a_joint(
    rng: np.random.Generator, recipe: Recipe, host: HostSkin, strength: Array, mm: float
) -> HostSkin:
    """Let the folds of a knuckle or elbow run through some of the lesions that would fit there."""
    if recipe.diameter_mm > 30 or rng.random() < 0.6:
        return host
    radius_px = 0.5 * recipe.diameter_mm / mm
    folds = knuckle_folds(rng, strength, radius_px=radius_px, mm_per_px=mm)
    # Light that reaches the bottom of a fold has met skin before, so folds are redder as well.
    tint = colour.HAEMOGLOBIN * rng.uniform(0, 0.5) + rng.uniform(0.2, 1.0)
    density = host.density - (folds * rng.uniform(0.1, 0.9))[..., None] * tint
    relief = host.relief + folds
    return replace(host, density=density.astype(np.float32), relief=relief)


def _body(
    rng: np.random.Generator, recipe: Recipe, host: HostSkin, strength: Array, mm: float
) -> tuple[Array, Array, Array]:
    """Return the reflectance of diseased skin, where flakes cover it and where it is eroded."""
    seen = strength if recipe.kind != "clear" else np.zeros_like(strength)
    density = host.density + _blood(rng, recipe, seen, mm)
    if rng.random() < 0.3:  # another lesion near by, which the outline leaves out
        density += _neighbour(rng, recipe, strength, mm)
    if recipe.scale and rng.random() < 0.2:  # a thickened lesion has coarser skin lines
        lines = np.abs(smooth_noise(rng, seen.shape, 1.0 / mm)) * seen
        density += rng.uniform(0.0, 0.12) * lines[..., None]
    body = np.asarray(np.exp(-density), dtype=np.float32)
    flakes = raw = np.zeros(seen.shape, dtype=np.float32)
    if recipe.erosion:
        body, raw = wounded(rng, body, strength * host.skin, mm)
    if recipe.scale:
        share = SCALE_COVER[recipe.scale] * rng.uniform(0.8, 1.2)
        flakes = flake_cover(rng, strength, host.relief, share=share, mm_per_px=mm)
        flakes = flakes * (1 - raw)
        body = lay_flakes(rng, body, flakes, level=recipe.scale, mm_per_px=mm)
    return body, flakes, raw


def imperfect_mask(
    rng: np.random.Generator, lesion: NDArray[np.bool_], skin: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Spoil a true outline as a segmenter would: grown, shrunk, shifted, ragged, split.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    lesion, skin : ndarray of shape (H, W), bool
        True lesion and skin.

    Returns
    -------
    ndarray of shape (H, W), bool
        Never empty while `lesion` is not.
    """
    radius = float(np.sqrt(max(lesion.sum(), 1) / np.pi))
    # Signed distance to the edge, positive inside, makes every change of the outline one threshold.
    inner = cv2.distanceTransform(lesion.astype(np.uint8), cv2.DIST_L2, 3)
    outer = cv2.distanceTransform((~lesion).astype(np.uint8), cv2.DIST_L2, 3)
    signed = inner - outer
    if rng.random() < 0.6:
        signed = signed + radius * rng.uniform(-0.3, 0.25)
    if rng.random() < 0.5:
        wobble = smooth_noise(rng, lesion.shape, radius * rng.uniform(0.2, 0.8))
        signed = signed + wobble * radius * rng.uniform(0.03, 0.15)
    if rng.random() < 0.3:
        signed = np.roll(signed, rng.integers(-1, 2, 2) * max(1, int(radius * 0.15)), (0, 1))
    drawn = (signed > 0) & skin
    if rng.random() < 0.12:
        drawn = drawn & (smooth_noise(rng, lesion.shape, radius) > rng.uniform(-0.5, 0.3))
    return drawn if drawn.sum() >= 4 else lesion
