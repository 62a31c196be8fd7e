from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING

import pytest

from lesionscope import __version__
from lesionscope.store.audit import EventFilter

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock


def test_events_are_newest_first_and_filtered(clinic: Clinic, clock: Clock) -> None:
    store, owner = clinic.store, clinic.owner
    every = store.events(owner)
    assert [e.id for e in every] == list(range(len(every), 0, -1))
    assert [e.id for e in store.events(owner, limit=2)] == [len(every), len(every) - 1]
    accounts = store.events(owner, entity="account")
    assert [e.act for e in accounts] == ["add account"] * 5 + ["create owner"]
    (event,) = store.events(owner, entity="photo", entity_id=clinic.photo.id)
    assert (event.at, event.who, event.role, event.act) == (
        clock.now,
        "owner",
        "owner",
        "add photo",
    )
    assert event.detail["sha256"] == clinic.photo.sha256
    assert (event.software, len(event.hash)) == (__version__, 64)
    assert store.events(owner, entity="photo", entity_id=99) == []


def test_no_password_reaches_the_trail(clinic: Clinic, password: str) -> None:
    for event in clinic.store.events(clinic.owner):
        assert password not in json.dumps(dict(event.detail))
        assert "argon2" not in json.dumps(dict(event.detail))


def test_the_filter_asks_for_who_act_thing_and_days(clinic: Clinic, clock: Clock) -> None:
    store, owner, by = clinic.store, clinic.owner, clinic.clinician
    clock.move(days=1, hours=-12, microseconds=-123456)  # to the first moment of 2 March
    store.add_patient(by, "P-02")
    clock.move(days=1)
    store.add_patient(owner, "P-03")
    assert [e.entity_id for e in store.events(owner, only=EventFilter(who=by.name))] == [2]
    added = EventFilter(act="add patient")
    assert [e.entity_id for e in store.events(owner, only=added)] == [3, 2, 1]
    day = date(2026, 3, 2)
    assert [e.id for e in store.events(owner, only=EventFilter(first=day, last=day))] == [
        e.id for e in store.events(owner, only=EventFilter(who=by.name))
    ]
    until = EventFilter(act="add patient", last=date(2026, 3, 1))
    assert [e.entity_id for e in store.events(owner, only=until)] == [1]
    since = EventFilter(entity="patient", first=day)
    assert [e.entity_id for e in store.events(owner, only=since)] == [3, 2]
    one = EventFilter(entity="patient", entity_id=3)
    assert [e.entity_id for e in store.events(owner, only=one)] == [3]
    assert store.events(owner, only=EventFilter(who="nobody")) == []


@pytest.mark.parametrize(
    "only",
    [
        EventFilter(),
        EventFilter(who="owner"),
        EventFilter(act="add account"),
        EventFilter(first=date(2027, 1, 1)),
    ],
)
def test_the_count_is_the_number_of_events(clinic: Clinic, only: EventFilter) -> None:
    found = clinic.store.events(clinic.owner, limit=None, only=only)
    assert clinic.store.count_events(clinic.owner, only) == len(found)


def test_what_can_be_asked_for_is_what_there_is(clinic: Clinic) -> None:
    choices = clinic.store.event_choices(clinic.owner)
    every = clinic.store.events(clinic.owner, limit=None)
    assert choices.who == tuple(sorted({e.who for e in every if e.who}))
    assert choices.acts == tuple(sorted({e.act for e in every}))
    assert choices.entities == tuple(sorted({e.entity for e in every}))
