"""Every sample image is attributed, unchanged since, licensed, and fits its masks."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesionscope.core.sites import Side, Site, view_named
from lesionscope.places import samples_folder

ROOT = samples_folder()
ATTRIBUTION = (ROOT / "ATTRIBUTION.md").read_text(encoding="utf-8")
HASHED = dict(re.findall(r"^\| `([^`]+)` \| ([0-9a-f]{64}) \|$", ATTRIBUTION, re.MULTILINE))
REAL_ROWS = re.findall(
    r"^\| `([^`/]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$",
    ATTRIBUTION,
    re.MULTILINE,
)
REAL = sorted((ROOT / "real" / "photos").iterdir())
RENDERED = sorted(ROOT.glob("*/photos/*.jpg"))
RENDERED = [p for p in RENDERED if p.parent.parent.name not in ("real", "training")]
STUDY = json.loads((ROOT / "demo_study" / "study.json").read_text(encoding="utf-8"))


def files() -> list[Path]:
    return [p for p in sorted(ROOT.rglob("*")) if p.is_file() and p.name != "ATTRIBUTION.md"]


def mask_of(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        assert image.mode == "L"
        return np.asarray(image)


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as image:
        return image.height, image.width


def test_every_file_is_attributed_and_nothing_else_is() -> None:
    assert {p.relative_to(ROOT).as_posix() for p in files()} == set(HASHED)


def test_every_file_is_the_one_attributed() -> None:
    changed = [
        name
        for name, expected in HASHED.items()
        if hashlib.sha256((ROOT / name).read_bytes()).hexdigest() != expected
    ]
    assert changed == []


def test_samples_stay_small() -> None:
    assert sum(p.stat().st_size for p in files()) < 40e6
    assert max(p.stat().st_size for p in files()) < 1e6


def test_real_photos_have_licence_credit_source_and_change() -> None:
    rows = {row[0]: row[1:] for row in REAL_ROWS if row[0] != "photo"}
    assert set(rows) == {p.name for p in REAL}
    for shows, licence, credit, source, change in rows.values():
        assert shows
        assert licence in ("CC BY 4.0", "Public domain")
        assert credit.startswith("Credit: ")
        assert "OpenStax" in credit
        assert re.fullmatch(r"openstax/[\w-]+@[0-9a-f]{40}:media/\S+", source)
        assert change == "none" or change.startswith("one panel cut")


def test_real_photos_are_varied_enough() -> None:
    with (ROOT / "real" / "labels.csv").open(encoding="utf-8") as file:
        labels = list(csv.DictReader(file))
    assert [row["file"] for row in sorted(labels, key=lambda r: r["file"])] == [
        p.name for p in REAL
    ]
    free = [row for row in labels if row["lesion_free"] == "yes"]
    assert len(labels) - len(free) >= 8
    assert len(free) >= 2
    assert {row["skin_tone_group"] for row in labels} == {"light", "medium", "dark"}


@pytest.mark.parametrize("photo", REAL, ids=lambda p: p.stem)
def test_masks_of_real_photos_fit(photo: Path) -> None:
    masks = {
        kind: ROOT / "real" / "masks" / f"{photo.stem}_{kind}.png" for kind in ("lesion", "skin")
    }
    lesion, skin = (mask_of(path) for path in masks.values())
    assert lesion.shape == skin.shape == size_of(photo)
    assert set(np.unique(lesion)) | set(np.unique(skin)) <= {0, 255}
    # Drawn by hand: a rim of lesion may leave the skin, its body may not.
    assert (lesion > 0)[skin == 0].sum() <= 0.1 * max(1, (lesion > 0).sum())


@pytest.mark.parametrize("photo", RENDERED, ids=lambda p: p.stem)
def test_truth_of_rendered_photos_fits(photo: Path) -> None:
    truth = photo.parent.parent / "truth"
    lesion, skin, hand = (
        mask_of(truth / f"{photo.stem}_{kind}.png") for kind in ("lesion", "skin", "hand")
    )
    facts = json.loads((truth / f"{photo.stem}.json").read_text(encoding="utf-8"))
    assert lesion.shape == skin.shape == hand.shape == size_of(photo)
    assert facts["name"] == photo.stem
    assert set(np.unique(skin)) <= {0, 255}
    assert set(np.unique(hand)) <= {0, 128, 255}
    assert {row["id"] for row in facts["lesions"] if row["visible_px"]} <= set(np.unique(lesion))
    assert not (lesion > 0)[skin == 0].any()
    if photo.parent.parent.name == "clear_skin":
        assert facts["bsa_percent"] == 0
        assert not lesion.any()


def test_patches_of_clear_skin_have_a_source_and_a_licence() -> None:
    rows = re.findall(
        r"^\| `([^`]+)` \| (\S[^|]+) \| (CC0 1\.0|Apache-2\.0) \| (\S[^|]+) \|$",
        (ROOT / "skin" / "ATTRIBUTION.md").read_text(encoding="utf-8"),
        re.MULTILINE,
    )
    patches = [p for p in (ROOT / "skin").iterdir() if p.name != "ATTRIBUTION.md"]
    assert patches
    assert all(any(p.match(pattern) for pattern, *_ in rows) for p in patches)


def test_demo_study_is_a_study() -> None:
    assert len(STUDY["patients"]) >= 3
    assert len({patient["skin_tone"] for patient in STUDY["patients"]}) >= 3
    for patient in STUDY["patients"]:
        days = [visit["day"] for visit in patient["visits"]]
        assert len(days) == 3
        assert days == sorted(days)
        for visit in patient["visits"]:
            for photo in visit["photos"]:
                assert (ROOT / "demo_study" / photo["file"]).is_file()
                assert Site(photo["site"]) in view_named(photo["view"]).sites
                Side(photo["side"])


def test_demo_study_shows_hand_marker_and_chart() -> None:
    truths = [
        json.loads(path.read_text(encoding="utf-8"))
        for path in (ROOT / "demo_study" / "truth").glob("*.json")
    ]
    assert sum("marker" in t["scale_mode"] for t in truths) >= 3
    assert sum(t["hand_present"] for t in truths) >= 6
    assert any("hand" in t["scale_mode"] and "marker" in t["scale_mode"] for t in truths)
    assert any("chart" in t["scale_mode"] for t in truths)
