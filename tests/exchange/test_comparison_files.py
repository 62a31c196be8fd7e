import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesionscope.core.comparison import Alignment, Change, Comparison, Fate, LesionChange
from lesionscope.core.measurement import Interval
from lesionscope.core.sites import Site
from lesionscope.exchange.comparison_files import (
    comparison_document,
    comparison_from,
    points_text,
    read_points,
    write_comparison,
)

RATIO = Change(0.5, Interval(0.4, 0.7), 1.0, "ratio")
FOUND = Comparison(
    "a" * 64,
    "b" * 64,
    Site.ARM,
    Alignment(began_with="features", pairs=300, cover=0.9, error_px=2.0, error_mm=0.7),
    shared_skin=0.8,
    area=RATIO,
    lesions=(LesionChange(1, Fate.SHRUNK, (10.5, 20.0), 100, 50, RATIO),),
)


def test_the_files_hold_the_comparison(tmp_path: Path) -> None:
    field = np.zeros((4, 6, 2), np.float32)
    picture = np.full((4, 6, 3), 90, np.uint8)
    out = tmp_path / "new"
    write_comparison(out, FOUND, field, {"aligned.jpg": picture, "change_map.png": picture})
    assert {path.name for path in out.iterdir()} == {
        "aligned.jpg", "change_map.png", "compare.json", "warp.npy",
    }  # fmt: skip
    assert np.load(out / "warp.npy").shape == (4, 6, 2)
    assert (np.asarray(Image.open(out / "change_map.png")) == picture).all()
    said = json.loads((out / "compare.json").read_text())
    assert said["area"] == {
        "value": 0.5, "low": 0.4, "high": 0.7, "level": 0.9, "unit": "ratio",
        "within_measurement_error": False,
    }  # fmt: skip
    assert said["registration"]["expected_error_mm"] == 0.7
    assert said["counts"]["shrunk"] == 1
    assert said["lesions"][0]["fate"] == "shrunk"
    assert said["erythema"] is None


def test_a_refusal_is_said_and_no_number_given() -> None:
    said = comparison_document(Comparison("a", "b", Site.ARM, Alignment("Other skin.")))
    assert said["registration"]["refused"] == "Other skin."
    assert (said["shared_skin"], said["area"], said["counts"], said["lesions"]) == (
        None, None, None, [],
    )  # fmt: skip


def test_a_comparison_comes_back_from_its_document() -> None:
    assert comparison_from(json.loads(json.dumps(comparison_document(FOUND)))) == FOUND
    refused = Comparison("a", "b", Site.ARM, Alignment("Other skin."))
    assert comparison_from(comparison_document(refused)) == refused


def test_points_go_to_a_file_and_back(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    points = np.array([[1.25, 2.0], [np.nan, np.nan]])
    file.write_text(points_text(points))
    assert file.read_text().splitlines() == ["x,y", "1.250,2.000", "nan,nan"]
    assert read_points(file) == pytest.approx(points, nan_ok=True)


def test_points_without_heading_and_with_blank_lines(tmp_path: Path) -> None:
    file = tmp_path / "points.csv"
    file.write_text("1,2,3,4\n\n5,6,7,8\n")
    assert read_points(file).tolist() == [[1, 2, 3, 4], [5, 6, 7, 8]]
    file.write_text("x,y\n")
    assert read_points(file).shape == (0, 2)


@pytest.mark.parametrize("text", ["x,y\n1,2\n3\n", "x,y\n1,b\n", "1\n2\n"])
def test_other_than_points_is_explained(tmp_path: Path, text: str) -> None:
    file = tmp_path / "points.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match="every row must hold"):
        read_points(file)
