"""Writes the tables of a case with pyiceberg, and says what the reference join must see in them."""

from __future__ import annotations

import itertools
import logging
import random
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import write_file
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.partitioning import (
    PartitionField,
    PartitionFieldValue,
    PartitionKey,
    PartitionSpec,
)
from pyiceberg.schema import Schema
from pyiceberg.table import Table, Transaction, WriteTask
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.transforms import VoidTransform, parse_transform
from pyiceberg.typedef import Record
from pyiceberg.types import NestedField, TimestampType, TimestamptzType
from sqlalchemy import event

from tests.pit import values
from tests.pit.history import History, Place, history
from tests.pit.model import Change, Commit, Row, TableDef

# It warns about every column of every file of no rows.
logging.getLogger("pyiceberg.io.pyarrow").setLevel(logging.ERROR)

Rank = tuple[int, str, int]
"""P6 before format version 3: (data sequence number, file path, position)."""


@dataclass(frozen=True)
class WrittenTable:
    """A table on disk, with the rank of every row and the snapshot of every mark."""

    table: Table
    past: History
    ranks: dict[Place, Rank]
    snapshots: dict[str, int]

    def rows(self, mark: str | None) -> Iterator[tuple[Rank, dict[str, Any]]]:
        """The rows of a snapshot by the names of its schema."""
        for place, cells in self.past.read(mark):
            yield self.ranks[place], cells

    def timestamp_ms(self, mark: str) -> int:
        """The time of the snapshot at the mark."""
        snapshot = self.table.snapshot_by_id(self.snapshots[mark])
        assert snapshot is not None
        return int(snapshot.timestamp_ms)


class _ShuffledAppend(_FastAppendFiles):
    """An append whose manifest list names the manifests in another order."""

    seed: int | None = None

    def _process_manifests(self, manifests: list[ManifestFile]) -> list[ManifestFile]:
        if self.seed is not None:
            random.Random(self.seed).shuffle(manifests)
        return manifests


class _TransformedKey(PartitionKey):
    """A partition whose values are transformed already; several fields may have one source."""

    @property
    def partition(self) -> Record:
        return Record(*(pair.value for pair in self.field_values))


class Warehouse:
    """A SQL catalog of tables in a folder. Every distinct table is written once."""

    def __init__(self, folder: Path) -> None:
        self.uri = f"sqlite:///{folder}/catalog.db"
        self.location = f"file://{folder}/warehouse"
        (folder / "warehouse").mkdir()
        self.catalog = SqlCatalog("default", uri=self.uri, warehouse=self.location)
        # The catalog is thrown away: waiting for the disk would be most of the run.
        event.listen(
            self.catalog.engine,
            "connect",
            lambda connection, _: connection.execute("PRAGMA synchronous = OFF"),
        )
        self.catalog.engine.dispose()
        self.catalog.create_namespace("pit")
        self._written: dict[tuple[str, int | None], WrittenTable] = {}
        self._numbers = itertools.count(1)

    def write(self, table: TableDef, manifest_seed: int | None = None) -> WrittenTable:
        """The table on disk; `manifest_seed` shuffles the order of manifests."""
        key = (repr(table), manifest_seed)
        if key not in self._written:
            name = f"pit.{table.name}_{next(self._numbers):04}"
            self._written[key] = _TableWriter(self.catalog, name, table, manifest_seed).write()
        return self._written[key]

    def forget(self) -> None:
        """Drops what was written so far from the catalog's memory (files stay)."""
        self._written.clear()


def _schema(table: TableDef) -> Schema:
    nested_ids = itertools.count(len(table.columns) + 1)
    kinds = [values.iceberg_type(column.type, nested_ids) for column in table.columns]
    fields = zip(itertools.count(1), table.columns, kinds)
    return Schema(*(NestedField(at, column.name, kind, False) for at, column, kind in fields))


_PARTITION = re.compile(r"\s*(\w+)(\[\d+\])?\((\w+)\)\s*")


def _spec_fields(text: str) -> Iterator[tuple[str, str]]:
    """`bucket[4](user), day(ts)` as (column, transform)."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _PARTITION.fullmatch(part)
        if match is None:
            raise ValueError(f"not a partition field: {part!r}")
        yield match[3], match[1] + (match[2] or "")


def _spec(schema: Schema, text: str) -> PartitionSpec:
    fields = []
    for at, (column, transform) in enumerate(_spec_fields(text)):
        source = schema.find_field(column).field_id
        name = f"{column}_{transform.partition('[')[0]}"
        fields.append(PartitionField(source, 1000 + at, parse_transform(transform), name))
    return PartitionSpec(*fields)


def _source_value(field: NestedField, value: Any) -> Any:
    """A plain value as Iceberg's transforms take it."""
    if isinstance(field.field_type, TimestampType | TimestamptzType) and value is not None:
        return value // 1000
    return value


class _TableWriter:
    def __init__(
        self, catalog: SqlCatalog, name: str, definition: TableDef, manifest_seed: int | None
    ) -> None:
        schema = _schema(definition)
        properties = {"format-version": str(definition.format_version), **definition.properties}
        spec = _spec(schema, definition.partition)
        self.table = catalog.create_table(name, schema, partition_spec=spec, properties=properties)
        self.definition = definition
        self.manifest_seed = manifest_seed
        self.ranks: dict[Place, Rank] = {}
        self.snapshots: dict[str, int] = {}
        self.commits = 0

    def write(self) -> WrittenTable:
        if self.definition.steps:
            with self.table.transaction() as transaction:
                for step in self.definition.steps:
                    if isinstance(step, Commit):
                        self.commit(transaction, step)
                    else:
                        self.change(transaction, step)
        if self.snapshots:
            with self.table.manage_snapshots() as manage:
                for mark, snapshot_id in self.snapshots.items():
                    manage.create_tag(snapshot_id, mark)
        past = history(self.definition)
        return WrittenTable(self.table, past, self.ranks, self.snapshots)

    def commit(self, transaction: Transaction, commit: Commit) -> None:
        append = _ShuffledAppend(
            operation=Operation.APPEND, transaction=transaction, io=self.table.io
        )
        append.seed = self.manifest_seed
        paths: dict[Place, tuple[str, int]] = {}
        with append:
            for file in commit.files:
                for partition, positions in self.partitions(transaction, file.rows).items():
                    rows = [file.rows[position] for position in positions]
                    data_file = self.write_file(transaction, file.name, partition, rows)
                    append.append_data_file(data_file)
                    for at, position in enumerate(positions):
                        place = (self.commits, file.name, position)
                        paths[place] = (data_file.file_path, at)
        version = transaction.table_metadata.format_version
        sequence = transaction.table_metadata.last_sequence_number if version > 1 else 0
        for place, (path, at) in paths.items():
            self.ranks[place] = (sequence, path, at)
        self.commits += 1

    def partitions(
        self, transaction: Transaction, rows: list[Row]
    ) -> dict[tuple[Any, ...], list[int]]:
        """Positions of rows by partition tuple, in the order of the rows."""
        schema = transaction.table_metadata.schema()
        names = [field.name for field in schema.fields]
        transforms: list[tuple[int, NestedField, Callable[[Any], Any]]] = []
        for field in transaction.table_metadata.spec().fields:
            source = schema.find_field(field.source_id)
            at = names.index(source.name)
            transforms.append((at, source, field.transform.transform(source.field_type)))
        groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
        for position, row in enumerate(rows):
            key = tuple(apply(_source_value(source, row[at])) for at, source, apply in transforms)
            groups[key].append(position)
        return groups or {(): []} if not transforms else groups

    def write_file(
        self, transaction: Transaction, name: str, partition: tuple[Any, ...], rows: list[Row]
    ) -> DataFile:
        metadata = transaction.table_metadata
        schema = metadata.schema()
        arrow_schema = values.write_schema(schema)
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(arrow_schema)
        arrays = [
            values.to_arrow(list(column), field.type)
            for column, field in zip(columns, arrow_schema, strict=True)
        ]
        spec = metadata.spec()
        key = None
        if partition:
            pairs = zip(spec.fields, partition, strict=True)
            key = _TransformedKey([PartitionFieldValue(f, v) for f, v in pairs], spec, schema)
        batch = pa.RecordBatch.from_arrays(arrays, schema=arrow_schema)
        task = WriteTask(name, 0, schema, [batch], partition_key=key)
        (data_file,) = write_file(self.table.io, metadata, iter([task]))
        return data_file

    def change(self, transaction: Transaction, change: Change) -> None:
        match change.verb:
            case "add":
                with transaction.update_schema() as update:
                    update.add_column(change.subject, values.iceberg_type(change.to))
            case "drop":
                with transaction.update_schema() as update:
                    update.delete_column(change.subject)
            case "rename":
                with transaction.update_schema() as update:
                    update.rename_column(change.subject, change.to)
            case "promote":
                with transaction.update_schema() as update:
                    update.update_column(change.subject, values.iceberg_type(change.to))
            case "repartition":
                self.repartition(transaction, change.subject)
            case "upgrade":
                transaction.upgrade_table_version(2)
            case "mark":
                snapshot = transaction.table_metadata.current_snapshot()
                assert snapshot is not None, "a mark needs a commit before it"
                self.snapshots[change.subject] = snapshot.snapshot_id
                # `as_of` names a snapshot by its millisecond: the next one must have another.
                time.sleep(0.002)

    @staticmethod
    def repartition(transaction: Transaction, text: str) -> None:
        # Two updates: in version 1 a removed field stays as void, and its name is only free then.
        with transaction.update_spec() as update:
            for field in transaction.table_metadata.spec().fields:
                if not isinstance(field.transform, VoidTransform):
                    update.remove_field(field.name)
        with transaction.update_spec() as update:
            for column, transform in _spec_fields(text):
                update.add_field(column, parse_transform(transform))
