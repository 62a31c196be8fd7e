"""Is this installation whole? Each check says what it found and, if need be, what to do."""

from __future__ import annotations

import hashlib
import importlib
import os
import re
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib import metadata
from pathlib import Path

from lesionscope import places

LEAST_PYTHON = (3, 11)
LEAST_DISK_BYTES = 200_000_000
"""Below this a visit's photos may not fit."""
LOW_DISK_BYTES = 2_000_000_000
"""Below this it is time to make room."""

REQUIRED_MODELS = (
    "skin_and_lesion.onnx",
    "lesion_outline.onnx",
    "lesion_grades.onnx",
    "palm_detection_full.tflite",
    "hand_landmark_full.tflite",
)
"""Networks that mark skin and lesions, suggest sub-scores, and (two) find the hand."""

# What a distribution is imported as, where its name does not say so.
_MODULES = {
    "argon2-cffi": "argon2",
    "opencv-python-headless": "cv2",
    "pi-heif": "pi_heif",
    "pillow": "PIL",
    "pyyaml": "yaml",
    "scikit-image": "skimage",
    "sqlalchemy": "sqlalchemy",
}
# All of them install into the same folder, cv2: the last one installed wins.
_OTHER_OPENCV = ("opencv-python", "opencv-contrib-python", "opencv-contrib-python-headless")
_SHA256 = re.compile(r"\b[0-9a-f]{64}\b")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class State(StrEnum):
    """What a check came to."""

    OK = "ok"
    NOTE = "note"
    """Works, with something to know."""
    FAULT = "fault"
    """Needed, and not there or not right."""


@dataclass(frozen=True)
class Check:
    """One thing that was looked at.

    Attributes
    ----------
    what : str
        What was looked at.
    state : State
        What it came to.
    found : str
        What was found, and what to do about it.
    """

    what: str
    state: State
    found: str


def examine() -> Iterator[Check]:
    """Look at everything that LesionScope needs.

    Yields
    ------
    Check
        In the order of the report; a check that fails does not end the others.
    """
    yield _python()
    yield from _distributions()
    yield from _models(places.models_folder())
    yield _app()
    yield from _data_home(places.data_home())
    yield _browser()


def _python() -> Check:
    have = ".".join(map(str, sys.version_info[:3]))
    need = ".".join(map(str, LEAST_PYTHON))
    if sys.version_info[:2] >= LEAST_PYTHON:
        return Check("Python", State.OK, have)
    return Check("Python", State.FAULT, f"{have}; {need} or later is needed")


def _distributions() -> Iterator[Check]:
    try:
        stated = metadata.requires("lesionscope") or []
    except metadata.PackageNotFoundError:
        yield Check("LesionScope", State.FAULT, "not installed: pip install -e . in its folder")
        return
    yield Check("LesionScope", State.OK, metadata.version("lesionscope"))
    for requirement in stated:
        if "extra ==" not in requirement:
            yield _distribution(requirement)
    for other in _OTHER_OPENCV:
        if _version(other):
            yield Check(
                other,
                State.FAULT,
                f"shares its folder with opencv-python-headless: pip uninstall {other}, then "
                "pip install --force-reinstall opencv-python-headless",
            )


def _distribution(requirement: str) -> Check:
    from packaging.requirements import Requirement

    wanted = Requirement(requirement)
    have = _version(wanted.name)
    if have is None:
        return Check(wanted.name, State.FAULT, f'not installed: pip install "{requirement}"')
    if not wanted.specifier.contains(have, prereleases=True):
        return Check(
            wanted.name,
            State.FAULT,
            f'{have} is outside {wanted.specifier}: pip install "{requirement}"',
        )
    name = wanted.name.lower()
    try:
        importlib.import_module(_MODULES.get(name, name))
    except Exception as error:  # a broken extension module raises nearly anything
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        return Check(wanted.name, State.FAULT, f"{have} cannot be loaded: {first[:120]}")
    return Check(wanted.name, State.OK, have)


def _version(distribution: str) -> str | None:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _models(folder: Path) -> Iterator[Check]:
    stated = _stated_hashes(folder)
    for name in REQUIRED_MODELS:
        file = folder / name
        if not file.is_file():
            yield Check(name, State.FAULT, f"not in {folder}: install LesionScope again")
            continue
        digest = hashlib.sha256(file.read_bytes()).hexdigest()
        if digest in stated:
            yield Check(name, State.OK, f"sha256 {digest[:12]} as its card states")
        else:
            yield Check(
                name,
                State.FAULT,
                f"sha256 {digest[:12]} is on no card: changed or damaged, install again",
            )


def _stated_hashes(folder: Path) -> frozenset[str]:
    cards = [*folder.glob("*.md"), *folder.glob("SHA256SUMS*")]
    texts = [card.read_text(encoding="utf-8", errors="replace") for card in sorted(cards)]
    return frozenset(_SHA256.findall("\n".join(texts)))


def _app() -> Check:
    script = places.app_script()
    if script.is_file() and script.stat().st_size:
        return Check("app", State.OK, str(script))
    return Check("app", State.FAULT, f"no script at {script}: install LesionScope again")


def _data_home(home: Path) -> Iterator[Check]:
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        reason = error.strerror or type(error).__name__
        yield Check(
            "data folder",
            State.FAULT,
            f"{home} cannot be written ({reason}): set LESIONSCOPE_HOME to a folder of your own",
        )
        return
    yield Check("data folder", State.OK, f"{home}{'' if there == home else ' (made at first use)'}")
    free = shutil.disk_usage(there).free
    if free < LEAST_DISK_BYTES:
        yield Check("free disk", State.FAULT, f"{free / 1e6:.0f} MB: make room")
    else:
        state = State.OK if free >= LOW_DISK_BYTES else State.NOTE
        yield Check("free disk", state, f"{free / 1e9:.1f} GB")


def _browser() -> Check:
    path = next((found for name in _BROWSERS if (found := shutil.which(name))), None)
    if path:
        return Check("Chromium", State.OK, os.fspath(path))
    return Check("Chromium", State.NOTE, "not found; only the browser tests need it")
