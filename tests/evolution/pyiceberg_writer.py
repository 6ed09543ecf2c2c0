"""pyiceberg as the writer of a walk."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path as FilePath
from typing import Any, ClassVar

import pyarrow as pa
from pyiceberg import types as it
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import ValidationError
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import parse_transform
from sqlalchemy import event

from tests.evolution.predicates import Predicate
from tests.evolution.shape import Cell, Field, List, Path, Primitive, Row, Struct, Type
from tests.evolution.writer import RefusedError, State
from tests.golden.cells import json_table
from tests.golden.pyiceberg.partitions import append_rows


def iceberg_type(kind: Type, ids: itertools.count) -> it.IcebergType:
    """A type with ids for its fields; the table gives them its own."""
    if isinstance(kind, Primitive):
        text = (
            kind.text.replace("fixed(", "fixed[").replace(")", "]")
            if "fixed" in kind.text
            else kind.text
        )
        return it.IcebergType.handle_primitive_type(text, lambda _: _)
    if isinstance(kind, Struct):
        return it.StructType(*(nested_field(f, ids) for f in kind.fields))
    if isinstance(kind, List):
        return it.ListType(next(ids), iceberg_type(kind.element, ids), element_required=False)
    key, value = (iceberg_type(part, ids) for part in (kind.key, kind.value))
    return it.MapType(next(ids), key, next(ids), value, value_required=False)


def nested_field(column: Field, ids: itertools.count) -> it.NestedField:
    """A column or a field of a struct."""
    number = next(ids)
    return it.NestedField(number, column.name, iceberg_type(column.type, ids), column.required)


class PyicebergWriter:
    """Tables of a SQL catalog in a folder. Files are rewritten to delete rows."""

    primitives: ClassVar[list[str]] = [
        "boolean",
        "int",
        "long",
        "float",
        "double",
        "decimal(5, 2)",
        "decimal(18, 0)",
        "decimal(30, 9)",
        "date",
        "time",
        "timestamp",
        "timestamptz",
        "string",
        "uuid",
        "fixed(3)",
        "binary",
    ]
    versions: ClassVar[list[int]] = [1, 2]
    transforms: ClassVar[list[str]] = [
        "identity",
        "bucket[3]",
        "truncate[2]",
        "year",
        "month",
        "day",
        "hour",
    ]
    weights: ClassVar[dict[str, int]] = {
        "append": 6,
        "delete": 4,
        "overwrite": 2,
        "add_column": 4,
        "drop_column": 2,
        "rename_column": 3,
        "promote": 3,
        "make_optional": 1,
        "move_first": 1,
        "add_partition": 2,
        "drop_partition": 1,
        "tag": 1,
        "upgrade": 1,
    }
    # Its writer makes a null list of structs an empty one.
    null_lists = False

    def __init__(self, folder: FilePath) -> None:
        self.catalog = SqlCatalog(
            "walks", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}"
        )
        # The catalog is thrown away: waiting for the disk would be most of the run.
        event.listen(
            self.catalog.engine,
            "connect",
            lambda connection, _: connection.execute("PRAGMA synchronous = OFF"),
        )
        self.catalog.engine.dispose()
        self.catalog.create_namespace("walks")
        self.table: Table

    def create(
        self, name: str, columns: Struct, fields: list[tuple[str, str]], version: int
    ) -> None:
        ids = itertools.count(1)
        schema = Schema(*(nested_field(f, ids) for f in columns.fields))
        spec = [
            PartitionField(
                schema.find_field(column).field_id, 1000 + at, parse_transform(transform), f"p{at}"
            )
            for at, (column, transform) in enumerate(fields)
        ]
        self.table = self.catalog.create_table(
            f"walks.{name}",
            schema,
            partition_spec=PartitionSpec(*spec),
            properties={"format-version": str(version)},
        )

    def _arrow(self, rows: list[Row]) -> pa.Table:
        schema = schema_to_pyarrow(self.table.schema(), include_field_ids=False)
        return json_table(rows, schema)

    def append(self, rows: list[Row]) -> None:
        try:
            append_rows(self.table, self._arrow(rows))
        except ValueError as error:
            # A decimal that is truncated below its smallest value, for one.
            raise RefusedError(str(error)) from error
        self.table.refresh()

    def _rewriting(self, change: Callable[[], Any]) -> None:
        """A change for which pyiceberg may have to write rows of any partition."""
        for spec in self.table.specs().values():
            for part in spec.fields:
                name = str(part.transform)
                if name not in ("identity", "void"):
                    raise RefusedError(f"pyiceberg alone does not write {name}")
        change()
        self.table.refresh()

    def delete(self, where: Predicate) -> None:
        self._rewriting(lambda: self.table.delete(where.text))

    def overwrite(self, where: Predicate, rows: list[Row]) -> None:
        arrow = self._arrow(rows)
        self._rewriting(lambda: self.table.overwrite(arrow, overwrite_filter=where.text))

    def update(self, where: Predicate, column: str, kind: str, cell: Cell) -> None:
        raise RefusedError("pyiceberg has no update")

    def merge(self, key: str, rows: list[Row]) -> None:
        raise RefusedError("pyiceberg has no merge")

    def _schema(self, change: Callable[[Any], Any]) -> None:
        try:
            with self.table.update_schema() as update:
                change(update)
        except (ValueError, ValidationError) as error:
            raise RefusedError(str(error)) from error
        finally:
            self.table.refresh()

    def add_column(self, path: Path, kind: Type) -> None:
        self._schema(lambda update: update.add_column(path, iceberg_type(kind, itertools.count(1))))

    def drop_column(self, path: Path) -> None:
        self._schema(lambda update: update.delete_column(path))

    def rename_column(self, path: Path, name: str) -> None:
        self._schema(lambda update: update.rename_column(path, name))

    def promote(self, path: Path, text: str) -> None:
        self._schema(
            lambda update: update.update_column(
                path, it.IcebergType.handle_primitive_type(text, lambda _: _)
            )
        )

    def make_optional(self, name: str) -> None:
        self._schema(lambda update: update.make_column_optional(name))

    def move_first(self, name: str) -> None:
        self._schema(lambda update: update.move_first(name))

    def add_partition(self, column: str, transform: str) -> str:
        name = f"p{len(self.table.specs())}_{len(self.table.spec().fields)}"
        try:
            with self.table.update_spec() as update:
                update.add_field(column, parse_transform(transform), name)
        except ValueError as error:
            raise RefusedError(str(error)) from error
        self.table.refresh()
        return name

    def drop_partition(self, field: str) -> None:
        with self.table.update_spec() as update:
            update.remove_field(field)
        self.table.refresh()

    def compact(self) -> None:
        raise RefusedError("pyiceberg does not compact")

    def tag(self, name: str) -> None:
        current = self.table.current_snapshot()
        assert current is not None
        self.table.manage_snapshots().create_tag(current.snapshot_id, name).commit()
        self.table.refresh()

    def upgrade(self, version: int) -> None:
        with self.table.transaction() as transaction:
            transaction.upgrade_table_version(version)
        self.table.refresh()

    def state(self) -> State:
        return State(
            self.table.metadata_location, tuple(s.snapshot_id for s in self.table.snapshots())
        )
