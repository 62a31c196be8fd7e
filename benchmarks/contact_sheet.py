"""The ten photos with the lowest agreement on one picture, true and found outlines drawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from scored import Mask, Row

CELL, CAPTION, COLUMNS, WORST = 420, 22, 5, 10
TRUE_COLOUR, FOUND_COLOUR = (90, 170, 255), (0, 255, 120)


def contact_sheet(
    rows: Sequence[Row], pictures: dict[str, tuple[NDArray[np.uint8], Mask, Mask]]
) -> Image.Image:
    """Draw the worst photos: what is true in blue, what was found in green.

    Parameters
    ----------
    rows : sequence of Row
        Those with a ``dice``.
    pictures : dict of str to tuple of ndarray
        Photo, true and found lesions, by name of the row.

    Returns
    -------
    Image
        256 colours, which keeps the file small.
    """
    lines = -(-len(rows) // COLUMNS)
    sheet = Image.new("RGB", (COLUMNS * CELL, lines * (CELL + CAPTION) + CAPTION), "black")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    draw.text((4, 3), "lowest Dice first; blue: true, green: found", "white", font)
    for place, row in enumerate(rows):
        left, top = CELL * (place % COLUMNS), CAPTION + (CELL + CAPTION) * (place // COLUMNS)
        sheet.paste(_outlined(*pictures[row.name]), (left, top))
        caption = f"{row.name[:34]}  Dice {row.values['dice']:.2f}  {row.tone}"
        draw.text((left + 4, top + CELL + 2), caption, "white", font)
    return sheet.quantize(256)


def worst(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with the lowest Dice, lowest first."""
    scored = [row for row in rows if "dice" in row.values]
    return sorted(scored, key=lambda row: row.values["dice"])[:WORST]


def _outlined(rgb: NDArray[np.uint8], true: Mask, found: Mask) -> Image.Image:
    scale = CELL / max(rgb.shape[:2])
    size = (round(rgb.shape[1] * scale), round(rgb.shape[0] * scale))
    drawn = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)).copy()
    for mask, colour in ((true, TRUE_COLOUR), (found, FOUND_COLOUR)):
        small = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA)
        lines, _ = cv2.findContours(small, cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, lines, -1, colour, 1)
    return Image.fromarray(drawn)


def picture_of(photo: Path, true: Mask, found: Mask) -> tuple[NDArray[np.uint8], Mask, Mask]:
    """Read a photo for the sheet."""
    return np.asarray(Image.open(photo).convert("RGB")), true, found
