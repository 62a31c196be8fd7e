import io

import numpy as np
import pytest
from PIL import Image, ImageCms

from lesionscope.imaging.icc import (
    ADOBE_GAMMA,
    ADOBE_RGB,
    BT_2020,
    DISPLAY_P3,
    matrix_profile,
    to_srgb,
)

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))

# sRGB numbers of a colour given in another space, 8 bit, computed from the primaries of each
# space (D65 in both, so no adaptation) and its transfer curve: an oracle apart from ICC.
COLOURS = [(200, 120, 100), (60, 160, 60), (60, 60, 180), (230, 220, 210), (128, 128, 128)]


def by_matrix(
    colour: tuple[int, int, int],
    primaries: tuple[tuple[float, float], ...],
    gamma: float | None,
) -> np.ndarray:
    def to_xyz(xy: tuple[tuple[float, float], ...]) -> np.ndarray:
        columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in xy]).T
        white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
        return columns * np.linalg.solve(columns, white)

    v = np.array(colour) / 255
    srgb_linear = np.where(v <= 0.04045, v / 12.92, ((v + 0.055) / 1.055) ** 2.4)
    linear = srgb_linear if gamma is None else v**gamma
    out = np.clip(np.linalg.solve(to_xyz(SRGB), to_xyz(primaries) @ linear), 0, 1)
    return 255 * np.where(out <= 0.0031308, 12.92 * out, 1.055 * out ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(
    ("primaries", "gamma"), [(DISPLAY_P3, None), (ADOBE_RGB, ADOBE_GAMMA), (BT_2020, None)]
)
@pytest.mark.parametrize("colour", COLOURS)
def test_profile_converts_as_its_primaries_say(
    primaries: tuple[tuple[float, float], ...], gamma: float | None, colour: tuple[int, int, int]
) -> None:
    image = Image.new("RGB", (64, 64), colour)
    converted, notes = to_srgb(image, matrix_profile(primaries, gamma, "a space"))
    assert [note.code for note in notes] == ["profile_converted"]
    assert np.abs(np.asarray(converted)[0, 0] - by_matrix(colour, primaries, gamma)).max() <= 1.5


def test_profile_of_srgb_itself_changes_nothing() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (70, 70, 3), dtype=np.uint8)
    for profile in (
        matrix_profile(SRGB, None, "sRGB"),
        ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    ):
        converted, notes = to_srgb(Image.fromarray(pixels), profile)
        assert notes == ()
        assert np.array_equal(np.asarray(converted), pixels)


def test_grey_stays_grey() -> None:
    converted, _ = to_srgb(
        Image.new("RGB", (64, 64), (90, 90, 90)), matrix_profile(BT_2020, None, "x")
    )
    assert np.ptp(np.asarray(converted)[0, 0].astype(int)) <= 1


def test_grey_picture_with_a_colour_profile_is_read() -> None:
    converted, notes = to_srgb(Image.new("L", (64, 64), 90), matrix_profile(DISPLAY_P3, None, "P3"))
    assert converted.mode == "RGB"
    assert "profile_broken" not in [note.code for note in notes]


def test_name_of_a_profile_is_cleaned_before_it_is_shown() -> None:
    profile = matrix_profile(ADOBE_RGB, ADOBE_GAMMA, "evil\x1b[31m" + "x" * 200)
    _, notes = to_srgb(Image.new("RGB", (64, 64)), profile)
    assert "\x1b" not in notes[0].message
    assert len(notes[0].message) < 130


@pytest.mark.parametrize("profile", [b"", b"junk", matrix_profile(ADOBE_RGB, 2.2, "cut")[:200]])
def test_junk_profile_leaves_the_colours(profile: bytes) -> None:
    image = Image.new("RGB", (64, 64), (200, 120, 100))
    converted, notes = to_srgb(image, profile)
    assert [note.code for note in notes] == ["profile_broken"]
    assert np.asarray(converted)[0, 0].tolist() == [200, 120, 100]


def test_written_profile_is_one_that_others_can_read() -> None:
    profile = ImageCms.ImageCmsProfile(io.BytesIO(matrix_profile(DISPLAY_P3, None, "Display P3")))
    assert ImageCms.getProfileDescription(profile).strip() == "Display P3"
    assert profile.profile.xcolor_space.strip() == "RGB"
    # Red of Display P3 under D50, as in Apple's own profile: X 0.515, Y 0.241, Z -0.001.
    assert np.allclose(profile.profile.red_colorant[0], (0.515, 0.241, -0.001), atol=0.001)
