"""The settings of `landmarks`."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings
from vitrine.vision.detectors.choice import Kind
from vitrine.vision.networks import Device


class LandmarksSettings(EnvironmentSettings):
    """Hold the settings, read from VITRINE_LANDMARKS_…"""

    prefix: ClassVar[str] = "VITRINE_LANDMARKS_"
    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=prefix,
    )

    device: Device = Field("cpu", description="`cuda` runs all networks on a GPU.")
    threads: int = Field(
        1,
        ge=1,
        le=64,
        description="Threads of one network run on the CPU.",
    )
    detect_every: int = Field(
        3,
        ge=1,
        le=100,
        description="Faces are looked for in every n-th frame, or after 0.1 s, where something "
        "moves; 1: in each, moved or not.",
    )
    detector: Kind = Field(
        "auto",
        description="`own`, `yunet` or `mtcnn`; `auto`: yunet where its file is, else own.",
    )
    min_face: int = Field(
        24,
        ge=12,
        le=1000,
        description="Smallest face that MTCNN looks for, in pixels.",
    )
