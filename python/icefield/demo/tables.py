"""The demo's folder, and its Iceberg tables, written by pyiceberg."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.table import Table

from icefield.demo.history import SourceTable
from icefield.errors import InvalidArgumentError

NAMESPACE = "nyc"
_MARKER = ".icefield-demo"


@dataclass(frozen=True)
class DemoFolder:
    """The folder that holds everything a run writes."""

    path: Path

    @property
    def catalog_uri(self) -> str:
        """The SQL catalog's address."""
        return f"sqlite:///{self.path / 'catalog.db'}"

    @property
    def warehouse(self) -> Path:
        """Where the tables' files lie."""
        return self.path / "warehouse"

    @property
    def registry(self) -> Path:
        """Feast's registry."""
        return self.path / "registry.db"

    @property
    def training_set(self) -> Path:
        """The training set."""
        return self.path / "training_set.parquet"

    @property
    def picture(self) -> Path:
        """The picture."""
        return self.path / "demo.png"

    def contents(self) -> list[Path]:
        """Everything that a run may leave here, and the next run replaces."""
        catalog = [self.path / f"catalog.db{suffix}" for suffix in ("", "-wal", "-shm", "-journal")]
        return [*catalog, self.warehouse, self.registry, self.training_set, self.picture]


def claim_folder(path: Path) -> DemoFolder:
    """Make `path` the demo's; what an earlier run left in it stays until `clear`.

    A folder that holds anything and was not claimed before is somebody else's: it is left as it is
    and InvalidArgumentError is raised.
    """
    folder = DemoFolder(path.resolve())
    marker = folder.path / _MARKER
    if folder.path.exists() and not folder.path.is_dir():
        raise InvalidArgumentError(f"{folder.path} is not a folder; choose another with --folder")
    if folder.path.is_dir() and not marker.exists() and any(folder.path.iterdir()):
        raise InvalidArgumentError(
            f"{folder.path} is not empty and was not made by the demo; choose another with --folder"
        )
    folder.path.mkdir(parents=True, exist_ok=True)
    marker.write_text("Made by `icefield demo`, which replaces its files at every run.\n")
    return folder


def clear(folder: DemoFolder) -> None:
    """Delete what an earlier run left in a claimed folder, and nothing else."""
    for entry in folder.contents():
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink(missing_ok=True)


def open_catalog(folder: DemoFolder) -> SqlCatalog:
    """Open the demo's catalog with pyiceberg; it is made where it does not exist."""
    return SqlCatalog("default", uri=folder.catalog_uri, warehouse=folder.warehouse.as_uri())


def write_tables(
    folder: DemoFolder, sources: list[SourceTable], advance: Callable[[str], None]
) -> list[Table]:
    """Write each source as one Iceberg table of a new catalog, a month of event time to a commit.

    Clears the folder before. `advance` is told each table's name before its first commit.
    """
    clear(folder)
    folder.warehouse.mkdir()
    catalog = open_catalog(folder)
    catalog.create_namespace(NAMESPACE)
    tables = []
    for source in sources:
        advance(source.name)
        rows = pa.Table.from_pandas(source.rows, preserve_index=False).replace_schema_metadata()
        table = catalog.create_table(f"{NAMESPACE}.{source.name}", schema=rows.schema)
        for start, stop in _months(source.rows[source.time]):
            table.append(rows.slice(start, stop - start))
        tables.append(table)
    return tables


def write_training_set(folder: DemoFolder, rows: pa.Table) -> None:
    """Keep the training set as one Parquet file."""
    pq.write_table(rows, folder.training_set, compression="zstd")


def _months(times: pd.Series[pd.Timestamp]) -> list[tuple[int, int]]:
    """Return the row ranges [start, stop) of each calendar month (UTC) of ordered times."""
    month = times.dt.year * 12 + times.dt.month
    starts = [int(row) for row in month.index[month != month.shift()]]
    return list(zip(starts, [*starts[1:], len(times)], strict=True))
