"""Schemas and types as callers give them: pyarrow's, or pyiceberg's."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from icefield.errors import InvalidArgumentError


def schema_argument(schema: Any) -> Any:
    """What the engine takes for a schema: an Arrow schema, or Iceberg's JSON of a pyiceberg one."""
    if isinstance(schema, pa.Schema):
        return schema
    if type(schema).__module__.startswith("pyiceberg."):
        return schema.model_dump_json()
    if hasattr(schema, "__arrow_c_schema__"):
        return pa.schema(schema)
    raise InvalidArgumentError(
        f"a schema of type {type(schema).__name__}: give a pyarrow or a pyiceberg Schema"
    )


def terms_argument(terms: Any, what: str) -> tuple[list[str], str]:
    """Partition or sort fields: their texts, or the JSON of a pyiceberg spec or order."""
    if terms is None:
        return [], ""
    if type(terms).__module__.startswith("pyiceberg."):
        return [], terms.model_dump_json()
    if isinstance(terms, str) or not all(isinstance(term, str) for term in terms):
        raise InvalidArgumentError(
            f'{what} of type {type(terms).__name__}: give a list such as ["day(ts)", "region"],'
            " or pyiceberg's own"
        )
    return list(terms), ""


def type_argument(column_type: Any) -> Any:
    """The same for one type: a schema of one column."""
    if isinstance(column_type, pa.DataType):
        return pa.schema([("column", column_type)])
    if type(column_type).__module__.startswith("pyiceberg."):
        from pyiceberg.schema import Schema, assign_fresh_schema_ids
        from pyiceberg.types import NestedField

        # The ids in the type are the caller's and may be any; the column gets ids of the table.
        column = Schema(NestedField(1, "column", column_type))
        return assign_fresh_schema_ids(column).model_dump_json()
    raise InvalidArgumentError(
        f"a column type of type {type(column_type).__name__}: give a pyarrow or a pyiceberg type"
    )
