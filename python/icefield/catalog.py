"""Catalogs by pyiceberg's property names."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from icefield import _native
from icefield.errors import AlreadyExistsError
from icefield.foreign.schemas import schema_argument, terms_argument
from icefield.properties import property_texts
from icefield.table import Table

Identifier = str | tuple[str, ...]


def _levels(namespace: Identifier) -> list[str]:
    if isinstance(namespace, str):
        return namespace.split(".") if namespace else []
    return list(namespace)


def _name(identifier: Identifier) -> str:
    return identifier if isinstance(identifier, str) else ".".join(identifier)


class Catalog:
    """An open catalog. Safe to use from several threads and beside pyiceberg on the same file."""

    def __init__(self, native: _native.NativeCatalog) -> None:
        self._native = native

    @property
    def name(self) -> str:
        """The name it was opened by."""
        return self._native.name

    @property
    def properties(self) -> dict[str, str]:
        """Its properties, configuration included."""
        return self._native.properties

    def list_namespaces(self) -> list[tuple[str, ...]]:
        """All namespaces, as tuples of their levels."""
        return [tuple(levels) for levels in self._native.list_namespaces()]

    def list_tables(self, namespace: Identifier) -> list[tuple[str, ...]]:
        """Identifiers (namespace levels, then the name), sorted."""
        return [(*levels, name) for levels, name in self._native.list_tables(_levels(namespace))]

    def table_exists(self, identifier: Identifier) -> bool:
        """True if the catalog holds a table of this name."""
        return self._native.table_exists(_name(identifier))

    def load_table(self, identifier: Identifier) -> Table:
        """A table by "namespace.table", as it is now."""
        return Table(self._native.load_table(_name(identifier)))

    def create_namespace(
        self, namespace: Identifier, properties: Mapping[str, Any] | None = None
    ) -> None:
        """Makes a namespace. AlreadyExistsError where there is one of this name.

        An SQLite catalog whose file does not exist is made by this.
        """
        self._native.create_namespace(_levels(namespace), property_texts(properties))

    def create_namespace_if_not_exists(
        self, namespace: Identifier, properties: Mapping[str, Any] | None = None
    ) -> None:
        """The same, but nothing happens where there is one of this name."""
        with suppress(AlreadyExistsError):
            self.create_namespace(namespace, properties)

    def drop_namespace(self, namespace: Identifier) -> None:
        """Forgets an empty namespace. ConflictError where it holds tables or namespaces."""
        self._native.drop_namespace(_levels(namespace))

    def create_table(
        self,
        identifier: Identifier,
        schema: Any,
        location: str | os.PathLike[str] | None = None,
        partition_spec: Any = None,
        sort_order: Any = None,
        properties: Mapping[str, Any] | None = None,
    ) -> Table:
        """Makes a table. AlreadyExistsError where there is one of this name.

        schema: a pyarrow or a pyiceberg Schema; columns get new ids. location: its folder (default:
        below the namespace's location or the warehouse). partition_spec: a list such as
        ["bucket(16, driver_id)", "day(ts)", "region"], sort_order: one such as ["driver_id",
        "ts desc nulls last"], or pyiceberg's PartitionSpec and SortOrder. properties: the table's;
        "format-version" is "2" or "3".
        """
        partition_terms, spec_json = terms_argument(partition_spec, "a partition spec")
        sort_terms, order_json = terms_argument(sort_order, "a sort order")
        table = _native.NativeNewTable.make(
            partition_terms,
            spec_json,
            sort_terms,
            order_json,
            property_texts(properties),
            os.fspath(location) if location is not None else "",
        )
        native = self._native.create_table(_name(identifier), schema_argument(schema), table)
        return Table(native)

    def create_table_if_not_exists(
        self,
        identifier: Identifier,
        schema: Any,
        location: str | os.PathLike[str] | None = None,
        partition_spec: Any = None,
        sort_order: Any = None,
        properties: Mapping[str, Any] | None = None,
    ) -> Table:
        """The same, but where there is a table of this name it is given as it is."""
        try:
            return self.create_table(
                identifier, schema, location, partition_spec, sort_order, properties
            )
        except AlreadyExistsError:
            return self.load_table(identifier)

    def drop_table(self, identifier: Identifier) -> None:
        """Forgets a table; its data files stay. NotFoundError where there is none of this name."""
        self._native.drop_table(_name(identifier))

    def __repr__(self) -> str:
        return f"Catalog({self.name!r})"


def load_catalog(name: str | None = None, **properties: str | None) -> Catalog:
    """Opens a catalog by pyiceberg's property names (type, uri, warehouse, ...).

    What the arguments do not say is taken from the environment (PYICEBERG_CATALOG__...) and
    .pyiceberg.yaml, as
    pyiceberg does. Native are type "sql" on SQLite and "none" (a warehouse folder); for others load
    the table
    through pyiceberg and give it to FeatureView.
    """
    given = {key: str(value) for key, value in properties.items() if value is not None}
    return Catalog(_native.NativeCatalog.open(name or "", given))
