"""The small world of most tests: what is known of drivers, when, and since when."""

from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureView, Field
from feast.types import Float64, Int64
from feast.value_type import ValueType

from icefield.feast import IcebergSource

DRIVER = Entity(name="driver", join_keys=["driver_id"], value_type=ValueType.INT64)
TABLE = "feast.driver_stats"


def utc(text):
    return pd.Timestamp(text, tz="UTC").as_unit("us")


def frame(columns, *rows):
    """Rows as a data frame; strings in columns named like times become UTC times."""
    made = pd.DataFrame(rows, columns=columns)
    for name in columns:
        if name in {"event_timestamp", "created", "e_ts"}:
            made[name] = pd.to_datetime(made[name], utc=True, format="ISO8601").dt.as_unit("us")
    return made


STATS = frame(
    ["driver_id", "event_timestamp", "created", "rate", "trips"],
    (1, "2024-01-01T00:00", "2024-01-01T00:10", 0.1, 10),
    (1, "2024-01-02T00:00", "2024-01-02T00:10", 0.2, 20),
    (1, "2024-01-02T00:00", "2024-01-05T00:00", 0.25, 25),  # the same day again, written later
    (2, "2024-01-01T12:00", "2024-01-01T12:10", 0.5, 50),
)


def stats_source(**changes):
    arguments = {
        "name": "driver_stats",
        "table": TABLE,
        "timestamp_field": "event_timestamp",
        "created_timestamp_column": "created",
    }
    return IcebergSource(**(arguments | changes))


def stats_view(name="driver_stats", ttl=timedelta(days=3), source=None, **changes):
    arguments = {
        "name": name,
        "entities": [DRIVER],
        "ttl": ttl,
        "schema": [
            Field(name="driver_id", dtype=Int64),
            Field(name="rate", dtype=Float64),
            Field(name="trips", dtype=Int64),
        ],
        "source": source or stats_source(),
    }
    return FeatureView(**(arguments | changes))


def values(result, column):
    """A column of a result as Python values, with None for what is missing."""
    return result.to_arrow()[column].to_pylist()
