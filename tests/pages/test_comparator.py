from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from lesionscope.core.measurement import Interval
from lesionscope.core.people import Reader, Role
from lesionscope.core.sites import Side, Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.imaging.overlay import jpeg
from lesionscope.pages import session
from lesionscope.pages.components.comparator import LesionCard, SameSpots, VisitPicture, packed
from lesionscope.pages.components.detail_relay import Wanted, _wanted
from lesionscope.pages.course_words import trend_words
from lesionscope.scoring.trend import Trend
from lesionscope.store.entries import StoredPhoto
from lesionscope.store.store import Store
from tests.imaging.textured_skin import disc, field_of, photo, texture, turned
from tests.pages.conftest import Open, said
from tests.test_follow_up import AFTER, BEFORE
from tests.test_follow_up import measured as measurement_of

FIELD = field_of(turned(4, 1.05), 6.0)


@dataclass
class Shown:
    """What the page hands to the comparator, and what a person answers."""

    pictures: list[VisitPicture] = field(default_factory=list)
    lesions: list[LesionCard] = field(default_factory=list)
    may_align: bool = False
    answers: list[SameSpots] = field(default_factory=list)
    drawn: Callable[[Wanted], bytes | None] | None = None

    def comparator(self, pictures: Any, lesions: Any, *, may_align: bool, key: str) -> Any:
        self.pictures, self.lesions, self.may_align = list(pictures), list(lesions), may_align
        return self.answers.pop() if self.answers else None

    def relay(self, drawn: Callable[[Wanted], bytes | None], *, key: str) -> None:
        self.drawn = drawn


@dataclass(frozen=True)
class Series:
    store: Store
    owner: Reader
    patient_id: int
    photos: list[StoredPhoto]


def seen(lesion: np.ndarray) -> np.ndarray:
    x, y = FIELD[..., 0].copy(), FIELD[..., 1].copy()
    return np.asarray(cv2.remap(lesion.astype(np.uint8), x, y, cv2.INTER_NEAREST) > 0)


@pytest.fixture
def series(record: Store, owner: Reader) -> Series:
    """Baseline, the same skin turned and changed, and other skin."""
    patient = record.add_patient(owner, "DM-001")
    skin = texture(1)
    visits = (
        ("Baseline", date(2026, 1, 5), photo(skin, lesion=BEFORE), BEFORE),
        ("Week 5", date(2026, 2, 9), photo(skin, FIELD, lesion=AFTER, seed=3), seen(AFTER)),
        ("Week 12", date(2026, 3, 30), photo(texture(2), seed=5), disc(250, 200, 45)),
    )
    photos = []
    for label, day, rgb, lesion in visits:
        visit = record.add_visit(owner, patient.id, day, label)
        stored = record.add_photo(
            owner, visit.id, jpeg(rgb), name=f"{label}.jpg", view="abdomen", site=Site.ABDOMEN,
            side=Side.MIDLINE,
        )  # fmt: skip
        found = measurement_of(rgb, lesion, mm_per_px=0.5).found
        kept = {**document(found), "sha256": stored.sha256}
        record.add_measurement(owner, stored.id, kept, mask_files(found), drawn_by="LesionScope 0")
        photos.append(stored)
    return Series(record, owner, patient.id, photos)


@pytest.fixture
def shown() -> Any:
    found = Shown()
    module = "lesionscope.pages.components"
    with ExitStack() as held:
        held.enter_context(patch(f"{module}.comparator.comparator", found.comparator))
        held.enter_context(patch(f"{module}.detail_relay.detail_relay", found.relay))
        yield found


def opened(open_app: Open, series: Series, reader: Reader | None = None) -> AppTest:
    place = {session.PATIENT: series.patient_id}
    app = open_app("comparator", reader or series.owner, **place)
    assert not app.exception
    return app


def test_photos_are_laid_once_lesions_followed_and_other_skin_refused(
    series: Series, shown: Shown, open_app: Open
) -> None:
    app = opened(open_app, series)
    text = said(app)
    first, second, third = shown.pictures
    assert (first.title, first.day) == ("Baseline", "5 Jan 2026")
    assert second.note.startswith("Aligned, ± ")
    assert second.mesh is not None
    assert second.aligned
    assert second.change
    assert third.mesh is None
    assert third.note == "Not aligned."
    assert "Week 12 is not aligned. Only" in text
    assert "press Align by spots" in text
    assert "Lesional area -3" in text
    assert "1 new, 1 resolved, 1 shrunk, 1 within measurement error" in text
    titles = {card.title.split(" · ")[1] for card in shown.lesions}
    assert titles == {"new", "resolved", "shrunk", "within measurement error"}
    assert {number for number, _ in first.tracked} <= {card.number for card in shown.lesions}
    with patch("lesionscope.pages.laying.compare", side_effect=AssertionError("again")):
        assert "is not aligned" in said(app.run())


def test_spots_lay_other_skin_for_the_eye_alone_and_can_be_taken_back(
    series: Series, shown: Shown, open_app: Open
) -> None:
    third = series.photos[2]
    spots = SameSpots(str(third.id), ((0.2, 0.3), (0.7, 0.5)), ((0.25, 0.3), (0.75, 0.45)))
    shown.answers.append(spots)
    app = opened(open_app, series)
    assert "by the marked spots alone" in said(app)
    assert shown.pictures[2].mesh is not None
    assert "to look at, not measured" in shown.pictures[2].note
    assert not shown.pictures[2].change
    kept = series.store.marked_spots(series.owner, series.photos[0].id, third.id)
    assert kept is not None
    app.button(key=f"unmark.{third.id}").click().run()
    assert "Week 12 is not aligned." in said(app)
    assert series.store.verify() == []


def test_finer_parts_come_from_the_photo_and_lie_on_the_first(
    series: Series, shown: Shown, open_app: Open
) -> None:
    opened(open_app, series)
    assert shown.drawn is not None
    box, second = (0.2, 0.2, 0.6, 0.6), str(series.photos[1].id)
    part = shown.drawn(Wanted(second, True, box, 400, 400))
    assert part is not None
    assert part != shown.drawn(Wanted(second, False, box, 400, 400))
    assert shown.drawn(Wanted("99", True, box, 400, 400)) is None


def test_a_monitor_looks_and_does_not_align(
    series: Series, shown: Shown, open_app: Open, reader_with: Callable[[Role], Reader]
) -> None:
    app = opened(open_app, series, reader_with(Role.MONITOR))
    assert not shown.may_align
    assert "press Align by spots" not in said(app)


def test_fewer_than_two_visits_say_what_is_needed(
    series: Series, shown: Shown, open_app: Open
) -> None:
    app = opened(open_app, series)
    app.pills[0].set_value([series.photos[0].visit_id]).run()
    assert "Choose two visits or more." in said(app)
    alone = series.store.add_patient(series.owner, "DM-002")
    app = open_app("comparator", series.owner, **{session.PATIENT: alone.id})
    assert "Two visits with a photo of the same site" in said(app)


def test_the_timeline_lays_photos_and_offers_the_figure(
    series: Series, shown: Shown, open_app: Open
) -> None:
    app = open_app("timeline", series.owner, **{session.PATIENT: series.patient_id})
    assert not app.exception
    assert "as taken" in said(app)
    app.button(key="timeline_lay").click().run()
    assert not app.exception
    text = said(app)
    assert "laid onto the first" in text
    assert "first photo" in text
    assert app.get("download_button")


def test_one_block_holds_every_picture_once() -> None:
    picture = jpeg(np.zeros((6, 8, 3), np.uint8))
    one = VisitPicture("1", "Baseline", "5 Jan 2026", "", (6, 8), picture, aligned=picture)
    data = packed([one, one], [LesionCard(1, (0.5, 0.5), "Lesion 1", ("a",))], key="k")
    size = int.from_bytes(data[:4], "little")
    header = json.loads(data[4 : 4 + size])
    assert list(header["blobs"].values()) == [[0, len(picture)]]
    assert data[4 + size :] == picture
    assert header["visits"][0]["taken"] == header["visits"][1]["aligned"]


def test_the_browsers_word_is_checked() -> None:
    part = {"visit": "3", "aligned": True, "box": [0, 0, 0.5, 0.5], "width": 100, "height": 50}
    assert _wanted(part) == Wanted("3", True, (0.0, 0.0, 0.5, 0.5), 100, 50)
    for wrong in ({"box": [0.5, 0, 0, 1]}, {"width": 9000}, {"box": [0, 0, float("nan"), 1]},
                  {"visit": 3}, {"box": None}, {"height": "50"}):  # fmt: skip
        assert _wanted({**part, **wrong}) is None


def test_trends_are_written_with_their_interval() -> None:
    assert trend_words(None).startswith("no trend")
    falling = Trend(-0.1, Interval(-0.15, 0.01), False, 3)
    assert trend_words(falling) == "-0.10 a month (-0.15 to +0.01), within measurement error"
