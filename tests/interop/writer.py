"""Icefield as the writer of a walk, on tables of a pyiceberg catalog."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any, ClassVar

import pyarrow as pa
from pyiceberg.exceptions import ValidationError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import parse_transform

import icefield
from tests.evolution.pyiceberg_writer import PyicebergWriter, iceberg_type, nested_field
from tests.evolution.shape import Cell, Path, Primitive, Row, Struct, Type
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
        folder.mkdir(parents=True, exist_ok=True)
        super().__init__(folder)
        self.ours: icefield.Table

    def new_table(
        self,
        name: str,
        columns: Struct,
        fields: list[tuple[str, str]],
        version: int,
        order: list[tuple[str, str, bool, bool]],
        properties: dict[str, str],
    ) -> None:
        """order: column, transform, descending, nulls first."""
        self.name = f"walks.{name}"
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
        properties = {"format-version": str(version), **properties}
        self._make(
            schema, PartitionSpec(*spec), SortOrder(*sort, order_id=min(1, len(sort))), properties
        )

    def _make(
        self, schema: Schema, spec: PartitionSpec, order: SortOrder, properties: dict[str, str]
    ) -> None:
        self.table = self.catalog.create_table(
            self.name, schema, partition_spec=spec, sort_order=order, properties=properties
        )
        self.ours = icefield.Table.from_pyiceberg(self.table)

    def arrow(self, rows: list[Row]) -> pa.Table:
        """The rows in the types that Icefield says the table has; columns may be left out."""
        schema = self.ours.refresh().schema()
        return json_table(rows, pa.schema([field for field in schema if field.name in rows[0]]))

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

    def add_default(self, path: Path, kind: Type, required: bool, default: Any) -> None:
        """A column with an initial and a write default."""
        raise RefusedError("v2 has no defaults")

    def set_default(self, path: Path, default: Any) -> None:
        """Another write default."""
        raise RefusedError("v2 has no defaults")

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


class OwnWriter(IcefieldWriter):
    """Everything by Icefield, on its own catalog, but for changes of the partition spec."""

    versions: ClassVar[list[int]] = [2, 3, 3]
    weights: ClassVar[dict[str, int]] = {
        **IcefieldWriter.weights,
        "upgrade": 1,
        "delete": 8,
        "overwrite": 4,
        "add_column": 5,
        "set_default": 2,
    }

    def __init__(self, folder: FilePath) -> None:
        super().__init__(folder)
        self.own = icefield.load_catalog(
            "walks", type="sql", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}"
        )

    def _make(
        self, schema: Schema, spec: PartitionSpec, order: SortOrder, properties: dict[str, str]
    ) -> None:
        self.ours = self.own.create_table(
            self.name, schema, partition_spec=spec, sort_order=order, properties=properties
        )

    def _schema(self, change: Callable[[Any], Any]) -> None:
        self.ours.refresh()
        try:
            with self.ours.update_schema() as update:
                change(update)
        except icefield.errors.InvalidArgumentError as error:
            raise RefusedError(str(error)) from error

    def add_column(self, path: Path, kind: Type) -> None:
        made = iceberg_type(kind, itertools.count(1))
        self._schema(lambda update: update.add_column(path, made))

    def add_default(self, path: Path, kind: Type, required: bool, default: Any) -> None:
        made = iceberg_type(kind, itertools.count(1))
        self._schema(lambda update: update.add_column(path, made, None, required, default))

    def set_default(self, path: Path, default: Any) -> None:
        self._schema(lambda update: update.set_default_value(".".join(path), default))

    def drop_column(self, path: Path) -> None:
        self._schema(lambda update: update.delete_column(".".join(path)))

    def rename_column(self, path: Path, name: str) -> None:
        self._schema(lambda update: update.rename_column(".".join(path), name))

    def promote(self, path: Path, text: str) -> None:
        made = iceberg_type(Primitive(text), itertools.count(1))
        self._schema(lambda update: update.update_column(".".join(path), made))

    def _spec(self, change: Callable[[], Any]) -> Any:
        """By pyiceberg, which does not write the metadata of v3."""
        if self.ours.format_version > 2:
            raise RefusedError("nobody here changes a spec of v3")
        self.table = self.catalog.load_table(self.name)
        return change()

    def add_partition(self, column: str, transform: str) -> str:
        return str(self._spec(lambda: super(OwnWriter, self).add_partition(column, transform)))

    def drop_partition(self, field: str) -> None:
        self._spec(lambda: super(OwnWriter, self).drop_partition(field))

    def upgrade(self, version: int) -> None:
        self.set_properties({"format-version": str(version)})
