"""Nobody is asked for anything: not by this software, and not by what it is made of."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from lesionscope.places import samples_folder

# Everything that is loaded by a server, a measurement, an export and a batch, then a measurement.
MEASURING = """
import sys
asked = []
def hook(event, args):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        asked.append((event, str(args)))
sys.addaudithook(hook)
import altair, fsspec, pandas, pyarrow, reportlab, sqlalchemy, streamlit, streamlit.web.bootstrap
import lesionscope.api.routes, lesionscope.cluster.scheduler, lesionscope.study_export
from lesionscope import Site, measure
measure(sys.argv[1], site=Site.ARM)
assert not asked, asked
"""


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    source = next((samples_folder() / "demo_study" / "photos").glob("*arm*.jpg"))
    with Image.open(source) as image:
        image.thumbnail((240, 240))
        image.save(tmp_path / "arm.jpg")
    return tmp_path / "arm.jpg"


def test_a_measurement_asks_nobody_and_leaves_no_mark(photo: Path, tmp_path: Path) -> None:
    home, calls = tmp_path / "home", tmp_path / "calls.txt"
    home.mkdir()
    command = [sys.executable, "-c", MEASURING, str(photo)]
    if shutil.which("strace"):  # sees what compiled code does, too
        command = ["strace", "-f", "-qq", "-e", "trace=connect,sendto", "-o", str(calls), *command]
    kept = {name: text for name, text in os.environ.items() if not name.startswith("XDG_")}
    done = subprocess.run(
        command, env={**kept, "HOME": str(home)}, capture_output=True, text=True, check=False
    )
    if "ptrace" in done.stderr:
        pytest.skip("this machine lets no process be looked at")
    assert done.returncode == 0, done.stderr
    called = calls.read_text("utf-8", "replace") if calls.exists() else ""
    assert "AF_INET" not in called
    assert not [*home.rglob("*")]
