"""Change single settings in the text of a file; every other character stays as it is.

A library that writes YAML anew would keep comments, but not how people align and break lines.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

import yaml

from vitrine.errors import ConfigurationError

Value: TypeAlias = str | Mapping[str, str]
"""YAML in one line, or such by the names of a mapping."""

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotEditable(ConfigurationError):
    """A text in which a setting has no plain place."""


def with_setting(
    text: str,
    listed: str,
    item_id: str,
    name: str,
    value: Value,
) -> str:
    """Return the text with a setting of the item `item_id` of the list `listed` set.

    Of a mapping that is there already, the given names only. Raises NotEditable.
    """
    item = _item(text, listed, item_id)
    found = _entry(item, name)
    if found is None:
        return _added(text, item, name, value)
    _, node = found
    if isinstance(value, str):
        return _replaced(text, node, value)
    if not isinstance(node, yaml.MappingNode) or not node.value:
        return _replaced(text, node, in_one_line(value))
    for key, part in value.items():
        # Each change moves what follows.
        inner = _entry(_item(text, listed, item_id), name)
        if inner is None or not isinstance(inner[1], yaml.MappingNode):
            raise NotEditable(f"`{name}` of {item_id} cannot be changed in its place")
        text = _with_part(text, inner[1], key, part)
    return text


def without_setting(text: str, listed: str, item_id: str, name: str) -> str:
    """Return the text without a setting of an item, if it has it. Raises NotEditable."""
    item = _item(text, listed, item_id)
    names = [key.value for key, _ in item.value]
    if name not in names:
        return text
    number = names.index(name)
    key, value = item.value[number]
    if not item.flow_style and number > 0:
        start = text.rfind("\n", 0, key.start_mark.index) + 1
        end = _end_of_line(text, _end(value))
        return text[:start] + text[end:].removeprefix("\r").removeprefix("\n")
    if number + 1 < len(names):
        after, _ = item.value[number + 1]
        return text[: key.start_mark.index] + text[after.start_mark.index :]
    if number == 0:
        raise NotEditable(f"{item_id} has nothing but `{name}`")
    _, before = item.value[number - 1]
    return text[: _end(before)] + text[_end(value) :]


def in_one_line(value: Value) -> str:
    """Return a value as YAML in one line."""
    if isinstance(value, str):
        return value
    parts = [f"{name}: {part}" for name, part in value.items()]
    return f"{{{', '.join(parts)}}}"


def _with_part(text: str, node: yaml.MappingNode, name: str, value: str) -> str:
    found = _entry(node, name)
    if found is None:
        return _added(text, node, name, value)
    return _replaced(text, found[1], value)


def _item(text: str, listed: str, item_id: str) -> yaml.MappingNode:
    """Return the item with this id. Raises NotEditable."""
    root = yaml.compose(text, Loader=_LOADER)
    found = _entry(root, listed)
    items = [] if found is None else found[1].value
    for item in items:
        entry = _entry(item, "id")
        is_meant = entry is not None and entry[1].value == item_id
        if is_meant and isinstance(item, yaml.MappingNode):
            return item
    raise NotEditable(f"there is no {item_id} under `{listed}:`")


def _entry(node: Any, name: str) -> tuple[Any, Any] | None:
    """Return key and value of a name in a mapping."""
    if not isinstance(node, yaml.MappingNode):
        return None
    for key, value in node.value:
        if key.value == name:
            return key, value
    return None


def _replaced(text: str, node: Any, value: str) -> str:
    return text[: node.start_mark.index] + value + text[_end(node) :]


def _added(
    text: str,
    mapping: yaml.MappingNode,
    name: str,
    value: Value,
) -> str:
    """Return the text with a new entry behind the last one of a mapping."""
    first, _ = mapping.value[0]
    _, last = mapping.value[-1]
    end = _end(last)
    entry = f"{name}: {in_one_line(value)}"
    if mapping.flow_style:
        return f"{text[:end]}, {entry}{text[end:]}"
    end = _end_of_line(text, end)
    line_end = "\r\n" if "\r\n" in text else "\n"
    indent = " " * first.start_mark.column
    return f"{text[:end]}{line_end}{indent}{entry}{text[end:]}"


def _end(node: Any) -> int:
    """Return where a value ends, without the comments and blank lines behind a block."""
    is_block = isinstance(node, yaml.CollectionNode) and not node.flow_style
    if not is_block or not node.value:
        end: int = node.end_mark.index
        return end
    last = node.value[-1]
    if isinstance(node, yaml.MappingNode):
        _, last = last
    return _end(last)


def _end_of_line(text: str, at: int) -> int:
    """Return where the line ends that holds a place, before its line end."""
    end = text.find("\n", at)
    if end < 0:
        return len(text)
    if text[end - 1] == "\r":
        return end - 1
    return end
