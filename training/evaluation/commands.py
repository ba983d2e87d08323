"""`python -m training evaluate TASK`: measures weights on labelled data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar, get_args

import click
import cv2
from threadpoolctl import threadpool_limits

from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.ferplus import ExpressionFace, read_ferplus
from training.datasets.formats import FERPLUS, KEYPOINTS, NEGATIVES, PEOPLE, READERS
from training.datasets.people import read_people
from training.datasets.pictures import read_pictures
from training.datasets.splits import Grouped, Part, part_of
from training.evaluation import detector as detectors
from training.evaluation import expression as expressions
from training.evaluation import identity as identities
from training.evaluation import landmarks as points
from training.evaluation import quality as qualities
from training.evaluation import results
from training.evaluation.faces_of_people import embed_aligned, embed_detected
from training.evaluation.models import (
    Weights,
    load_classifier,
    load_embedder,
    load_landmarker,
    load_measured_detector,
    load_quality,
)
from training.pictures.aligned import aligned_labelled, aligned_people

ALL: Final = "all"
Command = TypeVar("Command", bound=Callable[..., Any])
Grouping = TypeVar("Grouping", bound=Grouped)
Splitting = TypeVar("Splitting", LabelledFace, ExpressionFace)


@click.group()
def evaluate() -> None:
    """Measure weights on labelled data.

    Without --weights, what the product ships is measured. All errors and rates are fractions; 95 % intervals
    draw people. The figures are also given by face size, yaw, brightness, blur and skin tone.
    """
    cv2.setNumThreads(1)  # batches of pictures share the cores
    threadpool_limits(1, "blas")


def _data(command: Command) -> Command:
    """--data, --part and --json."""
    for option in (
        click.option(
            "--json",
            "output",
            type=click.Path(dir_okay=False, path_type=Path),
            help="Write the figures here.",
        ),
        click.option(
            "--data",
            type=click.Path(path_type=Path),
            required=True,
            help="Folder or zip archive.",
        ),
    ):
        command = option(command)
    return command


def _part(command: Command) -> Command:
    return click.option(
        "--part",
        type=click.Choice([*get_args(Part), ALL]),
        default=ALL,
        show_default=True,
        help="Only the people (or photos) that training/datasets/splits.py has in this part.",
    )(command)


def _split(command: Command) -> Command:
    return click.option(
        "--split", help="Only this published split, such as test or FER2013Valid."
    )(command)


def _weights(what: str) -> Callable[[Command], Command]:
    return click.option("--weights", help=f"{what} Default: what the product ships.")


def _format(names: list[str]) -> Callable[[Command], Command]:
    return click.option("--format", "form", type=click.Choice(names), required=True)


@evaluate.command()
@_data
@_format(sorted(READERS))
@_part
@_split
@_weights("An ONNX file for cuts of any size.")
@click.option(
    "--box",
    type=click.Choice(get_args(points.Box)),
    default="detector",
    show_default=True,
    help="Crop around detections, as in the product, or around the labels.",
)
@click.option(
    "--detector", "finder", help="With --box detector: a detector's file, or mtcnn."
)
def landmarks(
    data: Path,
    form: str,
    part: str,
    split: str | None,
    weights: str | None,
    box: str,
    finder: str | None,
    output: Path | None,
) -> None:
    """Errors of the 68 points.

    Formats: keypoints-csv (a folder with training/ and/or test/ and their *_frames_keypoints.csv), pts
    (iBUG .pts beside pictures), ibug-xml (dlib's XML beside pictures), youtube-npz. A face that the detector
    missed scores as the mean shape over the whole picture.

    \b
    python -m training evaluate landmarks --data youtube_faces_keypoints.zip --format keypoints-csv \\
        --part held-out --json landmarks.json
    """
    _check(output)
    faces = _of_split(_of_part(READERS[form](data), part, data), split, data)  # type: ignore[index]
    landmarker, used = load_landmarker(_path(weights))
    detector, by = load_measured_detector(finder) if box == "detector" else (None, None)
    figures = points.measure(faces, landmarker, detector)
    extra = {
        "split": split,
        "box": box,
        "detector": by and {"model": by.model, "sha256": by.sha256},
    }
    _finish(_head("landmarks", data, form, part, used) | extra | figures, output)


@evaluate.command()
@_data
@_format([*sorted(READERS), NEGATIVES])
@_part
@_weights("A file of our detector or of YuNet, or mtcnn.")
@click.option(
    "--face-size",
    type=click.FloatRange(min=8),
    help="Scale pictures down until faces have so many pixels, or, as a control, negatives likewise.",
)
@click.option(
    "--skip",
    type=click.IntRange(min=0),
    default=0,
    help="With negatives: leave out the first so many by name.",
)
def detector(
    data: Path,
    form: str,
    part: str,
    weights: str | None,
    face_size: float | None,
    skip: int,
    output: Path | None,
) -> None:
    """Faces found, or false alarms, at the product's operating threshold, and milliseconds a picture.

    Labelled formats (as for landmarks) give recall; negatives is a folder of pictures without faces, and
    gives false alarms. Of ours, the first 100 shop shelves were trained on:

    \b
    python -m training evaluate detector --data shop_shelves_no_faces.zip --format negatives --skip 100
    python -m training evaluate detector --data helen_afw_68.zip --format pts --part held-out --face-size 24
    """
    _check(output)
    if form == NEGATIVES and part != ALL:
        raise click.UsageError("--part needs labelled faces")
    if form != NEGATIVES and skip:
        raise click.UsageError("--skip is for negatives")
    if form == NEGATIVES:
        pictures = read_pictures(data)[skip:]
        if not pictures:
            raise DatasetError(str(data), None, f"holds no more than {skip} pictures")
        measured, used = load_measured_detector(weights)
        figures = detectors.measure_negatives(pictures, measured, face_size)
    else:
        faces = _of_part(READERS[form](data), part, data)  # type: ignore[index]
        measured, used = load_measured_detector(weights)
        figures = detectors.measure_faces(faces, measured, face_size)
    extra = {"threshold": measured.trust.start, "skipped": skip}
    _finish(_head("detector", data, form, part, used) | extra | figures, output)


@evaluate.command()
@_data
@_format([PEOPLE])
@_part
@_weights("An ONNX file: embeddings of faces of 112×112 pixels.")
@click.option(
    "--protocol",
    type=click.Choice(get_args(identities.Protocol)),
    default="pairs",
    show_default=True,
    help="What is left out together: a picture, or a whole video (the file name up to the frame).",
)
@click.option(
    "--aligned",
    is_flag=True,
    help="Pictures are faces of 144×144 pixels, aligned by five points.",
)
def identity(
    data: Path,
    form: str,
    part: str,
    weights: str | None,
    protocol: str,
    aligned: bool,
    output: Path | None,
) -> None:
    """Pairs told apart, matches at fixed rates of false matches, and nearest neighbours.

    Format people: a folder for each person. Without --aligned the product's detector and landmarks find and
    align the largest face of each picture.

    \b
    python -m training evaluate identity --data lfw_aligned_144.zip --format people --aligned --part held-out
    python -m training evaluate identity --data FOLDER --format people --protocol leave-one-video-out
    """
    _check(output)
    faces = _of_part(read_people(data), part, data)
    embedder, used = load_embedder(_path(weights))
    landmarker, _ = load_landmarker(None)
    if aligned:
        embedded = embed_aligned(faces, embedder, landmarker)
    else:
        embedded = embed_detected(
            faces, embedder, landmarker, load_measured_detector(None)[0]
        )
    figures = identities.measure(
        faces,
        embedded,
        protocol,  # type: ignore[arg-type]
        aligned=aligned,
        parts=part == ALL,
    )
    _finish(
        _head("identity", data, form, part, used) | {"aligned": aligned} | figures,
        output,
    )


@evaluate.command()
@_data
@_format([FERPLUS])
@_split
@_weights("An ONNX file: expressions of grey faces of 48×48 pixels.")
def expression(
    data: Path, form: str, split: str | None, weights: str | None, output: Path | None
) -> None:
    """Share of faces whose expression is the one that most people saw.

    Format ferplus: folders such as FER2013Valid/ with their label.csv; each has figures of its own.

    \b
    python -m training evaluate expression --data ferplus.zip --format ferplus --json expression.json
    """
    _check(output)
    faces = _of_split(read_ferplus(data), split, data)
    classifier, used = load_classifier(_path(weights))
    figures = expressions.measure(faces, classifier, load_landmarker(None)[0])
    _finish(
        _head("expression", data, form, ALL, used) | {"split": split} | figures, output
    )


@evaluate.command()
@_data
@_format([KEYPOINTS, PEOPLE])
@_part
@_weights("An ONNX file: quality of cuts of 56×56 pixels.")
@click.option(
    "--aligned",
    is_flag=True,
    help="Needed with people: faces of 144×144 pixels, aligned.",
)
def quality(
    data: Path,
    form: str,
    part: str,
    weights: str | None,
    aligned: bool,
    output: Path | None,
) -> None:
    """How much fewer misses recognition has when the views with the lowest quality are rejected.

    Format people are aligned faces by person, keypoints-csv frames with 68 points of First_Last_VF.jpg:

    \b
    python -m training evaluate quality --data lfw_aligned_144.zip --format people --aligned --part held-out
    """
    _check(output)
    if aligned != (form == PEOPLE):
        raise click.UsageError(
            "--aligned goes with --format people, and people are aligned"
        )
    landmarker = load_landmarker(None)[0]
    embedder = load_embedder(None)[0]
    scorer, used = load_quality(_path(weights))
    faces = (
        aligned_people(_of_part(read_people(data), part, data))
        if form == PEOPLE
        else aligned_labelled(_of_part(READERS[KEYPOINTS](data), part, data))
    )
    figures = qualities.measure_score(faces, landmarker, embedder, scorer)
    _finish(_head("quality", data, form, part, used) | figures, output)


def _path(weights: str | None) -> Path | None:
    return None if weights is None else Path(weights)


def _check(output: Path | None) -> None:
    """Before minutes of work, not after."""
    if output is not None and not output.absolute().parent.is_dir():
        raise click.ClickException(f"--json: there is no folder {output.parent}")


def _of_part(faces: list[Grouping], part: str, data: Path) -> list[Grouping]:
    chosen = [face for face in faces if part in (ALL, part_of(face.group))]
    if not chosen:
        raise DatasetError(str(data), None, f"holds nobody of the part {part}")
    return chosen


def _of_split(faces: list[Splitting], split: str | None, data: Path) -> list[Splitting]:
    chosen = [face for face in faces if split in (None, face.split)]
    if not chosen:
        raise DatasetError(str(data), None, f"has no split {split}")
    return chosen


def _head(task: str, data: Path, form: str, part: str, used: Weights) -> results.Json:
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
    """What was asked for, with the names of files only: where they lie is nobody else's business."""
    context = click.get_current_context()
    words = ["python -m training evaluate", str(context.info_name)]
    for option in context.command.params:
        value = context.params[str(option.name)]
        if option.name == "output" or value in (None, False, option.default):
            continue
        words.append(option.opts[0])
        if value is not True:
            words.append(Path(str(value)).name)
    return " ".join(words)


def _finish(result: results.Json, output: Path | None) -> None:
    if output is not None:
        results.write(result, output)
    results.show(result)
