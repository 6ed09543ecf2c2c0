"""Little address space left: every border of the engine says so by the error that is promised."""

from __future__ import annotations

import json

import pytest

from tests.python.long_reads import start, write_table

# Tries with ever more room until one works; what each try came to.
SCRIPT = """
    import json, resource, sys
    import icefield
    from tests.python.long_reads import ALWAYS, frame

    table = icefield.load_table(sys.argv[1])
    view = icefield.FeatureView("v", table, ["driver"])
    entities = frame(200_000)
    few = entities.slice(0, 1)
    options = icefield.ReadOptions(threads=1)

    def drained(reader):
        for batch in reader:
            del batch

    def work():
        {work}

    MIB = 1 << 20
    came = []
    for room in range(1, 200):
        used = int(open("/proc/self/statm").read().split()[0]) * 4096
        resource.setrlimit(resource.RLIMIT_AS, (used + room * MIB, -1))
        try:
            work()
            outcome = "worked"
        except BaseException as failure:
            outcome = f"{type(failure).__name__}: {failure}"
        resource.setrlimit(resource.RLIMIT_AS, (-1, -1))
        came.append(outcome)
        if outcome == "worked":
            break
    print(json.dumps(came))
"""
WORK = {
    "join": "drained(icefield.point_in_time_join(entities, [view], options=options).reader())",
    "frame of the views": (
        "drained(icefield.point_in_time_join(None, [view], options=options, **ALWAYS).reader())"
    ),
    "explain": "icefield.explain(entities, [view], footers=True, options=options)",
    "why": "icefield.why(few, view, options=options)",
    "latest": "drained(icefield.latest(view, options=options).reader())",
    "scan": "drained(table.scan(options=options).to_arrow_batch_reader())",
}


@pytest.fixture(scope="module")
def location(lake):
    return write_table(lake, 200_000, files=2, row_group_size=100_000)


@pytest.mark.parametrize("work", WORK)
def test_want_of_memory_is_told_as_promised(location, work):
    process = start(SCRIPT.replace("{work}", WORK[work]), location)
    out, err = process.communicate(timeout=120)
    assert process.returncode == 0, err
    came = json.loads(out)
    assert came.pop() == "worked"
    assert {outcome.split(":")[0] for outcome in came} <= {"ResourceExhaustedError"}, came
    assert came, "there was room enough at once: nothing was tried"
