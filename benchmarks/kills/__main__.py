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
@click.option(
    "--kills",
    default=20,
    show_default=True,
    help="Of each target.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    help="Of the moments and of the visitors.",
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
def main(
    kills: int,
    seed: int,
    only: tuple[str, ...],
    path: Path | None,
) -> None:
    """Kill, and print what that did; targets of one group are killed in one run."""
    libs = kafka_libs()
    if libs is None:
        raise click.ClickException(
            "no broker: needs java, and the jars that `make kafka-libs` fetches"
        )
    chosen = only or TARGETS
    verdicts = []
    for group in GROUPS:
        targets = {name: kills for name in group if name in chosen}
        if not targets:
            continue
        folder = Path(tempfile.mkdtemp(prefix="kills-"))
        verdict = run(
            folder,
            libs,
            targets,
            seed,
            say,
        )
        tell(verdict)
        verdicts.append(verdict)
    if path is not None:
        plain = [verdict.to_plain() for verdict in verdicts]
        path.write_text(json.dumps(plain, indent=2) + "\n")
    sys.exit(any(verdict.violations for verdict in verdicts))


def say(line: str) -> None:
    """Print progress, with the time."""
    now = time.strftime("%H:%M:%S")
    click.echo(f"{now} {line}", err=True)


def tell(verdict: Verdict) -> None:
    """Print one run as a table."""
    click.echo(f"{'target':<12}{'kills':>6}{'median s':>10}{'longest s':>11}")
    for target, found in verdict.targets.items():
        kills = found["kills"]
        median_s = found["median_s"]
        longest_s = found["longest_s"]
        click.echo(f"{target:<12}{kills:>6.0f}{median_s:>10}{longest_s:>11}")
    counts = [f"{count} {name}" for name, count in verdict.counts.items()]
    click.echo(", ".join(counts))
    for line in verdict.exits:
        click.echo(f"restarted by the supervisor: {line}")
    for line in verdict.violations:
        click.echo(f"VIOLATION {line}")
    click.echo(f"{len(verdict.violations)} violations")


if __name__ == "__main__":
    main()
