"""A golden table that Spark writes: every statement goes to Spark and to the model."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from tests.golden.cells import difference, json_rows, json_table, plain_json, table_rows
from tests.golden.story import Row, Story

WRITER = "Spark 4.1.4, Iceberg 1.12.0"
Step = Callable[[list[Row]], list[Row]]


def deleting(where: Callable[[Row], bool]) -> Step:
    """DELETE WHERE; `where` says True only for rows that SQL's WHERE would take."""
    return lambda rows: [row for row in rows if not where(row)]


def updating(where: Callable[[Row], bool], **cells: Any) -> Step:
    """UPDATE SET ... WHERE; a cell that is a function gets the row."""

    def changed(row: Row) -> Row:
        return row | {k: v(row) if callable(v) else v for k, v in cells.items()}

    return lambda rows: [changed(row) if where(row) else row for row in rows]


def keeping(rows: list[Row]) -> list[Row]:
    """A commit that changes no row."""
    return rows


Script = Callable[[SparkSession, str], "SparkTable"]


def register(tables: dict[str, Script]) -> Callable[[Script], Script]:
    """Adds a script under the name of the table that it writes."""

    def add(script: Script) -> Script:
        tables[script.__name__] = script
        return script

    return add


class SparkTable(Story):
    """One table in the catalog `g` (or another), with its model. Checks the model against Spark.

    columns: the DDL of the columns. After every statement the rows that Spark reads must be the
    model's: a story that is not true does not get published.
    """

    def __init__(
        self,
        spark: SparkSession,
        table: str,
        about: str,
        points: Sequence[str],
        ddl: str | None = None,
        partition: str = "",
        version: int = 2,
        scheme: str = "",
        catalog: str = "g.t",
        **properties: str,
    ) -> None:
        super().__init__(table, WRITER, about, list(points))
        self.spark = spark
        self.name = f"{catalog}.{table}"
        self._seen: set[int] = set()
        self._lineage: dict[Any, Row] = {}
        self._row_ids: set[int] = set()
        if ddl is None:
            return
        given = {"format-version": str(version), "write.metadata.metrics.default": "full"}
        given |= {key.replace("__", "-").replace("_", "."): v for key, v in properties.items()}
        listed = ", ".join(f"'{key}'='{value}'" for key, value in given.items())
        location = f"LOCATION '{scheme}{self.folder}'" if catalog == "g.t" else ""
        by = f"PARTITIONED BY ({partition})" if partition else ""
        spark.sql(
            f"CREATE TABLE {self.name} ({ddl}) USING iceberg {by} {location} "
            f"TBLPROPERTIES ({listed})"
        )
        self.columns = self.spark_columns()

    # --- what Spark says --------------------------------------------------------------------------

    def loaded(self) -> Any:
        """The Java library's table, as it is now."""
        spark3 = self.spark._jvm.org.apache.iceberg.spark.Spark3Util
        return spark3.loadIcebergTable(self.spark._jsparkSession, self.name)

    def snapshot_id(self) -> int | None:
        """The current snapshot's id."""
        current = self.loaded().currentSnapshot()
        return None if current is None else current.snapshotId()

    def spark_columns(self) -> list[str]:
        """The current columns."""
        return self.spark.table(self.name).columns

    def frame(self, **selectors: Any) -> DataFrame:
        """The table as it is, or at a snapshot or ref."""
        at = selectors.get("snapshot_id") or selectors.get("ref")
        if at is None:
            return self.spark.table(self.name)
        version = at if isinstance(at, int) else f"'{at}'"
        return self.spark.sql(f"SELECT * FROM {self.name} VERSION AS OF {version}")

    def spark_rows(self, frame: DataFrame) -> list[Row]:
        """What Spark reads, as cells of the model (numbers of any width alike)."""
        answer = frame.toArrow()
        kinds = answer.schema.types
        return [
            dict(zip(answer.column_names, map(plain_json, row, kinds), strict=True))
            for row in table_rows(answer)
        ]

    def check(self, **selectors: Any) -> None:
        """The model's rows are Spark's."""
        if self.variants:
            return
        answer = self.frame(**selectors).toArrow()
        assert answer.column_names == self.columns, (answer.column_names, self.columns)
        expected = json_rows(
            [[row[c] for c in self.columns] for row in self.rows], answer.schema.types
        )
        found = difference(table_rows(answer), expected)
        assert found is None, f"{self.table}: {found}"

    # --- what is done -----------------------------------------------------------------------------

    def sql(
        self, text: str, step: Step | None = None, columns: Sequence[str] | None = None
    ) -> None:
        """A statement in which `{t}` is the table, and what it does to the model."""
        self.spark.sql(text.replace("{t}", self.name))
        if step is not None:
            self.rows = step(self.rows)
        if columns is not None:
            self.columns = list(columns)
        self.settle()

    def call(self, procedure: str, arguments: str = "", step: Step | None = keeping) -> None:
        """A procedure of the catalog with its other arguments."""
        catalog, _, name = self.name.partition(".")
        rest = f", {arguments}" if arguments else ""
        self.spark.sql(f"CALL {catalog}.system.{procedure}(table => '{name}'{rest})")
        if step is not None:
            self.rows = step(self.rows)
        self.settle()

    def arrow_schema(self) -> pa.Schema:
        """The columns as Spark takes them from Arrow."""
        return to_arrow_schema(self.spark.table(self.name).schema)

    def make_frame(self, rows: Sequence[Row], schema: pa.Schema | None = None) -> DataFrame:
        """Rows of the model as a frame of one partition."""
        frame = self.spark.createDataFrame(json_table(rows, schema or self.arrow_schema()))
        return frame.coalesce(1)

    def insert(
        self,
        *files: Sequence[Row],
        branch: str | None = None,
        step: Step | None = None,
        **options: str,
    ) -> None:
        """One commit with a file (or one a partition) for each list of rows."""
        frame = self.make_frame(files[0])
        for rows in files[1:]:
            frame = frame.unionByName(self.make_frame(rows))
        name = self.name if branch is None else f"{self.name}.branch_{branch}"
        writer = frame.writeTo(name)
        for key, value in options.items():
            writer = writer.option(key.replace("_", "-"), value)
        writer.append()
        if branch is None:
            added = [{c: row.get(c) for c in self.columns} for rows in files for row in rows]
            self.rows = step(self.rows) if step else self.rows + added
            self.settle()

    def settle(self) -> None:
        """Notes the snapshot that the last statement made, if any, and checks the model."""
        self.check()
        current = self.snapshot_id()
        if current is not None and current not in self._seen:
            self._seen.add(current)
            self.commit(current)

    def expect_every_state(self) -> None:
        """As the story tells them; Spark must still read every snapshot so."""
        now = (self.columns, self.rows)
        for snapshot_id, (columns, rows) in self.snapshots.items():
            self.columns, self.rows = columns, rows
            self.check(snapshot_id=snapshot_id)
        self.columns, self.rows = now
        super().expect_every_state()

    def read_anew(self) -> None:
        """Takes every snapshot's rows from Spark: something that is no snapshot changed them."""
        for snapshot_id in self.snapshots:
            frame = self.frame(snapshot_id=snapshot_id)
            self.snapshots[snapshot_id] = (frame.columns, self.spark_rows(frame))

    def expect_spark(self, select: Sequence[str], **selectors: Any) -> None:
        """A read of metadata columns among others as Spark answers it, files by their path within.

        selectors: filter, snapshot_id.
        """
        frame = self.frame(**{k: v for k, v in selectors.items() if k != "filter"})
        frame = frame.where(selectors["filter"]) if "filter" in selectors else frame
        rows = self.spark_rows(frame.selectExpr(*select))
        for row in rows:
            if "_file" in row:
                row["_file"] = re.sub(rf"^.*?/{self.table}/", "", row["_file"])
        self.expect(select, rows=rows, **selectors)

    def expect_lineage(self, key: str = "id") -> None:
        """A read of the row ids at the current snapshot, which Spark must have kept as demanded.

        Since the last call of this: a row that is as it was keeps its id and its last change, one
        that changed keeps its id, and a new one has an id that no row had before.
        """
        columns = (*self.columns, "_row_id", "_last_updated_sequence_number")
        current = self.loaded().currentSnapshot()
        found = {row[key]: row for row in self.spark_rows(self.frame().selectExpr(*columns))}
        for at, row in found.items():
            before, number = self._lineage.get(at), row["_last_updated_sequence_number"]
            if before is None:
                assert row["_row_id"] not in self._row_ids, f"row {at} has another row's id"
            else:
                assert row["_row_id"] == before["_row_id"], f"row {at} lost its id"
                assert row == before or number == current.sequenceNumber(), f"row {at}: {number}"
        self._lineage |= found
        self._row_ids |= {row["_row_id"] for row in found.values()}
        self.expect(columns, rows=list(found.values()), snapshot_id=current.snapshotId())

    # --- the end ----------------------------------------------------------------------------------

    def metadata(self) -> str:
        """The current metadata file within the table's folder."""
        location = self.loaded().operations().current().metadataFileLocation()
        return re.sub(rf"^.*?/{self.table}/", "", location)
