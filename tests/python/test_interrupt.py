"""Ctrl-C in the middle of a long read: it ends soon, and leaves nothing behind."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import threading
import time
from pathlib import Path

import pytest

import icefield
from tests.python.long_reads import start, write_table

ROWS = 400_000

# Says "middle" once a read is there, and what was found when the interrupt had come out of it.
SCRIPT = """
    import os, sys, time, types
    import icefield
    from tests.python.long_reads import ALWAYS, frame

    table = icefield.load_table(sys.argv[1])
    threads, stage = int(sys.argv[2]), sys.argv[3]
    view = icefield.FeatureView("v", table, ["driver"])
    entities = frame(200_000)

    def threads_now():
        return len(os.listdir("/proc/self/task"))

    def middle(progress):
        if progress.stage.startswith(stage) and 0 < progress.fraction < 1 and not reached:
            reached.append(progress)
            print("middle", flush=True)

    def work(options):
        return {work}

    reached = []
    quick = icefield.ReadOptions(threads=threads)
    wanted = work(quick).num_rows
    before = threads_now()
    options = icefield.ReadOptions(threads=threads, batch_size=1, progress=middle)
    try:
        work(options)
        print("it ended by itself", flush=True)
    except KeyboardInterrupt:
        print("stopped", flush=True)
        print(threads_now() - before, "threads more", flush=True)
    print(work(quick).num_rows == wanted, flush=True)
"""
JOIN = "icefield.point_in_time_join(entities, [view], options=options)"
TIGHT = "memory_budget=icefield.MemoryBudget(pass_rows=100_000, held_size=200_000)"
SPILLED = f"icefield.point_in_time_join(entities, [view], options=options, {TIGHT})"
WORK = {
    "join, deciding": ("deciding", f"{JOIN}.to_arrow()"),
    # Gathering may be done before anybody is told of it: then it is interrupted while it gives.
    "join, gathering or giving": ("g", f"{JOIN}.to_arrow()"),
    "join, giving": ("giving", f"{JOIN}.reader().read_all()"),
    "spilled join, gathering or giving": ("g", f"{SPILLED}.to_arrow()"),
    "spilled join, giving": ("giving", f"{SPILLED}.reader().read_all()"),
    "frame of the views": (
        "making",
        "icefield.point_in_time_join(None, [view], options=options, **ALWAYS).to_arrow()",
    ),
    "latest": ("deciding", "icefield.latest(view, options=options).to_arrow()"),
    "why": (
        "listing",
        "types.SimpleNamespace(num_rows=icefield.why(entities.slice(0, 1), view, "
        'options=options)["rows_of_key"])',
    ),
    "scan": ("reading", "table.scan(options=options).to_arrow()"),
}


@pytest.fixture(scope="module")
def location(lake):
    return write_table(lake, ROWS, files=2, row_group_size=200_000)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("work", WORK)
def test_an_interrupt_in_the_middle_leaves_nothing_behind(location, tmp_path, work, threads):
    stage, call = WORK[work]
    process = start(
        SCRIPT.replace("{work}", call), location, str(threads), stage, TMPDIR=str(tmp_path)
    )
    assert process.stdout.readline() == "middle\n", process.communicate()
    process.send_signal(signal.SIGINT)
    sent = time.monotonic()
    assert process.stdout.readline() == "stopped\n"
    seconds = time.monotonic() - sent
    rest = process.stdout.read(), process.stderr.read(), process.wait(timeout=60)
    assert rest == ("0 threads more\nTrue\n", "", 0)
    assert seconds < 5
    assert list(tmp_path.iterdir()) == []


def test_a_second_interrupt_is_one_too_many_for_nobody(location, tmp_path):
    """Handlers of the program's own: what they raise comes out, again and again."""
    script = """
        import signal, sys
        import icefield

        class Enough(Exception):
            pass

        def handle(number, frame):
            raise Enough(number)

        signal.signal(signal.SIGUSR1, handle)
        table = icefield.load_table(sys.argv[1])
        view = icefield.FeatureView("v", table, ["driver"])
        for turn in range(3):
            said = []
            def tell(progress):
                if not said:
                    said.append(print("middle", flush=True))
            options = icefield.ReadOptions(batch_size=1, progress=tell)
            try:
                icefield.latest(view, options=options).to_arrow()
            except Enough as enough:
                print("enough", enough.args[0], flush=True)
    """
    process = start(script, location)
    for _ in range(3):
        assert process.stdout.readline() == "middle\n"
        process.send_signal(signal.SIGUSR1)
        assert process.stdout.readline() == f"enough {int(signal.SIGUSR1)}\n"
    assert process.wait(timeout=30) == 0


# --- the command ---


@pytest.fixture(scope="module")
def command(location, tmp_path_factory):
    """`features get` of many views, whose rows nobody takes: it cannot end by itself."""
    folder = tmp_path_factory.mktemp("command")
    names = [f"v{number}" for number in range(3)]
    views = "views:\n" + "".join(
        f"  - {{name: {name}, table: {location}, join_keys: [driver], "
        f"timestamp_field: event_timestamp, ttl: {at}d, features: [{{name: {name}}}]}}\n"
        for at, name in enumerate(names, start=1)
    )
    (folder / "views.yaml").write_text(views)
    program = str(Path(icefield.__file__).with_name("icefield-native"))
    always = ["--start", "2000-01-01T00:00:00Z", "--end", "2030-01-01T00:00:00Z"]
    views_file = str(folder / "views.yaml")
    return [program, "features", "get", "--views", views_file, *always, "-o", "json"]


def first_of(descriptor, wanted, seconds=60):
    """Reads until a text has come; all that came."""
    seen = b""
    while wanted not in seen:
        assert select.select([descriptor], [], [], seconds)[0], seen
        seen += os.read(descriptor, 4096)
    return seen


def test_the_command_ends_at_once(command, tmp_path):
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=theirs,
        env={**os.environ, "TMPDIR": str(tmp_path), "TERM": "xterm"},
    )
    os.close(theirs)
    first_of(ours, b"%")
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=2) == 130
    shown = first_of(ours, b"interrupted\r\n")
    assert shown.endswith(b"\r\x1b[K\ricefield: interrupted\r\n")
    os.close(ours)
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_the_command_that_says_why_ends_at_once(lake):
    """Many row groups, whose bounds all have the key between them."""
    location = write_table(lake, 200_000, files=1, row_group_size=10)
    program = str(Path(icefield.__file__).with_name("icefield-native"))
    command = [program, "features", "why", location, "--key", "driver=2500", "--at", "2024-01-09"]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=theirs, env={**os.environ, "TERM": "xterm"}
    )
    os.close(theirs)
    assert b"[" in first_of(ours, b"%"), "a line shows how far it is"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=2) == 130
    assert first_of(ours, b"interrupted\r\n").endswith(b"\r\x1b[K\ricefield: interrupted\r\n")
    os.close(ours)
    process.stdout.close()


def test_the_command_ends_while_nobody_takes_its_rows(command):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout.read(1) == b"{"
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=2) == 130
    process.stdout.read()
    assert process.stderr.read() == b"icefield: interrupted\n"


def test_a_command_that_was_told_to_ignore_interrupts_does(command):
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
    )
    assert process.stdout.read(1) == b"{"
    process.send_signal(signal.SIGINT)
    drained = threading.Thread(target=process.stdout.read)
    drained.start()
    assert process.wait(timeout=60) == 0
    drained.join()
