"""Lesions of the hands, told apart: ``python benchmarks/hand_sites.py --phantom DIR``.

DIR holds rendered photos of hands with exact truth: NAME_hands.jpg, NAME_hands.json with the kind
of every lesion, and NAME_hands_lesion.png with its number at each pixel. Printed is, by skin tone,
how many outlined lesions over joints, around nails and on forearms were said to lie there, and by
how much the erythema suggested for Gottron's on the hands misses the truth.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image

from lesionscope import measure
from lesionscope.core.measurement import Item, Lesion, Measurement
from lesionscope.core.sites import Site

TRUE_PLACE = {"gottron": "joint", "periungual": "nail", "extensor": "forearm"}


def told_place(lesion: Lesion) -> str:
    """Sort the place of a lesion as the truth sorts its kind."""
    if lesion.sites:
        return "joint" if Site.GOTTRON_HANDS in lesion.sites else "back of the hand"
    return "nail" if lesion.place.startswith("nail") else "forearm"


def true_place(lesion: Lesion, numbers: np.ndarray, kinds: dict[int, str]) -> str | None:
    """Return what lies under the box of a lesion; None where nothing does."""
    top, left, bottom, right = lesion.box
    under = numbers[top:bottom, left:right]
    if not under.any():
        return None
    most = int(np.bincount(under[under > 0]).argmax())
    return TRUE_PLACE.get(kinds[most])


def gottron_level(found: Measurement) -> int | None:
    """Return the erythema suggested for Gottron's on the hands."""
    for each in found.suggestions:
        if (each.site, each.item) == (Site.GOTTRON_HANDS, Item.ERYTHEMA):
            return each.level
    return None


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--phantom", type=Path, required=True)
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    missed: dict[str, list[str]] = defaultdict(list)
    for photo in sorted(parser.parse_args().phantom.glob("*_hands.jpg")):
        truth = json.loads(photo.with_suffix(".json").read_text())
        numbers = np.asarray(Image.open(photo.with_name(f"{photo.stem}_lesion.png"))).astype(int)
        kinds = {each["id"]: each["kind"] for each in truth["lesions"]}
        found = measure(photo, site=Site.DORSUM_HANDS)
        for lesion in found.lesions:
            place = true_place(lesion, numbers, kinds)
            if place is not None:
                right[truth["skin_tone"], place].append(told_place(lesion) == place)
        of_joints = [each for each in truth["lesions"] if each["kind"] == "gottron"]
        level = max((each["erythema"] for each in of_joints), default=0)
        said = gottron_level(found)
        missed[truth["skin_tone"]].append(f"{'-' if said is None else said} for {level}")
    tones = sorted(missed)
    for place in TRUE_PLACE.values():
        every = [ok for tone in tones for ok in right[tone, place]]
        parts = ", ".join(
            f"{tone} {sum(right[tone, place])}/{len(right[tone, place])}" for tone in tones
        )
        print(f"{place:8s} {sum(every)}/{len(every)} told ({parts})")
    for tone in tones:
        print(f"erythema of Gottron's, {tone}: suggested {', '.join(missed[tone])}")


if __name__ == "__main__":
    main()
