"""`icefield feast compare` against Feast's own file store: each reason provoked, and equality."""

import pandas as pd
import pytest

from tests.feast.compared import (
    Repository,
    catalog_options,
    compare,
    compare_here,
    document,
    iceberg,
)
from tests.feast.warehouse import Warehouse

DEFINITIONS = """\
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureService, FeatureView, Field, FileSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, Int64, UnixTimestamp
from feast.value_type import ValueType

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
stats = FeatureView(
    name="stats",
    entities=[driver],
    ttl=timedelta(days=1),
    schema=[
        Field(name="trips", dtype=Int64),
        Field(name="rate", dtype=Float64),
        Field(name="seen", dtype=UnixTimestamp),
    ],
    source=FileSource(
        name="stats_file",
        path="data/stats.parquet",
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
    ),
)
shifted = FeatureView(
    name="shifted",
    entities=[driver],
    schema=[Field(name="level", dtype=Int64)],
    source=FileSource(
        name="shifted_file", path="data/shifted.parquet", timestamp_field="event_timestamp"
    ),
)


@on_demand_feature_view(
    sources=[stats], schema=[Field(name="twice", dtype=Float64)], mode="pandas"
)
def derived(inputs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"twice": inputs["trips"] * 2.0})


everything = FeatureService(name="everything", features=[stats, shifted, derived])
"""
DAY = pd.Timestamp("2024-03-10", tz="UTC")
COLUMNS = ["driver_id", "event_timestamp", "created", "trips", "rate", "seen"]
UNTIL = DAY + pd.Timedelta(hours=12)
"""The time of most entities: noon."""


def at(hours, ns=0):
    return DAY + pd.Timedelta(hours=hours) + pd.Timedelta(ns, "ns")


def row(driver, hour, trips, created=None, rate=0.5, seen=None, ns=0):
    created = at(hour + 0.25 if created is None else created)
    return (driver, at(hour, ns), created, trips, rate, seen or at(hour))


# What the table holds and what the file holds, and the entity's hour, by the reason to provoke.
EQUAL, TIE, FULL_TIE, EDGE, BEYOND, FILLED, NOTHING, FUTURE, OLDER, DATA, ROUNDED, ZONE = range(12)
NS, LOST, CREATED = 12, 13, 14
TABLE = [
    row(EQUAL, 1, 10),
    row(EQUAL, 2, 11),
    row(TIE, 2, 20, created=3),
    row(TIE, 2, 21, created=4),
    row(FULL_TIE, 2, 30),
    row(FULL_TIE, 2, 31),
    row(EDGE, -12, 40),
    row(BEYOND, -13, 50),
    row(FILLED, 1, 60),
    row(FILLED, 2, None),
    row(NOTHING, 2, 70),
    row(FUTURE, 2, 80),
    row(FUTURE, 12.25, 81),
    row(OLDER, 1, 90),
    row(OLDER, 2, 91),
    row(DATA, 2, 100),
    row(ROUNDED, 2, 110, rate=0.1),
    row(ZONE, 2, 120, seen=at(2)),
    row(NS, 1, 130),
    row(NS, 3, 131, created=3),
    row(LOST, 20, 140),
    row(CREATED, 1, 150),
    row(CREATED, 2, 151, created=13),
]
CHANGED = {
    TIE: [row(TIE, 2, 20, created=4), row(TIE, 2, 21, created=3)],
    FULL_TIE: [row(FULL_TIE, 2, 30)],
    EDGE: [],
    BEYOND: [row(BEYOND, 2, 50)],
    FILLED: [row(FILLED, 2, 60)],
    NOTHING: [],
    FUTURE: [row(FUTURE, 2, 81)],
    OLDER: [row(OLDER, 1, 90)],
    DATA: [row(DATA, 2, 999)],
    ROUNDED: [row(ROUNDED, 2, 110, rate=float(pd.Series([0.1]).astype("float32")[0]))],
    ZONE: [row(ZONE, 2, 120, seen=at(7))],
    NS: [row(NS, 1, 130), row(NS, 3, 131, created=3, ns=700)],
    CREATED: [row(CREATED, 1, 150), row(CREATED, 2, 151)],
}
HOURS = {NS: 3}


def file_rows():
    kept = [given for given in TABLE if given[0] not in CHANGED]
    return kept + [given for rows in CHANGED.values() for given in rows]


def stats_frame(rows, rate="float64"):
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["trips"] = frame["trips"].astype("Int64")
    frame["rate"] = frame["rate"].astype(rate)
    return frame


def shifted_frame(offset):
    hours = range(-24, 24)
    times = [at(hour + offset) for hour in hours]
    return pd.DataFrame(
        [(driver, time, place) for driver in range(3) for place, time in enumerate(times)],
        columns=["driver_id", "event_timestamp", "level"],
    )


def entities():
    drivers = [driver for driver in range(15) if driver != NS]
    frame = pd.DataFrame({"driver_id": drivers, "event_timestamp": [UNTIL] * len(drivers)})
    edge = pd.DataFrame({"driver_id": [NS], "event_timestamp": [at(3, 500)]})
    again = frame[frame["driver_id"] == EQUAL]
    return pd.concat([frame, edge, again], ignore_index=True)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A repository and tables that differ in every way."""
    folder = tmp_path_factory.mktemp("compare")
    warehouse = Warehouse(folder / "iceberg")
    iceberg(warehouse, "feast.stats", stats_frame(TABLE))
    iceberg(warehouse, "feast.shifted", shifted_frame(0))
    repository = Repository(folder / "repo", DEFINITIONS)
    repository.file("stats", stats_frame(file_rows(), rate="float32"))
    repository.file("shifted", shifted_frame(5))
    repository.apply()
    entities().to_parquet(folder / "entities.parquet")
    return folder, repository, warehouse


@pytest.fixture(scope="module")
def arguments(world):
    folder, repository, warehouse = world
    return [
        *("--repo", repository.folder, "--entity-frame", folder / "entities.parquet"),
        *("--table", "stats=feast.stats", "--table", "shifted_file=feast.shifted"),
        *catalog_options(warehouse),
    ]


@pytest.fixture(scope="module")
def found(arguments):
    run = compare_here(
        *arguments,
        *("--feature-service", "everything", "--filter-by-created-timestamp", "--output", "json"),
    )
    assert run.returncode == 1, run.stderr
    return document(run)


def reasons(found, driver, feature="stats__trips"):
    return [
        (difference["reason"], difference["detail"])
        for difference in found["differences"]
        if difference["keys"].get("driver_id") == driver and difference["feature"] == feature
    ]


@pytest.mark.parametrize(
    ("driver", "reason", "says"),
    [
        (TIE, "tie", "P5"),
        (FULL_TIE, "tie", "P6"),
        (EDGE, "ttl", "exactly 1 d old"),
        (BEYOND, "ttl", "beyond the TTL of 1 d"),
        (FILLED, "null", "P7"),
        (NOTHING, "null", "finds no row"),
        (FUTURE, "future", "2024-03-10T12:15:00Z"),
        (OLDER, "older", "P4"),
        (DATA, "data", "no row of this key"),
        (NS, "type", "nanoseconds"),
        (CREATED, "created", "P8"),
    ],
)
def test_a_differing_cell_has_its_reason(found, driver, reason, says):
    ((given, detail),) = reasons(found, driver)
    assert given == reason
    assert says in detail


def test_values_that_only_a_type_tells_apart(found):
    ((reason, detail),) = reasons(found, ROUNDED, "stats__rate")
    assert reason == "type"
    assert "double in Icefield, float in the other store" in detail


def test_a_time_read_in_another_zone(found):
    ((reason, detail),) = reasons(found, ZONE, "stats__seen")
    assert (reason, "+5 h" in detail) == ("zone", True)


def test_a_view_whose_times_are_all_shifted(found):
    cells = [d for d in found["differences"] if d["feature"] == "shifted__level"]
    assert {d["reason"] for d in cells} == {"zone"}
    assert {d["keys"]["driver_id"] for d in cells} == {0, 1, 2}
    assert all("-5 h" in d["detail"] for d in cells)


def test_what_on_demand_views_made_of_it(found):
    assert reasons(found, TIE, "derived__twice")[0][0] == "derived"


def test_entity_rows_that_the_store_lost(found):
    lost = {
        d["keys"]["driver_id"]: d["detail"] for d in found["differences"] if d["feature"] is None
    }
    assert lost.keys() == {EQUAL, LOST}
    assert "more than once" in lost[EQUAL]
    assert "no valid row of stats, shifted answers it" in lost[LOST]


def test_equal_cells_are_not_shown(found):
    assert reasons(found, EQUAL) == []
    assert sum(found["reasons"].values()) == len(found["differences"])
    assert "unexplained" not in found["reasons"]


def test_both_sides_are_measured(found):
    for side in (found["store"], found["icefield"]):
        assert side["seconds"] > 0
        assert side["cpu_seconds"] > 0
        assert side["peak_bytes"] >= side["idle_bytes"] > 50_000_000
    assert found["store"]["name"] == "dask"
    assert set(found["icefield"]["snapshots"]) == {"stats", "shifted"}


def test_text_ends_with_a_summary_and_nothing_is_changed(world, arguments):
    _, repository, _ = world
    before = repository.contents()
    run = compare(*arguments, "--features", "stats:trips")
    assert run.returncode == 1, run.stderr
    lines = run.stdout.splitlines()
    assert lines[0].split() == ["wall", "CPU", "peak", "memory", "of", "it", "idle"]
    assert any(line.split()[:1] == [str(TIE)] and " tie " in line for line in lines)
    assert lines[-1].startswith("different: 12 of 16 entity rows, 16 cells: ")
    assert repository.contents() == before
