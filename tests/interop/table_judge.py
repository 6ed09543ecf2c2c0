"""A table's metadata, manifest lists, manifests and data files against each other."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from tests.interop.avro_files import local, read_avro
from tests.interop.file_judge import ROW_ID, JudgedFile, judge_metrics
from tests.interop.layout_judge import judge_layout
from tests.interop.leaves import field_of
from tests.interop.lineage_judge import Lineage, StoredRows, judge_lineage, stored_rows
from tests.interop.partition_judge import (
    judge_partition,
    judge_sorting,
    judge_summaries,
    result_kind,
)

ADDED, EXISTING, DELETED = 1, 0, 2
# By the first format version that requires the field: manifest lists, then manifests.
_LIST_FIELDS = {
    "manifest_path": 500,
    "manifest_length": 501,
    "partition_spec_id": 502,
    "added_snapshot_id": 503,
    "partitions": 507,
}
_LIST_FIELDS_V2 = {"content": 517, "sequence_number": 515, "min_sequence_number": 516}
_ENTRY_FIELDS = {
    "status": 0,
    "snapshot_id": 1,
    "data_file": 2,
    "data_file.file_path": 100,
    "data_file.file_format": 101,
    "data_file.partition": 102,
    "data_file.record_count": 103,
    "data_file.file_size_in_bytes": 104,
    "data_file.column_sizes": 108,
    "data_file.column_sizes.key": 117,
    "data_file.column_sizes.value": 118,
    "data_file.value_counts": 109,
    "data_file.null_value_counts": 110,
    "data_file.nan_value_counts": 137,
    "data_file.lower_bounds": 125,
    "data_file.upper_bounds": 128,
    "data_file.split_offsets": 132,
    "data_file.sort_order_id": 140,
}


def read_metadata(location: str) -> dict[str, Any]:
    """The JSON of a metadata file."""
    data = local(location).read_bytes()
    return json.loads(gzip.decompress(data) if location.endswith(".gz.metadata.json") else data)


@dataclass
class Live:
    """A live file of a snapshot, with what it inherits."""

    data_file: dict[str, Any]
    spec_id: int
    snapshot_id: int
    sequence_number: int
    first_row_id: int | None


@dataclass
class TableJudge:
    """Judges every snapshot of a table. files: whether data files are opened, each once.

    properties: the table's at the time of each snapshot, by its id; else the current ones.
    key: the field id of a column of distinct values, by which rows are known again; then `lineages`
    are those of the snapshots, by their ids.
    """

    metadata: dict[str, Any]
    complaints: list[str] = field(default_factory=list)
    files: bool = True
    opened: set[str] = field(default_factory=set)
    properties: dict[int, dict[str, str]] = field(default_factory=dict)
    key: int | None = None
    lineages: dict[int, Lineage] = field(default_factory=dict)
    stored: dict[str, StoredRows] = field(default_factory=dict)
    seen: Counter[str] = field(default_factory=Counter)
    """Data files by what is in them."""

    def __post_init__(self) -> None:
        self.version = self.metadata["format-version"]
        self.schemas = {s["schema-id"]: s for s in self.metadata["schemas"]}
        self.specs = {s["spec-id"]: s for s in self.metadata["partition-specs"]}
        self.orders = {s["order-id"]: s for s in self.metadata["sort-orders"]}
        self.snapshots = {s["snapshot-id"]: s for s in self.metadata.get("snapshots", [])}

    def complain(self, text: str) -> None:
        """Something is wrong."""
        self.complaints.append(text)

    def demand(self, holds: bool, text: str) -> None:
        """Complains unless it holds."""
        if not holds:
            self.complain(text)

    def judge(self) -> list[str]:
        """All complaints."""
        for number, snapshot in self.snapshots.items():
            self._judge_snapshot(number, snapshot)
        self._judge_metadata()
        return self.complaints

    # --- metadata ---------------------------------------------------------------------------------

    def _judge_metadata(self) -> None:
        m = self.metadata
        newest = max((s.get("sequence-number", 0) for s in self.snapshots.values()), default=0)
        if self.version >= 2:
            self.demand(m["last-sequence-number"] == newest, f"last-sequence-number, max {newest}")
            numbers = [s["sequence-number"] for s in self.snapshots.values()]
            self.demand(len(set(numbers)) == len(numbers), f"sequence numbers {numbers}")
        used = [f["field-id"] for s in self.specs.values() for f in s["fields"]]
        self.demand(m["last-partition-id"] >= max(used, default=999), "last-partition-id")
        ids = [i for s in self.schemas.values() for i in _ids(s)]
        self.demand(m["last-column-id"] >= max(ids), f"last-column-id {m['last-column-id']}")
        current = m.get("current-snapshot-id", -1)
        main = m.get("refs", {}).get("main", {}).get("snapshot-id", current)
        self.demand(main == current, f"main is {main}, current-snapshot-id {current}")
        log = [entry["snapshot-id"] for entry in m.get("snapshot-log", [])]
        self.demand(not self.snapshots or log[-1:] == [current] or current == -1, "snapshot-log")
        times = [entry["timestamp-ms"] for entry in m.get("metadata-log", [])]
        self.demand(times == sorted(times), f"metadata-log {times}")

    # --- snapshots --------------------------------------------------------------------------------

    def _judge_snapshot(self, number: int, snapshot: dict[str, Any]) -> None:
        live, added, removed = [], [], []
        _, ids, manifests = read_avro(snapshot["manifest-list"])
        wanted = _LIST_FIELDS | (_LIST_FIELDS_V2 if self.version >= 2 else {})
        for name, field_id in wanted.items():
            self.demand(ids.get(name) == field_id, f"manifest list: {name} has id {ids.get(name)}")
        for manifest in manifests:
            for entry, status in self._judge_manifest(snapshot, manifest):
                if status != DELETED:
                    live.append(entry)
                if entry.snapshot_id == number and status == ADDED:
                    added.append(entry)
                if entry.snapshot_id == number and status == DELETED:
                    removed.append(entry)
        paths = [entry.data_file["file_path"] for entry in live]
        self.demand(len(set(paths)) == len(paths), f"snapshot {number}: a file is live twice")
        self._judge_summary(snapshot, live, added, removed)
        self._judge_tree(snapshot, live, removed)
        if self.version >= 3 and snapshot.get("first-row-id") is not None:
            self._judge_row_ids(number, live)
        for entry in live if self.files else []:
            self._judge_file(entry)
        if self.version >= 3 and self.key is not None:
            self._judge_lineage(number, snapshot, live)

    def _judge_manifest(
        self, snapshot: dict[str, Any], manifest: dict[str, Any]
    ) -> list[tuple[Live, int]]:
        path = manifest["manifest_path"]
        where = f"manifest {local(path).name}"
        size = local(path).stat().st_size
        self.demand(manifest["manifest_length"] == size, f"{where}: length")
        header, ids, entries = read_avro(path)
        self._judge_header(where, header, ids, manifest)
        found, row_id = [], manifest.get("first_row_id")
        for entry in entries:
            data_file, status = entry["data_file"], entry["status"]
            sequence = entry.get("sequence_number")
            for name in ("sequence_number", "file_sequence_number"):
                if self.version >= 2 and entry.get(name) is None:
                    own = manifest["added_snapshot_id"] == entry["snapshot_id"]
                    self.demand(status == ADDED and own, f"{where}: {name} is null ({status})")
            sequence = manifest.get("sequence_number", 0) if sequence is None else sequence
            first = data_file.get("first_row_id")
            if first is None and row_id is not None and status != DELETED:
                first, row_id = row_id, row_id + data_file["record_count"]
            who = entry["snapshot_id"] or manifest["added_snapshot_id"]
            live = Live(data_file, manifest["partition_spec_id"], who, sequence or 0, first)
            found.append((live, status))
        self._judge_counts(where, manifest, found)
        return found

    def _judge_header(
        self, where: str, header: dict[str, str], ids: dict[str, int], manifest: dict[str, Any]
    ) -> None:
        spec = self.specs[manifest["partition_spec_id"]]
        said = json.loads(header["partition-spec"])
        fields = said if isinstance(said, list) else said["fields"]
        self.demand(fields == spec["fields"], f"{where}: header's spec {fields}, {spec['fields']}")
        self.demand(
            int(header["partition-spec-id"]) == spec["spec-id"], f"{where}: header's spec id"
        )
        schema = json.loads(header["schema"])
        known = self.schemas.get(schema.get("schema-id", -1))
        if known is not None:
            self.demand(schema["fields"] == known["fields"], f"{where}: header's schema")
        wanted = dict(_ENTRY_FIELDS)
        if int(header["format-version"]) >= 2:
            wanted |= {"sequence_number": 3, "file_sequence_number": 4, "data_file.content": 134}
        if int(header["format-version"]) >= 3:
            wanted |= {"data_file.first_row_id": 142}
        for name, number in wanted.items():
            self.demand(ids.get(name) == number, f"{where}: {name} has id {ids.get(name)}")
        held = {n for name, n in ids.items() if name.startswith("data_file.partition.")}
        self.demand(held == {f["field-id"] for f in spec["fields"]}, f"{where}: tuple of {held}")

    def _judge_counts(
        self, where: str, manifest: dict[str, Any], found: list[tuple[Live, int]]
    ) -> None:
        for status, word in ((ADDED, "added"), (EXISTING, "existing"), (DELETED, "deleted")):
            of = [entry.data_file["record_count"] for entry, s in found if s == status]
            for name, count in ((f"{word}_files_count", len(of)), (f"{word}_rows_count", sum(of))):
                self.demand(
                    manifest[name] == count, f"{where}: {name} {manifest[name]} not {count}"
                )
        if self.version >= 2:
            alive = [entry.sequence_number for entry, s in found if s != DELETED]
            low = min(alive, default=manifest["min_sequence_number"])
            got = manifest["min_sequence_number"]
            self.demand(got <= low, f"{where}: min_sequence_number {got}, has {low}")
        spec = self.specs[manifest["partition_spec_id"]]
        kinds = [self._partition_kind(f) for f in spec["fields"]]
        tuples = [list(entry.data_file["partition"].values()) for entry, _ in found]
        if None not in kinds:
            for text in judge_summaries(manifest, spec, [k or "" for k in kinds], tuples):
                self.complain(f"{where}: {text}")

    def _partition_kind(self, f: dict[str, Any]) -> str | None:
        """The type of a partition field; None where its source was promoted or dropped."""
        found = {
            json.dumps(kind[0])
            for schema in self.schemas.values()
            if (kind := field_of(schema, f["source-id"])) is not None
        }
        if len(found) != 1:
            return None
        return result_kind(f["transform"], json.loads(found.pop()))

    def _judge_summary(
        self, snapshot: dict[str, Any], live: list[Live], added: list[Live], removed: list[Live]
    ) -> None:
        def total(entries: list[Live], name: str) -> int:
            return sum(entry.data_file[name] for entry in entries)

        wanted = {
            "total-records": total(live, "record_count"),
            "total-data-files": len(live),
            "total-files-size": total(live, "file_size_in_bytes"),
            "total-delete-files": 0,
            "total-position-deletes": 0,
            "total-equality-deletes": 0,
            "added-data-files": len(added),
            "added-records": total(added, "record_count"),
            "added-files-size": total(added, "file_size_in_bytes"),
            "deleted-data-files": len(removed),
            "deleted-records": total(removed, "record_count"),
            "removed-files-size": total(removed, "file_size_in_bytes"),
            "changed-partition-count": len(
                {(e.spec_id, repr(e.data_file["partition"])) for e in added + removed}
            ),
        }
        summary = snapshot["summary"]
        for name, number in wanted.items():
            got = summary.get(name)
            if got is None and number == 0:
                continue
            self.demand(got == str(number), f"summary {name} {got}, should be {number}: {summary}")
        if summary["operation"] not in ("append", "overwrite", "delete", "replace"):
            self.complain(f"operation {summary['operation']}")
        if summary["operation"] == "append":
            self.demand(not removed, f"an append removed {len(removed)} files")
        if summary["operation"] == "delete":
            self.demand(not added, f"a delete added {len(added)} files")

    def _judge_tree(self, snapshot: dict[str, Any], live: list[Live], removed: list[Live]) -> None:
        """Sequence numbers never decrease along parents, and what goes was there."""
        parent = self.snapshots.get(snapshot.get("parent-snapshot-id"))
        number = snapshot["snapshot-id"]
        if self.version >= 2:
            own = snapshot["sequence-number"]
            high = max((entry.sequence_number for entry in live), default=0)
            self.demand(high <= own, f"snapshot {number}: a file of sequence number {high} > {own}")
            for entry in live:
                adder = self.snapshots.get(entry.snapshot_id)
                self.demand(
                    adder is not None
                    and adder.get("sequence-number", 0) in (entry.sequence_number, 0),
                    f"snapshot {number}: {entry.data_file['file_path']} has sequence number "
                    f"{entry.sequence_number}, its snapshot another",
                )
        if parent is not None:
            before = self._paths(parent)
            gone = {entry.data_file["file_path"] for entry in removed}
            self.demand(gone <= before, f"snapshot {number} removed what was not there")
            now = {entry.data_file["file_path"] for entry in live}
            lost = before - now - gone
            self.demand(not lost, f"snapshot {number} lost {lost} without an entry")

    def _paths(self, snapshot: dict[str, Any]) -> set[str]:
        return {
            entry["data_file"]["file_path"]
            for manifest in read_avro(snapshot["manifest-list"])[2]
            for entry in read_avro(manifest["manifest_path"])[2]
            if entry["status"] != DELETED
        }

    def _judge_row_ids(self, number: int, live: list[Live]) -> None:
        """Ranges of row ids are apart and below next-row-id."""
        ranges = []
        for entry in live:
            if entry.first_row_id is None:
                self.complain(f"snapshot {number}: {entry.data_file['file_path']} has no row ids")
                continue
            end = entry.first_row_id + entry.data_file["record_count"]
            ranges.append((entry.first_row_id, end))
        ranges.sort()
        for (_, end), (start, _) in pairwise(ranges):
            self.demand(end <= start, f"snapshot {number}: row ids {ranges} overlap")
        highest = max((end for _, end in ranges), default=0)
        self.demand(
            self.metadata["next-row-id"] >= highest,
            f"next-row-id {self.metadata['next-row-id']}, but ids up to {highest}",
        )

    def _judge_lineage(self, number: int, snapshot: dict[str, Any], live: list[Live]) -> None:
        own = self.lineages[number] = {}
        for entry in live:
            rows = self.stored[entry.data_file["file_path"]]
            own |= rows.lineage(entry.first_row_id, entry.sequence_number)
        if snapshot.get("first-row-id") is None:
            return
        given = [
            earlier["first-row-id"] + earlier["added-rows"]
            for earlier in self.snapshots.values()
            if earlier.get("first-row-id") is not None
            and earlier["sequence-number"] < snapshot["sequence-number"]
        ]
        parent = self.lineages.get(snapshot.get("parent-snapshot-id", -1), {})
        for text in judge_lineage(snapshot, own, parent, max(given, default=0)):
            self.complain(f"snapshot {number}: {text}")

    # --- files ------------------------------------------------------------------------------------

    def _judge_file(self, entry: Live) -> None:
        path = entry.data_file["file_path"]
        if path in self.opened:
            return
        self.opened.add(path)
        adder = self.snapshots[entry.snapshot_id]
        schema = self.schemas[adder.get("schema-id", self.metadata["current-schema-id"])]
        properties = self.properties.get(entry.snapshot_id, self.metadata.get("properties", {}))
        file = JudgedFile(entry.data_file, schema, properties)
        try:
            judge_metrics(file)
            judge_layout(file)
            judge_partition(file, self.specs[entry.spec_id])
            judge_sorting(file, self.orders)
            self.seen.update(_traits(file))
            if self.version >= 3 and ROW_ID in file.values:
                stored = [row for row in file.values[ROW_ID] if row is not None]
                high = self.metadata["next-row-id"]
                file.demand(all(row < high for row in stored), "a stored row id is not below next")
            if self.version >= 3 and self.key is not None:
                self.stored[path] = stored_rows(file, self.key)
        except Exception as error:
            file.complain(f"could not be judged: {type(error).__name__}: {error}")
            raise
        finally:
            self.complaints += file.complaints


def _traits(file: JudgedFile) -> list[str]:
    """What is in a file that not every file has."""
    pages = [len(chunk.pages or []) for group in file.layout for chunk in group.chunks]
    tuple_ = file.said["partition"].values()
    traits = {
        "written": True,
        "of several row groups": len(file.layout) > 1,
        "of several pages": max(pages, default=0) > 1,
        "with row ids of their own": any(row is not None for row in file.values.get(ROW_ID, [])),
        "in a partition of NaN": any(isinstance(cell, float) and cell != cell for cell in tuple_),
    }
    return [name for name, holds in traits.items() if holds]


def _ids(kind: Any) -> list[int]:
    if not isinstance(kind, dict):
        return []
    if kind["type"] == "struct":
        return [i for f in kind["fields"] for i in (f["id"], *_ids(f["type"]))]
    if kind["type"] == "list":
        return [kind["element-id"], *_ids(kind["element"])]
    return [kind["key-id"], kind["value-id"], *_ids(kind["key"]), *_ids(kind["value"])]


def judge_table(location: str) -> list[str]:
    """What is wrong with a table and all its snapshots, by its metadata file."""
    return TableJudge(read_metadata(location)).judge()
