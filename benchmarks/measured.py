"""Photos measured into a folder of the public output format, each once.

A photo is measured again when its bytes, the package or its networks have changed since, so that
one figure can be printed again without measuring everything.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path

import lesionscope
from lesionscope.places import models_folder

KEPT_MASKS = ("lesion", "skin", "hand")


@lru_cache(maxsize=1)
def software_digest() -> str:
    """Return a digest of the package's source and of its networks."""
    package = Path(lesionscope.__file__).parent
    networks = [p for p in models_folder().iterdir() if p.suffix in (".onnx", ".tflite", ".json")]
    files = sorted(package.rglob("*.py")) + sorted(networks)
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def measure_all(
    photos: Sequence[Path], folder: Path, *, method: str, workers: int, as_cached: bool
) -> None:
    """Measure what the folder does not hold yet.

    Parameters
    ----------
    photos : sequence of Path
        Their names without the ending must differ.
    folder : Path
        Receives NAME.json and NAME_lesion.png, NAME_skin.png, NAME_hand.png.
    method : str
        ``"network"`` or ``"classical"``.
    workers : int
        Processes.
    as_cached : bool
        Take what the folder holds even if the software has changed since.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = [photo for photo in photos if not _held(photo, folder, as_cached=as_cached)]
    if not missing:
        return
    # A forked worker would inherit the locks of threads that OpenCV has running, and wait for ever.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(measure_one, photo, folder, method) for photo in missing]
        for number, job in enumerate(jobs, 1):
            job.result()
            print(f"\rmeasured {number} of {len(missing)}", end="", flush=True)
    print()


def _held(photo: Path, folder: Path, *, as_cached: bool) -> bool:
    stamp = folder / f"{photo.stem}.stamp"
    if not stamp.exists():
        return False
    return as_cached or stamp.read_text() == _stamp(photo)


def _stamp(photo: Path) -> str:
    return f"{hashlib.sha256(photo.read_bytes()).hexdigest()} {software_digest()}"


def measure_one(photo: Path, folder: Path, method: str) -> None:
    """Measure one photo and keep what the public format says of it.

    Parameters
    ----------
    photo : Path
        The photo.
    folder : Path
        Where to write.
    method : str
        ``"network"`` or ``"classical"``.
    """
    import cv2

    from lesionscope.exchange.measurement_json import document, json_text, mask_files
    from lesionscope.pipeline import Method, measure

    cv2.setNumThreads(1)
    start = time.perf_counter()
    found = measure(photo, method=Method(method))
    seconds = time.perf_counter() - start
    files = mask_files(found)
    for key in KEPT_MASKS:
        (folder / f"{photo.stem}_{key}.png").write_bytes(files[key])
    told = document(found) | {"wall_seconds": seconds}
    (folder / f"{photo.stem}.json").write_text(json_text(told))
    (folder / f"{photo.stem}.stamp").write_text(_stamp(photo))


def told_of(photo: Path, folder: Path) -> dict[str, object]:
    """Read the document of a measured photo."""
    content: dict[str, object] = json.loads((folder / f"{photo.stem}.json").read_text())
    return content
