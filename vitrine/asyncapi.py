"""Describe the topics as AsyncAPI 3.0, for programs that read them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

from pydantic.json_schema import models_json_schema

from vitrine.topics import TOPICS, Topic

Json = dict[str, Any]
SCHEMAS: Final = "#/components/schemas/{model}"
DESCRIPTION: Final = (
    "Topics of Vitrine. Values are UTF-8 JSON; the record header `schema` is "
    "`<topic>/<version>`. Of a frame, the JSON is the header `meta`, and the value the JPEG. "
    "Times are nanoseconds of UTC. Readers ignore fields that they do not know."
)


def asyncapi_json(topics: Sequence[Topic] = TOPICS) -> str:
    """Return the description as JSON."""
    return json.dumps(asyncapi(topics), indent=2, ensure_ascii=False) + "\n"


def asyncapi(topics: Sequence[Topic]) -> Json:
    """Return the description: a channel, an operation and a message for each topic."""
    models = sorted(
        {topic.schema for topic in topics}, key=lambda model: model.__name__
    )
    _, schemas = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template=SCHEMAS,
    )
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Vitrine",
            "version": version("vitrine"),
            "description": DESCRIPTION,
        },
        "defaultContentType": "application/json",
        "channels": {topic.name: channel(topic) for topic in topics},
        "operations": {f"read-{topic.name}": reading(topic) for topic in topics},
        "components": {
            "messages": {topic.schema.__name__: message(topic) for topic in topics},
            "schemas": schemas["$defs"],
        },
    }


def channel(topic: Topic) -> Json:
    """Return a topic, with how the broker keeps it."""
    name = topic.schema.__name__
    policy = ["delete"]
    if topic.compacted:
        policy = ["compact", "delete"]
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": policy,
                    "retention.ms": topic.retention_ms,
                    "max.message.bytes": topic.max_message_bytes,
                },
            }
        },
    }


def reading(topic: Topic) -> Json:
    """Return what a reader does; who reads and writes within Vitrine is in the description."""
    writers = ", ".join(topic.written_by)
    readers = ", ".join(topic.read_by)
    return {
        "action": "receive",
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "description": f"Written by {writers}; read by {readers}.",
    }


def message(topic: Topic) -> Json:
    """Return the one message of a topic: its key, its header, its value."""
    name = topic.schema.__name__
    header = {"type": "string", "const": f"{topic.name}/{topic.version}"}
    key = {"type": "string", "description": f"Id of the {topic.key}."}
    return {
        "name": name,
        "headers": {"type": "object", "properties": {"schema": header}},
        "payload": {"$ref": SCHEMAS.format(model=name)},
        "bindings": {"kafka": {"key": key}},
    }
