"""The values of policies, from a file or the bus to a table, JSON or a picture."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict
from math import isfinite
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import click
from pydantic import ValidationError
from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from vitrine.bus import Bus, Received, decode
from vitrine.bus.choice import open_bus
from vitrine.errors import ConfigurationError, Invalid
from vitrine.output import check_free, write_output
from vitrine.policy.comparison import Comparison, compare, sentence
from vitrine.policy.log import log_of
from vitrine.policy.value import Interval
from vitrine.schemas import Outcome
from vitrine.settings import Settings
from vitrine.terminal import console
from vitrine.topics import OUTCOMES

POLL_S: Final = 1.0
BATCH: Final = 1_000


def show(
    files: Sequence[Path],
    *,
    kafka: bool,
    campaign: str | None,
    stand: str | None,
    shares: Sequence[str],
    as_json: bool,
    plot: Path | None,
    overwrite: bool,
) -> None:
    """Print the values of policies. Raises ConfigurationError and Unavailable."""
    mixtures = {text: parsed_shares(text) for text in shares}
    if bool(files) == kafka:
        raise ConfigurationError("name files with outcomes, or say --kafka")
    if plot is not None and not overwrite:
        check_free(plot)
    logs = _logs(files, campaign, stand)
    comparisons = [compared(outcomes, mixtures) for _, outcomes in sorted(logs.items())]
    if plot is not None:
        write_plot(plot, comparisons)
    text = to_json(comparisons) if as_json else in_words(comparisons)
    click.echo(text, nl=False)


def _logs(
    files: Sequence[Path],
    campaign: str | None,
    stand: str | None,
) -> dict[str, list[Outcome]]:
    """Return the outcomes asked for, by campaign. Raises ConfigurationError without any."""
    logs: defaultdict[str, list[Outcome]] = defaultdict(list)
    for outcome in _outcomes(files):
        if campaign not in {None, outcome.campaign_id}:
            continue
        if stand not in {None, outcome.stand_id}:
            continue
        logs[outcome.campaign_id].append(outcome)
    if not logs:
        raise ConfigurationError(
            "no choice to judge: a campaign needs two creatives without `when`, and plays"
        )
    return logs


def _outcomes(files: Sequence[Path]) -> Iterator[Outcome]:
    """Yield the outcomes of files, or of the broker where there are none."""
    for path in files:
        yield from outcomes_in(path)
    if not files:
        with closing(open_bus(Settings.load(bus="kafka"))) as bus:
            yield from outcomes_on(bus)


def outcomes_in(path: Path) -> Iterator[Outcome]:
    """Yield the outcomes of a file of JSON lines. Raises ConfigurationError."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                yield Outcome.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                raise ConfigurationError(
                    f"{path}, line {number}: no record of an outcome ({first['msg']})"
                ) from error


def outcomes_on(bus: Bus) -> Iterator[Outcome]:
    """Yield all outcomes that a bus has now; commits nothing. Raises Unavailable.

    What does not decode is left out and counted: it harms nobody else's figures.
    """
    left_out = 0
    # A group of its own, so that it gets all partitions from their beginning.
    group = f"policy-{uuid4().hex}"
    with closing(bus.consumer(group, [OUTCOMES])) as consumer:
        while True:
            records = consumer.poll(POLL_S, BATCH)
            for record in records:
                try:
                    received: Received[Any] = decode(record)
                except Invalid:
                    left_out += 1
                else:
                    yield received.event
            if not records and consumer.joined and not sum(consumer.lag().values()):
                break
    if left_out:
        click.echo(f"{left_out} records are no outcomes and were left out", err=True)


def parsed_shares(text: str) -> dict[str, float]:
    """Return creative → share of NAME=SHARE,…; raises ConfigurationError."""
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = part.partition("=")
        try:
            share = float(number)
        except ValueError:
            share = -1.0
        if not name or not isfinite(share) or share < 0:
            raise ConfigurationError(
                f"--shares {text!r}: expected NAME=SHARE,… as shoe=3,boot=1, not {part!r}"
            )
        shares[name] = share
    if not any(shares.values()):
        raise ConfigurationError(f"--shares {text!r}: one share must be above 0")
    return shares


def compared(
    outcomes: Sequence[Outcome],
    mixtures: Mapping[str, Mapping[str, float]],
) -> Comparison:
    """Compare policies on the outcomes of one campaign, by its newest goal.

    Raises ConfigurationError for a share of a creative that it never had.
    """
    newest = max(outcomes, key=lambda outcome: outcome.decided_ns)
    log = log_of(one for one in outcomes if one.goal == newest.goal)
    for text, shares in mixtures.items():
        for name in shares:
            if name not in log.creatives:
                known = ", ".join(log.creatives)
                raise ConfigurationError(
                    f"--shares {text!r}: campaign {newest.campaign_id} shows {known}, "
                    f"not {name!r}"
                )
    return compare(log, mixtures)


def in_words(comparisons: Sequence[Comparison]) -> str:
    """Return tables, each with its warnings and a sentence."""
    screen = console()
    with screen.capture() as captured:
        for comparison in comparisons:
            screen.print(_table(comparison))
            for name, value in comparison.policies.items():
                for warning in value.warnings:
                    screen.print(f"{escape(name)}: {warning}")
            screen.print(sentence(comparison), soft_wrap=True)
            screen.print()
    return captured.get()


def _table(comparison: Comparison) -> Table:
    table = Table(
        title=(
            f"{escape(comparison.campaign_id)}: {comparison.goal}, "
            f"{comparison.plays:,} plays in {comparison.slots:,} slots; "
            f"as shown {_percent(comparison.shown)}"
        ),
        title_justify="left",
        box=SIMPLE_HEAD,
    )
    table.add_column("policy")
    for heading in ("value", "gain", "IPS", "plays as"):
        table.add_column(heading, justify="right")
    for name, value in comparison.policies.items():
        table.add_row(
            escape(name),
            _percent(value.robust),
            _percent(value.gain, sign="+"),
            _percent(value.weighted),
            f"{value.effective:,.0f}",
        )
    return table


def _percent(interval: Interval, sign: str = "") -> str:
    """Return an estimate with its interval, in percent."""
    value, lower, upper = (
        format(100 * number, f"{sign}.2f")
        for number in (interval.value, interval.lower, interval.upper)
    )
    return f"{value} ({lower}…{upper})"


def to_json(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons for other programs; an interval without end has null there."""
    found = []
    for comparison in comparisons:
        plain = _finite(asdict(comparison))
        plain["sentence"] = sentence(comparison)
        found.append(plain)
    return json.dumps(found, indent=2) + "\n"


def _finite(value: Any) -> Any:
    """Return a value without infinities, which JSON lacks."""
    if isinstance(value, dict):
        return {key: _finite(part) for key, part in value.items()}
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def write_plot(path: Path, comparisons: Sequence[Comparison]) -> None:
    """Write the picture of one campaign. Raises ConfigurationError for several."""
    from vitrine.cli.policy_plot import plot_values  # noqa: PLC0415 - matplotlib is slow

    if len(comparisons) > 1:
        raise ConfigurationError("--plot shows one campaign: name it with --campaign")
    svg = plot_values(comparisons[0])
    write_output(path, svg)
