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
    """Figures of one set of faces. A key names one, `tar_at_far.1e-3` one inside an object."""

    content: Mapping[str, Any]

    def value(self, key: str) -> float | None:
        """None where it was not measured."""
        found = _inside(self.content, key)
        return None if found is None else float(found)

    def interval(self, key: str) -> Interval | None:
        """95 %, or None."""
        found = _inside(self.content.get("interval") or {}, key)
        return None if found is None else (float(found[0]), float(found[1]))

    def count(self, key: str = "n") -> int:
        return int(self.content.get(key) or 0)

    @property
    def rest(self) -> "Figures":
        """Of a class of a factor: the figures of all faces of other classes of it."""
        return Figures(self.content.get("rest") or {})


@dataclass(frozen=True)
class Result(Figures):
    """One result file."""

    measurement: Measurement
    digest: str
    """sha256 of the file."""

    def text(self, key: str) -> str:
        return str(self.content.get(key, ""))

    @property
    def subgroups(self) -> dict[str, dict[str, Figures]]:
        """Factor → class → figures; factors that could not be measured are absent."""
        found = self.content.get("subgroups") or {}
        return {
            factor: {label: Figures(figures) for label, figures in groups.items()}
            for factor, groups in found.items()
            if groups
        }

    def curve(self, key: str) -> list[float]:
        """A list of `curves`, empty where there is none."""
        return [
            float(value)
            for value in _inside(self.content.get("curves") or {}, key) or ()
        ]


def _inside(content: Mapping[str, Any], key: str) -> Any:
    found: Any = content
    for part in key.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return found


def read_results(folder: Path) -> dict[str, Result]:
    """Those measurements of the plan that have a file, by name. Raises ValueError for a file of no plan."""
    planned = {measurement.name: measurement for measurement in PLAN}
    found = {path.stem: path for path in sorted(folder.glob("*.json"))}
    if strangers := found.keys() - planned.keys() - {"speed"}:
        raise ValueError(
            f"{folder}: {', '.join(sorted(strangers))}: not in training/report/plan.py"
        )
    return {
        name: read_result(found[name], planned[name])
        for name in planned
        if name in found
    }


def read_result(path: Path, measurement: Measurement) -> Result:
    content = path.read_bytes()
    return Result(json.loads(content), measurement, sha256(content).hexdigest())
