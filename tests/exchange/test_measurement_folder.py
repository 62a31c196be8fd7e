import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from lesionscope.core.measurement import Calibration, CalibrationSource, LesionMap, Measurement
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.exchange.measurement_folder import (
    OVERLAY_SIDE,
    file_names,
    safe_name,
    write_measurement,
)


@pytest.mark.parametrize(
    ("file_name", "expected"),
    [
        ("abdomen.jpg", "abdomen"),
        ("../../etc/passwd.png", "passwd"),
        ("..\\..\\windows\\arm.heic", "arm"),
        ("arm.left.v2.jpeg", "arm.left.v2"),
        ("😀 visit 👩‍⚕️.jpg", "😀 visit 👩‍⚕️"),
        ("Rücken.tif", "Rücken"),
        ('a<b>c:"d|e?f*.jpg', "a_b_c__d_e_f_"),
        ("line\nbreak\x1b[31m.jpg", "line_break_[31m"),
        ("not utf8 \udcff.jpg", "not utf8 _"),
        ("\u202egpj.exe.jpg", "_gpj.exe"),
        ("..", "photo"),
        (".jpg", "jpg"),
        ("", "photo"),
        ("con.jpg", "_con"),
        ("  spaced .png", "spaced"),
    ],
)
def test_name_is_safe(file_name: str, expected: str) -> None:
    assert safe_name(file_name) == expected


def test_taken_names_are_numbered_whatever_their_case() -> None:
    assert safe_name("Arm.png", {"arm", "arm_2"}) == "Arm_3"
    assert safe_name("arm_2.png", {"arm", "arm_2"}) == "arm_2_2"


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.sets(st.text(max_size=5), max_size=3))
def test_no_name_leaves_its_folder(file_name: str, taken: set[str]) -> None:
    name = safe_name(file_name, taken)
    for written in file_names(name):
        assert len(os.fsencode(written)) <= 230
        assert Path("/out", written).resolve().parent == Path("/out")
        assert written.isprintable() or "\u200d" in written
    assert name.casefold() not in {other.casefold() for other in taken}


@pytest.fixture
def photo() -> Photo:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    return Photo(pixels, "b" * 64)


def nothing_in(photo: Photo) -> Measurement:
    none = np.zeros(photo.size, bool)
    skin = np.ones(photo.size, bool)
    return Measurement(
        photo_sha256=photo.sha256,
        site=Site.ARM,
        findings=(),
        calibration=Calibration(CalibrationSource.NONE),
        skin_mask=skin,
        hand_mask=none,
        lesion_map=LesionMap(none.astype(np.float32), none, "x"),
        lesions=(),
        handprints=None,
        area_cm2=None,
        bsa_protocol=None,
        bsa_adjusted=None,
        suggestions=(),
        ita_deg=None,
        skin_tone=None,
        software_version="0",
        model_version="0",
    )


def test_folder_holds_the_five_files_and_nothing_else(tmp_path: Path, photo: Photo) -> None:
    out = tmp_path / "new" / "folder"
    written = write_measurement(out, "arm", photo, nothing_in(photo))
    assert {path.name for path in written} == set(file_names("arm"))
    assert {path.name for path in out.iterdir()} == set(file_names("arm"))
    for mask, level in (("lesion", 0), ("skin", 255), ("hand", 0)):
        image = Image.open(out / f"arm_{mask}.png")
        assert (image.mode, image.size) == ("L", (80, 60))
        assert np.all(np.asarray(image) == level)
    assert Image.open(out / "arm_overlay.png").size == (80, 60)


def test_second_run_replaces_the_first(tmp_path: Path, photo: Photo) -> None:
    write_measurement(tmp_path, "arm", photo, nothing_in(photo))
    before = (tmp_path / "arm.json").read_bytes()
    (tmp_path / "arm.json").write_text("old")
    write_measurement(tmp_path, "arm", photo, nothing_in(photo))
    assert (tmp_path / "arm.json").read_bytes() == before


def test_overlay_of_a_large_photo_is_small(tmp_path: Path) -> None:
    large = Photo(np.full((1500, 3000, 3), 180, np.uint8), "c" * 64)
    write_measurement(tmp_path, "back", large, nothing_in(large))
    assert Image.open(tmp_path / "back_overlay.png").size == (OVERLAY_SIDE, OVERLAY_SIDE // 2)
    assert Image.open(tmp_path / "back_skin.png").size == (3000, 1500)


def test_file_that_cannot_be_put_in_place_leaves_no_part_behind(
    tmp_path: Path, photo: Photo
) -> None:
    (tmp_path / "arm.json").mkdir()
    with pytest.raises(OSError, match=r"arm\.json"):
        write_measurement(tmp_path, "arm", photo, nothing_in(photo))
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]
