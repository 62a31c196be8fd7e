"""What a measuring process may use, and how the operating system holds it to that."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from pathlib import Path

_KEPT = (
    "PATH", "HOME", "LANG", "LC_ALL", "LC_CTYPE", "TMPDIR", "TZ", "VIRTUAL_ENV", "PYTHONPATH",
    "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "LESIONSCOPE_DEBUG",
)  # fmt: skip
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(frozen=True)
class Limits:
    """What one measuring process may use for one photo.

    Attributes
    ----------
    seconds : float
        Time from sending the photo to having its result; then the process is ended.
    memory_mb : int
        Memory above that of the loaded networks, MB. Enforced where ``/proc`` tells a process
        its own size (Linux).
    photos : int
        Photos after which a process is replaced by a fresh one, so that no leak adds up.
    """

    seconds: float = 120.0
    memory_mb: int = 1350
    photos: int = 500

    def __post_init__(self) -> None:
        if not self.seconds > 0 or self.memory_mb < 1 or self.photos < 1:
            raise ValueError(f"limits must be positive, got {self}")


def bound_this_process(limits: Limits) -> None:
    """Let the operating system hold this process to its limits, for good.

    It can write no file, leave no memory image behind, and take no more memory; a process that
    outlives the one that started it ends when its computing time is used up.

    Parameters
    ----------
    limits : Limits
        See there.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    seconds = round(limits.seconds * limits.photos) + 60
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    mapped = _mapped_bytes()
    if mapped is not None:
        most = mapped + limits.memory_mb * 1_000_000
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _mapped_bytes() -> int | None:
    statm = Path("/proc/self/statm")
    if not statm.exists():
        return None
    return int(statm.read_text("ascii").split()[0]) * os.sysconf("SC_PAGE_SIZE")


def peak_memory_mb() -> float:
    """Return the most memory that this process ever held, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # What getrusage tells on Linux begins with the peak of the process that started this one.
        peak = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(peak.split()[1]) * 1024 / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if os.uname().sysname == "Darwin" else most * 1024 / 1e6


def environment_apart() -> dict[str, str]:
    """Return what a measuring process is told of the environment: no key and no password.

    Returns
    -------
    dict of str to str
        One computing thread: as many processes run as there are processors, and a sum must not
        depend on how it was divided.
    """
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | dict.fromkeys(_ONE_THREAD, "1") | {"OPENCV_FOR_THREADS_NUM": "1"}
