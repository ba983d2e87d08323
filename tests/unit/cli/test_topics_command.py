"""`vitrine topics` writes the page in docs and brings a broker in line."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from click.testing import CliRunner

from tests.brokers import ROOT, KafkaBroker, free_ports
from vitrine.cli import main
from vitrine.cli import topics as topics_module
from vitrine.cli.topics import topics_document
from vitrine.cli.topics_command import topics
from vitrine.topics import COVERAGE, TOPICS, Topic


def make_topic(partitions: int) -> Topic:
    """Return a topic that no other test uses."""
    name = f"coverage-{uuid4().hex[:8]}"
    return replace(
        COVERAGE,
        name=name,
        partitions=partitions,
    )


def declare(
    monkeypatch: pytest.MonkeyPatch,
    broker: KafkaBroker,
    topic: Topic,
) -> None:
    """Let the command know this topic only, and this broker."""
    monkeypatch.setattr(topics_module, "TOPICS", (topic,))
    monkeypatch.setenv("VITRINE_KAFKA_SERVERS", broker.servers)


def run(command: str) -> tuple[int, str, str]:
    """Return exit status, output and errors of `vitrine topics COMMAND`."""
    result = CliRunner().invoke(topics, [command])
    return result.exit_code, result.stdout, result.stderr


def test_the_committed_page_is_up_to_date() -> None:
    committed = (ROOT / "docs" / "topics.md").read_text()
    assert committed == topics_document(), "run `vitrine topics doc > docs/topics.md`"


def test_doc_prints_the_page() -> None:
    result = CliRunner().invoke(topics, ["doc"])
    assert result.exit_code == 0
    for topic in TOPICS:
        assert f"| `{topic.name}` |" in result.output


@pytest.mark.kafka
def test_apply_creates_what_check_misses(
    kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = make_topic(partitions=2)
    declare(monkeypatch, kafka_broker, topic)
    assert run("check") == (1, "", f"{topic.name}: missing\n")
    assert run("apply") == (0, f"{topic.name}: created with 2 partitions\n", "")
    assert run("check") == (0, "", "")


@pytest.mark.kafka
def test_more_partitions_than_declared_are_reported_and_kept(
    kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = make_topic(partitions=3)
    declare(monkeypatch, kafka_broker, topic)
    run("apply")
    declare(monkeypatch, kafka_broker, replace(topic, partitions=2))
    assert run("apply") == (1, "", f"{topic.name}: 3 partitions, declared 2\n")


def test_a_broker_that_is_not_there_is_one_clear_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    server = f"127.0.0.1:{port}"
    monkeypatch.setenv("VITRINE_KAFKA_SERVERS", server)
    monkeypatch.setattr("sys.argv", ["vitrine", "topics", "check"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    assert f"vitrine: Kafka at {server} does not answer" in capsys.readouterr().err
