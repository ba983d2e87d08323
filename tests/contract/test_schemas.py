"""Golden messages of every topic and version pass or fail, and schemas are frozen."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from vitrine.bus import Outgoing, Record, decode, encode
from vitrine.errors import Invalid
from vitrine.schemas import CampaignWindow, Coverage, Interaction, Play
from vitrine.topics import BY_NAME, FRAMES, TOPICS, Topic

GOLDEN = Path(__file__).parent / "golden"
PROSE = {"description", "title"}


def examples(kind: str) -> list[Any]:
    """Return the files of one kind as parameters, each under the name of its topic."""
    found = []
    for file in sorted(GOLDEN.glob(f"*/{kind}-*.json")):
        name = f"{file.parent.name}/{file.stem}"
        found.append(pytest.param(file, id=name))
    return found


def make_record(
    topic: Topic,
    content: bytes,
    version: int | None = None,
) -> Record:
    """Return the record that carries this JSON."""
    number = version or topic.version
    headers = {"schema": f"{topic.name}/{number}".encode()}
    value = content
    if topic is FRAMES:
        headers["meta"] = content
        value = b"jpeg"
    return Record(
        topic=topic.name,
        partition=0,
        offset=0,
        key="k",
        value=value,
        headers=headers,
        appended_at_ns=0,
    )


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
    event = decode(make_record(topic, content)).event
    assert json.loads(event.model_dump_json(exclude_unset=True)) == json.loads(content)


@pytest.mark.parametrize("file", examples("good"))
def test_a_good_message_survives_the_wire(file: Path) -> None:
    topic = BY_NAME[file.parent.name]
    event = topic.schema.model_validate_json(file.read_bytes())
    message = encode(Outgoing(topic, "k", event, body=b"jpeg"))
    record = Record(
        topic=topic.name,
        partition=0,
        offset=0,
        key="k",
        value=message.value,
        headers=message.headers,
        appended_at_ns=0,
    )
    assert decode(record).event == event


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
    # An example has one fault; parts that hold it may be reported as well.
    for other in others:
        depth = len(other["loc"])
        assert first["loc"][:depth] == other["loc"]
    with pytest.raises(Invalid):
        decode(make_record(topic, text))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_message_of_another_version_is_refused(topic: Topic) -> None:
    content = next((GOLDEN / topic.name).glob("good-*.json")).read_bytes()
    with pytest.raises(Invalid, match=f"expected '{topic.name}/{topic.version}'"):
        decode(make_record(topic, content, version=topic.version + 1))


@pytest.mark.parametrize("version", [1, 2, 3, 4])
def test_plays_of_before_are_read(version: int) -> None:
    plays = BY_NAME["plays"]
    content = (GOLDEN / "plays" / "good-completed.json").read_bytes()
    event = decode(make_record(plays, content, version)).event
    assert isinstance(event, Play)
    assert event.doubtful is None
    assert event.proven_ns == 0
    assert event.alternatives == {}
    assert event.arm_probability is None


def test_rows_of_before_are_read() -> None:
    windows = BY_NAME["campaign-windows"]
    content = (GOLDEN / windows.name / "good-closed.json").read_bytes()
    event = decode(make_record(windows, content, version=1)).event
    assert isinstance(event, CampaignWindow)
    assert (event.screen_ns, event.unproven_ns) == (0, 0)


def test_plays_of_a_later_version_are_refused() -> None:
    plays = BY_NAME["plays"]
    content = (GOLDEN / "plays" / "good-completed.json").read_bytes()
    with pytest.raises(Invalid, match="expected 'plays/5'"):
        decode(make_record(plays, content, version=6))


def test_coverage_of_before_is_read() -> None:
    content = (GOLDEN / "coverage" / "good-minute.json").read_bytes()
    event = decode(make_record(BY_NAME["coverage"], content, version=1)).event
    assert isinstance(event, Coverage)
    assert event.without_notice_ns == 0


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b"[]", b'"x"', b"\xff\xfe", b"{}"]
)
def test_what_is_no_object_of_ours_is_refused_without_quoting_it(
    content: bytes,
) -> None:
    with pytest.raises(Invalid, match="not Play"):
        decode(make_record(BY_NAME["plays"], content))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_schema_changes_only_with_its_version(topic: Topic) -> None:
    file = GOLDEN / topic.name / "schema.sha256"
    frozen = file.read_text().strip() if file.exists() else "nothing"
    now = f"{topic.version} {fingerprint(topic)}"
    assert frozen == now, (
        f"the schema of {topic.name} is not the frozen one: "
        "other services refuse what they do not know. "
        f"Raise its `version` in vitrine/topics.py, add golden examples, and write '{now}' to "
        f"tests/contract/golden/{topic.name}/schema.sha256"
    )


def fingerprint(topic: Topic) -> str:
    """Return a hash of the JSON schema without its prose."""
    schema = without_prose(topic.schema.model_json_schema())
    return sha256(json.dumps(schema, sort_keys=True).encode()).hexdigest()


def without_prose(node: Any) -> Any:
    """Return a JSON schema without its texts; fields that are called like them stay."""
    if isinstance(node, list):
        return [without_prose(each) for each in node]
    if not isinstance(node, dict):
        return node
    kept = {}
    for name, value in node.items():
        if name in PROSE and isinstance(value, str):
            continue
        kept[name] = without_prose(value)
    return kept


@pytest.mark.parametrize("version", [1, 2, 3])
def test_interactions_of_before_are_read(version: int) -> None:
    interactions = BY_NAME["interactions"]
    content = (GOLDEN / "interactions" / "good-offer-shown.json").read_bytes()
    event = decode(make_record(interactions, content, version)).event
    assert isinstance(event, Interaction)
    assert (event.redeemed_at, event.till_id, event.sale) == (None, None, None)
    assert event.slot_ns is None
