"""Arrow data in and out: any Arrow-speaking frame in, capsules of the engine out."""

from __future__ import annotations

from typing import Any, Protocol

import pyarrow as pa

from icefield.errors import InvalidArgumentError


class ArrowStream(Protocol):
    """Anything that hands out an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class _Capsule:
    """A capsule of the engine under the method that Arrow libraries look for."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._capsule

    def __arrow_c_schema__(self) -> object:
        return self._capsule


def stream_reader(capsule: object) -> pa.RecordBatchReader:
    """A reader over a stream capsule; reading releases the interpreter's lock."""
    return pa.RecordBatchReader.from_stream(_Capsule(capsule))


def schema_of(capsule: object) -> pa.Schema:
    """The schema in a schema capsule."""
    return pa.schema(_Capsule(capsule))


def to_stream(frame: Any) -> ArrowStream:
    """A frame as an Arrow stream: pandas (without its index), polars, DuckDB, pyarrow, others.

    Raises InvalidArgumentError for anything else, and for pandas columns that Arrow cannot hold (it
    names them).
    """
    if type(frame).__module__.startswith("pandas."):
        return _from_pandas(frame)
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    raise InvalidArgumentError(
        f"an entity frame of type {type(frame).__name__} is not an Arrow-speaking frame; "
        "give a pandas, polars, DuckDB or pyarrow one"
    )


def _from_pandas(frame: Any) -> pa.Table:
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as failure:
        raise InvalidArgumentError(f"the entity frame does not fit Arrow: {failure}") from failure
    return table.replace_schema_metadata(None)
