"""Random tables that are appended to, compacted and, now and then, deleted from."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa

from tests.raw import RawTable, TableFile

DAY_US = 86_400_000_000
START_US = 1_704_067_200_000_000
DAYS = 5

Row = tuple[int | None, int | None, int | None, int]
"""user, ts, created, x: times in microseconds; x tells the row from all others."""

_TIME = pa.timestamp("us", "UTC")
_SCHEMA = pa.schema([("user", pa.int64()), ("ts", _TIME), ("created", _TIME), ("x", pa.int64())])
_COLUMNS = [("user", "long"), ("ts", "timestamptz"), ("created", "timestamptz"), ("x", "long")]


@dataclass
class _Held:
    """A row of a file; its lineage in version 3."""

    row: Row
    row_id: int | None = None
    updated: int | None = None


@dataclass(frozen=True)
class Step:
    """A snapshot, and the rows that it appended."""

    snapshot_id: int
    operation: str
    rows: tuple[Row, ...] = ()


class History:
    """A table with its snapshots. Full ties are made where compactions leave them as they were: in
    version 3, and in tables that are never compacted.
    """

    def __init__(self, folder: Path, seed: int, version: int) -> None:
        self.random = Random(seed)
        self.version = version
        chance = self.random.random
        self.compacts = version == 3 or chance() < 0.6
        self.deletes = version > 1 and chance() < 0.5
        spec = [("user", "bucket[3]")] if chance() < 0.5 else []
        self.table = RawTable(folder, _COLUMNS, format_version=version, spec=spec)
        self.steps: list[Step] = []
        self._files: dict[TableFile, list[_Held | None]] = {}
        self._x = 0
        self._append()
        for _ in range(self.random.randint(3, 9)):
            self._step()

    def _step(self) -> None:
        draw = self.random.random()
        if self.deletes and draw < 0.2:
            self._delete()
        elif self.compacts and draw < 0.4:
            self._compact()
        elif self.compacts and draw < 0.48:
            self.steps.append(Step(self.table.commit(operation="replace", merge=True), "replace"))
        else:
            self._append()

    def _row(self) -> Row:
        pick = self.random
        self._x += 1
        user = None if pick.random() < 0.05 else pick.randint(1, 6)
        ts = None if pick.random() < 0.05 else START_US + pick.randint(0, DAYS * 2) * DAY_US // 2
        created = None if pick.random() < 0.2 else START_US + pick.randint(0, 2)
        if self.compacts and self.version < 3:
            created = START_US + (self._x * 7919) % 10_007
        return user, ts, created, self._x

    def _append(self) -> None:
        made: dict[TableFile, list[_Held | None]] = {}
        for _ in range(self.random.randint(1, 3)):
            rows = [self._row() for _ in range(self.random.randint(1, 6))]
            # Names in no order: they decide full ties before version 3.
            name = f"{self.random.getrandbits(32):08x}"
            values = self.table.partitioner()
            for number, part in enumerate(sorted({values(row) for row in rows}, key=repr)):
                members = [row for row in rows if values(row) == part]
                file = self.table.write_data(
                    _arrow(members), name=f"{name}-{number}", partition=part, row_group_rows=2
                )
                made[file] = [_Held(row) for row in members]
        snapshot_id = self.table.commit(list(made), merge=self.random.random() < 0.3)
        if self.version == 3:
            for entry in self.table.entries():
                for at, held in enumerate(made.get(entry.file, ())):
                    assert held is not None
                    assert entry.first_row_id is not None
                    held.row_id = entry.first_row_id + at
                    held.updated = entry.sequence_number
        self._files |= made
        rows_of = tuple(held.row for part in made.values() for held in part if held)
        self.steps.append(Step(snapshot_id, "append", rows_of))

    def _compact(self) -> None:
        """Files of one partition become one, without the rows that were deleted."""
        part = self.random.choice(sorted({file.partition for file in self._files}, key=repr))
        old = [file for file in self._files if file.partition == part]
        held = [each for file in old for each in self._files.pop(file) if each is not None]
        self.random.shuffle(held)
        made: list[TableFile] = []
        if held:
            data = _arrow([each.row for each in held])
            if self.version == 3:
                for name, values in (
                    ("_row_id", [each.row_id for each in held]),
                    ("_last_updated_sequence_number", [each.updated for each in held]),
                ):
                    data = data.append_column(name, pa.array(values, pa.int64()))
            name = f"{self.random.getrandbits(32):08x}-compacted"
            made = [self.table.write_data(data, name=name, partition=part)]
            self._files[made[0]] = list(held)
        snapshot_id = self.table.commit(made, remove=old, operation="replace")
        self.steps.append(Step(snapshot_id, "replace"))

    def _delete(self) -> None:
        places = [
            (file, at)
            for file, rows in self._files.items()
            for at, held in enumerate(rows)
            if held is not None and all(rows)
        ]
        if not places:
            return
        file, at = self.random.choice(places)
        self._files[file][at] = None
        deletes: Any = self.table.position_deletes({file: [at]}, partition=file.partition)
        if self.version == 3:
            deletes = self.table.deletion_vectors({file: [at]})
        self.steps.append(Step(self.table.commit(deletes=deletes), "delete"))


def _arrow(rows: list[Row]) -> pa.Table:
    columns = list(zip(*rows, strict=True))
    arrays = [pa.array(column, field.type) for column, field in zip(columns, _SCHEMA, strict=True)]
    return pa.Table.from_arrays(arrays, schema=_SCHEMA)
