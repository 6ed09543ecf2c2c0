"""Partition tuples, their summaries, and the order of rows, by pyiceberg's transforms."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cmp_to_key
from typing import Any
from uuid import UUID

from pyiceberg.transforms import VoidTransform, parse_transform
from pyiceberg.types import IcebergType

from tests.interop.file_judge import JudgedFile
from tests.interop.leaves import field_of
from tests.interop.values import (
    encode,
    is_floating,
    is_nan,
    order,
    order_of_bytes,
    python_value,
    width_of,
)


def iceberg_type(kind: str) -> IcebergType:
    """A primitive type of pyiceberg by its name."""
    return IcebergType.handle_primitive_type(kind, lambda _: _)


def result_kind(transform: str, kind: str) -> str:
    """The type that a transform makes of a type."""
    if transform == "identity" or transform.startswith("truncate") or transform == "void":
        return kind
    return "date" if transform == "day" else "int"


def transformed(transform: str, kind: str) -> Callable[[Any], Any]:
    """The transform as a function of a plain cell, to what pyiceberg makes of it."""
    made = parse_transform(transform)
    if isinstance(made, VoidTransform):
        return lambda _: None
    if transform == "identity":
        return lambda cell: python_value(kind, cell)
    apply = made.transform(iceberg_type(kind))
    width = width_of(kind) if transform.startswith("truncate") else None

    def one(cell: Any) -> Any:
        value = None if cell is None else apply(python_value(kind, cell))
        # The specification is silent; Iceberg Java wraps around at the smallest value, so do we.
        return value if value is None or width is None else wrapped(value, width)

    return one


def wrapped(number: int, width: int) -> int:
    """A number as a two's complement integer of so many bytes has it."""
    half = 1 << (8 * width - 1)
    return (number + half) % (2 * half) - half


def leaf_cells(file: JudgedFile, source: int) -> tuple[str, list[Any]]:
    """The type and cells of a source column."""
    found = field_of(file.schema, source)
    assert found is not None, f"no field {source}"
    kind, _ = found
    assert isinstance(kind, str)
    if kind == "unknown":
        return kind, [None] * file.said["record_count"]
    return kind, file.values[source]


def same(left: Any, right: Any) -> bool:
    """Of partition values: NaN is NaN, -0.0 is not 0.0, a UUID is its bytes."""
    left, right = (v.bytes if isinstance(v, UUID) else v for v in (left, right))
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return left == right and math.copysign(1, left) == math.copysign(1, right)
    return bool(left == right)


def judge_partition(file: JudgedFile, spec: dict[str, Any]) -> None:
    """Every row's transformed values are the tuple of the file."""
    tuple_ = file.said["partition"]
    file.demand(len(tuple_) == len(spec["fields"]), f"partition {tuple_} of spec {spec['fields']}")
    for f, value in zip(spec["fields"], tuple_.values(), strict=True):
        kind, cells = leaf_cells(file, f["source-id"])
        apply = transformed(f["transform"], kind)
        wrong = next((cell for cell in cells if not same(apply(cell), value)), ...)
        file.demand(
            wrong is ...,
            f"partition {f['name']} ({f['transform']} of {kind}) is {value!r}, but a row has "
            f"{wrong!r}, which is {apply(wrong) if wrong is not ... else None!r}",
        )


def judge_sorting(file: JudgedFile, orders: dict[int, dict[str, Any]]) -> None:
    """The rows are in the order that the file names."""
    number = file.said["sort_order_id"] or 0
    if number not in orders:
        file.complain(f"sort_order_id {number} is none of the table's")
        return
    columns = []
    for f in orders[number]["fields"]:
        kind, cells = leaf_cells(file, f["source-id"])
        apply = transformed(f["transform"], kind)
        made = result_kind(f["transform"], kind)
        keys = [_sort_key(made, apply(cell), cell) for cell in cells]
        columns.append((keys, f["direction"] == "desc", f["null-order"] == "nulls-first"))

    def compare(left: int, right: int) -> int:
        for keys, descending, nulls_first in columns:
            one, other = keys[left], keys[right]
            if one == other:
                continue
            if one is None or other is None:
                return -1 if (one is None) is nulls_first else 1
            return (-1 if one < other else 1) * (-1 if descending else 1)
        return 0

    rows = range(file.said["record_count"])
    wrong = next((row for row in rows[1:] if compare(row - 1, row) > 0), None)
    file.demand(wrong is None, f"not in sort order {number} at row {wrong}")
    assert cmp_to_key(compare)


def _sort_key(kind: str, value: Any, cell: Any) -> Any:
    """NaN after everything else, as the specification has it."""
    if value is None:
        return None
    if is_floating(kind):
        return (1, 0.0, 0.0) if is_nan(cell) else (0, *order(kind, cell))
    if isinstance(value, UUID):
        return value.bytes
    return value


def judge_summaries(
    manifest: dict[str, Any], spec: dict[str, Any], kinds: list[str], tuples: list[list[Any]]
) -> list[str]:
    """The field summaries of a manifest list against the tuples in the manifest."""
    summaries = manifest["partitions"] or []
    if len(summaries) != len(spec["fields"]):
        return [f"{len(summaries)} summaries for {len(spec['fields'])} partition fields"]
    wrong = []
    for at, (summary, kind) in enumerate(zip(summaries, kinds, strict=True)):
        values = [row[at] for row in tuples]
        nan = any(isinstance(v, float) and math.isnan(v) for v in values)
        present = [v for v in values if v is not None and not (isinstance(v, float) and v != v)]
        wanted = {
            "contains_null": None in values,
            "contains_nan": nan if is_floating(kind) else (None, False),
            "lower_bound": _bounds(kind, present, min),
            "upper_bound": _bounds(kind, present, max),
        }
        for name, expected in wanted.items():
            good = expected if isinstance(expected, tuple) else (expected,)
            if summary[name] not in good:
                wrong.append(
                    f"{name} of partition {spec['fields'][at]['name']} ({kind}) "
                    f"{summary[name]!r}, should be {expected!r}; values {present[:8]}"
                )
    return wrong


def _bounds(kind: str, present: list[Any], pick: Callable[..., Any]) -> Any:
    if not present:
        return None
    stored = [_serialized(kind, value) for value in present]
    best = pick(stored, key=lambda one: order_of_bytes(kind, one))
    if is_floating(kind) and order_of_bytes(kind, best)[0] == 0:
        zero = bytes(len(best))
        return (best, zero[:-1] + b"\x80" if pick is min else zero)
    return best


def _serialized(kind: str, value: Any) -> bytes:
    """A partition value as pyiceberg reads it, in the single-value serialization."""
    import struct

    if kind == "uuid":
        return value.bytes if isinstance(value, UUID) else bytes(value)
    if kind in ("float", "double"):
        return struct.pack("<f" if kind == "float" else "<d", value)
    if isinstance(value, bytes | bytearray):
        return bytes(value)
    return encode(kind, format(value, "f") if kind.startswith("decimal") else value)
