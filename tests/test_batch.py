"""Many files at once: every bad one says why, and none stops the others."""

import shutil
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesionscope.batch import Job, Outcome, outcomes
from lesionscope.core.sites import Site
from lesionscope.pipeline import Method
from lesionscope.places import samples_folder


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A rendered patient at 800 pixels."""
    source = next((samples_folder() / "demo_study" / "photos").glob("*abdomen*.jpg"))
    path = tmp_path_factory.mktemp("photos") / "abdomen.jpg"
    image = Image.open(source)
    image.thumbnail((800, 800))
    image.save(path, quality=92)
    return path


def results(*photos: Path, out: Path | None = None) -> list[Outcome]:
    return list(outcomes(Job(photos, Site.ABDOMEN, out=out)))


def test_good_photo_has_a_document_and_its_files(photo: Path, tmp_path: Path) -> None:
    (row,) = results(photo, out=tmp_path)
    assert row.error == ""
    assert row.document is not None
    assert row.document["site"] == "abdomen"
    assert row.entry()["name"] == "abdomen"
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "abdomen.json",
        "abdomen_hand.png",
        "abdomen_lesion.png",
        "abdomen_overlay.png",
        "abdomen_skin.png",
    ]


def test_bad_photos_say_why_and_the_others_go_on(photo: Path, tmp_path: Path) -> None:
    bad = {
        "empty.jpg": b"",
        "letter.pdf": b"%PDF-1.7 ...",
        "text.jpg": b"this is not a photo at all",
        "cut.jpg": photo.read_bytes()[:9000],
        "zeros.jpg": bytes(3000),
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    Image.new("RGB", (1, 1)).save(tmp_path / "dot.png")
    missing, folder = tmp_path / "missing.jpg", tmp_path
    paths = [tmp_path / name for name in (*bad, "dot.png")]
    rows = results(photo, *paths, missing, folder, photo)
    errors = {Path(row.photo).name: row.error for row in rows if row.error}
    assert "empty (0 bytes)" in errors["empty.jpg"]
    assert "PDF" in errors["letter.pdf"]
    assert "not a photo" in errors["text.jpg"]
    assert "damaged or incomplete" in errors["cut.jpg"]
    assert "zeros" in errors["zeros.jpg"]
    assert "too small" in errors["dot.png"]
    assert "There is no file" in errors["missing.jpg"]
    assert "folder" in errors[tmp_path.name]
    assert [bool(row.document) for row in rows] == [True, *[False] * 8, True]
    assert all("error" in row.entry() for row in rows if row.error)


def test_file_of_200_megabytes_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "huge.jpg"
    with path.open("wb") as file:  # sparse: takes no room
        file.write(b"\xff\xd8\xff")
        file.truncate(200_000_000)
    (row,) = results(path)
    assert "larger than 150 MB" in row.error


def test_same_name_twice_keeps_both(photo: Path, tmp_path: Path) -> None:
    second = tmp_path / "other" / "abdomen.jpg"
    second.parent.mkdir()
    shutil.copy(photo, second)
    rows = results(photo, second, out=tmp_path / "out")
    assert [row.name for row in rows] == ["abdomen", "abdomen_2"]
    assert [row.renamed for row in rows] == [False, True]
    assert len(list((tmp_path / "out").iterdir())) == 10


@pytest.mark.parametrize("name", ["😀 Bauch.jpg", "..hidden..jpg", "a b\tc.jpg"])
def test_strange_names_stay_in_the_folder(photo: Path, tmp_path: Path, name: str) -> None:
    inner = tmp_path / "in"
    inner.mkdir()
    shutil.copy(photo, inner / name)
    (row,) = results(inner / ".." / "in" / name, out=tmp_path / "out")
    assert row.error == ""
    assert len(list((tmp_path / "out").iterdir())) == 5
    assert {path.name for path in tmp_path.iterdir()} == {"in", "out"}


def test_name_that_is_no_utf8_is_shown_with_marks(photo: Path, tmp_path: Path) -> None:
    path = tmp_path / "arm\udcff.jpg"
    try:
        shutil.copy(photo, path)
    except OSError:
        pytest.skip("this file system refuses such names")
    (row,) = results(path, out=tmp_path / "out")
    assert row.error == ""
    assert row.photo.endswith("arm?.jpg")
    row.photo.encode()


def test_results_never_replace_a_photo_of_the_job(photo: Path, tmp_path: Path) -> None:
    shutil.copy(photo, tmp_path / "x.jpg")
    original = tmp_path / "x_overlay.png"
    Image.open(photo).save(original)
    before = original.read_bytes()
    first, second = results(tmp_path / "x.jpg", original, out=tmp_path)
    assert "would replace the photo x_overlay.png" in first.error
    assert second.error == ""
    assert original.read_bytes() == before


def test_folder_that_cannot_be_written_is_said(photo: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    (row,) = results(photo, out=tmp_path / "file")
    assert row.document is None
    assert str(tmp_path / "file") in row.error


def test_turned_photo_gives_masks_of_the_upright_one(photo: Path, tmp_path: Path) -> None:
    image = Image.open(photo)
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = tmp_path / "turned.jpg"
    image.transpose(Image.Transpose.ROTATE_90).save(turned, quality=95, exif=exif)
    (row,) = results(turned, out=tmp_path / "out")
    assert row.document is not None
    assert (row.document["width_px"], row.document["height_px"]) == image.size
    assert Image.open(tmp_path / "out" / "turned_lesion.png").size == image.size


def test_every_key_of_a_real_document_is_described(photo: Path) -> None:
    described = (Path(__file__).parents[1] / "docs" / "output-format.md").read_text("utf-8")
    (row,) = results(photo)
    assert row.document is not None
    for key in row.document:
        assert f"| `{key}` |" in described
    for part in ("lesions", "findings", "suggestions"):
        for entry in row.document[part]:
            for key in entry:
                assert f"| `{part}[].{key}` |" in described
    for key in row.document["calibration"]["details"]:
        assert f"`{key}`" in described


def test_photo_of_nothing_is_measured_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "black.png"
    Image.fromarray(np.zeros((300, 400, 3), np.uint8)).save(path)
    (row,) = results(path)
    assert row.document is not None
    assert row.document["bsa_percent"] is None
    assert "nearly_black" in [finding["code"] for finding in row.document["findings"]]


def test_bomb_is_refused_quickly(tmp_path: Path) -> None:
    path = tmp_path / "bomb.png"
    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(1000))), (b"IEND", b""))
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
            for kind, body in chunks
        )
    )
    (row,) = results(path)
    assert "megapixels" in row.error


def test_the_classical_way_can_be_chosen() -> None:
    photo = next(iter(sorted((samples_folder() / "demo_study" / "photos").glob("*_back.jpg"))))
    (row,) = outcomes(Job((photo,), method=Method.CLASSICAL))
    assert row.document is not None
    assert "skin_and_lesion" not in row.document["model_version"]
