"""A Spark session with an Iceberg catalog `g` in memory, whose tables lie where they are told."""

from __future__ import annotations

import os
from pathlib import Path

from pyspark.sql import SparkSession

from tests.golden.catalogue import WRITTEN_AT


def make_session(threads: int = 2) -> SparkSession:
    """Bound to this machine only, in UTC, one partition after a shuffle."""
    jars = Path(os.environ["GOLDEN_SPARK_HOME"]) / "jars"
    settings = {
        "spark.jars": ",".join(str(jar) for jar in jars.glob("*.jar")),
        "spark.sql.extensions": "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions",
        "spark.sql.catalog.g": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.g.type": "jdbc",
        "spark.sql.catalog.g.uri": "jdbc:h2:mem:golden;DB_CLOSE_DELAY=-1",
        "spark.sql.catalog.g.jdbc.schema-version": "V1",
        "spark.sql.catalog.g.warehouse": WRITTEN_AT,
        "spark.sql.catalog.g.cache-enabled": "false",
        "spark.sql.catalog.h": "org.apache.iceberg.spark.SparkCatalog",
        "spark.sql.catalog.h.type": "hadoop",
        "spark.sql.catalog.h.warehouse": WRITTEN_AT,
        "spark.sql.catalog.h.cache-enabled": "false",
        "spark.sql.warehouse.dir": f"{WRITTEN_AT}/warehouse",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "1",
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.unionOutputPartitioning": "false",
        "spark.default.parallelism": "1",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.driver.extraJavaOptions": "-Duser.timezone=UTC -Dderby.system.home=/tmp/derby",
        "spark.log.level": "ERROR",
    }
    builder = SparkSession.builder.appName("golden").master(f"local[{threads}]")
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sql("CREATE NAMESPACE IF NOT EXISTS g.t")
    return spark
