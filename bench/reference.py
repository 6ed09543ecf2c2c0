"""The arbiter: P1-P5, P7 and P15 with numpy, written apart from every engine that is measured.

Reads keys and times, sorts them, finds each winner by binary search, then takes its features. It
needs no rule for full ties (P6), because the generator makes none; it raises if it meets one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.answers import canonical
from bench.generate import END_US, TTL_US, Bools, Int64s
from bench.job import Job, JobView
from bench.workload import CREATED_TIME, EVENT_TIME, Operation, output_name

_TIME_BITS = 44
"""Microseconds of 200 days: more than lie between the first event and the last entity time."""


def reference_answer(job: Job, frame: pa.Table) -> pa.Table:
    """The right answer to a job, in canonical form."""
    case = job.case
    if case.operation is Operation.LATEST:
        return canonical(case, _latest(job))
    answer = frame
    for view in job.views:
        rows = _Rows.read(view, frame.select(list(case.dataset.key_kind.columns)))
        winners = rows.winners(_microseconds(frame[EVENT_TIME]), TTL_US)
        features = _take(view, case.features, winners)
        for name in case.features:
            answer = answer.append_column(output_name(view.name, name), features[name])
    return canonical(case, answer)


def _latest(job: Job) -> pa.Table:
    case, view = job.case, job.views[0]
    columns = list(case.dataset.key_kind.columns)
    alive = live_rows(view.position_deletes)
    parts = []
    for path in view.all_files:
        part = pq.read_table(path, columns=columns)
        parts.append(part.filter(pa.array(alive(path, part.num_rows))))
    keys = pa.concat_tables(parts).group_by(columns).aggregate([])
    rows = _Rows.read(view, keys)
    winners = rows.winners(np.full(keys.num_rows, END_US), None)
    columns = [EVENT_TIME, CREATED_TIME, *case.features]
    values = _take(view, columns, winners)
    for name in columns:
        keys = keys.append_column(name, values[name])
    return keys


def live_rows(position_deletes: Sequence[str]) -> Callable[[str, int], Bools]:
    """A function of a data file and its number of rows that says which of them exist."""
    removed: dict[str, list[Int64s]] = {}
    for path in position_deletes:
        deletes = pq.read_table(path)
        for target in pc.unique(deletes["file_path"]).to_pylist():
            chosen = deletes.filter(pc.equal(deletes["file_path"], target))
            removed.setdefault(target.removeprefix("file://"), []).append(chosen["pos"].to_numpy())

    def alive(path: str, rows: int) -> Bools:
        mask = np.ones(rows, np.bool_)
        for positions in removed.get(path, []):
            mask[positions] = False
        return mask

    return alive


def _microseconds(column: pa.ChunkedArray) -> Int64s:
    values: Int64s = column.cast(pa.int64()).to_numpy()
    return values


class _Encoding:
    """Dense codes of the distinct keys of a frame; -1 for any other key."""

    def __init__(self, keys: pa.Table) -> None:
        self._values = [pc.unique(column) for column in keys.itercolumns()]
        self._known = np.unique(self._combined(keys))

    def _combined(self, keys: pa.Table) -> Int64s:
        combined = np.zeros(keys.num_rows, np.int64)
        for column, values in zip(keys.itercolumns(), self._values, strict=True):
            code = pc.fill_null(pc.index_in(column, value_set=values), -1).to_numpy()
            combined = np.where((code < 0) | (combined < 0), -1, combined * len(values) + code)
        return combined

    def __call__(self, keys: pa.Table) -> Int64s:
        combined = self._combined(keys)
        place = np.searchsorted(self._known, combined)
        place = np.minimum(place, len(self._known) - 1)
        codes: Int64s = np.where(self._known[place] == combined, place, -1)
        codes[combined < 0] = -1
        return codes


@dataclass(frozen=True)
class _Rows:
    """Feature rows of the frame's keys, sorted by key and event time, then created time."""

    codes: Int64s
    order_key: Int64s
    event_us: Int64s
    number: Int64s
    base_us: int
    frame_codes: Int64s

    @classmethod
    def read(cls, view: JobView, keys: pa.Table) -> _Rows:
        encode = _Encoding(keys)
        alive = live_rows(view.position_deletes)
        parts: list[npt.NDArray[np.int64]] = []
        first = 0
        for path in view.all_files:
            table = pq.read_table(path, columns=[*keys.column_names, EVENT_TIME, CREATED_TIME])
            codes = encode(table.select(keys.column_names))
            number = np.arange(first, first + table.num_rows)
            first += table.num_rows
            times = (_microseconds(table[EVENT_TIME]), _microseconds(table[CREATED_TIME]))
            wanted = (codes >= 0) & alive(path, table.num_rows)
            parts.append(np.stack([codes, *times, number])[:, wanted])
        codes, event, created, number = np.concatenate(parts, axis=1)
        order = np.lexsort((created, event, codes))
        codes, event, created, number = (a[order] for a in (codes, event, created, number))
        tied = (np.diff(codes) == 0) & (np.diff(event) == 0) & (np.diff(created) == 0)
        if tied.any():
            raise ValueError("two rows share key, event time and created time")
        base = int(event.min(initial=END_US))
        order_key = (codes << _TIME_BITS) | (event - base)
        return cls(codes, order_key, event, number, base, encode(keys))

    def winners(self, time_us: Int64s, ttl_us: int | None) -> Int64s:
        """For each frame row the number of its winning feature row, or -1."""
        offset = time_us - self.base_us
        wanted = (self.frame_codes << _TIME_BITS) | np.maximum(offset, 0)
        place = np.searchsorted(self.order_key, wanted, side="right") - 1
        hit = (place >= 0) & (offset >= 0) & (self.frame_codes >= 0)
        hit &= self.codes[place] == self.frame_codes
        if ttl_us is not None:
            hit &= self.event_us[place] >= time_us - ttl_us
        return np.where(hit, self.number[place], -1)


def _take(view: JobView, names: tuple[str, ...] | list[str], numbers: Int64s) -> pa.Table:
    """Rows of the view by number, counted over its files; nulls for -1."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    start = int(np.searchsorted(ordered, 0))
    pieces: list[pa.Table] = []
    first = 0
    for path in view.all_files:
        table = pq.read_table(path, columns=list(names))
        end = int(np.searchsorted(ordered, first + table.num_rows))
        pieces.append(table.take(pa.array(ordered[start:end] - first)))
        start, first = end, first + table.num_rows
    taken = pa.concat_tables(pieces).combine_chunks()
    place = np.full(len(numbers), -1)
    misses = len(numbers) - taken.num_rows
    place[order[misses:]] = np.arange(taken.num_rows)
    return taken.take(pa.array(place, mask=place < 0))
