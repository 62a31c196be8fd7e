import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from typer.testing import CliRunner

from lesionscope import __version__
from lesionscope.batch import Job, Outcome
from lesionscope.cli import app, commands
from lesionscope.core.body import ENTERED_SD_OF_LOG, BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.doctor import REQUIRED_MODELS
from lesionscope.exchange.target_sheet import Paper, target_sheet
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
    for command in ("measure", "target", "serve", "demo", "verify", "doctor"):
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
        (["measure", "x.jpg", "--height-cm", "170"], "need each other"),
        (["measure", "x.jpg", "--sex", "female"], "--sex needs both"),
        (["measure", "x.jpg", "--sex", "f"], "--sex"),
        (["measure", "x.jpg", "--height-cm", "1.7", "--weight-kg", "70"], "height must be 40 to"),
        (["measure", "x.jpg", "--hand-cm2", "1600"], "a hand must be 20 to 350 cm2, got 1600"),
        (["target"], "--out"),
        (["target", "--out", "x.pdf", "--page", "a5"], "--page"),
        (["target", "--out", "x.pdf", "--marker-mm", "9"], "--marker-mm"),
        (["target", "--out", "x.pdf", "--id", "50"], "--id"),
        (["serve", "--port", "99999"], "port"),
        (["nonsense"], "nonsense"),
    ],
)
def test_wrong_call_is_explained(arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(commands, arguments)
    assert result.exit_code == 2
    assert words in result.output
    assert "Traceback" not in result.output


def test_target_is_written_as_asked(tmp_path: Path) -> None:
    out = tmp_path / "target.pdf"
    result = CliRunner().invoke(
        commands,
        ["target", "--out", str(out), "--page", "letter", "--marker-mm", "30", "--id", "7"],
    )
    assert result.exit_code == 0
    assert out.read_bytes() == target_sheet(Paper.LETTER, marker_mm=30, number=7)
    assert "print it at 100 %" in result.stdout
    assert "--marker-mm 30" in result.stdout
    again = CliRunner().invoke(commands, ["target", "--out", str(out)])
    assert again.exit_code == 0
    assert out.read_bytes() == target_sheet()
    assert "--marker-mm" not in again.stdout


def test_target_that_cannot_be_written_is_a_sentence(tmp_path: Path, photo: Path) -> None:
    taken = tmp_path / "arm.jpg"
    taken.write_bytes(photo.read_bytes())
    cases = (
        (taken, "is no PDF. Choose another"),
        (tmp_path / "none" / "target.pdf", "There is no folder"),
        (tmp_path, "directory"),
    )
    for out, words in cases:
        result = CliRunner().invoke(commands, ["target", "--out", str(out)])
        assert result.exit_code == 1
        assert words in " ".join(result.stderr.split())
        assert "Traceback" not in result.output
    assert taken.read_bytes() == photo.read_bytes()


def test_the_body_given_reaches_the_measurement(
    monkeypatch: pytest.MonkeyPatch, photo: Path
) -> None:
    jobs: list[Job] = []

    def seen(job: Job) -> Iterator[Outcome]:
        jobs.append(job)
        yield Outcome(str(photo), "abdomen", None, "not measured here")

    monkeypatch.setattr("lesionscope.batch.outcomes", seen)
    size = ["--height-cm", "170", "--weight-kg", "75", "--sex", "male"]
    for given in ([], size, ["--hand-cm2", "160"]):
        CliRunner().invoke(commands, ["measure", str(photo), *given])
    assert [job.body for job in jobs] == [
        None,
        PatientBody(BodySize(170, 75, Sex.MALE), None),
        PatientBody(None, OwnHandprint(160, ENTERED_SD_OF_LOG)),
    ]


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
    assert f"{len(REQUIRED_MODELS)} faults" in result.stderr


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


def test_compare_writes_what_it_promises(photo: Path, tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("x,y\n400,300\n500.5,350\n")
    out = tmp_path / "out"
    result = CliRunner().invoke(
        commands, ["compare", str(photo), str(photo), "--out", str(out), "--points", str(points)]
    )
    assert result.exit_code == 0, result.output
    assert {path.name for path in out.iterdir()} == {
        "aligned.jpg", "change_map.png", "compare.json", "points_out.csv", "warp.npy",
    }  # fmt: skip
    mapped = [line.split(",") for line in (out / "points_out.csv").read_text().splitlines()[1:]]
    assert float(mapped[0][0]) == pytest.approx(400, abs=2)
    assert float(mapped[1][1]) == pytest.approx(350, abs=2)
    said = json.loads((out / "compare.json").read_text())
    assert said["registration"]["refused"] is None
    assert "Aligned on" in result.output


def test_compare_explains_points_that_are_none(photo: Path, tmp_path: Path) -> None:
    points = tmp_path / "points.csv"
    points.write_text("x,y\n400,300\n")
    result = CliRunner().invoke(
        commands, ["compare", str(photo), str(photo), "--out", "x", "--align", str(points)]
    )
    assert result.exit_code == 2
    assert "x,y,x,y" in result.output
