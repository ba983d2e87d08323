"""Read what a `synthetic:` address says."""

from __future__ import annotations

from typing import Final, Literal, Self
from urllib.parse import parse_qsl, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vitrine.synthetic.scenes import SCENES, Scene

SCHEME: Final = "synthetic"
DEMO: Final = "demo"
# More would find no room to stand apart. Chosen, not measured.
MOST_AT_A_STAND: Final = 8
ALLOWED: Final = (
    "synthetic:?people=1…12&seed=0…4294967295&seconds=above 0"
    f"&scene={DEMO}|{'|'.join(SCENES)}; "
    f"other scenes than {DEMO} have people=1…8 at once at a stand and take "
    "&stand=1…4 (with the same seed, of the same mall), "
    "&view=1|2 (the camera above the screen, or the one beside it) and, "
    "with seconds, &days=1…366 (open for so many seconds each day)"
)


class Options(BaseModel):
    """Hold the options of an address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    people: int = Field(4, ge=1, le=12)
    seed: int = Field(0, ge=0, lt=2**32)
    seconds: float | None = Field(None, gt=0, allow_inf_nan=False)
    scene: Literal[
        "demo",
        "quiet",
        "rush",
        "returning",
        "later",
        "posters",
        "reactions",
        "families",
        "night",
    ] = "demo"
    stand: int = Field(1, ge=1, le=4)
    view: int = Field(1, ge=1, le=2)
    days: int = Field(1, ge=1, le=366)

    @property
    def preset(self) -> Scene | None:
        """Return the scene; None for the demo."""
        return SCENES.get(self.scene)

    @model_validator(mode="before")
    @classmethod
    def _people_of_the_scene(cls, data: dict[str, str]) -> dict[str, str]:
        """Take the scene's number of people where the address gives none."""
        scene = SCENES.get(data.get("scene", DEMO))
        if scene is None:
            return data
        return {"people": str(scene.people), **data}

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        place = self.stand, self.view, self.days
        if self.scene == DEMO:
            if place != (1, 1, 1):
                raise ValueError(f"{DEMO} has one stand, one view and one day")
        elif self.people > MOST_AT_A_STAND:
            raise ValueError(f"{self.scene} has at most {MOST_AT_A_STAND} people")
        if self.days > 1 and self.seconds is None:
            raise ValueError("days need seconds")
        return self


def parse_options(uri: str) -> Options:
    """Read `synthetic:?scene=rush&seed=7&seconds=60`.

    Raises ValueError that says what is allowed.
    """
    parts = urlsplit(uri)
    more = parts.netloc or parts.path or parts.fragment
    if parts.scheme != SCHEME or more:
        raise ValueError(f"{uri}: expected {ALLOWED}")
    # A blank value is an error, and not an option left out.
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    given = dict(pairs)
    if len(given) < len(pairs):
        raise ValueError(f"{uri}: an option appears twice; expected {ALLOWED}")
    try:
        return Options.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"]
        where = ": ".join(map(str, [uri, *first["loc"]]))
        raise ValueError(f"{where}: {reason}; expected {ALLOWED}") from error
