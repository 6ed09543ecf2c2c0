"""Logs of served features: their destination, their table, their validation."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from feast import FeatureService, FeatureStore
from feast.dqm.errors import ValidationFailed
from feast.dqm.profilers.profiler import Profile, Profiler, ValidationError, ValidationReport
from feast.feature_logging import (
    FeatureServiceLoggingSource,
    LoggingConfig,
)
from feast.infra.offline_stores.file_source import FileLoggingDestination
from feast.protos.feast.core.FeatureService_pb2 import LoggingConfig as LoggingConfigProto
from feast.saved_dataset import ValidationReference

from icefield.feast import IcebergLoggingDestination, IcebergSource, SourceMismatchError
from tests.feast.drivers import DRIVER, STATS, TABLE, stats_view

LOGS = "monitoring.served"
DAY = datetime(2024, 1, 3, 12, tzinfo=UTC)


def service(*features, destination=None):
    return FeatureService(
        name="scoring",
        features=[stats_view()[list(features or ("trips",))]],
        logging_config=LoggingConfig(destination or IcebergLoggingDestination(table=LOGS)),
    )


@pytest.fixture
def applied(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view(), service()])
    return store


def logs(store, feature_service, *rows):
    """Rows (driver, trips, time) as the feature server logs them."""
    schema = FeatureServiceLoggingSource(feature_service, store.project).get_schema(store.registry)
    made = []
    for number, (driver, trips, time) in enumerate(rows):
        row = dict.fromkeys(schema.names)
        row |= {
            "driver_id": driver,
            "driver_stats__trips": trips,
            "driver_stats__trips__timestamp": time,
            "driver_stats__trips__status": 2,
            "__log_timestamp": time,
            "__log_date": time.date(),
            "__request_id": f"request-{number}",
        }
        made.append(row)
    return pa.Table.from_pylist(made, schema=schema)


def stored(warehouse):
    table = warehouse.catalog.load_table(LOGS)
    return sorted(table.scan().to_arrow()["driver_stats__trips"].to_pylist())


def test_a_destination_survives_the_registry(make_config, applied):
    applied.apply([service(destination=IcebergLoggingDestination(table=LOGS, catalog="other"))])
    read = FeatureStore(config=make_config()).get_feature_service("scoring")
    assert read.logging_config.destination == IcebergLoggingDestination(LOGS, "other")
    assert read.logging_config.sample_rate == 1.0
    source = read.logging_config.destination.to_data_source()
    assert source == IcebergSource(table=LOGS, timestamp_field="__log_timestamp", catalog="other")


def test_another_process_needs_no_import_to_read_a_destination(applied, warehouse, tmp_path):
    settings = {
        "project": "test",
        "registry": str(tmp_path / "registry.db"),
        "provider": "local",
        "offline_store": warehouse.store_config(),
        "entity_key_serialization_version": 3,
    }
    (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(settings))
    program = (
        "from feast import FeatureStore\n"
        "service = FeatureStore('.').get_feature_service('scoring')\n"
        "print(service.logging_config.destination.table)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], cwd=tmp_path, check=True, capture_output=True, text=True
    )
    assert ran.stdout.strip() == LOGS


@pytest.mark.parametrize("options", [{"table": LOGS}, {"version": "1", "table": LOGS, "bin": "1"}])
def test_a_destination_of_another_version_is_refused(options):
    proto = LoggingConfigProto(
        custom_destination=LoggingConfigProto.CustomDestination(kind="icefield", config=options)
    )
    with pytest.raises(SourceMismatchError, match="use the Icefield that wrote it"):
        LoggingConfig.from_proto(proto)


def test_a_destination_needs_a_table():
    with pytest.raises(ValueError, match="needs a table"):
        IcebergLoggingDestination(table="")


def test_the_first_write_makes_a_table_by_day_and_the_next_appends(applied, warehouse):
    first = logs(applied, service(), (1, 10, DAY), (2, 20, DAY + timedelta(days=1)))
    applied.write_logged_features(first, service())
    table = warehouse.catalog.load_table(LOGS)
    [field] = table.spec().fields
    assert (str(field.transform), table.schema().find_column_name(field.source_id)) == (
        "day",
        "__log_timestamp",
    )
    assert len(list(table.scan().plan_files())) == 2
    applied.write_logged_features(logs(applied, service(), (3, 30, DAY)), service())
    assert stored(warehouse) == [10, 20, 30]


def test_logs_from_a_folder_of_parquet_files(applied, warehouse, tmp_path):
    folder = tmp_path / "logs"
    folder.mkdir()
    for number in (1, 2):
        rows = logs(applied, service(), (number, number * 10, DAY))
        pq.write_table(rows, folder / f"{number}.parquet")
    applied.write_logged_features(folder, service())
    assert stored(warehouse) == [10, 20]


def test_no_logs_leave_a_table_without_rows(applied, warehouse):
    applied.write_logged_features(logs(applied, service()), service())
    assert stored(warehouse) == []
    assert warehouse.catalog.load_table(LOGS).current_snapshot() is None


def test_a_feature_that_the_service_gains_becomes_a_column(applied, warehouse):
    applied.write_logged_features(logs(applied, service(), (1, 10, DAY)), service())
    grown = service("trips", "rate")
    applied.apply([grown])
    applied.write_logged_features(logs(applied, grown, (2, 20, DAY)), grown)
    assert stored(warehouse) == [10, 20]
    assert "driver_stats__rate" in warehouse.catalog.load_table(LOGS).scan().to_arrow().column_names
    # A server that still runs with the old service can go on logging.
    applied.write_logged_features(logs(applied, service(), (3, 30, DAY)), service())
    assert stored(warehouse) == [10, 20, 30]


def test_logs_that_do_not_fit_are_refused(applied, warehouse):
    rows = logs(applied, service(), (1, 10, DAY))
    applied.write_logged_features(rows, service())
    for wrong in (
        rows.rename_columns([f"{name}_" for name in rows.column_names]),
        rows.set_column(0, "driver_id", pa.array(["one"])),
    ):
        with pytest.raises(ValueError, match=LOGS):
            applied.write_logged_features(wrong, service())
    assert stored(warehouse) == [10]


def test_another_stores_destination_is_refused(applied, tmp_path):
    elsewhere = service(destination=FileLoggingDestination(path=str(tmp_path)))
    with pytest.raises(SourceMismatchError, match="FileLoggingDestination"):
        applied.write_logged_features(logs(applied, elsewhere, (1, 10, DAY)), elsewhere)


class Ceiling(Profile):
    def __init__(self, most):
        self.most = most

    def validate(self, dataset):
        return Outcome(dataset[dataset["driver_stats__trips"] > self.most])

    def to_proto(self):
        raise NotImplementedError


class Outcome(ValidationReport):
    def __init__(self, rows):
        self.rows = rows

    @property
    def is_success(self):
        return self.rows.empty

    @property
    def errors(self):
        return [ValidationError("ceiling", "driver_stats__trips") for _ in range(len(self.rows))]


class Ceilings(Profiler):
    def analyze_dataset(self, dataset):
        return Ceiling(25)

    def to_proto(self):
        raise NotImplementedError


def test_logged_features_are_validated_in_their_range(applied, monkeypatch):
    rows = logs(applied, service(), (1, 10, DAY), (2, 90, DAY + timedelta(days=2)))
    applied.write_logged_features(rows, service())
    reference = ValidationReference("ceiling", "any", profiler=Ceilings())
    monkeypatch.setattr(ValidationReference, "profile", Ceiling(25), raising=False)
    call = {"source": service(), "reference": reference, "cache_profile": False}
    good = applied.validate_logged_features(start=DAY, end=DAY + timedelta(days=1), **call)
    assert good is None
    with pytest.raises(ValidationFailed):
        applied.validate_logged_features(start=DAY, end=DAY + timedelta(days=3), **call)
    bad = applied.validate_logged_features(
        start=DAY, end=DAY + timedelta(days=3), throw_exception=False, **call
    )
    assert len(bad.report.errors) == 1
