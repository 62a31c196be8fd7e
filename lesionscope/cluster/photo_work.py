"""One photo of a list, from its address to its row: what each worker does, wherever it runs."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import fsspec

from lesionscope.apart.bounded import BoundedWorker, MeasuringFault, WorkerLost
from lesionscope.apart.task import Task
from lesionscope.cluster.manifest import Item
from lesionscope.faults import fault_sentence
from lesionscope.imaging.decode import BYTE_LIMIT, UnreadableImage
from lesionscope.pipeline import Method

ATTEMPTS = 3
"""How often a photo is tried whose worker ends: a worker may be killed by something else."""


class End(StrEnum):
    """How the work on a photo ended."""

    MEASURED = "measured"
    REFUSED = "refused"
    """The photo cannot be measured; the reason says why and what to do."""
    FAILED = "failed"
    """It could not be fetched, or the software failed: worth another try."""


@dataclass(frozen=True)
class Row:
    """What came of one photo.

    Attributes
    ----------
    item : Item
        What was asked.
    end : End
        How it ended.
    reason : str
        Why it was not measured; empty when it was.
    document : dict or None
        See `lesionscope.exchange.measurement_json.document`.
    attempts : int
        Processes that it took.
    """

    item: Item
    end: End
    reason: str = ""
    document: dict[str, Any] | None = None
    attempts: int = 1


def work(item: Item, method: Method, worker: BoundedWorker) -> Row:
    """Fetch a photo and measure it.

    Parameters
    ----------
    item : Item
        Which photo.
    method : Method
        What marks skin and lesions.
    worker : BoundedWorker
        The process that opens it.

    Returns
    -------
    Row
        Always one: whatever goes wrong is its reason.
    """
    try:
        data = _content(item.photo)
    except UnreadableImage as refused:
        return Row(item, End.REFUSED, str(refused))
    except Exception as error:  # a storage raises what its driver likes
        return Row(item, End.FAILED, _not_fetched(item, error))
    task = Task(item.photo.rsplit("/", 1)[-1], item.site, item.marker_mm, method)
    lost = ""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            found = worker.measure(data, task)
            return Row(item, End.MEASURED, "", found.document, attempt)
        except UnreadableImage as refused:
            return Row(item, End.REFUSED, str(refused), None, attempt)
        except MeasuringFault as fault:
            return Row(item, End.FAILED, str(fault), None, attempt)
        except WorkerLost as error:
            lost = str(error)
    return Row(item, End.FAILED, f"{lost} It was tried {ATTEMPTS} times.", None, ATTEMPTS)


def _content(photo: str) -> bytes:
    files, path = fsspec.core.url_to_fs(photo)
    if files.isdir(path):
        raise UnreadableImage("This is a folder. Name the photos in it.")
    with files.open(path, "rb") as file:
        # One byte over the limit is enough for it to be refused.
        return bytes(file.read(BYTE_LIMIT + 1))


def _not_fetched(item: Item, error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return f"There is no file {item.photo}."
    if isinstance(error, OSError):
        return fault_sentence(error) if error.filename else f"It could not be fetched: {error}"
    return f"It could not be fetched ({type(error).__name__}: {error})."
