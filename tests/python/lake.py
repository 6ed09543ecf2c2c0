"""Tables that pyiceberg writes, and Icefield's view of them."""

from __future__ import annotations

import decimal
import itertools
import uuid
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import (
    compute_statistics_plan,
    data_file_statistics_from_parquet_metadata,
    parquet_path_to_id_mapping,
    schema_to_pyarrow,
    write_file,
)
from pyiceberg.manifest import DataFile, DataFileContent, FileFormat
from pyiceberg.partitioning import PartitionFieldValue, PartitionKey, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table, WriteTask
from pyiceberg.table.snapshots import Operation, Summary
from pyiceberg.table.update.snapshot import _OverwriteFiles
from pyiceberg.typedef import EMPTY_DICT, Record
from pyiceberg.types import (
    BinaryType,
    BooleanType,
    DateType,
    DecimalType,
    DoubleType,
    FixedType,
    FloatType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestampType,
    TimestamptzType,
    TimeType,
    UUIDType,
)
from sqlalchemy import event

import icefield

Row = dict[str, Any]


class Lake:
    """A SQL catalog of tables in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.properties = {
            "type": "sql",
            "uri": f"sqlite:///{folder}/catalog.db",
            "warehouse": f"file://{folder}",
        }
        self.catalog = SqlCatalog("default", **self.properties)
        # The catalog is thrown away: waiting for the disk would be most of the run.
        event.listen(
            self.catalog.engine,
            "connect",
            lambda connection, _: connection.execute("PRAGMA synchronous = OFF"),
        )
        self.catalog.engine.dispose()
        self.catalog.create_namespace("ns")
        self._numbers = itertools.count(1)

    def create(
        self,
        schema: Schema | pa.Schema,
        version: int = 2,
        spec: PartitionSpec | None = None,
        **properties: str,
    ) -> Table:
        """A new table; underscores in the names of properties stand for dots."""
        given = {name.replace("_", "."): value for name, value in properties.items()}
        return self.catalog.create_table(
            f"ns.t{next(self._numbers):03}",
            schema,
            partition_spec=spec or PartitionSpec(),
            properties={"format-version": str(version), **given},
        )


def ours(table: Table) -> icefield.Table:
    """The table by its newest metadata file, without a catalog."""
    return icefield.load_table(table.refresh().metadata_location)


def rows_of(table: pa.Table, key: str = "id") -> list[Row]:
    """Rows as plain values, ordered by a column of distinct values."""
    return sorted(table.to_pylist(), key=lambda row: row[key])


def append_rows(table: Table, rows: Sequence[Row]) -> None:
    """One commit of one file a partition."""
    table.append(pa.Table.from_pylist(list(rows), schema=table.schema().as_arrow()))


class _TransformedKey(PartitionKey):
    """A partition whose values are transformed already."""

    @property
    def partition(self) -> Record:
        return Record(*(pair.value for pair in self.field_values))


def append_file(
    table: Table, rows: Sequence[Row], with_metrics: bool = True, **parquet_options: Any
) -> Path:
    """One commit of one file by pyarrow, whose pq.write_table takes the options. Returns the file.

    Nulls are where they are in the rows: pyiceberg writes a null list of structs as an empty one.
    """
    schema = table.schema()
    rows_arrow = pa.Table.from_pylist(list(rows), schema=schema_to_pyarrow(schema))
    place = Path(table.location().removeprefix("file://")) / "data" / f"{uuid.uuid4()}.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows_arrow, place, **parquet_options)
    metrics: dict[str, Any] = {"record_count": len(rows)}
    if with_metrics:
        metrics = data_file_statistics_from_parquet_metadata(
            pq.read_metadata(place),
            compute_statistics_plan(schema, table.properties),
            parquet_path_to_id_mapping(schema),
        ).to_serialized_dict()
    add_file(table, place, **metrics)
    return place


TIMED = pa.schema(
    [("key", pa.int64()), ("event_timestamp", pa.timestamp("us")), ("value", pa.float64())]
)
NOON = datetime(2024, 1, 1, 12)


def timed_table(lake: Lake) -> tuple[Table, Path]:
    """A table of one row, for who asks wrongly for it, and its file."""
    table = lake.create(TIMED)
    return table, append_file(table, [{"key": 1, "event_timestamp": NOON, "value": 0.5}])


class _Rewrite(_OverwriteFiles):
    """A snapshot of the operation "replace", for which pyiceberg knows no summary."""

    def _summary(self, snapshot_properties: dict[str, str] = EMPTY_DICT) -> Summary:
        return Summary(Operation.REPLACE, **snapshot_properties)


def compact(table: Table) -> None:
    """One commit that puts the rows of all files into one file, as a compaction does."""
    rows = table.scan().to_arrow()
    with (
        table.transaction() as transaction,
        _Rewrite(Operation.REPLACE, transaction, table.io) as rewrite,
    ):
        for task in table.scan().plan_files():
            rewrite.delete_data_file(task.file)
        batches = rows.combine_chunks().to_batches()
        task = WriteTask(uuid.uuid4(), 0, table.schema(), batches)
        for file in write_file(table.io, table.metadata, iter([task])):
            rewrite.append_data_file(file)


def add_file(table: Table, place: Path, **metrics: Any) -> None:
    """One commit of a file that lies there already."""
    file = DataFile.from_args(
        content=DataFileContent.DATA,
        file_path=f"file://{place}",
        file_format=FileFormat.PARQUET,
        partition=Record(),
        file_size_in_bytes=place.stat().st_size,
        spec_id=table.spec().spec_id,
        **metrics,
    )
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
        append.append_data_file(file)


def append_partitioned(table: Table, rows: Iterable[Row]) -> None:
    """One commit under the current spec, whatever its transforms are.

    Without pyiceberg-core, pyiceberg's own append knows identity alone.
    """
    schema, spec = table.schema(), table.spec()
    transforms: list[tuple[str, Callable[[Any], Any]]] = []
    for field in spec.fields:
        source = schema.find_field(field.source_id)
        transforms.append((source.name, field.transform.transform(source.field_type)))
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        key = tuple(apply(internal(row[name])) for name, apply in transforms)
        groups.setdefault(key, []).append(row)
    with table.transaction() as transaction, transaction.update_snapshot().fast_append() as append:
        for number, (key, members) in enumerate(groups.items()):
            pairs = zip(spec.fields, key, strict=True)
            values = [PartitionFieldValue(field, value) for field, value in pairs]
            batches = pa.Table.from_pylist(members, schema=schema.as_arrow()).to_batches()
            place = _TransformedKey(values, spec, schema)
            task = WriteTask(uuid.uuid4(), number, schema, batches, partition_key=place)
            for file in write_file(table.io, table.metadata, iter([task])):
                append.append_data_file(file)


def internal(value: Any) -> Any:
    """A plain value as Iceberg's transforms take it."""
    if isinstance(value, datetime):
        since = value.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    if isinstance(value, date):
        return (value - date(1970, 1, 1)).days
    if isinstance(value, time):
        return internal(datetime.combine(date(1970, 1, 1), value))
    return value


SCALARS: dict[str, tuple[Any, list[Any]]] = {
    "bool": (BooleanType(), [True, False]),
    "int": (IntegerType(), [0, -1, 2**31 - 1, -(2**31)]),
    "long": (LongType(), [0, -1, 2**63 - 1, -(2**63)]),
    "float": (FloatType(), [0.0, -1.5, float("inf"), -3.4028234663852886e38]),
    "double": (DoubleType(), [0.0, -0.1, float("-inf"), 1.7976931348623157e308]),
    "small_decimal": (DecimalType(9, 2), [decimal.Decimal("9999999.99"), decimal.Decimal("-0.01")]),
    "medium_decimal": (DecimalType(18, 0), [decimal.Decimal(10**18 - 1), decimal.Decimal(-5)]),
    "large_decimal": (
        DecimalType(38, 10),
        [decimal.Decimal("9" * 28 + "." + "9" * 10), decimal.Decimal("-0.0000000001")],
    ),
    "date": (DateType(), [date(1970, 1, 1), date(1, 1, 1), date(9999, 12, 31), date(1969, 12, 31)]),
    "time": (TimeType(), [time(), time(23, 59, 59, 999999)]),
    "timestamp": (
        TimestampType(),
        [datetime(1969, 12, 31, 23, 59, 59, 999999), datetime(1, 1, 1), datetime(2024, 2, 29, 12)],
    ),
    "timestamptz": (
        TimestamptzType(),
        [datetime(1900, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)],
    ),
    "string": (StringType(), ["", "a", "ä𝄞\x00|,\"'", "long " * 50]),
    "uuid": (UUIDType(), [uuid.UUID(int=0).bytes, uuid.UUID(int=2**128 - 1).bytes]),
    "fixed": (FixedType(3), [b"\x00\x01\x02", b"\xff\xff\xff"]),
    "binary": (BinaryType(), [b"", b"\x00\xff", b"x" * 100]),
}
"""Per type its Iceberg type and values at its edges."""


def every_type() -> Schema:
    """`id`, a column of each scalar type, and columns nested up to four deep."""
    ids = itertools.count(1)

    def field(name: str, kind: Any, required: bool = False) -> NestedField:
        return NestedField(next(ids), name, kind, required)

    def listed(kind: Any) -> ListType:
        return ListType(next(ids), kind, False)

    def mapped(key: Any, value: Any) -> MapType:
        return MapType(next(ids), key, next(ids), value, False)

    def pair() -> StructType:
        return StructType(field("x", LongType()), field("y", StringType()))

    deep = mapped(StringType(), listed(StructType(field("z", listed(pair())))))
    return Schema(
        field("id", LongType(), required=True),
        *(field(name, kind) for name, (kind, _) in SCALARS.items()),
        field("numbers", listed(LongType())),
        field("pairs", listed(pair())),
        field("prices", mapped(StringType(), DecimalType(20, 3))),
        field("places", mapped(IntegerType(), pair())),
        field("point", StructType(field("inner", pair()), field("tags", listed(StringType())))),
        field("deep", deep),
    )


_PAIR = {"x": 1, "y": "one"}
_EMPTY_PAIR = {"x": None, "y": None}
NESTED: list[Row] = [
    {
        "numbers": [1, None, 3],
        "pairs": [_PAIR, None, _EMPTY_PAIR],
        "prices": [("a", decimal.Decimal("1.500")), ("b", None)],
        "places": [(1, _PAIR), (2, None), (3, _EMPTY_PAIR)],
        "point": {"inner": _PAIR, "tags": ["x", None, ""]},
        "deep": [("k", [{"z": [_PAIR, None]}, None, {"z": None}, {"z": []}]), ("l", None)],
    },
    {"numbers": [], "pairs": [], "prices": [], "places": [], "deep": []}
    | {"point": {"inner": None, "tags": None}},
    dict.fromkeys(("numbers", "pairs", "prices", "places", "point", "deep")),
    {
        "numbers": [None],
        "pairs": [None],
        "prices": [("", None)],
        "places": [(0, None)],
        "point": {"inner": _EMPTY_PAIR, "tags": []},
        "deep": [("m", []), ("n", [None])],
    },
]


def every_row() -> list[Row]:
    """Rows with every edge of every type, and nulls at every level."""
    count = 12
    rows = []
    for at in range(count):
        scalars = {
            name: (*values, None)[at % (len(values) + 1)] for name, (_, values) in SCALARS.items()
        }
        rows.append({"id": at, **scalars, **NESTED[at % len(NESTED)]})
    return rows
