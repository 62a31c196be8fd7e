"""What to tell a person when something fails that nobody foresaw."""

from __future__ import annotations

import os


def debugging() -> bool:
    """Return whether ``LESIONSCOPE_DEBUG`` asks for tracebacks."""
    return os.environ.get("LESIONSCOPE_DEBUG", "") not in ("", "0")


def fault_sentence(error: Exception) -> str:
    """Put an error that is no refusal in words: what was wrong, and what to do.

    Parameters
    ----------
    error : Exception
        What was raised.

    Returns
    -------
    str

    Examples
    --------
    >>> fault_sentence(FileNotFoundError(2, "No such file or directory", "arm.jpg"))
    'There is no file arm.jpg.'
    """
    if isinstance(error, OSError) and error.filename:
        if isinstance(error, FileNotFoundError):
            return f"There is no file {error.filename}."
        if isinstance(error, PermissionError):
            return f"{error.filename} may not be used: ask for the right to it."
        return f"The machine reports: {error.strerror} ({error.filename})."
    if isinstance(error, MemoryError):
        return "There is not enough memory. Close other programs, or export the photo smaller."
    return (
        f"LesionScope failed by a fault of its own ({type(error).__name__}: {error}). Run the same "
        "with LESIONSCOPE_DEBUG=1 to see where, and `lesionscope doctor` to check the installation."
    )
