"""The picture of where the network looked shows the lesion that a suggestion rests on."""

import numpy as np
import pytest

from lesionscope import measure, read_photo
from lesionscope.core.measurement import Item, Measurement
from lesionscope.core.photo import Photo
from lesionscope.core.sites import Site
from lesionscope.exchange.measurement_json import document, mask_files, measurement_from
from lesionscope.looked import SIDE, lesion_behind, looked_at
from lesionscope.pipeline import default_grader
from lesionscope.places import samples_folder


@pytest.fixture(scope="module")
def back() -> tuple[Photo, Measurement]:
    path = samples_folder() / "demo_study" / "photos" / "D04_v1_back.jpg"
    photo = read_photo(path.read_bytes())
    found = measure(photo, site=Site.UPPER_BACK_SHOULDERS)
    return photo, measurement_from(document(found), mask_files(found))  # as the record gives it


@pytest.mark.parametrize("item", Item)
def test_the_lesion_behind_a_suggestion_is_drawn_with_its_heat(
    back: tuple[Photo, Measurement], item: Item
) -> None:
    photo, found = back
    lesion = lesion_behind(found, found.site, item)
    assert lesion is not None
    told = next(s for s in found.suggestions if s.item is item)
    if lesion.area_cm2 is not None:
        assert f"{lesion.area_cm2:.1f} cm2" in told.reason
    pair = looked_at(photo, found, lesion, item, default_grader())
    assert pair.shape == (SIDE, 2 * SIDE, 3)
    assert pair.dtype == np.uint8
    plain, heated = pair[:, :SIDE].astype(int), pair[:, SIDE:].astype(int)
    assert np.ptp(plain, axis=2).mean() > 10  # the photo has its colours ...
    grey = np.ptp(heated, axis=2) < 6
    assert 0.05 < grey.mean() < 0.999  # ... beside it only heat and outline have any
    # The centre of the lesion lies in the picture's middle, whose colour is that of the photo.
    row, col = (round(place) for place in lesion.centre)
    near = photo.pixels[row - 5 : row + 6, col - 5 : col + 6].reshape(-1, 3).mean(axis=0)
    middle = plain[SIDE // 4 : 3 * SIDE // 4, SIDE // 4 : 3 * SIDE // 4].reshape(-1, 3)
    assert np.abs(middle - near).sum(axis=1).min() < 30


def test_no_lesion_stands_behind_nothing(back: tuple[Photo, Measurement]) -> None:
    assert lesion_behind(back[1], Site.GOTTRON_HANDS, Item.SCALE) is not None  # of no certain site
    empty = Measurement(**{**back[1].__dict__, "lesions": ()})
    assert lesion_behind(empty, back[1].site, Item.SCALE) is None
