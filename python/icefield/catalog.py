"""Catalogs by pyiceberg's property names."""

from __future__ import annotations

from icefield import _native
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
