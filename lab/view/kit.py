"""The networks that a watch may change between: detectors and landmark nets, by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Final

from vitrine.errors import ConfigurationError
from vitrine.faces.models import FaceModels
from vitrine.lab.view.detectors import LOADERS
from vitrine.services.landmarks.app import load_models
from vitrine.services.landmarks.settings import LandmarksSettings
from vitrine.settings import Settings
from vitrine.vision.detectors import Detector
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import Network, load_landmarks

OWN: Final = Path(LANDMARKS_FILE).stem


class Kit:
    """Load networks when they are first asked for, and keep them."""

    def __init__(self, models: Path | None, nets: Sequence[Path] = ()) -> None:
        """Look for public weights in `models`; `nets` are further landmark nets, ONNX files."""
        self._folder = models
        files = {OWN: model_path(LANDMARKS_FILE)}
        files.update({path.stem: path for path in nets})
        self._files = files
        self._detectors: dict[str, Detector] = {}
        self._nets: dict[str, Network] = {}

    @cached_property
    def detectors(self) -> list[str]:
        """The names of the detectors whose weights are there."""
        names = []
        for name in LOADERS:
            try:
                self._load_detector(name)
            except ConfigurationError:
                continue
            names.append(name)
        return names

    @property
    def nets(self) -> list[str]:
        """The names of the landmark nets."""
        return list(self._files)

    @cached_property
    def _shared(self) -> FaceModels:
        """Everything that stays the same; nothing that tells people apart."""
        ours = {
            "model_set": "research",
            "key_file": None,
            "reactions_key_file": None,
        }
        settings = Settings.load().model_copy(update=ours)
        return load_models(
            settings, LandmarksSettings.load().model_copy(update={"detector": "own"})
        )

    def models(self, detector: str, net: str) -> FaceModels:
        """Return the networks with this detector and landmark net. Raises ConfigurationError."""
        self._load_detector(detector)
        if net not in self._nets:
            self._nets[net] = load_landmarks(self._files[net])
        return replace(
            self._shared,
            detector=self._detectors[detector],
            landmarks=self._nets[net],
        )

    def _load_detector(self, name: str) -> None:
        if name not in self._detectors:
            self._detectors[name] = LOADERS[name](self._folder)
