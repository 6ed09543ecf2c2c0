"""Frames and tables at the limits: right answers, by the brute-force reference where it may decide.

| bad input | here | elsewhere |
|---|---|---|
| null and NaN keys | mixed, many columns | `pit/p02_null_*`, `p02_nan_*`, `special_untyped_*` |
| an empty frame | reads nothing | `pit/p01_zero_rows`, `test_join_api.py` |
| all keys missing | reads nothing of sorted files | `test_growth.py` |
| a million entity times, or one | | `test_growth.py` |
| one key with all rows | | `test_growth.py`, `test_ties.py` (all of one instant) |
| the ends of time and TTL | int64 of every unit, `latest`, made frames | `pit/p03_*`, `p10_*` |
| 1,000 features | in any order, work by columns | |
| 100 views | over five tables, under an empty frame | `test_shared_scans.py` |
| text keys with separators | every triple of short texts | `pit/p02_text_keys_with_separators` |
"""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, ReadOptions, errors
from tests.differential.reference import Entity, FeatureRow, View, training_rows
from tests.python.files import columns, foreign_file, one_file_table
from tests.python.growth import assert_grows_like, measured
from tests.raw import RawTable

STAMP = pa.timestamp("us", "UTC")
FIRST, LAST = -(2**63), 2**63 - 1
NANOS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1000, "ns": 1}
OPTIONS = [
    ReadOptions(batch_size=size, threads=threads)
    for size, threads in ((1, 1), (7, 4), (65_536, 1), (65_536, 4))
]


def times(values, unit="us") -> pa.Array:
    return pa.array(values, pa.int64()).cast(pa.timestamp(unit, "UTC"))


def opened(folder: Path, schema, **arrays: pa.Array) -> icefield.Table:
    """A table of one file; columns of the schema are given by name."""
    table = one_file_table(folder, schema, columns(**arrays))
    return icefield.load_table(table.metadata_location)


def features(view: FeatureView, frame: Any, **join: Any) -> list[Any]:
    """The values of `x` for each entity row."""
    return icefield.point_in_time_join(frame, [view], **join).to_arrow()["x"].to_pylist()


def micros(count: int | None) -> timedelta | None:
    return None if count is None else timedelta(microseconds=count)


# --- the ends of time ---

SCHEMA = [("k", "long"), ("at", "timestamptz"), ("created", "timestamptz"), ("x", "long")]
EVENTS = [FIRST, FIRST + 1, -1, 0, 1, LAST - 1, LAST]
CREATED = [None, FIRST + 1, 0, LAST]
ASKED = [FIRST, FIRST + 1, FIRST // 2, -1, 0, 1, LAST // 2, LAST - 1, LAST]


def row_pairs(events) -> list[tuple[int, int | None]]:
    """Every event time with every created time, in no order."""
    pairs = list(itertools.product(events, CREATED))
    random.Random(1).shuffle(pairs)
    return pairs


def ends_view(folder: Path, pairs, ttl: int | None = None) -> FeatureView:
    table = opened(
        folder,
        SCHEMA,
        k=pa.array([1] * len(pairs)),
        at=times([event for event, _ in pairs]),
        created=times([created for _, created in pairs]),
        x=pa.array(range(len(pairs))),
    )
    return FeatureView("v", table, ["k"], "at", created_timestamp_column="created", ttl=micros(ttl))


def ends_frame(unit: str) -> pa.Table:
    return pa.table({"k": [1] * len(ASKED), "event_timestamp": times(ASKED, unit)})


def ends_expected(pairs, unit: str, ttl: int | None, created_cut: bool) -> list[int | None]:
    rows = [
        FeatureRow({"k": 1, "x": x}, event * 1000, None if made is None else made * 1000, (x,))
        for x, (event, made) in enumerate(pairs)
    ]
    view = View(rows, [("k", "k")], ["x"], None if ttl is None else ttl * 1000, has_created=True)
    asked = [Entity({"k": 1}, time * NANOS[unit]) for time in ASKED]
    return [row[0] for row in training_rows(asked, [view], created_cut=created_cut)]


@pytest.mark.parametrize("created_cut", [False, True])
@pytest.mark.parametrize("ttl", [None, 1, 2, LAST - 1, LAST])
@pytest.mark.parametrize("unit", NANOS)
def test_p3_p10_times_at_the_ends_of_64_bits(tmp_path, unit, ttl, created_cut):
    # Entity times beyond microseconds have a test of their own.
    pairs = row_pairs(EVENTS if unit in ("us", "ns") or ttl is None else EVENTS[:-1])
    view, frame = ends_view(tmp_path, pairs, ttl), ends_frame(unit)
    expected = ends_expected(pairs, unit, ttl, created_cut)
    assert any(x is not None for x in expected)
    for options in OPTIONS:
        assert features(view, frame, created_cut=created_cut, options=options) == expected


def test_p15_latest_at_the_ends_of_64_bits(tmp_path):
    view = ends_view(tmp_path, pairs := row_pairs(EVENTS))
    year_1, year_9999 = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for start, end, newest in [
        (None, None, LAST),
        (year_1, year_9999, 1),
        (None, year_1, FIRST + 1),
        (year_9999, None, LAST),
    ]:
        found = icefield.latest(view, start=start, end=end).to_arrow()
        assert [pairs[x] for x in found["x"].to_pylist()] == [(newest, LAST)]
        assert found["at"].cast(pa.int64()).to_pylist() == [newest]


def test_p14_frames_of_views_at_the_ends_of_64_bits(tmp_path):
    view = ends_view(tmp_path, row_pairs(EVENTS), ttl=LAST)
    year_1, year_9999 = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
    for start, end, made in [
        (year_1, year_9999, [-1, 0, 1]),
        (None, year_1, [FIRST, FIRST + 1]),
        (None, year_9999, [-1, 0, 1]),
        (year_9999, year_9999, []),
    ]:
        answer = icefield.point_in_time_join(None, [view], start=start, end=end).to_arrow()
        assert answer["event_timestamp"].cast(pa.int64()).to_pylist() == made
        assert answer["x"].null_count == 0


def one_time(folder: Path, event: int, created: int, ttl: int | None) -> FeatureView:
    """A view of eight rows of one time, which lie in one run of their key."""
    return ends_view(folder, [(event, created)] * 8, ttl)


def asked_once(time: int, unit: str = "us") -> pa.Table:
    return pa.table({"k": [1], "event_timestamp": times([time], unit)})


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_p3_an_entity_time_beyond_microseconds_lets_the_last_of_them_expire(tmp_path, unit):
    view = one_time(tmp_path, LAST, LAST, ttl=1)
    assert features(view, asked_once(LAST, unit)) == [None]


@pytest.mark.parametrize("created_cut", [False, True])
def test_the_first_created_time_of_64_bits_stands_for_none_and_is_refused(tmp_path, created_cut):
    view = one_time(tmp_path, FIRST, FIRST, ttl=None)
    with pytest.raises(errors.UnsupportedError, match="write null or a later one"):
        features(view, asked_once(FIRST), created_cut=created_cut)


def test_p3_the_longest_ttl_reaches_from_end_to_end(tmp_path):
    view = one_time(tmp_path, FIRST, FIRST + 1, ttl=timedelta.max // timedelta(microseconds=1))
    assert features(view, asked_once(LAST)) == [7]
    made = icefield.point_in_time_join(None, [view]).to_arrow()
    assert made["event_timestamp"].cast(pa.int64()).to_pylist() == [FIRST], "P14 reaches as far"
    with pytest.raises(errors.InvalidArgumentError, match="no number of 64 bits"):
        one_time(tmp_path / "between", FIRST, FIRST, ttl=LAST + 1)


def test_p3_a_ttl_of_six_hundred_years_over_nanoseconds(tmp_path):
    century = pa.array([datetime(1700, 1, 1, tzinfo=UTC)] * 8, STAMP)
    table = opened(
        tmp_path,
        [("k", "long"), ("at", "timestamptz_ns"), ("x", "long")],
        k=pa.array([1] * 8),
        at=century.cast(pa.timestamp("ns", "UTC")),
        x=pa.array(range(8)),
    )
    view = FeatureView("v", table, ["k"], "at", ttl=timedelta(days=219_146))
    now = pa.array([datetime(2024, 1, 1, tzinfo=UTC)], STAMP)
    assert features(view, pa.table({"k": [1], "event_timestamp": now})) == [7]


@pytest.mark.parametrize("time", [FIRST, 0, LAST])
def test_plans_and_reasons_name_times_at_the_ends(tmp_path, time):
    view = ends_view(tmp_path, row_pairs(EVENTS), ttl=1)
    frame = pa.table({"k": [1], "event_timestamp": times([time])})
    assert "view v" in str(icefield.explain(frame, [view], footers=True))
    why = icefield.why(frame, view)
    assert [row["verdict"] for row in why["rows"]].count("winner") == 1
    told = icefield.point_in_time_join(frame, [view], provenance=True).to_arrow()
    assert told["v__event_timestamp"].cast(pa.int64()).to_pylist() == [time]


# --- nothing to find ---

SORTED = [("k", "long"), ("at", "timestamptz"), ("x", "long")]


@pytest.fixture(scope="module")
def sorted_table(tmp_path_factory):
    """Ten files of rows of even keys, sorted, with statistics."""
    table = RawTable(tmp_path_factory.mktemp("sorted"), SORTED)
    for first in range(0, 1000, 100):
        at = datetime(2024, 1, 1, tzinfo=UTC)
        table.commit([table.write_data([(2 * k, at, k) for k in range(first, first + 100)])])
    return icefield.load_table(table.metadata_location)


def nothing_asked():
    return pa.table({"k": pa.array([], pa.int64()), "event_timestamp": times([])})


def asked_of(keys):
    keys = pa.array(keys, pa.int64())
    return pa.table({"k": keys, "event_timestamp": times([LAST] * len(keys))})


@pytest.mark.parametrize(
    "frame",
    [nothing_asked(), asked_of([None] * 50), asked_of([-5, -3, 2001, LAST, FIRST, None])],
    ids=["empty", "null", "missing"],
)
def test_what_finds_nothing_reads_nothing(sorted_table, frame):
    view = FeatureView("v", sorted_table, ["k"], "at")
    made = icefield.point_in_time_join(frame, [view])
    assert made.to_arrow()["x"].to_pylist() == [None] * frame.num_rows
    assert made.to_arrow().schema == made.schema
    report = made.report()["views"][0]
    assert (report["hits"], report["rows_seen"], report["bytes_read"]) == (0, 0, 0)
    assert report["misses"]["key_absent"] == frame.num_rows


def test_a_table_without_rows_under_every_kind_of_frame(tmp_path):
    table = RawTable(tmp_path, SORTED)
    view = FeatureView("v", icefield.load_table(table.metadata_location), ["k"], "at")
    assert features(view, asked_of([1, None, LAST])) == [None] * 3
    assert features(view, nothing_asked()) == []


# --- keys ---

WORDS = [
    "".join(letters) for size in range(3) for letters in itertools.product("a,\0", repeat=size)
]
"""Thirteen texts that any separator of letters would confuse."""
TEXTS = {
    "string": pa.string(),
    "large": pa.large_string(),
    "view": pa.string_view(),
    "dictionary": pa.dictionary(pa.int16(), pa.string()),
}


@pytest.fixture(scope="module")
def triples(tmp_path_factory):
    """One row for each triple of words; `x` is its number."""
    parts = list(zip(*itertools.product(WORDS, repeat=3), strict=True))
    table = opened(
        tmp_path_factory.mktemp("triples"),
        [("a", "string"), ("b", "string"), ("c", "string"), ("at", "timestamptz"), ("x", "long")],
        **dict(zip("abc", map(pa.array, parts), strict=True)),
        at=times([0] * len(parts[0])),
        x=pa.array(range(len(parts[0]))),
    )
    return FeatureView("v", table, ["a", "b", "c"], "at"), parts


@pytest.mark.parametrize("kind", TEXTS)
def test_p2_every_triple_of_texts_is_another_key(triples, kind):
    view, parts = triples
    numbers = list(range(len(parts[0])))
    random.Random(kind).shuffle(numbers)
    asked = {
        name: pa.array([part[at] for at in numbers], pa.string()).cast(TEXTS[kind])
        for name, part in zip("abc", parts, strict=True)
    }
    frame = pa.table({**asked, "event_timestamp": times([0] * len(numbers))})
    assert features(view, frame) == numbers
    turned = frame.rename_columns(["b", "c", "a", "event_timestamp"])
    by_key = {key: at for at, key in enumerate(zip(*parts, strict=True))}
    wanted = [by_key[c, a, b] for a, b, c in (tuple(p[at] for p in parts) for at in numbers)]
    assert features(view, turned) == wanted


DOMAINS: dict[str, tuple[str, pa.DataType, list[Any]]] = {
    "real": ("double", pa.float64(), [None, float("nan"), 0.0, -0.0, 1.0, float("inf")]),
    "text": ("string", pa.string(), [None, "", "a", "a,", "\0", "a text that is not short"]),
    "whole": ("long", pa.int64(), [None, 0, 1, FIRST, LAST, 2**53 + 1]),
}
MOMENTS = [FIRST, -1, 0, 1, 2, 3, LAST]


def mixed_columns(chance: random.Random, names, count: int) -> dict[str, pa.Array]:
    return {
        name: pa.array([chance.choice(DOMAINS[name][2]) for _ in range(count)], DOMAINS[name][1])
        for name in names
    }


def with_gaps(chance: random.Random, count: int) -> list[int | None]:
    return [chance.choice([None, *MOMENTS]) for _ in range(count)]


@pytest.mark.parametrize("seed", range(12))
def test_all_of_it_at_once(tmp_path, seed):
    """Null, NaN and rare keys, times and created times at the ends or missing, empty chunks."""
    chance = random.Random(seed)
    names = chance.sample(list(DOMAINS), 1 + seed % 3)
    ttl = chance.choice([None, 1, 2, LAST])
    cells = mixed_columns(chance, names, 200)
    event, created = with_gaps(chance, 200), with_gaps(chance, 200)
    created = [None if made == FIRST else made for made in created]
    table = opened(
        tmp_path,
        [*((name, DOMAINS[name][0]) for name in names), *SCHEMA[1:]],
        **cells,
        at=times(event),
        created=times(created),
        x=pa.array(range(200)),
    )
    terms = {"created_timestamp_column": "created", "ttl": micros(ttl)}
    view = FeatureView("v", table, names, "at", features=["x"], **terms)
    asked = pa.table(
        {**mixed_columns(chance, names, 60), "event_timestamp": times(with_gaps(chance, 60))}
    )
    chunked = pa.concat_tables([asked[:0], asked[:7], asked[7:7], asked[7:], asked[60:]])

    plain = zip(*(column.to_pylist() for column in cells.values()), event, created, strict=True)
    rows = [
        FeatureRow(
            {**dict(zip(names, row, strict=False)), "x": x},
            None if row[-2] is None else row[-2] * 1000,
            None if row[-1] is None else row[-1] * 1000,
            (x,),
        )
        for x, row in enumerate(plain)
    ]
    reference = View(
        rows, [(n, n) for n in names], ["x"], None if ttl is None else ttl * 1000, has_created=True
    )
    moments = asked["event_timestamp"].cast(pa.int64()).to_pylist()
    entities = [
        Entity(cells, None if time is None else time * 1000)
        for cells, time in zip(asked.select(names).to_pylist(), moments, strict=True)
    ]
    for cut in (False, True):
        wanted = [row[0] for row in training_rows(entities, [reference], created_cut=cut)]
        assert len(set(wanted)) > 1
        for options in OPTIONS:
            assert features(view, chunked, created_cut=cut, options=options) == wanted


# --- very wide, very many ---

WIDE = {"long": pa.int64(), "double": pa.float64(), "string": pa.string(), "boolean": pa.bool_()}


def wide_table(folder: Path, count: int) -> icefield.Table:
    """Features f0, f1, ... of four types; of two files, the second one without a third of them."""
    kinds = list(itertools.islice(itertools.cycle(WIDE), count))
    table = RawTable(
        folder,
        [("k", "long"), ("at", "timestamptz"), *((f"f{n}", kind) for n, kind in enumerate(kinds))],
    )
    for file in range(2):
        arrays = {"k": pa.array(range(20)), "at": times([file] * 20)}
        for number, kind in enumerate(kinds):
            cells = [wide_cell(file, key, number) for key in range(20)]
            arrays[f"f{number}"] = pa.array(cells).cast(WIDE[kind])
        rows = columns(**arrays)
        kept = [n for n in rows.column_names if file == 0 or not n.startswith("f") or in_both(n)]
        table.commit([foreign_file(table, rows.select(kept))])
    return icefield.load_table(table.metadata_location)


def in_both(name: str) -> bool:
    return int(name[1:]) % 3 != 0


def wide_cell(file: int, key: int, number: int) -> int:
    return (file + key * 31 + number * 7) % 1000


def wide_expected(key: int, time: int, name: str) -> Any:
    number = int(name[1:])
    if time and not in_both(name):
        return None
    cell = wide_cell(time, key, number)
    return [cell, float(cell), str(cell), bool(cell)][number % 4]


def wide_frame() -> pa.Table:
    return pa.table({"k": [3, 17, 20], "event_timestamp": times([0, 1, 1])})


def test_a_thousand_features_in_any_order(tmp_path):
    table = wide_table(tmp_path, 1000)
    names = [f"f{number}" for number in range(1000)]
    every = icefield.point_in_time_join(wide_frame(), [FeatureView("v", table, ["k"], "at")])
    assert every.to_arrow().column_names == ["k", "event_timestamp", *names]
    random.Random(5).shuffle(names)
    view = FeatureView("v", table, ["k"], "at", features=[(name, f"as {name}") for name in names])
    for options in OPTIONS:
        made = icefield.point_in_time_join(wide_frame(), [view], options=options)
        answer = made.to_arrow()
        assert answer.column_names == ["k", "event_timestamp", *(f"as {name}" for name in names)]
        for name in names:
            wanted = [wide_expected(3, 0, name), wide_expected(17, 1, name), None]
            assert answer[f"as {name}"].to_pylist() == wanted == every.to_arrow()[name].to_pylist()


def test_work_grows_with_features(tmp_path):
    def seconds(count):
        view = FeatureView("v", wide_table(tmp_path / str(count), count), ["k"], "at")
        return measured(lambda: icefield.point_in_time_join(wide_frame(), [view]).to_arrow())[1]

    assert_grows_like(seconds(1500), seconds(6000))


VIEW_ROWS = 60


def view_rows(number: int) -> list[tuple[int, int, int]]:
    chance = random.Random(number)
    return [(chance.randrange(8), chance.randrange(50), x) for x in range(VIEW_ROWS)]


@pytest.fixture(scope="module")
def five_tables(tmp_path_factory):
    """Rows of few keys in five tables."""
    folder = tmp_path_factory.mktemp("views")
    made = []
    for number in range(5):
        keys, at, xs = zip(*view_rows(number), strict=True)
        arrays = {"k": pa.array(keys), "at": times(at), "x": pa.array(xs)}
        made.append(opened(folder / str(number), SORTED, **arrays))
    return made


def ttl_of(number: int) -> int | None:
    return [None, 1, 3, 20][number % 4]


def many_views(tables, count: int) -> list[FeatureView]:
    """Views over each table with several TTLs; every second one asks by another frame column."""
    return [
        FeatureView(
            f"v{number}",
            tables[number % 5],
            [("k", "k2" if number % 2 else "k")],
            "at",
            ttl=micros(ttl_of(number)),
        )
        for number in range(count)
    ]


def views_frame() -> pa.Table:
    chance = random.Random(9)
    return pa.table(
        {
            "k": [chance.choice([None, *range(9)]) for _ in range(40)],
            "k2": [chance.choice([None, *range(9)]) for _ in range(40)],
            "event_timestamp": times([chance.randrange(-5, 60) for _ in range(40)]),
        }
    )


def test_a_hundred_views_over_five_tables(five_tables):
    frame = views_frame()
    made = icefield.point_in_time_join(frame, many_views(five_tables, 100), full_feature_names=True)
    answer = made.to_arrow()
    assert answer.column_names[3:] == [f"v{number}__x" for number in range(100)]
    moments = frame["event_timestamp"].cast(pa.int64()).to_pylist()
    entities = [
        Entity({"k": k, "k2": k2}, time * 1000)
        for k, k2, time in zip(
            frame["k"].to_pylist(), frame["k2"].to_pylist(), moments, strict=True
        )
    ]
    for number in range(100):
        rows = [
            FeatureRow({"k": k, "x": x}, at * 1000, None, (x,))
            for k, at, x in view_rows(number % 5)
        ]
        ttl = ttl_of(number)
        view = View(
            rows, [("k", "k2" if number % 2 else "k")], ["x"], None if ttl is None else ttl * 1000
        )
        wanted = [row[0] for row in training_rows(entities, [view])]
        assert answer[f"v{number}__x"].to_pylist() == wanted, number
    # Five tables, each read once: frame columns and TTLs go together.
    deciding = [view for view in made.report()["views"] if view["decided_with"] is None]
    assert len(deciding) == 5
    assert all(view["rows_seen"] <= VIEW_ROWS for view in deciding)
    assert {pin["snapshot_id"] for pin in made.snapshots.values()} == {1}


def test_an_empty_frame_under_a_hundred_views(five_tables):
    frame = views_frame()[:0]
    made = icefield.point_in_time_join(frame, many_views(five_tables, 100), full_feature_names=True)
    assert (made.to_arrow().num_rows, made.to_arrow().num_columns) == (0, 103)
    assert sum(view["bytes_read"] for view in made.report()["views"]) == 0


def test_work_grows_with_views(five_tables):
    def seconds(count):
        views = many_views(five_tables, count)
        call = icefield.point_in_time_join
        return measured(lambda: call(views_frame(), views, full_feature_names=True).to_arrow())[1]

    assert_grows_like(seconds(50), seconds(200))
