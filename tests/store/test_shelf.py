import os
from pathlib import Path

from lesionscope.store.shelf import Shelf


def test_what_was_computed_comes_back_under_its_key(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "computed")
    key = Shelf.key({"photo": "a", "edition": 1})
    assert shelf.get(key) is None
    shelf.put(key, {"one": b"1", "other": b""})
    assert Shelf(tmp_path / "computed").get(key) == {"one": b"1", "other": b""}
    shelf.put(key, {"one": b"2"})
    assert shelf.get(key) == {"one": b"2"}
    assert [path.name for path in (tmp_path / "computed").iterdir()] == [key]
    assert (tmp_path / "computed").stat().st_mode & 0o077 == 0


def test_a_damaged_bundle_is_computed_again(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "computed")
    key = Shelf.key({"photo": "a"})
    shelf.put(key, {"one": b"1" * 1000})
    (tmp_path / "computed" / key).write_bytes(b"PK cut off")
    assert shelf.get(key) is None
    shelf.put(key, {"one": b"2"})
    assert shelf.get(key) == {"one": b"2"}


def test_what_is_used_least_recently_makes_room(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "computed")
    keys = [Shelf.key({"n": n}) for n in range(3)]
    for age, key in enumerate(keys):
        shelf.put(key, {"data": bytes(10_000)})
        os.utime(tmp_path / "computed" / key, (1000 + age, 1000 + age))
    assert shelf.get(keys[0]) is not None  # used now: the youngest
    again = Shelf(tmp_path / "computed", most_bytes=25_000)
    assert [again.get(key) is not None for key in keys] == [True, False, True]


def test_a_server_that_runs_for_months_does_not_fill_the_disk(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "computed", most_bytes=100_000)
    for n in range(60):
        shelf.put(Shelf.key({"n": n}), {"data": bytes(6000)})
    held = sum(path.stat().st_size for path in (tmp_path / "computed").iterdir())
    assert 80_000 < held <= 106_200
    assert shelf.get(Shelf.key({"n": 59})) is not None
