"""One large case against DuckDB: many keys, batches, row groups and threads at once.

The brute-force reference would take an hour; the seeds of test_differential.py vouch for DuckDB.
"""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from tests.differential.duck import duck_rows
from tests.differential.generate import START
from tests.pit import values
from tests.pit.corpus import LAYOUTS, write_tables
from tests.pit.engine import Engine, Mode
from tests.pit.frames import seen_frame
from tests.pit.model import Case, Column, Commit, FileDef, FrameDef, Row, TableDef, ViewDef
from tests.pit.tables import Warehouse

MINUTE = values.parse_span("1m")
FEATURE_ROWS = 60_000
ENTITY_ROWS = 20_000
USERS = 3_000


def _key(rng: random.Random) -> tuple[int | None, str | None]:
    """Skewed users in three regions, now and then a null."""
    user = min(rng.randrange(USERS), rng.randrange(USERS))
    key: tuple[int | None, str | None] = (user, rng.choice(("eu", "eu,us", "us")))
    return rng.choice(((None, key[1]), (key[0], None))) if rng.random() < 0.01 else key


def _feature_row(rng: random.Random, number: int) -> Row:
    event = None if rng.random() < 0.01 else START + rng.randrange(3_000) * MINUTE
    created = None if event is None or rng.random() < 0.05 else event + rng.randrange(3) * MINUTE
    tag = rng.choice((None, "", "tag", "a tag that is longer than twelve bytes"))
    return [*_key(rng), event, created, number, tag]


def _entity_row(rng: random.Random) -> Row:
    time = START + rng.randrange(-100, 4_000) * MINUTE + rng.choice((0, 0, 0, 1, -1))
    return [rng.randrange(10**6), *_key(rng), time]


def large_case(seed: int) -> Case:
    """60,000 feature rows of two keys in three commits, 20,000 entity rows, two views."""
    rng = random.Random(seed)
    columns = [Column("user", "long"), Column("region", "string"), Column("ts", "timestamptz")]
    columns += [Column("created", "timestamp"), Column("n", "long"), Column("tag", "string")]
    rows = [_feature_row(rng, number) for number in range(FEATURE_ROWS)]
    third = FEATURE_ROWS // 3
    commits = [
        Commit(
            [
                FileDef(f"b{at}", rows[at * third : at * third + third // 2]),
                FileDef(f"a{at}", rows[at * third + third // 2 : (at + 1) * third]),
            ]
        )
        for at in range(3)
    ]
    table = TableDef("stats", columns, list(commits))
    table.properties = {
        "write.parquet.row-group-limit": "4096",
        "write.parquet.page-row-limit": "512",
    }
    keys = [("user", "user"), ("region", "region")]
    features = [("n", "n"), ("tag", "tag")]
    views = [
        ViewDef("fresh", "stats", "ts", keys, "created", 90 * MINUTE, features),
        ViewDef("by_user", "stats", "ts", keys[:1], "created", None, features),
    ]
    frame_columns = [Column("label", "int64"), Column("user", "int64"), Column("region", "string")]
    frame_columns.append(Column("event_timestamp", "timestamp[ns, UTC]"))
    frame = FrameDef(frame_columns, [_entity_row(rng) for _ in range(ENTITY_ROWS)], chunk=3_000)
    answer = [
        Column(f"{view.name}__{name}", kind)
        for view in views
        for name, kind in (("n", "long"), ("tag", "string"))
    ]
    return Case("large", ["P1"], [table], views, frame, full_feature_names=True, answer=answer)


@pytest.mark.parametrize("created_cut", [False, True])
def test_a_large_case(created_cut: bool, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    case = replace(large_case(seed=1), created_cut=created_cut)
    tables = write_tables(case, warehouse, LAYOUTS["given"])
    assert case.frame is not None
    case.expected = duck_rows(case, tables, seen_frame(case.frame))
    engine = Engine(case, warehouse, tables, "catalog")
    # `n` is never null in the table: where it is, there was no winner.
    engine.hits = {
        view.name: sum(row[at] is not None for row in case.expected)
        for view, at in zip(case.views, (0, 2), strict=True)
    }
    assert 0 < engine.hits["fresh"] < engine.hits["by_user"] < ENTITY_ROWS
    for mode in (Mode(65_536, 4), Mode(1_000, 1)):
        assert engine.problems(mode) == []
