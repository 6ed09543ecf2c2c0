"""The repository as both sides see it: its own store, and the same definitions over Iceberg."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from feast import FeatureStore, RepoConfig
from feast.data_source import DataSource
from feast.errors import (
    FeastObjectNotFoundException,
    FeastOfflineStoreUnsupportedDataSource,
)
from feast.feature_view import FeatureView
from feast.protos.feast.core.DataSource_pb2 import DataSource as DataSourceProto
from feast.protos.feast.core.FeatureView_pb2 import FeatureView as FeatureViewProto
from feast.protos.feast.core.StreamFeatureView_pb2 import StreamFeatureView as StreamViewProto
from feast.utils import _get_feature_views_to_use, _get_features, _group_feature_refs

from icefield.errors import InvalidArgumentError, NotFoundError
from icefield.feast.catalogs import CatalogSettings
from icefield.feast.source import IcebergSource
from icefield.feast.views import RequestedView, iceberg_source

_VERSIONED: dict[str, Any] = {
    "feature_view": FeatureViewProto,
    "stream_feature_view": StreamViewProto,
}


class Question:
    """What is asked of both sides: feature references or a service, and what answers them."""

    def __init__(self, store: FeatureStore, features: Sequence[str], service: str | None) -> None:
        self._store = store
        registry, project = store.registry, store.project
        try:
            if service is not None:
                self.asked: Any = store.get_feature_service(service)
            else:
                self.asked = list(features) or _every_feature(store)
            references = _get_features(registry, project, self.asked)
            views, on_demand = _get_feature_views_to_use(registry, project, self.asked)
            grouped, derived = _group_feature_refs(references, views, on_demand)
        except (FeastObjectNotFoundException, KeyError, ValueError) as error:
            raise NotFoundError(
                f"the features asked for are not in the registry of '{project}': {error}"
            ) from error
        self.references: list[str] = references
        self.views = [RequestedView(view, list(names)) for view, names in grouped]
        self.on_demand = [view for view, _ in derived]

    def columns(self) -> dict[str, tuple[RequestedView, str] | None]:
        """The full names of the features, each with its view and name; None for derived ones."""
        columns: dict[str, tuple[RequestedView, str] | None] = {}
        for requested in self.views:
            for feature in requested.features:
                columns[requested.output_name(feature, True)] = (requested, feature)
        for view in self.on_demand:
            for field in view.projection.features:
                columns[f"{view.projection.name_to_use()}__{field.name}"] = None
        return columns

    def request_data(self) -> list[str]:
        """Columns that on-demand views take from the entity frame."""
        return [name for view in self.on_demand for name in view.get_request_data_schema()]

    def sources(self) -> list[DataSource]:
        """The batch sources of the views, each once."""
        found: dict[str, DataSource] = {}
        for requested in self.views:
            source = requested.view.batch_source
            if source is None:
                raise InvalidArgumentError(
                    f"the feature view '{requested.view.name}' has no batch source to compare: "
                    "name the features of other views with --features"
                )
            found[source.name] = source
        return list(found.values())

    def source_named(self, name: str) -> DataSource:
        """The source of a view of that name, or the source itself."""
        views = list(_all_views(self._store))
        for view in views:
            source = view.batch_source
            if source is not None and name in (view.name, source.name):
                return source
        raise NotFoundError(
            f"'{name}' is no view of the project '{self._store.project}' and no source of one; the "
            f"views are {', '.join(sorted(view.name for view in views))}"
        )


def open_repository(repo: Path, yaml_file: Path) -> FeatureStore:
    """The repository's own store; NotFoundError where there is none, or nothing was applied."""
    if not yaml_file.is_file():
        raise NotFoundError(f"{yaml_file} is missing: name the repository's folder with --repo")
    store = FeatureStore(str(repo), _config(repo, yaml_file, {}))
    if isinstance(store.config.offline_store, CatalogSettings):
        raise InvalidArgumentError(
            f"the offline store of {yaml_file} is Icefield's already: there is nothing to compare"
        )
    if not any(_all_views(store)):
        raise NotFoundError(
            f"the registry of the project '{store.project}' has no feature view: run feast apply"
        )
    return store


def over_iceberg(
    repo: Path, yaml_file: Path, registry: Path, offline_store: Mapping[str, Any]
) -> FeatureStore:
    """The same repository with another registry file, over Icefield's store."""
    changes = {
        "registry": {"path": str(registry), "enable_online_feature_view_versioning": True},
        "offline_store": dict(offline_store),
    }
    return FeatureStore(str(repo), _config(repo, yaml_file, changes))


def write_registry(store: FeatureStore, sources: Mapping[str, DataSource], path: Path) -> None:
    """Copies the registry into a file, with other sources in the place of those named."""
    original = store.registry.proto()
    copy = type(original)()
    copy.CopyFrom(original)
    # Feast keeps what it parsed under this id: the copy must not be taken for the original.
    copy.version_id = str(uuid.uuid4())
    replacements = {name: source.to_proto() for name, source in sources.items()}
    _replace_sources(copy, replacements)
    for record in copy.feature_view_version_history.records:
        kind = _VERSIONED.get(record.feature_view_type)
        if kind is not None:
            view = kind.FromString(record.feature_view_proto)
            _replace_sources(view, replacements)
            record.feature_view_proto = view.SerializeToString()
    path.write_bytes(copy.SerializeToString())


def iceberg_twin(source: DataSource, table: str) -> IcebergSource:
    """The source with the same names and times, over an Iceberg table."""
    return IcebergSource(
        name=source.name,
        table=table,
        timestamp_field=source.timestamp_field,
        created_timestamp_column=source.created_timestamp_column,
        field_mapping=dict(source.field_mapping or {}),
        description=source.description,
        tags=dict(source.tags or {}),
        owner=source.owner,
    )


def is_iceberg(source: DataSource) -> bool:
    """Whether Icefield reads the source as it is defined."""
    try:
        iceberg_source(source)
    except FeastOfflineStoreUnsupportedDataSource:
        return False
    return True


def _replace_sources(message: Any, replacements: Mapping[str, DataSourceProto]) -> None:
    """Replaces sources wherever they are nested, in views, projections and stream sources."""
    for found in list(_sources_in(message)):
        if found.name in replacements:
            found.CopyFrom(replacements[found.name])


def _sources_in(message: Any) -> Iterator[DataSourceProto]:
    for field, value in message.ListFields():
        if field.message_type is None or field.message_type.GetOptions().map_entry:
            continue
        for item in value if field.is_repeated else [value]:
            yield from _sources_in(item)
            if isinstance(item, DataSourceProto):
                yield item


def _config(repo: Path, yaml_file: Path, changes: Mapping[str, Any]) -> RepoConfig:
    raw = yaml.safe_load(os.path.expandvars(yaml_file.read_text(encoding="utf-8")))
    if not isinstance(raw, dict):
        raise InvalidArgumentError(f"{yaml_file} is no configuration of a Feast repository")
    return RepoConfig(**{**raw, **changes}, repo_path=repo)


def _all_views(store: FeatureStore) -> Iterator[FeatureView]:
    yield from store.list_batch_feature_views()
    yield from store.list_stream_feature_views()


def _every_feature(store: FeatureStore) -> list[str]:
    return [
        f"{view.name}:{feature.name}"
        for view in _all_views(store)
        if view.batch_source is not None
        for feature in view.features
    ]
