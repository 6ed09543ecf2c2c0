"""Row ids, and the sequence numbers of rows' last changes, by the files (v3: "Row Lineage")."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from tests.interop.file_judge import LAST_UPDATED, ROW_ID, JudgedFile

Lineage = dict[Any, tuple[int | None, int | None]]
"""By the key of each row of a snapshot: its id, and the sequence number of its last change."""


@dataclass(frozen=True)
class StoredRows:
    """The rows of a data file in order: keys, ids and last changes; None where inherited."""

    keys: list[Any]
    ids: list[int | None]
    updates: list[int | None]

    def lineage(self, first_row_id: int | None, sequence_number: int) -> Lineage:
        """What its rows have and inherit; nothing before the file was given row ids."""
        if first_row_id is None:
            return dict.fromkeys(self.keys, (None, None))
        return {
            key: (
                first_row_id + at if self.ids[at] is None else self.ids[at],
                sequence_number if self.updates[at] is None else self.updates[at],
            )
            for at, key in enumerate(self.keys)
        }


def stored_rows(file: JudgedFile, key: int) -> StoredRows:
    """The rows of a file by the column of a field id, whose values are distinct."""
    nothing: list[int | None] = [None] * file.said["record_count"]
    return StoredRows(
        file.values[key], file.values.get(ROW_ID, nothing), file.values.get(LAST_UPDATED, nothing)
    )


def judge_lineage(
    snapshot: dict[str, Any], own: Lineage, parent: Lineage, parent_next: int
) -> Iterable[str]:
    """Complaints: rows that were there keep what they had, others get ids of this snapshot's range.

    parent_next: the first id that no snapshot before this one may have given away.
    """
    first, sequence = snapshot["first-row-id"], snapshot["sequence-number"]
    given = range(first, first + snapshot["added-rows"])
    if first < parent_next:
        yield f"first-row-id {first}, but ids up to {parent_next} were given before"
    ids = [row_id for row_id, _ in own.values()]
    if len(set(ids)) != len(ids):
        yield f"two rows have one id: {sorted(ids, key=repr)}"
    for key, (row_id, updated) in own.items():
        had = parent.get(key)
        if row_id is None or updated is None:
            yield f"the row {key} has no id or no last change: {row_id}, {updated}"
        elif had is not None and had[0] is not None:
            if had != (row_id, updated):
                yield f"the row {key} was {had} and is {(row_id, updated)}"
        elif row_id not in given:
            yield f"the row {key} got the id {row_id}, which is not in {given}"
        elif had is None and updated != sequence:
            yield f"the row {key} was added by {sequence} and says {updated}"
