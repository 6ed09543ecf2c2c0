"""The tables that are scanned, in the cache, and the right answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench import deletes
from bench.cache import fill, versioned
from bench.digest import RowDigest
from bench.generate import Bools, stream
from bench.reference import live_rows
from bench.scan_job import ScanJob
from bench.tables import stored
from bench.workload import Dataset, Size
from tests.raw import RawTable

WIDE_COLUMNS = 100
_WIDE_SHARE = 10
"""The wide table has a tenth of the rows."""
_WIDE_ROW_GROUP_ROWS = 131_072
"""About 60 MB, as writers that count bytes make them."""


def scan_folder(size: Size, cache: Path) -> Path:
    """Where the tables of scans are, and what the measured processes are told."""
    return versioned(cache) / f"{size.name}-scan"


def scan_jobs(size: Size, cache: Path, announce: Callable[[str], None]) -> list[ScanJob]:
    """All scans of a size; tables and answers are made now if the cache lacks them."""
    plain = stored(Dataset(size), cache, announce)
    source = plain.table(plain.dataset.tables[0])
    folder = scan_folder(size, cache)
    identity = {
        "size": repr(size),
        "of": source.metadata_location,
        "code": _code_digest(),
    }

    def write() -> None:
        jobs = []
        columns = tuple(source.schema().column_names)
        files = tuple(_path(file.path) for file in deletes.data_files(source))
        whole = _Answer(files, columns)
        announce(f"{size.name}: reading the right answer")
        clean = ("limit", "duckdb", "icefield")
        location = source.metadata_location
        answer = whole.digest(_everything)
        jobs.append(ScanJob("clean", location, files, columns, answer, clean, ("clean", "limit")))
        for kind in (deletes.POSITIONS, deletes.VECTORS, deletes.EQUALITY):
            announce(f"{size.name}: writing deletes, {kind}")
            table = deletes.write(kind, source, folder / kind)
            alive = _alive(kind, source.schema().find_field(deletes.EQUALITY_COLUMN).name, table)
            answer = whole.digest(alive)
            location, base = table.metadata_location, ("clean", "icefield")
            jobs.append(ScanJob(kind, location, files, columns, answer, ("icefield",), base))
        announce(f"{size.name}: writing {WIDE_COLUMNS} columns")
        jobs += _wide_jobs(size, folder / "wide")
        (folder / "jobs.json").write_text(json.dumps([job.dumps() for job in jobs]))

    fill(folder, identity, write)
    return [ScanJob.loads(text) for text in json.loads((folder / "jobs.json").read_text())]


def _code_digest() -> str:
    here = Path(__file__).parent
    names = ("deletes.py", "digest.py", "scan_workload.py")
    return hashlib.sha256(b"".join((here / name).read_bytes() for name in names)).hexdigest()[:12]


def _path(uri: str) -> str:
    return uri.removeprefix("file://")


# --- right answers, by Arrow and numpy ------------------------------------------------------------

_Alive = Callable[[str, pa.Table], Bools]
"""Which rows of a file exist."""


def _everything(_: str, rows: pa.Table) -> Bools:
    return np.ones(rows.num_rows, np.bool_)


@dataclass(frozen=True)
class _Answer:
    files: tuple[str, ...]
    columns: tuple[str, ...]

    def digest(self, alive: _Alive) -> str:
        digest = RowDigest(self.columns)
        for path in self.files:
            rows = pq.read_table(path, columns=list(self.columns))
            kept = rows.filter(pa.array(alive(path, rows)))
            for batch in kept.to_batches(max_chunksize=1 << 20):
                digest.add(batch)
        return str(digest)


def _alive(kind: str, key: str, table: RawTable) -> _Alive:
    files = [entry.file for entry in table.entries()]
    data = [file for file in files if file.content == 0]
    if kind == deletes.EQUALITY:
        keys = deletes.chosen_keys(data)

        def unequal(_: str, rows: pa.Table) -> Bools:
            mask: Bools = ~pc.is_in(rows[key], value_set=keys).to_numpy()
            return mask

        return unequal
    if kind == deletes.POSITIONS:
        of = live_rows([_path(file.path) for file in files if file.content != 0])
        return lambda path, rows: of(path, rows.num_rows)
    chosen = {_path(file.path): at for file, at in deletes.chosen_positions(kind, data).items()}

    def outside(path: str, rows: pa.Table) -> Bools:
        mask = np.ones(rows.num_rows, np.bool_)
        mask[chosen[path]] = False
        return mask

    return outside


# --- wide tables ----------------------------------------------------------------------------------


def _wide_jobs(size: Size, folder: Path) -> Iterator[ScanJob]:
    names = tuple(f"c{at:03}" for at in range(WIDE_COLUMNS))
    kinds = ["double", "long", "string", "float"]
    table = RawTable(folder, [(name, kinds[at % 4]) for at, name in enumerate(names)])
    files = []
    rows = size.feature_rows // _WIDE_SHARE
    for at, start in enumerate(range(0, rows, size.rows_per_append)):
        chunk = _wide_chunk(names, at, min(size.rows_per_append, rows - start))
        files.append(table.write_data(chunk, row_group_rows=_WIDE_ROW_GROUP_ROWS))
    table.commit(files)
    paths = tuple(_path(file.path) for file in files)
    for count in (10, WIDE_COLUMNS):
        columns, name = names[:count], f"{count} columns"
        answer = _Answer(paths, columns).digest(_everything)
        location = table.metadata_location
        peers = ("limit", "duckdb", "icefield")
        yield ScanJob(name, location, paths, columns, answer, peers, (name, "limit"))


def _wide_chunk(names: tuple[str, ...], chunk: int, rows: int) -> pa.Table:
    random = stream(3_000_000, chunk)
    texts = pa.array([f"text number {number:06}" for number in range(50_000)])
    columns: dict[str, pa.Array] = {}
    for at, name in enumerate(names):
        match at % 4:
            case 0:
                columns[name] = pa.array(random.standard_normal(rows))
            case 1:
                columns[name] = pa.array(random.integers(0, 1 << 40, rows))
            case 2:
                columns[name] = texts.take(pa.array(random.integers(0, len(texts), rows)))
            case _:
                columns[name] = pa.array(random.standard_normal(rows, dtype=np.float32))
    return pa.table(columns)
