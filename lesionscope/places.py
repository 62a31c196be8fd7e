"""Where things lie on disk: the data folder of this installation, the models, the samples."""

from __future__ import annotations

import os
import sys
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def data_home() -> Path:
    """Return the folder that holds the record and the photos, outside the repository.

    ``LESIONSCOPE_HOME`` names it; otherwise the platform's place for application data.

    Returns
    -------
    Path
        Absolute; not created here.
    """
    chosen = os.environ.get("LESIONSCOPE_HOME")
    if chosen:
        return Path(chosen).expanduser().resolve()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData/Local")) / "LesionScope"
    if sys.platform == "darwin":
        return Path.home() / "Library/Application Support/LesionScope"
    return Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "lesionscope"


def _shipped(in_repository: str, in_wheel: str) -> Path:
    beside = _PACKAGE.parent / in_repository
    return beside if beside.exists() else _PACKAGE / in_wheel


def models_folder() -> Path:
    """Return the folder of the networks, in a checkout or in an installed wheel."""
    return _shipped("models", "_models")


def samples_folder() -> Path:
    """Return the folder of the sample images, in a checkout or in an installed wheel."""
    return _shipped("sample_images", "_sample_images")


def app_script() -> Path:
    """Return the script that Streamlit serves."""
    return _shipped("app.py", "_app.py")
