"""Where the result of a job is kept: an Iceberg table, or files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pyarrow as pa
from feast.data_format import ParquetFormat
from feast.infra.offline_stores.file_source import SavedDatasetFileStorage

from icefield.feast.errors import NotYetSupportedError, SourceMismatchError
from icefield.feast.parquet_files import write_dataset_files
from icefield.feast.saved_dataset import SavedDatasetIcebergStorage

if TYPE_CHECKING:
    from feast.repo_config import RepoConfig
    from feast.saved_dataset import SavedDatasetStorage


def persist(
    config: RepoConfig,
    storage: SavedDatasetStorage,
    rows: pa.RecordBatchReader,
    snapshots: Mapping[str, Mapping[str, Any]],
    *,
    allow_overwrite: bool,
) -> None:
    """Writes the rows to the storage, all or none; see `IcebergRetrievalJob.persist`.

    snapshots: what the rows were computed from. A table's snapshot keeps it in its summary.
    """
    if isinstance(storage, SavedDatasetIcebergStorage):
        # What writes includes what reads, and not the other way round.
        from icefield.feast.writes import write_dataset

        pins = {
            f"icefield.source.{view}": f"{pin['table']}@{pin['snapshot_id']}"
            for view, pin in snapshots.items()
        }
        write_dataset(config, storage, rows, allow_overwrite, pins)
        return
    if not isinstance(storage, SavedDatasetFileStorage):
        raise SourceMismatchError(
            f"a {type(storage).__name__} is no place for this store's saved datasets: use "
            "SavedDatasetIcebergStorage or SavedDatasetFileStorage"
        )
    if not isinstance(storage.file_options.file_format, ParquetFormat | None):
        raise NotYetSupportedError(
            f"files of {type(storage.file_options.file_format).__name__} are not written: use "
            "ParquetFormat, or SavedDatasetIcebergStorage for a table"
        )
    write_dataset_files(
        rows,
        storage.file_options.uri,
        config.repo_path,
        storage.file_options.s3_endpoint_override,
        allow_overwrite=allow_overwrite,
    )
