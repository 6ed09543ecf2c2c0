"""Pages that explain predicts: never fewer than are read, and near where files are indexed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import icefield
from icefield import FeatureView, MemoryBudget
from tests.python.lake import append_file, ours

STAMP = pa.timestamp("us", "UTC")
START = datetime(2024, 1, 1, tzinfo=UTC)
ROWS = 20_000
KEYS = 500
SCHEMA = pa.schema(
    [
        ("k", pa.int64()),
        ("at", STAMP),
        ("made", STAMP),
        ("x", pa.int64()),
        ("kind", pa.string()),
        ("list", pa.list_(pa.int64())),
    ]
)
PAGE_ROWS = {"write.parquet.page-row-limit": "100", "write.parquet.row-group-limit": "8000"}


def rows(seed: int = 0) -> list[dict[str, Any]]:
    """Rows in the order of key and time; no two of a key have one time."""
    chance = random.Random(seed)
    return [
        {
            "k": 3 * key,
            "at": START + timedelta(seconds=at),
            "made": START + timedelta(seconds=at + 7),
            "x": chance.randrange(10**12),
            "kind": chance.choice(["a", "b", None]),
            "list": [at, key],
        }
        for key in range(KEYS)
        for at in sorted(chance.sample(range(86_400), ROWS // KEYS))
    ]


def by_icefield(folder: Path) -> icefield.Table:
    """One file with a page index, of small pages."""
    catalog = icefield.load_catalog(
        "pages", type="sql", uri=f"sqlite:///{folder}/made.db", warehouse=str(folder / "made")
    )
    catalog.create_namespace("ns")
    table = catalog.create_table("ns.t", SCHEMA, properties=PAGE_ROWS)
    table.append(pa.Table.from_pylist(rows(), SCHEMA))
    return catalog.load_table("ns.t")


def by_pyiceberg(lake) -> icefield.Table:
    """Without a page index."""
    theirs = lake.create(SCHEMA)
    theirs.append(pa.Table.from_pylist(rows(), SCHEMA))
    return ours(theirs)


def by_pyarrow(lake, **options: Any) -> icefield.Table:
    theirs = lake.create(SCHEMA)
    small = {"data_page_size": 800, "write_batch_size": 100, "row_group_size": 7000}
    append_file(theirs, rows(), **small, write_page_index=True, **options)
    return ours(theirs)


@pytest.fixture(scope="module")
def tables(lake, tmp_path_factory):
    return {
        "icefield": by_icefield(tmp_path_factory.mktemp("pages")),
        "pyiceberg": by_pyiceberg(lake),
        "pyarrow": by_pyarrow(lake),
        "pyarrow, v2 pages": by_pyarrow(lake, data_page_version="2.0", use_dictionary=["kind"]),
    }


INDEXED = ["icefield", "pyarrow", "pyarrow, v2 pages"]


def frame_of(keys) -> pa.Table:
    chance = random.Random(1)
    times = [START + timedelta(seconds=chance.randrange(90_000)) for _ in keys]
    return pa.table({"k": pa.array(keys, pa.int64()), "event_timestamp": pa.array(times, STAMP)})


FRAMES = {
    "one": [300],
    "absent": [301],
    "neighbours": range(300, 400, 3),
    "far apart": range(0, 1500, 150),
    "all": range(0, 1500, 3),
    "many": [3 * (row % KEYS) for row in range(30_000)],
}


def compared(table, keys, **options):
    """The plan and the report of one join."""
    terms = {"features": ["x", "kind"], **options}
    of_join = {"created_cut", "memory_budget"} & terms.keys()
    join_terms = {name: terms.pop(name) for name in of_join}
    view = FeatureView("v", table, ["k"], timestamp_field="at", **terms)
    joined = icefield.point_in_time_join(frame_of(keys), [view], **join_terms)
    plan = joined.explain(footers=True)
    joined.to_arrow()
    (read,) = joined.report()["views"]
    (planned,) = plan["views"]
    return planned, read, str(plan)


VIEWS: dict[str, dict[str, Any]] = {
    "plain": {},
    "ttl": {"ttl": timedelta(hours=2)},
    "created": {"created_timestamp_column": "made"},
    "created cut": {"created_timestamp_column": "made", "created_cut": True},
    "filter": {"row_filter": "x > 1000 and k < 900"},
    "no features": {"features": [], "created_timestamp_column": "made"},
    "nested": {"features": ["list", "x"]},
    "passes": {"memory_budget": MemoryBudget(pass_rows=100)},
}


@pytest.mark.parametrize("of_frame", FRAMES)
@pytest.mark.parametrize("of_view", VIEWS)
@pytest.mark.parametrize("writer", INDEXED)
def test_no_more_is_read_than_planned(tables, writer, of_view, of_frame):
    planned, read, text = compared(tables[writer], FRAMES[of_frame], **VIEWS[of_view])
    pages = planned["pages_deciding"] + planned["pages_features"]
    assert pages >= read["pages_read"]
    bytes_planned = planned["bytes_deciding"] + planned["bytes_features"]
    assert bytes_planned == read["bytes_planned"] >= read["bytes_read"]
    assert f"pages at most {planned['pages_deciding']} of keys and times" in text
    assert (planned["rows_pruned"], planned["row_groups_pruned"]) == (
        read["rows_pruned"],
        read["row_groups_pruned"],
    )


@pytest.mark.parametrize("of_frame", ["one", "neighbours", "all", "many"])
@pytest.mark.parametrize("writer", INDEXED)
def test_the_plan_is_near_where_pages_are_indexed(tables, writer, of_frame):
    planned, read, _ = compared(tables[writer], FRAMES[of_frame])
    pages = planned["pages_deciding"] + planned["pages_features"]
    assert read["pages_read"] <= pages <= 1.6 * read["pages_read"] + 4
    bytes_planned = planned["bytes_deciding"] + planned["bytes_features"]
    assert read["bytes_read"] <= bytes_planned <= 1.6 * read["bytes_read"] + 2000


def test_what_the_index_leaves_out_is_not_planned(tables):
    sizes = {name: compared(tables["icefield"], keys)[0] for name, keys in FRAMES.items()}
    for part in ("bytes_deciding", "pages_deciding"):
        ordered = [sizes[name][part] for name in ("one", "neighbours", "all")]
        assert all(less < more for less, more in pairwise(ordered)), ordered
    assert sizes["one"]["rows_pruned"] > 0.9 * 8000
    assert sizes["one"]["bytes_deciding"] < sizes["all"]["bytes_deciding"] / 50
    # A winner lies in one page of every column.
    assert sizes["one"]["pages_features"] == 2


def test_latest_has_its_pages(tables):
    for writer in INDEXED:
        view = FeatureView("v", tables[writer], ["k"], timestamp_field="at", features=["x"])
        for start in (None, START + timedelta(hours=23)):
            found = icefield.latest(view, start=start)
            (planned,) = found.explain(footers=True)["views"]
            found.to_arrow()
            (read,) = found.report()["views"]
            assert planned["pages_deciding"] + planned["pages_features"] >= read["pages_read"] > 0
            assert read["bytes_planned"] >= read["bytes_read"] > 0


def test_without_an_index_pages_are_unknown(tables):
    planned, read, text = compared(tables["pyiceberg"], FRAMES["one"])
    assert (planned["pages_deciding"], planned["pages_features"]) == (None, None)
    assert "pages unknown: not all files have a page index" in text
    assert planned["bytes_deciding"] + planned["bytes_features"] >= read["bytes_read"]
    assert read["pages_read"] > 0


def test_by_manifests_pages_are_unknown(tables):
    view = FeatureView("v", tables["icefield"], ["k"], timestamp_field="at")
    plan = icefield.explain(frame_of([300]), [view])
    assert (plan["views"][0]["pages_deciding"], plan["views"][0]["pages_features"]) == (None, None)
    assert "pages unknown without footers" in str(plan)


def test_one_file_without_an_index_makes_the_sum_unknown(lake):
    theirs = lake.create(SCHEMA)
    half = rows()[: ROWS // 2]
    append_file(theirs, half, write_page_index=True)
    planned, _, _ = compared(ours(theirs), FRAMES["all"])
    assert planned["pages_deciding"] > 0
    append_file(theirs, rows()[ROWS // 2 :])
    planned, _, _ = compared(ours(theirs), FRAMES["all"])
    assert planned["pages_deciding"] is None
    planned, _, _ = compared(ours(theirs), FRAMES["one"])
    assert planned["pages_deciding"] > 0, "the other file is not planned"


# --- views of one table ---


def reads_now() -> int:
    """Read calls of this process so far."""
    lines = Path("/proc/self/io").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("syscr"))


def reads_of(action) -> int:
    before = reads_now()
    action()
    return reads_now() - before


def test_views_that_decide_alike_are_explained_by_one_opening(lake):
    theirs = lake.create(SCHEMA)
    part = ROWS // 20
    for at in range(20):
        append_file(theirs, rows()[at * part : (at + 1) * part])
    table = ours(theirs)
    ttls = [None, *(timedelta(hours=hours) for hours in (1, 2, 3)), None]
    views = [
        FeatureView(f"v{at}", table, ["k"], "at", ttl=ttl, features=[("x", f"x{at}")])
        for at, ttl in enumerate(ttls)
    ]
    frame = frame_of(FRAMES["all"])

    def explain(some):
        return icefield.explain(frame, some, footers=True)

    explain(views)  # Manifests are kept.
    alone = reads_of(lambda: explain(views[:1]))
    together = reads_of(lambda: explain(views))
    assert alone >= 20
    assert together < 1.2 * alone
    plans = explain(views)["views"]
    assert [plan["files_planned"] for plan in plans] == [20] * 5
    assert [plan["row_groups"] for plan in plans] == [20] * 5
    assert [plan["bytes_deciding"] > 0 for plan in plans] == [True] + [False] * 4
    assert [plan["bytes_features"] > 0 for plan in plans] == [True] * 4 + [False]
    joined = icefield.point_in_time_join(frame, views)
    joined.to_arrow()
    reports = joined.report()["views"]
    for plan, report in zip(plans, reports, strict=True):
        planned = plan["bytes_deciding"] + plan["bytes_features"]
        assert planned == report["bytes_planned"] >= report["bytes_read"]
