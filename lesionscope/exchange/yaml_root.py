"""Parses a YAML file into plain nodes, or refuses it whole with every fault and its line.

Only plain mappings, lists and scalars are read: no tags, no anchors, no second document.

References
----------
YAML 1.1, https://yaml.org/spec/1.1/; PyYAML 6 (MIT licence) scans and parses.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

import yaml

LARGEST_BYTES = 512 * 1024
"""A protocol is a few kilobytes; more is something else."""

DEEPEST = 12
"""Levels of nesting. A protocol needs six."""


_STEP = re.compile(r"([a-z_]+)|\[([^\]]*)\]")


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with a file.

    Attributes
    ----------
    path : str
        The place, such as ``"visits[week_4].day"``; empty for the file as a whole.
    line : int
        Line of the file, from 1.
    reason : str
        What was needed and what came.
    """

    path: str
    line: int
    reason: str

    def __str__(self) -> str:
        place = self.path or "the file"
        return f"line {self.line}, {place}: {self.reason}"


class FaultyFile(ValueError):  # noqa: N818 - the name says what is wrong, as the message does
    """A file that was refused whole.

    Attributes
    ----------
    faults : tuple of Fault
        In the order of lines.
    """

    def __init__(self, faults: Collection[Fault]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.line))
        super().__init__("\n".join(str(fault) for fault in self.faults))


def root_of(data: bytes) -> yaml.MappingNode:
    """Parse a file and return its topmost mapping.

    Parameters
    ----------
    data : bytes
        UTF-8, with or without a byte order mark.

    Returns
    -------
    yaml.MappingNode

    Raises
    ------
    FaultyFile
        If the file is too large, not UTF-8, not YAML, nested too deep, or not one plain mapping.
    """
    if len(data) > LARGEST_BYTES:
        raise FaultyFile([Fault("", 1, f"needs at most {LARGEST_BYTES} bytes, got {len(data)}")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        byte = data[error.start]
        raise FaultyFile(
            [Fault("", line, f"needs UTF-8 text, got the byte 0x{byte:02x}")]
        ) from None
    try:
        node = yaml.compose(text, Loader=_PlainLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reason = " ".join(part for part in (error.context, error.problem) if part)
        raise FaultyFile(
            [Fault("", mark.line + 1 if mark else 1, f"is not YAML: {reason}")]
        ) from None
    except yaml.YAMLError as error:
        raise FaultyFile(
            [Fault("", _line_of_error(text, error), f"is not YAML: {_first_line(error)}")]
        ) from None
    if not isinstance(node, yaml.MappingNode):
        raise FaultyFile([Fault("", 1, f"needs keys with values, got {what_is(node)}")])
    return node


def line_of(root: yaml.MappingNode, path: str) -> int:
    """Return the line of a path, or of as much of it as the file has.

    Parameters
    ----------
    root : yaml.MappingNode
        The topmost mapping.
    path : str
        Such as ``"visits[week_4].day"``.

    Returns
    -------
    int
        From 1.
    """
    node: yaml.Node = root
    line = 1
    for name, member in _STEP.findall(path):
        below = _value_of(node, name) if name else _member_of(node, member)
        if below is None:
            break
        line, node = below
    return line


def _value_of(node: yaml.Node, name: str) -> tuple[int, yaml.Node] | None:
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        if key.value == name:
            return key.start_mark.line + 1, value
    return None


def _member_of(node: yaml.Node, name: str) -> tuple[int, yaml.Node] | None:
    members = node.value if isinstance(node, yaml.SequenceNode) else ()
    for number, member in enumerate(members, start=1):
        if name in (id_in(member), f"#{number}"):
            return member.start_mark.line + 1, member
    return None


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _line_of_error(text: str, error: yaml.YAMLError) -> int:
    position = getattr(error, "position", 0)
    return text.count("\n", 0, position) + 1


class _PlainLoader(yaml.SafeLoader):
    """Composes nodes, and refuses anchors, tags and deep nesting before it goes into them."""

    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        line = event.start_mark.line + 1 if event.start_mark else 1
        if getattr(event, "anchor", None) is not None:
            raise FaultyFile([Fault("", line, "needs every value written out, got & or *")])
        if (tag := getattr(event, "tag", None)) is not None:
            raise FaultyFile([Fault("", line, f"needs plain values, got the tag {tag}")])
        if self._depth == DEEPEST:
            raise FaultyFile([Fault("", line, f"needs at most {DEEPEST} levels of nesting")])
        self._depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self._depth -= 1


def what_is(node: yaml.Node | None) -> str:
    """Say what a node is, for the end of a fault."""
    if node is None:
        return "nothing"
    if isinstance(node, yaml.MappingNode):
        return "keys with values"
    if isinstance(node, yaml.SequenceNode):
        return "a list"
    text = str(node.value)
    return repr(text[:60]) if text else "nothing"


def id_in(node: yaml.Node) -> str:
    """Return the id that a member of a list carries, so that its path can be read by people."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == "id" and isinstance(value, yaml.ScalarNode):
                return str(value.value)[:40]
    return ""
