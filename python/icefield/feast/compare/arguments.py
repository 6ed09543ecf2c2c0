"""The command line of `icefield feast compare`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from icefield.errors import InvalidArgumentError

_DESCRIPTION = """\
Asks the offline store of a Feast repository and Icefield for the same training set, and shows every
cell in which they differ with the reason, and the time and the memory that each took.

The repository must be applied (feast apply). Its definitions and its store are not changed.
"""
_EXAMPLES = """\
where the Iceberg tables come from:
  --import          file sources (Parquet) are written into Iceberg tables, temporary ones or in a
                    folder that is kept
  --table A=ns.t    the view or source A is the Iceberg table ns.t of the catalog that --uri,
                    --warehouse, --catalog and --property name
  neither           sources that are Iceberg tables by definition are taken as they are

reasons:
  type      equal after rounding: nanoseconds, narrower numbers, NaN and null
  tie       several rows of one event time (P5, P6)     ttl     at or beyond the TTL (P3)
  zone      as if all times were whole hours off (P10)  null    a value here, none there (P7)
  future    a row from after the entity's time (P2)     older   not the newest row (P4)
  created   a row that was not created yet (P8)         key     keys that are null (P2)
  data      the table has no such value for the key     derived an on-demand view's result
  rows      an entity row is missing or doubled (P1)    column  a feature column is missing

examples:
  icefield feast compare --import
  icefield feast compare --repo feature_repo --import --entity-frame labels.parquet
  icefield feast compare --features driver_stats:conv_rate driver_stats:acc_rate --rows 5000 \\
      --table driver_stats=feast.driver_stats --uri sqlite:////data/catalog.db
  icefield feast compare --import --output json > differences.json

exit codes:
  0 equal   1 some cell differs   2 wrong arguments, or a side failed
  3 not found: Feast itself, a table   70 fault of icefield
  others as for every icefield command
"""


@dataclass(frozen=True)
class Options:
    """What was asked for."""

    repo: Path
    yaml: Path
    features: tuple[str, ...]
    feature_service: str | None
    created_cut: bool
    entity_frame: Path | None
    rows: int
    seed: int
    tables: dict[str, str]
    import_to: Path | None
    """The folder of `--import`; see `imports`."""
    imports: bool
    store: dict[str, Any]
    """The catalog settings of Icefield's side, in the words of `feature_store.yaml`."""
    strict: bool
    json: bool


def parse(argv: Sequence[str] | None = None) -> Options:
    """The options of a command line; exits with 2 and the usage on a wrong one."""
    parser = _parser()
    given = parser.parse_args(argv)
    if given.features and given.feature_service:
        parser.error("give --features or --feature-service, not both")
    if given.rows < 1:
        parser.error("--rows must be 1 or more")
    try:
        tables = dict(
            _pair(text, "--table", "view_or_source=namespace.table") for text in given.table
        )
        store = _store(given)
    except InvalidArgumentError as error:
        parser.error(str(error))
    if given.imports is not None and store.keys() - {"type", "engine"}:
        parser.error(
            "--import writes into a catalog of its own: leave out --uri, --warehouse, --catalog "
            "and --property, or --import"
        )
    repo = given.repo.absolute()
    return Options(
        repo=repo,
        yaml=(given.feature_store_yaml or repo / "feature_store.yaml").absolute(),
        features=tuple(given.features),
        feature_service=given.feature_service,
        created_cut=given.filter_by_created_timestamp,
        entity_frame=given.entity_frame,
        rows=given.rows,
        seed=given.seed,
        tables=tables,
        import_to=Path(given.imports) if given.imports else None,
        imports=given.imports is not None,
        store=store,
        strict=given.strict,
        json=given.output == "json",
    )


def _store(given: argparse.Namespace) -> dict[str, Any]:
    properties = dict(_pair(text, "--property", "key=value") for text in given.property)
    store: dict[str, Any] = {"type": "icefield.feast.IcebergOfflineStore"}
    kind = properties.pop("type", None)
    if kind is None and given.warehouse and not given.uri and not given.catalog:
        kind = "none"  # a folder of tables, as for the other commands
    settings = {
        "catalog_type": kind,
        "catalog_name": given.catalog,
        "uri": given.uri,
        "warehouse": given.warehouse,
        "storage_options": properties,
        "engine": given.engine,
    }
    return store | {key: value for key, value in settings.items() if value}


def _pair(text: str, option: str, form: str) -> tuple[str, str]:
    key, separator, value = text.partition("=")
    if not (key and separator and value):
        raise InvalidArgumentError(f"{option} {text!r} is not of the form {form}")
    return key, value


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="icefield feast compare",
        description=_DESCRIPTION,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--repo", type=Path, default=Path(), help="folder of the Feast repository (default: .)"
    )
    parser.add_argument(
        "--feature-store-yaml", type=Path, help="its configuration (default: feature_store.yaml)"
    )
    _add_question(parser.add_argument_group("what is asked"))
    _add_tables(parser.add_argument_group("Icefield's side"))
    parser.add_argument(
        "--strict",
        action="store_true",
        help="the order of rows and the types of columns are differences too",
    )
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text")
    return parser


def _add_question(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--features",
        nargs="+",
        default=[],
        metavar="VIEW:FEATURE",
        help="features to ask for (default: all of all feature views)",
    )
    group.add_argument("--feature-service", metavar="NAME", help="or the features of a service")
    group.add_argument(
        "--filter-by-created-timestamp",
        action="store_true",
        help="ask both sides for rows that were created by the entity's time",
    )
    group.add_argument(
        "--entity-frame",
        type=Path,
        metavar="FILE",
        help="entity rows, a Parquet or CSV file (default: sampled from the tables)",
    )
    group.add_argument(
        "--rows", type=int, default=1000, help="entity rows to sample (default: 1000)"
    )
    group.add_argument("--seed", type=int, default=0, help="of the sample (default: 0)")


def _add_tables(group: argparse._ArgumentGroup) -> None:
    group.add_argument(
        "--table",
        action="append",
        default=[],
        metavar="NAME=TABLE",
        help="the Iceberg table of a view or source; may be given again",
    )
    group.add_argument(
        "--import",
        dest="imports",
        nargs="?",
        const="",
        metavar="FOLDER",
        help="write file sources into Iceberg tables, kept if a new FOLDER is named",
    )
    group.add_argument("--uri", help="catalog URI, such as sqlite:////data/catalog.db")
    group.add_argument("--warehouse", help="warehouse location; alone: a folder of tables")
    group.add_argument("--catalog", help="catalog name in .pyiceberg.yaml")
    group.add_argument(
        "--property",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="further catalog property; type=rest, glue or hive chooses the kind",
    )
    group.add_argument("--engine", help="Icefield's engine (default: native)")
