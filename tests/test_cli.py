import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from lesionscope import __version__
from lesionscope.cli import app, commands
from lesionscope.places import samples_folder

CALL = [sys.executable, "-c", "from lesionscope.cli import app; raise SystemExit(app())"]


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered patient at 800 pixels."""
    source = next((samples_folder() / "demo_study" / "photos").glob("*abdomen*.jpg"))
    path = tmp_path_factory.mktemp("photos") / "abdomen.jpg"
    image = Image.open(source)
    image.thumbnail((800, 800))
    image.save(path, quality=92)
    return path


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CALL, *map(str, arguments)], capture_output=True, text=True, timeout=120, check=False
    )


def test_version_answers_at_once() -> None:
    seconds = []
    for _ in range(3):
        before = os.times()
        done = run("--version")
        after = os.times()
        # Time of the processor, which other work on the machine does not stretch.
        seconds.append(
            after.children_user + after.children_system
            - before.children_user - before.children_system
        )  # fmt: skip
        assert done.stdout == f"lesionscope {__version__}\n"
        assert done.returncode == 0
    assert min(seconds) < 0.5


def test_help_names_every_command() -> None:
    shown = CliRunner().invoke(commands, ["--help"]).output
    for command in ("measure", "serve", "demo", "doctor"):
        assert command in shown


def test_json_is_a_list_and_nothing_else(photo: Path) -> None:
    done = run("measure", photo, "--site", "abdomen", "--json")
    assert done.returncode == 0, done.stderr
    (entry,) = json.loads(done.stdout)
    assert entry["photo"] == str(photo)
    assert entry["name"] == "abdomen"
    assert entry["site"] == "abdomen"
    assert len(entry["sha256"]) == 64


def test_bad_photo_among_good_ones(photo: Path, tmp_path: Path) -> None:
    bad = tmp_path / "letter.jpg"
    bad.write_bytes(b"%PDF-1.4")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        commands, ["measure", str(bad), str(photo), "--json", "--out", str(out)]
    )
    assert result.exit_code == 1
    refused, found = json.loads(result.stdout)
    assert set(refused) == {"photo", "name", "error"}
    assert "PDF" in refused["error"]
    written = json.loads((out / "abdomen.json").read_text())
    assert found == {"photo": str(photo), "name": "abdomen"} | written
    assert len(list(out.iterdir())) == 5


def test_table_shows_each_photo_and_each_refusal(photo: Path, tmp_path: Path) -> None:
    second = tmp_path / "abdomen.png"
    Image.open(photo).save(second)
    bad = tmp_path / "[bold]none.jpg"
    result = CliRunner().invoke(commands, ["measure", str(photo), str(second), str(bad)])
    assert result.exit_code == 1
    assert "abdomen_2" in result.stdout
    assert "not measured" in result.stdout
    assert "[bold]none" in result.stdout
    assert "There is no file" in result.stdout
    assert "its results are called abdomen_2" in " ".join(result.stderr.split())
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["measure", "x.jpg", "--site", "elbow pit"], "site must be one of"),
        (["measure", "x.jpg", "--marker-mm", "0"], "marker-mm"),
        (["measure"], "PHOTO"),
        (["serve", "--port", "99999"], "port"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_call_is_explained(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output


def test_serve_on_a_taken_port_is_a_sentence() -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = CliRunner().invoke(commands, ["serve", "--port", str(port), "--no-browser"])
    assert result.exit_code == 1
    assert "is in use" in result.stderr


def test_fault_is_a_sentence_unless_debugging(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def break_down() -> None:
        raise KeyError("a fault")

    monkeypatch.setattr("lesionscope.cli.commands", break_down)
    monkeypatch.setenv("LESIONSCOPE_DEBUG", "")
    assert app() == 1
    shown = " ".join(capsys.readouterr().err.split())
    assert "fault of its own (KeyError: 'a fault')" in shown
    monkeypatch.setenv("LESIONSCOPE_DEBUG", "1")
    with pytest.raises(KeyError):
        app()


def test_doctor_prints_each_check_and_its_verdict() -> None:
    result = CliRunner().invoke(commands, ["doctor"])
    for what in ("Python", "numpy", "streamlit", "lesion_grades.onnx", "data folder", "free disk"):
        assert what in result.output
    assert "Everything needed is there." in result.stdout
    assert result.exit_code == 0


def test_doctor_fails_when_something_is_missing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("lesionscope.places.models_folder", lambda: tmp_path)
    result = CliRunner().invoke(commands, ["doctor"])
    assert result.exit_code == 1
    assert "4 faults" in result.stderr


def test_measuring_without_networks_names_the_way_out(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, photo: Path
) -> None:
    def missing() -> None:
        raise FileNotFoundError(f"no segmenter at {tmp_path}")

    monkeypatch.setattr("lesionscope.pipeline.default_segmenter", missing)
    result = CliRunner().invoke(commands, ["measure", str(photo)])
    assert result.exit_code == 1
    assert "lesionscope doctor" in result.stderr
    assert "Traceback" not in result.output


def test_demo_prints_how_to_sign_in_before_it_measures(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("LESIONSCOPE_HOME", str(tmp_path / "home"))
    demo = subprocess.Popen(
        [*CALL, "demo"],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    try:
        assert demo.stdout is not None
        start = time.monotonic()
        line = demo.stdout.readline()
        assert time.monotonic() - start < 60
        assert "sign in with the name demo and the password " in line
    finally:
        demo.kill()
        demo.wait()
