import numpy as np
import pytest
from scipy import ndimage

from lesionscope.imaging import phantom_wounds
from lesionscope.imaging.phantom_wounds import EROSION_MM, SCRATCH_WIDTH_MM, wounded

MM = 0.2


def lesion(side: int = 200, radius: int = 70) -> np.ndarray:
    rows, cols = np.mgrid[:side, :side]
    return (np.hypot(rows - side / 2, cols - side / 2) < radius).astype(np.float32)


def broken(seed: int, scratched: bool, monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    monkeypatch.setattr(phantom_wounds, "SCRATCHED", float(scratched))
    body = np.full((200, 200, 3), 0.5, np.float32)
    return wounded(np.random.default_rng(seed), body, lesion(), MM)[1]


@pytest.mark.parametrize("scratched", [True, False])
def test_skin_breaks_inside_the_lesion_only(
    scratched: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for seed in range(6):
        raw = broken(seed, scratched, monkeypatch)
        assert raw.max() > 0.3
        assert raw.min() >= 0
        assert raw.max() <= 1
        if scratched:
            assert not raw[lesion() == 0].any()


def test_scratches_are_narrow_and_longer_than_spots(monkeypatch: pytest.MonkeyPatch) -> None:
    def shapes(scratched: bool) -> tuple[float, float]:
        thick, long = [], []
        for seed in range(12):
            raw = broken(seed, scratched, monkeypatch) > 0.3
            labels, count = ndimage.label(raw)
            thick.append(2 * ndimage.distance_transform_edt(raw).max() * MM)
            sizes = [np.ptp(np.argwhere(labels == n + 1), axis=0) for n in range(count)]
            long.append(max(np.hypot(*size) for size in sizes) * MM)
        return float(np.median(thick)), float(np.median(long))

    scratch, spot = shapes(True), shapes(False)
    assert scratch[0] <= SCRATCH_WIDTH_MM[1] + 3 * MM
    assert scratch[0] < spot[0] <= EROSION_MM[1] + 3 * MM  # neighbours may run together
    assert scratch[1] > spot[1]


def test_a_wound_is_drawn_the_same_again() -> None:
    body = np.full((200, 200, 3), 0.5, np.float32)
    made = [wounded(np.random.default_rng(3), body, lesion(), MM) for _ in range(2)]
    assert all(np.array_equal(a, b) for a, b in zip(*made, strict=True))
    assert made[0][0].shape == body.shape
    assert not np.array_equal(made[0][0], body)
