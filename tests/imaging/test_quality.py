"""Each way of spoiling a photo is named; an unspoilt one passes without a word."""

import cv2
import numpy as np
import pytest

from lesionscope.imaging.quality import Note, capture_notes

HEIGHT, WIDTH = 600, 800


def drawn(scale: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Draw a limb on grey cloth (shaded light skin, moles, hairs, a little grain) and its mask."""
    rng = np.random.default_rng(0)
    height, width = scale * HEIGHT, scale * WIDTH
    mask = np.zeros((height, width), np.uint8)
    cv2.ellipse(mask, (width // 2, height // 2), (330 * scale, 230 * scale), 0, 0, 360, 1, -1)
    skin = mask > 0
    rgb = np.full((height, width, 3), 120.0)
    shade = np.linspace(0.85, 1.1, width)[None, :, None]
    rgb[skin] = (np.array([205.0, 160.0, 135.0]) * shade * np.ones((height, 1, 1)))[skin]
    picture = rgb.astype(np.uint8)
    for _ in range(40):
        at = (int(scale * rng.integers(150, 650)), int(scale * rng.integers(150, 450)))
        cv2.circle(picture, at, int(scale * rng.integers(7, 20)), (120, 80, 65), -1, cv2.LINE_AA)
    for _ in range(5):
        a, b = ((scale * rng.integers(150, 450, 2)).tolist() for _ in range(2))
        cv2.line(picture, a, b, (90, 70, 60), scale, cv2.LINE_AA)
    grainy = picture + rng.normal(0, 1.5, picture.shape)
    return np.clip(grainy, 0, 255).astype(np.uint8), skin


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return drawn()[0]


@pytest.fixture(scope="module")
def skin() -> np.ndarray:
    return drawn()[1]


def named(notes: tuple[Note, ...]) -> dict[str, str]:
    for note in notes:
        assert note.message.endswith(".")
        assert note.severity in ("info", "warning", "serious")
    return {note.code: note.severity for note in notes}


def test_good_photo_passes_without_a_word(photo: np.ndarray, skin: np.ndarray) -> None:
    assert capture_notes(photo, skin) == ()
    assert capture_notes(photo, skin, lesion=np.zeros_like(skin), mm_per_px=0.3) == ()


def test_dark_skin_in_good_light_passes(photo: np.ndarray, skin: np.ndarray) -> None:
    dark = photo.copy()
    dark[skin] = (photo[skin] * np.array([0.45, 0.38, 0.35])).astype(np.uint8)
    assert capture_notes(dark, skin) == ()


def test_photo_itself_is_left_alone(photo: np.ndarray, skin: np.ndarray) -> None:
    before = photo.copy(), skin.copy()
    capture_notes(photo, skin)
    assert np.array_equal(photo, before[0])
    assert np.array_equal(skin, before[1])


def test_more_blur_is_worse(photo: np.ndarray, skin: np.ndarray) -> None:
    slight = capture_notes(cv2.GaussianBlur(photo, (0, 0), 2.4), skin)
    strong = capture_notes(cv2.GaussianBlur(photo, (0, 0), 5), skin)
    assert named(slight) == {"blur": "warning"}
    assert named(strong) == {"blur": "serious"}
    assert strong[0].value > slight[0].value


@pytest.mark.parametrize(("sigma", "expected"), [(1.6, {}), (7, {"blur": "serious"})])
def test_blur_is_judged_at_one_scale(sigma: float, expected: dict[str, str]) -> None:
    """A blur that would show at 1600 pixels does not when the photo has 2400."""
    large, large_skin = drawn(scale=3)
    blurred = cv2.GaussianBlur(large, (0, 0), sigma)
    assert named(capture_notes(blurred, large_skin)) == expected


def test_grain_is_named(photo: np.ndarray, skin: np.ndarray) -> None:
    noise = np.random.default_rng(1).normal(0, 12, photo.shape)
    grainy = np.clip(photo + noise, 0, 255).astype(np.uint8)
    assert named(capture_notes(grainy, skin)) == {"noise": "warning"}


def test_nearly_black_says_that_alone(photo: np.ndarray, skin: np.ndarray) -> None:
    assert named(capture_notes((photo * 0.08).astype(np.uint8), skin)) == {
        "nearly_black": "serious"
    }
    nothing = np.zeros_like(skin)
    assert named(capture_notes(np.zeros_like(photo), nothing)) == {"nearly_black": "serious"}


def test_too_little_light_is_named(photo: np.ndarray, skin: np.ndarray) -> None:
    assert "underexposed" in named(capture_notes((photo * 0.26).astype(np.uint8), skin))


def test_too_much_light_is_named(photo: np.ndarray, skin: np.ndarray) -> None:
    bright = np.clip(photo * 1.6, 0, 255).astype(np.uint8)
    found = {note.code: note for note in capture_notes(bright, skin)}
    assert found["overexposed"].severity == "serious"
    assert found["overexposed"].value > 50


def test_blown_out_frame_is_named() -> None:
    white = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    assert "blown_out" in named(capture_notes(white, np.zeros((HEIGHT, WIDTH), bool)))


def test_white_backdrop_alone_is_not_blown_out(photo: np.ndarray, skin: np.ndarray) -> None:
    bright = photo.copy()
    bright[~skin] = 255
    assert capture_notes(bright, skin) == ()


def test_glare_is_named_where_the_skin_mask_has_a_hole(photo: np.ndarray, skin: np.ndarray) -> None:
    shiny, holed = photo.copy(), skin.copy()
    for x in range(200, 620, 30):
        cv2.circle(shiny, (x, 300), 8, (250, 250, 248), -1)
        holed[296:305, x - 4 : x + 5] = False
    assert named(capture_notes(shiny, holed)) == {"glare": "warning"}


@pytest.mark.parametrize("gain", [(0.6, 0.85, 1.5), (0.7, 1.25, 0.8)])
def test_tinted_light_is_suspected(
    photo: np.ndarray, skin: np.ndarray, gain: tuple[float, float, float]
) -> None:
    tinted = np.clip(photo * np.array(gain), 0, 255).astype(np.uint8)
    assert named(capture_notes(tinted, skin)) == {"colour_cast": "warning"}


def test_wide_red_lesion_is_no_tint(photo: np.ndarray, skin: np.ndarray) -> None:
    lesion = skin.copy()
    lesion[:, :200] = False
    red = photo.copy()
    red[lesion] = (photo[lesion] * np.array([0.95, 0.4, 0.9])).astype(np.uint8)
    assert "colour_cast" in named(capture_notes(red, skin))
    assert "colour_cast" not in named(capture_notes(red, skin, lesion=lesion))


def test_picture_without_colour_is_serious(photo: np.ndarray, skin: np.ndarray) -> None:
    grey = np.repeat(photo.mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    assert named(capture_notes(grey, skin)) == {"greyscale": "serious"}


def test_no_skin_is_serious(photo: np.ndarray, skin: np.ndarray) -> None:
    found = capture_notes(photo, np.zeros_like(skin))
    assert named(found) == {"no_skin": "serious"}
    assert found[0].value == 0


def test_few_pixels_are_named_unless_the_scale_is_known_to_be_fine(
    photo: np.ndarray, skin: np.ndarray
) -> None:
    small = cv2.resize(photo, (400, 300), interpolation=cv2.INTER_AREA)
    small_skin = skin[::2, ::2]
    assert "low_resolution" in named(capture_notes(small, small_skin))
    assert "low_resolution" not in named(capture_notes(small, small_skin, mm_per_px=0.2))
    assert "low_resolution" in named(capture_notes(photo, skin, mm_per_px=2.0))


def test_skin_that_fills_the_frame_is_only_told(photo: np.ndarray, skin: np.ndarray) -> None:
    close = np.ascontiguousarray(photo[150:450, 200:600])
    found = named(capture_notes(close, skin[150:450, 200:600], mm_per_px=0.4))
    assert found == {"skin_cut_by_frame": "info"}


def test_lesion_at_the_edge_is_a_warning(photo: np.ndarray, skin: np.ndarray) -> None:
    lesion = np.zeros_like(skin)
    lesion[:200, 300:400] = True
    found = [n for n in capture_notes(photo, skin, lesion=lesion) if n.code.startswith("lesion")]
    assert [note.code for note in found] == ["lesion_cut_by_frame"]
    assert found[0].value == pytest.approx(100 * 100 / (2 * (HEIGHT + WIDTH) - 4), abs=0.05)


def test_shapes_must_agree(photo: np.ndarray, skin: np.ndarray) -> None:
    with pytest.raises(ValueError, match="shape of the photo"):
        capture_notes(photo, skin[:-1])
    with pytest.raises(ValueError, match="shape of the photo"):
        capture_notes(photo, skin, lesion=skin[:, :-1])


def test_a_slanted_and_a_near_camera_are_named(photo: np.ndarray, skin: np.ndarray) -> None:
    assert named(capture_notes(photo, skin, mm_per_px=0.3, tilt_deg=50)) == {"tilt": "warning"}
    assert named(capture_notes(photo, skin, mm_per_px=0.1, tilt_deg=5)) == {"too_close": "warning"}
