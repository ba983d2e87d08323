"""The topics as AsyncAPI: complete, resolvable, and true of the messages that we send."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from vitrine.asyncapi import asyncapi
from vitrine.cli.topics_command import topics
from vitrine.topics import TOPICS

GOLDEN = Path(__file__).parents[1] / "contract" / "golden"
DOCUMENT = asyncapi(TOPICS)
MESSAGES = sorted(GOLDEN.glob("*/good-*.json"))


def at(reference: str) -> Any:
    """Return what a reference within the document leads to."""
    found: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        found = found[part]
    return found


def test_every_topic_is_a_channel_with_its_message() -> None:
    assert list(DOCUMENT["channels"]) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        (message,) = DOCUMENT["channels"][topic.name]["messages"].values()
        payload = at(message["$ref"])["payload"]
        assert at(payload["$ref"])["title"] == topic.schema.__name__


def test_every_reference_leads_somewhere() -> None:
    references = set(re.findall(r'"\$ref": "([^"]+)"', json.dumps(DOCUMENT)))

    assert len(references) > len(TOPICS)
    for reference in references:
        assert at(reference)


@pytest.mark.parametrize(
    "path", MESSAGES, ids=lambda path: f"{path.parent.name}-{path.stem}"
)
def test_messages_that_we_send_are_as_described(path: Path) -> None:
    (topic,) = [topic for topic in TOPICS if topic.name == path.parent.name]
    schema = {
        "$ref": f"#/components/schemas/{topic.schema.__name__}",
        "components": DOCUMENT["components"],
    }
    golden = json.loads(path.read_text(encoding="utf-8"))
    sent = topic.schema.model_validate(golden).model_dump(mode="json")

    assert list(Draft202012Validator(schema).iter_errors(sent)) == []


def test_a_message_with_a_wrong_value_is_not_as_described() -> None:
    schema = {
        "$ref": "#/components/schemas/CampaignWindow",
        "components": DOCUMENT["components"],
    }
    assert list(Draft202012Validator(schema).iter_errors({"plays": -1}))


def test_the_command_prints_it() -> None:
    done = CliRunner().invoke(topics, ["asyncapi"])

    assert json.loads(done.output) == json.loads(json.dumps(DOCUMENT))
