"""Offer `vitrine policy`: what a campaign would gain by another way to choose its creatives."""

from __future__ import annotations

from pathlib import Path

import click


@click.group(
    short_help="Judge how creatives are chosen, from the log of what was shown."
)
def policy() -> None:
    """Judge how the creatives of a campaign are chosen, from the log of what was shown.

    A campaign with `choose: learn` shows most what serves its `goal`, and each creative now and
    then. `vitrine policy evaluate` says beforehand what that would bring, as every choice is logged
    with its probabilities, also where the campaign still rotates.
    """


@policy.command()
@click.argument(
    "files",
    nargs=-1,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--kafka",
    is_flag=True,
    help="Read the topic `outcomes` of the broker that VITRINE_KAFKA_SERVERS names.",
)
@click.option(
    "--campaign",
    metavar="ID",
    help="Only this campaign.  [default: all]",
)
@click.option(
    "--stand",
    metavar="ID",
    help="Only this stand.  [default: all]",
)
@click.option(
    "--shares",
    multiple=True,
    metavar="NAME=SHARE,…",
    help="One more policy: creatives with shares, as shoe=3,boot=1. May come again.",
)
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
@click.option(
    "--plot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write a picture of the intervals here, as SVG; of one campaign.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace the file of --plot if it is there.",
)
def evaluate(
    files: tuple[Path, ...],
    kafka: bool,
    campaign: str | None,
    stand: str | None,
    shares: tuple[str, ...],
    as_json: bool,
    plot: Path | None,
    overwrite: bool,
) -> None:
    """Say what policies are worth that were never tried, from the log of another one.

    \b
    vitrine policy evaluate run/outcomes.jsonl               of `vitrine demo --record run`
    vitrine policy evaluate --kafka --campaign spring        the last 30 days on the broker
    vitrine policy evaluate run/outcomes.jsonl --shares shoe=3,boot=1

    FILES are records of the topic `outcomes`, one in a line of JSON. Compared are the rotation,
    each creative alone, your --shares, and the policy that learns.

    \b
    value     mean reward of a play, doubly robust, with its 95 % interval
    gain      the same minus that of the rotation: the policy is better where both ends are above 0
    IPS       the estimate without a model of the rewards, for comparison
    plays as  so many plays of its own would say as much; below 100 do not trust the line

    Each interval is for one policy. The best of many looks better than it is: decide which ones to
    compare before you look. Exits 1 where the log has no choice to judge.
    """
    from vitrine.cli.policy import show

    show(
        files,
        kafka=kafka,
        campaign=campaign,
        stand=stand,
        shares=shares,
        as_json=as_json,
        plot=plot,
        overwrite=overwrite,
    )
