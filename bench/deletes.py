"""Tables with deletes over the files of a table without: the same bytes are read, less its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.table import Table

from bench.generate import Int64s, stream
from tests.raw import RawTable, TableFile
from tests.raw.data_file import DATA

POSITIONS, VECTORS, EQUALITY = "positions", "vectors", "equality"

POSITIONS_SHARE = 0.01
VECTORS_SHARE = 0.10
EQUALITY_KEYS = 100_000
EQUALITY_COLUMN = "i64_b"
"""A column of random 62-bit integers: a key removes one row, or none."""


def write(kind: str, source: Table, folder: Path) -> RawTable:
    """A table in `folder` over the data files of `source`, with deletes of one kind."""
    table = RawTable(folder, source.schema(), format_version=3 if kind == VECTORS else 2)
    files = data_files(source)
    table.commit(files)
    table.commit(deletes=_WRITERS[kind](table, files))
    return table


def data_files(source: Table) -> list[TableFile]:
    """The data files of a table in the order of their paths, described as its manifests do."""
    found = [task.file for task in source.scan().plan_files()]
    return [
        TableFile(
            DATA,
            file.file_path,
            file.record_count,
            file.file_size_in_bytes,
            column_sizes=file.column_sizes,
            value_counts=file.value_counts,
            null_counts=file.null_value_counts,
            nan_counts=file.nan_value_counts,
            lower=file.lower_bounds,
            upper=file.upper_bounds,
            split_offsets=file.split_offsets,
        )
        for file in sorted(found, key=lambda file: str(file.file_path))
    ]


def chosen_positions(kind: str, files: Sequence[TableFile]) -> dict[TableFile, Int64s]:
    """Which rows of which file go, by share; the same ones in every run."""
    share = POSITIONS_SHARE if kind == POSITIONS else VECTORS_SHARE
    chosen = {}
    for at, file in enumerate(files):
        random = stream(2_000_000, list(_WRITERS).index(kind), at)
        count = int(file.record_count * share)
        chosen[file] = np.sort(random.choice(file.record_count, count, replace=False))
    return chosen


def chosen_keys(files: Sequence[TableFile]) -> pa.Array:
    """Keys that equality deletes remove: half from rows of all files, half of no row."""
    random = stream(2_000_000, list(_WRITERS).index(EQUALITY))
    share = EQUALITY_KEYS // 2 // len(files)
    parts = []
    for file in files:
        column = pq.read_table(file.path.removeprefix("file://"), columns=[EQUALITY_COLUMN])
        values = column[0].drop_null().combine_chunks()
        parts.append(values.take(pa.array(random.choice(len(values), share, replace=False))))
    taken = sum(map(len, parts))
    strangers = pa.array(-random.integers(1, 1 << 62, EQUALITY_KEYS - taken))
    return pa.concat_arrays([*parts, strangers])


def _positions(table: RawTable, files: Sequence[TableFile]) -> Sequence[TableFile]:
    """One delete file for all data files, as a merge writes it."""
    return table.position_deletes(chosen_positions(POSITIONS, files))


def _vectors(table: RawTable, files: Sequence[TableFile]) -> Sequence[TableFile]:
    return table.deletion_vectors(chosen_positions(VECTORS, files))


def _equality(table: RawTable, files: Sequence[TableFile]) -> Sequence[TableFile]:
    keys = pa.table({EQUALITY_COLUMN: chosen_keys(files)})
    return [table.equality_deletes([EQUALITY_COLUMN], keys)]


_WRITERS: Mapping[str, Callable[[RawTable, Sequence[TableFile]], Sequence[TableFile]]] = {
    POSITIONS: _positions,
    VECTORS: _vectors,
    EQUALITY: _equality,
}
