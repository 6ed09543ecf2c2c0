"""A golden table that pyiceberg writes: every change goes to pyiceberg and to the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from pyiceberg.catalog import Catalog
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.transforms import parse_transform
from pyiceberg.types import NestedField

from tests.golden.cells import (
    difference,
    json_rows,
    json_table,
    plain_json,
    table_rows,
)
from tests.golden.pyiceberg.partitions import append_rows
from tests.golden.story import Row, Story
from tests.pit.values import iceberg_type

WRITER = "pyiceberg 0.12.0"
Step = Callable[[list[Row]], list[Row]]
Script = Callable[[Catalog, str], "PyicebergTable"]


def register(tables: dict[str, Script]) -> Callable[[Script], Script]:
    """Adds a script under the name of the table that it writes."""

    def add(script: Script) -> Script:
        tables[script.__name__] = script
        return script

    return add


def schema_of(columns: dict[str, str]) -> Schema:
    """A schema from the texts of its types; an exclamation mark makes a column required."""
    ids = iter(range(len(columns) + 1, 10_000))
    return Schema(
        *(
            NestedField(at, name, iceberg_type(text.rstrip("!"), ids), text.endswith("!"))
            for at, (name, text) in enumerate(columns.items(), 1)
        )
    )


def spec_of(schema: Schema, fields: Sequence[tuple[str, str]]) -> PartitionSpec:
    """A spec from (column, transform) pairs."""
    return PartitionSpec(
        *(
            PartitionField(
                schema.find_field(column).field_id,
                1000 + at,
                parse_transform(transform),
                re.sub(r"\W+", "_", f"{column}_{transform}"),
            )
            for at, (column, transform) in enumerate(fields)
        )
    )


class PyicebergTable(Story):
    """One table, with its model. After every change pyiceberg must read the model's rows.

    trusted: False where pyiceberg's reader is known to be wrong; the model decides alone then.
    """

    def __init__(
        self,
        catalog: Catalog,
        table: str,
        about: str,
        points: Sequence[str],
        columns: dict[str, str],
        partition: Sequence[tuple[str, str]] = (),
        version: int = 2,
        scheme: str = "file://",
        trusted: bool = True,
        **properties: str,
    ) -> None:
        super().__init__(table, WRITER, about, list(points))
        self.trusted = trusted
        schema = schema_of(columns)
        given = {key.replace("__", "-").replace("_", "."): v for key, v in properties.items()}
        self.table_ = catalog.create_table(
            f"golden.{table}",
            schema,
            location=f"{scheme}{self.folder}",
            partition_spec=spec_of(schema, partition),
            properties={"format-version": str(version), **given},
        )
        self.columns = list(columns)

    @property
    def iceberg(self) -> Table:
        """pyiceberg's table, as it is now."""
        return self.table_.refresh()

    def arrow(self, rows: Sequence[Row]) -> pa.Table:
        """Rows of the model in the current schema."""
        schema = schema_to_pyarrow(self.iceberg.schema(), include_field_ids=False)
        return json_table(rows, schema)

    def full(self, rows: Sequence[Row]) -> list[Row]:
        """Rows that may lack columns, with nulls for these."""
        return [{name: row.get(name) for name in self.columns} for row in rows]

    def append_transformed(self, rows: Sequence[Row]) -> None:
        """One commit, whatever the transforms of the spec are."""
        append_rows(self.iceberg, self.arrow(rows))
        self.settle(self.rows + self.full(rows))

    def append(self, rows: Sequence[Row], **options: Any) -> None:
        """One commit; on the main branch unless `branch` is given."""
        self.iceberg.append(self.arrow(rows), **options)
        if "branch" not in options:
            self.settle(self.rows + self.full(rows))

    def change(self, step: Step, columns: Sequence[str]) -> None:
        """The schema was changed: rows and columns as they are now."""
        self.settle(step(self.rows), columns=columns)

    def settle(self, *states: list[Row], columns: Sequence[str] | None = None) -> None:
        """Notes the states of the snapshots that were made since, the last of them the current one.

        pyiceberg makes one or two snapshots of a delete or an overwrite, as the files demand: a
        state between that the model does not give is what pyiceberg reads. Without a new snapshot
        the one state is the current one all the same.
        """
        if columns is not None:
            self.columns = list(columns)
        fresh = [
            s.snapshot_id for s in self.iceberg.snapshots() if s.snapshot_id not in self.snapshots
        ]
        known = dict(zip(reversed(fresh), reversed(states), strict=False))
        for snapshot_id in fresh:
            self.rows = known[snapshot_id] if snapshot_id in known else self.read(snapshot_id)
            self.check(snapshot_id)
            self.commit(snapshot_id)
        self.rows = states[-1]
        self.check(None)

    def read(self, snapshot_id: int) -> list[Row]:
        """The rows of a snapshot as pyiceberg reads them."""
        answer = self.iceberg.scan(snapshot_id=snapshot_id).to_arrow()
        kinds = answer.schema.types
        return [
            dict(zip(answer.column_names, map(plain_json, row, kinds), strict=True))
            for row in table_rows(answer)
        ]

    def check(self, snapshot_id: int | None) -> None:
        """The model's rows are pyiceberg's."""
        if not self.trusted:
            return
        answer = self.iceberg.scan(snapshot_id=snapshot_id).to_arrow()
        assert answer.column_names == self.columns, (answer.column_names, self.columns)
        listed = [[row[name] for name in self.columns] for row in self.rows]
        found = difference(table_rows(answer), json_rows(listed, answer.schema.types))
        assert found is None, f"{self.table}: {found}"

    def expect_every_state(self) -> None:
        """As the story tells them; pyiceberg must still read every snapshot so."""
        now = (self.columns, self.rows)
        for snapshot_id, (columns, rows) in self.snapshots.items():
            self.columns, self.rows = columns, rows
            self.check(snapshot_id)
        self.columns, self.rows = now
        super().expect_every_state()

    def metadata(self) -> str:
        """The current metadata file within the table's folder."""
        return re.sub(rf"^.*?/{self.table}/", "", self.iceberg.metadata_location)
