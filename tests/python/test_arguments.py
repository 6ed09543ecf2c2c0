"""Arguments that make no sense are refused in our words, not in those of what lies below."""

from __future__ import annotations

import os

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, ReadOptions
from icefield.errors import InvalidArgumentError
from tests.python.lake import NOON, ours, timed_table


@pytest.fixture(scope="module")
def timed(lake):
    return ours(timed_table(lake)[0])


def frame():
    return pa.table({"key": [1], "event_timestamp": [NOON]})


BEYOND = 2**70


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda t, v: FeatureView("v", t, ["key"], snapshot_id=BEYOND), "snapshot_id is 118059162"),
        (lambda t, v: FeatureView("v", t, ["key"], snapshot_id="5"), "snapshot_id is '5'.*str"),
        (lambda t, v: t.scan(snapshot_id=BEYOND).to_arrow(), "snapshot_id is 118059162"),
        (lambda t, v: t.scan(limit=1.5).to_arrow(), "limit is 1.5, of type float"),
        (lambda t, v: icefield.latest(v, since_snapshot_id=-BEYOND), "since_snapshot_id is -1180"),
        (lambda t, v: icefield.latest(5), "5 of type int is no feature view"),
        (lambda t, v: icefield.why(frame(), 5), "5 of type int is no feature view"),
        (lambda t, v: icefield.why(frame(), v, rows=BEYOND), "rows is 118059162"),
        (lambda t, v: icefield.point_in_time_join(frame(), v), "views is FeatureView"),
        (lambda t, v: icefield.point_in_time_join(None, v), "views is FeatureView"),
        (lambda t, v: icefield.point_in_time_join(frame(), None), "views is None; give a list"),
        (lambda t, v: icefield.point_in_time_join(frame(), [v, None]), "None of type NoneType"),
        (lambda t, v: icefield.point_in_time_join(frame(), [v], created_cut=[]), "created_cut is"),
        (lambda t, v: ReadOptions(threads=2**31).native(), "threads is 2147483648"),
        (lambda t, v: ReadOptions(batch_size="9").native(), "batch_size is '9', of type str"),
        (lambda t, v: ReadOptions(max_bytes=BEYOND).native(), "max_bytes is 118059162"),
        (lambda t, v: icefield.MemoryBudget(pass_rows=BEYOND).native(), "pass_rows is 118059162"),
        (lambda t, v: icefield.MemoryBudget(held_size=[]).native(), "held_size is"),
    ],
)
def test_arguments_that_the_engine_cannot_take_are_refused_in_words(timed, call, said):
    with pytest.raises(InvalidArgumentError, match=said):
        call(timed, FeatureView("v", timed, ["key"]))


def test_views_may_be_any_iterable(timed):
    views = (FeatureView(name, timed, ["key"]) for name in ("a", "b"))
    joined = icefield.point_in_time_join(frame(), views, full_feature_names=True).to_arrow()
    assert joined.column_names[2:] == ["a__value", "b__value"]


@pytest.mark.parametrize("names", [("a\0x", "value"), ("a", "p\0q")])
def test_names_with_a_zero_byte_are_refused(timed, names):
    view = FeatureView(names[0], timed, ["key"], features=[("value", names[1])])
    with pytest.raises(InvalidArgumentError, match=r"holds a zero byte after '(a|p)'.*P13"):
        icefield.point_in_time_join(frame(), [view])
    with pytest.raises(InvalidArgumentError, match=r"holds a zero byte after '(a|p)'.*P13"):
        icefield.latest(view)


def test_what_is_no_file_is_said_at_once(lake):
    """A pipe in a data file's place would be waited for; a link to itself leads nowhere."""
    table, path = timed_table(lake)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(InvalidArgumentError, match=r"is a pipe or a device.*copy it to a file"):
        ours(table).scan().to_arrow()
    path.unlink()
    path.symlink_to(path)
    with pytest.raises(InvalidArgumentError, match=r"symbolic links"):
        ours(table).scan().to_arrow()
