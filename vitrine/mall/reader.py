"""Read YAML strictly: bounded, unique keys, and every scalar as text.

The models give texts their meaning. So `no`, `012`, `1:30` and dates stay what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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
        next(self._events)
        node = Node(None, 1)
        event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            node = self._node(next(self._events), 1)
            next(self._events)
            event = next(self._events)
        if isinstance(event, yaml.DocumentStartEvent):
            self._refuse(event, "a second document (---) begins, expected only one")
        return node

    def _node(self, event: Any, depth: int) -> Node:
        if depth > DEEPEST:
            self._stop(event, f"values are nested more than {DEEPEST} deep")
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        if event.tag is not None:
            self._refuse(event, f"the tag {shown(event.tag)} is not known here")
        if isinstance(event, yaml.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            node = self._sequence(event, depth)
        else:
            node = self._mapping(event, depth)
        if node.size > MOST_VALUES:
            self._stop(event, f"there are more than {MOST_VALUES:,} values")
        if event.anchor is not None:
            self._anchors[event.anchor] = node
        return node

    def _alias(self, event: Any) -> Node:
        node = self._anchors.get(event.anchor)
        if node is None:
            self._refuse(event, "an alias (*) has no anchor (&) of its name before it")
            return Node(None, _line(event))
        return Node(node.content, _line(event), node.size)

    def _scalar(self, event: Any) -> Node:
        plain = event.style in (None, "")
        if plain and event.value in NOTHING:
            return Node(None, _line(event))
        return Node(event.value, _line(event))

    def _sequence(self, start: Any, depth: int) -> Node:
        items: list[Node] = []
        size = 1
        for event in self._until(yaml.SequenceEndEvent):
            item = self._node(event, depth + 1)
            items.append(item)
            size = self._grown(event, size, item)
        return Node(items, _line(start), size)

    def _mapping(self, start: Any, depth: int) -> Node:
        own: dict[str, Node] = {}
        merged: dict[str, Node] = {}
        size = 1
        for event in self._until(yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            size = self._grown(event, size, value)
            if key.content == MERGE:
                merged |= self._merged(event, value)
                continue
            name = self._name(event, key)
            if name is None:
                continue
            if name in own:
                first = own[name].line
                self._refuse(
                    event,
                    f"{shown(name)} is there twice, first in line {first}; keep one",
                )
                continue
            own[name] = Node(value.content, key.line, value.size)
        return Node(merged | own, _line(start), size)

    def _until(self, end: type[Any]) -> Iterator[Any]:
        """Yield the events before the next one of a kind, less those that a caller takes."""
        for event in self._events:
            if isinstance(event, end):
                return
            yield event

    def _merged(self, event: Any, value: Node) -> Mapping[str, Node]:
        """Return what `<<: *anchor` brings in; of several anchors the first one wins."""
        sources = [value]
        if isinstance(value.content, list):
            sources = value.content
        found: dict[str, Node] = {}
        for source in sources:
            if not isinstance(source.content, dict):
                self._refuse(event, "`<<` takes an alias of a mapping")
                continue
            found = source.content | found
        return found

    def _name(self, event: Any, key: Node) -> str | None:
        if isinstance(key.content, str):
            return key.content
        self._refuse(event, f"found {shown(key.plain())} as a name, expected a text")
        return None

    def _grown(self, event: Any, size: int, part: Node) -> int:
        """Return the size with one part more. Raises Refused where it gets too large."""
        size += part.size
        if size > MOST_VALUES:
            self._stop(event, f"there are more than {MOST_VALUES:,} values")
        return size

    def _refuse(self, event: Any, text: str) -> None:
        problem = Problem(self._path, text, _line(event))
        self.problems.append(problem)
        if len(self.problems) == MOST_PROBLEMS:
            raise Refused(self.problems)

    def _stop(self, event: Any, text: str) -> None:
        problem = Problem(self._path, text, _line(event))
        raise Refused([*self.problems, problem])


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1
