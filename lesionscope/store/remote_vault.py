"""The vault on any file system that fsspec knows: an object store, a server, memory in tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from lesionscope.places import vault_url
from lesionscope.store.chain import sha256_of
from lesionscope.store.refusals import PhotoDamaged
from lesionscope.store.vault import Vault, check_address


class Files(Protocol):
    """What keeps bytes under their own sha256, see `lesionscope.store.vault.Vault`."""

    def put(self, data: bytes) -> str:
        """Keep bytes; return their address."""

    def read(self, sha256: str) -> bytes:
        """Return bytes, checked against their address."""

    def fault(self, sha256: str, size: int) -> str:
        """Say what is wrong with a file; empty when it is whole."""


class RemoteVault:
    """Content-addressed files below a URL: ``URL/ab/abcdef...``.

    A file is written in one piece and its row is written after it: who reads a row finds the
    whole file, and one that was cut off is found out by its sha256. Whether what the server
    acknowledged survives a power cut there is the server's promise.

    Parameters
    ----------
    url : str
        Such as ``s3://bucket/trial``; the file system's own package must be installed.

    Raises
    ------
    ValueError
        If fsspec or the package of this kind of URL is missing.
    """

    def __init__(self, url: str) -> None:
        try:
            import fsspec

            found: tuple[Any, str] = fsspec.core.url_to_fs(url)
        except ImportError as error:
            raise ValueError(
                f"the vault at {url} needs a package that is not installed: {error}"
            ) from error
        self._system, self._folder = found[0], found[1].rstrip("/")

    def _path(self, sha256: str) -> str:
        check_address(sha256)
        return f"{self._folder}/{sha256[:2]}/{sha256}"

    def put(self, data: bytes) -> str:
        """Keep bytes; a file that is there already is read and compared before it is trusted.

        Raises
        ------
        OSError
            If the file cannot be written, or is not there whole afterwards.
        """
        sha256 = sha256_of(data)
        if self.fault(sha256, len(data)):
            path = self._path(sha256)
            self._system.makedirs(path.rpartition("/")[0], exist_ok=True)
            self._system.pipe_file(path, data)
            kept = self._size(path)
            if kept != len(data):
                raise OSError(f"the vault kept {kept} of {len(data)} bytes of {sha256}")
        return sha256

    def read(self, sha256: str) -> bytes:
        """Return the bytes with this sha256.

        Raises
        ------
        PhotoDamaged
            If the file is missing or its bytes have another sha256.
        """
        try:
            data = bytes(self._system.cat_file(self._path(sha256)))
        except FileNotFoundError:
            raise PhotoDamaged(f"the vault has lost the file {sha256}") from None
        if sha256_of(data) != sha256:
            raise PhotoDamaged(f"the vault's file {sha256} was changed: its bytes do not match")
        return data

    def fault(self, sha256: str, size: int) -> str:
        """Say what is wrong with a file of the vault; empty when it is whole."""
        path = self._path(sha256)
        try:
            found = self._size(path)
            if found != size:
                return f"has {found} bytes instead of {size}"
            return "" if sha256_of(self._system.cat_file(path)) == sha256 else "was changed"
        except FileNotFoundError:
            return "is missing"

    def _size(self, path: str) -> int:
        # Others write too: what this process remembers of the folder may be old.
        self._system.invalidate_cache()
        return int(self._system.info(path)["size"])


def open_vault(home: Path) -> Files:
    """Open the vault of an installation.

    Parameters
    ----------
    home : Path
        Data folder; the vault lies in it unless `lesionscope.places.vault_url` names another.
    """
    url = vault_url()
    return Vault(home / "vault") if url is None else RemoteVault(url)
