"""A package of de-identified pictures: out of one record, into another, read blind there."""

from __future__ import annotations

import hashlib
import json
import random
import shutil
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from argon2 import PasswordHasher
from numpy.typing import NDArray
from typer.testing import CliRunner

from lesionscope.cli import commands
from lesionscope.core.campaign import Asked, CampaignPlan, CaseUnit, ReadDesign
from lesionscope.core.case import CaseState
from lesionscope.core.exchange_format import ExchangeFormat
from lesionscope.core.people import Reader, Role
from lesionscope.core.sites import Site
from lesionscope.exchange import package_reader
from lesionscope.exchange.package_reader import MANIFEST, DamagedPackage, opened_package
from lesionscope.store import AlreadyThere, NotAllowed, Store
from lesionscope.study_export import write_export
from tests.store.reading_room import PASSWORD, SECRETS, drawn, furnish, scored

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


def twice_as_large(patient: int, visit: int) -> NDArray[np.uint8]:
    return drawn(patient, visit).repeat(2, axis=0).repeat(2, axis=1)


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two patients of three visits each, exported with pictures and tables."""
    folder = tmp_path_factory.mktemp("sender")
    with Store.open(folder / "home", hasher=QUICK) as store:
        room = furnish(store, patients=2, photo_of=twice_as_large)
        kinds = [ExchangeFormat.PICTURES, ExchangeFormat.TABLES]
        write_export(store, room.owner, folder / "package", kinds=kinds)
    return folder / "package"


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "home", hasher=QUICK) as store:
        yield store


@pytest.fixture
def owner(fresh: Store) -> Reader:
    return fresh.create_owner("owner", "Olga Owner", PASSWORD)


def zipped(folder: Path, out: Path) -> Path:
    return Path(shutil.make_archive(str(out), "zip", folder))


def campaign_of(store: Store, owner: Reader) -> tuple[Reader, CampaignPlan]:
    one, two, third = (
        store.add_account(owner, name, f"Reader {name}", Role.ADJUDICATOR, PASSWORD)
        for name in ("one", "two", "third")
    )
    return one, CampaignPlan(
        "Second centre", ReadDesign.PAIRED, CaseUnit.SITE, (Asked.CDASI, Asked.BSA),
        (one.id, two.id), third.id, seed=3, repeat_percent=0,
    )  # fmt: skip


def test_a_package_is_read_blind_in_another_record(
    package: Path, fresh: Store, owner: Reader, tmp_path: Path
) -> None:
    with opened_package(zipped(package, tmp_path / "sent")) as found:
        receipt = fresh.import_package(owner, found)
    assert (receipt.patients, receipt.visits, receipt.photos) == (2, 6, 6)
    readable = fresh.readable_visits(owner)
    assert [(one.pseudonym, one.visit.label) for one in readable[:3]] == [
        ("SUBJ-00", "Day 1"), ("SUBJ-00", "Day 32"), ("SUBJ-00", "Day 60"),
    ]  # fmt: skip
    assert all(one.released == {Site.ARM} for one in readable)
    reader, plan = campaign_of(fresh, owner)
    fresh.start_campaign(owner, plan, [(one.visit.id, [Site.ARM]) for one in readable])
    line = fresh.my_cases(reader)[0]
    case = fresh.blind_case(reader, line.code)
    view = fresh.blind_view(reader, line.code, case.photos[0].number)
    assert view.startswith(b"\xff\xd8")
    assert not [secret for secret in SECRETS if secret in repr(case)]
    fresh.lock_case(reader, line.code, PASSWORD, scores=scored(case, erythema=2, bsa=3.0))
    states = {one.code: one.state for one in fresh.my_cases(reader)}
    assert states[line.code] is CaseState.LOCKED
    event = next(e for e in fresh.events(owner, limit=50) if e.act == "import package")
    sha256 = hashlib.sha256((package / MANIFEST).read_bytes()).hexdigest()
    assert event.detail["manifest_sha256"] == sha256
    assert fresh.verify() == []


def test_the_picture_is_kept_as_it_came_and_traced_to_its_original(
    package: Path, fresh: Store, owner: Reader
) -> None:
    with opened_package(package) as found:
        fresh.import_package(owner, found)
        first = found.pictures[0]
        content = found.content(first.path)
    visit = fresh.readable_visits(owner)[0].visit
    (photo,) = fresh.photos(owner, visit.id)
    assert fresh.original(owner, photo.id) == fresh.released_view(owner, photo.id) == content
    reason = fresh.releases(owner, visit.id)[photo.id].reason
    assert first.original_sha256[:16] in reason
    assert found.manifest_sha256[:16] in reason


def test_it_comes_in_once_and_never_into_another_patient(
    package: Path, fresh: Store, owner: Reader
) -> None:
    fresh.add_patient(owner, "subj-01")
    with opened_package(package) as found:
        with pytest.raises(AlreadyThere, match="a patient SUBJ-01 already; give the package a pre"):
            fresh.import_package(owner, found)
        assert fresh.import_package(owner, found, prefix="C2-").patients == 2
        with pytest.raises(AlreadyThere, match="this package came into the record on"):
            fresh.import_package(owner, found, prefix="C3-")
        with pytest.raises(ValueError, match="a pseudonym must be"):
            fresh.import_package(owner, found, prefix="Jane Doe ")
    names = [one.patient.pseudonym for one in fresh.patients(owner)]
    assert sorted(names) == ["C2-SUBJ-00", "C2-SUBJ-01", "subj-01"]
    assert fresh.verify() == []


def test_whoever_may_not_import_brings_nothing_in(
    package: Path, fresh: Store, owner: Reader
) -> None:
    clinician = fresh.add_account(owner, "clin", "Clara Clinic", Role.CLINICIAN, PASSWORD)
    with opened_package(package) as found, pytest.raises(NotAllowed, match="may not import"):
        fresh.import_package(clinician, found)
    assert fresh.patients(owner) == []


def test_a_picture_that_changes_after_the_check_does_not_come_in(
    package: Path, fresh: Store, owner: Reader, tmp_path: Path
) -> None:
    mine = Path(shutil.copytree(package, tmp_path / "mine"))
    with opened_package(mine) as found:
        (mine / found.pictures[-1].path).write_bytes(b"\xff\xd8 other \xff\xd9")
        with pytest.raises(DamagedPackage, match="changed since"):
            fresh.import_package(owner, found)
    assert fresh.patients(owner) == []


Spoil = Callable[[Path], None]


def relisted(folder: Path, name: str, content: bytes) -> None:
    """Change a file and its line of the manifest, as somebody who means it would."""
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / MANIFEST).read_text())
    for one in manifest["files"]:
        if one["path"] == name:
            one |= {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / MANIFEST).write_text(json.dumps(manifest))


def with_manifest(**changed: Any) -> Spoil:
    def spoil(folder: Path) -> None:
        manifest = json.loads((folder / MANIFEST).read_text())
        (folder / MANIFEST).write_text(json.dumps(manifest | changed))

    return spoil


def with_index(old: str, new: str) -> Spoil:
    def spoil(folder: Path) -> None:
        text = (folder / "pictures" / "index.csv").read_bytes().decode("utf-8-sig")
        assert old in text
        relisted(folder, "pictures/index.csv", text.replace(old, new, 1).encode())

    return spoil


def first_picture(folder: Path) -> str:
    return min(p.relative_to(folder).as_posix() for p in folder.rglob("*.jpg"))


def with_exif(folder: Path) -> None:
    name = first_picture(folder)
    old = (folder / name).read_bytes()
    new = old[:2] + b"\xff\xe1\x00\x08Exif\0\0" + old[2:]
    index = (folder / "pictures" / "index.csv").read_bytes()
    before, after = (hashlib.sha256(one).hexdigest().encode() for one in (old, new))
    relisted(folder, name, new)
    relisted(folder, "pictures/index.csv", index.replace(before, after))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda f: (f / MANIFEST).unlink(), "there is no manifest.json"),
        (lambda f: (f / MANIFEST).write_text("{"), "no JSON"),
        (with_manifest(format="another"), "not that of an export"),
        (with_manifest(version="2.0"), "of version '2.0'"),
        (with_manifest(files=[{"path": 3}]), "does not list its files"),
        (lambda f: (f / first_picture(f)).unlink(), "is missing; the manifest lists it"),
        (lambda f: (f / first_picture(f)).write_bytes(b"x"), "is not the file that the manifest"),
        (lambda f: (f / "more.txt").write_text("x"), "which the manifest does not list"),
        (lambda f: (f / "link").symlink_to(f / MANIFEST), "holds a link"),
        (
            with_manifest(files=[{"path": "../a", "bytes": 1, "sha256": "a" * 64}]),
            "no path inside the package",
        ),
        (with_index("SUBJ-00,1,", "Jane Doe,1,"), "'Jane Doe' is no pseudonym"),
        (with_index("SUBJ-00,1,", "SUBJ-00,0,"), "a study day is 1 to"),
        (with_index("SUBJ-00,1,", "SUBJ-00,soon,"), "line 2 of the index"),
        (with_index(",arm,", ",elbow patch,"), "line 2 of the index"),
        (with_index("SUBJ-00,32,", "subj-00,32,"), "differ in case alone"),
        (with_exif, "it is not de-identified"),
    ],
)  # fmt: skip
def test_each_fault_is_refused_with_its_sentence(
    package: Path, tmp_path: Path, spoil: Spoil, said: str
) -> None:
    mine = Path(shutil.copytree(package, tmp_path / "mine"))
    spoil(mine)
    with pytest.raises(DamagedPackage, match=said.replace("[", r"\[")), opened_package(mine):
        pass


def test_a_package_without_pictures_and_a_file_that_is_none_are_refused(
    package: Path, tmp_path: Path
) -> None:
    mine = Path(shutil.copytree(package, tmp_path / "mine"))
    shutil.rmtree(mine / "pictures")
    files = json.loads((mine / MANIFEST).read_text())["files"]
    with_manifest(files=[one for one in files if not one["path"].startswith("pictures/")])(mine)
    with pytest.raises(DamagedPackage, match="holds no pictures"), opened_package(mine):
        pass
    for name, content in (("a.zip", b"PK\x03\x04 cut"), ("b.zip", b"")):
        (tmp_path / name).write_bytes(content)
        with (
            pytest.raises(DamagedPackage, match="neither a folder nor a ZIP"),
            opened_package(tmp_path / name),
        ):
            pass


def test_a_zip_with_a_file_twice_or_cut_short_is_refused(package: Path, tmp_path: Path) -> None:
    twice = zipped(package, tmp_path / "twice")
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(MANIFEST, "{}")
    with pytest.raises(DamagedPackage, match="twice"), opened_package(twice):
        pass
    spoilt = zipped(package, tmp_path / "spoilt")
    with zipfile.ZipFile(spoilt) as archive:
        entry = next(one for one in archive.infolist() if one.filename.endswith(".jpg"))
    content = bytearray(spoilt.read_bytes())
    content[entry.header_offset + 90 : entry.header_offset + 120] = bytes(30)
    spoilt.write_bytes(bytes(content))
    with (
        pytest.raises(DamagedPackage, match=r"cannot be read|damaged|changed"),
        opened_package(spoilt),
    ):
        pass


def test_a_package_with_spoilt_bytes_is_refused_or_unchanged(package: Path, tmp_path: Path) -> None:
    sent = zipped(package, tmp_path / "sent").read_bytes()
    with opened_package(package) as found:
        whole = found.pictures
    chance = random.Random(7)
    refused = 0
    for _ in range(12):
        spoilt = bytearray(sent)
        for _ in range(4):
            spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
        (tmp_path / "spoilt.zip").write_bytes(spoilt)
        try:
            with opened_package(tmp_path / "spoilt.zip") as found:
                assert found.pictures == whole
        except DamagedPackage:
            refused += 1
    assert refused >= 6


def test_a_small_file_that_unpacks_without_end_is_refused(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_reader, "BYTE_LIMIT", 1_000_000)
    bomb = tmp_path / "bomb.zip"
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(MANIFEST, (package / MANIFEST).read_bytes())
        archive.writestr("pictures/a.jpg", bytes(2_000_000))
    assert bomb.stat().st_size < 100_000
    with pytest.raises(DamagedPackage, match="larger than 1 MB"), opened_package(bomb):
        pass


def test_the_command_says_what_it_holds_and_asks(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    monkeypatch.setenv("LESIONSCOPE_HOME", str(home))
    with Store.open(home, hasher=QUICK) as store:
        store.create_owner("owner", "Olga Owner", PASSWORD)
    arguments = ["import-package", str(package), "--as", "owner", "--prefix", "C2-"]
    asked = CliRunner().invoke(commands, arguments, input=f"{PASSWORD}\nn\n")
    assert asked.exit_code == 1
    assert "6 pictures of 2 patients" in asked.output
    done = CliRunner().invoke(commands, [*arguments, "--yes"], input=f"{PASSWORD}\n")
    assert done.exit_code == 0, done.output
    assert "6 photos of 2 patients at 6 visits are in the record" in done.output
    (tmp_path / "no.zip").write_bytes(b"no")
    arguments[1] = str(tmp_path / "no.zip")
    refused = CliRunner().invoke(commands, arguments, input=f"{PASSWORD}\n")
    assert refused.exit_code == 1
    assert "neither a folder nor a ZIP file" in refused.output
