"""Files of weights, and the folders they are looked for in."""

from pathlib import Path
from typing import Final

from vitrine.errors import ConfigurationError
from vitrine.shipped import MODELS

LANDMARKS_FILE: Final = "landmarks_112.onnx"
EXPRESSION_FILE: Final = "expression_48.onnx"
DETECTOR_FILE: Final = "detector.onnx"
EMBEDDING_FILE: Final = "embedding_112_v2.onnx"
"""Another name with other weights: it tells templates of the networks apart."""
PUBLIC_EMBEDDING_FILE: Final = "mobilefacenet_112.onnx"
QUALITY_FILE: Final = "quality_56.onnx"
YUNET_FILE: Final = "yunet_n_dynamic.onnx"


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
