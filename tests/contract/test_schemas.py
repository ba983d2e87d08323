"""Golden messages of every topic and version: good ones, ones that must fail, and the frozen schemas."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from vitrine.bus import Outgoing, Record, decode, encode
from vitrine.errors import Invalid
from vitrine.topics import BY_NAME, FRAMES, TOPICS, Topic

GOLDEN = Path(__file__).parent / "golden"


def examples(kind: str) -> list[Any]:
    files = sorted(GOLDEN.glob(f"*/{kind}-*.json"))
    return [pytest.param(file, id=f"{file.parent.name}/{file.stem}") for file in files]


def record(topic: Topic, content: bytes, version: int | None = None) -> Record:
    """The record that carries this JSON."""
    headers = {"schema": f"{topic.name}/{version or topic.version}".encode()}
    value = content
    if topic is FRAMES:
        headers["meta"], value = content, b"jpeg"
    return Record(topic.name, 0, 0, "k", value, headers, appended_at_ns=0)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_every_topic_has_examples(topic: Topic) -> None:
    assert list((GOLDEN / topic.name).glob("good-*.json"))
    assert list((GOLDEN / topic.name).glob("bad-*.json"))


def test_every_folder_is_a_topic() -> None:
    assert {folder.name for folder in GOLDEN.iterdir()} == set(BY_NAME)


@pytest.mark.parametrize("file", examples("good"))
def test_a_good_message_is_read_and_written_as_it_stands(file: Path) -> None:
    topic = BY_NAME[file.parent.name]
    content = file.read_bytes()
    event = decode(record(topic, content)).event
    assert json.loads(event.to_json(exclude_unset=True)) == json.loads(content)


@pytest.mark.parametrize("file", examples("good"))
def test_a_good_message_survives_the_wire(file: Path) -> None:
    topic = BY_NAME[file.parent.name]
    event = topic.schema.model_validate_json(file.read_bytes())
    message = encode(Outgoing(topic, "k", event, body=b"jpeg"))
    sent = Record(
        topic.name, 0, 0, "k", message.value, message.headers, appended_at_ns=0
    )
    assert decode(sent).event == event


@pytest.mark.parametrize("file", examples("bad"))
def test_a_bad_message_is_refused_for_the_stated_reason(file: Path) -> None:
    topic = BY_NAME[file.parent.name]
    content = json.loads(file.read_text())
    expected = content.pop("_error")
    for field, count in content.pop("_repeat", {}).items():
        content[field] *= count
    text = json.dumps(content).encode()
    with pytest.raises(ValidationError) as refusal:
        topic.schema.model_validate_json(text)
    first, *others = refusal.value.errors()
    assert expected in first["msg"]
    assert all(first["loc"][: len(other["loc"])] == other["loc"] for other in others), (
        "one fault, no more"
    )
    with pytest.raises(Invalid):
        decode(record(topic, text))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_message_of_another_version_is_refused(topic: Topic) -> None:
    content = next((GOLDEN / topic.name).glob("good-*.json")).read_bytes()
    with pytest.raises(Invalid, match=f"expected '{topic.name}/{topic.version}'"):
        decode(record(topic, content, version=topic.version + 1))


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"{}"]
)
def test_what_is_no_object_of_ours_is_refused_without_quoting_it(
    content: bytes,
) -> None:
    with pytest.raises(Invalid, match="not Play"):
        decode(record(BY_NAME["plays"], content))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_schema_changes_only_with_its_version(topic: Topic) -> None:
    file = GOLDEN / topic.name / "schema.sha256"
    frozen = file.read_text().strip() if file.exists() else "nothing"
    now = f"{topic.version} {fingerprint(topic)}"
    assert frozen == now, (
        f"the schema of {topic.name} is not the frozen one: other services refuse what they do not know. "
        f"Raise its `version` in vitrine/topics.py, add golden examples, and write '{now}' to "
        f"tests/contract/golden/{topic.name}/schema.sha256"
    )


def fingerprint(topic: Topic) -> str:
    """Hash of the JSON schema without its prose."""
    schema = without_prose(topic.schema.model_json_schema())
    return sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def without_prose(node: Any) -> Any:
    if isinstance(node, dict):
        prose = {"description", "title"}
        return {
            k: without_prose(v)
            for k, v in node.items()
            if not (k in prose and isinstance(v, str))
        }
    return [without_prose(each) for each in node] if isinstance(node, list) else node
