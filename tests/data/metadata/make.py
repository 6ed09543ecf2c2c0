"""Writes the fixtures of this folder that come from pyiceberg: metadata files of small tables.

The files named `spec-*.metadata.json` are not made here: they follow the specification's text by
hand, in forms that today's writers no longer, or do not yet, produce.

Run it by hand; the fixtures are kept, so that tests do not depend on the installed pyiceberg:

    .venv/bin/python tests/data/metadata/make.py
"""

import gzip
import tempfile
from pathlib import Path

import pyarrow as pa
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table import Table
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform
from pyiceberg.types import (
    DecimalType,
    DoubleType,
    FixedType,
    IntegerType,
    ListType,
    LongType,
    MapType,
    NestedField,
    StringType,
    StructType,
    TimestamptzType,
    UUIDType,
)

FOLDER = Path(__file__).parent
WAREHOUSE = "/warehouse"  # What the fixtures say in place of the folder that they were made in.

NESTED = Schema(
    NestedField(1, "driver_id", LongType(), required=True, doc="who drives"),
    NestedField(2, "event_timestamp", TimestamptzType(), required=True),
    NestedField(
        3,
        "address",
        StructType(
            NestedField(7, "city", StringType(), required=False),
            NestedField(8, "zip", FixedType(5), required=False),
        ),
        required=False,
    ),
    NestedField(4, "trips", ListType(9, DoubleType(), element_required=False), required=False),
    NestedField(
        5,
        "tags",
        MapType(10, StringType(), 11, DecimalType(9, 2), value_required=True),
        required=False,
    ),
    NestedField(6, "row_id", UUIDType(), required=False),
    schema_id=0,
    identifier_field_ids=[1],
)


def keep(table: Table, warehouse: str, name: str) -> None:
    """Copies a table's newest metadata to the fixture `name`."""
    text = Path(table.metadata_location.removeprefix("file://")).read_text()
    (FOLDER / name).write_text(text.replace(f"file://{warehouse}", WAREHOUSE) + "\n")


def append(table: Table, ids: list[int]) -> None:
    """Appends one row for each id; all other columns are null."""
    table.append(pa.Table.from_pylist([{"id": i} for i in ids], schema=table.schema().as_arrow()))


def make_empty(catalog: Catalog) -> Table:
    """A v2 table with nested types, partitions and a sort order, and without snapshots."""
    return catalog.create_table(
        "ns.empty",
        NESTED,
        partition_spec=PartitionSpec(
            PartitionField(2, 1000, DayTransform(), "event_day"),
            PartitionField(1, 1001, BucketTransform(16), "driver_bucket"),
        ),
        sort_order=SortOrder(
            SortField(1, IdentityTransform(), SortDirection.DESC, NullOrder.NULLS_LAST),
            order_id=1,
        ),
        properties={"write.metadata.delete-after-commit.enabled": "true"},
    )


def make_evolved(catalog: Catalog, name: str, format_version: str) -> Table:
    """A table with four snapshots under three schemas and two specs, a branch and a tag."""
    schema = Schema(
        NestedField(1, "id", IntegerType(), required=False),
        NestedField(2, "old_name", StringType(), required=False),
    )
    table = catalog.create_table(name, schema, properties={"format-version": format_version})
    append(table, [1])
    with table.update_schema() as update:
        update.update_column("id", field_type=LongType())
        update.rename_column("old_name", "name")
    append(table, [2])
    with table.update_schema() as update:
        update.delete_column("name")
        update.add_column("name", DoubleType())
    with table.update_spec() as update:
        update.add_identity("name")
    append(table, [3])
    first, second, _ = (snapshot.snapshot_id for snapshot in table.snapshots())
    table.manage_snapshots().create_tag(first, "first").create_branch(second, "side").commit()
    append(table, [4])
    return table


def main() -> None:
    """Writes every fixture anew."""
    with tempfile.TemporaryDirectory() as warehouse:
        catalog = load_catalog(
            "default",
            type="sql",
            uri=f"sqlite:///{warehouse}/catalog.db",
            warehouse=f"file://{warehouse}",
        )
        catalog.create_namespace("ns")
        keep(make_empty(catalog), warehouse, "v2-empty.metadata.json")
        keep(make_evolved(catalog, "ns.v2", "2"), warehouse, "v2-evolved.metadata.json")
        keep(make_evolved(catalog, "ns.v1", "1"), warehouse, "v1-evolved.metadata.json")
    text = (FOLDER / "v2-evolved.metadata.json").read_bytes()
    (FOLDER / "v2-evolved.metadata.json.gz").write_bytes(gzip.compress(text, mtime=0))


if __name__ == "__main__":
    main()
