import pytest

from lesionscope.core.bands import Band, BandScheme
from lesionscope.core.evidence import Certainty, Citation


def scheme(*bands: Band, certainty: Certainty = Certainty.STUDY) -> BandScheme:
    return BandScheme("s", "S", bands, certainty)


def test_a_value_between_printed_bands_has_none() -> None:
    printed = scheme(Band("mild", 0, 3), Band("moderate", 4, 6))
    assert printed.band_of(3) == "mild"
    assert printed.band_of(3.5) is None
    assert printed.band_of(7) is None


def test_open_ends_are_left_out() -> None:
    touching = scheme(Band("below", 0, 4, open_high=True), Band("from", 4, 9))
    assert [touching.band_of(v) for v in (3.999, 4)] == ["below", "from"]


@pytest.mark.parametrize(
    "bands",
    [
        (Band("a", 0, 4), Band("b", 4, 9)),
        (Band("a", 0, 5), Band("b", 4, 9)),
        (Band("b", 4, 9), Band("a", 0, 3)),
    ],
)
def test_overlapping_or_falling_bands_are_refused(bands: tuple[Band, ...]) -> None:
    with pytest.raises(ValueError, match="overlap"):
        scheme(*bands)


def test_a_band_that_holds_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="no value"):
        Band("empty", 4, 4, open_low=True)
    with pytest.raises(ValueError, match="no value"):
        Band("backwards", 5, 4)


def test_unverified_cut_offs_wait_for_a_study() -> None:
    unsure = scheme(Band("all", 0, 9), certainty=Certainty.UNVERIFIED)
    assert not unsure.applies()
    assert unsure.applies({"s"})
    with pytest.raises(ValueError, match="citation"):
        scheme(Band("all", 0, 9), certainty=Certainty.READ)
    read = BandScheme("s", "S", (Band("all", 0, 9),), Certainty.READ, Citation("A 2001"))
    assert read.applies()
