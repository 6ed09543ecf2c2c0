"""Long reads through Feast: the terminal shows how far they are, and Ctrl-C ends them."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from feast import Entity, FeatureStore, FeatureView, Field, ValueType
from feast.types import Int64

import icefield
from icefield.feast import IcebergSource
from tests.python.long_reads import PACKAGE, rows

ROWS = 400_000
SCRIPT = """
    import os, sys
    from feast import FeatureStore
    from tests.python.long_reads import frame

    store = FeatureStore(repo_path=sys.argv[1])
    entities = frame(200_000).to_pandas()
    refs = [f"stats{number}:trips" for number in range(8)]
    def ask():
        return store.get_historical_features(entities, refs, full_feature_names=True)
    before = None
    try:
        print("begun", flush=True)
        while True:
            {read}
            if before is None:
                before = len(os.listdir("/proc/self/task"))
                print("once", flush=True)
    except KeyboardInterrupt:
        print("stopped", len(os.listdir("/proc/self/task")) - before, flush=True)
    print(len(store.get_historical_features(entities[:10], refs[:1]).to_df()), flush=True)
"""


@pytest.fixture
def repo(tmp_path, warehouse):
    """A repository on disk, of views that do not decide alike."""
    warehouse.write("ns.stats", rows(ROWS))
    config = {
        "project": "long",
        "provider": "local",
        "registry": str(tmp_path / "registry.db"),
        "offline_store": warehouse.store_config(progress=True),
        "online_store": {"type": "sqlite", "path": str(tmp_path / "online.db")},
        "entity_key_serialization_version": 3,
    }
    folder = tmp_path / "repo"
    folder.mkdir()
    (folder / "feature_store.yaml").write_text(yaml.safe_dump(config))
    driver = Entity(name="driver", join_keys=["driver"], value_type=ValueType.INT64)
    source = IcebergSource(name="stats", table="ns.stats", timestamp_field="event_timestamp")
    views = [
        FeatureView(
            name=f"stats{number}",
            entities=[driver],
            ttl=timedelta(days=1 + number),
            schema=[Field(name="trips", dtype=Int64)],
            source=source,
        )
        for number in range(8)
    ]
    FeatureStore(repo_path=str(folder)).apply([driver, *views])
    return folder


@pytest.mark.parametrize(
    "read", ["ask().to_df()", "list(ask().to_arrow_batches())"], ids=["frame", "stream"]
)
def test_a_retrieval_shows_progress_and_is_interrupted(repo, tmp_path, read):
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    ours, theirs = pty.openpty()
    root = str(Path(__file__).parent.parent.parent)
    process = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(SCRIPT).replace("{read}", read), str(repo)],
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        env={
            **os.environ,
            "PYTHONPATH": f"{PACKAGE}:{root}",
            "TMPDIR": str(temporary),
            "TERM": "xterm",
        },
    )
    os.close(theirs)
    assert process.stdout.readline() == "begun\n"
    assert process.stdout.readline() == "once\n"
    line_of(ours, rb"(planning|deciding|gathering) stats\d \[#+-+\] +\d+%")
    process.send_signal(signal.SIGINT)
    out, code = process.stdout.read(), process.wait(timeout=60)
    os.close(ours)
    assert (out, code) == ("stopped 0\n10\n", 0)
    assert list(temporary.iterdir()) == []


def line_of(descriptor, pattern):
    """Reads a terminal until a line of progress is new: what came before it is thrown away."""
    os.set_blocking(descriptor, False)
    try:
        while os.read(descriptor, 65536):
            pass
    except BlockingIOError:
        pass
    os.set_blocking(descriptor, True)
    shown = b""
    while not re.search(pattern, shown):
        assert select.select([descriptor], [], [], 60)[0], shown
        shown += os.read(descriptor, 65536)


def test_nobody_is_shown_anything_without_being_asked(make_config):
    assert make_config().offline_store.progress is False
    assert make_config(progress=True).offline_store.progress is True
    assert icefield.ReadOptions().progress is None
