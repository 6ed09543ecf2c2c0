"""Random cases from a seed: small domains, so that keys meet, times tie and TTLs end exactly."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pyarrow.types as pat

from tests.pit import values
from tests.pit.history import history
from tests.pit.model import (
    Case,
    Change,
    Column,
    Commit,
    FileDef,
    FrameDef,
    LatestDef,
    Row,
    TableDef,
    ViewDef,
    evolve,
)

START = values.parse_instant("2024-02-28T22:00:00Z")
STEP = values.parse_span("1h")

_DOMAINS: dict[str, list[Any]] = {
    "boolean": [True, False],
    "int": [0, 1, 2, 11, 111, -1, 2**31 - 1],
    "long": [0, 1, 2, 11, 111, -1, 2**53, 2**53 + 1, -(2**62)],
    "float": [0.0, -0.0, 1.0, 2.5, -1.0, float("nan")],
    "double": [0.0, -0.0, 1.0, 2.5, 2.0**53, float("nan"), float("inf")],
    "decimal(9, 2)": [Decimal("0.00"), Decimal("1.10"), Decimal("-1.10"), Decimal("11.00")],
    "date": [0, -1, 19_782, 19_783],
    "timestamptz": [START, START + 1000, START + STEP, -1000],
    "timestamp": [START, START + 1000, START + STEP, -1000],
    "string": [
        "",
        "a",
        "b",
        "a,b",
        "b,c",
        "a|b",
        "|",
        "1",
        "11",
        "é",
        'q"',
        "a text over 12 bytes",
    ],
    "binary": [b"", b"\0", b"\0\0", b"a", b"\xff"],
    "fixed[2]": [b"\0\0", b"\0\1", b"\1\0"],
    "uuid": [bytes(16), bytes(15) + b"\1", b"\1" + bytes(15)],
    "list<int>": [[], [1], [1, None], [2, 3]],
    "struct<a: int, b: string>": [{"a": 1, "b": "x"}, {"a": None, "b": "y"}],
}
_KEY_TYPES = [name for name in _DOMAINS if "<" not in name and name != "timestamp"]
_TIME_TYPES = ["timestamptz", "timestamptz", "timestamptz", "timestamp", "timestamp", "date"]
_PROMOTIONS = {"int": "long", "float": "double", "decimal(9, 2)": "decimal(18, 2)"}
_FRAME_TYPES: dict[str, list[str]] = {
    "boolean": ["bool"],
    "int": ["int32", "int64", "int8", "double"],
    "long": ["int64", "int64", "int32", "double"],
    "float": ["float", "int32"],
    "double": ["double", "int64"],
    "decimal(9, 2)": ["decimal128(9, 2)", "decimal128(20, 4)"],
    "date": ["date32"],
    "timestamptz": ["timestamp[us, UTC]", "timestamp[ns, Asia/Tokyo]"],
    "string": ["string", "string", "large_string", "string_view", "dictionary<string>"],
    "binary": ["binary", "large_binary"],
    "fixed[2]": ["fixed_size_binary[2]"],
    "uuid": ["fixed_size_binary[16]", "uuid"],
}
_ENTITY_TIMES = [
    "timestamp[us, UTC]",
    "timestamp[ns, UTC]",
    "timestamp[ns, UTC]",
    "timestamp[ns]",
    "timestamp[us, America/New_York]",
    "timestamp[ms]",
    "timestamp[s, UTC]",
    "string",
    "date32",
]
_TRANSFORMS: list[tuple[tuple[str, ...], tuple[str, ...]]] = [
    (("int", "long", "string", "date", "boolean", "binary"), ("identity",)),
    (
        ("int", "long", "string", "date", "timestamptz", "decimal", "binary", "uuid"),
        ("bucket[2]", "bucket[5]"),
    ),
    (("int", "long", "string", "decimal"), ("truncate[2]", "truncate[10]")),
    (("timestamp", "timestamptz"), ("hour", "day", "month", "year")),
    (("date",), ("day", "month")),
]
_EXCHANGEABLE = {"int64", "int32", "string", "double", "bool"}


class _Generator:
    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        # What came later draws from its own: a seed stays the case that it was.
        self.later = random.Random(f"later {seed}")
        self.keys: list[Column] = []
        self.latest = False

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def value(self, kind: str, nulls: float) -> Any:
        if self.chance(nulls):
            return None
        base = "decimal(9, 2)" if kind.startswith("decimal") else kind
        return self.rng.choice(_DOMAINS[base])

    def instant(self, kind: str, nulls: float) -> int | None:
        """An event or created time on a grid of hours, sometimes a microsecond beside it."""
        if self.chance(nulls):
            return None
        step = self.rng.randrange(8)
        if kind == "date":
            return START // values.DAY_NS + step // 2
        return START + step * STEP + self.rng.choice((0, 0, 0, 0, 1000, -1000))

    # --- tables -----------------------------------------------------------------------------------

    def table(self, name: str) -> TableDef:
        rng = self.rng
        keys = rng.sample(self.keys, rng.randint(0, len(self.keys)))
        if not keys and self.chance(0.8):
            keys = self.keys[:1]
        columns = [Column(f"{name}_{key.name}", self.key_type(key.type)) for key in keys]
        columns.append(Column("ts", rng.choice(_TIME_TYPES)))
        if self.chance(0.6):
            columns.append(Column("created", rng.choice(_TIME_TYPES)))
        kinds = rng.sample(list(_DOMAINS), rng.randint(1, 4))
        columns += [Column(f"{name}_f{at}", kind) for at, kind in enumerate(kinds)]
        rng.shuffle(columns)
        table = TableDef(name, columns, format_version=1 if self.chance(0.2) else 2)
        table.partition = self.partition(columns)
        table.properties = self.properties()
        self.fill(table)
        return table

    def key_type(self, kind: str) -> str:
        return self.rng.choice(("int", "long")) if kind in ("int", "long") else kind

    def properties(self) -> dict[str, str]:
        rng = self.rng
        choices = {
            "write.parquet.row-group-limit": ["1", "3", "100"],
            "write.parquet.page-row-limit": ["1", "4"],
            "write.parquet.compression-codec": ["zstd", "snappy", "gzip", "uncompressed"],
            "write.avro.compression-codec": ["gzip", "null", "zstandard"],
        }
        return {name: rng.choice(of) for name, of in choices.items() if self.chance(0.4)}

    def partition(self, columns: list[Column]) -> str:
        """No, one or two partition fields over columns that keep their names."""
        fixed = [column for column in columns if "_f" not in column.name]
        fields = []
        for column in self.rng.sample(fixed, min(len(fixed), self.rng.choice((0, 0, 1, 2)))):
            kind = column.type.split("(")[0].split("[")[0]
            transforms = [t for kinds, ts in _TRANSFORMS if kind in kinds for t in ts]
            if transforms:
                fields.append(f"{self.rng.choice(transforms)}({column.name})")
        return ", ".join(fields)

    def fill(self, table: TableDef) -> None:
        rng = self.rng
        columns, version, marks, adds = table.columns, table.format_version, 0, 0
        for at in range(rng.choice((0, 1, 1, 2, 3, 4))):
            if at and self.chance(0.5):
                change = self.change(columns, version, marks, adds)
                if change.verb == "mark" and not isinstance(table.steps[-1], Commit):
                    continue
                version = 2 if change.verb == "upgrade" else version
                marks += change.verb == "mark"
                adds += change.verb in ("add", "rename")
                columns = evolve(columns, change)
                table.steps.append(change)
            table.steps.append(self.commit(columns, at))

    def change(self, columns: list[Column], version: int, marks: int, adds: int) -> Change:
        rng = self.rng
        features = [column for column in columns if "_f" in column.name]
        promotable = [column for column in features if column.type in _PROMOTIONS]
        changes: list[Callable[[], Change]] = [
            lambda: Change("mark", f"mark{marks}"),
            lambda: Change("add", f"x{adds}_f", rng.choice(list(_DOMAINS))),
            lambda: Change("repartition", self.partition(columns)),
        ]
        if len(features) > 1:
            changes.append(lambda: Change("drop", rng.choice(features).name))
        if features:
            changes.append(lambda: Change("rename", rng.choice(features).name, f"y{adds}_f"))
        if promotable:
            column = rng.choice(promotable)
            changes.append(lambda: Change("promote", column.name, _PROMOTIONS[column.type]))
        if version == 1:
            changes.append(lambda: Change("upgrade", "2"))
        return rng.choice(changes)()

    def commit(self, columns: list[Column], number: int) -> Commit:
        rng = self.rng
        names = [f"{rng.choice('abcz')}{number}{at}" for at in range(rng.randint(1, 3))]
        files = [
            FileDef(name, [self.row(columns) for _ in range(rng.choice((0, 1, 3, 8, 20)))])
            for name in names
        ]
        everything = [row for file in files for row in file.rows]
        if everything and self.chance(0.3):
            rng.choice(files).rows.extend(rng.sample(everything, min(3, len(everything))))
        return Commit(files)

    def row(self, columns: list[Column]) -> Row:
        row: Row = []
        for column in columns:
            if column.name in ("ts", "created"):
                row.append(self.instant(column.type, 0.05 if column.name == "ts" else 0.15))
            elif "_k" in column.name:
                value = self.value(column.type, 0.05)
                # What `latest` does with NaN keys is not laid down.
                row.append(1.0 if self.latest and value != value else value)
            else:
                row.append(self.value(column.type, 0.2))
        return row

    # --- views ------------------------------------------------------------------------------------

    def view(self, name: str, table: TableDef) -> ViewDef:
        rng = self.rng
        past: list[tuple[str | None, list[Column]]] = []
        columns = at_commit = table.columns
        for step in table.steps:
            if isinstance(step, Commit):
                at_commit = columns
            elif step.verb == "mark":
                past.append((step.subject, at_commit))
            else:
                columns = evolve(columns, step)
        past.append((None, columns))
        mark, schema = rng.choice(past) if self.chance(0.4) else past[-1]
        names = [column.name for column in schema]
        keys = [(n, n.split("_", 1)[1]) for n in names if "_k" in n]
        rng.shuffle(keys)
        created = "created" if "created" in names and self.chance(0.8) else None
        features = [n for n in names if "_f" in n]
        chosen = rng.sample(features, rng.randint(1, len(features))) if features else []
        ttl = rng.choice((None, None, 0, STEP, 2 * STEP, 2 * STEP + 1000, 1000, 24 * STEP))
        pin = (rng.choice(("snapshot", "ref", "as_of")), mark) if mark else None
        pairs = [(n, n) for n in chosen]
        return ViewDef(name, table.name, "ts", keys, created, ttl, pairs, pin)

    # --- frame ------------------------------------------------------------------------------------

    def frame_type(self, kind: str) -> str:
        return self.rng.choice(_FRAME_TYPES[kind])

    def frame_value(self, value: Any, frame_kind: str) -> Any:
        """A key as the frame's type holds it, or null where it cannot."""
        if value is None or frame_kind.startswith(("decimal", "timestamp")):
            return value
        if frame_kind in ("double", "float"):
            return float(value) + (0.5 if self.chance(0.1) else 0.0)
        if frame_kind.startswith("int"):
            limit = 2 ** (int(frame_kind[3:]) - 1)
            whole = value == value and abs(value) < limit and value == int(value)
            return int(value) if whole else None
        return value

    def entity_time(self, instant: int, kind: str, ttls: list[int]) -> Any:
        """A time at, just beside or far from the instant, and at the edges of the TTLs."""
        if self.chance(0.04):
            return None
        arrow = values.arrow_type(kind)
        instant += self.rng.choice((0, 0, *ttls, *ttls, STEP // 2, -9 * STEP, 50 * STEP))
        instant += self.rng.choice((0, 0, 0, 1, 1, -1, 1000, -1000))
        if values.is_text(arrow):
            return self.iso(instant)
        if pat.is_date(arrow):
            return instant // values.DAY_NS
        unit = values.UNIT_NS[arrow.unit]
        return instant // unit * unit

    def iso(self, instant: int) -> str:
        """ISO-8601 text with a `Z`, nothing, or an offset behind it."""
        hours = self.rng.choice((None, 0, 2, -5))
        text = values.format_instant(instant + (hours or 0) * STEP)[:-1]
        return text + {None: "", 0: "Z", 2: "+02:00", -5: "-0500"}[hours]

    def entity(self, rows: list[tuple[dict[str, Any], int | None]]) -> tuple[list[Any], int]:
        """Keys and a time near a row's: mostly those of a row that a table holds."""
        known, event = self.rng.choice(rows) if rows and self.chance(0.8) else ({}, None)
        keys = [
            known[key.name] if key.name in known else self.value(key.type, 0.04)
            for key in self.keys
        ]
        if event is None or self.chance(0.2):
            event = self.instant("timestamptz", 0)
            assert event is not None
        return keys, event

    def made_frame(self, case: Case) -> FrameDef:
        """Bounds of a frame that the views make, some of them on rows."""
        rng = self.later
        steps = [rng.randrange(9) * STEP + rng.choice((0, 0, 0, 1000, -1000)) for _ in range(2)]
        start, end = (START + step for step in sorted(steps))
        frame = FrameDef(made_columns(case), [], made=True, start=start, end=end)
        return frame if rng.random() < 0.7 else replace(frame, start=None)

    def date(self, table: TableDef) -> None:
        """Gives every commit its time, among those of the rows."""
        steps = self.later.sample(range(10), len(table.commits))
        for commit, step in zip(table.commits, sorted(steps), strict=True):
            commit.at = START + step * STEP

    def frame(self, tables: list[TableDef], views: list[ViewDef]) -> FrameDef:
        rng = self.rng
        known = [row for table in tables for row in _keys_and_events(table)]
        kinds = {key.name: self.frame_type(key.type) for key in self.keys}
        time = rng.choice(_ENTITY_TIMES)
        columns = [Column(name, kind) for name, kind in kinds.items()]
        columns += [Column("event_timestamp", time), Column("label", "string")]
        ttls = [view.ttl_ns for view in views if view.ttl_ns]
        rows = []
        for at in range(rng.choice((0, 1, 5, 20, 40))):
            keys, event = self.entity(known)
            row = [self.frame_value(v, kind) for v, kind in zip(keys, kinds.values(), strict=True)]
            rows.append([*row, self.entity_time(event, time, ttls), f"row {at}"])
        if rows:
            rows += rng.sample(rows, min(len(rows), 2))
        library = rng.choice(("pyarrow", "pyarrow", "reader", "polars", "duckdb"))
        if set(kinds.values()) - _EXCHANGEABLE:
            library = "pyarrow"
        return FrameDef(columns, rows, library, rng.choice((None, 1, 7)))

    def map_keys(self, case: Case) -> None:
        """A view once more, by other columns of the frame: both are read in one scan."""
        assert case.frame is not None
        rng, frame = self.later, case.frame
        view = rng.choice(case.views)
        if not view.keys:
            return
        for _, name in view.keys:
            at = next(i for i, column in enumerate(frame.columns) if column.name == name)
            cells = [row[at] for row in frame.rows]
            rng.shuffle(cells)
            frame.columns.append(Column(f"to_{name}", frame.columns[at].type))
            frame.rows[:] = [[*row, cell] for row, cell in zip(frame.rows, cells, strict=True)]
        keys = [(column, f"to_{name}") for column, name in view.keys]
        ttl = rng.choice((view.ttl_ns, None, STEP, 24 * STEP))
        case.views.append(replace(view, name=f"to_{view.name}", keys=keys, ttl_ns=ttl))
        rng.shuffle(case.views)
        case.full_feature_names = True

    def choose_later(self, case: Case) -> None:
        """What came later: a frame that the views make in place of the given one (P14), the commit
        cut (P9), a view under two key mappings.
        """
        same_keys = len({frozenset(name for _, name in view.keys) for view in case.views}) == 1
        if same_keys and self.later.random() < 0.3:
            case.frame = self.made_frame(case)
        case.commit_cut = self.later.random() < 0.2
        for table in case.tables if case.commit_cut else []:
            self.date(table)
        assert case.frame is not None
        if not case.frame.made and self.later.random() < 0.5:
            self.map_keys(case)

    # --- cases ------------------------------------------------------------------------------------

    def case(self, seed: int) -> Case:
        rng = self.rng
        self.latest = self.chance(0.15)
        kinds = rng.sample(_KEY_TYPES, rng.randint(0, 3)) or ["long"]
        self.keys = [Column(f"k{at}", kind) for at, kind in enumerate(kinds)]
        tables = [self.table(name) for name in ("a", "b")[: rng.randint(1, 2)]]
        views = [self.view(f"v{at}", rng.choice(tables)) for at in range(rng.randint(1, 3))]
        used = {view.table for view in views}
        case = Case(f"seed {seed}", ["P2"], [t for t in tables if t.name in used], views)
        if self.latest:
            bounds = sorted(self.instant("timestamptz", 0) or 0 for _ in range(2))
            start, end = (bound if self.chance(0.7) else None for bound in bounds)
            case.latest = LatestDef("v0", start, end)
            case.views = views[:1]
            case.tables = [t for t in tables if t.name == views[0].table]
        else:
            case.frame = self.frame(case.tables, views)
            case.full_feature_names = len(views) > 1 or self.chance(0.3)
            if all(view.created for view in views):
                case.created_cut = self.chance(0.5)
            elif self.chance(0.5):
                case.created_cut = "where_available"
            self.choose_later(case)
        case.answer = answer_columns(case)
        return case


def _keys_and_events(table: TableDef) -> Iterator[tuple[dict[str, Any], int | None]]:
    """The keys of every row by their names in the frame, and its event time as an instant."""
    is_date = next(column.type == "date" for column in table.columns if column.name == "ts")
    for _, cells in history(table).read():
        event = cells["ts"]
        keys = {name.split("_", 1)[1]: value for name, value in cells.items() if "_k" in name}
        yield keys, event * values.DAY_NS if is_date and event is not None else event


def _columns_read(view: ViewDef, table: TableDef) -> dict[str, str]:
    """Names and types of the columns in the schema of the snapshot that the view reads."""
    columns = at_commit = table.columns
    for step in table.steps:
        if isinstance(step, Commit):
            at_commit = columns
        elif view.pin and (step.verb, step.subject) == ("mark", view.pin[1]):
            return {column.name: column.type for column in at_commit}
        else:
            columns = evolve(columns, step)
    return {column.name: column.type for column in columns}


def answer_columns(case: Case) -> list[Column]:
    """The columns that the case asks for, with their types."""
    answer = []
    for view in case.views:
        kinds = _columns_read(view, case.table(view.table))
        if case.latest:
            names = [name for name, _ in view.keys] + [view.time]
            answer += [Column(name, kinds[name]) for name in names]
        for column, name in view.features or []:
            full = f"{view.name}__{name}" if case.full_feature_names else name
            answer.append(Column(full, kinds[column]))
    return answer


_WIDER = {"int": "long", "float": "double"}
_MADE_TYPES = {
    "boolean": "bool",
    "int": "int32",
    "long": "int64",
    "float": "float",
    "double": "double",
    "decimal(9, 2)": "decimal128(9, 2)",
    "date": "date32",
    "timestamptz": "timestamp[us, UTC]",
    "fixed[2]": "fixed_size_binary[2]",
}


def made_columns(case: Case) -> list[Column]:
    """The columns of the frame that the views of the case make: in the wider of their types."""
    columns = []
    for column, name in case.views[0].keys:
        kind = _columns_read(case.views[0], case.table(case.views[0].table))[column]
        for view in case.views:
            (key,) = (mine for mine, theirs in view.keys if theirs == name)
            other = _columns_read(view, case.table(view.table))[key]
            kind = other if _WIDER.get(kind) == other else kind
        columns.append(Column(name, _MADE_TYPES.get(kind, kind)))
    return [*columns, Column("event_timestamp", "timestamp[us, UTC]")]


def generate(seed: int) -> Case:
    """The case of a seed: the same on every machine and in every run."""
    return _Generator(seed).case(seed)
