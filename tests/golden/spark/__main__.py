"""`python -m tests.golden.spark OUTPUT [--only TABLE ...]`: writes the tables and expectations."""

from __future__ import annotations

import argparse
import shutil
import sys
import time
import traceback
from pathlib import Path

from tests.golden.catalogue import WRITTEN_AT
from tests.golden.spark import deletes, evolution, foreign, history, types
from tests.golden.spark.kit import SparkTable
from tests.golden.spark.session import make_session

MODULES = [deletes, evolution, history, types, foreign]


def main() -> int:
    """Writes every table, or those asked for; says which could not be written."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.spark", description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="tables, by their names")
    options = parser.parse_args()
    stories = {name: story for module in MODULES for name, story in module.TABLES.items()}
    spark = make_session()
    failed = []
    for name in options.only or stories:
        shutil.rmtree(Path(WRITTEN_AT) / name, ignore_errors=True)
        started = time.monotonic()
        try:
            table: SparkTable = stories[name](spark, name)
            table.publish(options.output, table.metadata())
        except Exception:
            traceback.print_exc()
            failed.append(name)
        print(f"{name}: {time.monotonic() - started:.1f} s", flush=True)
    spark.stop()
    print(f"{len(failed)} failed: {' '.join(failed)}" if failed else "all written")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
