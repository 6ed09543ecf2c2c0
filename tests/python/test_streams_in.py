"""Rows from outside: however they are cut into batches, and whatever their maker raises."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView
from icefield.errors import CorruptDataError, InvalidArgumentError
from tests.python.lake import Lake

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
TIME = pa.timestamp("us", "UTC")
SCHEMA = pa.schema([("key", pa.int64()), ("event_timestamp", TIME), ("value", pa.int64())])
COLUMNS = ("key", "event_timestamp", "extra", "text")


@pytest.fixture(scope="module")
def table(lake: Lake) -> icefield.Table:
    catalog = icefield.load_catalog("default", **lake.properties)
    made = catalog.create_table("ns.streams_in", SCHEMA)
    hours = [NOON + timedelta(hours=hour) for hour in range(3)]
    rows = {"key": [0, 1, 2], "event_timestamp": hours, "value": [10, 11, 12]}
    made.append(pa.table(rows, schema=SCHEMA))
    return made


@pytest.fixture(scope="module")
def view(table: icefield.Table) -> FeatureView:
    return FeatureView("v", table, ["key"])


def frame(rows: int, cuts: dict[str, list[int]]) -> pa.Table:
    """An entity frame whose columns are cut before the rows that are named, each for itself."""
    rng = random.Random(rows)
    columns = {
        "key": pa.array([rng.choice([0, 1, 2, 9, None]) for _ in range(rows)], pa.int64()),
        "event_timestamp": pa.array(
            [NOON + timedelta(minutes=rng.randrange(240)) for _ in range(rows)], TIME
        ),
        "extra": pa.array([rng.choice([None, 1, 2]) for _ in range(rows)], pa.int64()),
        "text": pa.array([rng.choice([None, "", "long enough"]) for _ in range(rows)]),
    }
    cut = {}
    for name, column in columns.items():
        places = [0, *cuts.get(name, []), rows]
        parts = [column[a:b] for a, b in pairwise(places)]
        cut[name] = pa.chunked_array(parts, column.type)
    return pa.table(cut)


def joined(entity_frame: Any, view: FeatureView) -> pa.Table:
    return icefield.point_in_time_join(entity_frame, [view]).to_arrow().combine_chunks()


@pytest.mark.parametrize("name", COLUMNS)
def test_an_empty_chunk_in_one_column_changes_nothing(view: FeatureView, name: str) -> None:
    whole = joined(frame(2, {}), view)
    for cuts in ([1, 1], [0, 1], [1, 2], [1, 1, 1]):
        assert joined(frame(2, {name: cuts}), view) == whole, cuts


def test_no_cut_of_a_frame_changes_the_answer(view: FeatureView) -> None:
    rng = random.Random(7)
    whole = joined(frame(60, {}), view)
    for _ in range(200):
        cuts = {name: sorted(rng.choices(range(61), k=rng.randrange(5))) for name in COLUMNS}
        assert joined(frame(60, cuts), view) == whole, cuts


def test_rows_with_empty_chunks_are_appended_whole(lake: Lake) -> None:
    catalog = icefield.load_catalog("default", **lake.properties)
    whole = frame(60, {})
    made = catalog.create_table("ns.cut_rows", whole.schema)
    rng = random.Random(8)
    for turn in range(20):
        cuts = {name: sorted(rng.choices(range(61), k=rng.randrange(5))) for name in COLUMNS}
        made.overwrite(frame(60, cuts))
        assert made.scan().to_arrow().combine_chunks() == whole, (turn, cuts)


# --- makers that raise ----------------------------------------------------------------------------


class MadeByReader:
    """Arrow-speaking for itself, by a pyarrow reader of which only the stream is seen."""

    def __init__(self, reader: pa.RecordBatchReader) -> None:
        self._reader = reader

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        return self._reader.__arrow_c_stream__(requested_schema)


class OwnError(Exception):
    """Nobody else's."""


def breaking(raised: BaseException) -> pa.RecordBatchReader:
    """A reader of one batch of the table's rows, then `raised`."""

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([[5], pa.array([NOON], TIME), [50]], schema=SCHEMA)
        raise raised

    return pa.RecordBatchReader.from_batches(SCHEMA, batches())


def calls(table: icefield.Table) -> dict[str, Any]:
    """What takes rows from outside."""
    view = FeatureView("v", table, ["key"], features=[("value", "seen")])
    return {
        "join": lambda rows: icefield.point_in_time_join(rows, [view]),
        "why": lambda rows: icefield.why(rows, view),
        "append": table.append,
        "overwrite": table.overwrite,
        "overwrite partitions": table.dynamic_partition_overwrite,
    }


CALLS = ["join", "why", "append", "overwrite", "overwrite partitions"]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, CorruptDataError])
def test_what_stops_the_maker_comes_out_as_it_is(
    table: icefield.Table, call: str, kind: type[BaseException]
) -> None:
    raised = kind("enough")
    before = table.metadata_location
    with pytest.raises(kind) as caught:
        calls(table)[call](breaking(raised))
    assert caught.value is raised
    assert table.refresh().metadata_location == before


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("kind", [OwnError, RuntimeError, ValueError, pa.ArrowInvalid])
def test_other_exceptions_of_the_maker_are_the_cause(
    table: icefield.Table, call: str, kind: type[Exception]
) -> None:
    raised = kind("the source broke")
    before = table.metadata_location
    with pytest.raises(InvalidArgumentError, match=f"{kind.__name__}: the source broke") as caught:
        calls(table)[call](breaking(raised))
    assert caught.value.__cause__ is raised
    assert table.refresh().metadata_location == before


@pytest.mark.parametrize("call", CALLS)
def test_an_interrupt_behind_a_stream_is_still_one(table: icefield.Table, call: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        calls(table)[call](MadeByReader(breaking(KeyboardInterrupt())))
    with pytest.raises(InvalidArgumentError, match="KeyboardInterrupt is no word"):
        calls(table)[call](MadeByReader(breaking(ValueError("KeyboardInterrupt is no word"))))


def test_a_reader_is_read_as_one(table: icefield.Table, view: FeatureView) -> None:
    entities = frame(60, {"key": [7, 7, 30]})
    reader = pa.RecordBatchReader.from_batches(entities.schema, entities.to_batches())
    assert joined(reader, view) == joined(frame(60, {}), view)
    with pytest.raises(InvalidArgumentError, match="'event_timestamp'"):
        joined(pa.RecordBatchReader.from_batches(pa.schema([("key", pa.int64())]), []), view)
