"""The history of one golden table as a model: which rows each state has, and the reads of them.

A writer's script tells the story while it writes; nothing here opens the table. Rows are
dictionaries of cells as `cells.py` has them in JSON, in the order of the columns.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.golden.catalogue import WRITTEN_AT

Row = dict[str, Any]


def cell(row: Row, name: str) -> Any:
    """A column's cell, or that of a field inside of structs by its dotted name."""
    if name in row:
        return copy.deepcopy(row[name])
    value: Any = row
    for part in name.split("."):
        value = None if value is None else value[part]
    return copy.deepcopy(value)


@dataclass
class Story:
    """A table's model. `columns` and `rows` are the current state."""

    table: str
    writer: str
    about: str
    points: list[str]
    columns: list[str] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    snapshots: dict[int, tuple[list[str], list[Row]]] = field(default_factory=dict)
    reads: list[dict[str, Any]] = field(default_factory=list)
    variants: list[str] = field(default_factory=list)

    @property
    def folder(self) -> Path:
        """Where the table is written."""
        return Path(WRITTEN_AT) / self.table

    def commit(self, snapshot_id: int) -> None:
        """The current state is that of a new snapshot."""
        self.snapshots[snapshot_id] = (list(self.columns), copy.deepcopy(self.rows))

    def expect(
        self,
        select: Sequence[str] | None = None,
        where: Callable[[Row], bool] = lambda row: True,
        rows: Sequence[Row] | None = None,
        columns: Sequence[str] | None = None,
        **selectors: Any,
    ) -> None:
        """A read whose rows are the current state's (or those given) that `where` keeps.

        select: columns, dotted inside of structs.
        selectors: filter, snapshot_id, ref, as_of.
        """
        names = list(columns or select or self.columns)
        kept = [row for row in (self.rows if rows is None else rows) if where(row)]
        self.reads.append(
            {
                **({"select": list(select)} if select is not None else {}),
                **selectors,
                "columns": names,
                "rows": [[cell(row, name) for name in names] for row in kept],
            }
        )

    def expect_snapshot(self, snapshot_id: int, **selectors: Any) -> None:
        """A read of a snapshot, by its id unless `selectors` name it otherwise."""
        columns, rows = self.snapshots[snapshot_id]
        selectors = selectors or {"snapshot_id": snapshot_id}
        self.expect(rows=rows, columns=columns, **selectors)

    def expect_error(self, error: str, *words: str, **selectors: Any) -> None:
        """A read that is refused; the message holds the words in any case of letters."""
        self.reads.append({**selectors, "error": error, "message": list(words)})

    def expect_every_state(self) -> None:
        """A read of the current state and one of every snapshot."""
        self.expect()
        for snapshot_id in self.snapshots:
            self.expect_snapshot(snapshot_id)

    def text(self, metadata: str) -> str:
        """The expectations as JSON, a read a line."""
        head = {
            "table": self.table,
            "writer": self.writer,
            "about": self.about,
            "points": self.points,
            "metadata": metadata,
            **({"variants": self.variants} if self.variants else {}),
        }
        lines = [f" {json.dumps(k)}: {json.dumps(v, ensure_ascii=False)}," for k, v in head.items()]
        reads = ",\n".join("  " + json.dumps(read, ensure_ascii=False) for read in self.reads)
        return "\n".join(["{", *lines, ' "reads": [', reads, " ]", "}"]) + "\n"

    def publish(self, output: Path, metadata: str) -> None:
        """Copies the table and writes its expectations into a folder.

        metadata: the current metadata file, relative to the table's folder. Older ones are left
        out: they hold nothing that it lacks.
        """
        current = (self.folder / metadata).name

        def junk(folder: str, names: list[str]) -> set[str]:
            stale = {n for n in names if ".metadata.json" in n and n != current}
            stale |= {n for n in names if n.endswith(".gz.metadata.json") and n != current}
            hidden = {n for n in names if n.endswith(".crc") or n.startswith((".", "_SUCCESS"))}
            return stale | hidden

        target = output / "tables" / self.table
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target, ignore=junk)
        expected = output / "expected" / f"{self.table}.json"
        expected.parent.mkdir(parents=True, exist_ok=True)
        expected.write_text(self.text(metadata), encoding="utf-8")
