"""The query that gives a job's rows, in DuckDB's dialect, over tables named `namespace.table`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from icefield.feast.catalogs import native_table, settings_of
from icefield.feast.entity_frame import is_text
from icefield.feast.errors import NotYetSupportedError
from icefield.feast.join_sql import ROW, Fields, SqlFrame, join_query, nanoseconds
from icefield.feast.sql_values import quoted, values_query
from icefield.feast.view_sql import FrameColumn, ViewRows, frame_of_moments

if TYPE_CHECKING:
    from feast.repo_config import RepoConfig

    from icefield.feast.asked import Asked, Joining
    from icefield.feast.views import Request, RequestedView, Tables


def historical_query(
    config: RepoConfig,
    tables: Tables,
    request: Request,
    asked: Asked,
    schema: pa.Schema,
    joining: Joining,
) -> str:
    """The point-in-time join as a query that needs nothing but the catalog's tables.

    Its rows are the job's as long as no table changes, but for full ties (P6): SQL does not see
    in which files rows lie, and takes any of them. `schema` is the job's. NotYetSupportedError for
    what has no words in SQL: a pinned source, a catalog that the store does not name, event times
    that are texts, a great frame of values.
    """
    if joining.commit_cut:
        raise NotYetSupportedError(
            "the commit cut has no words in SQL over tables, which do not say when rows were "
            "committed: use to_arrow()"
        )
    views = [
        ViewRows(view, _relation(config, view), Fields(_schema(tables, view)))
        for view in request.views
    ]
    keys = asked.join_keys(request)
    time_kind = schema.field(asked.event_timestamp).type
    if is_text(time_kind):
        raise NotYetSupportedError(
            f"the event times in '{asked.event_timestamp}' are texts: make them timestamps, then "
            "the job can be written as a query"
        )
    if asked.frame is None:
        names = [*keys, asked.event_timestamp]
        kinds = {name: schema.field(name).type for name in names}
        query = frame_of_moments(views, kinds, *asked.window(), names)
        framed = [name for name in schema.names if name in kinds]
    else:
        framed = asked.frame.column_names
        query = _numbered(asked.sql or values_query(asked.frame))
    frame = SqlFrame(query, nanoseconds(time_kind, quoted(asked.event_timestamp)), framed)
    columns = {key: FrameColumn(schema.field(key).type, quoted(key)) for key in keys}
    sql_views = []
    for view in views:
        features = view.view.features
        full = joining.full_feature_names
        sql_views.append(
            view.sql(columns, [view.view.output_name(name, full) for name in features])
        )
    return join_query(frame, sql_views, created_cut=joining.created_cut, order=request.columns)


def _numbered(query: str) -> str:
    # A comment at its end must not hide the bracket.
    return f"SELECT *, row_number() OVER () AS {ROW} FROM (\n{query.rstrip().rstrip(';')}\n)"


def _schema(tables: Tables, view: RequestedView) -> pa.Schema:
    return native_table(tables.load(view.source)).schema()


def _relation(config: RepoConfig, view: RequestedView) -> str:
    source = view.source
    pinned = source.ref if source.snapshot_id is None else source.snapshot_id
    if pinned is not None:
        raise NotYetSupportedError(
            f"the source '{source.name}' reads {pinned} of the table '{source.table}', for which "
            "SQL over tables has no words: use to_arrow()"
        )
    settings = settings_of(config, source)
    if source.settings is not None or settings.catalog_type == "none":
        raise NotYetSupportedError(
            f"the table '{source.table}' of the source '{source.name}' is in no catalog that the "
            "store's configuration names: use to_arrow()"
        )
    namespace, _, table = settings.identifier(source.table).rpartition(".")
    parts = [*([source.catalog] if source.catalog else []), namespace, table]
    return ".".join(quoted(part) for part in parts)
