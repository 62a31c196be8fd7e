from __future__ import annotations

import io
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.sr.codedict import codes

from lesionscope.core.sites import Side, Site
from lesionscope.exchange.dicom_measured import outline_dataset
from lesionscope.exchange.dicom_photo import photo_dataset
from lesionscope.exchange.dicom_study import dicom_files
from tests.exchange.study_case import lesion_mask, masks, picture, study

VALIDATOR = Path(sys.executable).with_name("dciodvfy")
"""Of dicom3tools: knows the standard independently of the library that writes."""


@pytest.fixture(scope="module")
def files() -> Mapping[str, bytes]:
    return dict(dicom_files(study(), lambda _: picture(), lambda _: masks()))


def dataset(files: Mapping[str, bytes], name: str) -> pydicom.Dataset:
    return pydicom.dcmread(io.BytesIO(files[name]))


def test_each_released_photo_has_its_image_outline_and_report(files: Mapping[str, bytes]) -> None:
    assert sorted(files) == [
        "P-01/day0001/measured_1.dcm",
        "P-01/day0001/outline_1.dcm",
        "P-01/day0001/photo_1.dcm",
        "P-02/day0001/measured_2.dcm",
        "P-02/day0001/outline_2.dcm",
        "P-02/day0001/photo_2.dcm",
    ]


def verdict(path: Path) -> list[str]:
    said = subprocess.run([VALIDATOR, "-new", path], capture_output=True, text=True, check=False)
    return [line for line in said.stderr.splitlines() if line.startswith("Error")]


def test_an_independent_validator_finds_no_error(
    files: Mapping[str, bytes], tmp_path: Path
) -> None:
    for number, content in enumerate(files.values()):
        path = tmp_path / f"{number}.dcm"
        path.write_bytes(content)
        assert verdict(path) == []


@pytest.mark.parametrize("site", Site)
@pytest.mark.parametrize("side", [Side.LEFT, Side.MIDLINE])
def test_every_site_and_side_is_valid(site: Site, side: Side, tmp_path: Path) -> None:
    photo = replace(study().photos[0], site=site, side=side)
    made = photo_dataset(study(), photo, picture())
    made.save_as(tmp_path / "photo.dcm", enforce_file_format=True)
    assert verdict(tmp_path / "photo.dcm") == []


def test_the_validator_finds_a_broken_one(files: Mapping[str, bytes], tmp_path: Path) -> None:
    broken = dataset(files, "P-01/day0001/photo_1.dcm")
    del broken.LossyImageCompression, broken.Modality
    broken.save_as(tmp_path / "broken.dcm")
    assert any("Modality" in line for line in verdict(tmp_path / "broken.dcm"))


def test_the_pixels_are_the_released_ones(files: Mapping[str, bytes]) -> None:
    read = dataset(files, "P-01/day0001/photo_1.dcm")
    with Image.open(io.BytesIO(picture())) as opened:
        expected = np.asarray(opened.convert("RGB")).astype(int)
    decoded = read.pixel_array.astype(int)
    assert decoded.shape == expected.shape
    assert np.abs(decoded - expected).mean() < 2
    assert read.LossyImageCompression == "01"


def test_spacing_is_there_only_if_calibrated(files: Mapping[str, bytes]) -> None:
    calibrated = dataset(files, "P-01/day0001/photo_1.dcm")
    assert [float(x) for x in calibrated.PixelSpacing] == [0.25, 0.25]
    assert calibrated.PixelSpacingCalibrationType == "FIDUCIAL"
    assert "PixelSpacing" not in dataset(files, "P-02/day0001/photo_2.dcm")


def test_the_outline_leaves_the_image_as_it_is() -> None:
    image = photo_dataset(study(), study().photos[0], picture())
    outline_dataset(study(), study().measurements[1], image, lesion_mask())
    assert "PixelSpacing" in image


def test_nothing_names_a_person_or_a_day(files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        read = dataset(files, name)
        assert read.PatientIdentityRemoved == "YES"
        assert str(read.PatientName) == f"{name[:4]}^"
        assert [read.StudyDate, read.PatientBirthDate, read.PatientSex] == ["", "", ""]
        for secret in (b"Rita", b"20260105", b"2026-01-05", b"Baseline"):
            assert secret not in content


def test_the_outline_read_back_is_the_mask(files: Mapping[str, bytes]) -> None:
    read = hd.seg.segread(io.BytesIO(files["P-01/day0001/outline_1.dcm"]))
    assert np.array_equal(read.pixel_array.reshape(lesion_mask().shape) > 0, lesion_mask())
    image = dataset(files, "P-01/day0001/photo_1.dcm")
    assert read.get_source_image_uids()[0][2] == image.SOPInstanceUID
    segment = read.get_segment_description(1)
    assert segment.algorithm_type == hd.seg.SegmentAlgorithmTypeValues.AUTOMATIC
    assert segment.segmented_property_type == codes.SCT.Lesion
    corrected = hd.seg.segread(io.BytesIO(files["P-02/day0001/outline_2.dcm"]))
    by_hand = corrected.get_segment_description(1).algorithm_type
    assert by_hand == hd.seg.SegmentAlgorithmTypeValues.SEMIAUTOMATIC


def test_the_report_read_back_has_the_measurements_and_is_unverified(
    files: Mapping[str, bytes],
) -> None:
    read = hd.sr.srread(io.BytesIO(files["P-01/day0001/measured_1.dcm"]))
    assert isinstance(read, hd.sr.ComprehensiveSR)
    assert (read.CompletionFlag, read.VerificationFlag) == ("COMPLETE", "UNVERIFIED")
    (group,) = read.content.get_image_measurement_groups()
    found = {str(m.name.meaning): (m.value, m.unit.value) for m in group.get_measurements()}
    assert found["Involved body surface area, handprint 1 %"] == (0.4, "%")
    assert found["Lesion area"] == (5.5, "cm2")
    assert found["Suggested level of erythema, no score"][0] == 2
    assert "Suggested level of erosion, no score" not in found
    image = dataset(files, "P-01/day0001/photo_1.dcm")
    assert group.source_images[0].referenced_sop_instance_uid == image.SOPInstanceUID
    assert b"lesion_grades-52a5a216" in files["P-01/day0001/measured_1.dcm"]


def test_uids_are_the_same_again_and_others_for_other_pixels(files: Mapping[str, bytes]) -> None:
    again = dict(dicom_files(study(), lambda _: picture(), lambda _: masks()))
    assert all(
        dataset(again, name).SOPInstanceUID == dataset(files, name).SOPInstanceUID for name in files
    )
    uids = [dataset(files, name).SOPInstanceUID for name in files]
    assert len(set(uids)) == len(uids)
    grey = io.BytesIO()
    Image.new("RGB", (80, 60)).save(grey, "JPEG")
    other = dict(dicom_files(study(), lambda _: grey.getvalue(), lambda _: masks()))
    assert all(
        dataset(other, name).SOPInstanceUID != dataset(files, name).SOPInstanceUID for name in files
    )
