from __future__ import annotations

import hashlib
import io
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    SecondaryCaptureImageStorage,
)

from lesionscope.imaging import decode as decoding
from lesionscope.imaging import dicomfile
from lesionscope.imaging.decode import UnreadableImage, decode
from lesionscope.imaging.overlay import jpeg


def pixels() -> np.ndarray:
    made = np.full((80, 100, 3), (200, 160, 140), np.uint8)
    made[20:50, 30:70] = (180, 60, 60)
    return made


def dicom(syntax: str = ExplicitVRLittleEndian, **more: Any) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "2.25.1"
    meta.TransferSyntaxUID = syntax
    made = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = SecondaryCaptureImageStorage, "2.25.1"
    made.PatientIdentityRemoved = "YES"
    made.Rows, made.Columns = pixels().shape[:2]
    made.SamplesPerPixel, made.PhotometricInterpretation = 3, "RGB"
    made.PlanarConfiguration = made.PixelRepresentation = 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelData = pixels().tobytes()
    for key, value in more.items():
        if value is None:
            delattr(made, key)
        else:
            setattr(made, key, value)
    if syntax in (JPEGBaseline8Bit, JPEG2000Lossless):
        made["PixelData"].is_undefined_length = True
    out = io.BytesIO()
    made.save_as(out, enforce_file_format=True)
    return out.getvalue()


def refusal(data: bytes) -> str:
    with pytest.raises(UnreadableImage) as refused:
        decode(data)
    return str(refused.value)


def test_uncompressed_pixels_are_read_exactly() -> None:
    data = dicom()
    found = decode(data)
    assert np.array_equal(found.pixels, pixels())
    assert found.sha256 == hashlib.sha256(data).hexdigest()


def test_colour_by_plane_is_read_as_colour_by_pixel() -> None:
    planes = np.ascontiguousarray(pixels().transpose(2, 0, 1)).tobytes()
    found = decode(dicom(PlanarConfiguration=1, PixelData=planes))
    assert np.array_equal(found.pixels, pixels())


def test_a_jpeg_is_read_as_the_jpeg_that_it_is() -> None:
    coded = jpeg(pixels())
    data = dicom(
        JPEGBaseline8Bit,
        PhotometricInterpretation="YBR_FULL_422",
        PixelData=encapsulate([coded]),
    )
    assert np.array_equal(decode(data).pixels, decode(coded).pixels)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"PatientIdentityRemoved": None}, "not marked as de-identified"),
        ({"PatientIdentityRemoved": "NO"}, "not marked as de-identified"),
        ({"NumberOfFrames": 2}, "no single colour photo"),
        ({"SamplesPerPixel": 1}, "no single colour photo"),
        ({"Rows": 60000, "Columns": 60000}, "megapixels are read"),
        ({"Rows": 90}, "damaged, or holds no photo"),
        ({"PixelData": None}, "damaged, or holds no photo"),
        ({"syntax": JPEG2000Lossless, "PixelData": encapsulate([b"\0" * 8])}, "JPEG 2000"),
        ({"syntax": DeflatedExplicitVRLittleEndian}, "deflated"),
    ],
)
def test_what_cannot_come_in_is_refused_with_what_to_do(more: dict[str, Any], said: str) -> None:
    sentence = refusal(dicom(**more))
    assert said in sentence
    assert "Export the photo from it as JPEG or PNG" in sentence


def test_what_the_file_says_of_its_coding_is_not_repeated_unread() -> None:
    stated = ExplicitVRLittleEndian.encode().ljust(20, b"\0")
    data = dicom()
    assert data.count(stated) == 1
    sentence = refusal(data.replace(stated, b"<b>\xff`\xf4 [x](http)..".ljust(20, b"\0")))
    assert "coded as something that DICOM does not know" in sentence
    assert sentence.isascii()
    assert "<" not in sentence


def test_colours_in_another_form_are_named_so() -> None:
    assert "stores its colours in a form" in refusal(dicom(PhotometricInterpretation="HSV"))


def test_a_picture_larger_than_it_says_is_judged_by_its_own_header(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(decoding, "PIXEL_LIMIT", 20_000)
    big = io.BytesIO()
    Image.new("RGB", (400, 400)).save(big, "JPEG")
    data = dicom(
        JPEGBaseline8Bit,
        PhotometricInterpretation="YBR_FULL_422",
        PixelData=encapsulate([big.getvalue()]),
    )
    assert "400 x 400 pixels" in refusal(data)


def test_without_the_packages_it_is_said_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dicomfile, "find_spec", lambda name: None)
    assert "pip install 'lesionscope[dicom]'" in refusal(dicom())
