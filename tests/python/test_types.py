"""Every Iceberg type out of every form in which Parquet files hold it."""

from __future__ import annotations

import datetime
import uuid
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from icefield.errors import CorruptDataError, UnsupportedError
from tests.python.files import columns, foreign_file, one_file_table, read, with_id
from tests.raw import RawTable, TableFile

EDGES = [
    datetime.datetime(1969, 12, 31, 23, 59, 59, 999999),
    datetime.datetime(1, 1, 1),
    datetime.datetime(9999, 12, 31, 23, 59, 59, 999999),
    None,
]


def values_of(folder, kind, array, **options):
    """What a column of the type gives out of a file that holds the array."""
    table = one_file_table(folder, [("c", kind)], columns(c=array), **options)
    return read(table)["c"].combine_chunks()


def ticks(array):
    """Times as their counts."""
    width = pa.int32() if array.type.bit_width == 32 else pa.int64()
    return array.cast(width).to_pylist()


@pytest.mark.parametrize("kind", ["timestamp", "timestamptz"])
def test_int96_is_either_kind_of_timestamp(tmp_path, kind):
    array = pa.array(EDGES, pa.timestamp("us"))
    got = values_of(tmp_path, kind, array, use_deprecated_int96_timestamps=True)
    assert ticks(got) == ticks(array)
    assert got.type == pa.timestamp("us", "UTC" if kind == "timestamptz" else None)


def test_int96_of_nanoseconds_is_floored(tmp_path):
    array = pa.array([-1, 1999], pa.timestamp("ns"))
    got = values_of(tmp_path, "timestamp", array, use_deprecated_int96_timestamps=True)
    assert ticks(got) == [-1, 1]


def test_int96_in_a_nanosecond_column_is_refused_for_that_column(tmp_path):
    rows = columns(a=pa.array([1]), t=pa.array([1], pa.timestamp("ns")))
    table = one_file_table(
        tmp_path,
        [("a", "long"), ("t", "timestamp_ns")],
        rows,
        use_deprecated_int96_timestamps=True,
    )
    with pytest.raises(UnsupportedError, match=r"foreign.*column 't'.*INT96"):
        read(table)
    assert read(table, "a")["a"].to_pylist() == [1]


def test_filters_on_int96_prune_nothing_wrongly(tmp_path):
    array = pa.array(EDGES, pa.timestamp("us"))
    table = one_file_table(
        tmp_path, [("c", "timestamp")], columns(c=array), use_deprecated_int96_timestamps=True
    )
    got = read(table, row_filter="c < '1970-01-01T00:00:00'")["c"].to_pylist()
    assert got == EDGES[:2]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
@pytest.mark.parametrize("zone", [None, "UTC", "Europe/Berlin"])
@pytest.mark.parametrize("suffix", ["", "_ns"])
def test_timestamps_of_every_unit(tmp_path, unit, zone, suffix):
    moments = [datetime.datetime(1969, 12, 31, 23, 59, 58), datetime.datetime(2024, 2, 29), None]
    array = pa.array(moments, pa.timestamp("us", zone)).cast(pa.timestamp(unit, zone))
    kind = ("timestamptz" if zone else "timestamp") + suffix
    out = pa.timestamp("ns" if suffix else "us", "UTC" if zone else None)
    got = values_of(tmp_path, kind, array)
    assert got.type == out
    assert ticks(got) == ticks(array.cast(out))


def test_instants_never_mix_with_zone_less_times(tmp_path):
    plain = pa.array(EDGES, pa.timestamp("us"))
    zoned = pa.array(EDGES, pa.timestamp("us", "UTC"))
    for kind, array in (("timestamptz", plain), ("timestamp", zoned)):
        with pytest.raises(CorruptDataError, match="never mix"):
            values_of(tmp_path / kind, kind, array)


def test_days_are_promoted_to_timestamps(tmp_path):
    days = [datetime.date(1969, 12, 31), datetime.date(2024, 2, 29), None]
    midnights = [day and datetime.datetime(day.year, day.month, day.day) for day in days]
    array = pa.array(days)
    for kind in ("timestamp", "timestamp_ns"):
        got = values_of(tmp_path / kind, kind, array)
        assert got.cast(pa.timestamp("us")).to_pylist() == midnights
    with pytest.raises(CorruptDataError, match=r"date32.*timestamptz"):
        values_of(tmp_path / "tz", "timestamptz", array)
    far = pa.array([datetime.date(2262, 4, 12)])
    with pytest.raises(CorruptDataError, match="does not fit"):
        values_of(tmp_path / "far", "timestamp_ns", far)
    assert len(values_of(tmp_path / "far_us", "timestamp", far)) == 1


def test_a_promoted_day_is_filtered_in_every_file(tmp_path):
    table = RawTable(tmp_path, [("id", "long"), ("c", "date")], format_version=3)
    table.commit(
        [table.write_data([(1, datetime.date(2024, 1, 1)), (2, datetime.date(2024, 1, 2))])]
    )
    table.change_column("c", type="timestamp")
    table.commit([table.write_data([(3, datetime.datetime(2024, 1, 2, 12)), (4, None)])])
    for text, wanted in [
        ("c >= '2024-01-02T00:00:00'", [2, 3]),
        ("c < '2024-01-01T00:00:00.000001'", [1]),
        ("c = '2024-01-02T00:00:00'", [2]),
        ("c is null", [4]),
    ]:
        assert sorted(read(table, "id", row_filter=text)["id"].to_pylist()) == wanted, text


DECIMALS = [Decimal("-1.28"), Decimal("1.27"), Decimal("0.00"), None, Decimal("-99999.99")]


@pytest.mark.parametrize("as_integer", [False, True])
@pytest.mark.parametrize("precision", [7, 9, 12, 18, 38])
def test_decimals_of_any_width_and_promotion(tmp_path, precision, as_integer):
    array = pa.array(DECIMALS, pa.decimal128(precision, 2))
    table = one_file_table(
        tmp_path,
        [("c", f"decimal({precision}, 2)")],
        columns(c=array),
        store_decimal_as_integer=as_integer,
    )
    assert read(table)["c"].to_pylist() == DECIMALS
    table.change_column("c", type="decimal(38, 2)")
    table.save()
    got = read(table)["c"]
    assert got.type == pa.decimal128(38, 2)
    assert got.to_pylist() == DECIMALS
    assert read(table, row_filter="c < -1")["c"].to_pylist() == [DECIMALS[0], DECIMALS[4]]


def test_decimals_of_another_scale_or_less_precision_are_refused(tmp_path):
    array = pa.array(DECIMALS, pa.decimal128(9, 2))
    for kind in ("decimal(9, 3)", "decimal(8, 2)"):
        with pytest.raises(CorruptDataError, match=r"decimal128\(9, 2\)"):
            values_of(tmp_path / kind, kind, array)


@pytest.mark.parametrize(
    "array",
    [
        pa.array([1, -2, None], pa.int8()),
        pa.array([1, -2, None], pa.int16()),
        pa.array([1, 2, None], pa.uint8()),
        pa.array([1, 65535, None], pa.uint16()),
    ],
    ids=lambda array: str(array.type),
)
def test_narrow_integers(tmp_path, array):
    for kind in ("int", "long"):
        assert values_of(tmp_path / kind, kind, array).to_pylist() == array.to_pylist()


def test_unsigned_integers_that_do_not_fit_are_refused(tmp_path):
    array = pa.array([2**32 - 1], pa.uint32())
    assert values_of(tmp_path / "long", "long", array).to_pylist() == [2**32 - 1]
    for kind, stored in (("int", array), ("long", pa.array([1], pa.uint64()))):
        with pytest.raises(CorruptDataError, match="uint"):
            values_of(tmp_path / kind, kind, stored)


@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_of_every_unit(tmp_path, unit):
    counts = {"ms": [0, 86_399_999], "us": [1, 86_399_999_999], "ns": [1999, 86_399_999_999_999]}
    array = pa.array(counts[unit], pa.time32(unit) if unit == "ms" else pa.time64(unit))
    got = values_of(tmp_path, "time", array)
    wanted = {"ms": [0, 86_399_999_000], "us": counts["us"], "ns": [1, 86_399_999_999]}
    assert ticks(got) == wanted[unit]


def test_text_and_bytes_whatever_their_annotation(tmp_path):
    texts = ["", "ä𝄞", None]
    encoded = [text if text is None else text.encode() for text in texts]
    assert values_of(tmp_path / "a", "string", pa.array(encoded)).to_pylist() == texts
    assert values_of(tmp_path / "b", "binary", pa.array(texts)).to_pylist() == encoded
    for array in (pa.array(texts, pa.large_string()), pa.array(texts, pa.string_view())):
        got = values_of(tmp_path / str(array.type), "string", array)
        assert got.type == pa.string()
        assert got.to_pylist() == texts
    with pytest.raises(CorruptDataError, match=r"column 'c'.*UTF-?8"):
        values_of(tmp_path / "c", "string", pa.array([b"\xff"]))


def test_fixed_and_uuid_need_their_length(tmp_path):
    one = uuid.UUID("f79c3e09-677c-4bbd-a479-3f349cb785e7")
    fixed = pa.array([one.bytes, None], pa.binary(16))
    for at, array in enumerate((fixed, pa.array([one.bytes, None]), fixed.cast(pa.uuid()))):
        got = values_of(tmp_path / f"u{at}", "uuid", array)
        assert got.type == pa.uuid()
        assert got.to_pylist() == [one, None]
        assert values_of(tmp_path / f"b{at}", "binary", array).to_pylist() == [one.bytes, None]
        assert values_of(tmp_path / f"f{at}", "fixed[16]", array).type == pa.binary(16)
        with pytest.raises(CorruptDataError):
            values_of(tmp_path / f"x{at}", "fixed[15]", array)


@pytest.mark.parametrize("encoding", [True, False])
def test_dictionaries_of_every_writer(tmp_path, encoding):
    plain = pa.array(["a", "b", None, "a"])
    for at, array in enumerate((plain, plain.dictionary_encode())):
        got = values_of(tmp_path / str(at), "string", array, use_dictionary=encoding)
        assert got.type == pa.string()
        assert got.to_pylist() == plain.to_pylist()


def test_columns_of_unknown_type_are_null_and_may_become_any(tmp_path):
    table = RawTable(tmp_path, [("id", "long"), ("u", "unknown"), ("v", "unknown")])
    table.upgrade(3)
    rows = columns(id=pa.array([1, 2]), u=pa.nulls(2))
    table.commit([foreign_file(table, rows)])
    got = read(table)
    assert got.schema.types == [pa.int64(), pa.null(), pa.null()]
    table.change_column("u", type="decimal(9, 2)")
    table.change_column("v", type="timestamptz")
    table.commit([table.write_data([(3, Decimal("1.50"), None)])])
    assert read(table, "u")["u"].to_pylist().count(None) == 2
    assert read(table, "id", row_filter="u = 1.5")["id"].to_pylist() == [3]
    assert sorted(read(table, "id", row_filter="v is null")["id"].to_pylist()) == [1, 2, 3]


@pytest.mark.parametrize("compliant", [True, False])
@pytest.mark.parametrize("layout", [pa.list_, pa.large_list, lambda t: pa.list_(t, 2)])
def test_lists_of_every_layout(tmp_path, compliant, layout):
    field = with_id(pa.field("item", pa.int32()), 2)
    array = pa.array([[1, None], [2, 3], None], layout(field))
    rows = pa.table([array], schema=pa.schema([with_id(pa.field("c", array.type), 1)]))
    kind = {"type": "list", "element-id": 2, "element": "long", "element-required": False}
    table = one_file_table(tmp_path, [("c", kind)], rows, use_compliant_nested_type=compliant)
    got = read(table)["c"]
    assert got.type == pa.list_(pa.field("element", pa.int64()))
    assert got.to_pylist() == array.to_pylist()


def test_the_schema_that_arrow_stores_beside_a_file_changes_nothing(tmp_path):
    """A writer's Arrow types (durations, dates of milliseconds) are not the table's."""
    rows = columns(
        n=pa.array([5], pa.duration("us")),
        d=pa.array([datetime.date(2024, 1, 1)], pa.date64()),
    )
    table = one_file_table(tmp_path, [("n", "long"), ("d", "date")], rows)
    assert read(table).to_pylist() == [{"n": 5, "d": datetime.date(2024, 1, 1)}]
    damaged = rows.replace_schema_metadata({"ARROW:schema": "not base64 of anything"})
    other = RawTable(tmp_path / "damaged", [("n", "long"), ("d", "date")])
    path, uri = other.new_path(None, "damaged", "parquet")
    pq.write_table(damaged, path, store_schema=False)
    other.commit([TableFile(0, uri, 1, path.stat().st_size)])
    assert read(other, "n").to_pylist() == [{"n": 5}]


def test_geometries_are_wkb_of_their_reference_system(tmp_path):
    point = bytes.fromhex("0101000000000000000000f03f0000000000000040")
    rows = columns(g=pa.array([point, None]), h=pa.array([point, None]))
    table = one_file_table(
        tmp_path, [("g", "geometry(srid:3857)"), ("h", "geography(OGC:CRS84, karney)")], rows
    )
    got = read(table)
    assert got["g"].to_pylist() == got["h"].to_pylist() == [point, None]
    assert [field.metadata for field in got.schema] == [
        {
            b"ARROW:extension:name": b"geoarrow.wkb",
            b"ARROW:extension:metadata": b'{"crs":"srid:3857"}',
        },
        {
            b"ARROW:extension:name": b"geoarrow.wkb",
            b"ARROW:extension:metadata": b'{"crs":"OGC:CRS84","edges":"karney"}',
        },
    ]


def variant_rows():
    """`id`, and a variant of 1, "a" (short text) and null, unshredded."""
    metadata, values = b"\x01\x00\x00", [b"\x0c\x01", b"\x05a", None]
    group = pa.StructArray.from_arrays(
        [pa.array([metadata] * 3), pa.array(values)],
        fields=[pa.field("metadata", pa.binary(), False), pa.field("value", pa.binary())],
        mask=pa.array([False, False, True]),
    )
    return columns(id=pa.array([1, 2, 3]), v=group)


def test_variants_are_their_json_text(tmp_path):
    table = one_file_table(tmp_path, [("id", "long"), ("v", "variant")], variant_rows())
    got = read(table)
    assert got.schema.field("v").type == pa.string()
    assert got["v"].to_pylist() == ["1", '"a"', None]
    assert read(table, "id", row_filter="v is not null")["id"].to_pylist() == [1, 2]
    assert read(table, "id")["id"].to_pylist() == [1, 2, 3]


def test_a_damaged_variant_leaves_the_other_columns_readable(tmp_path):
    rows = variant_rows()
    broken = pa.StructArray.from_arrays(
        [pa.array([b"\x09"] * 3), pa.array([b"\x0c\x01"] * 3)], names=["metadata", "value"]
    )
    rows = rows.set_column(1, with_id(pa.field("v", broken.type), 2), broken)
    table = one_file_table(tmp_path, [("id", "long"), ("v", "variant")], rows)
    with pytest.raises((CorruptDataError, UnsupportedError), match=r"foreign.*column 'v'"):
        read(table)
    assert read(table, "id")["id"].to_pylist() == [1, 2, 3]


def test_a_column_of_another_structure_is_refused_alone(tmp_path):
    rows = columns(id=pa.array([1]), s=pa.array([{"x": 1}]))
    table = one_file_table(tmp_path, [("id", "long"), ("s", "long")], rows)
    with pytest.raises(CorruptDataError, match=r"foreign.*column 's'.*another structure"):
        read(table)
    assert read(table, "id").to_pylist() == [{"id": 1}]
