"""Retrieval without an entity frame (P14), and the commit cut (P9), through a repository."""

import random
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from feast import Entity, FeatureStore, FeatureView, Field
from feast.types import Float64, Int64

from icefield.feast.sql_frame import run
from icefield.feast.views import Tables
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, utc, values
from tests.feast.test_engines import random_rows, views

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)
REFS = ["driver_stats:trips"]


@pytest.fixture(params=["native", "duckdb"])
def engine(request):
    return request.param


@pytest.fixture
def applied(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    return store


def ask(store, refs=REFS, start=START, end=END, **flags):
    return store.get_historical_features(
        features=refs, start_date=start, end_date=end, full_feature_names=False, **flags
    )


def test_p14_the_frame_is_the_distinct_keys_and_times_of_the_views(applied):
    job = ask(applied)
    assert job.to_arrow().to_pydict() == {
        "driver_id": [1, 2, 1],
        "event_timestamp": [utc("2024-01-01"), utc("2024-01-01T12:00"), utc("2024-01-02")],
        "trips": [10, 50, 25],
    }
    assert job.metadata.keys == ["driver_id"]
    assert (job.metadata.min_event_timestamp, job.metadata.max_event_timestamp) == (START, END)


def test_p14_both_ends_are_inclusive_and_zone_less_ends_are_utc(applied):
    naive = datetime(2024, 1, 1, 12)
    assert values(ask(applied, start=naive, end=naive), "driver_id") == [2]
    later = naive + timedelta(microseconds=1)
    assert values(ask(applied, start=later, end=END), "driver_id") == [1]


def test_p14_the_end_is_now_and_the_start_the_longest_ttl_before_it(store, warehouse):
    now = pd.Timestamp.now("UTC").as_unit("us")
    rows = frame(["driver_id", "event_timestamp", "trips"], (1, str(now - pd.Timedelta("2D")), 1))
    rows.loc[1] = [2, now - pd.Timedelta("4D"), 2]
    rows.loc[2] = [3, now + pd.Timedelta("1h"), 3]
    rows["event_timestamp"] = pd.to_datetime(rows["event_timestamp"], utc=True).dt.as_unit("us")
    warehouse.write(TABLE, rows)
    source = stats_source(created_timestamp_column="")
    store.apply([DRIVER, stats_view(source=source), stats_view("old", source=source, ttl=None)])
    assert values(store.get_historical_features(features=REFS), "driver_id") == [1]
    job = store.get_historical_features(features=["old:trips"])
    assert values(job, "driver_id") == [2, 1]
    span = job.metadata.max_event_timestamp - job.metadata.min_event_timestamp
    assert span == timedelta(days=30)
    assert abs(job.metadata.max_event_timestamp - datetime.now(UTC)) < timedelta(minutes=1)


def test_p14_feasts_own_now_is_the_wall_clock_without_its_zone(applied, monkeypatch):
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        job = applied.get_historical_features(features=REFS)
        assert abs(job.metadata.max_event_timestamp - datetime.now(UTC)) < timedelta(minutes=1)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_p14_several_views_make_one_frame(applied, warehouse):
    other = frame(["id", "ts", "speed"], (2, "2024-01-01T18:00", 1.5), (3, "2024-01-01T06:00", 2.5))
    other["ts"] = pd.to_datetime(other["ts"], utc=True).dt.as_unit("us")
    rows = pa.Table.from_pandas(other, preserve_index=False)
    rows = rows.set_column(0, "id", rows["id"].cast(pa.int32()))
    warehouse.write("feast.speeds", rows)
    source = stats_source(
        name="speeds",
        table="feast.speeds",
        created_timestamp_column="",
        timestamp_field="event_timestamp",
        field_mapping={"id": "driver_id", "ts": "event_timestamp"},
    )
    fields = [Field(name="driver_id", dtype=Int64), Field(name="speed", dtype=Float64)]
    applied.apply([stats_view("speeds", source=source, schema=fields)])
    result = ask(applied, [*REFS, "speeds:speed"]).to_arrow()
    assert result.schema.field("driver_id").type == pa.int64()
    assert result.to_pydict() == {
        "driver_id": [1, 3, 2, 2, 1],
        "event_timestamp": [
            *(utc("2024-01-01"), utc("2024-01-01T06:00"), utc("2024-01-01T12:00")),
            *(utc("2024-01-01T18:00"), utc("2024-01-02")),
        ],
        "trips": [10, None, 50, 50, 25],
        "speed": [None, 2.5, None, 1.5, None],
    }


def test_p14_views_with_other_join_keys_are_an_error_that_names_them(applied, warehouse):
    warehouse.write("feast.places", frame(["place", "event_timestamp", "v"], (1, "2024-01-01", 1)))
    place = Entity(name="place", join_keys=["place"])
    source = stats_source(name="p", table="feast.places", created_timestamp_column="")
    fields = [Field(name="place", dtype=Int64), Field(name="v", dtype=Int64)]
    applied.apply(
        [place, FeatureView(name="places", entities=[place], schema=fields, source=source)]
    )
    with pytest.raises(ValueError, match=r"driver_stats.*places|places.*driver_stats"):
        ask(applied, [*REFS, "places:v"])


def test_p14_a_view_without_entities_gives_its_times(store, warehouse):
    warehouse.write("feast.prices", frame(["event_timestamp", "fuel"], ("2024-01-01", 1.5)))
    source = stats_source(name="p", table="feast.prices", created_timestamp_column="")
    fields = [Field(name="fuel", dtype=Float64)]
    store.apply([FeatureView(name="prices", entities=[], schema=fields, source=source)])
    result = ask(store, ["prices:fuel"]).to_arrow()
    assert result.to_pydict() == {"event_timestamp": [utc("2024-01-01")], "fuel": [1.5]}


def test_p14_no_rows_in_the_range_give_the_full_schema(applied):
    result = ask(applied, start=datetime(2020, 1, 1), end=datetime(2020, 1, 2)).to_arrow()
    assert result.column_names == ["driver_id", "event_timestamp", "trips"]
    assert result.num_rows == 0


def test_p14_the_created_cut_holds(applied):
    assert values(ask(applied, filter_by_created_timestamp=True), "trips") == [None, None, 10]


def test_p14_the_job_as_sql_gives_its_rows(applied):
    job = ask(applied)
    expected = job.to_arrow()
    found = run(Tables(applied.config), job.to_sql())
    assert found.cast(expected.schema).to_pylist() == expected.to_pylist()


def test_p11_the_range_is_of_the_state_when_the_job_was_made(applied, warehouse):
    job = ask(applied)
    warehouse.write(TABLE, STATS.assign(driver_id=9))
    assert values(job, "driver_id") == [1, 2, 1]
    assert values(job, "driver_id") == [1, 2, 1]


@pytest.mark.parametrize("engine", ["native"])
def test_p9_the_commit_cut_is_of_the_store(make_config, warehouse):
    warehouse.write(TABLE, STATS[:1])
    store = FeatureStore(config=make_config(commit_cut=True))
    store.apply([DRIVER, stats_view(ttl=None)])
    now = pd.Timestamp.now("UTC").as_unit("us")
    entity_df = pd.DataFrame(
        {"driver_id": [1, 1], "event_timestamp": [utc("2024-01-03"), now + pd.Timedelta("1h")]}
    )
    job = store.get_historical_features(entity_df, REFS)
    assert values(job, "trips") == [None, 10]
    without = FeatureStore(config=make_config())
    assert values(without.get_historical_features(entity_df, REFS), "trips") == [10, 10]


@pytest.mark.parametrize("engine", ["native"])
@pytest.mark.parametrize("seed", range(3))
def test_p14_both_engines_and_the_query_give_the_same_cells(make_config, warehouse, seed):
    chance = random.Random(seed)
    for _ in range(2):
        warehouse.write("feast.rows", random_rows(chance, 150))
    stores = [FeatureStore(config=make_config(engine=name)) for name in ("native", "duckdb")]
    stores[0].apply(views("created"))
    flags = {"filter_by_created_timestamp": bool(seed % 2), "full_feature_names": True}
    for refs in (["both:v"], ["one:v"], ["none:v"]):
        jobs = [
            store.get_historical_features(
                features=refs, start_date=START, end_date=START + timedelta(hours=30), **flags
            )
            for store in stores
        ]
        native, duckdb = [job.to_arrow() for job in jobs]
        assert native.num_rows > 10
        assert duckdb.equals(native)
