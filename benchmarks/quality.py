"""Which ways of spoiling a photo are named, and how often a photo is warned of as it is.

    python benchmarks/quality.py [--phantom DIR] [--photos DIR --annotations DIR] [--labels FILE]
                                 [--every N]

Without arguments the photos of sample_images are taken. Each photo is judged under its true masks,
as it is and spoiled in a known way, at the scale that the software works at. Prints the tables,
over all photos and by skin tone, and writes them to benchmarks/results/quality.md.
"""

from __future__ import annotations

import argparse
import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scored import Mask, column, read_mask, truth_folder

from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.imaging.fiducial import find_marker
from lesionscope.imaging.quality import capture_notes
from lesionscope.imaging.resize import resized, resized_mask
from lesionscope.pipeline import WORK_SIDE
from lesionscope.places import samples_folder

RESULTS = Path(__file__).parent / "results" / "quality.md"
MARKER_MM = 20.0
TONES = ("very_light", "light", "intermediate", "medium", "tan", "brown", "dark")
Picture = NDArray[np.uint8]


@dataclass(frozen=True, eq=False)
class Shown:
    """A photo and what is true of it, at the size of the file."""

    name: str
    rgb: Picture
    skin: Mask
    lesion: Mask
    tone: str = ""


def rendered(folder: Path) -> list[Shown]:
    """Read rendered photos with their masks."""
    return [
        _shown(path, truth_folder(path), _tone_of(truth_folder(path) / f"{path.stem}.json"))
        for path in sorted(folder.glob("*.jpg"))
        if (truth_folder(path) / f"{path.stem}.json").exists()
    ]


def _tone_of(truth: Path) -> str:
    return str(json.loads(truth.read_text("utf-8"))["skin_tone"])


def real(folder: Path, masks: Path, labels: Path) -> list[Shown]:
    """Read real photos that have a skin mask, with the skin tone of a table of labels."""
    with labels.open(encoding="utf-8") as file:
        tones = {
            Path(column(row, "file")).stem: column(row, "tone") for row in csv.DictReader(file)
        }
    photos = [p for p in sorted(folder.iterdir()) if (masks / f"{p.stem}_skin.png").exists()]
    return [_shown(path, masks, tones.get(path.stem, "not stated")) for path in photos]


def _shown(path: Path, masks: Path, tone: str) -> Shown:
    rgb = np.asarray(Image.open(path).convert("RGB"))
    skin, lesion = (read_mask(masks / f"{path.stem}_{key}.png") for key in ("skin", "lesion"))
    if skin is None:
        raise FileNotFoundError(f"{masks} holds no skin mask of {path.stem}")
    return Shown(path.stem, rgb, skin, np.zeros_like(skin) if lesion is None else lesion, tone)


def in_light(rgb: Picture, gain: NDArray[np.float64] | float) -> Picture:
    """Multiply linear light and clip it."""
    return srgb_bytes(linear_light(rgb) * gain)


def _unit(shown: Shown) -> float:
    """Return how many pixels of the photo are one where its long side has 1600."""
    return max(shown.rgb.shape[:2]) / 1600


def defocused(shown: Shown) -> Shown:
    """Blur by a standard deviation of 4 px (of 1600)."""
    return _changed(shown, cv2.GaussianBlur(shown.rgb, (0, 0), 4 * _unit(shown)))


def moved(shown: Shown) -> Shown:
    """Smear over 24 px (of 1600) aslant, as a moving hand does."""
    length = max(3, round(24 * _unit(shown)))
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (0, length - 1), (length - 1, length // 2), 1.0, 1)
    return _changed(shown, cv2.filter2D(shown.rgb, -1, kernel / kernel.sum()))


def three_stops_under(shown: Shown) -> Shown:
    """Leave an eighth of the light."""
    return _changed(shown, in_light(shown.rgb, 1 / 8))


def flashed(shown: Shown) -> Shown:
    """Add a flash that burns out the middle of the skin: five times the light there."""
    rows, columns = np.nonzero(shown.skin)
    y, x = np.ogrid[: shown.rgb.shape[0], : shown.rgb.shape[1]]
    away = (y - np.median(rows)) ** 2 + (x - np.median(columns)) ** 2
    light = 1 + 5 * np.exp(-away / (2 * (0.15 * max(shown.rgb.shape[:2])) ** 2))
    return _changed(shown, in_light(shown.rgb, light[..., None]))


def grainy(shown: Shown) -> Shown:
    """Add noise of 16 grey levels at the scale of 1600 px."""
    noise = np.random.default_rng(0).normal(0, 16 * max(1.0, _unit(shown)), shown.rgb.shape)
    return _changed(shown, np.clip(shown.rgb + noise, 0, 255).astype(np.uint8))


def under_blue_light(shown: Shown) -> Shown:
    """Take 40 % of the red away and add 60 % of blue."""
    return _changed(shown, in_light(shown.rgb, np.array([0.6, 1.0, 1.6]) / 1.03))


def under_tungsten(shown: Shown) -> Shown:
    """Add half of the red and take half of the blue away."""
    return _changed(shown, in_light(shown.rgb, np.array([1.5, 1.0, 0.5]) / 1.07))


def thumbnail(shown: Shown) -> Shown:
    """Shrink to 400 px, as a messenger's preview is."""
    small = resized(shown.rgb, 400)
    size = small.shape[0], small.shape[1]
    masks = (resized_mask(mask, size) for mask in (shown.skin, shown.lesion))
    return replace(shown, rgb=small, skin=next(masks), lesion=next(masks))


def cropped(shown: Shown) -> Shown:
    """Keep only the middle of the skin, so that skin leaves the frame on all sides."""
    # The frame counts as an edge: skin that fills it has none of its own.
    framed = np.pad(shown.skin.astype(np.uint8), 1)
    distance = cv2.distanceTransform(framed, cv2.DIST_L2, 5)[1:-1, 1:-1]
    row, column = np.unravel_index(int(distance.argmax()), distance.shape)
    half = max(40, int(distance.max() / 1.5))
    part = np.s_[max(0, row - half) : row + half, max(0, column - half) : column + half]
    return replace(
        shown, rgb=shown.rgb[part].copy(), skin=shown.skin[part], lesion=shown.lesion[part]
    )


def tilted(shown: Shown) -> Shown:
    """Turn the picture's plane by 45 degrees about the vertical, seen from a frame's width away."""
    height, width = shown.rgb.shape[:2]
    turn, away = np.radians(45), 1.2 * max(height, width)
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    x, y = corners[:, 0] - width / 2, corners[:, 1] - height / 2
    depth = away + x * np.sin(turn)
    seen = np.stack([x * np.cos(turn), y], axis=1) * (away / depth)[:, None]
    seen += np.array([width / 2, height / 2])
    to = cv2.getPerspectiveTransform(corners, seen.astype(np.float32))
    rgb = cv2.warpPerspective(shown.rgb, to, (width, height), borderMode=cv2.BORDER_REPLICATE)
    skin, lesion = (
        cv2.warpPerspective(mask.astype(np.uint8), to, (width, height)) > 0
        for mask in (shown.skin, shown.lesion)
    )
    return replace(shown, rgb=np.asarray(rgb), skin=skin, lesion=lesion)


def _changed(shown: Shown, rgb: NDArray[np.generic]) -> Shown:
    return replace(shown, rgb=np.asarray(rgb, dtype=np.uint8))


SPOILT: tuple[tuple[str, Callable[[Shown], Shown], tuple[str, ...]], ...] = (
    ("defocus, 4 px of 1600", defocused, ("blur",)),
    ("motion, 24 px of 1600", moved, ("blur",)),
    ("3 stops too little light", three_stops_under, ("underexposed", "nearly_black")),
    ("flash, 5 x the light", flashed, ("overexposed", "glare", "blown_out")),
    ("noise of 16 levels", grainy, ("noise",)),
    ("blue light", under_blue_light, ("colour_cast",)),
    ("tungsten light", under_tungsten, ("colour_cast",)),
    ("400 px thumbnail", thumbnail, ("low_resolution",)),
    ("cropped to skin alone", cropped, ("skin_cut_by_frame",)),
    ("tilted by 45 degrees (photos with a marker)", tilted, ("tilt",)),
)


def codes(shown: Shown) -> set[str]:
    """Return the findings of a photo, as the software would name them."""
    work = resized(shown.rgb, WORK_SIDE)
    size = work.shape[0], work.shape[1]
    marker = find_marker(shown.rgb, MARKER_MM)
    scale = work.shape[0] / shown.rgb.shape[0]
    notes = capture_notes(
        work,
        resized_mask(shown.skin, size),
        lesion=resized_mask(shown.lesion, size),
        mm_per_px=None if marker is None else marker.mm_per_px / scale,
        tilt_deg=None if marker is None else marker.tilt_deg,
    )
    return {note.code for note in notes}


def _has_marker(shown: Shown) -> bool:
    marker = find_marker(shown.rgb, MARKER_MM)
    # A plane that is tilted already may be turned towards the camera by the same 45 degrees.
    return marker is not None and marker.tilt_deg < 15


def table(kinds: dict[str, Sequence[Shown]]) -> list[str]:
    """Judge all photos, as they are and spoiled, and write the tables as Markdown."""
    columns = {
        f"{kind}, {tone or 'all'}": [p for p in photos if tone in ("", p.tone)]
        for kind, photos in kinds.items()
        for tone in ("", *(t for t in TONES if any(p.tone == t for p in photos)))
    }
    heads = " | ".join(f"{name}, n {len(photos)}" for name, photos in columns.items())
    rule = "|---" * (1 + len(columns)) + "|"
    told = {id(p): codes(p) for photos in kinds.values() for p in photos}
    lines = ["## As they are: photos warned of", "", f"| finding | {heads} |", rule]
    for code in sorted(set().union(*told.values())):
        counts = (sum(code in told[id(p)] for p in photos) for photos in columns.values())
        lines.append(f"| {code} | {' | '.join(map(str, counts))} |")
    lines += ["", "## Spoiled: photos where it is named", "", f"| spoiled by | finding | {heads} |"]
    lines.append("|---" + rule)
    for title, spoil, expected in SPOILT:
        fit = (p for ps in kinds.values() for p in ps if spoil is not tilted or _has_marker(p))
        named = {id(p): bool(codes(spoil(p)) & set(expected)) for p in fit}
        shares = [_share([named[id(p)] for p in ps if id(p) in named]) for ps in columns.values()]
        lines.append(f"| {title} | {' or '.join(expected)} | {' | '.join(shares)} |")
        print(lines[-1], flush=True)
    return lines


def _share(named: Sequence[bool]) -> str:
    return f"{sum(named)} of {len(named)}" if named else "-"


def main() -> None:
    """Print the tables and write them to benchmarks/results/quality.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    samples = samples_folder()
    parser.add_argument("--phantom", type=Path, default=samples / "demo_study" / "photos")
    parser.add_argument("--photos", type=Path, default=samples / "real" / "photos")
    parser.add_argument("--annotations", type=Path, default=samples / "real" / "masks")
    parser.add_argument("--labels", type=Path, help="table of the real photos with their tones")
    parser.add_argument("--every", type=int, default=1, help="take one photo of so many")
    chosen = parser.parse_args()
    beside = (chosen.annotations / "annotations.csv", chosen.annotations.parent / "labels.csv")
    labels = chosen.labels or next(file for file in beside if file.exists())
    kinds: dict[str, Sequence[Shown]] = {
        "rendered": rendered(chosen.phantom)[:: chosen.every],
        "real": real(chosen.photos, chosen.annotations, labels)[:: chosen.every],
    }
    text = "\n".join(["# Capture quality", "", "`benchmarks/quality.py`", "", *table(kinds)])
    print(text)
    RESULTS.write_text(text + "\n")


if __name__ == "__main__":
    main()
