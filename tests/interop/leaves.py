"""The leaves of a schema as metadata spell it, and the values of each in nested cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Kind = str | dict[str, Any]


@dataclass(frozen=True)
class Leaf:
    """A primitive column or part of one. repeated: it lies below a list or map."""

    id: int
    kind: str
    path: tuple[str, ...]
    repeated: bool

    @property
    def name(self) -> str:
        """Its dotted name."""
        return ".".join(self.path)


def is_primitive(kind: Kind) -> bool:
    """Whether a type is no struct, list or map."""
    return isinstance(kind, str)


def parts(kind: dict[str, Any]) -> list[tuple[int, str, Kind]]:
    """Ids, names and types of what a nested type is made of."""
    if kind["type"] == "struct":
        return [(f["id"], f["name"], f["type"]) for f in kind["fields"]]
    if kind["type"] == "list":
        return [(kind["element-id"], "element", kind["element"])]
    return [(kind["key-id"], "key", kind["key"]), (kind["value-id"], "value", kind["value"])]


def leaves_of(kind: Kind, path: tuple[str, ...] = (), repeated: bool = False) -> Iterator[Leaf]:
    """The leaves of a nested type in order."""
    assert isinstance(kind, dict)
    below = repeated or kind["type"] != "struct"
    for number, name, part in parts(kind):
        if isinstance(part, str):
            yield Leaf(number, part, (*path, name), below)
        else:
            yield from leaves_of(part, (*path, name), below)


def spread(kind: Kind, number: int, cell: Any, into: dict[int, list[Any]]) -> None:
    """Adds a cell's leaves to their lists, as Parquet counts: an empty list is one null."""
    if isinstance(kind, str):
        into[number].append(cell)
        return
    if kind["type"] == "struct":
        for at, (part, _, below) in enumerate(parts(kind)):
            spread(below, part, None if cell is None else cell[at], into)
        return
    for item in cell or [None]:
        for at, (part, _, below) in enumerate(parts(kind)):
            inner = item if kind["type"] == "list" or item is None else item[at]
            spread(below, part, inner, into)


def field_of(schema: dict[str, Any], number: int) -> tuple[Kind, tuple[str, ...]] | None:
    """The type and path of a field by its id, at any depth."""
    pending: list[tuple[dict[str, Any], tuple[str, ...]]] = [(schema, ())]
    while pending:
        kind, path = pending.pop()
        for part, name, below in parts(kind):
            if part == number:
                return below, (*path, name)
            if isinstance(below, dict):
                pending.append((below, (*path, name)))
    return None
