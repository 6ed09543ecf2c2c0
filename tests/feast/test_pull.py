"""pull_latest, pull_all (P13, P15), and materialization, which is made of them."""

from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from feast import FeatureStore, FeatureView, Field
from feast.types import Float64

from icefield.feast import (
    IcebergOfflineStore,
    IcebergSource,
    SourceMismatchError,
)
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, utc

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)


@pytest.fixture(params=["native", "duckdb"])
def engine(request):
    return request.param


def pull(method, config, source, keys, features, created="created", start=START, end=END, **names):
    call = {
        "latest": IcebergOfflineStore.pull_latest_from_table_or_query,
        "all": IcebergOfflineStore.pull_all_from_table_or_query,
    }[method]
    return call(
        config=config,
        data_source=source,
        join_key_columns=keys,
        feature_name_columns=features,
        timestamp_field=names.get("timestamp_field", "event_timestamp"),
        created_timestamp_column=created,
        start_date=start,
        end_date=end,
    )


def rows(job, *columns):
    table = job.to_arrow().select(columns) if columns else job.to_arrow()
    return sorted(tuple(row.values()) for row in table.to_pylist())


@pytest.fixture
def config(make_config, warehouse):
    warehouse.write(TABLE, STATS)
    return make_config()


def test_p15_the_latest_row_of_each_key(config):
    job = pull("latest", config, stats_source(), ["driver_id"], ["trips"])
    assert job.to_arrow().column_names == ["driver_id", "trips", "event_timestamp", "created"]
    assert rows(job, "driver_id", "trips") == [(1, 25), (2, 50)]
    assert rows(job) == rows(job)


def test_p15_without_a_created_column(config):
    job = pull("latest", config, stats_source(), ["driver_id"], ["rate"], created=None)
    assert job.to_arrow().column_names == ["driver_id", "rate", "event_timestamp"]
    assert [key for key, _ in rows(job, "driver_id", "rate")] == [1, 2]


def test_all_rows_of_a_range(config):
    job = pull("all", config, stats_source(), ["driver_id"], ["trips"])
    assert job.to_arrow().column_names == ["driver_id", "trips", "event_timestamp", "created"]
    assert rows(job, "driver_id", "trips") == [(1, 10), (1, 20), (1, 25), (2, 50)]
    assert rows(job) == rows(job)


@pytest.mark.parametrize(
    ("start", "end", "all_trips", "latest_trips"),
    [
        ("2024-01-01", "2024-01-01", [10], [10]),
        ("2024-01-01T00:00:00.000001", "2024-01-01T12:00", [50], [50]),
        ("2024-01-01T00:00:00.000001", "2024-01-01T11:59:59.999999", [], []),
        ("2024-01-01", "2024-01-01T23:59:59.999999", [10, 50], [10, 50]),
        ("2025-01-01", "2026-01-01", [], []),
    ],
)
def test_p15_both_ends_are_inclusive(config, start, end, all_trips, latest_trips):
    aware = [utc(start), utc(end)]
    naive = [bound.tz_localize(None) for bound in aware]
    elsewhere = [bound.tz_convert("Asia/Tokyo") for bound in aware]
    for bounds in (aware, naive, elsewhere):
        dates = [bound.to_pydatetime() for bound in bounds]
        given = (config, stats_source(), ["driver_id"], ["trips"], "created", *dates)
        assert sorted(pull("all", *given).to_arrow()["trips"].to_pylist()) == all_trips
        assert sorted(pull("latest", *given).to_arrow()["trips"].to_pylist()) == latest_trips


@pytest.mark.parametrize("method", ["latest", "all"])
def test_a_range_that_ends_before_it_starts_is_empty(config, method):
    job = pull(method, config, stats_source(), ["driver_id"], ["trips"], "created", END, START)
    assert job.to_arrow().column_names == ["driver_id", "trips", "event_timestamp", "created"]
    assert job.to_arrow().num_rows == 0


def test_an_open_range_takes_everything(config):
    for start, end, expected in [(None, None, 4), (START, None, 4), (None, START, 1)]:
        job = pull("all", config, stats_source(), ["driver_id"], ["trips"], "created", start, end)
        assert job.to_arrow().num_rows == expected


@pytest.mark.parametrize("method", ["latest", "all"])
def test_p13_no_feature_names_mean_all_columns(config, method):
    job = pull(method, config, stats_source(), ["driver_id"], [])
    assert job.to_arrow().column_names == list(STATS.columns)


@pytest.mark.parametrize("method", ["latest", "all"])
def test_p13_the_names_are_the_sources_own(make_config, warehouse, method):
    warehouse.write(TABLE, STATS.rename(columns={"driver_id": "id", "event_timestamp": "ts"}))
    source = stats_source(field_mapping={"id": "driver_id", "ts": "event_timestamp"})
    job = pull(method, make_config(), source, ["id"], ["rate"], timestamp_field="ts")
    assert job.to_arrow().column_names == ["id", "rate", "ts", "created"]


def test_p15_without_keys_there_is_one_row_with_feasts_dummy_key(config):
    job = pull("latest", config, stats_source(), [], ["trips"])
    assert job.to_arrow().column_names == ["trips", "event_timestamp", "created", "__dummy_id"]
    assert job.to_arrow()["trips"].to_pylist() == [25]
    assert job.to_arrow()["__dummy_id"].to_pylist() == [""]
    everything = pull("all", config, stats_source(), [], ["trips"]).to_arrow()
    assert everything["__dummy_id"].to_pylist() == [""] * 4


def test_p15_rows_without_key_or_time_are_left_out_of_the_latest(make_config, warehouse):
    table = pa.table(
        {
            "k": pa.array([1, None, 2], pa.int64()),
            "ts": pa.array([utc("2024-01-01"), utc("2024-01-01"), None], pa.timestamp("us", "UTC")),
            "v": [1, 2, 3],
        }
    )
    warehouse.write("feast.holes", table)
    source = IcebergSource(table="feast.holes", timestamp_field="ts")
    job = pull("latest", make_config(), source, ["k"], ["v"], None, timestamp_field="ts")
    assert rows(job, "k", "v") == [(1, 1)]


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        (pa.timestamp("us"), lambda n: datetime(2024, 1, n)),
        (pa.timestamp("us", "UTC"), lambda n: datetime(2024, 1, n, tzinfo=UTC)),
        (pa.date32(), lambda n: date(2024, 1, n)),
    ],
    ids=["zone-less", "UTC", "date"],
)
def test_p10_columns_of_every_time_type_compare_as_instants(make_config, warehouse, kind, day):
    table = pa.table(
        {
            "k": [1, 2, 3],
            "t": pa.array([day(1), day(2), day(3)], kind),
        }
    )
    warehouse.write("feast.days", table)
    source = IcebergSource(table="feast.days", timestamp_field="t")
    start, end = datetime(2024, 1, 1, 0, 0, 1, tzinfo=UTC), datetime(2024, 1, 2, 23, tzinfo=UTC)
    for method in ("latest", "all"):
        job = pull(method, make_config(), source, ["k"], [], None, start, end, timestamp_field="t")
        assert job.to_arrow()["k"].to_pylist() == [2]
        assert job.to_arrow()["t"].type == kind


@pytest.mark.parametrize("method", ["latest", "all"])
def test_p11_pulls_are_pinned_and_name_their_snapshot(config, warehouse, method):
    job = pull(method, config, stats_source(), ["driver_id"], ["trips"])
    snapshot = warehouse.catalog.load_table(TABLE).current_snapshot()
    assert job.metadata.snapshots == {
        "driver_stats": {
            "table": TABLE,
            "snapshot_id": snapshot.snapshot_id,
            "timestamp_ms": snapshot.timestamp_ms,
        }
    }
    before = rows(job)
    warehouse.write(TABLE, STATS.assign(trips=0, created=utc("2030-01-01")))
    assert rows(job) == before
    assert rows(pull(method, config, stats_source(), ["driver_id"], ["trips"])) != before


@pytest.mark.parametrize("method", ["latest", "all"])
def test_a_source_may_name_a_snapshot_or_a_ref(config, warehouse, method):
    table = warehouse.catalog.load_table(TABLE)
    first = table.current_snapshot().snapshot_id
    before = rows(pull(method, config, stats_source(), ["driver_id"], ["trips"]))
    warehouse.write(TABLE, STATS.assign(trips=0, created=utc("2030-01-01")))
    table.refresh().manage_snapshots().create_tag(first, "before").commit()
    for pinned in ({"snapshot_id": first}, {"ref": "before"}):
        job = pull(method, config, stats_source(**pinned), ["driver_id"], ["trips"])
        assert rows(job) == before
        assert job.metadata.snapshots["driver_stats"]["snapshot_id"] == first


@pytest.mark.parametrize("method", ["latest", "all"])
def test_a_table_without_rows_or_snapshots(make_config, warehouse, method):
    warehouse.catalog.create_namespace("feast")
    empty = pa.table({"k": pa.array([], pa.int64()), "t": pa.array([], pa.timestamp("us", "UTC"))})
    warehouse.catalog.create_table("feast.empty", schema=empty.schema)
    source = IcebergSource(table="feast.empty", timestamp_field="t")
    job = pull(method, make_config(), source, ["k"], [], None, timestamp_field="t")
    assert job.to_arrow().schema.names == ["k", "t"]
    assert job.to_arrow().num_rows == 0
    assert job.metadata.snapshots["feast.empty"]["snapshot_id"] is None


@pytest.mark.parametrize("method", ["latest", "all"])
def test_a_column_that_the_table_does_not_have_is_an_error(config, method):
    with pytest.raises(SourceMismatchError, match="does not have the columns speed"):
        pull(method, config, stats_source(), ["driver_id"], ["speed"])


@pytest.mark.parametrize("method", ["latest", "all"])
def test_the_plan_of_a_pull_names_the_snapshot(config, method):
    job = pull(method, config, stats_source(), ["driver_id"], ["trips"])
    assert str(job.metadata.snapshots["driver_stats"]["snapshot_id"]) in job.explain()


@pytest.mark.parametrize("pull_latest", [True, False])
def test_materialized_features_are_the_newest(make_config, warehouse, pull_latest):
    warehouse.write(TABLE, STATS)
    prices = frame(["event_timestamp", "fuel"], ("2024-01-01", 1.5), ("2024-01-02", 1.7))
    warehouse.write("feast.prices", prices)
    config = make_config()
    config.materialization_config.pull_latest_features = pull_latest
    store = FeatureStore(config=config)
    source = stats_source(name="p", table="feast.prices", created_timestamp_column="")
    everywhere = FeatureView(
        name="prices",
        entities=[],
        ttl=timedelta(days=1),
        schema=[Field(name="fuel", dtype=Float64)],
        source=source,
    )
    store.apply([DRIVER, stats_view(), everywhere])
    store.materialize(START, datetime(2024, 1, 3))  # one bound with a zone, one without
    answer = store.get_online_features(
        ["driver_stats:trips", "driver_stats:rate", "prices:fuel"],
        [{"driver_id": 1}, {"driver_id": 2}, {"driver_id": 3}],
    ).to_dict()
    assert answer["trips"] == [25, 50, None]
    assert answer["rate"] == [0.25, 0.5, None]
    assert answer["fuel"] == [1.7, 1.7, 1.7]


def test_names_that_are_no_plain_words_can_be_filtered_by(make_config, warehouse):
    name = 'when "exactly" \\ and'
    warehouse.write(
        "feast.odd",
        frame(["k", "event_timestamp"], (1, "2024-01-01")).rename(
            columns={"event_timestamp": name}
        ),
    )
    source = IcebergSource(table="feast.odd", timestamp_field=name)
    for method in ("latest", "all"):
        job = pull(method, make_config(), source, ["k"], [], None, timestamp_field=name)
        assert job.to_arrow()["k"].to_pylist() == [1]
