"""The cases of this folder, and the layouts in which each of them is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.pit import history
from tests.pit.caseformat import parse_case
from tests.pit.decoys import Kind, with_decoys
from tests.pit.model import Case, TableDef
from tests.pit.tables import Warehouse, WrittenTable

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Layout:
    """One way to lay a case's rows out in files, and the way in which the engine opens them."""

    name: str
    arrange: Callable[[Case, TableDef], TableDef]
    manifest_seed: int | None
    way: str


def _joined(_: Case, table: TableDef) -> TableDef:
    properties = {**table.properties, "write.parquet.row-group-limit": "2"}
    return replace(history.joined(table), properties=properties)


def _shuffled(case: Case, table: TableDef) -> TableDef:
    return history.shuffled(table, keep_places=history.has_ties(case, table.name))


def _decoys(kind: Kind) -> Callable[[Case, TableDef], TableDef]:
    return lambda case, table: with_decoys(case, table, kind)


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("given", lambda _, table: table, None, "catalog"),
        Layout("shuffled", _shuffled, 7, "pyiceberg"),
        Layout("split", lambda _, table: history.split(table), None, "path"),
        Layout("joined", _joined, None, "catalog"),
        Layout("positions", _decoys("positions"), None, "catalog"),
        Layout("vectors", _decoys("vectors"), None, "path"),
        Layout("equality", _decoys("equality"), None, "pyiceberg"),
        Layout("mixed", _decoys("mixed"), None, "path"),
    )
}
WITH_DELETES = ("positions", "vectors", "equality", "mixed")


def load_cases() -> dict[str, Case]:
    """Every case by the name of its file."""
    paths = sorted(FOLDER.glob("*.case"))
    return {path.stem: parse_case(path.read_text(), path.name) for path in paths}


def layouts_of(case: Case) -> Iterator[str]:
    """The layouts that leave the case's answer alone."""
    yield "given"
    if case.error is not None:
        return
    if all(table.only_appends and table.row_ids == "all" for table in case.tables):
        yield from _moved_layouts(case)
    for name in WITH_DELETES:
        if any(LAYOUTS[name].arrange(case, table) is not table for table in case.tables):
            yield name


def _moved_layouts(case: Case) -> Iterator[str]:
    tied = [table for table in case.tables if history.has_ties(case, table.name)]
    # Rows that move to other commits are committed at other times.
    stay = any(table.is_dated or table.is_expired for table in case.tables)
    # Row ids follow the order of files and of a file's partitions.
    if not stay and all(table.last_version < 3 for table in tied):
        yield "shuffled"
    if all(table.last_version < 3 or not history.is_partitioned(table) for table in tied):
        yield "split"
    if not stay and all(history.joining_keeps_order(table) for table in tied):
        yield "joined"


def write_tables(case: Case, warehouse: Warehouse, layout: Layout) -> dict[str, WrittenTable]:
    """The case's tables in a layout, by their names in the case."""
    return {
        table.name: warehouse.write(layout.arrange(case, table), layout.manifest_seed)
        for table in case.tables
    }
