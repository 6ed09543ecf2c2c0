"""What Feast writes through the offline store: batches, logs of served features, saved datasets.

Each is one Iceberg commit: a reader sees all of it or nothing.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset
from feast.errors import SavedDatasetLocationAlreadyExists

from icefield.errors import AlreadyExistsError, InvalidArgumentError
from icefield.feast.casting import FittedStream, describe, iceberg_schema
from icefield.feast.destinations import Destination
from icefield.feast.errors import SourceMismatchError
from icefield.feast.logging_destination import IcebergLoggingDestination
from icefield.feast.saved_dataset import SavedDatasetIcebergStorage
from icefield.feast.views import STORE_NAME, iceberg_source

if TYPE_CHECKING:
    from feast.feature_logging import LoggingConfig, LoggingSource
    from feast.feature_view import FeatureView
    from feast.infra.registry.base_registry import BaseRegistry
    from feast.repo_config import RepoConfig
    from feast.saved_dataset import SavedDatasetStorage

    import icefield
    from icefield.feast.source import IcebergSource

_PANDAS_INDEX = re.compile(r"__index_level_\d+__")


def write_batch(
    config: RepoConfig,
    feature_view: FeatureView,
    batch: pa.Table,
    progress: Callable[[int], Any] | None,
) -> None:
    """Appends the rows to the table of the view's batch source; `progress` gets their number.

    The columns must be the table's, in order, or the names that the source's field mapping gives
    them; SourceMismatchError, a ValueError, shows both sides where they are not. A batch without
    rows changes nothing.
    """
    if feature_view.batch_source is None:
        raise SourceMismatchError(
            f"the feature view '{feature_view.name}' has no batch source to write to"
        )
    source = iceberg_source(feature_view.batch_source)
    destination = Destination(config, source)
    table = destination.load()
    branch = destination.branch(table)
    target = table.schema()
    batch = _in_columns_of(target, batch, source)
    if len(batch) == 0:
        return
    _require_times(batch, source)
    rows = FittedStream(batch.to_batches(), target, str(destination))
    with rows.unmasked():
        table.append(rows.reader(), branch=branch)
    if progress is not None:
        progress(len(batch))


def _in_columns_of(target: pa.Schema, batch: pa.Table, source: IcebergSource) -> pa.Table:
    """The batch under the table's own column names; Feast has mapped those of a pushed batch."""
    index = [name for name in batch.column_names if _PANDAS_INDEX.fullmatch(name)]
    batch = batch.drop_columns([name for name in index if name not in target.names])
    mapping = source.field_mapping or {}
    if batch.column_names == [mapping.get(name, name) for name in target.names]:
        return batch.rename_columns(target.names)
    if batch.column_names != target.names:
        raise SourceMismatchError(
            f"the batch has the columns ({describe(batch.schema)}), the table '{source.table}' of "
            f"the source '{source.name}' has ({describe(target)}): the names must be the same and "
            "in the same order"
        )
    return batch


def _require_times(batch: pa.Table, source: IcebergSource) -> None:
    column = source.column_of(source.timestamp_field)
    if column in batch.column_names and batch[column].null_count:
        raise SourceMismatchError(
            f"{batch[column].null_count} of the {len(batch)} rows have no event time (column "
            f"'{column}' of the table '{source.table}'): no read would ever find them"
        )


def write_logs(
    config: RepoConfig,
    data: pa.Table | Path,
    source: LoggingSource,
    logging_config: LoggingConfig,
    registry: BaseRegistry,
) -> None:
    """Appends logs of served features, a table or a folder of Parquet files, to their destination.

    The destination's table is made where it is missing, and gains the columns of features that the
    service has gained. SourceMismatchError for another kind of destination, and for logs that do
    not fit.
    """
    place = logging_config.destination
    if not isinstance(place, IcebergLoggingDestination):
        raise SourceMismatchError(
            f"the logs go to a {type(place).__name__}, but {STORE_NAME} writes to an "
            "IcebergLoggingDestination"
        )
    schema = iceberg_schema(source.get_schema(registry))
    destination = Destination(config, place.to_data_source())
    table = destination.find()
    if table is None:
        try:
            table = destination.create(schema, by_day=source.get_log_timestamp_column())
        except AlreadyExistsError:  # another writer was faster
            table = destination.load()
    if set(schema.names) - set(table.schema().names):
        with table.update_schema() as update:
            update.union_by_name(schema)
    rows = _started(data.to_batches() if isinstance(data, pa.Table) else _parquet_batches(data))
    if rows is not None:
        fitted = FittedStream(rows, table.schema(), str(destination))
        with fitted.unmasked():
            table.append(fitted.reader())


def _parquet_batches(folder: Path) -> Iterator[pa.RecordBatch]:
    # File by file: a dataset would read all in the schema of the first, and drop later columns.
    for fragment in pyarrow.dataset.dataset(str(folder), format="parquet").get_fragments():
        yield from fragment.to_batches()


def write_dataset(
    config: RepoConfig,
    storage: SavedDatasetStorage,
    reader: pa.RecordBatchReader,
    allow_overwrite: bool = False,
    snapshot_properties: Mapping[str, str] | None = None,
) -> None:
    """Writes a stream of rows as the table of a saved dataset, all of it or nothing.

    Raises SavedDatasetLocationAlreadyExists where the table is there, unless it may be overwritten:
    then its rows are replaced in one commit, columns that the stream lacks are dropped after it,
    and a column of another type is refused. `snapshot_properties` go into the snapshot's summary.
    """
    if not isinstance(storage, SavedDatasetIcebergStorage):
        raise SourceMismatchError(
            f"{type(storage).__name__} is no place for an Iceberg table: use "
            "SavedDatasetIcebergStorage(table='namespace.table')"
        )
    destination = Destination(config, storage.to_data_source())
    table = destination.find()
    if table is not None and not allow_overwrite:
        raise SavedDatasetLocationAlreadyExists(location=storage.table)
    schema = iceberg_schema(reader.schema)
    # Most of what can fail does so before the first rows are there: then nothing was made yet.
    rows = _started(reader)
    if table is None:
        _write_new(destination, storage, schema, rows, snapshot_properties)
    else:
        _overwrite(destination, table, schema, rows, snapshot_properties)


def _write_new(
    destination: Destination,
    storage: SavedDatasetIcebergStorage,
    schema: pa.Schema,
    rows: Iterator[pa.RecordBatch] | None,
    snapshot_properties: Mapping[str, str] | None,
) -> None:
    try:
        table = destination.create(schema)
    except AlreadyExistsError as error:
        raise SavedDatasetLocationAlreadyExists(location=storage.table) from error
    fitted = FittedStream(rows or (), schema, str(destination))
    try:
        with fitted.unmasked():
            table.append(fitted.reader(), snapshot_properties=snapshot_properties)
    except BaseException:
        with contextlib.suppress(Exception):  # the first error says more
            destination.drop()
        raise


def _overwrite(
    destination: Destination,
    table: icefield.Table,
    schema: pa.Schema,
    rows: Iterator[pa.RecordBatch] | None,
    snapshot_properties: Mapping[str, str] | None,
) -> None:
    before = table.schema()
    for name in set(before.names) & set(schema.names):
        if before.field(name).type != schema.field(name).type:
            raise SourceMismatchError(
                f"{destination} has the column '{name}' of type {before.field(name).type}, the "
                f"saved dataset has {schema.field(name).type}: drop the table, or save the dataset "
                "to another one"
            )
    if set(schema.names) - set(before.names):
        with table.update_schema() as update:
            update.union_by_name(schema)
    fitted = FittedStream(rows or (), table.schema(), str(destination))
    with fitted.unmasked():
        table.overwrite(fitted.reader(), snapshot_properties=snapshot_properties)
    gone = [name for name in before.names if name not in schema.names]
    # A column that partitions the table cannot be dropped: it stays, without values.
    with contextlib.suppress(InvalidArgumentError):
        if gone:
            with table.update_schema() as update:
                for name in gone:
                    update.delete_column(name)


def _started(batches: Any) -> Iterator[pa.RecordBatch] | None:
    """The stream from its first row on, which has been fetched; None for a stream without rows."""
    remaining = iter(batches)
    for batch in remaining:
        if len(batch):
            return chain([batch], remaining)
    return None
