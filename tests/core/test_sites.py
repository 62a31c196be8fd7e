import pytest

from lesionscope.core.sites import CDASI_LOCATIONS, FACTS, VIEWS, Site, site_named, view_named


def test_the_locations_stand_in_the_order_of_the_form() -> None:
    assert [FACTS[site].cdasi_number for site in CDASI_LOCATIONS] == list(range(1, 16))
    assert CDASI_LOCATIONS[0] is Site.SCALP
    assert CDASI_LOCATIONS[-1] is Site.GOTTRON_NOT_HANDS


def test_regional_shares_sum_to_the_whole_without_the_genitalia() -> None:
    assert sum(facts.bsa_percent for facts in FACTS.values()) == pytest.approx(99.0)


def test_every_cdasi_location_is_shown_by_a_view() -> None:
    shown = {site for view in VIEWS for site in view.sites}
    assert set(CDASI_LOCATIONS) <= shown


def test_names_that_are_no_site_are_refused_with_the_choices() -> None:
    with pytest.raises(ValueError, match=r"scalp.*central face"):
        site_named("central face")
    with pytest.raises(ValueError, match="view must be one of"):
        view_named("selfie")
