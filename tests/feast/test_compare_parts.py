"""What `icefield feast compare` is made of: how cells compare, what is sampled, what is refused."""

import datetime
import uuid
from decimal import Decimal

import pandas as pd
import pyarrow as pa
import pytest
from feast import FeatureStore

from icefield.errors import InvalidArgumentError
from icefield.feast import command
from icefield.feast.compare.arguments import parse
from icefield.feast.compare.cells import ROW, compare
from icefield.feast.compare.repository import Question
from icefield.feast.compare.sampling import numbered, read_frame, sample_frame
from icefield.feast.compare.values import Instant, Relation, plain, relation
from icefield.feast.views import Tables
from tests.feast.compared import Repository
from tests.feast.drivers import DRIVER, STATS, TABLE, stats_view

NOON = datetime.datetime(2024, 3, 10, 12, tzinfo=datetime.UTC)
NAN = float("nan")
IDENTITY = uuid.UUID(int=7)


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (None, None, Relation.SAME),
        (1, 1.0, Relation.SAME),
        (True, 1.0, Relation.SAME),
        (Decimal("1.50"), 1.5, Relation.SAME),
        (NAN, NAN, Relation.SAME),
        (NOON, NOON.replace(tzinfo=None), Relation.SAME),
        (NOON, pd.Timestamp(NOON).tz_convert("Asia/Tokyo"), Relation.SAME),
        (datetime.date(2024, 3, 10), pd.Timestamp("2024-03-10"), Relation.SAME),
        ([1, None], [1.0, None], Relation.SAME),
        ({"a": 1, "b": None}, {"a": 1}, Relation.SAME),
        ([("a", 1)], {"a": 1}, Relation.SAME),
        ('{"a": 1}', {"a": 1}, Relation.SAME),
        (IDENTITY, str(IDENTITY), Relation.SAME),
        (IDENTITY, IDENTITY.bytes, Relation.SAME),
        (NAN, None, Relation.ROUNDED),
        (0.1, 0.10000000149011612, Relation.ROUNDED),
        (2**53 + 1, float(2**53), Relation.ROUNDED),
        (NOON, pd.Timestamp(NOON) + pd.Timedelta(1, "ns"), Relation.ROUNDED),
        (1, 2, Relation.DIFFERENT),
        (0, None, Relation.DIFFERENT),
        (1, "1", Relation.DIFFERENT),
        ("", None, Relation.DIFFERENT),
        ("a", "b", Relation.DIFFERENT),
        (NOON, NOON + datetime.timedelta(hours=1), Relation.DIFFERENT),
        (NOON, NOON + datetime.timedelta(microseconds=1, hours=1), Relation.DIFFERENT),
        ([1], [1, 2], Relation.DIFFERENT),
        ({"a": 1}, {"a": 2}, Relation.DIFFERENT),
        ({"a": 1}, "text", Relation.DIFFERENT),
    ],
)
def test_how_two_cells_stand_to_each_other(ours, theirs, expected):
    assert relation(plain(ours), plain(theirs)) is expected
    assert relation(plain(theirs), plain(ours)) is expected


def test_no_rounding_where_the_types_are_one():
    assert relation(0.1, 0.10000000149011612, same_type=True) is Relation.DIFFERENT


def test_instants_are_shown_to_the_nanosecond():
    assert str(Instant(-1)) == "1969-12-31T23:59:59.999999999Z"
    assert str(plain(pd.Timestamp("9999-12-31T23:59:59", tz="UTC").as_unit("us"))).startswith(
        "9999-12-31T23:59:59Z"
    )


def answer(rows, values):
    return pa.table({ROW: rows, "v__f": values})


def test_rows_are_found_again_in_any_order():
    found = compare(answer([0, 1, 2], [10, 11, 12]), answer([2, 0, 1], [12, 10, 11]), 3, ["v__f"])
    assert found.differences == []
    assert not found.ordered


def test_missing_and_doubled_rows_and_columns():
    theirs = answer([0, 2, 2], [10, 12, 12])
    found = compare(answer([0, 1, 2], [10, 11, 12]), theirs, 3, ["v__f", "v__g"])
    assert [(d.row, d.column, d.reason) for d in found.differences] == [
        (None, "v__g", "column"),
        (1, None, "rows"),
        (2, None, "rows"),
    ]
    assert "has 2 rows" in found.differences[2].detail


def test_a_store_that_drops_the_number_of_the_row():
    with pytest.raises(InvalidArgumentError, match="the other store dropped the column"):
        compare(answer([0], [1]), pa.table({"v__f": [1]}), 1, ["v__f"])


@pytest.fixture
def sampled(warehouse, store):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    question = Question(store, [], None)
    return lambda rows, seed=0: sample_frame(question.views, Tables(store.config), rows, seed)


def test_samples_are_at_before_between_and_a_ttl_after_rows(sampled):
    frame = sampled(100)
    assert list(frame.columns) == ["driver_id", "event_timestamp"]
    assert frame["event_timestamp"].is_monotonic_increasing
    ages = set()
    for driver, time in zip(frame["driver_id"], frame["event_timestamp"], strict=True):
        rows = STATS[STATS["driver_id"] == driver]
        assert len(rows)
        ages |= {time - row for row in rows["event_timestamp"]}
    microsecond, ttl = pd.Timedelta(1, "us"), pd.Timedelta(3, "D")
    assert ages >= {pd.Timedelta(0), -microsecond, ttl, ttl + microsecond}
    assert any(microsecond < age < ttl for age in ages)


def test_a_seed_gives_one_sample(sampled):
    assert sampled(50, seed=3).equals(sampled(50, seed=3))
    assert not sampled(50, seed=3).equals(sampled(50, seed=4))


def test_a_sample_may_be_larger_or_smaller_than_the_table(sampled):
    assert len(sampled(1)) == 1
    assert len(sampled(3)) == 3
    assert 500 < len(sampled(1000)) <= 1000
    assert not sampled(1000).duplicated().any()


def test_frames_are_read_from_csv_and_parquet(tmp_path):
    (tmp_path / "frame.csv").write_text(
        "driver_id,event_timestamp\n1,2024-01-02T03:04:05.123456789Z\n2,2024-01-02T03:04:05Z\n"
    )
    frame, time = numbered(read_frame(tmp_path / "frame.csv"))
    assert time == "event_timestamp"
    assert [plain(value).ns % 1_000_000_000 for value in frame[time]] == [123456789, 0]
    assert list(frame[ROW]) == [0, 1]
    frame.drop(columns=ROW).to_parquet(tmp_path / "frame.parquet")
    assert numbered(read_frame(tmp_path / "frame.parquet"))[0].equals(frame)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("driver_id,event_timestamp\n1,yesterday\n", "no ISO-8601 time"),
        (f"driver_id,event_timestamp,{ROW}\n1,2024-01-02T03:04:05Z,0\n", "give it another name"),
    ],
)
def test_frames_that_are_refused(tmp_path, text, says):
    (tmp_path / "frame.csv").write_text(text)
    with pytest.raises(InvalidArgumentError, match=says):
        numbered(read_frame(tmp_path / "frame.csv"))


def test_a_warehouse_alone_is_a_folder_of_tables():
    assert parse(["--warehouse", "tables"]).store["catalog_type"] == "none"
    options = parse(["--catalog", "prod", "--property", "type=rest", "--property", "token=t"])
    assert options.store["catalog_type"] == "rest"
    assert options.store["storage_options"] == {"token": "t"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["--table", "stats"],
        ["--property", "uri"],
        ["--rows", "0"],
        ["--features", "a:b", "--feature-service", "c"],
        ["--import", "--uri", "sqlite:///catalog.db"],
    ],
)
def test_wrong_arguments_end_with_two(arguments, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(arguments)
    assert stopped.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_help_has_examples_and_exit_codes(capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(["--help"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "icefield feast compare --import" in text
    assert "exit codes:" in text
    assert command.main(["--help"]) == 0
    assert command.main(["no-such-command"]) == 2


DEFINITIONS = """\
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureView, Field, FileSource, RequestSource
from feast.on_demand_feature_view import on_demand_feature_view
from feast.types import Float64, Int64
from feast.value_type import ValueType

driver = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
stats = FeatureView(
    name="stats",
    entities=[driver],
    schema=[Field(name="trips", dtype=Int64)],
    source=FileSource(name="stats_file", path="data/stats.parquet", timestamp_field="at"),
)


@on_demand_feature_view(
    sources=[stats, RequestSource(name="asked", schema=[Field(name="factor", dtype=Int64)])],
    schema=[Field(name="times", dtype=Float64)],
    mode="pandas",
)
def derived(inputs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"times": inputs["trips"] * inputs["factor"] * 1.0})
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    made = Repository(tmp_path_factory.mktemp("refused") / "repo", DEFINITIONS)
    times = pd.to_datetime(["2024-01-01"], utc=True).as_unit("us")
    made.file("stats", pd.DataFrame({"driver_id": [1], "at": times, "trips": [1]}))
    made.apply()
    return made


def refused(capsys, *arguments):
    code = command.main(["compare", *map(str, arguments)])
    return code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ([], 2, "no Iceberg table is known for stats_file"),
        (["--features", "nothing:here"], 3, "not in the registry of 'compared'"),
        (["--feature-service", "none"], 3, "not in the registry of 'compared'"),
        (["--table", "other=feast.t"], 3, "the views are stats"),
        (["--table", "stats=feast.t", "--import"], 2, "two catalogs"),
        (["--table", "stats=feast.t", "--uri", "sqlite:///{}/c.db"], 2, "feast.t"),
        (["--table", "stats=feast.t", "--features", "derived:times"], 2, "factor"),
    ],
)
def test_what_is_refused(repository, tmp_path, capsys, arguments, code, says):
    arguments = [text.format(tmp_path) for text in arguments]
    given, message = refused(capsys, "--repo", repository.folder, *arguments)
    assert says in message
    assert given == code


def test_a_folder_without_a_repository(tmp_path, capsys):
    code, message = refused(capsys, "--repo", tmp_path)
    assert (code, "feature_store.yaml is missing" in message) == (3, True)


def test_a_repository_that_was_not_applied(tmp_path, capsys):
    folder = Repository(tmp_path / "repo", DEFINITIONS).folder
    code, message = refused(capsys, "--repo", folder)
    assert (code, "run feast apply" in message) == (3, True)


def test_a_repository_that_is_icefields_already(store: FeatureStore, tmp_path, capsys):
    folder = Repository(tmp_path / "repo", "", store="icefield.feast.IcebergOfflineStore").folder
    code, message = refused(capsys, "--repo", folder)
    assert (code, "is Icefield's already" in message) == (2, True)
