"""Dates and times as the integers in which cells have them."""

from __future__ import annotations

import datetime as dt

_EPOCH = dt.datetime(1970, 1, 1)


def days(text: str) -> int:
    """An ISO date as days since 1970-01-01."""
    return (dt.date.fromisoformat(text) - _EPOCH.date()).days


def micros(text: str) -> int:
    """An ISO time without a zone as microseconds since 1970-01-01."""
    return (dt.datetime.fromisoformat(text) - _EPOCH) // dt.timedelta(microseconds=1)


def instant(milliseconds: int) -> str:
    """Milliseconds since 1970-01-01 UTC as an ISO text with a zone."""
    moment = _EPOCH + dt.timedelta(milliseconds=milliseconds)
    return moment.isoformat(timespec="milliseconds") + "+00:00"
