"""`python -m training kaggle15`: explore, train, predict, submit and derive."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import track

from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.formats import READERS, Format

RUN = Path("runs/kaggle15")
SHOWN = 10
"""Bad rows that are told one by one."""
DRAWN_EACH = 6
"""Pictures of each drawn person."""

_folder = click.argument(
    "folder",
    type=click.Path(exists=True, path_type=Path),
)
_run = click.option(
    "--run",
    type=click.Path(file_okay=False, path_type=Path),
    default=RUN,
    show_default=True,
    help="Folder of the trained network.",
)


@click.group()
def kaggle15() -> None:
    """Take part in the competition of 15 facial keypoints.

    FOLDER (or a zip archive) holds training.csv, test.csv and IdLookupTable.csv as published.
    Without them `derive` makes files of that form, of drawn people or of a set with 68 points.

    \b
    Examples:
      python -m training kaggle15 derive files
      python -m training kaggle15 explore files pictures
      python -m training kaggle15 train files --network heatmap --sources heads
      python -m training kaggle15 predict files pictures --photo me.jpg
      python -m training kaggle15 submit files submission.csv
    """


@kaggle15.command("derive")
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--data",
    "sources",
    type=(click.Path(exists=True, path_type=Path), click.Choice(sorted(READERS))),
    multiple=True,
    metavar="PATH FORMAT",
    help="Faces with 68 points; may be repeated. Default: drawn people.",
)
@click.option("--rows", type=click.IntRange(20), default=7049, show_default=True)
@click.option("--test-rows", type=click.IntRange(1), default=1783, show_default=True)
@click.option(
    "--people",
    type=click.IntRange(20),
    default=300,
    show_default=True,
    help="Drawn people, where there is no --data.",
)
@click.option("--seed", type=int, default=15, show_default=True)
def derive(
    folder: Path,
    sources: tuple[tuple[Path, Format], ...],
    rows: int,
    test_rows: int,
    people: int,
    seed: int,
) -> None:
    """Write files of the competition's form into FOLDER.

    Two more tell what the published ones keep: groups.csv (who is in a row) and truth.csv (the
    locations that are asked).
    """
    from training.kaggle15.derive import write_files  # noqa: PLC0415
    from training.pictures.drawn import drawn_faces  # noqa: PLC0415

    faces: list[LabelledFace] = []
    for path, form in sources:
        faces += READERS[form](path)
    if not sources:
        faces = list(
            track(
                drawn_faces(people, DRAWN_EACH),
                "drawing people",
                total=people * DRAWN_EACH,
                console=Console(stderr=True),
            )
        )
    write_files(
        faces,
        folder,
        rows,
        test_rows,
        seed,
    )
    click.echo(f"{folder}: {rows} rows to train on, {test_rows} to test on")


@kaggle15.command("explore")
@_folder
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
def explore(folder: Path, output: Path) -> None:
    """Count missing points, measure ways to fill them, and draw pictures into OUTPUT."""
    import numpy as np  # noqa: PLC0415

    from training.kaggle15 import plots  # noqa: PLC0415
    from training.kaggle15.files import read_training  # noqa: PLC0415
    from training.kaggle15.missing import counts, effects  # noqa: PLC0415

    read = read_training(folder)
    _tell(read.problems)
    pictures = np.stack([row.picture for row in read.rows])
    points = np.stack([row.points for row in read.rows])
    missing = counts(points)
    click.echo(f"{len(points)} rows; missing:")
    for name, count in missing.items():
        click.echo(f"  {name:26} {count:6} {count / len(points):6.1%}")
    figures = effects(points)
    click.echo("filled, RMSE in pixels of points that are known and were hidden:")
    for name, figure in figures.items():
        click.echo(f"  {name:26} {figure:6.2f}")
    output.mkdir(parents=True, exist_ok=True)
    plots.draw_missing(missing, len(points), output / "missing.png")
    plots.draw_fills(figures, output / "fills.png")
    plots.draw_correlations(points, output / "correlations.png")
    plots.draw_heat_maps(pictures, points, output / "heat-maps.png")
    plots.draw_faces(
        list(pictures[: plots.SHOWN]),
        list(points[: plots.SHOWN]),
        output / "faces.png",
    )
    click.echo(f"{output}: missing, fills, correlations, heat-maps and faces (PNG)")


@kaggle15.command("train")
@_folder
@_run
@click.option(
    "--network",
    type=click.Choice(["custom", "lenet", "heatmap"]),
    default="heatmap",
    show_default=True,
)
@click.option(
    "--sources",
    type=click.Choice(["complete", "filled", "masked", "heads"]),
    default="heads",
    show_default=True,
    help="Rows that miss points: dropped, filled, learnt as far as known, or with a head for each"
    " source of annotations.",
)
@click.option(
    "--fill",
    type=click.Choice(["mean", "median", "neighbours", "regression"]),
    default="regression",
    show_default=True,
    help="For --sources filled.",
)
@click.option("--epochs", type=int, default=30, show_default=True)
@click.option("--batch", type=int, default=32, show_default=True)
@click.option("--learning-rate", type=float, default=0.002, show_default=True)
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--threads", type=int, default=2, show_default=True)
@click.option("--resume", is_flag=True, help="Go on from the last checkpoint.")
def train_keypoints(
    folder: Path,
    run: Path,
    *,
    resume: bool,
    **settings: Any,
) -> None:
    """Train a network on training.csv; leave its best weights and curves in --run.

    The best ones are left as net.onnx too, which `vitrine lab app` offers.
    """
    from training.export import RUN_FILE, write_onnx  # noqa: PLC0415
    from training.kaggle15.files import read_training  # noqa: PLC0415
    from training.kaggle15.predict import SETTINGS, Trained  # noqa: PLC0415
    from training.kaggle15.task import Config, build  # noqa: PLC0415
    from training.rounds import limit_threads  # noqa: PLC0415
    from training.trainer import train  # noqa: PLC0415

    config = Config(
        folder=folder,
        run=run,
        workers=0,
        **settings,
    )
    limit_threads()
    read = read_training(folder)
    _tell(read.problems)
    run.mkdir(parents=True, exist_ok=True)
    text = config.model_dump_json(indent=2)
    (run / SETTINGS).write_text(text + "\n", encoding="utf-8")
    train(
        config,
        build(config, read.rows),
        resume=resume,
    )
    trained = Trained.load(run)
    write_onnx(trained.network, trained.product, run / RUN_FILE)


@kaggle15.command("predict")
@_folder
@click.argument("output", type=click.Path(file_okay=False, path_type=Path))
@_run
@click.option(
    "--photo",
    "photos",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Draw the points of its faces too; may be repeated.",
)
def predict(
    folder: Path,
    output: Path,
    run: Path,
    photos: tuple[Path, ...],
) -> None:
    """Draw the points that a trained network finds in test pictures into OUTPUT."""
    import numpy as np  # noqa: PLC0415

    from training.kaggle15 import plots  # noqa: PLC0415
    from training.kaggle15.files import read_test  # noqa: PLC0415
    from training.kaggle15.predict import Trained  # noqa: PLC0415

    trained = Trained.load(run)
    output.mkdir(parents=True, exist_ok=True)
    read = read_test(folder)
    _tell(read.problems)
    first = read.rows[: plots.SHOWN]
    pictures = np.stack([row.picture for row in first])
    points = trained.points(pictures)
    plots.draw_faces(list(pictures), list(points), output / "test.png")
    click.echo(f"{output / 'test.png'}: the first {len(first)} test pictures")
    for photo in photos:
        click.echo(_drawn_on(photo, trained, output))


def _drawn_on(
    photo: Path,
    trained: Any,
    output: Path,
) -> str:
    import cv2  # noqa: PLC0415

    from training.datasets.faces import decoded  # noqa: PLC0415
    from training.kaggle15.predict import on_photo  # noqa: PLC0415
    from vitrine.vision.detectors import load_detector  # noqa: PLC0415

    try:
        image = decoded(photo.read_bytes(), str(photo))
    except DatasetError as error:
        return f"{error}: left out"
    shown, faces = on_photo(trained, image, load_detector(None))
    path = output / f"{photo.stem}.png"
    cv2.imwrite(str(path), shown)
    return f"{path}: {faces} faces"


@kaggle15.command("submit")
@_folder
@click.argument("output", type=click.Path(dir_okay=False, path_type=Path))
@_run
def submit(
    folder: Path,
    output: Path,
    run: Path,
) -> None:
    """Write the submission OUTPUT: RowId, ImageId, FeatureName, Location.

    For derived files it tells the RMSE too; it is not comparable with the competition's.
    """
    from training.kaggle15.files import read_lookup, read_test, read_truth  # noqa: PLC0415
    from training.kaggle15.predict import (  # noqa: PLC0415
        Trained,
        answers_to,
        rmse_of,
        write_submission,
    )

    trained = Trained.load(run)
    tests = read_test(folder)
    lookup = read_lookup(folder)
    _tell([*tests.problems, *lookup.problems])
    answers = answers_to(trained, tests.rows, lookup.rows)
    locations, unread = write_submission(answers, lookup.rows, output)
    click.echo(f"{output}: {len(locations)} rows")
    if unread:
        shown = ", ".join(map(str, sorted(unread)[:SHOWN]))
        click.echo(f"no picture of ImageId {shown}: mean places instead", err=True)
    truth = read_truth(folder)
    if truth is not None:
        figure = rmse_of(locations, truth)
        click.echo(f"RMSE {figure:.3f} px of {len(truth)} derived locations")


def _tell(problems: Sequence[DatasetError]) -> None:
    """Say which rows are left out, and why."""
    for problem in problems[:SHOWN]:
        click.echo(f"{problem}: left out", err=True)
    if len(problems) > SHOWN:
        click.echo(f"and {len(problems) - SHOWN} more rows left out", err=True)
