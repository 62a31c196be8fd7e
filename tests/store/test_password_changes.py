from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Role
from lesionscope.store import NotAllowed, NotInRecord, SignInRefused, Store

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

NEW = "another long password"


def refused(store: Store, name: str, password: str) -> str:
    with pytest.raises(SignInRefused) as caught:
        store.authenticate(name, password)
    return str(caught.value)


def test_the_new_password_counts_and_the_old_one_no_more(clinic: Clinic, password: str) -> None:
    store, by = clinic.store, clinic.clinician
    store.change_password(by, password, NEW)
    assert "wrong" in refused(store, by.name, password)
    assert store.authenticate(by.name, NEW) == by
    (event,) = [e for e in store.events(clinic.owner) if e.act == "change password"]
    assert (event.who, event.entity_id, dict(event.detail)) == (by.name, by.id, {})
    assert store.verify() == []


def test_a_change_ends_every_session_of_the_account_and_no_other(
    clinic: Clinic, password: str
) -> None:
    store = clinic.store
    mine, also = store.open_session(clinic.clinician), store.open_session(clinic.clinician)
    other = store.open_session(clinic.owner)
    store.change_password(clinic.clinician, password, NEW)
    assert [store.reader_of_session(t) for t in (mine, also)] == [None, None]
    assert store.reader_of_session(other) == clinic.owner


def test_the_present_password_is_asked_for_and_tries_are_counted(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    for _ in range(5):
        with pytest.raises(SignInRefused, match="wrong"):
            store.change_password(by, "not the password", NEW)
    with pytest.raises(SignInRefused, match="5 wrong tries"):
        store.change_password(by, "not the password", NEW)
    refusals = [e for e in store.events(clinic.owner) if e.act == "password change refused"]
    assert len(refusals) == 5


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("short", "10 to 128 characters"),
        ("Person clinician", "must not be the name"),
        ("correct horse battery", "must differ from the present one"),
    ],
)
def test_a_rule_that_is_broken_is_said(
    clinic: Clinic, password: str, new: str, sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        clinic.store.change_password(clinic.clinician, password, new)
    assert clinic.store.authenticate(clinic.clinician.name, password) == clinic.clinician


def test_a_reset_password_lets_in_and_then_does_nothing_but_change(
    clinic: Clinic, password: str
) -> None:
    store, by = clinic.store, clinic.clinician
    token = store.open_session(by)
    store.reset_password(clinic.owner, by.id, NEW)
    assert store.reader_of_session(token) is None
    assert "wrong" in refused(store, by.name, password)
    assert store.authenticate(by.name, NEW) == by
    assert store.must_change_password(by)
    with pytest.raises(NotAllowed, match="choose one of your own first"):
        store.patients(by)
    with pytest.raises(NotAllowed, match="choose one of your own first"):
        store.add_patient(by, "P-02")
    store.change_password(by, NEW, "a password of my own")
    assert not store.must_change_password(by)
    assert len(store.patients(by)) == 1
    assert store.verify() == []


def test_a_reset_unlocks_a_locked_name(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician
    for _ in range(5):
        refused(store, by.name, "not the password")
    assert "5 wrong tries" in refused(store, by.name, "not the password")
    store.reset_password(clinic.owner, by.id, NEW)
    assert store.authenticate(by.name, NEW) == by


def test_a_first_password_may_have_to_be_changed(clinic: Clinic) -> None:
    store = clinic.store
    new = store.add_account(clinic.owner, "new", "New Person", Role.MONITOR, NEW, temporary=True)
    assert store.must_change_password(new)
    with pytest.raises(NotAllowed, match="choose one of your own first"):
        store.patients(new)
    assert not store.must_change_password(clinic.clinician)


def test_ones_own_password_is_changed_not_reset(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="cannot reset your own password: change it"):
        clinic.store.reset_password(clinic.owner, clinic.owner.id, NEW)
    with pytest.raises(NotInRecord, match="no account 99"):
        clinic.store.reset_password(clinic.owner, 99, NEW)
    with pytest.raises(ValueError, match="must not be the name"):
        clinic.store.reset_password(clinic.owner, clinic.clinician.id, "Person clinician")


def test_no_password_and_no_hash_reaches_the_trail(clinic: Clinic, password: str) -> None:
    clinic.store.change_password(clinic.clinician, password, NEW)
    clinic.store.reset_password(clinic.owner, clinic.clinician.id, "yet another password")
    for event in clinic.store.events(clinic.owner):
        for secret in (password, NEW, "yet another password", "argon2"):
            assert secret not in str(dict(event.detail))
