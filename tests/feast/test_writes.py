"""Batches that Feast writes to the table of a view: pushed, ingested, handed to the store."""

import resource
import signal
from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from feast import Field, PushSource
from feast.data_source import PushMode
from feast.errors import DataSourceNotFoundException
from feast.stream_feature_view import StreamFeatureView
from feast.types import Int64

from icefield.feast import IcebergOfflineStore, IcebergSource, SourceMismatchError
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, utc

COLUMNS = list(STATS.columns)
NEW = frame(COLUMNS, (3, "2024-01-03T00:00", "2024-01-03T00:10", 0.7, 70))


@pytest.fixture
def config(make_config, warehouse):
    warehouse.write(TABLE, STATS)
    return make_config()


def write(config, rows, view=None, progress=None):
    if isinstance(rows, pd.DataFrame):
        rows = pa.Table.from_pandas(rows, preserve_index=False)
    IcebergOfflineStore.offline_write_batch(config, view or stats_view(), rows, progress)


def stored(warehouse, table=TABLE):
    return warehouse.catalog.load_table(table).scan().to_arrow()


def snapshots(warehouse, table=TABLE):
    return len(warehouse.catalog.load_table(table).snapshots())


def trips_of(store, driver, time="2024-01-03T12:00"):
    rows = pd.DataFrame({"driver_id": [driver], "event_timestamp": [utc(time)]})
    job = store.get_historical_features(entity_df=rows, features=["driver_stats:trips"])
    return job.to_arrow()["trips"].to_pylist()[0]


def test_a_batch_is_one_commit_behind_the_rows_that_are_there(config, warehouse):
    counted = []
    write(config, NEW, progress=counted.append)
    assert counted == [1]
    assert snapshots(warehouse) == 2
    assert sorted(stored(warehouse)["trips"].to_pylist()) == [10, 20, 25, 50, 70]


def test_times_of_pandas_are_floored_to_microseconds(config, warehouse):
    late = NEW.assign(
        event_timestamp=pd.to_datetime(["1969-12-31T23:59:59.999999999"], utc=True).as_unit("ns"),
        created=pd.to_datetime(["2024-01-03T00:00:00.000001999"], utc=True).as_unit("ns"),
    )
    write(config, late)
    row = next(row for row in stored(warehouse).to_pylist() if row["trips"] == 70)
    assert row["event_timestamp"] == datetime(1969, 12, 31, 23, 59, 59, 999999, UTC)
    assert row["created"] == datetime(2024, 1, 3, 0, 0, 0, 1, UTC)


def test_times_without_a_zone_are_utc(config, warehouse):
    naive = NEW.assign(event_timestamp=NEW["event_timestamp"].dt.tz_localize(None))
    write(config, naive)
    times = stored(warehouse)["event_timestamp"].to_pylist()
    assert datetime(2024, 1, 3, tzinfo=UTC) in times


def test_numbers_take_the_width_of_the_column(config, warehouse):
    write(config, NEW.assign(trips=[70.0], rate=[1], driver_id=NEW["driver_id"].astype("int32")))
    assert stored(warehouse).schema.field("trips").type == pa.int64()
    assert 70 in stored(warehouse)["trips"].to_pylist()


def test_other_columns_are_a_value_error_that_shows_both_sides(config, warehouse):
    for rows in (
        NEW[COLUMNS[::-1]],
        NEW.drop(columns="rate"),
        NEW.assign(speed=1.0),
        NEW.rename(columns={"rate": "Rate"}),
    ):
        with pytest.raises(ValueError, match="same order") as refusal:
            write(config, rows)
        given, there = str(refusal.value).split("the table 'feast.driver_stats'")
        assert all(f"{name}: " in given for name in rows.columns)
        assert all(f"{name}: " in there for name in COLUMNS)
    assert snapshots(warehouse) == 1


@pytest.mark.parametrize(
    ("column", "values"),
    [("trips", ["many"]), ("trips", [1.5]), ("rate", ["0.5"]), ("event_timestamp", ["2024"])],
)
def test_values_that_do_not_fit_are_refused_and_nothing_is_written(
    config, warehouse, column, values
):
    with pytest.raises(SourceMismatchError, match=f"cannot hold the values of the column {column}"):
        write(config, NEW.assign(**{column: values}))
    assert snapshots(warehouse) == 1


def test_a_row_without_event_time_is_refused(config, warehouse):
    rows = pd.concat([NEW, NEW.assign(event_timestamp=pd.NaT)])
    with pytest.raises(SourceMismatchError, match="1 of the 2 rows have no event time"):
        write(config, rows)
    assert snapshots(warehouse) == 1


def test_an_empty_batch_changes_nothing(config, warehouse):
    write(config, NEW.head(0))
    assert snapshots(warehouse) == 1


def test_a_missing_table_is_feasts_own_error(make_config, warehouse):
    warehouse.write("feast.other", STATS)
    with pytest.raises(DataSourceNotFoundException, match=TABLE):
        write(make_config(), NEW)


def test_a_view_without_a_batch_source_is_refused(config):
    view = stats_view()
    view.batch_source = None
    with pytest.raises(SourceMismatchError, match="'driver_stats' has no batch source"):
        write(config, NEW, view)


def test_a_source_that_reads_a_fixed_state_is_not_written(config, warehouse):
    table = warehouse.catalog.load_table(TABLE)
    snapshot = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_tag(snapshot, "kept").commit()
    for pinned in ({"snapshot_id": snapshot}, {"ref": "kept"}, {"ref": "nowhere"}):
        with pytest.raises(SourceMismatchError, match="would not be seen"):
            write(config, NEW, stats_view(source=stats_source(**pinned)))
    assert snapshots(warehouse) == 1


def test_a_source_over_a_branch_writes_to_the_branch(config, warehouse):
    table = warehouse.catalog.load_table(TABLE)
    snapshot = table.current_snapshot().snapshot_id
    table.manage_snapshots().create_branch(snapshot, "try").commit()
    write(config, NEW, stats_view(source=stats_source(ref="try")))
    table = warehouse.catalog.load_table(TABLE)
    assert len(table.scan().to_arrow()) == 4
    assert len(table.scan().use_ref("try").to_arrow()) == 5


@pytest.fixture
def small_files():
    """No file may grow beyond 4 KiB, as on a disk that has just filled up."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_a_disk_without_room_leaves_the_table_as_it_was(config, warehouse, small_files):
    rows = pd.concat([NEW.assign(trips=trips) for trips in range(5000)])
    with pytest.raises(Exception, match="File too large"):
        write(config, rows)
    assert snapshots(warehouse) == 1


def test_a_warehouse_that_may_not_be_written_is_named(make_config, warehouse):
    forbidden = {"write.data.path": "file:///proc/icefield"}
    table = warehouse.write(TABLE, STATS)
    with table.transaction() as transaction:
        transaction.set_properties(forbidden)
    with pytest.raises(Exception, match="/proc/icefield"):
        write(make_config(), NEW)
    assert snapshots(warehouse) == 1


def test_nested_values_take_the_shape_of_the_column(make_config, warehouse):
    schema = pa.schema(
        [
            ("k", pa.int64()),
            ("event_timestamp", pa.timestamp("us", "UTC")),
            ("m", pa.map_(pa.string(), pa.string())),
            ("s", pa.struct([("a", pa.int32()), ("b", pa.string())])),
            ("l", pa.list_(pa.float32())),
            ("j", pa.string()),
        ]
    )
    warehouse.catalog.create_namespace("feast")
    warehouse.catalog.create_table("feast.nested", schema=schema)
    rows = pd.DataFrame(
        {
            "k": [1],
            "event_timestamp": [utc("2024-01-01")],
            "m": [{"x": "1"}],
            "s": [{"a": 1}],
            "l": [[0.5, 1.5]],
            "j": [{"deep": [1, 2]}],
        }
    )
    source = IcebergSource(table="feast.nested", timestamp_field="event_timestamp")
    write(make_config(), rows, stats_view(source=source))
    [row] = stored(warehouse, "feast.nested").to_pylist()
    assert row["m"] == [("x", "1")]
    assert row["s"] == {"a": 1, "b": None}
    assert row["l"] == [0.5, 1.5]
    assert row["j"] == '{"deep": [1, 2]}'


def test_write_to_offline_store_reorders_and_is_seen(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    store.write_to_offline_store("driver_stats", NEW[COLUMNS[::-1]])
    assert trips_of(store, 3) == 70
    with pytest.raises(ValueError, match=r"missing_expected_columns: \['rate'\]"):
        store.write_to_offline_store("driver_stats", NEW.drop(columns="rate"))


def test_p14_rows_that_were_just_written_are_moments_without_a_frame(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view(ttl=timedelta(hours=2))])
    times = [pd.Timestamp.now("UTC").round("ms") - timedelta(hours=hours) for hours in (2, 1, 0)]
    rates = [0.1, 0.2, 0.3]
    rows = {"driver_id": 9, "event_timestamp": times, "created": times, "rate": rates, "trips": 1}
    store.write_to_offline_store("driver_stats", pd.DataFrame(rows))
    minute = timedelta(minutes=1)
    job = store.get_historical_features(
        None,
        ["driver_stats:rate"],
        start_date=times[0] - minute,
        end_date=times[2] + minute,
    )
    frame = job.to_df()
    assert frame["driver_id"].tolist() == [9, 9, 9]
    assert frame["event_timestamp"].tolist() == times
    assert frame["rate"].tolist() == rates


def test_the_index_of_a_filtered_frame_is_no_column(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    rows = pd.concat([NEW, NEW.assign(trips=71)], ignore_index=True)
    store.write_to_offline_store("driver_stats", rows[rows["trips"] == 71])
    assert trips_of(store, 3) == 71


def test_written_batches_go_through_the_field_mapping(store, warehouse):
    mapping = {"id": "driver_id", "ts": "event_timestamp", "tr": "trips"}
    names = {new: old for old, new in mapping.items()}
    warehouse.write("feast.renamed", STATS.rename(columns=names))
    source = stats_source(name="renamed", table="feast.renamed", field_mapping=mapping)
    store.apply([DRIVER, stats_view(source=source)])
    store.write_to_offline_store("driver_stats", NEW.rename(columns=names))
    assert trips_of(store, 3) == 70
    # The store itself takes either names.
    write(store.config, NEW, store.get_feature_view("driver_stats"))
    write(store.config, NEW.rename(columns=names), store.get_feature_view("driver_stats"))
    assert len(stored(warehouse, "feast.renamed")) == 7


@pytest.mark.parametrize("to", [PushMode.OFFLINE, PushMode.ONLINE_AND_OFFLINE])
def test_pushes_reach_the_offline_store(store, warehouse, to):
    warehouse.write(TABLE, STATS)
    push = PushSource(name="pushed", batch_source=stats_source())
    stream = StreamFeatureView(
        name="streamed",
        entities=[DRIVER],
        schema=[Field(name="driver_id", dtype=Int64), Field(name="trips", dtype=Int64)],
        source=PushSource(name="pushed too", batch_source=stats_source()),
        timestamp_field="event_timestamp",
        ttl=timedelta(days=3),
    )
    store.apply([DRIVER, stats_view(source=push), stream])
    store.push("pushed", NEW, to=to)
    assert trips_of(store, 3) == 70
    store.push("pushed too", NEW.assign(driver_id=4, trips=40), to=to)
    assert trips_of(store, 4) == 40
    served = store.get_online_features(
        features=["driver_stats:trips"], entity_rows=[{"driver_id": 3}]
    ).to_dict()
    assert served["trips"] == [70 if to is PushMode.ONLINE_AND_OFFLINE else None]
