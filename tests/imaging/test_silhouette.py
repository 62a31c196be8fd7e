import numpy as np

from lesionscope.imaging.silhouette import silhouette_map


def limb(width: int, shift: int, size: tuple[int, int] = (300, 400)) -> np.ndarray:
    rows, columns = np.mgrid[0 : size[0], 0 : size[1]]
    return np.asarray((np.abs(columns - 150 - shift - 0.2 * rows) < width) & (rows > 60 + shift))


def test_the_outline_of_a_limb_is_led_onto_itself() -> None:
    found = silhouette_map(limb(40, 0), limb(40, 25))
    assert found is not None
    corner = np.array([150.0, 60.0])
    there = found[:, :2] @ corner + found[:, 2]
    assert np.abs(there - corner - [25, 25]).max() < 12


def test_the_scale_of_the_photo_does_not_matter() -> None:
    large = np.kron(limb(40, 0), np.ones((2, 2), bool)).astype(bool)
    found = silhouette_map(limb(40, 0), large)
    assert found is not None
    assert np.abs(found[:, :2] - 2 * np.eye(2)).max() < 0.1


def test_skin_from_edge_to_edge_gives_no_guess() -> None:
    full = np.ones((300, 400), bool)
    assert silhouette_map(full, full) is None
    assert silhouette_map(limb(40, 0), full) is None
