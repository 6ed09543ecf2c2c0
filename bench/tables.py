"""Writes datasets as Iceberg tables through pyiceberg, once, into a cache folder.

Memory is bounded by a few chunks: plain tables are appended chunk by chunk, and go on from the last
finished chunk after an interruption; the partitioned layouts first scatter all chunks into one
spill file a partition, then write partition by partition, and start anew.
Files are Parquet as pyiceberg makes them by default (zstd, pages of 20,000 rows).
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import write_file
from pyiceberg.partitioning import (
    UNPARTITIONED_PARTITION_SPEC,
    PartitionField,
    PartitionFieldValue,
    PartitionKey,
    PartitionSpec,
)
from pyiceberg.schema import Schema
from pyiceberg.table import Table, WriteTask
from pyiceberg.table.sorting import UNSORTED_SORT_ORDER, SortField, SortOrder
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform
from pyiceberg.types import (
    BooleanType,
    DoubleType,
    FloatType,
    IcebergType,
    LongType,
    NestedField,
    StringType,
    TimestamptzType,
)

import icefield
from bench import deletes
from bench.cache import fill, versioned
from bench.generate import (
    DAY_US,
    END_US,
    START_US,
    Int64s,
    KeySpace,
    chunk_times,
    feature_chunk,
)
from bench.workload import CREATED_TIME, DAYS, EVENT_TIME, SEED, Dataset, Layout

NAMESPACE = "bench"

_TYPES: dict[pa.DataType, IcebergType] = {
    pa.bool_(): BooleanType(),
    pa.int64(): LongType(),
    pa.float32(): FloatType(),
    pa.float64(): DoubleType(),
    pa.string(): StringType(),
    pa.timestamp("us", tz="UTC"): TimestamptzType(),
}


@dataclass(frozen=True)
class StoredDataset:
    """A dataset in the cache."""

    dataset: Dataset
    folder: Path

    @property
    def catalog_properties(self) -> dict[str, str]:
        """Properties under which pyiceberg, and all that take its keys, open the catalog."""
        return {
            "type": "sql",
            "uri": f"sqlite:///{self.folder}/catalog.db",
            "warehouse": f"file://{self.folder}/warehouse",
        }

    def catalog(self) -> SqlCatalog:
        """Opens the catalog."""
        return SqlCatalog("bench", **self.catalog_properties)

    def table(self, name: str) -> Table:
        """One of its tables."""
        return self.catalog().load_table((NAMESPACE, name))


def stored(dataset: Dataset, cache: Path, announce: Callable[[str], None]) -> StoredDataset:
    """The dataset in the cache, written now if it is missing, unfinished or of another version."""
    folder = versioned(cache) / dataset.slug
    target = StoredDataset(dataset, folder)
    identity = {"dataset": repr(dataset), "seed": SEED}
    if dataset.layout is not Layout.DELETES:
        resumes = dataset.layout is Layout.PLAIN
        fill(folder, identity, lambda: _write(target, announce), resumes=resumes)
        return target
    plain = stored(replace(dataset, layout=Layout.PLAIN), cache, announce)
    of = {name: plain.table(name).metadata_location for name in dataset.tables}
    fill(folder, {**identity, "of": of}, lambda: _write_deletes(target, plain, announce))
    return target


def _write(target: StoredDataset, announce: Callable[[str], None]) -> None:
    dataset = target.dataset
    space = KeySpace(dataset.key_kind, dataset.size.keys)
    catalog = target.catalog()
    catalog.create_namespace_if_not_exists(NAMESPACE)
    schema = _schema(feature_chunk(dataset, space, 0, 0).schema)
    for index, name in enumerate(dataset.tables):
        announce(f"writing {dataset.slug}, {name} of {len(dataset.tables)} tables")
        table = catalog.create_table_if_not_exists(
            (NAMESPACE, name),
            schema=schema,
            partition_spec=_partition_spec(dataset, schema),
            sort_order=_sort_order(dataset, schema),
        )
        if dataset.layout is Layout.PLAIN:
            _append_chunks(target, table, space, index)
        else:
            _write_partitions(target, table, space, index)


def _append_chunks(target: StoredDataset, table: Table, space: KeySpace, index: int) -> None:
    """Appends the chunks that the table has not yet; a file of no snapshot does not stay."""
    dataset = target.dataset
    _remove_strays(table)
    try:
        for chunk in range(len(table.history()), dataset.chunks):
            table.append(feature_chunk(dataset, space, index, chunk))
    except BaseException:
        _remove_strays(target.table(dataset.tables[index]))
        raise


def _remove_strays(table: Table) -> None:
    """Removes files that an interrupted append left."""
    kept = {task.file.file_path.removeprefix("file://") for task in table.scan().plan_files()}
    data = Path(table.location().removeprefix("file://")) / "data"
    for path in data.glob("*.parquet"):
        if str(path) not in kept:
            path.unlink()


def _write_deletes(
    target: StoredDataset, plain: StoredDataset, announce: Callable[[str], None]
) -> None:
    catalog = target.catalog()
    catalog.create_namespace(NAMESPACE)
    for name in target.dataset.tables:
        announce(f"writing deletes of {target.dataset.slug}, {name}")
        table = deletes.write(deletes.POSITIONS, plain.table(name), target.folder / name)
        table.register(catalog, f"{NAMESPACE}.{name}")


def _schema(schema: pa.Schema) -> Schema:
    fields = [
        NestedField(index, field.name, _TYPES[field.type], required=False)
        for index, field in enumerate(schema, start=1)
    ]
    return Schema(*fields)


def _partition_spec(dataset: Dataset, schema: Schema) -> PartitionSpec:
    match dataset.layout:
        case Layout.PLAIN | Layout.DELETES:
            return UNPARTITIONED_PARTITION_SPEC
        case Layout.DAY:
            source = schema.find_field(EVENT_TIME).field_id
            return PartitionSpec(PartitionField(source, 1000, DayTransform(), "event_day"))
        case Layout.BUCKETED | Layout.INDEXED:
            name = dataset.key_kind.columns[0]
            bucket = BucketTransform(dataset.size.buckets)
            source = schema.find_field(name).field_id
            return PartitionSpec(PartitionField(source, 1000, bucket, f"{name}_bucket"))


def _sort_columns(dataset: Dataset) -> tuple[str, ...]:
    return (*dataset.key_kind.columns, EVENT_TIME, CREATED_TIME)


def _sort_order(dataset: Dataset, schema: Schema) -> SortOrder:
    if dataset.layout not in (Layout.BUCKETED, Layout.INDEXED):
        return UNSORTED_SORT_ORDER
    fields = (
        SortField(schema.find_field(name).field_id, IdentityTransform())
        for name in _sort_columns(dataset)
    )
    return SortOrder(*fields)


def _partition_of_rows(
    dataset: Dataset, space: KeySpace, schema: Schema
) -> Callable[[int, int], Int64s]:
    """A function of (table, chunk) that gives the partition value of each row.

    pyiceberg transforms whole columns only with its compiled core; here a day is a division, and
    buckets are hashed once a key by pyiceberg's own scalar transform.
    """
    if dataset.layout is Layout.DAY:
        return lambda table, chunk: chunk_times(dataset, space, table, chunk).event_us // DAY_US
    name = dataset.key_kind.columns[0]
    bucket = BucketTransform(dataset.size.buckets).transform(schema.find_type(name))
    values = space.columns(np.arange(dataset.size.keys))[name].to_pylist()
    by_key = np.fromiter((bucket(value) for value in values), np.int64, len(values))
    return lambda table, chunk: by_key[chunk_times(dataset, space, table, chunk).keys]


def _write_partitions(target: StoredDataset, table: Table, space: KeySpace, index: int) -> None:
    """Scatters the chunks of a table into partitions, then writes each as one data file."""
    dataset = target.dataset
    spill = target.folder / "spill"
    spill.mkdir()
    partition_of = _partition_of_rows(dataset, space, table.schema())
    if dataset.layout is Layout.DAY:
        partitions = range(START_US // DAY_US, END_US // DAY_US)
        assert len(partitions) == DAYS
    else:
        partitions = range(dataset.size.buckets)
    schema = feature_chunk(dataset, space, index, 0).schema
    with ExitStack() as stack:
        writers = {
            value: stack.enter_context(pa.ipc.new_stream(spill / f"{value}.arrows", schema))
            for value in partitions
        }
        for chunk in range(dataset.chunks):
            rows = feature_chunk(dataset, space, index, chunk)
            values = partition_of(index, chunk)
            order = np.argsort(values, kind="stable")
            starts = np.searchsorted(values[order], np.array(partitions))
            ends = np.append(starts[1:], len(order))
            for value, start, end in zip(partitions, starts, ends, strict=True):
                if end > start:
                    writers[value].write_table(rows.take(pa.array(order[start:end])))
    if dataset.layout is Layout.INDEXED:
        _append_by_icefield(target, target.dataset.tables[index], spill, partitions)
        spill.rmdir()
        return
    transaction = table.transaction()
    with transaction.update_snapshot().fast_append() as append:
        for value in partitions:
            path = spill / f"{value}.arrows"
            with pa.ipc.open_stream(path) as reader:
                rows = reader.read_all()
            if rows.num_rows:
                for data_file in _data_files(table, dataset, rows, value, append.commit_uuid):
                    append.append_data_file(data_file)
            path.unlink()
    transaction.commit_transaction()
    spill.rmdir()


def _append_by_icefield(
    target: StoredDataset, name: str, spill: Path, partitions: Iterable[int]
) -> None:
    """Appends partition by partition; the table's sort order is Icefield's to keep."""
    catalog = icefield.load_catalog("bench", **target.catalog_properties)
    for value in partitions:
        path = spill / f"{value}.arrows"
        with pa.ipc.open_stream(path) as reader:
            rows = reader.read_all()
        if rows.num_rows:
            catalog.load_table(f"{NAMESPACE}.{name}").append(rows)
        path.unlink()


def _data_files(
    table: Table, dataset: Dataset, rows: pa.Table, value: int, write_uuid: uuid.UUID
) -> Iterator[object]:
    if dataset.layout is Layout.BUCKETED:
        rows = rows.sort_by([(name, "ascending") for name in _sort_columns(dataset)])
    spec = table.spec()
    key = PartitionKey([PartitionFieldValue(spec.fields[0], value)], spec, table.schema())
    task = WriteTask(
        write_uuid=write_uuid,
        task_id=value,
        schema=table.schema(),
        record_batches=rows.combine_chunks().to_batches(),
        partition_key=key,
    )
    return iter(write_file(table.io, table.metadata, iter([task])))


@functools.lru_cache(maxsize=4)
def key_space(dataset: Dataset) -> KeySpace:
    """The key space of a dataset; string keys take a second to make, so it is kept."""
    return KeySpace(dataset.key_kind, dataset.size.keys)
