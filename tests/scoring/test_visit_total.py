import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.core.measurement import BsaEstimate, CalibrationSource, Convention, Interval
from lesionscope.core.sites import CDASI_LOCATIONS, Side, Site
from lesionscope.scoring.bsa import log_interval, probability_above
from lesionscope.scoring.visit_total import SitePart, VisitBsa, counted_percent, visit_total

SD = 0.2


def estimate(percent: float, sd: float = SD) -> BsaEstimate:
    interval = log_interval(percent, sd) if percent else Interval(0, 0.3)
    return BsaEstimate(percent, interval, Convention.PROTOCOL, CalibrationSource.HANDPRINT)


def part(site: Site, percent: float | None, photo: str = "", **facts: object) -> SitePart:
    side = facts.pop("side", Side.MIDLINE)
    assert isinstance(side, Side)
    found = None if percent is None else estimate(percent)
    return SitePart(site, side, found, photo, **facts)  # type: ignore[arg-type]


def percent(found: VisitBsa) -> float:
    assert found.total is not None
    return found.total.percent


def sd_of_log(found: VisitBsa) -> float:
    assert found.total is not None
    return math.log(found.total.interval.high / found.total.percent) / 1.6449


def test_two_views_that_do_not_fit_count_once_and_both_sides_count_twice() -> None:
    found = visit_total(
        [
            part(Site.ARM, 1.0, "a", side=Side.LEFT),
            part(Site.ARM, 0.6, "b", side=Side.LEFT),
            part(Site.ARM, 0.5, "c", side=Side.RIGHT),
            part(Site.ABDOMEN, None, "d"),
        ],
        CDASI_LOCATIONS,
    )
    assert percent(found) == pytest.approx(1.5)
    assert [p.photo for p in found.counted] == ["a", "c"]
    assert [p.photo for p in found.left_out] == ["b", "d"]
    assert counted_percent(found) == {Site.ARM: pytest.approx(1.5)}
    (note,) = found.notes
    assert note.startswith("b and a show the same site (Arm)")
    assert "the larger area counts, that of a" in note


def test_views_laid_onto_each_other_add_what_only_one_shows() -> None:
    found = visit_total(
        [
            part(Site.ARM, 1.0, "near", cluster=0),
            part(Site.ARM, 0.8, "far", cluster=0, seen_again=0.75, again_in=("near",)),
        ],
        [],
    )
    assert percent(found) == pytest.approx(1.2)
    assert not found.left_out
    assert found.notes == ("75 % of the lesions in far are in near too and are counted there.",)


def test_neighbouring_sites_share_skin_too() -> None:
    found = visit_total(
        [
            part(Site.POSTERIOR_NECK, 0.5, "nape", cluster=0, seen_again=1.0, again_in=("back",)),
            part(Site.UPPER_BACK_SHOULDERS, 2.0, "back", cluster=0),
        ],
        [],
    )
    assert percent(found) == pytest.approx(2.0)


def test_of_views_that_do_not_fit_the_larger_group_counts_whole() -> None:
    found = visit_total(
        [
            part(Site.ARM, 1.0, "a", cluster=0),
            part(Site.ARM, 0.8, "b", cluster=0, seen_again=0.25, again_in=("a",)),
            part(Site.ARM, 1.5, "c", cluster=1),
        ],
        [],
    )
    assert percent(found) == pytest.approx(1.6)
    assert [p.photo for p in found.left_out] == ["c"]


def test_unseen_sites_are_named_and_not_clear() -> None:
    found = visit_total([part(Site.ABDOMEN, None)], CDASI_LOCATIONS)
    assert found.total is None
    assert Site.ABDOMEN not in found.unseen
    assert len(found.unseen) == 14


def test_other_photos_have_nothing_in_common() -> None:
    assert percent(visit_total([part(Site.OTHER, 1.0, "a"), part(Site.OTHER, 2.0, "b")], [])) == 3


def test_own_errors_average_out_and_shared_errors_do_not() -> None:
    sites = (Site.ARM, Site.ABDOMEN, Site.SCALP, Site.V_NECK)
    own = visit_total([part(site, 1.0, shared_sd=0.0) for site in sites], [])
    shared = visit_total([part(site, 1.0, shared_sd=SD) for site in sites], [])
    unknown = visit_total([part(site, 1.0) for site in sites], [])
    assert sd_of_log(own) == pytest.approx(SD / 2)
    assert sd_of_log(shared) == pytest.approx(SD)
    assert sd_of_log(unknown) == pytest.approx(SD)
    mixed = visit_total([part(site, 1.0, shared_sd=0.12) for site in sites], [])
    assert sd_of_log(mixed) == pytest.approx(math.hypot(0.12, 0.16 / 2))


def test_a_photo_without_lesions_leaves_room_for_what_it_may_have_missed() -> None:
    clear = visit_total([part(Site.ARM, 0.0), part(Site.SCALP, 0.0)], [])
    assert clear.total is not None
    assert clear.total.interval.low == 0
    assert clear.total.interval.high == pytest.approx(math.hypot(0.3, 0.3))
    some = visit_total([part(Site.ARM, 1.0), part(Site.SCALP, 0.0)], [])
    assert sd_of_log(some) > SD
    assert probability_above(some.total, 0.5) < 1 if some.total else False


@given(st.lists(st.floats(0.01, 20), min_size=1, max_size=8), st.floats(0, 0.3))
def test_the_total_lies_in_its_interval_and_adds_up(areas: list[float], shared: float) -> None:
    sites = list(CDASI_LOCATIONS)
    parts = [part(sites[i], area, shared_sd=shared) for i, area in enumerate(areas)]
    found = visit_total(parts, CDASI_LOCATIONS)
    assert percent(found) == pytest.approx(sum(areas))
    assert sd_of_log(found) <= SD + 1e-6  # never wider than if all errors were shared


def test_an_involved_site_is_a_share_of_that_site() -> None:
    found = visit_total(
        [
            part(Site.ARM, 1.22, "l", side=Side.LEFT),
            part(Site.ARM, 0.61, "r", side=Side.RIGHT),
            part(Site.SCALP, 0.35, "s"),
            part(Site.OTHER, 1.0, "o"),
        ],
        [],
    )
    arm, scalp = found.sites()
    assert arm.site_percent == pytest.approx(15.0)
    assert scalp.site_percent == pytest.approx(10.0)
    # The share of a small site is known to within a half.
    assert scalp.interval.high / scalp.site_percent > 1.5
    (one,) = visit_total([part(Site.ARM, 1.22, side=Side.LEFT)], []).sites()
    assert one.site_percent == pytest.approx(20.0)
    assert not one.beyond
    (face,) = visit_total([part(Site.MALAR, 3.0)], []).sites()
    assert face.beyond


def test_one_convention_in_a_total() -> None:
    other = BsaEstimate(1.0, Interval(0.8, 1.2), Convention.ADJUSTED, CalibrationSource.HANDPRINT)
    parts = [part(Site.ARM, 1.0), SitePart(Site.SCALP, Side.MIDLINE, other, "b")]
    with pytest.raises(ValueError, match="one convention"):
        visit_total(parts, [])


def test_a_share_beyond_all_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 1, got"):
        part(Site.ARM, 1.0, seen_again=1.2)


def test_a_site_adds_its_sides_and_one_side_is_told() -> None:
    left = part(Site.ARM, 1.0, side=Side.LEFT)
    right = part(Site.ARM, 0.5, side=Side.RIGHT)
    neck = part(Site.V_NECK, 0.4, side=Side.MIDLINE)
    both = visit_total((left, right, neck), CDASI_LOCATIONS)
    assert {s: e.percent for s, e in both.by_site().items()} == {Site.ARM: 1.5, Site.V_NECK: 0.4}
    assert both.one_sided() == frozenset()
    assert both.by_site()[Site.V_NECK].interval == visit_total((neck,), ()).total.interval  # type: ignore[union-attr]
    one = visit_total((left, neck), CDASI_LOCATIONS)
    assert one.one_sided() == {Site.ARM}
    assert visit_total((part(Site.ARM, None),), ()).by_site() == {}
