"""A process killed in the middle of writing loses nothing that it acknowledged."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import make_url, text

from lesionscope.store import Store
from lesionscope.store import database as record_database

WRITER = Path(__file__).with_name("writer.py")
PASSWORD = "correct horse battery"

Acknowledged = tuple[str, int, str]


@pytest.fixture
def forker() -> Iterator[subprocess.Popen[str]]:
    """A process that has imported everything, so that its writers start at once."""
    with subprocess.Popen(
        [sys.executable, str(WRITER)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def write_and_kill(
    forker: subprocess.Popen[str], home: Path, said: Path, *, acts: int, seconds: float
) -> list[Acknowledged]:
    """Start a writer, kill it so long after so many acts, return what it had acknowledged."""
    assert forker.stdin is not None
    assert forker.stdout is not None
    said.touch()
    home.mkdir(exist_ok=True)
    url = make_url(record_database.record_of(home)).render_as_string(hide_password=False)
    forker.stdin.write(json.dumps([str(home), said.stem, str(said), url]) + "\n")
    forker.stdin.flush()
    writer = int(forker.stdout.readline())
    while said.read_bytes().count(b"\n") < acts:
        time.sleep(0.001)
    time.sleep(seconds)
    os.kill(writer, signal.SIGKILL)
    assert int(forker.stdout.readline()) == -signal.SIGKILL, "the writer ended by itself"
    lines = said.read_text().split("\n")[:-1]  # a last line without its end was not said
    return [(kind, number, content) for kind, number, content in map(json.loads, lines)]


def check(home: Path, acknowledged: list[Acknowledged], hasher: PasswordHasher) -> None:
    with Store.open(home, hasher=hasher) as store:
        assert store.verify() == []
        if not store.has_owner():
            assert acknowledged == []
            return
        by = store.authenticate("owner", PASSWORD)
        drafts: dict[int, int] = {}
        for kind, number, content in acknowledged:
            if kind == "patient":
                assert store.patient(by, number).pseudonym == content
            elif kind == "visit":
                assert store.visit(by, number).label == "Baseline"
            elif kind == "photo":
                assert store.photo(by, number).sha256 == content
                store.original(by, number)
            elif kind == "measurement":
                assert set(store.measurement_files(by, number)) == {"lesion", "skin"}
            elif kind == "draft":
                drafts[number] = max(drafts.get(number, 0), int(content))
            elif kind == "reading":
                assert content in signed_hashes(store)
        for visit_id, measured in drafts.items():
            draft = store.draft(by, visit_id)
            signed = store.current_reading(by, visit_id) is not None
            assert signed or (draft is not None and len(draft["measured"]) >= measured)
        no_half_act(store)


def signed_hashes(store: Store) -> set[str]:
    with store._reading(None, None) as connection:
        return set(connection.scalars(text("SELECT content_sha256 FROM readings")))


def no_half_act(store: Store) -> None:
    """Count the rows that each kind of act writes together."""
    for question in (
        "SELECT COUNT(*) FROM photos WHERE id NOT IN (SELECT photo_id FROM assignments)",
        "SELECT COUNT(*) FROM measurements m WHERE 2 != "
        "(SELECT COUNT(*) FROM measurement_files f WHERE f.measurement_id = m.id)",
        "SELECT COUNT(*) FROM accounts WHERE id NOT IN (SELECT account_id FROM passwords)",
        "SELECT (SELECT COUNT(*) FROM events WHERE act = 'add photo') - COUNT(*) FROM photos",
        "SELECT (SELECT COUNT(*) FROM events WHERE act = 'sign reading') - COUNT(*) FROM readings",
    ):
        with store._reading(None, None) as connection:
            assert connection.scalar(text(question)) == 0, question


def kill_many_times(
    forker: subprocess.Popen[str], tmp_path: Path, times: int, seed: int, hasher: PasswordHasher
) -> None:
    chance = random.Random(seed)
    acknowledged: list[Acknowledged] = []
    for number in range(times):
        said = tmp_path / f"w{number}.txt"
        if number % 4 == 0:  # while it makes a new record
            home, seconds = tmp_path / f"new{number}", chance.uniform(0, 0.08)
            check(home, write_and_kill(forker, home, said, acts=0, seconds=seconds), hasher)
            continue
        acts, seconds = chance.randint(1, 15), chance.uniform(0, 0.02)
        new = write_and_kill(forker, tmp_path / "home", said, acts=acts, seconds=seconds)
        check(tmp_path / "home", new, hasher)
        acknowledged += new
    check(tmp_path / "home", acknowledged, hasher)
    assert len(acknowledged) > 3 * times


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.usefixtures("tidy")
def test_a_killed_writer_loses_nothing(
    forker: subprocess.Popen[str], tmp_path: Path, hasher: PasswordHasher
) -> None:
    kill_many_times(forker, tmp_path, 8, seed=1, hasher=hasher)


@pytest.mark.stress
@pytest.mark.timeout(3600)
@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
@pytest.mark.usefixtures("tidy")
def test_two_hundred_killed_writers_lose_nothing(
    forker: subprocess.Popen[str], tmp_path: Path, hasher: PasswordHasher
) -> None:
    kill_many_times(forker, tmp_path, 200, seed=2, hasher=hasher)
