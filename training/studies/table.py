"""The table of docs/studies.md, from the result files beside it."""

import json
from pathlib import Path
from typing import Any, Final

from training.studies.networks import NETWORKS
from vitrine.errors import ConfigurationError

BEGIN: Final = (
    "<!-- The table below is written by `python -m training studies table`. -->"
)
END: Final = "<!-- End of the table. -->"
HEADER: Final = """\
| network | split | MSE of the study | MSE here | pixels | NME | epochs | begins | input | ms | MB |
|---|---|---:|---:|---:|---:|---:|---|---|---:|---:|"""
SPLITS: Final = {"published": "published, leaking", "people": "people apart"}


def read_results(folder: Path) -> list[dict[str, Any]]:
    """Return all result files of a folder, in the registry's order."""
    paths = sorted(folder.glob("*.json"))
    results = [json.loads(path.read_text(encoding="utf-8")) for path in paths]
    order = list(NETWORKS)

    def key(result: dict[str, Any]) -> tuple[int, int, str]:
        return order.index(result["network"]), result["size"], result["split"]

    return sorted(results, key=key)


def table(results: list[dict[str, Any]]) -> str:
    """Return the table as Markdown; what a study reported has a row also before it is trained."""
    lines = [HEADER]
    for name, entry in NETWORKS.items():
        own = [result for result in results if result["network"] == name]
        if entry.reported != "–" and not any(map(_is_comparable, own)):
            empty = " – |" * 8
            lines.append(
                f"| {entry.title} | {SPLITS['published']} | {entry.reported} |{empty}"
            )
        lines += [_row(result) for result in own]
    return "\n".join(lines)


def _is_comparable(result: dict[str, Any]) -> bool:
    """Return whether the studies measured the same: 68 points, on their own split alone."""
    return (result["split"], result["points"]) == ("published", 68)


def _row(result: dict[str, Any]) -> str:
    entry = NETWORKS[result["network"]]
    colours = "grey" if result["grey"] else "RGB"
    mse = f"{result['mse']:.5f}".removeprefix("0")
    points = "" if result["points"] == 68 else f", {result['points']} points"
    cells = [
        entry.title + points,
        SPLITS[result["split"]],
        entry.reported if _is_comparable(result) else "–",
        mse,
        f"{result['pixels']:.2f}",
        f"{result['nme']:.4f}",
        str(result["epochs"]),
        result["start"],
        f"{result['size']} {colours}",
        f"{result['milliseconds']:.1f}",
        f"{result['megabytes']:.1f}",
    ]
    return f"| {' | '.join(cells)} |"


def write_table(folder: Path, page: Path) -> None:
    """Replace the table of a page. Raises ConfigurationError where its marks are missing."""
    text = page.read_text(encoding="utf-8")
    if BEGIN not in text or END not in text:
        raise ConfigurationError(f"{page} lacks the lines {BEGIN!r} and {END!r}")
    before, rest = text.split(BEGIN, 1)
    _, after = rest.split(END, 1)
    made = table(read_results(folder))
    page.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", encoding="utf-8")
