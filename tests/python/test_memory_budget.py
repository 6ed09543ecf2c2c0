"""Retrieval in bounded memory: spilled features, frames in passes, and what is left on the disk."""

from __future__ import annotations

import random
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, MemoryBudget, ReadOptions, errors
from tests.python.lake import Lake, append_file, ours

START = datetime(2024, 1, 1, tzinfo=UTC)
KEYS = 40
HOURS = 10
LEAST = 64 << 20

STATS = pa.schema(
    [
        ("key", pa.int64()),
        ("event_timestamp", pa.timestamp("us", "UTC")),
        ("number", pa.float64()),
        ("text", pa.string()),
        ("tags", pa.list_(pa.string())),
        ("nested", pa.struct([("a", pa.int32()), ("b", pa.list_(pa.float64()))])),
    ]
)


@pytest.fixture(scope="module")
def stats(lake: Lake) -> FeatureView:
    """Per key one row an hour, in several files and row groups."""
    rng = random.Random(1)
    rows: list[dict[str, Any]] = [
        {
            "key": key,
            "event_timestamp": START + timedelta(hours=hour),
            "number": rng.choice([None, rng.random()]),
            "text": rng.choice([None, "x" * rng.randrange(50)]),
            "tags": rng.choice([None, [], [None, f"{hour}"]]),
            "nested": rng.choice([None, {"a": hour, "b": [0.5] * rng.randrange(3)}]),
        }
        for hour in range(HOURS)
        for key in range(KEYS)
    ]
    table = lake.create(STATS)
    rng.shuffle(rows)
    for part in range(4):
        append_file(table, rows[part::4], row_group_size=30)
    return FeatureView("stats", ours(table), ["key"])


def entities(count: int = 500) -> pa.Table:
    """Rows in no order, some before all features and some of unknown keys."""
    rng = random.Random(2)
    times = [START + timedelta(hours=rng.randrange(-1, HOURS), minutes=30) for _ in range(count)]
    return pa.table(
        {
            "event_timestamp": pa.array(times, pa.timestamp("us", "UTC")),
            "key": pa.array([rng.randrange(KEYS + 5) for _ in range(count)], pa.int64()),
            "row": range(count),
        }
    )


BUDGETS = [
    MemoryBudget(held_size=1),
    MemoryBudget(held_size=2000),
    MemoryBudget(pass_rows=7),
    MemoryBudget(pass_rows=100, held_size=500),
    MemoryBudget(LEAST),
]


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_a_budget_changes_no_answer(stats: FeatureView, budget: MemoryBudget) -> None:
    frame = entities()
    expected = icefield.point_in_time_join(frame, [stats])
    given = icefield.point_in_time_join(
        frame, [stats], memory_budget=budget, options=ReadOptions(batch_size=13)
    )
    assert given.to_arrow().equals(expected.to_arrow())
    expected_view, view = expected.report()["views"][0], given.report()["views"][0]
    for figure in ("hits", "null_values", "full_ties", "hits_not_yet_created"):
        assert view[figure] == expected_view[figure], figure
    assert sum(view["misses"].values()) == sum(expected_view["misses"].values())
    assert given.report()["rows"] == frame.num_rows


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_a_budget_changes_no_frame_of_the_views(stats: FeatureView, budget: MemoryBudget) -> None:
    def join(budget: MemoryBudget | None) -> icefield.TrainingSet:
        return icefield.point_in_time_join(
            None, [stats], start=START, end=START + timedelta(days=1), memory_budget=budget
        )

    expected = join(None).to_arrow()
    given = join(budget)
    assert given.to_arrow().equals(expected)
    assert expected.num_rows == KEYS * HOURS
    frame = given.report()["frame"]
    assert (frame["bytes_spilled"] > 0) == (budget.held_size is not None)


@pytest.mark.parametrize("budget", BUDGETS, ids=str)
def test_a_budget_changes_no_latest_row(stats: FeatureView, budget: MemoryBudget) -> None:
    expected = icefield.latest(stats).to_arrow()
    options = ReadOptions(batch_size=9)
    given = icefield.latest(stats, memory_budget=budget, options=options)
    batches = list(given.reader())
    assert pa.Table.from_batches(batches).equals(expected)
    assert all(batch.num_rows <= 9 for batch in batches)
    assert given.report()["rows"] == KEYS


def test_the_report_names_passes_and_spilled_bytes(stats: FeatureView) -> None:
    frame = entities()
    whole = icefield.point_in_time_join(frame, [stats])
    whole.to_arrow()
    assert (whole.report()["passes"], whole.report()["views"][0]["bytes_spilled"]) == (1, 0)
    budget = MemoryBudget(pass_rows=200, held_size=1)
    parts = icefield.point_in_time_join(frame, [stats], memory_budget=budget)
    assert "3 passes of at most 200 entity rows" in str(parts.explain())
    parts.to_arrow()
    report = parts.report()
    assert report["passes"] == 3
    assert report["views"][0]["bytes_spilled"] > 0
    assert report["views"][0]["rows_seen"] > whole.report()["views"][0]["rows_seen"]
    assert "3 passes" in str(report)
    assert "spilled" in str(report)


def test_a_budget_below_the_least_says_so(stats: FeatureView) -> None:
    calls: list[Callable[[Any], object]] = [
        lambda budget: icefield.point_in_time_join(entities(), [stats], memory_budget=budget),
        lambda budget: icefield.latest(stats, memory_budget=budget),
    ]
    for call in calls:
        with pytest.raises(errors.InvalidArgumentError, match=f"least that works is {LEAST}"):
            call(LEAST - 1)
        with pytest.raises(errors.InvalidArgumentError, match="at least 1"):
            call(MemoryBudget(pass_rows=0))
        with pytest.raises(errors.InvalidArgumentError, match="at least 1"):
            call(MemoryBudget(held_size=0))


def test_wrong_frames_are_known_before_anything_is_read(stats: FeatureView) -> None:
    budget = MemoryBudget(pass_rows=100)
    texts = [str(time) for time in entities()["event_timestamp"].to_pylist()]
    texts[250] = "the day after"
    late = entities().set_column(0, "event_timestamp", pa.array(texts))
    with pytest.raises(errors.InvalidArgumentError, match="row 250"):
        icefield.point_in_time_join(late, [stats], memory_budget=budget)
    typed = entities().set_column(1, "key", pa.array(["a"] * 500))
    with pytest.raises(errors.InvalidArgumentError, match="string"):
        icefield.point_in_time_join(typed, [stats], memory_budget=budget)


def test_a_directory_that_is_not_there_is_named(stats: FeatureView) -> None:
    """At once, whether it will be needed or not: nothing is read before."""
    for place, error in (
        ("/no/such/directory", errors.NotFoundError),
        (__file__, errors.InvalidArgumentError),
    ):
        budget = MemoryBudget(spill_directory=place)
        with pytest.raises(error, match=place):
            icefield.point_in_time_join(entities(), [stats], memory_budget=budget)
        with pytest.raises(error, match=place):
            icefield.latest(stats, memory_budget=budget)


@pytest.mark.parametrize("size", ["64MiB", "1 GB", "0.5GiB", 64 << 20, None])
def test_a_budget_may_be_a_text(stats: FeatureView, size: int | str | None) -> None:
    parts = icefield.point_in_time_join(entities(), [stats], memory_budget=size)
    assert parts.to_arrow() == icefield.point_in_time_join(entities(), [stats]).to_arrow()
    assert icefield.latest(stats, memory_budget=MemoryBudget(size)).to_arrow().num_rows > 0


@pytest.mark.parametrize("size", ["much", "-1GiB", "63MiB", 2**70, -(2**70), 1.5, [], "2**30"])
def test_what_is_no_budget_is_refused_in_words(stats: FeatureView, size: Any) -> None:
    with pytest.raises(errors.InvalidArgumentError, match=r"memory.budget"):
        icefield.point_in_time_join(entities(), [stats], memory_budget=size)


# --- in processes of their own --------------------------------------------------------------------

ROWS = 120_000
TEXT = 2700
"""ROWS texts of so many bytes are five times the least budget."""


@pytest.fixture(scope="module")
def wide(lake: Lake) -> icefield.Table:
    """A row for each key, whose features are five times the least budget."""
    catalog = icefield.load_catalog("default", **lake.properties)
    schema = pa.schema(
        [
            ("key", pa.int64()),
            ("event_timestamp", pa.timestamp("us", "UTC")),
            ("text", pa.string()),
        ]
    )
    table = catalog.create_table("ns.wide", schema)
    rng = random.Random(3)
    letters = bytes(rng.randrange(97, 123) for _ in range(1 << 20)).decode()
    for part in range(4):
        keys = range(part, ROWS, 4)
        starts = [rng.randrange(len(letters) - TEXT) for _ in keys]
        table.append(
            pa.table(
                {
                    "key": keys,
                    "event_timestamp": [START] * len(keys),
                    "text": [letters[start : start + TEXT] for start in starts],
                },
                schema=schema,
            )
        )
    return catalog.load_table("ns.wide")


PRELUDE = """
import random, resource, sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
import pyarrow as pa
import icefield
from icefield import FeatureView, MemoryBudget

START = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = {rows}
view = FeatureView("wide", icefield.load_table({location!r}), ["key"])

def status(name):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) << 10

def frame():
    keys = list(range(ROWS))
    random.Random(4).shuffle(keys)
    times = pa.array([START + timedelta(days=1)], pa.timestamp("us", "UTC")).take([0] * ROWS)
    return pa.table({{"key": pa.array(keys), "event_timestamp": times}})

def peak_of(stream):
    Path("/proc/self/clear_refs").write_text("5")  # The peak starts anew.
    before = status("VmRSS")
    rows = text = 0
    for batch in stream.reader():
        rows += batch.num_rows
        text += batch["text"].nbytes
        del batch
    assert rows == ROWS
    return status("VmHWM") - before, text
"""


def run(table: icefield.Table, script: str, **arguments: Any) -> subprocess.Popen[str]:
    """A script behind PRELUDE, in a process of its own."""
    prelude = PRELUDE.format(rows=ROWS, location=table.metadata_location)
    return subprocess.Popen(
        [sys.executable, "-c", prelude + textwrap.dedent(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **arguments,
    )


def output_of(process: subprocess.Popen[str]) -> str:
    """What it printed; it must end well."""
    output, complaint = process.communicate(timeout=300)
    assert process.returncode == 0, complaint
    return output


def figures_of(process: subprocess.Popen[str]) -> list[int]:
    return [int(figure) for figure in output_of(process).split()]


def test_a_result_of_five_budgets_is_streamed_in_one(wide: icefield.Table) -> None:
    script = f"""
    joined = icefield.point_in_time_join(frame(), [view], memory_budget={LEAST})
    peak, text = peak_of(joined)
    print(peak, text, joined.report()["views"][0]["bytes_spilled"])
    """
    peak, text, spilled = figures_of(run(wide, script))
    assert text > 4.5 * LEAST
    assert spilled > 4.5 * LEAST
    assert peak < 1.5 * LEAST, f"{peak / LEAST:.2f} budgets"


def test_latest_of_five_budgets_is_streamed_in_one(wide: icefield.Table) -> None:
    script = f"""
    peak, text = peak_of(icefield.latest(view, memory_budget={LEAST}))
    print(peak, text)
    """
    peak, text = figures_of(run(wide, script))
    assert text > 4.5 * LEAST
    assert peak < 1.5 * LEAST, f"{peak / LEAST:.2f} budgets"


def test_a_full_disk_is_an_error_that_names_the_directory(
    wide: icefield.Table, tmp_path: Path
) -> None:
    script = f"""
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
    budget = MemoryBudget({LEAST}, spill_directory={str(tmp_path)!r})
    try:
        icefield.point_in_time_join(frame(), [view], memory_budget=budget).to_arrow()
    except icefield.errors.ResourceExhaustedError as error:
        print(error)
    """
    assert str(tmp_path) in output_of(run(wide, script))


def _nameless_files(process: subprocess.Popen[str], folder: Path) -> Iterator[str]:
    """Open files of a process that lie in a folder under no name."""
    for descriptor in Path(f"/proc/{process.pid}/fd").iterdir():
        target = str(descriptor.readlink())
        if target.startswith(str(folder)) and target.endswith("(deleted)"):
            yield target


def test_a_killed_process_leaves_nothing(wide: icefield.Table, tmp_path: Path) -> None:
    script = f"""
    budget = MemoryBudget({LEAST}, spill_directory={str(tmp_path)!r})
    reader = icefield.point_in_time_join(frame(), [view], memory_budget=budget).reader()
    reader.read_next_batch()
    print("reading", flush=True)
    sys.stdin.read()
    """
    process = run(wide, script)
    assert process.stdout is not None
    assert process.stdout.readline() == "reading\n"
    assert len(list(_nameless_files(process, tmp_path))) == 1
    assert list(tmp_path.iterdir()) == []
    process.kill()
    process.communicate()
    assert list(tmp_path.iterdir()) == []
