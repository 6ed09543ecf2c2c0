"""What the demo tells a person once everything has run."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icefield.demo.console import Console, bytes_text

if TYPE_CHECKING:
    from icefield.demo.command import Run
    from icefield.demo.proof import Verdict, ViewProof

_FIRST_ROWS = 3
_SPREAD_ROWS = 4
_COLUMNS = {
    "event_timestamp": "leaves, UTC",
    "tailnum": "plane",
    "origin": "from",
    "dest": "to",
    "weather__wind_speed_mph": "wind mph",
    "weather__precipitation_in": "rain in",
    "plane_departures__delay_min": "left late",
    "plane_arrivals__delay_min": "plane's last",
    "route_arrivals__mean_delay_min": "route's mean",
    "arrival_delay_min": "LABEL",
}


def tell(console: Console, run: Run) -> None:
    """Print the reasons, the first rows, the report, the proof and where everything lies."""
    _why(console)
    _first_rows(console, run)
    _report(console, run)
    _proof(console, run)
    console.heading("Kept")
    console.line(f"  {run.folder.path}")
    for path, what in (
        (run.folder.picture, "the picture"),
        (run.folder.training_set, "the training set"),
        (run.folder.warehouse, "the Iceberg tables; their catalog is catalog.db"),
    ):
        console.line(f"    {path.name:<22} {what}")
    console.line()
    console.line("  Look at a table, or prove another row:")
    command = _command()
    console.line(f"    {command} table show nyc.weather --uri {run.folder.catalog_uri}")
    console.line(f"    {command} demo --folder {run.folder.path} --row 200000")


def _why(console: Console) -> None:
    console.heading("What is asked")
    console.paragraph(
        "Each flight at the instant it left, to predict how late it arrives. A departure's delay "
        "is known at departure. An arrival's delay is known only at arrival, hours later. So "
        "departures and arrivals are tables of their own, and the event time of a row is the "
        "instant at which its delay was known: no flight can see its own arrival, which is the "
        "label, nor that of another plane still in the air."
    )
    console.paragraph(
        "A weather row bears the hour in which it was observed, not the minute. It was known for "
        "certain when that hour was over, so that is its created time, and the training set is "
        "asked for with filter_by_created_timestamp=True."
    )


def _first_rows(console: Console, run: Run) -> None:
    rows = run.answer.rows
    spread = [rows.num_rows * part // (_SPREAD_ROWS + 1) for part in range(1, _SPREAD_ROWS + 1)]
    numbers = [*range(min(_FIRST_ROWS, rows.num_rows)), *spread]
    shown = rows.select(list(_COLUMNS)).take(numbers).to_pylist()
    console.heading(
        f"The training set: {rows.num_rows:,} rows, the first {_FIRST_ROWS} and {_SPREAD_ROWS} "
        f"more; {len(_COLUMNS)} of its {rows.num_columns} columns; delays in minutes"
    )
    console.table(
        ["row", *_COLUMNS.values()],
        [
            [f"{number:,}", *(cell_text(row[name]) for name in _COLUMNS)]
            for number, row in zip(numbers, shown, strict=True)
        ],
        left=5,
    )


def _report(console: Console, run: Run) -> None:
    views = run.answer.report["views"]
    console.heading("What was found, of the rows of each view")
    misses = ("key_absent", "only_later_rows", "expired", "cut")
    console.table(
        ["view", "hits", "key absent", "only later", "expired", "not yet created", "full ties"],
        [
            [
                view["view"],
                f"{view['hits']:,}",
                *(f"{view['misses'][reason]:,}" for reason in misses),
                f"{view['full_ties']:,}",
            ]
            for view in views
        ],
    )
    _leakage(console, run)
    console.heading("What was read, by snapshot")
    console.table(
        ["view", "snapshot", "files", "row groups", "bytes", "rows seen"],
        [
            [
                view["view"],
                str(view["snapshot_id"]),
                f"{view['files_read']} of {view['files_planned']}",
                str(view["row_groups_read"]),
                bytes_text(view["bytes_read"]),
                f"{view['rows_seen']:,}",
            ]
            for view in views
        ],
    )
    stages = run.answer.report["seconds"]
    console.line()
    console.line(
        "  seconds by stage: " + ", ".join(f"{name} {value:.2f}" for name, value in stages.items())
    )


def _leakage(console: Console, run: Run) -> None:
    console.line()
    for view in run.uncut.report["views"]:
        early = view["hits_not_yet_created"]
        if early is None:
            continue
        share = early / max(view["hits"], 1)
        kept = run.answer.view(view["view"])
        console.line(
            f"  {console.bold('leakage')}  {view['view']}: by event time alone, {early:,} of "
            f"{view['hits']:,} hits ({share:.1%}) were not yet created"
        )
        console.line(
            f"           when the flight left. With the created cut, as here: "
            f"{kept['hits_not_yet_created']:,} of {kept['hits']:,}."
        )
    without = [v["view"] for v in run.uncut.report["views"] if v["hits_not_yet_created"] is None]
    console.line(f"           Without a created time: {', '.join(without)}.")


def _proof(console: Console, run: Run) -> None:
    entity_row = run.answer.rows.slice(run.row, 1).to_pylist()[0]
    console.heading(f"One row by hand: row {run.row:,}")
    console.line(
        f"  {entity_row['carrier']} {entity_row['flight']} from {entity_row['origin']} to "
        f"{entity_row['dest']}, plane {entity_row['tailnum']}, leaves "
        f"{cell_text(entity_row['event_timestamp'])} UTC"
    )
    console.paragraph(
        "Below, every row of the tables' files was read in plain Python, without the engine, and "
        "judged by the rules alone. Newest first; times are UTC."
    )
    for view in run.proof:
        _prove_view(console, view, entity_row)
    console.line()
    if run.proved:
        console.line(f"  {console.good('PROVED')}  all {len(run.proof)} views equal, cell for cell")
    else:
        console.line(f"  {console.bad('NOT PROVED')}  the training set differs from its tables")


def _prove_view(console: Console, view: ViewProof, entity_row: dict[str, Any]) -> None:
    rules = view.rules
    key = ", ".join(f"{name} {value}" for name, value in view.key.items())
    console.line()
    console.line(
        f"  {console.bold(rules.name)}: {key}; {view.rows_of_key:,} of {view.rows_scanned:,} rows"
    )
    features = _telling(rules.features)
    created = [rules.created_column] if rules.created_column else []
    header = ["", rules.event_column, *created, *features, "why"]
    rows = [
        [
            "->" if verdict.row is view.winner else "",
            cell_text(verdict.row.event_time),
            *(cell_text(verdict.row.created_time) for _ in created),
            *(cell_text(verdict.row.values[name]) for name in features),
            _why_text(verdict, entity_row),
        ]
        for verdict in view.verdicts
    ]
    rows.append(
        [
            "=" if view.holds else "!",
            "training set",
            *("" for _ in created),
            *(cell_text(view.found[name]) for name in features),
            "equal" if view.holds else f"DIFFERS: {_differences(view)}",
        ]
    )
    widest = max(len(row[-1]) for row in rows)
    console.table(
        [*header[:-1], "why".ljust(widest)], [_padded(row, widest) for row in rows], left=2
    )


def _telling(features: Sequence[str]) -> Sequence[str]:
    """Return the few features that a line has room for; all of them are compared."""
    telling = ("wind_speed_mph", "precipitation_in", "visibility_mi")
    return [name for name in features if name in telling] or features


def _padded(row: list[str], width: int) -> list[str]:
    return [*row[:-1], row[-1].ljust(width)]


def _why_text(verdict: Verdict, entity_row: dict[str, Any]) -> str:
    values = verdict.row.values
    own = (values.get("carrier"), values.get("flight")) == (
        entity_row["carrier"],
        entity_row["flight"],
    )
    if own and verdict.row.event_time > entity_row["event_timestamp"]:
        return "later: this very flight, still to land"
    return verdict.reason


def _differences(view: ViewProof) -> str:
    return ", ".join(
        f"{name} is {cell_text(view.found[name])}, should be {cell_text(value)}"
        for name, value in view.expected.items()
        if value != view.found[name]
    )


def cell_text(value: Any) -> str:
    """Return one cell as text: times to the minute, floats short, null as a dash."""
    if value is None:
        return "-"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def _command() -> str:
    """How this reader starts Icefield: by name where it is on the path, else by its place."""
    if shutil.which("icefield") is not None:
        return "icefield"
    beside = Path(sys.executable).with_name("icefield")
    return os.path.relpath(beside) if beside.is_relative_to(Path.cwd()) else str(beside)
