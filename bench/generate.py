"""Feature rows and entity frames from a seed: the same values on every machine and in any order.

Every chunk of every table has random streams of its own, so a chunk can be made again alone: the
entity frame takes its exact hits and TTL edges from chunks that it regenerates, not from files.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from bench.workload import (
    CREATED_TIME,
    DAYS,
    EVENT_TIME,
    ROW_ID,
    SEED,
    START,
    TTL,
    Case,
    Dataset,
    FrameKind,
    KeyKind,
)

GENERATOR_VERSION = 2
"""Names a folder of the cache: raise it when generated values change."""

Int64s = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

TIME_TYPE = pa.timestamp("us", tz="UTC")
SECOND_US = 1_000_000
DAY_US = 86_400 * SECOND_US
START_US = int(START.timestamp()) * SECOND_US
END_US = START_US + DAYS * DAY_US
TTL_US = TTL // dt.timedelta(microseconds=1)

SKEW = 3.0
"""Keys are drawn as u ** SKEW: the most frequent 1% of them get 21% of the rows."""
NULL_SHARE = 0.05
TIE_SHARE = 0.01
"""Rows that share key and event time with another row; their created times differ."""
SEGMENTS = 4
TEXTS = pa.array([f"category-{index:04d}" for index in range(1_000)])


def stream(*path: int) -> np.random.Generator:
    """The random numbers of one purpose: the same ones at every call."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([SEED, *path])))


class KeySpace:
    """Maps key indices 0, 1, 2, ... to key values; indices from `count` on are keys of no row."""

    def __init__(self, kind: KeyKind, count: int) -> None:
        self.kind = kind
        self.count = count
        if kind is KeyKind.STRING:
            ids = self._ids(np.arange(2 * count, dtype=np.int64)).tolist()
            self._names = pa.array([f"user-{value:011x}" for value in ids])
        elif kind is KeyKind.COMPOSITE:
            self._names = pa.array([f"segment-{index}" for index in range(SEGMENTS)])

    @staticmethod
    def _ids(indices: Int64s) -> Int64s:
        """Spreads indices over 40 bits, one to one: an odd factor modulo a power of two."""
        spread = indices.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        return (spread & np.uint64((1 << 40) - 1)).astype(np.int64)

    def columns(self, indices: Int64s) -> dict[str, pa.Array]:
        """Key columns of the rows with these key indices."""
        match self.kind:
            case KeyKind.INT64:
                return {"entity_id": pa.array(self._ids(indices))}
            case KeyKind.STRING:
                return {"entity_name": self._names.take(pa.array(indices))}
            case KeyKind.COMPOSITE:
                return {
                    "entity_id": pa.array(self._ids(indices // SEGMENTS)),
                    "entity_name": self._names.take(pa.array(indices % SEGMENTS)),
                }

    def skewed(self, random: np.random.Generator, rows: int) -> Int64s:
        """Draws key indices, a few of them very often."""
        return (self.count * random.random(rows) ** SKEW).astype(np.int64)


@dataclass(frozen=True)
class ChunkTimes:
    """Key indices and times (microseconds since 1970) of the rows of one chunk."""

    keys: Int64s
    event_us: Int64s
    created_us: Int64s


def chunk_times(dataset: Dataset, space: KeySpace, table: int, chunk: int) -> ChunkTimes:
    """Keys and times of one chunk, in file order of the plain layout."""
    size = dataset.size
    rows = min(size.rows_per_append, size.feature_rows - chunk * size.rows_per_append)
    random = stream(table, chunk, 0)
    keys = space.skewed(random, rows)
    event = random.integers(START_US, END_US, rows)
    created = event + random.integers(0, DAY_US, rows)
    ties = int(rows * TIE_SHARE / 2)
    tied = random.choice(rows, 2 * ties, replace=False)
    first, second = tied[:ties], tied[ties:]
    keys[second], event[second] = keys[first], event[first]
    shift = random.integers(1, 3_600 * SECOND_US, ties) * random.choice((-1, 1), ties)
    created[second] = created[first] + shift
    return ChunkTimes(keys, event, created)


def feature_chunk(dataset: Dataset, space: KeySpace, table: int, chunk: int) -> pa.Table:
    """One chunk of a table's feature rows."""
    times = chunk_times(dataset, space, table, chunk)
    rows = len(times.keys)
    random = stream(table, chunk, 1)

    def nulls() -> Bools:
        return random.random(rows) < NULL_SHARE

    columns = space.columns(times.keys)
    columns[EVENT_TIME] = pa.array(times.event_us, type=TIME_TYPE)
    columns[CREATED_TIME] = pa.array(times.created_us, type=TIME_TYPE)
    for name in sorted(dataset.features):
        match name.partition("_")[0]:
            case "f32":
                values = pa.array(random.standard_normal(rows, dtype=np.float32), mask=nulls())
            case "f64":
                values = pa.array(random.standard_normal(rows), mask=nulls())
            case "i64":
                bound = 10_000 if name.startswith("i64_a") else 1 << 62
                values = pa.array(random.integers(0, bound, rows), mask=nulls())
            case "flag":
                values = pa.array(random.random(rows) < 0.3, mask=nulls())
            case _:
                values = TEXTS.take(pa.array(random.integers(0, len(TEXTS), rows), mask=nulls()))
        columns[name] = values
    return pa.table(columns)


def _from_rows(
    dataset: Dataset, space: KeySpace, random: np.random.Generator, wanted: int, low: int, high: int
) -> tuple[Int64s, Int64s]:
    """Key indices and event times of rows with low <= event time < high, from several chunks."""
    tables = dataset.size.tables
    pieces = min(8, tables * dataset.chunks)
    keys: list[Int64s] = []
    times: list[Int64s] = []
    for piece in range(pieces):
        share = wanted // pieces + (piece < wanted % pieces)
        chunk = chunk_times(dataset, space, piece % tables, (piece // tables) % dataset.chunks)
        inside = np.flatnonzero((chunk.event_us >= low) & (chunk.event_us < high))
        chosen = random.choice(inside, share)
        keys.append(chunk.keys[chosen])
        times.append(chunk.event_us[chosen])
    return np.concatenate(keys), np.concatenate(times)


def entity_frame(case: Case, space: KeySpace) -> pa.Table:
    """The entity frame of a join, in random order.

    5% exact hits; 1% at the last instant of a row's TTL and 1% one microsecond later; 2% unknown
    keys; 2% before all events (not in frames of the last days, whose range it would open); 2%
    repeated rows; the rest random. `row_id` counts the rows.
    """
    rows = case.entity_rows
    last = case.frame is FrameKind.LAST
    random = stream(1_000_000, list(FrameKind).index(case.frame))
    keys = space.skewed(random, rows)
    low, high = (END_US - 3 * DAY_US, END_US) if last else (START_US, END_US + DAY_US)
    time = random.integers(low, high, rows)

    exact, edge, unknown, early, repeated = (
        max(2, int(rows * share)) for share in (0.05, 0.02, 0.02, 0.02, 0.02)
    )
    bounds = np.cumsum([exact, edge, unknown, early, repeated])
    first_day = low if last else START_US
    keys[: bounds[0]], time[: bounds[0]] = _from_rows(
        case.dataset, space, random, exact, first_day, END_US
    )
    on_edge = slice(bounds[0], bounds[1])
    keys[on_edge], edge_time = _from_rows(
        case.dataset, space, random, edge, first_day - TTL_US, END_US - TTL_US
    )
    time[on_edge] = edge_time + TTL_US + np.arange(edge) % 2
    keys[bounds[1] : bounds[2]] = space.count + random.integers(0, space.count, unknown)
    if not last:
        time[bounds[2] : bounds[3]] = START_US - random.integers(1, 10 * DAY_US, early)
    copied = random.integers(bounds[4], rows, repeated)
    keys[bounds[3] : bounds[4]] = keys[copied]
    time[bounds[3] : bounds[4]] = time[copied]

    order = random.permutation(rows)
    columns = {ROW_ID: pa.array(np.arange(rows))}
    columns |= space.columns(keys[order])
    columns[EVENT_TIME] = pa.array(time[order], type=TIME_TYPE)
    return pa.table(columns)
