"""Random cells of all primitive types, often at the edges of what bounds and transforms know."""

from __future__ import annotations

import random
import re
from typing import Any

from tests.evolution.shape import Cell, List, Map, Primitive, Struct, Type
from tests.evolution.shape import primitive_cell as pooled_cell

TYPES_V2 = [
    "boolean",
    "int",
    "long",
    "float",
    "double",
    "decimal(5, 2)",
    "decimal(9, 9)",
    "decimal(18, 0)",
    "decimal(30, 9)",
    "decimal(38, 10)",
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "string",
    "string",
    "uuid",
    "fixed[3]",
    "fixed[20]",
    "binary",
]
TYPES_V3 = [*TYPES_V2, "timestamp_ns", "timestamptz_ns"]
# What Spark's SQL has no type for.
NOT_SPARK = {"time", "timestamp_ns", "timestamptz_ns"}

_POINTS = "aé\x00'\\%\ud7ff\ue000\uffff\U00010000🙂\U0010ffff"
_NANOS = [0, -1, 1, 999, -1000, 1_700_000_000_000_000_001, -(2**63) + 1, 2**63 - 1]
_DAY = 86_400_000_000


def random_cell(kind: str, rng: random.Random) -> Cell:
    """A value of a primitive type: from a small pool, so that values repeat, or any."""
    if kind.endswith("_ns"):
        return rng.choice(_NANOS) if rng.random() < 0.6 else rng.randrange(-(2**62), 2**62)
    if rng.random() < 0.6:
        return pooled_cell(kind, rng)
    if kind == "string":
        length = rng.choice([1, 3, 15, 16, 17, 40])
        return "".join(rng.choice(_POINTS) for _ in range(length))
    if kind == "binary" or kind.startswith("fixed"):
        length = int(re.findall(r"\d+", kind)[0]) if kind != "binary" else rng.choice([1, 16, 17])
        return bytes(rng.choice([0, 1, 127, 128, 255, 255]) for _ in range(length)).hex()
    if kind == "uuid":
        return rng.randbytes(16).hex()
    if kind in ("float", "double"):
        return repr(rng.choice([-1, 1]) * rng.randrange(1, 2**20) * 2.0 ** rng.randrange(-90, 90))
    if kind.startswith("decimal"):
        return _random_decimal(kind, rng)
    return _random_whole(kind, rng)


def _random_decimal(kind: str, rng: random.Random) -> Cell:
    precision, scale = map(int, re.findall(r"\d+", kind))
    digits = str(rng.randrange(10 ** rng.randrange(1, precision + 1))).rjust(scale + 1, "0")
    sign = "-" if rng.random() < 0.5 and digits.strip("0") else ""
    whole, part = digits[: len(digits) - scale], digits[len(digits) - scale :]
    return f"{sign}{whole}.{part}" if scale else f"{sign}{whole}"


def _random_whole(kind: str, rng: random.Random) -> Any:
    if kind == "boolean":
        return rng.random() < 0.5
    if kind in ("int", "long"):
        bits = rng.randrange(1, 31 if kind == "int" else 63)
        return rng.randrange(-(2**bits), 2**bits)
    if kind == "date":
        return rng.randrange(-1000, 1000)
    if kind == "time":
        return rng.randrange(_DAY)
    # Around the epoch, where floors and truncations of days and hours differ.
    return rng.choice([-1, 0, 1]) + rng.randrange(-800, 800) * rng.choice([_DAY, 3_600_000_000])


def random_nested(kind: Type, rng: random.Random, nulls: float) -> Cell:
    """A value of any type."""
    if rng.random() < nulls:
        return None
    if isinstance(kind, Primitive):
        return random_cell(kind.text, rng)
    if isinstance(kind, Struct):
        return {
            f.name: random_nested(f.type, rng, 0.0 if f.required else nulls) for f in kind.fields
        }
    if isinstance(kind, List):
        return [random_nested(kind.element, rng, nulls) for _ in range(rng.choice([0, 1, 2, 3]))]
    assert isinstance(kind, Map)
    keys = {random_cell(kind.key.text, rng) for _ in range(rng.choice([0, 1, 2]))}
    return [[key, random_nested(kind.value, rng, nulls)] for key in sorted(keys, key=repr)]
