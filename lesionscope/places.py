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


def database_url() -> str | None:
    """Return the database that ``LESIONSCOPE_DATABASE`` names, or None for the file in the folder.

    Returns
    -------
    str or None
        SQLAlchemy URL, such as ``postgresql://lesionscope@db.example.org/trial``.
    """
    return os.environ.get("LESIONSCOPE_DATABASE") or None


def vault_url() -> str | None:
    """Return where ``LESIONSCOPE_VAULT`` keeps photos, or None for the data folder.

    Returns
    -------
    str or None
        URL of any file system that fsspec knows, such as ``s3://bucket/trial``.
    """
    return os.environ.get("LESIONSCOPE_VAULT") or None


def _shipped(in_repository: str, in_wheel: str) -> Path:
    beside = _PACKAGE.parent / in_repository
    return beside if beside.exists() else _PACKAGE / in_wheel


MODELS = "LESIONSCOPE_MODELS"
"""Environment variable that names another folder of networks, to try them."""


def models_folder() -> Path:
    """Return the folder of the networks, in a checkout or in an installed wheel."""
    chosen = os.environ.get(MODELS)
    if chosen:
        return Path(chosen).expanduser().resolve()
    return _shipped("models", "_models")


def results_folder() -> Path:
    """Return the folder of the pictures that the model cards show."""
    return _shipped("benchmarks/results", "_results")


def samples_folder() -> Path:
    """Return the folder of the sample images, in a checkout or in an installed wheel."""
    return _shipped("sample_images", "_sample_images")


def app_script() -> Path:
    """Return the script that Streamlit serves."""
    return _shipped("app.py", "_app.py")
