"""Tables to write to: found, made or dropped in the catalog that a source names.

Whatever the catalog is, the rows are written by Icefield: into a table of pyiceberg's catalogs
through its own commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pyarrow as pa
from feast.errors import DataSourceNotFoundException

import icefield
from icefield.errors import AlreadyExistsError
from icefield.feast.catalogs import catalog_of, load_table
from icefield.feast.errors import SourceMismatchError

if TYPE_CHECKING:
    from feast.repo_config import RepoConfig

    from icefield.feast.source import IcebergSource


class Destination:
    """The place of a source's table, whether the table is there or not."""

    def __init__(self, config: RepoConfig, source: IcebergSource) -> None:
        self._config = config
        self._source = source

    def __str__(self) -> str:
        return f"the table '{self._source.table}'"

    def load(self) -> icefield.Table:
        """The table; DataSourceNotFoundException where there is none."""
        return _writable(load_table(self._config, self._source))

    def find(self) -> icefield.Table | None:
        """The table, or None where there is none."""
        try:
            return self.load()
        except DataSourceNotFoundException:
            return None

    def create(self, schema: pa.Schema, by_day: str | None = None) -> icefield.Table:
        """Makes the table and its namespace; AlreadyExistsError where it is.

        `by_day`: the column whose day partitions it.
        """
        catalog, identifier = catalog_of(self._config, self._source)
        if "." not in identifier or "/" in identifier:
            raise SourceMismatchError(
                f"'{identifier}' is no name for a new table: give it as 'namespace.table', or set "
                "the namespace of the offline_store"
            )
        catalog.create_namespace_if_not_exists(identifier.rsplit(".", 1)[0])
        if not isinstance(catalog, icefield.Catalog):
            return _writable(_create_by_pyiceberg(catalog, identifier, schema, by_day))
        partition_spec = [f"day({by_day})"] if by_day else None
        return catalog.create_table(identifier, schema, partition_spec=partition_spec)

    def drop(self) -> None:
        """Takes the table out of its catalog, for one whose first rows could not be written."""
        catalog, identifier = catalog_of(self._config, self._source)
        catalog.drop_table(identifier)

    def branch(self, table: icefield.Table) -> str | None:
        """The branch to write to; SourceMismatchError for a source that names a fixed state."""
        if self._source.snapshot_id is not None:
            raise self._fixed(f"snapshot {self._source.snapshot_id}")
        if self._source.ref is None:
            return None
        ref = table.refs().get(self._source.ref)
        if ref is None or ref.type != "branch":
            raise self._fixed(f"'{self._source.ref}', which is no branch of the table")
        return self._source.ref

    def _fixed(self, state: str) -> SourceMismatchError:
        return SourceMismatchError(
            f"the source '{self._source.name}' reads {state}: what is written to the table "
            f"'{self._source.table}' would not be seen. Write through a source without it"
        )


def _writable(table: Any) -> icefield.Table:
    return table if isinstance(table, icefield.Table) else icefield.Table.from_pyiceberg(table)


def _create_by_pyiceberg(catalog: Any, identifier: str, schema: pa.Schema, day: str | None) -> Any:
    from pyiceberg.exceptions import TableAlreadyExistsError
    from pyiceberg.transforms import DayTransform

    try:
        with catalog.create_table_transaction(identifier, schema=schema) as transaction:
            if day is not None:
                with transaction.update_spec() as spec:
                    spec.add_field(day, DayTransform())
    except TableAlreadyExistsError as error:
        raise AlreadyExistsError(str(error)) from error
    return catalog.load_table(identifier)
