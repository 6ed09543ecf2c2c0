"""`icefield feast compare --import`: file sources become Iceberg tables, and both stores agree."""

import re
import shlex

import pandas as pd
import pyarrow.parquet as pq
import pytest

import icefield
from icefield.feast import command
from tests.feast.compared import Repository, compare, compare_here, document

DEFINITIONS = """\
from datetime import timedelta

from feast import Entity, FeatureView, Field, FileSource
from feast.data_format import DeltaFormat
from feast.types import Int64, String
from feast.value_type import ValueType

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
stats = FeatureView(
    name="stats",
    entities=[driver],
    ttl=timedelta(days=2),
    schema=[Field(name="trips", dtype=Int64), Field(name="note", dtype=String)],
    source=FileSource(
        name="driver stats (hourly)", path="data/stats.parquet", timestamp_field="at"
    ),
)
exact = FeatureView(
    name="exact",
    entities=[driver],
    schema=[Field(name="tick", dtype=Int64)],
    source=FileSource(name="exact_file", path="data/exact.parquet", timestamp_field="at"),
)
delta = FeatureView(
    name="delta",
    entities=[driver],
    schema=[Field(name="d", dtype=Int64)],
    source=FileSource(
        name="delta_file", path="data/delta", timestamp_field="at", file_format=DeltaFormat()
    ),
)
"""
START = pd.Timestamp("2024-06-01", tz="UTC")
HOURS = pd.to_timedelta(range(48), unit="h")


def stats():
    """Zone-less times, as many files have them; integers and texts that may be missing."""
    frame = pd.DataFrame(
        [(driver, time) for driver in (3, 1, 2) for time in (START + HOURS).tz_localize(None)],
        columns=["driver_id", "at"],
    )
    frame["trips"] = pd.array(range(len(frame)), dtype="Int64")
    frame["note"] = [f"n{number}" for number in range(len(frame))]
    frame.loc[frame.index % 5 == 0, ["trips", "note"]] = None
    return frame


def exact():
    """Two rows within one microsecond."""
    times = [START, START + pd.Timedelta(300, "ns"), START + pd.Timedelta(1, "h")]
    return pd.DataFrame({"driver_id": 1, "at": times, "tick": [1, 2, 3]})


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("imported") / "repo", DEFINITIONS)
    made.file("stats", stats())
    made.file("exact", exact())
    made.apply()
    return made


@pytest.fixture(scope="module")
def kept(repository, tmp_path_factory):
    """A comparison of rows that all have an answer, and the folder that it left."""
    folder = tmp_path_factory.mktemp("kept")
    entities = pd.DataFrame(
        {"driver_id": [1, 2, 3, 1], "event_timestamp": START + HOURS[[0, 5, 47, 9]]}
    )
    entities.to_csv(folder / "entities.csv", index=False)
    run = compare(
        *("--repo", repository.folder, "--features", "stats:trips", "stats:note"),
        *("--entity-frame", folder / "entities.csv", "--import", folder / "iceberg"),
    )
    return folder, run


def test_equal_stores_end_with_zero(kept):
    _, run = kept
    assert run.returncode == 0, run.stdout + run.stderr
    assert run.stdout.splitlines()[-1] == "equal: 4 entity rows, 8 cells"
    assert "order: dask gives the entity rows in another order (not counted)" in run.stdout


def test_the_tables_hold_the_rows_of_the_files(kept, repository):
    folder, _ = kept
    catalog = icefield.load_catalog("default", uri=f"sqlite:///{folder}/iceberg/catalog.db")
    table = catalog.load_table("feast.driver_stats_hourly").scan().to_arrow()
    assert table.to_pylist() == pq.read_table(repository.folder / "data/stats.parquet").to_pylist()


def test_kept_tables_are_used_again_and_a_sample_finds_the_rows_that_dask_loses(kept, repository):
    _, first = kept
    again = re.search(r"next time: (.*)$", first.stderr, re.MULTILINE)
    run = compare_here(
        *("--repo", repository.folder, "--features", "stats:trips", "--rows", "200"),
        *shlex.split(again[1]),
        "--output",
        "json",
    )
    found = document(run)
    assert run.returncode == 1
    assert set(found["reasons"]) == {"rows"}
    assert {difference["icefield"] for difference in found["differences"]} == {None}
    assert found["rows"] == 200


def test_a_folder_that_holds_something_is_not_overwritten(kept, repository, capsys):
    folder, _ = kept
    arguments = ["compare", "--repo", str(repository.folder), "--features", "stats:trips"]
    code = command.main([*arguments, "--import", str(folder / "iceberg")])
    assert (code, "is not empty" in capsys.readouterr().err) == (4, True)


def test_nanoseconds_that_the_import_floors(repository, tmp_path):
    times = [START, START + pd.Timedelta(1, "h")]
    frame = pd.DataFrame({"driver_id": [1, 1], "event_timestamp": times})
    frame.to_parquet(tmp_path / "entities.parquet")
    run = compare_here(
        *("--repo", repository.folder, "--features", "exact:tick", "--output", "json"),
        *("--entity-frame", tmp_path / "entities.parquet", "--import"),
    )
    found = document(run)
    assert [(d["row"], d["icefield"], d["store"], d["reason"]) for d in found["differences"]] == [
        (0, 2, 1, "type")
    ]
    assert "lost its nanoseconds" in found["differences"][0]["detail"]
    assert found["imported"] == [
        {"source": "exact_file", "table": "feast.exact_file", "rows": 3, "floored_times": 1}
    ]


def test_files_of_other_formats_are_refused(repository, capsys):
    code = command.main(
        ["compare", "--repo", str(repository.folder), "--features", "delta:d", "--import"]
    )
    assert (code, "DeltaFormat" in capsys.readouterr().err) == (8, True)


def test_a_store_that_fails_says_so_in_its_own_words(repository, tmp_path, capsys):
    lacking = Repository(tmp_path / "repo", DEFINITIONS)
    (lacking.folder / "data/registry.db").write_bytes(
        (repository.folder / "data/registry.db").read_bytes()
    )
    lacking.file("stats", stats().drop(columns="note"))
    code = command.main(
        ["compare", "--repo", str(lacking.folder), "--features", "stats:note", "--import"]
    )
    message = capsys.readouterr().err
    assert code == 2
    assert "dask did not answer" in message
    assert "note" in message
