"""`python -m tests.golden.pyiceberg OUTPUT [--only TABLE ...]`: the tables and expectations."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import tempfile
import traceback
import warnings
from pathlib import Path

from pyiceberg.catalog.sql import SqlCatalog

from tests.golden.catalogue import WRITTEN_AT
from tests.golden.pyiceberg import evolution, types, writes

MODULES = [writes, evolution, types]


def main() -> int:
    """Writes every table, or those asked for; says which could not be written."""
    parser = argparse.ArgumentParser(prog="python -m tests.golden.pyiceberg", description=__doc__)
    parser.add_argument("output", type=Path)
    parser.add_argument("--only", nargs="+", default=[], help="tables, by their names")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    scripts = {name: script for module in MODULES for name, script in module.TABLES.items()}
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        catalog = SqlCatalog("golden", uri=f"sqlite:///{folder}/catalog.db", warehouse=WRITTEN_AT)
        catalog.create_namespace("golden")
        for name in options.only or scripts:
            shutil.rmtree(Path(WRITTEN_AT) / name, ignore_errors=True)
            try:
                table = scripts[name](catalog, name)
                table.publish(options.output, table.metadata())
            except Exception:
                traceback.print_exc()
                failed.append(name)
    print(f"{len(failed)} failed: {' '.join(failed)}" if failed else "all written")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
