import numpy as np
import pytest

from lesionscope.imaging.aligned import pulled
from lesionscope.imaging.mesh import STEP, Mesh, mesh_of, mesh_through
from lesionscope.imaging.pairing import SkinView
from lesionscope.imaging.registration import Registration, register
from tests.imaging.textured_skin import SIZE, field_of, photo, texture, turned

SKIN = texture(1)
ALL = np.ones(SIZE, bool)


@pytest.fixture(scope="module")
def registration() -> Registration:
    follow = photo(SKIN, field_of(turned(4, 1.05), 6.0), light=0.8, seed=3)
    return register(SkinView(photo(SKIN), ALL), SkinView(follow, ALL))


def test_the_mesh_is_the_registration_at_any_resolution(registration: Registration) -> None:
    mesh = mesh_of(registration)
    rng = np.random.default_rng(1)
    points = rng.uniform((20, 20), (SIZE[1] - 20, SIZE[0] - 20), (200, 2))
    side = max(SIZE)
    mapped = mesh.map((points + 0.5) / side) * side - 0.5
    assert np.abs(mapped - registration.map_points(points)).max() < 0.25
    # Twice as large photos: the same places, twice the pixels.
    box = (0.25, 0.25, 0.5, 0.5)
    field = mesh.field(box, (400, 400), (2 * SIZE[0], 2 * SIZE[1]))
    middle = np.array([[0.25 + 200.5 * 0.25 / 400, 0.25 + 100.5 * 0.25 / 400]])
    assert field[100, 200] == pytest.approx(mesh.map(middle)[0] * 2 * side - 0.5, abs=0.05)


def test_a_photo_lies_on_itself_to_the_pixel() -> None:
    rgb = photo(SKIN)
    mesh = Mesh.same(SIZE)
    whole = (0.0, 0.0, 1.0, SIZE[0] / SIZE[1])
    same = pulled(rgb, mesh.field(whole, SIZE, SIZE))
    assert np.abs(same.astype(int) - rgb).mean() < 1.0
    back = Mesh.from_bytes(mesh.to_bytes())
    assert np.array_equal(back.nodes, mesh.nodes)


def test_marked_spots_give_turn_zoom_and_shift() -> None:
    base = np.array([[0.2, 0.2], [0.8, 0.3], [0.5, 0.6]])
    turn = 1.3 * np.array([[np.cos(0.2), -np.sin(0.2)], [np.sin(0.2), np.cos(0.2)]])
    follow = base @ turn.T + (0.05, -0.1)
    mesh = mesh_through((base, follow), SIZE)
    assert mesh.map(base) == pytest.approx(follow, abs=1e-6)
    beyond = np.array([[-0.1, 0.9]])
    assert mesh.map(beyond) == pytest.approx(beyond @ turn.T + (0.05, -0.1), abs=1e-5)


def test_what_gives_no_map_is_refused(registration: Registration) -> None:
    refused = Registration(SIZE, SIZE, None, 0, 0.0, None, "", "Other skin.")
    with pytest.raises(ValueError, match="Other skin"):
        mesh_of(refused)
    spot = np.array([[0.5, 0.5]])
    with pytest.raises(ValueError, match="two or more"):
        mesh_through((spot, spot), SIZE)
    near = np.vstack([spot, spot + STEP / 4])
    with pytest.raises(ValueError, match="one place"):
        mesh_through((near, near), SIZE)
    with pytest.raises(ValueError, match="shape"):
        Mesh(np.zeros((3, 3), np.float32))
