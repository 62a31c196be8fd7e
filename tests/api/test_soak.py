"""The soak of `benchmarks/soak.py`: what it counts, and twenty seconds of it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture(scope="module")
def soak() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "soak.py"
    spec = importlib.util.spec_from_file_location("benchmarks_soak", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by its name
    spec.loader.exec_module(module)
    return module


def test_growth_is_counted_after_the_warm_up(soak: ModuleType) -> None:
    warming = [(float(at), 100.0 + 10 * min(at, 30)) for at in range(101)]
    assert soak.growth_percent(warming) == pytest.approx(0)
    leaking = [(float(at), 400.0 + at) for at in range(101)]
    assert soak.growth_percent(leaking) > soak.GROWTH_PERCENT
    assert soak.growth_percent([]) == 0


def test_p95_is_the_time_that_one_page_in_twenty_exceeds(soak: ModuleType) -> None:
    assert soak.p95([1.0] * 95 + [9.0] * 5) == 1
    assert soak.p95([1.0] * 94 + [9.0] * 6) == 9
    assert soak.p95([]) == 0


@pytest.mark.stress
@pytest.mark.timeout(1200)
def test_four_users_for_twenty_seconds(soak: ModuleType, tmp_path: Path) -> None:
    asked = soak.Asked(users=4, minutes=1 / 3, think=1.0)
    seen = soak.run(soak.Server(tmp_path / "home", 0, photos=2), asked)
    print(soak.report(seen))
    assert not seen.errors
    # Each has loaded the app and gone on; how quickly, the soak itself says on a free machine.
    assert len(seen.times["loaded anew"]) >= 4
    assert len(seen.pages()) > 4
    assert seen.computed > 0
    assert min(server for _, server, _ in seen.memory_mb) > 50
