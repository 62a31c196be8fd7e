"""Reading a de-identified package back: every file against the manifest, before anything is taken.

A package comes from outside, as a folder or a ZIP. What it says is believed only as far as it was
checked: names are paths inside it, sizes and hashes are those of the manifest, pictures are JPEGs
without metadata. The manifest is not signed: its own sha256 must come from who sent it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from lesionscope.core.people import PSEUDONYM
from lesionscope.core.sites import Side, Site, view_named
from lesionscope.imaging.decode import BYTE_LIMIT, UnreadableImage, decode
from lesionscope.imaging.deidentify import metadata_in

MANIFEST = "manifest.json"
"""Names every other file of an export with its hash."""
FORMAT, VERSION = "lesionscope study export", "1.0"
MOST_FILES = 100_000
LONGEST_STUDY_DAYS = 36_525
"""Days that a study day may count: a hundred years."""

_FOLDER = "pictures"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_MANIFEST_BYTES = 50_000_000


class DamagedPackage(ValueError):  # noqa: N818 - a refusal, and named as one
    """The package is not what its manifest says, or no package; the sentence says what is wrong."""


@dataclass(frozen=True)
class PackagePicture:
    """One picture of a package.

    Attributes
    ----------
    path : str
        Inside the package.
    patient : str
        Pseudonym.
    study_day : int
        The patient's first visit is 1.
    view : str
        Id of a standard view.
    site : Site
        Site that it counts for.
    side : Side
        Side of the body.
    covered : int
        Rectangles that a person covered.
    sha256, original_sha256 : str
        Of the picture, and of the original in the record that it left.
    """

    path: str
    patient: str
    study_day: int
    view: str
    site: Site
    side: Side
    covered: int
    sha256: str
    original_sha256: str


@dataclass(frozen=True, eq=False)
class Package:
    """A package whose every file was checked.

    Attributes
    ----------
    study : str
        Id of the study that it left.
    software_version : str
        What made it.
    manifest_sha256 : str
        Of its manifest; the record that it left has the same in its audit trail.
    pictures : tuple of PackagePicture
        In the order of the index.
    content : callable
        Returns the bytes of a file by its path.
    """

    study: str
    software_version: str
    manifest_sha256: str
    pictures: tuple[PackagePicture, ...]
    content: Callable[[str], bytes]


@contextmanager
def opened_package(path: Path) -> Iterator[Package]:
    """Open a package and check all of it.

    Parameters
    ----------
    path : Path
        Folder or ZIP file, as ``lesionscope export-study --holds pictures`` or the page Exports
        writes it.

    Yields
    ------
    Package
        Its content can be read until the end of the block.

    Raises
    ------
    DamagedPackage
        If it is no package, a file is missing, changed, not listed or not what the index says.
    """
    if path.is_dir():
        yield _checked(_folder_files(path), lambda name: _read_whole(path / name))
        return
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise DamagedPackage(f"{path.name} is neither a folder nor a ZIP file") from error
    with archive:
        sizes = _archive_files(archive)
        yield _checked(sizes, lambda name: _unzipped(archive, name))


def _folder_files(folder: Path) -> dict[str, int]:
    """Return the size of every file of a folder by its path inside it."""
    sizes = {}
    for found in folder.rglob("*"):
        name = found.relative_to(folder).as_posix()
        if found.is_symlink():
            raise DamagedPackage(f"the package holds a link, {name!r}")
        if found.is_file():
            sizes[name] = found.stat().st_size
    return sizes


def _archive_files(archive: zipfile.ZipFile) -> dict[str, int]:
    sizes: dict[str, int] = {}
    for entry in archive.infolist():
        if entry.is_dir():
            continue
        if entry.filename in sizes:
            raise DamagedPackage(f"the package holds {entry.filename!r} twice")
        if entry.flag_bits & 1:
            raise DamagedPackage(f"{entry.filename!r} in the package is locked with a password")
        sizes[entry.filename] = entry.file_size
    return sizes


def _read_whole(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DamagedPackage(f"{path.name!r} of the package cannot be read") from error


def _unzipped(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        # One byte more than the entry says would come: what it says is not believed.
        size = archive.getinfo(name).file_size
        with archive.open(name) as entry:
            content = entry.read(size + 1)
    except Exception as error:  # what is damaged raises whatever its packing likes
        raise DamagedPackage(f"{name!r} of the package is damaged or cannot be read") from error
    return content


def _checked(sizes: Mapping[str, int], content: Callable[[str], bytes]) -> Package:
    if MANIFEST not in sizes:
        raise DamagedPackage(f"there is no {MANIFEST}: this is no export of LesionScope")
    _refuse_sizes(sizes)
    written = content(MANIFEST)
    manifest = _manifest(written)
    listed = _listed(manifest)
    _refuse_names(set(sizes) - {MANIFEST}, set(listed))
    for name, (size, sha256) in listed.items():
        found = content(name)
        if len(found) != size or _sha256(found) != sha256:
            raise DamagedPackage(
                f"{name!r} is not the file that the manifest lists: it was changed"
            )
    index = f"{_FOLDER}/index.csv"
    if index not in listed:
        raise DamagedPackage("the package holds no pictures: export it with de-identified pictures")
    pictures = tuple(_pictures(content(index), listed))
    for one in pictures:
        _refuse_picture(one, content(one.path))
    return Package(
        str(manifest.get("study", "unnamed"))[:80],
        str(manifest.get("software_version", ""))[:40],
        _sha256(written),
        pictures,
        content,
    )


def _refuse_sizes(sizes: Mapping[str, int]) -> None:
    if len(sizes) > MOST_FILES:
        raise DamagedPackage(f"the package holds {len(sizes)} files; at most {MOST_FILES} are read")
    for name, size in sizes.items():
        most = _MANIFEST_BYTES if name == MANIFEST else BYTE_LIMIT
        if size > most:
            raise DamagedPackage(f"{name!r} is larger than {most // 10**6} MB")


def _refuse_names(there: set[str], listed: set[str]) -> None:
    for name in sorted(listed):
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or ".." in parts or "\\" in name:
            raise DamagedPackage(
                f"the manifest lists {name!r}, which is no path inside the package"
            )
    if gone := sorted(listed - there):
        raise DamagedPackage(f"{gone[0]!r} is missing; the manifest lists it")
    if strange := sorted(there - listed):
        raise DamagedPackage(f"the package holds {strange[0]!r}, which the manifest does not list")


def _manifest(written: bytes) -> dict[str, Any]:
    try:
        manifest = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise DamagedPackage(f"{MANIFEST} is no JSON") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise DamagedPackage(f"{MANIFEST} is not that of an export of LesionScope")
    if manifest.get("version") != VERSION:
        raise DamagedPackage(
            f"the package is of version {str(manifest.get('version'))[:20]!r}; this program reads "
            f"version {VERSION}"
        )
    return manifest


def _listed(manifest: Mapping[str, Any]) -> dict[str, tuple[int, str]]:
    """Return size and hash of every file that the manifest lists."""
    found: dict[str, tuple[int, str]] = {}
    files = manifest.get("files")
    for one in files if isinstance(files, list) else [None]:
        if not (
            isinstance(one, dict)
            and isinstance(one.get("path"), str)
            and isinstance(one.get("bytes"), int)
            and _SHA256.fullmatch(str(one.get("sha256")))
        ):
            raise DamagedPackage(f"{MANIFEST} does not list its files with size and sha256")
        if one["path"] in found:
            raise DamagedPackage(f"{MANIFEST} lists {one['path']!r} twice")
        found[one["path"]] = (one["bytes"], one["sha256"])
    return found


def _pictures(index: bytes, listed: Mapping[str, tuple[int, str]]) -> Iterator[PackagePicture]:
    try:
        rows: Sequence[dict[str, Any]] = list(
            csv.DictReader(io.StringIO(index.decode("utf-8-sig"), newline=""), strict=True)
        )
    except (UnicodeDecodeError, csv.Error) as error:
        raise DamagedPackage("the index of the pictures is no CSV file in UTF-8") from error
    if not rows:
        raise DamagedPackage("the package holds no picture: nobody released one")
    keys: dict[str, str] = {}
    seen: set[tuple[str, int, str]] = set()
    for line, row in enumerate(rows, start=2):
        try:
            one = _picture(row, listed)
        except (ValueError, KeyError, TypeError) as fault:
            raise DamagedPackage(f"line {line} of the index of the pictures: {fault}") from fault
        if keys.setdefault(one.patient.casefold(), one.patient) != one.patient:
            raise DamagedPackage(
                f"{one.patient} and {keys[one.patient.casefold()]} differ in case alone"
            )
        if (one.patient, one.study_day, one.sha256) in seen:
            raise DamagedPackage(
                f"line {line} of the index names the same picture of a visit again"
            )
        seen.add((one.patient, one.study_day, one.sha256))
        yield one


def _picture(row: Mapping[str, Any], listed: Mapping[str, tuple[int, str]]) -> PackagePicture:
    path = f"{_FOLDER}/{row['file']}"
    if path not in listed:
        raise ValueError(f"the manifest does not list {path!r}")
    if listed[path][1] != row["sha256"]:
        raise ValueError(f"the sha256 of {path!r} is not that of the manifest")
    if not PSEUDONYM.fullmatch(row["patient"]):
        raise ValueError(f"{row['patient'][:40]!r} is no pseudonym")
    if not _SHA256.fullmatch(row["original_sha256"]):
        raise ValueError("the sha256 of the original is not 64 hex digits")
    day = int(row["study_day"])
    if not 1 <= day <= LONGEST_STUDY_DAYS:
        raise ValueError(f"a study day is 1 to {LONGEST_STUDY_DAYS}, got {day}")
    return PackagePicture(
        path,
        row["patient"],
        day,
        view_named(row["view"]).id,
        Site(row["site"]),
        Side(row["side"]),
        int(row["covered"]),
        row["sha256"],
        row["original_sha256"],
    )


def _refuse_picture(one: PackagePicture, content: bytes) -> None:
    """Refuse what a person could not have released: metadata, or no picture at all."""
    try:
        carried = metadata_in(content)
        decode(content, at_least=64)
    except UnreadableImage as fault:
        raise DamagedPackage(f"{one.path!r} is no picture that can be read: {fault}") from fault
    except ValueError as fault:
        raise DamagedPackage(f"{one.path!r}: {fault}") from fault
    if carried:
        raise DamagedPackage(f"{one.path!r} carries {', '.join(carried)}: it is not de-identified")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
