"""Mutated photos of every format that is read, through decoding and measuring in the process apart.

    python benchmarks/fuzz.py [--number 100000] [--seed 7] [--minutes 60] [--workers 1]
    python benchmarks/fuzz.py --report
    python benchmarks/fuzz.py --keep 4711

Every mutant must end in a measurement or in a sentence for a person, within the time and memory
that a photo may use. The n-th mutant follows from the seed and n alone: a run that was stopped goes
on where it was, and ``--keep`` writes a single mutant to a file again. Photos are 96 x 72 pixels,
so that most of the time goes into what a hostile file can reach.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import queue
import random
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from lesionscope.apart.bounded import BoundedWorker, MeasuringFault, WorkerLost
from lesionscope.apart.task import Task
from lesionscope.imaging.decode import UnreadableImage
from lesionscope.imaging.icc import ADOBE_GAMMA, ADOBE_RGB, matrix_profile
from lesionscope.pipeline import Method
from lesionscope.places import samples_folder

ROOT = Path(__file__).parents[1]
HEIC = ("orientation_6", "hdr_pq", "burst", "profile_display_p3")
MEMORY_MB = 1500
SIZE = (96, 72)


@dataclass(frozen=True)
class Outcome:
    """What came of one mutant: `end` is measured, refused, unclear, fault or lost."""

    number: int
    kind: str
    end: str
    said: str
    seconds: float
    computing: float
    memory_mb: float


@lru_cache(maxsize=1)
def originals() -> dict[str, tuple[bytes, ...]]:
    """Return small photos in every format that is read, in several codings, with metadata."""
    source = next((samples_folder() / "demo_study" / "photos").glob("*abdomen*.jpg"))
    image = Image.open(source).convert("RGB").resize(SIZE)
    grey, clear = image.convert("L"), image.copy()
    clear.putalpha(grey)
    deep = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112], exif[0x0132] = 6, "2026:01:02 03:04:05"
    profile = matrix_profile(ADOBE_RGB, ADOBE_GAMMA, "Adobe RGB (1998)")
    about: dict[str, Any] = {"exif": exif, "icc_profile": profile}
    jpeg = _written(image, "JPEG", **about)
    return {
        "JPEG": (jpeg, _written(image.convert("CMYK"), "JPEG", progressive=True),
                 _written(grey, "JPEG", exif=exif),
                 _written(image, "MPO", save_all=True, append_images=[image])),
        "PNG": (_written(image, "PNG", **about), _written(clear, "PNG"), _written(deep, "PNG"),
                _written(image.quantize(32), "PNG", transparency=0)),
        "TIFF": (_written(image, "TIFF", exif=exif), _written(deep, "TIFF"),
                 _written(image, "TIFF", compression="tiff_lzw", icc_profile=profile),
                 _written(image, "TIFF", compression="jpeg"),
                 _written(image.convert("CMYK"), "TIFF", compression="tiff_adobe_deflate")),
        "WEBP": (_written(image, "WEBP", **about), _written(clear, "WEBP", lossless=True),
                 _written(image, "WEBP", save_all=True, append_images=[clear])),
        "GIF": (_written(image, "GIF"), _written(image, "GIF", save_all=True,
                                                 append_images=[image.rotate(90)])),
        "BMP": (_written(image, "BMP"), _written(image.quantize(16), "BMP")),
        "HEIF": tuple(
            (ROOT / f"tests/imaging/data/{name}.heic").read_bytes() for name in HEIC
        ),
        "DICOM": (_dicom(image, None), _dicom(image, _written(image, "JPEG"))),
    }  # fmt: skip


def _written(image: Image.Image, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _dicom(image: Image.Image, jpeg: bytes | None) -> bytes:
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.encaps import encapsulate
    from pydicom.uid import ExplicitVRLittleEndian, JPEGBaseline8Bit, SecondaryCaptureImageStorage

    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = SecondaryCaptureImageStorage
    meta.MediaStorageSOPInstanceUID = "2.25.1"
    meta.TransferSyntaxUID = JPEGBaseline8Bit if jpeg else ExplicitVRLittleEndian
    made = FileDataset("", Dataset(), file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.SOPInstanceUID = SecondaryCaptureImageStorage, "2.25.1"
    made.PatientIdentityRemoved = "YES"
    made.Columns, made.Rows = image.size
    made.SamplesPerPixel = 3
    made.PhotometricInterpretation = "YBR_FULL_422" if jpeg else "RGB"
    made.PlanarConfiguration = made.PixelRepresentation = 0
    made.BitsAllocated = made.BitsStored = 8
    made.HighBit = 7
    made.PixelData = encapsulate([jpeg]) if jpeg else image.tobytes()
    made["PixelData"].is_undefined_length = bool(jpeg)
    file = io.BytesIO()
    made.save_as(file, enforce_file_format=True)
    return file.getvalue()


def mutant(seed: int, number: int) -> tuple[str, bytes]:
    """Return the format and the bytes of a mutant; formats take turns."""
    chance = random.Random(f"{seed}-{number}")
    kinds = tuple(originals())
    kind = kinds[number % len(kinds)]
    found = bytearray(chance.choice(originals()[kind]))
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        if found:
            chance.choice(_CHANGES)(found, chance)
    return kind, bytes(found)


def _flip(found: bytearray, chance: random.Random) -> None:
    found[chance.randrange(len(found))] ^= 1 << chance.randrange(8)


def _replace(found: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(found))
    found[at : at + chance.randrange(1, 9)] = chance.randbytes(chance.randrange(1, 9))


def _drop(found: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(found))
    del found[at : at + chance.randrange(1, 400)]


def _repeat(found: bytearray, chance: random.Random) -> None:
    at = chance.randrange(len(found))
    found[at:at] = found[at : at + chance.randrange(1, 400)]


def _state_a_size(found: bytearray, chance: random.Random) -> None:
    at = chance.randrange(max(1, min(len(found) - 4, 600)))  # sizes and offsets stand in front
    words = (b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f",
             b"\x27\x10", b"\x10\x27", b"\xff\xff", b"\0\0", chance.randbytes(4))  # fmt: skip
    word = chance.choice(words)
    found[at : at + len(word)] = word


def _cut(found: bytearray, chance: random.Random) -> None:
    del found[max(1, chance.randrange(len(found))) :]


def _graft(found: bytearray, chance: random.Random) -> None:
    other = chance.choice(originals()[chance.choice(tuple(originals()))])
    begin, at = chance.randrange(len(other)), chance.randrange(len(found))
    found[at:at] = other[begin : begin + chance.randrange(1, 400)]


_CHANGES: tuple[Callable[[bytearray, random.Random], None], ...] = (
    _flip, _replace, _drop, _repeat, _state_a_size, _cut, _graft,
)  # fmt: skip


def is_clear(sentence: str) -> bool:
    """Return whether a refusal reads as words for a person."""
    technical = re.search(
        r"Traceback|Error\b|Exception|0x[0-9a-f]|[<>{}_]|/\w+/|\bNone\b", sentence
    )
    # What a file says of itself may not become part of the sentence unread.
    whole = re.match(r"[A-Z][ -~]{9,300}\.$", sentence)
    return bool(whole) and technical is None


def tried(worker: BoundedWorker, seed: int, number: int, method: Method) -> Outcome:
    """Send one mutant through the process apart."""
    kind, data = mutant(seed, number)
    worker.memory_mb = 0.0
    begun, computed = time.monotonic(), _computing(worker)
    said = ""
    try:
        found = worker.measure(data, Task(method=method))
        end = "measured" if found.document["sha256"] else "fault"
    except UnreadableImage as refused:
        said = str(refused)
        end = "refused" if is_clear(said) else "unclear"
    except MeasuringFault as fault:
        end, said = "fault", str(fault)
    except WorkerLost as lost:
        end, said = "lost", str(lost)
    spent = max(0.0, _computing(worker) - computed)
    took = time.monotonic() - begun
    return Outcome(number, kind, end, said, round(took, 3), round(spent, 2), worker.memory_mb)


def _computing(worker: BoundedWorker) -> float:
    """Return the seconds of processor that the process has used: waiting for it does not count."""
    stat = Path(f"/proc/{worker.pid}/stat")
    if worker.pid is None or not stat.exists():
        return 0.0
    fields = stat.read_text("ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def outcomes(
    seed: int, numbers: Iterable[int], *, method: Method = Method.NETWORK, workers: int = 1
) -> Iterator[Outcome]:
    """Try mutants, each by one of some processes; yields each as it ends."""
    waiting = iter(numbers)
    taking = threading.Lock()
    done: queue.Queue[Outcome | BaseException | None] = queue.Queue(maxsize=64)
    stop = threading.Event()

    def serve() -> None:
        try:
            with BoundedWorker() as worker:
                while not stop.is_set():
                    with taking:
                        number = next(waiting, None)
                    if number is None:
                        break
                    done.put(tried(worker, seed, number, method))
        except BaseException as error:
            done.put(error)
        done.put(None)

    threads = [threading.Thread(target=serve, daemon=True) for _ in range(workers)]
    for thread in threads:
        thread.start()
    left = workers
    try:
        while left:
            outcome = done.get()
            if isinstance(outcome, BaseException):
                raise outcome
            if outcome is None:
                left -= 1
            else:
                yield outcome
    finally:
        stop.set()


def read_back(file: Path, seed: int) -> list[Outcome]:
    """Return what earlier runs of this seed found; a line that was cut off is dropped."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps({"seed": seed}) + "\n", "utf-8")
        return []
    text = file.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.write_text(whole, "utf-8")
    head, *lines = whole.splitlines()
    if json.loads(head) != {"seed": seed}:
        raise SystemExit(f"{file} is of another seed ({head}): name another file with --out.")
    return [Outcome(**json.loads(line)) for line in lines]


def report(found: list[Outcome]) -> str:
    """Return the counts by format and outcome, the extremes, and every sentence that was said."""
    ends = ("measured", "refused", "unclear", "fault", "lost")
    rows = [f"| format | mutants | {' | '.join(ends)} | slowest, s computed | most memory, MB |",
            f"|---|{'---|' * (len(ends) + 3)}"]  # fmt: skip
    for kind in (*originals(), ""):
        of_kind = [one for one in found if kind in ("", one.kind)]
        count = Counter(one.end for one in of_kind)
        slowest = max((one.computing for one in of_kind), default=0)
        memory = max((one.memory_mb for one in of_kind), default=0)
        cells = [kind or "all", len(of_kind), *(count[end] for end in ends)]
        rows.append("| " + " | ".join(map(str, cells)) + f" | {slowest:.1f} | {memory:.0f} |")
    said = Counter((one.end, re.sub(r"[\d.]+\d|\d", "#", one.said)) for one in found if one.said)
    rows += ["", *(f"{times:7d} {end}: {words}" for (end, words), times in said.most_common())]
    late = max((one.seconds for one in found), default=0)
    bad = [f"{one.kind} {one.number}" for one in found if one.end in ("unclear", "fault", "lost")]
    return "\n".join(
        [*rows, "", f"longest wait {late:.1f} s; bad: {', '.join(bad[:40]) or 'none'}"]
    )


def is_held(found: list[Outcome]) -> bool:
    """Return whether every mutant had a measurement or a sentence, in time and memory."""
    return all(
        one.end in ("measured", "refused")
        and "took longer than" not in one.said
        and one.memory_mb < MEMORY_MB
        for one in found
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--minutes", type=float, default=0, help="stop after so long; 0 never")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "fuzz.jsonl")
    parser.add_argument("--report", action="store_true", help="only say what was found so far")
    parser.add_argument("--keep", type=int, help="write one mutant to build/ and end")
    asked = parser.parse_args()
    if asked.keep is not None:
        kind, data = mutant(asked.seed, asked.keep)
        kept = ROOT / "build" / f"mutant_{asked.keep}.{kind.lower()}"
        kept.write_bytes(data)
        print(kept)
        return
    found = read_back(asked.out, asked.seed)
    if not asked.report:
        found += list(_run(asked, {one.number for one in found}))
    print(report(found))
    raise SystemExit(not is_held(found))


def _run(asked: argparse.Namespace, before: set[int]) -> Iterator[Outcome]:
    left = (number for number in range(asked.number) if number not in before)
    until = time.monotonic() + asked.minutes * 60 if asked.minutes else float("inf")
    with asked.out.open("a", encoding="utf-8", buffering=1) as journal:
        for outcome in outcomes(asked.seed, left, workers=asked.workers):
            journal.write(json.dumps(asdict(outcome)) + "\n")
            yield outcome
            if time.monotonic() > until:
                return


if __name__ == "__main__":
    main()
