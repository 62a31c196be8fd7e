from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text

from lesionscope.store import RecordBusy, RecordTooNew, Store, database
from lesionscope.store.tables import RECORD_TABLES, metadata


def pragma(store: Store, name: str) -> object:
    with store._reading(None, None) as connection:
        return connection.scalar(text(f"PRAGMA {name}"))


def schema(file: Path) -> dict[str, str]:
    raw = sqlite3.connect(file)
    found = raw.execute(
        "SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
    ).fetchall()
    raw.close()
    return {name: " ".join(sql.split()) for name, sql in found if name != "alembic_version"}


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("recursive_triggers", 1),
        ("synchronous", 2),
        ("busy_timeout", 30_000),
    ],
)
def test_every_connection_is_set_up(store: Store, name: str, value: object) -> None:
    assert pragma(store, name) == value
    with store._reading(None, None), store._reading(None, None) as second:
        assert second.scalar(text(f"PRAGMA {name}")) == value


@pytest.mark.sqlite
def test_the_revisions_make_the_tables_that_the_code_uses(store: Store, tmp_path: Path) -> None:
    with store._reading(None, None) as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    plain = create_engine(f"sqlite:///{tmp_path / 'plain.sqlite'}")
    metadata.create_all(plain)
    plain.dispose()
    made, meant = schema(tmp_path / "home" / "record.sqlite"), schema(tmp_path / "plain.sqlite")
    assert made.keys() == meant.keys()
    for name in meant:
        assert sorted(made[name].replace(",", "").split()) == sorted(
            meant[name].replace(",", "").split()
        )


@pytest.mark.sqlite
def test_every_table_of_the_record_is_guarded(store: Store, tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "home" / "record.sqlite")
    names = {n for (n,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")}
    raw.close()
    assert names == {f"{t.name}_no_{v}" for t in RECORD_TABLES for v in ("update", "delete")}


def test_opening_needs_no_file_in_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    with Store.open(tmp_path / "odd home %s ?#ü") as store:
        assert not store.has_owner()
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert (tmp_path / "odd home %s ?#ü" / "record.sqlite").is_file()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    before = (tmp_path / "record.sqlite").read_bytes()
    Store.open(tmp_path).close()
    assert (tmp_path / "record.sqlite").read_bytes() == before


def test_a_newer_record_is_refused(tmp_path: Path) -> None:
    Store.open(tmp_path).close()
    raw = sqlite3.connect(tmp_path / "record.sqlite")
    raw.execute("UPDATE alembic_version SET version_num = 'r9999'")
    raw.commit()
    raw.close()
    with pytest.raises(RecordTooNew, match=r"'r9999'.*newer version wrote it"):
        Store.open(tmp_path)


def test_a_failed_revision_leaves_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "migrations"
    (folder / "versions").mkdir(parents=True)
    (folder / "env.py").write_bytes((database.MIGRATIONS / "env.py").read_bytes())
    first = database.MIGRATIONS / "versions" / "r0001_first_record.py"
    (folder / "versions" / "r0001.py").write_bytes(first.read_bytes())
    (folder / "versions" / "r0002.py").write_text(
        "from alembic import op\n"
        "revision, down_revision = 'r0002', 'r0001'\n"
        "def upgrade():\n"
        "    op.execute('CREATE TABLE half (id INTEGER)')\n"
        "    raise RuntimeError('power cut')\n"
    )
    monkeypatch.setattr(database, "MIGRATIONS", folder)
    with pytest.raises(RuntimeError, match="power cut"):
        Store.open(tmp_path / "home")
    assert schema(tmp_path / "home" / "record.sqlite") == {}
    monkeypatch.undo()
    with Store.open(tmp_path / "home") as store:
        assert store.verify() == []


def test_there_is_one_line_of_revisions() -> None:
    config = Config()
    config.set_main_option("script_location", str(database.MIGRATIONS))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == 1
    assert scripts.get_bases() == ["r0001"]


def test_a_writer_that_waits_too_long_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.1)
    with Store.open(tmp_path) as store:
        other = sqlite3.connect(tmp_path / "record.sqlite", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(RecordBusy, match="nothing was saved, please try again"):
            store.create_owner("ana", "Ana Lovelace", "correct horse battery")
        assert not store.has_owner()
        other.execute("ROLLBACK")
        other.close()
        store.create_owner("ana", "Ana Lovelace", "correct horse battery")


@pytest.mark.sqlite
def test_a_row_without_what_it_refers_to_is_refused(store: Store, tmp_path: Path) -> None:
    raw = sqlite3.connect(tmp_path / "home" / "record.sqlite", isolation_level=None)
    raw.execute("PRAGMA foreign_keys = ON")
    with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
        raw.execute("INSERT INTO patients (pseudonym, pseudonym_key, event_id) VALUES ('a','a',1)")
    raw.close()
