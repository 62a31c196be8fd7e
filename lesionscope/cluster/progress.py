"""How far a batch is, live: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from lesionscope.cluster.photo_work import End, Row
from lesionscope.cluster.run import Count

LOG_SECONDS = 10.0
"""Between two lines where standard error is no terminal."""


class Teller:
    """Says how far a batch is, at what rate, and which photos were not measured."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar = Progress(
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[rate]:.2f} photos/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[bad]} without a result", style="dim"),
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        )
        self._task = self._bar.add_task("", total=None, rate=0.0, bad=0)
        self._begun = self._said = time.monotonic()

    def tell(self, count: Count, row: Row | None) -> None:
        """Take in how far the batch is; `row` is the photo just finished, None at the start."""
        if row is None and count.before:
            self._say(f"Going on: {count.before} of {count.all} photos were done before.")
        if row is not None and row.end is not End.MEASURED:
            self._say(f"[red]{row.end.value}[/red]  {escape(row.item.photo)}: {escape(row.reason)}")
        rate = self.rate(count)
        bad = count.done - count.ends[End.MEASURED]
        self._bar.update(self._task, total=count.all, completed=count.done, rate=rate, bad=bad)
        if not self._console.is_terminal and time.monotonic() - self._said > LOG_SECONDS:
            self._said = time.monotonic()
            self._say(f"{count.done} of {count.all}, {rate:.2f} photos/s, {bad} without a result")

    def rate(self, count: Count) -> float:
        """Return the photos a second of this run."""
        return (count.done - count.before) / max(time.monotonic() - self._begun, 1e-6)

    def _say(self, line: str) -> None:
        self._console.print(line, soft_wrap=True)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
