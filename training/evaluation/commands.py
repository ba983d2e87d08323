"""`python -m training evaluate TASK`: measures weights on labelled data."""

from pathlib import Path
from typing import get_args

import click
import cv2
from threadpoolctl import threadpool_limits

from training.datasets.faces import DatasetError
from training.datasets.ferplus import read_ferplus
from training.datasets.formats import FERPLUS, KEYPOINTS, NEGATIVES, PEOPLE, READERS
from training.datasets.people import read_people
from training.datasets.pictures import Picture, read_pictures
from training.evaluation import detector as detectors
from training.evaluation import expression as expressions
from training.evaluation import identity as identities
from training.evaluation import landmarks as points
from training.evaluation import quality as qualities
from training.evaluation.command_line import (
    ALL,
    check_output,
    finish,
    head,
    of_part,
    of_split,
    path_of,
    with_data,
    with_format,
    with_part,
    with_split,
    with_weights,
)
from training.evaluation.faces_of_people import embed_aligned, embed_detected
from training.evaluation.models import (
    load_classifier,
    load_embedder,
    load_landmarker,
    load_measured_detector,
    load_quality,
)
from training.pictures.aligned import AlignedFaces, aligned_labelled, aligned_people


@click.group()
def evaluate() -> None:
    """Measure weights on labelled data.

    Without --weights, what the product ships is measured. All errors and rates are fractions;
    95 % intervals draw people. The figures are also given by face size, yaw, brightness, blur and
    skin tone.
    """
    # Batches of pictures share the cores: threads inside a picture would only wait for each other.
    cv2.setNumThreads(1)
    threadpool_limits(1, "blas")


@evaluate.command()
@with_data
@with_format(sorted(READERS))
@with_part
@with_split
@with_weights("An ONNX file for cuts of any size.")
@click.option(
    "--box",
    type=click.Choice(get_args(points.Box)),
    default="detector",
    show_default=True,
    help="Crop around detections, as in the product, or around the labels.",
)
@click.option(
    "--detector",
    "finder",
    help="With --box detector: a detector's file, or mtcnn.",
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

    Formats: keypoints-csv (a folder with training/ and/or test/ and their
    *_frames_keypoints.csv), pts (iBUG .pts beside pictures), ibug-xml (dlib's XML beside
    pictures), youtube-npz. A face that the detector missed scores as the mean shape over the
    whole picture.

    \b
    python -m training evaluate landmarks --data youtube_faces_keypoints.zip \\
        --format keypoints-csv --part held-out --json landmarks.json
    """
    check_output(output)
    faces = of_part(READERS[form](data), part, data)  # type: ignore[index]
    faces = of_split(faces, split, data)
    landmarker, used = load_landmarker(path_of(weights))
    detector = None
    detector_file = None
    if box == "detector":
        detector, detector_used = load_measured_detector(finder)
        detector_file = {
            "model": detector_used.model,
            "sha256": detector_used.sha256,
        }
    result = head(
        "landmarks",
        data,
        form,
        part,
        used,
    )
    result |= {
        "split": split,
        "box": box,
        "detector": detector_file,
    }
    result |= points.measure(faces, landmarker, detector)
    finish(result, output)


@evaluate.command()
@with_data
@with_format([*sorted(READERS), NEGATIVES])
@with_part
@with_weights("A file of our detector or of YuNet, or mtcnn.")
@click.option(
    "--face-size",
    type=click.FloatRange(min=8),
    help="Scale pictures down until faces have so many pixels, or negatives likewise as a control.",
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
    """Recall or false alarms at the product's operating threshold, and milliseconds a picture.

    Labelled formats (as for landmarks) give recall; negatives is a folder of pictures without
    faces, and gives false alarms. Of ours, the first 100 shop shelves were trained on:

    \b
    python -m training evaluate detector --data shop_shelves_no_faces.zip \\
        --format negatives --skip 100
    python -m training evaluate detector --data helen_afw_68.zip \\
        --format pts --part held-out --face-size 24
    """
    check_output(output)
    if form == NEGATIVES and part != ALL:
        raise click.UsageError("--part needs labelled faces")
    if form != NEGATIVES and skip:
        raise click.UsageError("--skip is for negatives")
    if form == NEGATIVES:
        pictures = _after(skip, data)
        measured, used = load_measured_detector(weights)
        figures = detectors.measure_negatives(pictures, measured, face_size)
    else:
        faces = of_part(READERS[form](data), part, data)  # type: ignore[index]
        measured, used = load_measured_detector(weights)
        figures = detectors.measure_faces(faces, measured, face_size)
    result = head(
        "detector",
        data,
        form,
        part,
        used,
    )
    result |= {
        "threshold": measured.trust.start,
        "skipped": skip,
    }
    finish(result | figures, output)


def _after(skip: int, data: Path) -> list[Picture]:
    """Return all pictures but the first `skip`. Raises DatasetError when none is left."""
    pictures = read_pictures(data)[skip:]
    if not pictures:
        raise DatasetError(str(data), None, f"holds no more than {skip} pictures")
    return pictures


@evaluate.command()
@with_data
@with_format([PEOPLE])
@with_part
@with_weights("An ONNX file: embeddings of faces of 112×112 pixels.")
@click.option(
    "--protocol",
    type=click.Choice(get_args(identities.Protocol)),
    default="pairs",
    show_default=True,
    help="What is left out together: a picture, or a video (the file name up to the frame).",
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
    protocol: identities.Protocol,
    aligned: bool,
    output: Path | None,
) -> None:
    """Pairs told apart, matches at fixed rates of false matches, and nearest neighbours.

    Format people: a folder for each person. Without --aligned the product's detector and
    landmarks find and align the largest face of each picture.

    \b
    python -m training evaluate identity --data lfw_aligned_144.zip \\
        --format people --aligned --part held-out
    python -m training evaluate identity --data FOLDER \\
        --format people --protocol leave-one-video-out
    """
    check_output(output)
    faces = of_part(read_people(data), part, data)
    embedder, used = load_embedder(path_of(weights))
    landmarker, _ = load_landmarker(None)
    if aligned:
        embedded = embed_aligned(faces, embedder, landmarker)
    else:
        finder, _ = load_measured_detector(None)
        embedded = embed_detected(
            faces,
            embedder,
            landmarker,
            finder,
        )
    result = head(
        "identity",
        data,
        form,
        part,
        used,
    )
    result |= {"aligned": aligned}
    result |= identities.measure(
        faces,
        embedded,
        protocol,
        aligned=aligned,
        parts=part == ALL,
    )
    finish(result, output)


@evaluate.command()
@with_data
@with_format([FERPLUS])
@with_split
@with_weights("An ONNX file: expressions of grey faces of 48×48 pixels.")
def expression(
    data: Path,
    form: str,
    split: str | None,
    weights: str | None,
    output: Path | None,
) -> None:
    """Share of faces whose expression is the one that most people saw.

    Format ferplus: folders such as FER2013Valid/ with their label.csv; each has figures of its
    own.

    \b
    python -m training evaluate expression --data ferplus.zip \\
        --format ferplus --json expression.json
    """
    check_output(output)
    faces = of_split(read_ferplus(data), split, data)
    classifier, used = load_classifier(path_of(weights))
    landmarker, _ = load_landmarker(None)
    result = head(
        "expression",
        data,
        form,
        ALL,
        used,
    )
    result |= {"split": split}
    result |= expressions.measure(faces, classifier, landmarker)
    finish(result, output)


@evaluate.command()
@with_data
@with_format([KEYPOINTS, PEOPLE])
@with_part
@with_weights("An ONNX file: quality of cuts of 56×56 pixels.")
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
    """Misses of recognition that rejecting the views of lowest quality avoids.

    Format people are aligned faces by person, keypoints-csv frames with 68 points of
    First_Last_VF.jpg:

    \b
    python -m training evaluate quality --data lfw_aligned_144.zip \\
        --format people --aligned --part held-out
    """
    check_output(output)
    if aligned != (form == PEOPLE):
        message = "--aligned goes with --format people, and people are aligned"
        raise click.UsageError(message)
    landmarker, _ = load_landmarker(None)
    embedder, _ = load_embedder(None)
    scorer, used = load_quality(path_of(weights))
    faces = _aligned_faces(data, form, part)
    result = head(
        "quality",
        data,
        form,
        part,
        used,
    )
    result |= qualities.measure_score(
        faces,
        landmarker,
        embedder,
        scorer,
    )
    finish(result, output)


def _aligned_faces(
    data: Path,
    form: str,
    part: str,
) -> AlignedFaces:
    if form == PEOPLE:
        people = of_part(read_people(data), part, data)
        return aligned_people(people)
    faces = of_part(READERS[KEYPOINTS](data), part, data)
    return aligned_labelled(faces)
