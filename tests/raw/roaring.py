"""Serialized Roaring bitmaps: the portable format, 32-bit and its 64-bit extension.

RoaringFormatSpec
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

Containers = Literal["smallest", "no runs", "runs"]
"""Which containers are written: runs where they are smallest, nowhere, or everywhere."""

_COOKIE_WITH_RUNS = 12347
_COOKIE = 12346
_ARRAY_MAX = 4096
_OFFSETS_FROM = 4
"""Bitmaps with run containers have an offset header from this many containers on."""


def serialize64(positions: Iterable[int], containers: Containers = "smallest") -> bytes:
    """The positions as a 64-bit bitmap: how many, then (high 32 bits, 32-bit bitmap) each."""
    values = np.unique(np.fromiter(positions, np.uint64))
    parts = list(_split(values, 32, np.uint32))
    body = b"".join(struct.pack("<I", key) + serialize32(low, containers) for key, low in parts)
    return struct.pack("<Q", len(parts)) + body


def serialize32(values: npt.NDArray[np.uint32], containers: Containers = "smallest") -> bytes:
    """Sorted distinct values as a 32-bit bitmap."""
    made = [(key, len(low), *_container(low, containers)) for key, low in _split(values, 16, "<u2")]
    flags = [is_run for _, _, is_run, _ in made]
    if any(flags):
        header = struct.pack("<I", _COOKIE_WITH_RUNS | (len(made) - 1) << 16)
        header += np.packbits(flags, bitorder="little").tobytes()
    else:
        header = struct.pack("<II", _COOKIE, len(made))
    header += b"".join(struct.pack("<HH", key, size - 1) for key, size, _, _ in made)
    bodies = [body for *_, body in made]
    if not any(flags) or len(made) >= _OFFSETS_FROM:
        start = len(header) + 4 * len(made)
        sizes = [len(body) for body in bodies]
        header += b"".join(struct.pack("<I", start + sum(sizes[:at])) for at in range(len(made)))
    return header + b"".join(bodies)


def _split(values: npt.NDArray[Any], bits: int, low: Any) -> Iterable[tuple[int, npt.NDArray[Any]]]:
    """The values by their high bits, in order, with their low `bits`."""
    highs = values >> values.dtype.type(bits)
    lows = values & values.dtype.type((1 << bits) - 1)
    keys, starts, sizes = np.unique(highs, return_index=True, return_counts=True)
    for key, start, size in zip(keys, starts, sizes, strict=True):
        yield int(key), lows[start : start + size].astype(low)


def _container(low: npt.NDArray[np.uint16], containers: Containers) -> tuple[bool, bytes]:
    """Whether it is a run container, and its bytes."""
    breaks = np.flatnonzero(np.diff(low.astype(np.int32)) != 1)
    starts = low[np.concatenate(([0], breaks + 1))]
    ends = low[np.concatenate((breaks, [len(low) - 1]))]
    run_bytes = 2 + 4 * len(starts)
    plain_bytes = min(2 * len(low), 8192)
    if containers == "runs" or (containers == "smallest" and run_bytes < plain_bytes):
        pairs = np.stack((starts, ends - starts), axis=1).astype("<u2")
        return True, struct.pack("<H", len(starts)) + pairs.tobytes()
    if len(low) <= _ARRAY_MAX:
        return False, low.tobytes()
    bits = np.zeros(1 << 16, np.bool_)
    bits[low] = True
    return False, np.packbits(bits, bitorder="little").tobytes()
