import numpy as np
import pytest

from lesionscope.imaging.pairing import SkinView
from lesionscope.imaging.registration import Registration, register
from tests.imaging.scenes import draw
from tests.imaging.textured_skin import SIZE, disc, field_of, photo, texture, turned

SKIN = texture(1)
EVERYWHERE = np.ones(SIZE, bool)
INSIDE = np.stack(np.meshgrid(np.linspace(200, 600, 9), np.linspace(150, 450, 7)), -1)
POINTS = INSIDE.reshape(-1, 2)


def view(rgb: np.ndarray, skin: np.ndarray = EVERYWHERE) -> SkinView:
    return SkinView(rgb, skin)


BASE = view(photo(SKIN, lesion=disc(400, 300, 60)))


def worst_px(found: Registration, field: np.ndarray) -> float:
    """Map points there and, by the truth, back: how far is the 90th percentile off?"""
    there = found.map_points(POINTS)
    column, row = np.rint(there).astype(int).T
    on = (column >= 0) & (row >= 0) & (column < SIZE[1]) & (row < SIZE[0])
    assert on.mean() > 0.7
    # `field` maps follow-up pixels to skin: a step of the truth undoes the rounding.
    back = field[row[on], column[on]] + (there[on] - np.rint(there[on]))
    return float(np.percentile(np.linalg.norm(back - POINTS[on], axis=1), 90))


@pytest.mark.parametrize(
    ("angle", "zoom", "bend", "light"),
    [(0, 1.0, 0.0, 0.5), (4, 1.05, 8.0, 1.3), (-25, 0.85, 4.0, 0.8), (90, 1.0, 0.0, 1.0)],
)
def test_skin_is_found_again(angle: float, zoom: float, bend: float, light: float) -> None:
    field = field_of(turned(angle, zoom), bend)
    # The lesion shrank, another came: what changed must not pull the map.
    lesion = disc(390, 310, 35) | disc(250, 380, 30)
    follow = view(photo(SKIN, field, lesion=lesion, light=light, seed=2))
    found = register(BASE, follow)
    assert not found.refused
    assert worst_px(found, field) < 3.0
    assert found.expected_error_px is not None
    assert 0.2 < found.expected_error_px < 6.0


def test_a_photo_lies_on_itself() -> None:
    found = register(BASE, BASE)
    assert np.abs(found.map_points(POINTS) - POINTS).max() < 0.3
    grid = found.field()
    assert grid.shape == (*SIZE, 2)
    assert np.abs(grid[::50, ::50] - field_of(np.eye(2, 3))[::50, ::50]).max() < 0.5


def test_other_skin_is_refused_with_a_reason() -> None:
    found = register(BASE, view(photo(texture(2))))
    assert found.refused
    assert found.expected_error_px is None
    assert np.isnan(found.map_points(POINTS)).all()
    assert np.isnan(found.field()).all()
    assert np.isnan(found.error_px(POINTS)).all()


def test_skin_without_any_texture_is_refused() -> None:
    (rgb, skin, _), (again, _, _) = (draw(contrast=0.0, seed=seed) for seed in (1, 2))
    assert "spots of skin agree" in register(SkinView(rgb, skin), SkinView(again, skin)).refused
    assert register(SkinView(rgb, skin & False), SkinView(rgb, skin)).refused


def test_a_small_shared_part_is_enough() -> None:
    shifted = np.array([[1.0, 0.0, 420.0], [0.0, 1.0, 0.0]])
    found = register(BASE, view(photo(SKIN, field_of(shifted), seed=3)))
    assert not found.refused
    right = POINTS[POINTS[:, 0] > 450]
    assert np.abs(found.map_points(right) - right + [420, 0]).max() < 3
    # Skin that only the baseline shows is less certain.
    assert found.error_px(np.array([[50.0, 300.0]]))[0] > 2 * found.error_px(right).max()


def test_points_of_a_person_begin_the_map() -> None:
    field = field_of(turned(-25, 0.85))
    follow = view(photo(SKIN, field, seed=4))
    inverse = np.linalg.inv(np.vstack([turned(-25, 0.85), [0, 0, 1]]))[:2]
    known = np.array([[250.0, 200.0], [560.0, 430.0], [300.0, 420.0]])
    seen = known @ inverse[:, :2].T + inverse[:, 2] + [[4, -3], [-2, 5], [3, 3]]
    for count in (2, 3):
        found = register(BASE, follow, points=(known[:count], seen[:count]))
        assert found.guess == "points"
        assert worst_px(found, field) < 3.0  # better than the fingers that pointed


def test_wrong_points_are_explained() -> None:
    one = np.zeros((1, 2))
    with pytest.raises(ValueError, match="two or more points"):
        register(BASE, BASE, points=(one, one))
    with pytest.raises(ValueError, match="same number"):
        register(BASE, BASE, points=(POINTS[:3], POINTS[:2]))


def test_points_that_mislead_are_refused() -> None:
    known = np.array([[250.0, 200.0], [560.0, 430.0]])
    assert register(BASE, BASE, points=(known, known[::-1])).refused


def test_a_map_that_leaves_the_marked_spots_is_refused() -> None:
    """What is found a thirtieth of the photo from where a person pointed is something else."""
    known = np.array([[250.0, 200.0], [560.0, 430.0], [300.0, 420.0]])
    off = register(BASE, BASE, points=(known, known + np.array([32.0, 0.0])))
    assert "off a marked spot" in off.refused
    assert not register(BASE, BASE, points=(known, known + np.array([12.0, 0.0]))).refused


def test_a_skin_mask_must_fit_its_photo() -> None:
    with pytest.raises(ValueError, match="size of the photo"):
        SkinView(BASE.rgb, np.ones((5, 5), bool))


def test_a_registration_has_a_map_or_a_reason() -> None:
    with pytest.raises(ValueError, match="refused, with a reason, or has a map"):
        Registration(SIZE, SIZE, None, 0, 0.0, None)
