"""Writers that are killed, or that run out of disk: the table is the old or the new one.

`python -m tests.interop.killing --trials 400`
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

from pyiceberg.table import StaticTable

import icefield
from tests.interop import victim
from tests.interop.avro_files import local
from tests.interop.table_judge import TableJudge, read_metadata

TABLE = "ns.t"
CATALOGS = ("sql", "none")
PROPERTIES = {"format-version": "3", "padding": "of the metadata file " * 1000}


class Victim:
    """A table, the process whose children write to it, and the rows that it must have."""

    def __init__(self, folder: Path, catalog: str) -> None:
        self.folder = folder
        self.properties = {"type": catalog, "warehouse": f"file://{folder}"}
        if catalog == "sql":
            self.properties["uri"] = f"sqlite:///{folder}/catalog.db"
        made = icefield.load_catalog("default", **self.properties)
        made.create_namespace("ns")
        self.location = made.create_table(
            TABLE, victim.SCHEMA, partition_spec=["part"], properties=PROPERTIES
        ).location()
        self.ids: list[int] = []
        self.next_id = 0
        self._started = folder / "started"
        given = {"properties": self.properties, "table": TABLE, "started": str(self._started)}
        self._process = subprocess.Popen(
            [sys.executable, victim.__file__, json.dumps(given)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """Ends the process."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=60)

    def operation(self, rng: random.Random, count: int = 20) -> dict[str, Any]:
        """What is done next, and the ids after it."""
        do = rng.choice(["append", "append", "overwrite", "delete"]) if self.ids else "append"
        bound = rng.randrange(self.next_id + 1)
        cut = [i for i in self.ids if not (i >= bound and i % 3 == 1)]
        new = list(range(self.next_id, self.next_id + count))
        after = {"append": self.ids + new, "overwrite": cut + new, "delete": cut}[do]
        where = f"id >= {bound} and part = 1"
        first, self.next_id = self.next_id, self.next_id + count
        return {"do": do, "first": first, "count": count, "where": where, "after": after}

    def run(
        self, operation: dict[str, Any], after_seconds: float | None, limit: int | None = None
    ) -> dict[str, Any]:
        """Does it, killing the child so long after it began to write; its status and error."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._started.unlink(missing_ok=True)
        asked = {key: value for key, value in operation.items() if key != "after"}
        print(json.dumps({**asked, "limit": limit}), file=self._process.stdin, flush=True)
        child = int(self._process.stdout.readline())
        if after_seconds is not None:
            while not self._started.exists():
                time.sleep(0.0005)
            time.sleep(after_seconds)
            with suppress(ProcessLookupError):
                os.kill(child, signal.SIGKILL)
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def metadata(self) -> str:
        """Where the table is now, by its catalog."""
        catalog = icefield.load_catalog("default", **self.properties)
        return catalog.load_table(TABLE).metadata_location

    def files(self) -> set[str]:
        """All files of the table, whether it knows them or not."""
        root = local(self.location)
        return {str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()}

    def check(self, operation: dict[str, Any], judged: bool = True) -> tuple[str, list[str]]:
        """Whether the table is the old or the new one, and what is wrong."""
        metadata = self.metadata()
        read = sorted(icefield.load_table(metadata).scan().to_arrow()["id"].to_pylist())
        theirs = sorted(StaticTable.from_metadata(metadata).scan().to_arrow()["id"].to_pylist())
        wrong = TableJudge(read_metadata(metadata)).judge() if judged else []
        if read != theirs:
            wrong.append(f"Icefield reads {read}, pyiceberg {theirs}")
        before, after = sorted(self.ids), sorted(operation["after"])
        state = "new" if read == after else "old" if read == before else "mixed"
        if state == "mixed":
            wrong.append(f"ids {read}, were {before}, to be {after}")
        if state == "new":
            self.ids = list(operation["after"])
        return state, wrong


def kill_often(table: Victim, trials: int, seed: int) -> tuple[Counter[str], list[str]]:
    """What the table was after each kill, and what was wrong with it."""
    rng = random.Random(seed)
    states: Counter[str] = Counter()
    # How long a write takes at most, as it seems: kills are spread over that.
    longest = 0.1
    for trial in range(trials):
        operation = table.operation(rng)
        told = table.run(operation, rng.random() * longest)
        ended = told["status"] == 0
        longest *= 0.6 if ended else 1.15
        state, wrong = table.check(operation, trial % 5 == 4)
        states[f"{state}, {'ended' if ended else 'killed'}"] += 1
        if ended and state != "new":
            wrong.append("the writer ended well, but the table is the old one")
        if told["error"]:
            wrong.append(f"the writer failed: {told['error']}")
        if wrong:
            return states, [f"trial {trial} ({operation['do']}):", *wrong]
        if len(table.ids) > 300:
            table.run({**operation, "do": "delete", "where": "id >= 0"}, None)
            table.ids = []
    return states, []


# Rows and bytes a file, so that data files, manifests, the metadata file have no room.
NO_ROOM = {".parquet": (300, 1500), ".avro": (3, 3500), ".metadata.json": (3, 15_000)}


def fill_disk(table: Victim) -> list[str]:
    """Writes with no room for one file or another; what was wrong."""
    rng, wrong = random.Random(0), []
    first = table.operation(rng, 10)
    table.run(first, None)
    wrong += table.check(first)[1]
    for kind, (count, limit) in NO_ROOM.items():
        for do in ("append", "overwrite", "delete"):
            operation = {**table.operation(rng, count), "do": do, "where": "part = 1 and id < 7"}
            before, files = table.metadata(), table.files()
            told = table.run(operation, None, limit)
            name = f"{do} without room for {kind}"
            if told["status"] == 0:
                wrong.append(f"{name}: there was room enough")
            elif (
                not told["error"].startswith("ResourceExhaustedError") or kind not in told["error"]
            ):
                wrong.append(f"{name}: {told}")
            if table.metadata() != before:
                wrong.append(f"{name}: the table changed")
            left = table.files() - files
            if left:
                wrong.append(f"{name}: {len(left)} files are left: {sorted(left)[:3]}")
    return wrong


def main() -> int:
    """1 if a table was neither the old nor the new one."""
    parser = argparse.ArgumentParser(prog="python -m tests.interop.killing")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    failed = False
    for catalog in CATALOGS:
        with tempfile.TemporaryDirectory("-interop") as folder:
            table = Victim(Path(folder), catalog)
            states, wrong = kill_often(table, options.trials, options.seed)
            table.close()
            print(f"{catalog}: {dict(states)}")
            print("\n".join(wrong))
            failed |= bool(wrong)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
