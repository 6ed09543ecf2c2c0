"""Tables of cases, written by pyiceberg."""

from __future__ import annotations

import logging
import random
import time
from typing import Any

from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import write_file
from pyiceberg.manifest import DataFile, ManifestFile
from pyiceberg.partitioning import PartitionField, PartitionFieldValue, PartitionKey, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Transaction, WriteTask
from pyiceberg.table.snapshots import Operation
from pyiceberg.table.update.snapshot import _FastAppendFiles
from pyiceberg.transforms import VoidTransform, parse_transform
from pyiceberg.typedef import Record

from tests.pit import values
from tests.pit.history import Place, history
from tests.pit.model import Change, Commit, Row, TableDef
from tests.pit.written import (
    Rank,
    WrittenTable,
    arrow_rows,
    first_schema,
    positions_by_partition,
    spec_fields,
)

# It warns about every column of every file of no rows.
logging.getLogger("pyiceberg.io.pyarrow").setLevel(logging.ERROR)


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


def _spec(schema: Schema, text: str) -> PartitionSpec:
    fields = []
    for at, (column, transform) in enumerate(spec_fields(text)):
        source = schema.find_field(column).field_id
        name = f"{column}_{transform.partition('[')[0]}"
        fields.append(PartitionField(source, 1000 + at, parse_transform(transform), name))
    return PartitionSpec(*fields)


class PyicebergWriter:
    """Writes a table of version 1 or 2 that only appends, in one transaction."""

    def __init__(
        self, catalog: SqlCatalog, name: str, definition: TableDef, manifest_seed: int | None
    ) -> None:
        schema = first_schema(definition)
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
        ranks = dict.fromkeys([None, *self.snapshots], self.ranks)
        made = [snapshot.timestamp_ms * 1_000_000 for snapshot in self.table.snapshots()]
        commit_times = {place: made[place[0]] for place in self.ranks}
        return WrittenTable(self.table, past, ranks, self.snapshots, commit_times)

    def commit(self, transaction: Transaction, commit: Commit) -> None:
        append = _ShuffledAppend(
            operation=Operation.APPEND, transaction=transaction, io=self.table.io
        )
        append.seed = self.manifest_seed
        paths: dict[Place, tuple[str, int]] = {}
        with append:
            for file in commit.files:
                schema, spec = (
                    transaction.table_metadata.schema(),
                    transaction.table_metadata.spec(),
                )
                groups = positions_by_partition(schema, spec, file.rows)
                for partition, positions in groups.items():
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

    def write_file(
        self, transaction: Transaction, name: str, partition: tuple[Any, ...], rows: list[Row]
    ) -> DataFile:
        metadata = transaction.table_metadata
        schema, spec = metadata.schema(), metadata.spec()
        key = None
        if partition:
            pairs = zip(spec.fields, partition, strict=True)
            key = _TransformedKey([PartitionFieldValue(f, v) for f, v in pairs], spec, schema)
        task = WriteTask(name, 0, schema, [arrow_rows(schema, rows)], partition_key=key)
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
            for column, transform in spec_fields(text):
                update.add_field(column, parse_transform(transform))
