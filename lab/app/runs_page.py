"""Training runs: their curves, side by side."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt
import streamlit as st

from vitrine.errors import Invalid
from vitrine.lab.app.places import Places
from vitrine.lab.app.run_files import EPOCH, Run, find_runs, read_curves

Row = dict[str, str | float]
CHART_HEIGHT = 340
NO_RUNS = """There are no runs in `{folder}` yet. A training writes them there:

```sh
python -m training train landmarks
```

Start the app in the folder in which you train, or say where it is with `--folder`."""


def show_runs(places: Places) -> None:
    """Show the curves of the runs that are chosen."""
    st.title("Training runs")
    st.caption("A row an epoch, as the training writes it to `metrics.csv`.")
    runs = {run.name: run for run in find_runs(places.runs)}
    if not runs:
        st.info(NO_RUNS.format(folder=places.runs))
        return
    chosen = st.multiselect("Runs", list(runs), default=list(runs)[:3])
    shown = [runs[name] for name in chosen]
    columns = st.columns(2)
    for number, (metric, rows) in enumerate(_rows(shown).items()):
        with columns[number % 2]:
            st.altair_chart(_chart(metric, rows))
    without = [run.name for run in shown if not run.has_weights]
    if without:
        st.caption(f"Without weights (`best.pt`): {', '.join(without)}.")


def _rows(runs: Sequence[Run]) -> dict[str, list[Row]]:
    """Return what each metric has to draw; a run that cannot be read is told on the page."""
    rows: dict[str, list[Row]] = {}
    for run in runs:
        try:
            curves = read_curves(run.metrics)
        except Invalid as error:
            st.error(f"{error}.")
            continue
        for metric, values in curves.items():
            if metric == EPOCH:
                continue
            of_metric = rows.setdefault(metric, [])
            for epoch, value in zip(curves[EPOCH], values, strict=True):
                of_metric.append({"run": run.name, "epoch": epoch, metric: value})
    return rows


def _chart(metric: str, rows: list[Row]) -> alt.Chart:
    """Return one metric over the epochs, a line for each run."""
    legend = alt.Legend(orient="bottom", title=None, columns=1, labelLimit=0)
    chart: alt.Chart = (
        alt.Chart(alt.InlineData(values=rows), title=metric.replace("_", " "))
        .mark_line(point=True)
        .encode(
            x=alt.X("epoch:Q", axis=alt.Axis(tickMinStep=1)),
            y=alt.Y(f"{metric}:Q", title=None, scale=alt.Scale(zero=False)),
            color=alt.Color("run:N", legend=legend),
            tooltip=["run:N", "epoch:Q", f"{metric}:Q"],
        )
        .properties(height=CHART_HEIGHT)
    )
    return chart
