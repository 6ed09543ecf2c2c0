"""Instants and durations as the engine takes them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from icefield.errors import InvalidArgumentError

Instant = datetime | date
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def duration_micros(duration: timedelta) -> int:
    """Whole microseconds."""
    return duration // timedelta(microseconds=1)


def instant_micros(instant: Instant) -> int:
    """Microseconds since the epoch; a zone-less value is UTC (P10), a date its midnight."""
    if not isinstance(instant, date):
        raise InvalidArgumentError(
            f"{instant!r} is of type {type(instant).__name__}; give a datetime or a date"
        )
    if not isinstance(instant, datetime):
        instant = datetime(instant.year, instant.month, instant.day, tzinfo=UTC)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return duration_micros(instant - _EPOCH)
