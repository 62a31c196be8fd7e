"""Packages of another record: released pictures come in as visits that can be read blind.

What comes in is all that left: a picture, whose patient it is by pseudonym, and which day of the
study. The picture is the original of this record and its released view at once.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from lesionscope.core.people import Act, Patient, Reader
from lesionscope.exchange.package_reader import DamagedPackage, Package, PackagePicture
from lesionscope.store.chain import Entry
from lesionscope.store.record import Record
from lesionscope.store.refusals import AlreadyThere
from lesionscope.store.tables import assignments, events, patients, photos, releases, visits

ACT = "import package"
FIRST_DAY = date(2000, 1, 1)
"""What study day 1 is written as: a package has no calendar day, and a visit needs one."""


@dataclass(frozen=True)
class PackageReceipt:
    """What came in.

    Attributes
    ----------
    patients, visits, photos : int
        New rows of the record.
    """

    patients: int
    visits: int
    photos: int


class Packages(Record):
    """Packages of the store."""

    def import_package(self, by: Reader, package: Package, *, prefix: str = "") -> PackageReceipt:
        """Bring the pictures of a package in as released photos, all of them or none.

        Parameters
        ----------
        by : Reader
            Who imports, and under whose name the photos are released here.
        package : Package
            From `lesionscope.exchange.package_reader.opened_package`, still open.
        prefix : str
            Put before every pseudonym, where this record has patients of the same.

        Returns
        -------
        PackageReceipt

        Raises
        ------
        NotAllowed
            If `by` may not import or release photos.
        AlreadyThere
            If the package, or a patient of this pseudonym, is in the record already.
        ValueError
            If a pseudonym with its prefix is none.
        DamagedPackage
            If a picture changed since the package was checked.
        """
        self._require_right(by, Act.IMPORT)
        self._require_right(by, Act.RELEASE_PHOTO)
        names = {one.patient: f"{prefix}{one.patient}" for one in package.pictures}
        for name in names.values():
            Patient(0, name)
        with self._reading(by, Act.IMPORT) as connection:
            _refuse_known(connection, package, names)
        sizes = {one.path: self._kept(package, one) for one in package.pictures}
        with self._acting(by, Act.IMPORT) as entry:
            _refuse_known(entry.connection, package, names)
            rows = _Rows(entry, names, f"package {package.manifest_sha256[:16]}")
            for one in package.pictures:
                rows.add(one, sizes[one.path])
            receipt = PackageReceipt(len(rows.patients), len(rows.visits), len(package.pictures))
            entry.conclude(
                ACT,
                "record",
                study=package.study,
                manifest_sha256=package.manifest_sha256,
                prefix=prefix,
                patients=receipt.patients,
                visits=receipt.visits,
                photos=receipt.photos,
            )
        return receipt

    def _kept(self, package: Package, one: PackagePicture) -> int:
        """Put a picture into the vault and return its size."""
        content = package.content(one.path)
        if self._vault.put(content) != one.sha256:
            raise DamagedPackage(f"{one.path!r} changed since the package was checked")
        return len(content)


class _Rows:
    """The rows that a package becomes, in one act."""

    def __init__(self, entry: Entry, names: dict[str, str], origin: str) -> None:
        self.entry, self.names = entry, names
        self.origin = origin
        self.patients: dict[str, int] = {}
        self.visits: dict[tuple[str, int], int] = {}

    def add(self, one: PackagePicture, size: int) -> None:
        """Append photo, assignment and release, and what they stand under."""
        photo_id = self.entry.append(
            photos,
            visit_id=self._visit(one),
            sha256=one.sha256,
            size=size,
            name=one.path.rpartition("/")[2],
        )
        self.entry.append(
            assignments,
            photo_id=photo_id,
            view=one.view,
            site=one.site.value,
            side=one.side.value,
        )
        self.entry.append(
            releases,
            photo_id=photo_id,
            released=1,
            view_sha256=one.sha256,
            view_size=size,
            masks="[]",
            # The picture is traced to its original, which stayed where it was taken.
            reason=f"from {self.origin}, of the original {one.original_sha256[:16]}",
        )

    def _visit(self, one: PackagePicture) -> int:
        key = one.patient, one.study_day
        if key not in self.visits:
            day = FIRST_DAY + timedelta(days=one.study_day - 1)
            self.visits[key] = self.entry.append(
                visits,
                patient_id=self._patient(one.patient),
                day=day.isoformat(),
                label=f"Day {one.study_day}",
            )
        return self.visits[key]

    def _patient(self, pseudonym: str) -> int:
        if pseudonym not in self.patients:
            name = self.names[pseudonym]
            self.patients[pseudonym] = self.entry.append(
                patients, pseudonym=name, pseudonym_key=name.casefold()
            )
        return self.patients[pseudonym]


def _refuse_known(connection: Connection, package: Package, names: dict[str, str]) -> None:
    for row in connection.execute(select(events.c.at, events.c.detail).where(events.c.act == ACT)):
        if json.loads(row.detail)["manifest_sha256"] == package.manifest_sha256:
            raise AlreadyThere(f"this package came into the record on {row.at[:10]}")
    known = set(connection.scalars(select(patients.c.pseudonym_key)))
    taken = sorted(name for name in names.values() if name.casefold() in known)
    if taken:
        raise AlreadyThere(
            f"the record has a patient {taken[0]} already; give the package a prefix of its own, "
            "so that two patients are not taken for one"
        )
