"""update_schema and update_spec, between appends."""

from __future__ import annotations

from typing import Any

from pyiceberg.catalog import Catalog
from pyiceberg.transforms import parse_transform
from pyiceberg.types import (
    BinaryType,
    DateType,
    DecimalType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
)

from tests.golden.pyiceberg.kit import PyicebergTable, Script, register, schema_of
from tests.golden.story import Row

TABLES: dict[str, Script] = {}


def at_top(**changes: Any) -> Any:
    """A change of every row: new names with their cells; None drops, a callable gets the row."""

    def step(rows: list[Row]) -> list[Row]:
        return [row | {k: v(row) if callable(v) else v for k, v in changes.items()} for row in rows]

    return step


def promote_all(table: PyicebergTable) -> None:
    """Every promotion, and a required column that becomes optional."""
    with table.iceberg.update_schema() as update:
        update.update_column("id", LongType()).update_column("f", DoubleType())
        update.update_column("d", DecimalType(20, 2)).update_column("s.x", LongType())
        update.update_column("l.element", LongType()).update_column("m.value.v", LongType())
        update.make_column_optional("id")
    table.change(lambda rows: rows, table.columns)
    big = 2**40
    table.append(
        [
            {
                "id": big,
                "f": "0.1",
                "d": "123456789012345678.90",
                "s": {"x": big, "y": "z"},
                "l": [big],
                "m": [["q", {"v": big}], ["n", None]],
            },
            {"id": None, "m": []},
        ]
    )


def reshape(table: PyicebergTable) -> None:
    """Columns and fields dropped, renamed, added, moved, and a dropped name added again."""
    with table.iceberg.update_schema() as update:
        update.delete_column("gone").rename_column("t", "text").rename_column("s.y", "yy")
        update.add_column(("s", "w"), DateType()).add_column(("m", "value", "u"), StringType())
        update.move_first("d").move_before("s", "f")
    table.change(evolved, ["d", "id", "s", "f", "text", "l", "m"])
    with table.iceberg.update_schema() as update:
        update.add_column("gone", IntegerType()).delete_column("s.x")
    step = at_top(gone=None, s=lambda r: without(r["s"], "x"))
    table.change(step, ["d", "id", "s", "f", "text", "l", "m", "gone"])
    nested = {"s": {"yy": "Y", "w": -1}, "m": [["k", {"v": 1, "u": "u"}]]}
    table.append([{"id": 9, "gone": 7, **nested}])


@register(TABLES)
def pyiceberg_schema_evolution(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Every change of update_schema, nested too.",
        [
            "evolution.add",
            "evolution.drop",
            "evolution.rename",
            "evolution.re-add",
            "evolution.reorder",
            "evolution.promote",
            "evolution.nested",
            "evolution.required-to-optional",
            "time-travel.snapshot-schema",
        ],
        {
            "id": "int!",
            "f": "float",
            "d": "decimal(5, 2)",
            "t": "string",
            "gone": "string",
            "s": "struct<x: int, y: string>",
            "l": "list<int>",
            "m": "map<string, struct<v: int>>",
        },
        trusted=False,
    )
    first = {"id": 1, "f": "0.5", "d": "1.25", "t": "text", "gone": "old"}
    table.append(
        [
            {**first, "s": {"x": 1, "y": "y"}, "l": [1, None], "m": [["k", {"v": 1}]]},
            {"id": 2, "s": {"x": None, "y": None}, "l": [], "m": []},
            {"id": 3, "m": []},
        ]
    )
    promote_all(table)
    reshape(table)
    table.expect_every_state()
    table.expect(["gone", "id"], filter="gone is null", where=lambda r: r["gone"] is None)
    table.expect(["id"], filter="id > 2", where=lambda r: r["id"] is not None and r["id"] > 2)
    table.expect(["id"], filter="f = 0.1", where=lambda r: r["f"] == "0.1")
    table.expect(["s.w", "id"])
    return table


def without(value: Row | None, name: str) -> Row | None:
    """A struct without one of its fields."""
    return value and {k: v for k, v in value.items() if k != name}


def evolved(rows: list[Row]) -> list[Row]:
    """The second change of the schema."""
    return [
        {
            "d": row["d"],
            "id": row["id"],
            "s": row["s"] and {"x": row["s"]["x"], "yy": row["s"]["y"], "w": None},
            "f": row["f"],
            "text": row["t"],
            "l": row["l"],
            "m": row["m"] and [[k, v and {**v, "u": None}] for k, v in row["m"]],
        }
        for row in rows
    ]


@register(TABLES)
def pyiceberg_union_by_name(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "union_by_name: new columns and wider types come from another schema.",
        ["evolution.add", "evolution.promote", "evolution.nested"],
        {"id": "int", "s": "struct<x: int>"},
    )
    table.append([{"id": 1, "s": {"x": 1}}, {"id": 2, "s": None}])
    with table.iceberg.update_schema() as update:
        update.union_by_name(
            schema_of({"id": "long", "s": "struct<x: long, y: string>", "new": "double"})
        )
    table.change(
        at_top(new=None, s=lambda r: r["s"] and {"x": r["s"]["x"], "y": None}), ["id", "s", "new"]
    )
    table.append([{"id": 2**35, "s": {"x": 2**35, "y": "y"}, "new": "nan"}])
    table.expect_every_state()
    table.expect(["id"], filter="new is nan", where=lambda r: r["new"] == "nan")
    return table


@register(TABLES)
def pyiceberg_spec_evolution(catalog: Catalog, name: str) -> PyicebergTable:
    table = spec_evolution(catalog, name, 2)
    table.points.append("partition.removed")
    return table


@register(TABLES)
def pyiceberg_spec_evolution_v1(catalog: Catalog, name: str) -> PyicebergTable:
    table = spec_evolution(catalog, name, 1)
    table.points += ["partition.void", "format.v1"]
    return table


def spec_evolution(catalog: Catalog, name: str, version: int) -> PyicebergTable:
    """Fields added, removed, renamed, with rows of all specs."""
    table = PyicebergTable(
        catalog,
        name,
        f"Partition fields added, removed and renamed in version {version}.",
        ["partition.evolution", "partition.field-renamed"],
        {"id": "long", "s": "string", "ts": "timestamptz"},
        [("s", "identity")],
        version=version,
    )

    def rows(start: int) -> list[Row]:
        return [
            {
                "id": at,
                "s": [None, "a", "b"][at % 3],
                "ts": (at - 12) * 3_600_000_000 - 1 if at % 5 else None,
            }
            for at in range(start, start + 6)
        ]

    table.append_transformed(rows(0))
    with table.iceberg.update_spec() as update:
        update.add_field("ts", parse_transform("day"), "d").add_field(
            "id", parse_transform("bucket[2]"), "b"
        )
    table.append_transformed(rows(6))
    with table.iceberg.update_spec() as update:
        update.remove_field("s_identity").rename_field("b", "bucketed")
    table.append_transformed(rows(12))
    with table.iceberg.update_spec() as update:
        update.remove_field("d").remove_field("bucketed")
    table.append_transformed(rows(18))
    table.iceberg.delete("s = 'a' and id > 3")
    table.settle([r for r in table.rows if not (r["s"] == "a" and r["id"] > 3)])
    table.expect_every_state()
    for text, where in (
        ("s = 'a'", lambda r: r["s"] == "a"),
        ("ts < '1970-01-01T00:00:00+00:00'", lambda r: r["ts"] is not None and r["ts"] < 0),
        ("id = 13", lambda r: r["id"] == 13),
        ("s is null and ts is not null", lambda r: r["s"] is None and r["ts"] is not None),
    ):
        table.expect(["id"], filter=text, where=where)
    return table


@register(TABLES)
def pyiceberg_binary_from_text(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "A text column that became binary, which pyiceberg allows and the specification does not "
        "list.",
        ["evolution.promote.text-to-binary"],
        {"id": "int", "t": "string"},
        trusted=False,
    )
    table.append([{"id": 1, "t": "é"}, {"id": 2, "t": None}])
    with table.iceberg.update_schema() as update:
        update.update_column("t", BinaryType())
    table.change(at_top(t=lambda r: r["t"] and r["t"].encode().hex()), table.columns)
    table.append([{"id": 3, "t": "00ff"}])
    table.expect_every_state()
    return table
