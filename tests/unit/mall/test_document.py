"""Document and schema say what the models take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from vitrine.mall.checking import LISTS, mall_of
from vitrine.mall.document import DOCUMENT, SCHEMA, document, schema_text
from vitrine.mall.kinds import Kinds
from vitrine.mall.models import Mall

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "config"
KINDS = Kinds(Mall)
PAGE = document()


@pytest.mark.parametrize(
    ("file", "content"), [(DOCUMENT, PAGE), (SCHEMA, schema_text())]
)
def test_the_file_is_what_the_models_say(file: Path, content: str) -> None:
    assert (ROOT / file).read_text() == content, "run python -m vitrine.mall.document"


@pytest.mark.parametrize("name", LISTS)
def test_an_example_names_the_schema_that_is_beside_it(name: str) -> None:
    first = (EXAMPLES / f"{name}.yaml").read_text().splitlines()[0]
    assert first == f"# yaml-language-server: $schema={SCHEMA.name}"


def test_the_schema_takes_each_file_alone() -> None:
    schema = json.loads(schema_text())
    assert "required" not in schema
    assert set(schema["properties"]) == {
        "cameras",
        "stands",
        "campaigns",
        "advertisers",
    }


def fields() -> Iterator[tuple[str, str]]:
    for part, schema in KINDS.root["$defs"].items():
        for field in schema["properties"]:
            yield part, field


@pytest.mark.parametrize(("part", "field"), list(fields()))
def test_every_field_has_a_meaning_and_an_example(part: str, field: str) -> None:
    schema = KINDS.root["$defs"][part]["properties"][field]
    assert schema["description"].endswith(".")
    assert schema["examples"]
    assert f"| `{field}` |" in PAGE


def test_the_examples_of_the_document_are_taken() -> None:
    """Each line of the last column, put together, is a configuration."""
    texts = {}
    for file, lists in LISTS.items():
        lines = []
        for key in lists:
            part = KINDS.at((key, 0))
            assert part is not None
            examples = {
                name: field["examples"][0]
                for name, field in part["properties"].items()
                # The two exclude each other.
                if name != "mount"
            }
            lines.append(f"{key}: [{json.dumps(examples)}]")
        texts[file] = "\n".join(lines)
    (camera,) = mall_of(Path(), texts).cameras
    assert camera.rotate == 90
