import numpy as np

from lesionscope.imaging.colour import optical_density
from lesionscope.imaging.phantom_recast import recast
from lesionscope.imaging.phantom_view import draw_view


def test_only_skin_gets_lesions_and_one_seed_one_picture() -> None:
    view = draw_view(np.random.default_rng(5), 96)
    drawn = 0
    for seed in range(12):
        made = recast(np.random.default_rng(seed), view.rgb, view.skin)
        again = recast(np.random.default_rng(seed), view.rgb, view.skin)
        assert np.array_equal(made.rgb, again.rgb)
        assert not (made.lesion & ~view.skin).any()
        assert not (made.lesion & made.doubtful).any()
        drawn += bool(made.lesion.any())
    assert drawn


def test_some_casts_are_darker_skin() -> None:
    rgb = np.full((64, 64, 3), (215, 180, 160), np.uint8)
    skin = np.zeros((64, 64), bool)
    skin[:, :32] = True
    darker = []
    for seed in range(20):
        made = recast(np.random.default_rng(seed), rgb, skin)
        density = optical_density(made.rgb)[..., 1]
        darker.append(float(np.median(density[:, :24]) - np.median(density[:, 40:])))
    assert max(darker) > 0.5
    assert min(darker) > -0.2
