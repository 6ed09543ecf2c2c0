"""Arrow data in and out: any Arrow-speaking frame in, capsules of the engine out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import pyarrow as pa

from icefield._native import NativeStream
from icefield.errors import IcefieldError, InvalidArgumentError


class ArrowStream(Protocol):
    """Anything that hands out an Arrow stream."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...


class _Schema:
    """A schema capsule under the method that Arrow libraries look for."""

    def __init__(self, capsule: object) -> None:
        self._capsule = capsule

    def __arrow_c_schema__(self) -> object:
        return self._capsule


class ReaderBatches:
    """A pyarrow reader for the engine, which asks for one batch after the other.

    By the reader's own Arrow stream an exception of the Python code that makes its batches would
    come out as a text. Here it is the cause of an InvalidArgumentError; one of Icefield's, and what
    is no error (KeyboardInterrupt, SystemExit), comes out as it is.
    """

    def __init__(self, reader: pa.RecordBatchReader, what: str) -> None:
        self._reader = reader
        self._what = what

    def schema(self) -> object:
        """An Arrow schema capsule."""
        return self._reader.schema.__arrow_c_schema__()

    def next(self) -> object | None:
        """An Arrow array capsule, or None at the end."""
        try:
            batch = self._reader.read_next_batch()
        except StopIteration:
            return None
        except IcefieldError:
            raise
        except Exception as failure:
            raise InvalidArgumentError(
                f"{self._what}: its reader raised {type(failure).__name__}: {failure}"
            ) from failure
        return batch.__arrow_c_array__()[1]


class _Batch:
    """The capsules of a batch under the method that Arrow libraries look for."""

    def __init__(self, capsules: object) -> None:
        self._capsules = capsules

    def __arrow_c_array__(self, requested_schema: object | None = None) -> object:
        return self._capsules


def _batches(stream: NativeStream) -> Iterator[pa.RecordBatch]:
    # A traceback may keep this generator for long: threads and files do not wait for it.
    try:
        while (capsules := stream.next()) is not None:
            yield pa.record_batch(_Batch(capsules))
    finally:
        stream.close()


def stream_reader(stream: NativeStream) -> pa.RecordBatchReader:
    """A reader that decodes without the interpreter's lock; errors are Icefield's own."""
    return pa.RecordBatchReader.from_batches(schema_of(stream.schema()), _batches(stream))


def schema_of(capsule: object) -> pa.Schema:
    """The schema in a schema capsule."""
    return pa.schema(_Schema(capsule))


def to_stream(frame: Any, what: str = "an entity frame") -> ArrowStream | ReaderBatches:
    """A frame for the engine: pandas (without its index), polars, DuckDB, pyarrow, others.

    `what` names it in messages. Raises InvalidArgumentError for anything else, and for pandas
    columns that Arrow cannot hold (it names them).
    """
    if type(frame).__module__.startswith("pandas."):
        return _from_pandas(frame, what)
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if isinstance(frame, pa.RecordBatchReader):
        return ReaderBatches(frame, what)
    if hasattr(frame, "__arrow_c_stream__"):
        return frame
    raise InvalidArgumentError(
        f"{what} of type {type(frame).__name__} is not an Arrow-speaking frame; "
        "give a pandas, polars, DuckDB or pyarrow one"
    )


def _from_pandas(frame: Any, what: str) -> pa.Table:
    try:
        table = pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as failure:
        raise InvalidArgumentError(f"{what} does not fit Arrow: {failure}") from failure
    return table.replace_schema_metadata(None)
