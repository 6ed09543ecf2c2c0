"""Writes data files and delete files of every kind; knows schemas and specs, never a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
from pyiceberg.transforms import parse_transform
from pyiceberg.types import PrimitiveType

from tests.raw import data_file as df
from tests.raw import schema as sc
from tests.raw.data_file import NO_STATS, Partition, Stats, TableFile
from tests.raw.puffin import Blob, vector_payload, write_puffin
from tests.raw.roaring import Containers
from tests.raw.schema import Json

Rows: TypeAlias = pa.Table | Sequence[Mapping[str, Any]] | Sequence[Sequence[Any]]
"""A table is written as it is; rows are dicts, or tuples in the order of the columns."""

Targets = Mapping[TableFile, Iterable[int]] | Iterable[tuple[TableFile | str, int]]
"""Positions by data file, or (data file or its path, position) pairs in the order to be written."""

_DELETE_SCHEMA = pa.schema(
    [
        pa.field("file_path", pa.string(), nullable=False),
        pa.field("pos", pa.int64(), nullable=False),
    ]
)
_PATH_ID, _POS_ID = sc.RESERVED_IDS["file_path"], sc.RESERVED_IDS["pos"]


class TableFiles:
    """The files of one table. What is written is part of the table only after a commit."""

    def __init__(self, folder: Path, location: str, metadata: Json) -> None:
        self.folder = folder
        self.location = location
        self.metadata = metadata
        """The table's metadata as JSON. Tests may change it as they like before a commit."""
        self._numbers = count(1)

    @property
    def schemas(self) -> list[Json]:
        schemas: list[Json] = self.metadata["schemas"]
        return schemas

    @property
    def schema(self) -> Json:
        """The current schema."""
        return self.schema_of(self.metadata["current-schema-id"])

    def schema_of(self, schema_id: int) -> Json:
        return next(schema for schema in self.schemas if schema["schema-id"] == schema_id)

    def spec_of(self, spec_id: int | None = None) -> Json:
        """A partition spec; the default one if no id is given."""
        wanted = self.metadata["default-spec-id"] if spec_id is None else spec_id
        specs = self.metadata["partition-specs"]
        spec: Json = next(spec for spec in specs if spec["spec-id"] == wanted)
        return spec

    def path(self, uri: str) -> Path:
        """Where a file of the table lies on this machine."""
        return self.folder / uri.removeprefix(f"{self.location}/")

    def new_path(self, name: str | None, kind: str, suffix: str) -> tuple[Path, str]:
        """A path under `data` and its URI."""
        stem = f"{next(self._numbers):05}-{kind}" if name is None else name
        path = self.folder / "data" / f"{stem}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        return path, f"{self.location}/data/{stem}.{suffix}"

    # --- data files -------------------------------------------------------------------------------

    def write_data(
        self,
        rows: Rows,
        *,
        name: str | None = None,
        partition: Partition = (),
        spec_id: int | None = None,
        row_group_rows: int | None = None,
        with_field_ids: bool = True,
        stats: Stats | None = None,
        sequence_number: int | None = None,
        **parquet: Any,
    ) -> TableFile:
        """Writes one data file. `partition` is the tuple of transformed values, and not checked.

        A table of Arrow keeps its physical types; its columns get the field ids of the names in the
        current schema, and the reserved ones for `_row_id` and `_last_updated_sequence_number`.
        `parquet` goes to pyarrow's writer. A table without field ids has no statistics by default.
        """
        table = self._identified(self._table(rows, sc.arrow_schema(self.schema)))
        file = self._write(table, df.DATA, "data", name, row_group_rows, parquet, with_field_ids)
        file.partition = tuple(partition)
        file.spec_id = self.spec_of(spec_id)["spec-id"]
        file.sequence_number = sequence_number
        wanted = stats or (Stats() if with_field_ids else NO_STATS)
        df.add_stats(file, table, df.leaf_types(self.schema["fields"]), wanted)
        return file

    def write_partitioned(self, rows: Sequence[Sequence[Any]], **options: Any) -> list[TableFile]:
        """One file for each partition of the default spec, in the order in which they turn up.

        Values of rows must be as pyiceberg's transforms take them: times as counts.
        """
        values = self.partitioner()
        groups: dict[Partition, list[Sequence[Any]]] = {}
        for row in rows:
            groups.setdefault(values(row), []).append(row)
        return [self.write_data(part, partition=key, **options) for key, part in groups.items()]

    def partitioner(self) -> Callable[[Sequence[Any]], Partition]:
        """A function from a row of the current schema to its tuple in the default spec."""
        fields = self.schema["fields"]
        places = {field["id"]: at for at, field in enumerate(fields)}
        applied: list[tuple[int, Callable[[Any], Any]]] = []
        for item in self.spec_of()["fields"]:
            at = places[item["source-id"]]
            kind = sc.primitive(fields[at]["type"])
            applied.append((at, parse_transform(item["transform"]).transform(kind)))
        return lambda row: tuple(apply(row[at]) for at, apply in applied)

    def partition_types(self, spec: Json) -> list[PrimitiveType]:
        """The types of the values in a spec's tuples."""
        types = []
        for item in spec["fields"]:
            _, field = sc.find_field(self.schemas, item["source-id"])
            kind = parse_transform(item["transform"]).result_type(sc.primitive(field["type"]))
            assert isinstance(kind, PrimitiveType)
            types.append(kind)
        return types

    # --- delete files -----------------------------------------------------------------------------

    def position_deletes(
        self,
        targets: Targets,
        *,
        per_file: bool = False,
        name: str | None = None,
        partition: Partition | None = None,
        spec_id: int | None = None,
        referenced: bool = False,
        keep_order: bool = False,
        stats: Stats | None = None,
        row_group_rows: int | None = None,
        **parquet: Any,
    ) -> list[TableFile]:
        """Position delete files: one for each partition of their targets, or for each data file.

        Rows are sorted by path and position unless `keep_order`. `referenced` names the data file
        in the manifest where there is one only. `partition` and `spec_id` set what the manifest
        says in place of the target's own; paths given as text need them.
        """
        groups: dict[Any, list[tuple[str, np.ndarray[Any, Any]]]] = {}
        for target, positions in _by_target(targets):
            path, place = (target, None) if isinstance(target, str) else (target.path, target)
            of = (place.spec_id, place.partition) if place else (self.spec_of()["spec-id"], ())
            spec = of[0] if spec_id is None else spec_id
            key = (spec, of[1] if partition is None else partition, path if per_file else None)
            groups.setdefault(key, []).append((path, positions))
        files = []
        for at, ((spec, values, _), parts) in enumerate(groups.items()):
            table = _delete_table(parts)
            if not keep_order:
                table = table.sort_by([("file_path", "ascending"), ("pos", "ascending")])
            table = self._identified(table)
            label = name if name is None or len(groups) == 1 else f"{name}-{at}"
            file = self._write(
                table, df.POSITION_DELETES, "deletes", label, row_group_rows, parquet
            )
            file.spec_id, file.partition = spec, values
            wanted = stats or Stats(truncate=None)
            df.add_stats(file, table, {_PATH_ID: "string", _POS_ID: "long"}, wanted)
            if referenced and len({path for path, _ in parts}) == 1:
                file.referenced_data_file = parts[0][0]
            files.append(file)
        return files

    def equality_deletes(
        self,
        keys: Sequence[str | int],
        rows: Rows,
        *,
        columns: Sequence[str | int] | None = None,
        name: str | None = None,
        partition: Partition = (),
        spec_id: int | None = None,
        stats: Stats | None = None,
        row_group_rows: int | None = None,
        **parquet: Any,
    ) -> TableFile:
        """An equality delete file by fields of any schema of the table, by dotted name or id.

        It holds the keys alone, or `columns` (which should contain them). Fields inside structs are
        written inside structs; rows give their values flat. A table of Arrow is written as it is.
        """
        found = [sc.find_field(self.schemas, key) for key in columns or keys]
        nested = _nested_schema([(name.split("."), field) for name, field in found])
        if isinstance(rows, pa.Table):
            table = self._identified(rows)
        else:
            flat = [list(row.values()) if isinstance(row, Mapping) else row for row in rows]
            names = [name.split(".") for name, _ in found]
            made = [_nest(zip(names, row, strict=True)) for row in flat]
            table = pa.Table.from_pylist(made, sc.arrow_schema({"fields": nested}))
        file = self._write(table, df.EQUALITY_DELETES, "equality", name, row_group_rows, parquet)
        file.equality_ids = [sc.find_field(self.schemas, key)[1]["id"] for key in keys]
        file.partition = tuple(partition)
        file.spec_id = self.spec_of(spec_id)["spec-id"]
        df.add_stats(file, table, df.leaf_types(nested), stats or Stats())
        return file

    def deletion_vector(
        self, file: TableFile, positions: Iterable[int], **options: Any
    ) -> TableFile:
        """A deletion vector in a Puffin file of its own."""
        return self.deletion_vectors([(file, positions)], **options)[0]

    def deletion_vectors(
        self,
        targets: Mapping[TableFile, Iterable[int]] | Sequence[tuple[TableFile, Iterable[int]]],
        *,
        name: str | None = None,
        containers: Containers = "smallest",
        extra_blobs: Sequence[Blob] = (),
        compress_footer: bool = False,
    ) -> list[TableFile]:
        """Deletion vectors as blobs of one Puffin file, behind `extra_blobs`."""
        pairs = list(targets.items()) if isinstance(targets, Mapping) else list(targets)
        path, uri = self.new_path(name, "vectors", "puffin")
        blobs = list(extra_blobs)
        cardinalities = []
        for file, positions in pairs:
            distinct = np.unique(np.fromiter(positions, np.uint64))
            cardinalities.append(len(distinct))
            properties = {
                "referenced-data-file": file.path,
                "cardinality": str(len(distinct)),
            }
            payload = vector_payload(distinct, containers)
            blobs.append(Blob(payload, properties=properties))
        places = write_puffin(path, blobs, compress_footer=compress_footer)[len(extra_blobs) :]
        return [
            TableFile(
                df.POSITION_DELETES,
                uri,
                cardinality,
                path.stat().st_size,
                format="PUFFIN",
                partition=file.partition,
                spec_id=file.spec_id,
                referenced_data_file=file.path,
                content_offset=place.offset,
                content_size=place.length,
            )
            for (file, _), place, cardinality in zip(pairs, places, cardinalities, strict=True)
        ]

    # --- writing ----------------------------------------------------------------------------------

    @staticmethod
    def _table(rows: Rows, schema: pa.Schema) -> pa.Table:
        if isinstance(rows, pa.Table):
            return rows
        named = [
            row if isinstance(row, Mapping) else dict(zip(schema.names, row, strict=True))
            for row in rows
        ]
        return pa.Table.from_pylist(named, schema)

    def _identified(self, table: pa.Table) -> pa.Table:
        schema = sc.with_ids(table.schema, self.schema["fields"])
        return pa.Table.from_arrays(
            [column.cast(field.type) for column, field in zip(table.columns, schema, strict=True)],
            schema=schema,
        )

    def _write(
        self,
        table: pa.Table,
        content: int,
        kind: str,
        name: str | None,
        row_group_rows: int | None,
        parquet: Mapping[str, Any],
        with_field_ids: bool = True,
    ) -> TableFile:
        path, uri = self.new_path(name, kind, "parquet")
        if not with_field_ids:
            schema = sc.without_ids(table.schema)
            table = table.cast(schema).replace_schema_metadata(None)
        size = df.write_parquet(path, table, row_group_rows, **parquet)
        return TableFile(content, uri, table.num_rows, size)


def _by_target(
    targets: Targets,
) -> Iterable[tuple[TableFile | str, np.ndarray[Any, Any]]]:
    """Runs of positions of one target, in the order given."""
    if isinstance(targets, Mapping):
        for file, positions in targets.items():
            yield file, np.fromiter(positions, np.int64)
        return
    for target, position in targets:
        yield target, np.array([position], np.int64)


def _delete_table(parts: Sequence[tuple[str, np.ndarray[Any, Any]]]) -> pa.Table:
    paths = [pa.repeat(path, len(positions)) for path, positions in parts]
    positions = [pa.array(part) for _, part in parts]
    return pa.table(
        [pa.chunked_array(paths, pa.string()), pa.chunked_array(positions, pa.int64())],
        schema=_DELETE_SCHEMA,
    )


def _nested_schema(fields: Sequence[tuple[list[str], Json]]) -> list[Json]:
    """Fields by their paths as the JSON of a schema's fields; structs on the way have no ids."""
    made: list[Json] = []
    inside: dict[str, list[tuple[list[str], Json]]] = {}
    for (first, *rest), field in fields:
        if not rest:
            made.append(field)
            continue
        if first not in inside:
            inside[first] = []
            made.append({"name": first, "id": -1, "required": False, "type": None})
        inside[first].append((rest, field))
    for field in made:
        if field["type"] is None:
            field["type"] = {"type": "struct", "fields": _nested_schema(inside[field["name"]])}
    return made


def _nest(cells: Iterable[tuple[list[str], Any]]) -> Json:
    row: Json = {}
    for path, value in cells:
        place = row
        for part in path[:-1]:
            place = place.setdefault(part, {})
        place[path[-1]] = value
    return row
