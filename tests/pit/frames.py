"""The entity frame of a case in the library that the case names."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tests.pit import values
from tests.pit.model import FrameDef


def arrow_frame(frame: FrameDef) -> pa.Table:
    """The frame as the case wrote it, in chunks."""
    schema = pa.schema([(c.name, values.arrow_type(c.type)) for c in frame.columns])
    columns = list(zip(*frame.rows, strict=True)) if frame.rows else [()] * len(schema)
    arrays = [
        values.to_arrow(list(column), field.type)
        for column, field in zip(columns, schema, strict=True)
    ]
    table = pa.Table.from_arrays(arrays, schema=schema)
    if frame.chunk is None:
        return table
    return pa.Table.from_batches(table.to_batches(max_chunksize=frame.chunk), schema)


def native_frame(frame: FrameDef) -> Any:
    """The object that a user of the library would pass."""
    table = arrow_frame(frame)
    match frame.library:
        case "pyarrow":
            return table
        case "reader":
            return table.to_reader()
        case "pandas":
            return table.to_pandas()
        case "polars":
            import polars as pl

            return pl.from_arrow(table)
        case "duckdb":
            import duckdb

            return duckdb.from_arrow(table)
        case _:
            raise ValueError(f"no library {frame.library!r} for frames")


def seen_frame(frame: FrameDef) -> pa.Table:
    """What an Arrow consumer sees of `native_frame`: the library may change types on its way."""
    return pa.RecordBatchReader.from_stream(native_frame(frame)).read_all()
