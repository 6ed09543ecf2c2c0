"""On-demand and stream views through a real repository, whole and batch by batch."""

from datetime import timedelta

import pandas as pd
import pyarrow as pa
import pyarrow.substrait
import pytest
from feast import Field, PushSource, RequestSource, StreamFeatureView
from feast.on_demand_feature_view import OnDemandFeatureView, on_demand_feature_view
from feast.transformation.substrait_transformation import SubstraitTransformation
from feast.types import Float64, Int64

from icefield.errors import InvalidArgumentError
from tests.feast.drivers import DRIVER, STATS, TABLE, frame, stats_source, stats_view, values

INPUT = stats_view(schema=[Field(name="rate", dtype=Float64)])
REQUEST = RequestSource(name="request", schema=[Field(name="bonus", dtype=Float64)])
ASKED = frame(["driver_id", "event_timestamp"], (2, "2024-01-02"), (1, "2024-01-01")).assign(
    bonus=[1.0, 2.0]
)


@pytest.fixture(params=["native", "duckdb"])
def engine(request):
    return request.param


@pytest.fixture
def applied(store, warehouse):
    warehouse.write(TABLE, STATS)
    store.apply([DRIVER, stats_view()])
    return store


@on_demand_feature_view(
    sources=[INPUT, REQUEST],
    schema=[Field(name="boosted", dtype=Float64), Field(name="halved", dtype=Float64)],
)
def by_pandas(inputs: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({"boosted": inputs["rate"] + inputs["bonus"], "halved": inputs["rate"] / 2})


@on_demand_feature_view(
    sources=[INPUT, REQUEST], schema=[Field(name="added", dtype=Float64)], mode="python"
)
def by_python(inputs: dict) -> dict:
    return {"added": [a + b for a, b in zip(inputs["rate"], inputs["bonus"], strict=True)]}


def substrait_plan():
    """SELECT rate + bonus AS summed FROM t, as a Substrait plan."""
    numbers = {"fp64": {"nullability": "NULLABILITY_NULLABLE"}}
    reference = [
        {"selection": {"directReference": {"structField": {"field": n}}, "rootReference": {}}}
        for n in range(2)
    ]
    added = {
        "scalarFunction": {
            "functionReference": 0,
            "outputType": numbers,
            "arguments": [{"value": argument} for argument in reference],
        }
    }
    uri = "urn:arrow:substrait_simple_extension_function"
    plan = {
        "version": {"major": 9999, "minor": 9999, "patch": 9999},
        "extensionUris": [{"extensionUriAnchor": 1, "uri": uri}],
        "extensions": [
            {
                "extensionFunction": {
                    "extensionUriReference": 1,
                    "functionAnchor": 0,
                    "name": "add",
                }
            }
        ],
        "relations": [
            {
                "root": {
                    "names": ["summed"],
                    "input": {
                        "project": {
                            "common": {"emit": {"outputMapping": [2]}},
                            "expressions": [added],
                            "input": {
                                "read": {
                                    "baseSchema": {
                                        "names": ["rate", "bonus"],
                                        "struct": {
                                            "types": [numbers, numbers],
                                            "nullability": "NULLABILITY_REQUIRED",
                                        },
                                    },
                                    "namedTable": {"names": ["t"]},
                                }
                            },
                        }
                    },
                }
            }
        ],
    }
    return pa._substrait._parse_json_plan(
        pa.lib.tobytes(__import__("json").dumps(plan))
    ).to_pybytes()


by_substrait = OnDemandFeatureView(
    name="by_substrait",
    sources=[INPUT, REQUEST],
    schema=[Field(name="summed", dtype=Float64)],
    feature_transformation=SubstraitTransformation(substrait_plan(), lambda table: table),
    mode="substrait",
)

VIEWS = [(by_pandas, "boosted"), (by_python, "added"), (by_substrait, "summed")]


@pytest.mark.parametrize(("view", "feature"), VIEWS, ids=["pandas", "python", "substrait"])
@pytest.mark.parametrize("full", [False, True])
def test_views_of_every_mode_whole_and_in_batches(applied, view, feature, full):
    applied.apply([view])
    ref = f"{view.name}:{feature}"
    job = applied.get_historical_features(ASKED, [ref], full_feature_names=full)
    column = f"{view.name}__{feature}" if full else feature
    assert job.to_arrow()[column].to_pylist() == [1.5, 2.1]
    batches = job.to_arrow_batches()
    assert batches.schema.names == job.to_arrow().column_names
    assert batches.read_all()[column].to_pylist() == [1.5, 2.1]
    if column == "boosted":
        assert "halved" not in batches.schema.names


def test_several_views_in_one_request(applied):
    applied.apply([view for view, _ in VIEWS])
    refs = [*(f"{view.name}:{feature}" for view, feature in VIEWS), "driver_stats:trips"]
    job = applied.get_historical_features(ASKED, refs)
    for result in (job.to_arrow(), job.to_arrow_batches().read_all()):
        assert result["trips"].to_pylist() == [50, 10]
        for _, feature in VIEWS:
            assert result[feature].to_pylist() == [1.5, 2.1]


def test_batches_without_rows_have_the_full_schema(applied):
    applied.apply([by_pandas])
    job = applied.get_historical_features(ASKED[:0], ["by_pandas:boosted"])
    reader = job.to_arrow_batches()
    assert reader.schema.names == ["driver_id", "event_timestamp", "bonus", "rate", "boosted"]
    assert reader.schema.field("boosted").type == pa.float64()
    assert reader.read_all().num_rows == 0


def many(count):
    """A frame of several batches."""
    asked = pd.concat([ASKED[:1]] * count, ignore_index=True)
    return asked.assign(bonus=range(count)).astype({"bonus": "float64"})


def test_each_batch_is_transformed_for_itself(applied):
    @on_demand_feature_view(sources=[INPUT], schema=[Field(name="size", dtype=Int64)])
    def sizes(inputs: pd.DataFrame) -> pd.DataFrame:
        return pd.DataFrame({"size": [len(inputs)] * len(inputs)})

    applied.apply([sizes])
    job = applied.get_historical_features(many(100_000), ["sizes:size"])
    found = set()
    rows = 0
    for batch in job.to_arrow_batches():
        found |= set(batch["size"].to_pylist())
        rows += len(batch)
    assert rows == 100_000
    assert max(found) < 100_000
    assert set(job.to_arrow()["size"].to_pylist()) == {100_000}


def test_a_first_batch_of_nulls_takes_the_declared_type(applied):
    @on_demand_feature_view(
        sources=[REQUEST], schema=[Field(name="late", dtype=Int64)], mode="python"
    )
    def lates(inputs: dict) -> dict:
        # Feast tries the view on small numbers when it is applied.
        return {"late": [int(b) if b > 100_008 or b < 10 else None for b in inputs["bonus"]]}

    applied.apply([lates])
    asked = many(100_000)
    asked["bonus"] += 10
    job = applied.get_historical_features(asked, ["lates:late", "driver_stats:trips"])
    result = job.to_arrow_batches().read_all()
    assert result["late"].type == pa.int64()
    assert result["late"].to_pylist()[-2:] == [None, 100_009]


def test_a_batch_of_another_type_is_named(applied):
    @on_demand_feature_view(
        sources=[REQUEST], schema=[Field(name="odd", dtype=Int64)], mode="python"
    )
    def odds(inputs: dict) -> dict:
        return {"odd": [int(b) if b < 70_000 else "x" for b in inputs["bonus"]]}

    applied.apply([odds])
    asked = many(140_000)
    asked["bonus"] = [1.0] * 70_000 + [80_000.0] * 70_000
    job = applied.get_historical_features(asked[:65_536], ["odds:odd", "driver_stats:trips"])
    assert job.to_arrow_batches().read_all()["odd"].type == pa.int64()
    asked = pd.concat([asked[:65_536], asked[70_000:]])
    job = applied.get_historical_features(asked, ["odds:odd", "driver_stats:trips"])
    with pytest.raises(InvalidArgumentError, match="'odd' as int64 for one batch and as string"):
        job.to_arrow_batches().read_all()


def test_stream_views_are_read_from_their_batch_source(applied):
    source = PushSource(name="pushed", batch_source=stats_source(name="behind"))
    fields = [Field(name="driver_id", dtype=Int64), Field(name="trips", dtype=Int64)]
    view = StreamFeatureView(
        name="streamed",
        entities=[DRIVER],
        ttl=timedelta(days=3),
        schema=fields,
        source=source,
        timestamp_field="event_timestamp",
    )
    pushed = stats_view(
        "pushed_view", source=PushSource(name="p2", batch_source=stats_source(name="b2"))
    )
    applied.apply([view, pushed])
    refs = ["streamed:trips", "pushed_view:trips"]
    job = applied.get_historical_features(ASKED, refs, full_feature_names=True)
    assert values(job, "streamed__trips") == [50, 10]
    assert values(job, "pushed_view__trips") == [50, 10]
    assert set(job.metadata.snapshots) == {"streamed", "pushed_view"}
