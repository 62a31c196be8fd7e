"""Lists of photos: what is in them, and which line is wrong."""

from pathlib import Path

import pytest

from lesionscope.cluster.manifest import BadManifest, Item, Usual, part_of, read_manifest
from lesionscope.core.sites import Site
from lesionscope.imaging.decode import ENDINGS


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.JPG", "a.png", "deep/er/c.heic", ".hidden/d.jpg", ".e.jpg", "notes.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    return tmp_path


def names(items: list[Item]) -> list[str]:
    return [item.photo.rsplit("/", 1)[-1] for item in items]


def test_folder_is_searched_to_any_depth_by_endings(folder: Path) -> None:
    items = read_manifest(str(folder), Usual(Site.ABDOMEN, 15))
    assert names(items) == ["a.png", "b.JPG", "c.heic"]
    assert [item.number for item in items] == [0, 1, 2]
    assert {(item.site, item.marker_mm) for item in items} == {(Site.ABDOMEN, 15)}


def test_a_folder_is_searched_for_whatever_can_be_read(tmp_path: Path) -> None:
    for ending in ENDINGS:
        (tmp_path / f"photo{ending}").write_text("x")
        (tmp_path / f"PHOTO_2{ending.upper()}").write_text("x")
    assert len(read_manifest(str(tmp_path), Usual())) == 2 * len(ENDINGS)


def test_list_names_site_and_marker_and_finds_photos_beside_it(folder: Path) -> None:
    (folder / "list.csv").write_text(
        "photo,site,marker_mm\na.png,abdomen,\n/abs/x.jpg,,30\ns3://bucket/y.jpg,,\na.png,abdomen,\n"
    )
    items = read_manifest(str(folder / "list.csv"), Usual())
    assert [(item.photo, item.site, item.marker_mm) for item in items] == [
        (f"{folder}/a.png", Site.ABDOMEN, 20.0),
        ("/abs/x.jpg", Site.OTHER, 30.0),
        ("s3://bucket/y.jpg", Site.OTHER, 20.0),
    ]


def test_plain_list_has_a_photo_a_line(folder: Path) -> None:
    (folder / "list.txt").write_text("a.png\n\n  b.JPG  \n")
    assert names(read_manifest(str(folder / "list.txt"), Usual())) == ["a.png", "b.JPG"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("photo,site\na.png,nowhere\n", "line 2"),
        ("photo,marker_mm\na.png,20\nb.JPG,wide\n", "line 3"),
        ("photo,marker_mm\na.png,9000\n", "1 to 500"),
        ("photo\na.png,abdomen\n", "more cells"),
        ("photo,site\n,abdomen\n", "one photo"),
        ("file,site\na.png,abdomen\n", "columns photo"),
        ("", "got nothing"),
    ],
)
def test_wrong_line_is_named(folder: Path, text: str, said: str) -> None:
    (folder / "list.csv").write_text(text)
    with pytest.raises(BadManifest, match=said):
        read_manifest(str(folder / "list.csv"), Usual())


def test_nothing_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadManifest, match="There is no photo"):
        read_manifest(str(tmp_path), Usual())
    with pytest.raises(BadManifest, match=r"There is no .*gone"):
        read_manifest(str(tmp_path / "gone"), Usual())


def test_parts_make_up_the_whole_and_keep_their_numbers(folder: Path) -> None:
    whole = read_manifest(str(folder), Usual())
    parts = [read_manifest(str(folder), Usual(), part=(k, 2)) for k in (1, 2)]
    assert parts[0] + parts[1] == whole
    assert all(parts)


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/0", "-1/2"])
def test_part_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(BadManifest):
        part_of(text)


def test_key_tells_site_and_marker_apart_and_not_the_place() -> None:
    one = Item(0, "a.jpg", Site.ABDOMEN, 20.0)
    assert one.key == Item(7, "a.jpg", Site.ABDOMEN, 20.0).key
    assert one.key != Item(0, "a.jpg", Site.OTHER, 20.0).key
    assert one.key != Item(0, "a.jpg", Site.ABDOMEN, 25.0).key
