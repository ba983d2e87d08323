"""Write docs/configuration.md and the JSON Schema from the models.

python -m vitrine.mall.document [FOLDER OF THE CHECKOUT]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from vitrine.mall.checking import LISTS, yaml_of
from vitrine.mall.kinds import Kinds, Schema
from vitrine.mall.models import Mall

DOCUMENT: Final = Path("docs") / "configuration.md"
SCHEMA: Final = Path("config") / "vitrine.schema.json"

_INTRODUCTION: Final = Path(__file__).parent / "pages" / "configuration.md"


def schema() -> dict[str, Any]:
    """Return the JSON Schema that fits each of the files."""
    whole = Mall.model_json_schema()
    whole["title"] = "Configuration of a Vitrine site"
    whole["description"] = "One of cameras.yaml, stands.yaml and campaigns.yaml."
    whole["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    # Each file has its own lists only.
    del whole["required"]
    for listed in whole["properties"].values():
        listed.pop("default", None)
        listed["type"] = ["array", "null"]
    for part in whole["$defs"].values():
        part["description"] = _opening(part)
    return whole


def schema_text() -> str:
    """Return the JSON Schema as a file."""
    text = json.dumps(schema(), indent=2, ensure_ascii=False, sort_keys=True)
    return text + "\n"


def document() -> str:
    """Return docs/configuration.md."""
    kinds = Kinds(Mall)
    parts = [_INTRODUCTION.read_text(encoding="utf-8")]
    for file, lists in LISTS.items():
        for key, model in lists.items():
            parts += _list(kinds, file, key, model.__name__)
    return "\n".join(parts)


def _list(
    kinds: Kinds,
    file: str,
    key: str,
    name: str,
) -> Iterator[str]:
    """Yield the section of a list, and those of the parts in its items."""
    yield f"## `{key}:` in {file}.yaml\n"
    schema_of_item = kinds.at((key, 0))
    assert schema_of_item is not None  # noqa: S101 - the models have it
    yield from _part(kinds, schema_of_item, {name})


def _part(
    kinds: Kinds,
    part: Schema,
    told: set[str],
) -> Iterator[str]:
    yield f"{_opening(part)}\n"
    yield from _table(kinds, part)
    for name, field in part["properties"].items():
        inner = _mapping_in(kinds, field)
        if inner is None or inner["title"] in told:
            continue
        told.add(inner["title"])
        yield f"### `{name}` of {part['title'].lower()}s\n"
        yield from _part(kinds, inner, told)


def _opening(part: Schema) -> str:
    """Return the first paragraph of a class's docstring, without the verb for programmers."""
    first, _, _ = str(part["description"]).partition("\n\n")
    text = first.removeprefix("Hold ").replace("\n", " ")
    return text[0].upper() + text[1:]


def _mapping_in(kinds: Kinds, field: Schema) -> Schema | None:
    """Return the schema of the mapping that a field is or lists."""
    schema_of_field = kinds.resolved(field)
    if schema_of_field.get("type") == "array":
        schema_of_field = kinds.resolved(schema_of_field.get("items", {}))
    if "properties" in schema_of_field:
        return schema_of_field
    return None


def _table(kinds: Kinds, part: Schema) -> Iterator[str]:
    yield "| field | takes | default | meaning | example |"
    yield "|---|---|---|---|---|"
    required = part.get("required", ())
    for name, field in part["properties"].items():
        default = "must be given"
        if name not in required:
            default = _default(field)
        takes = kinds.words(field)
        meaning = field["description"]
        example = yaml_of(field["examples"][0])
        yield f"| `{name}` | {takes} | {default} | {meaning} | `{name}: {example}` |"
    yield ""


def _default(field: Mapping[str, Any]) -> str:
    value = field["default"]
    if value is None:
        return "none"
    if value == []:
        return "empty"
    if isinstance(value, dict):
        return "as its fields"
    return f"`{yaml_of(value)}`"


def write(checkout: Path) -> None:
    """Write both files."""
    (checkout / DOCUMENT).write_text(document(), encoding="utf-8")
    (checkout / SCHEMA).write_text(schema_text(), encoding="utf-8")


if __name__ == "__main__":
    write(Path(*sys.argv[1:2]))
