from __future__ import annotations

from typing import Any

from lesionscope.core.sites import Side, Site
from lesionscope.scoring.machine_read import machine_scores


def document(site: Site, percent: float | None = None, **levels: int | None) -> dict[str, Any]:
    entries = [{"site": site.value, "item": i, "level": v} for i, v in levels.items()]
    return {"suggestions": entries, "bsa_percent": percent}


def test_the_highest_level_of_a_location_counts() -> None:
    found = machine_scores(
        [
            (Site.ARM, Side.LEFT, document(Site.ARM, 1.0, erythema=1, scale=0)),
            (Site.ARM, Side.RIGHT, document(Site.ARM, 2.0, erythema=3, scale=None)),
        ],
        bsa=True,
    )
    assert found is not None
    assert dict(found.answers) == {"arm.erythema": 3, "arm.scale": 0}
    assert found.bsa_percent == 3.0


def test_two_photos_of_one_side_are_not_counted_twice() -> None:
    shown = [(Site.ARM, Side.LEFT, document(Site.ARM, p, erythema=1)) for p in (1.0, 1.5)]
    found = machine_scores(shown, bsa=True)
    assert found is not None
    assert found.bsa_percent == 1.5
    without = machine_scores(shown, bsa=False)
    assert without is not None
    assert without.bsa_percent is None


def test_on_the_hands_a_break_is_an_ulceration() -> None:
    site = Site.GOTTRON_HANDS
    found = machine_scores([(site, Side.MIDLINE, document(site, erosion=1, scale=2))], bsa=True)
    assert found is not None
    assert dict(found.answers) == {"gottron_hands.ulceration": 1}
    assert found.bsa_percent is None


def test_without_a_measurement_there_is_nothing() -> None:
    assert machine_scores([(Site.ARM, Side.LEFT, None)], bsa=True) is None


def test_a_suggestion_for_another_site_is_left_out() -> None:
    found = machine_scores([(Site.ARM, Side.LEFT, document(Site.MALAR, erythema=2))], bsa=True)
    assert found is not None
    assert not found.answers
