"""Which tests stay together where several processes share the run (pytest -n, see check.sh)."""

import pytest


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """The tests of a file share what it makes, those of the cases their tables."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class Together(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            file = nodeid.partition("::")[0]
            return "tests/pit" if file.startswith("tests/pit/") else file

    return Together(config, log)
