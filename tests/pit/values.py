"""Types and values of a case: Iceberg and Arrow types from text, literals, and plain Python values.

A *plain value* is what the reference join and the comparison of cells work on, free of units and
of any library's conversions:

    bool, int, float, Decimal, str, bytes         as Python has them (float is rounded for `float`)
    uuid                                          bytes, sixteen
    date                                          int, days since 1970-01-01
    time, duration                                int, microseconds
    timestamp (any unit, any zone)                int, nanoseconds since 1970-01-01 00:00 UTC
    list, struct, map                             list, dict, list of (key, value)
    null                                          None
"""

from __future__ import annotations

import datetime as dt
import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import pyarrow as pa
import pyarrow.types as pat
from pyiceberg import types as it
from pyiceberg.io.pyarrow import schema_to_pyarrow
from pyiceberg.schema import Schema

UNIT_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}
DAY_NS = 86_400 * UNIT_NS["s"]
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_EPOCH_DAY = EPOCH.toordinal()

# --- instants -------------------------------------------------------------------------------------

_ISO = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?"
    r"\s?(Z|[+-]\d\d(?::?\d\d)?)?"
)


def parse_instant(text: str) -> int:
    """An ISO-8601 time as nanoseconds since the epoch; without an offset it is UTC."""
    match = _ISO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not an ISO-8601 time: {text!r}")
    year, month, day, hour, minute, second, fraction, zone = match.groups()
    days = dt.date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    seconds = (int(hour or 0) * 60 + int(minute or 0)) * 60 + int(second or 0)
    if zone not in (None, "Z"):
        digits = zone[1:].replace(":", "").ljust(4, "0")
        offset = int(digits[:2]) * 3600 + int(digits[2:]) * 60
        seconds -= offset if zone[0] == "+" else -offset
    return days * DAY_NS + seconds * UNIT_NS["s"] + int((fraction or "0").ljust(9, "0"))


def format_instant(value: int) -> str:
    """The text that `parse_instant` reads back as `value`."""
    days, rest = divmod(value, DAY_NS)
    seconds, fraction = divmod(rest, UNIT_NS["s"])
    date = dt.date.fromordinal(days + _EPOCH_DAY)
    clock = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    tail = f".{fraction:09}".rstrip("0") if fraction else ""
    return f"{date.isoformat()}T{clock}{tail}Z"


_SPAN_NS = {"d": DAY_NS, "h": 3600 * UNIT_NS["s"], "m": 60 * UNIT_NS["s"], **UNIT_NS}
_SPAN = re.compile(r"(-?\d+)\s*(d|h|m|s|ms|us|ns)")


def parse_span(text: str) -> int:
    """A length of time such as `3h`, `-1us` or `0s`, in nanoseconds."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"not a length of time: {text!r}")
    return int(match[1]) * _SPAN_NS[match[2]]


def format_span(value: int) -> str:
    """The shortest text that `parse_span` reads back as `value`."""
    unit = next(u for u in ("d", "h", "m", "s", "ms", "us", "ns") if value % _SPAN_NS[u] == 0)
    return f"{value // _SPAN_NS[unit]}{unit}"


# --- types ----------------------------------------------------------------------------------------


def _nested(text: str) -> tuple[str, list[str]]:
    """`map<string, list<int>>` as its head and its arguments, split at the outer commas only."""
    head, _, inner = text.partition("<")
    parts, depth = [""], 0
    for char in inner.removesuffix(">"):
        depth += (char in "<([") - (char in ">)]")
        if char == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return head.strip(), [part.strip() for part in parts]


def _named(parts: list[str]) -> Iterator[tuple[str, str]]:
    for part in parts:
        name, _, kind = part.partition(":")
        yield name.strip(), kind.strip()


def iceberg_type(text: str, ids: Iterator[int] | None = None) -> it.IcebergType:
    """An Iceberg type from its text: `decimal(9, 2)`, `list<int>`, `struct<a: int, b: string>`.

    Nested fields take the next of `ids`: a table gives them its own on creation.
    """
    counter = count(1) if ids is None else ids

    def build(text: str) -> it.IcebergType:
        if "<" not in text:
            return it.IcebergType.handle_primitive_type(text, lambda _: _)
        head, parts = _nested(text)
        if head == "list":
            return it.ListType(next(counter), build(parts[0]), element_required=False)
        if head == "map":
            key, value = map(build, parts)
            return it.MapType(next(counter), key, next(counter), value, value_required=False)
        if head == "struct":
            fields = ((n, build(kind)) for n, kind in _named(parts))
            return it.StructType(*(it.NestedField(next(counter), n, t, False) for n, t in fields))
        raise ValueError(f"unknown Iceberg type {text!r}")

    return build(text.strip())


_ARROW_PARAMETRIC: dict[str, Callable[..., pa.DataType]] = {
    "timestamp": lambda unit, zone=None: pa.timestamp(unit, zone),
    "time32": pa.time32,
    "time64": pa.time64,
    "duration": pa.duration,
    "fixed_size_binary": lambda width: pa.binary(int(width)),
    "decimal128": lambda precision, scale: pa.decimal128(int(precision), int(scale)),
    "decimal256": lambda precision, scale: pa.decimal256(int(precision), int(scale)),
}
_ARROW_SIMPLE = {
    "uuid": pa.uuid,
    "string_view": pa.string_view,
    "binary_view": pa.binary_view,
    "large_binary": pa.large_binary,
}


def arrow_type(text: str) -> pa.DataType:
    """An Arrow type from its text: `timestamp[us, UTC]`, `dictionary<string>`, `int8`."""
    text = text.strip()
    if "<" in text:
        head, parts = _nested(text)
        if head == "dictionary":
            return pa.dictionary(pa.int32(), arrow_type(parts[0]))
        if head == "list":
            return pa.list_(arrow_type(parts[0]))
        if head == "large_list":
            return pa.large_list(arrow_type(parts[0]))
        if head == "map":
            return pa.map_(arrow_type(parts[0]), arrow_type(parts[1]))
        if head == "struct":
            return pa.struct([pa.field(n, arrow_type(kind)) for n, kind in _named(parts)])
        raise ValueError(f"unknown Arrow type {text!r}")
    match = re.fullmatch(r"(\w+)[\[(](.*)[\])]", text)
    if match and match[1] in _ARROW_PARAMETRIC:
        return _ARROW_PARAMETRIC[match[1]](*(part.strip() for part in match[2].split(",")))
    return _ARROW_SIMPLE[text]() if text in _ARROW_SIMPLE else pa.type_for_alias(text)


def write_schema(schema: Schema) -> pa.Schema:
    """The Arrow schema in which a table is written."""
    return schema_to_pyarrow(schema, include_field_ids=True)


def output_type(kind: it.IcebergType) -> pa.DataType:
    """The Arrow type in which Icefield must give a feature: the type table of the semantics."""
    match kind:
        case it.StringType():
            return pa.string()
        case it.BinaryType():
            return pa.binary()
        case it.UUIDType():
            return pa.uuid()
        case it.ListType():
            return pa.list_(pa.field("element", output_type(kind.element_type)))
        case it.MapType():
            return pa.map_(output_type(kind.key_type), output_type(kind.value_type))
        case it.StructType():
            return pa.struct([pa.field(f.name, output_type(f.field_type)) for f in kind.fields])
        case _:
            field = it.NestedField(1, "x", kind, False)
            return schema_to_pyarrow(Schema(field)).field(0).type


# --- literals -------------------------------------------------------------------------------------


def _binary(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def _boolean(text: str) -> bool:
    return {"true": True, "false": False}[text]


def _number(text: str, *, single: bool) -> float:
    value = float(text)
    return struct.unpack("f", struct.pack("f", value))[0] if single else value


def _leaf_reader(kind: pa.DataType) -> Callable[[str], Any]:
    """What turns the text of a scalar into its plain value, quotes already taken off."""
    readers: list[tuple[Callable[[pa.DataType], bool], Callable[[str], Any]]] = [
        (pat.is_boolean, _boolean),
        (pat.is_integer, int),
        (pat.is_float64, float),
        (pat.is_floating, lambda text: _number(text, single=True)),
        (pat.is_decimal, Decimal),
        (pat.is_date, lambda text: parse_instant(text) // DAY_NS),
        (pat.is_timestamp, parse_instant),
        (pat.is_time, lambda text: parse_instant(f"1970-01-01T{text}") // 1000),
        (pat.is_duration, lambda text: parse_span(text) // 1000),
        (lambda t: isinstance(t, pa.UuidType), lambda text: UUID(text).bytes),
        (is_text, str),
        (is_bytes, _binary),
    ]
    for matches, reader in readers:
        if matches(kind):
            return reader
    raise ValueError(f"a case cannot hold a literal of type {kind}")


def is_text(kind: pa.DataType) -> bool:
    """Whether values of the Arrow type are text in any layout."""
    return bool(pat.is_string(kind) or pat.is_large_string(kind) or pat.is_string_view(kind))


def is_bytes(kind: pa.DataType) -> bool:
    """Whether values of the Arrow type are bytes in any layout."""
    return bool(
        pat.is_binary(kind)
        or pat.is_large_binary(kind)
        or pat.is_binary_view(kind)
        or pat.is_fixed_size_binary(kind)
    )


def parse_value(text: str, kind: pa.DataType) -> Any:
    """The plain value of one cell's text: text is JSON-quoted, nested values are JSON."""
    text = text.strip()
    if text == "null":
        return None
    if pat.is_dictionary(kind):
        return parse_value(text, kind.value_type)
    if pat.is_nested(kind):
        return _from_json(json.loads(text, parse_float=str, parse_int=str), kind)
    if text.startswith('"'):
        text = json.loads(text)
    elif is_text(kind):
        raise ValueError(f"text must be quoted: {text}")
    return _leaf_reader(kind)(text)


def _from_json(value: Any, kind: pa.DataType) -> Any:
    if value is None:
        return None
    if pat.is_list(kind) or pat.is_large_list(kind):
        return [_from_json(item, kind.value_type) for item in value]
    if pat.is_map(kind):
        return [(_from_json(k, kind.key_type), _from_json(v, kind.item_type)) for k, v in value]
    if pat.is_struct(kind):
        return {field.name: _from_json(value.get(field.name), field.type) for field in kind}
    return _leaf_reader(kind)(value if isinstance(value, str) else json.dumps(value))


def format_value(value: Any, kind: pa.DataType) -> str:
    """The text that `parse_value` reads back as `value`; nested values only of numbers and text."""
    if value is None:
        return "null"
    if pat.is_dictionary(kind):
        return format_value(value, kind.value_type)
    if pat.is_nested(kind):
        return json.dumps(value)
    if is_text(kind) or pat.is_boolean(kind):
        return json.dumps(value)
    if isinstance(kind, pa.UuidType):
        return str(UUID(bytes=value))
    if pat.is_timestamp(kind):
        return format_instant(value)
    if pat.is_date(kind):
        return format_instant(value * DAY_NS)[:10]
    if pat.is_time(kind):
        return format_instant(value * 1000)[11:-1]
    if pat.is_duration(kind):
        return format_span(value * 1000)
    return f"0x{value.hex()}" if is_bytes(kind) else str(value)


# --- Arrow ----------------------------------------------------------------------------------------


def _raw(value: Any, kind: pa.DataType) -> Any:
    """The Python object from which Arrow makes exactly the plain value."""
    if value is None:
        return None
    if pat.is_timestamp(kind):
        units, rest = divmod(value, UNIT_NS[kind.unit])
        if rest:
            raise ValueError(f"{format_instant(value)} does not fit the unit of {kind}")
        return units
    if pat.is_date64(kind):
        return value * 86_400_000
    if pat.is_time(kind) or pat.is_duration(kind):
        return value * 1000 // UNIT_NS[kind.unit]
    if pat.is_list(kind) or pat.is_large_list(kind):
        return [_raw(item, kind.value_type) for item in value]
    if pat.is_map(kind):
        return [(_raw(k, kind.key_type), _raw(v, kind.item_type)) for k, v in value]
    if pat.is_struct(kind):
        return {field.name: _raw(value.get(field.name), field.type) for field in kind}
    return value


def to_arrow(values: list[Any], kind: pa.DataType) -> pa.Array:
    """Plain values as an Arrow array of the type."""
    if pat.is_dictionary(kind):
        return to_arrow(values, kind.value_type).dictionary_encode().cast(kind)
    raw = [_raw(value, kind) for value in values]
    if isinstance(kind, pa.BaseExtensionType):
        return pa.ExtensionArray.from_storage(kind, pa.array(raw, kind.storage_type))
    return pa.array(raw, kind)


def plain(scalar: pa.Scalar) -> Any:
    """An Arrow scalar as a plain value."""
    kind = scalar.type
    if isinstance(scalar, pa.DictionaryScalar):
        return plain(scalar.value)
    if not scalar.is_valid:
        return None
    if isinstance(kind, pa.UuidType):
        return bytes(scalar.value.as_py())
    if pat.is_timestamp(kind):
        return scalar.value * UNIT_NS[kind.unit]
    if pat.is_date(kind):
        return scalar.value if pat.is_date32(kind) else scalar.value // 86_400_000
    if pat.is_time(kind) or pat.is_duration(kind):
        return scalar.value * UNIT_NS[kind.unit] // 1000
    if pat.is_map(kind):
        pairs = (pa.scalar(pair) if isinstance(pair, dict) else pair for pair in scalar.values)
        return [(plain(pair["key"]), plain(pair["value"])) for pair in pairs]
    if pat.is_list(kind) or pat.is_large_list(kind):
        return [plain(item) for item in scalar.values]
    if pat.is_struct(kind):
        return {name: plain(item) for name, item in scalar.items()}
    return scalar.as_py()


def plain_column(column: pa.Array | pa.ChunkedArray) -> list[Any]:
    """A column as plain values."""
    return [plain(scalar) for scalar in column]


def cell(value: Any) -> Any:
    """A form of a plain value in which equal means "the same cell": NaN is NaN, -0.0 is not 0.0."""
    if isinstance(value, float):
        return ("float", repr(value))
    if isinstance(value, Mapping):
        return tuple((name, cell(item)) for name, item in value.items())
    if isinstance(value, list | tuple):
        return tuple(cell(item) for item in value)
    return (type(value).__name__, value)
