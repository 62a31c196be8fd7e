"""The tutorial is run as it stands, and prints what it says; no network is reached."""

from __future__ import annotations

import io
import re
import socket
from contextlib import redirect_stdout
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TUTORIAL = ROOT / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```python\n(.*?)^```\n\n```text\n(.*?)^```\n", re.DOTALL | re.MULTILINE)
NUMBER = re.compile(r"\d+(?:\.\d+)?")
NEAR = 0.1
"""Figures may differ by this share: processors round differently."""


def alike(printed: str, expected: str) -> bool:
    """Tell whether two texts have the same words, and numbers near each other."""
    if NUMBER.sub("#", printed) != NUMBER.sub("#", expected):
        return False
    pairs = zip(NUMBER.findall(printed), NUMBER.findall(expected), strict=True)
    return all(float(one) == pytest.approx(float(other), rel=NEAR, abs=0.1) for one, other in pairs)


def test_every_block_runs_and_prints_what_stands_below_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*args: object) -> None:
        raise AssertionError("the tutorial must not reach a network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    text = TUTORIAL.read_text(encoding="utf-8")
    blocks = BLOCK.findall(text)
    assert len(blocks) == text.count("```python") > 5
    space: dict[str, object] = {"__name__": "tutorial"}
    for code, expected in blocks:
        printed = io.StringIO()
        with redirect_stdout(printed):
            exec(compile(code, str(TUTORIAL), "exec"), space)
        assert alike(printed.getvalue(), expected), code


def test_a_wrong_figure_is_noticed() -> None:
    assert alike("15 lesions, 0.52 %", "15 lesions, 0.5 %")
    assert not alike("15 lesions", "25 lesions")
    assert not alike("level 2", "not gradable")
