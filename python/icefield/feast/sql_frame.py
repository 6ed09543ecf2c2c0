"""Entity frames as SQL: a query of DuckDB over the catalog's tables, which Icefield reads."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from icefield.errors import NotFoundError
from icefield.feast.catalogs import native_table
from icefield.feast.duckdb_session import ScanDataset, session
from icefield.feast.errors import EntityQueryError
from icefield.feast.sql_values import quoted

if TYPE_CHECKING:
    import duckdb

    from icefield.feast.views import Tables


def run(tables: Tables, query: str) -> pa.Table:
    """The rows of one SELECT over tables named `namespace.table` (P10: the session's zone is UTC).

    Only tables that the query names are loaded, in the state that `tables` holds; their columns and
    rows stream in as the query needs them. A table of another catalog of the store is
    `catalog.namespace.table`; the store's default namespace may be left out. Files and functions
    are DuckDB's own. EntityQueryError has the message of DuckDB.
    """
    with session() as connection:
        import duckdb

        try:
            missing = _expose(connection, tables, query)
        except duckdb.Error as error:
            raise EntityQueryError(query, str(error)) from error
        try:
            relation = connection.sql(query)
            return _with_uuids(relation.to_arrow_table(), relation.types)
        except duckdb.Error as error:
            raise EntityQueryError(query, _explained(str(error), missing)) from error


def _expose(connection: duckdb.DuckDBPyConnection, tables: Tables, query: str) -> list[str]:
    """Makes the tables that the query names visible, and returns the names that are none."""
    import duckdb

    kinds = [statement.type for statement in connection.extract_statements(query)]
    if kinds != [duckdb.StatementType.SELECT]:
        found = ", ".join(kind.name for kind in kinds) or "nothing"
        raise EntityQueryError(query, f"one SELECT is needed, this is {found}")
    missing = []
    seen: dict[str, tuple[str, ...]] = {}
    for parts in _table_names(connection, query):
        name = ".".join(parts)
        other = seen.setdefault(name.casefold(), parts)
        if other != parts:
            raise EntityQueryError(
                query, f"DuckDB cannot tell {'.'.join(other)} from {name}: write both alike"
            )
        try:
            table = native_table(tables.named(parts))
        except NotFoundError:
            missing.append(name)
            continue
        if len(parts) > 3:
            hint = f"{quoted('.'.join(parts[:-1]))}.{quoted(parts[-1])}"
            raise EntityQueryError(query, f"the table {name} has too many parts: write {hint}")
        source = f"icefield_{len(seen)}"
        connection.register(source, ScanDataset(table))
        place = _make_place(connection, parts)
        connection.execute(f"CREATE VIEW {place} AS FROM temp.main.{quoted(source)}")
    return missing


def _table_names(connection: duckdb.DuckDBPyConnection, query: str) -> list[tuple[str, ...]]:
    """The parts of every name that stands for a table in DuckDB's reading of the query.

    Names of common table expressions are among them: they are single parts, and hide tables.
    """
    found = connection.execute("SELECT json_serialize_sql(?::VARCHAR)", [query]).fetchall()
    read = json.loads(found[0][0])
    if read["error"]:
        raise EntityQueryError(query, read["error_message"])
    names: set[tuple[str, ...]] = set()
    pending: list[Any] = [read]
    while pending:
        node = pending.pop()
        if isinstance(node, dict) and node.get("type") == "BASE_TABLE":
            names.add(tuple(node["qualified_name"]["path"]))
        if isinstance(node, dict | list):
            pending += node.values() if isinstance(node, dict) else node
    return sorted(names)


def _make_place(connection: duckdb.DuckDBPyConnection, parts: Sequence[str]) -> str:
    """The name under which the query finds a view, once what holds it is there."""
    if len(parts) == 3:
        connection.execute(f"ATTACH IF NOT EXISTS ':memory:' AS {quoted(parts[0])}")
    if len(parts) > 1:
        schema = ".".join(quoted(part) for part in parts[:-1])
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
    return ".".join(quoted(part) for part in parts)


def _explained(message: str, missing: list[str]) -> str:
    if not missing:
        return message
    return f"{message}\n(the catalog has no table named {', '.join(missing)})"


def _with_uuids(table: pa.Table, types: list[Any]) -> pa.Table:
    """UUIDs as Arrow's own type: DuckDB hands them out as texts."""
    for place, (name, kind) in enumerate(zip(table.column_names, types, strict=True)):
        if str(kind) == "UUID":
            texts = table.column(place).to_pylist()
            values = [None if text is None else uuid.UUID(text).bytes for text in texts]
            storage = pa.array(values, pa.binary(16))
            array = pa.ExtensionArray.from_storage(pa.uuid(), storage)
            table = table.set_column(place, name, array)
    return table
