"""The measuring processes of a server: a few, shared by everybody, each lent to one photo."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import TypeVar

from lesionscope.apart.bounded import Apart, BoundedWorker, WorkerLost
from lesionscope.apart.limits import Limits
from lesionscope.apart.task import Task
from lesionscope.imaging.decode import UnreadableImage

WAIT_SECONDS = 300.0
"""How long a photo waits for a process that is free before its sender is told to come back."""

ENDED_OVER_IT = (
    "Opening this photo ended the process that tried, twice. It is damaged or made to do harm: "
    "export it anew as JPEG from the program that shows it."
)

_Found = TypeVar("_Found")


class DeskBusy(UnreadableImage):
    """Every measuring process is taken, and has been for `WAIT_SECONDS`."""


class Desk:
    """Measuring processes behind one door, for any number of threads.

    Parameters
    ----------
    workers : int
        Number of processes, each started when first needed.
    limits : Limits, optional
        What each may use for a photo.
    """

    def __init__(self, workers: int, limits: Limits | None = None) -> None:
        if workers < 1:
            raise ValueError(f"a desk needs one worker or more, got {workers}")
        self._all = [BoundedWorker(limits) for _ in range(workers)]
        self._free: queue.LifoQueue[BoundedWorker] = queue.LifoQueue()
        for worker in self._all:
            self._free.put(worker)
        self._counting = threading.Lock()
        self.lost = 0
        """Processes that ended over a photo so far."""

    def read(self, data: bytes, name: str = "") -> str:
        """Make sure that a file is a photo; see `BoundedWorker.read`.

        Raises
        ------
        UnreadableImage
            Also when the process ended over it twice.
        MeasuringFault
            If the software is at fault.
        DeskBusy
            If no process became free in time.
        """
        return self._twice(lambda worker: worker.read(data, name))

    def measure(self, data: bytes, task: Task, *, files: bool = False) -> Apart:
        """Measure a photo; see `BoundedWorker.measure` and, for what is raised, `read`."""
        return self._twice(lambda worker: worker.measure(data, task, files=files))

    def ready(self) -> bool:
        """Return whether a process with loaded networks answers, or all are at work."""
        try:
            worker = self._free.get_nowait()
        except queue.Empty:
            return True
        try:
            worker.start()
        except WorkerLost:
            return False
        finally:
            self._free.put(worker)
        return True

    @property
    def busy(self) -> int:
        """Number of processes at work."""
        return len(self._all) - self._free.qsize()

    def close(self) -> None:
        """End every process."""
        for worker in self._all:
            worker.close()

    def _twice(self, ask: Callable[[BoundedWorker], _Found]) -> _Found:
        # Once more, because the photo may be innocent: somebody may have killed the process.
        for _ in range(2):
            with self._lent() as worker:
                try:
                    return ask(worker)
                except WorkerLost:
                    with self._counting:
                        self.lost += 1
        raise UnreadableImage(ENDED_OVER_IT)

    @contextmanager
    def _lent(self) -> Iterator[BoundedWorker]:
        try:
            worker = self._free.get(timeout=WAIT_SECONDS)
        except queue.Empty:
            raise DeskBusy("The machine is busy with other photos. Try again later.") from None
        try:
            yield worker
        finally:
            self._free.put(worker)


@lru_cache(maxsize=1)
def desk() -> Desk:
    """Return the desk of this server: ``LESIONSCOPE_WORKERS`` processes, by default two.

    Returns
    -------
    Desk
    """
    stated = os.environ.get("LESIONSCOPE_WORKERS", "")
    return Desk(int(stated) if stated.isdigit() and int(stated) else min(2, os.cpu_count() or 1))
