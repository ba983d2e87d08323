"""The record of a training run: a CSV with a row an epoch, and its picture."""

import csv
from pathlib import Path


class MetricsFile:
    """Epoch, loss and measurements; a resumed run drops the rows that its checkpoint has not seen."""

    def __init__(self, path: Path, keep: int) -> None:
        lines = (
            path.read_text(encoding="utf-8").splitlines()[: keep + 1]
            if keep and path.exists()
            else []
        )
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        self._path = path

    def add(self, epoch: int, values: dict[str, float]) -> None:
        """One row; the first one brings the header."""
        empty = self._path.stat().st_size == 0
        with self._path.open("a", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            if empty:
                writer.writerow(["epoch", *values])
            writer.writerow([epoch, *(f"{value:.6g}" for value in values.values())])


def read_metrics(path: Path) -> dict[str, list[float]]:
    """Column name → values."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return (
        {name: [float(row[name]) for row in rows] for name in rows[0]} if rows else {}
    )


def draw_curves(metrics: Path, picture: Path) -> None:
    """A small plot of each column over the epochs, as PNG."""
    from matplotlib.figure import Figure  # noqa: PLC0415  # half a second to import

    columns = read_metrics(metrics)
    epochs = columns.pop("epoch")
    figure = Figure(figsize=(4 * len(columns), 3), layout="constrained")
    for axes, (name, values) in zip(
        figure.subplots(1, len(columns), squeeze=False)[0], columns.items(), strict=True
    ):
        axes.plot(epochs, values, color="#3366cc")
        axes.set_title(name.replace("_", " "), fontsize=10)
        axes.set_xlabel("epoch")
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(picture, dpi=110)
