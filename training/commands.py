"""`python -m training train`, `export`, `restore` and `restate`."""

import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

import click

from training.config import NETWORKS
from vitrine.shipped import MODELS

Command = TypeVar("Command", bound=Callable[..., Any])

_network = click.argument(
    "network",
    type=click.Choice(NETWORKS),
    metavar="NETWORK",
)
_config = click.option(
    "--config",
    type=click.Path(
        exists=True,
        dir_okay=False,
        path_type=Path,
    ),
    help="A file of yours in place of training/NETWORK/config.yaml.",
)


def _round(text: str) -> Callable[[Command], Command]:
    return click.option(
        "--round",
        "number",
        type=int,
        metavar="N",
        help=text,
    )


@click.command()
@_network
@_config
@_round("Only this round, counted from 1.")
@click.option(
    "--resume",
    is_flag=True,
    help="Go on from the last checkpoint.",
)
def train(
    network: str,
    config: Path | None,
    number: int | None,
    *,
    resume: bool,
) -> None:
    """Train NETWORK as training/NETWORK/config.yaml says, all rounds in order.

    NETWORK is detector, landmarks, embedding, expression or quality.

    Each round leaves a folder in runs/NETWORK: metrics.csv and curves.png, best.pt (what the
    next round and `export` read) and last.pt (what --resume reads; finished rounds are skipped).

    \b
    Examples:
      python -m training train detector
      python -m training train detector --resume
      python -m training train detector --round 2
    """
    # Torch takes seconds to import.
    from training import rounds  # noqa: PLC0415

    chosen = rounds.read_rounds(network, config)
    if number is not None:
        chosen = [rounds.chosen_round(chosen, number)]
    for this in chosen:
        if resume and this.is_done:
            click.echo(f"{this.label}: done before")
            continue
        click.echo(f"{this.label}: {this.settings.epochs} epochs, {this.settings.run}")
        rounds.train_round(this, resume=resume)


@click.command()
@_network
@_config
@_round("The weights of this round; default: the last one.")
@click.option(
    "--checkpoint",
    type=click.Path(exists=True, path_type=Path),
    help="Weights; default: the round's best.pt.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Default: the product's file in models/.",
)
def export(
    network: str,
    config: Path | None,
    number: int | None,
    checkpoint: Path | None,
    output: Path | None,
) -> None:
    """Write the trained NETWORK as an ONNX file.

    NETWORK is detector, landmarks, embedding, expression or quality.

    \b
    Examples:
      python -m training export detector
      python -m training export detector --round 3 --output /tmp/third.onnx
    """
    # Torch takes seconds to import.
    from training import rounds, state  # noqa: PLC0415
    from training.export import write_onnx  # noqa: PLC0415

    all_rounds = rounds.read_rounds(network, config)
    this = rounds.chosen_round(all_rounds, number or len(all_rounds))
    task = this.task()
    weights = checkpoint or this.settings.run / state.BEST
    if not weights.exists():
        raise click.ClickException(f"{weights} is missing: train {this.label} first")
    trained = task.network()
    state.load_weights(trained, weights)
    target = output or MODELS / task.product.file
    write_onnx(trained, task.product, target)
    content = target.read_bytes()
    checksum = sha256(content).hexdigest()
    click.echo(f"{target}: {len(content)} bytes, sha256 {checksum}")


@click.command()
@click.argument(
    "file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@_config
@_round("The round whose weights these are; default: the last one.")
def restore(
    file: Path,
    config: Path | None,
    number: int | None,
) -> None:
    """Write the weights of FILE, an exported embedding network, as a round's best.pt.

    The next round can then be trained where the rounds before it are not at hand. Other networks
    cannot be restored: their export folds the normalisation, which training needs.

    \b
    Example:
      python -m training restore models/embedding_112_v2.onnx
    """
    # Torch takes seconds to import.
    from training import rounds, state  # noqa: PLC0415
    from training.embedding.net import read_network  # noqa: PLC0415
    from training.embedding.task import Config  # noqa: PLC0415

    all_rounds = rounds.read_rounds("embedding", config)
    this = rounds.chosen_round(all_rounds, number or len(all_rounds))
    settings = this.settings
    assert isinstance(settings, Config)
    try:
        network = read_network(file, settings.keep)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    target = settings.run / state.BEST
    state.write_weights(network, target)
    click.echo(f"{target}: {this.label}")


@click.command("restate")
def restate_models() -> None:
    """Write size and checksum of every file in models/ into models.yaml and its card."""
    from training.restate import restate  # noqa: PLC0415

    missing = restate(MODELS)
    for line in missing:
        click.echo(line, err=True)
    sys.exit(1 if missing else 0)
