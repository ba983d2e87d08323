"""Settings of ingest."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from vitrine.settings import EnvironmentSettings


class IngestSettings(EnvironmentSettings):
    """Hold what is common to all cameras; what differs between them is in cameras.yaml."""

    prefix: ClassVar[str] = "VITRINE_INGEST_"
    model_config = SettingsConfigDict(
        frozen=True,
        extra="forbid",
        env_prefix=prefix,
    )

    speed: Literal["realtime", "max"] = Field(
        "realtime",
        description="Files and synthetic sources at their own pace, "
        "or as fast as they are analysed.",
    )
    start_ns: int | None = Field(
        None,
        ge=0,
        lt=2**62,
        description="Capture time of the first picture of files, which then have the same times in "
        "each run; the default is now.",
    )
    seconds: float | None = Field(
        None,
        gt=0,
        description="Stop after so many seconds of source time.",
    )
    first_picture_s: float = Field(
        15.0,
        ge=0,
        description="In a run that ends, how long a live camera may take to its first picture.",
    )
    quality: int = Field(
        85,
        ge=10,
        le=100,
        description="JPEG quality of the frames.",
    )
    in_flight: int = Field(
        16,
        ge=1,
        le=1000,
        description="Frames of a camera that wait for the workers at most.",
    )
    truth: Path | None = Field(
        None, description="JSON lines of who is in each published synthetic frame."
    )
