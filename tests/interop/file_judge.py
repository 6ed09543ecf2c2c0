"""One data file against what its manifest says of it, and against the specification."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.golden.cells import array_cells
from tests.interop.avro_files import local
from tests.interop.leaves import Leaf, leaves_of, spread
from tests.interop.parquet_layout import read_layout
from tests.interop.values import (
    cut_bytes,
    cut_text,
    encode,
    is_floating,
    is_nan,
    numbers_of,
    order,
    order_of_bytes,
)

# What rows of v3 keep when their file is written again (specification: "Reserved Field IDs").
ROW_ID, LAST_UPDATED = 2147483540, 2147483539
_NO_BOUNDS = {"geometry", "geography", "variant", "unknown"}


@dataclass
class JudgedFile:
    """A data file: `said` is its manifest's data_file, `schema` that of the adding snapshot."""

    said: dict[str, Any]
    schema: dict[str, Any]
    properties: dict[str, str]
    complaints: list[str] = field(default_factory=list)

    def complain(self, text: str) -> None:
        """Something is wrong with this file."""
        self.complaints.append(f"{local(self.said['file_path']).name}: {text}")

    def demand(self, holds: bool, text: str) -> None:
        """Complains unless it holds."""
        if not holds:
            self.complain(text)

    @cached_property
    def data(self) -> bytes:
        """All bytes."""
        return local(self.said["file_path"]).read_bytes()

    @cached_property
    def parquet(self) -> pq.ParquetFile:
        """The file as pyarrow opens it."""
        return pq.ParquetFile(pa.BufferReader(self.data))

    @cached_property
    def layout(self) -> list[Any]:
        """The file as its footer says it lies."""
        return read_layout(self.data)

    @cached_property
    def fields(self) -> list[dict[str, Any]]:
        """The columns that a file has: all but unknown ones, and then the reserved ones of v3."""
        wanted = [f for f in self.schema["fields"] if f["type"] != "unknown"]
        reserved = [
            {"id": number, "name": name, "type": "long", "required": False}
            for number, name in (
                (ROW_ID, "_row_id"),
                (LAST_UPDATED, "_last_updated_sequence_number"),
            )
            if name in self.parquet.schema_arrow.names
        ]
        return wanted + reserved

    @cached_property
    def leaves(self) -> list[Leaf]:
        """The leaves of those columns."""
        return list(leaves_of({"type": "struct", "fields": self.fields}))

    @cached_property
    def cells(self) -> dict[int, list[Any]]:
        """The cells of each column by id, as pyarrow reads them."""
        table = self.parquet.read()
        columns = {}
        for number, f in enumerate(self.fields):
            chunks = table.column(number).chunks
            columns[f["id"]] = [cell for chunk in chunks for cell in array_cells(chunk)]
        return columns

    @cached_property
    def values(self) -> dict[int, list[Any]]:
        """The values of each leaf by id."""
        values: dict[int, list[Any]] = {leaf.id: [] for leaf in self.leaves}
        for f in self.fields:
            for cell in self.cells[f["id"]]:
                spread(f["type"], f["id"], cell, values)
        return values

    def mode(self, leaf: Leaf) -> str:
        """The metrics mode of a leaf (table property write.metadata.metrics.*)."""
        default = self.properties.get("write.metadata.metrics.default", "truncate(16)")
        return self.properties.get(f"write.metadata.metrics.column.{leaf.name}", default)


def judge_metrics(file: JudgedFile) -> None:
    """Counts, sizes and bounds."""
    said = file.said
    rows = {len(cells) for cells in file.cells.values()} or {file.parquet.metadata.num_rows}
    file.demand({said["record_count"]} == rows, f"record_count {said['record_count']}, has {rows}")
    file.demand(
        said["file_size_in_bytes"] == len(file.data),
        f"file_size_in_bytes {said['file_size_in_bytes']}, is {len(file.data)}",
    )
    file.demand(said["content"] == 0, f"content {said['content']}")
    file.demand(said["file_format"] == "PARQUET", f"file_format {said['file_format']}")
    starts = [group.start for group in file.layout]
    file.demand(
        said["split_offsets"] == starts,
        f"split_offsets {said['split_offsets']}, groups at {starts}",
    )
    known = {leaf.id for leaf in file.leaves}
    for name in (
        "column_sizes",
        "value_counts",
        "null_value_counts",
        "nan_value_counts",
        "lower_bounds",
        "upper_bounds",
    ):
        strangers = set(said[name] or {}) - known
        file.demand(not strangers, f"{name} of ids {strangers}, which are no leaves")
    for at, leaf in enumerate(file.leaves):
        _judge_leaf(file, at, leaf)


def _judge_leaf(file: JudgedFile, at: int, leaf: Leaf) -> None:
    mode, values = file.mode(leaf), file.values[leaf.id]
    if leaf.id in (ROW_ID, LAST_UPDATED):
        # Any true statement will do.
        modes = {"full": "lower_bounds", "counts": "value_counts"}
        mode = next((m for m, said in modes.items() if leaf.id in (file.said[said] or {})), "none")
    size = sum(group.chunks[at].size for group in file.layout)
    nans = sum(map(is_nan, values))
    wanted = {
        "column_sizes": size,
        "value_counts": len(values),
        "null_value_counts": values.count(None),
        "nan_value_counts": nans if is_floating(leaf.kind) and not leaf.repeated else None,
    }
    if mode == "none":
        wanted = dict.fromkeys(wanted)
    for name, number in wanted.items():
        got = (file.said[name] or {}).get(leaf.id)
        if name == "column_sizes" and mode == "none" and got == size:
            continue
        if name == "nan_value_counts" and leaf.repeated and got == nans:
            continue
        file.demand(got == number, f"{name} of {leaf.name} {got}, should be {number} ({mode})")
    judge_bounds(file, leaf, mode)


def judge_bounds(file: JudgedFile, leaf: Leaf, mode: str) -> None:
    """Both bounds of a leaf: absent, or true and as tight as the mode lets them be."""
    present = [v for v in file.values[leaf.id] if v is not None and not is_nan(v)]
    got = tuple((file.said[f"{side}_bounds"] or {}).get(leaf.id) for side in ("lower", "upper"))
    bounded = mode == "full" or mode.startswith("truncate")
    if leaf.repeated or leaf.kind in _NO_BOUNDS or not present or not bounded:
        file.demand(got == (None, None), f"bounds of {leaf.name} {got} ({leaf.kind}, {mode})")
        return
    lowest, highest = (pick(present, key=lambda v: order(leaf.kind, v)) for pick in (min, max))
    wanted = _wanted_bounds(leaf.kind, mode, lowest, highest)
    if got in wanted:
        return
    file.complain(
        f"bounds of {leaf.name} {got}, should be one of {wanted}: {lowest} to {highest} "
        f"({leaf.kind}, {mode}){_untrue(leaf.kind, got, lowest, highest)}"
    )


def _wanted_bounds(kind: str, mode: str, lowest: Any, highest: Any) -> list[tuple[Any, Any]]:
    whole = (encode(kind, lowest), encode(kind, highest))
    if is_floating(kind):
        return [(low, high) for low in _zeros(whole[0], -1) for high in _zeros(whole[1], 1)]
    if mode == "full" or not (kind in ("string", "binary") or kind.startswith("fixed")):
        return [whole]
    length = numbers_of(mode)[0]
    if kind == "string":
        upper = cut_text(highest, length)[1]
        cut = (
            cut_text(lowest, length)[0].encode(),
            upper.encode() if upper is not None else None,
        )
    else:
        cut = (cut_bytes(whole[0], length)[0], cut_bytes(whole[1], length)[1])
    return [cut, whole] if kind.startswith("fixed") else [cut]


def _zeros(stored: bytes, sign: int) -> list[bytes]:
    """The bound itself, and where it is a zero the one that reaches further."""
    positive = bytes(len(stored))
    negative = positive[:-1] + b"\x80"
    if stored not in (positive, negative):
        return [stored]
    return [stored, negative if sign < 0 else positive]


def _untrue(kind: str, got: tuple[Any, Any], lowest: Any, highest: Any) -> str:
    try:
        low, high = (None if b is None else order_of_bytes(kind, b) for b in got)
    except (ValueError, UnicodeDecodeError) as error:
        return f"; no value: {error}"
    if low is not None and low > order(kind, lowest):
        return "; LOWER BOUND ABOVE A VALUE"
    if high is not None and high < order(kind, highest):
        return "; UPPER BOUND BELOW A VALUE"
    return "; true but not tight"
