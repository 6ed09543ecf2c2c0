"""Readers of a table by its metadata file: rows in the plain form of `tests/golden/cells.py`."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import pyarrow as pa
from pyiceberg.table import StaticTable

import icefield
from tests.evolution.shape import Row, leaf
from tests.golden.cells import Row as PlainRow
from tests.golden.cells import table_rows
from tests.interop.filters import Filter

LINEAGE_COLUMNS = (
    pa.field("_row_id", pa.int64()),
    pa.field("_last_updated_sequence_number", pa.int64()),
)
# What pyiceberg compares with what it is not, where it plans by a filter.
_MIXED_UP = {
    "NoneType": "a null partition",
    "UUID": "a uuid's bounds",
    "datetime.datetime": "a default time",
    "datetime.date": "a default time",
    "datetime.time": "a default time",
}
# What its filters say where a literal has more digits than the first value of its column.
_LONG_DECIMAL = "does not fit into precision inferred from first array element"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class UnreadableError(Exception):
    """The reader says that it does not read this."""


@dataclass(frozen=True)
class Question:
    """A read of one table: some columns of a snapshot, of the rows that pass a filter."""

    metadata: str
    schema: pa.Schema
    columns: tuple[str, ...]
    kinds: frozenset[str]
    """The primitive types in the table's schema, at any depth."""
    snapshot_id: int
    current: bool
    where: Filter | None = None

    @property
    def lineage(self) -> bool:
        """Whether row ids are asked for."""
        return self.columns[1:] == tuple(field.name for field in LINEAGE_COLUMNS)

    @property
    def arrow(self) -> pa.Schema:
        """The columns that are asked for."""
        return pa.schema([self.schema.field(name) for name in self.columns])


class Reader(Protocol):
    """Anything that reads Iceberg."""

    name: str
    keeps_unknown: bool
    """Whether rows may come of which a filter says unknown: it has no third truth value."""

    def rows(self, question: Question) -> list[PlainRow]:
        """The rows in any order. UnreadableError where it refuses to."""

    def mistaken(self, question: Question, rows: list[Row]) -> str | None:
        """Why its answer may differ from the specification's, by what is known of it."""

    def close(self) -> None:
        """Ends what was started for it."""


class IcefieldReader:
    """Icefield, of which no mistake is known."""

    name = "icefield"
    keeps_unknown = False

    def rows(self, question: Question) -> list[PlainRow]:
        table = icefield.load_table(question.metadata)
        where = question.where.text if question.where else None
        scan = table.scan(where, question.columns, question.snapshot_id)
        if question.current:
            scan = table.scan(where, question.columns)
        return table_rows(scan.to_arrow())

    def mistaken(self, question: Question, rows: list[Row]) -> str | None:
        return None

    def close(self) -> None:
        pass


class PyicebergReader:
    """pyiceberg."""

    name = "pyiceberg"
    keeps_unknown = True

    def rows(self, question: Question) -> list[PlainRow]:
        if question.where and any(t.kind.endswith("_ns") for t in question.where.terms()):
            raise UnreadableError("no literals of nanoseconds")
        if question.lineage:
            raise UnreadableError("no row ids")
        table = StaticTable.from_metadata(question.metadata)
        given: dict[str, Any] = {"selected_fields": question.columns}
        if question.where is not None:
            given["row_filter"] = question.where.pyiceberg()
        if not question.current:
            given["snapshot_id"] = question.snapshot_id
        try:
            answer = table.scan(**given).to_arrow()
        except pa.ArrowNotImplementedError as error:
            if "extension" in str(error):
                raise UnreadableError("uuid columns without rows") from error
            raise
        except pa.ArrowInvalid as error:
            if _LONG_DECIMAL in str(error):
                raise UnreadableError("a decimal with more digits than its column") from error
            raise
        except TypeError as error:
            for kind, reason in _MIXED_UP.items():
                if f"not supported between instances of '{kind}'" in str(error):
                    raise UnreadableError(f"{reason} under a filter") from error
            raise
        # It gives the columns in the table's order.
        return table_rows(answer.select(list(question.columns)))

    def mistaken(self, question: Question, rows: list[Row]) -> str | None:
        if question.where is None:
            return None
        if near_minimum(question.where, rows):
            return "prunes by truncate near the smallest value"
        for term in question.where.terms():
            if term.kind in ("float", "double"):
                return "compares NaN and infinities otherwise"
            if term.kind == "uuid":
                return "loses uuid partitions"
            if len(term.path) > 1:
                return "a null struct under a filter"
        return None

    def close(self) -> None:
        pass


def near_minimum(where: Filter, rows: list[Row]) -> bool:
    """Whether an integer column of the filter holds values whose truncation wraps around."""
    return meets(where, rows, ("int",), lambda cell: cell is not None and cell < -(2**31) + 16) or (
        meets(where, rows, ("long",), lambda cell: cell is not None and cell < -(2**63) + 16)
    )


def without_empty_lists(cell: Any) -> Any:
    """The cell with null in the place of every empty list or map."""
    if isinstance(cell, tuple):
        return tuple(without_empty_lists(item) for item in cell) if cell else None
    return cell


def meets(
    where: Filter, rows: list[Row], kinds: tuple[str, ...], cells: Callable[[Any], bool]
) -> bool:
    """Whether a term of such a kind compares a column that holds such a cell."""
    return any(
        term.kind in kinds and any(cells(leaf(row, term.path)) for row in rows)
        for term in where.terms()
    )
