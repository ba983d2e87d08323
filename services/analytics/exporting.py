"""Write the export: a folder of tables, as CSV or Parquet."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final, Literal

from vitrine.campaigns.summary import Figures
from vitrine.errors import ConfigurationError
from vitrine.output import check_free, write_bytes
from vitrine.services.analytics.audit_pack import audit_files
from vitrine.services.analytics.export_tables import Export, csv_of, tables_of
from vitrine.services.analytics.reporting import Place, figures_at

TableForm = Literal["csv", "parquet"]
NO_PARQUET: Final = (
    "Parquet needs pyarrow: pip install 'vitrine[export]', or say --csv ({error})"
)


def export_to(
    folder: Path,
    form: TableForm,
    *,
    audit: bool,
    campaign: str | None,
    overwrite: bool,
    place: Place,
) -> list[Path]:
    """Write the tables, and the audit pack beside them; return the files.

    Raises ConfigurationError. Nothing is written where a file is there already.
    """
    figures = figures_at(place, campaign)
    files = table_files(figures, form)
    if audit:
        files |= audit_files(figures)
    paths = {folder / name: content for name, content in files.items()}
    for path in paths:
        if not overwrite:
            check_free(path)
    for path, content in paths.items():
        write_bytes(path, content)
    return list(paths)


def table_files(figures: Figures, form: TableForm) -> dict[str, bytes]:
    """Return the content of each table's file, by its name."""
    files = {}
    for table in tables_of(figures):
        content = csv_of(table).encode() if form == "csv" else to_parquet(table)
        files[f"{table.name}.{form}"] = content
    return files


def to_parquet(table: Export) -> bytes:
    """Return a table as Parquet. Raises ConfigurationError without pyarrow."""
    try:
        # An extra of 165 MB: few want it.
        import pyarrow as pa  # noqa: PLC0415
        import pyarrow.parquet as pq  # noqa: PLC0415
    except ImportError as error:
        raise ConfigurationError(NO_PARQUET.format(error=error)) from error
    columns = {}
    for place, name in enumerate(table.columns):
        columns[name] = [row[place] for row in table.rows]
    content = BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()
