"""One measured photo against what is true of it, from files in the public output format."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from measured import told_of
from numpy.typing import NDArray
from PIL import Image

Mask = NDArray[np.bool_]

LEAST_HANDPRINTS, LEAST_CM2 = 0.06, 6.0
"""A relative error of less lesion than this says more about the divisor than about the area."""

INFLAMMATORY = (
    "psoriasis", "eczema", "erythema migrans", "rosacea", "zoster", "varicella", "folliculitis",
    "chickenpox", "furuncle", "allergic", "cellulitis", "erysipelas", "impetigo", "acne", "tinea",
    "candidiasis", "wheal",
)  # fmt: skip
"""Words of a diagnosis that is redness of inflamed skin."""


@dataclass(frozen=True)
class Row:
    """One photo: what was true and how far off the measurement was.

    Attributes
    ----------
    name, kind, tone, view : str
        `kind` is ``"rendered"`` or ``"real"``.
    person : str
        Whose photo; errors of one person's photos are not independent.
    visit : int
    values : dict of str to float
        What applies to this photo, by name.
    """

    name: str
    kind: str
    tone: str
    view: str
    person: str
    visit: int = 1
    values: dict[str, float] = field(default_factory=dict)


def read_mask(path: Path) -> Mask | None:
    """Read a mask; None when there is no such file."""
    if not path.exists():
        return None
    values = np.asarray(Image.open(path))
    return np.asarray((values if values.ndim == 2 else values[..., :3].max(axis=2)) > 0)


def found_mask(folder: Path, stem: str, key: str) -> Mask:
    """Read a mask that the software drew."""
    mask = read_mask(folder / f"{stem}_{key}.png")
    if mask is None:
        raise FileNotFoundError(f"{folder} holds no {key} mask of {stem}")
    return mask


def overlap(truth: Mask, found: Mask) -> float:
    """Return intersection over union."""
    union = int((truth | found).sum())
    return float((truth & found).sum() / union) if union else 1.0


def dice(truth: Mask, found: Mask, care: Mask) -> float:
    """Return the Dice coefficient over the pixels that count."""
    truth, found = truth & care, found & care
    return float(2 * (truth & found).sum() / max(1, int(truth.sum() + found.sum())))


def _percent(part: Mask, of: Mask) -> float:
    return 100 * float(part.sum()) / max(1, int(of.sum()))


def truth_folder(photo: Path) -> Path:
    """Return where the truth of a rendered photo lies: beside it, or in ``../truth``."""
    return photo.parent if photo.with_suffix(".json").exists() else photo.parent.parent / "truth"


def rendered_row(photo: Path, folder: Path) -> Row:
    """Score one rendered photo.

    Parameters
    ----------
    photo : Path
        NAME.jpg, with NAME.json, NAME_lesion.png, NAME_skin.png and NAME_hand.png beside it.
    folder : Path
        What was measured.

    Returns
    -------
    Row
    """
    at, stem = truth_folder(photo), photo.stem
    truth = json.loads((at / f"{stem}.json").read_text())
    told = told_of(photo, folder)
    values = _outlines(at, folder, stem) | _hand(at, folder, stem, truth)
    values |= _areas(truth, told) | _ita(truth, told)
    return Row(
        stem, "rendered", truth["skin_tone"], truth["view"], truth["patient"], truth["visit"],
        values,
    )  # fmt: skip


def _outlines(at: Path, folder: Path, stem: str) -> dict[str, float]:
    lesion, skin = read_mask(at / f"{stem}_lesion.png"), read_mask(at / f"{stem}_skin.png")
    if lesion is None or skin is None:
        raise FileNotFoundError(f"{at} holds no lesion and skin mask of {stem}")
    found = found_mask(folder, stem, "lesion")
    values = {"skin_iou": overlap(skin, found_mask(folder, stem, "skin"))}
    if lesion.any():
        values["dice"] = dice(lesion, found, np.ones_like(lesion))
        values["outside_percent"] = _percent(found & skin & ~lesion, skin & ~lesion)
    else:
        values["clear_percent"] = _percent(found & skin, skin)
    return values


def _hand(at: Path, folder: Path, stem: str, truth: Mapping[str, Any]) -> dict[str, float]:
    hand = np.asarray(Image.open(at / f"{stem}_hand.png"))
    found = found_mask(folder, stem, "hand")
    if not truth["hand_present"]:
        # Where the subject's own hands are in view, taking one is not a hand out of nothing.
        return {} if (hand == 128).any() else {"hand_false": float(found.any())}
    values = {"hand_found": float(found.any())}
    if found.any():
        values["hand_iou"] = overlap(hand == 255, found & (hand != 128))
    return values


def _areas(truth: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, float]:
    """Compare areas where the photo gives a ruler, and say whether the interval holds."""
    prints, cm2 = truth["lesion_area_in_handprints"], truth["lesion_visible_area_cm2"]
    values: dict[str, float] = {"true_handprints": prints}
    if told["handprints"] is not None:
        values["handprints"] = told["handprints"]
        values["bsa_percent"] = told["bsa_percent"]
    by_hand = told["calibration"]["hand_area_px"] is not None
    if told["handprints"] is not None and prints >= LEAST_HANDPRINTS:
        error = abs(told["handprints"] - prints) / prints
        values["error_by_hand" if by_hand else "error_by_typical_hand"] = error
        values |= _interval(told, "handprints", prints)
        values |= _of_the_body(truth["bsa_percent"], told)
        if by_hand:
            values["error_by_ruler"] = error
    if told["area_cm2"] is not None and cm2 >= LEAST_CM2:
        values["error_cm2"] = abs(told["area_cm2"] - cm2) / cm2
        values |= _interval(told, "area_cm2", cm2)
        values.setdefault("error_by_ruler", values["error_cm2"])
    return values


def _of_the_body(true: float, told: Mapping[str, Any]) -> dict[str, float]:
    """Compare both conventions with the true share of the body that the lesions cover."""
    low, high = told["bsa_percent_adjusted_low"], told["bsa_percent_adjusted_high"]
    return {
        "error_adjusted": abs(told["bsa_percent_adjusted"] - true) / true,
        "error_protocol": abs(told["bsa_percent"] - true) / true,
        "covered_adjusted": float(low <= true <= high),
    }


def _interval(told: Mapping[str, Any], key: str, true: float) -> dict[str, float]:
    low, high = told[f"{key}_low"], told[f"{key}_high"]
    ratio = high / low if low > 0 else float("inf")
    return {f"covered_{key}": float(low <= true <= high), f"width_{key}": ratio}


def _ita(truth: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, float]:
    if told["ita_deg"] is None:
        return {}
    error = abs(told["ita_deg"] - truth["ita_true_albedo"])
    return {"ita_with_chart" if truth.get("chart") else "ita_without_chart": error}


def real_row(photo: Path, annotations: Path, record: Mapping[str, str], folder: Path) -> Row:
    """Score one real photo against hand-drawn masks.

    Parameters
    ----------
    photo : Path
        The photo.
    annotations : Path
        Folder of NAME_lesion.png, NAME_lesion_outer.png (doubtful border) and NAME_skin.png.
    record : mapping
        Its row of the table: diagnosis, skin_tone_group, grade of the lesion mask.
    folder : Path
        What was measured.

    Returns
    -------
    Row
    """
    stem = photo.stem
    skin = read_mask(annotations / f"{stem}_skin.png")
    lesion = read_mask(annotations / f"{stem}_lesion.png")
    outer = read_mask(annotations / f"{stem}_lesion_outer.png")
    found = found_mask(folder, stem, "lesion")
    values: dict[str, float] = {}
    if skin is not None:
        values["skin_iou"] = overlap(skin, found_mask(folder, stem, "skin"))
    # A pigmented mole is no erythema: its photo counts as free of lesions.
    pigment = "mole" in record["diagnosis"].lower()
    if lesion is not None and skin is not None and (pigment or not lesion.any()):
        values["clear_percent"] = _percent(found & skin, skin)
    elif lesion is not None:
        care = np.ones_like(lesion) if outer is None else ~(outer & ~lesion)
        values[_agreement(record)] = dice(lesion, found, care)
    read, level = column(record, "erythema"), told_of(photo, folder)["erythema"]
    if read.strip().isdigit() and level is not None:
        values |= {"erythema_read": float(read), "erythema_told": float(level)}
    return Row(stem, "real", column(record, "tone"), "real", stem, values=values)


def _agreement(record: Mapping[str, str]) -> str:
    """Name the group that the agreement of a photo counts in."""
    if not any(word in record["diagnosis"].lower() for word in INFLAMMATORY):
        return "dice_other_disease"
    return "dice" if column(record, "lesion", "grade")[:1] in ("A", "B") else "dice_vague_border"


def column(record: Mapping[str, str], *words: str) -> str:
    """Return the value of the first column whose name holds all words.

    Examples
    --------
    >>> column({"file": "a.jpg", "grade_lesion_mask": "A"}, "lesion", "grade")
    'A'
    """
    return next(value for key, value in record.items() if all(word in key for word in words))
