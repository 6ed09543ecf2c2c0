"""Types of random tables, their cells, and changes of cells deep inside of rows."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Cell = Any
"""As the golden tables have it in JSON; see `tests/golden/cells.py`."""
Row = dict[str, Cell]
Path = tuple[str, ...]


@dataclass
class Primitive:
    """A type by its name in the specification."""

    text: str


@dataclass
class Field:
    """A column, or a field of a struct."""

    name: str
    type: Type
    required: bool = False
    default: Cell = None
    """What rows have that are written without it."""


@dataclass
class Struct:
    """A struct, or the columns of a table."""

    fields: list[Field] = field(default_factory=list)

    def names(self) -> list[str]:
        """The fields' names in order."""
        return [f.name for f in self.fields]

    def at(self, name: str) -> Field:
        """The field of a name."""
        return next(f for f in self.fields if f.name == name)


@dataclass
class List:
    """A list of optional elements."""

    element: Type


@dataclass
class Map:
    """A map to optional values."""

    key: Primitive
    value: Type


Type = Primitive | Struct | List | Map

_POOLS: dict[str, list[Cell]] = {
    "boolean": [True, False],
    "int": [0, 1, -1, 7, 2**31 - 1, -(2**31)],
    "long": [0, 3, -5, 2**63 - 1, -(2**63), 2**40],
    "float": ["0.0", "-0.0", "1.5", "-2.25", "nan", "inf", "-inf"],
    "double": ["0.0", "-0.0", "0.1", "-1e+300", "nan", "inf"],
    "date": [0, -1, 18_000, -719_162, 2_932_896],
    "time": [0, 1, 86_399_999_999, 43_200_000_000],
    "timestamp": [0, -1, 1_700_000_000_000_001, -86_400_000_001, -62_135_596_800_000_000],
    "timestamptz": [0, -1, 1_700_000_000_000_001, -3_600_000_000, 253_402_300_799_999_999],
    "string": ["", "a", "ab", "b", "é🙂", "x" * 30, "it's"],
    "uuid": ["00" * 16, "80" + "00" * 15, "ff" * 16, "7f" + "ff" * 15],
    "binary": ["", "00", "ff00", "616263" * 8],
}


def primitive_cell(text: str, rng: random.Random) -> Cell:
    """A value of a primitive type, often one at its edges."""
    if text.startswith("decimal"):
        precision, scale = map(int, re.findall(r"\d+", text))
        digits = rng.choice(["0", "1", "9" * precision, "12", "5" * max(1, precision - 1)])[
            :precision
        ]
        digits = digits.rjust(scale + 1, "0")
        whole = digits[: len(digits) - scale] + (
            "." + digits[len(digits) - scale :] if scale else ""
        )
        return ("-" if rng.random() < 0.4 and digits.strip("0") else "") + whole
    if text.startswith("fixed"):
        width = int(re.findall(r"\d+", text)[0])
        return rng.choice(["00", "ff", "7f", "80"]) * width
    return rng.choice(_POOLS[text])


def make_cell(kind: Type, rng: random.Random, nulls: float, null_lists: bool = True) -> Cell:
    """A value of any type. null_lists: whether a list or map may be null, not just empty."""
    may_be_null = null_lists or not isinstance(kind, List | Map)
    if may_be_null and rng.random() < nulls:
        return None
    if isinstance(kind, Primitive):
        return primitive_cell(kind.text, rng)
    if isinstance(kind, Struct):
        return {f.name: make_cell(f.type, rng, nulls, null_lists) for f in kind.fields}
    if isinstance(kind, List):
        return [
            make_cell(kind.element, rng, nulls, null_lists) for _ in range(rng.choice([0, 1, 2, 3]))
        ]
    keys = {primitive_cell(kind.key.text, rng) for _ in range(rng.choice([0, 1, 2]))}
    return [[key, make_cell(kind.value, rng, nulls, null_lists)] for key in sorted(keys, key=repr)]


def random_type(rng: random.Random, primitives: list[str], depth: int = 2) -> Type:
    """A type nested at most `depth` deep."""
    pick = rng.random()
    if depth == 0 or pick < 0.6:
        return Primitive(rng.choice(primitives))
    if pick < 0.8:
        names = rng.sample(["x", "y", "z", "w"], rng.choice([1, 2, 3]))
        return Struct([Field(name, random_type(rng, primitives, depth - 1)) for name in names])
    if pick < 0.92:
        return List(random_type(rng, primitives, depth - 1))
    return Map(
        Primitive(rng.choice(["string", "int", "date"])), random_type(rng, primitives, depth - 1)
    )


def structs(columns: Struct) -> list[tuple[Path, Struct]]:
    """Every struct inside of a table with its path; the table itself has the empty one."""
    found: list[tuple[Path, Struct]] = [((), columns)]
    pending: list[tuple[Path, Type]] = [((f.name,), f.type) for f in columns.fields]
    while pending:
        path, kind = pending.pop(0)
        if isinstance(kind, Struct):
            found.append((path, kind))
            pending += [((*path, f.name), f.type) for f in kind.fields]
        elif isinstance(kind, List):
            pending.append(((*path, "element"), kind.element))
        elif isinstance(kind, Map):
            pending.append(((*path, "value"), kind.value))
    return found


def slots(columns: Struct) -> list[tuple[Path, Callable[[], Type], Callable[[Type], None]]]:
    """Every place of a type: its path, and how to get and set it."""
    found = []
    for path, struct in structs(columns):
        for f in struct.fields:
            found += _slots_below((*path, f.name), f, "type")
    return found


def _slots_below(path: Path, owner: Any, attribute: str) -> list[Any]:
    """The place of an attribute, and those of elements and values in it, but not of fields."""
    kind = getattr(owner, attribute)
    here = (
        path,
        lambda: getattr(owner, attribute),
        lambda new: setattr(owner, attribute, new),
    )
    if isinstance(kind, List):
        return [here, *_slots_below((*path, "element"), kind, "element")]
    if isinstance(kind, Map):
        return [here, *_slots_below((*path, "value"), kind, "value")]
    return [here]


def change_structs(kind: Type, cell: Cell, path: Path, change: Callable[[Row], Row]) -> Cell:
    """The cell with every struct at a path changed."""
    if cell is None:
        return None
    if isinstance(kind, Struct):
        if not path:
            return change(cell)
        inner = change_structs(kind.at(path[0]).type, cell[path[0]], path[1:], change)
        return {**cell, path[0]: inner}
    if isinstance(kind, List):
        return [change_structs(kind.element, item, path[1:], change) for item in cell]
    assert isinstance(kind, Map)
    return [[key, change_structs(kind.value, item, path[1:], change)] for key, item in cell]


def leaf(row: Row, path: Path) -> Cell:
    """A cell inside of structs; null below a null struct."""
    value: Any = row
    for name in path:
        value = None if value is None else value[name]
    return value


def leaves(columns: Struct) -> list[tuple[Path, str]]:
    """Primitive columns and fields of structs that no list or map holds."""
    found: list[tuple[Path, str]] = []

    def walk(path: Path, struct: Struct) -> None:
        for f in struct.fields:
            if isinstance(f.type, Primitive):
                found.append(((*path, f.name), f.type.text))
            elif isinstance(f.type, Struct):
                walk((*path, f.name), f.type)

    walk((), columns)
    return found
