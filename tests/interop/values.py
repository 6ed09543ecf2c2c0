"""Values of Iceberg's types: their order, and their single-value serialization (Appendix D).

A cell is in the plain form of `tests/golden/cells.py`.
"""

from __future__ import annotations

import math
import re
import struct
from decimal import Decimal
from typing import Any
from uuid import UUID

Cell = Any
_WIDTHS = {"int": 4, "date": 4, "long": 8, "time": 8}
_FLOATS = {"float": "<f", "double": "<d"}


def numbers_of(kind: str) -> list[int]:
    """The numbers in the name of a type: precision and scale, or width."""
    return [int(text) for text in re.findall(r"\d+", kind)]


def width_of(kind: str) -> int | None:
    """Bytes of an integer type; None for other types."""
    return 8 if kind.startswith("timestamp") else _WIDTHS.get(kind)


def is_floating(kind: str) -> bool:
    """Whether the type has NaN."""
    return kind in _FLOATS


def is_nan(cell: Cell) -> bool:
    """Of a cell of any type, null too."""
    return isinstance(cell, tuple) and cell[1] == b"nan"


def encode(kind: str, cell: Cell) -> bytes:
    """The single-value serialization of a cell that is not null."""
    width = width_of(kind)
    if width is not None:
        return int(cell).to_bytes(width, "little", signed=True)
    if kind == "boolean":
        return b"\x01" if cell else b"\x00"
    if kind in _FLOATS:
        return bytes(cell[1])
    if kind == "string":
        return str(cell).encode()
    if kind.startswith("decimal"):
        return minimal(unscaled(kind, cell))
    return bytes.fromhex(cell)


def minimal(number: int) -> bytes:
    """Two's complement, big-endian, in as few bytes as hold it."""
    length = 1
    while not -(1 << (8 * length - 1)) <= number < 1 << (8 * length - 1):
        length += 1
    return number.to_bytes(length, "big", signed=True)


def unscaled(kind: str, cell: str) -> int:
    """The digits of a decimal as an integer."""
    return int(cell.replace(".", ""))


def order(kind: str, cell: Cell) -> Any:
    """What a cell that is neither null nor NaN sorts by; -0.0 before 0.0."""
    if kind in _FLOATS:
        (number,) = struct.unpack(_FLOATS[kind], cell[1])
        return (number, math.copysign(1.0, number))
    if kind.startswith("decimal"):
        return unscaled(kind, cell)
    if width_of(kind) is not None or kind in ("boolean", "string"):
        return cell
    return bytes.fromhex(cell)


def order_of_bytes(kind: str, stored: bytes) -> Any:
    """What a serialized value sorts by; ValueError where it is none of the type."""
    width = width_of(kind) or {"boolean": 1, "float": 4, "double": 8, "uuid": 16}.get(kind)
    if kind.startswith("fixed"):
        width = numbers_of(kind)[0]
    if width is not None and len(stored) != width:
        raise ValueError(f"{len(stored)} bytes for {kind}")
    if width_of(kind) is not None:
        return int.from_bytes(stored, "little", signed=True)
    if kind in _FLOATS:
        return order(kind, ("float", stored))
    if kind.startswith("decimal"):
        number = int.from_bytes(stored, "big", signed=True)
        if minimal(number) != stored:
            raise ValueError(f"{stored.hex()} for a decimal is not minimal")
        return number
    if kind == "boolean":
        return stored == b"\x01"
    return stored.decode() if kind == "string" else stored


def python_value(kind: str, cell: Cell) -> Any:
    """A cell as pyiceberg's transforms and literals take it."""
    if cell is None:
        return None
    if kind in _FLOATS:
        return math.nan if is_nan(cell) else struct.unpack(_FLOATS[kind], cell[1])[0]
    if kind.startswith("decimal"):
        return Decimal(cell)
    if kind == "uuid":
        return UUID(hex=cell)
    return bytes.fromhex(cell) if kind == "binary" or kind.startswith("fixed") else cell


def cut_text(text: str, length: int) -> tuple[str, str | None]:
    """Bounds of one text, cut to so many code points; no upper bound where none is."""
    if len(text) <= length:
        return text, text
    points = [ord(point) for point in text[:length]]
    while points:
        successor = points[-1] + 1
        successor = 0xE000 if successor == 0xD800 else successor
        if successor <= 0x10FFFF:
            return text[:length], "".join(map(chr, [*points[:-1], successor]))
        points.pop()
    return text[:length], None


def cut_bytes(data: bytes, length: int) -> tuple[bytes, bytes | None]:
    """Bounds of one binary value, cut to so many bytes."""
    if len(data) <= length:
        return data, data
    head = data[:length].rstrip(b"\xff")
    return data[:length], head[:-1] + bytes([head[-1] + 1]) if head else None
