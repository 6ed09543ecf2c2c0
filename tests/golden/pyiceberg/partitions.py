"""Appends with pyiceberg under any partition spec; by itself it knows only some transforms."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pyarrow as pa
from pyiceberg.io.pyarrow import write_file
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey
from pyiceberg.table import Table, WriteTask
from pyiceberg.transforms import VoidTransform
from pyiceberg.typedef import Record
from pyiceberg.types import UUIDType

from tests.golden.cells import array_cells, json_value


class _TransformedKey(PartitionKey):
    """A partition whose values are transformed already."""

    @property
    def partition(self) -> Record:
        return Record(*(pair.value for pair in self.field_values))

    def to_path(self) -> str:
        return "-".join(pair.field.name for pair in self.field_values) or "all"


def _partitions(table: Table, rows: pa.Table) -> list[tuple[Any, ...]]:
    """Every row's partition by pyiceberg's Python transforms."""
    schema = table.schema()
    columns: list[list[Any]] = []
    for field in table.spec().fields:
        if isinstance(field.transform, VoidTransform):
            columns.append([None] * rows.num_rows)
            continue
        source = schema.find_field(field.source_id)
        column = rows.column(schema.find_column_name(field.source_id)).combine_chunks()
        values = [json_value(cell, column.type) for cell in array_cells(column)]
        if isinstance(source.field_type, UUIDType):
            values = [value and UUID(bytes=value) for value in values]
        apply = field.transform.transform(source.field_type)
        columns.append([apply(value) for value in values])
    return list(zip(*columns, strict=True)) if columns else [()] * rows.num_rows


def append_rows(table: Table, rows: pa.Table) -> None:
    """One commit of a file for each partition, whatever the transforms of the current spec are.

    pyiceberg's Python transforms decide the partitions, and its file writer writes the files.
    """
    spec, places = table.spec(), _partitions(table, rows)
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
        for number, place in enumerate(dict.fromkeys(places)):
            members = rows.filter(pa.array([other == place for other in places]))
            values = [PartitionFieldValue(f, v) for f, v in zip(spec.fields, place, strict=True)]
            key = _TransformedKey(values, spec, table.schema())
            task = WriteTask(
                uuid4(), number, table.schema(), members.to_batches(), partition_key=key
            )
            for file in write_file(table.io, table.metadata, iter([task])):
                append.append_data_file(file)
