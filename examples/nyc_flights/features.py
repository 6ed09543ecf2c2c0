"""What is known when a flight leaves New York: the weather, its plane's delays, its route's.

`docs/demo.md` says where the tables come from. Every event time is the instant at which the row's
delay was known: a departure's at departure, an arrival's at arrival.
"""

from datetime import timedelta

from feast import Entity, FeatureService, FeatureView, Field
from feast.types import Float64, Int32
from feast.value_type import ValueType

from icefield.feast import IcebergSource

origin = Entity(
    name="origin",
    value_type=ValueType.STRING,
    description="Airport of departure: EWR, JFK or LGA",
)
dest = Entity(name="dest", value_type=ValueType.STRING, description="Airport of destination")
plane = Entity(
    name="plane",
    join_keys=["tailnum"],
    value_type=ValueType.STRING,
    description="One aircraft, by its tail number",
)

delays = [
    Field(name="delay_min", dtype=Int32, description="Delay of the last flight, minutes"),
    Field(name="mean_delay_min", dtype=Float64, description="Mean delay of the last flights"),
    Field(name="flights", dtype=Int32, description="Flights since the year began"),
]

weather = FeatureView(
    name="weather",
    entities=[origin],
    ttl=timedelta(hours=3),
    schema=[
        Field(name="temperature_f", dtype=Float64),
        Field(name="dew_point_f", dtype=Float64),
        Field(name="humidity_pct", dtype=Float64),
        Field(name="wind_direction_deg", dtype=Int32),
        Field(name="wind_speed_mph", dtype=Float64),
        Field(name="wind_gust_mph", dtype=Float64),
        Field(name="precipitation_in", dtype=Float64),
        Field(name="pressure_mb", dtype=Float64),
        Field(name="visibility_mi", dtype=Float64),
    ],
    source=IcebergSource(
        table="nyc.weather",
        timestamp_field="observed_hour",
        created_timestamp_column="known_at",
        description="Made within the hour; known for certain when the hour is over",
    ),
)

plane_departures = FeatureView(
    name="plane_departures",
    entities=[plane],
    ttl=timedelta(days=7),
    schema=delays,
    source=IcebergSource(table="nyc.plane_departures", timestamp_field="departed_at"),
)

plane_arrivals = FeatureView(
    name="plane_arrivals",
    entities=[plane],
    ttl=timedelta(days=7),
    schema=delays,
    source=IcebergSource(table="nyc.plane_arrivals", timestamp_field="arrived_at"),
)

route_departures = FeatureView(
    name="route_departures",
    entities=[origin, dest],
    ttl=timedelta(days=2),
    schema=delays,
    source=IcebergSource(table="nyc.route_departures", timestamp_field="departed_at"),
)

route_arrivals = FeatureView(
    name="route_arrivals",
    entities=[origin, dest],
    ttl=timedelta(days=2),
    schema=delays,
    source=IcebergSource(table="nyc.route_arrivals", timestamp_field="arrived_at"),
)

departure_knowledge = FeatureService(
    name="departure_knowledge",
    features=[weather, plane_departures, plane_arrivals, route_departures, route_arrivals],
    description="What is known of a flight at the instant it departs",
)
