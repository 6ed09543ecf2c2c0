"""Makes the manifest lists and manifests of this folder with pyiceberg, and what they hold as JSON.

    python tests/data/avro/make.py

Each `<name>.avro` gets a `<name>.json` with what pyiceberg reads back from it. The bytes do not
change from run to run.
"""

import binascii
import json
import struct
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from unittest import mock

import pyarrow as pa
from pyiceberg.avro.codecs import KNOWN_CODECS, AvroCompressionCodec
from pyiceberg.avro.decoder import StreamingBinaryDecoder
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.manifest import (
    DataFile,
    DataFileContent,
    FileFormat,
    ManifestContent,
    ManifestEntry,
    ManifestEntryStatus,
    ManifestFile,
    PartitionFieldSummary,
    read_manifest_list,
    write_manifest,
    write_manifest_list,
)
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import parse_transform
from pyiceberg.typedef import Record
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IcebergType,
    IntegerType,
    LongType,
    NestedField,
    StringType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)

FOLDER = Path(__file__).parent
SNAPSHOT_ID = 8_000_000_000_000_000_001
EARLIER_SNAPSHOT_ID = 17
SPEC_ID = 3
CODECS: tuple[AvroCompressionCodec, ...] = ("null", "deflate", "snappy", "zstandard")

# Name, type, transform, and the partition values of a first and of a second file.
FIELDS: tuple[tuple[str, IcebergType, str, Any, Any], ...] = (
    ("a_boolean", BooleanType(), "identity", True, False),
    ("an_int", IntegerType(), "identity", -7, 2**31 - 1),
    ("a_long", LongType(), "identity", -(2**63), 2**63 - 1),
    ("a_float", FloatType(), "identity", 1.5, -0.25),
    ("a_double", DoubleType(), "identity", -1e300, 0.1),
    ("a_decimal", DecimalType(9, 2), "identity", Decimal("-1234567.89"), Decimal("0.01")),
    (
        "a_wide_decimal",
        DecimalType(38, 10),
        "identity",
        Decimal("-1234567890123456789012345678.9012345678"),
        Decimal("9999999999999999999999999999.9999999999"),
    ),
    ("a_date", DateType(), "identity", -1, 19723),
    ("a_time", TimeType(), "identity", 0, 86_399_999_999),
    ("a_timestamp", TimestampType(), "identity", -1, 1_700_000_000_000_000),
    ("a_timestamptz", TimestamptzType(), "identity", 1_700_000_000_000_001, -5),
    ("a_string", StringType(), "identity", "grün/% =", ""),
    ("a_uuid", UUIDType(), "identity", uuid.UUID(int=1), uuid.UUID(int=2**128 - 1)),
    ("a_fixed", FixedType(3), "identity", b"\x00\xff\x7f", b"abc"),
    ("a_binary", BinaryType(), "identity", b"\x00", b""),
    ("to_bucket", StringType(), "bucket[16]", 0, 15),
    ("to_truncated_int", IntegerType(), "truncate[10]", -10, 20),
    ("to_truncated_string", StringType(), "truncate[2]", "ab", "é"),
    ("to_year", DateType(), "year", -1, 54),
    ("to_month", TimestampType(), "month", -12, 650),
    ("to_day", TimestamptzType(), "day", -1, 19723),
    ("to_hour", TimestampType(), "hour", -24, 473_352),
    ("to_void", LongType(), "void", None, None),
)
SCHEMA = Schema(
    *(
        NestedField(field_id=number, name=name, field_type=kind, required=False)
        for number, (name, kind, *_) in enumerate(FIELDS, start=1)
    )
)
SPEC = PartitionSpec(
    *(
        PartitionField(
            source_id=number,
            field_id=999 + number,
            transform=parse_transform(transform),
            name=f"p_{name}",
        )
        for number, (name, _, transform, *_) in enumerate(FIELDS, start=1)
    ),
    spec_id=SPEC_ID,
)


class ArrowSnappy:
    """Avro's snappy on Arrow's, in place of an optional package of pyiceberg."""

    @staticmethod
    def compress(data: bytes) -> tuple[bytes, int]:
        packed = pa.compress(data, codec="snappy", asbytes=True)
        block = packed + struct.pack(">I", binascii.crc32(data))
        return block, len(block)

    @staticmethod
    def decompress(data: bytes) -> bytes:
        length, shift = 0, 0
        for byte in data:
            length |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        plain: bytes = pa.decompress(data[:-4], length, codec="snappy", asbytes=True)
        assert struct.pack(">I", binascii.crc32(plain)) == data[-4:]
        return plain


def data_file(name: str, values: list[Any], *, metrics: bool) -> DataFile:
    optional: dict[str, Any] = {}
    if metrics:
        optional = {
            "column_sizes": {1: 100, 2: 2**40},
            "value_counts": {1: 10, 2: 10, 300: 10},
            "null_value_counts": {1: 0, 2: 3},
            "nan_value_counts": {4: 1},
            "lower_bounds": {2: struct.pack("<i", -7), 12: b"", 3: struct.pack("<q", 1)},
            "upper_bounds": {2: struct.pack("<i", 9), 12: b"zz"},
            "split_offsets": [4, 2**33],
            "sort_order_id": 1,
        }
    return DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=f"s3://bucket/t/data/{name}.parquet",
        file_format=FileFormat.PARQUET,
        partition=Record(*values),
        record_count=10,
        file_size_in_bytes=2**34 + len(name),
        **optional,
    )


def write_entries(path: Path, version: Literal[1, 2], codec: AvroCompressionCodec) -> None:
    first = [values[3] for values in FIELDS]
    second = [values[4] for values in FIELDS]
    nothing = [None for _ in FIELDS]
    entries = (
        (ManifestEntryStatus.ADDED, SNAPSHOT_ID, None, data_file("first", first, metrics=True)),
        (
            ManifestEntryStatus.EXISTING,
            EARLIER_SNAPSHOT_ID,
            4,
            data_file("second", second, metrics=False),
        ),
        (ManifestEntryStatus.DELETED, SNAPSHOT_ID, 5, data_file("gone", second, metrics=True)),
        (ManifestEntryStatus.ADDED, SNAPSHOT_ID, 6, data_file("old", nothing, metrics=False)),
    )
    io = PyArrowFileIO()
    with write_manifest(
        version, SPEC, SCHEMA, io.new_output(str(path)), SNAPSHOT_ID, codec
    ) as writer:
        for status, snapshot_id, sequence, file in entries:
            writer.add_entry(
                ManifestEntry.from_args(
                    status=status,
                    snapshot_id=snapshot_id,
                    sequence_number=sequence,
                    file_sequence_number=sequence,
                    data_file=file,
                )
            )


def manifest(path: str, length: int, version: int, *, partitions: bool) -> ManifestFile:
    summaries = [
        PartitionFieldSummary(True, False, b"\x00", b""),
        PartitionFieldSummary(False, None, None, None),
    ]
    return ManifestFile.from_args(
        manifest_path=path,
        manifest_length=length,
        partition_spec_id=SPEC_ID,
        content=ManifestContent.DATA,
        sequence_number=0 if version == 1 else 9,
        min_sequence_number=0 if version == 1 else 4,
        added_snapshot_id=SNAPSHOT_ID,
        added_files_count=2,
        existing_files_count=1,
        deleted_files_count=1,
        added_rows_count=20,
        existing_rows_count=10,
        deleted_rows_count=10,
        partitions=summaries if partitions else None,
        key_metadata=None,
    )


def write_list(path: Path, version: Literal[1, 2], codec: AvroCompressionCodec) -> None:
    manifests = [
        manifest("s3://bucket/t/metadata/a.avro", 2**33, version, partitions=True),
        manifest("s3://bucket/t/metadata/b.avro", 1, version, partitions=False),
    ]
    io = PyArrowFileIO()
    with write_manifest_list(
        version, io.new_output(str(path)), SNAPSHOT_ID, EARLIER_SNAPSHOT_ID, 9, codec
    ) as writer:
        writer.add_manifests(manifests)
        writer.add_manifests(manifests[:1])


def unscaled_json(kind: DecimalType, value: Decimal) -> list[Any]:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    number = int("".join(map(str, digits))) * 10 ** (kind.scale + exponent)
    return ["unscaled", str(-number if sign else number)]


def value_json(kind: IcebergType, value: Any) -> list[Any] | None:
    """A partition value with the name of its alternative of the C++ type Value."""
    match kind, value:
        case _, None:
            return None
        case BooleanType(), _:
            return ["bool", value]
        case IntegerType() | DateType(), _:
            return ["int", value]
        case LongType() | TimeType() | TimestampType() | TimestamptzType(), _:
            return ["long", value]
        case FloatType(), _:
            return ["float", value]
        case DoubleType(), _:
            return ["double", value]
        case StringType(), _:
            return ["string", value]
        case DecimalType(), _:
            return unscaled_json(kind, value)
        case _, uuid.UUID():
            return ["bytes", value.bytes.hex()]
    return ["bytes", bytes(value).hex()]


def hex_map(values: dict[int, bytes] | None) -> dict[str, str]:
    return {str(column): bound.hex() for column, bound in (values or {}).items()}


def count_map(values: dict[int, int] | None) -> dict[str, int]:
    return {str(column): count for column, count in (values or {}).items()}


def entry_json(entry: ManifestEntry) -> dict[str, Any]:
    file = entry.data_file
    fields = SPEC.partition_type(SCHEMA).fields
    partition = [
        value_json(field.field_type, file.partition[position])
        for position, field in enumerate(fields)
    ]
    return {
        "status": int(entry.status),
        "snapshot_id": entry.snapshot_id,
        "data_sequence_number": entry.sequence_number,
        "file_sequence_number": entry.file_sequence_number,
        "content": int(file.content),
        "path": file.file_path,
        "format": file.file_format.value,
        "partition": partition,
        "record_count": file.record_count,
        "size_bytes": file.file_size_in_bytes,
        "value_counts": count_map(file.value_counts),
        "null_value_counts": count_map(file.null_value_counts),
        "nan_value_counts": count_map(file.nan_value_counts),
        "lower_bounds": hex_map(file.lower_bounds),
        "upper_bounds": hex_map(file.upper_bounds),
        "split_offsets": file.split_offsets or [],
        "sort_order_id": file.sort_order_id,
    }


def summary_json(summary: PartitionFieldSummary) -> dict[str, Any]:
    lower, upper = summary.lower_bound, summary.upper_bound
    return {
        "contains_null": summary.contains_null,
        "contains_nan": summary.contains_nan,
        "lower_bound": None if lower is None else lower.hex(),
        "upper_bound": None if upper is None else upper.hex(),
    }


def manifest_json(file: ManifestFile) -> dict[str, Any]:
    summaries = file.partitions
    return {
        "path": file.manifest_path,
        "length_bytes": file.manifest_length,
        "partition_spec_id": file.partition_spec_id,
        "content": int(file.content),
        "sequence_number": file.sequence_number,
        "min_sequence_number": file.min_sequence_number,
        "added_snapshot_id": file.added_snapshot_id,
        "added_files_count": file.added_files_count,
        "existing_files_count": file.existing_files_count,
        "deleted_files_count": file.deleted_files_count,
        "added_rows_count": file.added_rows_count,
        "existing_rows_count": file.existing_rows_count,
        "deleted_rows_count": file.deleted_rows_count,
        "partitions": None if summaries is None else [summary_json(s) for s in summaries],
    }


def write_json(path: Path, content: list[dict[str, Any]]) -> None:
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, allow_nan=False) for row in content)
    path.with_suffix(".json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def make(version: Literal[1, 2], codec: AvroCompressionCodec) -> None:
    io = PyArrowFileIO()
    entries_path = FOLDER / f"manifest_v{version}_{codec}.avro"
    write_entries(entries_path, version, codec)
    length = entries_path.stat().st_size
    listed = manifest(str(entries_path), length, version, partitions=False)
    entries = listed.fetch_manifest_entry(io, discard_deleted=False)
    write_json(entries_path, [entry_json(entry) for entry in entries])

    list_path = FOLDER / f"list_v{version}_{codec}.avro"
    write_list(list_path, version, codec)
    read = read_manifest_list(io.new_input(str(list_path)))
    write_json(list_path, [manifest_json(file) for file in read])


def main() -> None:
    # pyiceberg's compiled decoder rounds doubles to floats, its Python one does not.
    with (
        mock.patch("pyiceberg.avro.file.new_decoder", StreamingBinaryDecoder),
        mock.patch.dict(KNOWN_CODECS, {"snappy": ArrowSnappy}),
        mock.patch("pyiceberg.avro.file.os.urandom", lambda size: bytes(range(size))),
    ):
        for codec in CODECS:
            make(1, codec)
            make(2, codec)


if __name__ == "__main__":
    main()
