"""How networks are opened."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def test_the_runtime_counts_and_reports_nothing(tmp_path: Path) -> None:
    """ONNX Runtime keeps what it would report in the home folder; nothing may be there."""
    kept = {"HOME", "XDG_CACHE_HOME", "TMPDIR", "ORT_DISABLE_TELEMETRY"}
    given = {name: value for name, value in os.environ.items() if name not in kept}
    opening = "from lesionscope.pipeline import default_segmenter; default_segmenter()"
    done = subprocess.run(
        [sys.executable, "-c", opening],
        env={**given, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert not [*tmp_path.rglob("*")]
