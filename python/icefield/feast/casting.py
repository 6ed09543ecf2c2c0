"""Feast's data in the types of Iceberg columns: pandas has nanoseconds, Iceberg microseconds.

What a cast may do is what Feast's users rely on: numbers change their width when the value fits,
times are floored to the column's unit, zone-less times are UTC, dictionaries become structs or maps
or JSON text, whatever the column holds. Text is never parsed into another type.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import types

from icefield.feast.errors import SourceMismatchError

_TIME_UNITS = ("s", "ms", "us", "ns")


class _MismatchError(ValueError):
    """An array that does not fit a column's type; the caller names the column."""


def iceberg_schema(schema: pa.Schema) -> pa.Schema:
    """The schema of an Iceberg v2 table that holds such columns; SourceMismatchError for others."""
    fields = []
    for field in schema:
        try:
            fields.append(pa.field(field.name, _iceberg_type(field.type)))
        except _MismatchError as error:
            raise SourceMismatchError(
                f"the column '{field.name}' has type {field.type}, which Iceberg cannot hold"
            ) from error
    return pa.schema(fields)


def _iceberg_type(kind: pa.DataType) -> pa.DataType:
    if types.is_dictionary(kind):
        return _iceberg_type(kind.value_type)
    if _is_list(kind):
        return pa.list_(pa.field("element", _iceberg_type(kind.value_type)))
    if types.is_struct(kind):
        return pa.struct([pa.field(field.name, _iceberg_type(field.type)) for field in kind])
    if types.is_map(kind):
        return pa.map_(_iceberg_type(kind.key_type), _iceberg_type(kind.item_type))
    for fits, chosen in _CHOICES:
        if fits(kind):
            return chosen(kind) if callable(chosen) else chosen
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name != "arrow.uuid":
        return _iceberg_type(kind.storage_type)
    if types.is_duration(kind) or types.is_interval(kind) or types.is_union(kind):
        raise _MismatchError
    return kind


def _timestamp(kind: pa.DataType) -> pa.DataType:
    return pa.timestamp("us", "UTC" if kind.tz else None)


def _is_list(kind: pa.DataType) -> bool:
    return (
        types.is_list(kind)
        or types.is_large_list(kind)
        or types.is_fixed_size_list(kind)
        or types.is_list_view(kind)
        or types.is_large_list_view(kind)
    )


def _is_text(kind: pa.DataType) -> bool:
    return types.is_string(kind) or types.is_large_string(kind) or types.is_string_view(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return (
        types.is_binary(kind)
        or types.is_large_binary(kind)
        or types.is_binary_view(kind)
        or types.is_fixed_size_binary(kind)
    )


def _is_number(kind: pa.DataType) -> bool:
    return types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind)


_CHOICES: tuple[tuple[Callable[[pa.DataType], bool], Any], ...] = (
    (types.is_timestamp, _timestamp),
    (types.is_time, pa.time64("us")),
    (types.is_date, pa.date32()),
    (lambda kind: kind in (pa.uint32(), pa.uint64()), pa.int64()),
    (lambda kind: types.is_integer(kind) and kind.bit_width < 32, pa.int32()),
    (types.is_float16, pa.float32()),
    (_is_text, pa.string()),
    (types.is_fixed_size_binary, lambda kind: kind),
    (_is_bytes, pa.binary()),
    (types.is_null, pa.string()),  # a column without a value says nothing of its type
)
# Kinds between which Arrow's checked cast keeps the value or fails.
_FAMILIES = (_is_number, types.is_boolean, _is_text, _is_bytes, types.is_time)


class FittedStream:
    """A stream of batches in the target's columns and types, for a reader in another library.

    That library can pass on only the text of what goes wrong in the stream: `unmasked` gives back
    the error itself.
    """

    def __init__(self, batches: Iterable[pa.RecordBatch], target: pa.Schema, where: str) -> None:
        self._batches = batches
        self._target = target
        self._where = where
        self._failure: Exception | None = None

    def reader(self) -> pa.RecordBatchReader:
        """The stream, which can be read once; its errors are those of `fit` and of the batches."""
        return pa.RecordBatchReader.from_batches(self._target, self._fitted())

    def _fitted(self) -> Iterator[pa.RecordBatch]:
        try:
            for batch in self._batches:
                yield fit(batch, self._target, self._where)
        except Exception as error:
            self._failure = error
            raise

    @contextlib.contextmanager
    def unmasked(self) -> Iterator[None]:
        """Raises the stream's own error in the place of the reading library's."""
        try:
            yield
        except Exception:
            if self._failure is not None:
                raise self._failure from None
            raise


def fit(batch: pa.RecordBatch, target: pa.Schema, where: str) -> pa.RecordBatch:
    """The batch with the target's columns, by name, in its order and types.

    Optional columns that the batch lacks are null. SourceMismatchError, with both schemas, for
    columns that the target lacks, required ones that the batch lacks, and values that do not fit;
    `where` says whose columns they are.
    """
    unknown = [name for name in batch.schema.names if name not in target.names]
    if unknown:
        raise _refusal(f"has no column {', '.join(unknown)}", batch.schema, target, where)
    columns = []
    for field in target:
        if field.name not in batch.schema.names:
            if not field.nullable:
                raise _refusal(f"requires the column {field.name}", batch.schema, target, where)
            columns.append(pa.nulls(len(batch), field.type))
            continue
        try:
            columns.append(fit_array(batch.column(field.name), field.type))
        except (ValueError, TypeError, NotImplementedError) as error:
            reason = "" if isinstance(error, _MismatchError) else f" ({error})"
            problem = f"cannot hold the values of the column {field.name}{reason}"
            raise _refusal(problem, batch.schema, target, where) from error
    return pa.RecordBatch.from_arrays(columns, schema=target)


def _refusal(problem: str, given: pa.Schema, target: pa.Schema, where: str) -> SourceMismatchError:
    return SourceMismatchError(
        f"{where} {problem}. The data has the schema ({describe(given)}); the table has "
        f"({describe(target)})"
    )


def describe(schema: pa.Schema) -> str:
    """The columns and their types on one line."""
    return ", ".join(f"{field.name}: {field.type}" for field in schema)


def fit_array(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """The array as this type; a ValueError where a value does not fit."""
    given = array.type
    if given == kind:
        return array
    if types.is_dictionary(given):
        return fit_array(array.dictionary_decode(), kind)
    if types.is_null(given):
        return pa.nulls(len(array), kind)
    if isinstance(given, pa.BaseExtensionType):
        return fit_array(array.storage, kind)
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, fit_array(array, kind.storage_type))
    if types.is_timestamp(kind):
        return _fit_times(array, kind)
    if types.is_date(kind):
        return _fit_dates(array, kind)
    if types.is_map(kind):
        return _fit_maps(array, kind)
    if _is_list(kind):
        return _fit_lists(array, kind)
    if types.is_struct(kind):
        return _fit_structs(array, kind)
    if _is_text(kind) and (types.is_struct(given) or types.is_map(given)):
        return _as_json(array, kind)
    if not any(family(given) and family(kind) for family in _FAMILIES):
        raise _MismatchError
    return array.cast(kind)


def _fit_times(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if types.is_date(array.type):
        return array.cast(pa.timestamp(kind.unit)).cast(kind)
    if not types.is_timestamp(array.type):
        raise _MismatchError
    if array.type.tz is not None:
        array = array.cast(pa.timestamp(array.type.unit, "UTC"))
    array = array.cast(pa.timestamp(array.type.unit))
    if _TIME_UNITS.index(array.type.unit) > _TIME_UNITS.index(kind.unit):
        # Arrow's own cast rounds towards zero, which before 1970 is up.
        ticks = array.view(pa.int64())
        step = 1000 ** (_TIME_UNITS.index(array.type.unit) - _TIME_UNITS.index(kind.unit))
        down = pc.divide(ticks, step)
        floored = pc.subtract(down, pc.cast(pc.less(ticks, pc.multiply(down, step)), pa.int64()))
        array = floored.view(pa.timestamp(kind.unit))
    return array.cast(kind)


def _fit_dates(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if types.is_timestamp(array.type):
        midnight = pc.floor_temporal(array, unit="day")
        if not pc.all(pc.equal(midnight, array), min_count=0).as_py():
            raise ValueError("a time of the day is lost in a date")
    elif not types.is_date(array.type):
        raise _MismatchError
    return array.cast(kind)


def _fit_lists(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if not _is_list(array.type):
        raise _MismatchError
    lengths = pc.fill_null(pc.list_value_length(array), 0).cast(pa.int32())
    offsets = pa.concat_arrays([pa.array([0], pa.int32()), pc.cumulative_sum(lengths)])
    values = fit_array(pc.list_flatten(array), kind.value_type)
    plain = pa.ListArray.from_arrays(
        offsets, values, type=pa.list_(kind.value_field), mask=array.is_null()
    )
    return plain.cast(kind)


def _fit_structs(array: pa.Array, kind: pa.DataType) -> pa.Array:
    if not types.is_struct(array.type):
        raise _MismatchError
    given = dict(zip((field.name for field in array.type), array.flatten(), strict=True))
    fields = list(kind)
    unknown = given.keys() - {field.name for field in fields}
    if unknown:
        raise ValueError(f"it has no field {', '.join(sorted(unknown))}")
    children = [
        fit_array(given[field.name], field.type)
        if field.name in given
        else pa.nulls(len(array), field.type)
        for field in fields
    ]
    return pa.StructArray.from_arrays(children, fields=fields, mask=array.is_null())


def _fit_maps(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """Also from structs, which is what dictionaries in pandas become: a null field is no entry."""
    rows = array.to_pylist()
    if types.is_struct(array.type):
        rows = [
            None if row is None else [(k, v) for k, v in row.items() if v is not None]
            for row in rows
        ]
    elif not types.is_map(array.type):
        raise _MismatchError
    return pa.array(rows, kind)


def _as_json(array: pa.Array, kind: pa.DataType) -> pa.Array:
    rows = array.to_pylist(maps_as_pydicts="strict")
    return pa.array([None if row is None else json.dumps(row) for row in rows], kind)
