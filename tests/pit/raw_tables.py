"""Tables of cases with what pyiceberg cannot write: deletes of every kind, version 3, row ids."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import pyarrow as pa
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.partitioning import PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.typedef import Record

from tests.pit import values
from tests.pit.history import Place, history
from tests.pit.model import (
    LINEAGE,
    Change,
    Commit,
    DeleteEqual,
    DeletePositions,
    FileDef,
    Row,
    TableDef,
)
from tests.pit.written import (
    Rank,
    WrittenTable,
    arrow_rows,
    first_schema,
    positions_by_partition,
    spec_fields,
)
from tests.raw import RawTable, TableFile

_ROW_GROUP_ROWS = 2
"""Positions must be those in the file, whatever its row groups."""


class RawWriter:
    """Writes a table of any version with any steps. Files of a commit stand in its manifest in the
    order of the case, those of one file's partitions in the order of their paths.
    """

    def __init__(self, catalog: SqlCatalog, name: str, definition: TableDef, folder: Path) -> None:
        self.raw = RawTable(
            folder,
            first_schema(definition),
            format_version=definition.format_version,
            spec=list(spec_fields(definition.partition)),
            properties=definition.properties,
        )
        self.catalog = catalog
        self.name = name
        self.definition = definition
        self.files: dict[str, list[TableFile]] = {}
        """The files into which the newest file of a name was divided by partitions."""
        self.places: dict[Place, tuple[TableFile, int]] = {}
        self.stored: dict[Place, Row] = {}
        self.deleted: dict[str, set[int]] = {}
        """Positions deleted from a file so far, by its path."""
        self.vectors: dict[str, TableFile] = {}
        self.snapshots: dict[str, int] = {}
        self.ranks: dict[str | None, dict[Place, Rank]] = {}
        self.commits = 0
        self.commit_times: dict[Place, int | None] = {}
        self.times_ns: dict[int, int] = {}
        """The times of all snapshots by their sequence numbers."""

    def write(self) -> WrittenTable:
        for step in self.definition.steps:
            if isinstance(step, Commit):
                self.commit(step)
            else:
                self.change(step)
        self.ranks[None] = self.ranks_now()
        table = self.raw.register(self.catalog, self.name)
        past = history(self.definition)
        return WrittenTable(table, past, self.ranks, self.snapshots, self.commit_times)

    def commit(self, commit: Commit) -> None:
        removed = [file for name in commit.removed for file in self.files.pop(name)]
        gone = [self.vectors.pop(file.path) for file in removed if file.path in self.vectors]
        added = [part for file in commit.files for part in self.write_file(file)]
        deletes: list[TableFile] = []
        positions: dict[TableFile, list[int]] = {}
        for delete in commit.deletes:
            if isinstance(delete, DeleteEqual):
                deletes += self.equality_deletes(delete)
            else:
                for file, position in self.targets(delete):
                    positions.setdefault(file, []).append(position)
                    self.deleted.setdefault(file.path, set()).add(position)
        if positions and self.raw.format_version > 2:
            gone += [self.vectors.pop(f.path) for f in positions if f.path in self.vectors]
            made = self.raw.deletion_vectors({f: self.deleted[f.path] for f in positions})
            self.vectors |= dict(zip((file.path for file in positions), made, strict=True))
            deletes += made
        elif positions:
            per_file = self.commits % 2 == 1
            deletes += self.raw.position_deletes(
                positions, per_file=per_file, referenced=per_file, row_group_rows=_ROW_GROUP_ROWS
            )
        if commit.at is not None:
            self.raw.clock_ms = commit.at // 1_000_000 - 1000  # A snapshot takes a second.
        row_ids: Literal["all", "new"] = "new" if self.definition.row_ids == "new" else "all"
        self.raw.commit(added, deletes, [*removed, *gone], assign_row_ids=row_ids)
        self.date_rows(commit)
        self.commits += 1

    def date_rows(self, commit: Commit) -> None:
        """Notes when the rows of the newest commit were committed: with it, unless they say which
        commit wrote them.
        """
        snapshot = self.raw.metadata["snapshots"][-1]
        now = snapshot["timestamp-ms"] * 1_000_000
        self.times_ns[snapshot.get("sequence-number", 0)] = now
        for file in commit.files:
            at = file.stored.index(LINEAGE[1]) if LINEAGE[1] in file.stored else None
            for position in range(len(file.rows)):
                place = (self.commits, file.name, position)
                updated = None if at is None else self.stored[place][at]
                self.commit_times[place] = now if updated is None else self.times_ns.get(updated)

    def write_file(self, file: FileDef) -> list[TableFile]:
        """Writes a file, in as many parts as it has partitions."""
        schema = Schema.model_validate(self.raw.schema)
        spec = PartitionSpec.model_validate(self.raw.spec_of())
        width = len(schema.fields)
        groups = {
            spec.partition_to_path(Record(*key), schema) if key else "": (key, positions)
            for key, positions in positions_by_partition(schema, spec, file.rows).items()
        }
        parts = []
        for path, (key, positions) in sorted(groups.items()):
            rows = [file.rows[position] for position in positions]
            table = pa.Table.from_batches([arrow_rows(schema, [row[:width] for row in rows])])
            for at, column in enumerate(file.stored, width):
                table = table.append_column(column, pa.array([r[at] for r in rows], pa.int64()))
            part = self.raw.write_data(
                table,
                name=f"{path}/{file.name}" if path else file.name,
                partition=key,
                row_group_rows=_ROW_GROUP_ROWS,
            )
            parts.append(part)
            for at, position in enumerate(positions):
                place = (self.commits, file.name, position)
                self.places[place] = part, at
                self.stored[place] = file.rows[position][width:]
        self.files[file.name] = parts
        return parts

    def targets(self, delete: DeletePositions) -> Iterable[tuple[TableFile, int]]:
        """Where the rows of the newest file of that name lie."""
        number = max(place[0] for place in self.places if place[1] == delete.file)
        return (self.places[number, delete.file, position] for position in delete.positions)

    def equality_deletes(self, delete: DeleteEqual) -> list[TableFile]:
        """One global delete file where the table has a spec without fields; else one for each
        partition that has files.
        """
        kinds = values.write_schema(Schema.model_validate(self.raw.schema))
        columns = zip(delete.columns, zip(*delete.rows, strict=True), strict=True)
        rows = pa.table(
            {name: values.to_arrow(list(cells), kinds.field(name).type) for name, cells in columns}
        )
        specs = self.raw.metadata["partition-specs"]
        places = {(spec["spec-id"], ()) for spec in specs if not spec["fields"]}
        if not places:
            places = {
                (entry.file.spec_id, entry.file.partition)
                for entry in self.raw.entries()
                if entry.file.content == 0
            }
        return [
            self.raw.equality_deletes(delete.columns, rows, partition=key, spec_id=spec_id)
            for spec_id, key in sorted(places, key=repr)
        ]

    def ranks_now(self) -> dict[Place, Rank]:
        """P6 in the current snapshot, for all rows of its files."""
        found = {entry.file.path: entry for entry in self.raw.entries()}
        ranks: dict[Place, Rank] = {}
        for place, (file, at) in self.places.items():
            if file.path not in found:
                continue
            entry = found[file.path]
            lineage: tuple[int | None, int | None] = (None, None)
            if entry.first_row_id is not None:
                stored = dict(zip(self.stored_columns(place), self.stored[place], strict=True))
                row_id, updated = (stored.get(name) for name in LINEAGE)
                lineage = (
                    entry.sequence_number if updated is None else updated,
                    entry.first_row_id + at if row_id is None else row_id,
                )
            lineage_rank = tuple(-1 if part is None else part for part in lineage)
            ranks[place] = (*lineage_rank, entry.sequence_number, file.path, at)
        return ranks

    def stored_columns(self, place: Place) -> tuple[str, ...]:
        number, name, _ = place
        file = next(f for f in self.definition.commits[number].files if f.name == name)
        return file.stored

    def expire(self, snapshot_id: int) -> None:
        """Forgets a snapshot, and with it when its rows were committed."""
        snapshots = self.raw.metadata["snapshots"]
        snapshot = next(each for each in snapshots if each["snapshot-id"] == snapshot_id)
        gone = snapshot["timestamp-ms"] * 1_000_000
        times = self.commit_times.items()
        self.commit_times = {place: None if time == gone else time for place, time in times}
        self.raw.expire(snapshot_id)

    def change(self, change: Change) -> None:
        raw = self.raw
        match change.verb:
            case "add":
                ids = itertools.count(raw.metadata["last-column-id"] + 2)
                raw.add_column(change.subject, values.iceberg_type(change.to, ids))
            case "drop":
                raw.drop_column(change.subject)
            case "rename":
                raw.change_column(change.subject, name=change.to)
            case "promote":
                raw.change_column(change.subject, type=change.to)
            case "repartition":
                raw.set_spec(list(spec_fields(change.subject)))
            case "upgrade":
                raw.upgrade(int(change.subject))
            case "expire":
                self.expire(self.snapshots[change.subject])
            case "mark":
                snapshot_id = raw.current_snapshot_id()
                assert snapshot_id is not None, "a mark needs a commit before it"
                self.snapshots[change.subject] = snapshot_id
                self.ranks[change.subject] = self.ranks_now()
                raw.set_ref(change.subject, snapshot_id)
