"""Maps and lists of UUIDs of which a file or all of a table has no entry."""

from __future__ import annotations

import uuid
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import icefield
from tests.golden.cells import json_table, table_rows

ONE = uuid.UUID(int=1).hex
TYPES = {
    "maps": pa.map_(pa.string(), pa.uuid()),
    "lists": pa.list_(pa.uuid()),
    "nested": pa.struct([("m", pa.map_(pa.string(), pa.list_(pa.uuid())))]),
}
# Of each partition: its cells by column.
PARTITIONS = {
    "null": {"maps": [None, None], "lists": [None, None], "nested": [None, {"m": None}]},
    "empty": {"maps": [[], []], "lists": [[], []], "nested": [{"m": []}, {"m": [["a", []]]}]},
    "both": {"maps": [None, []], "lists": [[], None], "nested": [{"m": []}, None]},
    "filled": {
        "maps": [[["a", ONE], ["b", None]], []],
        "lists": [[ONE, None], None],
        "nested": [{"m": [["a", [ONE]], ["b", None]]}, {"m": []}],
    },
}


@pytest.mark.parametrize("chosen", [["null"], ["empty"], ["null", "empty", "both"], [*PARTITIONS]])
def test_they_are_written_and_read(tmp_path: Path, chosen: list[str]) -> None:
    catalog = icefield.load_catalog(
        "default", type="sql", uri=f"sqlite:///{tmp_path}/c.db", warehouse=f"file://{tmp_path}"
    )
    catalog.create_namespace("ns")
    schema = pa.schema([("part", pa.string()), *TYPES.items()])
    table = catalog.create_table("ns.t", schema, partition_spec=["part"])
    rows = [
        {"part": part, **{name: PARTITIONS[part][name][at] for name in TYPES}}
        for at in (0, 1)
        for part in chosen
    ]
    given = json_table(rows, schema)
    table.append(given)
    assert sorted(table_rows(table.scan().to_arrow()), key=repr) == sorted(
        table_rows(given), key=repr
    )
    files = [task.file_path.removeprefix("file://") for task in table.scan().plan_files()]
    assert len(files) == len(chosen)
    # As pyarrow reads the files themselves.
    stored = pa.concat_tables([pq.ParquetFile(file).read() for file in files])
    assert sorted(table_rows(stored), key=repr) == sorted(table_rows(given), key=repr)
