"""The protocol of a study as a YAML file, and back. The format is in ``docs/protocol.md``.

A file is read whole or refused whole, with every fault named at once.
"""

from __future__ import annotations

import hashlib
import os
from importlib import resources
from pathlib import Path

from lesionscope.core.protocol import Contradiction, Protocol
from lesionscope.exchange.protocol_parts import protocol_at
from lesionscope.exchange.protocol_text import protocol_text
from lesionscope.exchange.yaml_root import Fault, FaultyFile, line_of, root_of
from lesionscope.exchange.yaml_tree import Place


def read_protocol(path: Path) -> Protocol:
    """Read a protocol from a file.

    Parameters
    ----------
    path : Path
        A YAML file, see ``docs/protocol.md``.

    Returns
    -------
    Protocol

    Raises
    ------
    FaultyFile
        If anything in the file is not as the format needs it: every fault with line, path and
        reason.
    OSError
        If the file cannot be read.
    """
    return protocol_from(path.read_bytes())


def protocol_from(data: bytes) -> Protocol:
    """Read a protocol from the bytes of a file, see `read_protocol`."""
    faults: list[Fault] = []
    root = root_of(data)
    protocol = None
    try:
        protocol = protocol_at(Place(root, "", faults))
    except Contradiction as found:
        faults += [Fault(path, line_of(root, path), reason) for path, reason in found.faults]
    if protocol is None or faults:
        raise FaultyFile(faults)
    return protocol


def write_protocol(protocol: Protocol, path: Path) -> None:
    """Write a protocol to a file, whole or not at all.

    Parameters
    ----------
    protocol : Protocol
        What to write.
    path : Path
        Replaced if it is there.

    Raises
    ------
    OSError
        If the file cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        beside.write_text(protocol_text(protocol), encoding="utf-8", newline="\n")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def protocol_sha256(protocol: Protocol) -> str:
    """Return the identity of a protocol's content, whatever the layout of its file."""
    return hashlib.sha256(protocol_text(protocol).encode()).hexdigest()


def shipped_protocols() -> tuple[str, ...]:
    """Return the names of the example protocols that come with the software."""
    folder = resources.files("lesionscope") / "protocols"
    return tuple(sorted(item.name[:-5] for item in folder.iterdir() if item.name.endswith(".yaml")))


def shipped_protocol(name: str) -> Protocol:
    """Read an example protocol that comes with the software, see `shipped_document`."""
    return protocol_from(shipped_document(name))


def shipped_document(name: str) -> bytes:
    """Return the file of an example protocol that comes with the software.

    Parameters
    ----------
    name : str
        One of `shipped_protocols`.

    Returns
    -------
    bytes
        YAML, with its comments.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    known = shipped_protocols()
    if name not in known:
        raise ValueError(f"protocol must be one of {', '.join(known)}; got {name!r}")
    return (resources.files("lesionscope") / "protocols" / f"{name}.yaml").read_bytes()
