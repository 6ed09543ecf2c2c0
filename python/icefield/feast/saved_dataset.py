"""Where a saved dataset lies: one Iceberg table."""

from __future__ import annotations

import json
from typing import Any

from feast import saved_dataset as feast_saved_dataset
from feast.data_source import DataSource
from feast.infra.offline_stores.offline_utils import DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.SavedDataset_pb2 import SavedDatasetStorage as StorageProto
from feast.saved_dataset import SavedDatasetStorage

from icefield.feast.errors import SourceMismatchError
from icefield.feast.source import IcebergSource

_OPTIONS_VERSION = 1


class SavedDatasetIcebergStorage(SavedDatasetStorage):
    """The Iceberg table that holds a saved dataset.

    Args:
        table: "namespace.table"; without a namespace, the store's `namespace` is put before it.
        catalog: one of the `catalogs` in the store's configuration; None is the store's own.
    """

    _proto_attr_name = "custom_storage"

    def __init__(self, table: str, catalog: str | None = None) -> None:
        if not table:
            raise ValueError("a saved dataset needs a table: pass table='namespace.table'")
        self.table = table
        self.catalog = catalog

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SavedDatasetIcebergStorage) and (self.table, self.catalog) == (
            other.table,
            other.catalog,
        )

    def __hash__(self) -> int:
        return hash((self.table, self.catalog))

    def __repr__(self) -> str:
        return f"SavedDatasetIcebergStorage(table={self.table!r}, catalog={self.catalog!r})"

    @staticmethod
    def from_proto(storage_proto: StorageProto) -> SavedDatasetIcebergStorage:
        """The storage that `to_proto` wrote; SourceMismatchError for one of another version."""
        options = json.loads(storage_proto.custom_storage.configuration)
        if options.get("version") != _OPTIONS_VERSION:
            raise SourceMismatchError(
                f"the saved dataset's storage in the registry has version "
                f"{options.get('version')}, this Icefield reads version {_OPTIONS_VERSION}: use "
                "the Icefield that wrote it"
            )
        return SavedDatasetIcebergStorage(options["table"], options.get("catalog"))

    def to_proto(self) -> StorageProto:
        """The storage as Feast's registry keeps it, with the class that reads it back."""
        options: dict[str, Any] = {"version": _OPTIONS_VERSION, "table": self.table}
        if self.catalog is not None:
            options["catalog"] = self.catalog
        return self._custom_storage_proto(
            DataSourceProto.CustomSourceOptions(configuration=json.dumps(options).encode())
        )

    def to_data_source(self) -> IcebergSource:
        """The table as a source. Feast reads saved datasets by the column `event_timestamp`."""
        return IcebergSource(
            table=self.table,
            timestamp_field=DEFAULT_ENTITY_DF_EVENT_TIMESTAMP_COL,
            catalog=self.catalog,
        )

    @staticmethod
    def from_data_source(data_source: DataSource) -> SavedDatasetStorage:
        """The storage over a source's table; a ValueError for sources of other classes.

        Feast asks by the class's name alone, and has an IcebergSource of its own: that one gets
        the answer that it gets without Icefield.
        """
        if isinstance(data_source, IcebergSource):
            return SavedDatasetIcebergStorage(data_source.table, data_source.catalog)
        if _FEASTS_OWN is not None:
            storage = feast_saved_dataset.get_saved_dataset_storage_class_from_path(_FEASTS_OWN)
            return storage.from_data_source(data_source)
        raise ValueError(
            f"This method currently does not support {type(data_source).__module__}."
            f"{type(data_source).__qualname__}."
        )


# Feast has no public way to say which storage belongs to a source.
_STORAGE_OF_SOURCE: dict[str, str] = feast_saved_dataset._DATA_SOURCE_TO_SAVED_DATASET_STORAGE
_FEASTS_OWN: str | None = _STORAGE_OF_SOURCE.get(IcebergSource.__name__)
_STORAGE_OF_SOURCE[IcebergSource.__name__] = f"{__name__}.{SavedDatasetIcebergStorage.__name__}"
