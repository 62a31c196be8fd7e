from __future__ import annotations

import csv
import io

import pytest
from PIL import Image

from lesionscope.exchange.picture_package import picture_files
from tests.exchange.study_case import picture, study


def test_released_pictures_lie_by_pseudonym_and_study_day() -> None:
    files = dict(picture_files(study(), lambda _: picture()))
    assert sorted(files) == [
        "P-01/day0001_arm_left_1.jpg",
        "P-02/day0001_arm_midline_2.jpg",
        "index.csv",
    ]
    assert files["P-01/day0001_arm_left_1.jpg"] == picture()
    index = list(csv.DictReader(io.StringIO(files["index.csv"].decode("utf-8-sig"), newline="")))
    assert [(row["mm_per_px"], row["covered"]) for row in index] == [("0.25", "0"), ("", "1")]
    for secret in (b"2026", b"Rita", b"Baseline"):
        assert secret not in files["index.csv"]


def test_a_picture_with_metadata_does_not_leave() -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[271] = "Camera"
    Image.new("RGB", (8, 8)).save(out, "JPEG", exif=exif)
    with pytest.raises(ValueError, match="carries APP1"):
        list(picture_files(study(), lambda _: out.getvalue()))
