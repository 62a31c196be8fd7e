"""One click grows a region along its contrast edge, or takes a region out of an outline.

What is redder than the skin around it is told from gloss and pigment by direction: in the plane of
the density differences green minus red and blue minus green, clear skin of one patient scatters
along a line (gloss thins both, melanin thickens both). The *contrast* of a click is the distance
across that line, fitted to the clear skin near by. A region then ends where its contrast falls to
half of that between its core and the ring of skin around it, which is the edge rule of this
software. The rule is tried in windows of growing size: in a window that is too small the region
runs into the window's rim, in one that is too large it leaks into other reddish skin, and the
window is kept whose outline parts inside from outside best. So a region never grows beyond skin,
never beyond the largest window, and never without an edge.

References
----------
Tsumura et al. 1999, J Opt Soc Am A 16:2169 (pigments add in optical density).
Adams and Bischof 1994, IEEE PAMI 16:641 (seeded region growing).
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.colour import optical_density

_BLUR = 2.0  # sd in pixels: below it lies the grain of the sensor and of the skin
_WINDOWS = (20, 32, 50, 80, 125, 200, 320)  # half sides in pixels of the working picture
_FINEST = 110  # a window of a larger half side is looked at in fewer pixels
_SEED_REACH = 3  # radius in pixels of what a click points at
_FAR = 160  # half side of the surroundings that clear skin is taken from
_ROUNDS = 5  # of the half-contrast rule: each takes core and ring from the last region
_LEAST_PX = 20
_RING = (3, 12)  # distance from the outline, pixels, of the skin that a region is compared with
_BEYOND = 0.15  # of the outline's surroundings may lie outside the window
_NUISANCE = (0.45, 1.5)  # slope of melanin alone; steepest slope of gloss on dark skin
_LEAST_STEP = 0.06  # natural log units: less tells no core from the rest of an area
_PART = 0.7  # of the core's contrast: a click on less than this is on something else than the core


@dataclass(frozen=True, eq=False)
class Ground:
    """What regions grow on: density differences of a photo and where its skin is.

    Attributes
    ----------
    red_green, green_blue : ndarray of shape (H, W), float32
        Optical density of green less red and of blue less green, natural log units.
    skin : ndarray of shape (H, W), bool
        Visible skin.
    clear : ndarray of shape (H, W), bool
        Skin that is taken to be clear and may show how gloss and pigment look.
    """

    red_green: NDArray[np.float32]
    green_blue: NDArray[np.float32]
    skin: NDArray[np.bool_]
    clear: NDArray[np.bool_]


def ground(rgb: NDArray[np.uint8], skin: NDArray[np.bool_], clear: NDArray[np.bool_]) -> Ground:
    """Prepare a picture for clicks; each click then costs a fraction of this.

    Parameters
    ----------
    rgb : ndarray of shape (H, W, 3), uint8
        sRGB, upright.
    skin : ndarray of shape (H, W), bool
        Visible skin.
    clear : ndarray of shape (H, W), bool
        Skin without known lesions and without the hand laid as a ruler.

    Returns
    -------
    Ground
    """
    density = np.asarray(cv2.GaussianBlur(optical_density(rgb), (0, 0), _BLUR), dtype=np.float32)
    red, green, blue = (density[..., band] for band in range(3))
    return Ground(
        np.ascontiguousarray(green - red), np.ascontiguousarray(blue - green), skin, clear
    )


def pigment_slope(on: Ground, at: tuple[int, int]) -> float:
    """Return the slope of the line along which clear skin near a pixel scatters.

    Parameters
    ----------
    on : Ground
        From `ground`.
    at : tuple of int
        (x, y) pixel of the picture.

    Returns
    -------
    float
        Green less red for each unit of blue less green: 0.45 where melanin alone varies, up to
        1.5 where gloss does.
    """
    window = _box(on.skin.shape, at[0], at[1], _FAR)
    part = window if on.clear[window].sum() >= 500 else (slice(None), slice(None))
    clear = on.clear[part]
    if clear.sum() < 100:
        return _NUISANCE[0]
    spread = np.cov(on.red_green[part][clear], on.green_blue[part][clear])
    along = np.linalg.eigh(spread)[1][:, 1]
    if along[0] * along[1] <= 0:
        return sum(_NUISANCE) / 2
    return float(np.clip(along[0] / along[1], *_NUISANCE))


def grow_lesion(on: Ground, at: tuple[int, int]) -> NDArray[np.bool_]:
    """Grow the region that a click points at, out to its contrast edge.

    Parameters
    ----------
    on : Ground
        From `ground`.
    at : tuple of int
        (x, y) pixel of the picture.

    Returns
    -------
    ndarray of shape (H, W), bool
        Empty where the click lies on nothing that has an edge.

    Raises
    ------
    ValueError
        If the click lies outside the picture.
    """
    x, y = _inside(at, on.skin.shape)
    # A click on what was not taken for skin says that it is: then only the edge bounds the region.
    within = on.skin if on.skin[y, x] else np.ones_like(on.skin)
    signal = _signal(on, x, y)
    best, grown = 0.0, np.zeros_like(on.skin)
    for reach in _WINDOWS:
        window = _box(on.skin.shape, x, y, reach)
        view = _View.of(signal[window], within[window], (x - window[1].start, y - window[0].start))
        region = _half_contrast(view, reach)
        score = 0.0 if region is None else _edge(view, region, reach)
        if region is not None and score > best:
            best = score
            grown[:] = False
            grown[window] = view.enlarged(region) & within[window]
    return grown


def grow_clear(on: Ground, mask: NDArray[np.bool_], at: tuple[int, int]) -> NDArray[np.bool_]:
    """Find the part of an outline that a click says is not lesion.

    The whole connected area goes, unless its core is clearly redder than the place clicked: then
    only the part around the click, up to half way to the core.

    Parameters
    ----------
    on : Ground
        From `ground`.
    mask : ndarray of shape (H, W), bool
        The outline.
    at : tuple of int
        (x, y) pixel of the picture.

    Returns
    -------
    ndarray of shape (H, W), bool
        A part of `mask`; empty where the click lies outside it.

    Raises
    ------
    ValueError
        If the click lies outside the picture.
    """
    x, y = _inside(at, mask.shape)
    whole = _holding(mask, x, y)
    if not whole.any():
        return whole
    window = _around(whole, _RING[1] + 1)
    signal, area = _signal(on, x, y)[window], whole[window]
    ring = _grown(area, _RING[1]) & ~_grown(area, _RING[0]) & (on.skin & ~mask)[window]
    around = float(np.median(signal[ring])) if ring.any() else float(signal[area].min())
    x, y = x - window[1].start, y - window[0].start
    clicked = _at(signal, area, x, y)
    core = float(np.percentile(signal[area], 80))
    if core - clicked < _LEAST_STEP or clicked - around > _PART * (core - around):
        return whole
    part = _holding(area & (signal < (clicked + core) / 2), x, y)
    if part.any():
        whole[window] = _filled(part) & area
    return whole


def _inside(at: tuple[int, int], shape: tuple[int, ...]) -> tuple[int, int]:
    x, y = at
    if not (0 <= x < shape[1] and 0 <= y < shape[0]):
        raise ValueError(f"a click must lie in {shape[1]} x {shape[0]} pixels, got {x}, {y}")
    return x, y


def _box(shape: tuple[int, ...], x: int, y: int, reach: int) -> tuple[slice, slice]:
    rows = slice(max(0, y - reach), min(shape[0], y + reach + 1))
    return rows, slice(max(0, x - reach), min(shape[1], x + reach + 1))


def _around(region: NDArray[np.bool_], rim: int) -> tuple[slice, slice]:
    """Return the box of a region with a rim around it."""
    rows, columns = np.flatnonzero(region.any(axis=1)), np.flatnonzero(region.any(axis=0))
    return (
        slice(max(0, int(rows[0]) - rim), int(rows[-1]) + 1 + rim),
        slice(max(0, int(columns[0]) - rim), int(columns[-1]) + 1 + rim),
    )


def _signal(on: Ground, x: int, y: int) -> NDArray[np.float32]:
    slope = np.float32(pigment_slope(on, (x, y)))
    return np.asarray(on.red_green - slope * on.green_blue, dtype=np.float32)


@dataclass(frozen=True, eq=False)
class _View:
    """A window of the picture, in fewer pixels where it is large."""

    signal: NDArray[np.float32]
    within: NDArray[np.bool_]
    x: int
    y: int
    full: tuple[int, int]

    @classmethod
    def of(
        cls, signal: NDArray[np.float32], within: NDArray[np.bool_], at: tuple[int, int]
    ) -> _View:
        """Take a window with the click at a pixel of it."""
        height, width = signal.shape
        coarse = max(1.0, max(height, width) / (2 * _FINEST))
        size = (max(1, round(width / coarse)), max(1, round(height / coarse)))
        if coarse > 1:
            signal = np.asarray(cv2.resize(signal, size, interpolation=cv2.INTER_AREA), np.float32)
            solid = cv2.resize(within.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            within = np.asarray(solid >= 0.5)
        x = min(int(at[0] * size[0] / width), size[0] - 1)
        y = min(int(at[1] * size[1] / height), size[1] - 1)
        return cls(signal, within, x, y, (height, width))

    @property
    def scale(self) -> float:
        """Pixels here for each pixel of the picture."""
        return float(self.signal.shape[1] / self.full[1])

    def near(self, reach: float) -> NDArray[np.bool_]:
        """Return the part of the window within a distance of the click, in picture pixels."""
        rows, columns = np.ogrid[: self.signal.shape[0], : self.signal.shape[1]]
        far = (rows - self.y) ** 2 + (columns - self.x) ** 2
        return np.asarray((far <= max((reach * self.scale) ** 2, 2)) & self.within)

    def enlarged(self, region: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Bring a region back to the pixels of the picture."""
        if region.shape == self.full:
            return region
        size = (self.full[1], self.full[0])
        soft = cv2.resize(region.astype(np.float32), size, interpolation=cv2.INTER_LINEAR)
        return np.asarray(soft >= 0.5)


def _half_contrast(view: _View, reach: int) -> NDArray[np.bool_] | None:
    """Grow from the click to half contrast, or return None where nothing stands out."""
    near, disc = view.near(_SEED_REACH), view.near(reach)
    if not near.any() or disc.sum() < 50:
        return None
    seed = core = float(np.median(view.signal[near]))
    around = float(np.percentile(view.signal[disc], 25))
    region = near
    for _ in range(_ROUNDS):
        over = _opened(disc & (view.signal > (core + around) / 2))
        region = _holding(over, view.x, view.y)
        if region.sum() < _LEAST_PX:
            return None
        ring = _grown(region, _RING[1]) & ~_grown(region, _RING[0]) & view.within
        if ring.sum() < 30:
            return None
        around = float(np.percentile(view.signal[ring], 40))
        # What was clicked is the core: a region may not climb to something far redder.
        core = max(min(float(np.percentile(view.signal[region], 60)), seed + 0.1), around + 0.01)
    return _filled(region)


def _edge(view: _View, region: NDArray[np.bool_], reach: int) -> float:
    """Say how well an outline parts inside from outside: its contrast, times the share parted."""
    outside = _grown(region, 7) & ~_grown(region, 2) & view.within
    inside = region & ~_shrunk(region, 6) & _shrunk(region, 1)
    inside = inside if inside.any() else region
    seen = outside & view.near(reach)
    if seen.sum() < _LEAST_PX or 1 - seen.sum() / outside.sum() > _BEYOND:
        return 0.0
    redder, paler = view.signal[inside], view.signal[seen]
    step = float(np.median(redder) - np.median(paler))
    middle = (np.median(redder) + np.median(paler)) / 2
    parted = float((paler < middle).mean() + (redder > middle).mean()) - 1
    return step * max(parted, 0.0)


def _at(signal: NDArray[np.float32], area: NDArray[np.bool_], x: int, y: int) -> float:
    window = _box(signal.shape, x, y, _SEED_REACH)
    near = signal[window][area[window]]
    return float(np.median(near)) if near.size else float(signal[y, x])


def _disc(radius: int) -> NDArray[np.uint8]:
    side = 2 * radius + 1
    return np.asarray(cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side)), np.uint8)


def _grown(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.dilate(mask.astype(np.uint8), _disc(radius)) > 0)


def _shrunk(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    return np.asarray(cv2.erode(mask.astype(np.uint8), _disc(radius)) > 0)


def _opened(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.asarray(cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, _disc(1)) > 0)


def _holding(mask: NDArray[np.bool_], x: int, y: int) -> NDArray[np.bool_]:
    """Return the connected part at the click, or the nearest one a few pixels off."""
    label = cv2.connectedComponents(mask.astype(np.uint8), connectivity=4)[1]
    window = _box(mask.shape, x, y, _SEED_REACH + 1)
    rows, columns = np.nonzero(mask[window])
    if not rows.size:
        return np.zeros_like(mask)
    top, left = window[0].start, window[1].start
    nearest = np.argmin((rows + top - y) ** 2 + (columns + left - x) ** 2)
    return np.asarray(label == label[rows[nearest] + top, columns[nearest] + left])


def _filled(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Fill holes of up to a tenth of the region: gloss and scale on a lesion are lesion."""
    _, label, stats, _ = cv2.connectedComponentsWithStats(
        (~region).astype(np.uint8), connectivity=4
    )
    open_ = stats[:, cv2.CC_STAT_AREA] > 0.1 * region.sum()
    for rim in (label[0], label[-1], label[:, 0], label[:, -1]):
        open_[np.unique(rim)] = True
    hole = np.flatnonzero(~open_)
    return np.asarray(region | (np.isin(label, hole) & ~region))
