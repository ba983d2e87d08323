"""The record of a training run: a CSV with a row an epoch, and its picture."""

import csv
from pathlib import Path


class MetricsFile:
    """Write epoch, loss and measurements as the rows of a CSV file."""

    def __init__(self, path: Path, keep: int) -> None:
        """Keep the first `keep` rows; a resumed run drops those its checkpoint has not seen."""
        kept: list[str] = []
        if keep and path.exists():
            lines = path.read_text(encoding="utf-8").splitlines()
            # One more: the header.
            kept = lines[: keep + 1]
        text = "".join(f"{line}\n" for line in kept)
        path.write_text(text, encoding="utf-8")
        self._path = path

    def add(self, epoch: int, values: dict[str, float]) -> None:
        """Append one row; the first one brings the header."""
        empty = self._path.stat().st_size == 0
        with self._path.open(
            "a",
            encoding="utf-8",
            newline="",
        ) as file:
            writer = csv.writer(file, lineterminator="\n")
            if empty:
                writer.writerow(["epoch", *values])
            figures = [f"{value:.6g}" for value in values.values()]
            writer.writerow([epoch, *figures])


def read_metrics(path: Path) -> dict[str, list[float]]:
    """Return the values of each column by its name."""
    columns: dict[str, list[float]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for name, text in row.items():
                column = columns.setdefault(name, [])
                column.append(float(text))
    return columns


def draw_curves(metrics: Path, picture: Path) -> None:
    """Draw a small plot of each column over the epochs, as PNG."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second to import

    columns = read_metrics(metrics)
    epochs = columns.pop("epoch")
    count = len(columns)
    size = (4 * count, 3)
    figure = Figure(figsize=size, layout="constrained")
    rows = figure.subplots(
        1,
        count,
        squeeze=False,
    )
    plots = rows[0]
    for axes, (name, values) in zip(
        plots,
        columns.items(),
        strict=True,
    ):
        axes.plot(
            epochs,
            values,
            color="#3366cc",
        )
        axes.set_title(name.replace("_", " "), fontsize=10)
        axes.set_xlabel("epoch")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=110)
