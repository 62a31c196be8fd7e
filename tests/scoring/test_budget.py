import pytest
from hypothesis import given
from hypothesis import strategies as st

from lesionscope.scoring.budget import (
    curvature_part,
    edge_part,
    hand_by_marker_sd,
    hand_parts,
    hand_size_part,
    marker_parts,
    total_sd,
)


def test_errors_add_as_variances() -> None:
    assert total_sd([edge_part(0.3), edge_part(0.4)]) == pytest.approx(0.5)
    assert total_sd([]) == 0


@given(st.lists(st.floats(0, 3), max_size=6), st.floats(0, 3))
def test_one_more_source_never_narrows(spreads: list[float], more: float) -> None:
    parts = [edge_part(sd) for sd in spreads]
    assert total_sd([*parts, edge_part(more)]) >= total_sd(parts)


def test_more_skin_added_for_its_slant_is_less_certain() -> None:
    spreads = [curvature_part(stretch).sd_of_log for stretch in (1.0, 1.1, 1.5, 3.0)]
    assert spreads == sorted(spreads)
    assert spreads[0] > 0


def test_a_marker_beats_a_hand_laid_beside_the_lesion() -> None:
    assert total_sd(marker_parts(0.01)) < total_sd(hand_parts())
    assert hand_by_marker_sd(0.01) > total_sd(hand_parts())


def test_every_source_says_what_narrows_it() -> None:
    size = hand_size_part(0.2, "the average adult")
    for part in (edge_part(0.1), curvature_part(1.2), *hand_parts(), *marker_parts(0.01), size):
        assert part.source
        assert part.narrows.endswith(".")
    assert "the average adult" in size.source


def test_an_impossible_spread_is_refused() -> None:
    with pytest.raises(ValueError, match="not negative"):
        edge_part(-0.1)
    with pytest.raises(ValueError, match="finite"):
        edge_part(float("nan"))
