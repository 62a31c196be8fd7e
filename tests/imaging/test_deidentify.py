from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from lesionscope.imaging.deidentify import (
    LONGEST_SIDE,
    MaskRectangle,
    blinded_view,
    masked,
    metadata_in,
    stamped,
)


def noise(height: int = 90, width: int = 120) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)


def with_exif() -> bytes:
    exif = Image.Exif()
    exif[0x9003], exif[0x010E] = "2026:03:04 10:11:12", "SUBJ-0001"
    buffer = io.BytesIO()
    Image.fromarray(noise()).save(buffer, "JPEG", exif=exif, comment=b"left arm")
    return buffer.getvalue()


def test_the_view_carries_nothing_of_the_camera() -> None:
    assert set(metadata_in(with_exif())) == {"APP1", "comment"}
    view = blinded_view(np.asarray(Image.open(io.BytesIO(with_exif()))))
    assert metadata_in(view) == ()
    assert b"SUBJ" not in view
    assert b"2026" not in view
    assert not Image.open(io.BytesIO(view)).getexif()


def test_a_mask_covers_every_pixel_that_it_touches() -> None:
    photo = noise()
    mask = MaskRectangle(0.101, 0.2, 0.5, 0.601)
    covered = masked(photo, [mask])
    assert (covered[18:55, 12:60] == 128).all()
    outside = np.ones(photo.shape[:2], bool)
    outside[18:55, 12:60] = False
    assert (covered[outside] == photo[outside]).all()
    assert (photo[18:55, 12:60] != 128).any()


def test_nothing_of_what_is_covered_shines_through() -> None:
    dark, light = noise(), noise()
    dark[20:60, 20:80], light[20:60, 20:80] = 0, 255
    mask = [MaskRectangle(20 / 120, 20 / 90, 80 / 120, 60 / 90)]
    assert blinded_view(dark, mask) == blinded_view(light, mask)


def test_a_large_photo_is_made_smaller() -> None:
    view = Image.open(io.BytesIO(blinded_view(np.zeros((10, LONGEST_SIDE * 2, 3), np.uint8))))
    assert max(view.size) == LONGEST_SIDE


def test_a_stamp_changes_the_bytes_and_no_pixel() -> None:
    view = blinded_view(noise())
    one, other = stamped(view, "AAAA-BBBB"), stamped(view, "CCCC-DDDD")
    assert one != other
    pixels = [np.asarray(Image.open(io.BytesIO(p))) for p in (view, one, other)]
    assert (pixels[0] == pixels[1]).all()
    assert (pixels[0] == pixels[2]).all()
    assert metadata_in(one) == ("comment",)


@pytest.mark.parametrize("picture", [b"", b"no picture\xff\xd9", blinded_view(noise()) + b"more"])
def test_what_is_no_plain_jpeg_is_refused(picture: bytes) -> None:
    with pytest.raises(ValueError, match="must be a JPEG"):
        metadata_in(picture)


@pytest.mark.parametrize(
    "corners", [(0.5, 0, 0.4, 1), (-0.1, 0, 1, 1), (0, 0, 1, 1.1), (0, 0, 0, 1)]
)
def test_a_mask_lies_inside_the_photo(corners: tuple[float, float, float, float]) -> None:
    with pytest.raises(ValueError, match="a mask needs"):
        MaskRectangle(*corners)
