import numpy as np
import pytest

from lesionscope.imaging.outlines import outlines
from tests.imaging.textured_skin import SIZE, disc


def area(line: list[float]) -> float:
    x, y = np.array(line[::2]), np.array(line[1::2])
    return float(abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2)


def test_an_outline_encloses_its_lesion_and_bears_its_number() -> None:
    one, other = disc(200, 200, 50), disc(600, 300, 30)
    numbers = (7 * one + 3 * other).astype(np.int32)
    lines = dict(outlines(one | other, numbers))
    assert set(lines) == {7, 3}
    side = max(SIZE)
    # The line runs through the centres of the border's pixels.
    assert area(lines[7]) * side**2 == pytest.approx(np.pi * 50**2, rel=0.03)
    x, y = np.array(lines[3][::2]), np.array(lines[3][1::2])
    assert (x.mean(), y.mean()) == pytest.approx((600.5 / side, 300.5 / side), abs=0.003)


def test_holes_have_a_border_and_specks_have_none() -> None:
    ring = disc(300, 300, 80) & ~disc(300, 300, 40)
    assert len(outlines(ring)) == 2
    speck = np.zeros(SIZE, bool)
    speck[10, 10] = True
    assert outlines(speck) == []
