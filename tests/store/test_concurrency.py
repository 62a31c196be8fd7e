"""Many writers at once: no lost act, no broken chain, no lock shown to anybody."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from argon2 import PasswordHasher
from sqlalchemy import make_url

from lesionscope.core.people import Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.sites import Side, Site
from lesionscope.store import AlreadyThere, SignInRefused, Store
from lesionscope.store import database as record_database

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

WRITER = Path(__file__).with_name("writer.py")
PASSWORD = "correct horse battery"


def all_at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """Run an act in many threads that start together; return results and exceptions."""
    start = threading.Barrier(times)
    results: list[Any] = [None] * times

    def run(number: int) -> None:
        start.wait()
        try:
            results[number] = act(number)
        except Exception as error:
            results[number] = error

    threads = [threading.Thread(target=run, args=(n,)) for n in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_threads_of_one_store_lose_nothing(clinic: Clinic) -> None:
    store, by = clinic.store, clinic.clinician

    def work(number: int) -> list[int]:
        ids = []
        for turn in range(4):
            patient = store.add_patient(by, f"T{number}-{turn}")
            visit = store.add_visit(by, patient.id, date(2026, 3, 1), "Baseline")
            data = f"{number} {turn}".encode()
            photo = store.add_photo(
                by, visit.id, data, name="a", view="arm", site=Site.ARM, side=Side.LEFT
            )
            store.save_draft(by, visit.id, {"turn": turn})
            assert store.original(by, photo.id) == data
            assert store.timeline(by, patient.id)[0].draft
            ids.append(patient.id)
        return ids

    before = len(store.events(clinic.owner))
    results = all_at_once(8, work)
    assert [r for r in results if isinstance(r, Exception)] == []
    assert len({i for ids in results for i in ids}) == 32
    assert len(store.patients(by)) == 33
    assert len(store.events(clinic.owner, limit=1000)) == before + 32 * 4
    assert store.verify() == []


def test_stores_of_their_own_wait_for_each_other(
    clinic: Clinic, tmp_path: Path, hasher: PasswordHasher
) -> None:
    def work(number: int) -> None:
        with Store.open(tmp_path / "home", hasher=hasher) as mine:
            for turn in range(5):
                mine.add_patient(clinic.clinician, f"T{number}-{turn}")

    results = all_at_once(8, work)
    assert results == [None] * 8
    assert len(clinic.store.patients(clinic.owner)) == 41
    assert clinic.store.verify() == []


def test_twenty_clients_lose_no_act_and_see_no_lock(
    clinic: Clinic, tmp_path: Path, hasher: PasswordHasher
) -> None:
    """Each client has connections of its own, as a server process of its own would have."""
    clinic.store.close()

    def work(number: int) -> tuple[int, int]:
        with Store.open(tmp_path / "home", hasher=hasher) as mine:
            for turn in range(3):
                patient = mine.add_patient(clinic.clinician, f"C{number}-{turn}")
                mine.save_draft(clinic.clinician, clinic.visit.id, {"from": number, "turn": turn})
                mine.patients(clinic.clinician)
                mine.add_visit(clinic.clinician, patient.id, date(2026, 3, 1), "Baseline")
            events = mine.events(clinic.owner, limit=None)
            return len(mine.timeline(clinic.clinician, patient.id)), len(events)

    before = len(clinic.store.events(clinic.owner))
    results = all_at_once(20, work)
    assert [r for r in results if isinstance(r, Exception)] == []
    assert {visits for visits, _ in results} == {1}
    assert len(clinic.store.patients(clinic.owner)) == 61
    acts = clinic.store.events(clinic.owner, limit=None)
    assert len(acts) == before + 20 * 3 * 3
    assert clinic.store.verify() == []


def write_together(home: Path, hasher: PasswordHasher, accounts: list[str]) -> None:
    """Start a writer of three visits for each account at once; none may lose an act or fail."""
    url = make_url(record_database.record_of(home)).render_as_string(hide_password=False)
    children = [
        subprocess.Popen(
            [sys.executable, str(WRITER), str(home), f"w{number}", "3", account],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"LESIONSCOPE_DATABASE": url},
        )
        for number, account in enumerate(accounts)
    ]
    said = [child.communicate(timeout=600)[1][-300:] for child in children]
    assert said == [""] * len(accounts)
    assert [child.returncode for child in children] == [0] * len(accounts)
    with Store.open(home, hasher=hasher) as store:
        assert store.verify() == []
        by = store.authenticate("owner", PASSWORD)
        assert len(store.patients(by)) == 3 * len(accounts)
        acts = [event.act for event in store.events(by, limit=None)]
    assert acts.count("create owner") == 1
    for act in ("add photo", "measure photo", "save draft"):
        assert acts.count(act) == 9 * len(accounts)
    assert acts.count("sign reading") == 3 * len(accounts)


@pytest.mark.sqlite
@pytest.mark.usefixtures("tidy")
def test_processes_that_start_together_share_one_new_record(
    tmp_path: Path, hasher: PasswordHasher
) -> None:
    (tmp_path / "home").mkdir()
    write_together(tmp_path / "home", hasher, [""] * 4)


@pytest.mark.stress
@pytest.mark.timeout(1800)
@pytest.mark.usefixtures("tidy")
def test_twenty_processes_lose_nothing(tmp_path: Path, hasher: PasswordHasher) -> None:
    home, names = tmp_path / "home", [f"reader{number}" for number in range(20)]
    home.mkdir()
    with Store.open(home, hasher=hasher) as store:
        owner = store.create_owner("owner", "Person owner", PASSWORD)
        for name in names:
            store.add_account(owner, name, f"Person {name}", Role.CLINICIAN, PASSWORD)
    write_together(home, hasher, names)


def test_one_of_many_signatures_wins(clinic: Clinic) -> None:
    def sign(_number: int) -> int:
        return clinic.store.sign(
            clinic.clinician,
            clinic.visit.id,
            PASSWORD,
            answers={"alopecia": 1},
            origins={"alopecia": AnswerOrigin.ENTERED},
            bsa=None,
            meaning=Meaning.AUTHORSHIP,
            measurement_ids=[],
            suggestions_shown=False,
        ).id

    results = all_at_once(4, sign)
    assert results.count(1) == 1
    refused = [r for r in results if r != 1]
    assert all("already has reading 1" in str(r) for r in refused), refused
    assert len(clinic.store.readings(clinic.owner, clinic.visit.id)) == 1


def test_the_same_photo_is_added_once(clinic: Clinic) -> None:
    def add(number: int) -> int:
        return clinic.store.add_photo(
            clinic.clinician,
            clinic.visit.id,
            b"the same bytes" * 10_000,
            name=f"{number}.jpg",
            view="arm",
            site=Site.ARM,
            side=Side.LEFT,
        ).id

    results = all_at_once(6, add)
    assert [type(r) for r in results if not isinstance(r, int)] == [AlreadyThere] * 5
    assert len(clinic.store.photos(clinic.owner, clinic.visit.id)) == 2


def test_many_guesses_at_once_are_no_more_than_five(clinic: Clinic) -> None:
    def guess(number: int) -> None:
        clinic.store.authenticate("clinician", f"a wrong guess {number}")

    refusals = [str(r) for r in all_at_once(12, guess)]
    assert all(isinstance(r, str) for r in refusals)
    assert sum("is wrong" in r for r in refusals) == 5
    assert sum("wait 5 minutes" in r for r in refusals) == 7
    assert isinstance(all_at_once(1, guess)[0], SignInRefused)
