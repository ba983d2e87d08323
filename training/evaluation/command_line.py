"""Options that the commands of `python -m training evaluate` share, and heads of result files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click

from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.ferplus import ExpressionFace
from training.datasets.splits import Grouped, Part, part_of
from training.evaluation import results
from training.evaluation.models import Weights

ALL: Final = "all"
Command = TypeVar("Command", bound=Callable[..., Any])
Grouping = TypeVar("Grouping", bound=Grouped)
Splitting = TypeVar("Splitting", LabelledFace, ExpressionFace)


def with_data(command: Command) -> Command:
    """Add --data and --json."""
    output = click.option(
        "--json",
        "output",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write the figures here.",
    )
    data = click.option(
        "--data",
        type=click.Path(path_type=Path),
        required=True,
        help="Folder or zip archive.",
    )
    return data(output(command))


def with_part(command: Command) -> Command:
    """Add --part."""
    option = click.option(
        "--part",
        type=click.Choice([*get_args(Part), ALL]),
        default=ALL,
        show_default=True,
        help="Only the people (or photos) that training/datasets/splits.py has in this part.",
    )
    return option(command)


def with_split(command: Command) -> Command:
    """Add --split."""
    option = click.option(
        "--split", help="Only this published split, such as test or FER2013Valid."
    )
    return option(command)


def with_weights(kinds: str) -> Callable[[Command], Command]:
    """Add --weights; `kinds` is a sentence that says which files it takes."""
    return click.option("--weights", help=f"{kinds} Default: what the product ships.")


def with_format(names: Sequence[str]) -> Callable[[Command], Command]:
    """Add --format."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(names),
        required=True,
    )


def path_of(weights: str | None) -> Path | None:
    """Return the file of --weights, None for what the product ships."""
    if weights is None:
        return None
    return Path(weights)


def check_output(output: Path | None) -> None:
    """Raise ClickException where --json cannot be written: before minutes of work, not after."""
    if output is None:
        return
    if not output.absolute().parent.is_dir():
        raise click.ClickException(f"--json: there is no folder {output.parent}")


def of_part(
    faces: list[Grouping],
    part: str,
    data: Path,
) -> list[Grouping]:
    """Return the faces of a part, of ALL if so asked. Raises DatasetError for none."""
    chosen = faces
    if part != ALL:
        chosen = [face for face in faces if part_of(face.group) == part]
    if not chosen:
        raise DatasetError(str(data), None, f"holds nobody of the part {part}")
    return chosen


def of_split(
    faces: list[Splitting],
    split: str | None,
    data: Path,
) -> list[Splitting]:
    """Return the faces of a published split, None means all. Raises DatasetError for none."""
    chosen = faces
    if split is not None:
        chosen = [face for face in faces if face.split == split]
    if not chosen:
        raise DatasetError(str(data), None, f"has no split {split}")
    return chosen


def finish(result: results.Json, output: Path | None) -> None:
    """Write the result to --json, if given, and print it."""
    if output is not None:
        results.write(result, output)
    results.show(result)


def head(
    task: str,
    data: Path,
    form: str,
    part: str,
    used: Weights,
) -> results.Json:
    """Return the part of a result file that says what was measured on what."""
    return {
        "task": task,
        "data": data.name,
        "format": form,
        "part": part,
        "model": used.model,
        "sha256": used.sha256,
        "command": _command(),
    }


def _command() -> str:
    """Return the command of this run, with the names of files only.

    Result files are published: the folders of the machine do not belong there.
    """
    context = click.get_current_context()
    words = ["python -m training evaluate", str(context.info_name)]
    for option in context.command.params:
        value = context.params[str(option.name)]
        if option.name == "output" or value in (None, False, option.default):
            continue
        words.append(option.opts[0])
        if value is not True:
            file_name = Path(str(value)).name
            words.append(file_name)
    return " ".join(words)
