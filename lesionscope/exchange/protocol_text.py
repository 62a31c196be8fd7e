"""Writes a protocol as the YAML text that `lesionscope.exchange.protocol_file` reads."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import yaml

from lesionscope.core.criterion import Bound
from lesionscope.core.evidence import Certainty
from lesionscope.core.protocol import Protocol
from lesionscope.core.schedule import Shot

FORMAT = "lesionscope-protocol/1"
"""First key of the file: name and major version of the format."""

# Keys that a file may leave out, with what their absence means.
_ABSENT: dict[str, object] = {
    "note": "",
    "difference": None,
    "relative_percent": None,
    "opposite_sides": False,
    "drop": None,
    "drop_percent": None,
    "reaches": None,
    "errors": (),
    "catbm_combined": None,
}


def protocol_text(protocol: Protocol) -> str:
    """Write a protocol as YAML.

    Parameters
    ----------
    protocol : Protocol
        What to write.

    Returns
    -------
    str
        Reading it gives an equal protocol. Comments of a file that it came from are not in it.
    """
    plain = {"format": FORMAT, **_plain(protocol)}
    return yaml.safe_dump(plain, sort_keys=False, allow_unicode=True, width=96)


def _plain(value: object) -> Any:
    """Turn core types into what YAML can hold, attribute by attribute."""
    if isinstance(value, (Bound, Shot)):
        return str(value)
    if isinstance(value, Certainty):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    if is_dataclass(value):
        parts = {part.name: getattr(value, part.name) for part in fields(value)}
        return {name: _plain(part) for name, part in parts.items() if not _absent(name, part)}
    return value


def _absent(name: str, value: object) -> bool:
    return name in _ABSENT and value == _ABSENT[name]
