"""`python -m training mean-shape` and `synthetic-faces`: files that are made once a data set."""

from pathlib import Path

import click

from training.datasets.faces import LabelledFace
from training.datasets.formats import READERS, Format
from training.datasets.splits import select
from vitrine.shipped import MODELS


@click.command("mean-shape")
@click.option(
    "--data",
    "sources",
    type=(
        click.Path(exists=True, path_type=Path),
        click.Choice(sorted(READERS)),
    ),
    multiple=True,
    required=True,
    metavar="PATH FORMAT",
    help="A set of faces; may be repeated.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Default: models/mean_shape_68.json.",
)
def mean_shape(sources: tuple[tuple[Path, Format], ...], output: Path | None) -> None:
    """Fit the 3D mean face to the training part of labelled faces.

    \b
    Example:
      python -m training mean-shape --data ../shared/data/helen_afw_68.zip pts
    """
    from training.once.mean_shape import write_mean_shape  # noqa: PLC0415

    faces: list[LabelledFace] = []
    for path, form in sources:
        read = READERS[form]
        faces += select(read(path), "train")
    click.echo(write_mean_shape(faces, output or MODELS / "mean_shape_68.json"))


@click.command("synthetic-faces")
@click.option(
    "--data",
    type=click.Path(exists=True, path_type=Path),
    required=True,
    help="Faces with 68 points in the format keypoints-csv: a folder or zip archive.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Default: models/synthetic_faces.npz.",
)
def synthetic_faces(data: Path, output: Path | None) -> None:
    """Compute from which shapes and textures the synthetic mall draws its people.

    \b
    Example:
      python -m training synthetic-faces --data ../shared/data/youtube_faces_keypoints.zip
    """
    from training.once.synthetic_faces import write_basis  # noqa: PLC0415

    click.echo(write_basis(data, output or MODELS / "synthetic_faces.npz"))
