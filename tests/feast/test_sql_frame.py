"""Entity frames as SQL over the catalog's tables, run by DuckDB on a real repository."""

import sys
from datetime import UTC, datetime

import pandas as pd
import pyarrow as pa
import pytest
from feast import FeatureStore
from feast.errors import (
    EntityTimestampInferenceException,
    FeastEntityDFMissingColumnsError,
    FeastError,
    FeastExtrasDependencyImportError,
)

import icefield
from icefield.feast import EntityQueryError
from icefield.feast.duckdb_session import ScanDataset, session
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_view, utc, values
from tests.feast.warehouse import Warehouse

REFS = ["driver_stats:trips"]
ORDERS = frame(
    ["order_id", "driver_id", "event_timestamp"],
    (10, 2, "2024-01-02"),
    (11, 1, "2024-01-01"),
    (12, 9, "2024-01-02"),
)


@pytest.fixture(params=["native", "duckdb"])
def engine(request):
    return request.param


@pytest.fixture
def applied(store, warehouse):
    warehouse.write(TABLE, STATS)
    warehouse.write("sales.orders", ORDERS)
    store.apply([DRIVER, stats_view()])
    return store


def ask(store, query, **arguments):
    return store.get_historical_features(query, REFS, **arguments).to_arrow().to_pydict()


def test_a_query_is_a_frame(applied):
    result = ask(
        applied,
        "SELECT order_id, driver_id, event_timestamp FROM sales.orders ORDER BY order_id DESC",
    )
    assert result == {
        "order_id": [12, 11, 10],
        "driver_id": [9, 1, 2],
        "event_timestamp": [utc("2024-01-02"), utc("2024-01-01"), utc("2024-01-02")],
        "trips": [None, 10, 50],
    }


@pytest.mark.parametrize(
    ("query", "orders"),
    [
        ("FROM sales.orders;", [10, 11, 12]),
        ('SELECT * FROM "sales"."orders" WHERE driver_id < 9', [10, 11]),
        ("WITH o AS (FROM sales.orders) SELECT * FROM o WHERE order_id = 11 -- one", [11]),
        ("SELECT * FROM sales.orders WHERE event_timestamp > '2024-01-01 12:00:00'", [10, 12]),
        (
            "SELECT o.* FROM sales.orders o WHERE EXISTS "
            "(SELECT 1 FROM feast.driver_stats s WHERE s.driver_id = o.driver_id)",
            [10, 11],
        ),
    ],
)
def test_queries_of_many_forms(applied, query, orders):
    assert sorted(ask(applied, query)["order_id"]) == orders


def test_p1_a_query_without_rows_gives_the_full_schema(applied):
    result = ask(applied, "FROM sales.orders WHERE false")
    assert list(result) == ["order_id", "driver_id", "event_timestamp", "trips"]
    assert result["trips"] == []


def test_the_default_namespace_may_be_left_out(make_config, warehouse):
    warehouse.write(TABLE, STATS)
    warehouse.write("feast.orders", ORDERS)
    store = FeatureStore(config=make_config(namespace="feast"))
    store.apply([DRIVER, stats_view()])
    assert ask(store, "FROM orders WHERE order_id = 10")["trips"] == [50]


def test_other_catalogs_and_nested_namespaces(make_config, warehouse, tmp_path):
    warehouse.write(TABLE, STATS)
    lake = Warehouse(tmp_path / "lake")
    lake.write("sales.orders", ORDERS)
    warehouse.catalog.create_namespace("eu")
    warehouse.write("eu.sales.orders", ORDERS.assign(order_id=ORDERS["order_id"] + 100))
    catalogs = {"lake": {"uri": lake.uri, "warehouse": lake.location}}
    store = FeatureStore(config=make_config(catalogs=catalogs))
    store.apply([DRIVER, stats_view()])
    assert ask(store, "FROM lake.sales.orders")["trips"] == [50, 10, None]
    assert ask(store, "FROM eu.sales.orders")["order_id"] == [110, 111, 112]
    assert ask(store, 'FROM "eu.sales".orders')["order_id"] == [110, 111, 112]


def test_p10_the_zone_is_utc_and_times_are_exact(applied, warehouse, monkeypatch):
    monkeypatch.setenv("TZ", "America/New_York")
    times = pa.table(
        {
            "driver_id": [1, 1],
            "naive": pa.array([1704153600000000, 1704153599999999], pa.timestamp("us")),
        }
    )
    warehouse.write("sales.naive", times)
    query = "SELECT driver_id, naive::TIMESTAMPTZ AS event_timestamp FROM sales.naive"
    result = ask(applied, query)
    assert result["event_timestamp"][1] == datetime(2024, 1, 1, 23, 59, 59, 999999, UTC)
    assert result["trips"] == [25, 10]
    query = "SELECT 1 AS driver_id, TIMESTAMP_NS '2024-01-01 23:59:59.999999999' AS event_timestamp"
    assert ask(applied, query)["trips"] == [10]


def test_p11_the_frame_is_fixed_when_the_job_is_made(applied, warehouse):
    job = applied.get_historical_features("FROM sales.orders WHERE order_id = 10", REFS)
    warehouse.write("sales.orders", ORDERS)
    assert values(job, "order_id") == [10]
    assert values(job, "trips") == [50]


def test_p11_the_frame_and_the_views_see_one_state(applied, warehouse, monkeypatch):
    loads = []
    load = icefield.Catalog.load_table
    monkeypatch.setattr(
        icefield.Catalog, "load_table", lambda self, name: loads.append(name) or load(self, name)
    )
    result = ask(applied, f"SELECT driver_id, now() AS event_timestamp FROM {TABLE}")
    assert len(result["trips"]) == len(STATS)
    assert loads == [TABLE]


def test_only_tables_that_are_named_are_loaded(applied, monkeypatch):
    loads = []
    load = icefield.Catalog.load_table
    monkeypatch.setattr(
        icefield.Catalog, "load_table", lambda self, name: loads.append(name) or load(self, name)
    )
    ask(applied, "WITH orders AS (FROM sales.orders) FROM orders")
    assert sorted(loads) == [TABLE, "sales.orders"]


def test_metadata_knows_the_range_of_the_frame(applied):
    job = applied.get_historical_features("FROM sales.orders", REFS)
    assert job.metadata.keys == ["order_id", "driver_id"]
    assert job.metadata.min_event_timestamp == datetime(2024, 1, 1, tzinfo=UTC)
    assert job.metadata.max_event_timestamp == datetime(2024, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("SELEC 1", "Parser Error"),
        ("SELECT nothing FROM sales.orders", '"nothing"'),
        ("FROM sales.nowhere", r"no table named sales\.nowhere"),
        ("FROM nowhere", "nowhere"),
        ("FROM sales.orders; FROM sales.orders", "one SELECT is needed, this is SELECT, SELECT"),
        ("", "one SELECT is needed, this is nothing"),
        ("CREATE TABLE x AS FROM sales.orders", "one SELECT is needed, this is CREATE"),
        ("COPY (FROM sales.orders) TO 'x.csv'", "one SELECT is needed, this is COPY"),
        ("SELECT 1/0::INT, error('gone') FROM sales.orders", "gone"),
        ("SELECT * FROM sales.orders a, Sales.orders b", "write both alike"),
        ("FROM a.b.c.d", r"a\.b\.c\.d"),
    ],
)
def test_a_query_that_fails_says_why(applied, query, message):
    with pytest.raises(EntityQueryError, match=message) as raised:
        applied.get_historical_features(query, REFS)
    assert isinstance(raised.value, FeastError)
    assert query[:20] in str(raised.value)


def test_variables_of_python_are_no_tables(applied):
    secret = pd.DataFrame({"driver_id": [1], "event_timestamp": [utc("2024-01-02")]})
    with pytest.raises(EntityQueryError, match="secret"):
        applied.get_historical_features("FROM secret", REFS)
    assert len(secret) == 1


def test_frames_of_queries_are_checked_like_others(applied):
    with pytest.raises(FeastEntityDFMissingColumnsError, match="driver_id"):
        applied.get_historical_features("SELECT event_timestamp FROM sales.orders", REFS)
    with pytest.raises(EntityTimestampInferenceException):
        applied.get_historical_features("SELECT driver_id FROM sales.orders", REFS)


def test_without_duckdb_it_says_what_is_missing(applied, monkeypatch):
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(FeastExtrasDependencyImportError, match="duckdb"):
        applied.get_historical_features("FROM sales.orders", REFS)


@pytest.fixture
def many(warehouse):
    """Three files of a hundred rows each, whose times and numbers do not overlap."""
    for part in range(3):
        rows = pa.table(
            {
                "n": pa.array(range(part * 100, part * 100 + 100), pa.int64()),
                "text": [f"it's {n}" for n in range(part * 100, part * 100 + 100)],
                "at": pa.array(
                    [n * 1_000_000 for n in range(part * 100, part * 100 + 100)],
                    pa.timestamp("us", "UTC"),
                ),
                "share": [float("nan")] * 100,
            }
        )
        warehouse.write("big.rows", rows)
    catalog = icefield.load_catalog("default", uri=warehouse.uri, warehouse=warehouse.location)
    return catalog.load_table("big.rows")


@pytest.mark.parametrize(
    ("condition", "count", "pruned"),
    [
        ("n >= 250", 50, "n"),
        ("n >= 250 AND text <> 'x'", 50, "n"),
        ("t.at < TIMESTAMPTZ '1970-01-01 00:00:10+00' AND n <> 3", 9, "at"),
        ("text = 'it''s 7'", 1, "text"),
        ("n IN (5, 250) OR n = 7", 3, None),
        ("share > 1", 300, None),
        ("n IS NULL", 0, None),
    ],
)
def test_conditions_prune_files_and_are_exact(many, monkeypatch, condition, count, pruned):
    filters = []
    scan = icefield.Table.scan

    def spy(self, row_filter=None, *arguments, **more):
        filters.append(row_filter)
        return scan(self, row_filter, *arguments, **more)

    dataset = ScanDataset(many)
    monkeypatch.setattr(icefield.Table, "scan", spy)
    with session() as connection:
        connection.register("t", dataset)
        found = connection.sql(f"SELECT count(*) FROM t WHERE {condition}").fetchall()
    assert found == [(count,)]
    pushed = [row_filter for row_filter in filters if row_filter]
    assert bool(pushed) == (pruned is not None)
    assert all(f'"{pruned}"' in row_filter for row_filter in pushed)


def test_only_the_columns_of_the_query_are_read(many, monkeypatch):
    read = []
    scan = icefield.Table.scan

    def spy(self, row_filter=None, selected_fields=("*",), *arguments, **more):
        read.append(selected_fields)
        return scan(self, row_filter, selected_fields, *arguments, **more)

    dataset = ScanDataset(many)
    monkeypatch.setattr(icefield.Table, "scan", spy)
    with session() as connection:
        connection.register("t", dataset)
        assert connection.sql("SELECT max(n) FROM t").fetchall() == [(299,)]
        assert connection.sql("SELECT count(*) FROM t").fetchall() == [(300,)]
    assert read[0] == ("n",)
    assert all(len(fields) == 1 for fields in read)
