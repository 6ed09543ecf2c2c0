"""The entity frame of a comparison: a file, or keys and times out of the tables themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from icefield.errors import InvalidArgumentError, NotFoundError
from icefield.feast.catalogs import native_table, snapshot_of
from icefield.feast.compare.cells import ROW
from icefield.feast.compare.values import Instant, cells
from icefield.feast.entity_frame import event_timestamp_column
from icefield.feast.views import RequestedView, Tables

_TIME = "event_timestamp"
_MICROSECOND, _DAY = 1_000, 86_400 * 1_000_000_000
_ATTEMPTS = 4
_FIRST, _LAST = pd.Timestamp.min.value, pd.Timestamp.max.value


def read_frame(path: Path) -> pd.DataFrame:
    """The entity frame of a Parquet or CSV file; texts under the time's name are parsed."""
    if not path.is_file():
        raise NotFoundError(f"the entity frame {path} is no file")
    try:
        frame = pd.read_csv(path) if path.suffix.lower() == ".csv" else pd.read_parquet(path)
    except (ValueError, pa.ArrowException) as error:
        raise InvalidArgumentError(f"the entity frame {path} cannot be read: {error}") from error
    if _TIME in frame.columns and frame[_TIME].dtype == object:
        try:
            frame[_TIME] = pd.to_datetime(frame[_TIME], format="ISO8601")
        except (ValueError, TypeError) as error:
            raise InvalidArgumentError(
                f"the column {_TIME} of the entity frame {path} has a value that is no ISO-8601 "
                f"time: {error}"
            ) from error
    return frame.reset_index(drop=True)


def numbered(frame: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """The frame with a number for each row, and the name of its time column."""
    if ROW in frame.columns:
        raise InvalidArgumentError(f"the entity frame has a column '{ROW}': give it another name")
    return frame.assign(**{ROW: range(len(frame))}), event_timestamp_column(frame)


def sample_frame(
    views: Sequence[RequestedView], tables: Tables, rows: int, seed: int
) -> pd.DataFrame:
    """Keys that the tables have, with times at which a rule decides.

    In turn: at a row, between rows, just before a row, exactly one TTL after a row, and just beyond
    it. Every view is met as often as the others; the keys of the other views are drawn alike. No
    row is made twice: where the tables have few, there may be fewer than asked for.
    """
    chance = np.random.default_rng(seed)
    known = [_sample_view(view, tables, rows, chance) for view in views]
    if not any(view.rows for view in known):
        raise NotFoundError(
            "the tables of the features asked for have no rows with keys and times to sample: "
            "give an entity frame with --entity-frame"
        )
    made: dict[tuple[Any, ...], dict[str, Any]] = {}
    turns = [view for view in known if view.rows]
    for number in range(_ATTEMPTS * rows):
        if len(made) == rows:
            break
        view = turns[number % len(turns)]
        key, time = view.rows[chance.integers(len(view.rows))]
        row = dict(zip(view.keys, key, strict=True))
        for other in known:
            if other.rows:
                drawn, _ = other.rows[chance.integers(len(other.rows))]
                row = {**dict(zip(other.keys, drawn, strict=True)), **row}
        row[_TIME] = _moment(time.ns, view.ttl, number // len(turns) % 5, chance)
        made[tuple(row[name] for name in sorted(row))] = row
    ordered: list[dict[str, Any]] = sorted(made.values(), key=lambda row: row[_TIME])
    frame = pd.DataFrame(ordered)
    frame[_TIME] = pd.to_datetime(frame[_TIME], unit="ns", utc=True)
    return frame


@dataclass(frozen=True)
class _Sampled:
    """Rows of one view: keys, by the names that the entity frame has for them, and event times."""

    keys: list[str]
    rows: list[tuple[tuple[Any, ...], Instant]]
    ttl: int


def _sample_view(
    view: RequestedView, tables: Tables, rows: int, chance: np.random.Generator
) -> _Sampled:
    """Draws rows out of the whole table, each as likely as any other."""
    source = view.source
    table = native_table(tables.load(source))
    time = source.column_of(source.timestamp_field)
    keys = [column for column, _ in view.join_keys]
    for column in (time, *keys):
        if "." in column:
            raise InvalidArgumentError(
                f"'{column}' of the view '{view.view.name}' is a nested field, which is not "
                "sampled: give an entity frame with --entity-frame"
            )
    scan = table.scan(selected_fields=[*keys, time], snapshot_id=snapshot_of(table, source))
    drawn = _draw(scan.to_arrow_batch_reader(), rows, chance)
    columns = [cells(drawn[name]) for name in (*keys, time)]
    found = [(tuple(row[:-1]), row[-1]) for row in zip(*columns, strict=True)]
    ttl = view.view.ttl
    nanoseconds = ttl // timedelta(microseconds=1) * _MICROSECOND if ttl else 0
    inside = [row for row in found if row[1].ns - _DAY > _FIRST and row[1].ns + _DAY < _LAST]
    return _Sampled([frame for _, frame in view.join_keys], inside, nanoseconds)


def _draw(batches: pa.RecordBatchReader, rows: int, chance: np.random.Generator) -> pa.Table:
    """Rows without nulls that drew the lowest lots; holds few more than are asked for."""
    kept = batches.schema.empty_table()
    lots = np.empty(0)
    highest = 1.0
    for batch in batches:
        live = pa.table(batch.drop_null())
        drawn = chance.random(len(live))
        taken = drawn < highest
        kept = pa.concat_tables([kept, live.filter(pa.array(taken))])
        lots = np.concatenate([lots, drawn[taken]])
        if len(lots) > 2 * rows:
            lowest = np.argsort(lots)[:rows]
            kept, lots = kept.take(pa.array(lowest)), lots[lowest]
            highest = lots[-1]
    return kept.take(pa.array(np.argsort(lots)[:rows]))


def _moment(time: int, ttl: int, kind: int, chance: np.random.Generator) -> int:
    """A time near a row's, by kind."""
    after = int(chance.integers(1, (ttl or _DAY) // _MICROSECOND + 1)) * _MICROSECOND
    moment = (
        time,
        time + after,
        time - _MICROSECOND,
        time + (ttl or after),
        time + (ttl + _MICROSECOND if ttl else after),
    )[kind]
    return min(max(moment, _FIRST), _LAST)
