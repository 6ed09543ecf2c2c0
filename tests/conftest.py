"""Which tests stay together where several processes share the run (pytest -n, see check.sh)."""

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """The tests of a file share what it makes, those of the cases their tables."""
    if config.getoption("dist", "no") != "loadgroup":
        return
    for item in items:
        folder = item.path.parent.name
        together = folder if folder == "pit" else f"{folder}/{item.path.stem}"
        item.add_marker(pytest.mark.xdist_group(together))
