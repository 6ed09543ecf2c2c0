"""get_historical_features on a real repository: the rules P1 to P13 as Feast's users meet them."""

from datetime import timedelta

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, RequestSource
from feast.errors import RequestDataNotFoundInEntityDfException
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, Int64, String

from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, utc, values


@pytest.fixture(params=["native", "duckdb"])
def engine(request):
    return request.param


REFS = ["driver_stats:rate", "driver_stats:trips"]


@pytest.fixture
def applied(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    return store


def asked(*rows):
    return frame(["driver_id", "event_timestamp"], *rows)


def test_p1_p4_rows_keep_their_order_and_get_the_newest_known_row(applied):
    entity_df = asked(
        (2, "2024-01-02T00:00"),
        (1, "2024-01-01T00:00"),  # at the very time of the row
        (1, "2023-12-31T23:59:59.999999"),
        (9, "2024-01-02T00:00"),
        (2, "2024-01-02T00:00"),
    )
    entity_df["label"] = ["a", "b", None, "d", "e"]
    result = applied.get_historical_features(entity_df, REFS)
    table = result.to_arrow()
    assert table.column_names == ["driver_id", "event_timestamp", "label", "rate", "trips"]
    assert values(result, "driver_id") == [2, 1, 1, 9, 2]
    assert values(result, "label") == ["a", "b", None, "d", "e"]
    assert values(result, "rate") == [0.5, 0.1, None, None, 0.5]
    assert values(result, "trips") == [50, 10, None, None, 50]


def test_p1_a_frame_without_rows_gives_the_full_schema(applied):
    table = applied.get_historical_features(asked((1, "2024-01-01"))[:0], REFS).to_arrow()
    assert table.num_rows == 0
    assert table.column_names == ["driver_id", "event_timestamp", "rate", "trips"]
    assert table.schema.field("trips").type == pa.int64()


def test_p3_the_ttl_is_inclusive(applied):
    entity_df = asked((2, "2024-01-04T12:00"), (2, "2024-01-04T12:00:00.000001"))
    result = applied.get_historical_features(entity_df, REFS)
    assert values(result, "trips") == [50, None]


@pytest.mark.parametrize("ttl", [None, timedelta(0)])
def test_p3_without_a_ttl_nothing_expires(store, warehouse, ttl):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view(ttl=ttl)])
    result = store.get_historical_features(asked((2, "2034-01-01")), REFS)
    assert values(result, "trips") == [50]


def test_p5_p8_of_equal_event_times_the_newest_created_wins_unless_cut(applied):
    entity_df = asked((1, "2024-01-03"), (1, "2024-01-02T00:05"), (1, "2024-01-05"))
    free = applied.get_historical_features(entity_df, REFS)
    assert values(free, "trips") == [25, 25, 25]
    cut = applied.get_historical_features(entity_df, REFS, filter_by_created_timestamp=True)
    assert values(cut, "trips") == [20, 10, 25]


def test_p8_a_view_without_a_created_column_is_unaffected_by_the_cut(store, warehouse):
    warehouse.write(TABLE, STATS.drop(columns="created").drop(index=2))
    store.apply([DRIVER, stats_view(source=stats_source(created_timestamp_column=""))])
    result = store.get_historical_features(
        asked((1, "2024-01-02")), REFS, filter_by_created_timestamp=True
    )
    assert values(result, "trips") == [20]


def test_p10_times_of_every_kind_are_instants(make_config, warehouse):
    warehouse.write(TABLE, STATS)
    store = FeatureStore(config=make_config(coerce_tz_aware=False))
    store.apply([DRIVER, stats_view()])
    instants = ["2024-01-01T23:59:59.999999", "2024-01-02T00:00:00"]
    aware = pd.Series([utc(text) for text in instants])
    frames = {
        "aware": aware,
        "zone": aware.dt.tz_convert("America/New_York"),
        "naive": aware.dt.tz_localize(None),
        "nanoseconds": aware.dt.as_unit("ns"),
        "text": pd.Series(["2024-01-02T01:59:59.999999+02:00", "2024-01-02T00:00:00Z"]),
    }
    for name, times in frames.items():
        entity_df = pd.DataFrame({"driver_id": [1, 1], "event_timestamp": times})
        result = store.get_historical_features(entity_df, REFS)
        assert values(result, "trips") == [10, 25], name
        given = pa.Table.from_pandas(entity_df, preserve_index=False)["event_timestamp"]
        assert result.to_arrow()["event_timestamp"].to_pylist() == given.to_pylist(), name
        assert result.to_arrow()["event_timestamp"].type == given.type, name


def test_another_event_time_column_is_found(applied):
    entity_df = frame(["driver_id", "e_ts"], (2, "2024-01-02"))
    result = applied.get_historical_features(entity_df, REFS)
    assert result.to_arrow().column_names == ["driver_id", "e_ts", "rate", "trips"]
    assert values(result, "trips") == [50]


def test_frames_of_other_libraries_give_the_same(applied):
    entity_df = asked((2, "2024-01-02"), (1, "2024-01-01"))
    for given in (pl.from_pandas(entity_df), pa.table(entity_df)):
        assert values(applied.get_historical_features(given, REFS), "trips") == [50, 10]


def test_nullable_integers_survive_the_way_to_pandas(applied):
    entity_df = asked((2, "2024-01-02"), (1, "2024-01-01"))
    entity_df["big"] = pd.array([2**60 + 1, None], dtype="Int64")
    result = applied.get_historical_features(entity_df, REFS).to_df()
    assert result["big"].iloc[0] == 2**60 + 1
    assert result["big"].dtype == "Int64"


def test_the_index_of_the_frame_is_no_column(applied):
    entity_df = asked((2, "2024-01-02"), (1, "2024-01-01")).set_index(pd.Index([7, 3]))
    result = applied.get_historical_features(entity_df, REFS).to_df()
    assert list(result.columns) == ["driver_id", "event_timestamp", "rate", "trips"]
    assert list(result.index) == [0, 1]


@pytest.mark.parametrize("full", [True, False])
def test_p13_features_come_in_the_order_asked_for(store, warehouse, full):
    warehouse.write(TABLE, STATS)
    days = stats_view("days", schema=[Field(name="rate", dtype=Float64)])
    hours = stats_view("hours", schema=[Field(name="trips", dtype=Int64)])
    store.apply([DRIVER, days, hours, stats_view()])
    refs = ["driver_stats:trips", "days:rate"]
    result = store.get_historical_features(asked((2, "2024-01-02")), refs, full_feature_names=full)
    names = ["driver_stats__trips", "days__rate"] if full else ["trips", "rate"]
    assert result.to_arrow().column_names[2:] == names
    assert [values(result, name) for name in names] == [[50], [0.5]]
    both = store.get_historical_features(
        asked((2, "2024-01-02")),
        ["hours:trips", "days:rate", "driver_stats:trips", "driver_stats:rate"],
        full_feature_names=True,
    )
    assert both.to_arrow().column_names[2:] == [
        *("hours__trips", "days__rate", "driver_stats__trips", "driver_stats__rate"),
    ]


def test_a_service_with_aliases_joins_one_view_twice(store, warehouse):
    weather = frame(
        ["place", "event_timestamp", "temperature"],
        ("north", "2024-01-01", -5.0),
        ("south", "2024-01-01", 25.0),
    )
    warehouse.write("feast.weather", weather)
    place = Entity(name="place", join_keys=["place"])
    view = FeatureView(
        name="weather",
        entities=[place],
        schema=[Field(name="place", dtype=String), Field(name="temperature", dtype=Float64)],
        source=stats_source(name="w", table="feast.weather", created_timestamp_column=""),
    )
    service = FeatureService(
        name="trip",
        features=[
            view.with_name("origin").with_join_key_map({"place": "from"}),
            view.with_name("destination").with_join_key_map({"place": "to"}),
        ],
    )
    store.apply([place, view, service])
    entity_df = frame(
        ["from", "to", "event_timestamp"],
        ("north", "south", "2024-01-02"),
        ("south", "south", "2024-01-02"),
    )
    result = store.get_historical_features(entity_df, service, full_feature_names=True)
    assert values(result, "origin__temperature") == [-5.0, 25.0]
    assert values(result, "destination__temperature") == [25.0, 25.0]
    assert set(result.metadata.snapshots) == {"origin", "destination"}


def test_p13_field_mapping_renames_keys_times_and_features(store, warehouse):
    renamed = {"driver_id": "id", "event_timestamp": "ts", "rate": "r"}
    warehouse.write(TABLE, STATS.rename(columns=renamed))
    mapping = {"id": "driver_id", "ts": "event_timestamp", "r": "rate"}
    store.apply([DRIVER, stats_view(source=stats_source(field_mapping=mapping))])
    result = store.get_historical_features(asked((2, "2024-01-02")), REFS)
    assert values(result, "rate") == [0.5]
    assert values(result, "trips") == [50]


def test_nested_fields_are_features_through_the_field_mapping(store, warehouse):
    rows = pa.table(
        {
            "driver_id": [1],
            "event_timestamp": pa.array([utc("2024-01-01")], pa.timestamp("us", "UTC")),
            "car": pa.array([{"wheels": 4, "plate": {"city": "B"}}]),
        }
    )
    warehouse.write(TABLE, rows)
    source = stats_source(
        created_timestamp_column="",
        field_mapping={"car.wheels": "wheels", "car.plate.city": "city"},
    )
    schema = [Field(name="driver_id", dtype=Int64), Field(name="wheels", dtype=Int64)]
    view = stats_view(source=source, schema=[*schema, Field(name="city", dtype=String)])
    store.apply([DRIVER, view])
    result = store.get_historical_features(
        asked((1, "2024-01-02"), (2, "2024-01-02")), ["driver_stats:wheels", "driver_stats:city"]
    )
    assert values(result, "wheels") == [4, None]
    assert values(result, "city") == ["B", None]


def test_a_composite_key_matches_as_a_whole(store, warehouse):
    a, b = Entity(name="a", join_keys=["a"]), Entity(name="b", join_keys=["b"])
    rows = frame(
        ["a", "b", "event_timestamp", "v"], (1, 11, "2024-01-01", 1), (11, 1, "2024-01-01", 2)
    )
    warehouse.write("feast.pairs", rows)
    view = FeatureView(
        name="pairs",
        entities=[a, b],
        schema=[Field(name=name, dtype=Int64) for name in ("a", "b", "v")],
        source=stats_source(name="p", table="feast.pairs", created_timestamp_column=""),
    )
    store.apply([a, b, view])
    entity_df = frame(
        ["b", "a", "event_timestamp"],
        (11, 1, "2024-01-02"),
        (1, 11, "2024-01-02"),
        (1, 1, "2024-01-02"),
    )
    assert values(store.get_historical_features(entity_df, ["pairs:v"]), "v") == [1, 2, None]


def test_a_view_without_entities_matches_on_time_alone(store, warehouse):
    warehouse.write(TABLE, STATS)
    prices = frame(["event_timestamp", "fuel"], ("2024-01-01", 1.5), ("2024-01-02", 1.7))
    warehouse.write("feast.prices", prices)
    source = stats_source(name="p", table="feast.prices", created_timestamp_column="")
    view = FeatureView(
        name="prices",
        entities=[],
        schema=[Field(name="fuel", dtype=Float64)],
        source=source,
    )
    store.apply([DRIVER, stats_view(), view])
    result = store.get_historical_features(
        asked((2, "2024-01-01T12:00"), (7, "2024-01-02"), (1, "2023-01-01")),
        ["prices:fuel", "driver_stats:trips"],
    )
    assert values(result, "fuel") == [1.5, 1.7, None]
    assert values(result, "trips") == [50, None, None]


@on_demand_feature_view(
    sources=[
        stats_view(schema=[Field(name="rate", dtype=Float64)]),
        RequestSource(name="request", schema=[Field(name="bonus", dtype=Float64)]),
    ],
    schema=[Field(name="boosted", dtype=Float64), Field(name="halved", dtype=Float64)],
)
def boosts(inputs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"boosted": inputs["rate"] + inputs["bonus"], "halved": inputs["rate"] / 2})


def test_on_demand_views_see_features_and_request_data(applied):
    applied.apply([boosts])
    entity_df = asked((2, "2024-01-02"), (1, "2024-01-01"))
    entity_df["bonus"] = [1.0, 2.0]
    result = applied.get_historical_features(entity_df, ["boosts:boosted"])
    assert values(result, "boosted") == [1.5, 2.1]
    assert values(result, "bonus") == [1.0, 2.0]
    assert "halved" not in result.to_arrow().column_names
    full = applied.get_historical_features(
        entity_df, ["boosts:halved", "driver_stats:rate"], full_feature_names=True
    )
    assert list(full.to_df()["boosts__halved"]) == [0.25, 0.05]


def test_missing_request_data_is_feasts_own_error(applied):
    applied.apply([boosts])
    with pytest.raises(RequestDataNotFoundInEntityDfException, match="bonus"):
        applied.get_historical_features(asked((2, "2024-01-02")), ["boosts:boosted"])


def test_an_inferred_schema_has_the_tables_types(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view(schema=[])])
    view = store.get_feature_view("driver_stats")
    assert {field.name: field.dtype for field in view.features} == {"rate": Float64, "trips": Int64}
    assert [key.name for key in view.entity_columns] == ["driver_id"]
    result = store.get_historical_features(asked((2, "2024-01-02")), REFS)
    assert values(result, "rate") == [0.5]


def test_declared_types_do_not_change_the_tables_types(store, warehouse):
    warehouse.write(TABLE, STATS)
    declared = [Field(name="driver_id", dtype=String), Field(name="trips", dtype=String)]
    key = Entity(name="driver", join_keys=["driver_id"])
    store.apply([key, stats_view(entities=[key], schema=declared)])
    result = store.get_historical_features(asked((2, "2024-01-02")), ["driver_stats:trips"])
    assert result.to_arrow().schema.field("trips").type == pa.int64()
    assert values(result, "trips") == [50]


def test_one_version_of_a_view_can_be_asked_for(store, warehouse):
    warehouse.write(TABLE, STATS)
    source = stats_source(field_mapping={"trips": "count"})
    fields = [Field(name="driver_id", dtype=Int64), Field(name="rate", dtype=Float64)]
    store.apply([DRIVER, stats_view()])
    store.apply([stats_view(source=source, schema=[*fields, Field(name="count", dtype=Int64)])])
    entity_df = asked((2, "2024-01-02"))
    refs = ["driver_stats@v0:trips", "driver_stats:count"]
    result = store.get_historical_features(entity_df, refs)
    assert result.to_arrow().column_names[2:] == ["trips", "count"]
    assert values(result, "trips") == values(result, "count") == [50]
    assert set(result.metadata.snapshots) == {"driver_stats@v0", "driver_stats"}
    full = store.get_historical_features(
        entity_df, ["driver_stats@v0:trips"], full_feature_names=True
    )
    assert full.to_arrow().column_names[2:] == ["driver_stats__trips"]
