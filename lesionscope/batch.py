"""Many photo files, one after the other: a bad one is an outcome with its sentence.

Only documents are kept of what was measured, because the masks of one 12 megapixel photo are
80 MB.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lesionscope.core.body import PatientBody
from lesionscope.core.sites import Site
from lesionscope.exchange.measurement_folder import file_names, safe_name, write_measurement
from lesionscope.exchange.measurement_json import document
from lesionscope.faults import debugging, fault_sentence
from lesionscope.imaging.decode import BYTE_LIMIT, UnreadableImage
from lesionscope.pipeline import Method, measure, read_photo


@dataclass(frozen=True)
class Job:
    """Photos to measure, and how.

    Attributes
    ----------
    photos : tuple of Path
        The files.
    site : Site
        The body site that all of them were taken for.
    marker_mm : float
        Side of the printed marker, mm.
    out : Path or None
        Folder for masks, overlays and documents; None writes nothing.
    method : Method
        What marks skin and lesions.
    body : PatientBody or None
        Size and own hand of the patient whom all the photos show.
    """

    photos: tuple[Path, ...]
    site: Site = Site.OTHER
    marker_mm: float = 20.0
    out: Path | None = None
    method: Method = Method.NETWORK
    body: PatientBody | None = None


@dataclass(frozen=True)
class Outcome:
    """What came of one photo.

    Attributes
    ----------
    photo : str
        Path as given, as text that any terminal can show.
    name : str
        What its results are called; no two of a job share one.
    document : dict or None
        See `lesionscope.exchange.measurement_json.document`; None when it was not measured.
    error : str
        Why not, and what to do; empty when it was measured.
    renamed : bool
        Whether an earlier photo had taken its name.
    """

    photo: str
    name: str
    document: dict[str, Any] | None
    error: str = ""
    renamed: bool = False

    def entry(self) -> dict[str, Any]:
        """Return this photo's part of a JSON list."""
        head = {"photo": self.photo, "name": self.name}
        return head | ({"error": self.error} if self.document is None else self.document)


def outcomes(job: Job) -> Iterator[Outcome]:
    """Measure the photos of a job.

    Parameters
    ----------
    job : Job
        What to do.

    Yields
    ------
    Outcome
        One for each photo, in order, as soon as it is there.
    """
    names: set[str] = set()
    for path in job.photos:
        name = safe_name(path.name, names)
        names.add(name)
        found, error = _attempt(path, name, job)
        # A path that is not UTF-8 would be no text that a terminal or JSON can hold.
        shown = str(path).encode(errors="replace").decode()
        yield Outcome(shown, name, found, error, renamed=name != safe_name(path.name))


def _attempt(path: Path, name: str, job: Job) -> tuple[dict[str, Any] | None, str]:
    try:
        photo = read_photo(_content(path), path.name)
        found = measure(
            photo, site=job.site, marker_mm=job.marker_mm, method=job.method, body=job.body
        )
        if job.out is not None:
            _check_spared(job.out, job.photos, name)
            write_measurement(job.out, name, photo, found)
        return document(found), ""
    except UnreadableImage as refused:
        return None, str(refused)
    except Exception as error:  # the other photos of the job go on
        if debugging():
            raise
        return None, fault_sentence(error)


def _content(path: Path) -> bytes:
    if path.is_dir():
        raise UnreadableImage("This is a folder. Name the photos in it, such as FOLDER/*.jpg.")
    with path.open("rb") as file:
        # One byte over the limit is enough for decode() to refuse it.
        return file.read(BYTE_LIMIT + 1)


def _check_spared(out: Path, photos: tuple[Path, ...], name: str) -> None:
    inputs = {photo.resolve() for photo in photos}
    for file_name in file_names(name):
        if (out / file_name).resolve() in inputs:
            raise UnreadableImage(
                f"Its results would replace the photo {file_name}. Choose another folder for --out."
            )
