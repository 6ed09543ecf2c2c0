"""Schemas as their JSON: types of Arrow and pyiceberg for them, field ids on Arrow fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any, TypeAlias

import pyarrow as pa
from pyiceberg.schema import Schema
from pyiceberg.types import IcebergType, PrimitiveType

Json = dict[str, Any]
Columns: TypeAlias = Schema | Json | Sequence[tuple[Any, ...]]
"""pyiceberg's schema, the JSON of one, or (name, type) and (name, type, required) tuples, where a
type is its text, its JSON, or pyiceberg's."""

FIELD_ID = b"PARQUET:field_id"
RESERVED_IDS = {
    "_file": 2147483646,
    "_pos": 2147483645,
    "file_path": 2147483546,
    "pos": 2147483545,
    "row": 2147483544,
    "_row_id": 2147483540,
    "_last_updated_sequence_number": 2147483539,
}


def schema_json(columns: Columns, schema_id: int = 0) -> Json:
    """The JSON of a schema. Tuples get ids in order, from 1; nested types bring their own."""
    if isinstance(columns, Schema):
        made: Json = json.loads(columns.model_dump_json())
    elif isinstance(columns, Mapping):
        made = dict(columns)
    else:
        fields = [
            {"id": at, "name": name, "required": bool(rest[:1] == [True]), "type": type_json(kind)}
            for at, (name, kind, *rest) in zip(count(1), columns)
        ]
        made = {"type": "struct", "fields": fields}
    return {**made, "type": "struct", "schema-id": schema_id}


def type_json(kind: Any) -> Any:
    """The JSON of a type given as text, JSON or pyiceberg's."""
    return json.loads(kind.model_dump_json()) if isinstance(kind, IcebergType) else kind


def fields_under(field: Json, prefix: str = "") -> Iterator[tuple[str, Json]]:
    """The field and those of the structs in it, each with its dotted name."""
    name = prefix + field["name"]
    yield name, field
    if isinstance(field["type"], dict) and field["type"]["type"] == "struct":
        for child in field["type"]["fields"]:
            yield from fields_under(child, f"{name}.")


def find_field(schemas: Sequence[Json], name_or_id: str | int) -> tuple[str, Json]:
    """A field by dotted name or id in the newest schema that has it; dropped ones are found too."""
    for schema in reversed(schemas):
        for field in schema["fields"]:
            for name, found in fields_under(field):
                if name_or_id in (name, found["id"]):
                    return name, found
    raise KeyError(f"no field {name_or_id!r} in any schema")


def highest_id(kind: Any) -> int:
    """The highest field id in a schema, field or type."""
    if not isinstance(kind, dict):
        return 0
    ids = [int(kind.get(key, 0)) for key in ("id", "element-id", "key-id", "value-id")]
    parts = [kind.get(key) for key in ("type", "element", "key", "value")]
    return max([*ids, *map(highest_id, [*parts, *kind.get("fields", ())])])


def primitive(text: str) -> PrimitiveType:
    """pyiceberg's type for the text of a primitive one."""
    return PrimitiveType.handle_primitive_type(text, lambda _: _)


_ARROW = {
    "unknown": pa.null(),
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
}


def arrow_type(kind: Any) -> pa.DataType:
    """The Arrow type in which values of an Iceberg type are written, nested field ids included."""
    if isinstance(kind, str):
        if kind in _ARROW:
            return _ARROW[kind]
        numbers = [int(digits) for digits in re.findall(r"\d+", kind)]
        return pa.decimal128(*numbers) if kind.startswith("decimal") else pa.binary(numbers[0])
    if kind["type"] == "struct":
        return pa.struct([arrow_field(field) for field in kind["fields"]])

    def part(name: str) -> pa.Field:
        required = kind.get(f"{name}-required", True)
        field = {"id": kind[f"{name}-id"], "name": name, "type": kind[name], "required": required}
        return arrow_field(field)

    if kind["type"] == "list":
        return pa.list_(part("element"))
    return pa.map_(part("key"), part("value"))


def arrow_field(field: Json) -> pa.Field:
    """A field as it is written to Parquet."""
    kind = arrow_type(field["type"])
    return _with_id(pa.field(field["name"], kind, not field["required"]), field["id"])


def arrow_schema(schema: Json) -> pa.Schema:
    """The schema as it is written to Parquet."""
    return pa.schema([arrow_field(field) for field in schema["fields"]])


def with_ids(schema: pa.Schema, fields: Sequence[Json]) -> pa.Schema:
    """An Arrow schema with the ids of the fields of the same names, at every level."""
    return pa.schema(_children_with_ids(list(schema), fields))


def without_ids(schema: pa.Schema) -> pa.Schema:
    """An Arrow schema with no field id at any level."""
    return pa.schema([_stripped(field) for field in schema])


def _with_id(field: pa.Field, field_id: int) -> pa.Field:
    return field.with_metadata({FIELD_ID: str(field_id)})


def _children_with_ids(children: list[pa.Field], fields: Sequence[Json]) -> list[pa.Field]:
    known = {field["name"]: field for field in fields}
    made = []
    for child in children:
        if child.name in known:
            field = known[child.name]
            kind = _type_with_ids(child.type, field["type"])
            made.append(_with_id(child.with_type(kind), field["id"]))
        elif child.name in RESERVED_IDS:
            made.append(_with_id(child, RESERVED_IDS[child.name]))
        else:
            made.append(child)
    return made


def _type_with_ids(arrow: pa.DataType, kind: Any) -> pa.DataType:
    if isinstance(kind, str):
        return arrow
    if pa.types.is_struct(arrow):
        return pa.struct(_children_with_ids(list(arrow.fields), kind["fields"]))

    def part(field: pa.Field, name: str) -> pa.Field:
        return _with_id(field.with_type(_type_with_ids(field.type, kind[name])), kind[f"{name}-id"])

    if pa.types.is_map(arrow):
        return pa.map_(part(arrow.key_field, "key"), part(arrow.item_field, "value"))
    if pa.types.is_large_list(arrow):
        return pa.large_list(part(arrow.value_field, "element"))
    return pa.list_(part(arrow.value_field, "element"))


def _stripped(field: pa.Field) -> pa.Field:
    kind = field.type
    if pa.types.is_struct(kind):
        kind = pa.struct([_stripped(child) for child in kind.fields])
    elif pa.types.is_map(kind):
        kind = pa.map_(_stripped(kind.key_field), _stripped(kind.item_field))
    elif pa.types.is_list(kind):
        kind = pa.list_(_stripped(kind.value_field))
    return field.with_type(kind).with_metadata(None)
