from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher

from lesionscope import __version__
from lesionscope.core.body import BodySize, OwnHandprint
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.store import Store
from lesionscope.store.chain import event_hash, row_sha256, sha256_of
from lesionscope.store.tables import RECORD_TABLES, ROW_TABLES

if TYPE_CHECKING:
    from tests.store.conftest import Clinic, Clock

PASSWORD = "correct horse battery"

VALUES = {
    "events": ("detail", "'{}'"),
    "accounts": ("role", "'monitor'"),
    "passwords": ("hash", "'$argon2id$v=19$m=8,t=1,p=1$AAAA$AAAA'"),
    "patients": ("pseudonym", "'P-02'"),
    "visits": ("day", "'2020-01-01'"),
    "body_sizes": ("weight_kg", "'60.0'"),
    "handprints": ("cm2", "'120.0'"),
    "photos": ("name", "'other.jpg'"),
    "assignments": ("side", "'right'"),
    "withdrawals": ("reason", "'none of your business'"),
    "measurements": ("document", "'{\"bsa_percent\":1.0}'"),
    "measurement_files": ("key", "'probability'"),
    "drafts": ("content", "'{}'"),
    "readings": ("supersedes", "1"),
}


@pytest.fixture(scope="module")
def full(
    settled: tuple[Path, Clinic], tmp_path_factory: pytest.TempPathFactory, hasher: PasswordHasher
) -> Path:
    """A closed record with a row in every table, to be copied."""
    home = tmp_path_factory.mktemp("full") / "home"
    shutil.copytree(settled[0], home)
    by, visit, photo = settled[1].clinician, settled[1].visit, settled[1].photo
    with Store.open(home, hasher=hasher) as store:
        store.save_draft(by, visit.id, {"answers": {"alopecia": 1}})
        store.sign(
            by,
            visit.id,
            PASSWORD,
            answers={"alopecia": 1},
            origins={"alopecia": AnswerOrigin.ENTERED},
            bsa=None,
            meaning=Meaning.AUTHORSHIP,
            measurement_ids=[settled[1].measurement.id],
            suggestions_shown=False,
        )
        store.record_body_size(by, visit.patient_id, BodySize(170, 75), visit_id=visit.id)
        store.record_handprint(by, visit.patient_id, OwnHandprint(160, 0.04, photo.sha256))
        store.withdraw_photo(by, photo.id, "blurred")
        store.add_patient(by, "P-77")
        assert store.verify() == []
    return home


@pytest.fixture
def store(full: Path, tmp_path: Path) -> Iterator[Store]:
    shutil.copytree(full, tmp_path / "home")
    with Store.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    return tmp_path / "home" / "record.sqlite"


def forge(file: Path, *statements: str, guards: bool = True) -> None:
    """Change the database as somebody would who has its file and puts the triggers back."""
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("BEGIN")
    triggers = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    for name, _ in triggers:
        raw.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        assert raw.execute(statement).rowcount != 0
    for _, sql in triggers if guards else ():
        raw.execute(sql)
    raw.execute("COMMIT")
    raw.close()


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


def test_a_whole_record_has_no_fault(store: Store, tmp_path: Path) -> None:
    assert store.verify() == []
    with Store.open(tmp_path / "empty") as empty:
        assert empty.verify() == []


@pytest.mark.parametrize("table", [t.name for t in RECORD_TABLES])
def test_every_table_refuses_change(file: Path, table: str) -> None:
    column, value = VALUES[table]
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("PRAGMA recursive_triggers = ON")
    for statement in (
        f"UPDATE {table} SET {column} = {value}",
        f"UPDATE {table} SET id = id + 1000",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            raw.execute(statement)
    raw.close()


@pytest.mark.parametrize("table", [t.name for t in ROW_TABLES])
def test_a_changed_row_is_named(store: Store, file: Path, table: str) -> None:
    column, value = VALUES[table]
    forge(file, f"UPDATE {table} SET {column} = {value} WHERE id = 1")
    found = store.verify()
    assert any(s.startswith(f"{table} row 1 was changed after event ") for s in found), found


@pytest.mark.parametrize("table", [t.name for t in ROW_TABLES])
def test_a_removed_row_is_named(store: Store, file: Path, table: str) -> None:
    forge(file, f"DELETE FROM {table} WHERE id = 1")
    found = store.verify()
    assert any(s.startswith(f"{table} row 1 of event ") for s in found), found
    assert any(s.endswith("is missing") for s in found), found


@pytest.mark.parametrize("event_id", ["event_id", "9999", "-1", "'forged'"])
@pytest.mark.parametrize("table", [t.name for t in ROW_TABLES])
def test_an_added_row_is_named(store: Store, file: Path, table: str, event_id: str) -> None:
    raw = sqlite3.connect(file)
    columns = [row[1] for row in raw.execute(f"PRAGMA table_info({table})")]
    raw.close()
    values = {c: c for c in columns} | {"id": "500", "event_id": event_id}
    for unique in ("name_key", "pseudonym_key", "label", "key"):
        values |= {unique: f"{unique} || 'x'"} if unique in columns else {}
    values |= {"photo_id": "2"} if table == "withdrawals" else {}
    forge(
        file,
        f"INSERT INTO {table} ({', '.join(columns)}) "
        f"SELECT {', '.join(values[c] for c in columns)} FROM {table} LIMIT 1",
    )
    found = store.verify()
    assert any(s.startswith(f"{table} row 500 ") for s in found), found


@pytest.mark.parametrize(
    "column", ["at", "account_id", "who", "role", "act", "entity", "entity_id", "detail", "rows"]
)
def test_a_changed_event_is_named(store: Store, file: Path, column: str) -> None:
    forge(file, f"UPDATE events SET {column} = 7 WHERE id = 4")
    found = store.verify()
    assert any(s.startswith("event 4 of ") and "hash chain" in s for s in found), found


def test_a_removed_event_is_named(store: Store, file: Path) -> None:
    forge(file, "DELETE FROM events WHERE id = 4")
    assert "event 4 is missing: the next one there is 5" in store.verify()


def test_a_cut_end_is_named(store: Store, file: Path, settled: tuple[Path, Clinic]) -> None:
    last = store.events(settled[1].owner, limit=1)[0]
    forge(
        file,
        f"DELETE FROM patients WHERE event_id = {last.id}",
        f"DELETE FROM events WHERE id = {last.id}",
    )
    found = store.verify()
    assert found == [f"event {last.id} is missing: numbers up to {last.id} were given"]


def test_two_events_in_another_order_are_named(store: Store, file: Path) -> None:
    forge(
        file,
        "UPDATE events SET id = -1 WHERE id = 4",
        "UPDATE events SET id = 4 WHERE id = 5",
        "UPDATE events SET id = 5 WHERE id = -1",
    )
    assert any(s.startswith("event 4 of ") for s in store.verify())


def test_a_row_forged_together_with_its_event_breaks_the_next_link(
    store: Store, file: Path
) -> None:
    raw = sqlite3.connect(file)
    raw.row_factory = sqlite3.Row
    visit = dict(raw.execute("SELECT * FROM visits").fetchone()) | {"day": "2020-01-01"}
    event = dict(raw.execute("SELECT * FROM events WHERE id = ?", (visit["event_id"],)).fetchone())
    (before,) = raw.execute("SELECT hash FROM events WHERE id = ?", (event["id"] - 1,)).fetchone()
    raw.close()
    event["rows"] = json.dumps({"visits:1": row_sha256(visit)}, separators=(",", ":"))
    forge(
        file,
        "UPDATE visits SET day = '2020-01-01'",
        f"UPDATE events SET rows = '{event['rows']}', hash = '{event_hash(before, event)}' "
        f"WHERE id = {event['id']}",
    )
    found = store.verify()
    assert len(found) == 1
    assert found[0].startswith(f"event {event['id'] + 1} of ")


def test_a_reading_is_compared_with_what_was_signed(store: Store, file: Path) -> None:
    forge(
        file, "UPDATE readings SET content = replace(content, '\"alopecia\":1', '\"alopecia\":0')"
    )
    found = store.verify()
    assert "reading 1 is not what was signed: its hash does not match" in found
    assert any(s.startswith("readings row 1 was changed") for s in found)


def test_a_signed_document_that_changed_is_named_with_its_reading(store: Store, file: Path) -> None:
    text = '{"bsa_percent":1.0}'
    forge(
        file,
        f"UPDATE measurements SET document = '{text}', document_sha256 = '{sha256_of(text)}'",
    )
    found = store.verify()
    assert any(s.startswith("reading 1 was signed on measurement 1, whose") for s in found)


def test_a_removed_guard_is_named(store: Store, file: Path) -> None:
    forge(file, guards=False)
    assert store.verify() == ["the trigger that refuses to update events was removed"]


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (lambda path: path.unlink(), "its file in the vault is missing"),
        (
            lambda path: path.write_bytes(path.read_bytes()[::-1]),
            "its file in the vault was changed",
        ),
        (lambda path: path.write_bytes(b""), "its file in the vault has 0 bytes instead of"),
    ],
)
@pytest.mark.parametrize("which", ["photo", "mask"])
def test_a_damaged_file_is_named(
    store: Store,
    settled: tuple[Path, Clinic],
    tmp_path: Path,
    which: str,
    damage: Callable[[Path], object],
    sentence: str,
) -> None:
    clinic = settled[1]
    sha256 = clinic.photo.sha256 if which == "photo" else clinic.measurement.files["skin"]
    damage(tmp_path / "home" / "vault" / sha256[:2] / sha256)
    (found,) = store.verify()
    named = "photo 1 ('a.jpg')" if which == "photo" else "mask 'skin' of measurement 1"
    assert found.startswith(f"{named}: {sentence}")


@pytest.mark.parametrize("value", ["x'ff00'", "'../../etc/passwd'", "12"])
def test_verify_survives_what_no_software_writes(store: Store, file: Path, value: str) -> None:
    forge(
        file,
        f"UPDATE photos SET sha256 = {value}",
        f"UPDATE events SET rows = {value}, hash = {value} WHERE id = 3",
        f"UPDATE readings SET content = {value}, content_sha256 = {value}",
        f"UPDATE drafts SET event_id = {value}",
    )
    found = store.verify()
    assert any(s.startswith("event 3 of ") for s in found)
    assert any("photo 1" in s for s in found)


def test_a_database_file_that_is_damaged_is_said(store: Store, file: Path, tmp_path: Path) -> None:
    store.close()
    raw = sqlite3.connect(file)
    raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (page,) = raw.execute("SELECT rootpage FROM sqlite_master WHERE name = 'visits'").fetchone()
    raw.close()
    data = bytearray(file.read_bytes())
    data[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    file.write_bytes(data)
    with Store.open(tmp_path / "home") as again:
        assert any("the database cannot be read to its end" in s for s in again.verify())
