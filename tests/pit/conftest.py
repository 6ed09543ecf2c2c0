"""What the tests of the cases share."""

from __future__ import annotations

import pytest

from tests.pit.tables import Warehouse


@pytest.fixture(scope="session")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """Each table of each layout is written once, and read by the reference, the engine and why."""
    return Warehouse(tmp_path_factory.mktemp("pit"))
