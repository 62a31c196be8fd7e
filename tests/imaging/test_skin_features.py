import numpy as np

from lesionscope.imaging.skin_features import anywhere, flattened, near, skin_features
from tests.imaging.textured_skin import SIZE, photo, texture

SKIN = texture(1)
EVERYWHERE = np.ones(SIZE, bool)


def test_texture_is_the_same_in_other_light() -> None:
    bright, dim = (flattened(photo(SKIN, light=light), EVERYWHERE) for light in (1.2, 0.5))
    assert np.corrcoef(bright.ravel(), dim.ravel())[0, 1] > 0.98


def test_texture_outside_skin_is_flat() -> None:
    left = EVERYWHERE & (np.arange(SIZE[1]) < 300)
    assert (flattened(photo(SKIN), left)[:, 300:] == 128).all()
    assert skin_features(photo(SKIN), left).points[:, 0].max() < 300


def test_features_of_a_photo_pair_with_themselves() -> None:
    found = skin_features(photo(SKIN), EVERYWHERE)
    assert len(found) > 300
    first, second = near(found, found, found.points, 10.0)
    same = np.abs(found.points[first] - found.points[second]).max(axis=1) < 1
    assert same.mean() > 0.99
    first, second = anywhere(found, skin_features(photo(SKIN, light=0.7, seed=5), EVERYWHERE))
    assert len(first) > 100


def test_a_feature_is_paired_once_and_within_reach() -> None:
    found = skin_features(photo(SKIN), EVERYWHERE)
    first, second = near(found, found, found.points + 3.0, 6.0)
    assert len(np.unique(first)) == len(first)
    assert len(np.unique(second)) == len(second)
    far = np.linalg.norm(found.points[first] + 3.0 - found.points[second], axis=1)
    assert far.max() <= 6.0


def test_no_skin_has_no_features() -> None:
    none = skin_features(photo(SKIN), EVERYWHERE & False)
    some = skin_features(photo(SKIN), EVERYWHERE)
    assert len(none) == 0
    for one, other in ((none, some), (some, none)):
        assert len(anywhere(one, other)[0]) == 0
        assert len(near(one, other, one.points, 9.0)[0]) == 0
