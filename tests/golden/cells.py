"""Arrow columns and the cells of `expected/*.json` as one plain form, so that both compare.

| type                              | in the JSON file                           | plain form      |
|-----------------------------------|--------------------------------------------|-----------------|
| boolean, string                   | as JSON has them                           | bool, str       |
| int, long, date, time, timestamps | integer: days, microseconds, ticks         | int             |
| float, double                     | text for `float()`, rounded to the width   | ("float", bits) |
| decimal                           | text with all digits of the scale          | str             |
| uuid, fixed, binary               | lower-case hexadecimal                     | str             |
| list, struct                      | array, object                              | tuple           |
| map                               | array of [key, value], in any order        | tuple, sorted   |
| null                              | null                                       | None            |
"""

from __future__ import annotations

import json
import math
import struct
from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.types as pat

Row = tuple[Any, ...]


def _is_list(kind: pa.DataType) -> bool:
    return pat.is_list(kind) or pat.is_large_list(kind) or pat.is_fixed_size_list(kind)


def _is_bytes(kind: pa.DataType) -> bool:
    return pat.is_binary(kind) or pat.is_large_binary(kind) or pat.is_fixed_size_binary(kind)


def _is_ticks(kind: pa.DataType) -> bool:
    return pat.is_date(kind) or pat.is_time(kind) or pat.is_timestamp(kind)


def _is_text(kind: pa.DataType) -> bool:
    return pat.is_string(kind) or pat.is_large_string(kind)


def _float_cell(value: float, kind: pa.DataType) -> tuple[str, bytes]:
    """By its bits: -0.0 is not 0.0, and NaN is NaN."""
    if math.isnan(value):
        return ("float", b"nan")
    return ("float", struct.pack("<f" if pat.is_float32(kind) else "<d", value))


def _sorted_entries(entries: Sequence[tuple[Any, Any]]) -> tuple[Any, ...]:
    return tuple(sorted(entries, key=repr))


# --- from Arrow -----------------------------------------------------------------------------------


def _ticks(array: pa.Array) -> list[int | None]:
    width = array.type.bit_width
    return array.view(pa.int32() if width == 32 else pa.int64()).to_pylist()


def _nullable(array: pa.Array, cell: Callable[[int], Any]) -> list[Any]:
    return [cell(at) if valid else None for at, valid in enumerate(array.is_valid().to_pylist())]


def _nested_cells(array: pa.Array) -> list[Any]:
    kind = array.type
    if pat.is_struct(kind):
        columns = [array_cells(array.field(at)) for at in range(kind.num_fields)]
        return _nullable(array, lambda at: tuple(column[at] for column in columns))
    offsets = array.offsets.to_pylist()
    if pat.is_map(kind):
        keys, items = array_cells(array.keys), array_cells(array.items)
        entries = list(zip(keys, items, strict=True))
        return _nullable(array, lambda at: _sorted_entries(entries[offsets[at] : offsets[at + 1]]))
    values = array_cells(array.values)
    return _nullable(array, lambda at: tuple(values[offsets[at] : offsets[at + 1]]))


def array_cells(array: pa.Array) -> list[Any]:
    """The plain form of every value of an array."""
    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return array_cells(array.storage)
    if pat.is_dictionary(kind):
        return array_cells(array.dictionary_decode())
    if _is_ticks(kind):
        return _ticks(array)
    if _is_list(kind) or pat.is_map(kind) or pat.is_struct(kind):
        return _nested_cells(array)
    values = array.to_pylist()
    if pat.is_floating(kind):
        return [None if v is None else _float_cell(v, kind) for v in values]
    if pat.is_decimal(kind):
        return [None if v is None else format(v, "f") for v in values]
    if _is_bytes(kind):
        return [None if v is None else v.hex() for v in values]
    if pat.is_boolean(kind) or pat.is_integer(kind) or pat.is_null(kind) or _is_text(kind):
        return values
    raise TypeError(f"no plain form for Arrow type {kind}")


def table_rows(table: pa.Table) -> list[Row]:
    """The rows of a table in plain form."""
    columns = [
        [cell for chunk in column.chunks for cell in array_cells(chunk)] for column in table.columns
    ]
    return list(zip(*columns, strict=True)) if columns else [()] * table.num_rows


# --- from JSON ------------------------------------------------------------------------------------


def _demand(holds: bool, value: Any, kind: pa.DataType) -> None:
    if not holds:
        raise ValueError(f"expected cell {value!r} does not fit the Arrow type {kind}")


def json_cell(value: Any, kind: pa.DataType) -> Any:
    """The plain form of an expected cell, given the type that it is compared with.

    Raises:
        ValueError: where the cell can be no value of that type.
    """
    if value is None:
        return None
    if isinstance(kind, pa.BaseExtensionType):
        return json_cell(value, kind.storage_type)
    if pat.is_struct(kind):
        names = [field.name for field in kind]
        _demand(isinstance(value, dict) and sorted(value) == sorted(names), value, kind)
        return tuple(json_cell(value[field.name], field.type) for field in kind)
    if _is_list(kind):
        _demand(isinstance(value, list), value, kind)
        return tuple(json_cell(item, kind.value_type) for item in value)
    if pat.is_map(kind):
        _demand(isinstance(value, list), value, kind)
        entries = [(json_cell(k, kind.key_type), json_cell(v, kind.item_type)) for k, v in value]
        return _sorted_entries(entries)
    if pat.is_boolean(kind):
        _demand(isinstance(value, bool), value, kind)
        return value
    if pat.is_integer(kind) or _is_ticks(kind):
        _demand(isinstance(value, int) and not isinstance(value, bool), value, kind)
        return value
    _demand(isinstance(value, str), value, kind)
    return _float_cell(float(value), kind) if pat.is_floating(kind) else value


def json_rows(rows: Sequence[Sequence[Any]], kinds: Sequence[pa.DataType]) -> list[Row]:
    """The plain form of expected rows, given the types of the columns."""
    return [tuple(map(json_cell, row, kinds)) for row in rows]


def json_value(value: Any, kind: pa.DataType) -> Any:
    """An expected cell as `pa.array` takes it, to write what later has to be read."""
    if value is None:
        return None
    if isinstance(kind, pa.BaseExtensionType):
        return json_value(value, kind.storage_type)
    if pat.is_struct(kind):
        return {field.name: json_value(value[field.name], field.type) for field in kind}
    if _is_list(kind):
        return [json_value(item, kind.value_type) for item in value]
    if pat.is_map(kind):
        return [(json_value(k, kind.key_type), json_value(v, kind.item_type)) for k, v in value]
    if pat.is_floating(kind):
        return float(value)
    if pat.is_decimal(kind):
        return Decimal(value)
    return bytes.fromhex(value) if _is_bytes(kind) else value


def _storage_type(kind: pa.DataType) -> pa.DataType:
    """The type with its extension types, at any depth, as what they are stored as."""
    if isinstance(kind, pa.BaseExtensionType):
        return kind.storage_type
    if pat.is_struct(kind):
        return pa.struct([field.with_type(_storage_type(field.type)) for field in kind])
    if pat.is_map(kind):
        return pa.map_(_storage_type(kind.key_type), _storage_type(kind.item_type))
    return pa.list_(_storage_type(kind.value_type)) if _is_list(kind) else kind


def _with_extensions(array: pa.Array, kind: pa.DataType) -> pa.Array:
    """An array of `_storage_type(kind)` as one of the type: `pa.array` makes no nested ones."""
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, array)
    nulls = array.is_null()
    if pat.is_struct(kind):
        children = [_with_extensions(array.field(at), f.type) for at, f in enumerate(kind)]
        return pa.StructArray.from_arrays(children, fields=list(kind), mask=nulls)
    if pat.is_map(kind):
        keys = _with_extensions(array.keys, kind.key_type)
        items = _with_extensions(array.items, kind.item_type)
        return pa.MapArray.from_arrays(array.offsets, keys, items, type=kind, mask=nulls)
    if _is_list(kind):
        values = _with_extensions(array.values, kind.value_type)
        maker = pa.LargeListArray if pat.is_large_list(kind) else pa.ListArray
        return maker.from_arrays(array.offsets, values, type=kind, mask=nulls)
    return array


def _json_array(cells: Sequence[Any], kind: pa.DataType) -> pa.Array:
    values, stored = [json_value(cell, kind) for cell in cells], _storage_type(kind)
    if stored == kind:
        return pa.array(values, kind)
    return _with_extensions(pa.array(values, stored), kind)


def json_table(rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Table:
    """Rows of expected cells by column name as a table; an absent cell is null."""
    columns = [_json_array([row.get(field.name) for row in rows], field.type) for field in schema]
    return pa.Table.from_arrays(columns, schema=schema)


def plain_json(cell: Any, kind: pa.DataType) -> Any:
    """A cell in plain form as JSON has it."""
    if cell is None:
        return None
    if isinstance(kind, pa.BaseExtensionType):
        return plain_json(cell, kind.storage_type)
    if pat.is_struct(kind):
        return {f.name: plain_json(v, f.type) for f, v in zip(kind, cell, strict=True)}
    if _is_list(kind):
        return [plain_json(item, kind.value_type) for item in cell]
    if pat.is_map(kind):
        return [[plain_json(k, kind.key_type), plain_json(v, kind.item_type)] for k, v in cell]
    if pat.is_floating(kind):
        bits = cell[1]
        value = (
            math.nan if bits == b"nan" else struct.unpack("<f" if len(bits) == 4 else "<d", bits)[0]
        )
        return repr(value)
    return cell


# --- comparison -----------------------------------------------------------------------------------


def _same_json(cell: Any) -> Any:
    return None if cell is None else json.dumps(json.loads(cell), sort_keys=True)


def with_json(rows: list[Row], at: Sequence[int]) -> list[Row]:
    """The rows with the texts of some columns as JSON values: layout and key order say nothing."""
    return [
        tuple(_same_json(cell) if i in at else cell for i, cell in enumerate(row)) for row in rows
    ]


def difference(got: list[Row], expected: list[Row], shown: int = 5) -> str | None:
    """What tells two multisets of rows apart, or None."""
    surplus, missing = Counter(got), Counter(expected)
    surplus.subtract(expected)
    missing.subtract(got)
    lines = [f"{len(got)} rows, expected {len(expected)}"]
    for name, rows in (("not expected", +surplus), ("missing", +missing)):
        lines += [f"  {name}: {row} x{n}" for row, n in sorted(rows.items(), key=repr)[:shown]]
        if len(rows) > shown:
            lines.append(f"  {name}: and {len(rows) - shown} more")
    return None if len(lines) == 1 and len(got) == len(expected) else "\n".join(lines)
