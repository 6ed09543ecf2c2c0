"""Results of retrieval: lazy streams with their snapshots and report."""

from __future__ import annotations

import json
import threading
from typing import Any, TypedDict

import pyarrow as pa

from icefield import _native
from icefield.arrow import schema_of, stream_reader


class SnapshotPin(TypedDict):
    """The snapshot that a view reads. snapshot_id None: a table without snapshots."""

    table: str
    snapshot_id: int | None
    timestamp_ms: int | None


class Report(dict[str, Any]):
    """What a retrieval read and found, as a dictionary; str() gives a text for people."""

    def __init__(self, entries: dict[str, Any]) -> None:
        self._text: str = entries.pop("text")
        super().__init__(entries)

    def __str__(self) -> str:
        return self._text


class _FromJson(dict[str, Any]):
    """The engine's JSON as a dictionary, its text as str()."""

    def __init__(self, text: str, members: str) -> None:
        self._text = text
        super().__init__(json.loads(members))

    def __str__(self) -> str:
        return self._text


class Plan(_FromJson):
    """What a retrieval would read, as a dictionary; str() gives a text for people.

    Keys: planned_by ("manifests" or "footers"); bytes_to_read (at most, delete files included);
    memory_peak (about, in bytes); frame (rows, memory, and start_us, end_us, scans where views make
    it) or None; keys (which key columns are encoded once, for which views: keys, views, distinct,
    memory); views (view, table, snapshot_id, timestamp_ms, since_snapshot_id or None, strategy,
    filter, keys, created_cut, commit_cut, manifests_read, manifests_pruned, files_planned,
    files_pruned, pruned_by (time_range, keys, row_filter: each with manifests, partition, bounds),
    rows, file_bytes, first_files, row_groups or None, row_groups_pruned, rows_pruned,
    bytes_deciding, bytes_features, pages_deciding, pages_features, deletes, memory (slots,
    decoders, features)). Pages are data pages at most, as a report's pages_read counts them; None
    without footers, and where files have no page index.
    """


class Why(_FromJson):
    """Why an entity row gets what it gets, as a dictionary; str() gives a text for people.

    Keys: view, table, snapshot_id, keys, entity_time, ttl_us, created_cut, commit_cut; outcome
    ("hit", "key absent", "only later rows", "expired", "cut"); features (of the winner);
    rows_of_key; rows_without_time; rows, newest first (verdict, rule, reason, event_timestamp,
    created_timestamp, committed, snapshot_id (of the snapshot that added the file), file, position,
    row_id, last_updated_sequence_number); others (by verdict how many more there are).
    """


class TrainingSet:
    """A training set: snapshots are resolved, data is read when it is asked for, once.

    Rows are those of the entity frame, in its order (P1); columns are the frame's, then the
    features.
    """

    def __init__(self, native: _native.NativeRetrieval) -> None:
        self._native = native
        self._table: pa.Table | None = None
        self._reading = threading.Lock()

    @property
    def schema(self) -> pa.Schema:
        """The frame's columns, then the features; all features are nullable."""
        return schema_of(self._native.schema())

    @property
    def snapshots(self) -> dict[str, SnapshotPin]:
        """Per view the table and the snapshot that is read (P11)."""
        return {
            view["view"]: SnapshotPin(
                table=view["table"],
                snapshot_id=view["snapshot_id"],
                timestamp_ms=view["timestamp_ms"],
            )
            for view in self._native.pinned()
        }

    def explain(self, *, footers: bool = False) -> Plan:
        """What would be read, before any data is; a dictionary, whose str() is for people.

        By manifests alone; with footers=True those of all planned files and their page indexes are
        read: bytes, row groups and pages are those of all rows that may matter.
        """
        return Plan(*self._native.explain(footers))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        if self._table is not None:
            return self._table.__arrow_c_stream__(requested_schema)
        return self._native.stream().capsule()

    def reader(self) -> pa.RecordBatchReader:
        """The rows as a stream. Can be asked for once, unless to_arrow() has kept them."""
        if self._table is not None:
            return self._table.to_reader()
        return stream_reader(self._native.stream())

    def to_arrow(self) -> pa.Table:
        """All rows in memory; kept, so that further calls cost nothing."""
        with self._reading:
            if self._table is None:
                self._table = stream_reader(self._native.stream()).read_all()
            return self._table

    def to_pandas(self) -> Any:
        """All rows as a pandas DataFrame."""
        return self.to_arrow().to_pandas()

    def report(self) -> Report:
        """What was read and found; InvalidArgumentError before the rows are read to the end.

        Keys: rows; views (view, table, snapshot_id, files_planned, files_pruned, files_read,
        row_groups_pruned, rows_pruned (by page indexes), row_groups_read, bytes_planned,
        bytes_read, pages_read (decompressed, of columns without nesting), rows_seen, rows_dropped,
        deletes (deletion_vectors, position_delete_files, equality_delete_files,
        rows_deleted_by_position, rows_deleted_by_equality), hits, misses by reason, null_values by
        feature, full_ties, hits_not_yet_created or None, ties (created times read: "none", "aside"
        of the rows that may win, or "with created times" of all), decided_with (the view whose
        keys and times were read for this one too, or None), created_cut, commit_cut); frame
        (start_us, end_us, scans: each as of a view) or None where one was given; seconds (frame,
        plan, encode, winners, gather); process_peak_bytes (the most that the process has had in
        memory so far, whatever for).
        """
        return Report(self._native.report())
