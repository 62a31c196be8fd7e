"""The store: the only door to what the software keeps."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from argon2 import PasswordHasher

from lesionscope.places import data_home
from lesionscope.store import database
from lesionscope.store.alignments import Alignments
from lesionscope.store.audit import AuditTrail
from lesionscope.store.backups import Backups
from lesionscope.store.bodies import Bodies
from lesionscope.store.campaign_standing import CampaignStandings
from lesionscope.store.campaigns import Campaigns
from lesionscope.store.case_results import CaseResults
from lesionscope.store.case_unlocks import CaseUnlocks
from lesionscope.store.countersignatures import Countersignatures
from lesionscope.store.database import migrate, open_engine
from lesionscope.store.drafts import Drafts
from lesionscope.store.exports import Exports
from lesionscope.store.form_drafts import FormDrafts
from lesionscope.store.forms import Forms
from lesionscope.store.imports import Imports
from lesionscope.store.learning import Learning
from lesionscope.store.measurements import Measurements
from lesionscope.store.packages import Packages
from lesionscope.store.passwords import standard_hasher
from lesionscope.store.patient_events import PatientEvents
from lesionscope.store.patients import Patients
from lesionscope.store.photos import Photos
from lesionscope.store.protocols import Protocols
from lesionscope.store.queries import Queries
from lesionscope.store.readings import Readings
from lesionscope.store.releases import Releases
from lesionscope.store.remote_vault import open_vault
from lesionscope.store.sessions import Sessions
from lesionscope.store.settlements import Settlements
from lesionscope.store.standings import Standings
from lesionscope.store.studies import Studies
from lesionscope.store.study_tables import StudyTables
from lesionscope.store.timeline import Timeline
from lesionscope.store.unlocks import Unlocks


def _utc_now() -> datetime:
    return datetime.now(UTC)


class Store(
    Sessions,
    Standings,
    Patients,
    Bodies,
    Photos,
    Measurements,
    Learning,
    Alignments,
    Drafts,
    Readings,
    FormDrafts,
    Forms,
    Countersignatures,
    Unlocks,
    Protocols,
    Studies,
    PatientEvents,
    Releases,
    Campaigns,
    CampaignStandings,
    Settlements,
    CaseResults,
    CaseUnlocks,
    Queries,
    Timeline,
    Exports,
    StudyTables,
    Imports,
    Packages,
    Backups,
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
            SQLAlchemy URL of another database than `lesionscope.places.database_url`, or the
            SQLite file in `home`; the vault stays in `home`.
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
        engine = open_engine(url or database.record_of(home))
        try:
            migrate(engine)
            return cls(engine, open_vault(home), clock, hasher or standard_hasher())
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
