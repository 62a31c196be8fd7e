"""Somebody changes the database behind the software's back: verify must name it, in every table.

The tests run over every table that `lesionscope.store.tables` knows. A table that has no row in
`full` gets one made up from its columns, so that a table is covered from the day it is added.
"""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Integer, Table, UniqueConstraint, func, select

from lesionscope.core.body import BodySize, OwnHandprint
from lesionscope.core.people import Reader, Role
from lesionscope.core.reading import AnswerOrigin, Meaning
from lesionscope.core.signature import SignedKind
from lesionscope.store import Store
from lesionscope.store.chain import event_hash, row_sha256, sha256_of
from lesionscope.store.database import open_engine
from lesionscope.store.tables import RECORD_TABLES, ROW_TABLES
from lesionscope.store.vault import Vault
from tests.store.reading_room import furnish

if TYPE_CHECKING:
    from tests.store.conftest import Clinic

pytestmark = pytest.mark.sqlite
PASSWORD = "correct horse battery"
GUARD = (
    "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)


def made_up(table: Table) -> dict[str, int | str | None]:
    """Return values for a row of any table: the first row of what it refers to, and plain text."""
    row: dict[str, int | str | None] = {}
    for column in table.c:
        if column.name in ("id", "event_id"):
            continue
        if column.foreign_keys:
            itself = any(key.column.table is table for key in column.foreign_keys)
            row[column.name] = None if itself else 1
        elif isinstance(column.type, Integer):
            row[column.name] = 1
        else:
            row[column.name] = "{}" if column.name in ("content", "document") else "made up"
    for name in [name for name in row if name.endswith("sha256")]:
        size = f"{name.removesuffix('sha256')}size"
        if size in row:  # a file of the vault: that of the photo in `settled`
            row[name], row[size] = sha256_of(b"photo"), len(b"photo")
        if name.endswith("_sha256") and name.removesuffix("_sha256") in row:
            row[name] = sha256_of(str(row[name.removesuffix("_sha256")]))
    return row


def make_up_rows(store: Store, by: Reader) -> None:
    """Give a row to each table that has none."""
    for table in ROW_TABLES:
        with store._acting(by, None) as entry:
            if entry.connection.scalar(select(func.count()).select_from(table)) == 0:
                entry.conclude("make up", table.name, entry.append(table, **made_up(table)))


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
        signed = store.sign(
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
        people = settled[1].people
        store.countersign(
            people[Role.OWNER], SignedKind.READING, signed.id, PASSWORD, meaning=Meaning.APPROVAL
        )
        asked = store.request_unlock(by, SignedKind.READING, signed.id, "typing error")
        store.grant_unlock(people[Role.OWNER], asked, PASSWORD)
        store.reset_password(people[Role.OWNER], people[Role.MONITOR].id, "another long password")
        store.close_account(people[Role.OWNER], people[Role.MONITOR].id, "left the clinic")
        store.record_body_size(by, visit.patient_id, BodySize(170, 75), visit_id=visit.id)
        store.record_handprint(by, visit.patient_id, OwnHandprint(160, 0.04, photo.sha256))
        store.withdraw_photo(by, photo.id, "blurred")
        make_up_rows(store, by)
        store.add_patient(by, "P-77")
        assert store.verify() == []
    return home


@pytest.fixture
def store(full: Path, tmp_path: Path, hasher: PasswordHasher) -> Iterator[Store]:
    home = tmp_path / "home"
    shutil.copytree(full, home)
    # Not `Store.open`: to look for newer revisions in each of so many tests takes too long.
    engine = open_engine(f"sqlite:///{home / 'record.sqlite'}")
    with Store(engine, Vault(home / "vault"), lambda: datetime.now(UTC), hasher) as opened:
        yield opened


@pytest.fixture
def file(store: Store, tmp_path: Path) -> Path:
    return tmp_path / "home" / "record.sqlite"


def unsafe(file: Path) -> sqlite3.Connection:
    """Open the database as no software of ours does: it waits for no disk and checks no key."""
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("PRAGMA foreign_keys = OFF")
    raw.execute("PRAGMA synchronous = OFF")
    return raw


def forge(file: Path, *statements: str, guards: bool = True) -> None:
    """Change the database as somebody would who has its file and puts the triggers back."""
    raw = unsafe(file)
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


def test_a_whole_record_has_no_fault(store: Store, tmp_path: Path) -> None:
    assert store.verify() == []
    with Store.open(tmp_path / "empty") as empty:
        assert empty.verify() == []


@pytest.mark.parametrize("table", [t.name for t in RECORD_TABLES])
def test_every_table_refuses_change(full: Path, table: str) -> None:
    raw = sqlite3.connect(full / "record.sqlite", isolation_level=None)
    raw.execute("PRAGMA recursive_triggers = ON")
    for statement in (
        f"UPDATE {table} SET id = id",
        f"UPDATE {table} SET id = id + 1000",
        f"DELETE FROM {table}",
        f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}",
    ):
        with pytest.raises(sqlite3.IntegrityError, match=f"{table} is append-only"):
            raw.execute(statement)
    raw.close()


@pytest.mark.parametrize("table", ROW_TABLES, ids=lambda table: table.name)
def test_a_changed_row_is_named_whatever_column_it_is(
    store: Store, file: Path, table: Table
) -> None:
    names = [column.name for column in table.c if column.name not in ("id", "event_id")]
    raw = unsafe(file)
    raw.execute(f"DROP TRIGGER {table}_no_update")
    before = raw.execute(f"SELECT {', '.join(names)} FROM {table} WHERE id = 1").fetchone()
    for name, value in zip(names, before, strict=True):
        forged = value + 1 if isinstance(value, int) else f"{value or ''}!"
        raw.execute(f"UPDATE {table} SET {name} = ? WHERE id = 1", (forged,))
        found = store.verify()
        assert any(s.startswith(f"{table} row 1 was changed after event ") for s in found), name
        raw.execute(f"UPDATE {table} SET {name} = ? WHERE id = 1", (value,))
    raw.execute(GUARD.format(table=table))
    raw.close()
    assert store.verify() == []


@pytest.mark.parametrize("table", [t.name for t in ROW_TABLES])
def test_a_removed_row_is_named(store: Store, file: Path, table: str) -> None:
    forge(file, f"DELETE FROM {table} WHERE id = 1")
    found = store.verify()
    assert any(s.startswith(f"{table} row 1 of event ") for s in found), found
    assert any(s.endswith("is missing") for s in found), found


@pytest.mark.parametrize("table", ROW_TABLES, ids=lambda table: table.name)
def test_an_added_row_is_named(store: Store, file: Path, table: Table) -> None:
    values = {column.name: column.name for column in table.c} | {"id": "500"}
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            last = list(constraint.columns)[-1]
            other = "777" if isinstance(last.type, Integer) else f"{last.name} || 'x'"
            values[last.name] = other
    raw = unsafe(file)
    raw.execute(f"DROP TRIGGER {table}_no_delete")
    for event_id in ("event_id", "9999", "-1", "'forged'"):
        chosen = values | {"event_id": event_id}
        raw.execute(
            f"INSERT INTO {table} ({', '.join(chosen)}) "
            f"SELECT {', '.join(chosen.values())} FROM {table} LIMIT 1",
        )
        found = store.verify()
        assert any(s.startswith(f"{table} row 500 ") for s in found), found
        raw.execute(f"DELETE FROM {table} WHERE id = 500")
    raw.close()


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


def test_a_guard_that_guards_no_more_is_named(store: Store, file: Path) -> None:
    raw = sqlite3.connect(file, isolation_level=None)
    raw.execute("DROP TRIGGER readings_no_update")
    raw.execute(GUARD.format(table="readings").replace("BEGIN", "WHEN 0 BEGIN"))
    raw.close()
    assert store.verify() == ["the trigger that refuses to update readings was changed"]


REWRITE = ("countersignatures", "unlock_requests", "unlock_answers", "forms")


@pytest.mark.parametrize("table", REWRITE)
def test_a_signed_document_written_anew_with_its_hash_is_named(
    store: Store, file: Path, table: str
) -> None:
    """Who also mends the hash beside it still has the event of the row against them."""
    text = '{"forged":1}'
    forge(
        file,
        f"UPDATE {table} SET content = '{text}', content_sha256 = '{sha256_of(text)}'",
    )
    assert any(s.startswith(f"{table} row 1 was changed after event ") for s in store.verify())


def test_a_countersigned_reading_that_changed_is_named(store: Store, file: Path) -> None:
    text = '{"answers":{"alopecia":0},"measurements":[]}'
    forge(
        file,
        f"UPDATE readings SET content = '{text}', content_sha256 = '{sha256_of(text)}'",
    )
    found = store.verify()
    assert "countersignature 1 names reading 1, which is not the same any more" in found


def test_an_answer_to_another_request_is_named(store: Store, file: Path) -> None:
    text = '{"forged":1}'
    forge(
        file,
        f"UPDATE unlock_requests SET content = '{text}', content_sha256 = '{sha256_of(text)}'",
    )
    found = store.verify()
    assert "unlock answer 1 names unlock request 1, which is not the same any more" in found


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


def test_a_blinded_read_names_the_rules_it_was_read_under(tmp_path: Path) -> None:
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    with Store.open(tmp_path / "home", hasher=quick) as store:
        room = furnish(store)
        plan = room.plan(repeat_percent=0)
        campaign = store.start_campaign(room.manager, plan, room.chosen(patients=1))
        for reader, level in ((room.one, 0), (room.two, 3)):
            for line in store.my_cases(reader):
                room.lock(reader, line.code, level, 2.0)
        (line,) = [one for one in store.my_cases(room.third) if one.settles][:1]
        store.settle_case(room.third, line.code, PASSWORD, choice=1, reason="clearer")
        assert store.verify() == []
        text = '{"plan":{}}'
        forge(
            tmp_path / "home" / "record.sqlite",
            f"UPDATE campaigns SET content = '{text}', content_sha256 = '{sha256_of(text)}'",
            f"UPDATE case_reads SET content = '{text}', content_sha256 = '{sha256_of(text)}' "
            "WHERE id = 1",
        )
        found = store.verify()
    changed = "which is not the same any more"
    assert f"case read 2 names campaign {campaign.code}, {changed}" in found
    with_both = [f for f in found if f.endswith(f"names case read 1, {changed}")]
    assert with_both  # the settlement, which was made on both reads
