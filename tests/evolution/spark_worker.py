"""The other end of `spark_writer.py`, in Spark's own environment: a line a request, and back."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import to_arrow_schema

from tests.golden.cells import json_table
from tests.golden.spark.session import make_session

Request = dict[str, Any]


class Worker:
    """Does what requests ask for; an exception is the answer to its request."""

    def __init__(self, spark: SparkSession) -> None:
        self.spark = spark

    def _frame(self, request: Request) -> DataFrame:
        schema = to_arrow_schema(self.spark.table(request["table"]).schema)
        return self.spark.createDataFrame(json_table(request["rows"], schema)).coalesce(1)

    def sql(self, request: Request) -> None:
        """A statement."""
        self.spark.sql(request["text"])

    def append(self, request: Request) -> None:
        """Rows into a table."""
        self._frame(request).writeTo(request["table"]).append()

    def view(self, request: Request) -> None:
        """Rows in the schema of a table as the view `source`."""
        self._frame(request).createOrReplaceTempView("source")

    def state(self, request: Request) -> Request:
        """The table's metadata file and its snapshots."""
        spark3 = self.spark._jvm.org.apache.iceberg.spark.Spark3Util
        table = spark3.loadIcebergTable(self.spark._jsparkSession, request["table"])
        metadata = table.operations().current()
        return {
            "metadata": metadata.metadataFileLocation(),
            "snapshots": [snapshot.snapshotId() for snapshot in metadata.snapshots()],
        }


def main() -> None:
    """Answers until the input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    worker = Worker(make_session(threads=1))
    for line in sys.stdin:
        request = json.loads(line)
        operation: Callable[[Request], Any] = getattr(worker, request["do"])
        try:
            answer = {"answer": operation(request)}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {str(error)[:400]}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
