"""Data and delete files: what a manifest says of one, and the statistics in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pyarrow.types as pat
from pyiceberg.conversions import to_bytes

from tests.raw.schema import FIELD_ID, Json, primitive

DATA, POSITION_DELETES, EQUALITY_DELETES = range(3)

Partition = tuple[Any, ...]


@dataclass(frozen=True)
class Stats:
    """Which statistics a manifest holds. `columns`: field ids, None for all.

    `truncate` cuts bounds of strings and binaries as Iceberg does: the upper bound is the next
    greater prefix, and is left out where there is none.
    """

    counts: bool = True
    bounds: bool = True
    columns: Collection[int] | None = None
    truncate: int | None = 16

    def wants(self, field_id: int) -> bool:
        return self.columns is None or field_id in self.columns


NO_STATS = Stats(counts=False, bounds=False)


@dataclass(eq=False)
class TableFile:
    """A file as a manifest describes it. Any field may be changed before the commit, to write what
    is wrong; `dataclasses.replace` makes another description of the same bytes.

    The sequence numbers are those to be written explicitly; None leaves them to inheritance. After
    the commit `entry` in `table.py` knows what they became.
    """

    content: int
    path: str
    record_count: int
    size: int
    partition: Partition = ()
    spec_id: int = 0
    format: str = "PARQUET"
    column_sizes: dict[int, int] | None = None
    value_counts: dict[int, int] | None = None
    null_counts: dict[int, int] | None = None
    nan_counts: dict[int, int] | None = None
    lower: dict[int, bytes] | None = None
    upper: dict[int, bytes] | None = None
    split_offsets: list[int] | None = None
    equality_ids: list[int] | None = None
    sort_order_id: int | None = None
    first_row_id: int | None = None
    referenced_data_file: str | None = None
    content_offset: int | None = None
    content_size: int | None = None
    sequence_number: int | None = None
    file_sequence_number: int | None = None

    @property
    def key(self) -> tuple[str, int | None]:
        """What tells the file from all others: several deletion vectors share one path."""
        return self.path, self.content_offset


@dataclass
class _Collected:
    value_counts: dict[int, int] = field(default_factory=dict)
    null_counts: dict[int, int] = field(default_factory=dict)
    nan_counts: dict[int, int] = field(default_factory=dict)
    lower: dict[int, bytes] = field(default_factory=dict)
    upper: dict[int, bytes] = field(default_factory=dict)


def add_stats(file: TableFile, table: pa.Table, types: dict[int, Any], stats: Stats) -> None:
    """Fills in counts and bounds of the columns with ids; those in lists and maps have none."""
    found = _Collected()
    for column, values in zip(table.schema, table.columns, strict=True):
        for field_id, leaf in _leaves(column, values):
            if field_id in types and stats.wants(field_id):
                _collect(found, field_id, leaf, types[field_id], stats)
    if stats.counts:
        file.value_counts = found.value_counts
        file.null_counts, file.nan_counts = found.null_counts, found.nan_counts
    if stats.bounds:
        file.lower, file.upper = found.lower, found.upper


def leaf_types(fields: list[Json]) -> dict[int, Any]:
    """The primitive types of fields by id, those inside structs too."""
    types: dict[int, Any] = {}
    for item in fields:
        if isinstance(item["type"], str):
            types[item["id"]] = item["type"]
        elif item["type"]["type"] == "struct":
            types |= leaf_types(item["type"]["fields"])
    return types


def _leaves(column: pa.Field, values: pa.ChunkedArray) -> Iterator[tuple[int, pa.ChunkedArray]]:
    if pat.is_struct(column.type):
        for at, child in enumerate(column.type.fields):
            yield from _leaves(child, pc.struct_field(values, [at]))
    elif column.metadata and FIELD_ID in column.metadata and not pat.is_nested(column.type):
        yield int(column.metadata[FIELD_ID]), values


def _collect(
    found: _Collected, field_id: int, values: pa.ChunkedArray, kind: str, stats: Stats
) -> None:
    found.value_counts[field_id] = len(values)
    found.null_counts[field_id] = values.null_count
    if pat.is_floating(values.type):
        found.nan_counts[field_id] = pc.sum(pc.is_nan(values)).as_py() or 0
        values = values.filter(pc.invert(pc.fill_null(pc.is_nan(values), True)))
    plain = _plain_values(values)
    if not stats.bounds or not plain or kind in ("unknown", "variant"):
        return
    least, greatest = min(plain), max(plain)
    if kind.startswith(("string", "binary")) and stats.truncate is not None:
        found.lower[field_id] = _encoded(least[: stats.truncate])
        successor = _successor(greatest, stats.truncate)
        if successor is not None:
            found.upper[field_id] = _encoded(successor)
        return
    found.lower[field_id] = to_bytes(primitive(kind), least)
    found.upper[field_id] = to_bytes(primitive(kind), greatest)


def _plain_values(values: pa.ChunkedArray) -> list[Any]:
    """The least and greatest value as pyiceberg encodes bounds (times as counts since the epoch,
    UUIDs as bytes); nothing if there is none.
    """
    if isinstance(values.type, pa.BaseExtensionType):
        values = pa.chunked_array(
            [chunk.storage for chunk in values.chunks], values.type.storage_type
        )
    if pat.is_temporal(values.type):
        values = values.cast(pa.int32() if values.type.bit_width == 32 else pa.int64())
    try:
        ends = [end for end in pc.min_max(values).as_py().values() if end is not None]
    except pa.ArrowNotImplementedError:
        ends = [value for value in pc.unique(values).to_pylist() if value is not None]
    return ends


def _encoded(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value


def _successor(value: Any, length: int) -> Any:
    """A short value that is not less, or None."""
    if len(value) <= length:
        return value
    prefix = value[:length]
    for at in reversed(range(length)):
        if isinstance(prefix, str):
            code = ord(prefix[at]) + 1
            code = 0xE000 if code == 0xD800 else code
            if code <= 0x10FFFF:
                return prefix[:at] + chr(code)
        elif prefix[at] < 255:
            return prefix[:at] + bytes([prefix[at] + 1])
    return None


def write_parquet(path: Path, table: pa.Table, row_group_rows: int | None, **options: Any) -> int:
    """Writes a Parquet file as other writers do: without Arrow's own schema in it. Its size."""
    defaults = {"store_schema": False, "compression": "zstd"}
    rows = row_group_rows or max(1, table.num_rows)
    pq.write_table(table, path, row_group_size=rows, **{**defaults, **options})
    return path.stat().st_size
