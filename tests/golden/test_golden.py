"""Every read of every golden table, in every way the engine can be asked for it."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

import icefield
from icefield import errors
from icefield.options import ReadOptions
from tests.golden import catalogue
from tests.golden.arrow_types import schema_of
from tests.golden.catalogue import FOLDER, TABLES, WRITTEN_AT, Golden, Read, goldens
from tests.golden.cells import difference, json_rows, table_rows, with_json

READS = [
    pytest.param(golden, read, id=f"{golden.table}-{at}-{read.name}")
    for golden in goldens()
    for at, read in enumerate(golden.reads)
]

MODES: dict[str, tuple[ReadOptions, Callable[[icefield.TableScan], pa.Table]]] = {
    "all at once": (ReadOptions(), lambda scan: scan.to_arrow()),
    "as a stream": (ReadOptions(), lambda scan: scan.to_arrow_batch_reader().read_all()),
    "batches of 7, 1 thread": (ReadOptions(threads=1, batch_size=7), lambda scan: scan.to_arrow()),
    "batches of 7, 4 threads": (ReadOptions(threads=4, batch_size=7), lambda scan: scan.to_arrow()),
}


@cache
def _table(golden: Golden) -> icefield.Table:
    properties = {"path-prefix-map": f"{WRITTEN_AT}={TABLES}"}
    return icefield.load_table(golden.metadata_location, properties=properties)


def _scan(golden: Golden, read: Read, options: ReadOptions) -> icefield.TableScan:
    selectors: dict[str, Any] = {"snapshot_id": read.snapshot_id}
    if read.as_of is not None:
        selectors["as_of"] = datetime.fromisoformat(read.as_of)
    scan = _table(golden).scan(
        row_filter=read.filter,
        selected_fields=("*",) if read.select is None else read.select,
        options=options,
        **selectors,
    )
    return scan if read.ref is None else scan.use_ref(read.ref)


def _within_the_table(path: str | None, golden: Golden) -> str | None:
    return None if path is None else re.sub(rf"^.*?/{re.escape(golden.table)}/", "", path)


def _rows(answer: pa.Table, golden: Golden) -> list[tuple[Any, ...]]:
    rows = table_rows(answer)
    paths = [at for at, name in enumerate(answer.column_names) if name == "_file"]
    return [
        tuple(
            _within_the_table(cell, golden) if at in paths else cell for at, cell in enumerate(row)
        )
        for row in rows
    ]


def _check_rows(answer: pa.Table, golden: Golden, read: Read) -> str | None:
    assert answer.column_names == list(read.columns or ())
    expected = json_rows(read.rows or (), answer.schema.types)
    variants = [at for at, name in enumerate(answer.column_names) if name in golden.variants]
    return difference(with_json(_rows(answer, golden), variants), with_json(expected, variants))


@pytest.mark.parametrize(("golden", "read"), READS)
def test_rows(golden: Golden, read: Read) -> None:
    for mode, (options, run) in MODES.items():
        if read.error is None:
            found = _check_rows(run(_scan(golden, read, options)), golden, read)
            assert found is None, f"{mode}: {found}"
            continue
        with pytest.raises(getattr(errors, read.error)) as caught:
            run(_scan(golden, read, options))
        text = str(caught.value).lower()
        assert [word for word in read.message if word.lower() not in text] == [], text


def _metadata(golden: Golden) -> dict[str, Any]:
    data = Path(golden.metadata_location).read_bytes()
    return json.loads(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)


@pytest.mark.parametrize("golden", [pytest.param(g, id=g.table) for g in goldens()])
def test_types(golden: Golden) -> None:
    """The current state and every snapshot have the Arrow types that the type table says."""
    metadata = _metadata(golden)
    for snapshot_id, expected in _schemas(metadata):
        scan = _table(golden).scan(snapshot_id=snapshot_id)
        assert scan.schema.equals(expected), f"snapshot {snapshot_id}:\n{scan.schema}\n{expected}"


def _schemas(metadata: dict[str, Any]) -> Iterator[tuple[int | None, pa.Schema]]:
    if "schemas" not in metadata:
        yield None, schema_of(metadata["schema"])
        return
    by_id = {schema["schema-id"]: schema_of(schema) for schema in metadata["schemas"]}
    yield None, by_id[metadata["current-schema-id"]]
    for snapshot in metadata.get("snapshots", []):
        if snapshot.get("schema-id") is not None:
            yield snapshot["snapshot-id"], by_id[snapshot["schema-id"]]


def test_every_table_has_expectations() -> None:
    folders = {folder.name for folder in TABLES.iterdir() if folder.is_dir()}
    assert folders == {golden.table for golden in goldens()}
    assert all((FOLDER / "expected" / f"{g.table}.json").exists() for g in goldens())


def test_every_snapshot_is_read() -> None:
    """A state that no read looks at may be wrong. (States of many rows are left out.)"""
    unread = {}
    for golden in goldens():
        kept = {
            snapshot["snapshot-id"]
            for snapshot in _metadata(golden).get("snapshots", [])
            if int(snapshot.get("summary", {}).get("total-records", 0)) <= 1000
        }
        if missing := kept - {read.snapshot_id for read in golden.reads}:
            unread[golden.table] = missing
    assert unread == {}


def test_the_readme_lists_every_table() -> None:
    _, listed, _ = catalogue.readme_parts()
    assert listed == catalogue.catalogue_text(), "python -m tests.golden.catalogue --write"
