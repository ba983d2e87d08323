"""`python -m training`: train, evaluate and export the models."""

import sys

import click
from pydantic import ValidationError

from training.commands import export, restate_models, restore, train
from training.datasets.faces import DatasetError
from training.evaluation.commands import evaluate
from training.kaggle15.commands import kaggle15
from training.once.commands import canonical_shape, synthetic_faces
from training.report.commands import measure, report
from training.studies.commands import studies
from vitrine.errors import ConfigurationError

EXAMPLES = """\b
Examples, with the data sets in ../shared/data (docs/training.md tells more):
  python -m training train landmarks             all rounds, in order
  python -m training train landmarks --resume    go on after a kill
  python -m training export landmarks            write models/landmarks_112.onnx
  python -m training restate                     then its size and checksum
  python -m training evaluate landmarks --data ../shared/data/helen_afw_68.zip \\
      --format pts --part held-out
  python -m training measure --shared ../shared  every figure of docs/accuracy.md
  python -m training report                      then the page itself
"""


@click.group(epilog=EXAMPLES)
def main() -> None:
    """Train, evaluate and export the models in models/.

    Each network has a folder, training/NETWORK, whose config.yaml lists its rounds. Each round
    goes on from the weights of the one before; the last one ships.
    """


COMMANDS = (
    (train, "Train a network, all its rounds in order."),
    (export, "Write a trained network as an ONNX file."),
    (restore, "Make weights to go on from of an ONNX file."),
    (restate_models, "Write sizes and checksums of models/ anew."),
    (evaluate, "Measure weights on labelled data."),
    (measure, "Measure everything for docs/accuracy.md."),
    (report, "Write docs/accuracy.md from what was measured."),
    (canonical_shape, "Write the 3D face of the head pose (once)."),
    (studies, "Compare the reference studies' landmark networks."),
    (kaggle15, "Take part in the 15-keypoint competition."),
    (synthetic_faces, "Compute the people of the synthetic mall (once)."),
)
for command, line in COMMANDS:
    command.short_help = line
    main.add_command(command)


if __name__ == "__main__":
    try:
        main()
    except (ConfigurationError, DatasetError, ValidationError) as error:
        sys.exit(f"Error: {error}")
