from __future__ import annotations

import threading

import pytest
import streamlit as st
from streamlit import runtime

from lesionscope.core.people import Role
from lesionscope.pages import ahead, session
from lesionscope.places import data_home
from tests.pages.conftest import Clinic


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[object, object]]:
    """What would be done in the background of a server, in order."""
    asked: list[tuple[object, object]] = []
    monkeypatch.setattr(ahead, "do", lambda name, work: asked.append((name, work)))
    return asked


def test_an_open_visit_is_prepared_once_and_again_after_it_was_measured(
    clinic: Clinic, served: list[tuple[object, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    ahead.prepare_open_visit(clinic.owner)
    assert not served
    state |= {session.PATIENT: clinic.patient_id, session.VISIT: clinic.visit_id}
    ahead.prepare_open_visit(clinic.owner)
    ahead.prepare_open_visit(clinic.owner)
    assert [name for name, _ in served] == [
        *((what, clinic.visit_id) for what in ("pictures", "overlaps", "pairs")),
        ("course", clinic.patient_id),
    ]
    state.pop(session.PREPARED)
    ahead.prepare_open_visit(clinic.owner)
    assert len(served) == 8


def test_nothing_is_prepared_for_who_may_not_read_the_record(
    clinic: Clinic, served: list[tuple[object, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    blind = clinic.store.add_account(
        clinic.owner, "blind", "A blinded reader", Role.ADJUDICATOR, "a long enough secret"
    )
    place = {session.PATIENT: clinic.patient_id, session.VISIT: clinic.visit_id}
    monkeypatch.setattr(st, "session_state", place)
    ahead.prepare_open_visit(blind)
    assert not served


def test_the_work_fills_the_shelf(clinic: Clinic) -> None:
    ahead.draw_pictures(clinic.owner, clinic.visit_id)
    drawn = len(list((data_home() / "computed").iterdir()))
    assert drawn >= 1 + len(ahead.SIDES)
    ahead.find_overlaps(clinic.owner, clinic.visit_id)
    ahead.find_overlaps_of_all(clinic.owner, clinic.patient_id)
    ahead.lay_pairs(clinic.owner, clinic.patient_id, clinic.visit_id)  # one visit: nothing to lay


def test_a_failure_in_the_background_stays_there() -> None:
    background, done = ahead.Ahead(), threading.Event()
    background.do("bad", lambda: 1 / 0)
    background.do("good", done.set)
    assert done.wait(30)


def test_what_waits_already_is_not_taken_up_twice() -> None:
    background, go, done = ahead.Ahead(), threading.Event(), threading.Event()
    times: list[int] = []
    background.do("first", lambda: go.wait(30))
    for _ in range(3):
        background.do("same", lambda: times.append(1))
    background.do("last", done.set)
    go.set()
    assert done.wait(30)
    assert times == [1]


def test_without_a_server_nothing_runs_in_the_background(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not runtime.exists()
    monkeypatch.setattr(ahead.Ahead, "do", lambda *_: pytest.fail("it ran"))
    ahead.do("name", lambda: None)
