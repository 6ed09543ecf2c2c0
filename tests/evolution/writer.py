"""What a walk asks of the library that writes its tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tests.evolution.predicates import Predicate
from tests.evolution.shape import Cell, Path, Row, Struct, Type


@dataclass(frozen=True)
class State:
    """A table after a commit: its metadata file, and its snapshots from the oldest on."""

    metadata: str
    snapshots: tuple[int, ...]


class RefusedError(Exception):
    """The writer does not do that to this table; the walk goes on without it."""


class Writer(Protocol):
    """One table at a time. A method changes it, or raises RefusedError and leaves it as it was."""

    primitives: list[str]
    versions: list[int]
    transforms: list[str]
    weights: dict[str, int]
    """How often each operation of `walk.py` is tried."""
    null_lists: bool
    """Whether it writes a null list or map as what it is."""

    def create(
        self, name: str, columns: Struct, fields: list[tuple[str, str]], version: int
    ) -> None:
        """A new table, partitioned by (column, transform)."""

    def append(self, rows: list[Row]) -> None:
        """A commit of new rows."""

    def delete(self, where: Predicate) -> None:
        """Removes rows."""

    def overwrite(self, where: Predicate, rows: list[Row]) -> None:
        """Removes rows and adds others."""

    def update(self, where: Predicate, column: str, kind: str, cell: Cell) -> None:
        """Sets a primitive column of some rows."""

    def merge(self, key: str, rows: list[Row]) -> None:
        """Replaces rows by key and adds the others."""

    def add_column(self, path: Path, kind: Type) -> None:
        """An optional column, or a field of a struct."""

    def drop_column(self, path: Path) -> None:
        """Removes a column or field."""

    def rename_column(self, path: Path, name: str) -> None:
        """Names a column or field anew."""

    def promote(self, path: Path, text: str) -> None:
        """Gives a column, field, element or value a wider primitive type."""

    def make_optional(self, name: str) -> None:
        """Lets a required column have nulls."""

    def move_first(self, name: str) -> None:
        """Puts a column in front."""

    def add_partition(self, column: str, transform: str) -> str:
        """Adds a partition field; returns how the writer names it."""

    def drop_partition(self, field: str) -> None:
        """Removes a partition field by that name."""

    def compact(self) -> None:
        """Writes the same rows anew."""

    def tag(self, name: str) -> None:
        """Tags the current snapshot."""

    def upgrade(self, version: int) -> None:
        """Raises the format version."""

    def state(self) -> State:
        """The table as it is now."""
