"""Files of weights, and the folders they are looked for in."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vitrine.errors import ConfigurationError
from vitrine.shipped import MODELS
from vitrine.vision.manifest import ModelSet

LANDMARKS_FILE: Final = "landmarks_112.onnx"
EXPRESSION_FILE: Final = "expression_48.onnx"
DETECTOR_FILE: Final = "detector.onnx"
EMBEDDING_FILE: Final = "embedding_112_v2.onnx"
"""Another name with other weights: it tells templates of the networks apart."""
PUBLIC_EMBEDDING_FILE: Final = "mobilefacenet_112.onnx"
QUALITY_FILE: Final = "quality_56.onnx"
YUNET_FILE: Final = "yunet_n_dynamic.onnx"
FACE_MESH_FILE: Final = "face_mesh_68.onnx"
DESCRIPTOR_FILE: Final = "dlib_descriptor_112.onnx"
SHARPNESS_FILE: Final = "sharpness_56.onnx"
FETCHED: Final = (YUNET_FILE, FACE_MESH_FILE, DESCRIPTOR_FILE)
"""What the commercial set needs in the operator's folder."""


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """Hold the files of one set of networks, chosen by VITRINE_MODEL_SET."""

    landmarks: Path
    embedding: Path
    quality: Path
    expression: Path | None
    """None where the set has no network for it: the geometry of the points is left."""


def model_files(model_set: ModelSet, folder: Path | None) -> ModelFiles:
    """Return the files of a set; `folder` is the operator's, VITRINE_MODELS.

    Raises ConfigurationError that says which files are missing and how to get them.
    """
    if model_set == "research":
        return ModelFiles(
            landmarks=model_path(LANDMARKS_FILE),
            embedding=embedding_model(folder),
            quality=model_path(QUALITY_FILE),
            expression=model_path(EXPRESSION_FILE),
        )
    missing = [name for name in FETCHED if optional_model(name, folder) is None]
    if folder is None or missing:
        raise ConfigurationError(
            f"VITRINE_MODEL_SET is commercial, but VITRINE_MODELS ({folder or 'not set'}) lacks "
            f"{', '.join(missing)}: run `vitrine models pull --set commercial`"
        )
    return ModelFiles(
        landmarks=folder / FACE_MESH_FILE,
        embedding=folder / DESCRIPTOR_FILE,
        quality=model_path(SHARPNESS_FILE),
        expression=None,
    )


def model_path(name: str, folder: Path = MODELS) -> Path:
    """Return the file of a model. Raises ConfigurationError that says where it was expected."""
    path = folder / name
    if not path.is_file():
        raise ConfigurationError(f"model {name} is missing, expected at {path}")
    return path


def optional_model(name: str, folder: Path | None) -> Path | None:
    """Return a public model's file, or None if the operator's folder does not hold it.

    Raises ConfigurationError for a folder that is not there.
    """
    if folder is None:
        return None
    if not folder.is_dir():
        raise ConfigurationError(f"VITRINE_MODELS: there is no folder {folder}")
    path = folder / name
    if not path.is_file():
        return None
    return path


def embedding_model(folder: Path | None) -> Path:
    """Return the public embedding network where the operator has it, else our own.

    Raises ConfigurationError.
    """
    public = optional_model(PUBLIC_EMBEDDING_FILE, folder)
    if public is not None:
        return public
    return model_path(EMBEDDING_FILE)
