"""Read YAML strictly: bounded, unique keys, and every scalar as text.

The models give texts their meaning. So `no`, `012`, `1:30` and dates stay what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from vitrine.mall.problems import MOST_PROBLEMS, Problem, Refused, shown
from vitrine.mall.syntax import syntax_problem

# A camera takes some 100 bytes, so this is a mall of thousands.
MOST_BYTES = 1_000_000
# The models go 6 deep: `campaigns`, an item, `creatives`, an item, `when`, a value.
DEEPEST = 12
# With what aliases repeat: a file of 1 MB has hardly more values of its own.
MOST_VALUES = 200_000
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})
MERGE = "<<"

# The parser in C reads a megabyte in half a second, the one in Python in ten.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Node:
    """Hold a value of a file, and the line where it or its key begins."""

    content: str | list[Node] | dict[str, Node] | None
    line: int
    size: int = 1
    """Values in it, itself included."""

    def plain(self) -> Any:
        """Return it as None, text, lists and dictionaries."""
        if isinstance(self.content, list):
            return [node.plain() for node in self.content]
        if isinstance(self.content, dict):
            return {key: node.plain() for key, node in self.content.items()}
        return self.content

    def below(self, key: object) -> Node | None:
        """Return the node under an index or a key, if there is one."""
        if isinstance(self.content, dict) and isinstance(key, str):
            return self.content.get(key)
        if not isinstance(self.content, list) or not isinstance(key, int):
            return None
        if key >= len(self.content):
            return None
        return self.content[key]


def read_yaml(path: Path, text: str) -> Node:
    """Return what a file says. Raises Refused with everything that is wrong in its form."""
    reader = _Reader(path, text)
    try:
        node = reader.document()
    except yaml.YAMLError as error:
        problem = syntax_problem(path, error)
        raise Refused([*reader.problems, problem]) from None
    if reader.problems:
        raise Refused(reader.problems)
    return node


class _Reader:
    """Build nodes from the events of the parser."""

    def __init__(self, path: Path, text: str) -> None:
        self._path = path
        self._events: Iterator[Any] = yaml.parse(text, Loader=_LOADER)
        self._anchors: dict[str, Node] = {}
        self.problems: list[Problem] = []

    def document(self) -> Node:
        """Return the one document of the file. Raises YAMLError and Refused."""
        events = self._events
        # The start of the stream.
        next(events)
        node = Node(None, line=1)
        event = next(events)
        if isinstance(event, yaml.DocumentStartEvent):
            first = next(events)
            node = self._node(first, depth=1)
            # The end of the document.
            next(events)
            event = next(events)
        if isinstance(event, yaml.DocumentStartEvent):
            line = _line(event)
            self._refuse(line, "a second document (---) begins, expected only one")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        line = _line(event)
        if depth > DEEPEST:
            self._stop(line, f"values are nested more than {DEEPEST} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), line)
        if event.tag is not None:
            tag = shown(event.tag)
            self._refuse(line, f"the tag {tag} is not known here")
        if isinstance(event, yaml.ScalarEvent):
            node = _scalar(event, line)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(line, depth)
        else:
            node = self._mapping(line, depth)
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, anchor: str, line: int) -> Node:
        node = self._anchors.get(anchor)
        if node is None:
            text = "an alias (*) has no anchor (&) of its name before it"
            self._refuse(line, text)
            return Node(None, line)
        return replace(node, line=line)

    def _sequence(self, line: int, depth: int) -> Node:
        items = []
        size = 1
        for event in self._until(yaml.SequenceEndEvent):
            item = self._node(event, depth + 1)
            items.append(item)
            size = self._grown(size, item)
        return Node(items, line, size)

    def _mapping(self, line: int, depth: int) -> Node:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        size = 1
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            following = next(self._events)
            value = self._node(following, depth + 1)
            size = self._grown(size, value)
            if key.content == MERGE:
                merged |= self._merged(value)
            else:
                self._put(own, key, value)
        return Node(merged | own, line, size)

    def _put(
        self,
        mapping: dict[str, Node],
        key: Node,
        value: Node,
    ) -> None:
        """Add a value under a key that is new; its line is then that of the key."""
        name = key.content
        if not isinstance(name, str):
            found = shown(key.plain())
            self._refuse(key.line, f"found {found} as a name, expected a text")
            return
        before = mapping.get(name)
        if before is None:
            mapping[name] = replace(value, line=key.line)
            return
        self._refuse(
            key.line,
            f"{shown(name)} is there twice, first in line {before.line}; keep one",
        )

    def _until(self, end: type[Any]) -> Iterator[Any]:
        """Yield the events before the next one of a kind, less those that a caller takes."""
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _merged(self, value: Node) -> Mapping[str, Node]:
        """Return what `<<: *anchor` brings in; of several anchors the first one wins."""
        sources = [value]
        if isinstance(value.content, list):
            sources = value.content
        found: dict[str, Node] = {}
        for source in sources:
            if isinstance(source.content, dict):
                found = source.content | found
            else:
                self._refuse(source.line, "`<<` takes an alias of a mapping")
        return found

    def _grown(self, size: int, part: Node) -> int:
        """Return the size with one part more. Raises Refused where it gets too large."""
        grown = size + part.size
        if grown > MOST_VALUES:
            self._stop(part.line, f"there are more than {MOST_VALUES:,} values")
        return grown

    def _refuse(self, line: int, text: str) -> None:
        problem = Problem(self._path, text, line)
        self.problems.append(problem)
        if len(self.problems) == MOST_PROBLEMS:
            raise Refused(self.problems)

    def _stop(self, line: int, text: str) -> None:
        problem = Problem(self._path, text, line)
        raise Refused([*self.problems, problem])


def _scalar(event: Any, line: int) -> Node:
    """Return a text; None for nothing that is written without quotes."""
    is_plain = event.style in (None, "")
    if is_plain and event.value in NOTHING:
        return Node(None, line)
    return Node(event.value, line)


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
