"""`vitrine policy evaluate` reads a log, and says what policies are worth."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.policy_builders import make_outcome
from vitrine.bus import Message, Outgoing, encode
from vitrine.bus.memory import MemoryBus
from vitrine.cli.policy import outcomes_on, parsed_shares
from vitrine.cli.policy_command import policy
from vitrine.errors import ConfigurationError
from vitrine.schemas import Outcome
from vitrine.topics import OUTCOMES, TOPICS


def outcomes(count: int = 600, **fields: str) -> list[Outcome]:
    """Every third play is touched, and those of `a` in the afternoon of the log."""
    found = []
    for number in range(count):
        creative = "ab"[number % 2]
        touched = number % 3 == 0 or (creative == "a" and number > count / 2)
        one = make_outcome(
            50 * number, creative_id=creative, reward=float(touched), **fields
        )
        found.append(one)
    return found


def written(folder: Path, *logs: list[Outcome]) -> str:
    path = folder / "outcomes.jsonl"
    lines = [one.model_dump_json() + "\n" for log in logs for one in log]
    path.write_text("".join(lines), encoding="utf-8")
    return str(path)


def ran(*arguments: str) -> str:
    result = CliRunner().invoke(policy, ["evaluate", *arguments])
    if result.exception is not None:
        raise result.exception
    return result.output


def test_a_table_and_a_sentence_are_printed(tmp_path: Path) -> None:
    output = ran(written(tmp_path, outcomes()), "--shares", "a=3,b=1")
    assert "spring: touch, 600 plays in 100 slots" in output
    for name in ("rotation", "always a", "always b", "a=3,b=1", "learned"):
        assert f"  {name}  " in output
    assert "Learning would do better than the rotation: " in output


def test_json_has_the_same_figures(tmp_path: Path) -> None:
    (found,) = json.loads(ran(written(tmp_path, outcomes()), "--json"))
    always_a = found["policies"]["always a"]
    assert always_a["robust"]["value"] == pytest.approx(2 / 3, abs=0.05)
    assert always_a["gain"]["lower"] > 0
    assert found["sentence"].startswith("Learning would")


def test_an_interval_without_ends_is_null_in_json(tmp_path: Path) -> None:
    (found,) = json.loads(ran(written(tmp_path, outcomes(4)), "--json"))
    assert found["policies"]["always a"]["robust"]["lower"] is None


def test_campaigns_and_stands_are_told_apart(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        outcomes(40),
        outcomes(60, campaign_id="autumn", stand_id="south", play_id="p.1"),
        outcomes(20, campaign_id="autumn", stand_id="east", play_id="p.2"),
    )
    every = json.loads(ran(path, "--json"))
    assert [one["campaign_id"] for one in every] == ["autumn", "spring"]
    (one,) = json.loads(ran(path, "--json", "--campaign", "autumn", "--stand", "east"))
    # All of them have the id of one play.
    assert (one["campaign_id"], one["plays"]) == ("autumn", 1)


def test_only_plays_of_the_newest_goal_count(tmp_path: Path) -> None:
    later = [
        make_outcome(100_000 + 50 * number, goal="attention") for number in range(9)
    ]
    (found,) = json.loads(ran(written(tmp_path, outcomes(), later), "--json"))
    assert (found["goal"], found["plays"]) == ("attention", 9)


def test_the_plot_is_written(tmp_path: Path) -> None:
    picture = tmp_path / "values.svg"
    path = written(tmp_path, outcomes(60))
    ran(path, "--plot", str(picture))
    svg = picture.read_text(encoding="utf-8")
    assert svg.startswith("<svg")
    assert "always a" in svg
    with pytest.raises(ConfigurationError, match="is there already"):
        ran(path, "--plot", str(picture))


def test_one_plot_shows_one_campaign(tmp_path: Path) -> None:
    path = written(tmp_path, outcomes(40), outcomes(40, campaign_id="autumn"))
    # The second log repeats the plays of the first one in another campaign.
    with pytest.raises(ConfigurationError, match="name it with --campaign"):
        ran(path, "--plot", str(tmp_path / "values.svg"))


def test_a_line_that_is_no_outcome_is_named(tmp_path: Path) -> None:
    path = Path(written(tmp_path, outcomes(2)))
    path.write_text(path.read_text() + '{"play_id": "x"}\n')
    with pytest.raises(ConfigurationError, match="line 3: no record of an outcome"):
        ran(str(path))


def test_a_log_without_a_choice_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no choice to judge"):
        ran(written(tmp_path, []))
    with pytest.raises(ConfigurationError, match="no choice to judge"):
        ran(written(tmp_path, outcomes(4)), "--campaign", "other")


def test_files_or_the_broker_are_named() -> None:
    with pytest.raises(ConfigurationError, match="say --kafka"):
        ran()


@pytest.mark.parametrize("text", ["a", "a=", "a=x", "=1", "a=-1", "a=nan", "a=0,b=0"])
def test_shares_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="--shares"):
        parsed_shares(text)


def test_shares_of_a_creative_that_never_was_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="campaign spring shows a, b, not 'c'"):
        ran(written(tmp_path, outcomes(4)), "--shares", "c=1")


def test_the_bus_is_read_whole_and_what_is_no_outcome_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bus = MemoryBus(TOPICS)
    producer = bus.producer()
    published = outcomes(30)
    for number, outcome in enumerate(published):
        stand_id = f"stand-{number % 5}"
        producer.send(encode(Outgoing(OUTCOMES, stand_id, outcome)))
    producer.send(Message(OUTCOMES.name, "stand-1", b"{"))
    producer.flush()
    for _ in range(2):
        # Nothing is committed: a second time reads the same.
        found = {outcome.play_id for outcome in outcomes_on(bus)}
        assert found == {outcome.play_id for outcome in published}
    assert "1 records are no outcomes" in capsys.readouterr().err
