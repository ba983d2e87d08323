"""`vitrine topics`: the page in docs, and what an operator sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result

from tests.brokers import ROOT, KafkaBroker, free_ports
from vitrine.cli import main, topics_command
from vitrine.cli.topics_command import topics, topics_document
from vitrine.topics import COVERAGE, TOPICS, Topic


def test_the_committed_page_is_up_to_date() -> None:
    committed = (ROOT / "docs" / "topics.md").read_text()
    assert committed == topics_document(), "run `vitrine topics doc > docs/topics.md`"


def test_doc_prints_the_page() -> None:
    result = CliRunner().invoke(topics, ["doc"])
    assert result.exit_code == 0
    assert all(f"| `{topic.name}` |" in result.output for topic in TOPICS)


@pytest.mark.kafka
def test_apply_creates_what_check_misses(
    kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = replace(COVERAGE, name=f"coverage-{uuid4().hex[:8]}", partitions=2)
    assert run("check", kafka_broker, monkeypatch, [topic]) == (
        1,
        "",
        f"{topic.name}: missing\n",
    )
    assert run("apply", kafka_broker, monkeypatch, [topic]) == (
        0,
        f"{topic.name}: created with 2 partitions\n",
        "",
    )
    assert run("check", kafka_broker, monkeypatch, [topic]) == (0, "", "")


@pytest.mark.kafka
def test_more_partitions_than_declared_are_reported_and_kept(
    kafka_broker: KafkaBroker, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = replace(COVERAGE, name=f"coverage-{uuid4().hex[:8]}", partitions=3)
    fewer = replace(topic, partitions=2)
    run("apply", kafka_broker, monkeypatch, [topic])
    assert run("apply", kafka_broker, monkeypatch, [fewer]) == (
        1,
        "",
        f"{topic.name}: 3 partitions, declared 2\n",
    )


def test_a_broker_that_is_not_there_is_one_clear_message(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    server = f"127.0.0.1:{free_ports(1)[0]}"
    monkeypatch.setenv("VITRINE_KAFKA_SERVERS", server)
    monkeypatch.setattr("sys.argv", ["vitrine", "topics", "check"])
    with pytest.raises(SystemExit) as exit_:
        main()
    assert exit_.value.code == 1
    assert f"vitrine: Kafka at {server} does not answer" in capsys.readouterr().err


def run(
    command: str,
    broker: KafkaBroker,
    monkeypatch: pytest.MonkeyPatch,
    declared: Sequence[Topic],
) -> tuple[int, str, str]:
    """Exit status, output and errors of `vitrine topics COMMAND` with these topics declared."""
    monkeypatch.setattr(topics_command, "TOPICS", tuple(declared))
    monkeypatch.setenv("VITRINE_KAFKA_SERVERS", broker.servers)
    result: Result = CliRunner().invoke(topics, [command])
    return result.exit_code, result.stdout, result.stderr
