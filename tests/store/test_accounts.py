from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from lesionscope.core.people import Reader, Role
from lesionscope.store import AlreadyThere, NotAllowed, SignInRefused, Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock


def refused(store: Store, name: str, password: str = "wrong wrong wrong") -> str:
    with pytest.raises(SignInRefused) as caught:
        store.authenticate(name, password)
    return str(caught.value)


def test_the_first_account_is_the_owners(store: Store, password: str) -> None:
    assert not store.has_owner()
    owner = store.create_owner("ana", "Ana Lovelace", password)
    assert store.has_owner()
    assert owner == Reader(owner.id, "ana", "Ana Lovelace", Role.OWNER)
    assert store.authenticate("ana", password) == owner


def test_there_is_one_owner(store: Store, owner: Reader, password: str) -> None:
    with pytest.raises(NotAllowed, match="ask them for an account"):
        store.create_owner("other", "Somebody else", password)
    assert store.readers(owner) == [owner]


def test_accounts_are_listed_by_name(store: Store, owner: Reader, password: str) -> None:
    zoe = store.add_account(owner, "Zoe", "Zoe Z", Role.CLINICIAN, password)
    ben = store.add_account(owner, "ben", "Ben B", Role.MONITOR, password)
    assert store.readers(owner) == [ben, owner, zoe]


@pytest.mark.parametrize("name", ["owner", "OWNER", " Owner ", "ｏｗｎｅｒ"])
def test_a_name_is_taken_in_any_capitals(
    store: Store, owner: Reader, password: str, name: str
) -> None:
    with pytest.raises(AlreadyThere, match="is taken"):
        store.add_account(owner, name, "Another", Role.CLINICIAN, password)


@pytest.mark.parametrize(
    ("name", "full_name", "password", "sentence"),
    [
        ("", "Ana", "long enough indeed", "a name must have 1 to 64"),
        ("a\nb", "Ana", "long enough indeed", "printable"),
        ("a" * 65, "Ana", "long enough indeed", "a name must have 1 to 64"),
        ("ana", " ", "long enough indeed", "a full name must have 1 to 128"),
        ("ana", "Ana", "too short", "10 to 128 characters, got 9"),
        ("ana", "Ana Lovelace", "ana lovelace", "must not be the name"),
    ],
)
def test_a_rule_that_is_broken_is_said(
    store: Store, owner: Reader, name: str, full_name: str, password: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        store.add_account(owner, name, full_name, Role.CLINICIAN, password)
    assert store.readers(owner) == [owner]


@pytest.mark.sqlite
def test_the_database_holds_no_password(store: Store, owner: Reader, tmp_path: Path) -> None:
    store.authenticate("owner", "correct horse battery")
    refused(store, "battery staple as a name")
    everything = b"".join(p.read_bytes() for p in (tmp_path / "home").glob("record.sqlite*"))
    assert b"$argon2id$" in everything
    assert b"correct horse battery" not in everything
    assert b"battery staple as a name" not in everything


def test_the_refusal_does_not_tell_whether_the_name_exists(store: Store, owner: Reader) -> None:
    assert refused(store, "owner") == refused(store, "nobody") != ""
    for _ in range(4):
        refused(store, "owner")
        refused(store, "nobody")
    assert refused(store, "owner") == refused(store, "nobody")
    assert "5 wrong tries" in refused(store, "nobody")


def test_five_wrong_tries_lock_for_five_minutes(
    store: Store, owner: Reader, clock: Clock, password: str
) -> None:
    for _ in range(5):
        assert "wrong." in refused(store, "owner")
    assert "wait 5 minutes" in refused(store, "owner", password)
    clock.move(minutes=4, seconds=59)
    assert "wait 5 minutes" in refused(store, "Owner", password)
    clock.move(seconds=1)
    assert store.authenticate("owner", password) == owner


def test_a_right_password_forgets_the_wrong_tries(
    store: Store, owner: Reader, password: str
) -> None:
    for _ in range(3):
        for _ in range(4):
            refused(store, "owner")
        assert store.authenticate("owner", password) == owner


def test_right_passwords_at_the_same_moment_are_no_wrong_tries(
    tmp_path: Path, password: str
) -> None:
    # A hash that takes its time: all tries are under way together.
    slow = PasswordHasher(time_cost=2, memory_cost=8192, parallelism=1)
    with Store.open(tmp_path / "slow", hasher=slow) as store:
        owner = store.create_owner("owner", "Person owner", password)
        start = threading.Barrier(12)

        def sign_in(_: int) -> Reader:
            start.wait()
            return store.authenticate("owner", password)

        with ThreadPoolExecutor(12) as people:
            assert list(people.map(sign_in, range(12))) == [owner] * 12


def test_a_lock_holds_one_name_only_and_outlives_the_process(
    store: Store, owner: Reader, clock: Clock, hasher: object, tmp_path: Path, password: str
) -> None:
    ben = store.add_account(owner, "ben", "Ben B", Role.MONITOR, password)
    for _ in range(5):
        refused(store, "owner")
    with Store.open(tmp_path / "home", clock=clock, hasher=hasher) as again:  # type: ignore[arg-type]
        assert "wait" in refused(again, "owner", password)
        assert again.authenticate("ben", password) == ben


def test_signing_in_and_refusals_are_in_the_trail(
    store: Store, owner: Reader, password: str
) -> None:
    store.authenticate("owner", password)
    refused(store, "owner")
    refused(store, "nobody")
    unknown, wrong, right = store.events(owner, limit=3)
    assert (right.act, right.who, right.role) == ("sign in", "owner", "owner")
    assert (wrong.act, wrong.who, wrong.entity_id) == ("sign-in refused", "", owner.id)
    assert (unknown.act, unknown.who, unknown.entity_id) == ("sign-in refused", "", None)


def test_a_vouched_for_person_needs_an_account(store: Store, owner: Reader) -> None:
    assert store.admit("OWNER", vouched_by="https://id.example") == owner
    with pytest.raises(SignInRefused, match="no account named 'nobody'"):
        store.admit("nobody", vouched_by="https://id.example")
    refusal, admitted = store.events(owner, limit=2)
    assert (admitted.act, admitted.who) == ("sign in", "owner")
    assert (refusal.act, refusal.who, refusal.entity_id) == ("sign-in refused", "", None)
    for event in (refusal, admitted):
        assert event.detail == {"vouched_by": "https://id.example"}


def test_a_reader_of_another_record_may_do_nothing(clinic: Clinic) -> None:
    stranger = Reader(99, "owner", "Person owner", Role.OWNER)
    with pytest.raises(NotAllowed, match="no account in this record"):
        clinic.store.patients(stranger)
    renamed = Reader(clinic.clinician.id, "owner", "Person owner", Role.OWNER)
    with pytest.raises(NotAllowed, match="no account in this record"):
        clinic.store.readers(renamed)


def test_the_role_is_the_records_not_the_callers(clinic: Clinic) -> None:
    monitor = clinic.people[Role.MONITOR]
    raised = Reader(monitor.id, monitor.name, monitor.full_name, Role.OWNER)
    with pytest.raises(NotAllowed, match=r"Person monitor \(monitor\) may not manage accounts"):
        clinic.store.readers(raised)


def test_unreadable_text_is_refused_like_any_other(store: Store, owner: Reader) -> None:
    assert "wrong." in refused(store, "\ud800")
    assert "wrong." in refused(store, "owner", "\ud800" * 12)
    with pytest.raises(ValueError, match="password"):
        store.add_account(owner, "ben", "Ben B", Role.MONITOR, "\ud800" * 12)


@pytest.mark.sqlite
def test_sqlite_itself_keeps_names_apart(store: Store, owner: Reader, tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "home" / "record.sqlite")
    with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
        raw.execute(
            "INSERT INTO accounts (name, name_key, full_name, role, event_id) "
            "SELECT name, name_key, full_name, role, event_id FROM accounts"
        )
    raw.close()


def test_a_person_proven_elsewhere_is_admitted_by_name(clinic: Clinic) -> None:
    owner = clinic.people[Role.OWNER]
    assert clinic.store.admit(owner.name.upper(), vouched_by="https://id.example") == owner
    newest = clinic.store.events(owner, limit=1)[0]
    assert (newest.act, newest.detail["vouched_by"]) == ("sign in", "https://id.example")


def test_a_person_proven_elsewhere_needs_an_account(clinic: Clinic) -> None:
    with pytest.raises(SignInRefused, match="no account named"):
        clinic.store.admit("stranger", vouched_by="https://id.example")
