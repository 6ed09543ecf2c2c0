"""Cells of any store as plain values, and how two of them stand to each other."""

from __future__ import annotations

import datetime
import json
import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
NANOSECONDS_OF_A_SECOND = 1_000_000_000
_DAY = 86_400 * NANOSECONDS_OF_A_SECOND
_UNITS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": NANOSECONDS_OF_A_SECOND}


@dataclass(frozen=True, order=True)
class Instant:
    """A point in time in nanoseconds since 1970, UTC; one without a zone is UTC (P10)."""

    ns: int

    def __str__(self) -> str:
        whole, part = divmod(self.ns, NANOSECONDS_OF_A_SECOND)
        try:
            text = (_EPOCH + datetime.timedelta(seconds=whole)).strftime("%Y-%m-%dT%H:%M:%S")
        except OverflowError:
            return f"{self.ns} ns since 1970"
        return f"{text}.{part:09d}".rstrip("0").rstrip(".") + "Z"


class Relation(Enum):
    """How two cells stand to each other."""

    SAME = 0
    ROUNDED = 1
    """Equal but for what a type of one side cannot hold."""
    DIFFERENT = 2


def cells(column: pa.ChunkedArray) -> list[Any]:
    """The column's cells as plain values: times as Instant, NaN as it is, missing as None."""
    return [plain(value) for value in column.to_pylist()]


def plain(value: Any) -> Any:
    """A value as stores of every kind have it in common."""
    if isinstance(value, pd.Timestamp):
        value = value.tz_localize("UTC") if value.tzinfo is None else value
        return Instant(int(value.to_datetime64().astype(np.int64)) * _UNITS[value.unit])
    if isinstance(value, datetime.datetime):
        aware = value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value
        return Instant((aware - _EPOCH) // datetime.timedelta(microseconds=1) * 1_000)
    if isinstance(value, datetime.date):
        return Instant((value - _EPOCH.date()).days * _DAY)
    if value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, Mapping):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(item) for item in value]
    return value


def relation(ours: Any, theirs: Any, same_type: bool = False) -> Relation:
    """How two plain values stand to each other.

    `same_type`: both columns have one type, so that no rounding excuses a difference.
    """
    found = _relation(ours, theirs)
    return Relation.DIFFERENT if same_type and found is Relation.ROUNDED else found


def _relation(ours: Any, theirs: Any) -> Relation:
    if _is_nan(ours) or _is_nan(theirs):
        if _is_nan(ours) and _is_nan(theirs):
            return Relation.SAME
        return Relation.ROUNDED if ours is None or theirs is None else Relation.DIFFERENT
    if ours is None or theirs is None:
        return Relation.SAME if ours is theirs else Relation.DIFFERENT
    if isinstance(ours, (bool, int, float, Decimal)):
        return _numbers(ours, theirs)
    if isinstance(ours, Instant):
        return _instants(ours, theirs)
    if isinstance(ours, Mapping) or isinstance(theirs, Mapping):
        return _mappings(ours, theirs)
    if isinstance(ours, list) and isinstance(theirs, list):
        return _sequences(ours, theirs)
    return Relation.SAME if _as_text(ours) == _as_text(theirs) else Relation.DIFFERENT


def _is_nan(value: Any) -> bool:
    return isinstance(value, (float, Decimal)) and math.isnan(value)


def _numbers(ours: float | Decimal, theirs: Any) -> Relation:
    if not isinstance(theirs, (bool, int, float, Decimal)):
        return Relation.DIFFERENT
    if ours == theirs:
        return Relation.SAME
    with np.errstate(over="ignore"):
        narrow = np.float32(float(ours)) == np.float32(float(theirs))
    return Relation.ROUNDED if narrow or float(ours) == float(theirs) else Relation.DIFFERENT


def _instants(ours: Instant, theirs: Any) -> Relation:
    if not isinstance(theirs, Instant):
        return Relation.DIFFERENT
    if ours == theirs:
        return Relation.SAME
    for unit in (_UNITS["us"], _UNITS["ms"], _UNITS["s"]):
        # A time is rounded where one of the two is the other one's whole units.
        if ours.ns // unit == theirs.ns // unit and (ours.ns % unit == 0 or theirs.ns % unit == 0):
            return Relation.ROUNDED
    return Relation.DIFFERENT


def _mappings(ours: Any, theirs: Any) -> Relation:
    left, right = _as_mapping(ours), _as_mapping(theirs)
    if left is None or right is None:
        return Relation.DIFFERENT
    # pandas makes one struct of all dictionaries of a column: keys that a row lacks become null.
    keys = [key for key in {**left, **right} if _present(left, key) or _present(right, key)]
    return _worst(_relation(left.get(key), right.get(key)) for key in keys)


def _present(mapping: Mapping[Any, Any], key: Any) -> bool:
    return mapping.get(key) is not None


def _as_mapping(value: Any) -> Mapping[Any, Any] | None:
    if isinstance(value, Mapping):
        return value
    if isinstance(value, str):
        try:
            read = json.loads(value)
        except ValueError:
            return None
        return read if isinstance(read, dict) else None
    if isinstance(value, list) and all(isinstance(item, list) and len(item) == 2 for item in value):
        return {str(item[0]): item[1] for item in value}
    return None


def _sequences(ours: Sequence[Any], theirs: Sequence[Any]) -> Relation:
    if len(ours) != len(theirs):
        return Relation.DIFFERENT
    return _worst(_relation(a, b) for a, b in zip(ours, theirs, strict=True))


def _worst(relations: Any) -> Relation:
    return max(relations, key=lambda found: found.value, default=Relation.SAME)


def _as_text(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, bytes) and len(value) == 16:
        return str(uuid.UUID(bytes=value))
    return value
