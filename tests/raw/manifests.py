"""Manifests and manifest lists of every format version, as Avro files."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

from pyiceberg.avro.file import AvroOutputFile
from pyiceberg.conversions import to_bytes
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    IcebergType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    PrimitiveType,
    StringType,
    StructType,
)

from tests.raw.data_file import DATA, TableFile
from tests.raw.schema import Json

_INT, _LONG, _TEXT, _BYTES, _BOOL = (
    IntegerType(),
    LongType(),
    StringType(),
    BinaryType(),
    BooleanType(),
)
_SYNC = bytes(range(16))


class Status(IntEnum):
    """Of an entry."""

    EXISTING = 0
    ADDED = 1
    DELETED = 2


@dataclass
class Entry:
    """A file in a manifest. Sequence numbers and `first_row_id` are what a reader must find."""

    status: int
    snapshot_id: int
    file: TableFile
    sequence_number: int = 0
    file_sequence_number: int = 0
    first_row_id: int | None = None


@dataclass
class Manifest:
    """A manifest on disk, and what the manifest list says of it."""

    path: str
    size: int
    spec: Json
    content: int
    entries: list[Entry]
    added_snapshot_id: int
    sequence_number: int = 0
    partition_types: list[PrimitiveType] = field(default_factory=list)
    first_row_id: int | None = None

    @property
    def live(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.status != Status.DELETED]


def _map(key: int, value: int, kind: IcebergType) -> MapType:
    return MapType(key, _INT, value, kind, value_required=True)


def _field(field_id: int, name: str, kind: IcebergType, required: bool = False) -> NestedField:
    return NestedField(field_id, name, kind, required)


def _file_fields(version: int, partition: StructType) -> list[tuple[str, NestedField]]:
    """The attributes of TableFile and their fields, in the order of the specification."""
    fields: list[tuple[str, NestedField]] = []
    if version > 1:
        fields.append(("content", _field(134, "content", _INT, True)))
    fields += [
        ("path", _field(100, "file_path", _TEXT, True)),
        ("format", _field(101, "file_format", _TEXT, True)),
        ("partition", _field(102, "partition", partition, True)),
        ("record_count", _field(103, "record_count", _LONG, True)),
        ("size", _field(104, "file_size_in_bytes", _LONG, True)),
    ]
    if version == 1:
        fields.append(("size", _field(105, "block_size_in_bytes", _LONG, True)))
    fields += [
        ("column_sizes", _field(108, "column_sizes", _map(117, 118, _LONG))),
        ("value_counts", _field(109, "value_counts", _map(119, 120, _LONG))),
        ("null_counts", _field(110, "null_value_counts", _map(121, 122, _LONG))),
        ("nan_counts", _field(137, "nan_value_counts", _map(138, 139, _LONG))),
        ("lower", _field(125, "lower_bounds", _map(126, 127, _BYTES))),
        ("upper", _field(128, "upper_bounds", _map(129, 130, _BYTES))),
        ("split_offsets", _field(132, "split_offsets", ListType(133, _LONG, True))),
    ]
    if version > 1:
        fields.append(("equality_ids", _field(135, "equality_ids", ListType(136, _INT, True))))
    fields.append(("sort_order_id", _field(140, "sort_order_id", _INT)))
    if version > 2:
        fields.append(("first_row_id", _field(142, "first_row_id", _LONG)))
    if version > 1:
        fields.append(("referenced_data_file", _field(143, "referenced_data_file", _TEXT)))
    if version > 2:
        fields.append(("content_offset", _field(144, "content_offset", _LONG)))
        fields.append(("content_size", _field(145, "content_size_in_bytes", _LONG)))
    return fields


_SUMMARY = StructType(
    _field(509, "contains_null", _BOOL, True),
    _field(518, "contains_nan", _BOOL),
    _field(510, "lower_bound", _BYTES),
    _field(511, "upper_bound", _BYTES),
)


def _list_schema(version: int) -> Schema:
    counted = version > 1
    fields = [
        _field(500, "manifest_path", _TEXT, True),
        _field(501, "manifest_length", _LONG, True),
        _field(502, "partition_spec_id", _INT, True),
    ]
    if version > 1:
        fields += [
            _field(517, "content", _INT, True),
            _field(515, "sequence_number", _LONG, True),
            _field(516, "min_sequence_number", _LONG, True),
        ]
    fields += [
        _field(503, "added_snapshot_id", _LONG, True),
        _field(504, "added_files_count", _INT, counted),
        _field(505, "existing_files_count", _INT, counted),
        _field(506, "deleted_files_count", _INT, counted),
        _field(512, "added_rows_count", _LONG, counted),
        _field(513, "existing_rows_count", _LONG, counted),
        _field(514, "deleted_rows_count", _LONG, counted),
        _field(507, "partitions", ListType(508, _SUMMARY, True)),
        _field(519, "key_metadata", _BYTES),
    ]
    if version > 2:
        fields.append(_field(520, "first_row_id", _LONG))
    return Schema(*fields)


def _write_avro(
    path: Path, name: str, schema: Schema, meta: Mapping[str, str], records: Iterable[Record]
) -> int:
    output = PyArrowFileIO().new_output(str(path))
    writer = AvroOutputFile[Record](output, schema, name, metadata=dict(meta))
    writer.sync_bytes = _SYNC
    with writer:
        writer.write_block(list(records))
    return path.stat().st_size


def write_manifest(
    path: Path, version: int, schema: Json, manifest: Manifest, *, explicit: bool = False
) -> int:
    """Writes the manifest's entries; its size.

    What an added entry inherits is left out, unless its file asks for it or `explicit` does.
    """
    partition = StructType(
        *(
            _field(item["field-id"], item["name"], kind)
            for item, kind in zip(manifest.spec["fields"], manifest.partition_types, strict=True)
        )
    )
    attributes = _file_fields(version, partition)
    fields = [
        _field(0, "status", _INT, True),
        _field(1, "snapshot_id", _LONG, version == 1),
        _field(2, "data_file", StructType(*(item for _, item in attributes)), True),
    ]
    if version > 1:
        fields[2:2] = [
            _field(3, "sequence_number", _LONG),
            _field(4, "file_sequence_number", _LONG),
        ]
    names = [name for name, _ in attributes]
    meta = {
        "schema": json.dumps(schema),
        "schema-id": str(schema["schema-id"]),
        "partition-spec": json.dumps(manifest.spec["fields"]),
        "partition-spec-id": str(manifest.spec["spec-id"]),
        "format-version": str(version),
    }
    if version > 1:
        meta["content"] = "data" if manifest.content == DATA else "deletes"
    records = (_entry_record(version, entry, names, explicit) for entry in manifest.entries)
    return _write_avro(path, "manifest_entry", Schema(*fields), meta, records)


def _entry_record(version: int, entry: Entry, names: list[str], explicit: bool) -> Record:
    values = [getattr(entry.file, name) for name in names]
    values[names.index("partition")] = Record(*entry.file.partition)
    inherits = entry.status == Status.ADDED and not explicit
    if version > 2 and not inherits:
        values[names.index("first_row_id")] = entry.first_row_id
    data_file = Record(*values)
    if version == 1:
        return Record(int(entry.status), entry.snapshot_id, data_file)
    numbers: tuple[int | None, ...] = (entry.sequence_number, entry.file_sequence_number)
    if inherits:
        numbers = (entry.file.sequence_number, entry.file.file_sequence_number)
    return Record(int(entry.status), entry.snapshot_id, *numbers, data_file)


def write_manifest_list(
    path: Path, version: int, meta: Mapping[str, str], manifests: Sequence[Manifest]
) -> int:
    """Writes the manifest list of a snapshot; its size."""
    schema = _list_schema(version)
    names = [item.name for item in schema.fields]
    records = []
    for manifest in manifests:
        described = _list_values(manifest)
        records.append(Record(*(described[name] for name in names)))
    return _write_avro(path, "manifest_file", schema, meta, records)


def _list_values(manifest: Manifest) -> dict[str, Any]:
    values: dict[str, Any] = {
        "manifest_path": manifest.path,
        "manifest_length": manifest.size,
        "partition_spec_id": manifest.spec["spec-id"],
        "content": int(manifest.content != DATA),
        "sequence_number": manifest.sequence_number,
        "min_sequence_number": min(
            (entry.sequence_number for entry in manifest.live), default=manifest.sequence_number
        ),
        "added_snapshot_id": manifest.added_snapshot_id,
        "partitions": [
            _summary(kind, [entry.file.partition[at] for entry in manifest.entries])
            for at, kind in enumerate(manifest.partition_types)
        ],
        "key_metadata": None,
        "first_row_id": manifest.first_row_id,
    }
    for status in Status:
        counted = [entry.file for entry in manifest.entries if entry.status == status]
        values[f"{status.name.lower()}_files_count"] = len(counted)
        values[f"{status.name.lower()}_rows_count"] = sum(file.record_count for file in counted)
    return values


def _summary(kind: PrimitiveType, values: list[Any]) -> Record:
    known = [value for value in values if value is not None]
    plain = [value for value in known if value == value]  # NaN is no bound
    ends = (to_bytes(kind, min(plain)), to_bytes(kind, max(plain))) if plain else (None, None)
    return Record(len(known) < len(values), len(plain) < len(known), *ends)
