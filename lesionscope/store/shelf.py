"""The shelf: what can be computed again from the record, kept so that nobody waits for it twice.

Nothing on it is part of the record: it may be emptied at any time, and what it holds is found
again under a key made of all that it was computed from. Like the vault it holds pictures of
patients, so its files are their owner's alone.
"""

from __future__ import annotations

import io
import os
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lesionscope.store.chain import canonical_json, sha256_of

MOST_BYTES = 2_000_000_000
"""What is used least recently is thrown out beyond this."""


class Shelf:
    """Bundles of files that were computed, each in one file under its key.

    Parameters
    ----------
    folder : Path
        Created when missing; its parent must exist.
    most_bytes : int
        Size to which it is cut back when it is opened, and whenever a twentieth of it was added.
    """

    def __init__(self, folder: Path, most_bytes: int = MOST_BYTES) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._added = 0
        folder.mkdir(exist_ok=True, mode=0o700)
        self._cut_back(most_bytes)

    @staticmethod
    def key(made_from: Mapping[str, Any]) -> str:
        """Return the key of what was computed from these facts.

        Parameters
        ----------
        made_from : mapping of str to object
            Plain JSON: digests of the files, versions, choices.

        Returns
        -------
        str
            64 hex digits.

        Examples
        --------
        >>> Shelf.key({"a": 1}) == Shelf.key({"a": 1}) != Shelf.key({"a": 2})
        True
        """
        return sha256_of(canonical_json(dict(made_from)))

    def get(self, key: str) -> dict[str, bytes] | None:
        """Return the files of a bundle, or None where there is none, or a damaged one.

        Parameters
        ----------
        key : str
            From `key`.
        """
        path = self._folder / key
        try:
            with zipfile.ZipFile(path) as bundle:
                files = {name: bundle.read(name) for name in bundle.namelist()}
            os.utime(path)
        except (OSError, zipfile.BadZipFile):
            return None
        return files

    def put(self, key: str, files: Mapping[str, bytes]) -> None:
        """Keep a bundle; a reader meanwhile sees the old one or the new one, never a part.

        Parameters
        ----------
        key : str
            From `key`.
        files : mapping of str to bytes
            Name to content.
        """
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as bundle:
            for name, data in files.items():
                bundle.writestr(name, data)
        handle, name = tempfile.mkstemp(dir=self._folder, prefix="incoming-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(packed.getvalue())
            Path(name).replace(self._folder / key)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        self._added += packed.tell()
        if self._added > self._most_bytes // 20:
            self._added = 0
            self._cut_back(self._most_bytes)

    def _cut_back(self, most_bytes: int) -> None:
        found = []
        for path in self._folder.iterdir():
            try:
                state = path.stat()
            except FileNotFoundError:
                continue  # another process threw it out
            found.append((state.st_mtime, state.st_size, path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found, key=lambda entry: entry[0]):
            if total <= most_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size
