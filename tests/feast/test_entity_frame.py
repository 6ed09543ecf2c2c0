"""The entity frame before the engine sees it."""

from datetime import UTC, date, datetime

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from feast.errors import (
    EntityDFNotDateTime,
    EntityTimestampInferenceException,
    InvalidEntityType,
)

from icefield.errors import InvalidArgumentError
from icefield.feast.entity_frame import event_timestamp_column, time_range, to_arrow

NOW = pd.Timestamp("2024-01-01", tz="UTC")


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"k": [1], "event_timestamp": [NOW], "other": [NOW]}, "event_timestamp"),
        ({"k": [1], "event_timestamp": ["2024-01-01"], "other": [NOW]}, "event_timestamp"),
        ({"k": [1], "e_ts": [NOW]}, "e_ts"),
        ({"k": [1], "e_ts": [NOW.tz_localize(None)], "born": [date(2000, 1, 1)]}, "e_ts"),
    ],
)
def test_the_event_time_column(columns, expected):
    frame = pd.DataFrame(columns)
    assert event_timestamp_column(frame) == expected
    assert event_timestamp_column(pa.Table.from_pandas(frame)) == expected


@pytest.mark.parametrize("columns", [{"k": [1]}, {"k": [1], "a": [NOW], "b": [NOW]}, {"t": ["x"]}])
def test_none_or_several_candidates_are_feasts_own_error(columns):
    frame = pd.DataFrame(columns)
    for given in (frame, pa.Table.from_pandas(frame)):
        with pytest.raises(EntityTimestampInferenceException, match="event_timestamp"):
            event_timestamp_column(given)


def test_every_frame_that_speaks_arrow_is_taken():
    frame = pd.DataFrame({"k": [1, 2], "event_timestamp": [NOW, NOW]}, index=[7, 8])
    tables = [to_arrow(given)[0] for given in (frame, pa.table(frame), pl.from_pandas(frame))]
    assert tables[0].column_names == ["k", "event_timestamp"]
    assert [table["k"].to_pylist() for table in tables] == [[1, 2]] * 3


def test_a_lazy_frame_of_polars_is_collected():
    lazy = pl.LazyFrame({"k": [1, 2], "event_timestamp": [NOW, NOW]}).filter(pl.col("k") > 1)
    table, column = to_arrow(lazy)
    assert (table["k"].to_pylist(), column) == ([2], "event_timestamp")


def test_columns_that_arrow_cannot_hold_are_named():
    frame = pd.DataFrame({"k": [1, "a"], "event_timestamp": [NOW, NOW]})
    with pytest.raises(InvalidArgumentError, match="column k"):
        to_arrow(frame)


def test_a_frame_that_is_none_is_feasts_own_error():
    with pytest.raises(InvalidEntityType, match="list"):
        to_arrow([1, 2])


def test_event_times_that_are_numbers_are_feasts_own_error():
    with pytest.raises(EntityDFNotDateTime):
        to_arrow(pd.DataFrame({"k": [1], "event_timestamp": [1704067200]}))


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        (pa.array([], pa.timestamp("us")), (None, None)),
        (pa.array([None], pa.timestamp("us")), (None, None)),
        (
            pa.array([1_999, None, 5_000], pa.timestamp("ns", "Europe/Berlin")),
            (datetime(1970, 1, 1, 0, 0, 0, 1, UTC), datetime(1970, 1, 1, 0, 0, 0, 5, UTC)),
        ),
        (
            pa.array([date(2024, 1, 2), date(2024, 1, 1)]),
            (datetime(2024, 1, 1, tzinfo=UTC), datetime(2024, 1, 2, tzinfo=UTC)),
        ),
        (
            pa.array(["2024-01-01T23:00:00-03:00", "2024-01-01T23:30:00Z", None]),
            (datetime(2024, 1, 1, 23, 30, tzinfo=UTC), datetime(2024, 1, 2, 2, tzinfo=UTC)),
        ),
    ],
)
def test_the_range_of_event_times(times, expected):
    assert time_range(pa.chunked_array([times])) == expected
