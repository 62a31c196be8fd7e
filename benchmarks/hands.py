"""How well hands are found and outlined, and which is proposed as the ruler.

    python benchmarks/hands.py --phantom DIR [--photos DIR ...] [--handless DIR ...]

``--phantom`` holds rendered photos with their truth: ``NAME.jpg``, ``NAME.json`` and
``NAME_hand.png`` (255 the hand offered as ruler, 128 others); ``--photos`` folders of photos
that each show a hand, where ``NAME_hand.png`` or ``NAME_mask.png`` beside a photo is scored above
the wrist joint, because such masks end at no wrist crease; ``--handless`` folders of photos
without a hand. Prints a table and writes it to benchmarks/results/hands.md.
"""

from __future__ import annotations

import argparse
import json
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from lesionscope.imaging.handprint import HandOutline, choose_ruler, find_hands, hand_outline
from lesionscope.imaging.handshape import HandAxes

RESULTS = Path(__file__).parent / "results" / "hands.md"
MAY_BE_CUT = 0.25
RULER, OTHER = 255, 128
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """One ruler hand of a rendered photo; no outline where it was not found."""

    tone: str
    view: str
    shows: str
    whole: bool
    found: bool
    iou: float = float("nan")
    ratio: float = float("nan")
    told: str = ""


@dataclass
class Tally:
    """What is counted over the photos."""

    rows: list[Row] = field(default_factory=list)
    false: list[str] = field(default_factory=list)
    rulers: Counter[str] = field(default_factory=Counter)
    find_ms: list[float] = field(default_factory=list)
    empty_ms: list[float] = field(default_factory=list)
    outline_ms: list[float] = field(default_factory=list)


def read(path: Path) -> NDArray[np.uint8]:
    bgr = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if bgr is None:
        raise SystemExit(f"cannot read {path}")
    return np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def look(rgb: NDArray[np.uint8], tally: Tally) -> list[HandOutline]:
    """Outline every hand, counting the processor's time: the wall clock depends on neighbours."""
    start = time.process_time()
    hands = find_hands(rgb)
    found = time.process_time()
    outlines = [hand_outline(rgb, hand) for hand in hands]
    (tally.find_ms if hands else tally.empty_ms).append(1e3 * (found - start))
    if hands:
        tally.outline_ms.append(1e3 * (time.process_time() - found) / len(hands))
    return outlines


def at_palm(labels: NDArray[np.uint8], outline: HandOutline) -> int:
    """Read a label image at the middle of a palm."""
    x, y = np.rint(outline.hand.landmarks_px[[0, 5, 9, 13, 17]].mean(axis=0)).astype(int)
    height, width = labels.shape
    return int(labels[np.clip(y, 0, height - 1), np.clip(x, 0, width - 1)])


def rendered(folder: Path, tally: Tally) -> None:
    for path in sorted(folder.glob("*_v*_*.jpg")):
        truth = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        labels = cv2.imread(str(path.with_name(f"{path.stem}_hand.png")), cv2.IMREAD_GRAYSCALE)
        if labels is None:
            raise SystemExit(f"no hand truth beside {path}")
        outlines = look(read(path), tally)
        kinds = [at_palm(np.asarray(labels, np.uint8), outline) for outline in outlines]
        tally.false += [path.name for kind in kinds if kind not in (RULER, OTHER)]
        if truth["hand_present"]:
            hand = next((o for o, kind in zip(outlines, kinds, strict=True) if kind == RULER), None)
            tally.rows.append(judged(truth, hand, labels == RULER))
        chosen = choose_ruler(outlines, may_be_cut=MAY_BE_CUT)
        tally.rulers[verdict(truth["hand_present"], None if chosen is None else kinds[chosen])] += 1


def judged(truth: dict[str, Any], hand: HandOutline | None, mask: Mask) -> Row:
    tone, view, shows = truth["skin_tone"], truth["view"], truth["hand_shows"]
    whole = bool(truth["hand_in_frame_complete"])
    if hand is None:
        return Row(tone, view, shows, whole, False)
    ratio = hand.area_px / int(mask.sum())
    return Row(tone, view, shows, whole, True, overlap(hand.mask, mask), ratio, hand.shows)


def verdict(present: bool, chosen: int | None) -> str:
    if chosen is None:
        return "none proposed though one lies there" if present else "none proposed, none there"
    return "the right one proposed" if chosen == RULER else "a wrong one proposed"


def overlap(one: Mask, other: Mask) -> float:
    return float((one & other).sum() / max(1, (one | other).sum()))


def pictures(folder: Path) -> Iterable[Path]:
    aside = ("_mask", "_skin", "_labels", "_lesion", "_hand")
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in {".jpg", ".jpeg", ".png"} and not path.stem.endswith(aside):
            yield path


def real(folder: Path, tally: Tally) -> str:
    found, total, proposed, scores = 0, 0, 0, []
    flaws: Counter[str] = Counter()
    for path in pictures(folder):
        outlines = look(read(path), tally)
        total += 1
        found += bool(outlines)
        proposed += choose_ruler(outlines, may_be_cut=MAY_BE_CUT) is not None
        flaws.update(o.flaw.code if o.flaw else "complete" for o in outlines)
        scores += [above_wrist(outlines, mask) for mask in masks_beside(path) if outlines]
    kinds = ", ".join(f"{count} {name}" for name, count in flaws.most_common())
    middle = f"{np.median(scores):.3f} ({len(scores)})" if scores else "-"
    return f"| {folder.name} | {total} | {found} | {kinds} | {proposed} | {middle} |"


def masks_beside(path: Path) -> Iterable[Mask]:
    for kind in ("hand", "mask"):
        beside = path.with_name(f"{path.stem}_{kind}.png")
        if beside.exists():
            yield read(beside)[..., 0] > 0


def above_wrist(outlines: Sequence[HandOutline], mask: Mask) -> float:
    outline = max(outlines, key=lambda each: each.area_px)
    y, x = np.mgrid[: mask.shape[0], : mask.shape[1]]
    axes = HandAxes.of(outline.hand.landmarks_px)
    upper = (np.stack([x, y], axis=-1) - axes.origin) @ axes.down < 0
    return overlap(outline.mask & upper, mask & upper)


def handless(folder: Path, tally: Tally) -> str:
    names = [path.name for path in pictures(folder) if look(read(path), tally)]
    total = sum(1 for _ in pictures(folder))
    return f"| {folder.name} | {total} | {len(names)} | {', '.join(names[:6])} |"


def line(name: str, rows: Sequence[Row]) -> str:
    iou = np.array([row.iou for row in rows if row.found])
    ratio = np.array([row.ratio for row in rows if row.found])
    found = f"{sum(row.found for row in rows)} of {len(rows)}"
    if not len(iou):
        return f"| {name} | {found} | - | - | - | - |"
    return (
        f"| {name} | {found} | {np.median(iou):.3f} | {np.percentile(iou, 10):.3f} | "
        f"{np.median(ratio):.3f} | {np.percentile(np.abs(np.log(ratio)), 90):.3f} |"
    )


def report(tally: Tally, photos: list[str], without: list[str]) -> str:
    rows = tally.rows
    lines = [
        "# Hands",
        "",
        "| rendered ruler hands | found | IoU median | p10 | area ratio median | "
        "p90 of its absolute log |",
        "|---|---|---|---|---|---|",
        line("all", rows),
        line("whole in the frame", [row for row in rows if row.whole]),
    ]
    for attribute in ("tone", "view", "shows"):
        for value in sorted({getattr(row, attribute) for row in rows}):
            lines.append(line(value, [row for row in rows if getattr(row, attribute) == value]))
    told = Counter(
        "right" if row.told == row.shows else "unknown" if row.told == "unknown" else "wrong"
        for row in rows
        if row.found
    )
    lines += ["", f"Palm or dorsum: {dict(told)}. False hands: {len(tally.false)} {tally.false}."]
    lines += [f"- {name}: {count}" for name, count in tally.rulers.most_common()]
    lines += ["", "| ms of one processor | median | p90 |", "|---|---|---|"]
    for name, values in (
        ("find_hands, a hand there", tally.find_ms),
        ("find_hands, none there", tally.empty_ms),
        ("hand_outline", tally.outline_ms),
    ):
        if values:
            middle, high = np.percentile(values, [50, 90])
            lines.append(f"| {name} | {middle:.0f} | {high:.0f} |")
    if photos:
        lines += ["", "| real photos of hands | photos | a hand found | judged | proposed | "]
        lines[-1] += "IoU above the wrist, median (n) |"
        lines += ["|---|---|---|---|---|---|", *photos]
    if without:
        lines += ["", "| photos without a hand | photos | false hands | which |"]
        lines += ["|---|---|---|---|", *without]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--phantom", type=Path, required=True)
    parser.add_argument("--photos", type=Path, nargs="*", default=[])
    parser.add_argument("--handless", type=Path, nargs="*", default=[])
    given = parser.parse_args()
    cv2.setNumThreads(1)
    tally = Tally()
    rendered(given.phantom, tally)
    table = report(
        tally,
        [real(folder, tally) for folder in given.photos],
        [handless(folder, tally) for folder in given.handless],
    )
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(table, encoding="utf-8")
    print(table)


if __name__ == "__main__":
    main()
