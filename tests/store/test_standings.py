from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lesionscope.core.people import Reader, Role
from lesionscope.store import AlreadyThere, NotAllowed, NotInRecord, SignInRefused
from lesionscope.store.standings import Standing

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock


def standing(clinic: Clinic, of: Reader) -> Standing:
    return next(s for s in clinic.store.standings(clinic.owner) if s.reader == of)


def test_a_closed_account_is_out_and_stays_out(clinic: Clinic, password: str) -> None:
    store, by = clinic.store, clinic.clinician
    token = store.open_session(by)
    store.close_account(clinic.owner, by.id, " left the clinic ")
    assert store.reader_of_session(token) is None
    assert store.session_left(token) is None
    with pytest.raises(SignInRefused, match="This account is closed"):
        store.authenticate(by.name, password)
    with pytest.raises(SignInRefused, match="This account is closed"):
        store.admit(by.name, vouched_by="https://id.example")
    for act in (store.patients, store.open_session, store.must_change_password):
        with pytest.raises(NotAllowed, match="the account of Person clinician is closed"):
            act(by)
    found = standing(clinic, by)
    assert (found.closed, found.reason, found.sessions) == (True, "left the clinic", 0)
    event = store.events(clinic.owner, entity="account", entity_id=by.id)
    assert [e.act for e in event][:3] == ["sign-in refused", "sign-in refused", "close account"]
    assert event[2].detail["state"] == ["open", "closed"]
    assert event[1].detail["because"] == "closed"


def test_only_who_knows_the_password_is_told_that_the_account_is_closed(clinic: Clinic) -> None:
    clinic.store.close_account(clinic.owner, clinic.clinician.id, "left")
    with pytest.raises(SignInRefused) as closed:
        clinic.store.authenticate(clinic.clinician.name, "not the password")
    with pytest.raises(SignInRefused) as nobody:
        clinic.store.authenticate("nobody", "not the password")
    assert str(closed.value) == str(nobody.value)


def test_a_reopened_account_has_its_password_and_not_its_sessions(
    clinic: Clinic, password: str
) -> None:
    store, by = clinic.store, clinic.clinician
    token = store.open_session(by)
    store.close_account(clinic.owner, by.id, "left")
    store.reopen_account(clinic.owner, by.id, "came back")
    assert store.reader_of_session(token) is None
    assert store.authenticate(by.name, password) == by
    assert (standing(clinic, by).closed, standing(clinic, by).reason) == (False, "came back")
    assert store.verify() == []


def test_what_cannot_be_closed_is_said(clinic: Clinic) -> None:
    store, owner, by = clinic.store, clinic.owner, clinic.clinician
    with pytest.raises(ValueError, match="cannot close your own account"):
        store.close_account(owner, owner.id, "why")
    with pytest.raises(ValueError, match="needs a reason"):
        store.close_account(owner, by.id, " ")
    with pytest.raises(ValueError, match="NUL character"):
        store.close_account(owner, by.id, "left\0the clinic")
    with pytest.raises(NotInRecord, match="no account 99"):
        store.close_account(owner, 99, "why")
    with pytest.raises(AlreadyThere, match="is open already"):
        store.reopen_account(owner, by.id, "why")
    store.close_account(owner, by.id, "why")
    with pytest.raises(AlreadyThere, match="is closed already"):
        store.close_account(owner, by.id, "why")


def test_what_a_closed_account_signed_stays(clinic: Clinic) -> None:
    by = clinic.clinician
    clinic.store.save_draft(by, clinic.visit.id, {})
    clinic.store.close_account(clinic.owner, by.id, "left")
    assert any(e.who == by.name for e in clinic.store.events(clinic.owner))
    with pytest.raises(AlreadyThere, match="is taken"):
        clinic.store.add_account(clinic.owner, by.name, "Somebody", Role.MONITOR, "long enough pw")


def test_the_standing_tells_locks_sessions_and_the_last_sign_in(
    clinic: Clinic, clock: Clock, password: str
) -> None:
    store, by = clinic.store, clinic.clinician
    assert standing(clinic, by) == Standing(by, False, "", False, None, 0, None)
    store.authenticate(by.name, password)
    store.open_session(by)
    signed_in = clock.now
    clock.move(minutes=1)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            store.authenticate(by.name, "not the password")
    until = clock.now + timedelta(minutes=5)
    assert standing(clinic, by) == Standing(by, False, "", False, until, 1, signed_in)
    clock.move(minutes=5)
    assert standing(clinic, by).locked_until is None
    store.reset_password(clinic.owner, by.id, "another long password")
    assert standing(clinic, by).must_change_password
    assert [s.reader.name for s in store.standings(clinic.owner)] == sorted(
        reader.name for reader in clinic.people.values()
    )
