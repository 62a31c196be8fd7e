from __future__ import annotations

import base64
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.store import NotAllowed, NotInRecord, Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock


def test_a_token_has_256_bits_and_stands_for_its_reader(store: Store, owner: Reader) -> None:
    tokens = {store.open_session(owner) for _ in range(5)}
    assert len(tokens) == 5
    for token in tokens:
        assert len(base64.urlsafe_b64decode(token + "=")) == 32
        assert store.reader_of_session(token) == owner


@pytest.mark.sqlite
def test_only_a_hash_of_the_token_is_on_disk(store: Store, owner: Reader, tmp_path: Path) -> None:
    token = store.open_session(owner)
    everything = b"".join(p.read_bytes() for p in (tmp_path / "home").glob("record.sqlite*"))
    assert token.encode() not in everything


def test_an_idle_session_ends_after_an_hour(store: Store, owner: Reader, clock: Clock) -> None:
    token = store.open_session(owner)
    clock.move(minutes=59)
    assert store.reader_of_session(token) == owner
    clock.move(minutes=59)
    assert store.reader_of_session(token) == owner
    clock.move(minutes=60)
    assert store.reader_of_session(token) is None
    clock.move(minutes=-1)
    assert store.reader_of_session(token) == owner


@pytest.mark.sqlite
def test_use_within_a_minute_writes_nothing(
    store: Store, owner: Reader, clock: Clock, tmp_path: Path
) -> None:
    token = store.open_session(owner)
    log = tmp_path / "home" / "record.sqlite-wal"
    before = log.read_bytes()
    clock.move(seconds=59)
    assert store.reader_of_session(token) == owner
    assert log.read_bytes() == before
    clock.move(seconds=1)
    assert store.reader_of_session(token) == owner
    assert log.read_bytes() != before


def test_signing_out_ends_the_session_and_is_recorded(store: Store, owner: Reader) -> None:
    mine, other = store.open_session(owner), store.open_session(owner)
    store.close_session(mine)
    assert store.reader_of_session(mine) is None
    assert store.reader_of_session(other) == owner
    assert store.events(owner)[0].act == "sign out"
    store.close_session(mine)
    assert [e.act for e in store.events(owner)].count("sign out") == 1


@pytest.mark.parametrize("token", ["", "no such token", "\ud800", "x" * 100_000])
def test_an_unknown_token_stands_for_nobody(store: Store, owner: Reader, token: str) -> None:
    store.open_session(owner)
    assert store.reader_of_session(token) is None
    store.close_session(token)


def test_a_session_outlives_the_process(
    store: Store, owner: Reader, clock: Clock, tmp_path: Path
) -> None:
    token = store.open_session(owner)
    with Store.open(tmp_path / "home", clock=clock) as again:
        assert again.reader_of_session(token) == owner


def test_no_session_without_an_account(clinic: Clinic) -> None:
    with pytest.raises(NotAllowed):
        clinic.store.open_session(Reader(99, "ghost", "Ghost", Role.OWNER))


def test_a_session_ends_after_twelve_hours_however_much_it_is_used(
    store: Store, owner: Reader, clock: Clock
) -> None:
    token = store.open_session(owner)
    for _ in range(23):
        clock.move(minutes=30)
        assert store.reader_of_session(token) == owner
    clock.move(minutes=30)
    assert store.reader_of_session(token) is None


def test_asking_how_long_a_session_goes_on_is_no_use_of_it(
    store: Store, owner: Reader, clock: Clock
) -> None:
    token = store.open_session(owner)
    assert store.session_left(token) == timedelta(minutes=60)
    clock.move(minutes=59)
    assert store.session_left(token) == timedelta(minutes=1)
    clock.move(minutes=1)
    assert store.session_left(token) is None
    assert store.session_left("no such token") is None


def test_the_time_left_ends_with_the_longest_session(
    store: Store, owner: Reader, clock: Clock
) -> None:
    token = store.open_session(owner)
    for _ in range(23):
        clock.move(minutes=30)
        assert store.reader_of_session(token) == owner
    assert store.session_left(token) == timedelta(minutes=30)


def test_signing_out_everywhere_ends_ones_own_sessions(clinic: Clinic, clock: Clock) -> None:
    store, by = clinic.store, clinic.clinician
    tokens = [store.open_session(by) for _ in range(3)]
    other = store.open_session(clinic.owner)
    assert len(store.open_sessions(by)) == 3
    assert store.close_all_sessions(by) == 3
    assert store.open_sessions(by) == []
    assert [store.reader_of_session(token) for token in tokens] == [None] * 3
    assert store.reader_of_session(other) == clinic.owner
    event = store.events(clinic.owner, limit=1)[0]
    assert (event.act, event.who, event.entity_id) == ("sign out everywhere", by.name, by.id)
    assert event.detail == {"sessions": 3}


def test_the_owner_signs_others_out_and_nobody_else_does(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    token = store.open_session(by)
    with pytest.raises(NotAllowed, match="may not manage accounts"):
        store.close_all_sessions(clinic.people[Role.MONITOR], by.id)
    assert store.reader_of_session(token) == by
    assert store.close_all_sessions(clinic.owner, by.id) == 1
    assert store.reader_of_session(token) is None
    with pytest.raises(NotInRecord, match="no account 99"):
        store.close_all_sessions(clinic.owner, 99)
