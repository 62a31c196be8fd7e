from typing import Any

from lesionscope.core.measurement import Item
from lesionscope.core.sites import CDASI_LOCATIONS, Site
from lesionscope.scoring.field_suggestions import form_key, suggested_by, worst_first


def entry(site: Site, item: str, level: int | None, *chances: float) -> dict[str, Any]:
    return {
        "site": site.value,
        "item": item,
        "level": level,
        "probabilities": list(chances) or None,
        "reason": "because",
    }


def test_every_item_of_every_location_fills_a_field() -> None:
    for site in CDASI_LOCATIONS:
        assert all(form_key(site, item) == f"{site.value}.{item.value}" for item in Item)
    assert form_key(Site.GOTTRON_HANDS, Item.SCALE) is None
    assert form_key(Site.ANTERIOR_CHEST, Item.ERYTHEMA) is None


def test_a_photo_that_was_moved_suggests_nothing_until_it_is_measured_there() -> None:
    document = {"suggestions": [entry(Site.ARM, "scale", 1, 0.2, 0.7, 0.1)]}
    assert [s.key for s in suggested_by(Site.ARM, document)] == ["arm.scale"]
    assert not list(suggested_by(Site.ABDOMEN, document))


def test_a_photo_of_the_hands_is_for_both_locations() -> None:
    document = {
        "suggestions": [
            entry(Site.DORSUM_HANDS, "erythema", 0, 0.9, 0.1, 0.0, 0.0),
            entry(Site.GOTTRON_HANDS, "erosion", 1, 0.3, 0.7),
        ]
    }
    keys = [s.key for s in suggested_by(Site.GOTTRON_HANDS, document)]
    assert keys == ["dorsum_hands.erythema", "gottron_hands.ulceration"]


def test_the_worst_photo_speaks_for_the_field() -> None:
    document = {
        "suggestions": [
            entry(Site.ARM, "scale", 1, 0.2, 0.7, 0.1),
            entry(Site.ARM, "scale", None),
            entry(Site.ARM, "scale", 2, 0.1, 0.3, 0.6),
            entry(Site.ARM, "scale", 1, 0.1, 0.8, 0.1),
        ]
    }
    ordered = worst_first(suggested_by(Site.ARM, document))
    assert [(s.level, s.probability) for s in ordered] == [(2, 0.6), (1, 0.8), (1, 0.7)]
