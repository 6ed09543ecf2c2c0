"""Where a feature service's logs go: one Iceberg table."""

from __future__ import annotations

from feast.feature_logging import LOG_TIMESTAMP_FIELD, LoggingDestination
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto

from icefield.feast.errors import SourceMismatchError
from icefield.feast.source import IcebergSource

_OPTIONS_VERSION = "1"
_OPTIONS = frozenset({"version", "table", "catalog"})


class IcebergLoggingDestination(LoggingDestination):
    """An Iceberg table that holds the logs of served features.

    The first write makes it, partitioned by the day of the log timestamp; features that a service
    gains later become new columns.

    Args:
        table: "namespace.table"; without a namespace, the store's `namespace` is put before it.
        catalog: one of the `catalogs` in the store's configuration; None is the store's own.
    """

    _proto_kind = "icefield"

    def __init__(self, table: str, catalog: str | None = None) -> None:
        if not table:
            raise ValueError("a logging destination needs a table: pass table='namespace.table'")
        self.table = table
        self.catalog = catalog

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IcebergLoggingDestination) and (self.table, self.catalog) == (
            other.table,
            other.catalog,
        )

    def __hash__(self) -> int:
        return hash((self.table, self.catalog))

    def __repr__(self) -> str:
        return f"IcebergLoggingDestination(table={self.table!r}, catalog={self.catalog!r})"

    @classmethod
    def from_proto(cls, config_proto: LoggingConfigProto) -> IcebergLoggingDestination:
        """The destination that `to_proto` wrote; SourceMismatchError for one of another version."""
        options = dict(config_proto.custom_destination.config)
        if options.get("version") != _OPTIONS_VERSION or options.keys() - _OPTIONS:
            raise SourceMismatchError(
                f"the logging destination in the registry, {options}, is of another version than "
                f"{_OPTIONS_VERSION}, which this Icefield reads: use the Icefield that wrote it"
            )
        return cls(options["table"], options.get("catalog"))

    def to_proto(self) -> LoggingConfigProto:
        """The destination as Feast's registry keeps it."""
        options = {"version": _OPTIONS_VERSION, "table": self.table}
        if self.catalog is not None:
            options["catalog"] = self.catalog
        return LoggingConfigProto(
            custom_destination=LoggingConfigProto.CustomDestination(
                kind=self._proto_kind, config=options
            )
        )

    def to_data_source(self) -> IcebergSource:
        """The logs as a source, by their log timestamp."""
        return IcebergSource(
            table=self.table, timestamp_field=LOG_TIMESTAMP_FIELD, catalog=self.catalog
        )
