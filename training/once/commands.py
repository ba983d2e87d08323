"""`python -m training canonical-shape` and `synthetic-faces`: files that are made once."""

from pathlib import Path

import click

from vitrine.shipped import MODELS


@click.command("canonical-shape")
@click.argument("package", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def canonical_shape(package: Path) -> None:
    """Write models/canonical_shape_68.json from the npm package @mediapipe/face_mesh.

    \b
    Example:
      npm pack @mediapipe/face_mesh@0.4.1657299874
      python -m training canonical-shape mediapipe-face_mesh-0.4.1657299874.tgz
    """
    from training.once.canonical_shape import write_canonical_shape  # noqa: PLC0415

    click.echo(write_canonical_shape(package))


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
