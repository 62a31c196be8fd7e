import numpy as np

from lesionscope.imaging.levels import level_counts, median_level


def test_counts_agree_with_numpy_inside_the_region() -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (50, 60, 3), dtype=np.uint8)
    region = rng.random((50, 60)) < 0.3
    for channel in range(3):
        expected = np.bincount(pixels[region][:, channel], minlength=256)
        assert np.array_equal(level_counts(pixels, region, channel), expected)


def test_median_is_the_lower_middle() -> None:
    rng = np.random.default_rng(1)
    pixels = rng.integers(0, 256, (31, 33), dtype=np.uint8)
    counts = level_counts(pixels, np.ones((31, 33), bool))
    assert median_level(counts) == np.median(pixels)
