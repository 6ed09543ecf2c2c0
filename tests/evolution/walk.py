"""A random walk over one table: a writer's operations, a model of the rows, comparisons."""

from __future__ import annotations

import copy
import random
import re
from collections.abc import Callable
from typing import Any

import icefield
from icefield.options import ReadOptions
from tests.evolution.predicates import Predicate, among, below, random_predicate
from tests.evolution.shape import (
    Field,
    Path,
    Primitive,
    Row,
    Struct,
    Type,
    change_structs,
    leaf,
    leaves,
    make_cell,
    primitive_cell,
    random_type,
    slots,
    structs,
)
from tests.evolution.writer import RefusedError, State, Writer
from tests.golden.cells import difference, json_rows, table_rows

_NAMES = ["a", "b", "c", "d", "e", "f", "g"]


class MismatchError(AssertionError):
    """Icefield's answer is not the model's."""


class Walk:
    """One table, its model, and what was done to it so far (`log`)."""

    def __init__(self, writer: Writer, seed: int) -> None:
        self.writer = writer
        self.rng = random.Random(seed)
        self.log: list[str] = []
        self.rows: list[Row] = []
        self.past: dict[int, tuple[Struct, list[Row]]] = {}
        self.tags: dict[str, int] = {}
        self.fields: list[tuple[str, str, str]] = []
        self.sources: set[str] = set()
        self.dropped: list[str] = []
        self.next_key = 1
        self.version = self.rng.choice(writer.versions)
        self.columns = self._random_columns()
        self._create(f"walk_{seed}")

    # --- the table --------------------------------------------------------------------------------

    def _random_columns(self) -> Struct:
        fields = [Field("k", Primitive("int"), required=self.rng.random() < 0.5)]
        for name in self.rng.sample(_NAMES, self.rng.choice([2, 3, 4])):
            kind = random_type(self.rng, self.writer.primitives)
            fields.append(Field(name, kind, required=self.rng.random() < 0.15))
        return Struct(fields)

    def _create(self, name: str) -> None:
        candidates = [f for f in self.columns.fields if isinstance(f.type, Primitive)]
        chosen = self.rng.sample(candidates, min(self.rng.choice([0, 1, 2]), len(candidates)))
        fields = []
        for f in chosen:
            transform = self._transform_for(f.type)
            if transform is not None:
                fields.append((f.name, transform))
        self.writer.create(name, copy.deepcopy(self.columns), fields, self.version)
        self.fields = [(column, transform, "") for column, transform in fields]
        self.sources = {column for column, _ in fields}
        shown = ", ".join(
            f"{f.name}{'!' if f.required else ''}: {f.type}" for f in self.columns.fields
        )
        self.log.append(f"create v{self.version} ({shown}) by {fields}")

    def _transform_for(self, kind: Type) -> str | None:
        text = kind.text if isinstance(kind, Primitive) else ""
        base = re.split(r"\W", text)[0]
        allowed = {"identity"} - ({"identity"} if base in ("float", "double", "uuid") else set())
        if base in (
            "int",
            "long",
            "decimal",
            "date",
            "string",
            "binary",
            "timestamp",
            "timestamptz",
        ):
            allowed.add("bucket[3]")
        if base in ("int", "long", "decimal", "string"):
            allowed.add("truncate[2]")
        if base in ("date", "timestamp", "timestamptz"):
            allowed |= {"year", "month", "day"}
        if base in ("timestamp", "timestamptz"):
            allowed.add("hour")
        usable = sorted(t for t in allowed if t in self.writer.transforms)
        return self.rng.choice(usable) if usable else None

    @property
    def key(self) -> str:
        """The integer column that every table has first of all, whatever its name is now."""
        return self._key

    _key = "k"

    # --- operations -------------------------------------------------------------------------------

    def _new_rows(self, count: int) -> list[Row]:
        rows = []
        for _ in range(count):
            nulls = self.rng.choice([0.0, 0.2, 0.6])
            row = {}
            for f in self.columns.fields:
                chance = 0.0 if f.required else nulls
                row[f.name] = make_cell(f.type, self.rng, chance, self.writer.null_lists)
                if f.required:
                    while row[f.name] is None:
                        row[f.name] = make_cell(f.type, self.rng, 0.0, self.writer.null_lists)
            row[self.key] = self.next_key
            self.next_key += 1
            rows.append(row)
        return rows

    def _some(self) -> Predicate:
        """A filter that takes some of the rows, sometimes none or all."""
        if self.rng.random() < 0.3:
            return below(self.key, self.rng.randrange(0, self.next_key + 1))
        numbers = sorted(self.rng.sample(range(self.next_key + 1), min(self.next_key, 4)))
        return among(self.key, numbers)

    def append(self) -> str:
        rows = self._new_rows(self.rng.choice([1, 3, 8, 20]))
        self.writer.append(rows)
        self.rows = self.rows + rows
        return f"append {len(rows)} rows"

    def delete(self) -> str:
        where = self._some()
        self.writer.delete(where)
        self.rows = [row for row in self.rows if not where.takes(row)]
        return f"delete {where.text}"

    def overwrite(self) -> str:
        where, rows = self._some(), self._new_rows(2)
        self.writer.overwrite(where, rows)
        self.rows = [row for row in self.rows if not where.takes(row)] + rows
        return f"overwrite {where.text}"

    def update(self) -> str:
        where = self._some()
        usable = [
            f for f in self.columns.fields if isinstance(f.type, Primitive) and f.name != self.key
        ]
        if not usable:
            raise RefusedError("nothing to update")
        column = self.rng.choice(usable)
        cell = primitive_cell(column.type.text, self.rng)
        self.writer.update(where, column.name, column.type.text, cell)
        self.rows = [{**row, column.name: cell} if where.takes(row) else row for row in self.rows]
        return f"update {column.name} = {cell} where {where.text}"

    def merge(self) -> str:
        source = self._new_rows(4)
        known = [row[self.key] for row in self.rows]
        for row, key in zip(source, self.rng.sample(known, min(2, len(known))), strict=False):
            row[self.key] = key
        self.writer.merge(self.key, source)
        given = {row[self.key]: row for row in source}
        kept = [given.get(row[self.key], row) for row in self.rows]
        self.rows = kept + [row for row in source if row[self.key] not in known]
        return f"merge {[row[self.key] for row in source]}"

    def add_column(self) -> str:
        path, struct = self.rng.choice(structs(self.columns))
        names = [n for n in [*_NAMES, *self.dropped * 3, "x", "y"] if n not in struct.names()]
        if not names:
            raise RefusedError("no name left")
        name, kind = self.rng.choice(names), random_type(self.rng, self.writer.primitives, 1)
        self.writer.add_column((*path, name), kind)
        self._change(path, lambda cell: {**cell, name: None})
        struct.fields.append(Field(name, kind))
        return f"add {'.'.join((*path, name))} {kind}"

    def drop_column(self) -> str:
        path, struct = self.rng.choice(structs(self.columns))
        usable = [n for n in struct.names() if path or (n != self.key and n not in self.sources)]
        if len(struct.fields) < 2 or not usable:
            raise RefusedError("nothing to drop")
        name = self.rng.choice(usable)
        self.writer.drop_column((*path, name))
        self._change(path, lambda cell: {k: v for k, v in cell.items() if k != name})
        struct.fields.remove(struct.at(name))
        self.dropped.append(name)
        return f"drop {'.'.join((*path, name))}"

    def rename_column(self) -> str:
        path, struct = self.rng.choice(structs(self.columns))
        old = self.rng.choice(struct.names())
        names = [n for n in ["r", "s", "t", *self.dropped] if n not in struct.names()]
        if not names:
            raise RefusedError("no name left")
        new = self.rng.choice(names)
        self.writer.rename_column((*path, old), new)
        self._change(path, lambda cell: {new if k == old else k: v for k, v in cell.items()})
        struct.at(old).name = new
        if not path:
            self._key = new if old == self._key else self._key
            self.sources = {new if s == old else s for s in self.sources}
        return f"rename {'.'.join((*path, old))} to {new}"

    def promote(self) -> str:
        wider: list[tuple[Path, str, Callable[[Type], None]]] = []
        for path, get, put in slots(self.columns):
            kind = get()
            text = _wider(kind.text, self.rng) if isinstance(kind, Primitive) else None
            if text is not None:
                wider.append((path, text, put))
        if not wider:
            raise RefusedError("nothing to promote")
        path, text, put = self.rng.choice(wider)
        self.writer.promote(path, text)
        put(Primitive(text))
        return f"promote {'.'.join(path)} to {text}"

    def make_optional(self) -> str:
        required = [f for f in self.columns.fields if f.required]
        if not required:
            raise RefusedError("nothing required")
        column = self.rng.choice(required)
        self.writer.make_optional(column.name)
        column.required = False
        return f"make {column.name} optional"

    def move_first(self) -> str:
        column = self.rng.choice(self.columns.fields)
        self.writer.move_first(column.name)
        self.columns.fields.remove(column)
        self.columns.fields.insert(0, column)
        return f"move {column.name} first"

    def add_partition(self) -> str:
        column = self.rng.choice(self.columns.fields)
        transform = self._transform_for(column.type)
        if transform is None or (column.name, transform) in [f[:2] for f in self.fields]:
            raise RefusedError("no such field")
        named = self.writer.add_partition(column.name, transform)
        self.fields.append((column.name, transform, named))
        self.sources.add(column.name)
        return f"partition by {transform}({column.name})"

    def drop_partition(self) -> str:
        named = [f for f in self.fields if f[2]]
        if not named:
            raise RefusedError("no field of a known name")
        chosen = self.rng.choice(named)
        self.writer.drop_partition(chosen[2])
        self.fields.remove(chosen)
        return f"no longer partition by {chosen[1]}({chosen[0]})"

    def compact(self) -> str:
        self.writer.compact()
        return "compact"

    def tag(self) -> str:
        snapshots = self.writer.state().snapshots
        if not snapshots:
            raise RefusedError("no snapshot")
        name = f"tag{len(self.tags)}"
        self.writer.tag(name)
        self.tags[name] = next(s for s in reversed(self.past) if s in snapshots)
        return f"tag {name}"

    def upgrade(self) -> str:
        higher = [v for v in self.writer.versions if v > self.version]
        if not higher:
            raise RefusedError("the highest version")
        self.writer.upgrade(higher[0])
        self.version = higher[0]
        return f"upgrade to v{self.version}"

    def _change(self, path: Path, change: Callable[[Row], Row]) -> None:
        self.rows = [change_structs(self.columns, row, path, change) for row in self.rows]

    # --- the walk ---------------------------------------------------------------------------------

    def run(self, steps: int) -> None:
        """Does so many operations, the first two of them appends. Compares after each of them."""
        names, weights = list(self.writer.weights), list(self.writer.weights.values())
        for step in range(steps):
            operation = "append" if step < 2 else self.rng.choices(names, weights)[0]
            before = copy.deepcopy((self.columns, self.rows))
            try:
                self.log.append(getattr(self, operation)())
            except RefusedError as refused:
                self.columns, self.rows = before
                self.log.append(f"({operation}: {refused})")
                continue
            except Exception:
                self.log.append(f"{operation} failed")
                raise
            state = self.writer.state()
            for snapshot_id in state.snapshots[-1:]:
                if snapshot_id not in self.past:
                    self.past[snapshot_id] = (copy.deepcopy(self.columns), self.rows)
            self.compare(state)

    def compare(self, state: State) -> None:
        """The current state, and now and then a filter, a projection, a snapshot or a tag."""
        table = icefield.load_table(state.metadata)
        options = ReadOptions(
            threads=self.rng.choice([1, 3]), batch_size=self.rng.choice([1, 3, 65536])
        )
        self._compare(table.scan(options=options), self.columns, self.rows, "the current state")
        if self.rng.random() < 0.5:
            where = random_predicate(self.columns, self.rng)
            rows = [row for row in self.rows if where.takes(row)]
            scan = table.scan(row_filter=where.text, options=options)
            self._compare(scan, self.columns, rows, f"where {where.text}")
        if self.rng.random() < 0.3:
            self._compare_projection(table, options)
        known = [s for s in state.snapshots if s in self.past]
        if known and self.rng.random() < 0.3:
            chosen = self.rng.choice(known)
            scan = table.scan(snapshot_id=chosen, options=options)
            self._compare(scan, *self.past[chosen], f"snapshot {chosen}")
        if self.tags and self.rng.random() < 0.2:
            name = self.rng.choice(list(self.tags))
            scan = table.scan(options=options).use_ref(name)
            self._compare(scan, *self.past[self.tags[name]], name)

    def _compare(self, scan: Any, columns: Struct, rows: list[Row], what: str) -> None:
        answer = scan.to_arrow()
        if answer.column_names != columns.names():
            raise MismatchError(
                f"{what}: columns {answer.column_names}, expected {columns.names()}"
            )
        listed = [[row[name] for name in columns.names()] for row in rows]
        found = difference(table_rows(answer), json_rows(listed, answer.schema.types))
        if found is not None:
            raise MismatchError(f"{what}: {found}")

    def _compare_projection(self, table: Any, options: ReadOptions) -> None:
        whole = [(f.name,) for f in self.columns.fields]
        nested = [path for path, _ in leaves(self.columns) if len(path) > 1]
        paths = self.rng.sample(whole + nested, self.rng.randrange(1, len(whole + nested) + 1))
        names = [".".join(path) for path in paths]
        answer = table.scan(selected_fields=names, options=options).to_arrow()
        listed = [[leaf(row, path) for path in paths] for row in self.rows]
        found = difference(table_rows(answer), json_rows(listed, answer.schema.types))
        if found is not None or answer.column_names != names:
            raise MismatchError(f"select {names}: {answer.column_names} {found}")


def _wider(text: str, rng: random.Random) -> str | None:
    """A type that the type may be promoted to."""
    if text in ("int", "float"):
        return {"int": "long", "float": "double"}[text]
    if text.startswith("decimal"):
        precision, scale = map(int, re.findall(r"\d+", text))
        if precision < 38:
            return f"decimal({min(38, precision + rng.choice([1, 6, 15]))}, {scale})"
    return None
