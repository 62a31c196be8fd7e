"""Mutated photos of every format that is read: each has a measurement or a sentence, none harms.

The mutants are those of `benchmarks/fuzz.py`, of which the suite takes a few and ``make stress``
LESIONSCOPE_FUZZ (100,000 by default), from seed LESIONSCOPE_FUZZ_SEED.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from types import ModuleType

import pytest

from lesionscope.imaging.decode import FORMATS, decode
from lesionscope.pipeline import Method


@pytest.fixture(scope="module")
def fuzz() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "fuzz.py"
    spec = importlib.util.spec_from_file_location("benchmarks_fuzz", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up by its name
    spec.loader.exec_module(module)
    return module


def test_the_originals_are_of_every_format_and_can_be_read(fuzz: ModuleType) -> None:
    assert set(fuzz.originals()) == {*FORMATS, "DICOM"}
    for codings in fuzz.originals().values():
        for data in codings:
            assert min(decode(data).pixels.shape[:2]) >= 64


def test_a_mutant_follows_from_the_seed_and_its_number(fuzz: ModuleType) -> None:
    first = [fuzz.mutant(7, number) for number in range(40)]
    assert first == [fuzz.mutant(7, number) for number in range(40)]
    assert len(set(first)) == 40
    assert {kind for kind, _ in first} == set(fuzz.originals())


@pytest.mark.parametrize(
    "said",
    [
        "OSError: broken data stream",
        "The photo is damaged: <class 'ValueError'>.",
        "no capital.",
        "No full stop",
        "There is no file /tmp/x.jpg.",
        "This DICOM file is coded as \xff\x00, which is not read.",
        "",
    ],
)
def test_what_is_no_sentence_for_a_person_is_found(fuzz: ModuleType, said: str) -> None:
    assert not fuzz.is_clear(said)


def test_a_run_goes_on_where_it_was_stopped(fuzz: ModuleType, tmp_path: Path) -> None:
    journal = tmp_path / "fuzz.jsonl"
    assert fuzz.read_back(journal, 7) == []
    one = fuzz.Outcome(0, "JPEG", "refused", "The photo is damaged.", 0.1, 0.0, 100.0)
    with journal.open("a", encoding="utf-8") as file:
        file.write(json.dumps(one.__dict__) + "\n" + '{"number": 1, "ki')
    assert fuzz.read_back(journal, 7) == [one]
    assert fuzz.read_back(journal, 7) == [one]
    with pytest.raises(SystemExit, match="another seed"):
        fuzz.read_back(journal, 8)
    late = fuzz.Outcome(1, "PNG", "lost", "It ended.", 0.1, 0.0, 100.0)
    assert fuzz.is_held([one])
    assert not fuzz.is_held([one, late])
    assert "bad: PNG 1" in fuzz.report([one, late])


def test_mutated_photos_end_in_a_measurement_or_a_sentence(fuzz: ModuleType) -> None:
    found = list(fuzz.outcomes(7, range(48), method=Method.CLASSICAL))
    assert sorted(one.number for one in found) == list(range(48))
    assert {one.end for one in found} == {"measured", "refused"}
    assert fuzz.is_held(found), fuzz.report(found)


@pytest.mark.stress
@pytest.mark.timeout(100_000)
def test_100_000_mutated_photos(fuzz: ModuleType) -> None:
    number = int(os.environ.get("LESIONSCOPE_FUZZ", "100000"))
    seed = int(os.environ.get("LESIONSCOPE_FUZZ_SEED", "7"))
    found = list(fuzz.outcomes(seed, range(number), workers=2))
    print(fuzz.report(found))
    assert len(found) == number
    assert fuzz.is_held(found)
