"""`python -m training`: train, evaluate and export the models."""

import sys
from hashlib import sha256
from pathlib import Path

import click
from pydantic import ValidationError

from training import evaluation
from training.config import READERS, Format, load_config
from training.datasets.faces import DatasetError
from training.datasets.splits import select
from training.mean_shape import write_mean_shape
from vitrine.vision.detectors import Mtcnn, YuNet
from vitrine.vision.networks import load_network

CONFIG = click.argument("config", type=click.Path(exists=True, dir_okay=False, path_type=Path))

WEIGHTS = "models/landmarks_mobilenetv2_128.onnx"


@click.group()
def main() -> None:
    """Train, evaluate and export the models in models/."""


@main.command()
@CONFIG
@click.option("--resume", is_flag=True, help="Go on from the run's last checkpoint.")
def train(config: Path, *, resume: bool) -> None:
    """Train the landmark network as CONFIG (YAML) says."""
    from training import landmarks  # noqa: PLC0415  # torch takes seconds to import

    landmarks.train(load_config(config), resume=resume)


@main.command("mean-shape")
@CONFIG
@click.option(
    "--output", type=click.Path(path_type=Path), default="models/mean_shape_68.json", show_default=True
)
def mean_shape(config: Path, output: Path) -> None:
    """Fit the 3D mean face to the training part of CONFIG's data."""
    faces = [face for source in load_config(config).data for face in select(source.read(), "train")]
    click.echo(write_mean_shape(faces, output))


@main.command()
@CONFIG
@click.option("--checkpoint", type=click.Path(exists=True, path_type=Path), help="Default: the run's best.")
@click.option("--output", type=click.Path(path_type=Path), default=WEIGHTS, show_default=True)
def export(config: Path, checkpoint: Path | None, output: Path) -> None:
    """Write the trained network of CONFIG as an ONNX file."""
    from training import export as exporting  # noqa: PLC0415

    settings = load_config(config)
    exporting.export(settings, checkpoint or settings.run / "best.pt", output)
    click.echo(f"{output}: {output.stat().st_size} bytes, sha256 {sha256(output.read_bytes()).hexdigest()}")


@main.group()
def evaluate() -> None:
    """Measure weights on labelled data."""


@evaluate.command()
@click.option(
    "--data", type=click.Path(exists=True, path_type=Path), required=True, help="Folder or zip archive."
)
@click.option("--format", "form", type=click.Choice(sorted(READERS)), required=True)
@click.option("--weights", type=click.Path(exists=True, path_type=Path), default=WEIGHTS, show_default=True)
@click.option(
    "--yunet", type=click.Path(exists=True, path_type=Path), help="Crop around the boxes of this YuNet file."
)
@click.option("--mtcnn", is_flag=True, help="Crop around the boxes of MTCNN; by default around the labels.")
@click.option("--json", "output", type=click.Path(path_type=Path), help="Write the figures here too.")
def landmarks(
    data: Path, form: Format, weights: Path, yunet: Path | None, mtcnn: bool, output: Path | None
) -> None:
    """Errors of the landmark network, for each split and for the held-out people."""
    detector = YuNet(load_network(yunet)) if yunet else Mtcnn.load() if mtcnn else None
    detect = detector.detect if detector else None
    results = evaluation.evaluate(READERS[form](data), load_network(weights), detect)
    evaluation.show(results)
    if output:
        evaluation.write_json(results, output)


if __name__ == "__main__":
    try:
        main()
    except (DatasetError, ValidationError) as error:
        sys.exit(f"Error: {error}")
