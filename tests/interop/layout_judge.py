"""The inside of a Parquet file: field ids, types, page index, statistics, bloom filters."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.types as pat

from tests.interop.file_judge import JudgedFile
from tests.interop.leaves import Kind, Leaf, parts
from tests.interop.parquet_layout import Bounds, Chunk, RowGroup
from tests.interop.values import encode, is_nan, numbers_of, order, unscaled

_PHYSICAL = {
    "boolean": "BOOLEAN",
    "int": "INT32",
    "long": "INT64",
    "float": "FLOAT",
    "double": "DOUBLE",
    "date": "INT32",
    "time": "INT64",
    "string": "BYTE_ARRAY",
    "binary": "BYTE_ARRAY",
    "uuid": "FIXED_LEN_BYTE_ARRAY",
}
_LOGICAL = {"date": "Date", "string": "String", "uuid": "UUID"}
_UNSAID = ("None", "Int")


def judge_layout(file: JudgedFile) -> None:
    """All of it."""
    _judge_ids(file)
    for at, leaf in enumerate(file.leaves):
        _judge_type(file, at, leaf)
    first = 0
    for group in file.layout:
        file.demand(len(group.chunks) == len(file.leaves), "a row group without all columns")
        if not any(leaf.repeated for leaf in file.leaves):
            values = {
                leaf.id: file.values[leaf.id][first : first + group.rows] for leaf in file.leaves
            }
        else:
            values = {
                leaf.id: file.values[leaf.id][first : first + group.rows]
                for leaf in file.leaves
                if not leaf.repeated
            }
        for leaf, chunk in zip(file.leaves, group.chunks, strict=True):
            _judge_pages(file, leaf, group, chunk, values.get(leaf.id))
            _judge_bloom(file, leaf, chunk, values.get(leaf.id))
        first += group.rows
    file.demand(first == file.said["record_count"], f"row groups hold {first} rows")


def _judge_ids(file: JudgedFile) -> None:
    """Names and field ids at every depth are those of the schema, in its order."""
    arrow = file.parquet.schema_arrow
    wanted = {"type": "struct", "fields": file.fields}
    pending: list[tuple[str, list[pa.Field], Kind]] = [("", list(arrow), wanted)]
    while pending:
        path, fields, kind = pending.pop()
        assert isinstance(kind, dict)
        said = [(f["id"], f["name"]) for f in file.fields] if not path else _names(kind)
        got = [(int((f.metadata or {}).get(b"PARQUET:field_id", b"-1")), f.name) for f in fields]
        if kind["type"] == "struct":
            file.demand(got == said, f"fields {got} in {path or 'the file'}, should be {said}")
        else:
            ids = ([g[0] for g in got], [s[0] for s in said])
            file.demand(ids[0] == ids[1], f"ids {got} in {path}, should be {said}")
        for arrow_field, (_, name, below) in zip(fields, parts(kind), strict=True):
            if isinstance(below, dict):
                pending.append((f"{path}.{name}".strip("."), _below(arrow_field.type), below))


def _names(kind: dict[str, Any]) -> list[tuple[int, str]]:
    return [(number, name) for number, name, _ in parts(kind)]


def _below(kind: pa.DataType) -> list[pa.Field]:
    if pat.is_struct(kind):
        return list(kind)
    if pat.is_map(kind):
        return [kind.key_field, kind.item_field]
    return [kind.value_field]


def _judge_type(file: JudgedFile, at: int, leaf: Leaf) -> None:
    column = file.parquet.schema.column(at)
    logical, kind = str(column.logical_type), leaf.kind
    physical = _PHYSICAL.get(kind)
    if kind.startswith("decimal"):
        precision, scale = numbers_of(kind)
        physical = "INT32" if precision <= 9 else "INT64" if precision <= 18 else None
        file.demand(
            logical == f"Decimal(precision={precision}, scale={scale})", f"{leaf.name}: {logical}"
        )
        if physical is None:
            physical, width = "FIXED_LEN_BYTE_ARRAY", _decimal_width(precision)
            file.demand(column.length == width, f"{leaf.name}: {column.length} bytes, not {width}")
    elif kind.startswith("timestamp"):
        physical = "INT64"
        zoned = str(kind.startswith("timestamptz")).lower()
        unit = "nanoseconds" if kind.endswith("_ns") else "microseconds"
        file.demand(
            f"isAdjustedToUTC={zoned}, timeUnit={unit}" in logical, f"{leaf.name}: {logical}"
        )
    elif kind == "time":
        file.demand(
            "Time(isAdjustedToUTC=false, timeUnit=microseconds" in logical,
            f"{leaf.name}: {logical}",
        )
    elif kind.startswith("fixed"):
        physical = "FIXED_LEN_BYTE_ARRAY"
        file.demand(column.length == numbers_of(kind)[0], f"{leaf.name}: {column.length} bytes")
    elif kind in _LOGICAL:
        file.demand(logical == _LOGICAL[kind], f"{leaf.name}: {logical}")
    else:
        file.demand(logical.startswith(_UNSAID), f"{leaf.name}: {logical}")
    file.demand(column.physical_type == physical, f"{leaf.name}: {column.physical_type}")


def _decimal_width(precision: int) -> int:
    width = 1
    while 2 ** (8 * width - 1) <= 10**precision - 1:
        width += 1
    return width


def plain(leaf: Leaf, cell: Any) -> bytes:
    """A value as Parquet stores it plain, without a length."""
    if leaf.kind.startswith("decimal"):
        precision = numbers_of(leaf.kind)[0]
        number = unscaled(leaf.kind, cell)
        if precision > 18:
            return number.to_bytes(_decimal_width(precision), "big", signed=True)
        return number.to_bytes(4 if precision <= 9 else 8, "little", signed=True)
    return encode(leaf.kind, cell)


def _order_of_plain(leaf: Leaf) -> Callable[[bytes], Any]:
    kind = leaf.kind
    if kind in ("float", "double"):
        return lambda stored: order(kind, ("float", stored))
    if kind.startswith("decimal"):
        endian = "little" if numbers_of(kind)[0] <= 18 else "big"
        return lambda stored: int.from_bytes(stored, endian, signed=True)  # type: ignore[arg-type]
    if kind in ("string", "binary", "uuid", "boolean") or kind.startswith("fixed"):
        return lambda stored: stored
    return lambda stored: int.from_bytes(stored, "little", signed=True)


def _judge_true(
    file: JudgedFile, leaf: Leaf, said: Bounds | None, values: Sequence[Any], where: str
) -> None:
    """Statistics of Parquet itself, by which other readers skip row groups and pages."""
    if said is None:
        return
    nulls = list(values).count(None)
    file.demand(said.nulls in (None, nulls), f"{where}: {said.nulls} nulls, are {nulls}")
    present = [plain(leaf, v) for v in values if v is not None and not is_nan(v)]
    key = _order_of_plain(leaf)
    if not present:
        return
    low, high = min(map(key, present)), max(map(key, present))
    if said.lower is not None:
        file.demand(key(said.lower) <= low, f"{where}: lower {said.lower!r} above {low!r}")
    if said.upper is not None:
        file.demand(key(said.upper) >= high, f"{where}: upper {said.upper!r} below {high!r}")
    if leaf.kind in ("float", "double"):
        for bound in (said.lower, said.upper):
            number = struct.unpack("<f" if leaf.kind == "float" else "<d", bound)[0] if bound else 0
            file.demand(number == number, f"{where}: a bound is NaN")


def _judge_pages(
    file: JudgedFile, leaf: Leaf, group: RowGroup, chunk: Chunk, values: Sequence[Any] | None
) -> None:
    name = f"column {leaf.name}"
    if chunk.pages is None:
        file.complain(f"{name} has no offset index")
        return
    firsts = [page.first_row for page in chunk.pages]
    limit = int(file.properties.get("write.parquet.page-row-limit", 20_000))
    ends = [*firsts[1:], group.rows]
    longest = max((end - first for first, end in zip(firsts, ends, strict=True)), default=0)
    file.demand(longest <= limit, f"{name}: a page of {longest} rows, limit {limit}")
    file.demand(firsts[:1] in ([0], []), f"{name}: first page at row {firsts[:1]}")
    if values is None:
        return
    file.demand(all(p.bounds for p in chunk.pages) or _no_index(leaf), f"{name}: no column index")
    _judge_true(file, leaf, chunk.statistics, values, f"{name}, row group")
    for page, end in zip(chunk.pages, ends, strict=True):
        inside = values[page.first_row : end]
        where = f"{name}, page at row {page.first_row}"
        if page.bounds is None:
            continue
        if page.only_nulls:
            file.demand(set(inside) <= {None}, f"{where} is said to be null")
        else:
            _judge_true(file, leaf, page.bounds, inside, where)


def _no_index(leaf: Leaf) -> bool:
    """NaN alone, and types without an order, have no column index."""
    return leaf.kind in ("float", "double", "geometry", "geography")


def _judge_bloom(file: JudgedFile, leaf: Leaf, chunk: Chunk, values: Sequence[Any] | None) -> None:
    asked = file.properties.get(f"write.parquet.bloom-filter-enabled.column.{leaf.name}") == "true"
    if chunk.bloom is None:
        empty = values is not None and set(values) <= {None}
        file.demand(
            not asked or leaf.kind == "boolean" or leaf.repeated or empty,
            f"column {leaf.name} has no bloom filter",
        )
        return
    file.demand(asked, f"column {leaf.name} has a bloom filter that nobody asked for")
    held = (
        {plain(leaf, v) for v in file.values[leaf.id] if v is not None}
        if values is None
        else {plain(leaf, v) for v in values if v is not None and not is_nan(v)}
    )
    if values is not None:
        missing = [v for v in held if not chunk.bloom.may_hold(v)]
        file.demand(not missing, f"bloom filter of {leaf.name} does not know {missing[:3]}")
    others = [bytes([n, 255 - n, 7, n]) for n in range(256)]
    taken = sum(map(chunk.bloom.may_hold, others))
    file.demand(taken < 64, f"bloom filter of {leaf.name} takes {taken} of 256 strangers")
