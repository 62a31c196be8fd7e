"""What the server counts, as Prometheus reads it. No count names a person or a photo.

References
----------
Prometheus text exposition format 0.0.4.
"""

from __future__ import annotations

import threading
import time
from collections import Counter

from lesionscope import __version__
from lesionscope.apart.desk import Desk

BUCKETS = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 120.0)
"""Upper bounds, in seconds, of the histogram of measuring times."""


class Metrics:
    """Counts since the server started; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._begun = time.time()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._under = [0] * len(BUCKETS)
        self._seconds = 0.0
        self._count = 0

    def answered(self, method: str, route: str, status: int) -> None:
        """Count an answer.

        Parameters
        ----------
        method : str
            Of HTTP.
        route : str
            As declared, with ``{id}`` in place of numbers.
        status : int
            Of HTTP.
        """
        with self._lock:
            self._requests[(method, route, status)] += 1

    def measured(self, seconds: float) -> None:
        """Count a photo that was measured, and how long it took."""
        with self._lock:
            self._count += 1
            self._seconds += seconds
            for place, bound in enumerate(BUCKETS):
                self._under[place] += seconds <= bound

    def text(self, desk: Desk) -> str:
        """Return all counts.

        Parameters
        ----------
        desk : Desk
            The measuring processes.

        Returns
        -------
        str
        """
        with self._lock:
            return "\n".join((*self._server(desk), *self._answers(), *self._times(), ""))

    def _server(self, desk: Desk) -> list[str]:
        return [
            "# HELP lesionscope_info Version of the software.",
            "# TYPE lesionscope_info gauge",
            f'lesionscope_info{{version="{__version__}"}} 1',
            "# HELP lesionscope_start_time_seconds When the server started.",
            "# TYPE lesionscope_start_time_seconds gauge",
            f"lesionscope_start_time_seconds {self._begun:.0f}",
            "# HELP lesionscope_workers_busy Measuring processes at work.",
            "# TYPE lesionscope_workers_busy gauge",
            f"lesionscope_workers_busy {desk.busy}",
            "# HELP lesionscope_workers_lost_total Measuring processes that ended over a photo.",
            "# TYPE lesionscope_workers_lost_total counter",
            f"lesionscope_workers_lost_total {desk.lost}",
        ]

    def _answers(self) -> list[str]:
        return [
            "# HELP lesionscope_http_requests_total Answers of the API.",
            "# TYPE lesionscope_http_requests_total counter",
            *(
                f'lesionscope_http_requests_total{{method="{method}",route="{route}",'
                f'status="{status}"}} {number}'
                for (method, route, status), number in sorted(self._requests.items())
            ),
        ]

    def _times(self) -> list[str]:
        name = "lesionscope_measure_seconds"
        bounds = zip(BUCKETS, self._under, strict=True)
        return [
            f"# HELP {name} Time from a photo's arrival to its measurement.",
            f"# TYPE {name} histogram",
            *(f'{name}_bucket{{le="{bound:g}"}} {number}' for bound, number in bounds),
            f'{name}_bucket{{le="+Inf"}} {self._count}',
            f"{name}_sum {self._seconds:.3f}",
            f"{name}_count {self._count}",
        ]
