"""The feature tables: the weather, and what was known of each plane's and each route's delays.

A departure's delay is known when the plane departs; an arrival's delay only when it has arrived,
hours later. One row per flight with both delays would hand a join the arrival's delay at departure,
which is the very thing to predict. So departures and arrivals are tables of their own, and the
event time of a row is the instant at which its delay was known.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from icefield.demo.flights import FlightData


@dataclass(frozen=True)
class History:
    """One table of delays: a row per flight of a key, at the instant its delay was known."""

    name: str
    keys: tuple[str, ...]
    time: str
    delay: str
    window: int


HISTORIES = (
    History("plane_departures", ("tailnum",), "departed_at", "departure_delay_min", 5),
    History("plane_arrivals", ("tailnum",), "arrived_at", "arrival_delay_min", 5),
    History("route_departures", ("origin", "dest"), "departed_at", "departure_delay_min", 20),
    History("route_arrivals", ("origin", "dest"), "arrived_at", "arrival_delay_min", 20),
)


@dataclass(frozen=True)
class SourceTable:
    """A frame to be written as one Iceberg table, ordered by `time`."""

    name: str
    keys: tuple[str, ...]
    time: str
    created: str | None
    rows: pd.DataFrame


def source_tables(data: FlightData) -> list[SourceTable]:
    """Return the weather and the four delay histories."""
    weather = SourceTable("weather", ("origin",), "observed_hour", "known_at", data.weather)
    histories = [
        SourceTable(h.name, h.keys, h.time, None, delay_history(data.departures, h))
        for h in HISTORIES
    ]
    return [weather, *histories]


def delay_history(departures: pd.DataFrame, history: History) -> pd.DataFrame:
    """Return the rows of one table, ordered by event time.

    Each row says what was known of its key just then: `delay_min` of the flight itself,
    `mean_delay_min` over the key's last `history.window` flights up to and with it, and `flights`,
    their count since the year began. Flights whose delay was never recorded have no row.
    """
    keys = list(history.keys)
    known = departures[departures[history.time].notna()]
    known = known.sort_values([history.time, "carrier", "flight"], kind="stable")
    delay = known[history.delay].astype("int64")
    by_key = [known[key] for key in keys]
    total = delay.groupby(by_key).cumsum()
    before = total.groupby(by_key).shift(history.window, fill_value=0)
    flights = delay.groupby(by_key).cumcount() + 1
    return pd.DataFrame(
        {
            **{key: known[key] for key in keys},
            history.time: known[history.time],
            "carrier": known["carrier"],
            "flight": known["flight"],
            "delay_min": delay.astype("int32"),
            "mean_delay_min": (total - before) / flights.clip(upper=history.window),
            "flights": flights.astype("int32"),
        }
    ).reset_index(drop=True)
