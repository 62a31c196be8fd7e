"""A PostgreSQL server of the tests' own, and in it one database for each data folder."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine

_MARK = "postgresql.txt"


def binaries() -> Path | None:
    """Return the folder of ``initdb``, newest version first; None where there is none."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    return max((p.parent for p in installed), key=lambda p: int(p.parent.name), default=None)


class Cluster:
    """A running server that listens on a socket in its own folder, on no port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made = 0
        self.databases: list[str] = []
        self._admin = create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://tests@/{database}?host={self._folder}"

    def url_of(self, home: Path) -> str:
        """Return the database of a data folder; a copied folder gets a copied database."""
        mark = home / _MARK
        database, owner = mark.read_text().split("\n") if mark.exists() else ("template0", "")
        if owner != str(home):
            database = self._create(database)
            mark.write_text(f"{database}\n{home}")
        return self.url(database)

    def _create(self, template: str) -> str:
        self._made += 1
        name = f"t{self._made}"
        self._do(f"CREATE DATABASE {name} TEMPLATE {template}")
        self.databases.append(name)
        return name

    def drop(self, name: str) -> None:
        self._do(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        self.databases.remove(name)

    def _do(self, statement: str) -> None:
        with self._admin.connect() as connection:
            connection.exec_driver_sql(statement)

    def close(self) -> None:
        self._admin.dispose()


def _user() -> str | None:
    """Return whom to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@contextmanager
def running(bin_folder: Path) -> Iterator[Cluster]:
    """Run a server with a new, empty cluster, and remove both at the end."""
    user = _user()
    # The path of a socket may have about 100 characters; the tests' folders are longer.
    folder = Path(tempfile.mkdtemp(prefix="lesionscope-pg-"))
    if user is not None:
        shutil.chown(folder, user)
    data = folder / "data"

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [bin_folder / program, *arguments],
            check=True,
            user=user,
            cwd=folder,
            stdout=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
        )

    try:
        call("initdb", "-D", str(data), "-U", "tests", "-A", "trust", "-N", "-E", "UTF8")
        # The data die with the tests: nothing needs to reach the disk.
        options = f"-k {folder} -c listen_addresses= -c fsync=off -c max_connections=100"
        options += " -c full_page_writes=off -c autovacuum=off -c shared_buffers=64MB"
        log = str(folder / "log")
        call("pg_ctl", "start", "-w", "-D", str(data), "-l", log, "-o", options)
        cluster = Cluster(folder)
        try:
            yield cluster
        finally:
            cluster.close()
            call("pg_ctl", "stop", "-w", "-D", str(data), "-m", "immediate")
    finally:
        shutil.rmtree(folder)
