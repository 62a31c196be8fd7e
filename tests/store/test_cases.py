from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lesionscope.core.campaign import ReadDesign
from lesionscope.core.case import CaseState, Pane, Scores
from lesionscope.core.people import Reader
from lesionscope.imaging.deidentify import metadata_in
from lesionscope.store import NotInRecord, SignInRefused
from lesionscope.store.case_binder import Binder
from tests.store.reading_room import PASSWORD, SECRETS, ReadingRoom, scored


def start(room: ReadingRoom, **other: object) -> Binder:
    campaign = room.store.start_campaign(room.manager, room.plan(**other), room.chosen())
    return room.store.campaign_binder(room.manager, campaign.id)


def code_of(binder: Binder, reader: Reader, number: int, *, repeat: bool = False) -> str:
    (slot,) = [
        s
        for s in binder.slots
        if (s.account_id, s.repeat, s.settles) == (reader.id, repeat, False)
        and binder.cases[s.case_id].number == number
    ]
    return slot.code


def test_a_reader_finds_their_own_cases_and_no_other(room: ReadingRoom) -> None:
    binder = start(room)
    mine = room.store.my_cases(room.one)
    assert [line.place for line in mine] == list(range(1, 15))
    assert {line.state for line in mine} == {CaseState.OPEN}
    assert room.store.my_cases(room.third) == []
    other = code_of(binder, room.two, 1)
    for call in (
        lambda: room.store.blind_case(room.one, other),
        lambda: room.store.blind_view(room.one, other, 1),
        lambda: room.store.save_case_draft(room.one, other, {}),
        lambda: room.store.lock_case(room.one, other, PASSWORD, scores={}),
        lambda: room.store.ask_site(room.one, other, "?"),
        lambda: room.store.my_queries(room.one, other),
        lambda: room.store.ask_case_unlock(room.one, other, "why"),
        lambda: room.store.blind_case(room.one, "AAAA-AAAA"),
    ):
        with pytest.raises(NotInRecord, match="you have no case"):
            call()


@pytest.mark.parametrize("design", ReadDesign)
@pytest.mark.parametrize("hide", [False, True])
def test_nothing_that_a_reader_gets_names_anything(
    room: ReadingRoom, design: ReadDesign, hide: bool
) -> None:
    start(room, design=design, hide_location=hide, show_suggestion=True)
    names = (
        "Omegaowner",
        "Deltamanager",
        "Alphareader",
        "Betareader",
        "Gammareader",
        "readerone",
        "readertwo",
        "third",
    )
    for line in room.store.my_cases(room.one):
        told = [repr(line)]
        if line.state is not CaseState.WAITING:
            case = room.store.blind_case(room.one, line.code)
            told.append(json.dumps(asdict(case), default=str))
            assert hide is not any(photo.location for photo in case.photos)
            for photo in case.photos:
                picture = room.store.blind_view(room.one, line.code, photo.number)
                assert metadata_in(picture) == ("comment",)
                assert line.code.encode() in picture
                told.append(picture.decode("latin-1"))
        for secret in (*SECRETS, *names):
            assert secret.casefold() not in "".join(told).casefold()


def test_a_hidden_repeat_shows_the_same_pixels_and_other_bytes(room: ReadingRoom) -> None:
    binder = start(room)
    again = next(s for s in binder.slots if s.repeat and s.account_id == room.one.id)
    number = binder.cases[again.case_id].number
    first = code_of(binder, room.one, number)
    one, other = (room.store.blind_view(room.one, code, 1) for code in (first, again.code))
    assert one != other
    pixels = [np.asarray(Image.open(io.BytesIO(picture))) for picture in (one, other)]
    assert (pixels[0] == pixels[1]).all()
    assert "repeat" not in repr(room.store.blind_case(room.one, again.code).line)


def test_a_draft_is_kept_and_gone_once_signed(room: ReadingRoom) -> None:
    binder = start(room)
    code = code_of(binder, room.one, 1)
    draft: dict[str, Any] = {"scores": {"": {"answers": {"arm.erythema": 2}, "bsa": None}}, "at": 1}
    room.store.save_case_draft(room.one, code, draft)
    room.store.save_case_draft(room.one, code, draft)
    case = room.store.blind_case(room.one, code)
    assert (dict(case.draft), case.line.state) == (draft, CaseState.STARTED)
    assert [e.act for e in room.store.events(room.owner, limit=2)].count("save case draft") == 1
    room.store.save_case_draft(room.one, code, {"scores": {}, "at": 0})  # of a tab that was cut off
    assert dict(room.store.blind_case(room.one, code).draft) == draft
    room.lock(room.one, code, 2)
    case = room.store.blind_case(room.one, code)
    assert (dict(case.draft), case.line.state) == ({}, CaseState.LOCKED)
    with pytest.raises(ValueError, match="locked"):
        room.store.save_case_draft(room.one, code, draft)


def test_what_is_locked_stays_locked_and_is_not_doubled(room: ReadingRoom) -> None:
    binder = start(room)
    code = code_of(binder, room.one, 1)
    room.lock(room.one, code, 2)
    with pytest.raises(ValueError, match="is locked"):
        room.lock(room.one, code, 3)  # the other tab
    case = room.store.blind_case(room.one, code)
    assert case.read is not None
    assert case.read[""].answers["arm.erythema"] == 2
    assert room.store.verify() == []


def test_signing_needs_the_password_and_every_answer(room: ReadingRoom) -> None:
    binder = start(room)
    code = code_of(binder, room.one, 1)
    case = room.store.blind_case(room.one, code)
    full = scored(case, erythema=1, bsa=2.0)
    with pytest.raises(SignInRefused):
        room.store.lock_case(room.one, code, "not my password", scores=full)
    lacking = {"": Scores({"arm.erythema": 1}, 2.0)}
    with pytest.raises(ValueError, match="2 items are blank"):
        room.store.lock_case(room.one, code, PASSWORD, scores=lacking)
    with pytest.raises(ValueError, match="every side"):
        room.store.lock_case(room.one, code, PASSWORD, scores={})
    assert room.store.blind_case(room.one, code).read is None


def test_what_was_signed_names_the_pictures_and_the_plan(room: ReadingRoom) -> None:
    binder = start(room)
    room.lock(room.one, code_of(binder, room.one, 1), 1, note="glare")
    read = next(iter(room.store.campaign_binder(room.manager, binder.campaign.id).reads.values()))
    assert read.scores[Pane.VISIT] == Scores(
        {"arm.erythema": 1, "arm.scale": 0, "arm.erosion": 0}, 2.0
    )
    assert (read.note, read.reader_name, read.suggestion_seen) == (
        "glare",
        "Alphareader One",
        False,
    )
    with room.store._reading(None, None) as connection:
        from lesionscope.store.tables import case_reads  # the document itself

        content = json.loads(connection.execute(case_reads.select()).one().content)
    assert content["campaign"]["sha256"] == binder.campaign.content_sha256
    view = next(iter(room.store.releases(room.owner, room.visits[0, 0]).values())).view_sha256
    assert content["views"] == [view]


def test_a_photo_taken_back_is_neither_shown_nor_read(room: ReadingRoom) -> None:
    binder = start(room)
    code = code_of(binder, room.one, 1)
    assert room.store.blind_view(room.one, code, 1)
    room.store.take_back_photo(room.owner, room.photos[0, 0], "a name on the wrist")
    with pytest.raises(NotInRecord, match="taken back"):
        room.store.blind_view(room.one, code, 1)
    with pytest.raises(ValueError, match="taken back"):
        room.lock(room.one, code, 1)


def test_a_withdrawn_photo_is_not_shown(room: ReadingRoom) -> None:
    binder = start(room)
    room.store.withdraw_photo(room.owner, room.photos[0, 0], "wrong patient")
    with pytest.raises(NotInRecord, match="taken back"):
        room.store.blind_view(room.one, code_of(binder, room.one, 1), 1)


def test_a_series_opens_point_by_point(room: ReadingRoom) -> None:
    start(room, design=ReadDesign.SEQUENTIAL)
    lines = room.store.my_cases(room.one)
    assert [line.state for line in lines[:3]] == [
        CaseState.OPEN,
        CaseState.WAITING,
        CaseState.WAITING,
    ]
    with pytest.raises(ValueError, match="earlier time points"):
        room.store.blind_case(room.one, lines[1].code)
    with pytest.raises(ValueError, match="earlier time points"):
        room.store.blind_view(room.one, lines[1].code, 1)
    room.lock(room.one, lines[0].code, 1)
    second = room.store.blind_case(room.one, lines[1].code)
    assert [photo.pane for photo in second.photos] == ["Time point 1", "Time point 2"]
    assert second.point == "Time point 2"


def test_the_machine_is_withheld_until_the_own_scores_are_locked(room: ReadingRoom) -> None:
    store, photo = room.store, room.photos[0, 0]
    store.add_measurement(
        room.owner,
        photo,
        {
            "suggestions": [{"site": "arm", "item": "erythema", "level": 3}],
            "bsa_percent": 4.5,
        },
        {},
        drawn_by="lesionscope 0.1",
    )
    shown, never = start(room, show_suggestion=True), start(room, seed=8)
    code = code_of(shown, room.one, 1)
    assert store.blind_case(room.one, code).suggestion is None
    room.lock(room.one, code, 1)
    suggestion = store.blind_case(room.one, code).suggestion
    assert suggestion == {"": Scores({"arm.erythema": 3}, 4.5)}
    code = code_of(never, room.one, 1)
    room.lock(room.one, code, 1)
    assert store.blind_case(room.one, code).suggestion is None


def test_sides_are_put_back_before_they_are_kept(room: ReadingRoom) -> None:
    binder = start(room, design=ReadDesign.PAIRED, repeat_percent=0)
    for slot in [s for s in binder.slots if s.account_id == room.one.id]:
        case = room.store.blind_case(room.one, slot.code)
        baseline = next(name for name, pane in binder.panes(slot).items() if pane is Pane.BASELINE)
        scores = {
            side: scored(case, erythema=3 if side == baseline else 1, bsa=2.0)[side]
            for side in case.panes
        }
        room.store.lock_case(room.one, slot.code, PASSWORD, scores=scores)
    for read in room.store.campaign_binder(room.manager, binder.campaign.id).reads.values():
        assert read.scores[Pane.BASELINE].answers["arm.erythema"] == 3
        assert read.scores[Pane.VISIT].answers["arm.erythema"] == 1
