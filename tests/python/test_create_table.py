"""Namespaces and tables made by Icefield, which pyiceberg loads, changes and writes; and back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog as PyicebergCatalog
from pyiceberg.catalog import load_catalog
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.table.metadata import TableMetadataUtil
from pyiceberg.table.sorting import NullOrder, SortDirection, SortField, SortOrder
from pyiceberg.transforms import BucketTransform, DayTransform, IdentityTransform
from pyiceberg.types import LongType, NestedField, StringType, TimestamptzType

import icefield
from icefield import errors

SCHEMA = pa.schema(
    [
        pa.field("id", pa.int64(), nullable=False),
        ("region", pa.string()),
        ("at", pa.timestamp("us", "UTC")),
        ("tags", pa.list_(pa.string())),
        ("place", pa.struct([("x", pa.float64()), ("y", pa.float64())])),
    ]
)
ROWS = pa.table(
    {
        "id": [1, 2, 3],
        "region": ["a", None, "b"],
        "at": [0, 86_400_000_000, None],
        "tags": [["x"], [], None],
        "place": [{"x": 1.0, "y": None}, None, {"x": 2.0, "y": 3.0}],
    },
    schema=SCHEMA,
)


@pytest.fixture
def properties(tmp_path: Path) -> dict[str, str]:
    """Of a catalog whose file does not exist yet."""
    return {
        "type": "sql",
        "uri": f"sqlite:///{tmp_path}/catalog.db",
        "warehouse": f"file://{tmp_path}/wh",
    }


@pytest.fixture
def catalog(properties: dict[str, str]) -> icefield.Catalog:
    catalog = icefield.load_catalog("default", **properties)
    catalog.create_namespace("ns")
    return catalog


@pytest.fixture
def pyiceberg_catalog(catalog: icefield.Catalog, properties: dict[str, str]) -> PyicebergCatalog:
    """The same catalog to pyiceberg, after Icefield made it."""
    assert catalog.name == "default"
    return load_catalog("default", **properties)


def test_a_missing_file_is_made_by_the_first_namespace(
    properties: dict[str, str], tmp_path: Path
) -> None:
    catalog = icefield.load_catalog("default", **properties)
    with pytest.raises(errors.NotFoundError, match="create_namespace makes it"):
        catalog.list_namespaces()
    with pytest.raises(errors.NotFoundError, match="create_namespace makes it"):
        catalog.create_table("ns.t", SCHEMA)
    assert not (tmp_path / "catalog.db").exists()
    catalog.create_namespace(("a", "b"), {"owner": "me"})
    theirs = load_catalog("default", **properties)
    assert theirs.list_namespaces("a") == [("a", "b")]
    assert theirs.load_namespace_properties("a.b") == {"owner": "me"}
    catalog.create_namespace("plain")
    assert theirs.load_namespace_properties("plain") == {"exists": "true"}


def test_namespaces_are_one_for_both(
    catalog: icefield.Catalog, pyiceberg_catalog: PyicebergCatalog
) -> None:
    pyiceberg_catalog.create_namespace("theirs")
    for name in ("ns", "theirs"):
        with pytest.raises(errors.AlreadyExistsError):
            catalog.create_namespace(name)
        catalog.create_namespace_if_not_exists(name)
    assert catalog.list_namespaces() == [("ns",), ("theirs",)]
    catalog.drop_namespace("theirs")
    assert pyiceberg_catalog.list_namespaces() == [("ns",)]
    catalog.create_table("ns.t", SCHEMA)
    with pytest.raises(errors.ConflictError, match="is not empty; it holds t"):
        catalog.drop_namespace("ns")
    catalog.drop_table("ns.t")
    with pytest.raises(errors.NotFoundError):
        catalog.drop_table(("ns", "t"))
    catalog.drop_namespace("ns")
    assert pyiceberg_catalog.list_namespaces() == []
    with pytest.raises(errors.NotFoundError):
        catalog.drop_namespace("ns")


def test_pyiceberg_loads_a_table_made_here(
    catalog: icefield.Catalog, pyiceberg_catalog: PyicebergCatalog, tmp_path: Path
) -> None:
    made = catalog.create_table(
        "ns.t",
        SCHEMA,
        partition_spec=["bucket(4, id)", "day(at)", "region"],
        sort_order=["id", "at desc nulls last"],
        properties={"write.parquet.compression-codec": "zstd", "flag": True},
    )
    assert made.name() == "ns.t"
    assert made.location() == f"file://{tmp_path}/wh/ns/t"
    assert made.properties == {"write.parquet.compression-codec": "zstd", "flag": "true"}
    table = pyiceberg_catalog.load_table("ns.t")
    assert table.metadata_location == made.metadata_location
    assert table.format_version == 2
    assert table.schema().as_arrow().names == SCHEMA.names
    assert table.schema().find_field("id").required
    assert [f"{field.name}: {field.transform}" for field in table.spec().fields] == [
        "id_bucket: bucket[4]",
        "at_day: day",
        "region: identity",
    ]
    assert [(f.source_id, f.direction, f.null_order) for f in table.sort_order().fields] == [
        (table.schema().find_field("id").field_id, SortDirection.ASC, NullOrder.NULLS_FIRST),
        (table.schema().find_field("at").field_id, SortDirection.DESC, NullOrder.NULLS_LAST),
    ]


def test_pyiceberg_changes_and_writes_a_table_made_here(
    catalog: icefield.Catalog, pyiceberg_catalog: PyicebergCatalog
) -> None:
    catalog.create_table("ns.t", SCHEMA, partition_spec=["region"], sort_order=["id"])
    table = pyiceberg_catalog.load_table("ns.t")
    # They write, change columns and properties, and we see it.
    table.append(ROWS)
    with table.update_schema() as update:
        update.add_column("added", LongType())
        update.rename_column("region", "area")
    with table.transaction() as transaction:
        transaction.set_properties({"theirs": "1"})
    ours = catalog.load_table("ns.t")
    assert ours.metadata_location == table.refresh().metadata_location
    assert ours.properties["theirs"] == "1"
    expected = table.scan().to_arrow().sort_by("id").to_pylist()
    assert ours.scan().to_arrow().sort_by("id").to_pylist() == expected
    assert [row["area"] for row in expected] == ["a", None, "b"]
    # We commit over theirs, and they see it and go on.
    ours.set_properties({"ours": "2"})
    assert table.refresh().properties["ours"] == "2"
    assert table.metadata.metadata_log[-1].metadata_file == ours_before(ours, table)
    table.append(table.scan().to_arrow())
    assert len(catalog.load_table("ns.t").scan().to_arrow()) == 6


def ours_before(ours: icefield.Table, table: Any) -> str:
    """The file before the newest, as its own metadata names it."""
    text = Path(ours.metadata_location.removeprefix("file://")).read_text()
    assert TableMetadataUtil.parse_raw(text) == table.metadata
    return str(json.loads(text)["metadata-log"][-1]["metadata-file"])


def test_rows_written_here_are_theirs(
    catalog: icefield.Catalog, pyiceberg_catalog: PyicebergCatalog
) -> None:
    table = catalog.create_table("ns.t", SCHEMA, partition_spec=["region"])
    table.append(ROWS)
    theirs = pyiceberg_catalog.load_table("ns.t")
    assert theirs.scan().to_arrow().sort_by("id").to_pylist() == ROWS.to_pylist()
    theirs.append(ROWS)
    table.append(ROWS)  # Over a commit that this object has not seen.
    assert len(theirs.refresh().scan().to_arrow()) == 9
    theirs.delete("id = 1")
    assert table.refresh().scan().to_arrow().num_rows == 6


def test_schemas_specs_and_orders_of_pyiceberg(
    catalog: icefield.Catalog, pyiceberg_catalog: PyicebergCatalog
) -> None:
    schema = Schema(
        NestedField(11, "id", LongType(), required=True, doc="which"),
        NestedField(12, "name", StringType()),
        NestedField(13, "at", TimestamptzType()),
        identifier_field_ids=[11],
    )
    catalog.create_table(
        ("ns", "t"),
        schema,
        partition_spec=PartitionSpec(
            PartitionField(11, 1000, BucketTransform(8), "b"),
            PartitionField(13, 1001, DayTransform(), "d"),
        ),
        sort_order=SortOrder(SortField(12, IdentityTransform(), SortDirection.DESC)),
    )
    table = pyiceberg_catalog.load_table("ns.t")
    theirs = pyiceberg_catalog.create_table(
        "ns.same",
        schema,
        partition_spec=PartitionSpec(
            PartitionField(11, 1000, BucketTransform(8), "b"),
            PartitionField(13, 1001, DayTransform(), "d"),
        ),
        sort_order=SortOrder(SortField(12, IdentityTransform(), SortDirection.DESC)),
    )
    assert table.schema() == theirs.schema()
    assert table.spec() == theirs.spec()
    assert table.sort_order() == theirs.sort_order()
    assert table.metadata.last_column_id == theirs.metadata.last_column_id
    assert table.metadata.last_partition_id == theirs.metadata.last_partition_id


def test_arrow_schemas_get_the_ids_that_pyiceberg_gives(
    catalog: icefield.Catalog, pyiceberg_catalog: PyicebergCatalog
) -> None:
    catalog.create_table("ns.t", SCHEMA)
    theirs = pyiceberg_catalog.create_table("ns.same", SCHEMA)
    assert pyiceberg_catalog.load_table("ns.t").schema() == theirs.schema()


def test_version_3(catalog: icefield.Catalog) -> None:
    schema = pa.schema([("id", pa.int64()), ("at", pa.timestamp("ns"))])
    with pytest.raises(errors.UnsupportedError, match="at"):
        catalog.create_table("ns.t", schema)
    table = catalog.create_table("ns.t", schema, properties={"format-version": 3})
    assert table.format_version == 3
    assert table.properties == {}
    table.append(pa.table({"id": [1], "at": [5]}, schema=schema))
    read = catalog.load_table("ns.t").scan(selected_fields=("at", "_row_id")).to_arrow()
    assert read.column("at").cast(pa.int64()).to_pylist() == [5]
    assert read.column("_row_id").to_pylist() == [0]


def test_tables_exist_once(
    catalog: icefield.Catalog, pyiceberg_catalog: PyicebergCatalog, tmp_path: Path
) -> None:
    first = catalog.create_table("ns.t", SCHEMA, location=tmp_path / "elsewhere")
    assert first.location() == str(tmp_path / "elsewhere")
    with pytest.raises(errors.AlreadyExistsError, match=r"ns\.t"):
        catalog.create_table("ns.t", SCHEMA)
    again = catalog.create_table_if_not_exists("ns.t", pa.schema([("other", pa.int8())]))
    assert again.metadata_location == first.metadata_location
    assert catalog.create_table_if_not_exists("ns.u", SCHEMA).name() == "ns.u"
    assert set(pyiceberg_catalog.list_tables("ns")) == {("ns", "t"), ("ns", "u")}
    with pytest.raises(errors.NotFoundError, match="namespace nix does not exist"):
        catalog.create_table("nix.t", SCHEMA)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"partition_spec": "region"}, r"give a list such as \[\"day\(ts\)\""),
        ({"partition_spec": ["day(nix)"]}, "nix"),
        ({"partition_spec": ["day(region)"]}, "region"),
        ({"sort_order": ["id sideways"]}, "sideways"),
        ({"properties": {"format-version": "4"}}, "version"),
        ({"properties": {"a": None}}, "property a has no value"),
    ],
)
def test_bad_definitions_are_refused(
    catalog: icefield.Catalog, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises((errors.InvalidArgumentError, errors.UnsupportedError), match=message):
        catalog.create_table("ns.t", SCHEMA, **arguments)
    assert not catalog.table_exists("ns.t")


def test_no_schema_at_all(catalog: icefield.Catalog) -> None:
    with pytest.raises(errors.InvalidArgumentError, match="give a pyarrow or a pyiceberg Schema"):
        catalog.create_table("ns.t", {"id": "long"})


def test_folders_are_a_catalog(tmp_path: Path) -> None:
    (tmp_path / "wh").mkdir()
    catalog = icefield.load_catalog("lake", type="none", warehouse=str(tmp_path / "wh"))
    catalog.create_namespace("ns")
    table = catalog.create_table("ns.t", SCHEMA, partition_spec=["region"])
    assert table.location() == str(tmp_path / "wh/ns/t")
    table.append(ROWS)
    by_folder = icefield.load_table(tmp_path / "wh/ns/t")
    by_folder.append(ROWS)
    assert by_folder.metadata_location.endswith("/wh/ns/t/metadata/v3.metadata.json")
    assert catalog.load_table("ns.t").scan().to_arrow().num_rows == 6
    assert (tmp_path / "wh/ns/t/metadata/version-hint.text").read_text() == "3"
    with pytest.raises(errors.InvalidArgumentError, match=r"only (be )?read"):
        icefield.load_table(by_folder.metadata_location).append(ROWS)
    catalog.drop_table("ns.t")
    assert not catalog.table_exists("ns.t")
    with pytest.raises(errors.ConflictError, match="it holds t/"):
        catalog.drop_namespace("ns")  # The files are there still.
    shutil.rmtree(tmp_path / "wh/ns/t")
    catalog.drop_namespace("ns")
    assert catalog.list_namespaces() == []


def test_tables_of_a_catalog_are_not_written_by_their_folder(catalog: icefield.Catalog) -> None:
    table = catalog.create_table("ns.t", SCHEMA)
    folder = table.location().removeprefix("file://")
    before = sorted(Path(folder).rglob("*"))
    with pytest.raises(errors.UnsupportedError, match="belongs to a catalog"):
        icefield.load_table(folder).append(ROWS)
    assert [path for path in sorted(Path(folder).rglob("*")) if path.is_file()] == [
        path for path in before if path.is_file()
    ]
