"""Pictures of how lesions were graded: as sure as right, and where it was most wrong."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from lesionscope.model.rendered import GradedLesions
from lesionscope.model.runtime import ITEMS

PANEL, EDGE = 300, 40
CELL, LINE, COLUMNS, WORST = 160, 15, 9, 9
_BINS = 8


def reliability_diagram(
    levels: NDArray[np.int64], chances: dict[str, NDArray[np.float64]]
) -> Image.Image:
    """Draw how often the most probable level was right against how probable it was said to be.

    Parameters
    ----------
    levels : ndarray of shape (N, 3), int64
        True levels.
    chances : dict of str to ndarray of shape (N, K)
        Probabilities of each item.

    Returns
    -------
    Image
        One panel for each item; each dot is an eighth of the lesions, its bar two standard errors.
    """
    step = PANEL + 2 * EDGE
    sheet = Image.new("RGB", (step * len(ITEMS), step), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for k, item in enumerate(ITEMS):
        left, bottom = k * step + EDGE, EDGE + PANEL
        draw.rectangle((left, EDGE, left + PANEL, bottom), outline="black")
        draw.line((left, bottom, left + PANEL, EDGE), fill="grey")
        draw.text((left, 12), f"{item}: share right, by probability said", "black", font)
        for tick in (0.0, 0.5, 1.0):
            draw.text((left + tick * PANEL - 8, bottom + 6), f"{tick:.1f}", "black", font)
            draw.text((left - 26, bottom - tick * PANEL - 8), f"{tick:.1f}", "black", font)
        sure = chances[item].max(axis=1)
        right = chances[item].argmax(axis=1) == levels[:, k]
        for at in np.array_split(np.argsort(sure), _BINS):
            x, y = left + sure[at].mean() * PANEL, bottom - right[at].mean() * PANEL
            # The binomial standard error, twice, as a bar.
            spread = 2 * np.sqrt(right[at].mean() * (1 - right[at].mean()) / len(at)) * PANEL
            top, low = max(y - spread, EDGE), min(y + spread, bottom)
            draw.line((x, top, x, low), fill=(60, 100, 200))
            draw.ellipse((x - 4, y - 4, x + 4, y + 4), fill=(30, 70, 180))
    return sheet


def gallery(
    lesions: GradedLesions,
    chances: dict[str, NDArray[np.float64]],
    maps: NDArray[np.float32],
) -> Image.Image:
    """Show the surest wrong answers of each item, and where flakes and raw skin were seen.

    Parameters
    ----------
    lesions : GradedLesions
        With their pictures.
    chances : dict of str to ndarray of shape (N, K)
        Probabilities of each item.
    maps : ndarray of shape (N, 2, S, S), float32
        Flakes and raw skin, 0 to 1.

    Returns
    -------
    Image
        Two rows for each item: the lesion, and the lesion with its map (for erythema, flakes).
    """
    height = 2 * CELL + 2 * LINE + 6
    sheet = Image.new("RGB", (COLUMNS * CELL, height * len(ITEMS)), "black")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(11)
    for k, item in enumerate(ITEMS):
        truth, said = lesions.levels[:, k], chances[item].argmax(axis=1)
        loss = -np.log(np.clip(chances[item][np.arange(len(truth)), truth], 1e-6, 1))
        for place, n in enumerate(_one_of_each_photo(loss, lesions.photos)):
            left, top = place * CELL, k * height
            picture = Image.fromarray(lesions.pictures[n]).resize((CELL, CELL))
            sheet.paste(picture, (left, top))
            marked = _marked(lesions.pictures[n], maps[n, max(k - 1, 0)])
            sheet.paste(marked.resize((CELL, CELL)), (left, top + CELL))
            words = f"{item} {truth[n]}, said {said[n]} ({chances[item][n, said[n]]:.0%})"
            draw.text((left + 2, top + 2 * CELL), words, "white", font)
            draw.text((left + 2, top + 2 * CELL + LINE), lesions.photos[n], "white", font)
    return sheet.quantize(256)


def _one_of_each_photo(loss: NDArray[np.float64], photos: tuple[str, ...]) -> list[int]:
    """Return the lesions with the largest loss, one of each photo: siblings look alike."""
    chosen: dict[str, int] = {}
    for n in np.argsort(-loss):
        chosen.setdefault(photos[n], int(n))
    return list(chosen.values())[:WORST]


def _marked(rgb: NDArray[np.uint8], share: NDArray[np.float32]) -> Image.Image:
    tint = np.array([0, 220, 255], np.float32)
    mixed = rgb * (1 - 0.7 * share[..., None]) + 0.7 * share[..., None] * tint
    return Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))
