"""From what Feast hands over to the types of an Iceberg table."""

from datetime import UTC, date, datetime

import pyarrow as pa
import pytest

from icefield.feast import SourceMismatchError
from icefield.feast.casting import fit, fit_array, iceberg_schema

US, NS = pa.timestamp("us", "UTC"), pa.timestamp("ns", "UTC")


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (pa.timestamp("ns", "Asia/Tokyo"), US),
        (pa.timestamp("s"), pa.timestamp("us")),
        (pa.int8(), pa.int32()),
        (pa.uint16(), pa.int32()),
        (pa.uint32(), pa.int64()),
        (pa.float16(), pa.float32()),
        (pa.large_string(), pa.string()),
        (pa.string_view(), pa.string()),
        (pa.dictionary(pa.int8(), pa.large_string()), pa.string()),
        (pa.large_binary(), pa.binary()),
        (pa.binary(4), pa.binary(4)),
        (pa.date64(), pa.date32()),
        (pa.time32("s"), pa.time64("us")),
        (pa.null(), pa.string()),
        (pa.uuid(), pa.uuid()),
        (pa.json_(), pa.string()),
        (pa.decimal128(9, 2), pa.decimal128(9, 2)),
        (pa.large_list(NS), pa.list_(pa.field("element", US))),
        (pa.list_(pa.int16(), 3), pa.list_(pa.field("element", pa.int32()))),
        (pa.struct([("a", pa.int8())]), pa.struct([("a", pa.int32())])),
        (pa.map_(pa.string(), pa.int8()), pa.map_(pa.string(), pa.int32())),
    ],
    ids=str,
)
def test_the_type_that_iceberg_keeps(given, kept):
    assert iceberg_schema(pa.schema([("x", given)])).field("x").type == kept


@pytest.mark.parametrize("kind", [pa.duration("s"), pa.list_(pa.duration("s"))], ids=str)
def test_a_type_that_iceberg_has_not_is_refused_by_column(kind):
    with pytest.raises(SourceMismatchError, match=r"'x' has type.*duration"):
        iceberg_schema(pa.schema([("x", kind)]))


def ticks(array, kind):
    return fit_array(array, kind).cast(pa.int64()).to_pylist()


def test_times_are_floored_also_before_1970():
    array = pa.array([-1, -1000, -1001, 1999, None], NS)
    assert ticks(array, US) == [-1, -1, -2, 1, None]
    assert ticks(array, pa.timestamp("us")) == [-1, -1, -2, 1, None]
    assert ticks(array, pa.timestamp("s")) == [-1, -1, -1, 0, None]
    assert ticks(array.slice(2), US) == [-2, 1, None]


def test_times_keep_their_instant_whatever_the_zone():
    tokyo = pa.array([1_000_000], pa.timestamp("ms", "Asia/Tokyo"))
    assert ticks(tokyo, US) == ticks(tokyo, pa.timestamp("us")) == [1_000_000_000]
    assert ticks(pa.array([5], pa.timestamp("s")), US) == [5_000_000]  # without a zone: UTC
    assert ticks(pa.array([date(1970, 1, 2)]), US) == [86_400_000_000]


def test_a_time_beyond_the_range_is_refused():
    with pytest.raises(ValueError, match="would result in out of bounds"):
        fit_array(pa.array([2**62], pa.timestamp("s")), US)


def test_dates_from_midnights_only():
    midnight = pa.array([datetime(2024, 1, 2), None], pa.timestamp("ns"))
    assert fit_array(midnight, pa.date32()).to_pylist() == [date(2024, 1, 2), None]
    with pytest.raises(ValueError, match="time of the day"):
        fit_array(pa.array([datetime(2024, 1, 2, 3)], pa.timestamp("ns")), pa.date32())


@pytest.mark.parametrize(
    ("array", "kind", "expected"),
    [
        (pa.array([1, None]), pa.int32(), [1, None]),
        (pa.array([1.0, None]), pa.int64(), [1, None]),
        (pa.array([3]), pa.float64(), [3.0]),
        (pa.array([0.5]), pa.float32(), [0.5]),
        (pa.array([None, None]), pa.list_(pa.int32()), [None, None]),
        (pa.array(["a", "b"]).dictionary_encode(), pa.string(), ["a", "b"]),
        (pa.array([[1], None, []]), pa.list_(pa.float32()), [[1.0], None, []]),
        (pa.array([[0], [1], None]).slice(1), pa.list_(pa.int32()), [[1], None]),
        (
            pa.array([{"a": 1}, None]),
            pa.struct([("a", pa.int32()), ("b", pa.string())]),
            [{"a": 1, "b": None}, None],
        ),
        (
            pa.array([{"a": "x", "b": None}, None]),
            pa.map_(pa.string(), pa.string()),
            [[("a", "x")], None],
        ),
        (
            pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64())),
            pa.map_(pa.string(), pa.int32()),
            [[("a", 1)]],
        ),
        (pa.array([{"a": [1]}, None]), pa.string(), ['{"a": [1]}', None]),
        (pa.array([b"ab"], pa.binary(2)), pa.binary(), [b"ab"]),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_values_that_fit(array, kind, expected):
    fitted = fit_array(array, kind)
    fitted.validate(full=True)
    assert fitted.type == kind
    assert fitted.to_pylist() == expected


@pytest.mark.parametrize(
    ("array", "kind"),
    [
        (pa.array([2**31]), pa.int32()),
        (pa.array([-1]), pa.uint8()),
        (pa.array([1.5]), pa.int64()),
        (pa.array(["1"]), pa.int64()),
        (pa.array([1]), pa.string()),
        (pa.array([True]), pa.int64()),
        (pa.array(["2024-01-01"]), US),
        (pa.array([1]), US),
        (pa.array([1]), pa.date32()),
        (pa.array([1]), pa.list_(pa.int64())),
        (pa.array([[1]]), pa.struct([("a", pa.int64())])),
        (pa.array([{"a": 1}]), pa.struct([("b", pa.int64())])),
        (pa.array([["x"]]), pa.list_(pa.int64())),
        (pa.array(["x"]), pa.map_(pa.string(), pa.string())),
    ],
    ids=lambda value: str(getattr(value, "type", value)),
)
def test_values_that_do_not_fit_are_refused_with_both_schemas(array, kind):
    batch, target = pa.record_batch({"x": array}), pa.schema([("x", kind)])
    with pytest.raises(SourceMismatchError) as refusal:
        fit(batch, target, "the table 'a.b'")
    text = str(refusal.value)
    assert text.startswith("the table 'a.b' cannot hold the values of the column x")
    assert f"(x: {array.type})" in text
    assert f"(x: {kind})" in text


def test_columns_are_matched_by_name():
    target = pa.schema(
        [pa.field("a", pa.int32()), pa.field("b", pa.string()), pa.field("c", US, nullable=False)]
    )
    times = pa.array([1000], NS)
    fitted = fit(pa.record_batch({"c": times, "a": pa.array([1])}), target, "the table")
    assert fitted.schema == target
    assert fitted.to_pylist() == [{"a": 1, "b": None, "c": datetime(1970, 1, 1, 0, 0, 0, 1, UTC)}]
    with pytest.raises(SourceMismatchError, match="requires the column c"):
        fit(pa.record_batch({"a": pa.array([1])}), target, "the table")
    with pytest.raises(SourceMismatchError, match="has no column d, e"):
        fit(pa.record_batch({"d": times, "e": times, "c": times}), target, "the table")
