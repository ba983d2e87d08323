"""Result files of `python -m training evaluate --json`, as the page reads them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from training.report.plan import PLAN, Measurement

Interval = tuple[float, float]


@dataclass(frozen=True)
class Figures:
    """Hold figures of one set of faces. A key names one, `tar_at_far.1e-3` one inside an object."""

    content: Mapping[str, Any]

    def value(self, key: str) -> float | None:
        """Return a figure, None where it was not measured."""
        found = _inside(self.content, key)
        if found is None:
            return None
        return float(found)

    def interval(self, key: str) -> Interval | None:
        """Return the ends of the 95 % interval of a figure, None without one."""
        intervals = self.content.get("interval") or {}
        found = _inside(intervals, key)
        if found is None:
            return None
        low, high = found
        return float(low), float(high)

    def count(self, key: str = "n") -> int:
        """Return a count, 0 where nothing was counted."""
        counted = self.content.get(key)
        return int(counted or 0)

    @property
    def rest(self) -> "Figures":
        """For a class of a factor: the figures of all faces of its other classes."""
        rest = self.content.get("rest")
        return Figures(rest or {})


@dataclass(frozen=True)
class Result(Figures):
    """Hold one result file."""

    measurement: Measurement
    digest: str
    """sha256 of the file."""

    def text(self, key: str) -> str:
        """Return a text of the file, empty where there is none."""
        text = self.content.get(key, "")
        return str(text)

    @property
    def subgroups(self) -> dict[str, dict[str, Figures]]:
        """Factor → class → figures; factors that could not be measured are absent."""
        stored = self.content.get("subgroups") or {}
        found = {}
        for factor, groups in stored.items():
            # Null for a factor that no face has: `training.evaluation.results`.
            if groups:
                found[factor] = _classes(groups)
        return found

    def curve(self, key: str) -> list[float]:
        """Return a list of `curves`, empty where there is none."""
        curves = self.content.get("curves") or {}
        # Null for a curve that the pictures do not give, as recall without faces.
        values = _inside(curves, key) or ()
        return [float(value) for value in values]


def _classes(groups: Mapping[str, Mapping[str, Any]]) -> dict[str, Figures]:
    classes = {}
    for label, content in groups.items():
        classes[label] = Figures(content)
    return classes


Results = Mapping[str, Result]
"""Results by the name of their measurement."""


def _inside(content: Mapping[str, Any], key: str) -> Any:
    """Return the value at a key such as `tar_at_far.1e-3`, None where there is none."""
    found: Any = content
    # Keys of the files hold no dots: their parts can be told apart.
    for part in key.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def read_results(folder: Path) -> dict[str, Result]:
    """Return the results of a folder in the order of the plan. Raises ValueError for others."""
    paths = {path.stem: path for path in folder.glob("*.json")}
    results = {}
    for measurement in PLAN:
        name = measurement.name
        path = paths.pop(name, None)
        if path is not None:
            results[name] = read_result(path, measurement)
    # Speeds are no measurement of the plan: training/report/speed.py.
    paths.pop("speed", None)
    if paths:
        names = ", ".join(sorted(paths))
        raise ValueError(f"{folder}: {names}: not in training/report/plan.py")
    return results


def read_result(path: Path, measurement: Measurement) -> Result:
    """Return one result file."""
    stored = path.read_bytes()
    digest = sha256(stored)
    content = json.loads(stored)
    return Result(
        content,
        measurement,
        digest.hexdigest(),
    )
