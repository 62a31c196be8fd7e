"""The public names and how they are called: none may vanish or change unnoticed.

What stands is in `public_surface.txt`. After a change that is meant, with its line in CHANGELOG.md:
``python tests/test_public_surface.py > tests/public_surface.txt``.
"""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import lesionscope

GOLDEN = Path(__file__).with_name("public_surface.txt")
DOCUMENT = Path(__file__).parents[1] / "docs" / "python.md"


def called(function: Any) -> str:
    """Write how a function is called, alike under every version of Python."""
    words: list[str] = []
    starred = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.KEYWORD_ONLY and not starred:
            words.append("*")
            starred = True
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}
        default = "" if parameter.default is parameter.empty else "=..."
        words.append(f"{stars.get(parameter.kind, '')}{parameter.name}{default}")
    return f"({', '.join(words)})"


def parts(name: str, thing: Any) -> Iterator[str]:
    """Write a public thing, one line for itself and one for each public part."""
    if isinstance(thing, str):
        yield f"{name}: text"
    elif isinstance(thing, ModuleType):
        for part in sorted(vars(thing)):
            own = getattr(vars(thing)[part], "__module__", None) == thing.__name__
            if own and not part.startswith("_"):
                yield from parts(f"{name}.{part}", vars(thing)[part])
    elif not inspect.isclass(thing):
        yield f"{name}{called(thing)}"
    elif issubclass(thing, Enum):
        yield from (f"{name}.{member.name} = {member.value}" for member in thing)
    else:
        yield from parts_of_class(name, thing)


def parts_of_class(name: str, thing: type) -> Iterator[str]:
    """Write a class: its fields, its methods and its properties."""
    yield f"{name}: class"
    if dataclasses.is_dataclass(thing):
        yield from (f"{name}.{each.name}: field" for each in dataclasses.fields(thing))
    for part in sorted(dir(thing)):
        value = inspect.getattr_static(thing, part)
        if part.startswith("_") or issubclass(thing, Exception):
            continue
        if inspect.isfunction(value) or isinstance(value, classmethod | staticmethod):
            yield f"{name}.{part}{called(getattr(thing, part))}"
        elif isinstance(value, property) or type(value).__name__ == "cached_property":
            yield f"{name}.{part}: property"


def surface() -> list[str]:
    """Return the public surface, one line a name."""
    return [
        line for name in lesionscope.__all__ for line in parts(name, getattr(lesionscope, name))
    ]


def test_nothing_public_vanished_or_is_called_otherwise() -> None:
    gone = set(GOLDEN.read_text(encoding="utf-8").splitlines()) - set(surface())
    assert not gone, "public, and gone or called otherwise: " + "; ".join(sorted(gone))


def test_what_is_new_at_the_top_is_kept_from_now_on() -> None:
    kept = set(GOLDEN.read_text(encoding="utf-8").splitlines())
    new = {line for line in surface() if not line.startswith("Store.")} - kept
    assert not new, "public and not yet in public_surface.txt: " + "; ".join(sorted(new))


def test_a_lost_name_is_noticed(monkeypatch: Any) -> None:
    store = lesionscope.Store
    monkeypatch.setattr(store, "sign", lambda self, by: None)
    assert "Store.sign(self, by)" in surface()
    assert set(GOLDEN.read_text(encoding="utf-8").splitlines()) - set(surface())


def test_each_public_name_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    missing = [name for name in lesionscope.__all__ if f"`{name}" not in text]
    assert not missing
    for name in lesionscope.__all__:
        thing = getattr(lesionscope, name)
        assert isinstance(thing, str) or (thing.__doc__ or "").strip(), name


def test_a_public_name_is_what_its_module_has_whatever_was_imported_first() -> None:
    import_module("lesionscope.follow_up")
    import_module("lesionscope.scoring.agreement")
    assert lesionscope.compare is import_module("lesionscope.follow_up").compare
    assert callable(lesionscope.compare)
    assert lesionscope.agreement.icc_2_1([[1, 2], [3, 4], [5, 5]]).n == 3
    assert set(lesionscope.__all__) <= set(dir(lesionscope))


def test_nothing_heavy_is_loaded_before_it_is_used() -> None:
    code = (
        "import sys, lesionscope; lesionscope.__version__;"
        "print([m for m in ('cv2', 'onnxruntime', 'sqlalchemy', 'torch') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


if __name__ == "__main__":
    print("\n".join(surface()))
