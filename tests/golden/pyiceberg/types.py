"""All types that pyiceberg writes in version 2, and the layouts of its Parquet files."""

from __future__ import annotations

from pyiceberg.catalog import Catalog

from tests.golden.instants import days, micros
from tests.golden.pyiceberg.kit import PyicebergTable, Script, register
from tests.golden.story import Row

TABLES: dict[str, Script] = {}

TYPES = {
    "id": "int",
    "bo": "boolean",
    "l": "long",
    "f": "float",
    "d": "double",
    "dec": "decimal(38, 10)",
    "dec9": "decimal(9, 0)",
    "da": "date",
    "ti": "time",
    "ts": "timestamp",
    "tz": "timestamptz",
    "s": "string",
    "u": "uuid",
    "fx": "fixed[3]",
    "b": "binary",
}
ROWS: list[Row] = [
    {
        "id": 1,
        "bo": True,
        "l": -(2**63),
        "f": "-inf",
        "d": "-inf",
        "dec": "-" + "9" * 28 + "." + "9" * 10,
        "dec9": "-999999999",
        "da": days("0001-01-01"),
        "ti": 0,
        "ts": micros("0001-01-01T00:00:00"),
        "tz": micros("0001-01-01T00:00:00"),
        "s": "",
        "u": "00" * 16,
        "fx": "000000",
        "b": "",
    },
    {
        "id": 2,
        "bo": False,
        "l": 2**63 - 1,
        "f": "inf",
        "d": "inf",
        "dec": "9" * 28 + "." + "9" * 10,
        "dec9": "999999999",
        "da": days("9999-12-31"),
        "ti": 86_399_999_999,
        "ts": micros("9999-12-31T23:59:59.999999"),
        "tz": micros("9999-12-31T23:59:59.999999"),
        "s": "🙂" * 20,
        "u": "ff" * 16,
        "fx": "ffffff",
        "b": "00ff" * 20,
    },
    {
        "id": 3,
        "bo": False,
        "l": 0,
        "f": "-0.0",
        "d": "-0.0",
        "dec": "0.0000000000",
        "dec9": "0",
        "da": 0,
        "ti": 43_200_000_000,
        "ts": 0,
        "tz": 0,
        "s": "x",
        "u": "80" + "00" * 15,
        "fx": "800000",
        "b": "80",
    },
    {
        "id": 4,
        "bo": True,
        "l": 1,
        "f": "nan",
        "d": "nan",
        "dec": "0.0000000001",
        "dec9": "-1",
        "da": -1,
        "ti": 1,
        "ts": -1,
        "tz": -1,
        "s": "xy",
        "u": "7f" + "ff" * 15,
        "fx": "7fffff",
        "b": "7f",
    },
    dict.fromkeys(TYPES),
]


@register(TABLES)
def pyiceberg_types(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Every primitive type of version 2 with its ends, NaN, infinities, nulls; filters on each.",
        [
            "types.primitive",
            "types.extremes",
            "types.uuid",
            "types.fixed",
            "types.time",
            "filters.uuid",
        ],
        TYPES,
    )
    table.append(ROWS)
    table.append(ROWS[:2])
    table.expect_every_state()
    for text, where in (
        (
            "u > '7fffffff-ffff-ffff-ffff-ffffffffffff'",
            lambda r: r["u"] is not None and r["u"] > "7f" + "ff" * 15,
        ),
        ("u = 'ffffffff-ffff-ffff-ffff-ffffffffffff'", lambda r: r["u"] == "ff" * 16),
        ("ti >= '12:00:00'", lambda r: r["ti"] is not None and r["ti"] >= 43_200_000_000),
        ("d = 0.0", lambda r: r["d"] == "-0.0"),
        ("f is nan", lambda r: r["f"] == "nan"),
        ("f is not nan and f < 1", lambda r: r["f"] in ("-inf", "-0.0")),
        (
            "dec < 0.0000000001",
            lambda r: r["dec"] is not None and (r["dec"][0] == "-" or r["id"] == 3),
        ),
        ("bo = true and l is not null", lambda r: r["bo"] is True),
        ("s starts with 'x'", lambda r: (r["s"] or "").startswith("x")),
        ("da < '1970-01-01'", lambda r: r["da"] is not None and r["da"] < 0),
        ("ts > '1969-12-31T23:59:59.999999'", lambda r: r["ts"] is not None and r["ts"] > -1),
        ("l not in (0, 1)", lambda r: r["l"] not in (None, 0, 1)),
        ("not (id = 1)", lambda r: r["id"] not in (None, 1)),
    ):
        table.expect(["id"], filter=text, where=where)
    return table


@register(TABLES)
def pyiceberg_identity_types(catalog: Catalog, name: str) -> PyicebergTable:
    chosen = ["bo", "l", "dec", "da", "ti", "ts", "tz", "s", "u", "b"]
    table = PyicebergTable(
        catalog,
        name,
        "Identity partitions on most types.",
        [
            "partition.identity",
            "partition.identity.uuid",
            "partition.identity.null",
            "types.partition",
        ],
        {key: TYPES[key] for key in ["id", *chosen]},
        [(column, "identity") for column in chosen],
    )
    table.append_transformed([{key: row[key] for key in ["id", *chosen]} for row in ROWS])
    table.expect_every_state()
    table.expect(
        ["id"], filter="u = '80000000-0000-0000-0000-000000000000'", where=lambda r: r["id"] == 3
    )
    table.expect(["id"], filter="ti = '12:00:00'", where=lambda r: r["id"] == 3)
    table.expect(["id"], filter="s = ''", where=lambda r: r["s"] == "")
    table.expect(["id"], filter="ts is null", where=lambda r: r["ts"] is None)
    table.expect(["id"], filter="dec > 0", where=lambda r: r["id"] in (2, 4))
    return table


@register(TABLES)
def pyiceberg_nested(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog,
        name,
        "Structs, lists and maps in each other, nulls at every level. (pyiceberg writes a null "
        "list of structs as an empty one.)",
        ["types.nested", "projection.nested", "filters.beside-nested"],
        {
            "id": "int",
            "st": "struct<a: int, b: struct<c: uuid, d: list<fixed[2]>>>",
            "ll": "list<list<time>>",
            "ls": "list<struct<x: date, y: decimal(20, 3)>>",
            "mm": "map<int, map<string, list<double>>>",
            "mk": "map<struct<p: int, q: string>, timestamptz>",
        },
        trusted=False,
    )
    rows: list[Row] = [
        {
            "id": 1,
            "st": {"a": 1, "b": {"c": "01" * 16, "d": ["0a0b", None]}},
            "ll": [[1, None], [], None],
            "ls": [{"x": -1, "y": "1.500"}, None],
            "mm": [[1, [["z", ["nan", None]]]], [2, None]],
            "mk": [[{"p": 1, "q": None}, -1]],
        },
        {"id": 2, "st": {"a": None, "b": None}, "ll": [], "ls": [], "mm": [], "mk": []},
        {"id": 3, "ls": []},
        {
            "id": 4,
            "st": {"a": 2, "b": {"c": None, "d": []}},
            "ll": [None],
            "ls": [None],
            "mm": [[7, [["", []]]]],
            "mk": [[{"p": None, "q": ""}, None]],
        },
    ]
    table.append(table.full(rows))
    table.append(table.full(rows[:2]))
    table.expect_every_state()
    table.expect(["st.b.d", "id"])
    table.expect(["mk", "ls"])
    for chosen in ((3, 4), (2, 4), (1, 3, 4)):
        table.expect(
            ["mm", "mk", "ll", "id"],
            filter=f"id in ({', '.join(map(str, chosen))})",
            where=lambda r, chosen=chosen: r["id"] in chosen,
        )
    table.expect(
        ["id"], filter="st.a is null", where=lambda r: r["st"] is None or r["st"]["a"] is None
    )
    return table


def layout(
    catalog: Catalog, name: str, about: str, points: list[str], **properties: str
) -> PyicebergTable:
    """500 rows in files that properties lay out."""
    table = PyicebergTable(
        catalog, name, about, points, {"id": "long", "s": "string", "l": "list<int>"}, **properties
    )
    table.append(
        [
            {
                "id": at,
                "s": None if at % 9 == 0 else f"t{at % 40}",
                "l": None if at % 4 == 0 else [at] * (at % 3),
            }
            for at in range(500)
        ]
    )
    table.iceberg.delete("id >= 100 and id < 150")
    table.settle([r for r in table.rows if not 100 <= r["id"] < 150])
    table.expect_every_state()
    table.expect(["l"], filter="id > 90 and id < 160", where=lambda r: 90 < r["id"] < 160)
    table.expect(["id"], filter="s = 't7'", where=lambda r: r["s"] == "t7")
    return table


@register(TABLES)
def pyiceberg_row_groups(catalog: Catalog, name: str) -> PyicebergTable:
    return layout(
        catalog,
        name,
        "Row groups of 30 rows, small pages, gzip.",
        ["parquet.row-groups", "parquet.pages", "positions.after-pruning"],
        write_parquet_row__group__limit="30",
        write_parquet_compression__codec="gzip",
        write_parquet_page__size__bytes="64",
        write_parquet_dict__size__bytes="64",
    )


@register(TABLES)
def pyiceberg_metrics_none(catalog: Catalog, name: str) -> PyicebergTable:
    return layout(
        catalog,
        name,
        "No column statistics but one cut to a character; snappy.",
        ["metrics.none", "metrics.truncated"],
        write_metadata_metrics_default="none",
        write_metadata_metrics_column_s="truncate(1)",
        write_parquet_compression__codec="snappy",
    )


@register(TABLES)
def pyiceberg_no_snapshot(catalog: Catalog, name: str) -> PyicebergTable:
    table = PyicebergTable(
        catalog, name, "A table that nothing was written to.", ["table.empty"], TYPES, version=1
    )
    table.expect()
    table.expect(["u"], filter="id = 1")
    return table
