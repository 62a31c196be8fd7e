"""The vault away from home, on fsspec's file system in memory."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import fsspec
import pytest
from argon2 import PasswordHasher

from lesionscope.core.sites import Side, Site
from lesionscope.store import PhotoDamaged, Store
from lesionscope.store.chain import sha256_of
from lesionscope.store.remote_vault import RemoteVault, open_vault
from lesionscope.store.restore import backup_faults, restore_backup

URL = "memory://vault-of-the-tests"
PASSWORD = "correct horse battery"


@pytest.fixture
def files() -> Iterator[fsspec.AbstractFileSystem]:
    system = fsspec.filesystem("memory")
    yield system
    system.rm(URL, recursive=True) if system.exists(URL) else None


@pytest.fixture
def vault(files: fsspec.AbstractFileSystem) -> RemoteVault:
    return RemoteVault(URL)


def place(sha256: str) -> str:
    return f"{URL}/{sha256[:2]}/{sha256}"


def test_what_is_put_is_read_under_its_sha256(vault: RemoteVault) -> None:
    sha256 = vault.put(b"photo")
    assert sha256 == sha256_of(b"photo")
    assert vault.read(sha256) == b"photo"
    assert vault.fault(sha256, 5) == ""
    assert vault.put(b"photo") == sha256


def test_a_lost_or_changed_file_is_told(
    vault: RemoteVault, files: fsspec.AbstractFileSystem
) -> None:
    sha256 = vault.put(b"photo")
    files.pipe_file(place(sha256), b"other")
    assert vault.fault(sha256, 5) == "was changed"
    with pytest.raises(PhotoDamaged, match="was changed"):
        vault.read(sha256)
    files.pipe_file(place(sha256), b"oth")
    assert vault.fault(sha256, 5) == "has 3 bytes instead of 5"
    vault.put(b"photo")  # the good bytes replace the damaged ones
    assert vault.read(sha256) == b"photo"
    files.rm(place(sha256))
    assert vault.fault(sha256, 5) == "is missing"
    with pytest.raises(PhotoDamaged, match="has lost"):
        vault.read(sha256)


def test_half_a_write_is_refused(vault: RemoteVault, monkeypatch: pytest.MonkeyPatch) -> None:
    write = type(vault._system).pipe_file
    monkeypatch.setattr(
        type(vault._system), "pipe_file", lambda self, path, data: write(self, path, data[:2])
    )
    with pytest.raises(OSError, match="kept 2 of 5 bytes"):
        vault.put(b"photo")


@pytest.mark.parametrize("address", ["", "../../etc/passwd", "A" * 64, "0" * 63])
def test_no_address_leaves_the_vault(vault: RemoteVault, address: str) -> None:
    with pytest.raises(ValueError, match="64 hex digits"):
        vault.read(address)


def test_a_url_without_its_package_is_told_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONSCOPE_VAULT", "unheard-of://bucket")
    with pytest.raises(ValueError, match=r"unheard-of|Protocol not known"):
        open_vault(tmp_path)


def test_a_record_keeps_its_photos_there_and_moves_home_by_a_backup(
    files: fsspec.AbstractFileSystem,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    hasher: PasswordHasher,
) -> None:
    with monkeypatch.context() as away:
        away.setenv("LESIONSCOPE_VAULT", URL)
        with Store.open(tmp_path / "home", hasher=hasher) as store:
            by = store.create_owner("owner", "Person owner", PASSWORD)
            visit = store.add_visit(by, store.add_patient(by, "P-01").id, date(2026, 3, 1), "V1")
            photo = store.add_photo(
                by, visit.id, b"photo", name="a", view="arm", site=Site.ARM, side=Side.LEFT
            )
            assert store.original(by, photo.id) == b"photo"
            assert store.verify() == []
            store.backup(tmp_path / "kept.zip")
            files.rm(place(photo.sha256))
            assert store.verify() == ["photo 1 ('a'): its file in the vault is missing"]
    assert not (tmp_path / "home" / "vault").exists()
    assert backup_faults(tmp_path / "kept.zip") == []
    restore_backup(tmp_path / "kept.zip", tmp_path / "again")
    with Store.open(tmp_path / "again", hasher=hasher) as store:
        assert store.original(by, photo.id) == b"photo"
        assert store.verify() == []
