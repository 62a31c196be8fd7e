from __future__ import annotations

import hashlib
import os
import stat
import threading
import time
from pathlib import Path

import pytest

from lesionscope.store import PhotoDamaged
from lesionscope.store.vault import Vault


@pytest.fixture
def vault(tmp_path: Path) -> Vault:
    return Vault(tmp_path / "vault")


def test_bytes_lie_under_their_own_hash(vault: Vault, tmp_path: Path) -> None:
    sha256 = vault.put(b"photo")
    assert sha256 == hashlib.sha256(b"photo").hexdigest()
    path = tmp_path / "vault" / sha256[:2] / sha256
    assert vault.path(sha256) == path
    assert path.read_bytes() == b"photo"
    assert vault.read(sha256) == b"photo"
    assert list((tmp_path / "vault" / "incoming").iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="no such permissions there")
def test_only_the_owner_of_the_files_may_read_them(vault: Vault, tmp_path: Path) -> None:
    path = vault.path(vault.put(b"photo"))
    for inside in (path, path.parent, tmp_path / "vault"):
        assert stat.S_IMODE(inside.stat().st_mode) & 0o077 == 0


def test_the_same_bytes_are_kept_once(vault: Vault) -> None:
    path = vault.path(vault.put(b"photo"))
    before = path.stat()
    vault.put(b"photo")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@pytest.mark.parametrize("damage", [b"phot!", b"pho", b"", b"photo and more"])
def test_a_damaged_file_is_not_trusted_and_mended_by_good_bytes(
    vault: Vault, damage: bytes
) -> None:
    sha256 = vault.put(b"photo")
    vault.path(sha256).write_bytes(damage)
    assert vault.fault(sha256, 5) != ""
    with pytest.raises(PhotoDamaged, match="do not match"):
        vault.read(sha256)
    assert vault.put(b"photo") == sha256
    assert vault.read(sha256) == b"photo"
    assert vault.fault(sha256, 5) == ""


def test_faults_are_told_apart(vault: Vault) -> None:
    sha256 = vault.put(b"photo")
    assert vault.fault(sha256, 6) == "has 5 bytes instead of 6"
    vault.path(sha256).write_bytes(b"phot!")
    assert vault.fault(sha256, 5) == "was changed"
    vault.path(sha256).unlink()
    assert vault.fault(sha256, 5) == "is missing"
    with pytest.raises(PhotoDamaged, match="has lost"):
        vault.read(sha256)


@pytest.mark.parametrize("address", ["", "../" * 20, "A" * 64, "a" * 63, "a" * 64 + "\n"])
def test_no_address_leaves_the_folder(vault: Vault, address: str) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        vault.read(address)


def test_a_failed_write_leaves_nothing(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    (tmp_path / "vault" / hashlib.sha256(b"photo").hexdigest()[:2]).mkdir()
    with pytest.raises(OSError, match="No space left"):
        vault.put(b"photo")
    assert [p for p in (tmp_path / "vault").rglob("*") if p.is_file()] == []


def test_the_file_reaches_the_disk_before_its_name(
    vault: Vault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def noted_fsync(handle: int) -> None:
        order.append("folder" if stat.S_ISDIR(os.fstat(handle).st_mode) else "file")
        fsync(handle)

    def noted_replace(self: Path, target: Path) -> Path:
        order.append("rename")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(Path, "replace", noted_replace)
    vault.put(b"photo")
    assert order == ["folder", "file", "rename", "folder"]


def test_what_a_killed_process_left_is_swept_when_old(tmp_path: Path) -> None:
    incoming = tmp_path / "vault" / "incoming"
    Vault(tmp_path / "vault")
    old, young = incoming / "old", incoming / "young"
    old.write_bytes(b"half")
    young.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    Vault(tmp_path / "vault")
    assert not old.exists()
    assert young.exists()


def test_many_threads_may_put_the_same_bytes(vault: Vault) -> None:
    data = os.urandom(300_000)
    results: list[str] = []
    threads = [threading.Thread(target=lambda: results.append(vault.put(data))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [hashlib.sha256(data).hexdigest()] * 8
    assert vault.read(results[0]) == data
