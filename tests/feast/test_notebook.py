"""The notebook of the examples runs from top to bottom, in an empty folder."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "examples/feast_iceberg.ipynb"


@pytest.fixture(scope="module")
def cells():
    return json.loads(NOTEBOOK.read_text())["cells"]


@pytest.fixture(scope="module")
def left(cells, tmp_path_factory):
    """What the notebook's variables hold when all its cells have run."""
    namespace = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path_factory.mktemp("notebook"))
        for cell in cells:
            if cell["cell_type"] == "code":
                name = f"{NOTEBOOK.name}[{cell['id']}]"
                exec(compile("".join(cell["source"]), name, "exec"), namespace)
    return namespace


def test_outputs_are_not_kept(cells):
    assert all(cell["outputs"] == [] for cell in cells if cell["cell_type"] == "code")
    assert all(cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
    assert len({cell["id"] for cell in cells}) == len(cells)


def test_the_training_set_is_the_one_that_the_text_promises(left):
    training = left["training"]
    assert list(training["label"]) == [0, 1, 1, 0]
    assert list(training["trips"].astype("Int64").fillna(-1)) == [11, 22, -1, -1]
    assert list(left["known"]["trips"].astype("Int64").fillna(-1)) == [11, 21, -1, -1]


def test_the_entity_frame_as_sql(left):
    by_query = left["by_query"].sort_values("driver_id")
    assert list(by_query["trips"]) == [34, 44, 54]


def test_the_saved_dataset_comes_back(left):
    kept = left["kept"].sort_values("driver_id", ignore_index=True)
    training = left["training"].sort_values("driver_id", ignore_index=True)
    assert kept["trips"].equals(training["trips"])


def test_what_was_written_through_feast_is_served(left):
    assert left["online"]["trips"] == [15, 55]
    assert len(left["stats"].snapshots()) == 6
