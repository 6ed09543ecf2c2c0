"""The cases of this folder, and the layouts in which each of them is run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.pit import history
from tests.pit.caseformat import parse_case
from tests.pit.model import Case, TableDef
from tests.pit.tables import Warehouse, WrittenTable

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Layout:
    """One way to lay a case's rows out in files, and the way in which the engine opens them."""

    name: str
    arrange: Callable[[TableDef, bool], TableDef]
    manifest_seed: int | None
    way: str


def _joined(table: TableDef, keep_places: bool) -> TableDef:
    properties = {**table.properties, "write.parquet.row-group-limit": "2"}
    return replace(history.joined(table), properties=properties)


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("given", lambda table, _: table, None, "catalog"),
        Layout("shuffled", lambda t, keep: history.shuffled(t, keep_places=keep), 7, "pyiceberg"),
        Layout("split", lambda table, _: history.split(table), None, "path"),
        Layout("joined", _joined, None, "catalog"),
    )
}


def load_cases() -> dict[str, Case]:
    """Every case by the name of its file."""
    paths = sorted(FOLDER.glob("*.case"))
    return {path.stem: parse_case(path.read_text(), path.name) for path in paths}


def layouts_of(case: Case) -> Iterator[str]:
    """The layouts that leave the case's answer alone."""
    yield "given"
    if case.error is not None:
        return
    yield from ("shuffled", "split")
    if all(
        history.joining_keeps_order(table) or not history.has_ties(case, table.name)
        for table in case.tables
    ):
        yield "joined"


def write_tables(case: Case, warehouse: Warehouse, layout: Layout) -> dict[str, WrittenTable]:
    """The case's tables in a layout, by their names in the case."""
    return {
        table.name: warehouse.write(
            layout.arrange(table, history.has_ties(case, table.name)), layout.manifest_seed
        )
        for table in case.tables
    }
