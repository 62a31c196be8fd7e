import numpy as np
import pytest

from lesionscope.core.measurement import (
    BsaEstimate,
    Calibration,
    CalibrationSource,
    Convention,
    Estimate,
    Interval,
    Item,
    LesionMap,
    SubscoreSuggestion,
)
from lesionscope.core.photo import CaptureFinding, Photo, Severity
from lesionscope.core.sites import Site


def photo(value: int = 0, sha: str = "a" * 64) -> Photo:
    return Photo(np.full((4, 5, 3), value, np.uint8), sha)


def test_photos_are_the_same_when_their_bytes_are() -> None:
    assert photo(1) == photo(2)
    assert hash(photo(1)) == hash(photo(2))
    assert photo(1) != photo(1, "b" * 64)
    assert photo().size == (4, 5)


def test_pixels_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="read-only"):
        photo().pixels[0, 0, 0] = 1


@pytest.mark.parametrize(
    "pixels",
    [np.zeros((4, 5), np.uint8), np.zeros((4, 5, 4), np.uint8), np.zeros((4, 5, 3), np.float32)],
)
def test_other_pixels_are_refused(pixels: np.ndarray) -> None:
    with pytest.raises(ValueError, match="pixels must"):
        Photo(pixels, "a" * 64)


def test_a_finding_needs_words() -> None:
    with pytest.raises(ValueError, match="code and a message"):
        CaptureFinding("blur", Severity.INFO, "")


def test_an_interval_runs_upwards_and_holds_its_value() -> None:
    with pytest.raises(ValueError, match="must not exceed"):
        Interval(2, 1)
    with pytest.raises(ValueError, match="in its interval"):
        Estimate(3, Interval(1, 2), "cm2")
    with pytest.raises(ValueError, match="in its interval"):
        BsaEstimate(3, Interval(1, 2), Convention.PROTOCOL, CalibrationSource.MARKER)


def test_a_calibration_has_what_its_source_promises() -> None:
    with pytest.raises(ValueError, match="mm_per_px"):
        Calibration(CalibrationSource.MARKER)
    with pytest.raises(ValueError, match="hand_area_px"):
        Calibration(CalibrationSource.HANDPRINT)
    with pytest.raises(ValueError, match="positive"):
        Calibration(CalibrationSource.MANUAL, mm_per_px=-1.0)


def test_a_lesion_map_has_one_shape() -> None:
    with pytest.raises(ValueError, match="one shape"):
        LesionMap(np.zeros((2, 2), np.float32), np.zeros((2, 3), bool), "0.1.0")


def test_a_suggestion_stays_inside_the_rubric() -> None:
    with pytest.raises(ValueError, match="0 to 3, got 4"):
        SubscoreSuggestion(Item.ERYTHEMA, Site.ARM, 4, (0.2,) * 5, "")
    with pytest.raises(ValueError, match="sum to 1"):
        SubscoreSuggestion(Item.EROSION, Site.ARM, 1, (0.1, 0.1), "")
    with pytest.raises(ValueError, match="not gradable"):
        SubscoreSuggestion(Item.EROSION, Site.ARM, None, (0.5, 0.5), "too small")
