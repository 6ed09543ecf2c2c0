"""Both engines, and the job as SQL, over random tables: the same rows, cell by cell."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from feast import Entity, FeatureStore, FeatureView, Field
from feast.types import Int64, String

from icefield.feast import IcebergOfflineStore, IcebergSource, NotYetSupportedError
from icefield.feast.sql_frame import run
from icefield.feast.views import Tables
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, utc, values

START = datetime(2024, 1, 1, tzinfo=UTC)
FIELDS = [Field(name="a", dtype=Int64), Field(name="b", dtype=String), Field(name="v", dtype=Int64)]


def moment(chance, unit=timedelta(hours=1)):
    return START + chance.randrange(48) * unit


def random_rows(chance, count):
    """Few keys and few times, so that ties of both kinds, nulls and gaps are common."""
    rows = [
        (
            chance.choice([1, 2, 3, None]),
            chance.choice(["x", "y", "", None]),
            moment(chance),
            chance.choice([moment(chance), None]),
            number,
        )
        for number in range(count)
    ]
    columns = list(zip(*rows, strict=True))
    times = pa.timestamp("us", "UTC")
    return pa.table(
        {
            "a": pa.array(columns[0], pa.int32()),
            "b": pa.array(columns[1], pa.string()),
            "at": pa.array(columns[2], times),
            "created": pa.array(columns[3], times),
            "v": pa.array(columns[4], pa.int64()),
        }
    )


def random_frame(chance, count):
    return pd.DataFrame(
        {
            "a": pd.array([chance.choice([1, 2, 3, 4, None]) for _ in range(count)], "Int64"),
            "b": [chance.choice(["x", "y", "", "z", None]) for _ in range(count)],
            "label": range(count),
            "event_timestamp": [
                pd.Timestamp(moment(chance, timedelta(minutes=30)))
                + pd.Timedelta(chance.choice([0, 1]))
                for _ in range(count)
            ],
        }
    )


def views(created):
    entities = [Entity(name="a", join_keys=["a"]), Entity(name="b", join_keys=["b"])]
    source = IcebergSource(
        name="rows", table="feast.rows", timestamp_field="at", created_timestamp_column=created
    )

    def view(name, entities, ttl):
        kept = [field for field in FIELDS if field.name == "v" or field.name in entities]
        keys = [entity for entity in all_entities if entity.name in entities]
        return FeatureView(name=name, entities=keys, ttl=ttl, schema=kept, source=source)

    all_entities = entities
    return [
        *entities,
        view("both", ["a", "b"], timedelta(hours=5)),
        view("one", ["a"], timedelta(0)),
        view("none", [], timedelta(minutes=90)),
    ]


@pytest.fixture
def stores(make_config):
    return [FeatureStore(config=make_config(engine=name)) for name in ("native", "duckdb")]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("cut", [False, True])
def test_both_engines_give_the_same_cells(stores, warehouse, seed, cut):
    chance = random.Random(seed)
    for _ in range(3):
        warehouse.write("feast.rows", random_rows(chance, chance.choice([1, 40, 200])))
    stores[0].apply(views("created" if seed % 3 else ""))
    entity_df = random_frame(chance, 150)
    refs = ["both:v", "one:v", "none:v"]
    jobs = [
        store.get_historical_features(
            entity_df, refs, full_feature_names=True, filter_by_created_timestamp=cut
        )
        for store in stores
    ]
    native, duckdb = [job.to_arrow() for job in jobs]
    assert duckdb.equals(native)
    assert duckdb.schema.equals(native.schema)
    assert sum(column.null_count < len(column) for column in native.columns) == 7
    assert jobs[0].metadata.snapshots == jobs[1].metadata.snapshots


@pytest.mark.parametrize("seed", range(3))
def test_the_latest_rows_are_the_same(stores, warehouse, seed):
    chance = random.Random(100 + seed)
    for _ in range(3):
        warehouse.write("feast.rows", random_rows(chance, 100))
    end = moment(chance)
    stores[0].apply(views("created"))
    results = []
    for store in stores:
        source = store.get_feature_view("both").batch_source
        job = IcebergOfflineStore.pull_latest_from_table_or_query(
            store.config, source, ["a", "b"], ["v"], "at", "created", START, end
        )
        results.append(job.to_arrow().sort_by([("a", "ascending"), ("b", "ascending")]))
    assert results[0].num_rows > 5
    assert results[0].equals(results[1])


TYPES = {
    "flag": pa.array([True, None], pa.bool_()),
    "small": pa.array([1, None], pa.int32()),
    "real": pa.array([float("nan"), None], pa.float32()),
    "price": pa.array([Decimal("1.25"), None], pa.decimal128(10, 2)),
    "day": pa.array([19000, None], pa.date32()),
    "clock": pa.array([1, None], pa.time64("us")),
    "naive": pa.array([1, None], pa.timestamp("us")),
    "aware": pa.array([1, None], pa.timestamp("us", "UTC")),
    "fixed": pa.array([b"ab", None], pa.binary(2)),
    "raw": pa.array([b"a\x00", None], pa.binary()),
    "words": pa.array([["a", None], None], pa.list_(pa.string())),
    "flags": pa.array([[True], None], pa.list_(pa.bool_())),
    "sizes": pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
    "inner": pa.array(
        [{"x": 1, "y": [b"z"]}, None], pa.struct([("x", pa.int64()), ("y", pa.list_(pa.binary()))])
    ),
    "Case": pa.array([1, None], pa.int64()),
    "case": pa.array([2, None], pa.int64()),
}


def test_features_of_every_type_pass_unchanged(stores, warehouse):
    identity = pa.ExtensionArray.from_storage(
        pa.uuid(), pa.array([b"0123456789abcdef", None], pa.binary(16))
    )
    times = pa.array([utc("2024-01-01"), utc("2024-01-02")], pa.timestamp("us", "UTC"))
    rows = pa.table({"driver_id": [1, 2], "event_timestamp": times, **TYPES, "identity": identity})
    warehouse.write_as_it_is("feast.types", rows)
    source = stats_source(name="t", table="feast.types", created_timestamp_column="")
    fields = [Field(name=name, dtype=String) for name in (*TYPES, "identity")]
    view = stats_view(
        "types", source=source, schema=[Field(name="driver_id", dtype=Int64), *fields]
    )
    stores[0].apply([DRIVER, view])
    entity_df = frame(
        ["driver_id", "event_timestamp"], (2, "2024-01-03"), (1, "2024-01-03"), (3, "2024-01-03")
    )
    refs = [f"types:{name}" for name in (*TYPES, "identity")]
    native, duckdb = [store.get_historical_features(entity_df, refs).to_arrow() for store in stores]
    assert duckdb.schema.equals(native.schema)
    assert str(duckdb.to_pylist()) == str(native.to_pylist())
    assert native["price"].to_pylist() == [None, Decimal("1.25"), None]


KEYS = [
    (pa.int32(), [1, 2], pa.uint64(), [2, 2**63]),
    (pa.int64(), [2**53, 2**53 + 1], pa.float64(), [float(2**53), 0.5]),
    (pa.int64(), [1, 2], pa.decimal128(10, 1), [Decimal("2.0"), Decimal("1.5")]),
    (pa.float64(), [-0.0, float("nan")], pa.float64(), [0.0, float("nan")]),
    (pa.float32(), [0.1, 2.0], pa.float64(), [0.1, 2.0]),
    (pa.float64(), [float(2**53), 1.0], pa.int64(), [2**53 + 1, 1]),
    (
        pa.decimal128(10, 2),
        [Decimal("1.50"), Decimal("2.00")],
        pa.decimal128(12, 3),
        [Decimal("1.500"), Decimal("2.001")],
    ),
    (pa.decimal128(10, 2), [Decimal("1.50"), Decimal("2.00")], pa.int64(), [2, 1]),
    (pa.decimal128(10, 2), [Decimal("1.50"), Decimal("2.00")], pa.float64(), [2.0, 1.5]),
    (pa.date32(), [19723, 19724], pa.timestamp("ns"), [19723 * 86400 * 10**9, 1]),
    (pa.timestamp("us", "UTC"), [5, 6], pa.timestamp("ns", "Europe/Berlin"), [5000, 5001]),
    (pa.time64("us"), [5, 6], pa.time64("ns"), [5000, 5001]),
    (pa.bool_(), [True, False], pa.bool_(), [False, None]),
    (pa.string(), ["é", ""], pa.dictionary(pa.int32(), pa.large_string()), ["", "é"]),
    (pa.binary(), [b"a\x00", b"a"], pa.large_binary(), [b"a", b"a\x00b"]),
    (pa.binary(2), [b"ab", b"cd"], pa.binary(), [b"cd", b"c"]),
]


@pytest.mark.parametrize(
    ("kind", "keys", "frame_kind", "asked"), KEYS, ids=[f"{k[0]}-{k[2]}" for k in KEYS]
)
def test_p2_keys_of_every_pair_of_types(stores, warehouse, kind, keys, frame_kind, asked):
    times = pa.array([utc("2024-01-01")] * 2, pa.timestamp("us", "UTC"))
    rows = {
        "key": pa.array(keys, kind),
        "event_timestamp": times,
        "v": pa.array([10, 20], pa.int64()),
    }
    warehouse.write_as_it_is("feast.keys", pa.table(rows))
    key = Entity(name="key", join_keys=["key"])
    source = stats_source(name="k", table="feast.keys", created_timestamp_column="")
    fields = [Field(name="key", dtype=Int64), Field(name="v", dtype=Int64)]
    stores[0].apply(
        [key, stats_view("keys", entities=[key], schema=fields, source=source, ttl=None)]
    )
    if pa.types.is_dictionary(frame_kind):
        column = pa.array(asked, frame_kind.value_type).dictionary_encode()
    else:
        column = pa.array(asked, frame_kind)
    entity_df = pa.table({"key": column, "event_timestamp": pa.array([utc("2024-01-02")] * 2)})
    native, duckdb = [store.get_historical_features(entity_df, ["keys:v"]) for store in stores]
    assert values(duckdb, "v") == values(native, "v")


def test_keys_that_are_all_null_match_nothing(stores, warehouse):
    warehouse.write(TABLE, STATS)
    stores[0].apply([DRIVER, stats_view()])
    entity_df = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"))
    entity_df["driver_id"] = pd.array([None], "Int64")
    for store in stores:
        assert values(
            store.get_historical_features(entity_df, ["driver_stats:trips"]), "trips"
        ) == [None]


def test_the_plan_names_the_engine(stores, warehouse):
    warehouse.write(TABLE, STATS)
    stores[1].apply([DRIVER, stats_view()])
    entity_df = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"))
    job = stores[1].get_historical_features(entity_df, ["driver_stats:trips"])
    assert "driver_stats" in job.explain()
    assert "ASOF JOIN" in job.explain()
    job.to_arrow()
    with pytest.raises(RuntimeError, match="the engine 'native' has one"):
        job.report()


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("cut", [False, True])
def test_the_job_as_sql_gives_its_rows(store, warehouse, seed, cut):
    chance = random.Random(seed)
    rows = random_rows(chance, 300)
    # Full ties are out of SQL's sight: one row for each key and pair of times.
    frame_rows = rows.to_pandas().drop_duplicates(["a", "b", "at", "created"])
    frame_rows = frame_rows.drop_duplicates(["a", "at", "created"]).drop_duplicates(
        ["at", "created"]
    )
    kept = pa.Table.from_pandas(frame_rows, schema=rows.schema, preserve_index=False)
    warehouse.write("feast.rows", kept)
    store.apply(views("created"))
    refs = ["one:v", "none:v", "both:v"]
    flags = {"full_feature_names": True, "filter_by_created_timestamp": cut}
    asked = random_frame(chance, 60)
    warehouse.write(
        "feast.asked", asked.assign(event_timestamp=asked["event_timestamp"].dt.as_unit("us"))
    )
    for entity_df in (
        asked,
        "SELECT a, b, event_timestamp AS at, label FROM feast.asked ORDER BY label -- all",
    ):
        job = store.get_historical_features(entity_df, refs, **flags)
        expected = job.to_arrow().replace_schema_metadata(None)
        found = run(Tables(store.config), job.to_sql())
        assert found.column_names == expected.column_names
        assert found.cast(expected.schema).to_pylist() == expected.to_pylist()


def test_what_has_no_words_in_sql(store, warehouse):
    table = warehouse.write(TABLE, STATS)
    pinned = stats_source(name="pinned", snapshot_id=table.current_snapshot().snapshot_id)
    store.apply([DRIVER, stats_view(), stats_view("pinned", source=pinned)])
    few = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"))
    many = pd.concat([few] * 10_001)
    listed = few.assign(words=[["a"]])
    for entity_df, ref, message in [
        (few, "pinned:trips", "for which SQL over tables has no words"),
        (many, "driver_stats:trips", "10001 rows: as a query it can have 10000"),
        (listed, "driver_stats:trips", "'words' of the entity frame has type list"),
    ]:
        job = store.get_historical_features(entity_df, [ref])
        with pytest.raises(NotYetSupportedError, match=message):
            job.to_sql()
