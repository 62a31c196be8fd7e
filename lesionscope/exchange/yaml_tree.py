"""Reads YAML by what is needed at each place, and names every fault by its path and line.

YAML guesses types: ``no`` becomes false, ``010`` becomes eight, ``1:30`` becomes ninety. Here the
reader says what it needs, and the text either is that or is a fault.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Iterator
from typing import TypeVar, cast

import yaml

from lesionscope.exchange.yaml_root import Fault, id_in, what_is

T = TypeVar("T")

LONGEST_TEXT = 2000
"""Characters of one text."""

_WHOLE = re.compile(r"-?(0|[1-9]\d{0,8})")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,8})(\.\d{1,12})?(e[-+]?\d{1,2})?")


class Place:
    """A node of the file with its path, and the faults found so far.

    A read that finds a fault records it and returns None in the place of the value; whatever is
    built of such a value is not built, see `build`. So all faults of a file are found at once and
    nothing is half read.
    """

    def __init__(self, node: yaml.Node, path: str, faults: list[Fault]) -> None:
        self.node = node
        self.path = path
        self.faults = faults
        self._found_before = len(faults)

    def fault(self, reason: str, node: yaml.Node | None = None) -> None:
        """Record a fault at this place, or at a node of it."""
        line = (node or self.node).start_mark.line + 1
        self.faults.append(Fault(self.path, line, reason))

    def _none(self, reason: str) -> None:
        # What the caller hands on in the place of the value; `build` never builds of it.
        self.fault(reason)

    def text(self) -> str:
        """Return a text: quoted, or plain and not looking like something else."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or (not node.style and not node.value):
            return cast(str, self._none(f"needs a text, got {what_is(node)}"))
        if not node.style and node.tag != "tag:yaml.org,2002:str":
            return cast(str, self._none(f"needs a text, got {node.value}: put it in quotes"))
        text = str(node.value).strip()
        if not text or len(text) > LONGEST_TEXT or not text.replace("\n", " ").isprintable():
            needed = f"needs a text of 1 to {LONGEST_TEXT} printable characters"
            return cast(str, self._none(f"{needed}, got {what_is(node)}"))
        return text

    def whole(self) -> int:
        """Return a whole number in plain decimal digits."""
        if not self._plain(_WHOLE):
            return cast(int, self._none(f"needs a whole number, got {what_is(self.node)}"))
        return int(self.node.value)

    def number(self) -> float:
        """Return a number in plain decimal digits."""
        if not self._plain(_NUMBER):
            return cast(float, self._none(f"needs a number, got {what_is(self.node)}"))
        return float(self.node.value)

    def flag(self) -> bool:
        """Return true or false, so written."""
        if not self._plain(re.compile("true|false")):
            return cast(bool, self._none(f"needs true or false, got {what_is(self.node)}"))
        return bool(self.node.value == "true")

    def choice(self, options: dict[str, T]) -> T:
        """Return the option that the text names."""
        node = self.node
        if not isinstance(node, yaml.ScalarNode) or node.value not in options:
            needed = f"needs one of {', '.join(options)}"
            return cast(T, self._none(f"{needed}; got {what_is(node)}"))
        return options[node.value]

    def parsed(self, read: Callable[[str], T]) -> T:
        """Return what a function makes of the text; its ValueError becomes a fault."""
        found = len(self.faults)
        text = self.text()
        if len(self.faults) > found:
            return cast(T, None)
        try:
            return read(text)
        except ValueError as error:
            return cast(T, self._none(str(error)))

    def each(self, read: Callable[[Place], T]) -> tuple[T, ...]:
        """Return what a function makes of each member of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            return cast("tuple[T, ...]", self._none(f"needs a list, got {what_is(self.node)}"))
        return tuple(read(place) for place in self._members())

    def keys(self, *needed: str, optional: Collection[str] = ()) -> Keys:
        """Return the values of a mapping that has these keys and no others."""
        return Keys(self, needed, optional)

    def build(self, kind: Callable[..., T], **parts: object) -> T:
        """Build a value of its parts, unless one of them was faulty."""
        if len(self.faults) > self._found_before:
            return cast(T, None)
        try:
            return kind(**parts)
        except ValueError as error:
            return cast(T, self._none(str(error)))

    def _plain(self, pattern: re.Pattern[str]) -> bool:
        node = self.node
        plain = isinstance(node, yaml.ScalarNode) and not node.style
        return plain and pattern.fullmatch(node.value) is not None

    def _members(self) -> Iterator[Place]:
        for number, node in enumerate(self.node.value, start=1):
            yield Place(node, f"{self.path}[{id_in(node) or f'#{number}'}]", self.faults)


def _is_null(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and not node.style and node.value == "null"


class Keys:
    """The values of a mapping whose keys were checked."""

    def __init__(self, place: Place, needed: Collection[str], optional: Collection[str]) -> None:
        self.place = place
        self._nodes: dict[str, yaml.Node] = {}
        if not isinstance(place.node, yaml.MappingNode):
            place.fault(f"needs the keys {', '.join(needed)}; got {what_is(place.node)}")
            return
        known = [*needed, *optional]
        for key, value in place.node.value:
            self._take(key, value, known)
        for name in needed:
            if name not in self._nodes:
                place.fault(f"needs the key {name}, and it is not there")

    def _take(self, key: yaml.Node, value: yaml.Node, known: list[str]) -> None:
        name = key.value if isinstance(key, yaml.ScalarNode) else what_is(key)
        if name in self._nodes:
            self.place.fault(f"needs each key once, got {name} twice", key)
        elif name in known:
            self._nodes[name] = value
        else:
            near = difflib.get_close_matches(str(name), known, 1)
            hint = f", perhaps {near[0]}" if near else f", only {', '.join(known)}"
            self.place.fault(f"has no key {str(name)[:60]!r}{hint}", key)

    def read(self, name: str, read: Callable[[Place], T]) -> T:
        """Return what a function makes of the value of a key; None where the key is missing."""
        node = self._nodes.get(name)
        if node is None:
            return cast(T, None)
        path = f"{self.place.path}.{name}" if self.place.path else name
        return read(Place(node, path, self.place.faults))

    def read_or(self, name: str, read: Callable[[Place], T], absent: T) -> T:
        """Return what a function makes of the value of a key, or another value without the key."""
        return self.read(name, read) if name in self._nodes else absent

    def read_open(self, name: str, read: Callable[[Place], T]) -> T | None:
        """Return what a function makes of the value of a key, or None where it says null."""
        node = self._nodes.get(name)
        return None if node is None or _is_null(node) else self.read(name, read)
