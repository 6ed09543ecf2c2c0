"""Raw tables whose data files are written by pyarrow, in any form that its options give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

import icefield
from tests.raw import RawTable, TableFile


def with_id(field: pa.Field, field_id: int) -> pa.Field:
    """The field with the id that Parquet files keep."""
    return field.with_metadata({b"PARQUET:field_id": str(field_id).encode()})


def columns(**arrays: pa.Array) -> pa.Table:
    """A table whose columns have the field ids 1, 2, ..."""
    fields = [
        with_id(pa.field(name, array.type), at)
        for at, (name, array) in enumerate(arrays.items(), start=1)
    ]
    return pa.table(list(arrays.values()), schema=pa.schema(fields))


def foreign_file(table: RawTable, rows: pa.Table, **options: Any) -> TableFile:
    """A data file that pyarrow writes as it is told, known to the manifest by its size alone."""
    path, uri = table.new_path(None, "foreign", "parquet")
    pq.write_table(rows, path, **options)
    return TableFile(0, uri, rows.num_rows, path.stat().st_size)


def read(table: RawTable, *names: str, **scan: Any) -> pa.Table:
    """The current state of the columns named (none: all)."""
    chosen = icefield.load_table(table.metadata_location)
    return chosen.scan(selected_fields=names or ("*",), **scan).to_arrow()


def one_file_table(
    folder: Path, schema: Any, rows: pa.Table, version: int = 3, **options: Any
) -> RawTable:
    """A table of one foreign file."""
    table = RawTable(folder, schema, format_version=version)
    table.commit([foreign_file(table, rows, **options)])
    return table
