"""The bounded process: same results, and a hostile file ends it and nothing else."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from lesionscope.apart.bounded import BoundedWorker, WorkerLost
from lesionscope.apart.desk import ENDED_OVER_IT, Desk
from lesionscope.apart.limits import Limits, environment_apart
from lesionscope.apart.task import Task, task_from
from lesionscope.core.body import BodySize, OwnHandprint, PatientBody, Sex
from lesionscope.core.sites import Site
from lesionscope.exchange.measurement_json import document, mask_files
from lesionscope.imaging.decode import UnreadableImage
from lesionscope.pipeline import Method, measure
from lesionscope.places import samples_folder


def jpeg(width: int, height: int) -> bytes:
    source = next((samples_folder() / "demo_study" / "photos").glob("*abdomen*.jpg"))
    file = io.BytesIO()
    Image.open(source).resize((width, height)).save(file, "JPEG", quality=90)
    return file.getvalue()


@pytest.fixture(scope="module")
def photo() -> bytes:
    return jpeg(400, 300)


@pytest.fixture(scope="module")
def worker() -> Iterator[BoundedWorker]:
    with BoundedWorker() as running:
        yield running


def test_finds_what_is_found_here(worker: BoundedWorker, photo: bytes) -> None:
    task = Task("arm.jpg", Site.ARM, 25.0, body=PatientBody(BodySize(170, 75)))
    apart = worker.measure(photo, task, files=True)
    here = measure(photo, site=Site.ARM, marker_mm=25.0, body=task.body)
    for found in (apart.document, written := document(here)):
        found.pop("seconds")
    assert apart.document == written
    assert apart.files == mask_files(here)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are listed in /proc")
def test_computes_with_one_thread(worker: BoundedWorker, photo: bytes) -> None:
    """Else one process takes what the next one is started for, and sums follow their division."""
    worker.measure(photo, Task())
    assert len([*Path(f"/proc/{worker.pid}/task").iterdir()]) == 1


def test_what_is_no_photo_is_refused_with_its_sentence(worker: BoundedWorker) -> None:
    for data, said in (
        (b"<svg xmlns='x'><script>alert(1)</script></svg>", "SVG drawing"),
        (b"<!doctype html><script>alert(1)</script>", "web page"),
        (b"", "0 bytes"),
    ):
        with pytest.raises(UnreadableImage, match=said):
            worker.read(data)
    before = worker.pid
    with pytest.raises(UnreadableImage):
        worker.measure(b"GIF89a" + bytes(40), Task())
    assert worker.pid == before


def test_killed_process_is_told_and_the_next_photo_starts_another(
    worker: BoundedWorker, photo: bytes
) -> None:
    worker.start()
    first = worker.pid
    assert first is not None
    threading.Timer(0.05, os.kill, [first, signal.SIGKILL]).start()
    with pytest.raises(WorkerLost):
        _read_often(worker, photo)
    assert worker.read(photo)
    assert worker.pid != first


def _read_often(worker: BoundedWorker, photo: bytes) -> None:
    for _ in range(1000):
        worker.read(photo)


def test_photo_over_the_time_limit_is_given_up_in_time(photo: bytes) -> None:
    with BoundedWorker(Limits(seconds=0.05)) as hasty:
        hasty.start()
        begun = time.monotonic()
        with pytest.raises(UnreadableImage, match=r"longer than 0\.05 seconds"):
            hasty.measure(photo, Task())
        assert time.monotonic() - begun < 5
        assert hasty.pid is None


def test_photo_over_the_memory_limit_is_refused_and_the_process_lives() -> None:
    with BoundedWorker(Limits(memory_mb=150)) as small:
        small.start()
        before = small.pid
        with pytest.raises(UnreadableImage, match="memory"):
            small.read(jpeg(9000, 9000))
        assert small.read(jpeg(300, 200))
        assert small.pid == before
        assert small.memory_mb < 450


def test_retired_worker_starts_no_more() -> None:
    worker = BoundedWorker()
    worker.retire()
    with pytest.raises(WorkerLost, match="no longer wanted"):
        worker.start()


def test_process_is_replaced_after_its_number_of_photos(photo: bytes) -> None:
    with BoundedWorker(Limits(photos=2)) as worker:
        pids = []
        for _ in range(3):
            worker.read(photo)
            pids.append(worker.pid)
    assert pids[0] == pids[1] != pids[2]


def test_process_is_told_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESIONSCOPE_DATABASE", "postgresql://user:secret@host/db")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    assert "secret" not in "".join(environment_apart().values())


@pytest.mark.parametrize(
    "task",
    [
        Task(),
        Task("a\udcff.jpg", Site.ABDOMEN, 12.5, Method.CLASSICAL, None, (np.float64(3), 4)),
        Task(body=PatientBody(BodySize(170, 75, Sex.MALE), OwnHandprint(160, 0.05, "ab"))),
        Task(body=PatientBody(None, OwnHandprint(160, 0.05))),
    ],
)
def test_task_survives_the_way(task: Task) -> None:
    assert task_from(task.head()).head() == task.head()
    assert task_from(task.head()).body == task.body


def test_desk_tries_once_more_and_then_refuses(
    photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(1)

    def lost(worker: BoundedWorker, data: bytes, name: str = "") -> str:
        raise WorkerLost("killed")

    with monkeypatch.context() as patched:
        patched.setattr(BoundedWorker, "read", lost)
        with pytest.raises(UnreadableImage, match=ENDED_OVER_IT[:40]):
            desk.read(photo)
    assert desk.lost == 2
    assert desk.busy == 0
    assert desk.read(photo)
    assert desk.ready()
    desk.close()


def test_desk_serves_more_people_than_it_has_processes(photo: bytes) -> None:
    desk = Desk(1)
    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(desk.read(photo))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    desk.close()
    assert len(answers) == 6
    assert len(set(answers)) == 1
