"""From Feast's views, projections and feature references to the engine's feature views."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from feast.errors import (
    FeastEntityDFMissingColumnsError,
    FeastOfflineStoreUnsupportedDataSource,
    FeatureViewNotFoundException,
)
from feast.feature_view import DUMMY_ENTITY_ID, DUMMY_ENTITY_NAME
from feast.utils import _parse_feature_ref

import icefield
from icefield.errors import NotFoundError
from icefield.feast.catalogs import (
    AnyTable,
    CatalogSettings,
    load_from,
    load_table,
    named_settings,
    settings_of,
)
from icefield.feast.errors import SourceMismatchError
from icefield.feast.feast_source import adopt
from icefield.feast.source import IcebergSource

if TYPE_CHECKING:
    from feast.feature_view import FeatureView
    from feast.on_demand_feature_view import OnDemandFeatureView
    from feast.repo_config import RepoConfig

STORE_NAME = "icefield.feast.IcebergOfflineStore"


class Tables:
    """The tables of one job, each loaded once: whatever reads one table sees one state of it."""

    def __init__(self, config: RepoConfig) -> None:
        self._config = config
        self._loaded: dict[tuple[str, ...], AnyTable] = {}

    def load(self, source: IcebergSource) -> AnyTable:
        """The source's table; see `catalogs.load_table` for what can go wrong."""
        settings = settings_of(self._config, source)
        return self._once(settings, source.table, lambda: load_table(self._config, source))

    def named(self, parts: Sequence[str]) -> AnyTable:
        """A table by the parts of its name in SQL; NotFoundError.

        The first of three or more parts may be a catalog of the store; a single part is in the
        store's default namespace.
        """
        settings = named_settings(self._config, None, "a query over tables")
        catalogs = getattr(settings, "catalogs", {})
        if len(parts) > 2 and parts[0] in catalogs:
            settings, parts = catalogs[parts[0]], parts[1:]
        name = ".".join(parts)
        if len(parts) == 1 and (settings.namespace is None or not name.isidentifier()):
            raise NotFoundError(f"the table name {name} has no namespace")
        return self._once(settings, name, lambda: load_from(settings, self._config.repo_path, name))

    def _once(self, settings: CatalogSettings, name: str, load: Callable[[], Any]) -> AnyTable:
        where = settings.properties(self._config.repo_path).items()
        key = (settings.identifier(name), *(f"{key}={value}" for key, value in sorted(where)))
        if key not in self._loaded:
            self._loaded[key] = load()
        return self._loaded[key]


def iceberg_source(source: Any) -> IcebergSource:
    """The source as this store reads it: its own, or Feast's class for Iceberg tables.

    FeastOfflineStoreUnsupportedDataSource for any other.
    """
    if isinstance(source, IcebergSource):
        return source
    adopted = adopt(source)
    if adopted is None:
        raise FeastOfflineStoreUnsupportedDataSource(STORE_NAME, type(source).__name__)
    return adopted


@dataclass
class RequestedView:
    """A feature view as one call asks for it: its projection, and the features wanted from it."""

    view: FeatureView
    features: list[str] = field(default_factory=list)

    @property
    def source(self) -> IcebergSource:
        """The batch source; SourceMismatchError for a view that has none."""
        if self.view.batch_source is None:
            raise SourceMismatchError(
                f"the feature view '{self.view.name}' has no batch source to read features from"
            )
        return iceberg_source(self.view.batch_source)

    @property
    def join_keys(self) -> list[tuple[str, str]]:
        """Pairs (column of the table, column of the entity frame); none for entity-less views."""
        keys = [key.name for key in self.view.entity_columns if key.name != DUMMY_ENTITY_ID]
        entities = [name for name in self.view.entities if name != DUMMY_ENTITY_NAME]
        if len(keys) < len(entities):
            # Joining on fewer keys would match rows of other entities, silently.
            raise SourceMismatchError(
                f"the feature view '{self.view.name}' has the entities {', '.join(entities)}, but "
                f"only these join keys are known: {', '.join(keys) or 'none'}. Apply the view "
                "together with its entities"
            )
        renamed = self.view.projection.join_key_map
        return [(self.source.column_of(key), renamed.get(key, key)) for key in keys]

    def output_name(self, feature: str, full_feature_names: bool) -> str:
        """The feature's column in the result, by the alias where the projection has one."""
        if not full_feature_names:
            return feature
        return f"{self.view.projection.name_alias or self.view.name}__{feature}"

    def compile(self, tables: Tables, full_feature_names: bool) -> icefield.FeatureView:
        """The engine's view: everything in the table's own column names."""
        source = self.source
        return icefield.FeatureView(
            self.view.projection.name_to_use(),
            tables.load(source),
            join_keys=self.join_keys,
            timestamp_field=source.column_of(source.timestamp_field),
            created_timestamp_column=source.column_of(source.created_timestamp_column) or None,
            ttl=self.view.ttl or None,
            features=[
                (source.column_of(feature), self.output_name(feature, full_feature_names))
                for feature in self.features
            ],
            snapshot_id=source.snapshot_id,
            ref=source.ref,
        )


@dataclass(frozen=True)
class Request:
    """What one historical retrieval asks for."""

    views: list[RequestedView]
    columns: list[str]
    """The feature columns of the result, in the order asked for."""

    def check_frame(self, columns: Iterable[str], event_timestamp: str) -> None:
        """FeastEntityDFMissingColumnsError unless the frame has every join key."""
        expected = {right for view in self.views for _, right in view.join_keys}
        missing = expected - set(columns)
        if missing:
            raise FeastEntityDFMissingColumnsError(expected | {event_timestamp}, missing)


def resolve(
    feature_refs: list[str],
    feature_views: list[FeatureView],
    on_demand_views: list[OnDemandFeatureView],
    project: str,
    full_feature_names: bool,
) -> Request:
    """Which view answers each reference.

    References to on-demand views are left to Feast, which applies them to the result. A reference
    that no view answers is a FeatureViewNotFoundException.
    """
    views = {view.projection.name_to_use(): RequestedView(view) for view in feature_views}
    on_demand = {view.projection.name_to_use() for view in on_demand_views}
    columns: list[str] = []
    for reference in feature_refs:
        name, version, feature = _parse_feature_ref(reference)
        name = name if version is None else f"{name}@v{version}"
        if name in views:
            requested = views[name]
            if feature not in requested.features:  # `view` and `view@latest` are one view
                requested.features.append(feature)
                columns.append(requested.output_name(feature, full_feature_names))
        elif name not in on_demand:
            raise FeatureViewNotFoundException(name, project)
    return Request([view for view in views.values() if view.features], columns)
