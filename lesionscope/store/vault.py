"""The vault: bytes kept under their own sha256, never changed, checked whenever they are read."""

from __future__ import annotations

import os
import re
import tempfile
import time
from pathlib import Path

from lesionscope.store.chain import sha256_of
from lesionscope.store.refusals import PhotoDamaged

_SHA256 = re.compile(r"[0-9a-f]{64}")
_STALE_SECONDS = 3600


def check_address(sha256: str) -> None:
    """Refuse an address that is none, so that no address leaves the vault.

    Raises
    ------
    ValueError
        If it is not 64 lower-case hex digits.
    """
    if not _SHA256.fullmatch(sha256):
        raise ValueError(f"a vault address must be 64 hex digits, got {sha256[:80]!r}")


class Vault:
    """Content-addressed files: ``ab/abcdef...`` holds the bytes whose sha256 is ``abcdef...``.

    Parameters
    ----------
    folder : Path
        Created when missing, readable by its owner alone; its parent must exist.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._incoming = folder / "incoming"
        for path in (folder, self._incoming):
            path.mkdir(exist_ok=True, mode=0o700)
        self._sweep()

    def path(self, sha256: str) -> Path:
        """Return where the bytes with this sha256 lie, or would lie.

        Raises
        ------
        ValueError
            If it is not 64 lower-case hex digits, so that no address leaves the folder.
        """
        check_address(sha256)
        return self._folder / sha256[:2] / sha256

    def put(self, data: bytes) -> str:
        """Keep bytes; when this returns they survive a power cut.

        A file that is already there is read and compared before it is trusted; a damaged one
        is replaced by the good bytes.

        Parameters
        ----------
        data : bytes
            What to keep.

        Returns
        -------
        str
            Its sha256, the address for `read`.
        """
        sha256 = sha256_of(data)
        target = self.path(sha256)
        if not target.parent.exists():
            target.parent.mkdir(exist_ok=True, mode=0o700)
            _sync_folder(self._folder)
        if self.fault(sha256, len(data)):
            self._write(data, target)
        # Also for a file already there: its writer may not have come this far yet.
        _sync_folder(target.parent)
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return the bytes with this sha256.

        Raises
        ------
        PhotoDamaged
            If the file is missing or its bytes have another sha256.
        """
        try:
            data = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise PhotoDamaged(f"the vault has lost the file {sha256}") from None
        if sha256_of(data) != sha256:
            raise PhotoDamaged(f"the vault's file {sha256} was changed: its bytes do not match")
        return data

    def fault(self, sha256: str, size: int) -> str:
        """Say what is wrong with a file of the vault.

        Parameters
        ----------
        sha256 : str
            Its address.
        size : int
            Bytes that it should have.

        Returns
        -------
        str
            Empty when it is whole; otherwise such as ``"is missing"``.
        """
        path = self.path(sha256)
        try:
            found = path.stat().st_size
        except FileNotFoundError:
            return "is missing"
        if found != size:
            return f"has {found} bytes instead of {size}"
        return "" if sha256_of(path.read_bytes()) == sha256 else "was changed"

    def _write(self, data: bytes, target: Path) -> None:
        handle, name = tempfile.mkstemp(dir=self._incoming)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def _sweep(self) -> None:
        """Remove what a killed process left half written; a young file may still be in hand."""
        for path in self._incoming.iterdir():
            try:
                if time.time() - path.stat().st_mtime > _STALE_SECONDS:
                    path.unlink()
            except FileNotFoundError:
                continue  # another process swept it, or finished it


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there, and renames are journalled
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
