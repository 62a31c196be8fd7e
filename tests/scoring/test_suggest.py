from dataclasses import replace
from typing import Any

import pytest

from lesionscope.core.measurement import Item, Lesion
from lesionscope.core.photo import CaptureFinding, Severity
from lesionscope.core.sites import Site
from lesionscope.scoring.capture_limits import limits_of
from lesionscope.scoring.suggest import SMALLEST_CM2, counts, suggest, worst_lesion

SKIN = 500_000
RED = Lesion(
    label=1,
    area_px=4000,
    area_cm2=2.1,
    centre=(50.0, 60.0),
    box=(10, 10, 90, 110),
    delta_erythema=0.5,
    delta_a_star=9.8,
    probabilities={
        Item.ERYTHEMA: (0.02, 0.15, 0.71, 0.12),
        Item.SCALE: (0.9, 0.08, 0.02),
        Item.EROSION: (0.97, 0.03),
    },
)
SCALY = replace(
    RED,
    label=2,
    probabilities={
        Item.ERYTHEMA: (0.1, 0.8, 0.1, 0.0),
        Item.SCALE: (0.1, 0.2, 0.7),
        Item.EROSION: (0.9, 0.1),
    },
)


def by_item(*lesions: Lesion, tone: str | None = "light", **more: Any) -> dict:
    found = suggest(lesions, Site.ARM, skin_tone=tone, skin_px=SKIN, **more)
    assert [s.item for s in found] == [Item.ERYTHEMA, Item.SCALE, Item.EROSION]
    return {s.item: s for s in found}


def test_each_item_takes_its_own_worst_lesion() -> None:
    found = by_item(RED, SCALY)
    assert found[Item.ERYTHEMA].level == 2
    assert found[Item.SCALE].level == 2
    assert found[Item.EROSION].level == 0
    assert worst_lesion([RED, SCALY], Item.SCALE) is SCALY


def test_many_doubtful_lesions_make_an_erosion_likely() -> None:
    doubtful = replace(RED, probabilities={**RED.probabilities, Item.EROSION: (0.7, 0.3)})
    assert by_item(doubtful)[Item.EROSION].level == 0
    found = by_item(doubtful, doubtful, doubtful)[Item.EROSION]
    assert found.level == 1
    assert found.probabilities[0] == pytest.approx(0.7**3)


def test_the_reason_states_the_measured_numbers() -> None:
    found = by_item(RED)
    assert "a* +9.8 over clear skin, 2.1 cm2" in found[Item.ERYTHEMA].reason
    assert "71%" in found[Item.ERYTHEMA].reason
    assert "no scale seen" in found[Item.SCALE].reason


def test_a_lesion_too_small_does_not_count() -> None:
    speck = replace(SCALY, area_cm2=SMALLEST_CM2 / 2)
    assert by_item(RED, speck)[Item.SCALE].level == 0
    assert by_item(speck)[Item.ERYTHEMA].level == 0


def test_without_a_scale_the_share_of_skin_decides() -> None:
    assert counts(replace(RED, area_cm2=None, area_px=200), SKIN)
    assert not counts(replace(RED, area_cm2=None, area_px=100), SKIN)
    assert counts(replace(RED, area_cm2=None, area_px=1))
    reason = by_item(replace(RED, area_cm2=None))[Item.ERYTHEMA].reason
    assert "4000 px" in reason


def test_nothing_found_on_light_skin_is_zero_with_doubt() -> None:
    found = by_item()
    assert all(s.level == 0 and s.probabilities[0] < 1 for s in found.values())


@pytest.mark.parametrize("tone", ["brown", "dark"])
def test_nothing_found_on_dark_skin_is_never_zero(tone: str) -> None:
    for suggestion in by_item(tone=tone).values():
        assert suggestion.level is None
        assert "not gradable by colour" in suggestion.reason


def test_nothing_found_on_uneven_skin_is_not_zero() -> None:
    assert by_item(unevenness=0.05)[Item.ERYTHEMA].level == 0
    hidden = by_item(unevenness=0.15)[Item.ERYTHEMA]
    assert hidden.level is None
    assert "0.15" in hidden.reason


def test_no_clear_skin_is_not_zero() -> None:
    assert by_item(tone=None)[Item.ERYTHEMA].level is None


@pytest.mark.parametrize("tone", ["brown", "dark"])
def test_a_zero_or_a_faint_contrast_on_dark_skin_is_not_graded_by_colour(tone: str) -> None:
    zero = {**RED.probabilities, Item.ERYTHEMA: (0.7, 0.2, 0.1, 0.0)}
    for lesion in (replace(RED, probabilities=zero), replace(RED, delta_erythema=0.02)):
        found = by_item(lesion, tone=tone)
        assert found[Item.ERYTHEMA].level is None
        assert "not gradable by colour" in found[Item.ERYTHEMA].reason
        assert found[Item.SCALE].level == 0


def test_a_clear_contrast_on_dark_skin_is_graded_with_a_warning() -> None:
    found = by_item(RED, tone="dark")[Item.ERYTHEMA]
    assert found.level == 2
    assert "look yourself" in found.reason


def test_ungraded_lesions_pass_their_reason_on() -> None:
    blurred = replace(RED, probabilities=None, not_gradable="the lesion is out of focus")
    found = by_item(blurred)
    assert all(s.level is None and "out of focus" in s.reason for s in found.values())
    assert by_item(blurred, SCALY)[Item.SCALE].level == 2


def test_lesions_without_skin_are_refused() -> None:
    with pytest.raises(ValueError, match="skin_px"):
        suggest([RED], Site.ARM, skin_tone="light", skin_px=0)


def test_what_was_seen_joins_the_reason_of_what_it_speaks_of() -> None:
    flaky = replace(SCALY, seen="flakes over 31%")
    found = by_item(flaky)
    assert "flakes over 31% of the outline" in found[Item.SCALE].reason
    assert "flakes" not in found[Item.ERYTHEMA].reason


def test_the_least_area_is_stated_where_nothing_counts() -> None:
    assert f"{SMALLEST_CM2} cm2" in by_item()[Item.ERYTHEMA].reason


@pytest.mark.parametrize("tone", ["brown", "dark"])
@pytest.mark.parametrize("likeliest", range(4))
@pytest.mark.parametrize("contrast", [0.0, 0.04, 0.3])
def test_dark_skin_never_gets_a_silent_zero(tone: str, likeliest: int, contrast: float) -> None:
    chances = tuple(0.7 if level == likeliest else 0.1 for level in range(4))
    lesion = replace(
        RED,
        delta_erythema=contrast,
        probabilities={**RED.probabilities, Item.ERYTHEMA: chances},
    )
    suggestion = by_item(lesion, tone=tone)[Item.ERYTHEMA]
    assert suggestion.level != 0
    assert suggestion.level is not None or "not gradable by colour" in suggestion.reason


@pytest.mark.parametrize(
    ("code", "severity"),
    [("blur", "serious"), ("low_resolution", "warning"), ("nearly_black", "serious"),
     ("overexposed", "serious"), ("greyscale", "serious"), ("no_reference", "warning")],
)  # fmt: skip
def test_nothing_found_is_no_zero_where_nothing_could_be_seen(code: str, severity: str) -> None:
    limits = limits_of([CaptureFinding(code, Severity(severity), "Said.", "")])
    for suggestion in by_item(limits=limits).values():
        assert suggestion.level is None
        assert suggestion.reason.startswith("not gradable: ")


def test_a_blurred_lesion_has_a_redness_but_no_scale() -> None:
    limits = limits_of([CaptureFinding("blur", Severity.SERIOUS, "Said.", "")])
    found = by_item(RED, limits=limits)
    assert found[Item.ERYTHEMA].level == 2
    assert found[Item.SCALE].reason == "not gradable: the photo is blurred"
    assert found[Item.EROSION].level is None
    slight = limits_of([CaptureFinding("blur", Severity.WARNING, "Said.", "")])
    assert by_item(RED, limits=slight)[Item.SCALE].level == 0
    assert by_item(limits=slight)[Item.ERYTHEMA].level == 0


def test_a_toss_up_between_levels_is_not_suggested() -> None:
    unsure = {**RED.probabilities, Item.SCALE: (0.39, 0.30, 0.31), Item.EROSION: (0.49, 0.51)}
    found = by_item(replace(RED, probabilities=unsure))
    assert found[Item.SCALE].reason == "not gradable: no level of scale is likelier than 39%"
    assert found[Item.EROSION].level is None
    assert found[Item.ERYTHEMA].level == 2
