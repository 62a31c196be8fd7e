"""What holds on PostgreSQL alone: its guards, its lock, its server that may go away.

Every other test of the record runs on both databases, see ``conftest.py``.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from argon2 import PasswordHasher
from sqlalchemy import Engine, Table, create_engine, text
from sqlalchemy.exc import DatabaseError

from lesionscope.core.people import Role
from lesionscope.store import RecordBusy, RecordUnreachable, Store, database
from lesionscope.store.tables import RECORD_TABLES, ROW_TABLES, Row, metadata
from tests.store.conftest import Clinic, settle
from tests.store.postgresql import Cluster
from tests.store.test_tampering import make_up_rows

_END_ALL_OTHERS = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="module")
def full(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, hasher: PasswordHasher
) -> tuple[Path, Clinic]:
    """A closed record with a row in every table, to be copied."""
    home = tmp_path_factory.mktemp("full") / "home"
    home.mkdir()
    with Store.open(home, url=cluster.url_of(home), hasher=hasher) as store:
        clinic = settle(store)
        store.reset_password(clinic.owner, clinic.people[Role.MONITOR].id, "another password")
        make_up_rows(store, clinic.owner)
        store.add_patient(clinic.owner, "P-77")
        assert not [fault for fault in store.verify() if "made up" not in fault]
    return home, clinic


@pytest.fixture
def url(cluster: Cluster, full: tuple[Path, Clinic], tmp_path: Path) -> Iterator[str]:
    shutil.copytree(full[0], tmp_path / "home")
    made = cluster.url_of(tmp_path / "home")
    yield made
    cluster.drop(cluster.databases[-1])


@pytest.fixture
def store(url: str, tmp_path: Path, hasher: PasswordHasher) -> Iterator[Store]:
    with Store.open(tmp_path / "home", url=url, hasher=hasher) as opened:
        yield opened


@pytest.fixture
def intruder(url: str, store: Store) -> Iterator[Engine]:
    """Somebody with the rights of the database's administrator."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def run(engine: Engine, *statements: str) -> None:
    with engine.connect() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


def first_row(engine: Engine, table: str) -> Row:
    with engine.connect() as connection:
        found = connection.execute(text(f"SELECT * FROM {table} ORDER BY id LIMIT 1"))
        return dict(found.mappings().one())


def test_the_revisions_make_the_tables_that_the_code_uses(store: Store) -> None:
    with store._reading(None, None) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_every_table_refuses_change_removal_and_emptying(intruder: Engine) -> None:
    for table in RECORD_TABLES:
        for statement in (
            f"UPDATE {table.name} SET id = id",
            f"DELETE FROM {table.name}",
            f"TRUNCATE {table.name} CASCADE",
        ):
            with pytest.raises(DatabaseError, match="is append-only"):
                run(intruder, statement)


def forge(engine: Engine, table: Table) -> int:
    """Change the first row of a table in its first column of content; return its number."""
    row = first_row(engine, table.name)
    column = next(c.name for c in table.c if c.name not in ("id", "event_id"))
    kept = row[column]
    forged = repr(kept + 1 if isinstance(kept, int) else f"{kept}x")
    run(
        engine,
        "SET session_replication_role = replica",
        f"UPDATE {table.name} SET {column} = {forged} WHERE id = {row['id']}",
    )
    return int(row["id"])


def test_a_change_behind_the_guards_is_named_in_every_table(intruder: Engine, store: Store) -> None:
    before = set(store.verify())
    numbers = {table.name: forge(intruder, table) for table in ROW_TABLES}
    found = set(store.verify()) - before
    for name, number in numbers.items():
        start = f"{name} row {number} was changed after event"
        assert [fault for fault in found if fault.startswith(start)], name


@pytest.mark.parametrize(
    ("statement", "named"),
    [
        ("DROP TRIGGER visits_no_change ON visits", "refuses to change visits was removed"),
        ("ALTER TABLE visits DISABLE TRIGGER visits_no_change", "visits was changed or switched"),
        (
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RETURN NULL; END $$",
            "the function that refuses to change the record was changed",
        ),
    ],
)
def test_a_guard_taken_away_is_named(
    intruder: Engine, store: Store, statement: str, named: str
) -> None:
    assert not [fault for fault in store.verify() if "refuse" in fault]
    run(intruder, statement)
    assert [fault for fault in store.verify() if named in fault]


def test_a_writer_that_waits_too_long_is_told_in_words(
    url: str, full: tuple[Path, Clinic], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.2)
    by = full[1].owner
    with (
        Store.open(tmp_path / "home", url=url) as first,
        Store.open(tmp_path / "home", url=url) as second,
    ):
        with first._acting(by, None), pytest.raises(RecordBusy, match="nothing was saved"):
            second.add_patient(by, "P-02")
        assert second.add_patient(by, "P-02").pseudonym == "P-02"


def test_a_restarted_server_is_found_again(
    intruder: Engine, store: Store, full: tuple[Path, Clinic]
) -> None:
    by = full[1].owner
    count = len(store.patients(by))
    run(intruder, _END_ALL_OTHERS)
    assert len(store.patients(by)) == count


def test_a_server_lost_within_an_act_is_told_in_words(
    intruder: Engine, store: Store, full: tuple[Path, Clinic]
) -> None:
    by = full[1].owner
    count = len(store.patients(by))

    def act() -> None:
        with store._acting(by, None) as entry:
            run(intruder, _END_ALL_OTHERS)
            entry.conclude("try")

    with pytest.raises(RecordUnreachable, match="look whether what you did last"):
        act()
    assert len(store.patients(by)) == count


def test_a_server_that_is_not_there_is_told_in_words(tmp_path: Path) -> None:
    with pytest.raises(RecordUnreachable, match="the database server does not answer"):
        Store.open(tmp_path, url=f"postgresql://nobody@/none?host={tmp_path}")


def test_another_kind_of_database_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="SQLite or PostgreSQL, not in mysql"):
        Store.open(tmp_path, url="mysql://nobody@localhost/none")
