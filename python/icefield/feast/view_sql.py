"""Feast's views as parts of the join query, over whatever relation holds their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from icefield.feast.errors import NotYetSupportedError
from icefield.feast.join_sql import (
    Fields,
    Moments,
    SqlView,
    key_pair,
    key_to_itself,
    moments_query,
)
from icefield.feast.sql_values import type_name

if TYPE_CHECKING:
    from icefield.feast.views import RequestedView

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class FrameColumn:
    """A column of the entity frame in the query."""

    kind: pa.DataType
    value: str


def event_field(view: RequestedView) -> str:
    """The table's field that holds the event time."""
    return view.source.column_of(view.source.timestamp_field)


def created_field(view: RequestedView) -> str | None:
    """The table's field that holds the created time, where there is one."""
    return view.source.column_of(view.source.created_timestamp_column) or None


def fields_of(view: RequestedView) -> list[str]:
    """All fields of the table that the view needs."""
    created = created_field(view)
    keys = [key for key, _ in view.join_keys]
    features = [view.source.column_of(feature) for feature in view.features]
    return list(dict.fromkeys([*keys, event_field(view), *filter(None, [created]), *features]))


@dataclass(frozen=True)
class ViewRows:
    """A view, the relation that holds its rows, and how the query calls their fields."""

    view: RequestedView
    relation: str
    fields: Fields
    ties: Sequence[str] = ()

    def sql(self, frame: Mapping[str, FrameColumn], names: Sequence[str]) -> SqlView:
        """The view joined to a frame; `names` are those of its features in the result."""
        created = created_field(self.view)
        pairs = [
            key_pair(
                self.fields.kind(key), self.fields.value(key), frame[asked].kind, frame[asked].value
            )
            for key, asked in self.view.join_keys
        ]
        columns = [self.view.source.column_of(feature) for feature in self.view.features]
        return SqlView(
            relation=self.relation,
            keys=pairs,
            event=self.fields.time(event_field(self.view)),
            created=self.fields.time(created) if created else None,
            ttl_us=(self.view.view.ttl or timedelta(0)) // timedelta(microseconds=1),
            features=[
                (self.fields.value(column), name)
                for column, name in zip(columns, names, strict=True)
            ],
            ties=self.ties,
        )

    def moments(self, columns: Mapping[str, pa.DataType], event_timestamp: str) -> Moments:
        """The moments of the view, in the types that the frame's columns get."""
        keys = []
        for key, asked in self.view.join_keys:
            value, kind = self.fields.value(key), self.fields.kind(key)
            compared = key_to_itself(kind, value).rows
            keys.append((_cast(value, columns[asked]), compared))
        event = event_field(self.view)
        time = _cast(self.fields.value(event), columns[event_timestamp])
        return Moments(self.relation, keys, time, self.fields.time(event))


def frame_of_moments(
    views: Sequence[ViewRows],
    columns: Mapping[str, pa.DataType],
    start: datetime,
    end: datetime,
    names: Sequence[str],
) -> str:
    """The frame of P14 as a query.

    columns: its keys and, at the end, its event time; names: what the query is to call them.
    """
    event_timestamp = list(columns)[-1]
    moments = [view.moments(columns, event_timestamp) for view in views]
    return moments_query(moments, names, _nanoseconds(start), _nanoseconds(end))


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000


def _cast(value: str, kind: pa.DataType) -> str:
    name = type_name(kind)
    if name is None:
        raise NotYetSupportedError(f"a join key of type {kind} has no plain words in SQL")
    return f"CAST({value} AS {name})"
