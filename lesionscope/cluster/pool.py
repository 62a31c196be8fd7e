"""The workers of this machine: each a thread that fetches photos and a process that opens them."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterable, Iterator
from itertools import islice

from lesionscope.apart.bounded import BoundedWorker
from lesionscope.apart.limits import Limits
from lesionscope.cluster.manifest import Item
from lesionscope.cluster.photo_work import Row, work
from lesionscope.pipeline import Method


class Pool:
    """Measuring processes of this machine, for one list of photos.

    A process that is killed is started again by its thread, and its photo tried again; the others
    do not notice.

    Parameters
    ----------
    workers : int
        Number of processes.
    method : Method
        What marks skin and lesions.
    limits : Limits, optional
        What each may use for a photo.
    """

    def __init__(self, workers: int, method: Method, limits: Limits | None = None) -> None:
        if workers < 1:
            raise ValueError(f"a pool needs one worker or more, got {workers}")
        self._method = method
        self._workers = [BoundedWorker(limits) for _ in range(workers)]
        self._stop = threading.Event()

    def rows(self, items: Iterable[Item]) -> Iterator[Row]:
        """Measure photos.

        Parameters
        ----------
        items : iterable of Item
            What to measure; read as workers become free.

        Yields
        ------
        Row
            One for each, as soon as it is there.
        """
        waiting = iter(items)
        asked: queue.SimpleQueue[Item | None] = queue.SimpleQueue()
        done: queue.SimpleQueue[Row | BaseException] = queue.SimpleQueue()
        threads = [
            threading.Thread(target=self._serve, args=(worker, asked, done), daemon=True)
            for worker in self._workers
        ]
        for thread in threads:
            thread.start()
        try:
            open_items = 0
            # Two for each worker: it never waits for the next, and few are lost when it stops.
            for item in islice(waiting, 2 * len(threads)):
                asked.put(item)
                open_items += 1
            while open_items:
                row = done.get()
                if isinstance(row, BaseException):
                    raise row
                open_items -= 1
                for item in islice(waiting, 1):
                    asked.put(item)
                    open_items += 1
                yield row
        finally:
            self._end(asked, threads)

    def _serve(
        self,
        worker: BoundedWorker,
        asked: queue.SimpleQueue[Item | None],
        done: queue.SimpleQueue[Row | BaseException],
    ) -> None:
        while (item := asked.get()) is not None and not self._stop.is_set():
            try:
                done.put(work(item, self._method, worker))
            except BaseException as error:
                done.put(error)
                return

    def _end(self, asked: queue.SimpleQueue[Item | None], threads: list[threading.Thread]) -> None:
        self._stop.set()
        for _ in threads:
            asked.put(None)
        for worker in self._workers:
            worker.retire()
        for thread in threads:
            thread.join(timeout=5)
        for worker in self._workers:
            worker.close()

    @property
    def pids(self) -> list[int]:
        """Numbers of the processes that run."""
        return [worker.pid for worker in self._workers if worker.pid is not None]
