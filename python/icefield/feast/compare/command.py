"""`icefield feast compare`: the order of the steps, and the exit code."""

from __future__ import annotations

import json
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from feast import FeatureStore
from feast.data_source import DataSource

from icefield.errors import InvalidArgumentError
from icefield.feast.compare.arguments import Options, parse
from icefield.feast.compare.asking import Answer, ask
from icefield.feast.compare.candidates import ViewRows
from icefield.feast.compare.cells import compare
from icefield.feast.compare.importing import ImportedTable, catalog_settings, import_sources
from icefield.feast.compare.output import Outcome, document, write_text
from icefield.feast.compare.reasons import explain
from icefield.feast.compare.repository import (
    Question,
    iceberg_twin,
    is_iceberg,
    open_repository,
    over_iceberg,
    write_registry,
)
from icefield.feast.compare.sampling import numbered, read_frame, sample_frame
from icefield.feast.compare.side import Task
from icefield.feast.views import Tables

_EQUAL, _DIFFERENT = 0, 1


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one comparison; errors are raised (see icefield.feast.command)."""
    options = parse(argv)
    with tempfile.TemporaryDirectory(prefix="icefield-compare-") as folder:
        outcome = _run(options, Path(folder))
    if options.json:
        print(json.dumps(document(outcome), indent=2))
    else:
        write_text(outcome, sys.stdout)
    return _EQUAL if outcome.equal else _DIFFERENT


@dataclass(frozen=True)
class _Prepared:
    """The repository over Iceberg, and what is asked of it."""

    task: Task
    store: FeatureStore
    question: Question
    imported: Sequence[ImportedTable]


def _run(options: Options, folder: Path) -> Outcome:
    sys.path.append(str(options.repo))
    prepared = _prepare(options, folder)
    tables = Tables(prepared.store.config)
    question = prepared.question
    if options.entity_frame is not None:
        frame = read_frame(options.entity_frame)
    else:
        _refuse_request_data(question)
        frame = sample_frame(question.views, tables, options.rows, options.seed)
    frame, time_column = numbered(frame)
    frame.to_parquet(folder / "frame.parquet", index=False)
    _progress(f"{len(frame):,} entity rows; asking the offline store of the repository")
    own_store = replace(prepared.task, registry=None, offline_store={})
    theirs = ask(_store_name(options), folder / "store", own_store, folder / "frame.parquet")
    _progress("asking icefield")
    ours = ask("icefield", folder / "icefield", prepared.task, folder / "frame.parquet")
    columns = question.columns()
    comparison = compare(ours.table, theirs.table, len(frame), list(columns))
    if comparison.differences:
        _progress(f"{len(comparison.differences):,} differences; looking up their rows")
    explain(comparison, frame, time_column, _rows_of_views(columns, tables, ours, prepared))
    return Outcome(comparison, ours, theirs, prepared.imported, options.strict)


def _prepare(options: Options, folder: Path) -> _Prepared:
    own = open_repository(options.repo, options.yaml)
    question = Question(own, options.features, options.feature_service)
    replaced, offline_store, imported = _tables(options, question, folder)
    registry = folder / "registry.db"
    write_registry(own, replaced, registry)
    store = over_iceberg(options.repo, options.yaml, registry, offline_store)
    task = Task(
        repo=str(options.repo),
        yaml=str(options.yaml),
        registry=str(registry),
        offline_store=offline_store,
        features=None if options.feature_service else question.asked,
        feature_service=options.feature_service,
        created_cut=options.created_cut,
    )
    over = Question(store, options.features, options.feature_service)
    return _Prepared(task, store, over, imported)


def _tables(
    options: Options, question: Question, folder: Path
) -> tuple[dict[str, DataSource], dict[str, Any], list[ImportedTable]]:
    """The sources to replace, Icefield's store, and what was imported."""
    sources = {source.name: source for source in question.sources()}
    named = {}
    for name, table in options.tables.items():
        source = question.source_named(name)
        sources[source.name] = source
        named[source.name] = table
    rest = [s for s in sources.values() if s.name not in named and not is_iceberg(s)]
    imported: dict[str, ImportedTable] = {}
    offline_store = dict(options.store)
    if options.imports:
        if named:
            raise InvalidArgumentError(
                "--import and --table name tables of two catalogs: import into a folder first, "
                "then give all tables with --table"
            )
        target = (options.import_to or folder / "imported").absolute()
        _progress(f"importing {', '.join(source.name for source in rest) or 'nothing'}")
        imported = import_sources(target, rest, options.repo)
        offline_store |= catalog_settings(target)
        named |= {name: table.table for name, table in imported.items()}
        if options.import_to is not None:
            _progress(_how_to_reuse(target, imported))
    elif rest:
        names = ", ".join(source.name for source in rest)
        raise InvalidArgumentError(
            f"no Iceberg table is known for {names}: name them with --table, or let file sources "
            "be imported with --import"
        )
    replaced = {name: iceberg_twin(sources[name], table) for name, table in named.items()}
    return replaced, offline_store, list(imported.values())


def _how_to_reuse(folder: Path, imported: Mapping[str, ImportedTable]) -> str:
    settings = catalog_settings(folder)
    options = ["--uri", settings["uri"], "--warehouse", settings["warehouse"]]
    for name, table in imported.items():
        options += ["--table", f"{name}={table.table}"]
    return f"kept; next time: {shlex.join(options)}"


def _rows_of_views(
    columns: Mapping[str, Any], tables: Tables, ours: Answer, prepared: _Prepared
) -> dict[str, tuple[ViewRows, str] | None]:
    """For each feature column what explains it, at the snapshots that Icefield answered from."""
    snapshots = ours.measurement.snapshots or {}
    floored = {table.source for table in prepared.imported if table.floored}
    views: dict[int, ViewRows] = {}
    found: dict[str, tuple[ViewRows, str] | None] = {}
    for column, known in columns.items():
        if known is None:
            found[column] = None
            continue
        requested, feature = known
        pin = snapshots.get(requested.view.projection.name_to_use(), {})
        rows = views.setdefault(
            id(requested),
            ViewRows(
                requested,
                tables,
                pin.get("snapshot_id"),
                created_cut=prepared.task.created_cut,
                floored=requested.source.name in floored,
            ),
        )
        found[column] = (rows, feature)
    return found


def _refuse_request_data(question: Question) -> None:
    columns = question.request_data()
    if columns:
        raise InvalidArgumentError(
            f"on-demand views take {', '.join(sorted(set(columns)))} from the entity frame, which "
            "cannot be sampled: give one with --entity-frame"
        )


def _store_name(options: Options) -> str:
    """The repository's store, as its configuration calls it."""
    store = open_repository(options.repo, options.yaml).config.offline_config
    kind = store.get("type") if isinstance(store, dict) else store
    return str(kind or "the offline store").rsplit(".", 1)[-1]


def _progress(text: str) -> None:
    print(f"icefield feast compare: {text}", file=sys.stderr)
