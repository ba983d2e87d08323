"""`python -m training studies`: train, measure and compare the studies' landmark networks."""

import json
from pathlib import Path
from typing import Any

import click

from training.config import Source
from training.datasets.formats import READERS, Format

NAMES = (
    "custom",
    "lenet",
    "resnet18",
    "efficientnet-b0",
    "mobilenetv2",
    "xception",
    "heatmap",
)
"""Of `networks.NETWORKS`, which takes seconds to import."""
RUNS = Path("runs/studies")
RESULTS = Path("docs/studies")
FACES: tuple[Path, Format] = (
    Path("../shared/data/youtube_faces_keypoints.zip"),
    "keypoints-csv",
)

_network = click.argument(
    "network",
    type=click.Choice(NAMES),
    metavar="NETWORK",
)


@click.group()
def studies() -> None:
    """Train and compare the landmark networks of the reference studies.

    \b
    NETWORK is one of custom, lenet, resnet18, efficientnet-b0, mobilenetv2, xception and
    heatmap (the product's own). docs/studies.md has the table and tells what it is worth.

    \b
    Examples:
      python -m training studies train mobilenetv2 --split published --epochs 20
      python -m training studies measure runs/studies/mobilenetv2-published-68-96
      python -m training studies table
      python -m training studies transforms transforms.jpg
    """


@studies.command("train")
@_network
@click.option(
    "--data",
    "sources",
    type=(click.Path(exists=True, path_type=Path), click.Choice(sorted(READERS))),
    multiple=True,
    metavar="PATH FORMAT",
    help="Faces with 68 points; may be repeated. Default: the studies' own set in ../shared.",
)
@click.option(
    "--split",
    type=click.Choice(["published", "people"]),
    default="people",
    show_default=True,
    help="published: the set's folders, which share people. people: kept apart.",
)
@click.option(
    "--points",
    type=click.Choice(["15", "68"]),
    default="68",
    show_default=True,
)
@click.option(
    "--size",
    type=int,
    default=96,
    show_default=True,
    help="Pixels of the input, a multiple of 16.",
)
@click.option("--epochs", type=int, default=30, show_default=True)
@click.option("--batch", type=int, help="Default: the study's.")
@click.option("--learning-rate", type=float, help="Default: the study's.")
@click.option(
    "--rotation",
    type=float,
    default=20,
    show_default=True,
    help="Degrees that faces are turned by at most; 90 as in the study.",
)
@click.option("--grey", is_flag=True, help="Grey pictures in place of coloured ones.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--threads", type=int, default=1, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
def train_study(network: str, *, resume: bool, **settings: Any) -> None:
    """Train NETWORK; leave its best weights and curves in runs/studies.

    Weights of ImageNet are taken where torch's cache has them (`torch.hub`), else it begins from
    scratch; nothing is fetched.
    """
    from training.rounds import limit_threads  # noqa: PLC0415
    from training.studies.measure import SETTINGS  # noqa: PLC0415
    from training.studies.task import build  # noqa: PLC0415
    from training.trainer import train  # noqa: PLC0415

    config = _config(network, settings)
    config.run.mkdir(parents=True, exist_ok=True)
    text = config.model_dump_json(indent=2)
    (config.run / SETTINGS).write_text(text + "\n", encoding="utf-8")
    task = build(config)
    click.echo(f"{network}: {config.epochs} epochs from {task.start}, {config.run}")
    limit_threads()
    train(
        config,
        task,
        resume=resume,
    )


def _config(network: str, settings: dict[str, Any]) -> Any:
    from training.studies.networks import NETWORKS  # noqa: PLC0415
    from training.studies.task import Config  # noqa: PLC0415

    entry = NETWORKS[network]
    sources: tuple[tuple[Path, Format], ...] = settings.pop("sources") or (FACES,)
    points = int(settings["points"])
    name = f"{network}-{settings['split']}-{points}-{settings['size']}"
    filled = {
        "batch": settings.pop("batch") or entry.batch,
        "learning_rate": settings.pop("learning_rate") or entry.learning_rate,
        "data": [Source(path=path, format=form) for path, form in sources],
        "name": network,
        "run": RUNS / name,
        # Views are cheap: a process of their own would cost more.
        "workers": 0,
    }
    return Config.model_validate(settings | filled | {"points": points})


@studies.command("measure")
@click.argument(
    "runs",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path),
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=RESULTS,
    show_default=True,
)
def measure_studies(runs: tuple[Path, ...], folder: Path) -> None:
    """Measure the best weights of RUNS on faces that they were not to see.

    Each run leaves a result file, which `table` reads.
    """
    from training.rounds import limit_threads  # noqa: PLC0415
    from training.studies.measure import measure, settings_of  # noqa: PLC0415

    limit_threads()
    folder.mkdir(parents=True, exist_ok=True)
    for run in runs:
        config = settings_of(run)
        result = measure(config.model_copy(update={"run": run}))
        path = folder / f"{run.name}.json"
        path.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
        click.echo(
            f"{run.name}: MSE {result['mse']:.6f}, {result['pixels']:.2f} px,"
            f" NME {result['nme']:.4f}, {result['milliseconds']:.1f} ms"
        )


@studies.command("table")
@click.option(
    "--folder",
    type=click.Path(exists=True, path_type=Path),
    default=RESULTS,
    show_default=True,
)
@click.option(
    "--page",
    type=click.Path(exists=True, path_type=Path),
    default=RESULTS.with_suffix(".md"),
    show_default=True,
)
def table_of_studies(folder: Path, page: Path) -> None:
    """Write the result files as the table of docs/studies.md."""
    from training.studies.table import write_table  # noqa: PLC0415

    write_table(folder, page)


@studies.command("transforms")
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=7, show_default=True)
def transforms(output: Path, seed: int) -> None:
    """Draw each transform before and after, on a drawn face, into OUTPUT (PNG, JPEG)."""
    from training.studies.pictures import draw_transforms  # noqa: PLC0415

    draw_transforms(output, seed)
    click.echo(f"{output}: written")
