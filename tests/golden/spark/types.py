"""All types of Spark, and the ways of Parquet files to hold them."""

from __future__ import annotations

from pyspark.sql import SparkSession

from tests.golden.instants import days, micros
from tests.golden.spark.kit import Script, SparkTable, deleting, register
from tests.golden.story import Row

TABLES: dict[str, Script] = {}

PRIMITIVES = (
    "id INT, bo BOOLEAN, l BIGINT, f FLOAT, d DOUBLE, s STRING, b BINARY, dt DATE, ts TIMESTAMP, "
    "n TIMESTAMP_NTZ, d9 DECIMAL(9,2), d18 DECIMAL(18,0), d38 DECIMAL(38,10)"
)
NESTED = (
    "id INT, st STRUCT<a: INT, b: STRUCT<c: STRING, d: ARRAY<INT>>>, la ARRAY<ARRAY<STRING>>, "
    "ls ARRAY<STRUCT<x: DATE, y: DECIMAL(20,3)>>, m MAP<STRING, BIGINT>, "
    "mm MAP<INT, MAP<STRING, ARRAY<DOUBLE>>>, mk MAP<STRUCT<p: INT, q: STRING>, TIMESTAMP>"
)

EXTREMES: list[Row] = [
    {
        "id": -(2**31),
        "bo": True,
        "l": -(2**63),
        "f": "-inf",
        "d": "-inf",
        "s": "",
        "b": "",
        "dt": days("0001-01-01"),
        "ts": micros("0001-01-01T00:00:00"),
        "n": micros("0001-01-01T00:00:00"),
        "d9": "-9999999.99",
        "d18": "-" + "9" * 18,
        "d38": "-" + "9" * 28 + "." + "9" * 10,
    },
    {
        "id": 2**31 - 1,
        "bo": False,
        "l": 2**63 - 1,
        "f": "inf",
        "d": "inf",
        "s": "🙂\x00é" * 20,
        "b": "00ff" * 20,
        "dt": days("9999-12-31"),
        "ts": micros("9999-12-31T23:59:59.999999"),
        "n": micros("9999-12-31T23:59:59.999999"),
        "d9": "9999999.99",
        "d18": "9" * 18,
        "d38": "9" * 28 + "." + "9" * 10,
    },
    {
        "id": 0,
        "bo": False,
        "l": 0,
        "f": "-0.0",
        "d": "-0.0",
        "s": "0",
        "b": "00",
        "dt": 0,
        "ts": 0,
        "n": 0,
        "d9": "0.00",
        "d18": "0",
        "d38": "0.0000000000",
    },
    {
        "id": 1,
        "bo": True,
        "l": 1,
        "f": "nan",
        "d": "nan",
        "s": "x" * 40,
        "b": "7f",
        "dt": -1,
        "ts": -1,
        "n": -1,
        "d9": "-0.01",
        "d18": "-1",
        "d38": "0.0000000001",
    },
    {"id": 2, "f": "3.4028234663852886e+38", "d": "5e-324"},
    {"id": None},
]


def plain(count: int) -> list[Row]:
    """Rows of few distinct values, which Parquet writes by dictionary; nulls in between."""
    return [
        {
            "id": at,
            "bo": at % 2 == 0,
            "l": at % 5,
            "f": repr(at % 3 / 2),
            "d": None if at % 3 else "0.5",
            "s": ["a", "b", None][at % 3],
            "b": "aa" if at % 4 else None,
            "dt": at % 7 - 3,
            "ts": at % 2 * 10**6,
            "n": None,
            "d9": f"{at % 4}.00",
            "d18": "7",
            "d38": "-1.0000000000",
        }
        for at in range(count)
    ]


def deep() -> list[Row]:
    """Nulls and empties at every level."""
    return [
        {
            "id": 1,
            "st": {"a": 1, "b": {"c": "c", "d": [1, None, 3]}},
            "la": [["x", None], [], None],
            "ls": [{"x": -1, "y": "1.500"}, None, {"x": None, "y": None}],
            "m": [["k", 1], ["n", None]],
            "mm": [[1, [["z", ["nan", None]]]], [2, None], [3, []]],
            "mk": [[{"p": 1, "q": None}, -1]],
        },
        {"id": 2, "st": {"a": None, "b": None}, "la": [], "ls": [], "m": [], "mm": [], "mk": []},
        {
            "id": 3,
            "st": {"a": 3, "b": {"c": None, "d": []}},
            "la": [None],
            "ls": [None],
            "m": [["", 0]],
            "mm": [[0, [["", []]]]],
            "mk": [[{"p": None, "q": ""}, None]],
        },
        {"id": 4},
        {
            "id": 5,
            "st": {"a": 5, "b": {"c": "e", "d": None}},
            "la": [["a"], ["b", "c"]],
            "ls": [{"x": 0, "y": "-99999999999999999.999"}],
            "m": None,
            "mm": None,
            "mk": None,
        },
    ]


@register(TABLES)
def spark_types(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Every primitive type of Spark: its ends, zero, NaN and infinity, nulls; filters on each.",
        ["types.primitive", "types.extremes", "filters.comparison", "filters.nan", "filters.null"],
        PRIMITIVES,
    )
    table.insert(EXTREMES)
    table.insert(plain(30))
    table.expect_every_state()
    filters = {
        "id = 2147483647": lambda r: r["id"] == 2**31 - 1,
        "l < 0": lambda r: r["l"] is not None and r["l"] < 0,
        "l >= 9223372036854775807": lambda r: r["l"] == 2**63 - 1,
        "f is nan": lambda r: r["f"] == "nan",
        "d is not nan and d > 0": lambda r: r["d"] in ("inf", "5e-324", "0.5"),
        "d = 0.0": lambda r: r["d"] == "-0.0",
        "f is not null and f < 0": lambda r: r["f"] == "-inf",
        "s starts with 'x'": lambda r: (r["s"] or "").startswith("x"),
        "s not in ('a', 'b')": lambda r: r["s"] not in (None, "a", "b"),
        "dt < '1970-01-01'": lambda r: r["dt"] is not None and r["dt"] < 0,
        "ts = '1969-12-31T23:59:59.999999+00:00'": lambda r: r["ts"] == -1,
        "n > '2000-01-01T00:00:00'": lambda r: r["n"] is not None and r["n"] > 0,
        "d9 = -0.01": lambda r: r["d9"] == "-0.01",
        "d18 > 7": lambda r: r["d18"] == "9" * 18,
        "d38 < 0 or bo = true": lambda r: (r["d38"] or "").startswith("-") or r["bo"] is True,
        "not (bo = true)": lambda r: r["bo"] is False,
        "not (s = 'a' and l = 0)": lambda r: (r["s"] not in (None, "a")) or r["l"] not in (None, 0),
    }
    for text, where in filters.items():
        table.expect(["id", "s"], filter=text, where=where)
    return table


@register(TABLES)
def spark_types_nested(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Structs, lists and maps inside of each other, nulls and empties at every level.",
        ["types.nested", "projection.nested", "filters.beside-nested"],
        NESTED,
        write_delete_mode="merge-on-read",
    )
    table.insert(deep())
    table.insert(list(reversed(deep())))
    table.sql("DELETE FROM {t} WHERE id = 2", deleting(lambda r: r["id"] == 2))
    table.expect_every_state()
    table.expect(["mm", "id"])
    for chosen in ((3, 4, 5), (1, 4), (5,)):
        table.expect(
            ["m", "mm", "mk", "ls", "la", "id"],
            filter=f"id in ({', '.join(map(str, chosen))})",
            where=lambda r, chosen=chosen: r["id"] in chosen,
        )
    table.expect(["st.b.d", "st.a"])
    table.expect(
        ["id"], filter="st.a is null", where=lambda r: r["st"] is None or r["st"]["a"] is None
    )
    table.expect(["id"], filter="st.b.c = 'e'", where=lambda r: r["id"] == 5)
    return table


@register(TABLES)
def spark_decimals(spark: SparkSession, name: str) -> SparkTable:
    precisions = range(1, 39)
    table = SparkTable(
        spark,
        name,
        "Decimals of all precisions: as 32 bits, 64 bits and fixed bytes in Parquet.",
        ["types.decimal", "types.decimal.physical"],
        ", ".join(f"d{p} DECIMAL({p},{p // 2})" for p in precisions),
    )

    def number(precision: int, digit: str, sign: str = "") -> str:
        scale = precision // 2
        whole = digit * (precision - scale)
        return sign + whole + ("." + digit * scale if scale else "")

    table.insert(
        [
            {f"d{p}": number(p, "9") for p in precisions},
            {f"d{p}": number(p, "9", "-") for p in precisions},
            {f"d{p}": "0" + ("." + "0" * (p // 2) if p // 2 else "") for p in precisions},
            {f"d{p}": number(p, "1", "-") for p in precisions},
            {f"d{p}": None for p in precisions},
        ]
    )
    table.expect_every_state()
    for p in (3, 12, 30):
        low = number(p, "1", "-")
        table.expect(
            [f"d{p}"],
            filter=f"d{p} <= {low}",
            where=lambda r, p=p: (r[f"d{p}"] or "").startswith("-"),
        )
        table.expect(
            [f"d{p}"],
            filter=f"d{p} = {number(p, '9')}",
            where=lambda r, p=p: r[f"d{p}"] == number(p, "9"),
        )
    return table


@register(TABLES)
def spark_codecs(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "One file of each codec of Parquet that Spark can write.",
        ["parquet.codecs"],
        "codec STRING, id INT, v DOUBLE",
    )
    for codec in ("uncompressed", "snappy", "gzip", "zstd", "lz4", "lz4_raw", "brotli"):
        settings = f"'write.parquet.compression-codec'='{codec}'"
        try:
            table.sql(f"ALTER TABLE {{t}} SET TBLPROPERTIES ({settings})")
            table.insert([{"codec": codec, "id": at, "v": repr(at / 8)} for at in range(40)])
        except Exception as error:
            print(f"{name}: codec {codec}: {str(error).splitlines()[0][:200]}")
    table.expect_every_state()
    table.expect(
        ["id"],
        filter="codec = 'zstd' and id > 30",
        where=lambda r: r["codec"] == "zstd" and r["id"] > 30,
    )
    return table


def layout(
    spark: SparkSession, name: str, about: str, points: list[str], **properties: str
) -> SparkTable:
    """A table of 600 rows whose files are laid out by properties of Parquet."""
    table = SparkTable(
        spark,
        name,
        about,
        points,
        "id BIGINT, s STRING, v DOUBLE, l ARRAY<INT>",
        write_delete_mode="merge-on-read",
        **properties,
    )
    rows = [
        {
            "id": at,
            "s": None if at % 11 == 0 else f"text {at % 50}",
            "v": repr(at / 2),
            "l": None if at % 13 == 0 else list(range(at % 4)),
        }
        for at in range(600)
    ]
    table.insert(rows)
    table.sql(
        "DELETE FROM {t} WHERE id BETWEEN 200 AND 260 OR id = 599",
        deleting(lambda r: 200 <= r["id"] <= 260 or r["id"] == 599),
    )
    table.expect_every_state()
    table.expect(["l", "id"], filter="id >= 190 and id < 270", where=lambda r: 190 <= r["id"] < 270)
    table.expect(["id"], filter="s = 'text 7'", where=lambda r: r["s"] == "text 7")
    table.expect(
        ["id"], filter="id in (5, 199, 200, 598)", where=lambda r: r["id"] in (5, 199, 200, 598)
    )
    table.expect_spark(("id", "_pos"), filter="id > 480")
    return table


@register(TABLES)
def spark_row_groups(spark: SparkSession, name: str) -> SparkTable:
    return layout(
        spark,
        name,
        "Many row groups and pages in a file, positions deleted across them; bloom filters.",
        [
            "parquet.row-groups",
            "parquet.pages",
            "parquet.bloom-filter",
            "deletes.position.row-groups",
            "positions.after-pruning",
        ],
        write_parquet_row__group__size__bytes="1024",
        write_parquet_row__group__check__min__record__count="10",
        write_parquet_row__group__check__max__record__count="50",
        write_parquet_page__row__limit="20",
        write_parquet_bloom__filter__enabled_column_id="true",
        write_parquet_bloom__filter__enabled_column_s="true",
        write_parquet_bloom__filter__max__bytes="512",
    )


@register(TABLES)
def spark_pages_v2(spark: SparkSession, name: str) -> SparkTable:
    return layout(
        spark,
        name,
        "Data pages of version 2 with delta encodings.",
        ["parquet.pages-v2", "parquet.delta-encodings", "deletes.vector"],
        version="3",
        write_parquet_page__version="v2",
        write_parquet_page__row__limit="100",
    )


@register(TABLES)
def spark_no_dictionary(spark: SparkSession, name: str) -> SparkTable:
    return layout(
        spark,
        name,
        "Dictionaries too small to hold, so plain pages; no column statistics at all.",
        ["parquet.plain", "metrics.none"],
        write_parquet_dict__size__bytes="8",
        write_metadata_metrics_default="none",
    )


@register(TABLES)
def spark_truncated_metrics(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Bounds cut to a few characters, with characters of four bytes and without a successor.",
        ["metrics.truncated", "filters.starts-with"],
        "id INT, s STRING, b BINARY",
        write_metadata_metrics_default="truncate(2)",
    )
    texts = ["abcdef", "ab", "🙂🙂🙂", "🙂", "\U0010ffff\U0010ffff\U0010ffff", "", "zz", None]
    for at, text in enumerate(texts):
        table.insert([{"id": at, "s": text, "b": ["ffffff", "00", "ff00ff", None][at % 4]}])
    table.expect_every_state()
    for text in ("abcdef", "🙂🙂🙂", "\U0010ffff\U0010ffff\U0010ffff", "", "zz"):
        table.expect(["id"], filter=f"s = '{text}'", where=lambda r, t=text: r["s"] == t)
        table.expect(
            ["id"],
            filter=f"s starts with '{text}'",
            where=lambda r, t=text: r["s"] is not None and r["s"].startswith(t),
        )
    table.expect(["id"], filter="s > 'ab'", where=lambda r: r["s"] is not None and r["s"] > "ab")
    table.expect(
        ["id"],
        filter="s not starts with 'ab'",
        where=lambda r: r["s"] is not None and not r["s"].startswith("ab"),
    )
    return table


@register(TABLES)
def spark_variant(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "A variant column (version 3): objects, arrays, scalars, nulls.",
        ["types.variant"],
        "id INT, v VARIANT",
        version=3,
        write_delete_mode="merge-on-read",
    )
    table.variants = ["v"]
    texts = [
        '{"a":1,"b":[true,null,"x"],"c":{"d":1.5}}',
        "[1,2,[3]]",
        '"text"',
        "7",
        "null",
        "1e100",
        "{}",
        None,
    ]
    literals = ", ".join(
        f"({at}, {'NULL' if t is None else repr(t)})" for at, t in enumerate(texts)
    )
    rows = [{"id": at, "v": text} for at, text in enumerate(texts)]
    table.sql(
        f"INSERT INTO {{t}} SELECT id, parse_json(j) FROM VALUES {literals} AS x(id, j)",
        lambda _: rows,
    )
    table.sql("DELETE FROM {t} WHERE id = 1", deleting(lambda r: r["id"] == 1))
    table.expect_every_state()
    table.expect(["id"], filter="id > 3", where=lambda r: r["id"] > 3)
    return table


@register(TABLES)
def spark_odd_names(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Column names with dots, blanks, quotes, other letters and words of the filter language.",
        ["names.odd"],
        '`a.b` INT, `a b` STRING, `straße` INT, `select` INT, `1st` INT, `q"uote` INT, '
        "t STRUCT<b: INT, `c.d`: INT>, `and` INT",
    )
    table.insert(
        [
            {
                "a.b": 1,
                "a b": "x",
                "straße": 2,
                "select": 3,
                "1st": 4,
                'q"uote': 5,
                "t": {"b": 6, "c.d": 7},
                "and": 8,
            },
            {"a.b": None, "t": {"b": None, "c.d": 1}},
        ]
    )
    table.expect_every_state()
    table.expect(["a b", "straße", "1st", 'q"uote', "and"])
    table.expect(["straße"], filter="\"a b\" = 'x'", where=lambda r: r["a b"] == "x")
    return table


@register(TABLES)
def spark_sorted(spark: SparkSession, name: str) -> SparkTable:
    table = SparkTable(
        spark,
        name,
        "Sort orders and distribution modes, and two of them over time.",
        ["sort-order", "partition.bucket"],
        "id BIGINT, s STRING",
        "bucket(2, s)",
    )
    table.sql("ALTER TABLE {t} WRITE ORDERED BY s DESC NULLS LAST, id")
    table.insert([{"id": at, "s": f"s{at % 4}" if at % 5 else None} for at in range(20)])
    table.sql("ALTER TABLE {t} WRITE LOCALLY ORDERED BY truncate(2, s), id DESC")
    table.insert([{"id": at, "s": f"s{at % 4}" if at % 5 else None} for at in range(20, 40)])
    table.sql("ALTER TABLE {t} WRITE UNORDERED")
    table.call(
        "rewrite_data_files",
        "strategy => 'sort', sort_order => 'id', options => map('rewrite-all', 'true')",
    )
    table.expect_every_state()
    table.expect(["id"], filter="s > 's1'", where=lambda r: r["s"] is not None and r["s"] > "s1")
    return table
