"""What the tests of the Python package share."""

import pytest

from tests.python.lake import Lake


@pytest.fixture(scope="module")
def lake(tmp_path_factory) -> Lake:
    """A catalog for the tables of one module of tests."""
    return Lake(tmp_path_factory.mktemp("lake"))
