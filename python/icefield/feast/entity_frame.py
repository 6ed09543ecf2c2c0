"""The entity frame as Feast gives it, as an Arrow table; its event time column and its range."""

from datetime import UTC, date, datetime, time
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from feast.errors import (
    EntityDFNotDateTime,
    EntityTimestampInferenceException,
    InvalidEntityType,
)

from icefield.errors import InvalidArgumentError

_EVENT_TIMESTAMP = "event_timestamp"


def event_timestamp_column(frame: Any) -> str:
    """`event_timestamp`, else the only column of timestamps.

    EntityTimestampInferenceException where neither exists. As in Feast, a column of Python objects
    counts only under the expected name.
    """
    names = list(frame.columns) if isinstance(frame, pd.DataFrame) else frame.schema.names
    if _EVENT_TIMESTAMP in names:
        return _EVENT_TIMESTAMP
    if isinstance(frame, pd.DataFrame):
        is_time = pd.api.types.is_datetime64_any_dtype
        times = [str(name) for name, dtype in frame.dtypes.items() if is_time(dtype)]
    else:
        times = [field.name for field in frame.schema if pa.types.is_timestamp(field.type)]
    if len(times) != 1:
        raise EntityTimestampInferenceException(_EVENT_TIMESTAMP)
    return times[0]


def to_arrow(entity_df: Any) -> tuple[pa.Table, str]:
    """A frame as an Arrow table without its index, and the name of its event time column.

    Takes pandas frames and everything that speaks the Arrow C stream interface; a lazy frame of
    polars is collected. Any other type is InvalidEntityType, pandas columns that Arrow cannot hold
    are InvalidArgumentError, an event time column that cannot hold times EntityDFNotDateTime.
    """
    if type(entity_df).__module__.startswith("polars.") and hasattr(entity_df, "collect"):
        entity_df = entity_df.collect()
    if isinstance(entity_df, pd.DataFrame):
        column = event_timestamp_column(entity_df)
        table = _from_pandas(entity_df)
    elif hasattr(entity_df, "__arrow_c_stream__"):
        # Without a pandas index in disguise, which would leave the result on its way to pandas.
        table = pa.table(entity_df).replace_schema_metadata(None)
        column = event_timestamp_column(table)
    else:
        raise InvalidEntityType(type(entity_df))
    kind = table.schema.field(column).type
    if not (pa.types.is_temporal(kind) or is_text(kind) or pa.types.is_null(kind)):
        raise EntityDFNotDateTime
    return table, column


def _from_pandas(frame: pd.DataFrame) -> pa.Table:
    try:
        return pa.Table.from_pandas(frame, preserve_index=False)
    except (pa.ArrowInvalid, pa.ArrowTypeError, TypeError, ValueError) as failure:
        raise InvalidArgumentError(f"entity_df does not fit Arrow: {failure}") from failure


def time_range(times: pa.ChunkedArray) -> tuple[datetime | None, datetime | None]:
    """The first and last event time, in UTC; None for both where there is none.

    Zone-less times are UTC. For the job's metadata only: whole microseconds, rounded down.
    """
    if is_text(times.type):
        parsed = pd.to_datetime(times.to_pandas(), utc=True, format="ISO8601", errors="coerce")
        times = pa.chunked_array([pa.array(parsed)])
    if pa.types.is_timestamp(times.type):
        times = times.cast(pa.timestamp("us", times.type.tz), safe=False)
    bounds = pc.min_max(times).as_py()
    return _utc(bounds["min"]), _utc(bounds["max"])


def _utc(value: date | datetime | None) -> datetime | None:
    if value is None:
        return None
    if not isinstance(value, datetime):
        value = datetime.combine(value, time.min)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds texts."""
    return pa.types.is_string(kind) or pa.types.is_large_string(kind)
