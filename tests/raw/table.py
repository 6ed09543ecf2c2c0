"""A table on local disk: snapshots and metadata over files of `files.py`."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Literal
from uuid import NAMESPACE_URL, UUID, uuid5

from pyiceberg.catalog import Catalog
from pyiceberg.table import StaticTable, Table

from tests.raw import schema as sc
from tests.raw.data_file import DATA, TableFile
from tests.raw.files import TableFiles
from tests.raw.manifests import Entry, Manifest, Status, write_manifest, write_manifest_list
from tests.raw.schema import Columns, Json

SpecFields = Sequence[tuple[str, str] | tuple[str, str, str] | Json]
"""(column, transform), with a name as the third, or the JSON of partition fields."""

Nested = Iterable["TableFile | Iterable[TableFile]"]

FileKey = tuple[str, int | None]

_START_MS = 1_704_067_200_000
"""2024-01-01: times of a raw table do not depend on the clock."""


class RawTable(TableFiles):
    """A table whose every byte the test decides. Nothing is checked against the specification.

    Ids, times and file names are the same in every run. Every change writes a metadata file.
    """

    def __init__(
        self,
        folder: Path,
        columns: Columns,
        *,
        format_version: int = 2,
        spec: SpecFields = (),
        properties: Mapping[str, str] | None = None,
        location: str | None = None,
        gzip_metadata: bool = False,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        schema = sc.schema_json(columns)
        uri = location or f"file://{folder.absolute()}"
        super().__init__(folder, uri, {})
        self.gzip_metadata = gzip_metadata
        self.clock_ms = _START_MS
        self.manifests: dict[int, list[Manifest]] = {}
        """The manifests of every snapshot, as a reader must understand them."""
        self._snapshot_ids = count(1)
        self._versions = count(0)
        self.metadata |= {
            "format-version": format_version,
            "table-uuid": str(uuid5(NAMESPACE_URL, uri)),
            "location": uri,
            "last-updated-ms": self.clock_ms,
            "last-column-id": sc.highest_id(schema),
            "schemas": [schema],
            "current-schema-id": schema["schema-id"],
            "partition-specs": [],
            "last-partition-id": 999,
            "sort-orders": [{"order-id": 0, "fields": []}],
            "default-sort-order-id": 0,
            "properties": dict(properties or {}),
            "snapshots": [],
            "refs": {},
            "snapshot-log": [],
            "metadata-log": [],
        }
        if format_version > 1:
            self.metadata["last-sequence-number"] = 0
        if format_version > 2:
            self.metadata["next-row-id"] = 0
        self.metadata_location = ""
        self.set_spec(spec)

    # --- metadata ---------------------------------------------------------------------------------

    @property
    def format_version(self) -> int:
        return int(self.metadata["format-version"])

    @property
    def last_sequence_number(self) -> int:
        return int(self.metadata.get("last-sequence-number", 0))

    def save(self) -> str:
        """Writes `metadata` as the next metadata file; its location."""
        self.clock_ms += 1000
        if self.metadata_location:
            log = {"timestamp-ms": self.clock_ms - 1000, "metadata-file": self.metadata_location}
            self.metadata["metadata-log"].append(log)
        self.metadata["last-updated-ms"] = self.clock_ms
        if self.format_version == 1:
            self.metadata["schema"] = self.schema
            self.metadata["partition-spec"] = self.spec_of()["fields"]
        version = next(self._versions)
        suffix = ".gz.metadata.json" if self.gzip_metadata else ".metadata.json"
        name = f"{version:05}-{UUID(int=version)}{suffix}"
        path = self.folder / "metadata" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = json.dumps(self.metadata, indent=1).encode()
        path.write_bytes(gzip.compress(data, mtime=0) if self.gzip_metadata else data)
        self.metadata_location = f"{self.location}/metadata/{name}"
        return self.metadata_location

    def upgrade(self, format_version: int) -> None:
        """Makes it a table of a later version; nothing that exists is rewritten."""
        self.metadata["format-version"] = format_version
        self.metadata.pop("schema", None)
        self.metadata.pop("partition-spec", None)
        if format_version > 1:
            self.metadata.setdefault("last-sequence-number", 0)
        if format_version > 2:
            self.metadata.setdefault("next-row-id", 0)
        self.save()

    def set_spec(self, fields: SpecFields) -> int:
        """A new default partition spec over the current schema; its id.

        A field of the same source and transform keeps its id. In version 1 fields of older specs
        stay as void ones.
        """
        specs = self.metadata["partition-specs"]
        known = {
            (item["source-id"], item["transform"]): item
            for spec in specs
            for item in spec["fields"]
        }
        made: list[Json] = []
        for field in fields:
            item = dict(field) if isinstance(field, Mapping) else self._spec_field(*field)
            old = known.get((item["source-id"], item["transform"]))
            if "field-id" not in item:
                item["field-id"] = old["field-id"] if old else self._next_partition_id()
            made.append(item)
        if self.format_version == 1 and specs:
            kept = {item["field-id"] for item in made}
            gone = [item for item in specs[-1]["fields"] if item["field-id"] not in kept]
            made = [{**item, "transform": "void"} for item in gone] + made
        spec_id = len(specs)
        specs.append({"spec-id": spec_id, "fields": made})
        self.metadata["default-spec-id"] = spec_id
        self.save()
        return spec_id

    def _spec_field(self, column: str, transform: str, name: str | None = None) -> Json:
        _, field = sc.find_field([self.schema], column)
        kind = transform.partition("[")[0]
        made = name or (column if kind == "identity" else f"{column}_{kind}")
        return {"source-id": field["id"], "transform": transform, "name": made}

    def _next_partition_id(self) -> int:
        self.metadata["last-partition-id"] += 1
        return int(self.metadata["last-partition-id"])

    def set_schema(self, fields: Sequence[Json]) -> int:
        """A new current schema from the JSON of its fields; its id."""
        schema_id = len(self.schemas)
        schema = {"type": "struct", "schema-id": schema_id, "fields": list(fields)}
        self.schemas.append(schema)
        self.metadata["current-schema-id"] = schema_id
        highest = max(self.metadata["last-column-id"], sc.highest_id(schema))
        self.metadata["last-column-id"] = highest
        self.save()
        return schema_id

    def add_column(self, name: str, kind: Any, **more: Any) -> None:
        """Adds a top-level column; `more` goes to its JSON (`doc`, `initial-default`, ...)."""
        field_id = int(self.metadata["last-column-id"]) + 1
        field = {"id": field_id, "name": name, "required": False, "type": sc.type_json(kind)}
        more = {key.replace("_", "-"): value for key, value in more.items()}
        self.set_schema([*self.schema["fields"], {**field, **more}])

    def drop_column(self, name: str) -> None:
        self.set_schema([field for field in self.schema["fields"] if field["name"] != name])

    def change_column(self, name: str, /, **changes: Any) -> None:
        """Changes entries of a column's JSON: `name` renames, `type` promotes."""
        changes = {key.replace("_", "-"): value for key, value in changes.items()}
        fields = self.schema["fields"]
        self.set_schema([{**f, **changes} if f["name"] == name else f for f in fields])

    # --- snapshots --------------------------------------------------------------------------------

    def current_snapshot_id(self, branch: str = "main") -> int | None:
        ref = self.metadata["refs"].get(branch)
        return ref and int(ref["snapshot-id"])

    def set_ref(self, name: str, snapshot_id: int, kind: str = "tag") -> None:
        """Makes or moves a tag or a branch."""
        self.metadata["refs"][name] = {"snapshot-id": snapshot_id, "type": kind}
        if name == "main":
            self.metadata["current-snapshot-id"] = snapshot_id
        self.save()

    def expire(self, snapshot_id: int) -> None:
        """Forgets a snapshot, with the refs that name it; its files stay."""
        refs, snapshots = self.metadata["refs"], self.metadata["snapshots"]
        gone = [name for name, ref in refs.items() if ref["snapshot-id"] == snapshot_id]
        self.metadata["refs"] = {name: ref for name, ref in refs.items() if name not in gone}
        kept = [snapshot for snapshot in snapshots if snapshot["snapshot-id"] != snapshot_id]
        self.metadata["snapshots"] = kept
        log = self.metadata["snapshot-log"]
        self.metadata["snapshot-log"] = [e for e in log if e["snapshot-id"] != snapshot_id]
        self.save()

    def entries(self, branch: str = "main") -> list[Entry]:
        """The live entries of a branch, as a reader must understand them."""
        snapshot = self.current_snapshot_id(branch)
        manifests = [] if snapshot is None else self.manifests[snapshot]
        return [entry for manifest in manifests for entry in manifest.live]

    def commit(
        self,
        append: Nested = (),
        deletes: Nested = (),
        remove: Nested = (),
        *,
        operation: str | None = None,
        branch: str = "main",
        sequence_number: int | None = None,
        explicit: bool = False,
        manifest_per_file: bool = False,
        merge: bool = False,
        assign_row_ids: Literal["all", "new", "none"] = "all",
        embed: bool = False,
        manifest_order: Iterable[int] | None = None,
    ) -> int:
        """A snapshot that adds data and delete files and removes files; its id.

        `sequence_number` is written as the data sequence number of the files appended, where they
        name none themselves. `explicit` writes what entries would inherit. `merge` writes all data
        entries of a spec into one manifest. `assign_row_ids` says which data manifests of a v3
        table get row ids: all that have none, those of files added now, or none. `embed` lists
        manifests in the metadata, as version 1 allows. `manifest_order` permutes the manifest list
        (row ids are assigned in its order).
        """
        added, deleted = _flat(append), _flat(deletes)
        removed = {file.key for file in _flat(remove)}
        snapshot_id = next(self._snapshot_ids)
        parent = self.current_snapshot_id(branch)
        if parent is None:
            parent = self.current_snapshot_id()
        for file in added:
            if file.sequence_number is None:
                file.sequence_number = sequence_number
        number = self.last_sequence_number + 1 if self.format_version > 1 else 0
        writer = _ManifestWriter(self, snapshot_id, number, explicit=explicit)
        carried, merged = writer.carry(self.manifests.get(parent or 0, []), removed, merge=merge)
        made = writer.add(DATA, added, merged, alone=manifest_per_file)
        made += writer.add(1, deleted, {}, alone=manifest_per_file)
        manifests = made + carried
        if manifest_order is not None:
            manifests = [manifests[at] for at in manifest_order]
        snapshot = {
            "snapshot-id": snapshot_id,
            **({} if parent is None else {"parent-snapshot-id": parent}),
            **({"sequence-number": number} if self.format_version > 1 else {}),
            "timestamp-ms": self.clock_ms + 1000,
            "summary": {"operation": operation or _operation(added, deleted, removed)},
            "schema-id": self.metadata["current-schema-id"],
        }
        if self.format_version > 2:
            first = after = int(self.metadata["next-row-id"])
            if assign_row_ids != "none":
                chosen = made if assign_row_ids == "new" else manifests
                manifests, after = _with_row_ids(manifests, chosen, first)
            snapshot |= {"first-row-id": first, "added-rows": after - first}
        if embed:
            snapshot["manifests"] = [manifest.path for manifest in manifests]
        else:
            snapshot["manifest-list"] = self._write_list(snapshot, manifests)
        self.manifests[snapshot_id] = manifests
        self._add_snapshot(snapshot, branch)
        return snapshot_id

    def _add_snapshot(self, snapshot: Json, branch: str) -> None:
        self.metadata["snapshots"].append(snapshot)
        if self.format_version > 1:
            self.metadata["last-sequence-number"] = snapshot["sequence-number"]
        if self.format_version > 2:
            self.metadata["next-row-id"] = snapshot["first-row-id"] + snapshot["added-rows"]
        if branch == "main":
            log = {key: snapshot[key] for key in ("snapshot-id", "timestamp-ms")}
            self.metadata["snapshot-log"].append(log)
        kind = self.metadata["refs"].get(branch, {}).get("type", "branch")
        self.set_ref(branch, snapshot["snapshot-id"], kind)

    def _write_list(self, snapshot: Json, manifests: Sequence[Manifest]) -> str:
        meta = {
            "snapshot-id": str(snapshot["snapshot-id"]),
            "parent-snapshot-id": str(snapshot.get("parent-snapshot-id", "null")),
            "format-version": str(self.format_version),
        }
        if self.format_version > 1:
            meta["sequence-number"] = str(snapshot["sequence-number"])
        if self.format_version > 2:
            meta["first-row-id"] = str(snapshot["first-row-id"])
        name = f"snap-{snapshot['snapshot-id']}.avro"
        path = self.folder / "metadata" / name
        write_manifest_list(path, self.format_version, meta, manifests)
        return f"{self.location}/metadata/{name}"

    # --- other readers ----------------------------------------------------------------------------

    def register(self, catalog: Catalog, name: str) -> Table:
        """The table in a catalog under a name."""
        return catalog.register_table(name, self.metadata_location)

    def pyiceberg(self) -> StaticTable:
        """The table as pyiceberg reads it from its metadata file."""
        return StaticTable.from_metadata(self.metadata_location)


class _ManifestWriter:
    """Writes the manifests of one commit."""

    def __init__(
        self, table: RawTable, snapshot_id: int, sequence_number: int, *, explicit: bool
    ) -> None:
        self.table = table
        self.snapshot_id = snapshot_id
        self.sequence_number = sequence_number
        self.explicit = explicit
        self.numbers = count(0)

    def entry(self, file: TableFile) -> Entry:
        """An added file with what it inherits, but for its row ids."""
        own, own_file = file.sequence_number, file.file_sequence_number
        return Entry(
            Status.ADDED,
            self.snapshot_id,
            file,
            self.sequence_number if own is None else own,
            self.sequence_number if own_file is None else own_file,
            file.first_row_id,
        )

    def carry(
        self, manifests: Iterable[Manifest], removed: set[FileKey], *, merge: bool
    ) -> tuple[list[Manifest], dict[int, list[Entry]]]:
        """The manifests of the snapshot before, without the files removed: those to be listed, and
        data entries by spec that are to be merged with what is added.
        """
        carried: list[Manifest] = []
        merged: dict[int, list[Entry]] = {}
        for manifest in manifests:
            touched = removed & {entry.file.key for entry in manifest.live}
            if not touched and not (merge and manifest.content == DATA):
                carried.append(manifest)
                continue
            entries = _carried_entries(manifest, removed, self.snapshot_id)
            if merge and manifest.content == DATA:
                merged.setdefault(manifest.spec["spec-id"], []).extend(entries)
            else:
                carried.append(self.write(manifest.spec, manifest.content, entries))
        return carried, merged

    def add(
        self,
        content: int,
        files: Sequence[TableFile],
        merged: dict[int, list[Entry]],
        *,
        alone: bool,
    ) -> list[Manifest]:
        """Manifests of the files added, one a spec or one a file, with the entries merged."""
        groups: dict[Any, list[Entry]] = {}
        specs: dict[Any, int] = {}
        for at, file in enumerate(files):
            key = (at, "alone") if alone else file.spec_id
            groups.setdefault(key, []).append(self.entry(file))
            specs[key] = file.spec_id
        for spec_id, entries in merged.items():
            groups.setdefault(spec_id, []).extend(entries)
            specs[spec_id] = spec_id
        spec_of = self.table.spec_of
        return [self.write(spec_of(specs[key]), content, part) for key, part in groups.items()]

    def write(self, spec: Json, content: int, entries: list[Entry]) -> Manifest:
        table = self.table
        name = f"{self.snapshot_id}-m{next(self.numbers)}.avro"
        manifest = Manifest(
            path=f"{table.location}/metadata/{name}",
            size=0,
            spec=spec,
            content=content,
            entries=entries,
            added_snapshot_id=self.snapshot_id,
            sequence_number=self.sequence_number,
            partition_types=table.partition_types(spec),
        )
        path = table.folder / "metadata" / name
        manifest.size = write_manifest(
            path, table.format_version, table.schema, manifest, explicit=self.explicit
        )
        return manifest


def _flat(files: Nested) -> list[TableFile]:
    made: list[TableFile] = []
    for item in files:
        made.extend([item] if isinstance(item, TableFile) else item)
    return made


def _operation(added: Sequence[Any], deleted: Sequence[Any], removed: set[Any]) -> str:
    if removed:
        return "replace" if added else "delete"
    if deleted:
        return "overwrite" if added else "delete"
    return "append"


def _carried_entries(manifest: Manifest, removed: set[FileKey], snapshot_id: int) -> list[Entry]:
    """The live entries of a manifest that is rewritten; removed ones are deleted now."""
    return [
        replace(entry, status=Status.DELETED, snapshot_id=snapshot_id)
        if entry.file.key in removed
        else replace(entry, status=Status.EXISTING)
        for entry in manifest.live
    ]


def _with_row_ids(
    manifests: Sequence[Manifest], chosen: Sequence[Manifest], first: int
) -> tuple[list[Manifest], int]:
    """The manifests with row ids for those chosen that have none, and the next free id.

    Those that older snapshots share are copied: in their lists they stay without ids.
    """
    made = []
    for manifest in manifests:
        wanted = manifest.content == DATA and any(manifest is other for other in chosen)
        if wanted and manifest.first_row_id is None:
            start, entries = first, []
            for entry in manifest.entries:
                if entry.status != Status.DELETED and entry.first_row_id is None:
                    entry = replace(entry, first_row_id=first)
                    first += entry.file.record_count
                entries.append(entry)
            manifest = replace(manifest, first_row_id=start, entries=entries)
        made.append(manifest)
    return made, first
