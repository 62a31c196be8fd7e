import numpy as np
import pytest

from lesionscope.imaging.colour import linear_light, srgb_bytes
from lesionscope.imaging.same_light import MOST_GAIN, clear_light, light_gain
from tests.imaging.textured_skin import SIZE, disc, photo, texture

SKIN = texture(2)
CLEAR = ~disc(400, 300, 150)


def test_the_gain_takes_out_exposure_and_cast() -> None:
    base = photo(SKIN)
    cast = np.array([0.7, 0.6, 0.5])
    follow = srgb_bytes(linear_light(photo(SKIN, seed=1)) * cast)
    gain = light_gain(clear_light(base, CLEAR), clear_light(follow, CLEAR))
    assert gain == pytest.approx(tuple(1 / cast), rel=0.02)
    relit = srgb_bytes(linear_light(follow) * np.array(gain))
    assert np.abs(relit[CLEAR].astype(int) - base[CLEAR]).mean() < 3


def test_lesions_do_not_count_and_too_little_skin_tells_nothing() -> None:
    red = photo(SKIN, lesion=~CLEAR)
    gain = light_gain(clear_light(photo(SKIN), CLEAR), clear_light(red, CLEAR))
    assert gain == pytest.approx((1, 1, 1), abs=0.01)
    few = np.zeros(SIZE, bool)
    few[:10, :10] = True
    assert clear_light(red, few) is None
    assert light_gain(None, clear_light(red, CLEAR)) is None
    assert light_gain(np.full(3, 0.5), np.full(3, 1e-6)) == (MOST_GAIN,) * 3
    with pytest.raises(ValueError, match="shape"):
        clear_light(red, few[:5])
