"""From the record to a folder or archive of a study: tables, FHIR, CDISC, DICOM, pictures, report.

Every export has a manifest with the sha256 of each file, and the sha256 of the manifest is in the
audit trail: a file found later can be told to be of this export, and by whose hand it left.
"""

from __future__ import annotations

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from lesionscope.core.exchange_format import ABOUT, ExchangeFormat
from lesionscope.core.people import Reader
from lesionscope.core.study_data import StudyData
from lesionscope.exchange.measurement_json import json_text
from lesionscope.exchange.package_reader import FORMAT, MANIFEST, VERSION
from lesionscope.exchange.study_tables import MACHINE_AND_SIGNED, table_files
from lesionscope.store.store import Store
from lesionscope.study_reporting import study_report_files

Files = Iterator[tuple[str, bytes]]


@dataclass(frozen=True)
class Receipt:
    """What left the record.

    Attributes
    ----------
    files : int
        Number of files, the manifest not counted.
    size : int
        Bytes of them.
    manifest_sha256 : str
        As it stands in the audit trail.
    """

    files: int
    size: int
    manifest_sha256: str


def _tables(store: Store, by: Reader, data: StudyData) -> Files:  # noqa: ARG001
    return table_files(data)


def _fhir(store: Store, by: Reader, data: StudyData) -> Files:  # noqa: ARG001
    from lesionscope.exchange.fhir_bundle import fhir_files

    return fhir_files(data)


def _cdisc(store: Store, by: Reader, data: StudyData) -> Files:  # noqa: ARG001
    from lesionscope.exchange.cdisc_tables import cdisc_files

    return cdisc_files(data)


def _pictures(store: Store, by: Reader, data: StudyData) -> Files:
    from lesionscope.exchange.picture_package import picture_files

    return picture_files(data, lambda photo_id: store.exported_picture(by, photo_id))


def _dicom(store: Store, by: Reader, data: StudyData) -> Files:
    from lesionscope.exchange.dicom_study import dicom_files

    return dicom_files(
        data,
        lambda photo_id: store.exported_picture(by, photo_id),
        lambda measurement_id: store.exported_masks(by, measurement_id),
    )


_MAKERS: dict[ExchangeFormat, Callable[[Store, Reader, StudyData], Files]] = {
    ExchangeFormat.TABLES: _tables,
    ExchangeFormat.FHIR: _fhir,
    ExchangeFormat.CDISC: _cdisc,
    ExchangeFormat.DICOM: _dicom,
    ExchangeFormat.PICTURES: _pictures,
    ExchangeFormat.REPORT: study_report_files,
}


def missing_for(kind: ExchangeFormat) -> str:
    """Say what must be installed before a kind can be made; empty when nothing is missing.

    Examples
    --------
    >>> missing_for(ExchangeFormat.TABLES)
    ''
    """
    if kind is not ExchangeFormat.DICOM or all(
        find_spec(name) for name in ("pydicom", "highdicom")
    ):
        return ""
    return "DICOM needs two more packages: pip install 'lesionscope[dicom]'."


def write_export(
    store: Store, by: Reader, out: Path, *, kinds: Collection[ExchangeFormat]
) -> Receipt:
    """Write an export into a new folder, and into the audit trail that it left.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who exports.
    out : Path
        Folder, not there yet or empty. It appears when everything is in it.
    kinds : collection of ExchangeFormat
        What the export holds.

    Returns
    -------
    Receipt

    Raises
    ------
    NotAllowed
        If `by` may not export.
    FileExistsError
        If `out` holds something.
    ValueError
        If nothing is asked for.
    """
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise FileExistsError(f"{out} is not empty; name a new folder")
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".export-") as scratch:
        made = Path(scratch) / "export"

        def keep(name: str, content: bytes) -> None:
            path = made / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

        receipt = _export(store, by, kinds, keep)
        if out.exists():
            out.rmdir()
        made.rename(out)
    return receipt


def zipped_export(store: Store, by: Reader, *, kinds: Collection[ExchangeFormat]) -> bytes:
    """Make an export as one archive, and write into the audit trail that it left.

    Parameters
    ----------
    store : Store
        The record.
    by : Reader
        Who exports.
    kinds : collection of ExchangeFormat
        What the export holds.

    Returns
    -------
    bytes
        ZIP file.

    Raises
    ------
    NotAllowed
        If `by` may not export.
    ValueError
        If nothing is asked for.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _export(store, by, kinds, archive.writestr)
    return out.getvalue()


def _export(
    store: Store, by: Reader, kinds: Collection[ExchangeFormat], keep: Callable[[str, bytes], None]
) -> Receipt:
    asked = [kind for kind in ExchangeFormat if kind in kinds]
    if not asked:
        raise ValueError("choose at least one thing to export")
    if missing := next(filter(None, map(missing_for, asked)), ""):
        raise ValueError(missing)
    data = store.study_data(by)
    listed: list[dict[str, str | int]] = []
    for name, content in _named(store, by, data, asked):
        keep(name, content)
        listed.append({"path": name, "bytes": len(content), "sha256": _sha256(content)})
    manifest = json_text(_manifest(data, asked, listed)).encode()
    # Before the last file is there: an export that nobody wrote down is never whole.
    what = f"study export: {', '.join(asked)}"
    store.record_export(by, what, sha256=_sha256(manifest))
    keep(MANIFEST, manifest)
    return Receipt(len(listed), sum(int(one["bytes"]) for one in listed), _sha256(manifest))


def _named(store: Store, by: Reader, data: StudyData, asked: Collection[ExchangeFormat]) -> Files:
    yield "README.txt", _readme(data, asked).encode()
    for kind in asked:
        for name, content in _MAKERS[kind](store, by, data):
            yield f"{kind}/{name}", content


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _manifest(
    data: StudyData, asked: Collection[ExchangeFormat], listed: list[dict[str, str | int]]
) -> dict[str, object]:
    return {
        "format": FORMAT,
        "version": VERSION,
        "study": data.study,
        "protocol_version": data.protocol_version or None,
        "made_at": data.taken_at.isoformat(),
        "software_version": data.software,
        "record_chain_head": data.chain_head,
        "holds": {kind.value: ABOUT[kind] for kind in asked},
        "machine_and_signed": MACHINE_AND_SIGNED,
        "files": listed,
    }


def _readme(data: StudyData, asked: Collection[ExchangeFormat]) -> str:
    lines = [
        f"Study {data.study}, exported by LesionScope {data.software} at "
        f"{data.taken_at:%Y-%m-%d %H:%M} UTC.",
        "",
        *(f"{kind}/: {ABOUT[kind]}." for kind in asked),
        "",
        MACHINE_AND_SIGNED,
        "Patients are named by pseudonym. Names of photo files are not exported; pixels are only "
        "where a person released the photo.",
        f"{MANIFEST} has the sha256 of every file; its own is in the audit trail of the record.",
        "",
    ]
    return "\n".join(lines)
