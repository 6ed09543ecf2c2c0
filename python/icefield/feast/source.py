"""The data source: one Iceberg table, or one snapshot or ref of it."""

import json
from collections.abc import Callable, Iterable
from typing import Any

from feast.data_source import DataSource
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.repo_config import RepoConfig
from feast.value_type import ValueType

from icefield.feast.catalogs import CatalogSettings, column_types, load_table
from icefield.feast.errors import SourceMismatchError
from icefield.feast.types import value_type_of

_OPTIONS_VERSION = 1
_OPTIONS = frozenset({"version", "table", "catalog", "snapshot_id", "ref"})


class IcebergSource(DataSource):
    """An Iceberg table as the batch source of feature views.

    Args:
        name: unique in the project; the table's name unless given.
        table: "namespace.table"; without a namespace, the store's `namespace` is put before it.
            With `catalog_type: none` also the path of a table's folder or metadata file, absolute
            or below the warehouse.
        timestamp_field: the column of the event time (or the name that `field_mapping` gives it).
            Required: Feast cannot infer it for sources of plug-ins.
        created_timestamp_column: the column that says when a row was written, "" for none.
        field_mapping: source column to Feast name, for keys, times and features. A dotted source
            column is a nested field.
        catalog: one of the `catalogs` in the store's configuration; None is the store's own.
        snapshot_id, ref: read this snapshot, branch or tag instead of the current snapshot.
        description, tags, owner: kept in the registry.

    Does not touch the table before Feast validates or infers.
    """

    def __init__(
        self,
        *,
        table: str,
        timestamp_field: str,
        name: str | None = None,
        created_timestamp_column: str | None = "",
        field_mapping: dict[str, str] | None = None,
        catalog: str | None = None,
        snapshot_id: int | None = None,
        ref: str | None = None,
        description: str | None = "",
        tags: dict[str, str] | None = None,
        owner: str | None = "",
    ) -> None:
        name = name or table
        if not table:
            raise ValueError(f"the source '{name}' names no table: pass table='namespace.table'")
        if not timestamp_field:
            raise ValueError(f"the source '{name}' has no timestamp_field, which is required")
        if snapshot_id is not None and ref is not None:
            raise ValueError(f"the source '{name}' has both a snapshot_id and a ref: keep one")
        mapped = list((field_mapping or {}).values())
        twice = sorted({target for target in mapped if mapped.count(target) > 1})
        if twice:
            raise ValueError(f"the source '{name}' maps several columns to {', '.join(twice)}")
        super().__init__(
            name=name,
            timestamp_field=timestamp_field,
            created_timestamp_column=created_timestamp_column,
            field_mapping=field_mapping,
            description=description,
            tags=tags,
            owner=owner,
        )
        self.settings: CatalogSettings | None = None
        """A catalog that the source brings along; such a source is never kept in a registry."""
        self.table = table
        self.catalog = catalog
        self.snapshot_id = snapshot_id
        self.ref = ref

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, IcebergSource):
            return False
        return super().__eq__(other) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash((super().__hash__(), self._identity))

    @property
    def _identity(self) -> tuple[str, str | None, int | None, str | None]:
        return self.table, self.catalog, self.snapshot_id, self.ref

    def source_type(self) -> Any:
        """CUSTOM_SOURCE, Feast's kind for sources of plug-ins."""
        return DataSourceProto.CUSTOM_SOURCE

    def column_of(self, feast_name: str) -> str:
        """The table's column behind a name that Feast uses: `field_mapping` read backwards."""
        for column, mapped in self.field_mapping.items():
            if mapped == feast_name:
                return column
        return feast_name

    def _to_proto_impl(self) -> DataSourceProto:
        options = {
            "version": _OPTIONS_VERSION,
            "table": self.table,
            "catalog": self.catalog,
            "snapshot_id": self.snapshot_id,
            "ref": self.ref,
        }
        given = {key: value for key, value in options.items() if value is not None}
        return DataSourceProto(
            name=self.name,
            type=DataSourceProto.CUSTOM_SOURCE,
            data_source_class_type="icefield.feast.IcebergSource",
            custom_options=DataSourceProto.CustomSourceOptions(
                configuration=json.dumps(given, sort_keys=True).encode()
            ),
            timestamp_field=self.timestamp_field,
            created_timestamp_column=self.created_timestamp_column,
            field_mapping=self.field_mapping,
            description=self.description,
            tags=self.tags,
            owner=self.owner,
        )

    @staticmethod
    def from_proto(data_source: DataSourceProto) -> "IcebergSource":
        """The source that `to_proto` wrote.

        Options of another version, or with a key that this version does not know, are refused with
        SourceMismatchError: they may say which rows to read.
        """
        options = _parse_options(data_source)
        return IcebergSource(
            name=data_source.name,
            table=options["table"],
            catalog=options.get("catalog"),
            snapshot_id=options.get("snapshot_id"),
            ref=options.get("ref"),
            timestamp_field=data_source.timestamp_field,
            created_timestamp_column=data_source.created_timestamp_column,
            field_mapping=dict(data_source.field_mapping),
            description=data_source.description,
            tags=dict(data_source.tags),
            owner=data_source.owner,
        )

    def validate(self, config: RepoConfig) -> None:
        """Checks that the table exists, that it has every column named here, that times are times.

        Raises DataSourceNotFoundException or SourceMismatchError.
        """
        types = dict(self.get_table_column_names_and_types(config))
        times = {"timestamp_field": self.column_of(self.timestamp_field)}
        if self.created_timestamp_column:
            times["created_timestamp_column"] = self.column_of(self.created_timestamp_column)
        for role, column in times.items():
            self._require(column, types, role)
            if value_type_of(types[column]) is not ValueType.UNIX_TIMESTAMP:
                raise SourceMismatchError(
                    f"the {role} of the source '{self.name}', column '{column}' of the table "
                    f"'{self.table}', has type {types[column]}: a timestamp or a date is needed"
                )
        for column in self.field_mapping:
            # A dotted name is a nested field: the engine looks it up when it reads.
            self._require(column.split(".", 1)[0], types, "field_mapping")

    def _require(self, column: str, types: dict[str, str], role: str) -> None:
        if column not in types:
            raise SourceMismatchError(
                f"the {role} of the source '{self.name}' names the column '{column}', which the "
                f"table '{self.table}' does not have; it has {', '.join(types)}"
            )

    def get_table_column_names_and_types(self, config: RepoConfig) -> Iterable[tuple[str, str]]:
        """The table's columns in order, with the names of their types, from its metadata alone."""
        return column_types(load_table(config, self), self)

    @staticmethod
    def source_datatype_to_feast_value_type() -> Callable[[str], ValueType]:
        """The function from such a type name to Feast's value type."""
        return value_type_of


def _parse_options(data_source: DataSourceProto) -> dict[str, Any]:
    where = f"the options of the source '{data_source.name}' in the registry"
    try:
        options = json.loads(data_source.custom_options.configuration)
    except ValueError as error:
        raise SourceMismatchError(f"{where} are not JSON: {error}") from error
    if not isinstance(options, dict) or options.get("version") != _OPTIONS_VERSION:
        version = options.get("version") if isinstance(options, dict) else None
        raise SourceMismatchError(
            f"{where} have version {version}, this Icefield reads version {_OPTIONS_VERSION}: "
            "use the Icefield that wrote them"
        )
    unknown = sorted(options.keys() - _OPTIONS)
    if unknown or "table" not in options:
        problem = f"hold {', '.join(unknown)}, unknown here" if unknown else "name no table"
        raise SourceMismatchError(f"{where} {problem}: use the Icefield that wrote them")
    return options
