"""docs/accuracy.md and its plots from the result files."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, StrictUndefined

from training.report import plots
from training.report.aims import aim_rows
from training.report.gaps import gaps, thin
from training.report.kinds import KINDS
from training.report.plan import DETECTORS, EMBEDDINGS, PLAN, SMALL_SIZES
from training.report.results import Result, read_results
from training.report.tables import compared, of_classes, table

TEMPLATE: Final = Path(__file__).with_name("accuracy.md.jinja")
Results = Mapping[str, Result]


@dataclass(frozen=True)
class Examined:
    """A result whose subgroups are drawn and searched for gaps."""

    name: str
    title: str
    keys: tuple[str, ...]
    """The first is drawn and searched."""

    @property
    def picture(self) -> str:
        return f"{self.name}-subgroups.svg"


EXAMINED: Final = (
    Examined(
        "detector-youtube-24px-ours",
        "Detector: YouTube Faces, faces of 24 px",
        ("recall",),
    ),
    Examined(
        "detector-24px-ours", "Detector: HELEN and AFW, faces of 24 px", ("recall",)
    ),
    Examined(
        "landmarks-youtube-detector",
        "Landmarks: YouTube Faces, boxes of the product",
        ("nme", "failures"),
    ),
    Examined(
        "landmarks-photos-detector",
        "Landmarks: HELEN and AFW, boxes of the product",
        ("nme", "failures"),
    ),
    Examined(
        "identity-lfw-ours", "Embedding: LFW pairs", ("tar_at_far.1e-3", "far.1e-2")
    ),
    Examined(
        "identity-youtube-ours",
        "Embedding: YouTube Faces, other videos",
        ("rank1", "detected"),
    ),
    Examined("expression", "Expression: FER+ validation", ("accuracy",)),
)


def write_page(folder: Path, page: Path) -> None:
    """From `folder`/*.json to the plots beside them and the page. Raises ValueError for unknown files."""
    results = read_results(folder)
    for name, (draw, _) in pictures(results).items():
        draw(folder / name)
    page.write_text(page_text(results, read_speeds(folder)), encoding="utf-8")


def read_speeds(folder: Path) -> dict[str, dict[str, float]]:
    """`speed.json`; empty when there is none."""
    path = folder / "speed.json"
    found: dict[str, dict[str, float]] = (
        json.loads(path.read_bytes()) if path.exists() else {}
    )
    return found


def pictures(
    results: Results,
) -> dict[str, tuple[Callable[[Path], None], list[Result]]]:
    """File name → how it is drawn and from what; only what has results."""
    together: tuple[
        tuple[str, Callable[[Path, Results], None], tuple[str, ...]], ...
    ] = (
        (
            "detectors.svg",
            plots.plot_detectors,
            tuple(n for n in results if n.startswith("detector-")),
        ),
        (
            "landmarks.svg",
            plots.plot_landmarks,
            tuple(n for n in plots.LANDMARK_SETS if n in results),
        ),
        (
            "identity.svg",
            plots.plot_identity,
            tuple(n for n in results if n.startswith("identity-lfw")),
        ),
        (
            "quality.svg",
            plots.plot_rejection,
            tuple(n for n in plots.QUALITY_SETS if n in results),
        ),
    )
    found: dict[str, tuple[Callable[[Path], None], list[Result]]] = {}
    for file, draw, names in together:
        if names:
            found[file] = (_with(draw, results), [results[name] for name in names])
    for one in EXAMINED:
        if (result := results.get(one.name)) and result.subgroups:
            found[one.picture] = (_subgroups(one, result), [result])
    if expression := results.get("expression"):
        found["confusion.svg"] = (_with(plots.plot_confusion, expression), [expression])
    return found


def _with(draw: Callable[[Path, Any], None], what: object) -> Callable[[Path], None]:
    return lambda path: draw(path, what)


def _subgroups(one: Examined, result: Result) -> Callable[[Path], None]:
    return lambda path: plots.plot_subgroups(
        path, result, KINDS[one.keys[0]], one.title
    )


def page_text(results: Results, speeds: Mapping[str, Mapping[str, float]]) -> str:
    """The page as Markdown."""
    environment = Environment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701  # Markdown, from our own figures
    )
    template = environment.from_string(TEMPLATE.read_text(encoding="utf-8"))
    drawn = pictures(results)
    return template.render(
        results=results,
        aims=table(["", "aim", "measured", "reached"], aim_rows(results, speeds)),
        detectors=detector_table(results),
        controls=control_table(results),
        fooled=fooled(results),
        embeddings=embedding_table(results),
        compared=compared,
        examined=[
            _section(one, results[one.name]) for one in EXAMINED if one.picture in drawn
        ],
        rare=rarely_recognised(results.get("expression")),
        speeds=speed_table(speeds),
        commands=[results[m.name].measurement for m in PLAN if m.name in results],
        missing=[m.name for m in PLAN if m.name not in results],
        drawn=drawn,
    )


def _section(one: Examined, result: Result) -> dict[str, Any]:
    kinds = [KINDS[key] for key in one.keys]
    return {
        "title": one.title,
        "picture": one.picture,
        "gaps": [gap.sentence() for gap in gaps(result, kinds[0])],
        "thin": thin(result),
        "table": of_classes(result, kinds),
    }


def detector_table(results: Results) -> str:
    """A row for each detector."""
    columns = [("photos", "recall", "photos"), ("youtube", "recall", "video frames")]
    columns += [("youtube-24px", "recall", "frames, 24 px")]
    columns += [(f"{size}px", "recall", f"photos, {size} px") for size in SMALL_SIZES]
    columns += [
        ("shelves", "false_per_image", "false alarms a shelf picture"),
        ("shelves", "milliseconds_640x360", "640×360"),
    ]
    rows = [
        [
            series,
            *(
                KINDS[key].cell(results.get(f"detector-{name}-{short}"))
                for name, key, _ in columns
            ),
        ]
        for short, (series, _) in DETECTORS.items()
    ]
    return table(["recall on", *(title for _, _, title in columns)], rows)


def control_table(results: Results) -> str:
    """A row for each detector: how often it finds a face where a shelf took the place of the face."""
    kind = KINDS["pictures_with_false"]
    rows = [
        [
            series,
            *(
                kind.cell(results.get(f"detector-control-{size}px-{short}"))
                for size in SMALL_SIZES
            ),
        ]
        for short, (series, _) in DETECTORS.items()
    ]
    return table(
        ["found without a face", *(f"{size} px" for size in SMALL_SIZES)], rows
    )


FOOLED: Final = 0.05
"""Share of controls with a detection above which, with its whole interval, a recall needs a warning."""


def fooled(results: Results) -> list[str]:
    """Sizes at which our detector takes small pictures without a face for faces, with that share."""
    key = "pictures_with_false"
    found = []
    for size in SMALL_SIZES:
        result = results.get(f"detector-control-{size}px-ours")
        share, interval = (
            (result.value(key), result.interval(key)) if result else (None, None)
        )
        if share is not None and interval and interval[0] > FOOLED:
            found.append(f"{share:.0%} at {size} px")
    return found


def embedding_table(results: Results) -> str:
    """A row for each embedding."""
    keys = ("accuracy", "tar_at_far.1e-2", "tar_at_far.1e-3", "tar_at_far.1e-4")
    rows = [
        [
            series,
            *(KINDS[key].cell(results.get(f"identity-lfw-{short}")) for key in keys),
            KINDS["rank1"].cell(results.get(f"identity-youtube-{short}")),
        ]
        for short, (series, _) in EMBEDDINGS.items()
    ]
    head = [
        "",
        "pairs told apart",
        *(KINDS[key].name for key in keys[1:]),
        "rank-1, other videos",
    ]
    return table(head, rows)


def speed_table(speeds: Mapping[str, Mapping[str, float]]) -> str:
    """A row for each network."""
    rows = [
        [
            f"`{file}`",
            f"{cost['bytes'] / 1e6:.2f} MB",
            f"{cost['milliseconds']:.2f} ms",
            f"{cost['threads']:.0f}",
        ]
        for file, cost in speeds.items()
    ]
    return table(["network", "file", "one input", "threads"], rows)


def rarely_recognised(expression: Result | None) -> list[str]:
    """The classes that are recognised in less than half of their faces, with that share."""
    if expression is None:
        return []
    rows = zip(
        expression.content["classes"], expression.content["confusion"], strict=True
    )
    recalls = [
        (name, row[place] / sum(row), sum(row))
        for place, (name, row) in enumerate(rows)
        if sum(row)
    ]
    return [
        f"{name} ({recall:.0%} of {count})"
        for name, recall, count in recalls
        if recall < 0.5
    ]
