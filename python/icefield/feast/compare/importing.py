"""`--import`: the Parquet files of file sources, written into Iceberg tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset
from feast.data_source import DataSource
from feast.infra.offline_stores.file_source import FileSource

import icefield
from icefield.errors import AlreadyExistsError, UnsupportedError
from icefield.feast.casting import FittedStream, iceberg_schema

_NAMESPACE = "feast"
_CATALOG = "catalog.db"


@dataclass
class ImportedTable:
    """A source and the table that now holds its rows."""

    source: str
    table: str
    rows: int = 0
    floored: int = 0
    """Times that had nanoseconds, which Iceberg's microseconds do not hold."""


def catalog_settings(folder: Path) -> dict[str, str]:
    """The catalog of a folder of imported tables, in the words of `feature_store.yaml`."""
    return {
        "catalog_type": "sql",
        "uri": f"sqlite:///{folder.absolute() / _CATALOG}",
        "warehouse": f"file://{folder.absolute() / 'warehouse'}",
    }


def import_sources(
    folder: Path, sources: Sequence[DataSource], repo: Path
) -> dict[str, ImportedTable]:
    """Writes each source into a table of its own, a batch at a time.

    AlreadyExistsError for a folder that holds anything; UnsupportedError for a source that is no
    local or S3 Parquet file.
    """
    if folder.exists() and any(folder.iterdir()):
        raise AlreadyExistsError(
            f"the folder {folder} is not empty: name a new one after --import, or compare with "
            f"what it holds by --uri sqlite:///{folder.absolute() / _CATALOG} and --table"
        )
    datasets = {source.name: _dataset(source, repo) for source in sources}
    folder.mkdir(parents=True, exist_ok=True)
    settings = catalog_settings(folder)
    catalog = icefield.load_catalog(
        "default", type="sql", uri=settings["uri"], warehouse=settings["warehouse"]
    )
    catalog.create_namespace_if_not_exists(_NAMESPACE)
    imported: dict[str, ImportedTable] = {}
    for name, dataset in datasets.items():
        into = ImportedTable(name, f"{_NAMESPACE}.{_table_name(name, imported)}")
        schema = iceberg_schema(_without_pandas(dataset.schema))
        table = catalog.create_table(into.table, schema)
        rows = _counted(dataset.to_batches(use_threads=False), into)
        stream = FittedStream(rows, schema, f"the table '{into.table}'")
        with stream.unmasked():
            table.append(stream.reader())
        imported[name] = into
    return imported


def _dataset(source: DataSource, repo: Path) -> Any:
    if not isinstance(source, FileSource):
        raise UnsupportedError(
            f"the source '{source.name}' is a {type(source).__name__}, and --import reads files: "
            f"name the Iceberg table that holds its rows with --table {source.name}=namespace.table"
        )
    form = type(source.file_format).__name__
    if source.file_format is not None and form != "ParquetFormat":
        raise UnsupportedError(
            f"the file source '{source.name}' has the {form}, and --import reads Parquet: name an "
            f"Iceberg table with --table {source.name}=namespace.table"
        )
    location = FileSource.get_uri_for_file_path(repo, source.path)
    filesystem, path = FileSource.create_filesystem_and_path(location, source.s3_endpoint_override)
    return pyarrow.dataset.dataset(
        path, filesystem=filesystem, format="parquet", partitioning="hive"
    )


def _table_name(source: str, taken: dict[str, ImportedTable]) -> str:
    """The source's name in letters, digits and underscores, unlike those before it."""
    name = re.sub(r"\W+", "_", source, flags=re.ASCII).strip("_") or "source"
    used = {table.table for table in taken.values()}
    number = 1
    unique = name
    while f"{_NAMESPACE}.{unique}" in used:
        number += 1
        unique = f"{name}_{number}"
    return unique


def _without_pandas(schema: pa.Schema) -> pa.Schema:
    return schema.remove_metadata()


def _counted(batches: Iterator[pa.RecordBatch], into: ImportedTable) -> Iterator[pa.RecordBatch]:
    for batch in batches:
        into.rows += len(batch)
        for column in batch.columns:
            if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
                ticks = column.view(pa.int64())
                whole = pc.multiply(pc.divide(ticks, 1000), 1000)
                into.floored += pc.sum(pc.not_equal(ticks, whole)).as_py() or 0
        yield batch.replace_schema_metadata(None)
