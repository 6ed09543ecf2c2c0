"""Icefield as the writer of a walk, on tables of a pyiceberg catalog."""

from __future__ import annotations

import itertools
from pathlib import Path as FilePath
from typing import Any, ClassVar

import pyarrow as pa
from pyiceberg.exceptions import ValidationError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import parse_transform

import icefield
from tests.evolution.pyiceberg_writer import PyicebergWriter, nested_field
from tests.evolution.shape import Cell, Row, Struct
from tests.evolution.writer import RefusedError, State
from tests.golden.cells import json_table
from tests.interop.filters import Filter


class IcefieldWriter(PyicebergWriter):
    """Rows by Icefield; schemas and specs by pyiceberg, to whose catalog all commits go."""

    versions: ClassVar[list[int]] = [2]
    weights: ClassVar[dict[str, int]] = {
        "append": 6,
        "delete": 4,
        "overwrite": 3,
        "dynamic_overwrite": 3,
        "append_to_branch": 2,
        "add_column": 3,
        "drop_column": 2,
        "rename_column": 2,
        "promote": 3,
        "make_optional": 1,
        "move_first": 1,
        "add_partition": 2,
        "drop_partition": 1,
        "set_properties": 2,
    }
    null_lists = True

    def __init__(self, folder: FilePath) -> None:
        super().__init__(folder)
        self.ours: icefield.Table

    def create_table(
        self,
        name: str,
        columns: Struct,
        fields: list[tuple[str, str]],
        version: int,
        order: list[tuple[str, str, bool, bool]],
        properties: dict[str, str],
    ) -> None:
        """order: column, transform, descending, nulls first."""
        ids = itertools.count(1)
        schema = Schema(*(nested_field(f, ids) for f in columns.fields))

        def number(column: str) -> int:
            return schema.find_field(column).field_id

        spec = [
            PartitionField(number(column), 1000 + at, parse_transform(transform), f"p{at}")
            for at, (column, transform) in enumerate(fields)
        ]
        sort = [
            SortField(
                number(column),
                parse_transform(transform),
                SortDirection.DESC if descending else SortDirection.ASC,
                NullOrder.NULLS_FIRST if nulls_first else NullOrder.NULLS_LAST,
            )
            for column, transform, descending, nulls_first in order
        ]
        self.table = self.catalog.create_table(
            f"walks.{name}",
            schema,
            partition_spec=PartitionSpec(*spec),
            sort_order=SortOrder(*sort) if sort else SortOrder(order_id=0),
            properties={"format-version": str(version), **properties},
        )
        self.ours = icefield.Table.from_pyiceberg(self.table)

    def arrow(self, rows: list[Row]) -> pa.Table:
        """The rows in the types that Icefield says the table has."""
        self.ours.refresh()
        return json_table(rows, self.ours.schema())

    def append(self, rows: list[Row], branch: str | None = None) -> None:
        arrow = self.arrow(rows)
        self.ours.append(arrow.to_reader(max_chunksize=7), branch=branch)

    def delete(self, where: Filter) -> None:
        self.ours.refresh()
        self.ours.delete(where.text)

    def overwrite(self, where: Filter, rows: list[Row]) -> None:
        arrow = self.arrow(rows)
        self.ours.overwrite(arrow, where.text)

    def dynamic_overwrite(self, rows: list[Row]) -> None:
        """Whole partitions replaced."""
        arrow = self.arrow(rows)
        try:
            self.ours.dynamic_partition_overwrite(arrow)
        except icefield.errors.UnsupportedError as error:
            raise RefusedError(str(error)) from error

    def _schema(self, change: Any) -> None:
        self.table.refresh()
        try:
            super()._schema(change)
        except ValidationError as error:
            raise RefusedError(str(error)) from error

    def add_partition(self, column: str, transform: str) -> str:
        self.table.refresh()
        return super().add_partition(column, transform)

    def drop_partition(self, field: str) -> None:
        self.table.refresh()
        super().drop_partition(field)

    def set_properties(self, properties: dict[str, str]) -> None:
        """Table properties."""
        self.ours.refresh()
        self.ours.set_properties(properties)

    def update(self, where: Any, column: str, kind: str, cell: Cell) -> None:
        raise RefusedError("Icefield has no update")

    def state(self) -> State:
        """The current snapshot alone: others are of branches."""
        current = self.ours.refresh().current_snapshot()
        return State(self.ours.metadata_location, (current.snapshot_id,) if current else ())
