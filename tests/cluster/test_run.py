"""A batch: each photo once, whoever measures it and whatever is killed meanwhile."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from lesionscope.cluster.journal import NAME, JournalRefused
from lesionscope.cluster.manifest import Item, Usual, read_manifest
from lesionscope.cluster.photo_work import End, Row
from lesionscope.cluster.pool import Pool
from lesionscope.cluster.run import Batch, Count, run_batch
from lesionscope.cluster.tables import LESIONS, PHOTOS
from lesionscope.pipeline import Method

MakeFolder = Callable[..., Path]

CALL = "from lesionscope.cli import app; raise SystemExit(app())"


def quiet(count: Count, row: Row | None) -> None:
    pass


def items_of(folder: Path) -> list[Item]:
    return read_manifest(str(folder), Usual())


def lines_of(out: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (out / NAME).read_text("utf-8").splitlines()[1:]]


def assert_one_end_each(out: Path, folder: Path) -> None:
    """Every photo has exactly one line, one row, and a result or a reason."""
    keys = Counter(line["key"] for line in lines_of(out))
    items = items_of(folder)
    assert keys == Counter(item.key for item in items)
    table = pq.read_table(out / PHOTOS).to_pylist()
    assert [row["photo"] for row in table] == [item.photo for item in items]
    for row in table:
        assert (row["sha256"] is None) == (row["end"] != "measured")
        assert bool(row["reason"]) == (row["end"] != "measured")


@pytest.fixture(scope="module")
def folder(make_folder: MakeFolder) -> Path:
    return make_folder(5, 3)


@pytest.fixture(scope="module")
def one_worker(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("one")
    run_batch(Batch(items_of(folder), out, workers=1), tell=quiet)
    return out


def test_bad_photos_are_rows_with_their_reason(folder: Path, one_worker: Path) -> None:
    assert_one_end_each(one_worker, folder)
    rows = pq.read_table(one_worker / PHOTOS).to_pylist()
    assert Counter(row["end"] for row in rows) == {"measured": 5, "refused": 3}
    assert "PDF" in next(row["reason"] for row in rows if "bad_00001" in row["photo"])


def test_two_workers_write_the_same_tables_byte_for_byte(
    folder: Path, one_worker: Path, tmp_path: Path
) -> None:
    count = run_batch(Batch(items_of(folder), tmp_path, workers=2), tell=quiet)
    assert count.ends == {End.MEASURED: 5, End.REFUSED: 3}
    for name in (PHOTOS, LESIONS):
        assert (tmp_path / name).read_bytes() == (one_worker / name).read_bytes()


def test_second_run_measures_nothing(folder: Path, one_worker: Path) -> None:
    before = (one_worker / NAME).read_bytes()
    counts: list[Count] = []
    count = run_batch(
        Batch(items_of(folder), one_worker), tell=lambda count, row: counts.append(count)
    )
    assert (count.before, count.done, len(counts)) == (8, 8, 1)
    assert (one_worker / NAME).read_bytes() == before


def test_folder_of_other_settings_is_refused(folder: Path, one_worker: Path) -> None:
    with pytest.raises(JournalRefused, match="method network, now classical"):
        run_batch(Batch(items_of(folder), one_worker, Method.CLASSICAL), tell=quiet)


def test_killed_workers_do_not_lose_the_run(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder(8, 1)
    items = items_of(folder)
    pool = Pool(2, Method.NETWORK)
    rows: list[Row] = []
    killed = 0
    for row in pool.rows(items):
        rows.append(row)
        if killed < 3 and pool.pids:
            os.kill(pool.pids[killed % len(pool.pids)], signal.SIGKILL)
            killed += 1
    assert killed == 3
    assert Counter(row.item.key for row in rows) == Counter(item.key for item in items)
    assert sum(row.end is End.MEASURED for row in rows) == 8


def test_killed_run_goes_on_where_it_stopped(make_folder: MakeFolder, tmp_path: Path) -> None:
    folder = make_folder(7, 1)
    out = tmp_path / "out"
    command = [sys.executable, "-c", CALL, "batch", str(folder), "--out", str(out), "--workers=1"]
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for_lines(out, 3, first)
        first.send_signal(signal.SIGKILL)
    finally:
        first.kill()
        first.wait()
    with (out / NAME).open("ab") as torn:  # what a power cut leaves of the next line
        torn.write(b'{"key":"half a li')
    before = (out / NAME).read_bytes().rsplit(b"\n", 1)[0]
    second = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    assert "photos were done before" in second.stderr
    assert second.returncode == 1  # one photo has no result
    assert (out / NAME).read_bytes().startswith(before)
    assert_one_end_each(out, folder)


def wait_for_lines(
    out: Path, number: int, process: subprocess.Popen[bytes], *, seconds: float = 200
) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        if (out / NAME).exists() and (out / NAME).read_bytes().count(b"\n") > number:
            return
        time.sleep(0.02)
    raise AssertionError(f"the run ended or stood still before {number} photos were done")


def test_two_runs_do_not_write_to_one_folder(folder: Path, tmp_path: Path) -> None:
    items = items_of(folder)

    def tell(count: Count, row: Row | None) -> None:
        if row is None:
            with pytest.raises(JournalRefused, match="Another run"):
                run_batch(Batch(items, tmp_path), tell=quiet)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_batch(Batch(items, tmp_path), tell=tell)


def test_photos_of_any_address_are_read(folder: Path, tmp_path: Path) -> None:
    import fsspec

    bucket = fsspec.filesystem("memory")
    for path in ("good_00001.jpg", "bad_00001.jpg"):
        bucket.pipe(f"/trial/site 1/{path}", (folder / path).read_bytes())
    try:
        items = read_manifest("memory://trial", Usual())
        count = run_batch(Batch(items, tmp_path, workers=1), tell=quiet)
    finally:
        bucket.rm("/trial", recursive=True)
    assert count.ends == {End.MEASURED: 1, End.REFUSED: 1}
    lost = [*items, Item(2, "memory://trial/gone.jpg", items[0].site, 20.0)]
    again = run_batch(Batch(lost, tmp_path, workers=1), tell=quiet)
    assert again.ends[End.FAILED] == 1
    assert "There is no file memory://trial/gone.jpg" in str(lines_of(tmp_path)[-1]["reason"])


@pytest.fixture
def scheduler() -> Iterator[str]:
    distributed = pytest.importorskip("distributed", reason="Dask is not installed (cluster)")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, processes=True
    ) as cluster:
        yield cluster.scheduler_address


def test_dask_workers_write_the_same_tables(
    folder: Path, one_worker: Path, tmp_path: Path, scheduler: str
) -> None:
    count = run_batch(Batch(items_of(folder), tmp_path, scheduler=scheduler), tell=quiet)
    assert count.done == 8
    for name in (PHOTOS, LESIONS):
        assert (tmp_path / name).read_bytes() == (one_worker / name).read_bytes()


@pytest.mark.stress
@pytest.mark.timeout(20_000)
def test_2000_photos_50_bad_and_three_kills(make_folder: MakeFolder, tmp_path: Path) -> None:
    """LESIONSCOPE_BATCH photos, one in 40 of them bad; the run itself is killed twice as well."""
    number = int(os.environ.get("LESIONSCOPE_BATCH", "2000"))
    bad = number // 40
    folder, out = make_folder(number - bad, bad, side=200), tmp_path / "out"
    assert len({path.read_bytes() for path in folder.glob("good_*")}) == number - bad
    command = [sys.executable, "-c", CALL, "batch", str(folder), "--out", str(out), "--workers=2"]
    for worker_at, run_at in ((0.1, 0.2), (0.3, 0.45), (0.6, None)):
        run = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_for_lines(out, round(worker_at * number), run, seconds=6000)
            kill_a_worker_of(run.pid)
            if run_at is None:
                assert run.wait() == 1  # some photos have no result
            else:
                wait_for_lines(out, round(run_at * number), run, seconds=6000)
        finally:
            run.kill()
            run.wait()
    assert_one_end_each(out, folder)
    ends = Counter(line["end"] for line in lines_of(out))
    assert ends == {"measured": number - bad, "refused": bad}


def kill_a_worker_of(pid: int) -> None:
    found = [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()  # each thread starts its own
        for child in (task / "children").read_text("ascii").split()
    ]
    os.kill(found[0], signal.SIGKILL)
