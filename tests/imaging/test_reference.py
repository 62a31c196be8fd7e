from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lesionscope.imaging.reference import clear_contrast, heard_together
from tests.imaging.test_grow import HEIGHT, WIDTH, X, disc, skin_of

SKIN = np.ones((HEIGHT, WIDTH), bool)


def test_the_clicked_skin_is_the_zero_of_the_contrast() -> None:
    flush = 0.12 * (X > 250)  # a region of healthy redness
    rgb = skin_of(flush + 0.35 * disc(120, 150, 25))
    pale = clear_contrast(rgb, SKIN, (60, 60))
    red = clear_contrast(rgb, SKIN, (330, 150))
    for against, at in ((pale, (60, 60)), (red, (330, 150))):
        around = disc(*at, 8)
        assert abs(np.median(against.signal[around])) < 0.02
        assert abs(np.median(against.haemoglobin[around])) < 0.05
    lesion = disc(120, 150, 18)
    assert np.median(pale.haemoglobin[lesion]) == pytest.approx(0.35, abs=0.1)
    assert pale.clear[60, 60]
    assert not pale.clear[150, 120]


def test_skin_like_the_click_is_never_lesion_and_redder_doubt_is() -> None:
    lesion = disc(120, 150, 30)
    against = clear_contrast(skin_of(0.3 * lesion), SKIN, (300, 80))
    likely = np.full((HEIGHT, WIDTH), 0.80, np.float32)
    together = heard_together(likely, against, SKIN, at=(300, 80))
    assert (together[~disc(120, 150, 36)] >= 0.65).mean() < 0.05
    assert together[disc(120, 150, 22)].min() >= 0.65
    doubt = np.where(lesion, np.float32(0.2), np.float32(0.01))
    together = heard_together(doubt, against, SKIN, at=(170, 130))
    assert (together[disc(120, 150, 22)] >= 0.8).mean() > 0.95
    assert (together[~disc(120, 150, 36)] >= 0.65).mean() < 0.001


def test_a_network_that_is_sure_is_heard_at_half_the_deviation_away_from_the_click() -> None:
    against = clear_contrast(skin_of(0 * disc(120, 150, 30)), SKIN, (300, 80))
    shifted = replace(against, signal=np.full_like(against.signal, 0.6 * max(against.noise, 0.02)))
    sure, likely = (np.full((HEIGHT, WIDTH), p, np.float32) for p in (0.97, 0.80))
    heard = heard_together(sure, shifted, SKIN, at=(300, 80))
    assert heard[120, 60] > 0.75  # far away
    assert heard[80, 300] < 0.5  # where a person said that it is clear
    assert heard_together(likely, shifted, SKIN, at=(300, 80))[120, 60] < 0.75
    same = replace(against, signal=np.zeros_like(against.signal))
    assert heard_together(sure, same, SKIN, at=(300, 80)).max() < 0.5  # no different, no lesion


def test_redness_alone_is_no_lesion_where_the_network_saw_nothing() -> None:
    lips = disc(120, 150, 30)
    against = clear_contrast(skin_of(0.5 * lips), SKIN, (300, 80))
    nothing = np.full((HEIGHT, WIDTH), 0.002, np.float32)
    assert heard_together(nothing, against, SKIN, at=(300, 80)).max() < 0.5


def test_what_is_no_skin_is_no_lesion_and_excluded_skin_is_no_reference() -> None:
    rgb = skin_of(0.3 * disc(120, 150, 30))
    hand = X > 300
    against = clear_contrast(rgb, SKIN, (200, 60), excluded=hand)
    assert not (against.clear & hand).any()
    everywhere = np.ones_like(against.signal)
    assert not heard_together(everywhere, against, ~hand, at=(200, 60))[hand].any()


def test_a_click_outside_the_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="400 x 300 pixels, got 3, 300"):
        clear_contrast(skin_of(np.zeros((HEIGHT, WIDTH))), SKIN, (3, 300))
