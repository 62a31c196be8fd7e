"""A batch from its list to its tables: what is left is measured, and every photo gets one end."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lesionscope import __version__
from lesionscope.apart.limits import Limits
from lesionscope.cluster.journal import Journal
from lesionscope.cluster.manifest import Item
from lesionscope.cluster.photo_work import End, Row
from lesionscope.cluster.pool import Pool
from lesionscope.cluster.scheduler import rows_by_scheduler
from lesionscope.cluster.tables import write_tables
from lesionscope.pipeline import Method, default_grader, networks


@dataclass(frozen=True)
class Batch:
    """What to do.

    Attributes
    ----------
    items : sequence of Item
        The photos.
    out : Path
        Folder of the results, of this machine.
    method : Method
        What marks skin and lesions.
    workers : int
        Processes on this machine; 0 takes one for each processor.
    scheduler : str
        Address of a Dask scheduler; empty measures on this machine.
    limits : Limits or None
        What a process of this machine may use for a photo.
    again : bool
        Whether photos that failed are tried again; those that were refused are not.
    """

    items: Sequence[Item]
    out: Path
    method: Method = Method.NETWORK
    workers: int = 0
    scheduler: str = ""
    limits: Limits | None = None
    again: bool = False


@dataclass(frozen=True)
class Count:
    """How far a batch is.

    Attributes
    ----------
    all, before : int
        Photos of the list, and those that an earlier run had finished.
    ends : Counter of End
        Photos by how the work on them ended, over all runs.
    """

    all: int
    before: int
    ends: Counter[End]

    @property
    def done(self) -> int:
        """Number of photos that have a result or a reason."""
        return sum(self.ends.values())


def run_batch(batch: Batch, *, tell: Callable[[Count, Row | None], None]) -> Count:
    """Measure what is left of a batch and write its tables.

    Parameters
    ----------
    batch : Batch
        What to do.
    tell : callable
        Called with how far it is and the photo that was just finished; first with None.

    Returns
    -------
    Count

    Raises
    ------
    JournalRefused
        If the folder holds other results, or another run writes to it.
    NoScheduler
        If the scheduler cannot be used.
    """
    with Journal(batch.out, settings_of(batch.method)) as journal:
        known = [(item, journal.ends.get(item.key)) for item in batch.items]
        left = [item for item, end in known if _is_left(end, batch.again)]
        ends = Counter(
            end for _, end in known if end is not None and not _is_left(end, batch.again)
        )
        before = len(batch.items) - len(left)
        tell(Count(len(batch.items), before, +ends), None)
        try:
            for row in _rows(batch, left):
                journal.append(row)
                ends[row.end] += 1
                tell(Count(len(batch.items), before, +ends), row)
        finally:
            # Also of a run that was stopped: what is there can be looked at.
            write_tables(batch.out, journal.rows(batch.items))
    return Count(len(batch.items), before, +ends)


def settings_of(method: Method) -> dict[str, str]:
    """Return what results depend on besides the photo, its site and its marker."""
    named = networks(default_grader(), segmented=method is Method.NETWORK)
    return {"software": __version__, "networks": named.versions, "method": method.value}


def _is_left(end: End | None, again: bool) -> bool:
    return end is None or (again and end is End.FAILED)


def _rows(batch: Batch, left: Sequence[Item]) -> Iterator[Row]:
    if not left:
        return iter(())
    if batch.scheduler:
        return rows_by_scheduler(batch.scheduler, left, batch.method)
    workers = min(batch.workers or os.cpu_count() or 1, len(left))
    return Pool(workers, batch.method, batch.limits).rows(left)
