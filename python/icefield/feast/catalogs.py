"""From a data source to its table: the catalogs of the store's configuration.

SQL catalogs and plain folders are Icefield's own; REST, Glue and Hive are reached through
pyiceberg, whose table carries its metadata location and its storage properties.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from feast.errors import DataSourceNotFoundException, FeastExtrasDependencyImportError
from feast.repo_config import FeastConfigBaseModel, RepoConfig
from pydantic import Field, StrictStr

import icefield
from icefield.errors import NotFoundError
from icefield.feast.errors import SourceMismatchError

if TYPE_CHECKING:
    from icefield.feast.source import IcebergSource

# An Icefield table or a pyiceberg table: both are what `icefield.FeatureView` takes.
AnyTable = Any

_RELATIVE_SQLITE = re.compile(r"(sqlite(?:\+\w+)?:///)(?!/|:memory:)(.+)")


class CatalogSettings(FeastConfigBaseModel):
    """One catalog, in the words of `feature_store.yaml`.

    Relative paths, of a SQLite file or of the warehouse, are taken from the Feast repository, as
    Feast does for its own files. Whatever is not given here is taken from the user's
    configuration of pyiceberg for `catalog_name`.
    """

    catalog_type: Literal["sql", "rest", "glue", "hive", "dynamodb", "none"] = "sql"
    catalog_name: StrictStr = "default"
    uri: StrictStr | None = None
    warehouse: StrictStr | None = None
    namespace: StrictStr | None = None
    """Put before the name of a table that has none."""
    storage_options: dict[str, str] = Field(default_factory=dict)
    """Further properties of the catalog and its storage, by pyiceberg's keys (s3.endpoint, ...)."""

    def properties(self, repo_path: Path | None) -> dict[str, str]:
        """The catalog's properties by pyiceberg's keys, with absolute paths."""
        base = Path(repo_path or ".").absolute()
        properties = {"type": self.catalog_type, **self.storage_options}
        if self.uri is not None:
            found = _RELATIVE_SQLITE.fullmatch(self.uri)
            properties["uri"] = f"{found[1]}{base / found[2]}" if found else self.uri
        if self.warehouse is not None:
            # What other catalogs call a warehouse is a name of theirs, or a location.
            relative = self.catalog_type in ("sql", "none")
            properties["warehouse"] = (
                _absolute(self.warehouse, base) if relative else self.warehouse
            )
        return properties

    @property
    def is_native(self) -> bool:
        """Whether Icefield opens the catalog itself: a SQL catalog on SQLite, a plain folder."""
        if self.catalog_type == "sql":
            return self.uri is None or self.uri.startswith("sqlite")
        return self.catalog_type == "none"

    def identifier(self, table: str) -> str:
        """The table's name with its namespace."""
        return f"{self.namespace}.{table}" if self.namespace and "." not in table else table


def load_table(config: RepoConfig, source: IcebergSource) -> AnyTable:
    """The source's table as its catalog has it now: an Icefield table or a pyiceberg table.

    DataSourceNotFoundException if the catalog does not have it; SourceMismatchError if the source
    names a catalog that the store's configuration does not.
    """
    settings = settings_of(config, source)
    try:
        return load_from(settings, config.repo_path, source.table)
    except NotFoundError as error:
        raise DataSourceNotFoundException(f"{source.table} ({error})") from error


def catalog_of(config: RepoConfig, source: IcebergSource) -> tuple[Any, str]:
    """The catalog that has the source's table, or would have it, and the table's name there.

    An Icefield catalog, or one of pyiceberg where the table is reached through that.
    """
    settings = settings_of(config, source)
    catalog = open_catalog(settings, config.repo_path)
    if isinstance(catalog, _ForeignCatalog):
        catalog = catalog.wrapped
    return catalog, settings.identifier(source.table)


def load_from(settings: CatalogSettings, repo_path: Path | None, table: str) -> AnyTable:
    """A table by its name, or its path where the catalog is "none"; NotFoundError."""
    if settings.catalog_type == "none" and _is_path(table):
        return icefield.load_table(_table_path(settings, table, repo_path))
    return open_catalog(settings, repo_path).load_table(settings.identifier(table))


def native_table(table: AnyTable) -> icefield.Table:
    """The table as Icefield's own, for what only that offers: its schema, snapshots and scans."""
    if isinstance(table, icefield.Table):
        return table
    return icefield.load_table(table.metadata_location)


def column_types(table: AnyTable, source: IcebergSource) -> list[tuple[str, str]]:
    """The columns that a reader of the source sees, with the names of their Arrow types."""
    native = native_table(table)
    schema = native.schema(snapshot_of(native, source))
    return [(field.name, str(field.type)) for field in schema]


def snapshot_of(table: icefield.Table, source: IcebergSource) -> int | None:
    """The snapshot that the source names, by id or by ref; None where it follows the table."""
    if source.ref is None:
        return source.snapshot_id
    refs = table.refs()
    if source.ref not in refs:
        raise SourceMismatchError(
            f"the source '{source.name}' reads the ref '{source.ref}', which the table "
            f"'{source.table}' does not have; it has {', '.join(sorted(refs)) or 'none'}"
        )
    return int(refs[source.ref].snapshot_id)


def settings_of(config: RepoConfig, source: IcebergSource) -> CatalogSettings:
    """Where the source's table is: its own catalog, a named one of the store, the store's."""
    if source.settings is not None:
        return source.settings
    return named_settings(config, source.catalog, f"the source '{source.name}'")


def named_settings(config: RepoConfig, catalog: str | None, wanted_by: str) -> CatalogSettings:
    """The store's own catalog for None, else the one of that name.

    SourceMismatchError, which begins with `wanted_by`, if the store is of another kind or names no
    such catalog.
    """
    store = config.offline_store
    if not isinstance(store, CatalogSettings):
        raise SourceMismatchError(
            f"{wanted_by} is Icefield's: the offline_store of feature_store.yaml needs the type "
            "icefield.feast.IcebergOfflineStore"
        )
    if catalog is None:
        return store
    named = getattr(store, "catalogs", {})
    if catalog not in named:
        raise SourceMismatchError(
            f"{wanted_by} is in the catalog '{catalog}', which is not among the catalogs of the "
            f"offline_store: {', '.join(sorted(named)) or 'it has none'}"
        )
    settings = named[catalog]
    assert isinstance(settings, CatalogSettings)
    return settings


def open_catalog(settings: CatalogSettings, repo_path: Path | None) -> Any:
    """Icefield's catalog where it is native, else pyiceberg's with Icefield's NotFoundError."""
    properties = settings.properties(repo_path)
    if settings.is_native:
        return icefield.load_catalog(settings.catalog_name, **properties)
    try:
        from pyiceberg.catalog import load_catalog
    except ImportError as error:
        raise FeastExtrasDependencyImportError("iceberg", str(error)) from error
    return _ForeignCatalog(load_catalog(settings.catalog_name, **properties))


class _ForeignCatalog:
    """A catalog of pyiceberg, with Icefield's error for a table that it does not have."""

    def __init__(self, catalog: Any) -> None:
        self.wrapped = catalog

    def load_table(self, identifier: str) -> Any:
        from pyiceberg.exceptions import NoSuchNamespaceError, NoSuchTableError

        try:
            return icefield.Table.from_pyiceberg(self.wrapped.load_table(identifier))
        except (NoSuchNamespaceError, NoSuchTableError) as error:
            raise NotFoundError(str(error)) from error


def _is_path(table: str) -> bool:
    return "/" in table or table.endswith(".json")


def _table_path(settings: CatalogSettings, table: str, repo_path: Path | None) -> str:
    warehouse = settings.properties(repo_path).get("warehouse", str(repo_path or "."))
    if _has_scheme(table) or not _has_scheme(warehouse):
        return _absolute(table, Path(warehouse).absolute())
    return table if Path(table).is_absolute() else f"{warehouse.rstrip('/')}/{table}"


def _absolute(path: str, base: Path) -> str:
    return path if _has_scheme(path) else str(base / path)


def _has_scheme(path: str) -> bool:
    return re.match(r"[a-z][a-z0-9+.-]*:", path) is not None
