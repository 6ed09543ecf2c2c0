"""A random history of one table that Icefield writes, with a model of its rows."""

from __future__ import annotations

import copy
import re
from typing import Any

from tests.evolution.shape import Field, List, Map, Primitive, Row, Struct, Type, structs
from tests.evolution.walk import Walk
from tests.evolution.writer import RefusedError, State
from tests.golden.arrow_types import arrow_type
from tests.golden.cells import json_cell
from tests.interop.defaults import default_json, random_default
from tests.interop.filters import Filter, random_filter
from tests.interop.partition_judge import same, transformed
from tests.interop.random_cells import NOT_SPARK, TYPES_V2, TYPES_V3, random_nested
from tests.interop.writer import IcefieldWriter

_MODES = ["full", "truncate(16)", "truncate(2)", "counts", "none"]
_TRUNCATED = ("int", "long", "decimal", "string", "binary")
_BUCKETED = (
    *_TRUNCATED,
    "date",
    "time",
    "timestamp",
    "timestamptz",
    "timestamp_ns",
    "timestamptz_ns",
    "uuid",
    "fixed",
)


class WrittenWalk(Walk):
    """As a walk, but written by Icefield; `judge` says what is compared after each commit."""

    writer: IcefieldWriter
    required = 0.15
    key_id = 1
    """The field id of the key."""

    def __init__(self, writer: IcefieldWriter, seed: int, plain: bool = False) -> None:
        """plain: no types that Spark does not know."""
        self.plain = plain
        self.properties: dict[int, dict[str, str]] = {}
        self.branches: dict[str, tuple[Struct, list[Row]]] = {}
        self.left_out: Row = {}
        # Random partitions are seldom those of NaN.
        self.by_float = seed % 16 in (5, 12)
        super().__init__(writer, seed)

    # --- the table --------------------------------------------------------------------------------

    @property
    def kinds(self) -> list[str]:
        """The primitive types that its columns may have."""
        kinds = TYPES_V3 if self.version >= 3 else TYPES_V2
        return [kind for kind in kinds if not (self.plain and kind in NOT_SPARK)]

    def _random_type(self, depth: int = 2) -> Type:
        pick = self.rng.random()
        if depth == 0 or pick < 0.65:
            return Primitive(self.rng.choice(self.kinds))
        if pick < 0.83:
            names = self.rng.sample(["x", "y", "z", "w"], self.rng.choice([1, 2, 3]))
            return Struct(
                [
                    Field(n, self._random_type(depth - 1), self.rng.random() < self.required)
                    for n in names
                ]
            )
        if pick < 0.93:
            return List(self._random_type(depth - 1))
        return Map(
            Primitive(self.rng.choice(["string", "int", "date"])), self._random_type(depth - 1)
        )

    def _random_columns(self) -> Struct:
        key = Field("k", Primitive("int"), required=self.rng.random() < 0.5)
        names = self.rng.sample(["a", "b", "c", "d", "e", "f", "g"], self.rng.choice([3, 5, 7]))
        others = [
            Field(name, self._random_type(), required=self.rng.random() < 0.15) for name in names
        ]
        if self.by_float:
            others[0].type = Primitive(self.rng.choice(["float", "double"]))
        return Struct([key, *others])

    def _transform_for(self, kind: Type) -> str | None:
        text = kind.text if isinstance(kind, Primitive) else ""
        base = re.split(r"[\W]", text)[0]
        if not base:
            return None
        allowed = ["identity"] if base not in ("float", "double") or self.rng.random() < 0.1 else []
        if base in _BUCKETED:
            allowed.append(f"bucket[{self.rng.choice([2, 5])}]")
        if base in _TRUNCATED:
            allowed.append(f"truncate[{self.rng.choice([1, 3, 10])}]")
        if base == "date" or base.startswith("timestamp"):
            allowed += ["year", "month", "day"]
        if base.startswith("timestamp"):
            allowed.append("hour")
        return self.rng.choice(allowed) if allowed else None

    def _random_order(self) -> list[tuple[str, str, bool, bool]]:
        order = []
        names = [f for f in self.columns.fields if isinstance(f.type, Primitive)]
        for f in self.rng.sample(names, min(len(names), self.rng.choice([0, 0, 1, 2]))):
            transform = self._transform_for(f.type) or "identity"
            transform = "identity" if self.rng.random() < 0.7 else transform
            order.append((f.name, transform, self.rng.random() < 0.4, self.rng.random() < 0.5))
        return order

    def _random_properties(self) -> dict[str, str]:
        rng = self.rng
        leaf = rng.choice(self.columns.fields).name
        given = {
            "write.metadata.metrics.default": rng.choice([*_MODES, "truncate(16)", "truncate(16)"]),
            f"write.metadata.metrics.column.{leaf}": rng.choice(_MODES),
            "write.parquet.page-row-limit": rng.choice(["5", "20000"]),
            "write.parquet.page-size-bytes": rng.choice(["50", "1048576"]),
            "write.parquet.row-group-size-bytes": rng.choice(["2000", "134217728"]),
            "write.parquet.row-group-limit": rng.choice(["4", "9", "1048576"]),
            "write.target-file-size-bytes": rng.choice(["4000", "536870912"]),
            "write.parquet.compression-codec": rng.choice(
                ["zstd", "snappy", "gzip", "uncompressed"]
            ),
            "commit.manifest.min-count-to-merge": rng.choice(["2", "3", "100"]),
            "write.metadata.compression-codec": rng.choice(["none", "gzip"]),
            "write.parquet.dict-size-bytes": rng.choice(["100", "2097152"]),
        }
        for f in self.columns.fields:
            if isinstance(f.type, Primitive) and rng.random() < 0.4:
                given[f"write.parquet.bloom-filter-enabled.column.{f.name}"] = "true"
        kept = rng.sample(sorted(given), rng.randrange(len(given) + 1))
        return {name: given[name] for name in kept}

    def _create(self, name: str) -> None:
        candidates = [f for f in self.columns.fields if isinstance(f.type, Primitive)]
        chosen = self.rng.sample(candidates, min(self.rng.choice([0, 1, 1, 2]), len(candidates)))
        pairs = [(f.name, self._transform_for(f.type)) for f in chosen]
        if self.by_float:
            pairs = [(self.columns.fields[1].name, "identity")]
        fields = [(column, transform) for column, transform in pairs if transform is not None]
        order = self._random_order()
        properties = self._random_properties()
        self.log.append(
            f"create v{self.version} "
            f"({', '.join(map(told, self.columns.fields))}) "
            f"by {fields} sorted by {order} with {properties}"
        )
        self.writer.new_table(
            name, copy.deepcopy(self.columns), fields, self.version, order, properties
        )
        self.fields = [
            (column, transform, f"p{at}") for at, (column, transform) in enumerate(fields)
        ]
        # What files are sorted by must stay, as what they are partitioned by.
        self.sources = {column for column, _ in fields} | {column for column, *_ in order}

    # --- rows -------------------------------------------------------------------------------------

    def _new_rows(self, count: int) -> list[Row]:
        rows = []
        nulls = self.rng.choice([0.0, 0.2, 0.6])
        for _ in range(count):
            row = {
                f.name: random_nested(f.type, self.rng, 0.0 if f.required else nulls)
                for f in self.columns.fields
            }
            row[self.key] = self.next_key
            self.next_key += 1
            rows.append(row)
        self.left_out = self._left_out()
        return [row | self.left_out for row in rows]

    def _left_out(self) -> Row:
        """Columns that the next rows do not have, with what they get in their place."""
        if self.rng.random() < 0.7:
            return {}
        usable = [
            f
            for f in self.columns.fields
            if f.name != self.key and (f.default is not None or not f.required)
        ]
        return {f.name: f.default for f in usable if self.rng.random() < 0.5}

    def _given(self, rows: list[Row]) -> list[Row]:
        """The rows as they are written, without what is left out."""
        return [{k: cell for k, cell in row.items() if k not in self.left_out} for row in rows]

    def _some(self) -> Filter:  # type: ignore[override]
        if self.rng.random() < 0.45:
            bound = self.rng.randrange(self.next_key + 1)
            return Filter("<", (self.key,), "int", (bound,))
        return random_filter(self.columns, self.rows, self.rng)

    # --- operations -------------------------------------------------------------------------------

    def append(self) -> str:
        rows = self._new_rows(self.rng.choice([1, 3, 20, 60]))
        self.log.append(f"append {len(rows)} rows ...")
        self.writer.append(self._given(rows))
        self.rows = self.rows + rows
        return self.log.pop().replace(" ...", "")

    def delete(self) -> str:
        where = self._some()
        self.log.append(f"delete {where.text} ...")
        self.writer.delete(where)
        self.rows = [row for row in self.rows if not where.takes(row)]
        return self.log.pop().replace(" ...", "")

    def overwrite(self) -> str:
        where, rows = self._some(), self._new_rows(self.rng.choice([1, 5]))
        self.log.append(f"overwrite {where.text} ...")
        self.writer.overwrite(where, self._given(rows))
        self.rows = [row for row in self.rows if not where.takes(row)] + rows
        return self.log.pop().replace(" ...", "")

    def dynamic_overwrite(self) -> str:
        """The partitions of the new rows go, whole."""
        rows = self._new_rows(self.rng.choice([1, 4]))
        self.log.append(f"dynamic overwrite with {len(rows)} rows ...")
        self.writer.dynamic_overwrite(self._given(rows))
        taken = [self._tuple(row) for row in rows]
        kept = [row for row in self.rows if not self._tuple_among(row, taken)]
        self.rows = kept + rows
        return self.log.pop().replace(" ...", "")

    def _tuple(self, row: Row) -> list[Any]:
        values = []
        for column, transform, _ in self.fields:
            kind = self.columns.at(column).type
            assert isinstance(kind, Primitive)
            cell = json_cell(row[column], arrow_type(kind.text))
            values.append(transformed(transform, kind.text)(cell))
        return values

    def _tuple_among(self, row: Row, others: list[list[Any]]) -> bool:
        own = self._tuple(row)
        return any(all(map(same, own, other)) for other in others)

    def append_to_branch(self) -> str:
        """A branch of its own, which main does not see."""
        if not self.past:
            raise RefusedError("no snapshot")
        name, rows = self.rng.choice(["one", "two"]), self._new_rows(3)
        columns, held = self.branches.get(name, (self.columns, self.rows))
        if [str(f) for f in columns.fields] != [str(f) for f in self.columns.fields]:
            raise RefusedError("the schema changed since")
        self.log.append(f"append to {name} ...")
        self.writer.append(self._given(rows), branch=name)
        self.branches[name] = (copy.deepcopy(self.columns), held + rows)
        return self.log.pop().replace(" ...", "")

    def add_column(self) -> str:
        """In v3 often with a default."""
        path, struct = self.rng.choice(structs(self.columns))
        name = self.rng.choice(["h", "i", "j", *self.dropped])
        kind = Primitive(self.rng.choice(self.kinds))
        default = random_default(kind.text, self.rng)
        if (
            self.version < 3
            or name in struct.names()
            or default is None
            or self.rng.random() < 0.15
        ):
            return super().add_column()
        required = self.rng.random() < 0.3
        self.writer.add_default((*path, name), kind, required, default_json(kind.text, default))
        self._change(path, lambda cell: {**cell, name: default})
        struct.fields.append(Field(name, kind, required, default))
        return f"add {'.'.join((*path, name))}{'!' if required else ''} {kind.text} = {default}"

    def set_default(self) -> str:
        """What later rows get; those that are there keep what they have."""
        usable = [
            ((*path, f.name), f, f.type.text)
            for path, struct in structs(self.columns)
            for f in struct.fields
            if isinstance(f.type, Primitive) and (*path, f.name) != (self.key,)
        ]
        if self.version < 3 or not usable:
            raise RefusedError("no column for a default")
        path, chosen, kind = self.rng.choice(usable)
        default = random_default(kind, self.rng)
        if default is None:
            raise RefusedError("no value for a default")
        self.writer.set_default(path, default_json(kind, default))
        chosen.default = default
        return f"default of {'.'.join(path)} = {default}"

    def rename_column(self) -> str:
        before = self.columns.names()
        told = super().rename_column()
        renamed = dict(zip(before, self.columns.names(), strict=True))
        self.fields = [(renamed[column], *rest) for column, *rest in self.fields]
        return told

    def set_properties(self) -> str:
        """How later files are written."""
        given = self._random_properties()
        self.writer.set_properties(given)
        return f"set {given}"

    # --- the walk ---------------------------------------------------------------------------------

    def compare(self, state: State) -> None:
        """Nothing but the books: readers are asked by `run.py`."""
        for snapshot in self.writer.ours.snapshots():
            self.properties.setdefault(snapshot.snapshot_id, dict(self.writer.ours.properties))


def told(f: Field) -> str:
    """A field as a log has it."""
    return f"{f.name}{'!' if f.required else ''}: {type_text(f.type)}"


def type_text(kind: Type) -> str:
    """A type as a log has it."""
    if isinstance(kind, Primitive):
        return kind.text
    if isinstance(kind, Struct):
        return f"<{', '.join(map(told, kind.fields))}>"
    if isinstance(kind, List):
        return f"[{type_text(kind.element)}]"
    return f"{{{kind.key.text}: {type_text(kind.value)}}}"
