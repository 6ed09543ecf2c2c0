"""Materialization by Icefield's compute engine, beside Feast's own."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pyarrow as pa
import pytest
from feast import BatchFeatureView, Entity, FeatureStore, FeatureView, Field, PushSource
from feast.data_source import PushMode
from feast.stream_feature_view import StreamFeatureView
from feast.transformation.mode import TransformationMode
from feast.types import Float64, Int64, String
from feast.value_type import ValueType

from icefield.feast import IcebergComputeEngine, IcebergSource
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view

START, END = datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 3, tzinfo=UTC)
NATIVE = {"type": "icefield.feast.IcebergComputeEngine"}
ENGINES = [NATIVE, "local"]


@pytest.fixture
def make_store(make_config, warehouse):
    warehouse.write(TABLE, STATS)

    def make(engine=NATIVE, **materialization):
        config = make_config()
        config.batch_engine_config = engine
        for name, value in materialization.items():
            setattr(config.materialization_config, name, value)
        return FeatureStore(config=config)

    return make


def online(store, *features, **keys):
    keys = keys or {"driver_id": [1, 2, 3]}
    rows = [dict(zip(keys, row, strict=True)) for row in zip(*keys.values(), strict=True)]
    answer = store.get_online_features(features=list(features), entity_rows=rows).to_dict()
    return {name: answer[name] for name in (feature.split(":")[1] for feature in features)}


def both_engines(make_store, objects, *features, **keys):
    """What is served after materialization by either engine; the two must agree."""
    answers = []
    for engine in ENGINES:
        store = make_store(engine)
        store.apply(objects)
        store.materialize(START, END)
        answers.append(online(store, *features, **keys))
        store.teardown()
    assert answers[0] == answers[1]
    return answers[0]


def test_feast_takes_the_engine_by_either_path(make_config):
    for path in (NATIVE["type"], "icefield.feast.compute_engine.IcebergComputeEngine"):
        config = make_config()
        config.batch_engine_config = {"type": path}
        store = FeatureStore(config=config)
        assert isinstance(store._get_provider().batch_engine, IcebergComputeEngine)
        assert config.batch_engine.type == path


def test_unknown_settings_of_the_engine_are_refused(make_config):
    config = make_config()
    config.batch_engine_config = NATIVE | {"cores": 4}
    with pytest.raises(ValueError, match="cores"):
        FeatureStore(config=config)._get_provider().batch_engine  # noqa: B018


def test_p15_the_newest_row_of_each_key_is_served(make_store):
    served = both_engines(
        make_store, [DRIVER, stats_view()], "driver_stats:trips", "driver_stats:rate"
    )
    assert served == {"trips": [25, 50, None], "rate": [0.25, 0.5, None]}


@pytest.mark.parametrize("rows_per_write", [1, 2, None])
def test_rows_are_written_in_steps(make_store, rows_per_write, monkeypatch):
    store = make_store(online_write_batch_size=rows_per_write)
    store.apply([DRIVER, stats_view()])
    kind = type(store._get_provider().online_store)
    sizes, write = [], kind.online_write_batch

    def counted(self, config, table, data, progress):
        sizes.append(len(data))
        write(self, config, table, data, progress)

    monkeypatch.setattr(kind, "online_write_batch", counted)
    store.materialize(START, END)
    assert sizes == {1: [1, 1], 2: [2], None: [2]}[rows_per_write]
    assert online(store, "driver_stats:trips") == {"trips": [25, 50, None]}


def test_incremental_materialization_goes_on_where_the_last_ended(make_store, warehouse):
    store = make_store()
    store.apply([DRIVER, stats_view(ttl=timedelta(days=30_000))])
    store.materialize_incremental(datetime(2024, 1, 1, 18, tzinfo=UTC))
    assert online(store, "driver_stats:trips") == {"trips": [10, 50, None]}
    columns = list(STATS.columns)
    late = frame(columns, (2, "2023-01-01", "2024-01-02", 0.9, 90))  # before the last end
    warehouse.write(TABLE, late)
    store.materialize_incremental(END)
    assert online(store, "driver_stats:trips") == {"trips": [25, 50, None]}
    intervals = store.get_feature_view("driver_stats").materialization_intervals
    assert [end for _, end in intervals] == [datetime(2024, 1, 1, 18, tzinfo=UTC), END]


def test_p13_field_mapping_of_keys_times_and_features(make_store, warehouse):
    mapping = {"id": "driver_id", "ts": "event_timestamp", "tr": "trips"}
    renamed = STATS.rename(columns={new: old for old, new in mapping.items()})
    warehouse.write("feast.renamed", renamed)
    source = stats_source(name="renamed", table="feast.renamed", field_mapping=mapping)
    served = both_engines(make_store, [DRIVER, stats_view(source=source)], "driver_stats:trips")
    assert served == {"trips": [25, 50, None]}


def test_a_timestamp_field_by_its_name_in_the_table(make_store, warehouse):
    # Feast's own engine renames the column and then looks for it by the old name.
    warehouse.write("feast.renamed", STATS.rename(columns={"event_timestamp": "ts"}))
    source = stats_source(
        name="renamed",
        table="feast.renamed",
        timestamp_field="ts",
        field_mapping={"ts": "event_timestamp"},
    )
    store = make_store()
    store.apply([DRIVER, stats_view(source=source)])
    store.materialize(START, END)
    assert online(store, "driver_stats:trips") == {"trips": [25, 50, None]}


def test_p15_a_view_without_entities_is_one_row(make_store):
    # Feast's own engine serves the row that the table has last, here one of an earlier time.
    store = make_store()
    store.apply([stats_view(name="all", entities=[], schema=[Field(name="trips", dtype=Int64)])])
    store.materialize(START, END)
    assert online(store, "all:trips", driver_id=[1]) == {"trips": [25]}


def test_several_keys_of_several_types(make_store, warehouse):
    rows = frame(
        ["driver_id", "zone", "event_timestamp", "rate"],
        (1, "a", "2024-01-01", 0.1),
        (1, "b", "2024-01-01", 0.2),
        (1, "a", "2024-01-02", 0.3),
    )
    warehouse.write("feast.zones", rows)
    zone = Entity(name="zone", join_keys=["zone"], value_type=ValueType.STRING)
    view = FeatureView(
        name="zones",
        entities=[DRIVER, zone],
        schema=[
            Field(name="driver_id", dtype=Int64),
            Field(name="zone", dtype=String),
            Field(name="rate", dtype=Float64),
        ],
        source=IcebergSource(table="feast.zones", timestamp_field="event_timestamp"),
    )
    served = both_engines(
        make_store, [DRIVER, zone, view], "zones:rate", driver_id=[1, 1, 2], zone=["a", "b", "a"]
    )
    assert served == {"rate": [0.3, 0.2, None]}


def test_views_over_a_push_source_are_read_from_its_batch_source(make_store):
    push = PushSource(name="pushed", batch_source=stats_source())
    served = both_engines(make_store, [DRIVER, stats_view(source=push)], "driver_stats:trips")
    assert served == {"trips": [25, 50, None]}


def test_stream_views(make_store):
    view = StreamFeatureView(
        name="driver_stats",
        entities=[DRIVER],
        schema=[Field(name="driver_id", dtype=Int64), Field(name="trips", dtype=Int64)],
        source=PushSource(name="pushed", batch_source=stats_source()),
        timestamp_field="event_timestamp",
        ttl=timedelta(days=3),
    )
    assert both_engines(make_store, [DRIVER, view], "driver_stats:trips") == {
        "trips": [25, 50, None]
    }


def doubled(rows):
    rows["twice"] = rows["trips"] * 2
    return rows


def test_transformations_run_in_feasts_local_engine(make_store):
    view = BatchFeatureView(
        name="doubled",
        mode=TransformationMode.PANDAS,
        entities=[DRIVER],
        schema=[Field(name="driver_id", dtype=Int64), Field(name="twice", dtype=Int64)],
        source=stats_source(),
        udf=doubled,
        udf_string="doubled",
        online=True,
    )
    served = both_engines(make_store, [DRIVER, view], "doubled:twice")
    assert served == {"twice": [50, 100, None]}


def chosen(rows):
    return rows.assign(twice=rows["trips"] * 2)[["driver_id", "twice", "event_timestamp"]]


@pytest.mark.parametrize("batch_engine", ENGINES, ids=["icefield", "feast"])
def test_rows_of_a_derived_view_are_written_to_its_sink(make_store, warehouse, batch_engine):
    warehouse.write(
        "feast.sink",
        frame(["driver_id", "twice", "event_timestamp"]).astype(
            {"driver_id": "int64", "twice": "int64"}
        ),
    )
    view = BatchFeatureView(
        name="derived",
        mode=TransformationMode.PANDAS,
        entities=[DRIVER],
        schema=[Field(name="driver_id", dtype=Int64), Field(name="twice", dtype=Int64)],
        source=[stats_view()],
        sink_source=IcebergSource(table="feast.sink", timestamp_field="event_timestamp"),
        udf=chosen,
        udf_string="chosen",
        online=True,
        offline=True,
    )
    store = make_store(batch_engine)
    store.apply([DRIVER, stats_view(), view])
    store.materialize(START, END, feature_views=["derived"])
    assert online(store, "derived:twice") == {"twice": [50, 100, None]}
    rows = warehouse.catalog.load_table("feast.sink").scan().to_arrow()
    assert sorted(rows["twice"].to_pylist()) == [50, 100]


def test_rows_that_are_in_the_table_already_are_not_written_to_it_again(make_store, warehouse):
    store = make_store()
    store.apply([DRIVER, stats_view(offline=True)])
    before = warehouse.catalog.load_table(TABLE).current_snapshot()
    store.materialize(START, END)
    assert online(store, "driver_stats:trips") == {"trips": [25, 50, None]}
    assert warehouse.catalog.load_table(TABLE).current_snapshot() == before


def test_rows_without_key_or_time_are_not_served(make_store, warehouse):
    rows = STATS.astype({"driver_id": "Int64"})
    rows.loc[len(rows)] = [pd.NA, *rows.loc[3, ["event_timestamp", "created", "rate", "trips"]]]
    rows.loc[len(rows)] = [3, pd.NaT, rows.loc[3, "created"], 0.9, 90]
    warehouse.write("feast.gaps", pa.Table.from_pandas(rows, preserve_index=False))
    store = make_store()
    source = stats_source(name="gaps", table="feast.gaps")
    store.apply([DRIVER, stats_view(source=source)])
    store.materialize(START, END)
    assert online(store, "driver_stats:trips") == {"trips": [25, 50, None]}


def test_an_empty_range_serves_nothing(make_store):
    store = make_store()
    store.apply([DRIVER, stats_view()])
    store.materialize(datetime(2030, 1, 1, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC))
    assert online(store, "driver_stats:trips") == {"trips": [None, None, None]}


def test_incremental_materialization_up_to_an_earlier_end_changes_nothing(make_store):
    store = make_store()
    store.apply([DRIVER, stats_view(ttl=timedelta(days=30_000))])
    store.materialize_incremental(END)
    store.materialize_incremental(START)
    assert online(store, "driver_stats:trips") == {"trips": [25, 50, None]}


def test_progress_counts_the_rows(make_store, monkeypatch):
    bars = []

    class Bar:
        def __init__(self, total=None, **_):
            self.rows, self.closed = 0, False
            bars.append(self)

        def update(self, rows):
            self.rows += rows

        def close(self):
            self.closed = True

    monkeypatch.setattr("feast.feature_store.tqdm", Bar)
    store = make_store()
    store.apply([DRIVER, stats_view()])
    store.materialize(START, END)
    assert [(bar.rows, bar.closed) for bar in bars] == [(2, True)]


def test_what_fails_is_raised_and_leaves_the_view_as_it_was(make_store, warehouse):
    store = make_store()
    store.apply([DRIVER, stats_view()])
    before = store.get_feature_view("driver_stats")
    warehouse.catalog.drop_table(TABLE)
    with pytest.raises(Exception, match=TABLE):
        store.materialize(START, END)
    after = store.get_feature_view("driver_stats")
    assert (after.state, after.materialization_intervals) == (before.state, [])


def test_pushed_rows_are_served_beside_materialized_ones(make_store):
    store = make_store()
    push = PushSource(name="pushed", batch_source=stats_source())
    store.apply([DRIVER, stats_view(source=push)])
    store.materialize(START, END)
    fresh = frame(list(STATS.columns), (3, "2024-01-03", "2024-01-03", 0.7, 70))
    store.push("pushed", fresh, to=PushMode.ONLINE)
    assert online(store, "driver_stats:trips") == {"trips": [25, 50, 70]}
