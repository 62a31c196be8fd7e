import numpy as np
import pytest

from lesionscope.imaging.border import LEAST, border_probability, with_colour
from lesionscope.imaging.lesion import Contrast


def test_the_border_follows_how_sure_the_network_is() -> None:
    skin = np.ones((60, 60), bool)
    probability = np.full((60, 60), 0.02, np.float32)
    assert border_probability(probability, skin) == LEAST
    probability[20:40, 20:40] = 0.99
    assert border_probability(probability, skin) == pytest.approx(0.85 * 0.99)
    probability[20:40, 20:40] = 0.65
    assert border_probability(probability, skin) == pytest.approx(0.85 * 0.65)
    probability[20:40, 20:40] = 0.51
    assert border_probability(probability, skin) == LEAST


def test_redness_speaks_where_the_network_hesitates_and_not_where_it_is_sure() -> None:
    skin = np.ones((80, 80), bool)
    signal = np.zeros((80, 80), np.float32)
    signal[10:30, 10:30] = 0.6
    clear = np.zeros((80, 80, 3), np.float32)
    found = Contrast(signal, 0.03, signal == 0, clear, signal)
    hesitating = np.full((80, 80), 0.05, np.float32)
    hesitating[50:60, 50:60] = 0.6
    heard = with_colour(hesitating, found, skin)
    assert heard[20, 20] > 0.5
    assert (heard >= hesitating - 1e-6).all()
    assert heard[70, 70] == pytest.approx(0.05)
    sure = hesitating.copy()
    sure[50:60, 50:60] = 0.99
    assert with_colour(sure, found, skin) is sure
