"""For whom features are looked up: the rows of a frame, or the moments of a range of time (P14)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from icefield import MemoryBudget
from icefield.feast.entity_frame import time_range
from icefield.feast.row_filters import to_utc

if TYPE_CHECKING:
    from icefield.feast.views import Request

_WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class Asked:
    """A frame and its event time column, or, without a frame, a range of time."""

    frame: pa.Table | None
    event_timestamp: str
    start: datetime | None = None
    end: datetime | None = None
    sql: str | None = None
    """The query that gave the frame."""

    def keys(self, request: Request) -> list[str]:
        """The columns of the result before its features, without the event time."""
        if self.frame is None:
            return self.join_keys(request)
        return [name for name in self.frame.column_names if name != self.event_timestamp]

    def join_keys(self, request: Request) -> list[str]:
        """The join keys of all views, each once."""
        return list(dict.fromkeys(key for view in request.views for _, key in view.join_keys))

    def pandas_metadata(self) -> bytes | None:
        """How the frame's columns were typed in pandas, where it came from there."""
        metadata = None if self.frame is None else self.frame.schema.metadata
        return (metadata or {}).get(b"pandas")

    def window(self) -> tuple[datetime, datetime]:
        """The range of time that stands for a frame."""
        assert self.start is not None
        assert self.end is not None
        return self.start, self.end

    def range(self) -> tuple[datetime | None, datetime | None]:
        """The first and the last event time."""
        if self.frame is None:
            return self.start, self.end
        return time_range(self.frame[self.event_timestamp])


def time_window(request: Request, start: datetime | None, end: datetime | None) -> Asked:
    """The range of time that is asked for without a frame, with what P14 puts where it is open."""
    now = datetime.now(UTC)
    if end is None or _is_local_now(end):
        end = now
    end = to_utc(end)
    if start is None:
        ttls = [view.view.ttl for view in request.views if view.view.ttl]
        start = end - (max(ttls) if ttls else _WINDOW)
    return Asked(None, "event_timestamp", to_utc(start), end)


def _is_local_now(end: datetime) -> bool:
    """Whether this is what Feast itself passes for "now": the wall clock, without its zone."""
    return end.tzinfo is None and abs(datetime.now() - end) < timedelta(seconds=5)


@dataclass(frozen=True)
class Joining:
    """How: Feast's flags, and the store's configuration."""

    full_feature_names: bool
    created_cut: bool
    commit_cut: bool
    engine: str
    max_bytes: int | None = None
    memory: MemoryBudget = field(default_factory=MemoryBudget)
    progress: bool = False
