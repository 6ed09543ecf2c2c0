"""Iceberg tables for tests of the plug-in, written by pyiceberg."""

import contextlib
from pathlib import Path

import pandas as pd
import pyarrow as pa
from pyiceberg.catalog import load_catalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError


class Warehouse:
    """A SQLite catalog and its files in one folder."""

    def __init__(self, folder: Path):
        folder.mkdir(parents=True, exist_ok=True)
        self.uri = f"sqlite:///{folder}/catalog.db"
        self.location = f"file://{folder}/warehouse"
        self.catalog = load_catalog("default", type="sql", uri=self.uri, warehouse=self.location)

    def write(self, identifier: str, rows: pd.DataFrame | pa.Table, **create):
        """Creates the table where it is missing, and appends the rows in one commit."""
        return self.write_as_it_is(identifier, to_iceberg(rows), **create)

    def write_as_it_is(self, identifier: str, data: pa.Table, **create):
        """The same for rows that have Iceberg's types."""
        if not self.catalog.table_exists(identifier):
            with contextlib.suppress(NamespaceAlreadyExistsError):
                self.catalog.create_namespace(identifier.rsplit(".", 1)[0])
            self.catalog.create_table(identifier, schema=data.schema, **create)
        table = self.catalog.load_table(identifier)
        table.append(data)
        return table

    def store_config(self, **more):
        """The `offline_store` of a Feast repository over this warehouse."""
        return {
            "type": "icefield.feast.IcebergOfflineStore",
            "catalog_type": "sql",
            "uri": self.uri,
            "warehouse": self.location,
            **more,
        }


def to_iceberg(rows: pd.DataFrame | pa.Table) -> pa.Table:
    """The rows in types that Iceberg v2 has: microseconds, UTC, 32 and 64 bit integers."""
    table = rows
    if isinstance(rows, pd.DataFrame):
        table = pa.Table.from_pandas(rows, preserve_index=False)
    fields = [field.with_type(_iceberg_type(field.type)) for field in table.schema]
    return table.cast(pa.schema(fields))


def _iceberg_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", "UTC" if kind.tz else None)
    if pa.types.is_integer(kind) and kind.bit_width < 32:
        return pa.int32()
    if pa.types.is_null(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(_iceberg_type(kind.value_type))
    return kind
