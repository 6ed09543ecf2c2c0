"""DuckDB as Icefield uses it: a private session, and tables that it reads through Icefield."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.dataset as ds
from feast.errors import FeastExtrasDependencyImportError

import icefield
from icefield.feast.row_filters import pushed_filter

if TYPE_CHECKING:
    import duckdb


@contextmanager
def session() -> Iterator[duckdb.DuckDBPyConnection]:
    """A session of its own in UTC, which sees no Python variables and spills to a temporary folder.

    FeastExtrasDependencyImportError where DuckDB is not installed.
    """
    try:
        import duckdb
    except ImportError as error:
        raise FeastExtrasDependencyImportError("duckdb", str(error)) from error
    with tempfile.TemporaryDirectory(prefix="icefield-duckdb-") as spill:
        connection = duckdb.connect(config={"temp_directory": spill})
        try:
            connection.execute("SET TimeZone = 'UTC'")
            connection.execute("SET python_enable_replacements = false")
            yield connection
        finally:
            connection.close()


class ScanDataset(ds.Dataset):
    """One state of a table as what DuckDB scans: it asks for columns, and says which rows it needs.

    fields: names that DuckDB sees to the fields that they are; None: the table's columns.
    row_filter: rows that do not pass do not exist.
    Every scan streams from Icefield's reader anew. What is known of the rows goes to the reader, to
    prune files; the condition itself is then applied exactly.
    """

    def __init__(
        self,
        table: icefield.Table,
        snapshot_id: int | None = None,
        fields: Mapping[str, str] | None = None,
        row_filter: str | None = None,
    ) -> None:
        # No call of the base's constructor: it exists to forbid what is not opened from files.
        self._table = table
        self._snapshot_id = snapshot_id
        self._row_filter = row_filter
        self._fields = fields or {name: name for name in table.schema(snapshot_id).names}
        scanned = self._scan(self._fields, row_filter).schema
        self._schema = pa.schema(
            [field.with_name(name) for name, field in zip(self._fields, scanned, strict=True)]
        )

    @property
    def schema(self) -> pa.Schema:
        """The columns that DuckDB sees."""
        return self._schema

    def scanner(
        self,
        columns: Sequence[str] | None = None,
        filter: Any = None,  # noqa: A002  the name that pyarrow gave it
        **_options: Any,
    ) -> Any:
        """The rows where the condition is true, as an object with `to_reader`."""
        wanted = self._schema.names if columns is None else list(columns)
        if filter is None:
            return _Rows(self._scan(wanted, self._row_filter), wanted)
        text = str(filter)
        # A superset of what the condition needs: a name that occurs in its text.
        read = [name for name in self._schema.names if name in wanted or name in text]
        rows = _Rows(self._scan(read, self._pruning(text)), read)
        reader = pa.RecordBatchReader.from_stream(rows.to_reader())
        return ds.Scanner.from_batches(reader, columns=wanted, filter=filter)

    def _pruning(self, condition: str) -> str | None:
        # Under other names than the table's, and below another filter, a condition prunes nothing.
        if self._row_filter is not None or any(k != v for k, v in self._fields.items()):
            return self._row_filter
        return pushed_filter(condition, self._schema)

    def _scan(self, names: Iterable[str], row_filter: str | None) -> icefield.TableScan:
        fields = tuple(self._fields[name] for name in names)
        return self._table.scan(row_filter, fields, self._snapshot_id)


class _Rows:
    """A scan under the names of pyarrow's scanners, and its columns under those that were asked."""

    def __init__(self, scan: icefield.TableScan, names: Sequence[str]) -> None:
        self._scan = scan
        self._names = list(names)

    @property
    def projected_schema(self) -> pa.Schema:
        return pa.schema(
            [f.with_name(name) for name, f in zip(self._names, self._scan.schema, strict=True)]
        )

    def to_reader(self) -> Any:
        if self._scan.schema.names == self._names:
            return self._scan  # It is pulled without the interpreter.
        reader = self._scan.to_arrow_batch_reader()
        batches = (batch.rename_columns(self._names) for batch in reader)
        return pa.RecordBatchReader.from_batches(self.projected_schema, batches)
