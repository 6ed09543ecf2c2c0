"""Latest rows since a snapshot: over the latest rows of then they give the latest rows of now."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.table import Table

import icefield
from icefield import FeatureView
from icefield.errors import InvalidArgumentError, NotFoundError, UnsupportedError
from tests.python.append_histories import DAY_US, DAYS, START_US, History
from tests.python.lake import Lake, Row, append_rows, compact, ours
from tests.raw import RawTable

NOON = datetime(2024, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
SCHEMA = pa.schema([("user", pa.int64()), ("ts", pa.timestamp("us", "UTC")), ("x", pa.int64())])
EARLIEST = datetime.min.replace(tzinfo=UTC)


def row(user: int | None, hours: int | None, x: int) -> Row:
    return {"user": user, "ts": None if hours is None else NOON + hours * HOUR, "x": x}


def view_of(table: icefield.Table, **more: Any) -> FeatureView:
    return FeatureView("v", table, ["user"], "ts", **more)


def values(latest: icefield.TrainingSet) -> dict[int, int]:
    return {row["user"]: row["x"] for row in latest.to_arrow().to_pylist()}


def snapshot_of(table: Table) -> int:
    current = table.refresh().current_snapshot()
    assert current is not None
    return current.snapshot_id


# --- Tables of pyiceberg and of Icefield ----------------------------------------------------------


@pytest.mark.parametrize("version", [1, 2])
def test_rows_of_pyiceberg_are_found_where_they_were_appended(lake: Lake, version: int) -> None:
    table = lake.create(SCHEMA, version=version)
    append_rows(table, [row(1, 0, 10), row(2, 0, 20), row(3, 0, 30)])
    first = snapshot_of(table)
    append_rows(table, [row(1, 1, 11), row(2, -1, 19), row(None, 1, 0)])
    append_rows(table, [row(2, 2, 21), row(4, 0, 40), row(4, None, 0)])
    third = snapshot_of(table)
    compact(table)
    compacted = snapshot_of(table)
    append_rows(table, [row(4, 1, 41)])
    view = view_of(ours(table))
    assert values(icefield.latest(view)) == {1: 11, 2: 21, 3: 30, 4: 41}
    since_first = icefield.latest(view, since_snapshot_id=first)
    assert values(since_first) == {1: 11, 2: 21, 4: 41}
    report = since_first.report()["views"][0]
    assert (report["rows_seen"], report["rows_dropped"], report["hits"]) == (7, 2, 3)
    assert report["since_snapshot_id"] == first
    assert values(icefield.latest(view, since_snapshot_id=third)) == {4: 41}
    assert values(icefield.latest(view, since_snapshot_id=compacted)) == {4: 41}
    before = view_of(ours(table), snapshot_id=compacted)
    assert values(icefield.latest(before, since_snapshot_id=first)) == {1: 11, 2: 21, 4: 40}
    assert values(icefield.latest(before, since_snapshot_id=third)) == {}
    late = icefield.latest(view, start=NOON + HOUR, end=NOON + HOUR, since_snapshot_id=first)
    assert values(late) == {1: 11, 4: 41}


@pytest.mark.parametrize("version", [2, 3])
def test_rows_of_icefield_are_found_where_they_were_appended(lake: Lake, version: int) -> None:
    name = f"ns.ours{version}"
    catalog = icefield.load_catalog("default", **lake.properties)
    table = catalog.create_table(name, SCHEMA, properties={"format-version": str(version)})

    def append(*rows: Row) -> int:
        table.append(pa.Table.from_pylist(list(rows), schema=SCHEMA))
        snapshot = table.current_snapshot()
        assert snapshot is not None
        return snapshot.snapshot_id

    first = append(row(1, 0, 10), row(2, 0, 20))
    second = append(row(1, 1, 11))
    if version < 3:  # Which pyiceberg does not write.
        compact(lake.catalog.load_table(name))
        table.refresh()
    append(row(2, 0, 21))
    view = view_of(table)
    assert values(icefield.latest(view, since_snapshot_id=first)) == {1: 11, 2: 21}
    assert values(icefield.latest(view, since_snapshot_id=second)) == {2: 21}


def test_nothing_is_new_since_the_snapshot_itself(lake: Lake) -> None:
    table = lake.create(SCHEMA)
    append_rows(table, [row(1, 0, 10)])
    view = view_of(ours(table))
    nothing = icefield.latest(view, since_snapshot_id=snapshot_of(table), provenance=True)
    whole = icefield.latest(view, provenance=True)
    found = nothing.to_arrow()
    assert found.num_rows == 0
    assert found.schema == whole.to_arrow().schema
    assert nothing.report()["views"][0]["files_planned"] == 0


def test_plans_and_reports_say_since_when(lake: Lake) -> None:
    table = lake.create(SCHEMA)
    append_rows(table, [row(1, 0, 10)])
    first = snapshot_of(table)
    append_rows(table, [row(1, 1, 11)])
    view = view_of(ours(table))
    latest = icefield.latest(view, since_snapshot_id=first)
    said = f"snapshot {snapshot_of(table)}"
    for footers in (False, True):
        plan = latest.explain(footers=footers)
        assert plan["views"][0]["since_snapshot_id"] == first
        assert plan["views"][0]["files_planned"] == 1
        assert f", appended since snapshot {first}\n" in str(plan)
    latest.to_arrow()
    assert f"{said}, appended since snapshot {first}\n" in str(latest.report())
    whole = icefield.latest(view)
    assert whole.explain()["views"][0]["since_snapshot_id"] is None
    assert "appended since" not in str(whole.explain())


def test_columns_of_now_are_read(lake: Lake) -> None:
    table = lake.create(SCHEMA)
    append_rows(table, [row(1, 0, 10)])
    first = snapshot_of(table)
    append_rows(table, [row(2, 0, 20)])
    with table.update_schema() as update:
        update.rename_column("x", "y")
        update.add_column("z", table.schema().find_type("x"))
    append_rows(table, [{"user": 3, "ts": NOON, "y": 30, "z": 31}])
    found = icefield.latest(view_of(ours(table)), since_snapshot_id=first).to_arrow()
    rows = sorted((each["user"], each["y"], each["z"]) for each in found.to_pylist())
    assert rows == [(2, 20, None), (3, 30, 31)]


# --- What is refused ------------------------------------------------------------------------------


def _overwrite(table: icefield.Table) -> None:
    table.overwrite(pa.Table.from_pylist([row(1, 5, 15)], schema=SCHEMA), "user = 1")


def _delete_rows(table: icefield.Table) -> None:
    table.delete("x = 11")


def _delete_files(table: icefield.Table) -> None:
    table.delete("user <= 5")


@pytest.mark.parametrize(
    ("change", "operation"),
    [(_overwrite, "overwrite"), (_delete_rows, "overwrite"), (_delete_files, "delete")],
)
def test_changes_of_rows_in_between_are_refused_by_name(
    lake: Lake, change: Callable[[icefield.Table], None], operation: str
) -> None:
    foreign = lake.create(SCHEMA)
    append_rows(foreign, [row(1, 0, 10), row(2, 0, 20)])
    first = snapshot_of(foreign)
    append_rows(foreign, [row(1, 1, 11), row(2, 1, 21)])
    change(icefield.Table.from_pyiceberg(foreign.refresh()))
    changed = snapshot_of(foreign)
    append_rows(foreign, [row(6, 0, 60)])
    view = view_of(ours(foreign))
    with pytest.raises(UnsupportedError) as refused:
        icefield.latest(view, since_snapshot_id=first)
    message = str(refused.value)
    for word in (f"snapshot {changed}", f"'{operation}'", "without since_snapshot_id", "table "):
        assert word in message
    assert values(icefield.latest(view, since_snapshot_id=changed)) == {6: 60}


def test_snapshots_off_the_line_are_refused_by_name(lake: Lake) -> None:
    table = lake.create(SCHEMA)
    append_rows(table, [row(1, 0, 10)])
    first = snapshot_of(table)
    append_rows(table, [row(1, 1, 11)])
    second = snapshot_of(table)
    table.manage_snapshots().rollback_to_snapshot(first).commit()
    append_rows(table, [row(1, 2, 12)])
    view = view_of(ours(table))
    with pytest.raises(InvalidArgumentError, match=f"snapshot {second} is not an ancestor"):
        icefield.latest(view, since_snapshot_id=second)
    with pytest.raises(NotFoundError, match="does not know it"):
        icefield.latest(view, since_snapshot_id=77)
    older = view_of(ours(table), snapshot_id=first)
    with pytest.raises(InvalidArgumentError, match="not an ancestor"):
        icefield.latest(older, since_snapshot_id=snapshot_of(table))
    with pytest.raises(NotFoundError, match="no snapshots"):
        icefield.latest(view_of(ours(lake.create(SCHEMA))), since_snapshot_id=first)


def test_what_has_expired_is_refused_by_name(lake: Lake) -> None:
    """pyiceberg forgets that an expired snapshot was somebody's parent."""
    table = lake.create(SCHEMA)
    ids = []
    for hours in range(3):
        append_rows(table, [row(hours, hours, hours)])
        ids.append(snapshot_of(table))
    table.maintenance.expire_snapshots().by_id(ids[0]).commit()
    view = view_of(ours(table))
    with pytest.raises(NotFoundError, match=f"snapshot {ids[0]} is not in the history"):
        icefield.latest(view, since_snapshot_id=ids[0])
    assert values(icefield.latest(view, since_snapshot_id=ids[1])) == {2: 2}


def test_a_gap_in_between_is_refused_and_the_older_end_is_not_needed(tmp_path: Path) -> None:
    """Iceberg's Java library leaves the ids of expired parents."""
    columns = [("user", "long"), ("ts", "timestamptz"), ("x", "long")]
    table = RawTable(tmp_path, columns)
    for hours in range(1, 5):
        table.commit([table.write_data([row(hours, hours, hours)])])
    for expired in (1, 2):
        table.expire(expired)
    view = view_of(icefield.load_table(table.metadata_location))
    with pytest.raises(NotFoundError, match="snapshot 2, the parent of 3, has expired"):
        icefield.latest(view, since_snapshot_id=1)
    assert values(icefield.latest(view, since_snapshot_id=2)) == {3: 3, 4: 4}


# --- Random histories -----------------------------------------------------------------------------


def rank(found: Row) -> tuple[Any, ...]:
    return found["ts"], found["created"] or EARLIEST


def put_over(old: list[Row], new: list[Row], version: int) -> Iterator[Row]:
    """The greater row of each key by P4-P6; in full ties the appended one (version 1: by place)."""
    held = {row["user"]: row for row in old}
    for appended in new:
        before = held.get(appended["user"])
        place = [(each["v__file"], each["v__position"]) for each in (before, appended) if each]
        is_tie = before is not None and rank(before) == rank(appended)
        is_older = before is not None and rank(before) > rank(appended)
        if is_older or (is_tie and version == 1 and place[0] > place[1]):
            continue
        held[appended["user"]] = appended
    yield from held.values()


def cells(rows: Iterator[Row] | list[Row]) -> list[tuple[Any, ...]]:
    names = ("user", "x", "ts", "created")
    return sorted(tuple(row[name] for name in names) for row in rows)


def span(pick: random.Random) -> dict[str, datetime]:
    """Nothing, or a range of event times."""
    ends = sorted(START_US + pick.randint(-1, DAYS * 2) * DAY_US // 2 for _ in range(2))
    times = [datetime.fromtimestamp(end / 1e6, UTC) for end in ends]
    given = dict(zip(("start", "end"), times, strict=True))
    return {name: time for name, time in given.items() if pick.random() < 0.7}


@pytest.mark.parametrize("version", [1, 2, 3])
@pytest.mark.parametrize("seed", range(12))
def test_random_histories(tmp_path: Path, seed: int, version: int) -> None:
    history = History(tmp_path, seed, version)
    steps, pick = history.steps, random.Random(seed)
    table = icefield.load_table(history.table.metadata_location)

    def latest(at: int, **more: Any) -> tuple[list[Row], dict[str, Any]]:
        view = view_of(table, snapshot_id=steps[at].snapshot_id, created_timestamp_column="created")
        found = icefield.latest(view, provenance=True, **more)
        return found.to_arrow().to_pylist(), found.report()["views"][0]

    for now in {len(steps) - 1, pick.randrange(len(steps))}:
        for then in range(now + 1):
            since = steps[then].snapshot_id
            between = steps[then + 1 : now + 1]
            if any(step.operation == "delete" for step in between):
                with pytest.raises(UnsupportedError, match="'delete'"):
                    latest(now, since_snapshot_id=since)
                continue
            appended = [row for step in between for row in step.rows]
            _, report = latest(now, since_snapshot_id=since)
            assert report["rows_seen"] == len(appended)
            for times in ({}, span(pick)):
                new, _ = latest(now, since_snapshot_id=since, **times)
                assert {row["x"] for row in new} <= {x for *_, x in appended}
                merged = put_over(latest(then, **times)[0], new, version)
                whole = latest(now, **times)[0]
                assert cells(merged) == cells(whole), (since, steps[now].snapshot_id, times)


def test_histories_hold_what_they_are_meant_to(tmp_path: Path) -> None:
    """The test above is about compactions, deletes and full ties: they must occur."""
    kinds: dict[str, int] = {"replace": 0, "delete": 0, "ties": 0}
    for version in (1, 2, 3):
        for seed in range(12):
            history = History(tmp_path / f"{version}-{seed}", seed, version)
            for step in history.steps:
                if step.operation in kinds:
                    kinds[step.operation] += 1
            ranks = [row[:3] for step in history.steps for row in step.rows if None not in row[:2]]
            kinds["ties"] += len(ranks) - len(set(ranks))
    assert min(kinds.values()) > 10, kinds


def test_row_ids_decide_full_ties_of_version_3_after_a_compaction(tmp_path: Path) -> None:
    """The compaction turns the rows round; the later one of the file still wins."""
    columns = [("user", "long"), ("ts", "timestamptz"), ("x", "long")]
    table = RawTable(tmp_path, columns, format_version=3)
    first = table.commit([table.write_data([row(9, 0, 0)])])
    file = table.write_data([row(1, 0, 10), row(1, 0, 11)])
    table.commit([file])
    turned = pa.Table.from_pylist([row(1, 0, 11), row(1, 0, 10)], schema=SCHEMA)
    turned = turned.append_column("_row_id", pa.array([2, 1], pa.int64()))
    turned = turned.append_column("_last_updated_sequence_number", pa.array([2, 2], pa.int64()))
    table.commit([table.write_data(turned)], remove=[file])
    view = view_of(icefield.load_table(table.metadata_location))
    assert values(icefield.latest(view)) == {9: 0, 1: 11}
    assert values(icefield.latest(view, since_snapshot_id=first)) == {1: 11}
