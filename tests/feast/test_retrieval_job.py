"""The job: lazy, pinned to its snapshots, readable more than once, and what it refuses."""

from datetime import UTC, datetime

import pytest
from feast import FeatureStore, FeatureView, Field, FileSource
from feast.errors import (
    DataSourceNotFoundException,
    FeastEntityDFMissingColumnsError,
    FeastOfflineStoreUnsupportedDataSource,
    FeatureViewNotFoundException,
)
from feast.types import Int64

from icefield.errors import InvalidArgumentError, ResourceExhaustedError
from icefield.feast import IcebergOfflineStore, SourceMismatchError
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, values

REFS = ["driver_stats:trips"]
ASKED = frame(["driver_id", "event_timestamp"], (1, "2024-01-03"), (2, "2024-01-03"))
NEWER = frame(
    ["driver_id", "event_timestamp", "created", "rate", "trips"],
    (1, "2024-01-02T12:00", "2024-01-02T12:00", 0.9, 99),
)


@pytest.fixture
def applied(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    return store


def test_p11_a_commit_after_the_job_was_made_changes_nothing(applied, warehouse):
    job = applied.get_historical_features(ASKED, REFS)
    again = applied.get_historical_features(ASKED, REFS)
    assert values(again, "trips") == [25, 50]
    warehouse.write(TABLE, NEWER)
    assert values(job, "trips") == [25, 50]
    assert values(again, "trips") == [25, 50]
    assert values(applied.get_historical_features(ASKED, REFS), "trips") == [99, 50]


def test_p11_a_schema_change_after_the_job_was_made_changes_nothing(applied, warehouse):
    job = applied.get_historical_features(ASKED, REFS)
    assert values(job, "trips") == [25, 50]
    with warehouse.catalog.load_table(TABLE).update_schema() as update:
        update.rename_column("trips", "journeys")
    assert values(job, "trips") == [25, 50]


def test_a_change_of_the_frame_after_the_job_was_made_changes_nothing(applied):
    given = ASKED.copy()
    job = applied.get_historical_features(given, REFS)
    given["driver_id"] = 7
    assert values(job, "driver_id") == [1, 2]


def test_the_metadata_names_the_snapshots(applied, warehouse):
    job = applied.get_historical_features(ASKED, REFS)
    snapshot = warehouse.catalog.load_table(TABLE).current_snapshot()
    assert job.metadata.snapshots == {
        "driver_stats": {
            "table": TABLE,
            "snapshot_id": snapshot.snapshot_id,
            "timestamp_ms": snapshot.timestamp_ms,
        }
    }
    assert job.metadata.features == REFS
    assert job.metadata.keys == ["driver_id"]
    assert job.metadata.min_event_timestamp == datetime(2024, 1, 3, tzinfo=UTC)
    assert job.metadata.max_event_timestamp == datetime(2024, 1, 3, tzinfo=UTC)


def test_a_source_may_name_a_snapshot_or_a_ref(store, warehouse):
    table = warehouse.write(TABLE, STATS)
    first = table.current_snapshot().snapshot_id
    warehouse.write(TABLE, NEWER)
    table.refresh().manage_snapshots().create_tag(first, "before").commit()
    store.apply(
        [
            DRIVER,
            stats_view("now", source=stats_source(name="a")),
            stats_view("by_id", source=stats_source(name="b", snapshot_id=first)),
            stats_view("by_tag", source=stats_source(name="c", ref="before")),
        ]
    )
    refs = ["now:trips", "by_id:trips", "by_tag:trips"]
    job = store.get_historical_features(ASKED, refs, full_feature_names=True)
    assert values(job, "now__trips") == [99, 50]
    assert values(job, "by_id__trips") == [25, 50]
    assert values(job, "by_tag__trips") == [25, 50]
    ids = {view: entry["snapshot_id"] for view, entry in job.metadata.snapshots.items()}
    assert ids["by_id"] == ids["by_tag"] == first
    assert ids["now"] != first


def test_batches_are_the_same_result_in_parts(applied):
    job = applied.get_historical_features(ASKED, REFS)
    reader = job.to_arrow_batches()
    assert reader.schema.names == ["driver_id", "event_timestamp", "trips"]
    assert reader.read_all()["trips"].to_pylist() == [25, 50]
    assert job.to_arrow_batches().read_all() == job.to_arrow()


def test_the_plan_can_be_seen_and_the_run_reports(applied):
    job = applied.get_historical_features(ASKED, REFS)
    assert "driver_stats" in job.explain()
    with pytest.raises(RuntimeError, match="no report"):
        job.report()
    job.to_df()
    assert job.report()["rows"] == 2


@pytest.mark.parametrize("engine", ["native"])
def test_queries_beyond_the_limit_are_refused(make_config, warehouse):
    warehouse.write(TABLE, STATS)
    stores = [FeatureStore(config=make_config(max_bytes_per_query=most)) for most in (10**6, 1)]
    stores[0].apply([DRIVER, stats_view()])
    assert values(stores[0].get_historical_features(ASKED, REFS), "trips") == [25, 50]
    pulled = (
        *(stats_source(), ["driver_id"], ["trips"], "event_timestamp", "created"),
        *(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 9, tzinfo=UTC)),
    )
    for job in (
        stores[1].get_historical_features(ASKED, REFS),
        IcebergOfflineStore.pull_latest_from_table_or_query(stores[1].config, *pulled),
        IcebergOfflineStore.pull_all_from_table_or_query(stores[1].config, *pulled),
    ):
        with pytest.raises(ResourceExhaustedError, match="max_bytes"):
            job.to_arrow()


@pytest.mark.parametrize("engine", ["native"])
def test_a_memory_budget_is_kept_and_a_small_one_refused(make_config, warehouse, tmp_path):
    warehouse.write(TABLE, STATS)
    budgets = ["64MiB", 1]
    stores = [
        FeatureStore(config=make_config(memory_budget=size, spill_directory=str(tmp_path)))
        for size in budgets
    ]
    stores[0].apply([DRIVER, stats_view()])
    job = stores[0].get_historical_features(ASKED, REFS)
    assert f"memory budget {64 << 20} bytes" in job.explain()
    assert values(job, "trips") == [25, 50]
    pulled = (
        *(stats_source(), ["driver_id"], ["trips"], "event_timestamp", "created"),
        *(datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 9, tzinfo=UTC)),
    )
    latest = IcebergOfflineStore.pull_latest_from_table_or_query(stores[0].config, *pulled)
    assert latest.to_arrow().num_rows == 2
    for ask in (
        lambda: stores[1].get_historical_features(ASKED, REFS).to_arrow(),
        lambda: IcebergOfflineStore.pull_latest_from_table_or_query(
            stores[1].config, *pulled
        ).to_arrow(),
    ):
        with pytest.raises(InvalidArgumentError, match="the least that works"):
            ask()


def test_missing_join_keys_are_feasts_own_error(applied):
    with pytest.raises(FeastEntityDFMissingColumnsError, match="driver_id"):
        applied.get_historical_features(ASKED.rename(columns={"driver_id": "id"}), REFS)


def test_a_feature_named_like_a_column_of_the_frame_is_an_error(applied):
    with pytest.raises(ValueError, match="trips"):
        applied.get_historical_features(ASKED.assign(trips=1), REFS)


def test_a_feature_that_the_table_does_not_have_is_an_error(store, warehouse):
    warehouse.write(TABLE, STATS)
    fields = [Field(name="driver_id", dtype=Int64), Field(name="speed", dtype=Int64)]
    store.apply([DRIVER, stats_view(schema=fields)])
    with pytest.raises((LookupError, ValueError), match="speed"):
        store.get_historical_features(ASKED, ["driver_stats:speed"])


def test_a_missing_table_is_feasts_own_error(store):
    store.apply([DRIVER, stats_view()])
    with pytest.raises(DataSourceNotFoundException, match=r"feast\.driver_stats"):
        store.get_historical_features(ASKED, REFS)


def test_sources_of_other_stores_are_feasts_own_error(store):
    source = FileSource(path="drivers.parquet", timestamp_field="event_timestamp")
    view = stats_view(source=source)
    with pytest.raises(FeastOfflineStoreUnsupportedDataSource, match="FileSource"):
        _retrieve(store, [view], REFS)


def test_a_reference_that_no_view_answers_is_feasts_own_error(store):
    with pytest.raises(FeatureViewNotFoundException, match="drivers"):
        _retrieve(store, [stats_view()], ["drivers:trips"])


def test_a_view_without_a_source_is_refused(store):
    view = FeatureView(name="driver_stats", schema=[Field(name="trips", dtype=Int64)])
    with pytest.raises(SourceMismatchError, match="no batch source"):
        _retrieve(store, [view], REFS)


def test_a_view_whose_keys_are_not_known_is_refused(store, warehouse):
    warehouse.write(TABLE, STATS)
    view = stats_view(schema=[Field(name="trips", dtype=Int64)])
    with pytest.raises(SourceMismatchError, match="join keys are known: none"):
        _retrieve(store, [view], REFS)


def _retrieve(store: FeatureStore, views, refs):
    return IcebergOfflineStore.get_historical_features(
        store.config, views, refs, ASKED, store.registry, store.project
    )
