"""Catalogs that pyiceberg made and configured answer here as they answer there."""

from pathlib import Path

import pyarrow as pa
import pytest
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import NoSuchNamespaceError
from pyiceberg.utils.config import Config

import icefield

SCHEMA = pa.schema([("id", pa.int64()), ("tags", pa.map_(pa.string(), pa.float64()))])


def sqlite_properties(folder: Path, name: str = "catalog.db") -> dict[str, str]:
    return {"type": "sql", "uri": f"sqlite:///{folder / name}", "warehouse": f"file://{folder}"}


@pytest.fixture
def catalogs(tmp_path: Path) -> tuple[Catalog, icefield.Catalog]:
    """The same catalog by pyiceberg and by Icefield."""
    properties = sqlite_properties(tmp_path)
    theirs = load_catalog("prod", **properties)
    theirs.create_namespace("ns")
    theirs.create_namespace("a.b.c")
    theirs.create_namespace("ns_2")
    for name in ("ns.t", "ns.s", "a.b.c.t", "ns_2.t"):
        theirs.create_table(name, SCHEMA)
    theirs.load_table("ns.t").append(pa.table({"id": [1, 2], "tags": [None, None]}, schema=SCHEMA))
    return theirs, icefield.load_catalog("prod", **properties)


def test_namespaces_and_tables_are_those_of_pyiceberg(
    catalogs: tuple[Catalog, icefield.Catalog],
) -> None:
    theirs, ours = catalogs
    assert ours.list_namespaces() == sorted(theirs.list_namespaces())
    for namespace in ("ns", "a", "a.b", "a.b.c", "ns_2"):
        assert ours.list_tables(namespace) == sorted(theirs.list_tables(namespace)), namespace
    with pytest.raises(NoSuchNamespaceError):
        theirs.list_tables("nsx2")
    with pytest.raises(icefield.errors.NotFoundError, match="nsx2"):
        ours.list_tables("nsx2")
    for name in ("ns.t", "ns.T", "a.b.c.t", "a.b.t"):
        assert ours.table_exists(name) == theirs.table_exists(name), name


def test_tables_are_those_of_pyiceberg(catalogs: tuple[Catalog, icefield.Catalog]) -> None:
    theirs, ours = (catalog.load_table("ns.t") for catalog in catalogs)
    assert ours.metadata_location == theirs.metadata_location
    assert ours.format_version == theirs.format_version
    assert ours.location() == theirs.location()
    assert ours.scan().to_arrow().column("id").to_pylist() == [1, 2]


def test_renamed_and_dropped_tables_are_seen_at_once(
    catalogs: tuple[Catalog, icefield.Catalog],
) -> None:
    theirs, ours = catalogs
    theirs.rename_table("ns.t", "ns_2.u")
    theirs.drop_table("ns.s")
    assert ours.list_tables("ns") == []
    assert ours.load_table("ns_2.u").scan().to_arrow().num_rows == 2
    with pytest.raises(
        icefield.errors.NotFoundError, match=r"ns\.t does not exist in catalog 'prod'"
    ):
        ours.load_table("ns.t")


def test_a_catalog_of_another_name_in_the_file_is_pointed_out(
    catalogs: tuple[Catalog, icefield.Catalog],
) -> None:
    other = icefield.load_catalog("default", **catalogs[0].properties)
    with pytest.raises(icefield.errors.NotFoundError, match="holds the catalogs prod"):
        other.load_table("ns.t")


def test_a_folder_of_tables_is_a_catalog(catalogs: tuple[Catalog, icefield.Catalog]) -> None:
    theirs, _ = catalogs
    warehouse = theirs.properties["warehouse"]
    ours = icefield.load_catalog("lake", type="none", warehouse=warehouse)
    location = theirs.load_table("ns.t").metadata_location
    assert ("ns", "t") in ours.list_tables("ns")
    assert ours.load_table("ns.t").metadata_location == location
    folder = location.rsplit("/metadata/", 1)[0]
    assert icefield.load_table(folder).metadata_location == location
    assert icefield.load_table(location).scan().to_arrow().num_rows == 2


CASES = {
    "file": ("Lake", {}, {}),
    "default name": (None, {}, {}),
    "environment": ("lake", {}, {"PYICEBERG_CATALOG__LAKE__S3__ACCESS_KEY_ID": "key"}),
    "environment over file": ("lake", {}, {"PYICEBERG_CATALOG__LAKE__OWNER": "them"}),
    "arguments": ("lake", {"owner": "us"}, {"PYICEBERG_CATALOG__LAKE__OWNER": "them"}),
    "empty argument": ("lake", {"owner": ""}, {}),
    "default by environment": (None, {}, {"PYICEBERG_DEFAULT_CATALOG": "other"}),
    "underscores": ("my-lake", {}, {"PYICEBERG_CATALOG__MY_LAKE__TYPE": "sql"}),
}


@pytest.mark.parametrize("case", CASES)
def test_configuration_is_read_as_pyiceberg_reads_it(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_catalog("x", **sqlite_properties(tmp_path)).close()
    uri = sqlite_properties(tmp_path)["uri"]
    (tmp_path / ".pyiceberg.yaml").write_text(
        "default-catalog: lake\n"
        "catalog:\n"
        f"  Lake:\n    URI: {uri}\n    owner: me\n    retries: 007\n    flag: yes\n"
        f"  other:\n    uri: {uri}\n"
        f"  my-lake:\n    uri: {uri}\n"
    )
    name, properties, environment = CASES[case]
    monkeypatch.chdir(tmp_path)
    for variable, value in {"HOME": str(tmp_path), **environment}.items():
        monkeypatch.setenv(variable, value)
    # pyiceberg reads its configuration once, when it is imported.
    monkeypatch.setattr("pyiceberg.catalog._ENV_CONFIG", Config())
    theirs, ours = load_catalog(name, **properties), icefield.load_catalog(name, **properties)
    assert (ours.name, ours.properties) == (theirs.name, theirs.properties)
