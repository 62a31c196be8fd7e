from __future__ import annotations

import base64
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.store import NotAllowed, Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock


def test_a_token_has_256_bits_and_stands_for_its_reader(store: Store, owner: Reader) -> None:
    tokens = {store.open_session(owner) for _ in range(5)}
    assert len(tokens) == 5
    for token in tokens:
        assert len(base64.urlsafe_b64decode(token + "=")) == 32
        assert store.reader_of_session(token) == owner


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
