"""A digest of rows that knows no order: each row counts with all its cells together."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

_Hashes = npt.NDArray[np.uint64]
_NULL = np.uint64(0x7E57AB1E0DDBA11)
_FACTORS = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))
_SHIFT = np.uint64(32)


class RowDigest:
    """Sums of row hashes over the columns named, whatever order batches and rows come in."""

    def __init__(self, columns: tuple[str, ...]) -> None:
        self.columns = columns
        self.rows = 0
        self.total = 0

    def add(self, batch: pa.RecordBatch) -> None:
        """Takes the rows of a batch in; it may have its columns in any order."""
        hashes = row_hashes(batch, self.columns)
        self.rows += len(hashes)
        self.total = (self.total + int(hashes.sum())) % (1 << 64)

    def __str__(self) -> str:
        return f"{self.rows} rows, {self.total:016x}"


def row_hashes(batch: pa.RecordBatch, columns: tuple[str, ...]) -> _Hashes:
    """A hash of each row's cells."""
    hashes: _Hashes = np.zeros(batch.num_rows, np.uint64)
    for name in columns:
        hashes = _mixed(hashes * _FACTORS[1] + _cells(batch.column(name)))
    return hashes


def _mixed(values: _Hashes) -> _Hashes:
    values = values * _FACTORS[0]
    values ^= values >> _SHIFT
    mixed: _Hashes = values * _FACTORS[1]
    return mixed


def _cells(column: pa.Array) -> _Hashes:
    hashes = _text_cells(column) if _is_text(column.type) else _mixed(_bits(column))
    if column.null_count:
        hashes = np.where(column.is_null().to_numpy(zero_copy_only=False), _NULL, hashes)
    return hashes


def _is_text(kind: Any) -> bool:
    return bool(pat.is_string(kind) or pat.is_large_string(kind) or pat.is_string_view(kind))


def _text_cells(column: pa.Array) -> _Hashes:
    coded = pc.dictionary_encode(column.cast(pa.string()))
    hashes = np.array(
        [
            int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
            for text in coded.dictionary.to_pylist()
        ]
        or [0],
        np.uint64,
    )
    found: _Hashes = hashes[pc.fill_null(coded.indices, 0).to_numpy()]
    return found


def _bits(column: pa.Array) -> _Hashes:
    """Fixed-width values by their bits."""
    if pat.is_temporal(column.type):
        column = column.cast(pa.int64())
    filled = column.fill_null(pa.scalar(0).cast(column.type)).to_numpy(zero_copy_only=False)
    unsigned = {1: np.uint8, 4: np.uint32, 8: np.uint64}[filled.dtype.itemsize]
    bits: _Hashes = filled.view(unsigned).astype(np.uint64)
    return bits
