"""Mutated images of every accepted format: each has a measurement or a sentence, and nothing dies.

``make stress`` takes LESIONSCOPE_FUZZ of them (100,000 by default) through decoding and
measuring; the suite takes a few.
"""

from __future__ import annotations

import io
import os
import random
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from lesionscope.apart.bounded import BoundedWorker, MeasuringFault, WorkerLost
from lesionscope.apart.limits import Limits
from lesionscope.apart.task import Task
from lesionscope.imaging.decode import UnreadableImage
from lesionscope.pipeline import Method
from lesionscope.places import samples_folder

WRITTEN = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP")
FORMATS = (*WRITTEN, "HEIF")
DATA = Path(__file__).parents[1] / "imaging" / "data"
SECONDS = 60.0


def seeds() -> dict[str, bytes]:
    """One small photo in every format that is read, with metadata where it has any."""
    source = next((samples_folder() / "demo_study" / "photos").glob("*abdomen*.jpg"))
    image = Image.open(source).resize((96, 72))
    exif = Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2026:01:02 03:04:05"
    written = {}
    for kind in WRITTEN:
        file = io.BytesIO()
        options = {} if kind in ("GIF", "BMP") else {"exif": exif}
        image.save(file, kind, **options)
        written[kind] = file.getvalue()
    written["HEIF"] = (DATA / "orientation_6.heic").read_bytes()
    return written


def mutated(data: bytes, chance: random.Random) -> bytes:
    """Flip, cut, repeat, insert and overwrite, as a fuzzer of bytes does."""
    found = bytearray(data)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(found)) if found else 0
        act = chance.randrange(6)
        if act == 0 and found:
            found[at] ^= 1 << chance.randrange(8)
        elif act == 1:
            found[at : at + chance.randrange(1, 9)] = chance.randbytes(chance.randrange(1, 9))
        elif act == 2:
            del found[at : at + chance.randrange(1, 400)]
        elif act == 3:
            found[at:at] = found[at : at + chance.randrange(1, 400)]
        elif act == 4 and len(found) > 8:
            head = chance.randrange(min(len(found) - 4, 200))  # sizes and offsets stand in front
            found[head : head + 4] = chance.choice(
                (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", chance.randbytes(4))
            )
        else:
            found = found[: max(1, at)]
    return bytes(found)


def fuzz(number: int, method: Method) -> tuple[Counter[str], BoundedWorker]:
    ends: Counter[str] = Counter()
    base, chance = seeds(), random.Random(7)
    with BoundedWorker(Limits(seconds=SECONDS)) as worker:
        for turn in range(number):
            kind = FORMATS[turn % len(FORMATS)]
            data = mutated(base[kind], chance)
            try:
                found = worker.measure(data, Task(method=method))
                ends["measured"] += 1
                assert found.document["sha256"]
            except UnreadableImage as refused:
                ends["refused"] += 1
                sentence = str(refused)
                assert sentence.endswith(".")
                assert "Traceback" not in sentence
                assert f"longer than {SECONDS:g}" not in sentence, (kind, turn)
            except (MeasuringFault, WorkerLost) as error:
                ends[f"{kind}, turn {turn}: {error}"] += 1
    return ends, worker


def test_mutated_photos_end_in_a_measurement_or_a_sentence() -> None:
    ends, worker = fuzz(63, Method.CLASSICAL)
    assert set(ends) == {"measured", "refused"}
    assert worker.memory_mb < 1500


@pytest.mark.stress
@pytest.mark.timeout(100_000)
def test_100_000_mutated_photos() -> None:
    number = int(os.environ.get("LESIONSCOPE_FUZZ", "100000"))
    ends, worker = fuzz(number, Method.NETWORK)
    print(dict(ends), f"{worker.memory_mb:.0f} MB")
    assert set(ends) == {"measured", "refused"}
    assert worker.memory_mb < 1500
