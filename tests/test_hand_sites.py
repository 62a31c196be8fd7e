from collections.abc import Iterator

import numpy as np
import pytest

from lesionscope import measure, read_photo
from lesionscope.core.measurement import Item, Measurement
from lesionscope.core.sites import Site
from lesionscope.hand_sites import HandMap, hand_map
from lesionscope.imaging.handjoints import JointKind, JointRegion, joint_labels
from lesionscope.places import samples_folder
from lesionscope.ruler import hands_in

SHAPE = (200, 300)


def regions() -> Iterator[JointRegion]:
    for number, kind in enumerate((JointKind.MCP, JointKind.PIP, JointKind.NAIL)):
        yield JointRegion(kind, "ring finger", "right", 60.0, 40.0 + 50 * number, 15.0)


@pytest.fixture
def drawn() -> HandMap:
    hands = np.zeros(SHAPE, bool)
    hands[:, :150] = True
    every = tuple(regions())
    return HandMap(every, joint_labels(every, SHAPE), hands)


def disc(x: float, y: float, radius: float) -> np.ndarray:
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    return np.hypot(columns - x, rows - y) < radius


def test_a_papule_over_a_joint_is_gottrons(drawn: HandMap) -> None:
    place = drawn.place_of(disc(62, 41, 8))
    assert place.words == "MCP joint, right ring finger"
    assert place.sites == (Site.GOTTRON_HANDS,)


def test_redness_between_the_joints_is_of_the_back_of_the_hand(drawn: HandMap) -> None:
    assert drawn.place_of(disc(115, 100, 12)).sites == (Site.DORSUM_HANDS,)


def test_one_large_lesion_counts_for_both(drawn: HandMap) -> None:
    place = drawn.place_of(disc(75, 70, 58) & drawn.hands)
    assert place.sites == (Site.DORSUM_HANDS, Site.GOTTRON_HANDS)
    assert place.words == "back of the hand and over 2 joints"


def test_nails_and_forearms_count_for_neither(drawn: HandMap) -> None:
    nail = drawn.place_of(disc(60, 140, 8))
    assert (nail.words, nail.sites) == ("nail fold, right ring finger", ())
    assert drawn.place_of(disc(250, 100, 20)).sites == ()


@pytest.fixture(scope="module")
def hands() -> Measurement:
    photo = next(iter(sorted((samples_folder() / "demo_study" / "photos").glob("*_hands.jpg"))))
    return measure(photo, site=Site.GOTTRON_HANDS)


def test_a_photo_of_the_hands_answers_for_both_locations(hands: Measurement) -> None:
    said = [(s.site, s.item) for s in hands.suggestions]
    assert len(set(said)) == len(said) == 5
    assert (Site.GOTTRON_HANDS, Item.SCALE) not in said
    over = [each for each in hands.lesions if each.sites and Site.GOTTRON_HANDS in each.sites]
    assert over
    assert any("joint" in each.place for each in over)


def test_other_photos_are_of_one_location() -> None:
    path = next(iter(sorted((samples_folder() / "demo_study" / "photos").glob("*_back.jpg"))))
    back = read_photo(path.read_bytes())
    assert hand_map(Site.UPPER_BACK_SHOULDERS, hands_in(back), (100, 100), 0.1) is None
    assert hand_map(Site.DORSUM_HANDS, [], (100, 100), 0.1) is None
