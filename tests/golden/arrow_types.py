"""The Arrow types of a schema in a metadata file: the type table, read from the JSON alone."""

from __future__ import annotations

import re
from typing import Any

import pyarrow as pa

_PRIMITIVES = {
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "long": pa.int64(),
    "float": pa.float32(),
    "double": pa.float64(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", "UTC"),
    "timestamp_ns": pa.timestamp("ns"),
    "timestamptz_ns": pa.timestamp("ns", "UTC"),
    "string": pa.string(),
    "uuid": pa.uuid(),
    "binary": pa.binary(),
    "unknown": pa.null(),
    "variant": pa.string(),
}


def _field(name: str, kind: Any, required: bool) -> pa.Field:
    return pa.field(name, arrow_type(kind), nullable=not required)


def arrow_type(kind: Any) -> pa.DataType:
    """The Arrow type of an Iceberg type as metadata spell it."""
    if isinstance(kind, dict):
        if kind["type"] == "struct":
            return pa.struct([_field(f["name"], f["type"], f["required"]) for f in kind["fields"]])
        if kind["type"] == "list":
            return pa.list_(_field("element", kind["element"], kind["element-required"]))
        return pa.map_(
            _field("key", kind["key"], required=True),
            _field("value", kind["value"], kind["value-required"]),
        )
    if kind in _PRIMITIVES:
        return _PRIMITIVES[kind]
    name, *numbers = re.findall(r"\w+", kind)
    if name == "decimal":
        return pa.decimal128(int(numbers[0]), int(numbers[1]))
    if name in ("geometry", "geography"):
        return pa.binary()
    if name == "fixed":
        return pa.binary(int(numbers[0]))
    raise TypeError(f"no Arrow type for {kind}")


def schema_of(schema: dict[str, Any]) -> pa.Schema:
    """The Arrow schema of a schema as metadata spell it."""
    return pa.schema([_field(f["name"], f["type"], f["required"]) for f in schema["fields"]])
