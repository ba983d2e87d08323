"""The page on which operators look up what other programs may read and ask."""

from __future__ import annotations

from html import escape
from typing import Any

from vitrine.asyncapi import asyncapi
from vitrine.topics import TOPICS, Topic
from vitrine.web.cards import card

INTRODUCTION = (
    "<p>Topics of Kafka, as <a href='/cameras/asyncapi.json'>AsyncAPI</a>. What may be asked over "
    "HTTP: <a href='/till/openapi.json'>the till</a>, as OpenAPI; people's phones have theirs at "
    "<code>/openapi.json</code> of the customers' pages.</p>"
)


def interfaces_page() -> str:
    """Return the page: each topic with the fields of its message."""
    schemas = asyncapi(TOPICS)["components"]["schemas"]
    parts = [INTRODUCTION]
    parts += [topic_part(topic, schemas[topic.schema.__name__]) for topic in TOPICS]
    return card("For programs", "\n".join(parts))


def topic_part(topic: Topic, schema: dict[str, Any]) -> str:
    """Return a topic that can be unfolded."""
    required = set(schema.get("required", ()))
    lines = []
    for name, field in schema["properties"].items():
        need = "" if name in required else "may be missing"
        lines.append(
            f"<tr><td><code>{escape(name)}</code></td>"
            f"<td>{escape(type_of(field))}</td><td>{need}</td></tr>"
        )
    rows = "".join(lines)
    title = escape(f"{topic.name}/{topic.version}")
    return (
        f"<details><summary><code>{title}</code></summary>"
        f"<p>{escape(topic.description)}</p><table>{rows}</table></details>"
    )


def type_of(field: dict[str, Any]) -> str:
    """Return the type of a field in a few words."""
    if "$ref" in field:
        _, _, model = field["$ref"].rpartition("/")
        return str(model)
    if "const" in field:
        return str(field["const"])
    if "enum" in field:
        return " | ".join(str(value) for value in field["enum"])
    if "anyOf" in field:
        return " | ".join(type_of(part) for part in field["anyOf"])
    if field.get("type") == "array" and "items" in field:
        return f"list of {type_of(field['items'])}"
    return str(field.get("type", "any"))
