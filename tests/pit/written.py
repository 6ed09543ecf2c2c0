"""A table on disk as the reference join sees it, and what its two writers share."""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.types import NestedField, TimestampType, TimestamptzType

from tests.pit import values
from tests.pit.history import History, Place
from tests.pit.model import Row, TableDef

Rank = tuple[Any, ...]
"""P6: ranks of one table compare. Before format version 3: (data sequence number, file path,
position); then the row's lineage stands before them, -1 for null.
"""


@dataclass(frozen=True)
class WrittenTable:
    """A table on disk, with the rank of every row and the snapshot of every mark."""

    table: Table
    past: History
    ranks: Mapping[str | None, Mapping[Place, Rank]]
    """By mark, and by None for the newest snapshot."""
    snapshots: dict[str, int]
    commit_times: Mapping[Place, int | None]
    """When each row was committed (P9), in nanoseconds; None where that is not known any more."""

    def rows(self, mark: str | None) -> Iterator[tuple[Rank, int | None, dict[str, Any]]]:
        """The rows of a snapshot, by the names of its schema, with their ranks and commit times."""
        for place, cells in self.past.read(mark):
            yield self.ranks[mark][place], self.commit_times[place], cells

    def timestamp_ms(self, mark: str) -> int:
        """The time of the snapshot at the mark."""
        snapshot = self.table.snapshot_by_id(self.snapshots[mark])
        assert snapshot is not None
        return int(snapshot.timestamp_ms)


def first_schema(table: TableDef) -> Schema:
    """The schema that a table is created with."""
    nested_ids = itertools.count(len(table.columns) + 1)
    kinds = [values.iceberg_type(column.type, nested_ids) for column in table.columns]
    fields = zip(itertools.count(1), table.columns, kinds)
    return Schema(*(NestedField(at, column.name, kind, False) for at, column, kind in fields))


_PARTITION = re.compile(r"\s*(\w+)(\[\d+\])?\((\w+)\)\s*")


def spec_fields(text: str) -> Iterator[tuple[str, str]]:
    """`bucket[4](user), day(ts)` as (column, transform)."""
    for part in filter(None, (part.strip() for part in text.split(","))):
        match = _PARTITION.fullmatch(part)
        if match is None:
            raise ValueError(f"not a partition field: {part!r}")
        yield match[3], match[1] + (match[2] or "")


def positions_by_partition(
    schema: Schema, spec: PartitionSpec, rows: Sequence[Row]
) -> dict[tuple[Any, ...], list[int]]:
    """Positions of rows by partition tuple, in the order of the rows."""
    names = [field.name for field in schema.fields]
    transforms: list[tuple[int, NestedField, Callable[[Any], Any]]] = []
    for field in spec.fields:
        source = schema.find_field(field.source_id)
        at = names.index(source.name)
        transforms.append((at, source, field.transform.transform(source.field_type)))
    groups: dict[tuple[Any, ...], list[int]] = defaultdict(list)
    for position, row in enumerate(rows):
        key = tuple(apply(_source_value(source, row[at])) for at, source, apply in transforms)
        groups[key].append(position)
    return groups or {(): []} if not transforms else groups


def _source_value(field: NestedField, value: Any) -> Any:
    """A plain value as Iceberg's transforms take it."""
    if isinstance(field.field_type, TimestampType | TimestamptzType) and value is not None:
        return value // 1000
    return value


def arrow_rows(schema: Schema, rows: Sequence[Row]) -> pa.RecordBatch:
    """Plain rows as they are written."""
    arrow_schema = values.write_schema(schema)
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(arrow_schema)
    arrays = [
        values.to_arrow(list(column), field.type)
        for column, field in zip(columns, arrow_schema, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=arrow_schema)
