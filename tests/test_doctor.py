import hashlib
from pathlib import Path

import pytest

from lesionscope import doctor, places
from lesionscope.doctor import REQUIRED_MODELS, State, examine
from lesionscope.model.runtime import NETWORK_NAME
from lesionscope.model.segmenter import SEGMENTER_NAME


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of models whose cards name them rightly."""
    for name in REQUIRED_MODELS:
        (tmp_path / name).write_bytes(name.encode())
        digest = hashlib.sha256(name.encode()).hexdigest()
        (tmp_path / name).with_suffix(".md").write_text(f"sha256: `{digest}`\n")
    monkeypatch.setattr(places, "models_folder", lambda: tmp_path)
    return tmp_path


def faults() -> dict[str, str]:
    return {check.what: check.found for check in examine() if check.state is State.FAULT}


def test_whole_installation_has_no_fault(models: Path) -> None:
    assert faults() == {}


def test_models_of_this_installation_are_those_of_their_cards() -> None:
    assert not set(faults()) & set(REQUIRED_MODELS)


def test_required_models_are_those_that_are_loaded() -> None:
    assert {f"{SEGMENTER_NAME}.onnx", f"{NETWORK_NAME}.onnx"} <= set(REQUIRED_MODELS)


def test_missing_model_is_a_fault(models: Path) -> None:
    (models / REQUIRED_MODELS[0]).unlink()
    assert list(faults()) == [REQUIRED_MODELS[0]]


def test_changed_model_is_a_fault(models: Path) -> None:
    (models / REQUIRED_MODELS[1]).write_bytes(b"changed")
    assert "changed or damaged" in faults()[REQUIRED_MODELS[1]]


def test_folder_that_cannot_be_written_is_a_fault(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "file"))
    assert "LESIONSCOPE_HOME" in faults()["data folder"]


def test_examining_leaves_the_data_folder_unmade(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "home"))
    assert faults() == {}
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize(
    ("requirement", "words"),
    [
        ("no-such-distribution-here>=1", "not installed"),
        ("numpy<1", "is outside <1"),
    ],
)
def test_distribution_that_is_not_right_is_a_fault(
    models: Path, monkeypatch: pytest.MonkeyPatch, requirement: str, words: str
) -> None:
    monkeypatch.setattr(doctor.metadata, "requires", lambda _: [requirement])
    (found,) = faults().values()
    assert words in found
    assert requirement in found


def test_second_opencv_is_a_fault(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    have = doctor._version
    monkeypatch.setattr(
        doctor, "_version", lambda name: "4.9" if name == "opencv-python" else have(name)
    )
    assert "uninstall opencv-python" in faults()["opencv-python"]


def test_little_room_is_noted_and_no_room_is_a_fault(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for free, state in ((10**8, State.FAULT), (10**9, State.NOTE), (10**10, State.OK)):
        usage = doctor.shutil.disk_usage(models)._replace(free=free)
        monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _, usage=usage: usage)
        assert {c.what: c.state for c in examine()}["free disk"] is state
