"""Shapes that tempt to quadratic work: of four times the input the work is about four times.

Answers are known beforehand and compared whole, of both sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from tests.python.files import columns, one_file_table
from tests.python.growth import assert_grows_like, measured

STAMP = pa.timestamp("us", "UTC")
ENDS = (-(2**63), 2**63 - 1)
KEY = 7
ICEBERG = {pa.int64(): "long", pa.float64(): "double", pa.string(): "string", STAMP: "timestamptz"}


@dataclass
class Question:
    """A table of the key columns `k`, `k2`, ..., event times `at` and `x`; a frame of the same."""

    table: dict[str, pa.Array]
    frame: dict[str, pa.Array]
    expected: np.ndarray
    """`x` of each row of the frame; -1 for a miss."""
    options: dict[str, Any] = field(default_factory=dict)
    created_cut: bool = False


def times(values) -> pa.Array:
    return pa.array(values, pa.int64()).cast(STAMP)


def numbers(values) -> pa.Array:
    return pa.array(np.asarray(values, dtype=np.int64))


def order(count: int) -> np.ndarray:
    """The numbers below `count`, out of order, the same in every run."""
    return np.random.default_rng(count).permutation(count)


def same(value: int, count: int) -> pa.Array:
    return numbers(np.full(count, value))


def of_one_key(count: int, asked, rows=None) -> Question:
    """Rows 10 ticks apart in the order `rows`, asked for at the times `asked`."""
    rows = np.arange(count) if rows is None else rows
    asked = np.asarray(asked, dtype=np.int64)
    table = {"k": same(KEY, count), "at": times(rows * 10), "x": numbers(rows)}
    frame = {"k": same(KEY, len(asked)), "event_timestamp": times(asked)}
    return Question(table, frame, np.where(asked < 0, -1, np.minimum(asked // 10, count - 1)))


def of_keys(table_keys: pa.Array, frame_keys: pa.Array, expected) -> Question:
    """One row a key, all of one time."""
    table = {"k": table_keys, "at": times(np.zeros(len(table_keys), np.int64))}
    frame = {"k": frame_keys, "event_timestamp": times(np.ones(len(frame_keys), np.int64))}
    return Question({**table, "x": numbers(np.arange(len(table_keys)))}, frame, expected)


def distinct_entity_times(count: int) -> Question:
    return of_one_key(count, order(count) * 10 + 5)


def one_entity_time(count: int) -> Question:
    return of_one_key(count, np.full(count, count * 5))


def rows_of_one_key(count: int) -> Question:
    return of_one_key(count, [-1, 0, 15, count * 3 + 1, count * 10], order(count))


def rows_from_new_to_old(count: int) -> Question:
    return of_one_key(count, order(count) * 10 + 5, np.arange(count)[::-1])


def crowd_between_the_ends(count: int) -> Question:
    """All but two entity times lie so near each other that a coarse clock sees them as one."""
    return of_one_key(count, np.concatenate([order(count) * 10 + 5, ENDS]), order(count))


def fresh_rows_alone(count: int) -> Question:
    question = of_one_key(count, order(count) * 10 + 5, order(count))
    question.options["ttl"] = timedelta(microseconds=4)
    question.expected[:] = -1
    return question


def cut_by_created_times(count: int) -> Question:
    """Each row is created when the third after it happens."""
    question = of_one_key(count, order(count) * 10 + 5)
    question.table["created"] = times(np.arange(count) * 10 + 30)
    question.expected = np.maximum(question.expected - 3, -1)
    question.created_cut = True
    return question


def full_ties(count: int) -> Question:
    """The last position of the file wins (P6)."""
    question = of_one_key(count, [5])
    question.table["at"] = times(np.zeros(count, np.int64))
    question.expected[:] = count - 1
    return question


def ties_by_created_time(count: int) -> Question:
    question = full_ties(count)
    question.table["created"] = times(order(count))
    question.expected[:] = np.argmax(order(count))
    return question


def ties_of_many_keys(count: int) -> Question:
    """Three rows for each of the keys; the second of them was created last."""
    keys = count // 3
    question = of_keys(
        numbers(np.tile(np.arange(keys), 3)), numbers(order(keys)), order(keys) + keys
    )
    question.table["created"] = times(np.repeat([1, 3, 2], keys))
    return question


def keys_all_missing(count: int) -> Question:
    return of_keys(numbers(np.arange(count) * 2), numbers(order(count) * 2 + 1), np.full(count, -1))


def keys_all_null(count: int) -> Question:
    nothing = pa.nulls(count, pa.int64())
    return of_keys(nothing, nothing, np.full(count, -1))


def keys_all_nan(count: int) -> Question:
    nan = pa.array(np.full(count, np.nan))
    return of_keys(nan, nan, np.full(count, -1))


def keys_that_differ_in_high_bits(count: int) -> Question:
    return of_keys(numbers(np.arange(count) << 40), numbers(order(count) << 40), order(count))


def keys_that_are_times(count: int) -> Question:
    """A day apart, in microseconds."""
    day = 86_200_000_000
    return of_keys(numbers(np.arange(count) * day), numbers(order(count) * day), order(count))


def floating_keys(count: int) -> Question:
    """Doubles of integers: their low bits are all zero."""
    return of_keys(numbers(np.arange(count)), pa.array(order(count).astype(float)), order(count))


def long_texts_that_differ_at_the_end(count: int) -> Question:
    def texts(values):
        return pa.array([f"{'the same forty bytes of every long text ':40}{at}" for at in values])

    return of_keys(texts(range(count)), texts(order(count)), order(count))


def texts_all_missing(count: int) -> Question:
    def texts(prefix):
        return pa.array([f"{prefix}{at}" for at in range(count)])

    return of_keys(texts("a"), texts("b"), np.full(count, -1))


def pairs_of_keys(count: int) -> Question:
    """Few values a column, many pairs: (1, 2) and (2, 1) are two keys."""
    side = int(count**0.5)
    every = np.arange(side * side)
    asked = order(side * side)
    question = of_keys(numbers(every // side), numbers(asked // side), asked)
    question.table["k2"] = numbers(every % side)
    question.frame["k2"] = numbers(asked % side)
    return question


def no_keys_at_all(count: int) -> Question:
    question = of_one_key(count, order(count) * 10 + 5, order(count))
    del question.table["k"]
    return question


SHAPES: dict[Callable[[int], Question], int] = {
    distinct_entity_times: 1_000_000,
    one_entity_time: 1_000_000,
    rows_of_one_key: 2_000_000,
    rows_from_new_to_old: 200_000,
    crowd_between_the_ends: 200_000,
    fresh_rows_alone: 200_000,
    cut_by_created_times: 200_000,
    full_ties: 200_000,
    ties_by_created_time: 200_000,
    ties_of_many_keys: 200_000,
    keys_all_missing: 200_000,
    keys_all_null: 200_000,
    keys_all_nan: 200_000,
    keys_that_differ_in_high_bits: 200_000,
    keys_that_are_times: 200_000,
    floating_keys: 200_000,
    long_texts_that_differ_at_the_end: 100_000,
    texts_all_missing: 100_000,
    pairs_of_keys: 200_000,
    no_keys_at_all: 200_000,
}
"""How many rows the larger of the two has."""


def made_view(folder: Path, question: Question) -> FeatureView:
    arrays = question.table
    schema = [(name, ICEBERG[array.type]) for name, array in arrays.items()]
    table = one_file_table(folder, schema, columns(**arrays), version=2)
    return FeatureView(
        "v",
        icefield.load_table(table.metadata_location),
        join_keys=[name for name in arrays if name.startswith("k")],
        timestamp_field="at",
        created_timestamp_column="created" if "created" in arrays else None,
        features=["x"],
        **question.options,
    )


def joined_seconds(folder: Path, question: Question) -> float:
    """Checks the answer; the CPU seconds that it took."""
    view, frame = made_view(folder, question), pa.table(question.frame)

    def join():
        made = icefield.point_in_time_join(
            frame, [view], created_cut=question.created_cut, options=ReadOptions(threads=1)
        )
        return made.to_arrow(), made.report()["views"][0]

    (answer, report), seconds = measured(join)
    found = answer["x"].to_numpy(zero_copy_only=False)
    np.testing.assert_array_equal(np.nan_to_num(found, nan=-1), question.expected)
    # Every row is looked at once at most, however many ask for it.
    assert report["rows_seen"] <= len(question.table["x"])
    assert report["hits"] == np.count_nonzero(question.expected >= 0)
    return seconds


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)
def test_joins(shape, tmp_path):
    rows = SHAPES[shape]
    smaller = joined_seconds(tmp_path / "smaller", shape(rows // 4))
    larger = joined_seconds(tmp_path / "larger", shape(rows))
    assert_grows_like(smaller, larger)


LATEST = [rows_of_one_key, full_ties, keys_that_differ_in_high_bits, keys_all_null]
LATEST += [long_texts_that_differ_at_the_end, pairs_of_keys]


def latest_seconds(folder: Path, shape: Callable[[int], Question], rows: int) -> float:
    """Checks the latest rows of the table that the question is about; the CPU seconds."""
    question = shape(rows)
    view = made_view(folder, question)
    answer, seconds = measured(
        lambda: icefield.latest(view, options=ReadOptions(threads=1)).to_arrow()
    )
    every = np.sort(question.table["x"].to_numpy())
    last_alone, none = every[-1:], every[:0]
    expected = {rows_of_one_key: last_alone, full_ties: last_alone, keys_all_null: none}
    np.testing.assert_array_equal(np.sort(answer["x"].to_numpy()), expected.get(shape, every))
    return seconds


@pytest.mark.parametrize("shape", LATEST, ids=lambda shape: shape.__name__)
def test_latest_rows(shape, tmp_path):
    rows = SHAPES[shape]
    smaller = latest_seconds(tmp_path / "smaller", shape, rows // 4)
    assert_grows_like(smaller, latest_seconds(tmp_path / "larger", shape, rows))


MADE = [rows_from_new_to_old, full_ties, keys_that_are_times, long_texts_that_differ_at_the_end]
MADE += [pairs_of_keys, keys_all_null]


def made_frame_seconds(folder: Path, shape: Callable[[int], Question], rows: int) -> float:
    """Checks the frame that the view makes of its own rows (P14); the CPU seconds."""
    question = shape(rows)
    view = made_view(folder, question)
    start, end = datetime.min, datetime.max
    answer, seconds = measured(
        lambda: icefield.point_in_time_join(
            None, [view], start=start, end=end, options=ReadOptions(threads=1)
        ).to_arrow()
    )
    found = answer["x"].to_numpy(zero_copy_only=False)
    every = np.sort(question.table["x"].to_numpy())
    expected = {full_ties: every[-1:], keys_all_null: every[:0]}.get(shape, every)
    np.testing.assert_array_equal(np.sort(found), expected)
    moments = answer["event_timestamp"].to_numpy()
    assert np.all(moments[1:] >= moments[:-1])
    return seconds


@pytest.mark.parametrize("shape", MADE, ids=lambda shape: shape.__name__)
def test_frames_of_views(shape, tmp_path):
    rows = SHAPES[shape]
    smaller = made_frame_seconds(tmp_path / "smaller", shape, rows // 4)
    assert_grows_like(smaller, made_frame_seconds(tmp_path / "larger", shape, rows))
