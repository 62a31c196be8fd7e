"""The journal of a batch: one line for each photo, only ever appended, from which a run goes on.

It holds the documents themselves, so that no photo can have a line and no result. A line that was
cut off when the machine stopped is not counted: its photo is measured again.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from lesionscope.cluster.manifest import Item
from lesionscope.cluster.photo_work import End, Row
from lesionscope.core.sites import Site

NAME = "results.jsonl"
"""Its file in the folder of the results."""
SYNC_SECONDS = 1.0
"""A power cut costs the photos of this time at most."""


class JournalRefused(RuntimeError):  # noqa: N818 - a refusal, and named as one
    """The folder holds results that this run must not go on with; its text says why."""


class Journal:
    """The journal of a folder, held by one run at a time.

    Parameters
    ----------
    folder : Path
        Of the results; created when missing.
    settings : mapping
        What results depend on: versions and method. A journal of other settings is refused.

    Raises
    ------
    JournalRefused
        If another run holds it, or it was begun with other settings.
    """

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file: BinaryIO = (folder / NAME).open("a+b")
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.close()
            raise JournalRefused(f"Another run is writing to {folder}. Let it finish.") from error
        self._synced = time.monotonic()
        self._places: dict[str, int] = {}
        self.ends: dict[str, End] = {}
        """How the work on each photo ended, by `Item.key`."""
        self._begin(folder, {name: str(value) for name, value in settings.items()})

    def _begin(self, folder: Path, settings: dict[str, str]) -> None:
        kept = 0
        for place, line in self._whole_lines():
            if place == 0:
                _refuse_other(folder, settings, line)
            else:
                self._places[line["key"]] = place
                self.ends[line["key"]] = End(line["end"])
            kept = self._file.tell()
        self._file.truncate(kept)  # what a stop cut off
        if kept == 0:
            self._write({"settings": settings})
            self._sync()

    def _whole_lines(self) -> Iterator[tuple[int, dict[str, Any]]]:
        self._file.seek(0)
        while True:
            place = self._file.tell()
            text = self._file.readline()
            try:
                line = json.loads(text) if text.endswith(b"\n") else None
            except ValueError:
                line = None
            if not isinstance(line, dict):
                return
            yield place, line

    def append(self, row: Row) -> None:
        """Append what came of a photo.

        Parameters
        ----------
        row : Row
            Its key must be new, or its earlier row have failed.

        Raises
        ------
        ValueError
            If the photo has a result or a refusal already.
        """
        key = row.item.key
        if self.ends.get(key, End.FAILED) is not End.FAILED:
            raise ValueError(f"{row.item.photo} has a result already")
        self._file.seek(0, os.SEEK_END)
        self._places[key], self.ends[key] = self._file.tell(), row.end
        self._write(
            {
                "key": key,
                "photo": row.item.photo,
                "site": row.item.site.value,
                "marker_mm": row.item.marker_mm,
                "end": row.end.value,
                "reason": row.reason,
                "attempts": row.attempts,
                "document": row.document,
            }
        )
        if time.monotonic() - self._synced > SYNC_SECONDS:
            self._sync()

    def rows(self, items: Iterable[Item]) -> Iterator[Row]:
        """Read what came of photos, in the order asked; those without a line are left out."""
        for item in items:
            place = self._places.get(item.key)
            if place is not None:
                self._file.seek(place)
                line = json.loads(self._file.readline())
                stated = Item(item.number, line["photo"], Site(line["site"]), line["marker_mm"])
                end, reason = End(line["end"]), line["reason"]
                yield Row(stated, end, reason, line["document"], line["attempts"])

    def _write(self, line: Mapping[str, Any]) -> None:
        text = json.dumps(line, allow_nan=False, separators=(",", ":")) + "\n"
        self._file.write(text.encode())
        self._file.flush()

    def _sync(self) -> None:
        os.fsync(self._file.fileno())
        self._synced = time.monotonic()

    def close(self) -> None:
        """Bring the last lines to the disk and let go of the folder."""
        if not self._file.closed:
            self._sync()
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _refuse_other(folder: Path, settings: dict[str, str], line: Mapping[str, Any]) -> None:
    begun = line.get("settings")
    if begun is None:
        raise JournalRefused(f"{folder / NAME} is no journal of a batch. Choose another folder.")
    changed = [name for name in settings if begun.get(name) != settings[name]]
    if changed:
        was = ", ".join(f"{name} {begun.get(name)}, now {settings[name]}" for name in changed)
        raise JournalRefused(
            f"{folder} was begun with other settings ({was}). Results of both would be mixed: "
            "choose another folder for --out."
        )
