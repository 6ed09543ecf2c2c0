"""Feast's own class for Iceberg tables, taken as it is defined."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from feast.credentials import get_connection_config_override

from icefield.feast.catalogs import CatalogSettings
from icefield.feast.errors import SourceMismatchError
from icefield.feast.source import IcebergSource

_MODULE = "feast.infra.data_sources.contrib.iceberg_catalog.iceberg_source"
_CATALOG_TYPES = ("rest", "sql", "hive", "glue", "dynamodb")


def adopt(source: Any) -> IcebergSource | None:
    """The table of a source of Feast's class, or of one derived from it; None for other sources.

    SourceMismatchError for a type of catalog that is not known here.
    """
    # Where Feast's module was never imported there is no object of its class.
    feast_class = getattr(sys.modules.get(_MODULE), "IcebergSource", None)
    if feast_class is None or not isinstance(source, feast_class):
        return None
    adopted = IcebergSource(
        name=source.name,
        table=f"{source.namespace}.{source.iceberg_table}",
        timestamp_field=source.timestamp_field,
        created_timestamp_column=source.created_timestamp_column,
        field_mapping=dict(source.field_mapping or {}),
        description=source.description,
        tags=dict(source.tags or {}),
        owner=source.owner,
    )
    adopted.settings = _settings(source)
    return adopted


def _settings(source: Any) -> CatalogSettings:
    """Where Feast itself would look, its own properties first, as it asks pyiceberg."""
    if source.catalog_type not in _CATALOG_TYPES:
        raise SourceMismatchError(
            f"the source '{source.name}' is in a catalog of the type '{source.catalog_type}': "
            f"known are {', '.join(_CATALOG_TYPES)}"
        )
    properties = {key: str(value) for key, value in source.catalog_properties.items()}
    properties |= get_connection_config_override(source) or {}
    token = os.environ.get(source.token_env_var or "")
    if token:
        properties.setdefault("token", token)
    if source.catalog_type == "rest" and not source.credential_vending:
        properties.setdefault("header.X-Iceberg-Access-Delegation", "")
    properties.pop("type", None)
    settings = CatalogSettings(
        catalog_type=source.catalog_type,
        catalog_name=source.catalog_name,
        uri=properties.pop("uri", None) or source.endpoint or None,
        warehouse=properties.pop("warehouse", None) or source.warehouse or None,
        storage_options=properties,
    )
    # Feast takes relative paths from the working directory, also when it infers types.
    absolute = settings.properties(Path.cwd())
    places = {key: absolute.get(key) for key in ("uri", "warehouse")}
    return settings.model_copy(update=places)
