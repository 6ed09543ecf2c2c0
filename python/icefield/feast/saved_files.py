"""Saved datasets in Parquet files, read back: Feast asks for them as for a source."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from feast.data_format import ParquetFormat
from feast.errors import DataSourceNotFoundException
from feast.infra.offline_stores.file_source import FileSource

from icefield.feast.errors import SourceMismatchError
from icefield.feast.parquet_files import open_place
from icefield.feast.retrieval_job import Query
from icefield.feast.row_filters import to_utc

if TYPE_CHECKING:
    from feast.repo_config import RepoConfig


def is_saved_file(source: Any) -> bool:
    """Whether the source is Parquet files, as `SavedDatasetFileStorage` hands them out."""
    return isinstance(source, FileSource) and isinstance(source.file_format, ParquetFormat | None)


def scan(
    config: RepoConfig,
    source: FileSource,
    columns: Sequence[str],
    timestamp_field: str,
    start: datetime | None,
    end: datetime | None,
) -> Query:
    """The rows with start <= event time <= end, of these columns; none named means all.

    DataSourceNotFoundException where there are no files, SourceMismatchError for a missing column.
    """
    filesystem, place = open_place(source.path, config.repo_path, source.s3_endpoint_override)
    try:
        files = ds.dataset(place, filesystem=filesystem, format="parquet")
    except FileNotFoundError as error:
        raise DataSourceNotFoundException(source.path) from error
    missing = [name for name in (*columns, timestamp_field) if name not in files.schema.names]
    if missing:
        raise SourceMismatchError(
            f"the files at '{source.path}' do not have the columns {', '.join(missing)}; they have "
            f"{', '.join(files.schema.names)}"
        )
    kind = files.schema.field(timestamp_field).type
    if not pa.types.is_timestamp(kind):
        raise SourceMismatchError(
            f"the column '{timestamp_field}' of the files at '{source.path}' has type {kind}: a "
            "timestamp is needed"
        )
    chosen = list(columns) or files.schema.names
    scanner = files.scanner(columns=chosen, filter=_between(timestamp_field, kind, start, end))
    return Query(
        lambda: (scanner.to_reader(), None),
        chosen,
        explain=lambda: f"Parquet files at {source.path}: {', '.join(files.files)}",
    )


def _between(
    column: str, kind: pa.DataType, start: datetime | None, end: datetime | None
) -> pc.Expression | None:
    conditions = []
    if start is not None:
        conditions.append(pc.field(column) >= _scalar(start, kind))
    if end is not None:
        conditions.append(pc.field(column) <= _scalar(end, kind))
    if len(conditions) == 2:
        return conditions[0] & conditions[1]
    return conditions[0] if conditions else None


def _scalar(moment: datetime, kind: pa.DataType) -> pa.Scalar:
    instant = to_utc(moment)
    return pa.scalar(instant if kind.tz else instant.replace(tzinfo=None), kind)
