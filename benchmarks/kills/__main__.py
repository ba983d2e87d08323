"""Kill every part of a site at seeded moments, on real Kafka and Redis, and check the figures.

    python -m benchmarks.kills --kills 20 --seed 1 [--only stand --only broker] [--json FILE]

Some twenty minutes. Needs java and the jars of `make kafka-libs`. Exit status 1 for any violation.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import click

from benchmarks.kills.run import GROUPS, Verdict, run
from benchmarks.kills.site import TARGETS
from tests.brokers import kafka_libs


@click.command()
@click.option("--kills", default=20, show_default=True, help="Of each target.")
@click.option(
    "--seed", default=1, show_default=True, help="Of the moments and of the visitors."
)
@click.option(
    "--only",
    multiple=True,
    type=click.Choice(TARGETS),
    help="Only this target; repeatable.",
)
@click.option(
    "--json",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Verdicts as a file.",
)
def main(kills: int, seed: int, only: tuple[str, ...], path: Path | None) -> None:
    """Kill, and print what that did; targets of one group are killed in one run."""
    libs = kafka_libs()
    if libs is None:
        raise click.ClickException(
            "no broker: needs java, and the jars that `make kafka-libs` fetches"
        )
    verdicts = []
    for group in GROUPS:
        targets = {name: kills for name in group if not only or name in only}
        if targets:
            verdicts.append(
                run(Path(tempfile.mkdtemp(prefix="kills-")), libs, targets, seed, say)
            )
            tell(verdicts[-1])
    if path is not None:
        path.write_text(
            json.dumps([verdict.to_plain() for verdict in verdicts], indent=2) + "\n"
        )
    sys.exit(any(verdict.violations for verdict in verdicts))


def say(line: str) -> None:
    """Progress."""
    click.echo(f"{time.strftime('%H:%M:%S')} {line}", err=True)


def tell(verdict: Verdict) -> None:
    """One run as a table."""
    click.echo(f"{'target':<12}{'kills':>6}{'median s':>10}{'longest s':>11}")
    for target, found in verdict.targets.items():
        click.echo(
            f"{target:<12}{found['kills']:>6.0f}{found['median_s']:>10}{found['longest_s']:>11}"
        )
    click.echo(", ".join(f"{count} {what}" for what, count in verdict.counts.items()))
    for line in verdict.exits:
        click.echo(f"restarted by the supervisor: {line}")
    for line in verdict.violations:
        click.echo(f"VIOLATION {line}")
    click.echo(f"{len(verdict.violations)} violations")


if __name__ == "__main__":
    main()
