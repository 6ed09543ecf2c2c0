"""The tables of cases in a catalog: pyiceberg writes what it can, the raw writer the rest."""

from __future__ import annotations

import itertools
from pathlib import Path

from pyiceberg.catalog.sql import SqlCatalog
from sqlalchemy import event

from tests.pit.model import TableDef
from tests.pit.pyiceberg_tables import PyicebergWriter
from tests.pit.raw_tables import RawWriter
from tests.pit.written import WrittenTable

__all__ = ["Warehouse", "WrittenTable"]


class Warehouse:
    """A SQL catalog of tables in a folder. Every distinct table is written once."""

    def __init__(self, folder: Path) -> None:
        self.uri = f"sqlite:///{folder}/catalog.db"
        self.location = f"file://{folder}/warehouse"
        self.folder = folder / "warehouse"
        self.folder.mkdir()
        self.catalog = SqlCatalog("default", uri=self.uri, warehouse=self.location)
        # The catalog is thrown away: waiting for the disk would be most of the run.
        event.listen(
            self.catalog.engine,
            "connect",
            lambda connection, _: connection.execute("PRAGMA synchronous = OFF"),
        )
        self.catalog.engine.dispose()
        self.catalog.create_namespace("pit")
        self._written: dict[tuple[str, int | None], WrittenTable] = {}
        self._numbers = itertools.count(1)

    def write(self, table: TableDef, manifest_seed: int | None = None) -> WrittenTable:
        """The table on disk; `manifest_seed` shuffles the order of manifests."""
        key = (repr(table), manifest_seed)
        if key not in self._written:
            name = f"pit.{table.name}_{next(self._numbers):04}"
            by_pyiceberg = not table.is_dated and not table.is_expired
            if by_pyiceberg and table.only_appends and table.last_version < 3:
                writer = PyicebergWriter(self.catalog, name, table, manifest_seed)
                self._written[key] = writer.write()
            else:
                folder = self.folder / name.replace(".", "/")
                self._written[key] = RawWriter(self.catalog, name, table, folder).write()
        return self._written[key]

    def forget(self) -> None:
        """Drops what was written so far from the catalog's memory (files stay)."""
        self._written.clear()
