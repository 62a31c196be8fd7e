"""The workers of many machines, behind a Dask scheduler (extra ``cluster``).

Each Dask worker opens photos in a measuring process of its own, as a pool on one machine does: a
hostile file ends that process and not the worker. Photos are fetched by the workers, so every
machine must be able to open their addresses.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from lesionscope import __version__
from lesionscope.apart.bounded import BoundedWorker
from lesionscope.cluster.manifest import Item
from lesionscope.cluster.photo_work import End, Row, work
from lesionscope.pipeline import Method

if TYPE_CHECKING:
    from distributed import Client, Future

IN_FLIGHT = 4
"""Photos handed out for each thread of the workers: enough that none waits for the next."""
CONNECT_SECONDS = 30


class NoScheduler(RuntimeError):  # noqa: N818 - a refusal, and named as one
    """The scheduler cannot be used; its text says why and what to do."""


def rows_by_scheduler(address: str, items: Iterable[Item], method: Method) -> Iterator[Row]:
    """Measure photos with the workers of a Dask scheduler.

    Parameters
    ----------
    address : str
        Such as ``tcp://10.0.0.1:8786``.
    items : iterable of Item
        What to measure; read as workers become free.
    method : Method
        What marks skin and lesions.

    Yields
    ------
    Row
        One for each, as soon as it is there. A photo whose Dask workers ended again and again has
        failed, and the others go on.

    Raises
    ------
    NoScheduler
        If Dask is not installed, nothing answers, there is no worker, or a worker runs another
        version of LesionScope.
    """
    try:
        from distributed import Client, as_completed
    except ImportError as error:
        raise NoScheduler(
            "Many machines need Dask: pip install 'lesionscope[cluster]' on each."
        ) from error
    try:
        client = Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError) as error:
        raise NoScheduler(f"No scheduler answers at {address}.") from error
    with client:
        threads = _checked_threads(client)
        waiting = iter(items)
        asked = {
            client.submit(measured_there, item, method.value, key=item.key, pure=False): item
            for item in islice(waiting, IN_FLIGHT * threads)
        }
        finished = as_completed(list(asked), loop=client.loop)
        for future in finished:
            item = asked.pop(future)
            yield _row_of(future, item)
            for following in islice(waiting, 1):
                new = client.submit(
                    measured_there, following, method.value, key=following.key, pure=False
                )
                asked[new] = following
                finished.add(new)


def measured_there(item: Item, method: str) -> Row:
    """Measure one photo on a Dask worker, in its measuring process."""
    if not hasattr(_mine, "worker"):
        _mine.worker = BoundedWorker()
    return work(item, Method(method), _mine.worker)


_mine = threading.local()  # a measuring process for each thread of the Dask worker


def _checked_threads(client: Client) -> int:
    """Return the number of threads of all workers, all of this version."""
    threads = sum(int(number) for number in client.nthreads().values())
    if not threads:
        raise NoScheduler("The scheduler has no worker: start `dask worker ADDRESS` on a machine.")
    versions = set(client.run(version_there).values())
    if versions != {__version__}:
        raise NoScheduler(
            f"The workers run LesionScope {', '.join(sorted(versions))} and this is {__version__}: "
            "install one version everywhere."
        )
    return threads


def version_there() -> str:
    """Return the version of LesionScope that a Dask worker runs."""
    return __version__


def _row_of(future: Future[Row], item: Item) -> Row:
    try:
        row = future.result()
    except Exception as error:  # KilledWorker, or what the network raised
        reason = f"The machines that tried it were lost ({type(error).__name__})."
        return Row(item, End.FAILED, reason)
    if not isinstance(row, Row):
        raise TypeError(f"a worker must answer with a Row, got {type(row).__name__}")
    return row
