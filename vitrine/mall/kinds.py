"""Say in words what a field takes, from the JSON Schema of the models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from pydantic import BaseModel

from vitrine.mall.problems import one_of
from vitrine.mall.texts import EXPECTED

Schema: TypeAlias = Mapping[str, Any]

_LIMITS = {
    "exclusiveMinimum": "above",
    "minimum": "at least",
    "exclusiveMaximum": "below",
    "maximum": "at most",
}
_SIMPLE = {
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "string": "a text",
}


class Kinds:
    """Find the schema of a field of a model, and put it into words."""

    def __init__(self, model: type[BaseModel]) -> None:
        self.root: Schema = model.model_json_schema()
        self._definitions: Schema = self.root.get("$defs", {})

    def raw(self, place: Sequence[int | str]) -> Schema | None:
        """Return the schema of a place as it stands there; None where it has none."""
        schema: Schema | None = self.root
        for key in place:
            if schema is None:
                return None
            schema = self._below(self.resolved(schema), key)
        return schema

    def at(self, place: Sequence[int | str]) -> Schema | None:
        """Return the schema of a place, behind its reference; None where it has none."""
        schema = self.raw(place)
        if schema is None:
            return None
        return self.resolved(schema)

    def resolved(self, schema: Schema) -> Schema:
        """Return a schema behind its reference, and without the choice of null."""
        if EXPECTED in schema:
            return schema
        for choice in schema.get("anyOf", ()):
            if choice.get("type") != "null":
                return self.resolved(choice)
        reference = schema.get("$ref")
        if reference is None:
            return schema
        _, _, name = reference.rpartition("/")
        found: Schema = self._definitions[name]
        return found

    def _below(self, schema: Schema, key: int | str) -> Schema | None:
        if isinstance(key, str):
            found: Schema | None = schema.get("properties", {}).get(key)
            return found
        first = schema.get("prefixItems", ())
        if key < len(first):
            item: Schema = first[key]
            return item
        items: Schema | None = schema.get("items")
        return items

    def names(self, place: Sequence[int | str]) -> list[str]:
        """Return the names of the settings at a place."""
        schema = self.at(place)
        if schema is None:
            return []
        return list(schema.get("properties", ()))

    def words(self, schema: Schema) -> str:
        """Return what a schema takes, such as `a number above 0, at most 120`."""
        schema = self.resolved(schema)
        expected: str | None = schema.get(EXPECTED)
        if expected is not None:
            return expected
        chosen = choices(schema)
        if chosen:
            return one_of(chosen)
        return self._of_type(schema)

    def _of_type(self, schema: Schema) -> str:
        type_ = schema.get("type")
        if type_ == "array":
            return self._list(schema)
        if type_ == "object":
            return f"a mapping of {', '.join(schema.get('properties', ()))}"
        words = _SIMPLE.get(str(type_), "another value")
        return words + _range(schema) + _length(schema)

    def _list(self, schema: Schema) -> str:
        first = schema.get("prefixItems")
        if first:
            return f"a list of {len(first)}, each {self.words(first[0])}"
        least = ""
        if schema.get("minItems"):
            least = f" with at least {schema['minItems']}"
        items = self.resolved(schema.get("items", {}))
        if items.get("type") == "object":
            return f"a list of {items['title'].lower()}s{least}"
        return f"a list{least}, each item {self.words(items)}"


def choices(schema: Schema) -> list[str]:
    """Return the values that a schema lists; empty where it takes others too."""
    return [str(choice) for choice in schema.get("enum", ())]


def _range(schema: Schema) -> str:
    limits = []
    for key, word in _LIMITS.items():
        if key in schema:
            limits.append(f"{word} {schema[key]:,.10g}")
    if not limits:
        return ""
    return " " + ", ".join(limits)


def _length(schema: Schema) -> str:
    longest = schema.get("maxLength")
    if longest is None:
        return ""
    return f" of at most {longest} characters"
