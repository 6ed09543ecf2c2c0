"""Tables and scans, by the names that pyiceberg gave them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from icefield import _native
from icefield.arguments import optional_number
from icefield.arrow import schema_of, stream_reader, to_stream
from icefield.errors import InvalidArgumentError
from icefield.filters import filter_text
from icefield.foreign import ForeignCatalog
from icefield.instants import Instant, instant_micros
from icefield.options import ReadOptions
from icefield.properties import property_texts
from icefield.schema_update import UpdateSchema


@dataclass(frozen=True)
class Snapshot:
    """A table's state at one commit. timestamp_ms counts from the epoch."""

    snapshot_id: int
    parent_snapshot_id: int | None
    sequence_number: int
    timestamp_ms: int
    manifest_list: str
    summary: dict[str, str]


@dataclass(frozen=True)
class SnapshotRef:
    """A branch or tag: type is "branch" or "tag"."""

    snapshot_id: int
    type: str


@dataclass(frozen=True)
class DeleteFile:
    """A file that removes rows of a data file.

    content: "position deletes", "equality deletes" or "deletion vector". record_count: positions or
    keys in it, of any data file.
    """

    file_path: str
    file_format: str
    content: str
    record_count: int
    data_sequence_number: int


@dataclass(frozen=True)
class FileScanTask:
    """A data file that a scan reads, whole, and the deletes that apply to it."""

    file_path: str
    file_format: str
    record_count: int
    file_size_in_bytes: int
    spec_id: int
    data_sequence_number: int
    delete_files: tuple[DeleteFile, ...]


def _file_task(*, delete_files: list[dict[str, Any]], **task: Any) -> FileScanTask:
    return FileScanTask(**task, delete_files=tuple(DeleteFile(**file) for file in delete_files))


class Table:
    """A table at the moment it was loaded: later commits of others are not seen before refresh().

    What is written through this object is seen by it. Every write is one commit: it happens whole
    or not at all, and a failed one leaves the table as it was.
    """

    def __init__(self, native: _native.NativeTable) -> None:
        self._native = native

    def name(self) -> str:
        """Its name in the catalog, or its metadata location where it has none."""
        return self._native.name

    @property
    def metadata_location(self) -> str:
        """Location of the metadata file that was loaded."""
        return self._native.metadata_location

    @property
    def format_version(self) -> int:
        """1, 2 or 3."""
        return self._native.format_version

    @property
    def properties(self) -> dict[str, str]:
        """The table's properties."""
        return self._native.properties

    def location(self) -> str:
        """The table's base location."""
        return self._native.location

    def snapshots(self) -> list[Snapshot]:
        """All snapshots that the metadata holds, oldest first."""
        return [Snapshot(**snapshot) for snapshot in self._native.snapshots()]

    def current_snapshot(self) -> Snapshot | None:
        """None: nothing was ever written."""
        current = self._native.current_snapshot_id
        return next((s for s in self.snapshots() if s.snapshot_id == current), None)

    def refs(self) -> dict[str, SnapshotRef]:
        """Branches and tags by name."""
        return {name: SnapshotRef(**ref) for name, ref in self._native.refs().items()}

    def schema(self, snapshot_id: int | None = None) -> pa.Schema:
        """The columns as Arrow types, of the current schema or of that snapshot's."""
        return self.scan(snapshot_id=snapshot_id).schema

    def scan(
        self,
        row_filter: Any = None,
        selected_fields: tuple[str, ...] | list[str] = ("*",),
        snapshot_id: int | None = None,
        limit: int | None = None,
        options: ReadOptions | None = None,
        as_of: Instant | None = None,
    ) -> TableScan:
        """Rows to read.

        row_filter: pyiceberg's expression or its text. selected_fields: columns, dotted for nested;
        the metadata columns _file, _pos, _spec_id, _partition, _row_id and
        _last_updated_sequence_number by their names. snapshot_id or as_of (the snapshot that was
        current at that time; UTC where it has no zone): at most one, read with its own schema.
        """
        if snapshot_id is not None and as_of is not None:
            raise InvalidArgumentError("give snapshot_id or as_of, not both")
        return TableScan(
            self._native,
            filter_text(row_filter) if row_filter is not None else "",
            tuple(selected_fields),
            snapshot_id,
            None,
            instant_micros(as_of) // 1000 if as_of is not None else None,
            limit,
            options or ReadOptions(),
        )

    @classmethod
    def from_pyiceberg(cls, table: Any, properties: Mapping[str, str] | None = None) -> Table:
        """The same table, read and written by Icefield; commits go through its pyiceberg catalog.

        So every catalog that pyiceberg reaches can be written to. properties: as of load_table.
        """
        name = ".".join(table.name()) if hasattr(table, "name") else ""
        catalog = ForeignCatalog(table)
        return cls(_native.foreign_table(name, catalog, dict(properties or {})))

    def refresh(self) -> Table:
        """Sees what others committed since. Returns itself."""
        self._native = self._native.refresh()
        return self

    def append(
        self,
        data: Any,
        snapshot_properties: Mapping[str, str] | None = None,
        branch: str | None = None,
        *,
        downcast_ns: bool = False,
        narrow: bool = False,
        options: ReadOptions | None = None,
    ) -> None:
        """Adds all rows of `data`, in the table's partitions and sort order.

        data: anything that speaks Arrow (pandas, polars, DuckDB, pyarrow, a RecordBatchReader); it
        streams. Columns are matched by name; a missing optional one is null, one that the table
        does not have is InvalidArgumentError, as is a type that does not widen to the table's.
        snapshot_properties: further entries of the snapshot's summary. branch: None is main; a
        new one starts at the current snapshot. downcast_ns: nanoseconds are floored to the
        microseconds of the table; without it only times that lose nothing are taken. narrow:
        values of wider types are taken where they fit exactly. No rows: no commit. ConflictError
        where others committed first again and again; CommitUnknownError where the catalog cannot
        say.
        """
        native = _write_options(branch, snapshot_properties, downcast_ns, narrow, options)
        self._native = self._native.append(to_stream(data, "data to write"), native)

    def overwrite(
        self,
        data: Any,
        overwrite_filter: Any = None,
        snapshot_properties: Mapping[str, str] | None = None,
        branch: str | None = None,
        *,
        downcast_ns: bool = False,
        narrow: bool = False,
        options: ReadOptions | None = None,
    ) -> None:
        """Puts the rows of `data` in the place of those that pass the filter, in one snapshot.

        overwrite_filter: pyiceberg's expression or its text; None: all rows. ConflictError where
        others added data that may pass since the table was loaded: refresh() and decide again.
        """
        native = _write_options(branch, snapshot_properties, downcast_ns, narrow, options)
        self._native = self._native.overwrite(
            to_stream(data, "data to write"), _filter(overwrite_filter), native
        )

    def dynamic_partition_overwrite(
        self,
        data: Any,
        snapshot_properties: Mapping[str, str] | None = None,
        branch: str | None = None,
        *,
        downcast_ns: bool = False,
        narrow: bool = False,
        options: ReadOptions | None = None,
    ) -> None:
        """Puts the rows of `data` in the place of all rows of the partitions that they lie in."""
        native = _write_options(branch, snapshot_properties, downcast_ns, narrow, options)
        self._native = self._native.overwrite_partitions(to_stream(data, "data to write"), native)

    def delete(
        self,
        delete_filter: Any = None,
        snapshot_properties: Mapping[str, str] | None = None,
        branch: str | None = None,
        *,
        options: ReadOptions | None = None,
    ) -> None:
        """Deletes the rows that pass the filter (None: all), by writing their files again.

        Files that the filter takes whole are not read. Nothing passes: no commit.
        """
        native = _write_options(branch, snapshot_properties, options=options)
        self._native = self._native.delete(_filter(delete_filter), native)

    def update_schema(self, allow_incompatible_changes: bool = False) -> UpdateSchema:
        """Steps that change the columns, to be committed together: use it as a context manager."""
        return UpdateSchema(self, allow_incompatible_changes)

    def set_properties(self, properties: Mapping[str, Any]) -> None:
        """Sets table properties; "format-version" upgrades the table."""
        self._native = self._native.change_properties(property_texts(properties), [])

    def remove_properties(self, *names: str) -> None:
        """Removes table properties; those that are not there do not matter."""
        self._native = self._native.change_properties({}, list(names))

    def __repr__(self) -> str:
        return f"Table({self.name()!r}, metadata_location={self.metadata_location!r})"


@dataclass(frozen=True)
class TableScan:
    """A scan, not yet run. Every method runs it anew; nothing is kept."""

    _table: _native.NativeTable = field(repr=False)
    row_filter: str
    selected_fields: tuple[str, ...]
    snapshot_id: int | None
    ref: str | None
    as_of_ms: int | None
    limit: int | None
    options: ReadOptions

    def use_ref(self, name: str) -> TableScan:
        """The same scan at a branch or tag."""
        if self.snapshot_id is not None:
            raise InvalidArgumentError(
                f"the scan already names snapshot {self.snapshot_id}; give a ref or a snapshot"
            )
        if self.as_of_ms is not None:
            raise InvalidArgumentError("the scan already names a time; give a ref or a time")
        return replace(self, ref=name)

    @property
    def schema(self) -> pa.Schema:
        """The Arrow schema of the result."""
        return schema_of(self._table.arrow_schema(self._request()))

    def plan_files(self) -> list[FileScanTask]:
        """The data files that may hold rows, in the order they are read."""
        return [_file_task(**task) for task in self._table.plan_files(self._request())]

    def explain(self) -> str:
        """The plan as a text: snapshot, what was pruned and why, files."""
        return self._table.explain(self._request())

    def to_arrow_batch_reader(self) -> pa.RecordBatchReader:
        """The rows as a stream in bounded memory, ordered by file and position."""
        return stream_reader(self._table.scan(self._request()))

    def to_arrow(self) -> pa.Table:
        """All rows in memory."""
        return self.to_arrow_batch_reader().read_all()

    def to_pandas(self) -> Any:
        """All rows as a pandas DataFrame."""
        return self.to_arrow().to_pandas()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._table.scan(self._request()).capsule()

    def _request(self) -> _native.NativeScanOptions:
        return _native.NativeScanOptions.make(
            row_filter=self.row_filter,
            selected_fields=list(self.selected_fields),
            snapshot_id=optional_number(self.snapshot_id, "snapshot_id"),
            ref=self.ref,
            as_of_ms=self.as_of_ms,
            limit=optional_number(self.limit, "limit"),
            read=self.options.native(),
        )


def _write_options(
    branch: str | None,
    snapshot_properties: Mapping[str, str] | None,
    downcast_ns: bool = False,
    narrow: bool = False,
    options: ReadOptions | None = None,
) -> _native.NativeWriteOptions:
    return _native.NativeWriteOptions.make(
        branch=branch or "main",
        summary=dict(snapshot_properties or {}),
        downcast_ns=downcast_ns,
        narrow=narrow,
        read=(options or ReadOptions()).native(),
    )


def _filter(row_filter: Any) -> str:
    return filter_text(row_filter) if row_filter is not None else "true"


def load_table(
    location: str | os.PathLike[str], properties: Mapping[str, str] | None = None
) -> Table:
    """A table by its metadata file (path or file:// location) or its folder, without a catalog.

    properties: those of a catalog that speak of files; "path-prefix-map" ("FROM=TO;FROM=TO") says
    where tables lie that were moved since they were written.
    """
    text = str(location) if not isinstance(location, Path) else str(location.absolute())
    return Table(_native.load_table(text, dict(properties or {})))
