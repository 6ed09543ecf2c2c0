"""The arbiter: P1-P5, P7 and P15 with numpy, written apart from every engine that is measured.

File by file, it sorts keys and times, finds the best row of each frame row by binary search and
keeps it if it beats those of earlier files; then it takes the winners' features. Memory is that of
the frame, the answer and one file. It needs no rule for full ties (P6), because the generator makes
none; it raises if it meets one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.answers import canonical
from bench.generate import END_US, START_US, TTL_US, Bools, Int64s
from bench.job import Job, JobTable
from bench.workload import CREATED_TIME, EVENT_TIME, Operation, output_name

_Alive = Callable[[str, int], Bools]
"""Which rows of a file with so many of them exist."""

_TIME_BITS = 42
"""Microseconds of 50 days: more than lie between the first event and the last entity time."""


def reference_answer(job: Job, frame: pa.Table) -> pa.Table:
    """The right answer to a job, in canonical form."""
    case = job.case
    if case.operation is Operation.LATEST:
        return canonical(case, _latest(job))
    answer = frame
    keys, times = frame.select(list(case.dataset.key_kind.columns)), frame[EVENT_TIME]
    features = {}
    for table in job.tables:
        winners = _winners(table, keys, _microseconds(times), TTL_US)
        features[table.name] = _take(table, case.features_of(table.name), winners)
    for view in case.views:
        for name in view.features:
            answer = answer.append_column(output_name(view.name, name), features[view.table][name])
    return canonical(case, answer)


def _latest(job: Job) -> pa.Table:
    case, table = job.case, job.tables[0]
    columns = list(case.dataset.key_kind.columns)
    alive = live_rows(table.position_deletes)
    parts = []
    for path in table.all_files:
        part = pq.read_table(path, columns=columns)
        part = part.filter(pa.array(alive(path, part.num_rows)))
        parts.append(part.group_by(columns).aggregate([]))
    keys = pa.concat_tables(parts).group_by(columns).aggregate([])
    winners = _winners(table, keys, np.full(keys.num_rows, END_US), None)
    columns = [EVENT_TIME, CREATED_TIME, *case.features_of(table.name)]
    values = _take(table, columns, winners)
    for name in columns:
        keys = keys.append_column(name, values[name])
    return keys


def live_rows(position_deletes: Sequence[str]) -> _Alive:
    """What the files of position deletes leave."""
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


def _order_key(codes: Int64s, time_us: Int64s) -> Int64s:
    """Codes and times in one integer; times before all events are as the first of them."""
    if len(codes) and codes.max() >> (63 - _TIME_BITS):
        raise ValueError("too many keys for the bits that times leave")
    return (codes << _TIME_BITS) | np.maximum(time_us - START_US, 0)


def _sorted_rows(path: str, keys: list[str], encode: _Encoding, alive: _Alive) -> Int64s:
    """Code, event time, created time and row in the file of the frame's keys, sorted by them."""
    rows = pq.read_table(path, columns=[*keys, EVENT_TIME, CREATED_TIME])
    codes = encode(rows.select(keys))
    wanted = (codes >= 0) & alive(path, rows.num_rows)
    event, created = _microseconds(rows[EVENT_TIME]), _microseconds(rows[CREATED_TIME])
    found: Int64s = np.stack([codes, event, created, np.arange(rows.num_rows)])[:, wanted]
    found = found[:, np.lexsort(found[2::-1])]
    if (np.diff(found[:3], axis=1) == 0).all(axis=0).any():
        raise ValueError(f"{path}: two rows share key, event time and created time")
    return found


def _winners(table: JobTable, keys: pa.Table, time_us: Int64s, ttl_us: int | None) -> Int64s:
    """For each frame row the number of its winning row, counted over the table's files, or -1."""
    encode, alive = _Encoding(keys), live_rows(table.position_deletes)
    codes = encode(keys)
    asked = np.argsort(_order_key(codes, time_us), kind="stable")
    codes, asked_us = codes[asked], time_us[asked]
    wanted = _order_key(codes, asked_us)
    best = np.full((3, len(asked)), -1)
    first = 0
    for path in table.all_files:
        code, event, created, row = _sorted_rows(path, keys.column_names, encode, alive)
        if len(code):
            place = np.searchsorted(_order_key(code, event), wanted, side="right") - 1
            hit = (place >= 0) & (code[place] == codes) & (event[place] <= asked_us)
            found = np.stack([event[place], created[place], first + row[place]])
            later = (found[0] > best[0]) | ((found[0] == best[0]) & (found[1] > best[1]))
            if (hit & (found[:2] == best[:2]).all(axis=0)).any():
                raise ValueError("two winners share key, event time and created time")
            best = np.where(hit & later, found, best)
        first += pq.read_metadata(path).num_rows
    fresh = best[2] >= 0
    if ttl_us is not None:
        fresh &= best[0] >= asked_us - ttl_us
    winners = np.full(len(asked), -1)
    winners[asked] = np.where(fresh, best[2], -1)
    return winners


def _take(table: JobTable, names: Sequence[str], numbers: Int64s) -> pa.Table:
    """Rows of the table by number, counted over its files; nulls for -1."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    start = int(np.searchsorted(ordered, 0))
    pieces: list[pa.Table] = []
    first = 0
    for path in table.all_files:
        rows = pq.read_table(path, columns=list(names))
        end = int(np.searchsorted(ordered, first + rows.num_rows))
        pieces.append(rows.take(pa.array(ordered[start:end] - first)))
        start, first = end, first + rows.num_rows
    taken = pa.concat_tables(pieces).combine_chunks()
    place = np.full(len(numbers), -1)
    misses = len(numbers) - taken.num_rows
    place[order[misses:]] = np.arange(taken.num_rows)
    return taken.take(pa.array(place, mask=place < 0))
