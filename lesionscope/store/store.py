"""The store: the only door to what the software keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from argon2 import PasswordHasher
from sqlalchemy import URL

from lesionscope.places import data_home
from lesionscope.store.audit import AuditTrail
from lesionscope.store.bodies import Bodies
from lesionscope.store.database import migrate, open_engine
from lesionscope.store.drafts import Drafts
from lesionscope.store.exports import Exports
from lesionscope.store.measurements import Measurements
from lesionscope.store.passwords import standard_hasher
from lesionscope.store.patients import Patients
from lesionscope.store.photos import Photos
from lesionscope.store.readings import Readings
from lesionscope.store.sessions import Sessions
from lesionscope.store.timeline import Timeline
from lesionscope.store.vault import Vault


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _sqlite_file(path: Path) -> URL:
    # Also in a folder that others may enter, the record is its owner's; the log follows the file.
    path.touch(mode=0o600)
    return URL.create("sqlite", database=str(path))


class Store(
    Sessions,
    Patients,
    Bodies,
    Photos,
    Measurements,
    Drafts,
    Readings,
    Timeline,
    Exports,
    AuditTrail,
):
    """The record of an installation: accounts, patients, photos, measurements, readings, audit.

    Every act takes who does it first, is refused unless their role allows it, and is written
    with its audit event in one transaction. Nothing is overwritten. One store may be shared by
    many threads, and many processes may open the same record.

    Use `Store.open`.
    """

    @classmethod
    def open(
        cls,
        home: Path | None = None,
        *,
        url: str | None = None,
        clock: Callable[[], datetime] = _utc_now,
        hasher: PasswordHasher | None = None,
    ) -> Store:
        """Open the record, creating or migrating it where needed.

        Parameters
        ----------
        home : Path or None
            Data folder; by default `lesionscope.places.data_home`. Created when missing.
        url : str or None
            SQLAlchemy URL of another database than the SQLite file in `home`; the vault
            stays in `home`.
        clock : callable
            Returns the time with its time zone.
        hasher : PasswordHasher or None
            Argon2id with another cost than the standard one.

        Returns
        -------
        Store

        Raises
        ------
        RecordTooNew
            If a newer version of the software wrote the record.
        RecordBusy
            If another program held it for too long.
        """
        home = (home or data_home()).expanduser().resolve()
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        engine = open_engine(url or _sqlite_file(home / "record.sqlite"))
        try:
            migrate(engine)
            return cls(engine, Vault(home / "vault"), clock, hasher or standard_hasher())
        except BaseException:
            engine.dispose()
            raise

    def close(self) -> None:
        """Close the connections; the store cannot be used after."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
